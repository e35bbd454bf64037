# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# What the resolver of scripts/soak holds, measured in the same state each time: nobody asks, all is
# loaded anew, caches are filled with the same. After soak_events.sh.
#
#   soak_sample            adds a line AT RSS PRIVATE THREADS FILES, kilobytes, to the samples. PRIVATE is
#                          what was written to: other pages of files are private as long as no other
#                          process has them, which is no matter of ours
#   soak_growth COLUMN     from the first to the last sample, in percent

soak_fill_names=6000 # more than the caches hold
soak_warm_rounds=18
soak_reads=5

soak_read_memory() {
    local pid
    pid=$(world_pid unbound)
    awk '/^Rss:/ { rss = $2 } /^Private_Dirty:/ { private = $2 } END { printf "%d %d ", rss, private }' \
        "/proc/$pid/smaps_rollup"
    holdings | sed 's/[a-z,]//g'
}

soak_fill() {
    # A resolver that is gone answers none of them, each after its time.
    echo 'fill%.example.com A' | timeout 120 "$TG_BUILD/tests/support/load" -p "$world_unbound_port" -b 127.0.0.201 -j 8 \
        -n "$soak_fill_names" >/dev/null || true
}

# malloc() has found its places after some rounds: until then it takes more with each, for whoever
# gives all back, and begins anew, as Unbound does. The peaks of what is to come are reached as well.
soak_warm_memory() {
    local i
    for ((i = 0; i < soak_warm_rounds; i++)); do
        soak_goes_on || return 0
        soak_put ''
        soak_restart reload
        soak_fill
        if ((i == 4)); then soak_outside_held; fi
        if ((i == 8)); then soak_flood 4000; fi
    done
}

# The least of some: a file that is read at that moment, or a policy that is being looked at, is no growth.
soak_measure() {
    local i
    soak_restart reload
    soak_fill
    for ((i = 0; i < soak_reads; i++)); do
        soak_rest 150
        soak_read_memory
    done | awk -v at="$((($(soak_now) - soak_begun) / 1000000))" '
        { for (i = 1; i <= 4; i++) if (NR == 1 || $i < least[i]) least[i] = $i }
        END { print at, least[1], least[2], least[3], least[4] }' >>"$soak_work/samples"
}

soak_sample() {
    kill -USR1 "$soak_asker"
    soak_rest 300
    soak_locked put soak_measure
    kill -USR2 "$soak_asker"
}

# The first sample that counts: where there are some, the second, as no warm-up is like the faults.
soak_warm() { awk '{ sample[NR] = $0 } END { if (NR > 3) print sample[2]; else print sample[1] }' "$soak_work/samples"; }

soak_growth() { awk -v column="$1" '{ value[NR] = $column }
    END { printf "%.2f", (value[1] > 0 ? (value[2] - value[1]) * 100 / value[1] : 0) }' <(soak_warm) <(tail -n 1 "$soak_work/samples"); }

# soak_of SAMPLE COLUMN: first or last.
soak_of() {
    if [[ $1 == first ]]; then soak_warm; else tail -n 1 "$soak_work/samples"; fi | cut -d ' ' -f "$2"
}
