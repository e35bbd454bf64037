#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard activate and rollback on a resolver that runs: a policy is in force when they say so, the
# former one is back when its canary fails, and what may not be changes nothing. Killed at each of
# its system calls, activate leaves the old policy or the new one.
# In a mount namespace of its own, for a disk that is full.
set -euo pipefail
if [[ ${TG_OWN_MOUNTS:-} != yes ]] && unshare --mount true 2>/dev/null; then
    TG_OWN_MOUNTS=yes exec unshare --mount "$0"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=change.sh
source "$(dirname "${BASH_SOURCE[0]}")/change.sh"

history_is() {
    tool history -c "$conf" --json
    is "$1: history" "$(jq -c '[.active.serial, [.history[].serial]]' <<<"$out")" "$2"
}

test_good() {
    signed 2 block "$block" '{name: partner.ml, type: TXT, expect: block}'
    umask 077
    tool activate -c "$conf" "$dir/new.cdb"
    umask 022
    says "a new one" 0 'policy serial 2 is in force after ' ' ms; it was serial 1; 2 canary questions answered as expected'
    leaves "a new one" 2 block
    history_is "a new one" '[2,[1]]'
    is "a new one: all may read it, whatever the umask is" \
        "$(cd "$world_dir" && stat -c %a policy.cdb policy.cdb.minisig history history/* | paste -sd ' ')" '644 644 755 644 644'
    tool activate -c "$conf" "$dir/new.cdb"
    says "once more" 0 'policy serial 2 is active already'
    signed 3 monitor '{name: www.example.net, type: A, expect: resolve}'
    tool activate -c "$conf" --json "$dir/new.cdb"
    is "as JSON" "$code $(jq -c '[.result, .serial, .former, .reason, (.milliseconds < 10000), .canary]' <<<"$out") $err" \
        '0 ["active",3,2,null,true,[{"name":"www.example.net","type":"A","expect":"resolve","got":"resolve","ok":true}]] '
    is "the digest" "$(jq -r .image <<<"$out")" "$(tail -c 32 "$world_dir/policy.cdb" | od -An -v -tx1 | tr -d ' \n')"
    is "is the one that status has" "$("$TLDGUARD" status -c "$conf" | sed -n 's/^policy.image=//p')" "$(jq -r .image <<<"$out")"
    leaves "as JSON" 3 monitor
}

# Each is answered otherwise than expected; what it says of it.
test_canary() {
    local canary part
    while IFS='|' read -r canary part; do
        signed 4 block "$block" "$canary"
        tool activate -c "$conf" "$dir/new.cdb"
        says "canary $canary" 1 "$world_dir/policy.cdb: error: policy serial 4: canary question $part; serial 3 is active again"
        leaves "canary $canary" 3 monitor
    done <<END
{name: partner.mil, type: MX, expect: resolve}|partner.mil MX: resolve is expected, but 127.0.0.1@$world_unbound_port gives NXDOMAIN
{name: www.example.net, type: LOC, expect: resolve}|www.example.net LOC: resolve is expected, but 127.0.0.1@$world_unbound_port gives no record of that type
END
    signed 4 block "$block" '{name: partner.mil, type: MX, expect: resolve}' '{name: partner.mil, type: A, expect: resolve}'
    tool activate -c "$conf" --json "$dir/new.cdb"
    is "canary: as JSON" "$code $(jq -c '[.result, .serial, .former, [.canary[] | [.name, .got, .ok]]]' <<<"$out")" \
        '1 ["restored",4,3,[["army.ml","block",true],["partner.mil","NXDOMAIN",false],["partner.mil","NXDOMAIN",false]]]'
    holds "canary: how many fail" "$err" '; others fail as well; serial 3 is active again'
    signed 4 block "$block"
    tool activate -c "$conf" -r "127.0.0.1@$((world_unbound_port + 3))" "$dir/new.cdb"
    says "canary: nobody answers" 1 "gives no answer; serial 3 is active again"
    leaves "canary: nobody answers" 3 monitor
    history_is "canary" '[3,[3,2,1]]'
}

test_rollback() {
    tool rollback -c "$conf"
    says "back" 0 'policy serial 2 is in force after' 'it was serial 3' '2 canary questions'
    leaves "back" 2 block
    tool rollback -c "$conf"
    says "back again" 0 'policy serial 1 is in force after' 'it was serial 2'
    tool rollback -c "$conf"
    says "back where there is nothing" 1 "$world_dir/history/: error: there is no policy to go back to"
    leaves "back where there is nothing" 1 monitor
    tool rollback -c "$conf" 3
    says "to a higher one" 0 'policy serial 3 is in force after' 'it was serial 1'
    tool rollback -c "$conf" 3
    says "to the same" 1 "there is no other policy of serial 3; see 'tldguard history'"
    tool rollback -c "$conf" 77
    says "to one that never was" 1 'there is no other policy of serial 77'
    tool rollback -c "$conf" x
    says "to no serial" 2 "'x' is no serial"
    echo >>"$(find "$world_dir/history" -name '2-*.cdb')"
    tool rollback -c "$conf" 2
    says "to a damaged one" 1 'signature does not fit the image'
    tool history -c "$conf"
    is "the history with a damaged one" "$code $(wc -l <<<"$out") $(wc -l <<<"$err")" '1 4 1'
    find "$world_dir/history" -name '2-*' -delete
    signed 6 block "$block"
    tool activate -c "$conf" -k 2 "$dir/new.cdb"
    says "few are kept" 0 'policy serial 6'
    is "few are kept: as many" "$(find "$world_dir/history" -name '*.cdb*' | wc -l)" 4
}

# An expired one may be gone back to, as it was in force once: nothing else may let it in.
test_expired() {
    signed 7 monitor
    "$TLDGUARD" sign -q -s "$dir/key" -e 3s "$dir/new.cdb"
    tool activate -c "$conf" "$dir/new.cdb"
    says "one that expires" 0 'policy serial 7'
    signed 8 block "$block"
    tool activate -c "$conf" "$dir/new.cdb"
    says "one behind it" 0 'policy serial 8'
    check "it expires" live_until has_expired
    cp "$world_dir"/history/7-*.cdb "$dir/old.cdb"
    cp "$world_dir"/history/7-*.cdb.minisig "$dir/old.cdb.minisig"
    tool activate -c "$conf" "$dir/old.cdb"
    says "activate does not take it" 1 'policy serial 7 expired at'
    tool rollback -c "$conf" 7
    says "rollback does" 0 'policy serial 7 is in force'
    leaves "rollback does" 7 monitor
    tool rollback -c "$conf" 8
    says "and forth" 0 'policy serial 8 is in force'
}
# shellcheck disable=SC2317
has_expired() { ! "$TLDGUARD" verify -q -c "$conf" "$(find "$world_dir/history" -name '7-*.cdb')" 2>/dev/null; }

# What may not be, and what cannot: one line, and nothing is changed. See trust.sh for two hundred
# forged ones.
test_bad() {
    local before log
    signed 9 monitor
    before=$(placed)
    compile "$dir/old.cdb" 8 monitor
    "$TLDGUARD" sign -q -s "$dir/key" "$dir/old.cdb"
    tool activate -c "$conf" "$dir/old.cdb"
    says "the same serial" 1 "$dir/old.cdb: error: policy serial 8 is not higher than serial 8"
    tool activate -c "$conf" "$dir/none.cdb"
    says "no image" 3 "$dir/none.cdb: error: cannot open: No such file"
    cp "$dir/policy.yaml" "$dir/text.cdb"
    "$(command -v minisign)" -S -s "$dir/key" -m "$dir/text.cdb" >/dev/null 2>&1
    tool activate -c "$conf" "$dir/text.cdb"
    says "text" 3 "this is a text file, not a compiled image"
    tool activate -c "$dir/none.conf" "$dir/new.cdb"
    says "no settings" 3 "$dir/none.conf: error: "
    tool activate -c "$conf" -r localhost "$dir/new.cdb"
    says "no resolver" 2 "'localhost' is neither an address nor ADDRESS@PORT"
    tool activate -c "$conf" -w 1h "$dir/new.cdb"
    says "no number" 2 "--wait is a number of 1 to 3600, not '1h'"
    tool activate -c "$conf" -x "$dir/none.minisig" "$dir/new.cdb"
    says "no signature" 1 "$dir/none.minisig: error: signature is missing"
    sed 's|^stats:.*|stats: /nonexistent/stats|' "$conf" >"$dir/no.conf"
    tool activate -c "$dir/no.conf" "$dir/new.cdb"
    says "no figures" 3 'nothing was changed, as no module would take it: /nonexistent/stats'
    is "all that: nothing is changed" "$(placed)" "$before"
    is "all that: still in force" "$(mode_now)" block
    log=$(grep -c 'it is not taken' "$world_dir/unbound.log" || true)
    is "all that: the module saw nothing of it" "$log" 0
}

# Two at a time: the second one ends at once, and tells whose the first one is.
test_lock() {
    local before
    before=$(placed)
    printf 'process 4711 of user 0, since 2026-11-29T00:00:00Z\n' >"$world_dir/policy.cdb.lock"
    exec 8<"$world_dir/policy.cdb.lock"
    flock -n 8 || bail "cannot lock"
    tool activate -c "$conf" "$dir/new.cdb"
    says "two at a time" 3 "$world_dir/policy.cdb.lock: error: another change of the policy is under way: process 4711 of user 0, since 2026-11-29T00:00:00Z; try again"
    exec 8<&-
    is "two at a time: nothing is changed" "$(placed)" "$before"
}

# Whatever it cannot write, what is there stays. 'room' is what the disk has for it.
test_full() {
    local room before
    [[ ${TG_OWN_MOUNTS:-} == yes ]] || { ok "a full disk # SKIP no mount namespace"; return; }
    mkdir "$world_dir/small"
    mount -t tmpfs -o size=64k,mode=0755 tldguard "$world_dir/small" || { ok "a full disk # SKIP no right to mount"; return; }
    sed "s|^policy:.*|policy: $world_dir/small/policy.cdb|; s|^stats:.*|stats: /nonexistent/stats|" "$conf" >"$dir/small.conf"
    for room in 0 1 2 3 4; do
        rm -rf "${world_dir:?}"/small/*
        cp "$world_dir"/policy.cdb "$world_dir"/policy.cdb.minisig "$world_dir/small/"
        dd if=/dev/zero of="$world_dir/small/other" bs=4096 status=none 2>/dev/null || true
        truncate -s -$((room * 4096)) "$world_dir/small/other"
        before=$(cd "$world_dir/small" && sha256sum policy.cdb*g policy.cdb)
        tool activate --offline -c "$dir/small.conf" "$dir/new.cdb"
        says "room for $room pages" 3 "$world_dir/small/" 'No space left on device'
        is "room for $room pages: nothing is changed" "$(cd "$world_dir/small" && sha256sum policy.cdb*g policy.cdb)" "$before"
    done
    rm "$world_dir/small/other"
    tool activate --offline -c "$dir/small.conf" "$dir/new.cdb"
    says "room again" 0 'policy serial 9 is in its place for the next start; it was serial 8'
    umount "$world_dir/small"
}

# The module does not take it: here as it does not believe the key that activate is told to believe.
test_not_taken() {
    local before
    before=$(placed)
    sed '/^trusted-keys/,$d' "$conf" >"$dir/naive.conf"
    compile "$dir/plain.cdb" 9 monitor
    tool activate -c "$dir/naive.conf" "$dir/plain.cdb"
    says "the module does not take it" 1 'policy serial 9: the module does not take it: ' 'signature ' 'serial 8 is active again'
    is "the module does not take it: the former one is back" "$(placed)" "$before"
    leaves "the module does not take it" 8 block
    check "the module does not take it: all is well" live_until is_well
}
# shellcheck disable=SC2317
is_well() { "$TLDGUARD" status -c "$conf" >/dev/null 2>&1; }

# A module that nobody hears of for a while, and one that is gone.
test_gone() {
    local before pid
    before=$(placed)
    pid=$(world_pid unbound)
    kill -STOP "$pid"
    tool activate -c "$conf" -w 1 "$dir/new.cdb"
    kill -CONT "$pid"
    says "a resolver that stands still" 1 'policy serial 9: the module has not taken it within 1 seconds' \
        "serial 8 was to be put back, but the module has not taken it within 1 seconds" "see 'tldguard status'"
    is "a resolver that stands still: the former one is back" "$(placed)" "$before"
    check "a resolver that stands still: it goes on" live_until is_mode block
    world_stop unbound
    tool activate -c "$conf" "$dir/new.cdb"
    says "no resolver" 3 'nothing was changed, as no module would take it: the module stopped at '
    is "no resolver: nothing is changed" "$(placed)" "$before"
    tool activate -c "$conf" --offline "$dir/new.cdb"
    says "for the next start" 0 'policy serial 9 is in its place for the next start; it was serial 8'
    check "for the next start: starts" world_start unbound
    sed -i "s/^resolver:.*/resolver: 127.0.0.1@$world_unbound_port/" "$conf"
    leaves "for the next start" 9 monitor
}
# shellcheck disable=SC2317
is_mode() { [[ $(mode_now) == "$1" ]]; }

# A sanitizer looks for leaks by tracing, which only one can do.
can_trace() { [[ -z ${TG_SANITIZED:-} ]] && strace -o /dev/null true 2>/dev/null; }

# calls: the system calls of an activation, each as the nth of its name.
calls() {
    strace -o "$dir/trace" "$TLDGUARD" activate -c "$conf" "$@" "$dir/new.cdb" >/dev/null 2>&1 || bail "activate fails under strace"
    sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$dir/trace" | awk '$1 != "execve" { print $1, ++n[$1] }'
}

# The one that is active, serial 9, and the one that is to be, serial 10; nothing runs.
before_kills() {
    cp "$world_dir/policy.cdb" "$dir/before.cdb"
    cp "$world_dir/policy.cdb.minisig" "$dir/before.cdb.minisig"
    signed 10 block "$block"
    world_stop unbound
}

# Puts the one of before there, by hand: a killed one left whatever it was.
reset_to() {
    rm -f "$world_dir"/policy.cdb*
    rm -rf "$world_dir/history"
    cp "$dir/before.cdb" "$world_dir/policy.cdb"
    cp "$dir/before.cdb.minisig" "$world_dir/policy.cdb.minisig"
}

# either NAME: old or new, with a signature that fits, as the module would see it; then on with it.
# Counts in old and new.
either() {
    local told
    told=$("$TLDGUARD" verify -c "$conf" "$world_dir/policy.cdb" 2>&1) || { not_ok "$1" "$told"; return 1; }
    case $told in
    *": serial $was,"*) old=$((old + 1)) ;;
    *": serial $will,"*) new=$((new + 1)) ;;
    *) not_ok "$1" "$told" ;;
    esac
    "$TLDGUARD" activate -c "$conf" "${@:2}" "$dir/new.cdb" >"$dir/said" 2>&1 || { not_ok "$1: the next one" "$(<"$dir/said")"; return 1; }
    [[ $(sha256sum <"$world_dir/policy.cdb") == $(sha256sum <"$dir/new.cdb") && ! -e $world_dir/policy.cdb.minisig.next ]] ||
        { not_ok "$1: the next one is whole" "$(ls "$world_dir")"; return 1; }
}

# killed_at CALL NTH [ARG...]: false when it has not come so far.
killed_at() {
    # The shell tells of it on its own stderr.
    if { strace -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
        "$TLDGUARD" activate -c "$conf" "${@:3}" "$dir/new.cdb" >/dev/null; } 2>/dev/null; then
        return 1
    fi
}

# Whatever is there afterwards is what a start, or the module that runs, finds.
test_killed() {
    local call nth old=0 new=0 kills=0 bad=0 was=9 will=10
    can_trace || { ok "killed # SKIP no strace, or no right to trace"; return; }
    reset_to
    mapfile -t each < <(calls --offline)
    for call in "${each[@]}"; do
        read -r call nth <<<"$call"
        reset_to
        killed_at "$call" "$nth" --offline || { bad=$((bad + 1)); continue; }
        kills=$((kills + 1))
        either "killed at $call $nth" --offline || bad=$((bad + 1))
    done
    is "killed at each of ${#each[@]} system calls: old or new, and the next one goes on" "$bad" 0
    check "killed: at each" test "$kills" -gt 100 -a "$kills" -eq "${#each[@]}"
    check "killed: some before, some behind" test "$old" -gt 0 -a "$new" -gt 0
    echo "# killed at $kills system calls: the old one is active $old times, the new one $new"
}

# What must be on the disk before the next step is.
test_synced() {
    local trace=$dir/trace
    can_trace || { ok "synced # SKIP no strace, or no right to trace"; return; }
    reset_to
    strace -y -o "$trace" -e trace=fsync,rename,unlink,write \
        "$TLDGUARD" activate -c "$conf" --offline "$dir/new.cdb" >/dev/null 2>&1 || bail "activate fails under strace"
    is "synced: before it is renamed, the folder afterwards" "$(awk -v dir="$world_dir" '
        /^fsync/ { match($0, /<[^>]*>/); f = substr($0, RSTART + 1, RLENGTH - 2); synced[f] = 1; if (f == dir || f == dir "/history") due = "" }
        /^rename/ { split($0, p, "\""); if (due != "") print "no sync between", due, "and", p[4]
            if (p[2] ~ /\.tmp$/ && !(p[2] in synced)) print "not synced:", p[2]; due = p[4]; n++ }
        END { if (due != "") print "no sync after", due; print n, "renames" }' "$trace")" '5 renames'
}

# And with a module that runs: between the first step and the last, each call that changes something.
test_killed_live() {
    local call nth old=0 new=0 kills=0 bad=0 was=9 will=10
    can_trace || { ok "killed live # SKIP no strace, or no right to trace"; return; }
    reset_to
    check "killed live: starts" world_start unbound
    sed -i "s/^resolver:.*/resolver: 127.0.0.1@$world_unbound_port/" "$conf"
    mapfile -t each < <(calls | grep -E '^(rename|unlink|fsync|write|pwrite64|mkdir|flock|sendto|recvfrom) ')
    for call in "${each[@]}"; do
        read -r call nth <<<"$call"
        "$TLDGUARD" rollback -c "$conf" 9 >/dev/null 2>&1 || true
        is_mode monitor || { not_ok "killed live: back" "$call"; return; }
        killed_at "$call" "$nth" || continue
        kills=$((kills + 1))
        # The old one is in force, or the new one: never none.
        [[ $(in_force) =~ ^(9|10)$ ]] || bad=$((bad + 1))
        either "killed live at $call $nth" || bad=$((bad + 1))
        is_mode block || bad=$((bad + 1))
    done
    is "killed live: the module has one of them, and takes the next one" "$bad" 0
    check "killed live: as often as there are steps" test "$kills" -ge 20
    echo "# killed $kills times with a module that runs: the old one was there $old times, the new one $new"
    is "killed live: nothing was refused" "$(grep -c 'it is not taken' "$world_dir/unbound.log" || true)" 0
}

change_begin
test_good
test_canary
test_rollback
test_expired
test_bad
test_lock
test_full
test_not_taken
test_gone
before_kills
test_synced
test_killed
test_killed_live
live_end
