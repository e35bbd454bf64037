#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The block log outlives rotation, restarts and a crash in the middle of a line.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ask_many COUNT ANSWERS: from ten clients, in the background; sets asking.
ask_many() {
    local i
    for ((i = 0; i < $1; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -j 4 -l <"$world_dir/list" >"$2" &
    asking=$!
}

# shellcheck disable=SC2317
total_events() { cat "$world_dir"/log/* | wc -l; }
# shellcheck disable=SC2317
has_total() { (($(total_events) >= $1)); }

# all_there NAME ANSWERS: each question is one event, in one of the files.
all_there() {
    check "$1: the events are written" live_until has_total "$(wc -l <"$2")"
    is "$1: exactly one event for each question" \
        "$(cat "$world_dir"/log/* | jq -r '.source.ip + " " + (.source.port | tostring)' | sort)" \
        "$(awk '{ print $1, $2 }' "$2" | sort)"
    is "$1: nothing is said to be lost" "$(cat "$world_dir"/log/* | jq -c '.tldguard.lost // empty')" ""
}

# put_another OLD: a new, empty log in one step; the old one keeps a name.
put_another() {
    : >"$world_dir/log/new"
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/log/new"
    chmod 0640 "$world_dir/log/new"
    ln "$live_log" "$1"
    mv "$world_dir/log/new" "$live_log"
}

# As logrotate does it, with and without its 'create', and without a signal.
test_renamed() {
    local i
    ask_many 4000 "$world_dir/answers"
    for i in 1 2 3; do
        live_until test -s "$live_log" || break
        if ((i == 2)); then
            put_another "$live_log.$i"
        else
            mv "$live_log" "$live_log.$i"
        fi
        ((i > 1)) || check "renamed: while there are questions" kill -0 "$asking"
    done
    wait "$asking" || true
    # All may have been asked before the last of these.
    ask_many 1 "$world_dir/last"
    wait "$asking" || true
    cat "$world_dir/last" >>"$world_dir/answers"
    check "renamed: a new file is there" live_until test -s "$live_log"
    all_there "renamed" "$world_dir/answers"
    is "renamed: numbers without a gap" "$(jq .event.sequence "$live_log".[123] "$live_log")" "$(seq 4001)"
    is "renamed: mode of the new file" "$(stat -c %a "$live_log")" "$(stat -c %a "$live_log.1")"
}

test_removed() {
    rm "$live_log"
    ask -b 127.0.0.20 army.ml A
    check "removed: a new file is there" live_until test -s "$live_log"
    is "removed: with the next event" "$(jq -r .source.ip "$live_log")" 127.0.0.20
}

restart() {
    world_start unbound || bail "$world_error"
}

test_restarted() {
    world_stop unbound
    cp "$live_log" "$world_dir/before"
    restart
    ask -b 127.0.0.21 army.ml A
    check "restarted: the event is written" live_await_events 2
    is "restarted: appended" "$(head -c "$(stat -c %s "$world_dir/before")" "$live_log")" "$(<"$world_dir/before")"
    is "restarted: one more" "$(jq -r .source.ip "$live_log" | tail -n +2)" 127.0.0.21
    is "restarted: numbers go on" "$(jq .event.sequence "$live_log" | xargs)" "4002 4003"
    is "restarted: no event has another's id" "$(jq -r .event.id "$live_log" | sort | uniq -d)" ""
    is "restarted: each start has a name" "$(jq -r .tldguard.boot "$live_log" | sort -u | wc -l)" 2
}

test_cut() {
    world_stop unbound
    truncate -s -20 "$live_log"
    cp "$live_log" "$world_dir/before"
    restart
    ask -b 127.0.0.22 army.ml A
    check "cut line: the event is written" live_await_line 127.0.0.22
    is "cut line: ended, nothing else changed" "$(head -n -1 "$live_log" | cksum)" \
        "$({ cat "$world_dir/before"; echo; } | cksum)"
    is "cut line: all the others are whole" "$(jq -rR 'fromjson? | .source.ip' "$live_log" | xargs)" \
        "127.0.0.20 127.0.0.22"
    is "cut line: found, and that its event is missing" \
        "$("$TLDGUARD" log verify --json "$live_log" | jq -r '.[] | select(.kind != "log") | .kind' | xargs)" \
        "torn gap"
}

# In files that were moved away, deleted and made anew the record goes on from line to line.
test_verified() {
    is "verified: all files together" "$("$TLDGUARD" log verify "$live_log".[123] "$live_log" | tail -n 1)" \
        "4001 events, 0 broken lines, 1 logs, 0 findings"
}

# What is in the queue when it is told to end is written.
test_stopped() {
    rm -f "$world_dir"/log/*
    ask_many 500 "$world_dir/answers"
    wait "$asking" || true
    world_stop unbound
    all_there "stopped" "$world_dir/answers"
}

live_begin
test_renamed
test_verified
test_removed
test_restarted
test_cut
test_stopped
live_end
