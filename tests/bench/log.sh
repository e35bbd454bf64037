#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What it takes to count the clients of a log: tldguard log beside jq, sort and uniq, which must find
# the same. `make bench-parts`. Figures, not a test.
# Environment: TLDGUARD, the tool; EVENTS_TOOL, tests/support/events; EVENTS, how many (a million);
# CLIENTS, of how many (100,000).
set -euo pipefail
tool=${TLDGUARD:?the path of the tldguard tool}
events_tool=${EVENTS_TOOL:?the path of tests/support/events}
events=${EVENTS:-1000000}
clients=${CLIENTS:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT=%R

row() { printf '%-52s %10s %s\n' "$@"; }
rate() { awk -v n="$events" -v s="$1" 'BEGIN { printf "%.0f", n / s }'; }

# peak PID: the most memory it had, in megabytes, as long as it can be seen.
peak() {
    local most=0 now
    while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null) && [[ -n $now ]]; do
        most=$now
        sleep 0.1
    done
    echo $(((most + 999) / 1000))
}
ours() {
    "$tool" log top clients --csv -n "$clients" "$work/log" >"$work/ours" &
    peak $! >"$work/peak"
    wait $!
}
theirs() { jq -r .source.ip "$work/log" | sort | uniq -c | sort -rn >"$work/theirs"; }

"$events_tool" "$events" "$clients" >"$work/log"
cat "$work/log" >/dev/null # both find it in memory, if it fits
ours_s=$({ time ours; } 2>&1)
theirs_s=$({ time theirs; } 2>&1)
cmp <(tail -n +2 "$work/ours" | tr -d '"\r' | awk -F, '{ print $1, $4 }' | sort) \
    <(awk '{ print $1, $2 }' "$work/theirs" | sort)
row 'the log' "$(awk -v size="$(stat -c %s "$work/log")" 'BEGIN { printf "%.1f", size / 1e9 }')" GB
row 'clients counted by tldguard log top clients' "$(rate "$ours_s")" 'events/s'
row '... in' "$ours_s" s
row '... memory' "$(<"$work/peak")" MB
row '... by jq, sort and uniq' "$(rate "$theirs_s")" 'events/s'
row '... in' "$theirs_s" s
row 'times faster' "$(awk -v a="$ours_s" -v b="$theirs_s" 'BEGIN { printf "%.1f", b / a }')" ''
