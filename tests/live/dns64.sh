#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Behind dns64, which makes AAAA records out of A records: it asks for these by itself, and
# keeps what it has made. Nobody gets the look-alike's address that way, and no question is
# answered past the module or counted twice.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 77; }
live_liar_pid=0
world_zones+=('shop.om honest.zone')
world_unbound_more='    module-config: "dns64 dynlib validator iterator"
    dns64-prefix: 64:ff9b::/96'
seen=0 # events of the questions before

# hits: how many questions were answered from the cache.
hits() { world_control stats_noreset | sed -n 's/^total.num.cachehits=//p'; }

# repeated NAME QNAME QTYPE EVENT [ADDRESS...]: three clients ask, twice each. Each of the
# six has one event, which says EVENT, and an answer with these addresses, no other.
repeated() {
    local name="$1 $3" qname=$2 qtype=$3 event=$4 answers='' edes='' i before
    shift 4
    before=$(hits)
    for i in 1 2 3 4 5 6; do
        ask -e -b "127.0.0.$((2 + i % 3))" "$qname" "$qtype"
        answers+=$(field answer | awk '{ print $5 }' | sort | xargs)$'\n'
        edes+=$(field ede | cut -d' ' -f1 | xargs)$'\n'
    done
    is "$name: what each gets" "$(sort -u <<<"${answers%$'\n'}")" "$(printf '%s\n' "$@" | sort | xargs)"
    is "$name: told why once" "$(sort -u <<<"${edes%$'\n'}")" "$([[ $event == resolve* ]] || echo 15)"
    [[ $event == resolve* ]] || is "$name: none from the cache" "$(hits)" "$before"
    seen=$((seen + 6))
    check "$name: the events are written" live_await_events "$seen"
    is "$name: one event each" "$(tail -n +$((seen - 5)) "$live_log" |
        jq -r '[.source.ip, .dns.question.name, .dns.question.type, .tldguard.reply] | join(" ")' |
        sort | uniq -c | awk '{$1=$1};1')" \
        "$(for i in 2 3 4; do echo "2 127.0.0.$i $qname $qtype $event"; done)"
}

test_repeated() {
    local qtype
    for qtype in AAAA A MX; do
        repeated "nxdomain" army.ml $qtype NXDOMAIN
        # dns64 asks for the A records of a name that has no AAAA.
        repeated "nodata" army.ne $qtype NODATA
        # Not NXDOMAIN, which would deny what is allowed below it.
        repeated "above an allowed name" partner.ml $qtype NODATA
        repeated "refused" army.et $qtype REFUSED
    done
}

# Somebody who sinks IPv4 only: NAT64 leads to that, or there is no address.
test_sinkhole() {
    repeated "sinkhole" army.il A "sinkhole A" 192.0.2.53 192.0.2.54
    repeated "sinkhole without aaaa" army.il AAAA NODATA 64:ff9b::c000:235 64:ff9b::c000:236
    repeated "sinkhole" army.il TXT NODATA
}

test_monitor() {
    repeated "watched, only A outside" mail.shop.om AAAA resolve 64:ff9b::c000:219
    repeated "watched" army.om AAAA resolve 2001:db8:66::66
    repeated "watched, nothing outside" html.shop.om MX resolve
}

# What nobody has a rule for must be as it is without us.
test_passed() {
    ask mail.example.com AAAA
    is "an honest name with A only" "$(field answer | awk '{ print $5 }')" 64:ff9b::c000:219
    ask mail.partner.ml AAAA
    is "an allowed name with A only" "$(field answer | awk '{ print $5 }')" 64:ff9b::c000:219
    ask ns.army.cm AAAA
    is "mail-only: a name with A only" "$(field answer | awk '{ print $5 }')" 64:ff9b::7f00:1
    ask slip.army.mil AAAA
    is "an alias of a blocked name" "$(field rcode) $(field answer | awk '{ print $4, $5 }')" "NXDOMAIN CNAME army.ml."
    ask -b 127.0.0.9 army.ml AAAA
    is "blocked, after an alias led there" "$(field rcode)$(field answer)" NXDOMAIN
}

# Nobody answers for gov. The question for A records waits no more for that, when the one that it is
# asked for has waited.
test_silent() {
    ask -w 1800 quiet.got AAAA
    is "a twin whose servers are silent: there is an answer in time" "$(field answer | awk '{ print $5 }')" 64:ff9b::cb00:7109
    world_stop unbound
    is "a twin whose servers are silent: one look-up" \
        "$("$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>/dev/null | sed -n 's/^num.twins.asked=//p')" 1
}

# What is asked for A below army.ml and leads.example, and is kept back meanwhile.
kept_policy() {
    cat <<'YAML'
serial: 1
tlds:
  - {tld: ml, targets: [mil], mode: block}
YAML
}
kept_groups='clients: [{group: lab, subnets: [127.0.0.3/32], mode: "off"}]'

# begin_kept: an outside that answers all at once, but what is asked for A when it is let go.
begin_kept() {
    printf '%s\n' '@ 300 SOA ns.world. hostmaster 1 3600 1200 604800 60' '@ 300 NS ns.world.' 'near 300 CNAME ns.army.ml.' \
        >"$world_dir/zones/leads.zone"
    world_zones+=('leads.example leads.zone')
    world_stop nsd
    world_start nsd || bail "$world_error"
    live_liar keep "$world_nsd_port" || bail "no liar"
    # Or what is asked for on the way to a name is an A record, too.
    world_unbound_more+=$'\n    qname-minimisation: no'
    live_stub ml
    live_stub leads.example
    kept_policy >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    rm -f "$live_log"
    world_start unbound || bail "$world_error"
    seen=0
}

# shellcheck disable=SC2317
is_asked() { grep -qxF "$1 1" "$world_dir/run/liar.asked"; }

# kept CLIENT QNAME: asks for AAAA, and does not wait; what comes is in the file kept.CLIENT.
kept() {
    "$live_client" -p "$world_unbound_port" -w 20000 -b "$1" "$2" AAAA >"$world_dir/kept.$1" &
    asking+=("$!")
}

# let_go: what was kept back, and so the answers to all that ask.
let_go() {
    : >"$world_dir/run/liar.go"
    wait "${asking[@]}" || true
    rm "$world_dir/run/liar.go"
    asking=()
}

# got NAME CLIENT RCODE [ADDRESS]
got() {
    is "$1, $2" "$(sed -n 's/^rcode //p' "$world_dir/kept.$2") $(awk '$5 == "AAAA" { print $6 }' "$world_dir/kept.$2")" "$3 ${4:-}"
}

# events NAME QNAME CLIENT...: these have been written since, each once.
events() {
    local name=$1 qname=$2 client
    shift 2
    seen=$((seen + $#))
    check "$name: the events are written" live_await_events "$seen"
    is "$name: one event each" "$(live_lines | tail -n $# | jq -r '[.source.ip, .dns.question.name, .tldguard.reply] | join(" ")' | sort)" \
        "$(for client in "$@"; do echo "$client $qname NXDOMAIN"; done | sort)"
}

# Who joins a question that is answered already, but for what dns64 still asks for.
test_joined() {
    local before
    kept 127.0.0.8 near.leads.example
    check "joined: A is asked for" live_until is_asked near.leads.example
    before=$(queries)
    kept 127.0.0.9 near.leads.example
    check "joined: the second has asked" live_until asked_since $((before + 1))
    let_go
    got joined 127.0.0.8 NXDOMAIN
    got joined 127.0.0.9 NXDOMAIN
    events joined near.leads.example 127.0.0.8 127.0.0.9
}

# policy_is SERIAL [LINE]: in force.
policy_is() {
    { kept_policy | sed "s/^serial: 1/serial: $1/"; echo "${2:-}"; } >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    check "policy $1 is in force" live_until grep -q "policy serial $1, .* is in force" "$world_dir/unbound.log"
}

# Who came first has no part in what the other gets: each is told what its own group is.
test_groups() {
    policy_is 4 "$kept_groups"
    : >"$world_dir/run/liar.asked"
    kept 127.0.0.3 ns.army.ml
    check "groups: A is asked for" live_until is_asked ns.army.ml
    kept 127.0.0.9 ns.army.ml
    check "groups: who is blocked has an event already" live_await_events $((seen + 1))
    let_go
    got groups 127.0.0.3 NOERROR 64:ff9b::7f00:1
    got groups 127.0.0.9 NXDOMAIN
    events groups ns.army.ml 127.0.0.9
}

# They wait together already when the groups come, and what blocks the one: none of them is told what
# the other is. The last one to come is the one that Unbound names first.
test_groups_late() {
    local before
    policy_is 2 'allow: [ns.army.ml]'
    kept 127.0.0.9 ns.army.ml
    check "groups that come late: A is asked for" live_until is_asked ns.army.ml
    before=$(queries)
    kept 127.0.0.3 ns.army.ml
    check "groups that come late: the second has asked" live_until asked_since $((before + 1))
    policy_is 3 "$kept_groups"
    let_go
    got "groups that come late" 127.0.0.3 NOERROR
    got "groups that come late" 127.0.0.9 NOERROR
}

# The same behind an alias: both wait for A.
test_groups_alias() {
    local order first second before
    for order in '3 9' '9 3'; do
        read -r first second <<<"$order"
        world_control flush_zone leads.example >/dev/null
        : >"$world_dir/run/liar.asked"
        kept "127.0.0.$first" near.leads.example
        check "groups, alias, $order: A is asked for" live_until is_asked near.leads.example
        before=$(queries)
        kept "127.0.0.$second" near.leads.example
        check "groups, alias, $order: the second has asked" live_until asked_since $((before + 1))
        check "groups, alias, $order: who is blocked has an event already" live_await_events $((seen + 1))
        let_go
        got "groups, alias, $order" 127.0.0.3 NOERROR 64:ff9b::7f00:1
        got "groups, alias, $order" 127.0.0.9 NXDOMAIN
        events "groups, alias, $order" near.leads.example 127.0.0.9
    done
}

live_create
trap '((live_liar_pid == 0)) || kill "$live_liar_pid" 2>/dev/null || true; world_end' EXIT
sed 's/aaaa: "[^"]*", //;s/tld: got, .*/tld: got, targets: [gov], mode: block, otherwise: mail-only, twin: dns}/' "$live_policy" >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
world_stop nsd
echo 'quiet.got. 300 A 203.0.113.9' >>"$world_dir/zones/root.zone"
world_start nsd || bail "$world_error"
live_liar silent "$world_nsd_port" || bail "no liar"
live_stub gov
world_start unbound || bail "$world_error"
test_repeated
test_sinkhole
test_monitor
test_passed
test_silent
is "no other events" "$(live_events)" $((seen + 2))
live_liar_end
begin_kept
test_joined
test_groups_late
test_groups
test_groups_alias
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_liar_end
live_end
