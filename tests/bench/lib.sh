# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Instructions of a resolver of the world, counted by callgrind: for the benches that source this
# after tests/live/lib.sh. What is counted is cut into stretches by marks, so that one start serves
# for all of them, and nothing of the start is in the figures.
#
#   bench_callgrind NAME    world_command becomes the same under callgrind: for a world_NAME_command
#   bench_mark NAME         ends a stretch; its file is bench_stretch. Only the worker is in it, the
#                           first thread: num-threads is 1
#   bench_others NAME       those of all other threads in their whole life, once it has ended
#   bench_cost STRETCH FUNCTION...   those of functions with what they call
#   bench_functions STRETCH [inclusive]   a line for each: instructions, FILE:FUNCTION

bench_stretch=''
declare -A bench_marks=()

# The servers run as who started this: callgrind writes its files as that user.
bench_begin() {
    command -v valgrind >/dev/null || { echo "no valgrind here: scripts/setup --bench-peers"; exit 77; }
    world_user=
    live_create
}

# The function of one cheap command of unbound-control is the mark.
bench_callgrind() {
    world_command=(valgrind --tool=callgrind --separate-threads=yes --dump-before=config_get_option
        "--callgrind-out-file=$world_dir/figures/$1" "${world_command[@]}")
    bench_marks[$1]=0
}

bench_mark() {
    "$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/$1.conf" get_option verbosity >/dev/null ||
        bail "$1 does not answer unbound-control"
    bench_marks[$1]=$((bench_marks[$1] + 1))
    bench_stretch=$world_dir/figures/$1.${bench_marks[$1]}-01
    [[ -s $bench_stretch ]] || bail "callgrind has not written $bench_stretch"
}

bench_others() {
    find "$world_dir/figures" -name "$1-*" ! -name '*-01' -exec cat {} + |
        awk '/^totals:/ { sum += $2 } END { print sum + 0 }'
}

bench_functions() {
    local inclusive=no
    [[ ${2:-} != inclusive ]] || inclusive=yes
    callgrind_annotate --threshold=100 --auto=no --inclusive=$inclusive "$1" |
        sed -nE 's/^ *([0-9,]+) \([ 0-9.]+%\)  ([^ ]+:[^ ]+).*/\1 \2/p' | sed 's/,//g'
}

# A function can stand there once more, as what a library's own call of it goes through.
bench_cost() {
    bench_functions "$1" inclusive | awk -v wanted="${*:2}" '
        BEGIN { for (n = split(wanted, list, " "); n > 0; n--) cost[list[n]] = 0 }
        { name = $2; sub(/.*:/, "", name); if (name in cost && $1 > cost[name]) cost[name] = $1 }
        END { for (name in cost) sum += cost[name]; printf "%.0f\n", sum }'
}
