# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What every bench says of where it ran, and how it says what is aimed at: for the benches that
# source this. Figures are compared on one machine only, in one run.
#
#   bench_options ARGUMENT...
#                       sets quick and json, by the arguments or by QUICK and JSON; ends the script with
#                       what its show_help prints, or with status 2
#   bench_wrong TEXT    ends the script with status 2
#   bench_about         lines NAME VALUE: the machine, its load, the compiler, tldguard's version
#   bench_busy LOAD     says so when other work was under way
#   bench_target OF WHAT UNIT OURS PEER_NAME PEER WAY LIMIT
#                       a JSON object on one line. PEER "-" and PEER_NAME "-": the figure itself is held
#                       against LIMIT, else its ratio to the peer's. WAY is most or least. Without a figure
#                       of ours, or of a peer that is named, nothing: what was not measured is not met
#   bench_targets_show  the same as a table, from such lines on standard input

bench_wrong() {
    echo "tests/bench/${0##*/}: $1; --help tells more" >&2
    exit 2
}

bench_options() {
    local option
    quick=${QUICK:-no} json=${JSON:-no}
    for option; do
        case $option in
        --quick) quick=yes ;;
        --json) json=yes ;;
        --help) show_help; exit 0 ;;
        *) bench_wrong "unknown argument '$option'" ;;
        esac
    done
}

bench_about() {
    echo "machine $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors, $(uname -sr)"
    echo "load $(cut -d ' ' -f 1 /proc/loadavg)"
    echo "compiler $({ "${CC:-gcc}" --version || echo 'none here'; } 2>/dev/null | head -n 1)"
    echo "tldguard $("$TLDGUARD" --version | sed -n '1s/^tldguard //p')"
}

bench_busy() {
    awk -v load="$1" -v most="$(nproc)" 'BEGIN { if (load > most / 2) print "busy: do not rely on times" }'
}

bench_target() {
    [[ $4 != - && ($5 == - || $6 != -) ]] || return 0
    jq -cn --arg of "$1" --arg what "$2" --arg unit "$3" --argjson ours "$4" --arg peer_name "$5" \
        --arg peer "$6" --arg way "$7" --argjson limit "$8" '
        ($peer | if . == "-" then null else tonumber end) as $p |
        (if $p then $ours / $p else $ours end) as $held |
        {$of, $what, $unit, $ours, peer_name: (if $p then $peer_name else null end), peer: $p,
         ratio: (if $p then ($held * 1000 | round / 1000) else null end), $way, $limit,
         met: (if $way == "most" then $held <= $limit else $held >= $limit end)}'
}

bench_targets_show() {
    {
        printf 'What\tours\tpeer\t\tratio\taimed at\t\n'
        jq -r '[.of + ", " + .what, "\(.ours) \(.unit)", (.peer // "-"), (.peer_name // "-"), (.ratio // "-"),
            "at \(.way) \(.limit)", (if .met then "met" else "NOT MET" end)] | @tsv'
    } | column -t -s $'\t'
}
