#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The iterator stores an answer before we see it, and what lies in the cache another thread gives
# away at once. So an answer that is not for everybody must not be stored even for that moment:
# here it is made long by a module between the iterator and us, while another thread is asked.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# One thread waits in between; there must be one more.
world_threads=2
world_zones+=('leads.example leads.zone' 'parked.ml leads.zone')
serial=0
answered=0 # while the first one waited

# What is behind a look-alike nobody minds: so all of it may be in the cache.
zone() {
    cat <<'ZONE'
@      300 SOA   ns.world. hostmaster 1 3600 1200 604800 60
@      300 NS    ns.world.
bait       300 CNAME www.parked.ml.
bait.far   300 CNAME bait
bait.d     300 CNAME www.dname
dname      300 DNAME parked.ml.
www        300 CNAME park.leads.example.
park       300 A     192.0.2.6
bait.plain 300 A     192.0.2.7
ZONE
}

# shellcheck disable=SC2317
world_unbound_command() {
    world_command=(env "TLDGUARD_CONF=$world_dir/tldguard.conf" "BETWEEN_DIR=$world_dir/log"
        "PYTHONPATH=$UNBOUND_PREFIX/lib/python3" "$UNBOUND_PREFIX/sbin/unbound" -d -p -c "$world_dir/unbound.conf")
}

# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }

# policy TLD: renamed into place; returns when it is in force, also for what the cache holds.
policy() {
    serial=$((serial + 1))
    printf '%s\n' "serial: $serial" 'tlds:' "  - {tld: $1, targets: [mil], mode: block}" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    [[ -z $(world_pid unbound || true) ]] || live_until in_force "$serial" || bail "policy $serial is not taken"
}

# shellcheck disable=SC2317
held() { [[ -e $world_dir/log/held ]]; }

# meanwhile NAME QNAME RCODE [ANSWER]: what others are answered while the question waits in between.
# Those that come to the thread that waits get no answer before it ends.
meanwhile() {
    local first others
    rm -f "$world_dir/log/held"
    : >"$world_dir/log/hold"
    "$live_client" -p "$world_unbound_port" -w 60000 "$2" A >"$world_dir/first" &
    first=$!
    check "$1: it waits between the iterator and us" live_until held
    for _ in 1 2 3 4; do printf '127.0.0.9 udp %s A\n' "$2"; done >"$world_dir/list"
    others=$("$live_client" -p "$world_unbound_port" -w 1500 -j 4 -l <"$world_dir/list") || true
    rm "$world_dir/log/hold"
    wait "$first"
    is "$1: who asked first" "$(sed -n 's/^rcode //p' "$world_dir/first")" "$3"
    is "$1: nobody else was told anything else" "$(awk -v rcode="$3" '$4 ~ /^[A-Z]+$/ && $4 != rcode' <<<"$others")" ''
    answered=$(awk '$4 ~ /^[A-Z]+$/ { n++ } END { print n + 0 }' <<<"$others")
}

test_aliases() {
    local qname
    for qname in bait.leads.example bait.far.leads.example bait.d.leads.example; do
        policy om
        ask "$qname" A
        is "$qname: not listed" "$(field rcode)" NOERROR
        policy ml
        # The alias is in the cache, and the answer will be put together from there.
        meanwhile "$qname" "$qname" NXDOMAIN
    done
}

# That somebody else can be told something, a name shows that nobody minds.
test_other() {
    meanwhile 'a name that is not listed' bait.plain.leads.example NOERROR
    check 'a name that is not listed: others had the answer meanwhile' test "$answered" -gt 0
}

"$UNBOUND_PREFIX/sbin/unbound" -V | grep -q '^Linked modules:.* python' ||
    { echo "1..0 # SKIP this Unbound has no python module"; exit 77; }
live_create
zone >"$world_dir/zones/leads.zone"
cp "$TG_SRC/tests/support/between.py" "$world_dir/between.py"
chmod a+r "$world_dir/between.py" "$world_dir/zones/leads.zone"
world_unbound_more='    module-config: "dynlib python validator iterator"'
world_unbound_clauses="python:"$'\n'"    python-script: \"$world_dir/between.py\""
world_stop nsd
world_start nsd || bail "$world_error"
policy om
world_start unbound || bail "$world_error"
test_aliases
test_other
live_end
