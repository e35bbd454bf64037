#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The disk of the block log is full, and then it stands still: answers keep coming as fast as
# before, also over a reload, and written + lost = asked, to the event. In a mount namespace of
# its own.
#
# Environment: FULL_SECONDS, how long the disk stays full at least (0).
set -euo pipefail
if [[ ${TG_OWN_MOUNTS:-} != yes ]]; then
    unshare --mount true 2>/dev/null || { echo "1..0 # SKIP no right to make a mount namespace"; exit 77; }
    TG_OWN_MOUNTS=yes exec unshare --mount "$0"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH=$PATH:/sbin:/usr/sbin
many=20000   # questions: more than what waits in memory ...
full_seconds=${FULL_SECONDS:-0} # how long the disk stays full at least
queue=16384  # ... which is this many events (module/guard.c)
asked=0      # since the start of the resolver
healthy=0    # answers a second while nothing is wrong
frozen=no
patience=8   # seconds that a reload, a stop or a start may take while the disk stands still

freeze() {
    local test=$BASHPID i
    fsfreeze --freeze "$world_dir/log"
    frozen=yes
    # A file system that is left frozen would outlive the test.
    { for ((i = 0; i < 1500; i++)); do kill -0 "$test" 2>/dev/null || break; sleep 0.1; done
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
    check "$1: as fast as before: $rate a second, $healthy before" test "$((rate * 10))" -ge "$healthy"
}

begin_anew() {
    asked=0
    rm -f "$live_log" "$world_dir/log/.block.jsonl.state" "$world_dir/answers"
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
    local before held begin
    mount -t tmpfs -o size=96m,mode=0777 tldguard "$world_dir/log" || { ok "a full disk # SKIP no right to mount"; return; }
    begin_anew
    flood "room enough" $((many / 2))
    healthy=$rate
    check "room enough: the events are written" live_await_events "$asked"
    fill 2048
    begin=$SECONDS
    flood "full" "$many"
    as_fast "full"
    while ((SECONDS - begin < full_seconds)); do flood "still full" "$many"; done
    check "full: the resolver's log says so" grep -q 'cannot write: No space left on device' "$world_dir/unbound.log"
    before=$(live_events)
    rm "$world_dir/log/filler"
    # A batch of which some lines are written is still in the queue: 512 KiB at most.
    check "room again: what waited is written" live_await_events $((before + queue - 600))
    mark "room again"
    all_accounted "room again"
    is "room again: the resolver's log has the same number" \
        "$(sed -n 's/.*written again; \([0-9]*\) events were lost meanwhile$/\1/p' "$world_dir/unbound.log")" "$lost"
    fill 0
    flood "full at the stop" 2000
    world_stop unbound
    account "full at the stop"
    held=$(sed -n 's/.*written; \([0-9]*\) events wait in memory for the next start;.*/\1/p' "$world_dir/unbound.log")
    is "full at the stop: $written written and $held in memory, and lost before, are those that were asked" \
        "$((written + held + lost))" "$asked"
    rm "$world_dir/log/filler"
    world_start unbound || bail "$world_error"
    check "full at the stop: the next start takes them over" \
        grep -q ": $held events that the former start had not written are taken over" "$world_dir/unbound.log"
    check "full at the stop: and writes them" live_await_events $((written + held))
    all_accounted "full at the stop, then started"
    world_stop unbound
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
    check "moving again: what waited is written" live_await_events $((before + queue - 60))
    mark "moving again"
    all_accounted "moving again"
    test_full_queue
    test_reload_stalled
    test_stop_stalled
    umount "$world_dir/log"
}

said() { sed -n "s/.*block\.jsonl: $1\$/\1/p" "$world_dir/unbound.log" | tail -n 1; }
# shellcheck disable=SC2317
says() { grep -q "block\.jsonl: $1" "$world_dir/unbound.log"; }
# shellcheck disable=SC2317
started() { (($(grep -c 'start of service' "$world_dir/unbound.log") >= $1)); }
# shellcheck disable=SC2317
maps_one_library() { (($(grep -c 'r-xp.*/tldguard\.so' "/proc/$(world_pid unbound)/maps") == 1)); }

threads() { find "/proc/$(world_pid unbound)/task" -mindepth 1 -maxdepth 1 | wc -l; }
# shellcheck disable=SC2317
has_threads() { [[ $(threads) == "$1" ]]; }

# shellcheck disable=SC2317
# within SECONDS BEGIN: it is not later than so many seconds after EPOCHREALTIME was BEGIN.
within() { awk -v n="$1" -v a="$2" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < n) }'; }

# by_boots NAME EVENTS...: what has each start of the module written, in the order in which they began.
by_boots() {
    is "$1: the events of each start" "$(jq -r '.event.id | split("-")[-2]' "$live_log" | sort | uniq -c | awk '{ print $1 }' | xargs)" \
        "${*:2}"
    is "$1: nothing is found wrong" "$("$TLDGUARD" log verify --json "$live_log" | jq -c '[.[] | select(.kind != "log")]')" "[]"
}

# A disk that works, and as much in memory as goes in there: a reload and a stop write it all.
test_full_queue() {
    begin_anew
    freeze
    flood "a full queue, then a reload" "$queue"
    thaw
    is "a full queue, then a reload" "$(world_control reload)" ok
    check "a full queue: reloaded" live_until started 2
    is "a full queue: it is in the log when the new start begins" "$(live_events)" "$asked"
    freeze
    flood "a full queue, then a stop" "$queue"
    thaw
    world_stop unbound
    account "a full queue, twice"
    is "a full queue, twice: nothing is lost" "$written $lost" "$asked 0"
    check "a full queue, twice: and nothing was left behind" says_nothing
}
# shellcheck disable=SC2317
says_nothing() { ! says ''; }

# The writer is in the kernel, and a reload must not wait for it (module/writer.h): the
# resolver answers nobody meanwhile.
test_reload_stalled() {
    local begin threads
    begin_anew
    threads=$(threads)
    flood "before the reload" 500
    check "before the reload: the events are written" live_await_events "$asked"
    freeze
    flood "stalled before the reload" 2000
    begin=$EPOCHREALTIME
    is "reload while the disk stands still" "$(world_control reload)" ok
    check "reload while the disk stands still: it has started" live_until started 2
    ask army.mil A
    is "reload while the disk stands still: it answers" "$(field rcode)" NOERROR
    check "reload while the disk stands still: within $patience seconds" within "$patience" "$begin"
    is "reload while the disk stands still: the events that are left behind" \
        "$(said 'does not answer; \([0-9]*\) events are left behind, .*; 0 were lost since the start')" 2000
    flood "stalled after the reload" 3000
    is "a second reload" "$(world_control reload)" ok
    check "a second reload: it has started" live_until started 3
    is "a second reload: the events that are left behind" \
        "$(said 'does not answer; \([0-9]*\) events are left behind, .*; 0 were lost since the start')" 3000
    flood "stalled after the second" 1000
    thaw
    check "moving after the reloads: all is written" live_await_events "$asked"
    check "moving after the reloads: it says so of the first" live_until says 'answers again; the 2000 events left behind are written'
    check "moving after the reloads: and of the second" live_until says 'answers again; the 3000 events left behind are written'
    account "moving after the reloads"
    is "moving after the reloads: nothing is lost" "$written $lost" "$asked 0"
    by_boots "moving after the reloads" 2500 3000 1000
    # The library had to stay; there is still one of it, and it goes on working.
    check "moving after the reloads: one library" maps_one_library
    check "moving after the reloads: no thread is left" live_until has_threads "$threads"
    flood "and a reload as ever" 500
    begin=$EPOCHREALTIME
    is "and a reload as ever" "$(world_control reload)" ok
    check "and a reload as ever: it has started" live_until started 4
    flood "after it" 500
    check "after it: all is written" live_await_events "$asked"
    world_stop unbound
    account "after it"
    is "after it: nothing is lost" "$written $lost" "$asked 0"
}

# shellcheck disable=SC2317
is_over() { [[ $(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null) =~ ^Z?$ ]]; }

# shellcheck disable=SC2317
is_free() { ! awk '{ print $2 }' /proc/net/udp | grep -q "$(printf ':%04X$' "$1")"; }

# The thread that the kernel holds is all that is left of the process, and another can start.
# The log has just been rotated, so that it is held where it makes a new one.
test_stop_stalled() {
    local begin pid held
    # A leak sanitizer would stop all threads at the end, and wait for the one in the kernel.
    local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    begin_anew
    flood "before the stop" 500
    check "before the stop: the events are written" live_await_events "$asked"
    mv "$live_log" "$live_log.1"
    freeze
    flood "stalled at the stop" 2000
    pid=$(world_pid unbound)
    begin=$EPOCHREALTIME
    kill "$pid"
    check "stalled at the stop: the resolver ends" live_until is_over "$pid"
    check "stalled at the stop: within $patience seconds" within "$patience" "$begin"
    check "stalled at the stop: in order" grep -q 'service stopped' "$world_dir/unbound.log"
    check "stalled at the stop: its port is free" is_free "$world_unbound_port"
    held=$(said 'does not answer; \([0-9]*\) events are left behind, .*; 0 were lost since the start')
    is "stalled at the stop: the events that are left behind" "$held" 2000
    begin=$EPOCHREALTIME
    check "started while the disk stands still" world_start unbound
    check "started while the disk stands still: within $patience seconds" within "$patience" "$begin"
    check "started while the disk stands still: it says so" says 'is still being written, by the former start or by another process, which needs a log of its own; the start goes on'
    flood "started while the disk stands still" 1000
    thaw
    wait "$pid" || true
    check "moving after the stop: all is written" live_await_events 1000
    check "moving after the stop: it says so" live_until says 'written again; 0 events were lost meanwhile'
    world_stop unbound
    cat "$live_log.1" >>"$live_log"
    account "moving after the stop"
    is "moving after the stop: $written written and $held left behind are those that were asked" $((written + held)) "$asked"
    world_start unbound || bail "$world_error"
    check "moving after the stop: the next start writes what was left behind" live_await_events "$asked"
    world_stop unbound
    account "after the next start"
    is "after the next start: nothing is lost" "$written $lost" "$asked 0"
}

live_create
trap clean_up EXIT
test_full
test_stalled
live_end
