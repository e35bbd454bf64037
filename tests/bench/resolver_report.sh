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
    local name format='%-26s %8s %8s %8s %8s %8s %11s %14s\n'
    echo 'Instructions of the worker, a question'
    printf "$format" '' cached '' resolved '' blocked '/ RPZ,log' '/ local,log'
    for name in "${configs[@]}"; do
            printf "$format" "${title[$name]}" "$(value instructions "$name" cached)" \
            "$(percent instructions "$name" none cached)" "$(value instructions "$name" resolved)" \
            "$(percent instructions "$name" none resolved)" "$(value instructions "$name" blocked)" \
            "$(ratio instructions "$name" rpz_log blocked)" "$(ratio instructions "$name" local_log blocked)"
    done
}

show_rates() {
    local traffic
    if [[ $(value rate none cached)$(value rate none blocked) == -- ]]; then
        echo 'No rates: no dnsperf here (scripts/setup --bench-peers).'
        return
    fi
    echo "Questions answered: in a second, median of $runs runs of $run_seconds s, least and most; in a second of"
    echo "processor time of the worker, and of all threads of the server"
    for traffic in "${rated_traffic[@]}"; do rates_of "$traffic"; done
    awk -F'\t' '$1 == "rate" { lost += $5 } $1 == "missing" { missing += $4; runs += $4 > 0 }
        END { print "Questions not answered: " lost + 0
            print "Events that tldguard could not log, and says so: " missing + 0 ", in " runs + 0 " of its runs" }' "$rows"
}
# rates_of TRAFFIC: the cached ones beside nothing, the blocked ones beside RPZ.
rates_of() {
    local name other=none format='%-30s %8s %15s %6s   %10s %6s   %10s %6s\n'
    [[ $1 == cached ]] || other=rpz_log
    printf "$format" "$1; ratios to ${title[$other]}" 'a second' '' '' 'of worker' '' 'of server' ''
    for name in "${rated[@]}"; do
        printf "$format" "${title[$name]}" "$(value rate "$name" "$1")" "$(spread "$name" "$1")" \
            "$(ratio rate "$name" "$other" "$1")" "$(value worker "$name" "$1")" "$(ratio worker "$name" "$other" "$1")" \
            "$(value server "$name" "$1")" "$(ratio server "$name" "$other" "$1")"
    done
}
spread() {
    [[ $(value rate "$1" "$2") != - ]] || return 0
    echo "$(value rate "$1" "$2" least)-$(value rate "$1" "$2" most)"
}

# What we aim at: KIND NAME OTHER TRAFFIC, most|least of the ratio, and in words.
targets=(
    'instructions module none cached most 1.01 cached, against nothing'
    'instructions module none resolved most 1.01 resolved, against nothing'
    'instructions module rpz_log blocked most 0.5 blocked, against RPZ with rpz-log'
    'instructions module local_log blocked most 0.65 blocked, against local-zone with its log'
    'rate module rpz_log blocked least 1.3 blocked, against RPZ with rpz-log'
    'worker module rpz_log blocked least 1.3 blocked, against RPZ with rpz-log'
)
make_targets() {
    local kind name other traffic way limit words
    while read -r kind name other traffic way limit words; do
        awk -v OFS='\t' -v kind="$kind" -v words="$words" -v way="$way" -v limit="$limit" \
            -v a="$(value "$kind" "$name" "$traffic")" -v b="$(value "$kind" "$other" "$traffic")" 'BEGIN {
                if (a == "-" || b == "-") exit
                met = way == "most" ? a <= limit * b : a >= limit * b
                printf "target\t%s\t%s\t%.3f\t%s\t%s\t%s\n", kind, words, a / b, way, limit, met ? "met" : "not met"
            }' >>"$rows"
    done < <(printf '%s\n' "${targets[@]}")
}
show_targets() {
    echo 'What we aim at'
    awk -F'\t' '$1 == "target" {
        of = $2 == "rate" ? "questions a second" : $2 == "worker" ? "questions a second of the worker" : $2
        printf "%-70s %6.3f, at %-5s %-4s  %s\n", of ", " $3, $4, $5, $6, $7
    }' "$rows"
}

# NAME VALUE, one a line.
about() {
    echo "machine $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors, $(uname -sr)"
    echo "load $load"
    echo "unbound $("$UNBOUND_PREFIX/sbin/unbound" -V | sed -n 's/^Version //p')"
    echo "tldguard $("$TLDGUARD" --version | sed -n '1s/^tldguard //p')"
    echo "nsd $("$NSD" -v 2>&1 | sed -n 's/^NSD version //p')"
    echo "valgrind $(valgrind --version | sed 's/^valgrind-//')"
    echo "dnsperf $({ dnsperf -H 2>&1 || echo 'version 0, there is none'; } | sed -nE 's/^.*[Vv]ersion ([0-9.]+).*/\1/p' | head -n 1)"
    echo "seed $seed"
    echo "questions ${count[cached]} cached, ${count[resolved]} resolved, ${count[blocked]} blocked"
}

show_all() {
    about
    awk -v load="$load" -v most="$(nproc)" 'BEGIN { if (load > most / 2) print "busy: do not rely on the rates" }'
    echo
    show_instructions
    echo "The writer's thread of tldguard: $(value others module blocked) a line, by a processor" \
        "without SHA instructions, as valgrind's"
    echo
    show_rates
    echo
    show_targets
}

show_json() {
    { about | sed 's/^\([^ ]*\) /about\t\1\t/'; cat "$rows"; } | jq -Rn '
        [inputs | split("\t")] |
        def rows(kind): map(select(.[0] == kind));
        {about: (rows("about") | map({(.[1]): .[2]}) | add),
         instructions: rows("instructions") | map({configuration: .[1], questions: .[2], each: (.[3] | tonumber)}),
         writer: rows("others") | map({configuration: .[1], line: (.[3] | tonumber)}),
         a_second_of: (rows("worker") + rows("server") | group_by([.[0], .[1], .[2]]) | map({thread: .[0][0],
             configuration: .[0][1], questions: .[0][2], runs: map(.[3] | tonumber)})),
         missing: (rows("missing") | map({configuration: .[1], events: (.[3] | tonumber)}) | map(select(.events > 0))),
         rates: rows("rate") | group_by([.[1], .[2]]) | map({configuration: .[0][1], questions: .[0][2],
             runs: map(.[3] | tonumber), lost: (map(.[4] | tonumber) | add)}),
         targets: rows("target") | map({of: .[1], what: .[2], ratio: (.[3] | tonumber), at: .[4],
             limit: (.[5] | tonumber), met: (.[6] == "met")})}'
}

# show_where: a blocked question is not compared, as without the module it is another one.
show_where() {
    local base=/dev/null
    if [[ $where != blocked ]]; then
        count_one none
        bench_functions "$bench_stretch" >"$work/base"
        base=$work/base
    fi
    count_one module
    progress
    echo "Instructions a $where question, of the worker; $(value instructions module "$where") in all"
    { sed 's/^/- /' "$base"; bench_functions "$bench_stretch" | sed 's/^/+ /'; } |
        awk -v questions="${count[$where]}" -v all="$(value instructions module "$where")" '
            # What called everything else is under way at a mark, and seems to have done it all.
            $2 > all * questions { next }
            { cost[$3] += $1 == "+" ? $2 : -$2 }
            END { for (name in cost) printf "%8.0f  %s\n", cost[name] / questions, name }' |
        sort -rn | sed 20q
}
