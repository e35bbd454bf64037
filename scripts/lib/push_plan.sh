# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What push-policy does before anything leaves this machine: compile, ask the hosts what they have,
# compare, confirm, sign. Needs fleet.sh, push_state.sh.

serial='' digest=''      # of the image
image_octets=0 signature_octets=0 signed_by=''
canaries=() canary_is=() # numbers of hosts; yes or no for each
ready=()                 # of each host: can it take a policy?
serial_now=() image_now=() before_serial=()

compile_policy() {
    local said code=0
    "$fleet_tool" check -q "$policy" || code=$?
    ((code <= 1)) || exit 3
    said=$("$fleet_tool" compile "$policy" -o "$push/policy.cdb" 2>"$fleet_dir/compile.err") || {
        cat -- "$fleet_dir/compile.err" >&2
        exit 3
    }
    [[ $said =~ serial\ ([0-9]+), ]] || fail "the tool does not tell the serial of $policy"
    serial=${BASH_REMATCH[1]}
    digest=$(digest_of "$push/policy.cdb") || fail "$policy: its image has no digest"
    image_octets=$(stat -c %s -- "$push/policy.cdb")
}

# What a survey says, in one line. A host tells what it likes: only what is formed as it must be counts.
# shellcheck disable=SC2016 # of jq
survey_filter='(.status.policy // {}) as $policy |
    [.reached, .why // "", ($policy.serial | numbers | select(. == floor and . >= 0 and . <= 4294967295)) // "",
     ($policy.image | strings | select(test("^[0-9a-f]{64}$"))) // "", (.skew // 0 | if fabs < 1e15 then round else 999999999999 end),
     (first(.status.problems[]? | select(.problem | IN("no-figures", "not-running", "stopped", "stale"))) | .text) // ""] |
    map(tostring | .[0:400] | gsub("[\u0000-\u001f]"; " ")) | join("\u001f")'

# judge_host N: what its survey means for a push.
judge_host() {
    local reached why problem skew text
    text=$(surveyed "$1" "$survey_filter" 2>/dev/null) || text=$'true\x1fits answer makes no sense\x1f\x1f\x1f0\x1f'
    IFS=$'\x1f' read -r reached why serial_now["$1"] image_now["$1"] skew problem <<<"$text"
    ready[$1]=no
    if [[ $reached != true ]]; then
        result "$1" unreachable null 0 "$(clean "$why")"
    elif [[ -n $why ]]; then
        result "$1" broken null 0 "$(clean "$why")"
    elif ((${skew#-} > max_skew * 1000)); then
        result "$1" broken "${serial_now[$1]:-null}" 0 "$(skew_text "$skew"); set it"
    elif [[ -n $problem ]]; then
        result "$1" broken "${serial_now[$1]:-null}" 0 "$(clean "$problem")"
    else
        ready[$1]=yes
        ((${skew#-} <= 5000)) || say "${fleet_hosts[$1]}: warning: $(skew_text "$skew")"
    fi
}

skew_text() {
    if (($1 > 0)); then
        printf 'its clock is %d s ahead of the one here' $((($1 + 500) / 1000))
    else
        printf 'its clock is %d s behind the one here' $(((500 - $1) / 1000))
    fi
}

# survey N...: asks these hosts; sets ready, serial_now, image_now, before_serial. What a host had
# before this push, and what it told then, is kept for a later run.
survey() {
    local i
    stop_after=1000000
    in_parallel survey_host "$@"
    [[ $interrupted == no ]] || exit 130
    for i; do
        judge_host "$i"
        if [[ ${ready[i]} == yes && ${image_now[i]} != "$digest" ]]; then
            printf '%s\n' "${serial_now[i]:-null}" | put "$push/hosts/$i.before"
            surveyed "$i" -c .status | put "$push/hosts/$i.base"
        fi
        before_serial[i]=$(cat -- "$push/hosts/$i.before" 2>/dev/null) || before_serial[i]=null
    done
}

# serials_rise: false after saying which hosts have one that is not lower.
serials_rise() {
    local i bad=0
    for i in "${!fleet_hosts[@]}"; do
        [[ ${ready[i]} == yes && -n ${serial_now[i]} && ${image_now[i]} != "$digest" ]] || continue
        ((serial_now[i] >= serial)) || continue
        bad=$((bad + 1))
        ((bad > 5)) || say "${fleet_hosts[i]}: serial ${serial_now[i]} is in force there; serial $serial of $policy is not higher"
    done
    ((bad == 0)) || { say "refused: $bad hosts would not take it: raise 'serial:', or, for what is left of the last push, give --retry"; return 1; }
}

# choose_canaries: by the option, by the marks, or the first one that is ready.
choose_canaries() {
    local i wanted=0 chosen=0 name
    local -a fit=()
    canaries=()
    for i in "${!fleet_hosts[@]}"; do
        canary_is[i]=no
        [[ ${ready[i]} == no ]] || fit+=("$i")
    done
    case $canary in
    none) return 0 ;;
    '')
        for i in "${!fleet_hosts[@]}"; do [[ ${fleet_marked[i]} == no ]] || canaries+=("$i"); done
        ((${#canaries[@]} > 0)) || wanted=1
        ;;
    *[!0-9%]* | *%?*)
        for name in ${canary//,/ }; do
            i=$(number_of "$name") || usage_error "--canary: '$name' is no host of the inventory"
            # It would be handed the policy twice at once.
            [[ " ${canaries[*]-} " != *" $i "* ]] || usage_error "--canary: '$name' is named twice"
            canaries+=("$i")
        done
        ;;
    *%) wanted=$(((${#fleet_hosts[@]} * ${canary%\%} + 99) / 100)) ;;
    *) wanted=$canary ;;
    esac
    ((wanted == 0)) || canaries=("${fit[@]:0:wanted}")
    for i in "${canaries[@]}"; do canary_is[i]=yes; done
}

# number_of HOST
number_of() {
    local i
    for i in "${!fleet_hosts[@]}"; do
        [[ ${fleet_hosts[i]} != "$1" ]] || { echo "$i"; return; }
    done
    return 1
}

# former_image N: its image, as a file here; from that host, unless it is here from a former push.
former_image() {
    local to=$state/images/${image_now[$1]}
    if [[ $(digest_of "$to" || true) != "${image_now[$1]}" ]]; then
        on_host "$1" policy </dev/null 2>"$fleet_dir/$1.err" | head -c 1073741824 >"$to.new" || true
        [[ $(digest_of "$to.new" || true) == "${image_now[$1]}" ]] || { rm -f -- "$to.new"; return 1; }
        mv -f -- "$to.new" "$to"
    fi
    touch -- "$to"
    printf %s "$to"
}

# compare: with each policy that is in force somewhere, the most frequent ones first.
compare() {
    local text count image i old
    text=$(for i in "${!fleet_hosts[@]}"; do
        [[ ${ready[i]} == no || -z ${image_now[i]} || ${image_now[i]} == "$digest" ]] || echo "${image_now[i]}"
    done | sort | uniq -c | sort -rn | head -n 3)
    most_frequent=''
    [[ -n $text ]] || { printf 'No host that can be reached has another policy.\n' >&5; return 0; }
    while read -r count image; do
        old=''
        for i in "${!fleet_hosts[@]}"; do
            [[ ${ready[i]} == yes && ${image_now[i]} == "$image" ]] || continue
            # One that tells a digest and gives no image does not keep the others from being compared.
            ! old=$(former_image "$i") || break
            say "${fleet_hosts[i]}: warning: its policy cannot be compared: $(clean "$(tail -n 1 -- "$fleet_dir/$i.err")")"
        done
        [[ -n $old ]] || continue
        printf '\nIn force on %d of %d hosts, as %s:\n' "$count" "${#fleet_hosts[@]}" "${fleet_hosts[i]}" >&5
        most_frequent=${most_frequent:-$old}
        # By names that say what they are.
        ln -sf -- "$old" "$fleet_dir/old-${fleet_hosts[i]}" && ln -sf -- "$push/policy.cdb" "$fleet_dir/new"
        (cd -- "$fleet_dir" && "$fleet_tool" diff "old-${fleet_hosts[i]}" new) >&5 || (($? == 1)) ||
            say "warning: these two cannot be compared"
    done <<<"$text"
}

# replay: false when more is newly blocked than may be.
replay() {
    local log code
    local -a old=()
    [[ -z $most_frequent ]] || old=(--old "$most_frequent")
    for log in ${logs[@]+"${logs[@]}"}; do
        code=0
        printf '\nWhat it would have done to %s:\n' "$log" >&5
        "$fleet_tool" replay --log "$log" ${old[@]+"${old[@]}"} --max-newly-blocked "$max_newly_blocked" "$push/policy.cdb" >&5 || code=$?
        ((code <= 1)) || exit 3
        ((code == 0)) || { say "refused: of $log more than $max_newly_blocked questions would be newly blocked; see --max-newly-blocked"; return 1; }
    done
}

# confirm: false when the answer is no.
confirm() {
    local answer i names='' able=0
    for i in "${canaries[@]}"; do names+=" ${fleet_hosts[i]}"; done
    for i in "${!fleet_hosts[@]}"; do [[ ${ready[i]} == no ]] || able=$((able + 1)); done
    [[ $yes == no ]] || return 0
    { : </dev/tty; } 2>/dev/null || usage_error 'there is no terminal to ask at: give --yes'
    printf '\nPush serial %s to %d hosts%s, %s? [y/N] ' "$serial" "$able" "${names:+, first to$names}" \
        "$([[ -n $key ]] && echo "signed by $key" || echo 'NOT signed')" >/dev/tty
    read -r answer </dev/tty || answer=''
    [[ ${answer,,} == y || ${answer,,} == yes ]] || { say 'not confirmed: nothing was sent'; return 1; }
}

sign_image() {
    local said
    local -a more=()
    if [[ -z $key ]]; then
        say 'warning: without --key it is not signed'
        return 0
    fi
    [[ -z $expires ]] || more+=(--expires "$expires")
    [[ -z $password_file ]] || more+=(--password-file "$password_file")
    said=$("$fleet_tool" sign --secret-key "$key" ${more[@]+"${more[@]}"} "$push/policy.cdb") || exit 3
    [[ $said =~ by\ key\ ([0-9A-F]{16}) ]] || fail 'the tool does not tell by which key it has signed'
    signed_by=${BASH_REMATCH[1]}
    signature_octets=$(stat -c %s -- "$push/policy.cdb.minisig")
}

# commit_push: from here on it can be gone on with.
commit_push() {
    local i id new
    for i in "${!fleet_hosts[@]}"; do
        jq -cn --arg host "${fleet_hosts[i]}" --arg canary "${canary_is[i]}" '{host: $host, canary: $canary}'
    done | jq -s --argjson serial "$serial" --arg image "$digest" --arg signed "$signed_by" --arg policy "$policy" \
        --argjson watch "$watch" --argjson rise "$max_block_rise" --argjson questions "$min_questions" \
        --arg at "$(date -u +%FT%TZ)" '{format: 1, serial: $serial, image: $image, signed: $signed, policy: $policy,
            began: $at, watch: $watch, rise: $rise, questions: $questions, hosts: .}' >"$push/plan.json" &&
        set_stage "$([[ ${#canaries[@]} == 0 ]] && echo rest || echo canary)" || fail "$push: cannot write there"
    id=$serial-$(date -u +%Y%m%dT%H%M%SZ)-$$
    new=$state/pushes/$id
    if ! cp -r -- "$push" "$new.new" || ! mv -- "$new.new" "$new"; then fail "$state: cannot write there"; fi
    push=$new
    printf '%s\n' "$id" | put "$state/last" || fail "$state: cannot write there"
    cp -- "$push/policy.cdb" "$state/images/$digest.new" && mv -f -- "$state/images/$digest.new" "$state/images/$digest"
}

# plan_push: false when it ends before anything is handed in.
plan_push() {
    local i any=no
    push=$fleet_dir/push
    mkdir -p -- "$push/hosts"
    set_stage refused
    compile_policy
    survey "${!fleet_hosts[@]}"
    for i in "${!fleet_hosts[@]}"; do [[ ${ready[i]} == no ]] || any=yes; done
    choose_canaries
    [[ $any == yes ]] || { say 'no host can take a policy now'; return 1; }
    serials_rise && compare && replay || return 1
    if [[ $dry_run == yes ]]; then
        set_stage dry-run
        for i in "${!fleet_hosts[@]}"; do
            [[ ${ready[i]} == no ]] || result "$i" ready "$serial" 0 ''
        done
        return 1
    fi
    confirm || return 1
    sign_image
    commit_push
}

# recall_push: the last one, with what became of each host.
recall_push() {
    local i
    recall "$inventory"
    image_octets=$(stat -c %s -- "$push/policy.cdb")
    signed_by=$(jq -r .signed "$push/plan.json")
    [[ -n ${given[watch]:-} ]] || watch=$(jq .watch "$push/plan.json")
    [[ -n ${given[rise]:-} ]] || max_block_rise=$(jq .rise "$push/plan.json")
    [[ -n ${given[questions]:-} ]] || min_questions=$(jq .questions "$push/plan.json")
    [[ -z $signed_by ]] || signature_octets=$(stat -c %s -- "$push/policy.cdb.minisig")
    canaries=()
    for i in "${!fleet_hosts[@]}"; do
        canary_is[i]=${fleet_marked[i]} ready[i]=no
        [[ ${canary_is[i]} == no ]] || canaries+=("$i")
        before_serial[i]=$(cat -- "$push/hosts/$i.before" 2>/dev/null) || before_serial[i]=null
    done
}

# plan_retry: asks the hosts that are left; false when there is nothing to go on with.
plan_retry() {
    local i
    local -a left=()
    recall_push
    [[ $(stage) != stopped ]] || { say "the last push, of serial $serial, was stopped or undone: push a new policy"; return 1; }
    for i in "${!fleet_hosts[@]}"; do is_done "$i" || left+=("$i"); done
    say "going on with serial $serial of $(jq -r .began "$push/plan.json"): ${#left[@]} of ${#fleet_hosts[@]} hosts are left"
    ((${#left[@]} == 0)) || survey "${left[@]}"
}

plan_undo() {
    recall_push
    survey "${!fleet_hosts[@]}"
}
