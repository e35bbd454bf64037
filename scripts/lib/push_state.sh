# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What push-policy remembers of a push, so that one that was interrupted goes on with the very same
# image. Needs fleet.sh.
#
#   STATE/INVENTORY-DIGEST/lock        who pushes now
#                          last        the folder of the last push
#                          images/     of former policies, by digest, to compare with
#                          pushes/ID/  plan.json, stage, policy.cdb, policy.cdb.minisig,
#                                      hosts/N.json (its result), N.before, N.base (what it had before)
# Each file is written beside its place and renamed.

state_top=${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/tldguard
state=''                 # the inventory's folder
push=''                  # the push's
push_keep=10             # pushes and images that are kept

# open_state INVENTORY: its folder, whatever folder it is named from.
open_state() {
    local path name
    path=$(realpath -e -- "$1") || fail "$1: no such inventory"
    name=${path##*/}
    state=$state_top/${name//[^A-Za-z0-9_.-]/_}-$(printf %s "$path" | sha256sum | head -c 12)
    (umask 077 && mkdir -p -- "$state/pushes" "$state/images" 2>/dev/null) ||
        fail "$state: cannot be made; name another place by --state"
}

# lock_state: one push of an inventory at a time. The lock ends with its holder and what that started.
lock_state() {
    local who
    exec 9>>"$state/lock"
    if ! flock -n 9; then
        who=$(head -c 300 -- "$state/lock")
        fail "another push of this inventory is under way: $(clean "${who:-by a push that just began}")"
    fi
    printf '%s on %s, pid %d, since %s\n' "$(id -un 2>/dev/null || id -u)" "$(uname -n)" $$ "$(date -u +%FT%TZ)" \
        >"$state/lock"
}

# recall: the last push of this inventory; its hosts take the place of the inventory's.
recall() {
    local text host canary
    push=$state/pushes/$(cat -- "$state/last" 2>/dev/null) || true
    [[ -f $push/plan.json ]] || fail "there is no former push of $1"
    text=$(jq -er 'select(.format == 1) | .hosts[] | "\(.host) \(.canary)"' "$push/plan.json") ||
        fail "$push/plan.json: not of this version; push anew"
    fleet_hosts=() fleet_marked=()
    while read -r host canary; do
        fleet_hosts+=("$host") fleet_marked+=("$canary")
    done <<<"$text"
    read -r serial digest <<<"$(jq -r '"\(.serial) \(.image)"' "$push/plan.json")"
    # What is handed in must be what was confirmed.
    [[ $(digest_of "$push/policy.cdb") == "$digest" ]] || fail "$push/policy.cdb: not the image of that push any more"
}

# digest_of IMAGE: what its trailer says, which must be true.
digest_of() {
    local size said
    size=$(stat -c %s -- "$1" 2>/dev/null) && ((size > 32)) || return 1
    said=$(tail -c 32 -- "$1" | od -An -v -tx1 | tr -d ' \n')
    [[ $(head -c $((size - 32)) -- "$1" | sha256sum | head -c 64) == "$said" ]] || return 1
    printf %s "$said"
}

stage() { cat -- "$push/stage"; }
set_stage() { printf '%s\n' "$1" | put "$push/stage"; }

# result N RESULT AFTER MILLISECONDS REASON: what came of a host; says so. BEFORE is as the plan has it.
result() {
    local told='' before=${before_serial[$1]:-null}
    jq -cn --arg host "${fleet_hosts[$1]}" --arg canary "${canary_is[$1]:-no}" --arg result "$2" \
        --argjson before "$before" --argjson after "${3:-null}" --argjson ms "$4" --arg reason "$5" \
        --arg at "$(date -u +%FT%TZ)" '{host: $host, canary: ($canary == "yes"), result: $result, before: $before,
            after: $after, seconds: ($ms / 1000), reason: (if $reason == "" then null else $reason end), at: $at}' |
        put "$push/hosts/$1.json"
    echo "$2" >>"$fleet_dir/tally"
    case $2 in
    skipped) return 0 ;; # told once for all of them
    active) told=", serial ${before/null/none} -> $3, $(seconds_text "$4") s" ;;
    restored) told=", serial ${3/null/none}, $(seconds_text "$4") s" ;;
    esac
    say "${fleet_hosts[$1]}: $2$told${5:+: $5}"
}

# outcome N: the result word of a host, or "none".
outcome() {
    jq -r .result 2>/dev/null "$push/hosts/$1.json" || echo none
}

# is_done N: nothing is left to be done for it.
is_done() {
    case $(outcome "$1") in active | unchanged) return 0 ;; *) return 1 ;; esac
}

# results: of all hosts, as a JSON list in the order of the inventory.
results() {
    local i
    for i in "${!fleet_hosts[@]}"; do
        cat -- "$push/hosts/$i.json" 2>/dev/null ||
            jq -cn --arg host "${fleet_hosts[i]}" --arg canary "${canary_is[i]:-no}" '{host: $host, canary: ($canary == "yes"),
                result: "skipped", before: null, after: null, seconds: 0, reason: "not reached yet", at: null}'
    done | jq -cs .
}

# show_results RESULTS STAGE: a table, or one JSON object.
show_results() {
    if [[ $json == yes ]]; then
        jq --argjson serial "$serial" --arg image "$digest" --arg stage "$2" --arg signed "$signed_by" \
            '{serial: $serial, image: $image, signed: (if $signed == "" then null else $signed end), stage: $stage, hosts: .}' <<<"$1"
        return
    fi
    jq -r '(["HOST", "RESULT", "SERIAL", "SECONDS", "REASON"] | @tsv), (.[] | [
        .host + (if .canary then " (canary)" else "" end), .result,
        "\(.before // "none") -> \(.after // "none")", .seconds, .reason // ""] | map(tostring) | @tsv)' <<<"$1" | table
    jq -r 'group_by(.result) | map("\(length) \(.[0].result)") | join(", ")' <<<"$1"
}

# forget_old: the oldest pushes and images.
forget_old() {
    local folder
    for folder in pushes images; do
        find "$state/$folder" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n "+$((push_keep + 1))" |
            while read -r _ folder; do rm -rf -- "$folder"; done
    done
}
