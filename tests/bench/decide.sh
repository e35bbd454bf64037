#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What one decision takes, and what it grows with, beside others that find a name. Figures, no
# verdict: `make bench-decide`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/decide.sh [--quick] [--json]

What one tg_decide() takes, in nanoseconds and instructions, by the kind of question and by how
large the policy is: names in lists (of ten one is allowed, one protected, the others are
blocked; 25 letters by chance and a TLD), rules, labels, networks of clients, threads. Beside it,
in the same run:
  tinycdb  cdb_find() of the name and of each name above it, in the same image: they find the
           rule, and no more. A decision also finds the twin, and whether that is protected
  uthash   the same with the same keys in a hash table
  labels   nothing is found: what it takes to go over the labels, which none can do without
  oracle   all rules, one by one, as tests/support/oracle.c reads the policy
The image is as a resolver has it, and the one that a tool opens has to agree.
What they say of each question is compared first; a difference ends the run with status 1. Times
are the best of many rounds, in turn. 'Cold' is with everything swept out of the caches before
each 10,000 questions, of names that come once, by chance from all of the list: the median of
a thousand of them at a time.
Instructions are counted by callgrind; without valgrind there are none.

  --quick  up to a million names, fewer rounds: about a minute (or QUICK=yes). Else 10 million
  --json   the same for machines (or JSON=yes)

NAMES is the largest number of names, a power of ten. SEED (7) chooses names, questions
and what the hashes of an image depend on, which is by chance in a resolver.
Ten million names take 6 GB of memory and 1 GB in TMPDIR.
Exit: 0 measured, 1 something went wrong, 2 usage, 77 cannot run here.
HELP
}

seed=${SEED:-7}
# shellcheck source-path=SCRIPTDIR source=about.sh
source "$(dirname "${BASH_SOURCE[0]}")/about.sh"
bench_options "$@"
names=${NAMES:-10000000} counted=1000000 rounds=40
[[ $quick != yes ]] || { names=${NAMES:-1000000} counted=10000 rounds=10; }
[[ $names =~ ^10{1,7}$ ]] || bench_wrong "NAMES is a power of ten, 10 to 10000000"
[[ $seed =~ ^[0-9]{1,9}$ ]] || bench_wrong "SEED is a number"
((counted <= names)) || counted=$names

if [[ -z ${TG_SRC:-} ]]; then
    TG_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
    TG_BUILD=$TG_SRC/build
    eval "$("$TG_SRC/scripts/env")"
fi
bench=$TG_BUILD/tests/bench/decide
[[ -x $bench ]] || { echo "nothing is built: make bench-decide" >&2; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rows=$work/rows
progress() { [[ ! -t 2 ]] || printf '\r\033[K%s' "${*:+$* ...}" >&2; }

# instructions: the rows tell in which order they are counted, five for each question; the first of
# them is what is around.
instructions() {
    local at=0 table what size who unit around=0 questions sum
    valgrind --tool=callgrind --toggle-collect=bench_stretch --dump-after=bench_stretch \
        --callgrind-out-file="$work/counted" "$bench" -c -d "$work" -s "$seed" -n "$counted" \
        >"$work/counted.rows" 2>"$work/counted.log" || { cat "$work/counted.log" >&2; return 1; }
    while IFS=$'\t' read -r table what size who unit questions; do
        [[ $unit == instructions ]] || continue
        at=$((at + 1))
        sum=$(sed -n 's/^totals: //p' "$work/counted.$at")
        if [[ $who == nothing ]]; then around=$sum; continue; fi
        printf '%s\t%s\t%s\t%s\tinstructions\t%.0f\n' "$table" "$what" "$size" "$who" \
            "$(((sum - around) / ${questions%.*}))"
    done <"$work/counted.rows" >>"$rows"
}

# value TABLE CASE SIZE WHO UNIT: "-" when there is none.
value() {
    awk -F'\t' -v key="$1|$2|$3|$4|$5" 'BEGIN { v = "-" }
        $1 "|" $2 "|" $3 "|" $4 "|" $5 == key { v = $6 } END { print v }' "$rows"
}

# pivot TABLE UNIT WHO: a line for each case, a column for each size; WHO "all": a line for each.
pivot() {
    awk -F'\t' -v OFS='\t' -v table="$1" -v unit="$2" -v who="$3" '
        $1 != table || $5 != unit || (who != "all" && $4 != who) { next }
        {
            line = $2 (who == "all" ? ", " $4 : "")
            if (!(line in known)) { known[line] = ++lines; name[lines] = line }
            if (!($3 in column)) { column[$3] = ++columns; size[columns] = $3 }
            cell[line, $3] = $6 >= 100 || $5 == "instructions" ? sprintf("%.0f", $6) : sprintf("%.1f", $6)
        }
        END {
            printf " "
            for (c = 1; c <= columns; c++) printf "\t%s", size[c]
            print ""
            for (l = 1; l <= lines; l++) {
                printf "%s", name[l]
                for (c = 1; c <= columns; c++)
                    printf "\t%s", (name[l], size[c]) in cell ? cell[name[l], size[c]] : "-"
                print ""
            }
        }' "$rows" | column -t -s $'\t'
    echo
}

show_kinds() {
    local what size=$shown
    echo "One decision, $size names in lists: nanoseconds and instructions"
    {
        printf ' \ttldguard\t\ttinycdb\t\tuthash\t\tlabels\toracle\n'
        awk -F'\t' -v size="$size" '$1 == "kind" && $3 == size && $4 == "tldguard" && $5 == "ns" { print $2 }' "$rows" |
            while read -r what; do
                printf '%s' "$what"
                for who in tldguard tinycdb uthash; do
                    printf '\t%s\t%s' "$(value kind "$what" "$size" $who ns)" \
                        "$(value kind "$what" $((counted < size ? counted : size)) $who instructions)"
                done
                printf '\t%s\t%s\n' "$(value kind "$what" "$size" labels ns)" "$(value kind "$what" "$size" oracle ns)"
            done
    } | column -t -s $'\t'
    echo
}

show_all() {
    about
    bench_busy "$load"
    echo
    show_kinds
    echo 'By the number of names: nanoseconds of tldguard'
    pivot kind ns tldguard
    echo '... instructions of tldguard'
    pivot kind instructions tldguard
    echo '... nothing of it in the caches: nanoseconds'
    pivot cold ns all
    echo '... octets of memory'
    pivot image octets tldguard
    echo '... to open its image, in milliseconds of the processor; it is in force before it is settled'
    pivot opening ms tldguard
    echo 'By the number of rules: nanoseconds'
    pivot rules ns all
    echo 'By the labels of the name: nanoseconds'
    pivot labels ns all
    echo '... instructions'
    pivot labels instructions tldguard
    echo 'By the networks of clients: nanoseconds'
    pivot subnets ns tldguard
    echo '... instructions'
    pivot subnets instructions tldguard
    echo 'By threads: million decisions a second, of all of them'
    pivot threads 'million a second' tldguard
    echo 'To count one decision, for the figures of the module: nanoseconds'
    pivot counting ns tldguard
    echo 'What we aim at'
    bench_targets_show <"$work/targets"
}

# grown TABLE CASE MOST LIMIT: instructions at the most beside those at a hundred.
grown() {
    bench_target "$1" "$2, $3 beside 100" instructions "$(value "$1" "$2" "$3" tldguard instructions)" \
        "with 100" "$(value "$1" "$2" 100 tldguard instructions)" most "$4"
}

make_targets() {
    local at=$shown one cores all
    bench_target decide 'TLD not listed' ns "$(value kind 'TLD not listed' "$at" tldguard ns)" - - most 15
    bench_target decide 'TLD listed' ns "$(value kind listed "$at" tldguard ns)" - - most 40
    bench_target decide 'any of a million names, cold' ns \
        "$(value cold 'any name of the lists' 1000000 tldguard ns)" - - most 250
    bench_target decide 'any of a million names, cold' ns "$(value cold 'any name of the lists' 1000000 tldguard ns)" \
        tinycdb "$(value cold 'any name of the lists' 1000000 tinycdb ns)" most 0.7
    bench_target 'image of a million names' 'opened and checked' 'ms of the processor' \
        "$(value opening 'read and checked' 1000000 tldguard ms)" - - most 100
    grown kind 'TLD not listed' "$counted" 1.01
    grown kind 'block, suffix' "$counted" 1.1
    grown kind 'near miss of a protected name' "$counted" 1.1
    grown rules 'block, a rule of its own' $((counted < 199900 ? counted : 199900)) 1.1
    # Twice the networks are one step more of a binary search.
    grown subnets 'near miss, under client groups' $((counted < 200000 ? counted : 200000)) 1.5
    cores=$(nproc)
    one=$(value threads decisions 1 tldguard 'million a second')
    all=$(value threads decisions "$cores" tldguard 'million a second')
    bench_target threads "$cores beside 1" 'million a second' "$all" 'one thread' "$one" least \
        "$(awk -v n="$cores" 'BEGIN { print 0.8 * n }')"
}

about() {
    bench_about
    echo "tinycdb $(dpkg-query -W -f '${Version}' libcdb1 2>/dev/null || echo unknown)"
    echo "uthash $(sed -n 's/^#define UTHASH_VERSION //p' /usr/include/uthash.h 2>/dev/null || echo unknown)"
    echo "valgrind $(valgrind --version 2>/dev/null | sed 's/^valgrind-//' || echo 'none here')"
    echo "seed $seed"
}

show_json() {
    jq -n --rawfile about <(about) --rawfile rows "$rows" --slurpfile targets "$work/targets" '
        def lines: split("\n") | map(select(. != ""));
        {bench: "decide",
         about: ($about | lines | map(capture("^(?<key>[^ ]*) (?<value>.*)$")) | from_entries),
         rows: ($rows | lines | map(split("\t") |
             {table: .[0], case: .[1], size: (.[2] | tonumber), who: .[3], unit: .[4], figure: (.[5] | tonumber)})),
         $targets}'
}

load=$(cut -d ' ' -f 1 /proc/loadavg)
progress "time"
"$bench" -d "$work" -s "$seed" -n "$names" -r "$rounds" >"$rows"
if command -v valgrind >/dev/null; then
    progress "instructions"
    instructions
else
    echo "no valgrind here, no instructions: scripts/setup --bench-peers" >&2
fi
# What fits into the caches is told by kind.
shown=$((names < 10000 ? names : 10000))
make_targets >"$work/targets"
progress
if [[ $json == yes ]]; then show_json; else show_all; fi
