#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2154,SC2317 # world_start NAME calls world_NAME_conf, sets world_NAME_port
# A response policy zone of 10,000 records, imported, gives through the module the answers
# that its export gives through resolvers without tldguard: Unbound by RPZ, Unbound by local
# zones, BIND.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH=$PATH:/usr/sbin
records=10000
questions=2000

# Below .look all names exist.
prepare() {
    live_create
    trap 'for_all world_stop; world_end' EXIT
    work=$world_dir/work
    mkdir "$work"
    printf '%s\n' '@ 300 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60' '@ 300 NS ns.world.' \
        '* 300 A 203.0.113.66' >"$world_dir/zones/look.zone"
    world_zones+=('look look.zone')
    world_stop nsd
    world_start nsd || bail "$world_error"
}
for_all() { "$1" rpz; "$1" local; "$1" named; }

# Each kind of trigger and action; the same in each run.
make_zone() {
    awk -v records="$records" '
    function one(name, data) { print name, data; n++ }
    function pair(name, data) { one(name, data); one("*." name, data) }
    BEGIN {
        srand(7)
        print "@ SOA localhost. root.localhost. 7 3600 1200 604800 60\n@ NS localhost."
        pair("z7.look", "CNAME ."); pair("z8.look", "CNAME *."); pair("z9.look", "CNAME rpz-passthru.")
        for (i = 0; n < records; i++) {
            name = "n" i ".z" int(rand() * 50) ".look"
            if (rand() < .2) name = "deep." name
            r = rand()
            if (r < .35) pair(name, "CNAME .")
            else if (r < .5) pair(name, "CNAME *.")
            else if (r < .6) one(name, "CNAME .")
            else if (r < .65) one(name, "CNAME *.")
            else if (r < .75) { pair(name, "CNAME ."); pair("ok." name, "CNAME rpz-passthru.") }
            else if (r < .8) { pair(name, "CNAME *."); one("a.b." name, "CNAME rpz-passthru.") }
            else if (r < .85) pair(name, "CNAME rpz-passthru.")
            else if (r < .9) pair(name, "A 192.0.2.53")
            else if (r < .95) { pair(name, "CNAME ."); pair("c." name, "CNAME *.") }
            else if (r < .97) one("*." name, "CNAME .")
            else if (r < .98) one(name, "CNAME rpz-drop.")
            else if (r < .99) one(name, "A 192.0.2.54")
            else one("32." i % 256 ".2.0.192.rpz-client-ip", "CNAME .")
        }
    }'
}

# Names of the zone, below them and beside them, as tests/support/ask wants its questions.
make_questions() {
    awk -v questions="$questions" '
    BEGIN { srand(8); split(" x. ok. c. b. a.b. y.ok. y.x.", before, " "); before[0] = "" }
    /rpz-|^@/ { next }
    { sub(/^\*\./, "", $1); names[m++] = $1 }
    END {
        for (n = 0; n < questions;) {
            name = before[int(rand() * 8)] names[int(rand() * m)]
            if (rand() < .05) name = "unlisted" n ".z" int(rand() * 50) ".look"
            if (name in seen) continue
            seen[name]; n++
            print "127.0.0.1 udp", name, "A"
        }
    }' "$1"
}

world_rpz_conf() { world_stock_conf rpz "$1"; }
world_rpz_command() { world_stock_command rpz; }
world_local_conf() { world_stock_conf local "$1"; }
world_local_command() { world_stock_command local; }

world_named_conf() {
    cat <<CONF
options {
    directory "$world_dir/log";
    listen-on port $1 { 127.0.0.1; };
    listen-on-v6 { none; };
    server-id "$(world_token named)";
    pid-file none;
    session-keyfile none;
    forwarders { 127.0.0.1 port $world_nsd_port; };
    forward only;
    recursion yes;
    allow-query { any; };
    allow-recursion { any; };
    dnssec-validation no;
    response-policy { zone "rpz.tldguard"; };
};
controls { };
zone "rpz.tldguard" { type master; file "$work/export.zone"; };
CONF
}
world_named_command() {
    world_command=(named -g -c "$world_dir/named.conf")
    [[ -z $world_user ]] || world_command+=(-u "$world_user")
}

# rcodes PORT: RCODE and name of each question, sorted.
rcodes() {
    "$live_client" -p "$1" -j 8 -l <"$work/questions" | awk '{ print $4, $5 }' | sort
}

# data PORT: of the first questions also what is answered; a passed name and NODATA have one rcode.
data() {
    local name
    while read -r _ _ name _; do
        "$live_client" -p "$1" "$name" A | sed -n "s/^answer .* A /$name /p; s/^rcode /$name /p"
    done < <(head -n 200 "$work/questions")
}

# same NAME PORT: answers like the module.
same() {
    rcodes "$2" >"$work/rcodes.other"
    is "$1: rcodes of $questions names" "$(diff "$work/rcodes" "$work/rcodes.other" | head -n 10)" ''
    is "$1: answers" "$(data "$2")" "$module_data"
}

test_round_trip() {
    make_zone >"$work/in.zone"
    is 'records' "$(grep -c '^[^@]' "$work/in.zone")" "$(($(wc -l <"$work/in.zone") - 2))"
    check 'import' "$TLDGUARD" import --quiet --rpz "$work/in.zone" -o "$work/policy.yaml"
    # Warnings: names passed that nothing blocks.
    "$TLDGUARD" check "$work/policy.yaml" >"$work/check" 2>&1 || is 'check' "$?" 1
    "$TLDGUARD" compile --quiet "$work/policy.yaml" -o "$world_dir/policy.cdb" 2>/dev/null ||
        bail 'the policy does not compile'
    check 'export --rpz' "$TLDGUARD" export --quiet --rpz -p "$world_dir/policy.cdb" -o "$work/export.zone"
    check 'export --unbound' "$TLDGUARD" export --quiet --unbound -p "$world_dir/policy.cdb" -o "$work/local.conf"
    make_questions "$work/in.zone" >"$work/questions"
}

test_module() {
    world_start unbound || bail "$world_error"
    rcodes "$world_unbound_port" >"$work/rcodes"
    is 'questions answered' "$(grep -cE '^(NOERROR|NXDOMAIN) ' "$work/rcodes")" "$questions"
    # Neither all nor nothing is blocked.
    check 'some are blocked' test "$(grep -c '^NXDOMAIN' "$work/rcodes")" -gt $((questions / 10))
    check 'some are not' test "$(grep -c '^NOERROR' "$work/rcodes")" -gt $((questions / 10))
    module_data=$(data "$world_unbound_port")
    check 'some are passed' grep -q ' 203.0.113.66$' <<<"$module_data"
    check 'some are sunk' grep -q ' 192.0.2.53$' <<<"$module_data"
}

test_unbound() {
    world_stock_modules='respip validator iterator'
    world_stock_clauses="rpz:
    name: rpz.tldguard
    zonefile: $work/export.zone"
    if world_start rpz; then same 'Unbound, RPZ' "$world_rpz_port"; else not_ok 'Unbound, RPZ' "$world_error"; fi
    world_stop rpz
    # A local zone is for all below a name, so these have no exact entries.
    grep -v '^ *- {file: .*exact\|match: exact' "$work/policy.yaml" >"$work/subtrees.yaml"
    "$TLDGUARD" compile --quiet "$work/subtrees.yaml" -o "$world_dir/policy.cdb" 2>/dev/null ||
        bail 'the policy does not compile'
    world_stop unbound
    world_start unbound || bail "$world_error"
    rcodes "$world_unbound_port" >"$work/rcodes.subtrees"
    "$TLDGUARD" export --quiet --unbound -p "$world_dir/policy.cdb" -o "$work/local.conf"
    world_stock_modules='validator iterator'
    world_stock_clauses="include: \"$work/local.conf\""
    if world_start local; then
        rcodes "$world_local_port" >"$work/rcodes.other"
        is "Unbound, local zones: rcodes of $questions names" \
            "$(diff "$work/rcodes.subtrees" "$work/rcodes.other" | head -n 10)" ''
    else
        not_ok 'Unbound, local zones' "$world_error"
    fi
    world_stop local
}

test_bind() {
    if ! command -v named-checkzone >/dev/null; then
        ok 'BIND # SKIP no named-checkzone (bind9-utils)'
        return
    fi
    is 'named-checkzone' "$(named-checkzone rpz.tldguard "$work/export.zone" | tail -n 1)" OK
    if ! command -v named >/dev/null; then
        ok 'BIND # SKIP no named (bind9)'
    elif ! world_start named; then
        # Profiles of AppArmor keep it from reading files here.
        ok "BIND # SKIP named does not start: ${world_error//$'\n'/ }"
    elif ! live_until grep -q 'rpz.tldguard: reload done: success' "$world_dir/named.log"; then
        not_ok 'BIND loads the zone' "$(tail -n 10 "$world_dir/named.log")"
    else
        same 'BIND' "$world_named_port"
    fi
    world_stop named
}

prepare
test_round_trip
test_module
test_bind
test_unbound
live_end
