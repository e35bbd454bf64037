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

# functions KIND < LINES OF bench_functions: instructions a question, FILE:FUNCTION; a line that begins
# with a minus is taken off. What called everything else is under way at a mark, and seems to have done
# it all: it is left out.
functions() {
    awk -v questions="${count[$1]}" -v all="$(value instructions module "$1")" '
        $2 ~ /:(clone3?|start_thread|thread_start|main|\(below|__libc_start_main.*|run_daemon|daemon_fork)$/ { next }
        $2 ~ /:(worker_work|comm_base_dispatch|.*event_base_(dispatch|loop))$/ { next }
        $2 ~ /:0x/ && $1 > all * questions / 4 { next }
        { cost[$2] += $1 }
        END { for (name in cost) printf "%.2f %s\n", cost[name] / questions, name }'
}

# parts KIND: the same by file, of the module's last stretch; ours by folder, and the C library as one.
parts() {
    local figure file
    bench_functions "$bench_stretch" | functions "$1" | awk '
        {
            file = $2; sub(/:[^:]*$/, "", file); sub(/^\.\//, "", file)
            if (file ~ /(^|\/)\.\.\/(module|policy)\//) { sub(/.*\.\.\//, "", file); sub(/\/.*/, "", file); file = "tldguard, " file "/" }
            else if (file !~ /^(daemon|services|util|sldns|validator|iterator|respip|dns64|edns-subnet)\//) file = "libraries"
            cost[file] += $1
        }
        END { for (file in cost) printf "%.0f %s\n", cost[file], file }' |
        while read -r figure file; do row part module "$1" "$figure" "$file"; done
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
        [[ -n $where || $1 != module ]] || parts "$kind"
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
