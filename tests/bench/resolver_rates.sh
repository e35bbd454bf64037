# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The questions a second of tests/bench/resolver.sh.

# processor NAME: nanoseconds that its first thread has worked, and all its threads.
processor() {
    local pid
    pid=$(world_pid "$1") || bail "$1 has ended"
    awk -v worker="/proc/$pid/task/$pid/schedstat" '{ all += $1 } FILENAME == worker { own = $1 }
        END { printf "%.0f %.0f\n", own, all }' "/proc/$pid/task/"*/schedstat
}
misses_of() {
    "$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/$1.conf" stats_noreset |
        sed -n 's/^total.num.cachemiss=//p'
}

# account NAME TRAFFIC COUNT: whether so many lines are in the log. tldguard says itself how many are
# missing, with the next line: a writer that has no processor of its own can fall behind. Others do
# not; of what peers have in a buffer, more lines push it out.
account() {
    local lines lost=0
    ! is_peer "$1" || asked "$1" push
    if ! live_patience=3 live_until all_logged "$1" "$3"; then
        lines=$(in_log "$1")
        lost=$(($3 - lines))
        [[ $1 != module ]] || account_lost "$3"
    fi
    row missing "$1" "$2" "$lost" "$3"
    fresh_log "$1"
}
# account_lost COUNT: sets lost.
account_lost() {
    asked module one
    live_until all_logged module $((lines + 1)) || bail "module: nothing comes into the log"
    lines=$(in_log module)
    lost=$(grep -o '"lost":[0-9]*' "$(log_of module)" | awk -F: '{ sum += $2 } END { print sum + 0 }') || true
    ((lines + lost >= $1 + 1)) || bail "module: $lines lines in the log, and $lost told to be missing, of $1"
}

# rate NAME TRAFFIC RUN ATTEMPT: whether it was one. A client that works hard does not always keep a
# server busy; so also what the server can do in a second of its own time.
rate() {
    local said completed sent codes own all own_before all_before misses=0 want=NOERROR of="${title[$1]}, $2, run $3"
    local -a load=(-d "$work/$2.dnsperf" -l "$run_seconds")
    [[ $2 == cached ]] || ! blocks "$1" || want=NXDOMAIN
    if [[ $2 == fresh ]]; then
        questions fresh "$fresh_a_run" $((seed * 1000 + $3 * 10 + $4)) | sed 's/.* udp //' >"$work/fresh.dnsperf"
        load=(-d "$work/fresh.dnsperf" -n 1)
    fi
    [[ -z ${logged[$1]:-} ]] || fresh_log "$1"
    [[ $2 != cached ]] || misses=$(misses_of "$1")
    read -r own_before all_before < <(processor "$1")
    said=$("${client[@]}" -p "$(port_of "$1")" "${load[@]}" 2>&1) || bail dnsperf "$said"
    sent=$(sed -nE 's/^ *Queries sent: +([0-9]+).*/\1/p' <<<"$said")
    completed=$(sed -nE 's/^ *Queries completed: +([0-9]+).*/\1/p' <<<"$said")
    codes=$(sed -nE 's/^ *Response codes: +(.*)/\1/p' <<<"$said")
    # The module's writer may still be at it.
    ! is_peer "$1" || read -r own all < <(processor "$1")
    [[ $2 == cached || -z ${logged[$1]:-} ]] || account "$1" "$2" "$completed"
    is_peer "$1" || read -r own all < <(processor "$1")
    [[ $completed == "$sent" ]] || { throw "$of" "$((sent - completed)) of $sent questions were not answered"; return 1; }
    [[ $codes == "$want $completed (100.00%)" ]] || { throw "$of" "answered was $codes, all should be $want"; return 1; }
    if [[ $2 == cached ]]; then
        misses=$(($(misses_of "$1") - misses))
        ((misses == 0)) || { throw "$of" "$misses questions were not in the cache"; return 1; }
    fi
    row rate "$1" "$2" "$(sed -nE 's/^ *Queries per second: +([0-9]+).*/\1/p' <<<"$said")"
    # That the first thread is the worker is so in Unbound.
    is_peer "$1" || row worker "$1" "$2" $((completed * 1000000000 / (own - own_before)))
    row server "$1" "$2" $((completed * 1000000000 / (all - all_before)))
}

# try NAME TRAFFIC RUN: what was no measurement is made once more, and again.
try() {
    local attempt
    for attempt in 1 2 3; do
        progress "rates: run $3 of $runs, $2, ${title[$1]}"
        ! rate "$@" "$attempt" || return 0
    done
    failed=1
}

# All servers are there all the time, and one of them works: what else the machine does meets each.
measure_rates() {
    local i name traffic processors
    processors=$(taskset -cp $$ | sed 's/.*: //')
    before=(taskset -c "${processors%%[,-]*}")
    client=(taskset -c "${processors##*[,-]}" dnsperf -s 127.0.0.1 -c 10 -q 100)
    world_threads=1
    for name in "${rated[@]}"; do
        progress "rates: starting ${title[$name]}"
        start "$name"
        asked "$name" warm
    done
    start_peers
    for ((i = 1; i <= runs; i++)); do
        for traffic in "${rated_traffic[@]}"; do
            for name in "${rated[@]}" "${peers[@]}"; do
                [[ $traffic != cached ]] || ! is_peer "$name" || continue
                [[ $traffic != fresh ]] || blocks "$name" || continue
                try "$name" "$traffic" "$i"
            done
        done
    done
    for_all world_stop
    for_all_peers world_stop
    progress
}
