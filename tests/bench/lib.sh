# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Instructions of a resolver of the world, counted by callgrind: for the benches that source this
# after tests/live/lib.sh. What is counted is cut into stretches by marks, so that one start serves
# for all of them, and nothing of the start is in the figures.
#
#   bench_callgrind NAME    world_command becomes the same under callgrind: for a world_NAME_command
#   bench_mark NAME         ends a stretch: a folder, bench_stretch, with a file for each worker. What
#                           Unbound says of itself then is bench_stats
#   bench_stat COUNTER      out of those
#   bench_others NAME       those of all threads that are no workers in their whole life, once it has
#                           ended
#   bench_cost STRETCH FUNCTION...   those of functions with what they call, of all workers
#   bench_packets STRETCH   those that all packets took, questions and what was asked for them: each read
#                           once, handled, answered
#   bench_functions STRETCH [inclusive]   a line for each of each worker: instructions, FILE:FUNCTION

bench_stretch='' bench_stats=''
declare -A bench_marks=()

# The servers run as who started this: callgrind writes its files as that user.
bench_begin() {
    command -v valgrind >/dev/null || { echo "no valgrind here: scripts/setup --bench-peers"; exit 77; }
    world_user=
    live_create
}

# The mark is what each worker does for one command of unbound-control: callgrind writes down
# the thread alone that calls it.
bench_callgrind() {
    world_command=(valgrind --tool=callgrind --separate-threads=yes --dump-before=server_stats_compile
        "--callgrind-out-file=$world_dir/figures/$1" "${world_command[@]}")
    bench_marks[$1]=0
}

bench_mark() {
    local -a files
    bench_stats=$("$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/$1.conf" stats_noreset) ||
        bail "$1 does not answer unbound-control"
    bench_marks[$1]=$((bench_marks[$1] + 1))
    bench_stretch=$world_dir/figures/stretch-$1-${bench_marks[$1]}
    mapfile -t files < <(find "$world_dir/figures" -maxdepth 1 -name "$1.[0-9]*-*" -size +0)
    ((${#files[@]} >= world_threads)) || bail "callgrind has written ${#files[@]} of $world_threads workers of $1"
    mkdir "$bench_stretch"
    mv "${files[@]}" "$bench_stretch"
}

bench_stat() { sed -n "s/^$1=//p" <<<"$bench_stats"; }

# A worker is a thread that has ended a stretch.
bench_others() {
    local file
    for file in "$world_dir/figures/$1-"*; do
        compgen -G "$world_dir/figures/stretch-$1-*/*-${file##*-}" >/dev/null || cat "$file"
    done | awk '/^totals:/ { sum += $2 } END { print sum + 0 }'
}

bench_functions() {
    local file inclusive=no
    [[ ${2:-} != inclusive ]] || inclusive=yes
    for file in "$1"/*; do
        # A function can stand there once more, as what a library's own call of it goes through.
        callgrind_annotate --threshold=100 --auto=no --inclusive=$inclusive "$file" |
            sed -nE 's/^ *([0-9,]+) \([ 0-9.]+%\)  ([^ ]+:[^ ]+).*/\1 \2/p' | tr -d , |
            awk -v inclusive=$inclusive '
                inclusive == "no" { print; next }
                { name = $2; sub(/.*:/, "", name) }
                $1 > cost[name] { cost[name] = $1; line[name] = $0 }
                END { for (name in line) print line[name] }'
    done
}

bench_cost() {
    bench_functions "$1" inclusive | awk -v wanted="${*:2}" '
        BEGIN { for (n = split(wanted, list, " "); n > 0; n--) is_wanted[list[n]] }
        { name = $2; sub(/.*:/, "", name); if (name in is_wanted) sum += $1 }
        END { printf "%.0f\n", sum }'
}

# By what the function calls that reads packets. That there is none left it sees by one call more, and
# how often depends on what else the machine does; so does what stands in that function itself.
bench_packets() {
    local file
    for file in "$1"/*; do
        callgrind_annotate --threshold=100 --auto=no --inclusive=yes --tree=calling "$file" |
            sed 's|,||g; s|( *|(|' | awk '
            $3 == "*" { mine = $4 ~ /:comm_point_udp_callback$/ }
            $3 == ">" && mine {
                calls = $5; gsub(/[^0-9]/, "", calls)
                if ($4 ~ /:recvfrom$/) { read += $1; reads += calls }
                else if ($4 !~ /errno_location/) sum += $1
                if ($4 ~ /:(worker_handle_request|outnet_udp_cb)$/) packets += calls
            }
            END { if (reads) sum += read / reads * packets; printf "%.0f\n", sum }'
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}
