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

live_create
trap '((live_liar_pid == 0)) || kill "$live_liar_pid" 2>/dev/null || true; world_end' EXIT
sed 's/aaaa: "[^"]*", //;s/tld: got, .*/tld: got, targets: [gov], mode: block, otherwise: mail-only, twin: dns}/' "$live_policy" >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
world_stop nsd
echo 'quiet.got. 300 A 203.0.113.9' >>"$world_dir/zones/root.zone"
world_start nsd || bail "$world_error"
live_liar silent "$world_nsd_port" || bail "no liar"
world_unbound_clauses="stub-zone:
    name: gov
    stub-addr: 127.0.0.1@$live_liar_port"
world_start unbound || bail "$world_error"
test_repeated
test_sinkhole
test_monitor
test_passed
test_silent
is "no other events" "$(live_events)" $((seen + 2))
live_end
