#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2317 # world_start NAME calls world_NAME_conf and world_NAME_command
# What the module costs in a real Unbound, beside what Unbound has itself for the same rule.
# Figures, no verdict: `make bench-resolver`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/resolver.sh [--quick] [--json] [--where=KIND]

What tldguard costs in a real Unbound with NSD behind it, beside Unbound's own means for one
rule, "all of ml. is NXDOMAIN": a response policy zone, a local-zone, the python module; with
and without a log, which goes to a file. Three kinds of questions:
  cached    lie in the cache, and no rule speaks of them
  resolved  do not; NSD is asked
  blocked   army.ml MX and names below, from ten addresses
Counted are the instructions in user space that Unbound's worker takes to handle a question, and
what NSD answers (callgrind; the same on a busy machine, to half a percent for resolved ones; the
event loop is left out, as it is not). And questions answered a second (dnsperf; runs that
alternate; the server and the client on processors of their own if there are two, and all threads
of the server on one), also a second of the server's processor time, as the client may be the
slower one. Every answer is checked, and that every blocked question is in the log, or told there
to be missing. Ratios stand beside the figures, and what we aim at, met or not; the exit status
does not depend on it.

  --quick        fewer questions, fewer and shorter runs: under two minutes (or QUICK=yes)
  --json         the same for machines (or JSON=yes)
  --where=KIND   instead: the twenty functions in which the worker spends more than without the
                 module when it handles a question that is blocked, cached or resolved (or
                 WHERE=KIND; a blocked one is compared with nothing, as others never get so far)

SEED (7) chooses the names and the order of the addresses. Without dnsperf there are no rates;
`scripts/setup --bench-peers` installs it, and valgrind. Needs 1 GB in TMPDIR for the logs.
Exit: 0 measured, 1 something went wrong, 2 usage, 77 cannot run here.
HELP
}

quick=${QUICK:-no} json=${JSON:-no} where=${WHERE:-} seed=${SEED:-7}
usage() { echo "tests/bench/resolver.sh: $1; --help tells more" >&2; exit 2; }
for option; do
    case $option in
    --quick) quick=yes ;;
    --json) json=yes ;;
    --where=*) where=${option#*=} ;;
    --help) show_help; exit 0 ;;
    *) usage "unknown argument '$option'" ;;
    esac
done
[[ $where =~ ^(|blocked|cached|resolved)$ ]] || usage "--where is of blocked, cached or resolved questions"
[[ $seed =~ ^[0-9]{1,9}$ ]] || usage "SEED is a number"
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=resolver_report.sh
source "$(dirname "${BASH_SOURCE[0]}")/resolver_report.sh"

declare -A count=([cached]=5000 [resolved]=4000 [blocked]=5000)
configs=(none module unlisted rpz rpz_log local local_log python)
rated=("${configs[@]}")
rated_traffic=(cached blocked)
runs=5 run_seconds=3
if [[ $quick == yes ]]; then
    count=([cached]=4000 [resolved]=1500 [blocked]=1500)
    rated=(none module rpz_log local_log)
    runs=3 run_seconds=1
fi
declare -A title=([none]='nothing' [module]='tldguard, logged' [unlisted]='tldguard, no rule for it'
    [rpz]='RPZ' [rpz_log]='RPZ, rpz-log' [local]='local-zone'
    [local_log]='local-zone, logged' [python]='python module, logged')
# How a blocked question looks in the log.
declare -A logged=([module]='"category":\["network"' [rpz_log]='rpz: applied' [local_log]='ml. always_nxdomain'
    [python]='blocked ')
world_patience=120
before=() # what an Unbound is started by

progress() { [[ ! -t 2 ]] || printf '\r\033[K%s' "${*:+$* ...}" >&2; }
log_of() { echo "$world_dir/log/$1.log"; }

# The world: everything below big.example exists, and below army.ml, for a day.
prepare() {
    bench_begin
    work=$world_dir/work rows=$world_dir/rows
    mkdir "$work"
    : >"$rows"
    sed -i -e 's/ 300 / 86400 /' "$world_dir/zones/"{honest,lookalike}.zone
    { cat "$world_dir/zones/honest.zone"; echo '* 86400 A 192.0.2.90'; } >"$world_dir/zones/big.zone"
    echo '* 86400 A 203.0.113.68' >>"$world_dir/zones/lookalike.zone"
    echo 'example 3600 TXT "exists"' >>"$world_dir/zones/root.zone"
    world_zones=('big.example big.zone')
    world_start nsd || bail "$world_error"
    world_unbound_more=$'    msg-cache-size: 64m\n    rrset-cache-size: 64m'
    make_policies
    make_questions
    "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q '^Linked modules:.* python' || drop_python
    trap 'progress; for_all world_stop; world_end' EXIT
}
for_all() { local name; for name in "${configs[@]}"; do "$1" "$name"; done; }
drop_python() {
    configs=("${configs[@]/python/}") rated=("${rated[@]/python/}")
    unset 'configs[-1]'
    [[ -n ${rated[-1]} ]] || unset 'rated[-1]'
    echo '# this Unbound has no python module' >&2
}

make_policies() {
    local name tld
    for name in module:ml unlisted:om; do
        tld=${name#*:} name=${name%:*}
        printf '%s\n' 'serial: 1' 'tlds:' "  - {tld: $tld, targets: [mil], mode: block, action: nxdomain}" \
            >"$work/$name.yaml"
        "$TLDGUARD" compile --quiet "$work/$name.yaml" -o "$work/$name.cdb" || bail "no policy $name"
        printf '%s\n' "policy: \"$work/$name.cdb\"" "log: \"$(log_of "$name")\"" \
            "stats: \"$world_dir/figures/$name.stats\"" >"$work/$name.conf"
    done
    printf '%s\n' '@ SOA localhost. root.localhost. 7 3600 1200 604800 60' '@ NS localhost.' \
        'ml CNAME .' '*.ml CNAME .' >"$work/rpz.zone"
}

# Lists as tests/support/ask wants them.
make_questions() {
    local kind
    for kind in cached resolved blocked; do
        awk -v kind="$kind" -v count="${count[$kind]}" -v seed="$seed" 'BEGIN {
            srand(seed)
            for (i = 0; i < count; i++) {
                if (kind == "cached") what = "c" i ".big.example A"
                else if (kind == "resolved") what = "r" i "-" seed ".big.example A"
                else what = i % 2 ? "army.ml MX" : "w" int(rand() * 100) ".army.ml A"
                print "127.0.0." 2 + int(rand() * 10), "udp", what
            }
        }' >"$work/$kind"
        sed 's/.* udp //' "$work/$kind" >"$work/$kind.dnsperf"
    done
    head -n 1 "$work/blocked" >"$work/one"
    # What is in the cache before anything is counted.
    cat "$work/cached" "$work/blocked" | sort -u -k 3 >"$work/warm"
}

# clauses NAME: module-config, and what a configuration is made of.
clauses() {
    case $1 in
    module | unlisted)
        world_stock_modules='dynlib validator iterator'
        world_stock_clauses="dynlib:"$'\n'"    dynlib-file: \"$world_dir/tldguard.so\""
        ;;
    rpz*)
        world_stock_modules='respip validator iterator'
        world_stock_clauses="rpz:"$'\n'"    name: rpz.bench"$'\n'"    zonefile: \"$work/rpz.zone\""
        [[ $1 == rpz ]] || world_stock_clauses+=$'\n    rpz-log: yes'
        ;;
    local*)
        world_stock_modules='validator iterator'
        world_stock_clauses=$'server:\n    local-zone: "ml." always_nxdomain'
        [[ $1 == local ]] || world_stock_clauses+=$'\n    log-local-actions: yes'
        ;;
    python)
        world_stock_modules='python validator iterator'
        world_stock_clauses="python:"$'\n'"    python-script: \"$TG_SRC/tests/bench/block.py\""
        ;;
    *) world_stock_modules='validator iterator' world_stock_clauses='' ;;
    esac
}
conf() {
    local log
    clauses "$1"
    # The module has a file of its own.
    log=$(log_of "$1")
    [[ $1 != module && $1 != unlisted ]] || log=$world_dir/log/$1-unbound.log
    world_stock_conf "$1" "$2" | sed "s|^\( *logfile:\).*|\1 \"$log\"|"
}
command_of() {
    world_stock_command "$1"
    [[ ${before[0]:-} != callgrind ]] || bench_callgrind "$1"
    [[ ${before[0]:-} != taskset ]] || world_command=("${before[@]}" "${world_command[@]}")
    world_command=(env "TLDGUARD_CONF=$work/$1.conf" "PYTHONPATH=$UNBOUND_PREFIX/lib/python3" "${world_command[@]}")
}
for name in "${configs[@]}"; do
    eval "world_${name}_conf() { conf $name \"\$1\"; }; world_${name}_command() { command_of $name; }"
done

port_of() { local variable=world_$1_port; echo "${!variable}"; }
start() { world_start "$1" || bail "$world_error"; }
blocks() { [[ $1 != none && $1 != unlisted ]]; }

# in_log NAME, all_logged NAME COUNT: so many blocked questions.
in_log() {
    local lines
    lines=$(grep -cs -- "${logged[$1]}" "$(log_of "$1")") || true
    echo "${lines:-0}"
}
all_logged() { (($(in_log "$1") >= $2)); }
# Unbound's own file is emptied; the module's is taken away, and made anew with the next event.
fresh_log() {
    if [[ $1 == module ]]; then rm -f "$(log_of "$1")"; else : >"$(log_of "$1")"; fi
}

# asked NAME LIST: asks them, and compares what each is answered.
asked() {
    local wrong
    wrong=$("$live_client" -p "$(port_of "$1")" -w 60000 -l <"$work/$2" |
        awk -v blocks="$(blocks "$1" && echo 1)" '{
            if ($5 ~ /\.big\.example$/) want = "NOERROR 192.0.2.90"
            else if (blocks) want = "NXDOMAIN -"
            else want = $6 == "MX" ? "NOERROR 10" : "NOERROR 203.0.113.68"
            if ($4 " " $7 != want && ++n <= 3) print "wanted " want ": " $0
        }') || true
    [[ -z $wrong ]] || bail "$1, $2: wrong answers" "$wrong"
}
# row KIND NAME TRAFFIC FIGURE: what the report is made of.
row() { (IFS=$'\t'; echo "$*") >>"$rows"; }

# stretch NAME LIST: instructions a question. Without the event loop: how often that goes round
# for a question depends on what else the machine does.
stretch() {
    asked "$1" "$2"
    bench_mark "$1"
    row instructions "$1" "$2" $(($(bench_cost "$bench_stretch" worker_handle_request outnet_udp_cb) / count[$2]))
}

# count_one NAME: the stretches that are wanted. The module's other threads are counted in their
# whole life, a line of the log.
count_one() {
    local lines kind
    progress "instructions: ${title[$1]}"
    before=(callgrind)
    start "$1"
    asked "$1" warm
    bench_mark "$1"
    lines=$(grep -c 'army\.ml' "$work/warm")
    for kind in cached resolved blocked; do
        [[ -n $where && $where != "$kind" ]] || stretch "$1" "$kind"
    done
    if [[ -n ${logged[$1]:-} && $where =~ ^(|blocked)$ ]]; then
        lines=$((lines + count[blocked]))
        live_until all_logged "$1" "$lines" || bail "$1: $(in_log "$1") lines in the log, $lines wanted"
    fi
    world_stop "$1"
    [[ -n $where || $1 != module ]] || row others "$1" blocked $(($(bench_others "$1") / lines))
    before=()
}

# processor NAME: nanoseconds that its worker has worked, and all its threads.
processor() {
    local pid
    pid=$(world_pid "$1") || bail "$1 has ended"
    awk -v worker="/proc/$pid/task/$pid/schedstat" '{ all += $1 } FILENAME == worker { own = $1 }
        END { printf "%.0f %.0f\n", own, all }' "/proc/$pid/task/"*/schedstat
}

# account NAME COUNT: so many lines are in the log, or it says itself how many are missing: a
# writer that has no processor of its own can fall behind. What is missing is told by the next line.
account() {
    local lines lost=0
    if ! live_patience=3 live_until all_logged "$1" "$2"; then
        lines=$(in_log "$1")
        asked "$1" one
        live_until all_logged "$1" $((lines + 1)) || bail "$1: nothing comes into the log"
        lines=$(in_log "$1")
        lost=$(grep -o '"lost":[0-9]*' "$(log_of "$1")" | awk -F: '{ sum += $2 } END { print sum + 0 }') || true
        ((lines + lost >= $2 + 1)) || bail "$1: $lines lines in the log, and $lost told to be missing, of $2"
    fi
    row missing "$1" blocked "$lost"
    fresh_log "$1"
}

# A client that works hard does not always keep a server busy; so also what the server can do in
# a second of its own time.
rate() {
    local said completed own all own_before all_before want=NOERROR
    [[ $2 != blocked ]] || ! blocks "$1" || want=NXDOMAIN
    [[ -z ${logged[$1]:-} ]] || fresh_log "$1"
    read -r own_before all_before < <(processor "$1")
    said=$("${client[@]}" -p "$(port_of "$1")" -d "$work/$2.dnsperf" -l "$run_seconds" 2>&1) || bail dnsperf "$said"
    completed=$(sed -nE 's/^ *Queries completed: +([0-9]+).*/\1/p' <<<"$said")
    [[ $(sed -nE 's/^ *Response codes: +(.*)/\1/p' <<<"$said") == "$want $completed (100.00%)" ]] ||
        bail "$1, $2: wrong answers" "$said"
    [[ $2 != blocked || -z ${logged[$1]:-} ]] || account "$1" "$completed"
    read -r own all < <(processor "$1")
    row rate "$1" "$2" "$(sed -nE 's/^ *Queries per second: +([0-9]+).*/\1/p' <<<"$said")" \
        "$(sed -nE 's/^ *Queries lost: +([0-9]+).*/\1/p' <<<"$said")"
    row worker "$1" "$2" $((completed * 1000000000 / (own - own_before)))
    row server "$1" "$2" $((completed * 1000000000 / (all - all_before)))
}

# All servers are there all the time, and one of them works: what else the machine does meets each.
measure_rates() {
    local i name traffic processors
    processors=$(taskset -cp $$ | sed 's/.*: //')
    before=(taskset -c "${processors%%[,-]*}")
    client=(taskset -c "${processors##*[,-]}" dnsperf -s 127.0.0.1 -c 10 -q 100)
    for name in "${rated[@]}"; do
        progress "rates: starting ${title[$name]}"
        start "$name"
        asked "$name" warm
    done
    for ((i = 1; i <= runs; i++)); do
        for traffic in "${rated_traffic[@]}"; do
            for name in "${rated[@]}"; do
                progress "rates: run $i of $runs, $traffic, ${title[$name]}"
                rate "$name" "$traffic"
            done
        done
    done
    for_all world_stop
    progress
}

prepare
if [[ -n $where ]]; then
    show_where
    exit 0
fi
load=$(cut -d ' ' -f 1 /proc/loadavg)
for_all count_one
if command -v dnsperf >/dev/null; then measure_rates; fi
make_targets
progress
if [[ $json == yes ]]; then show_json; else show_all; fi
