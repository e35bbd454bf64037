#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Names that nobody has listed, and what their answers lead to: an alias of a look-alike, mail
# that is handed to one. Blocked or logged by that name's rule the first time and every time,
# whoever asks first, and whatever parts of the answer the resolver has in its cache.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_threads=2
world_unbound_more='    log-servfail: yes'
soa='97 IN SOA tldguard.example.net. soc.example.net. 2026112201 3600 1200 604800 97'
seen=0 # events of the parts before
lead='' # the zone of the questions, as some ask for a fresh one

# The zone of somebody who leads to look-alikes in each way there is; loaded under many names.
zone() {
    cat <<'ZONE'
@      300 SOA   ns.world. hostmaster 1 3600 1200 604800 60
@      300 NS    ns.world.
@      300 MX    10 mx.army.ml.
bait   300 CNAME army.ml.
www    300 CNAME x.army.ml.
far    300 CNAME near
near   300 CNAME www.army.ml.
dname  300 DNAME army.ml.
mail   300 MX    10 mail.example.com.
mail   300 MX    20 mx.army.ml.
other  300 CNAME mail
nd     300 CNAME army.ne.
rf     300 CNAME army.et.
sink   300 CNAME army.il.
smail  300 MX    10 mail.army.il.
rmail  300 MX    10 mail.army.et.
only   300 CNAME army.cm.
omail  300 MX    10 mail.army.cm.
see    300 CNAME army.om.
smx    300 MX    10 mail.army.om.
_sip._tcp 300 SRV 0 0 5060 sip.army.ml.
_ok._tcp  300 SRV 0 0 0 .
svc    300 HTTPS 1 army.ml.
self   300 HTTPS 1 .
okay   300 CNAME orange.ml.
okmx   300 MX    10 mail.partner.ml.
null   300 MX    0 .
trust  300 CNAME army.ml.
any    300 MX    10 mx.army.ml.
hints  300 SRV   0 0 5060 sip.army.ml.
ours   300 CNAME mail.army.mil.
ZONE
    many full 1499 mx.army.ml.
    many over 1500 mail.example.com.
    many trusted 1500 mail.example.com.
    many seen 99 mx.army.om.
    many unseen 100 mx.army.om.
}

# many NAME COUNT LAST: so many exchangers that no rule speaks of, and then that one.
many() {
    awk -v name="$1" -v count="$2" -v last="$3" 'BEGIN {
        for (i = 1; i <= count; i++) printf "%s 300 MX 10 m%d.example.com.\n", name, i
        printf "%s 300 MX 20 %s\n", name, last
    }'
}

# The last line of a test: what was logged since the last one.
logged() {
    local name=$1
    shift
    seen=$((seen + $#))
    (($# == 0)) || check "$name: the events are written" live_await_events "$seen"
    is "$name: the events" "$(tail -n +$((seen + 1 - $#)) "$live_log" | (($# == 0)) ||
        tail -n $# "$live_log" | jq -r '[.dns.question.name, .dns.question.type, .tldguard.via // "-",
            .tldguard.reply, .tldguard.twin // "-"] | join(" ")')" "$(printf '%s\n' "$@")"
}

# leads NAME QNAME QTYPE RCODE EVENT [LINE...]: twice, as from the cache nobody may get another
# answer. Without EVENT nothing is logged.
leads() {
    local name=$1 qname=$2.$lead qtype=$3 rcode=$4 event=$5 i
    shift 5
    for i in 1 2; do
        ask "$qname" "$qtype"
        # What is made of a DNAME has a TTL of 0 where Unbound made it.
        is "$name, $i" "$(asked | sed 's/ 0 IN CNAME/ 300 IN CNAME/' |
            grep -v '^flags\|^question\|^additional' | sort)" \
            "$(printf '%s\n' "rcode $rcode" "${@//@/$lead.}" | sort)"
        if [[ -n $event ]]; then logged "$name, $i" "$qname $qtype $event"; else logged "$name, $i"; fi
    done
}

test_alias() {
    # RFC 6604: the chain stays, and rcode and SOA are about its last name.
    leads "an alias" bait A NXDOMAIN "army.ml NXDOMAIN army.mil" \
        "answer bait.@ 300 IN CNAME army.ml." "authority ml. $soa"
    leads "an alias: another type" bait MX NXDOMAIN "army.ml NXDOMAIN army.mil" \
        "answer bait.@ 300 IN CNAME army.ml." "authority ml. $soa"
    leads "an alias to nothing" www A NXDOMAIN "x.army.ml NXDOMAIN x.army.mil" \
        "answer www.@ 300 IN CNAME x.army.ml." "authority ml. $soa"
    leads "a chain" far A NXDOMAIN "www.army.ml NXDOMAIN www.army.mil" "answer far.@ 300 IN CNAME near.@" \
        "answer near.@ 300 IN CNAME www.army.ml." "authority ml. $soa"
    leads "a part of the chain" near A NXDOMAIN "www.army.ml NXDOMAIN www.army.mil" \
        "answer near.@ 300 IN CNAME www.army.ml." "authority ml. $soa"
    leads "a DNAME" www.dname A NXDOMAIN "www.army.ml NXDOMAIN www.army.mil" \
        "answer dname.@ 300 IN DNAME army.ml." "answer www.dname.@ 300 IN CNAME www.army.ml." "authority ml. $soa"
    leads "NODATA" nd A NOERROR "army.ne NODATA army.net" \
        "answer nd.@ 300 IN CNAME army.ne." "authority ne. $soa"
    leads "REFUSED" rf A REFUSED "army.et REFUSED army.net"
    leads "a sinkhole" sink AAAA NOERROR "army.il sinkhole AAAA army.mil" \
        "answer sink.@ 300 IN CNAME army.il." "answer army.il. 97 IN AAAA 2001:db8::53"
    leads "mail-only, mail" only MX NOERROR "army.cm null MX army.com" \
        "answer only.@ 300 IN CNAME army.cm." "answer army.cm. 97 IN MX 0 ."
    leads "mail-only, an address" only A NOERROR "" \
        "answer only.@ 300 IN CNAME army.cm." "answer army.cm. 300 IN A 203.0.113.66"
    leads "watched" see A NOERROR "army.om resolve army.com" \
        "answer see.@ 300 IN CNAME army.om." "answer army.om. 300 IN A 203.0.113.66"
}

test_mail() {
    # RFC 7505: without an MX mail would go to the address, so none is said to be there.
    leads "mail" mail MX NOERROR "mx.army.ml null MX mx.army.mil" "answer mail.@ 97 IN MX 0 ."
    leads "mail for an alias" other MX NOERROR "mx.army.ml null MX mx.army.mil" \
        "answer other.@ 300 IN CNAME mail.@" "answer mail.@ 97 IN MX 0 ."
    leads "mail to a sinkhole" smail MX NOERROR "mail.army.il sinkhole MX mail.army.mil" \
        "answer smail.@ 97 IN MX 0 catch.example.net."
    leads "mail that is refused" rmail MX REFUSED "mail.army.et REFUSED mail.army.net"
    leads "mail, mail-only" omail MX NOERROR "mail.army.cm null MX mail.army.com" "answer omail.@ 97 IN MX 0 ."
    leads "mail, watched" smx MX NOERROR "mail.army.om resolve mail.army.com" "answer smx.@ 300 IN MX 10 mail.army.om."
}

test_services() {
    # RFC 2782: a target of "." says that the service is decidedly not there.
    leads "a service" _sip._tcp SRV NOERROR "sip.army.ml null SRV sip.army.mil" "answer _sip._tcp.@ 97 IN SRV 0 0 0 ."
    # Browsers then ask for the address.
    leads "HTTPS" svc HTTPS NOERROR "army.ml NODATA army.mil" "authority svc.@ $soa"
    # Once: from now on the resolver would ask that server.
    ask www.deleg.example NS
    is "a name server" "$(field authority)" "www.deleg.example. $soa"
    logged "a name server" "www.deleg.example NS ns.army.ml NODATA ns.army.mil"
}

test_honest() {
    leads "an allowed name" okay A NOERROR "" "answer okay.@ 300 IN CNAME orange.ml." \
        "answer orange.ml. 300 IN A 192.0.2.80"
    leads "mail to an allowed name" okmx MX NOERROR "" "answer okmx.@ 300 IN MX 10 mail.partner.ml."
    leads "no mail" null MX NOERROR "" "answer null.@ 300 IN MX 0 ."
    leads "no service" _ok._tcp SRV NOERROR "" "answer _ok._tcp.@ 300 IN SRV 0 0 0 ."
    leads "HTTPS of its own" self HTTPS NOERROR "" "answer self.@ 300 IN HTTPS 1 ."
    leads "an alias of what was meant" ours A NOERROR "" "answer ours.@ 300 IN CNAME mail.army.mil." \
        "answer mail.army.mil. 300 IN A 198.51.100.11"
    # By ANY some look for an MX; the rest of what is there is not denied for its sake.
    leads "ANY, with mail" any ANY NOERROR "mx.army.ml null MX mx.army.mil" "answer any.@ 97 IN MX 0 ."
    leads "ANY, without" hints ANY NOERROR "" "answer hints.@ 300 IN SRV 0 0 5060 sip.army.ml."
    # What was asked for is the alias itself (RFC 1034 3.6.2).
    leads "the alias" bait CNAME NOERROR "" "answer bait.@ 300 IN CNAME army.ml."
    # Who allows a name lets it lead where it does.
    leads "an allowed name that leads there" trust A NOERROR "" "answer trust.@ 300 IN CNAME army.ml." \
        "answer army.ml. 300 IN A 203.0.113.66"
    ask army.ml A
    is "and does not bring the look-alike into the cache" "$(field rcode)" NXDOMAIN
    logged "and does not bring the look-alike into the cache" "army.ml A - NXDOMAIN army.mil"
}

test_explained() {
    ask -e "mail.$lead" MX
    is "the client is told" "$(field ede)" \
        "15 leads to mx.army.ml, look-alike of mx.army.mil (rule ml); contact soc@example.net"
    logged "the client is told" "mail.$lead MX mx.army.ml null MX mx.army.mil"
    is "the log says it in words" "$(tail -n 1 "$live_log" | jq -r .message)" \
        "blocked MX mail.$lead for 127.0.0.1: leads to mx.army.ml, looks like mx.army.mil"
}

# Of an answer 1,500 names are judged; one that leads to more is a failure, unless it is allowed. Of one
# from the cache the first hundred are looked at; the log has who asked first in any case.
test_many() {
    local i
    leads "1,500 names" full MX NOERROR "mx.army.ml null MX mx.army.mil" "answer full.@ 97 IN MX 0 ."
    for i in 1 2; do
        ask "over.$lead" MX
        is "1,501 names, $i" "$(field rcode)" SERVFAIL
    done
    is "1,501 names: why, in the log of Unbound" \
        "$(grep -c "SERVFAIL <over.$lead. MX IN>: tldguard: the answer leads to more names than are judged" "$world_dir/unbound.log")" 2
    ask -t "trusted.$lead" MX
    is "1,501 names, allowed" "$(field rcode) $(field answer | wc -l)" "NOERROR 1501"
    logged "too many names"
    for i in 1 2; do
        ask -t "seen.$lead" MX
        is "100 names, watched, $i" "$(field answer | wc -l)" 100
        logged "100 names, watched, $i" "seen.$lead MX mx.army.om resolve mx.army.com"
    done
    ask -t "unseen.$lead" MX
    logged "101 names, watched, 1" "unseen.$lead MX mx.army.om resolve mx.army.com"
    ask -t "unseen.$lead" MX
    is "101 names, watched, 2" "$(field answer | wc -l)" 101
    logged "101 names, watched, 2"
}

# figure KEY: of the resolver that has stopped.
figure() { { "$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>/dev/null || true; } | sed -n "s/^$1=//p"; }

# By both threads at once, while nobody has the answer yet: 32 questions for each of ten names.
test_at_once() {
    local n list answers before
    for n in 1 2 3 4 5; do
        list=$(for ((i = 0; i < 32; i++)); do
            echo "127.0.0.$((2 + i % 8)) udp www.many$n.example A"
            echo "127.0.0.$((2 + i % 8)) udp many$n.example MX"
        done)
        before=$(queries)
        hold
        { live_until asked_since $((before + 48)) || true; release; } &
        answers=$("$live_client" -p "$world_unbound_port" -s 127.0.0.1 -j 48 -l <<<"$list") || true
        wait $!
        is "at once, $n" "$(awk '{ print $4 }' <<<"$answers" | sort | uniq -c | xargs)" "32 NOERROR 32 NXDOMAIN"
        check "at once, $n: the events are written" live_await_events $((seen + 64))
        is "at once, $n: each has its event" "$(tail -n 64 "$live_log" | jq -r '[.dns.question.type,
            .tldguard.via, .tldguard.reply] | join(" ")' | sort | uniq -c | xargs)" \
            "32 A x.army.ml NXDOMAIN 32 MX mx.army.ml null MX"
        seen=$((seen + 64))
    done
}

# The parts of an answer that the resolver knows from before are put together without asking.
test_parts() {
    lead=parts.example
    ask "bait.$lead" CNAME
    ask "near.$lead" CNAME
    ask "dname.$lead" DNAME
    ask orange.ml A
    test_alias
}

# in_force SERIAL: the policy that was put in the place of the other one is used.
in_force() {
    check "serial $1 is in force" live_until grep -q "policy serial $1, .* is in force" "$world_dir/unbound.log"
}

# A policy that comes later finds what leads to a listed name in the cache.
test_new_policy() {
    local name
    lead=later.example
    sed "s/^serial:.*/serial: 2026112202/;s/^answer:/inspect-targets: no\n&/" "$world_dir/policy.yaml" >"$world_dir/off.yaml"
    world_compile "$world_dir/off.yaml" || bail "$world_error"
    in_force 2026112202
    for name in bait near far mail www.dname; do
        ask "$name.$lead" A
        ask "$name.$lead" MX
    done
    leads "not inspected" bait A NOERROR "" "answer bait.@ 300 IN CNAME army.ml." "answer army.ml. 300 IN A 203.0.113.66"
    leads "not inspected, mail" mail MX NOERROR "" "answer mail.@ 300 IN MX 10 mail.example.com." \
        "answer mail.@ 300 IN MX 20 mx.army.ml."
    sed -i 's/^serial:.*/serial: 2026112203/;s/^inspect-targets:.*/inspect-targets: yes/' "$world_dir/off.yaml"
    world_compile "$world_dir/off.yaml" || bail "$world_error"
    in_force 2026112203
    soa=${soa/2026112201/2026112203}
    test_alias
    test_mail
}

live_create
{
    cat "$live_policy"
    printf '  - {name: trust.%s}\n' leads.example parts.example later.example
    echo '  - {name: trusted.leads.example}'
} >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
zone >"$world_dir/zones/leads.zone"
sed 's/^@  *300 NS .*/@ 300 NS ns.army.ml./;/^ns /d' "$world_dir/zones/lookalike.zone" >"$world_dir/zones/deleg.zone"
world_zones+=('www.deleg.example deleg.zone')
for lead in leads parts later many1 many2 many3 many4 many5; do
    world_zones+=("$lead.example leads.zone")
done
world_start nsd || bail "$world_error"
world_start unbound || bail "$world_error"
lead=leads.example
test_alias
test_mail
test_services
test_honest
test_explained
test_many
test_at_once
test_parts
test_new_policy
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
is "answers that led to too many names" "$(figure num.targets.withheld) $(figure num.targets.cut-short)" "2 1"
live_end
