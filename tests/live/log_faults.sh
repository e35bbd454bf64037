#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What becomes of the log's folder and file while the resolver writes there, and of the events: each
# is written, or counted as lost. Where somebody else lays a link, nothing is written through it.
set -euo pipefail
if [[ ${TG_OWN_MOUNTS:-} != yes ]] && unshare --mount true 2>/dev/null; then
    TG_OWN_MOUNTS=yes exec unshare --mount "$0"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"
PATH=$PATH:/sbin:/usr/sbin

own() { [[ -z $world_user ]] || chown "$world_user" "$@"; }
# shellcheck disable=SC2317
said() { (($(grep -cF "$1" "$world_dir/unbound.log") >= ${2:-1})); }
pause() { kill -STOP "$fault_process"; }
go_on() { kill -CONT "$fault_process"; }
# A file that goes from its place keeps its lines under another name: they count.
# shellcheck disable=SC2317
keep() { fault_logs+=("$world_dir/kept.$fault_round"); ln "$live_log" "$world_dir/kept.$fault_round"; }

# fault NAME WORDS COMMAND...: while there are questions the command breaks it, the resolver's log
# says so, and mend makes it whole again.
fault() {
    local name=$1 words=$2
    shift 2
    before=$(grep -cF "$words" "$world_dir/unbound.log" || true)
    begin_questions
    live_until fault_seen || true
    "$@"
    check "$name: the resolver's log says so: $words" live_until said "$words" $((before + 1))
    before=$(wc -l <"$world_dir/asked")
    live_until goes_on || true
    mend
    check "$name: and that it is over" live_until said 'written again'
    end_questions "$name"
    over "$name"
}
# shellcheck disable=SC2317
fault_seen() { (($(fault_count) >= 20)); }
# shellcheck disable=SC2317
goes_on() { (($(wc -l <"$world_dir/asked") >= before + 200)); }

# shellcheck disable=SC2317
remove_folder() { keep; rm -rf "$world_dir/log"; }
# shellcheck disable=SC2317
move_folder() { mv "$world_dir/log" "$world_dir/elsewhere"; fault_logs+=("$world_dir/elsewhere"); }
# shellcheck disable=SC2317
mend() {
    if mountpoint -q "$world_dir/log"; then umount -l "$world_dir/log"; fi
    mkdir -p "$world_dir/log"
    own "$world_dir/log"
    chmod 0755 "$world_dir/log"
    if [[ -L $live_log || -p $live_log ]]; then rm "$live_log"; fi
}
# The open file is written to all the same; one that was rotated has to be made anew.
# shellcheck disable=SC2317
forbid_folder() {
    keep
    chmod 0555 "$world_dir/log"
    [[ -z $world_user ]] || chown root "$world_dir/log"
    rm "$live_log"
}
# shellcheck disable=SC2317
make_read_only() {
    pause
    keep
    rm "$live_log"
    mount --bind "$world_dir/log" "$world_dir/log"
    mount -o remount,ro,bind "$world_dir/log"
    go_on
}
# shellcheck disable=SC2317
lay_fifo() { pause; keep; rm "$live_log"; mkfifo -m 0666 "$live_log"; go_on; }
# shellcheck disable=SC2317
lay_link() { pause; keep; rm "$live_log"; ln -s "$world_dir/precious" "$live_log"; go_on; }

# cut NAME OCTETS: the file loses its end, or all, while it is open; a copy has what was there.
cut() {
    begin_questions
    live_until fault_seen || true
    pause
    cp "$live_log" "$world_dir/copy"
    truncate -s "$2" "$live_log"
    # The lines that are gone.
    tail -c +$(($(stat -c %s "$live_log") + 1)) "$world_dir/copy" >"$world_dir/gone.$fault_round"
    go_on
    before=$(wc -l <"$world_dir/asked")
    live_until goes_on || true
}

test_truncated() {
    local torn blocked
    cut "truncated" 0
    fault_logs+=("$world_dir/gone.$fault_round")
    end_questions "truncated"
    over "truncated"
    is "truncated: it begins with a whole line" "$(head -n 1 "$live_log" | jq -R 'fromjson? | type')" '"object"'
    # The half line stays as it is, on a line of its own: nobody else's event goes with it.
    cut "cut in a line" -20
    torn=$(sed '/$/q' "$world_dir/gone.$fault_round")
    live_torn=$((live_torn + 1))
    kill "$fault_asking"
    wait "$fault_asking" || true
    check "cut in a line: the event whose line was cut was whole" test -n "$torn"
    blocked=$(awk '$4 ~ /^[qw][0-9]+\./ && $3 == "NXDOMAIN"' "$world_dir/asked" | wc -l)
    live_until fault_accounted "$blocked" || true
    is "cut in a line: only that one is broken" "$(jq -rR 'fromjson? // "broken" | strings' "$live_log" | grep -c broken)" 1
    is "cut in a line: all others are there" \
        "$(jq -rR 'fromjson? | select(.dns) | .dns.question.name' "$live_log" | grep -cF ".r$fault_round.army.ml")" "$((blocked - 1))"
    over "cut in a line"
}

# The disk is full in the middle of a line, and somebody makes room by emptying the log.
test_full_truncated() {
    if [[ ${TG_OWN_MOUNTS-} != yes ]] || ! mount -t tmpfs -o size=256k,mode=0777 tldguard "$world_dir/log" 2>/dev/null; then
        ok "full, then truncated # SKIP no right to mount"
        return
    fi
    begin_questions
    check "full, then truncated: the resolver's log says that it is full" live_until said 'No space left on device'
    pause
    cp "$live_log" "$world_dir/copy"
    : >"$live_log"
    # Its last line is half: whoever has emptied it has that of the file, and the event comes again.
    sed '$d' "$world_dir/copy" >"$world_dir/gone.$fault_round"
    check "full, then truncated: in the middle of a line" test -n "$(tail -c 1 "$world_dir/copy" | tr -d '\n')"
    fault_logs=("$world_dir/gone.$fault_round")
    go_on
    before=$(wc -l <"$world_dir/asked")
    live_until goes_on || true
    end_questions "full, then truncated"
    is "full, then truncated: each line is whole" "$(jq -R 'fromjson? | type' "$live_log" | sort | uniq -c | xargs)" "$(wc -l <"$live_log") object"
    over "full, then truncated"
    umount -l "$world_dir/log"
    fault_logs=()
    live_until test -s "$live_log" || true
    over "on the disk again"
}

# Killed behind it, the next start finds out how the log goes on.
test_truncated_killed() {
    cut "truncated, then killed" 0
    kill "$fault_asking"
    wait "$fault_asking" || true
    kill -KILL "$fault_process"
    rm -f "$world_dir/run/unbound.pid"
    live_torn=0 # that was cut off, too
    fault_logs+=("$world_dir/gone.$fault_round")
    fault_begin
    account "truncated, then killed"
    is "truncated, then killed: no number is there twice" "$(fault_records | jq -rR 'fromjson? | .event.id' | sort | uniq -d | head -n 3)" ''
    over "truncated, then killed"
}

test_folder() {
    fault "folder removed" 'the folder does not exist' remove_folder
    fault "folder moved" 'the folder does not exist' move_folder
    if [[ -n $world_user ]]; then
        fault "folder read-only" 'Permission denied' forbid_folder
    else
        ok "folder read-only # SKIP not root: the folder's owner cannot be another"
    fi
    if [[ ${TG_OWN_MOUNTS-} == yes ]]; then
        fault "file system read-only" 'Read-only file system' make_read_only
    else
        ok "file system read-only # SKIP no right to make a mount namespace"
    fi
}

test_replaced() {
    fault "a FIFO for the log" 'it is not a regular file' lay_fifo
    echo precious >"$world_dir/precious"
    own "$world_dir/precious"
    fault "a link for the log" 'it is a symbolic link' lay_link
    is "a link for the log: what it leads to is as it was" "$(<"$world_dir/precious")" precious
}

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
fault_begin
test_folder
test_replaced
test_truncated
test_full_truncated
test_truncated_killed
live_end
