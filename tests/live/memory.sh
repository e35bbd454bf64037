#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each allocation that the module makes, in libc or in Unbound, fails once: of a start, of a change
# of the policy, of a reload, of each kind of question. It starts, or refuses in words; keeps the
# policy, and takes the new one once there is memory; answers right, or that it has failed; never
# dies, never lets pass what is blocked, and logs what it has answered. See tests/support/fault.c.
#
# STEP: of the allocations of a start each so-manieth (6; 1 in the long form).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

step=${STEP:-$(long 1 6)}
which=0
serial=1

# failing N: the Nth allocation from here on. N negative: all behind it as well. 0: memory again.
failing() {
    which=$((which + 1))
    fault_set alloc "$which $1"
}
fired() { sed -n "s/^$which //p" "$fault_dir/fired" | head -n 1; }

# What a start may end as: it protects, or it says why not, in one line, and that it refuses.
start_is_fair() {
    local lines
    if world_start unbound; then
        failing 0
        ask army.ml MX
        [[ $(field rcode) == NXDOMAIN ]] || { echo "allocation $1: it has started, and does not protect"; return; }
        ask www.example.com A
        [[ $(field rcode) == NOERROR ]] || echo "allocation $1: it has started, and does not resolve"
        return
    fi
    lines=$(grep 'error: tldguard: ' "$world_dir/unbound.log" | grep -v 'refusing to start unprotected' || true)
    if ((world_status < 1 || world_status > 125)); then
        echo "allocation $1: ends with status $world_status: $(tail -n 2 "$world_dir/unbound.log")"
    elif [[ $(wc -l <<<"$lines") != 1 || $lines != *'out of memory'* && $lines != *'Cannot allocate memory'* ]]; then
        echo "allocation $1 ($(fired)): says $lines"
    fi
}

# each_start NAME ON_ERROR: a start for each allocation, until none has failed.
each_start() {
    local n=1 bad='' starts=0 refused=0
    world_settings "$2"
    while true; do
        failing "$n"
        bad+=$(start_is_fair "$n")
        starts=$((starts + 1))
        [[ -n $(fired) ]] || break
        world_pid unbound >/dev/null || refused=$((refused + 1))
        n=$((n + step))
    done
    is "$1: each of $starts is fair" "$bad" ''
    check "$1: some were refused, some were not" test "$refused" -gt 0 -a "$refused" -lt "$starts"
    check "$1: there were so many allocations" test "$n" -gt 25
    echo "# $1: $starts starts, $refused refused, $n allocations"
}

test_start() {
    each_start "start" refuse
    # Who prefers to resolve unprotected is not left without a resolver.
    world_settings pass
    failing -1
    if world_start unbound; then
        failing 0
        ask army.ml A
        is "start without any memory, on-error: pass" "$(field rcode)" NOERROR
    else
        failing 0
        holds "start without any memory, on-error: pass: refuses" "$(<"$world_dir/unbound.log")" 'out of memory'
    fi
    world_settings refuse
}

# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }
# shellcheck disable=SC2317
refused() { (($(grep -c 'it is not taken, and policy serial' "$world_dir/unbound.log") >= $1)); }

# place: the next policy, to be found by the module.
place() {
    serial=$((serial + 1))
    mv "$world_dir/next.$serial" "$world_dir/policy.cdb"
}
compile_next() {
    sed "s/^serial:.*/serial: $((serial + 1))/" "$live_policy" >"$world_dir/policy.yaml"
    [[ -z $1 ]] || echo "$1" >>"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/next.$((serial + 1))" || bail "the policy does not compile"
}

# A change of the policy, under questions: in force at last, though the file is not touched again.
test_change() {
    local n=1 missing='' changes=0
    sed "s/^serial:.*/serial: $serial/" "$live_policy" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    fault_begin
    fault_may_fail=yes
    begin_questions
    while true; do
        compile_next ''
        failing "$n"
        place
        live_until in_force "$serial" || missing+="allocation $n ($(fired)); "
        changes=$((changes + 1))
        [[ -n $(fired) ]] || break
        n=$((n + step))
    done
    failing 0
    end_questions "change"
    fault_may_fail=no
    is "change: each of $changes is in force behind the allocation that failed" "$missing" ''
    over "change"
    compile_next 'block: [www.example.net]'
    failing -1
    place
    check "change without any memory: it says so" live_until refused 1
    ask army.ml MX
    check "change without any memory: it is no answer that is wrong" grep -qE 'SERVFAIL|NXDOMAIN' <<<"$(field rcode)"
    failing 0
    check "change without any memory: in force when there is some" live_until in_force "$serial"
    is "change without any memory: told once" "$(grep -c "out of memory; it is not taken" "$world_dir/unbound.log")" 1
    over "change without any memory"
    echo "# change: $changes changes, $n allocations"
}

# A question of each kind: what an answer may be besides a failure, and whether it is logged. Names
# that the outside is to be asked for are new each time (%).
kinds=(
    'army.ml MX NXDOMAIN yes' 'army.ne TXT NOERROR yes' 'army.et MX REFUSED yes' 'army.il A NOERROR yes'
    'army.il AAAA NOERROR yes' 'army.il MX NOERROR yes' 'army.cm MX NOERROR yes' 'slip.army.mil A NXDOMAIN yes'
    'n%.army.om A NXDOMAIN yes' 'twin%.gq MX NOERROR yes' 'army.gq A NXDOMAIN yes'
    'n%.example.com A NXDOMAIN no' 'n%.orange.ml A NXDOMAIN no'
)
# What must never be seen: addresses and mail hosts of the look-alikes.
leaked='203\.0\.113\.|2001:db8:66:|mail\.army\.(ml|ne|et|il|cm)|leaked'

# each_question NAME TYPE RCODE LOGGED: until no allocation fails. Adds to bad, questions, logged.
each_question() {
    local n=1 answer name
    while true; do
        failing "$n"
        name=${1/\%/$which}
        ask -e -w 10000 "$name" "$2"
        answer=$(field rcode)
        questions=$((questions + 1))
        [[ $4 == no ]] || logged=$((logged + 1))
        [[ $answer == "$3" || $answer == SERVFAIL ]] || bad+="$name $2: allocation $n ($(fired)): $answer; "
        [[ $name == *.om ]] || ! grep -qE "$leaked" <<<"$(field answer)" || bad+="$name $2: allocation $n ($(fired)): $(field answer); "
        [[ -n $(fired) ]] || break
        n=$((n + 1))
        kinds_fired+="$(fired) "
    done
    [[ $answer == "$3" ]] || bad+="$name $2: nothing failed, and yet $answer; "
}

test_questions() {
    local kind words bad='' questions=0 logged=0 kinds_fired=''
    sed "s/^serial:.*/serial: $((serial += 1))/" "$live_policy" |
        sed '/^tlds:/a\  - {tld: gq, targets: [mil], mode: block, otherwise: mail-only, twin: dns}' >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    rm -f "$live_log"
    fault_begin
    for kind in "${kinds[@]}"; do
        read -ra words <<<"$kind"
        each_question "${words[@]}"
    done
    failing 0
    is "questions: each of $questions is answered right, or by a failure" "$bad" ''
    check "questions: allocations did fail" test "$(wc -w <<<"$kinds_fired")" -gt 20
    live_await_events "$logged" || true
    is "questions: each of $logged that are to be logged has its event, also who was told of a failure" "$(live_events)" "$logged"
    over "questions"
    echo "# questions: $questions, failed: $(tr ' ' '\n' <<<"$kinds_fired" | sort | uniq -c | sort -rn | awk 'NF > 1 { print $2, $1 }' | paste -sd ,)"
}

# Unbound ends when a module does not start again at a reload: then it says so, as at a start.
test_reload() {
    local n=1 bad='' ended=0 reloads=0 failed
    world_settings pass
    fault_begin
    while true; do
        failing "$n"
        world_control reload >/dev/null 2>&1 || true
        reloads=$((reloads + 1))
        live_until answers_or_ended || bad+="allocation $n ($(fired)): no answer; "
        failed=$(fired)
        failing 0
        if ! world_pid unbound >/dev/null; then
            ended=$((ended + 1))
            grep -qE 'out of memory|Cannot allocate memory' "$world_dir/unbound.log" || bad+="allocation $n ($failed): ended: $(tail -n 1 "$world_dir/unbound.log"); "
            fault_begin
        fi
        [[ -n $failed ]] || break
        n=$((n + step))
    done
    is "reload: each of $reloads ends as it must" "$bad" ''
    echo "# reload: $reloads, Unbound ended $ended times"
    ask army.ml MX
    is "reload: at last it protects" "$(field rcode)" NXDOMAIN
    world_settings refuse
}
# shellcheck disable=SC2317
answers_or_ended() { ! world_pid unbound >/dev/null || { ask -w 500 army.mil A; [[ $(field rcode) == NOERROR ]]; }; }

fault_needs_preload
live_create
[[ -x $fault_load ]] || bail "no $fault_load"
fault_preload FAULT_HURRY=5
world_zones+=('army.gq lookalike.zone')
test_start
test_change
test_reload
test_questions
live_end
