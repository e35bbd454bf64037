#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What it costs to log a blocked question: user instructions of a real Unbound, counted by
# callgrind, in all, and for making the event and handing it to the writer. Figures, no
# verdict: `make bench-logged`. QUESTIONS: how many are asked (3000).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"

questions=${QUESTIONS:-3000}
command -v valgrind >/dev/null || { echo "no valgrind here"; exit 77; }
world_patience=120 # it starts slowly so

# counted NAME: asks so many questions, and leaves what was counted in the file of this name.
counted() {
    local i
    cat >"$world_dir/unbound-counted" <<PROGRAM
#!/bin/sh
exec valgrind --tool=callgrind --callgrind-out-file='$world_dir/figures/$1' '$UNBOUND_PREFIX/sbin/unbound' "\$@"
PROGRAM
    chmod +x "$world_dir/unbound-counted"
    world_unbound_program=$world_dir/unbound-counted
    world_start unbound || bail "$world_error"
    for ((i = 0; i < $2; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -w 60000 -l <"$world_dir/list" |
        awk '$4 != "NXDOMAIN"' | head -n 3
    world_stop unbound
}

# cost FILE FUNCTION: its instructions with those of what it calls.
cost() {
    callgrind_annotate --threshold=100 --inclusive=yes "$world_dir/figures/$1" | tr -d , |
        awk -v f=":$2" 'index($0, f " ") || $0 ~ f "$" { print $1; found = 1; exit } END { if (!found) print 0 }'
}

world_user= # callgrind writes its file as who it was started by
live_create
counted none 1
counted all $((questions + 1))
per() { echo $((($(cost all "$1") - $(cost none "$1")) / questions)); }
printf '%-52s %s\n' "instructions a blocked and logged question, of the worker" "$(per worker_handle_request)" \
    "of them: the record filled, tg_event_fill" "$(per tg_event_fill)" \
    "of them: handed to the writer, tg_record_waiting" "$(per tg_record_waiting)"
printf '%-52s %s\n' "of the writer's thread, a line" "$(per tg_writer_run)"
