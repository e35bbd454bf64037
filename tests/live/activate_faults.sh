#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard activate and rollback where things go wrong: what they say is what the host has. Each call
# that changes something fails once, canary questions are lost and answered wrongly, somebody else
# is at work in the folder, clocks are wrong.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=change.sh
source "$(dirname "${BASH_SOURCE[0]}")/change.sh"

bad='{name: partner.mil, type: MX, expect: resolve}'

# shellcheck disable=SC2317
is_in_force() { [[ $(in_force) == "$1" ]]; }
# on_disk: the serial in its place, when that is a pair that fits.
on_disk() { "$TLDGUARD" verify -c "$conf" "$world_dir/policy.cdb" 2>/dev/null | sed 's/.*: serial \([0-9]*\),.*/\1/'; }

# The same policy with a later end: another signature, and nothing else.
test_signed_anew() {
    signed 2 block "$block"
    tool activate -c "$conf" "$dir/new.cdb"
    says "signed" 0 'policy serial 2 is in force'
    "$TLDGUARD" sign -q -s "$dir/key" -e 90d "$dir/new.cdb"
    tool activate -c "$conf" "$dir/new.cdb"
    says "signed anew" 0 'policy serial 2 is in force'
    check "signed anew: the new signature is there" cmp "$dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig"
    leaves "signed anew" 2 block
    tool activate -c "$conf" "$dir/new.cdb"
    says "signed anew: and again" 0 'policy serial 2 is active already'
}

# lies MODE: a liar in front of the resolver.
lies() { live_liar "$1" "$world_unbound_port" || bail "no liar"; }

# One packet that is lost, or one that somebody forges, is no reason to undo a policy, nor to keep one;
# and an answer that never ends ends.
test_canary() {
    local start
    signed 3 monitor '{name: www.example.net, type: A, expect: resolve}' '{name: partner.ml, type: TXT, expect: resolve}'
    lies lose
    tool activate -c "$conf" -r "127.0.0.1@$live_liar_port" "$dir/new.cdb"
    live_liar_end
    says "each first packet is lost" 0 'policy serial 3 is in force' '2 canary questions answered as expected'
    signed 4 block '{name: www.example.net, type: A, expect: resolve}' "$bad"
    lies forge
    tool activate -c "$conf" -r "127.0.0.1@$live_liar_port" "$dir/new.cdb"
    live_liar_end
    says "forged answers" 1 'partner.mil MX: resolve is expected' 'gives NXDOMAIN; serial 3 is active again'
    signed 4 block '{name: www.example.net, type: A, expect: resolve}'
    for mode in drip silent; do
        lies "$mode"
        start=$SECONDS
        tool activate -c "$conf" -r "127.0.0.1@$live_liar_port" "$dir/new.cdb"
        live_liar_end
        says "answers that do not come, $mode" 1 'gives no answer; serial 3 is active again'
        check "answers that do not come, $mode: it takes $((SECONDS - start)) seconds" test $((SECONDS - start)) -lt 20
    done
    leaves "answers that do not come" 3 monitor
}

# A policy whose canary fails, and with it each call that changes something, once, and from then on: what
# is told is what there is (FAULTS=all: at each of them, not at each third). To go on, all that is wrong must be mended by the next one.
test_faults() {
    local call nth when told active truth wrong=0 rounds=0 step=1 odd=0
    local -A seen=()
    can_trace || { ok "faults # SKIP no strace, or no right to trace"; return; }
    [[ ${FAULTS:-} == all ]] || step=3
    for call in fsync rename unlink fchmod; do
        odd=$((1 - odd))
        for when in '' +; do
            for ((nth = 1 + (${#when} ^ odd); nth <= 12; nth += step)); do
                signed $((100 + rounds)) block "$block" "$bad"
                out=$(strace -o /dev/null -e trace="$call" -e inject="$call:error=EIO:when=$nth$when" \
                    "$TLDGUARD" activate -c "$conf" -w 1 --json "$dir/new.cdb" 2>/dev/null) || true
                rounds=$((rounds + 1))
                told=$(jq -r .result <<<"$out") active=$(in_force)
                seen[$told]=$((${seen[$told]:-0} + 1))
                case $told in
                restored | broken | refused) truth=$active ;;
                # Which one is in force is not told, but that it is not known.
                unproven) truth=$(jq 'if .not_back then 3 else 0 end' <<<"$out") ;;
                *) truth=none ;;
                esac
                [[ $truth == 3 ]] || { wrong=$((wrong + 1)); echo "# $call $nth$when: told $out, and $active is in force"; }
                "$TLDGUARD" rollback -c "$conf" 3 >/dev/null 2>&1 || "$TLDGUARD" activate -c "$conf" -a "$dir/third.cdb" >/dev/null 2>&1 || true
                [[ $(in_force) == 3 && $(on_disk) == 3 ]] || { wrong=$((wrong + 1)); echo "# $call $nth$when: it cannot be gone back, $(in_force) is in force, $(on_disk) on the disk"; }
            done
        done
    done
    is "faults: what is told is what there is, and can be gone back from" "$wrong" 0
    check "faults: of each kind" test "${seen[restored]:-0}" -gt 3 -a "${seen[broken]:-0}" -gt 3 -a "${seen[unproven]:-0}" -gt 0
    echo "# $rounds faults: $(for told in "${!seen[@]}"; do printf '%s %s, ' "$told" "${seen[$told]}"; done)"
    leaves "faults" 3 monitor
}

# shellcheck disable=SC2317
is_placed() { [[ $(on_disk) != 3 ]]; }

# Whoever wants it to end learns what came of it all the same.
test_signals() {
    local signal pid
    for signal in TERM INT HUP QUIT; do
        signed $((1000 + SECONDS * 10 + ${#signal})) block "$block"
        kill -STOP "$(world_pid unbound)"
        (trap - INT QUIT; exec "$TLDGUARD" activate -c "$conf" "$dir/new.cdb") >"$dir/said" 2>&1 &
        pid=$!
        live_until is_placed || bail "it is not placed"
        kill "-$signal" "$pid" 2>/dev/null || true
        kill -CONT "$(world_pid unbound)"
        code=0
        wait "$pid" || code=$?
        is "SIG$signal: the exit code" "$code" 0
        holds "SIG$signal: and the word" "$(<"$dir/said")" 'is in force after'
        "$TLDGUARD" rollback -c "$conf" 3 >/dev/null 2>&1 || true
    done
    leaves "signals" 3 monitor
}

# Others who are at work in the folder, or have been.
test_others() {
    local before
    signed 2000 block "$block"
    tool activate -c "$conf" --offline "$dir/new.cdb"
    says "for the next start, while a module runs" 3 'nothing was changed, as a module runs that would take it at once: leave --offline out'
    # By hand, in three steps: a run in between that is refused changes none of it.
    cp "$dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig.next"
    tool activate -c "$conf" "$dir/old.cdb"
    says "a change by hand, and one that is refused" 1 'is not higher than serial 3'
    check "a change by hand, and one that is refused: its first step is there" cmp "$dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig.next"
    cp "$dir/new.cdb" "$dir/moved" && mv "$dir/moved" "$world_dir/policy.cdb"
    mv "$world_dir/policy.cdb.minisig.next" "$world_dir/policy.cdb.minisig"
    check "a change by hand: the module takes it" live_until is_in_force 2000
    # One that is not in the history, and cannot be gone back from to what nobody kept.
    signed 2001 monitor "$bad"
    tool activate -c "$conf" "$dir/new.cdb"
    says "behind it" 1 'serial 2000 is active again'
    # Something else in its place: what the module has is what it is gone back to.
    before=$(ls "$world_dir/history")
    echo >"$world_dir/policy.cdb"
    tool activate -c "$conf" "$dir/new.cdb"
    says "nothing good in its place" 1 'serial 2000 is active again'
    leaves "nothing good in its place" 2000 block
    is "nothing good in its place: the history" "$(ls "$world_dir/history")" "$before"
    mv "$world_dir/history" "$dir/elsewhere"
    ln -s "$dir/elsewhere" "$world_dir/history"
    touch "$dir/elsewhere/.5-0123abcd.cdb.0123456789abcdef.tmp"
    tool activate -c "$conf" "$dir/new.cdb"
    says "a link for the history" 3 'cannot keep the former policy: ' 
    is "a link for the history: nothing is changed" "$(in_force) $(on_disk)" '2000 2000'
    check "a link for the history: what looks like ours is left where it leads" rm "$dir/elsewhere/.5-0123abcd.cdb.0123456789abcdef.tmp"
    rm "$world_dir/history" && mv "$dir/elsewhere" "$world_dir/history"
    rm "$world_dir/policy.cdb.lock" && mkfifo "$world_dir/policy.cdb.lock"
    tool activate -c "$conf" "$dir/new.cdb"
    says "a FIFO for the lock" 3 'cannot lock the policy: '
    rm "$world_dir/policy.cdb.lock"
    tool activate -c "$conf" "$dir/new.cdb"
    is "the lock is for nobody else" "$(stat -c %a "$world_dir/policy.cdb.lock")" 640
    is "the lock tells of nobody when it is free" "$(<"$world_dir/policy.cdb.lock")" ''
}

# A clock that was wrong; a name that is.
test_history() {
    local serial
    for serial in 3001 3002 3003; do
        signed "$serial" monitor
        tool activate -c "$conf" "$dir/new.cdb"
    done
    touch -d '2030-01-01' "$world_dir"/history/{3,2000,3001}-*
    signed 3004 block
    tool activate -c "$conf" -k 2 "$dir/new.cdb"
    is "a clock that was wrong: the last ones are kept" "$(find "$world_dir/history" -name '*.cdb' -printf '%f\n' | sort | cut -d- -f1 | paste -sd ' ')" '3002 3003'
    mv "$world_dir"/history/3002-*.cdb "$world_dir/history/77-00000000.cdb"
    mv "$world_dir"/history/3002-*.cdb.minisig "$world_dir/history/77-00000000.cdb.minisig"
    tool rollback -c "$conf" 77
    says "another name" 1 'is policy serial 3002 of digest ' ', and not what its name says'
    leaves "another name" 3004 block
    touch "$world_dir/history/.5-0123abcd.cdb.0123456789abcdef.tmp" "$world_dir/.policy.cdb.0123456789abcdef.tmp" \
        "$world_dir/history/.other" "$world_dir/.policy.cdb.0123456789abcdee.tmp"
    touch -d yesterday "$world_dir/.policy.cdb.0123456789abcdef.tmp"
    signed 3005 block
    tool activate -c "$conf" "$dir/new.cdb"
    is "what a killed one has left is removed, what may be somebody's is not" \
        "$(find "$world_dir" -maxdepth 2 -name '.*' ! -path '*/log/*' -printf '%f\n' | sort | paste -sd ' ')" \
        '.other .policy.cdb.0123456789abcdee.tmp'
    rm "$world_dir/.policy.cdb.0123456789abcdee.tmp"
}

# The module is what counts, not what lies on the disk.
test_not_in_force() {
    world_stop unbound
    tool activate -c "$conf" "$dir/new.cdb"
    says "active, but nothing runs" 3 'no module would take it: the module stopped'
    tool activate -c "$conf" --offline "$dir/new.cdb"
    says "for the next start, as it is" 0 'policy serial 3005 is active already'
}

# Where nobody signs: a signature that is there goes with its policy, also over a kill.
test_keyless() {
    local call
    can_trace || { ok "keyless # SKIP no strace, or no right to trace"; return; }
    sed '/^trusted-keys/,$d' "$conf" >"$dir/keyless.conf"
    signed 3006 monitor
    for call in "rename:signal=KILL:when=5" "rename:signal=KILL:when=4"; do
        { strace -o /dev/null -e trace=rename -e inject="$call" "$TLDGUARD" activate -o -c "$dir/keyless.conf" "$dir/new.cdb" >/dev/null 2>&1 || true; } 2>/dev/null
    done
    tool activate -o -c "$dir/keyless.conf" "$dir/new.cdb"
    is "keyless: behind a kill" "$code" 0
    is "keyless: the signature is its own" "$(on_disk) $(cmp "$dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig" && echo same)" '3006 same'
    signed 3007 monitor
    rm "$world_dir/policy.cdb.minisig" && mkdir "$world_dir/policy.cdb.minisig"
    tool activate -o -c "$dir/keyless.conf" "$dir/new.cdb"
    says "a folder for the signature" 3 'error: '
    rmdir "$world_dir/policy.cdb.minisig"
    tool activate -o -c "$dir/keyless.conf" -x "$dir/none" "$dir/new.cdb"
    says "a signature that is not there" 3 "$dir/none: error: signature cannot be read: No such file"
}

can_trace() { [[ -z ${TG_SANITIZED:-} ]] && strace -o /dev/null true 2>/dev/null; }

change_begin
compile "$dir/old.cdb" 1 monitor
"$TLDGUARD" sign -q -s "$dir/key" "$dir/old.cdb"
test_signed_anew
test_canary
cp "$world_dir/policy.cdb" "$dir/third.cdb"
cp "$world_dir/policy.cdb.minisig" "$dir/third.cdb.minisig"
test_faults
test_signals
test_others
test_history
test_not_in_force
test_keyless
live_end
