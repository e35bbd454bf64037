#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2059 # the formats of tables stand in variables
# What writing the log costs. Figures, no verdict: `make bench-write`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/write.sh [--quick] [--json]

What it costs to write an event to the log, in the module's own code, outside of a resolver: the
processor time of the writer's thread for each line, and where it goes; the lines a second that one
processor writes when the queue never runs full, of several kinds of events, to a disk and to memory;
how often the thread wakes at a steady rate, and what a line costs in small batches. Beside it, in the
same run: jansson, which makes the same object anew and dumps it; snprintf, by one format for the same
line; and Unbound's own log, which formats a short line, asks for the time, and writes it at once.
jansson and snprintf must make the same line, and only make it: it is neither hashed nor written.

Then two threads push events faster than any disk takes them, and what is in the file, with the losses
that it tells of, must be what was pushed.

Instructions are those of callgrind (left out without valgrind: scripts/setup --bench-peers). Its
processor has no instructions for SHA-256, so that hashing, which a real one does in a third of a
line's time, is nine tenths of them.

  --quick   fewer and shorter runs (or QUICK=yes)
  --json    the same for machines (or JSON=yes)

Environment: TLDGUARD, the tool; WRITE_TOOL, tests/bench/write; SCRATCH, a folder on the disk that is
meant (TMPDIR, else /var/tmp); MEMORY, one in memory (/dev/shm). 2 GB in each of them, quick 0.5.
Exit: 0 measured, 1 an event was lost unseen or a line was wrong, 2 usage, 77 cannot run here.
HELP
}

# shellcheck source-path=SCRIPTDIR source=about.sh
source "$(dirname "${BASH_SOURCE[0]}")/about.sh"
bench_options "$@"
TLDGUARD=${TLDGUARD:?the path of the tldguard tool}
write=${WRITE_TOOL:?the path of tests/bench/write}
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kinds=(plain ids long idn octets)
rounds=7 events=1000000 pace_ms=2000 counted=20000
[[ $quick == no ]] || { rounds=3 events=300000 pace_ms=500 counted=5000; }
for folder in "${SCRATCH:=${TMPDIR:-/var/tmp}}" "${MEMORY:=/dev/shm}"; do
    [[ -d $folder && -w $folder ]] || { echo "tests/bench/write.sh: no folder to write to: $folder"; exit 77; }
done
disk=$(mktemp -d -p "$SCRATCH" tldguard-write.XXXXXX)
memory=$(mktemp -d -p "$MEMORY" tldguard-write.XXXXXX)
trap 'rm -rf "$disk" "$memory"' EXIT
rows=$disk/rows
load=$(cut -d ' ' -f 1 /proc/loadavg)

progress() { [[ ! -t 2 ]] || printf '\r\e[K%s' "$*" >&2; }
wrong() {
    progress
    echo "tests/bench/write.sh: $*" >&2
    exit 1
}

# take GROUP KIND COMMAND...: its figures, as rows GROUP KIND FIGURE VALUE.
take() {
    local figures
    figures=$("${@:3}") || wrong "${*:3}: exit status $?"
    awk -v OFS='\t' -v group="$1" -v kind="$2" '{ print group, kind, $0 }' <<<"$figures" >>"$rows"
}
# value GROUP KIND FIGURE: the median of its rows, "-" without.
value() {
    awk -F'\t' -v key="$1 $2 $3" '$1 " " $2 " " $3 == key { print $4 }' "$rows" | sort -n |
        awk '{ v[NR] = $1 } END { print NR == 0 ? "-" : v[int((NR + 1) / 2)] }'
}
# ratio A B: to two places.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-" || b == 0) print "-"; else printf "%.2f\n", a / b }'; }
whole() { [[ $1 == - ]] && echo - || printf '%.0f\n' "$1"; }

# One processor for the thread that pushes and for the one that writes: lines a second of all that.
one=(taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')")

measure_times() {
    local round kind
    for ((round = 1; round <= rounds; round++)); do
        for kind in "${kinds[@]}"; do
            progress "round $round of $rounds: $kind"
            take parts "$kind" "$write" parts "$kind" "$disk/log"
            take peers "$kind" "$write" peers "$kind" "$disk/log"
            take disk "$kind" "$write" file "$kind" $((events / 4)) "$disk/log"
        done
        progress "round $round of $rounds: one processor, memory, forced to the disk"
        take one plain "${one[@]}" "$write" file plain "$events" "$disk/log"
        take memory plain "$write" file plain "$events" "$memory/log"
        take sync plain "$write" file plain "$events" "$disk/log" sync
    done
}

paces=(100 1000 10000 100000 300000) batches=(1 10 100 1000 10000)
measure_habits() {
    local rate count
    for rate in "${paces[@]}"; do
        progress "at $rate events a second"
        take "pace-$rate" plain "$write" paced plain "$rate" "$pace_ms" "$disk/log"
    done
    for count in "${batches[@]}"; do
        progress "$count events at once"
        take "batch-$count" plain "$write" batches plain "$count" "$disk/log"
    done
}

# More than can be written: the log itself must account for each event that was pushed.
measure_flood() {
    local pushed lines lost last
    progress 'a flood'
    take flood plain "$write" flood plain "$pace_ms" "$disk/log"
    "$TLDGUARD" log verify "$disk/log" >"$disk/verified" || wrong "the log of the flood: $(<"$disk/verified")"
    pushed=$(whole "$(value flood plain pushed)")
    lines=$(wc -l <"$disk/log")
    lost=$(grep -o '"lost":[0-9]*' "$disk/log" | awk -F: '{ sum += $2 } END { printf "%.0f\n", sum }') || true
    last=$(tail -n 1 "$disk/log" | jq .event.sequence)
    # A line that tells the losses after the last event is no event, and has a number of its own.
    [[ $(tail -n 1 "$disk/log" | jq -r .event.action) != events-lost ]] || { lines=$((lines - 1)) last=$((last - 1)); }
    ((pushed == lines + lost && pushed == last)) ||
        wrong "of $pushed events, $lines are in the log, $lost are told to be lost, and the last has number $last"
    printf 'flood\tplain\ttold\t%s\n' "$lost" >>"$rows"
}

# count_one KIND: instructions a line, of the writer's thread. A part's are those of its function with
# all it calls; what is left is the loop.
count_one() {
    local part functions all rest
    progress "instructions: $1"
    rm -rf "$disk/counted"
    mkdir "$disk/counted"
    valgrind --tool=callgrind "--callgrind-out-file=$disk/counted/all" "$write" file "$1" "$counted" "$disk/log" >/dev/null 2>&1 ||
        wrong "valgrind: exit status $?"
    all=$(bench_cost "$disk/counted" tg_writer_run)
    rest=$all
    while read -r part functions; do
        # shellcheck disable=SC2086
        set -- "$1" "$(bench_cost "$disk/counted" $functions)"
        rest=$((rest - $2))
        printf 'instructions\t%s\t%s\t%d\n' "$1" "$part" $(($2 / counted)) >>"$rows"
    done <<'PARTS'
rendering tg_event_format
hashing tg_chain_tie
queue tg_queue_peek tg_queue_release
write tg_logfile_write tg_logfile_current
PARTS
    printf 'instructions\t%s\trest\t%d\ninstructions\t%s\tall\t%d\n' \
        "$1" $((rest / counted)) "$1" $((all / counted)) >>"$rows"
}

make_targets() {
    local rendering
    rendering=$(value parts plain rendering)
    bench_target writing 'lines a second of one processor that also pushes them, none lost' events/s \
        "$(whole "$(value one plain both)")" - - least 300000
    bench_target writing "lines a second of the writer's own time" events/s \
        "$(whole "$(value disk plain cpu)")" - - least 1000000
    bench_target writing 'a line made, of what snprintf takes for it' ns "$rendering" snprintf "$(value peers plain snprintf)" most 0.5
    bench_target writing 'a line made, of what jansson takes for it' ns "$rendering" jansson "$(value peers plain jansson)" most 0.1
    bench_target writing "a line in all, of what Unbound takes for a short one" ns \
        "$(value disk plain ns)" Unbound "$(value peers plain unbound)" most 1
}

about() {
    bench_about | sed "s/^load .*/load $load/"
    echo "jansson $(pkg-config --modversion jansson 2>/dev/null || echo unknown)"
    echo "libcrypto $(openssl version 2>/dev/null || echo unknown)"
    echo "libc $(getconf GNU_LIBC_VERSION)"
    echo "valgrind $(valgrind --version 2>/dev/null | sed 's/^valgrind-//' || echo 'none here')"
    echo "lines-hashed-at-once $(whole "$(value parts plain at_once)")"
    echo "disk $(df --output=fstype "$disk" | tail -n 1)"
    echo "memory $(df --output=fstype "$memory" | tail -n 1)"
    echo "rounds $rounds of $events events"
}

show_parts() {
    local kind format='%-8s %7s %10s %9s %7s %8s %10s %11s %9s\n'
    echo "Nanoseconds of the writer's thread, a line"
    printf "$format" '' octets rendering hashing queue 'write(2)' 'all, disk' '/ snprintf' '/ Unbound'
    for kind in "${kinds[@]}"; do
        printf "$format" "$kind" "$(whole "$(value parts "$kind" octets)")" "$(whole "$(value parts "$kind" rendering)")" \
            "$(whole "$(value parts "$kind" hashing)")" "$(whole "$(value parts "$kind" queue)")" \
            "$(whole "$(value parts "$kind" write)")" "$(whole "$(value disk "$kind" ns)")" \
            "$(ratio "$(value parts "$kind" rendering)" "$(value peers "$kind" snprintf)")" \
            "$(ratio "$(value disk "$kind" ns)" "$(value peers "$kind" unbound)")"
    done
    echo "fsync of 5 MB: $(whole "$(value parts plain fsync_us)") us. Hashing one line after the other: $(whole "$(value parts plain hashing_alone)") ns."
    echo "What others take, plain: jansson $(whole "$(value peers plain jansson)") ns, snprintf" \
        "$(whole "$(value peers plain snprintf)") ns; a short line of Unbound's log, written at once, $(whole "$(value peers plain unbound)") ns."
    echo "What the worker takes to push one: $(whole "$(value parts plain pushing)") ns."
}

show_instructions() {
    local kind format='%-8s %8s %10s %9s %7s %9s %6s\n'
    [[ $(value instructions plain all) != - ]] || { echo 'No instructions: no valgrind here.'; return; }
    echo "Instructions of it in user space, by a processor without SHA instructions"
    printf "$format" '' all rendering hashing queue 'write(2)' rest
    for kind in "${kinds[@]}"; do
        printf "$format" "$kind" "$(value instructions "$kind" all)" "$(value instructions "$kind" rendering)" \
            "$(value instructions "$kind" hashing)" "$(value instructions "$kind" queue)" \
            "$(value instructions "$kind" write)" "$(value instructions "$kind" rest)"
    done
}

# By the clock, which other work on the machine slows down, and by processor time.
rate_of() {
    printf "$format" "$3" "$(whole "$(value "$1" "$2" wall)")" "$(whole "$(value "$1" "$2" cpu)")" \
        "$(whole "$(value "$1" "$2" both)")"
}
show_rates() {
    local kind format='%-36s %12s %22s %26s\n'
    printf "$format" 'Lines a second' '' "of the writer's time" 'of both threads, one core'
    rate_of one plain 'plain, both threads on one processor'
    for kind in "${kinds[@]}"; do rate_of disk "$kind" "$kind, to the disk"; done
    rate_of memory plain 'plain, to memory'
    rate_of sync plain 'plain, each batch forced to the disk'
}

show_habits() {
    local rate count format='%-22s %10s %14s %16s\n'
    printf "$format" 'Events a second' 'ns a line' 'wakes a second' '% of a processor'
    for rate in "${paces[@]}"; do
        printf "$format" "$rate" "$(whole "$(value "pace-$rate" plain ns)")" "$(whole "$(value "pace-$rate" plain wakeups)")" \
            "$(value "pace-$rate" plain share)"
    done
    echo
    printf "$format" 'Events in a batch' 'ns a line' '' ''
    for count in "${batches[@]}"; do
        printf "$format" "$count" "$(whole "$(value "batch-$count" plain ns)")" '' ''
    done
    echo
    echo "A flood: $(whole "$(value flood plain pushed)") events pushed = $(whole "$(value flood plain written)") written +" \
        "$(whole "$(value flood plain told)") told to be lost; the log is whole"
}

show_json() {
    jq -cn --rawfile about <(about) --rawfile rows "$rows" --slurpfile targets <(make_targets) '
        {bench: "write",
         about: ($about | split("\n") | map(select(. != "") | capture("^(?<key>[^ ]+) (?<value>.*)")) | from_entries),
         rows: ($rows | split("\n") | map(select(. != "") | split("\t")) | group_by(.[0:3]) |
            map({group: .[0][0], kind: .[0][1], figure: .[0][2], runs: map(.[3] | tonumber),
                 median: (map(.[3] | tonumber) | sort | .[(length - 1) / 2 | floor])})),
         targets: $targets}'
}

: >"$rows"
measure_times
measure_habits
measure_flood
if command -v valgrind >/dev/null; then
    for kind in "${kinds[@]}"; do count_one "$kind"; done
else
    echo 'tests/bench/write.sh: no valgrind here, so no instructions: scripts/setup --bench-peers' >&2
fi
progress
if [[ $json == yes ]]; then
    show_json
    exit 0
fi
about
bench_busy "$load"
for part in show_parts show_instructions show_rates show_habits; do
    echo
    $part
done
echo
make_targets | bench_targets_show
