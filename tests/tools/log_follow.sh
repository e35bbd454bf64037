#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log --follow: what comes, through rotation, as tail -F does it.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
events=${TG_BUILD:?where the project is built}/tests/support/events
"$events" 20 5 >all.jsonl
line() { sed -n "$1p" all.jsonl; }
# shows NAME N...: waits until these events have been shown, and no others.
shows() {
    local wanted i
    wanted=$(printf '%s\n' "${@:2}")
    for ((i = 0; i < 150; i++)); do
        [[ $(jq .event.sequence shown.txt) != "$wanted" ]] || break
        sleep 0.1
    done
    is "$1" "$(jq .event.sequence shown.txt)" "$wanted"
}
follow() {
    "$tool" log --follow --json "$@" log.jsonl >shown.txt 2>said.txt &
    pid=$!
}
# reads_it: until it has the file open, at its end.
waits() {
    local i size
    for ((i = 0; i < 150; i++)); do
        size=$(stat -c %s log.jsonl)
        for info in /proc/"$pid"/fdinfo/*; do
            [[ $(readlink "/proc/$pid/fd/${info##*/}") == "$PWD/log.jsonl" &&
                $(sed -n 's/^pos:[^0-9]*//p' "$info") == "$size" ]] && return
        done 2>/dev/null
        sleep 0.1
    done
}
stop() {
    kill "$pid"
    wait "$pid" 2>/dev/null
}

line 1,3 >log.jsonl
follow
waits
line 4 >>log.jsonl
shows 'what comes, not what was there' 4
line 5 | head -c 100 >>log.jsonl
line 6 >other.jsonl
shows 'half a line is none yet' 4
line 5 | tail -c +101 >>log.jsonl
shows 'the rest of it' 4 5
mv log.jsonl log.jsonl.1
line 6 >>log.jsonl.1
shows 'renamed: what still comes to the old file' 4 5 6
line 7 >log.jsonl
shows 'the new one' 4 5 6 7
line 8 >>log.jsonl.1
line 8 >>log.jsonl
shows 'only the new one' 4 5 6 7 8
: >log.jsonl
waits
line 9 >>log.jsonl
shows 'emptied' 4 5 6 7 8 9
rm log.jsonl
line 10 >new.jsonl
mv new.jsonl log.jsonl
shows 'removed and made again' 4 5 6 7 8 9 10
echo nonsense >>log.jsonl
line 11 >>log.jsonl
shows 'past a broken line' 4 5 6 7 8 9 10 11
is 'which is told at once' "$(<said.txt)" 'log.jsonl:2:1: warning: no JSON object'
stop

rm log.jsonl
follow --since 2026-01-01 # or what is there when it starts would be passed over
line 12 >new.jsonl
mv new.jsonl log.jsonl
shows 'a file that was not there yet' 12
stop
line 13,14 >log.jsonl
follow --since 2026-01-01 --type AAAA
line 15,16 >>log.jsonl
line 17 >>log.jsonl
shows 'what was there as well, and filters' 14 17
stop
run log --follow one two
is 'one file only' "$code" 2
tap_end
