# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154,SC2059
# What tests/bench/resolver.sh prints, out of its rows: KIND, NAME, TRAFFIC, FIGURE.

# value KIND NAME TRAFFIC [least|most]: the median of its rows, "-" without.
value() {
    awk -F'\t' -v key="$1 $2 $3" '$1 " " $2 " " $3 == key { print $4 }' "$rows" | sort -n |
        awk -v which="${4:-}" '{ v[NR] = $1 }
            END { print NR == 0 ? "-" : v[which == "least" ? 1 : which == "most" ? NR : int((NR + 1) / 2)] }'
}
# ratio KIND NAME OTHER TRAFFIC; percent likewise: more than that.
ratio() {
    awk -v a="$(value "$1" "$2" "$4")" -v b="$(value "$1" "$3" "$4")" \
        'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%.2f\n", a / b }'
}
percent() {
    awk -v a="$(value "$1" "$2" "$4")" -v b="$(value "$1" "$3" "$4")" \
        'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%+.1f%%\n", 100 * a / b - 100 }'
}

show_instructions() {
    local name format='%-26s %8s %8s %8s %8s %8s %8s %11s %14s\n'
    echo 'Instructions of the workers, a question; with num-threads 2'
    printf "$format" '' cached '' resolved '' fresh blocked '/ RPZ,log' '/ local,log'
    for name in "${configs[@]}"; do
        printf "$format" "${title[$name]}" "$(value instructions "$name" cached)" \
            "$(percent instructions "$name" none cached)" "$(value instructions "$name" resolved)" \
            "$(percent instructions "$name" none resolved)" "$(value instructions "$name" fresh)" \
            "$(value instructions "$name" blocked)" \
            "$(ratio instructions "$name" rpz_log blocked)" "$(ratio instructions "$name" local_log blocked)"
    done
    echo "With num-threads 1, cached: ${title[none]} $(value instructions none single), ${title[module]}" \
        "$(value instructions module single) ($(percent instructions module none single)). In a process of one thread"
    echo 'the C library takes shorter ways, which nobody with more threads has, and which the threads of a' \
        $'module end.\n'"The writer's thread of tldguard: $(value others module blocked) a line, by a processor" \
        'without SHA instructions, as valgrind'"'"'s.'
}

show_rates() {
    local traffic
    if [[ $(value rate none cached)$(value rate none blocked) == -- ]]; then
        echo 'No rates: no dnsperf here (scripts/setup --bench-peers).'
        return
    fi
    echo "Questions answered, with num-threads 1: in a second, median of $runs runs of $run_seconds s (or $fresh_a_run fresh"
    echo "names), least and most; in a second of processor time of the worker, and of all threads of the server"
    for traffic in "${rated_traffic[@]}"; do rates_of "$traffic"; done
    awk -F'\t' '$1 == "missing" && $2 == "module" { missing += $4; all += $5 }
        END { print "Events that tldguard could not log, and says so: " missing + 0 " of " all + 0 }' "$rows"
    awk -F'\t' '$1 == "missing" && $2 != "module" { missing[$2] += $4; all[$2] += $5 }
        END { for (name in missing) if (missing[name]) {
            print name ": its log is not complete: " missing[name] " of " all[name] " blocked questions are missing" } }' "$rows"
    echo "Runs thrown away: $(grep -c ^thrown "$rows" || true)"
}
# rates_of TRAFFIC: the cached ones beside nothing, the blocked ones beside RPZ.
rates_of() {
    local name other=none format='%-32s %8s %15s %6s   %10s %6s   %10s %6s\n'
    [[ $1 == cached ]] || other=rpz_log
    printf "$format" "$1; ratios to ${title[$other]}" 'a second' '' '' 'of worker' '' 'of server' ''
    for name in "${rated[@]}" "${peers[@]}"; do
        [[ $(value rate "$name" "$1") != - ]] || continue
        printf "$format" "${title[$name]}" "$(value rate "$name" "$1")" "$(spread "$name" "$1")" \
            "$(ratio rate "$name" "$other" "$1")" "$(value worker "$name" "$1")" "$(ratio worker "$name" "$other" "$1")" \
            "$(value server "$name" "$1")" "$(ratio server "$name" "$other" "$1")"
    done
}
spread() {
    [[ $(value rate "$1" "$2") != - ]] || return 0
    echo "$(value rate "$1" "$2" least)-$(value rate "$1" "$2" most)"
}

# What we aim at: KIND OTHER TRAFFIC, most|least of the ratio to that configuration.
targets=(
    'instructions none cached most 1.01'
    'instructions none resolved most 1.01'
    'instructions rpz_log blocked most 0.5'
    'instructions local_log blocked most 0.65'
    'rate rpz_log blocked least 1.3'
    'worker rpz_log blocked least 1.3'
    'server bind blocked least 1'
    'server pdns blocked least 1'
    'server kresd blocked least 1'
    'server dnsdist blocked least 1'
)
declare -A target_of=([cached]='cached answers' [resolved]='answers looked up' [blocked]='blocked and logged')
declare -A target_what=([instructions]='each' [rate]='a second' [worker]="a second of the worker's time"
    [server]="a second of all threads' time")
# Objects, one a line.
make_targets() {
    local kind other traffic way limit unit
    while read -r kind other traffic way limit; do
        unit=instructions
        [[ $kind == instructions ]] || unit=questions
        bench_target "${target_of[$traffic]}" "${target_what[$kind]}" "$unit" "$(value "$kind" module "$traffic")" \
            "${title[$other]}" "$(value "$kind" "$other" "$traffic")" "$way" "$limit"
    done < <(printf '%s\n' "${targets[@]}")
}

# NAME VALUE, one a line.
about() {
    bench_about | sed "s/^load .*/load $load_before/"
    echo "unbound $("$UNBOUND_PREFIX/sbin/unbound" -V | sed -n 's/^Version //p')"
    echo "nsd $("$NSD" -v 2>&1 | sed -n 's/^NSD version //p')"
    peer_versions
    echo "valgrind $(valgrind --version | sed 's/^valgrind-//')"
    echo "dnsperf $({ dnsperf -H 2>&1 || echo 'version 0, there is none'; } | sed -nE 's/^.*[Vv]ersion ([0-9.]+).*/\1/p' | head -n 1)"
    echo "seed $seed"
    echo "questions ${count[cached]} cached, ${count[resolved]} resolved, ${count[blocked]} blocked, ${count[fresh]} fresh"
    echo "runs $runs of $run_seconds s, $fresh_a_run fresh names each"
}

show_all() {
    about
    bench_busy "$load_before"
    echo
    show_instructions
    echo
    show_rates
    echo
    echo 'What we aim at'
    make_targets | bench_targets_show
}

# A row has one figure, the median, and what it is the median of.
show_json() {
    local name titles
    titles=$(for name in "${!title[@]}"; do printf '%s\t%s\n' "$name" "${title[$name]}"; done |
        jq -Rn '[inputs / "\t" | {(.[0]): .[1]}] | add')
    jq -Rn --argjson title "$titles" --argjson targets "$(make_targets | jq -s .)" --arg about "$(about)" '
        def middle: sort | .[(length - 1) / 2 | floor];
        [inputs / "\t"] as $rows |
        {bench: "resolver",
         about: ($about / "\n" | map(capture("^(?<key>[^ ]+) (?<value>.*)")) | from_entries),
         rows: ([$rows[] | select(.[0] | IN("instructions", "others", "rate", "worker", "server"))] |
             group_by([.[0], .[1], .[2]]) | map(map(.[3] | tonumber) as $runs |
                 {of: .[0][0], configuration: .[0][1], title: $title[.[0][1]], questions: .[0][2],
                  figure: ($runs | middle), $runs})),
         parts: [$rows[] | select(.[0] == "part") |
             {configuration: .[1], questions: .[2], figure: (.[3] | tonumber), file: .[4]}],
         missing: ([$rows[] | select(.[0] == "missing")] | group_by([.[1], .[2]]) |
             map({configuration: .[0][1], questions: .[0][2], missing: (map(.[3] | tonumber) | add),
                  of: (map(.[4] | tonumber) | add)})),
         absent: [$rows[] | select(.[0] == "absent") | .[1]],
         thrown: [$rows[] | select(.[0] == "thrown") | {what: .[1], why: .[2]}],
         $targets}' "$rows"
}

# show_where: a blocked question is not compared, as without the module it is another one.
show_where() {
    local base=/dev/null
    if [[ $where == cached || $where == resolved ]]; then
        count_one none
        bench_functions "$bench_stretch" >"$work/base"
        base=$work/base
    fi
    count_one module
    progress
    echo "Instructions a $where question, of the workers; $(value instructions module "$where") in all"
    { sed 's/^/-/' "$base"; bench_functions "$bench_stretch"; } | functions "$where" |
        sort -rn | awk 'NR <= 20 { printf "%8.0f  %s\n", $1, $2 }'
}
