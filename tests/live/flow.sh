#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sixteen clients ask for blocked names as fast as they are answered, while the log is rotated and
# the policy replaced once a second: one event for each question, in a record without a gap.
#
# Environment: QUESTIONS, how many are asked (120000).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

questions=${QUESTIONS:-120000}
clients=16
load=$TG_BUILD/tests/support/load
rotations=0 policies=0

# Another policy that blocks the same.
put_policy() {
    policies=$((policies + 1))
    printf '%s\n' "serial: $policies" 'tlds:' '  - {tld: ml, targets: [mil], mode: block}' >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/new.cdb"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
}

rotate() {
    [[ -s $live_log ]] || return 0
    rotations=$((rotations + 1))
    mv "$live_log" "$(printf '%s.%04d' "$live_log" "$rotations")"
}

ask_all() {
    local i
    asking=()
    for ((i = 0; i < clients; i++)); do
        echo 'q%.army.ml MX' | "$load" -p "$world_unbound_port" -b "127.0.0.$((2 + i))" -j 1 \
            -n $((questions / clients)) -w 20000 >"$world_dir/load.$i" &
        asking+=($!)
    done
}
# shellcheck disable=SC2317
over() { ! kill -0 "${asking[@]}" 2>/dev/null; }

# The second is the interval, not a wait for something.
keep_changing() {
    while ! over; do
        rotate
        put_policy
        sleep 1
    done
    wait "${asking[@]}" || true
}

all_logs() { find "$world_dir/log" -name 'block.jsonl*' -size +0 | sort; }
# shellcheck disable=SC2317
has_all() { (($(all_logs | xargs cat | grep -c '"category":\["network"\]') >= questions)); }

test_flow() {
    local begin=$EPOCHREALTIME
    ask_all
    keep_changing
    echo "# $questions questions in $(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s, $rotations rotations, $policies policies"
    is "all were asked, and all answered" \
        "$(cat "$world_dir"/load.* | awk '{ for (i = 1; i < NF; i++) n[$i] += $(i + 1) } END { print n["asked"], n["silent"] }')" \
        "$questions 0"
    check "the log was rotated" test "$rotations" -ge 1
    check "each event is written" live_until has_all
    world_stop unbound
    is "one event for each question" \
        "$(all_logs | xargs cat | grep -c '"category":\["network"\]')" "$questions"
    is "none is there twice" \
        "$(all_logs | xargs cat | jq -r 'select(.dns) | "\(.source.ip) \(.dns.question.name)"' | sort | uniq -d | head -n 3)" ""
    is "each client asked as often" \
        "$(all_logs | xargs cat | jq -r 'select(.dns) | .source.ip' | sort | uniq -c | awk '{ print $1 }' | sort -u)" \
        "$((questions / clients))"
    # shellcheck disable=SC2046 # one word a file
    is "verify: nothing is wrong, nothing is lost" \
        "$("$TLDGUARD" log verify --json $(all_logs) | jq -c '[.[] | [.kind, .missing, .lost, .duplicates, .changed]]')" \
        '[["log",0,0,0,0]]'
    check "each policy was in force, and said so" \
        test "$(all_logs | xargs cat | grep -c '"action":"policy-loaded"')" -ge $((policies > 2 ? policies / 2 : 1))
}

# A part of it is as good as all, and read in seconds.
keep_some() {
    local first
    first=$(all_logs | head -n 1)
    head -n 5000 "$first" >"$world_dir/some"
    all_logs | xargs rm
    mv "$world_dir/some" "$live_log"
}

live_begin
test_flow
keep_some
live_end
