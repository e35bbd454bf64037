#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The memory that the module says it has (mem.mod.dynlibmod of unbound-control stats, as its get_mem)
# is what it has, by what the system says of the process beside an Unbound without us; and it stays
# what it is, whatever is asked by whom, and however often the policy changes.
#
# CLIENTS: how many, each of which asks for another blocked name (20000; 100000 in the long form).
# CHANGES: of the policy (12; 100).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

clients=${CLIENTS:-$(long 100000 20000)}
changes=${CHANGES:-$(long 100 12)}
serial=1
world_unbound_more='    extended-statistics: yes'

# The same Unbound without the module.
# shellcheck disable=SC2317
world_plain_conf() { world_stock_conf plain "$1"; }
# shellcheck disable=SC2317
world_plain_command() { world_stock_command plain; }
world_stock_modules='validator iterator'
world_plain_port=0

# shellcheck disable=SC2317
clean_up() {
    world_stop plain
    world_end
}

# In KB: what the module says, and what a process has.
reported() { world_control stats_noreset | awk -F= '$1 == "mem.mod.dynlibmod" { printf "%d", $2 / 1024 }'; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(world_pid "$1")/status"; }

# put NAMES: the next policy, of so many names, in force.
put() {
    serial=$((serial + 1))
    sed "s/^serial:.*/serial: $serial/" "$live_policy" >"$world_dir/policy.yaml"
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "w%d.list%d.example\n", i, i }' >"$world_dir/list.txt"
    (($1 == 0)) || echo 'block: [{file: list.txt}]' >>"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/new.cdb" || bail "the policy does not compile"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
    live_until in_force || bail "policy $serial is not in force"
}
# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $serial," "$world_dir/unbound.log"; }
# shellcheck disable=SC2317 # a policy is settled a moment after it is in force: that is a page, more or less
reports() {
    local now
    now=$(reported)
    ((now >= $1 - 16 && now <= $1 + 16))
}

# bounded NAME: as much as at the start, and the process is larger than the other one by that, not
# by half as much again.
bounded() {
    local more
    check "$1: as much is reported as at the start" live_until reports "$begun"
    more=$(($(resident unbound) - plain))
    check "$1: the process is larger by no more than one and a half of it" test "$more" -le $((begun * 3 / 2))
    echo "# $1: reported $(reported) KB, the process is larger by $more KB"
}

test_clients() {
    awk -v n="$clients" 'BEGIN { for (i = 0; i < n; i++)
        printf "127.%d.%d.%d udp b%d.army.ml A\n", 1 + i / 62500, i / 250 % 250, i % 250 + 1, i }' >"$world_dir/list"
    is "$clients clients, another name each: all are blocked" "$(timeout 300 "$live_client" -p "$world_unbound_port" \
        -s 127.0.0.1 -w 20000 -j 4 -l <"$world_dir/list" | awk '{ print $4 }' | sort | uniq -c | xargs)" "$clients NXDOMAIN"
    check "$clients clients: the events are written" live_await_events "$clients"
    bounded "$clients clients"
    # The ring was gone round: each page of what is reported has been used, but for the room for aliases.
    check "$clients clients: the process is larger by half of it, or more" \
        test $(($(resident unbound) - plain)) -ge $((begun / 2))
}

test_flood() {
    echo 'f%.army.ml A' | "$fault_load" -p "$world_unbound_port" -j 8 -n "$clients" -w 20000 >"$world_dir/asked" || true
    is "a flood: $clients more, all are answered" "$(awk '/^asked/ { print $2, $4 }' "$world_dir/asked")" "$clients 0"
    bounded "a flood"
}

test_changes() {
    local i
    for ((i = 0; i < changes; i++)); do put $((i % 2 == 0 ? 5000 : 0)); done
    ((changes % 2 == 0)) || put 0
    bounded "$changes changes of the policy"
}

# What a large policy takes is reported, and is what the process grows by. For a moment behind the
# change it has its names twice: as they are in the file, and where they are found fast.
test_large() {
    local before
    before=$(resident unbound)
    put 300000
    check "a large policy: what is reported is what it takes, within a quarter" live_until agrees
    echo "# a large policy, 300,000 names: reported $said KB, the process has grown by $grown KB"
    put 0
    bounded "a small one again"
}
# shellcheck disable=SC2317
agrees() {
    grown=$(($(resident unbound) - before))
    said=$(($(reported) - begun))
    ((said > 10000 && said * 4 >= grown * 3 && said * 3 <= grown * 4))
}

live_create
trap clean_up EXIT
[[ -x $fault_load ]] || bail "no $fault_load"
[[ -z ${TG_SANITIZED:-} ]] || { echo '1..0 # SKIP a sanitizer takes memory of its own'; exit 77; }
fault_begin
world_start plain || bail "$world_error"
ask army.ml A
drill -p "$world_plain_port" @127.0.0.1 army.mil >/dev/null
plain=$(resident plain)
begun=$(reported)
check "something is reported" test "${begun:-0}" -gt 1000
echo "# at the start: reported $begun KB; the process has $(resident unbound) KB, another one without the module $plain KB"
test_clients
test_flood
test_changes
test_large
is "it is the process that was started" "$(world_pid unbound)" "$fault_process"
world_stop unbound
# A part of the log is as good as all of it, and read in seconds.
head -n 5000 "$live_log" >"$world_dir/some"
mv "$world_dir/some" "$live_log"
live_end
