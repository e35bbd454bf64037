#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2154,SC2317 # world_start NAME calls world_NAME_conf, sets world_NAME_port
# A policy that is distributed by DNS itself: NSD is the hidden primary, Knot its secondary, BIND a
# secondary of that, all under TSIG. tldguard fetch makes the same octets of it again and puts them
# in force. One name more travels by NOTIFY and IXFR, and is few records. The same zone is a response
# policy zone to a stock Unbound, and to BIND. What real servers refuse is said as it is.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export TLDGUARD_DATA=${TLDGUARD_DATA:-$TG_SRC/policy/tables}

PATH=$PATH:/usr/sbin
names=${TG_NAMES:-100000} # with a million, TG_PATIENCE=60 is wanted as well
zonemd='' # not empty: the zone has a ZONEMD, too
verify=off # whether Knot wants a good ZONEMD
zone=policy.guard

prepare() {
    command -v knotd >/dev/null || { echo '1..0 # SKIP no knotd (knot)'; exit 77; }
    live_create
    trap 'for_all world_stop; world_end' EXIT
    work=$world_dir/work
    mkdir "$work" "$world_dir/hidden" "$world_dir/knot" "$world_dir/bind"
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/hidden" "$world_dir/knot" "$world_dir/bind"
    secret=$(head -c 32 /dev/urandom | base64)
    printf 'key "%s" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' fleet "$secret" >"$work/tsig.key"
    chmod 600 "$work/tsig.key"
    "$TLDGUARD" keygen -W "$work/ann" >/dev/null
    printf 'trusted-keys: [%s]\n' "$(sed -n 2p "$work/ann.pub")" >>"$world_dir/tldguard.conf"
    # All names below .look exist.
    printf '%s\n' '@ 300 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60' '@ 300 NS ns.world.' \
        '* 300 A 203.0.113.66' >"$world_dir/zones/look.zone"
    world_zones+=('look look.zone')
    world_stop nsd
    world_start nsd || bail "$world_error"
    awk -v names="$names" 'BEGIN {
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        x = 1
        for (i = 0; i < names; i++) {
            name = ""
            for (j = 0; j < 20; j++) {
                x = x * 16807 % 2147483647 # Park and Miller
                name = name substr(letters, 1 + int(x / 1024) % 36, 1)
            }
            print name ".look"
        }
    }' >"$work/names"
}
for_all() { "$1" hidden; "$1" knot; "$1" named; "$1" rpz; }

# policy SERIAL [LINE...]: compiled, signed, and the zone that the primary reads.
policy() {
    printf '%s\n' "serial: $1" 'answer: {ttl: 2}' 'tlds: [{tld: ml, targets: mil}]' 'block: [{file: names}]' "${@:2}" >"$work/policy.yaml"
    "$TLDGUARD" compile -q "$work/policy.yaml" -o "$work/policy.cdb" || bail 'the policy does not compile'
    "$TLDGUARD" sign -q -s "$work/ann" "$work/policy.cdb" || bail 'it cannot be signed'
    "$TLDGUARD" export -q --zone "$zone" ${zonemd:+--zonemd} "$work/policy.cdb" -o "$world_dir/hidden/policy.zone" || bail 'no zone'
}

world_hidden_conf() {
    cat <<CONF
server:
    ip-address: 127.0.0.1@$1
    do-ip6: no
    reuseport: no
    server-count: 1
    identity: "$(world_token hidden)"
    username: "$world_user"
    chroot: ""
    zonesdir: "$world_dir/hidden"
    database: ""
    pidfile: ""
    xfrdfile: ""
    xfrdir: "$world_dir/log"
    zonelistfile: "$world_dir/run/hidden.zonelist"
remote-control:
    control-enable: no
key:
    name: fleet
    algorithm: hmac-sha256
    secret: "$secret"
zone:
    name: $zone
    zonefile: policy.zone
    store-ixfr: yes
    create-ixfr: yes
    provide-xfr: 127.0.0.1 fleet
    notify: 127.0.0.1@$notify_port fleet
CONF
}
world_hidden_command() { world_command=("$NSD" -d -V 2 -c "$world_dir/hidden.conf"); }

world_knot_conf() {
    cat <<CONF
server:
    rundir: "$world_dir/knot"
    identity: "$(world_token knot)"
    listen: [ "127.0.0.1@$1", "127.0.0.1@$notify_port" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
${world_user:+    user: $world_user}
log:
  - target: stdout
    any: info
database:
    storage: "$world_dir/knot"
key:
  - id: fleet
    algorithm: hmac-sha256
    secret: $secret
remote:
  - id: hidden
    address: 127.0.0.1@$world_hidden_port
    key: fleet
acl:
  - id: notify
    address: 127.0.0.1
    key: fleet
    action: notify
  - id: transfer
    key: fleet
    action: transfer
  # A stock Unbound has no TSIG.
  - id: stock
    address: 127.0.0.1
    action: transfer
zone:
  - domain: $zone
    storage: "$world_dir/knot"
    master: hidden
    acl: [ notify, transfer, stock ]
    zonemd-verify: $verify
CONF
}
world_knot_command() { world_command=(knotd -c "$world_dir/knot.conf"); }

world_named_conf() {
    cat <<CONF
key fleet { algorithm hmac-sha256; secret "$secret"; };
options {
    directory "$world_dir/bind";
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
    notify no;
    response-policy { zone "$zone"; };
};
controls { };
zone "$zone" {
    type secondary;
    file "policy.zone";
    primaries { 127.0.0.1 port $world_knot_port key fleet; };
    allow-transfer { key fleet; };
};
CONF
}
world_named_command() {
    world_command=(named -g -c "$world_dir/named.conf")
    [[ -z $world_user ]] || world_command+=(-u "$world_user")
}
world_rpz_conf() { world_stock_conf rpz "$1"; }
world_rpz_command() { world_stock_command rpz; }

serial_at() { drill -p "$1" @127.0.0.1 "$zone" SOA 2>/dev/null | awk '!/^;/ && $4 == "SOA" { print $7; exit }'; }
has_serial() { [[ $(serial_at "$1") == "$2" ]]; }

# fetch PORT [ARG...]: what it says in $said, its exit code in $code.
fetch() {
    code=0
    said=$("$TLDGUARD" fetch -z "$zone" -s "127.0.0.1@$1" -k "$work/tsig.key" -c "$world_dir/tldguard.conf" "${@:2}" 2>&1) || code=$?
}

# refused NAME PORT PART [ARG...]: in one line, and nothing has changed.
refused() {
    local before
    before=$(sha256sum "$world_dir"/policy.cdb*)
    fetch "$2" "${@:4}"
    is "$1: exit code, lines" "$code $(wc -l <<<"$said")" '3 1'
    holds "$1" "$said" "$3"
    is "$1: the policy stays" "$(sha256sum "$world_dir"/policy.cdb*)" "$before"
}

# The policy of the run folder is this one.
is_policy() {
    is "$1: the same octets" "$(cmp "$work/policy.cdb" "$world_dir/policy.cdb")" ''
    is "$1: the same signature" "$(cmp "$work/policy.cdb.minisig" "$world_dir/policy.cdb.minisig")" ''
}

test_transfer() {
    local start
    policy 10
    rm -f "$world_dir/policy.cdb"
    "$TLDGUARD" compile -q "$live_policy" -o "$world_dir/policy.cdb"
    "$TLDGUARD" sign -q -s "$work/ann" "$world_dir/policy.cdb"
    notify_port=0
    for _ in 1 2 3; do
        world_pick_port
        notify_port=$world_port
        world_start hidden || bail "$world_error"
        ! world_start knot || break
    done
    [[ -n $(world_pid knot) ]] || bail "$world_error"
    live_until has_serial "$world_knot_port" 10 || bail "Knot has no zone: $(tail -n 5 "$world_dir/knot.log")"
    start=${EPOCHREALTIME/./}
    fetch "$world_knot_port" -o "$work/fetched.cdb"
    echo "# $names names: a zone of $(stat -c %s "$world_dir/hidden/policy.zone") octets, fetched and made an image again in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
    is 'from NSD through Knot' "$code $said" "0 $work/fetched.cdb: policy serial 10, fetched from 127.0.0.1@$world_knot_port"
    is 'the same octets as compiled' "$(cmp "$work/policy.cdb" "$work/fetched.cdb")" ''
    is 'the same signature as made' "$(cmp "$work/policy.cdb.minisig" "$work/fetched.cdb.minisig")" ''
    fetch "$world_hidden_port" -o "$work/direct.cdb"
    is 'from the hidden primary itself' "$code $(cmp "$work/policy.cdb" "$work/direct.cdb")" '0 '
}

verdict() { ask "$1" A; field rcode; }

test_in_force() {
    world_start unbound || bail "$world_error"
    is 'before' "$(verdict "$(head -n 1 "$work/names")")" NOERROR
    # The policy that is there has a serial of 2026.
    fetch "$world_knot_port"
    is 'the serial there is higher' "$code" 1
    holds 'the serial there is higher: why' "$said" 'the zone has serial 10, which is lower than'
    fetch "$world_knot_port" --allow-older
    is 'put in force' "$code" 0
    holds 'put in force: said' "$said" 'policy serial 10 is in force'
    is_policy 'put in force'
    is 'a name of the new one' "$(verdict "$(head -n 1 "$work/names")")" NXDOMAIN
    fetch "$world_knot_port"
    is 'nothing new' "$code $said" "0 zone $zone has serial 10, as the policy that is here"
}

# One name more, in the middle of the list.
test_update() {
    local changed transfer
    grep -v '^;' "$world_dir/hidden/policy.zone" | sort >"$work/before"
    sed -i "$((names / 2))a one-more.look" "$work/names"
    is 'a name to come' "$(verdict one-more.look)" NOERROR
    policy 11
    grep -v '^;' "$world_dir/hidden/policy.zone" | sort >"$work/after"
    changed=$(comm -3 "$work/before" "$work/after" | wc -l)
    kill -HUP "$(world_pid hidden)"
    check 'told by NOTIFY' live_until has_serial "$world_knot_port" 11
    transfer=$(grep 'XFR, incoming.*finished' "$world_dir/knot.log" | tail -n 1)
    holds 'by IXFR' "$transfer" ' IXFR, incoming'
    echo "# one name more in a list of $names: $changed records of $(wc -l <"$work/after") change; ${transfer##*seconds, }"
    check 'few records change' test "$changed" -le 40
    check 'Knot tells of the NOTIFY' grep -q 'notify, incoming' "$world_dir/knot.log"
    fetch "$world_knot_port"
    is 'the update is in force' "$code" 0
    is_policy 'the update'
    is 'the name that came' "$(verdict one-more.look)" NXDOMAIN
}

# mended NAME: the next fetch sees that what is here does not count, though its serial is that of the zone.
mended() {
    fetch "$world_knot_port"
    is "$1: exit code" "$code" 0
    holds "$1: it is fetched again" "$said" 'policy serial 11 is in force'
    is_policy "$1"
}

test_damaged() {
    local policy=$world_dir/policy.cdb at octet
    # In the names, which are most of it.
    at=$(($(stat -c %s "$policy") / 2))
    octet=$(od -An -tu1 -j "$at" -N 1 "$policy")
    # shellcheck disable=SC2059 # as an escape
    printf "\\$(printf '%03o' $((255 - octet)))" | dd of="$policy" bs=1 seek="$at" conv=notrunc status=none
    mended 'one octet is another'
    rm "$policy.minisig"
    mended 'no signature'
    # Signed, and of this serial: but as it is not a higher one, the module does not take it.
    printf '%s\n' 'serial: 11' 'tlds: [{tld: ml, targets: mil}]' >"$work/other.yaml"
    "$TLDGUARD" compile -q "$work/other.yaml" -o "$work/other.cdb"
    "$TLDGUARD" sign -q -s "$work/ann" "$work/other.cdb"
    cp "$work/other.cdb.minisig" "$policy.minisig.next"
    mv "$work/other.cdb" "$policy"
    mv "$policy.minisig.next" "$policy.minisig"
    mended 'another one of this serial'
    fetch "$world_knot_port"
    is 'and that is enough' "$code $said" "0 zone $zone has serial 11, as the policy that is here"
}

# rcodes PORT: of some names that are listed, and some that are not.
rcodes() {
    "$live_client" -p "$1" -j 8 -l <"$work/questions" | awk '{ print $4, $5 }' | sort
}

test_stock() {
    awk 'NR % 500 == 1 { print "127.0.0.1 udp", $1, "A"; print "127.0.0.1 udp below." $1, "A"; print "127.0.0.1 udp x" $1, "A" }' \
        "$work/names" >"$work/questions"
    echo '127.0.0.1 udp one-more.look A' >>"$work/questions"
    rcodes "$world_unbound_port" >"$work/rcodes"
    is 'the module: some of each' "$(cut -d' ' -f1 "$work/rcodes" | sort -u | xargs)" 'NOERROR NXDOMAIN'
    world_stock_modules='respip validator iterator'
    world_stock_clauses="rpz:
    name: $zone
    primary: 127.0.0.1@$world_knot_port"
    if world_start rpz; then
        check 'stock Unbound has the zone' live_until has_blocked "$world_rpz_port"
        rcodes "$world_rpz_port" >"$work/rcodes.rpz"
        is "stock Unbound blocks the same of $(wc -l <"$work/questions") names" "$(diff "$work/rcodes" "$work/rcodes.rpz" | head)" ''
        is 'and leaves the root alone' "$("$live_client" -p "$world_rpz_port" . NS | sed '/^source \|^size /d; s/ [0-9]* IN / IN /')" \
            "$("$live_client" -p "$world_unbound_port" . NS | sed '/^source \|^size /d; s/ [0-9]* IN / IN /')"
    else
        not_ok 'stock Unbound' "$world_error"
    fi
}
has_blocked() { "$live_client" -p "$1" one-more.look A | grep -q '^rcode NXDOMAIN'; }

test_bind() {
    if ! command -v named >/dev/null; then
        ok 'BIND # SKIP no named (bind9)'
        return
    fi
    # Profiles of AppArmor keep it from writing files here.
    if ! world_start named; then
        ok "BIND # SKIP named does not start: ${world_error//$'\n'/ }"
        return
    fi
    check 'BIND has the zone' live_until grep -q "rpz: $zone: reload done: success" "$world_dir/named.log"
    rcodes "$world_named_port" >"$work/rcodes.named"
    is 'BIND blocks the same' "$(diff "$work/rcodes" "$work/rcodes.named" | head)" ''
    fetch "$world_named_port" -o "$work/third.cdb"
    is 'from NSD through Knot and BIND' "$code $(cmp "$work/policy.cdb" "$work/third.cdb")" '0 '
}

# A ZONEMD, for whom it does no harm: Knot verifies it, and so does fetch.
test_zonemd() {
    zonemd=yes
    policy 12
    world_start hidden || bail "$world_error"
    world_stop knot
    rm -rf "$world_dir"/knot/*
    verify=on
    world_start knot || bail "$world_error"
    check 'Knot takes the zone with ZONEMD' live_until has_serial "$world_knot_port" 12
    check 'Knot finds it good' grep -q 'ZONEMD, verification successful' "$world_dir/knot.log"
    fetch "$world_knot_port" --allow-older
    is 'so does fetch' "$code" 0
    is_policy 'with ZONEMD'
    zonemd=''
    verify=off
    world_start knot || bail "$world_error"
}

# A policy whose canary questions fail is undone, and not put in force again by the next fetch.
test_canary() {
    local count
    echo "resolver: 127.0.0.1@$world_unbound_port" >>"$world_dir/tldguard.conf"
    policy 13 'canary: [{name: nothing.nowhere, type: A, expect: resolve}]'
    kill -HUP "$(world_pid hidden)"
    check 'a policy that will fail gets through Knot' live_until has_serial "$world_knot_port" 13
    fetch "$world_knot_port"
    is 'it is undone' "$code $(wc -l <<<"$said")" '1 1'
    holds 'it is undone: why' "$said" 'serial 12 is active again'
    count=$(grep -c 'serial 13.* is in force' "$world_dir/unbound.log")
    fetch "$world_knot_port"
    is 'again' "$code $(grep -c 'serial 13.* is in force' "$world_dir/unbound.log")" "1 $count"
    holds 'again: why' "$said" 'the zone has serial 13, which was put in force here and has failed; --force tries it again'
    policy 14
    kill -HUP "$(world_pid hidden)"
    check 'a better one gets through Knot' live_until has_serial "$world_knot_port" 14
    fetch "$world_knot_port"
    is 'it is put in force' "$code $(find "$world_dir" -name '*.failed')" '0 '
    is_policy 'a better one'
}

test_refused() {
    cp "$work/tsig.key" "$work/good.key"
    sed -i 's/"fleet"/"other"/' "$work/tsig.key"
    refused 'Knot: a key that it does not know' "$world_knot_port" 'does not know the key other. (NOTAUTH, BADKEY)'
    refused 'NSD: a key that it does not know' "$world_hidden_port" 'does not know the key other. (NOTAUTH, BADKEY)'
    sed "s/secret .*/secret \"$(head -c 32 /dev/urandom | base64 | sed 's/[\/&]/\\&/g')\";/" "$work/good.key" >"$work/tsig.key"
    refused 'Knot: another secret' "$world_knot_port" '(NOTAUTH, BADSIG)'
    refused 'NSD: another secret' "$world_hidden_port" '(NOTAUTH, BADSIG)'
    cp "$work/good.key" "$work/tsig.key"
    refused 'a resolver, which has no zone' "$world_unbound_port" "127.0.0.1@$world_unbound_port: error: "
    policy 15
    sed -i '/^_zonemd/d' "$world_dir/hidden/policy.zone"
    kill -HUP "$(world_pid hidden)"
    check 'a zone without digest is served' live_until has_serial "$world_hidden_port" 15
    refused 'no digest' "$world_hidden_port" 'has no digest at _zonemd._tldguard'
    # The primary itself has been broken into: all is well but for what only the signature tells.
    policy 16
    grep -v '^_signature\|^_zonemd' "$world_dir/hidden/policy.zone" | sed 's/^one-more.look/one-less.look/' >"$work/altered"
    ldns-signzone -Z -z simple:sha384 -f "$work/digest" "$work/altered"
    awk '$4 == "ZONEMD" { printf "_zonemd._tldguard TXT \"%s %s %s %s\"\n", $5, $6, $7, $8 }' "$work/digest" >>"$work/altered"
    cp "$work/altered" "$world_dir/hidden/policy.zone"
    kill -HUP "$(world_pid hidden)"
    check 'an altered zone gets through Knot' live_until has_serial "$world_knot_port" 16
    fetch "$world_knot_port"
    is 'but is not taken' "$code $(wc -l <<<"$said")" '1 1'
    holds 'but is not taken: why' "$said" 'signature is missing'
    is 'and the policy that was in force is' "$(verdict one-more.look)" NXDOMAIN
    world_stop hidden
    world_stop knot
    refused 'nobody is there' "$world_knot_port" 'cannot connect: Connection refused'
    is 'nothing is left behind' "$(find "$world_dir" -name '.fetch*' -o -name '*.tmp')" ''
}

prepare
test_transfer
test_in_force
test_update
test_damaged
test_stock
test_bind
test_zonemd
test_canary
test_refused
live_end
