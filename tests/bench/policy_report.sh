# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What tests/bench/policy.sh prints, out of its rows: KIND, NAME, SIZE, FIGURE.

declare -A title=([none]='no list' [module]=tldguard [rpz]=RPZ [local]=local-zone)

# figure KIND NAME SIZE [least|most]: the median of its rows, "-" without.
figure() {
    awk -F'\t' -v key="$1 $2 $3" '$1 " " $2 " " $3 == key { print $4 }' "$rows" | sort -n |
        awk -v which="${4:-}" '{ v[NR] = $1 }
            END { print NR == 0 ? "-" : v[which == "least" ? 1 : which == "most" ? NR : int((NR + 1) / 2)] }'
}
# in_units FIGURE DIVISOR
in_units() { awk -v v="$1" -v d="$2" 'BEGIN { if (v == "-") print "-"; else printf(v / d < 100 ? "%.1f\n" : "%.0f\n", v / d) }'; }

sizes() { awk -F'\t' '$1 == "memory" { print $3 }' "$rows" | sort -nu; }

# table TITLE KIND DIVISOR [least|most]: a line for each that has any, a column for each size.
table() {
    local name one
    {
        printf '%s\t' "$1"
        sizes | paste -s
        for name in none module rpz local; do
            grep -q "^$2"$'\t'"$name"$'\t' "$rows" || continue
            printf '  %s' "${title[$name]}"
            for one in $(sizes); do printf '\t%s' "$(in_units "$(figure "$2" "$name" "$one" "${4:-}")" "$3")"; done
            echo
        done
    } | column -t -s $'\t'
    echo
}

show_all() {
    about
    bench_busy "$load"
    echo
    table 'Made of the list, ms' prepare 1
    table 'The tool explains one name, ms' explain 1
    table 'What the resolver reads, MB' file 1000000
    table 'Start to the first answer, ms' start 1
    table 'Memory, MB' memory 1024
    table '... most while it is replaced' peak 1024
    table 'Change until in force, ms' change 1
    table '... of the slowest' change 1 most
    table '... since the rename, ms' renamed 1
    table 'Longest question then, ms' longest 1000
    table '... of all windows' longest 1000 most
    table '... when nothing happens' longest_quiet 1000
    table '... of all windows' longest_quiet 1000 most
    echo "Medians of $windows changes; memory beside that of a resolver with no list"
    echo
    echo 'What we aim at'
    bench_targets_show <"$world_dir/targets"
}

# added KIND NAME: what the most names have more than ten.
added() {
    local all few
    all=$(figure "$1" "$2" "$top" most) few=$(figure memory "$2" 10)
    if [[ $all == - || $few == - ]]; then echo -; else echo $((all - few)); fi
}

# What the module has for itself, whatever its policy, is mostly the queue of its events: with few
# names it is all there is.
memory_targets() {
    bench_target "$top names" 'memory of the names' kB "$(added memory module)" RPZ "$(added memory rpz)" most 0.05
    bench_target "$top names" 'memory, with that of the module' kB "$(figure memory module "$top")" \
        RPZ "$(figure memory rpz "$top")" most 0.06
    bench_target "$top names" 'memory while they are replaced' kB "$(added peak module)" RPZ "$(added peak rpz)" most 0.15
}

make_targets() {
    local top longest quiet
    top=$(sizes | awk '$1 <= 1000000' | tail -n 1)
    [[ -n $top ]] || return 0
    if ((top >= 100000)); then
        memory_targets
    fi
    # Each change is seen within a quarter of a second; this is what comes then.
    bench_target "$top names" 'a new policy in force, once seen' ms "$(figure change module "$top")" - - most 100
    bench_target "$top names" 'in force' ms "$(figure change module "$top")" RPZ "$(figure change rpz "$top")" most 0.1
    longest=$(figure longest module "$top") quiet=$(figure longest_quiet module "$top")
    bench_target "$top names" 'longest question more than without a change' us $((longest > quiet ? longest - quiet : 0)) - - most 1000
    bench_target "$top names" 'longest question' us "$longest" RPZ "$(figure longest rpz "$top")" most 1
}

about() {
    bench_about
    echo "unbound $("$UNBOUND_PREFIX/sbin/unbound" -V | sed -n 's/^Version //p'), $world_threads threads"
    echo "windows $windows"
    echo "cached $cached"
}

show_json() {
    jq -n --rawfile about <(about) --rawfile rows "$rows" --slurpfile targets "$world_dir/targets" '
        def lines: split("\n") | map(select(. != ""));
        {bench: "policy",
         about: ($about | lines | map(capture("^(?<key>[^ ]*) (?<value>.*)$")) | from_entries),
         rows: ($rows | lines | map(split("\t") |
             {kind: .[0], of: .[1], names: (.[2] | tonumber), figure: (.[3] | tonumber)})),
         $targets}'
}
