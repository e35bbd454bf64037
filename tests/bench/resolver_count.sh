# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The instructions of tests/bench/resolver.sh.

# stretch NAME LIST [AS]: instructions a question, with those to read and send the packets. Without
# the event loop: how often that goes round for a question depends on what else the machine does.
stretch() {
    local misses
    misses=$(bench_stat total.num.cachemiss)
    asked "$1" "$2"
    bench_mark "$1"
    misses=$(($(bench_stat total.num.cachemiss) - misses))
    if [[ $2 == cached && $misses != 0 || $2 == resolved && $misses != "${count[$2]}" ]]; then
        throw "instructions of ${title[$1]}, $2" "$misses of ${count[$2]} questions were not in the cache"
        failed=1
        return
    fi
    row instructions "$1" "${3:-$2}" $(($(bench_packets "$bench_stretch") / count[$2]))
}

# begin_count NAME THREADS: warm, and the first stretch begins.
begin_count() {
    progress "instructions: ${title[$1]}"
    rm -rf "$world_dir/figures/stretch-$1-"* "$world_dir/figures/$1"[.-]*
    before=(callgrind)
    world_threads=$2
    start "$1"
    asked "$1" warm
    bench_mark "$1"
}
end_count() {
    world_stop "$1"
    before=()
}

# count_one NAME: the stretches that are wanted. The module's other threads are counted in their
# whole life, a line of the log.
count_one() {
    local lines kind asked
    begin_count "$1" 2
    lines=$(grep -c 'army\.ml' "$work/warm")
    for kind in cached resolved blocked fresh; do
        [[ -z $where || $where == "$kind" ]] || continue
        # Without a rule there is nothing that such a name has in common with another one.
        [[ $kind != fresh ]] || blocks "$1" || continue
        stretch "$1" "$kind"
        asked=${count[$kind]}
        [[ $kind != blocked && $kind != fresh ]] || lines=$((lines + asked))
    done
    if [[ -n ${logged[$1]:-} ]]; then
        live_until all_logged "$1" "$lines" || bail "$1: $(in_log "$1") lines in the log, $lines wanted"
    fi
    end_count "$1"
    [[ -n $where || $1 != module ]] || row others "$1" blocked $(($(bench_others "$1") / lines))
}

# count_single NAME: the C library has shorter ways through each system call for a process of one
# thread. An Unbound of more has none of them, and one of one thread loses them by ours.
count_single() {
    begin_count "$1" 1
    stretch "$1" cached single
    end_count "$1"
}
