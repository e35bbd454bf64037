#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The time of day steps, by seconds and by years, forward and back, under questions: every answer is
# right for the day it is then, none waits, no event is lost, the record has no gap, and policies
# are taken as ever. The steady clock goes on, as it does on a real machine.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

# Whose question waits for the outside at a step forward has waited for years, by Unbound's reckoning
# (discard-timeout).
fault_may_drop=yes fault_wait=3000
serial=1
day=86400

# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }
# shellcheck disable=SC2317
answers_now() { ask late.cm MX; [[ "$(field rcode) $(field answer | wc -l) $(field answer | awk '{ print $6 }')" == "$1" ]]; }
# shellcheck disable=SC2317
is_well() { "$TLDGUARD" status --conf "$world_dir/tldguard.conf" >/dev/null 2>"$world_dir/err"; }

put() {
    serial=$((serial + 1))
    sed "s/^serial:.*/serial: $serial/" "$world_dir/policy.yaml" >"$world_dir/new.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/new.yaml" -o "$world_dir/new.cdb" || bail "the policy does not compile"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
    check "$1: a policy is taken" live_until in_force "$serial"
}

# step NAME SECONDS ALLOWED: to so many seconds ahead of the true time.
step() {
    local wanted='NOERROR 1 .' stamp
    [[ $3 == no ]] || wanted='NOERROR 1 mail.late.cm.'
    begin_questions
    live_until goes_on || true
    fault_set clock "$2"
    check "$1: an allowance is judged by the new day" live_until answers_now "$wanted"
    live_until goes_on || true
    put "$1"
    end_questions "$1"
    over "$1"
    stamp=$(tail -n 1 "$live_log" | jq -r '.["@timestamp"] | sub("\\..*"; "Z") | fromdate')
    check "$1: events have the time it is" test "$((stamp - $(date +%s) - $2))" -gt -20 -a "$((stamp - $(date +%s) - $2))" -lt 20
}
# shellcheck disable=SC2317
goes_on() { (($(fault_count) >= 10)); }

fault_needs_preload
live_create
[[ -x $fault_load ]] || bail "no $fault_load"
world_zones+=('late.cm lookalike.zone')
world_stop nsd
world_start nsd || bail "$world_error"
# Allowed for ten days from now on.
sed "/^allow:/a\\  - {name: late.cm, until: $(date -u -d '+10 days' +%F)}" "$live_policy" >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
fault_preload FAULT_HURRY=1
fault_begin
step "a second ahead" 1 yes
step "20 days ahead" $((20 * day)) no
step "back" 0 yes
step "10 years ahead" $((3650 * day)) no
step "a day behind" $((-day)) yes
step "10 years behind" $((-3650 * day)) yes
step "back at last" 0 yes
check "back at last: status has nothing to say" live_until is_well
# A start while the clock is behind that of the log's last event.
fault_set clock $((-day))
world_stop unbound
fault_begin
ask behind.army.ml MX
check "started a day behind: the event is written" live_await_line '"name":"behind.army.ml"'
is "started a day behind: with the time it is" "$(grep -F behind.army.ml "$live_log" | jq -r '.["@timestamp"]' | cut -c 1-10)" \
    "$(date -u -d '-1 day' +%F)"
world_stop unbound
is "the record: nothing is wrong, whatever the time" \
    "$("$TLDGUARD" log verify --json "$live_log" | jq -c '[.[] | [.kind, .missing, .lost, .duplicates, .changed]]')" '[["log",0,0,0,0]]'
live_end
