#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Many clients, each of which asks once, from an address of its own; and Unbound with one thread up to
# eight, with a reload in the middle: each answer is right, each event is there once, with its client.
#
# CLIENTS: how many (10000; 100000 in the long form). THREADS: numbers of threads (1 4 8, or all up to 8).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

clients=${CLIENTS:-$(long 100000 10000)}
threads=${THREADS:-$(long '1 2 3 4 5 6 7 8' '1 4 8')}

# Every hundredth is of a group that is let through.
test_clients() {
    local memory
    sed '$a clients: [{group: lab, subnets: [127.77.0.0/16], mode: "off"}]' "$live_policy" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    world_threads=2
    fault_begin
    ask -b 127.77.0.1 army.ml A
    awk -v n="$clients" 'BEGIN { for (i = 0; i < n; i++)
        if (i % 100 == 7) printf "127.77.%d.%d udp army.ml A\n", i / 250 % 250, i % 250 + 1
        else printf "127.%d.%d.%d udp army.ml A\n", 1 + i / 62500, i / 250 % 250, i % 250 + 1 }' >"$world_dir/list"
    memory=$(awk '/^VmRSS/ { print $2 }' "/proc/$fault_process/status")
    timeout 300 "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 20000 -j 4 -l <"$world_dir/list" >"$world_dir/answers" || true
    is "$clients clients: each is answered as its group is" \
        "$(awk '{ print ($1 ~ /^127\.77\./ ? "lab" : "other"), $4 }' "$world_dir/answers" | sort | uniq -c | xargs)" \
        "$((clients / 100)) lab NOERROR $((clients - clients / 100)) other NXDOMAIN"
    check "$clients clients: the events are written" live_await_events $((clients - clients / 100))
    is "$clients clients: one event for each, with its address" \
        "$(jq -r '.source.ip + " " + (.source.port | tostring)' "$live_log" | sort | cksum)" \
        "$(awk '$1 !~ /^127\.77\./ { print $1, $2 }' "$world_dir/answers" | sort | cksum)"
    is "$clients clients: nothing is lost" "$(jq -r '.tldguard.lost // empty' "$live_log")" ''
    memory=$(($(awk '/^VmRSS/ { print $2 }' "/proc/$fault_process/status") - memory))
    # The resolver keeps nothing of a client: the ring, of which each page is used once, is no more.
    # With a sanitizer it is mostly the sanitizer's.
    [[ -n ${TG_SANITIZED:-} ]] ||
        check "$clients clients: memory grows by no more than 40 MB" test "$memory" -lt 40000
    echo "# $clients clients: the resolver grows by $memory KB"
}

# shellcheck disable=SC2317
goes_on() { (($(fault_count) >= 50)); }
# shellcheck disable=SC2317
started() { (($(grep -c 'start of service' "$world_dir/unbound.log") >= $1)); }

# with_threads COUNT
with_threads() {
    world_threads=$1
    rm -f "$live_log"
    fault_begin
    fault_may_drop=yes fault_wait=3000 fault_pause=1000
    begin_questions
    live_until goes_on || true
    is "$1 threads: reload" "$(world_control reload)" ok
    check "$1 threads: started anew" live_until started 2
    check "$1 threads: there are so many" live_until has_threads "$1"
    end_questions "$1 threads"
    is "$1 threads: nothing is lost" "$lost" 0
    over "$1 threads"
}
# Each answers id.server for itself; the statistics tell of each.
# shellcheck disable=SC2317
has_threads() { [[ $(world_control stats_noreset | grep -c '^thread[0-9]*\.num\.queries=') == "$1" ]]; }

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
cp "$world_dir/policy.cdb" "$world_dir/good.cdb"
test_clients
cp "$world_dir/good.cdb" "$world_dir/next" && mv "$world_dir/next" "$world_dir/policy.cdb"
for count in $threads; do with_threads "$count"; done
live_end
