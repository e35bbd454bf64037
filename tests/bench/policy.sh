#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2317 # world_start NAME calls world_NAME_conf and world_NAME_command
# What a list of names takes of a real Unbound, and what its replacement does to the questions
# of others. Figures, no verdict: `make bench-policy`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/policy.sh [--quick] [--json]

A list of 10 to ten million blocked names in a real Unbound: as a policy of tldguard, and beside it,
up to a million, the same names as a response policy zone (two records each, the name and what is
below it) and as local-zones. For each:
  prepare   what makes a file of the list that the resolver reads: tldguard compile (with peers
            the text is written by hand)
  explain   the tool says why one of the names is blocked
  start     from the start of the resolver to its first answer
  memory    what the resolver has more than without: pages that are its own (smaps_rollup), at
            rest, and at most while the list is replaced
  change    from when a new image is seen to in force, as the module tells; of peers how long
            unbound-control auth_zone_reload, or reload, takes, as they are in force behind it
  longest   the question answered last, of those that are asked all the time for what lies in the
            cache, while the list is replaced; beside the same when nothing happens, in turn
Every answer is checked, and that the new list is in force; the exit status depends on nothing else.

  --quick   10, 10,000 and a million names, fewer windows; of a million RPZ is not replaced, and
            there are no local-zones: under two minutes (or QUICK=yes)
  --json    the same for machines (or JSON=yes)

WINDOWS: how often the list is replaced (5; quick 2). THREADS: of Unbound (2). CACHED: how many
names lie in the cache (100000). LEAST, MOST: of names. PEERS=no: tldguard alone. Takes 4 GB of
memory, 3 GB in TMPDIR, and RPZ half a minute for each change of a million names.
Exit: 0 measured, 1 something went wrong, 2 usage, 77 cannot run here.
HELP
}

# shellcheck source-path=SCRIPTDIR source=about.sh
source "$(dirname "${BASH_SOURCE[0]}")/about.sh"
bench_options "$@"
least_names=${LEAST:-10} most=${MOST:-10000000} windows=${WINDOWS:-5} cached=${CACHED:-100000}
[[ $quick != yes ]] || { most=${MOST:-1000000} windows=${WINDOWS:-2} cached=${CACHED:-10000}; }
[[ $most =~ ^10{1,7}$ ]] || bench_wrong "MOST is a power of ten, 10 to 10000000"
[[ $windows =~ ^[1-9][0-9]?$ ]] || bench_wrong "WINDOWS is a number, 1 to 99"
[[ $cached =~ ^[1-9][0-9]{0,6}$ ]] || bench_wrong "CACHED is a number"
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"
# shellcheck source-path=SCRIPTDIR source=policy_report.sh
source "$(dirname "${BASH_SOURCE[0]}")/policy_report.sh"

load_tool=$TG_BUILD/tests/support/load
[[ -x $load_tool ]] || { echo "no $load_tool: make bench-policy" >&2; exit 77; }
world_patience=300 live_patience=120
configs=(none module rpz local)
[[ ${PEERS:-yes} == yes ]] || configs=(none module)
[[ $least_names =~ ^10{1,7}$ ]] || bench_wrong "LEAST is a power of ten, 10 to 10000000"
serial=0

progress() { [[ ! -t 2 ]] || printf '\r\033[K%s' "${*:+$* ...}" >&2; }
row() { (IFS=$'\t'; echo "$*") >>"$rows"; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Letters by chance, the same ones everywhere: 25 and ".ml" or ".om".
make_names() {
    awk -v n="$1" 'BEGIN {
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        x = 1
        for (i = 0; i < n; i++) {
            name = ""
            for (j = 0; j < 25; j++) {
                x = x * 16807 % 2147483647 # Park and Miller
                name = name substr(letters, 1 + int(x / 1024) % 36, 1)
            }
            print name (i % 2 ? ".ml" : ".om")
        }
    }' >"$world_dir/names.txt"
}

# What each reads; one name is another one each time, by which the list is known.
list_module() {
    printf 'serial: %s\nblock:\n  - {name: serial%s.example}\n  - {file: names.txt}\n' "$serial" "$serial" \
        >"$world_dir/policy.yaml"
    "$TLDGUARD" compile -q "$world_dir/policy.yaml" -o "$1" || bail "the policy does not compile"
}
list_rpz() {
    { echo "@ 60 SOA localhost. root.localhost. $serial 3600 600 86400 60"
        echo '@ 60 NS localhost.'
        { echo "serial$serial.example"; cat "$world_dir/names.txt"; } | sed 's/.*/& 60 CNAME .\n*.& 60 CNAME ./'; } >"$1"
}
list_local() {
    { echo "serial$serial.example"; cat "$world_dir/names.txt"; } |
        sed 's/.*/    local-zone: "&." always_nxdomain/; 1i server:' >"$1"
}
file_of() {
    case $1 in
    module) echo "$world_dir/policy.cdb" ;;
    *) echo "$world_dir/$1.list" ;;
    esac
}
make_list() { serial=$((serial + 1)); [[ $1 == none ]] || "list_$1" "$2"; }

clauses() {
    world_stock_modules='validator iterator' world_stock_clauses=''
    case $1 in
    module)
        world_stock_modules='dynlib validator iterator'
        world_stock_clauses="dynlib:"$'\n'"    dynlib-file: \"$world_dir/tldguard.so\""
        ;;
    rpz)
        world_stock_modules='respip validator iterator'
        world_stock_clauses="rpz:"$'\n'"    name: rpz.bench"$'\n'"    zonefile: \"$(file_of rpz)\""
        ;;
    local) world_stock_clauses="include: \"$(file_of local)\"" ;;
    esac
}
for name in "${configs[@]}"; do
    eval "world_${name}_conf() { clauses $name; world_stock_conf $name \"\$1\"; }
        world_${name}_command() { world_stock_command $name
            world_command=(env \"TLDGUARD_CONF=\$world_dir/tldguard.conf\" \"\${world_command[@]}\"); }"
done
port_of() { local variable=world_$1_port; echo "${!variable}"; }
control() { "$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/$1.conf" "${@:2}"; }

# own NAME: pages that nobody else has, in kB. peak NAME: the most there were since it was asked last;
# what is shared, as the program itself, is at any time the same.
own() { awk '/^Private_(Clean|Dirty):/ { sum += $2 } END { print sum }' "/proc/$(world_pid "$1")/smaps_rollup"; }
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$(world_pid "$1")/status"; }
peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$(world_pid "$1")/status"; }
forget_peak() { echo 5 >"/proc/$(world_pid "$1")/clear_refs"; }

# rested NAME: its memory does not change any more.
rested() {
    local before=0 now
    while now=$(own "$1") && [[ $now != "$before" ]]; do
        before=$now
        sleep 0.5
    done
}

# answered NAME QNAME: how. blocked NAME: the newest list is in force.
answered() { "$live_client" -p "$(port_of "$1")" -w 60000 "$2" A | sed -n 's/^rcode //p'; }
blocked() { [[ $(answered "$1" "serial$serial.example") == NXDOMAIN ]]; }

# window NAME [COMMAND...]: questions for what is cached, two at a time, until the command has ended,
# and for a second at least. Sets longest, in microseconds.
window() {
    local loading began
    rm -f "$world_dir/asked"
    began=$(now_ms)
    echo 'n%.big.example A' | "$load_tool" -p "$(port_of "$1")" -j 2 -u 200 -w 60000 -v >"$world_dir/asked" &
    loading=$!
    live_until test -s "$world_dir/asked" || bail "$1: no question is answered"
    "${@:2}"
    while (($(now_ms) < began + least)); do sleep 0.01; done
    kill "$loading"
    wait "$loading" || bail "$1: questions were lost" "$(tail -n 1 "$world_dir/asked")"
    awk '$3 != "NOERROR" && $1 != "asked" { exit 1 }' "$world_dir/asked" ||
        bail "$1: wrong answers" "$(awk '$3 != "NOERROR"' "$world_dir/asked" | head -n 3)"
    longest=$(sed -n 's/^asked .* slowest //p' "$world_dir/asked")
    took=$(($(now_ms) - began))
}

# explained: by the tool, the best of some, in milliseconds; it does not read the whole image.
explained() {
    local i began name
    name=$(tail -n 1 "$world_dir/names.txt")
    for ((i = 0; i < 10; i++)); do
        began=${EPOCHREALTIME/./}
        "$TLDGUARD" explain -p "$world_dir/policy.cdb" "$name" MX >"$world_dir/explained"
        echo $((${EPOCHREALTIME/./} - began))
    done | sort -n | awk 'NR == 1 { print $1 / 1000 }'
    grep -q '^verdict  NXDOMAIN' "$world_dir/explained" || bail "explain says something else"
}

in_force() { grep -qF "policy serial $serial," "$world_dir/module.log"; }
# told: tldguard status names the image that lies there.
told() {
    [[ $("$TLDGUARD" status --json --stats "$world_dir/figures/stats" | jq -r .policy.image) == \
        "$(tail -c 32 "$(file_of module)" | od -An -v -tx1 | tr -d ' \n')" ]]
}
change_module() {
    local began
    began=$(now_ms)
    mv "$world_dir/new" "$(file_of module)"
    live_until in_force || bail "policy serial $serial is not taken"
    row renamed module "$size" $(($(now_ms) - began))
    row change module "$size" "$(sed -n "s/.*policy serial $serial,.* in force after \([0-9]*\) ms.*/\1/p" "$world_dir/module.log")"
}
change_rpz() {
    local began
    mv "$world_dir/new" "$(file_of rpz)"
    began=$(now_ms)
    control rpz auth_zone_reload rpz.bench >/dev/null || bail "the zone is not read again"
    row change rpz "$size" $(($(now_ms) - began))
}
change_local() {
    local began
    mv "$world_dir/new" "$(file_of local)"
    began=$(now_ms)
    control local reload >/dev/null || bail "the resolver does not reload"
    row change local "$size" $(($(now_ms) - began))
}

# changes NAME: windows in turn, with a change and without. Making the next list is not in them.
changes() {
    local i before
    for ((i = 0; i < windows; i++)); do
        progress "$size names, $1: change $((i + 1)) of $windows"
        make_list "$1" "$world_dir/new"
        rested "$1"
        before=$(resident "$1")
        forget_peak "$1"
        least=1000
        window "$1" "change_$1"
        blocked "$1" || bail "$1: list $serial is not in force"
        [[ $1 != module ]] || live_until told || bail "tldguard status tells of another policy"
        row longest "$1" "$size" "$longest"
        row peak "$1" "$size" $(($(peak "$1") - before + at_rest))
        least=$took
        window "$1"
        row longest_quiet "$1" "$size" "$longest"
    done
}

# is_too_long NAME: to be replaced, for a quick run.
is_too_long() { [[ $quick == yes && $1 != module ]] && ((size >= 1000000)); }

measure() {
    local began at_rest longest took least
    progress "$size names, $1"
    began=$(now_ms)
    make_list "$1" "$(file_of "$1")"
    [[ $1 != module ]] || row prepare module "$size" $(($(now_ms) - began))
    [[ $1 != module ]] || row explain module "$size" "$(explained)"
    [[ $1 == none ]] || row file "$1" "$size" "$(stat -c %s "$(file_of "$1")")"
    began=$(now_ms)
    world_start "$1" || bail "$world_error"
    row start "$1" "$size" $(($(now_ms) - began))
    rested "$1"
    if [[ $1 == none ]]; then
        without=$(own none)
    else
        blocked "$1" || bail "$1: the list is not in force"
        at_rest=$(($(own "$1") - without))
        row memory "$1" "$size" "$at_rest"
        echo 'n%.big.example A' | "$load_tool" -p "$(port_of "$1")" -j 8 -w 60000 -n "$cached" >/dev/null ||
            bail "$1: questions were lost"
        is_too_long "$1" || changes "$1"
    fi
    world_stop "$1"
}

live_create
rows=$world_dir/rows
# Any name below it exists, for a day.
{ sed 's/ 300 / 86400 /' "$world_dir/zones/honest.zone"; echo '* 86400 A 192.0.2.90'; } >"$world_dir/zones/big.zone"
world_zones=('big.example big.zone')
echo 'example 3600 TXT "exists"' >>"$world_dir/zones/root.zone"
world_start nsd || bail "$world_error"
world_threads=${THREADS:-2}
world_unbound_more=$'    msg-cache-size: 64m\n    rrset-cache-size: 64m\n    extended-statistics: yes'
load=$(cut -d ' ' -f 1 /proc/loadavg)
for ((size = least_names; size <= most; size *= 10)); do
    # A step of a hundred is enough to see what grows.
    [[ $size =~ ^(10|1000|10000|100000|1000000|10000000)$ ]] || continue
    [[ $quick != yes || ! $size =~ ^(1000|100000)$ ]] || continue
    make_names "$size"
    for name in "${configs[@]}"; do
        # Of more a peer would take minutes for each change, and 12 GB.
        [[ $name =~ ^(none|module)$ ]] || ((size <= 1000000)) || continue
        [[ $name != local ]] || ! is_too_long local || continue
        measure "$name"
    done
done
make_targets >"$world_dir/targets"
progress
if [[ $json == yes ]]; then show_json; else show_all; fi
