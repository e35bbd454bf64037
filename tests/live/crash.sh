#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The resolver is killed in the middle of its work, again and again: what it has answered is in
# the log once it runs again, each event once, in whole lines, with numbers and digests that go on.
#
# Environment: ROUNDS, how often it is killed (10).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${ROUNDS:-10}
each=4000 # questions of a round: more than are answered before it ends

# kill_round ROUND: asks, each name once, and kills the resolver when some of them are in the log.
# Before it is killed it must have answered at least so many as this round waits for.
kill_round() {
    local i asking enough
    enough=$(($(live_events) + 100 + 137 * $1 % 1500))
    for ((i = 0; i < each; i++)); do echo "127.0.0.$((2 + i % 10)) udp q$1x$i.army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -j 8 -w 200 -l <"$world_dir/list" >>"$world_dir/answers" &
    asking=$!
    live_until live_has_events "$enough" || return 1
    kill -KILL "$(world_pid unbound)"
    wait "$asking" || true
    world_start unbound || bail "$world_error"
}

test_killed() {
    local round killed=0
    : >"$world_dir/answers"
    for ((round = 1; round <= rounds; round++)); do
        if kill_round "$round"; then killed=$((killed + 1)); fi
    done
    is "killed $rounds times, each time in the middle of its work" "$killed" "$rounds"
    # An event behind all others: what was left behind is written before it.
    ask -b 127.0.0.99 last.army.ml MX
    check "the last event is written" live_await_line '"name":"last.army.ml"'
    world_stop unbound
}

# What was answered, and what is in the log, as CLIENT PORT NAME.
answered() { awk '$4 == "NXDOMAIN" { print $1, $2, $5 }' "$world_dir/answers" | sort; }
logged() { jq -r 'select(.dns) | "\(.source.ip) \(.source.port) \(.dns.question.name)"' "$live_log" | sort; }

test_log() {
    local report
    is "every line is an event" "$(jq -R 'fromjson? // "broken"' "$live_log" | grep -c broken || true)" 0
    is "what was answered is in the log" "$(comm -23 <(answered) <(logged) | head -n 5)" ""
    is "no event is there twice" "$(logged | uniq -d | head -n 5)" ""
    # A question that was logged may not have been answered any more: the client waited in vain.
    check "and more than that is not, but for those that were not answered any more" \
        test "$(comm -13 <(answered) <(logged) | wc -l)" -le $((rounds * 64 + 1))
    report=$("$TLDGUARD" log verify --json "$live_log") || true
    is "nothing is found wrong" "$(jq -c '[.[] | select(.kind != "log")]' <<<"$report")" "[]"
    is "one log, of so many starts" "$(jq -c '[.[] | select(.kind == "log") | .starts]' <<<"$report")" "[$((rounds + 1))]"
    # Only what a thread was just writing down is lost, and is told.
    is "nothing is missing, and what is lost is told" \
        "$(jq '.[] | .end - .begin + 1 - .events - .lost' <<<"$report")" 0
    check "at most one for each time that it was killed" test "$(jq '.[].lost' <<<"$report")" -le "$rounds"
    echo "# $(jq -c '.[] | {events, lost, starts}' <<<"$report")"
}


live_begin
test_killed
test_log
live_end
