#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGHUP, which is a reload, SIGSTOP and SIGCONT, SIGPIPE, and SIGKILL with a start behind it, at
# random, under questions: who is answered is answered right, and has an event, once.
#
# ROUNDS: how many signals (9; 120 in the long form). SEED: others (1).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

rounds=${ROUNDS:-$(long 120 9)}
RANDOM=${SEED:-1}

# A part of a second: this is the interval of the signals, no wait for something to be ready.
some_time() { sleep "0.$((RANDOM % 4))$((RANDOM % 10))"; }
# shellcheck disable=SC2317
started() { (($(grep -c 'start of service' "$world_dir/unbound.log") >= $1)); }

# Between two of them nothing is waited for, so that one comes while another is being dealt with.
test_reloads() {
    local i hups=0 stops=0 others=0
    fault_may_drop=yes fault_wait=3000
    fault_begin
    begin_questions
    for ((i = 0; i < rounds; i++)); do
        case $((RANDOM % 4)) in
        0 | 1) kill -HUP "$fault_process"; hups=$((hups + 1)) ;;
        2) kill -STOP "$fault_process"; some_time; kill -CONT "$fault_process"; stops=$((stops + 1)) ;;
        3) kill -PIPE "$fault_process"; others=$((others + 1)) ;;
        esac
        some_time
    done
    check "signals: they were answered by starts" live_until started 2
    end_questions "$hups SIGHUP, $stops SIGSTOP, $others SIGPIPE"
    is "signals: nothing is lost" "$lost" 0
    over "signals"
}

# What was sent to a resolver that is not there is not answered; so each question is asked for
# again, by its client, until it is.
test_kills() {
    local i kills=0 stopped=0 answered logged
    fault_begin
    : >"$world_dir/answers"
    for ((i = 0; i < rounds / 3; i++)); do
        seq -f "k%g.s$i.army.ml" 300 | sed 's/.*/127.0.0.7 udp & MX/' |
            timeout 60 "$live_client" -p "$world_unbound_port" -w 300 -j 4 -l >>"$world_dir/answers" &
        fault_asking=$!
        some_time
        case $((RANDOM % 3)) in
        0) kill -KILL "$fault_process"; kills=$((kills + 1)) ;;
        1) kill -HUP "$fault_process"; kill -KILL "$fault_process"; kills=$((kills + 1)) ;;
        2) kill -STOP "$fault_process"; some_time; kill -KILL "$fault_process"; stopped=$((stopped + 1)) ;;
        esac
        wait "$fault_asking" || true
        rm -f "$world_dir/run/unbound.pid"
        fault_begin
    done
    answered=$(awk '$4 == "NXDOMAIN" { print $5, $2 }' "$world_dir/answers" | sort)
    check "kills: some were answered" test "$(wc -l <<<"$answered")" -gt 50
    is "kills: no answer is wrong" "$(awk '$4 != "NXDOMAIN" && $4 != "none"' "$world_dir/answers" | head -n 3)" ''
    over "$kills SIGKILL, $stopped behind a SIGSTOP"
    logged=$(jq -rR 'fromjson? | select(.dns) | "\(.dns.question.name) \(.source.port)"' "$live_log" | sort)
    is "kills: what was answered is in the log" "$(comm -23 <(echo "$answered") <(echo "$logged") | head -n 3)" ''
    is "kills: nothing is there twice" "$(uniq -d <<<"$logged" | head -n 3)" ''
    is "kills: nothing is found wrong" "$("$TLDGUARD" log verify --json "$live_log" | jq -c '[.[] | select(.kind != "log")]')" '[]'
}

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
world_threads=2
test_reloads
world_stop unbound
rm -f "$live_log"
test_kills
live_end
