#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The disk of the block log is full, and then it stands still: answers keep coming as fast as
# before, and written + lost = asked, to the event. In a mount namespace of its own.
set -euo pipefail
if [[ ${TG_OWN_MOUNTS:-} != yes ]]; then
    unshare --mount true 2>/dev/null || { echo "1..0 # SKIP no right to make a mount namespace"; exit 77; }
    TG_OWN_MOUNTS=yes exec unshare --mount "$0"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH=$PATH:/sbin:/usr/sbin
many=20000   # questions: more than what waits in memory ...
queue=16384  # ... which is this many events (module/guard.c)
asked=0      # since the start of the resolver
healthy=0    # answers a second while nothing is wrong
frozen=no

freeze() {
    local test=$BASHPID i
    fsfreeze --freeze "$world_dir/log"
    frozen=yes
    # A file system that is left frozen would outlive the test.
    { for ((i = 0; i < 600; i++)); do kill -0 "$test" 2>/dev/null || break; sleep 0.1; done
        fsfreeze --unfreeze "$world_dir/log" 2>/dev/null; } >/dev/null 2>&1 &
    guard=$!
}
thaw() {
    [[ $frozen == yes ]] || return 0
    kill "$guard" 2>/dev/null || true
    fsfreeze --unfreeze "$world_dir/log"
    frozen=no
}

# shellcheck disable=SC2317
clean_up() {
    [[ -n $world_dir ]] || return 0
    thaw || true
    world_stop unbound
    ! mountpoint -q "$world_dir/log" || umount "$world_dir/log"
    world_end
}

# flood NAME COUNT: questions of blocked names; sets rate, answers a second.
flood() {
    local i begin
    for ((i = 0; i < $2; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml MX"; done >"$world_dir/list"
    begin=$EPOCHREALTIME
    timeout 60 "$live_client" -p "$world_unbound_port" -j 8 -l <"$world_dir/list" >"$world_dir/flood" || true
    rate=$(awk -v n="$2" -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", n / (b - a) }')
    asked=$((asked + $2))
    cat "$world_dir/flood" >>"$world_dir/answers"
    is "$1: each question is answered" "$(awk '{ print $4 }' "$world_dir/flood" | sort | uniq -c | xargs)" "$2 NXDOMAIN"
}

# as_fast NAME: an answer that waited for the disk would take for ever. Other tests may run
# beside this one, so there is no more to it than the order of magnitude.
as_fast() {
    check "$1: as fast as before: $rate a second, $healthy before" test "$((rate * 3))" -ge "$healthy"
}

begin_anew() {
    asked=0
    rm -f "$live_log" "$world_dir/answers"
    world_start unbound || bail "$world_error"
}

# A question behind all others, when there is room in the queue: its line tells the losses.
mark() {
    ask -b 127.0.0.99 army.ml MX
    asked=$((asked + 1))
    echo "127.0.0.99 $(field source | cut -d' ' -f2)" >>"$world_dir/answers"
    check "$1: the last event is written" live_await_line '"ip":"127.0.0.99"'
}

# account NAME: sets written and lost from the log.
account() {
    is "$1: each line is whole" "$(jq -R 'fromjson? | type' "$live_log" | sort | uniq -c | xargs)" "$(live_events) object"
    read -r written lost < <(jq -r '[.event.action, .tldguard.lost // 0] | @tsv' "$live_log" |
        awk '{ written += $1 != "events-lost"; lost += $2 } END { print written + 0, lost + 0 }')
    is "$1: no event that nobody asked for, and none twice" "$(comm -13 <(cut -d' ' -f1,2 "$world_dir/answers" | sort) \
        <(jq -r 'select(.event.action != "events-lost") | .source.ip + " " + (.source.port | tostring)' "$live_log" | sort) |
        head -n 10)" ''
}

# all_accounted NAME
all_accounted() {
    account "$1"
    check "$1: some were lost" test "$lost" -gt 0
    is "$1: $written written and $lost lost are those that were asked" $((written + lost)) "$asked"
    # Whoever only has the numbers finds the gaps by them.
    is "$1: the number of the last event" "$(tail -n 1 "$live_log" | jq .event.sequence)" "$asked"
}

fill() { fallocate -l "$(($(df --output=avail -k "$world_dir/log" | tail -n 1) - $1))K" "$world_dir/log/filler"; }

test_full() {
    local before
    mount -t tmpfs -o size=96m,mode=0777 tldguard "$world_dir/log" || { ok "a full disk # SKIP no right to mount"; return; }
    begin_anew
    flood "room enough" $((many / 2))
    healthy=$rate
    check "room enough: the events are written" live_await_events "$asked"
    fill 2048
    flood "full" "$many"
    as_fast "full"
    check "full: the resolver's log says so" grep -q 'cannot write: No space left on device' "$world_dir/unbound.log"
    before=$(live_events)
    rm "$world_dir/log/filler"
    check "room again: what waited is written" live_await_events $((before + queue))
    mark "room again"
    all_accounted "room again"
    is "room again: the resolver's log has the same number" \
        "$(sed -n 's/.*written again; \([0-9]*\) events were lost meanwhile$/\1/p' "$world_dir/unbound.log")" "$lost"
    fill 0
    flood "full at the stop" 2000
    world_stop unbound
    account "full at the stop"
    is "full at the stop: written and lost are those that were asked" \
        "$((written + $(sed -n 's/.*stopped while it could not be written; \([0-9]*\) events were lost.*/\1/p' "$world_dir/unbound.log")))" "$asked"
    umount "$world_dir/log"
}

# A disk that does not come back from a write: a frozen file system, as behind a dead network.
test_stalled() {
    local before
    truncate -s 128M "$world_dir/disk"
    if ! mkfs.ext4 -q -m 0 "$world_dir/disk" || ! mount -o loop "$world_dir/disk" "$world_dir/log" 2>/dev/null; then
        ok "a disk that stands still # SKIP no loop device, or no ext4"
        return
    fi
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/log"
    begin_anew
    flood "before" 2000
    check "before: the events are written" live_await_events "$asked"
    before=$(live_events)
    freeze
    flood "stalled" "$many"
    is "stalled: nothing was written" "$(live_events)" "$before"
    as_fast "stalled"
    thaw
    check "moving again: what waited is written" live_await_events $((before + queue))
    mark "moving again"
    all_accounted "moving again"
    # The writer is in the kernel, and the end of the resolver waits for it (module/writer.h).
    freeze
    flood "stalled at the stop" 2000
    world_stop unbound &
    check "stalled at the stop: the resolver comes to its end" live_until grep -q 'service stopped' "$world_dir/unbound.log"
    thaw
    wait $! || true
    account "stalled at the stop"
    is "stalled at the stop: nothing more is lost" $((written + lost)) "$asked"
}

live_create
trap clean_up EXIT
test_full
test_stalled
live_end
