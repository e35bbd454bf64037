#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Where answers are validated: what is said in the place of the truth never counts as authentic,
# what passes is as it is without us, and the log says what the client has seen of a bogus answer.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v ldns-signzone >/dev/null || { echo "1..0 # SKIP no ldns-signzone (ldnsutils)"; exit 77; }
world_threads=2
world_zones+=('good.example good.zone' 'bad.example leads.zone' 'shop.om honest.zone' 'fine.om fine.zone')
seen=0 # events of the parts before

zone() {
    cat <<'ZONE'
@      300 SOA   ns.world. hostmaster 1 3600 1200 604800 60
@      300 NS    ns.world.
@      300 A     192.0.2.80
bait   300 CNAME army.ml.
okay   300 CNAME orange.ml.
mail   300 MX    10 mx.army.ml.
smx    300 MX    10 mail.army.om.
ZONE
}

# sign ZONE: out of zones/leads.zone; the anchor is printed.
sign() {
    local key
    cd "$world_dir/zones"
    key=$(ldns-keygen -a ECDSAP256SHA256 -k "$1")
    { echo "\$ORIGIN $1."; cat leads.zone; } >"$1.plain"
    ldns-signzone -f "$2" "$1.plain" "$key" >/dev/null
    awk '{ $1 = $1; print }' "$key.ds"
    cd - >/dev/null
}

# gets NAME QNAME QTYPE RCODE AD EVENT: twice, once from the cache; with DO.
gets() {
    local name=$1 qname=$2 qtype=$3 rcode=$4 ad=$5 event=$6 i
    for i in 1 2; do
        ask -d -w 20000 "$qname" "$qtype"
        is "$name, $i" "$(field rcode) $([[ " $(field flags) " == *" ad "* ]] && echo ad)" "$rcode $ad"
        if [[ -n $event ]]; then
            seen=$((seen + 1))
            check "$name, $i: the event is written" live_await_events "$seen"
            is "$name, $i: the event" "$(tail -n 1 "$live_log" |
                jq -r '[.dns.question.name, .tldguard.via // "-", .tldguard.reply, .dns.response_code] | join(" ")')" "$qname $event"
        else
            is "$name, $i: no event" "$(live_events)" "$seen"
        fi
    done
}

test_good() {
    gets "what passes" good.example A NOERROR ad ""
    gets "an alias" bait.good.example A NXDOMAIN "" "army.ml NXDOMAIN NXDOMAIN"
    is "an alias: with its signature" "$(field answer | awk '{ print $4 }' | sort | xargs)" "CNAME RRSIG"
    gets "an alias to an allowed name, not signed" okay.good.example A NOERROR "" ""
    gets "mail" mail.good.example MX NOERROR "" "mx.army.ml null MX NOERROR"
    is "mail: without a signature" "$(field answer | awk '{ print $4 }')" MX
    gets "mail, watched" smx.good.example MX NOERROR ad "mail.army.om resolve NOERROR"
    gets "watched" fine.om A NOERROR ad "- resolve NOERROR"
}

# RFC 4035 5.5: a client gets SERVFAIL, unless it asks for what is there.
test_bogus() {
    gets "bogus" bad.example A SERVFAIL "" ""
    gets "bogus, and watched" shop.om A SERVFAIL "" "- resolve SERVFAIL"
    gets "bogus, and leads to one that is watched" smx.bad.example MX SERVFAIL "" "mail.army.om resolve SERVFAIL"
    gets "bogus, and leads to one that is blocked" bait.bad.example A NXDOMAIN "" "army.ml NXDOMAIN NXDOMAIN"
    ask -c -d shop.om A
    is "who asks gets what is there" "$(field rcode)" NOERROR
    seen=$((seen + 1))
    check "who asks: the event is written" live_await_events "$seen"
    is "who asks: the event" "$(tail -n 1 "$live_log" | jq -r .dns.response_code)" NOERROR
    ask -c -d mail.bad.example MX
    is "who asks does not get what is blocked" "$(field answer | awk '{ print $6 }')" .
    seen=$((seen + 1))
}

# shellcheck disable=SC2317
is_watched_by() {
    ask fine.om A
    seen=$((seen + 1))
    [[ $(live_lines | jq -r .rule.version | tail -n 1) == "$1" ]]
}

# What is cached as bogus, while a policy that blocks it waits for the cache to be looked through: after
# flush_requestlist, until a question comes that is not cached. Nobody was told what is there, so that
# is not observed and allowed.
test_blocked_meanwhile() {
    world_control flush_requestlist >/dev/null
    { sed 's/^serial:.*/serial: 2026112202/' "$live_policy"; echo 'block: [shop.om]'; } >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    check "bogus, and blocked meanwhile: the policy is in force" live_until is_watched_by 2026112202
    check "bogus, and blocked meanwhile: the events of before are written" live_await_events "$seen"
    ask shop.om A
    is "bogus, and blocked meanwhile: the answer" "$(field rcode)" SERVFAIL
    gets "watched, after that" fine.om A NOERROR ad "- resolve NOERROR"
    is "bogus, and blocked meanwhile: no event" "$(live_lines | tail -n 3 | jq -r .dns.question.name | sort -u)" fine.om
}

live_create
zone >"$world_dir/zones/leads.zone"
anchors=("$(sign good.example good.zone)" "$(sign fine.om fine.zone)")
chmod a+r "$world_dir/zones/"*.zone
world_unbound_more="    trust-anchor: \"${anchors[0]}\"
    trust-anchor: \"${anchors[1]}\"
    trust-anchor: \"${anchors[0]/good.example/bad.example}\"
    trust-anchor: \"${anchors[1]/fine.om/shop.om}\""
world_start nsd || bail "$world_error"
world_start unbound || bail "$world_error"
test_good
test_bogus
test_blocked_meanwhile
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_end
