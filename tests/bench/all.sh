#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every bench with targets, one after the other, and one table of all targets: `make bench`, or see
# show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/all.sh [--quick] [BENCH...]

Runs every bench that has targets, or those that are named, writes what each measured to
build/bench/NAME.json, and ends with one table of what is aimed at: our figure, the peer's, the
ratio, met or not.

  --quick  each bench with --quick: under two minutes for each, under six for all (or QUICK=yes)

What a bench says on standard error is in build/bench/NAME.log, and shown when it failed.
Exit: 0 all measured, whatever the figures, 1 something went wrong in one, 2 usage, 77 one cannot
run here and none failed.
HELP
}

# The one list of them: tests/bench/NAME.sh, which takes --quick and --json.
benches=(decide policy write log resolver)
quick=${QUICK:-no} wanted=() status=0
usage() { echo "tests/bench/all.sh: $1; --help tells more" >&2; exit 2; }
for option; do
    case $option in
    --quick) quick=yes ;;
    --help) show_help; exit 0 ;;
    -*) usage "unknown argument '$option'" ;;
    *)
        [[ " ${benches[*]} " == *" $option "* ]] || usage "there is no bench $option, but ${benches[*]}"
        wanted+=("$option")
        ;;
    esac
done
((${#wanted[@]} > 0)) || wanted=("${benches[@]}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
to=${TG_BUILD:-$here/../../build}/bench
mkdir -p "$to"

# is_whole FILE: one object as every bench prints it, with at least one target.
is_whole() {
    jq -se --arg bench "$2" 'length == 1 and (.[0] | .bench == $bench and (.about | type) == "object" and
        (.rows | type) == "array" and (.targets | type) == "array" and (.targets | length) > 0)' "$1" >/dev/null 2>&1
}

# run NAME: a file of an earlier run does not stand for one that failed.
run() {
    local began=$SECONDS said=0
    local -a options=(--json)
    [[ $quick == no ]] || options+=(--quick)
    printf 'bench %s ...' "$1"
    rm -f "$to/$1.json"
    env -u QUICK -u JSON -u WHERE "$here/$1.sh" "${options[@]}" >"$to/$1.new" 2>"$to/$1.log" || said=$?
    printf ' %d s' $((SECONDS - began))
    if ((said == 0)) && ! is_whole "$to/$1.new" "$1"; then
        said=1
        echo "what it printed is not the object that every bench prints: $to/$1.new" >>"$to/$1.log"
    fi
    case $said in
    0)
        printf '\n'
        jq --argjson quick "$([[ $quick == yes ]] && echo true || echo false)" \
            --arg day "$(date -u +%F)" '. + {$quick, $day}' "$to/$1.new" >"$to/$1.json"
        rm "$to/$1.new"
        ;;
    77) printf ', cannot run here\n' ;;
    *) printf ', FAILED\n' ;;
    esac
    sed 's/^/    /' "$to/$1.log"
    if ((said == 77)); then
        sed 's/^/    /' "$to/$1.new"
        ((status != 0)) || status=77
    elif ((said != 0)); then
        status=1
    fi
}

for bench in "${wanted[@]}"; do run "$bench"; done
echo
"$here/targets.sh" "${wanted[@]/#/$to/}"
exit "$status"
