#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What it costs to log a blocked question: user instructions of a real Unbound, counted by
# callgrind, in all, and for making the event and handing it to the writer. Figures, no
# verdict: `make bench-logged`. QUESTIONS: how many are asked (3000).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

questions=${QUESTIONS:-3000}
world_patience=120 # it starts slowly so

# shellcheck disable=SC2317
world_unbound_command() {
    world_command=("$UNBOUND_PREFIX/sbin/unbound" -d -p -c "$world_dir/unbound.conf")
    bench_callgrind unbound
    world_command=(env "TLDGUARD_CONF=$world_dir/tldguard.conf" "${world_command[@]}")
}

asked_so_many() {
    local i
    for ((i = 0; i < $1; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -w 60000 -l <"$world_dir/list" |
        awk '$4 != "NXDOMAIN"' | head -n 3
}

bench_begin
world_start unbound || bail "$world_error"
asked_so_many 100
bench_mark unbound
asked_so_many "$questions"
live_await_events $((questions + 100)) || bail "$(live_events) events of $((questions + 100))"
bench_mark unbound
per() { echo $(($(bench_cost "$bench_stretch" "$1") / questions)); }
printf '%-52s %s\n' "instructions a blocked and logged question, of the worker" "$(per worker_handle_request)" \
    "of them: the record filled, tg_event_fill" "$(per tg_event_fill)" \
    "of them: handed to the writer, tg_record_waiting" "$(per tg_record_waiting)"
# Nearly all of it is the digest, and valgrind's processor has no instructions for that.
world_stop unbound
others=$(bench_others unbound)
printf '%-52s %s\n' "of the writer's thread, a line (by valgrind's processor)" "$((others / (questions + 100)))"
