#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What it takes to read a log: tldguard log beside jq, sort and uniq, which must find the same.
# Figures, no verdict: `make bench-log`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/log.sh [--quick] [--json]

Counts the clients of a log, and the events of each, by `tldguard log top clients` and by
`jq -r .source.ip | sort | uniq -c`, in turn, both from memory: events a second of processor time,
the best of the rounds, and the most memory that tldguard had. What they find is compared.

  --quick  a fifth of the events, fewer rounds (or QUICK=yes)
  --json   one object for machines (or JSON=yes)

Environment: TLDGUARD, the tool; EVENTS_TOOL, tests/support/events; EVENTS, how many (a million,
1.3 GB in TMPDIR); CLIENTS, of how many (a tenth).
Exit: 0 measured, 1 they do not find the same, 2 usage.
HELP
}

# shellcheck source-path=SCRIPTDIR source=about.sh
source "$(dirname "${BASH_SOURCE[0]}")/about.sh"
bench_options "$@"
TLDGUARD=${TLDGUARD:?the path of the tldguard tool}
events_tool=${EVENTS_TOOL:?the path of tests/support/events}
events=${EVENTS:-1000000} rounds=3
[[ $quick == no ]] || { events=${EVENTS:-200000} rounds=2; }
clients=${CLIENTS:-$((events / 10))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%U %S'

# peak PID: the most memory it had, in megabytes, as long as it can be seen.
peak() {
    local most=0 now
    while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null) && [[ -n $now ]]; do
        most=$now
        sleep 0.1
    done
    echo $(((most + 999) / 1000))
}
ours() { "$TLDGUARD" log top clients --csv -n "$clients" "$work/log" >"$work/ours"; }
theirs() { jq -r .source.ip "$work/log" | sort | uniq -c | sort -rn >"$work/theirs"; }
same() {
    cmp <(tail -n +2 "$work/ours" | tr -d '"\r' | awk -F, '{ print $1, $4 }' | sort) \
        <(awk '{ print $1, $2 }' "$work/theirs" | sort) >"$work/differ" 2>&1
}
# rate WHO: events a second of processor time, by its shortest round.
rate() {
    awk -v n="$events" '{ s = $1 + $2 } NR == 1 || s < best { best = s } END { printf "%.0f", n / best }' "$work/$1.s"
}

load=$(cut -d ' ' -f 1 /proc/loadavg)
"$events_tool" "$events" "$clients" >"$work/log"
cat "$work/log" >/dev/null # both find it in memory, if it fits
(exec "$TLDGUARD" log top clients --csv -n "$clients" "$work/log" >"$work/ours") &
peak $! >"$work/peak"
wait $!
for ((i = 0; i < rounds; i++)); do
    { time ours; } 2>>"$work/ours.s"
    { time theirs; } 2>>"$work/theirs.s"
    same || { echo "they do not find the same: $(<"$work/differ")" >&2; exit 1; }
done

ours=$(rate ours) theirs=$(rate theirs) memory=$(<"$work/peak")
size=$(awk -v size="$(stat -c %s "$work/log")" 'BEGIN { printf "%.2f", size / 1e9 }')
about() {
    bench_about | sed "s/^load .*/load $load/"
    echo "jq $(jq --version | sed 's/^jq-//')"
    echo "events $events, of $clients clients, $size GB; the best of $rounds rounds"
}
# FIGURE UNIT WHAT, one a line.
rows() {
    printf '%s\t%s\t%s\n' "$ours" events/s 'clients counted by tldguard log, of processor time' \
        "$theirs" events/s 'by jq, sort and uniq' "$memory" MB 'memory of tldguard log, at most'
}
make_targets() {
    bench_target 'clients of a log' 'counted, a second of processor time' events "$ours" 'jq, sort and uniq' "$theirs" least 10
    bench_target 'clients of a log' 'memory at most' MB "$memory" - - most 32
}

if [[ $json == yes ]]; then
    jq -n --rawfile about <(about) --rawfile rows <(rows) --slurpfile targets <(make_targets) '
        def lines: split("\n") | map(select(. != ""));
        {bench: "log", about: ($about | lines | map(capture("^(?<key>[^ ]*) (?<value>.*)$")) | from_entries),
         rows: ($rows | lines | map(split("\t") | {what: .[2], unit: .[1], figure: (.[0] | tonumber)})), $targets}'
else
    about
    bench_busy "$load"
    echo
    rows | awk -F'\t' '{ printf "%-52s %10s %s\n", $3, $1, $2 }'
    printf '\nWhat we aim at\n'
    make_targets | bench_targets_show
fi
