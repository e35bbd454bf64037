#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With other modules of Unbound in front or behind, which keep answers and RRsets by ways of their
# own: each client still gets its own answer, whoever asked before it, and nobody the look-alike's.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_zones+=('leads.example leads.zone' 'army.com meant.zone')
seen=0 # events of the parts before

policy() {
    cat <<'YAML'
serial: 1
answer:
  ttl: 97
  sinkhole: {a: 192.0.2.53}
tlds:
  - {tld: ml, targets: [mil], mode: block}
  - {tld: il, targets: [mil], mode: block, action: sinkhole}
  - {tld: cm, targets: [com], mode: mail-only}
  - {tld: om, targets: [com], mode: block, otherwise: "off", twin: dns}
clients:
  - {group: lab, subnets: [127.0.0.3/32], mode: "off"}
YAML
}

# gets NAME CLIENT QNAME QTYPE RCODE EVENT [RDATA...]: what is answered, without an alias that
# leads there, and the event's reply; "" for no event.
gets() {
    local name=$1 client=$2 qname=$3 qtype=$4 rcode=$5 event=$6
    shift 6
    ask -b "$client" -w 20000 "$qname" "$qtype"
    is "$name, $client $qname $qtype" "$(field rcode) $(field answer |
        awk '$4 != "CNAME" { $1 = $2 = $3 = $4 = ""; print }' | xargs -n 1 | sort | xargs)" \
        "$rcode $(printf '%s\n' "$@" | xargs -n 1 | sort | xargs)"
    if [[ -n $event ]]; then
        seen=$((seen + 1))
        check "$name, $client $qname $qtype: the event is written" live_await_events "$seen"
        is "$name, $client $qname $qtype: the event" "$(tail -n 1 "$live_log" |
            jq -r '[.source.ip, .dns.question.name, .tldguard.reply] | join(" ")')" "$client $qname $event"
    else
        is "$name, $client $qname $qtype: no event" "$(live_events)" "$seen"
    fi
}

# both NAME QNAME QTYPE RCODE EVENT BLOCKED TRUE: who is blocked and who is not, in turn.
both() {
    local i
    for i in 1 2; do
        # shellcheck disable=SC2086
        gets "$1, $i" 127.0.0.9 "$2" "$3" "$4" "$5" $6
        # shellcheck disable=SC2086
        gets "$1, after it, $i" 127.0.0.3 "$2" "$3" NOERROR "" $7
    done
}

# all NAME NS_AAAA MAIL_AAAA: addresses that dns64 makes, or that are not there.
all() {
    both "$1" army.ml A NXDOMAIN NXDOMAIN "" 203.0.113.66
    both "$1" army.ml AAAA NXDOMAIN NXDOMAIN "" 2001:db8:66::66
    both "$1" army.ml MX NXDOMAIN NXDOMAIN "" "10 mail.army.ml."
    both "$1" army.cm MX NOERROR "null MX" "0 ." "10 mail.army.cm."
    both "$1" army.il A NOERROR "sinkhole A" "192.0.2.53" 203.0.113.66
    # An alias: the exempt one is first.
    gets "$1, exempt first" 127.0.0.3 www.army.ml AAAA NOERROR "" 2001:db8:66::66
    both "$1" www.army.ml AAAA NXDOMAIN NXDOMAIN "" 2001:db8:66::66
    gets "$1, exempt first" 127.0.0.3 bait.leads.example A NOERROR "" 203.0.113.66
    both "$1" bait.leads.example A NXDOMAIN NXDOMAIN "" 203.0.113.66
    gets "$1, exempt first" 127.0.0.3 bait.leads.example AAAA NOERROR "" 2001:db8:66::66
    both "$1" bait.leads.example AAAA NXDOMAIN NXDOMAIN "" 2001:db8:66::66
    # shellcheck disable=SC2086
    both "$1" near.leads.example AAAA NXDOMAIN NXDOMAIN "" "$2"
    # By way of a listed name to another one.
    # shellcheck disable=SC2086
    gets "$1, exempt first" 127.0.0.3 over.leads.example AAAA NOERROR "" $3
    # shellcheck disable=SC2086
    both "$1" over.leads.example AAAA NXDOMAIN NXDOMAIN "" "$3"
    both "$1" mail.leads.example MX NOERROR "null MX" "0 ." "10 mx.army.ml."
    # The twin exists.
    both "$1" army.om A NXDOMAIN NXDOMAIN "" 203.0.113.66
    both "$1" www.army.om AAAA NXDOMAIN NXDOMAIN "" 2001:db8:66::66
}

# What was said in the place of the truth is not kept by anybody.
test_unblocked() {
    gets "before" 127.0.0.9 army.il A NOERROR "sinkhole A" 192.0.2.53
    gets "before" 127.0.0.9 army.cm MX NOERROR "null MX" "0 ."
    sed 's/^serial: 1/serial: 2/;/tld: [ic][lm],/d' "$world_dir/policy.yaml" >"$world_dir/less.yaml"
    world_compile "$world_dir/less.yaml" || bail "$world_error"
    check "two rules fewer" live_until grep -q "policy serial 2, .* is in force" "$world_dir/unbound.log"
    for _ in 1 2; do
        gets "no more" 127.0.0.9 army.il A NOERROR "" 203.0.113.66
        gets "no more" 127.0.0.9 army.cm MX NOERROR "" "10 mail.army.cm."
    done
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
}

# beside MODULES [LINE]: in this order.
beside() {
    world_unbound_more="    module-config: \"$1\"
${2:-}"
    world_start unbound || bail "$world_error"
    check "$1: Unbound's own check accepts it" "$UNBOUND_PREFIX/sbin/unbound-checkconf" "$world_dir/unbound.conf" >/dev/null
    seen=$(live_events)
}

live_create
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
cat >"$world_dir/zones/leads.zone" <<'ZONE'
@      300 SOA   ns.world. hostmaster 1 3600 1200 604800 60
@      300 NS    ns.world.
bait   300 CNAME army.ml.
near   300 CNAME ns.army.ml.
over   300 CNAME over.army.ml.
mail   300 MX    10 mx.army.ml.
ZONE
sed '$a over 300 CNAME mail.example.com.' -i "$world_dir/zones/lookalike.zone"
world_start nsd || bail "$world_error"
beside "dns64 dynlib validator iterator" "    dns64-prefix: 64:ff9b::/96"
all dns64 64:ff9b::7f00:1 64:ff9b::c000:219
test_unblocked
beside "dynlib respip validator iterator" "    response-ip: 198.51.100.0/24 redirect"
all respip "" ""
beside "dynlib subnetcache validator iterator" "    client-subnet-always-forward: yes
    send-client-subnet: 127.0.0.1"
all subnetcache "" ""
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_end
