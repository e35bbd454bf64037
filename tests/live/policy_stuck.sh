#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The place of the policy does not answer: a network file system whose server is gone, a failing disk.
# What looks there waits for ever, and nothing else does: questions are answered and logged, the figures
# go on, a stop ends; a reload does, too, though it finds no policy, and goes on as on-error says. When
# it answers again all is as before. The module waits a twentieth of the time that it means to wait.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

fault_needs_preload
patience=4 # seconds that a reload or a stop may take meanwhile
begun=0    # EPOCHREALTIME
serial=0

# shellcheck disable=SC2317
within() { awk -v n="$1" -v a="$2" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < n) }'; }
# shellcheck disable=SC2317
started() { (($(grep -c 'start of service' "$world_dir/unbound.log") >= $1)); }
# shellcheck disable=SC2317
said() { (($(grep -cF "$1" "$world_dir/unbound.log") >= ${2:-1})); }
# shellcheck disable=SC2317
held() { (($(grep -c "^0 $1\$" "$fault_dir/fired") >= $2)); }
# shellcheck disable=SC2317
figures_of() { "$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>/dev/null | sed -n 's/^total.num.questions=//p'; }
# shellcheck disable=SC2317
is_counted() { local got; got=$(figures_of); [[ $got ]] && ((got >= $1)); }
# shellcheck disable=SC2317
is_over() { [[ $(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null) =~ ^Z?$ ]]; }

# another: the good policy with the next serial lies there.
another() {
    serial=$((serial + 1))
    sed "s/^serial:.*/serial: $serial/" "$live_policy" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/new.cdb" || bail "the policy does not compile"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
}

# stand_still CALL [COMMAND]: the thread that looks for a policy is in there, as soon as that is done.
stand_still() {
    : >"$fault_dir/fired"
    fault_set hold "$1"
    "${@:2}"
    check "$1: it stands still" live_until held "$1" 1
}

# What a thread of ours has to say is said, and what it writes, written.
test_meanwhile() {
    local name="$1: meanwhile" before
    before=$(figures_of)
    ask "meanwhile.$1.army.ml" MX
    is "$name: it blocks" "$(field rcode)" NXDOMAIN
    check "$name: it logs" live_await_line "meanwhile.$1.army.ml"
    check "$name: the figures go on" live_until is_counted $((${before:-0} + 1))
    # A link, which nothing is written to, at once: what there is goes on to be the log's.
    ln "$live_log" "$world_dir/log/$1.jsonl"
    fault_logs+=("$world_dir/log/$1.jsonl")
    ln -s nowhere "$world_dir/log/link"
    mv -fT "$world_dir/log/link" "$live_log"
    ask "link.$1.army.ml" MX
    check "$name: a log that cannot be written: it is said" live_until said 'block.jsonl: cannot write: '
    rm "$live_log"
    check "$name: a log that can be written again: it is said" live_until said 'block.jsonl: written again'
    check "$name: it logs again" live_await_line "link.$1.army.ml"
}

# reload NAME: it is under way.
reload() {
    begun=$EPOCHREALTIME
    is "$1: reload" "$(world_control reload)" ok
    check "$1: reload: who is left behind" live_until \
        said 'policy.cdb: is still being read, or does not answer; the thread that reads it is left behind'
    check "$1: reload: it says what is missing" live_until \
        said 'policy.cdb: error: does not answer, or cannot be read within 30 seconds'
}

# test_reload CALL: what is left behind ends when it can, and touches nothing.
test_reload() {
    local before
    another
    world_settings pass
    fault_begin
    before=$(holdings)
    begin_questions
    stand_still "$1" another
    test_meanwhile "$1"
    end_questions "$1"
    reload "$1"
    check "$1: reload: it has started" live_until started 2
    check "$1: reload: within $patience seconds" within "$patience" "$begun"
    check "$1: reload: it says what that means" said 'NOT PROTECTING: every question passes until there is a good policy'
    ask -w 10000 army.mil MX
    is "$1: reload: it resolves" "$(field rcode)" NOERROR
    fault_set hold none
    check "$1, over: the policy that lay there is in force" live_until said "policy serial $serial, "
    is "$1, over: once" "$(grep -cF "policy serial $serial, " "$world_dir/unbound.log")" 1
    check "$1, over: no thread and no file is left" live_until holds_no_more "$before"
    another
    check "$1, over: the next policy is taken" live_until said "policy serial $serial, "
    over "$1"
}

test_stop() {
    stand_still stat
    begun=$EPOCHREALTIME
    kill "$fault_process"
    check "stop: it ends" live_until is_over "$fault_process"
    check "stop: within $patience seconds" within "$patience" "$begun"
    check "stop: in order" said 'service stopped'
    fault_set hold none
}

# With on-error: refuse it does not run unprotected, and does not wait for ever either.
test_refuse() {
    world_settings refuse
    fault_begin
    stand_still stat
    reload refuse
    check "refuse: reload: it ends" live_until is_over "$fault_process"
    check "refuse: reload: within $patience seconds" within "$patience" "$begun"
    check "refuse: reload: it says so" said 'refusing to start unprotected'
    fault_set hold none
}

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
fault_preload FAULT_HURRY=20
test_reload stat
test_reload open
test_stop
test_refuse
live_end
