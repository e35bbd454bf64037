# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What push-policy does on hosts: hand a policy in, watch canaries, take a policy back.
# Needs fleet.sh, push_state.sh.

interrupted=no
going_back=()            # hosts whose policy is taken back

# How many hosts of this run have failed.
failures() { cat -- "$fleet_dir/tally" | grep -cE '^(refused|restored|unproven|broken)$' || true; }

# in_parallel_stop: for in_parallel of fleet.sh.
in_parallel_stop() { [[ $interrupted == yes ]] || (($(failures) > stop_after)); }

# answer_of BASE CODE DIGEST: "result<tab>serial<tab>reason" of what the tool on a host said; what does
# not agree with itself is broken.
answer_of() {
    local said
    said=$(tail -n 1 -- "$1.err")
    jq -ers --argjson code "$2" --arg image "$3" '.[0] | select(type == "object") |
        select({active: 0, unchanged: 0, refused: 1, restored: 1, unproven: 1, broken: 3}[.result | strings] == $code) |
        select($code != 0 or $image == "" or .image == $image) |
        [.result, (.serial | numbers | tostring) // "null", (.reason // "" | tostring | .[0:400] | gsub("[\u0000-\u001f]"; " "))] | join("\t")' <"$1.out" 2>/dev/null && return
    case $2 in
    1) printf 'refused\tnull\t%s' "$said" ;;
    0) printf 'broken\tnull\tits answer is none of tldguard activate' ;;
    *) printf 'broken\tnull\t%s' "${said:-exit code $2, and not a word}" ;;
    esac
}

# push_host N: hands the policy in.
push_host() {
    local base=$fleet_dir/$1 code=0 began took why text word said after
    local -a parts
    began=$(milliseconds)
    parts=("$push/policy.cdb")
    ((signature_octets == 0)) || parts+=("$push/policy.cdb.minisig")
    on_host "$1" activate "$image_octets" "$signature_octets" < <(cat -- "${parts[@]}" 2>/dev/null) 2>"$base.err" |
        head -c 1048576 >"$base.out" || code=$?
    took=$(($(milliseconds) - began))
    if why=$(unreached "$code" "$base.err"); then
        ((code == 255)) || why+='; it may have taken it all the same'
        result "$1" unreachable null "$took" "$why"
        return
    fi
    text=$(answer_of "$base" "$code" "$digest")
    IFS=$'\t' read -r word said why <<<"$text"
    case $word in active | unchanged | unproven) after=$serial ;; *) after=${before_serial[$1]:-null} ;; esac
    result "$1" "$word" "$after" "$took" "$(clean "$why")"
}

# ask_back N WORD...: rollback on that host; sets word, said and why, and took.
ask_back() {
    local base=$fleet_dir/$1 code=0 began text
    began=$(milliseconds)
    on_host "$1" rollback "${@:2}" </dev/null 2>"$base.err" | head -c 1048576 >"$base.out" || code=$?
    took=$((took + $(milliseconds) - began))
    if why=$(unreached "$code" "$base.err"); then
        word=unreachable said=null
        return
    fi
    text=$(answer_of "$base" "$code" '')
    IFS=$'\t' read -r word said why <<<"$text"
    why=$(clean "$why")
}

# rollback_host N: back to what it had before; $rollback_why is why. A resolver that has ended
# finds it at its next start.
rollback_host() {
    local word said why took=0 former=${before_serial[$1]:-null} offline=''
    local -a words=()
    [[ $former == null ]] || words=("$former")
    ask_back "$1" ${words[@]+"${words[@]}"}
    if [[ $word == broken && $former != null ]]; then
        offline="; it waits for the next start of the resolver: $why"
        ask_back "$1" "$former" offline
    fi
    case $word in
    active) result "$1" restored "$said" "$took" "$rollback_why$offline" ;;
    unchanged) result "$1" restored "$said" "$took" "$rollback_why" ;;
    unproven) result "$1" restored "$said" "$took" "$rollback_why; but of what is in force again: $why" ;;
    *) result "$1" broken null "$took" "$rollback_why; and it was NOT rolled back: $why"; return ;;
    esac
    : >"$fleet_dir/$1.back"
}

# roll_back N...: all of these, unless it is interrupted.
roll_back() {
    going_back=("$@")
    stop_after=1000000 in_parallel rollback_host "$@"
}

# What is wrong with a canary, as one line; nothing when all is well. Input: its figures now.
# $base: before the push.
# shellcheck disable=SC2016 # of jq
watch_filter='
    def share($n; $b): if $n > 0 then 100 * $b / $n else 0 end;
    def percent: (. * 100 | round / 100 | tostring) + " %";
    . as $now | ($base.problems // [] | map(.problem)) as $known |
    (if $base.started == $now.started and $base.questions.total <= $now.questions.total
     then $base.questions else {total: 0, blocked: 0} end) as $from |
    ($now.questions.total - $from.total) as $n | share($n; $now.questions.blocked - $from.blocked) as $share |
    share($base.questions.total // 0; $base.questions.blocked // 0) as $before |
    if $now.policy.image != $image then "serial \($now.policy.serial // "none") is in force there, not what was pushed"
    elif any($now.problems[]; .problem as $p | $known | index($p) | not)
    then first($now.problems[] | select(.problem as $p | $known | index($p) | not)) | "\(.problem): \(.text)"
    elif $n >= $least and ($base.questions.total // 0) >= $least and $share > $before + $rise
    then "\($share | percent) of \($n) questions were blocked since, \($before | percent) before; \($rise | percent) more are the most"
    else empty end'

# watch_host N: one look. What is wrong goes to N.bad; three looks in vain are wrong, too.
watch_host() {
    local base=$fleet_dir/$1 code=0 why told before=$push/hosts/$1.base
    [[ -f $before ]] || before=/dev/null
    on_host "$1" status </dev/null 2>"$base.err" | head -c 4194304 >"$base.out" || code=$?
    if why=$(unreached "$code" "$base.err"); then
        echo "$why" >>"$base.missed"
        (($(wc -l <"$base.missed") < 3)) || echo "it cannot be reached any more: $why" >"$base.bad"
        return 0
    fi
    rm -f -- "$base.missed"
    # Nothing at all is no figures either.
    told=$(jq -rs --arg image "$digest" --argjson rise "$max_block_rise" --argjson least "$min_questions" \
        --slurpfile bases "$before" "(\$bases[0] // {}) as \$base | if length == 1 then .[0] else error(\"no\") end | $watch_filter" <"$base.out" 2>/dev/null) ||
        told="it does not tell its figures: $(tail -n 1 -- "$base.err")"
    [[ -z $told ]] || clean "$told" >"$base.bad"
}

# watch_canaries N...: until the time is over, or one goes bad: then $rollback_why is why.
watch_canaries() {
    local end i pause=$((watch < 8 ? 1 : watch < 40 ? 2 : 5)) last=no
    ((watch > 0)) || return 0
    say "watching the canary for $watch s"
    end=$((SECONDS + watch))
    rm -f -- "$fleet_dir"/*.bad "$fleet_dir"/*.missed
    while [[ $last == no && $interrupted == no ]]; do
        # The last look is at the end.
        ((SECONDS + pause < end)) || { last=yes; pause=$((end - SECONDS)); }
        ((pause <= 0)) || sleep "$pause" 9>&- || true
        stop_after=1000000 in_parallel watch_host "$@"
        for i; do
            [[ $last == no || ! -f $fleet_dir/$i.missed ]] || cp -- "$fleet_dir/$i.missed" "$fleet_dir/$i.bad"
            [[ -f $fleet_dir/$i.bad ]] || continue
            rollback_why="canary ${fleet_hosts[i]}: $(clean "$(head -n 1 -- "$fleet_dir/$i.bad")")"
            return 1
        done
    done
    [[ $interrupted == no ]]
}

# perhaps_has N: a host that did not answer in time; does it have the policy?
perhaps_has() {
    survey_host "$1" && [[ $(surveyed "$1" .status.policy.image 2>/dev/null) == "$digest" ]]
}

# find_pushed N: N.there when it is the pushed policy that lies there, of a host that can take none now: no resolver
# runs, say. What the module told last may be older.
find_pushed() {
    local base=$fleet_dir/$1
    on_host "$1" history </dev/null 2>"$base.err" | head -c 4194304 >"$base.out" || true
    ! jq -es --arg image "$digest" '.[0].active.image == $image' <"$base.out" >/dev/null 2>&1 || : >"$base.there"
}

# take_back N...: of hosts that have the policy which went bad.
take_back() {
    local i
    for i in "${canaries[@]}"; do
        # Whatever it said, if it could be understood at all: it may have it.
        case $(outcome "$i") in unreachable | broken | refused) ;; *) continue ;; esac
        [[ ${ready[i]} == no ]] || ! perhaps_has "$i" || set -- "$@" "$i"
    done
    (($# > 0)) || return 0
    say "rolling back: $rollback_why"
    roll_back "$@"
}

# skip REASON N...: their turn did not come.
skip() {
    local i
    (($# > 1)) || return 0
    for i in "${@:2}"; do result "$i" skipped "${before_serial[i]:-null}" 0 "$1"; done
    say "$(($# - 1)) hosts left out: $1"
}
