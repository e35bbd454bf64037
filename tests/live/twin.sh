#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rules with "twin: dns": whether the name that was probably meant exists is asked of the world,
# before the first answer. Where it cannot be told, "otherwise" holds, and the log says so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_threads=2
world_zones+=('late.ml lookalike.zone' 'dead.ml lookalike.zone' 'loop.ml lookalike.zone'
    'loop.mil loop.zone' 'many.ml lookalike.zone' 'gone.ml lookalike.zone' 'host.ml lookalike.zone'
    'hosted.example honest.zone')
# Whose servers are not there; Unbound gives up within a second.
world_unbound_clauses='stub-zone:
    name: "dead.mil"
    stub-addr: 127.0.0.1@1'
seen=0 # events of the parts before

policy() {
    cat <<'YAML'
serial: 1
answer: {ttl: 97}
tlds:
  - {tld: ml, targets: [mil], mode: block, otherwise: mail-only, twin: dns}
  - {tld: cm, targets: [com], mode: mail-only, otherwise: monitor, twin: dns}
  - {tld: co, targets: [com], mode: monitor, otherwise: block, twin: dns}
protect: [listed.mil]
YAML
}

# verdict NAME QNAME QTYPE RCODE [EVENT]
verdict() {
    ask -w 20000 "$2" "$3"
    is "$1: the answer" "$(field rcode)" "$4"
    if [[ -z ${5-} ]]; then
        is "$1: no event" "$(live_events)" "$seen"
        return
    fi
    seen=$((seen + 1))
    check "$1: the event is written" live_await_events "$seen"
    is "$1: the event" "$(tail -n 1 "$live_log" | jq -r '[.dns.question.name, .tldguard.mode,
        .tldguard.twin, .tldguard.twin_known] | join(" ")')" "$2 $5"
}

cached() { world_control dump_cache 2>/dev/null | grep -c "^msg $1"; }

test_found() {
    verdict "it exists, the first question" army.ml A NXDOMAIN "block army.mil found"
    verdict "it exists, mail" army.ml MX NXDOMAIN "block army.mil found"
    # The registered name tells for what is below it.
    verdict "below it" no.such.army.ml A NXDOMAIN "block no.such.army.mil found"
    verdict "listed: nobody is asked" listed.ml A NXDOMAIN "block listed.mil listed"
    is "listed: nobody was asked" "$(cached listed.mil.)" 0
    is "the result is in the resolver's cache" "$(cached army.mil.)" 1
}

test_not_found() {
    local i
    for i in 1 2; do
        verdict "it does not exist, $i" navy.ml A NOERROR
        is "it does not exist: the true answer, $i" "$(field answer | awk '{ print $5 }')" 203.0.113.66
        verdict "it does not exist, mail, $i" navy.ml MX NOERROR "mail-only navy.mil not"
    done
    verdict "the TLD itself has no twin that could be asked for" ml TXT NOERROR
}

# RFC 6604: NXDOMAIN is about the end of a chain; the name that has the alias is there.
test_alias_to_nothing() {
    verdict "an alias to nothing" gone.ml A NXDOMAIN "block gone.mil found"
    verdict "an alias to nothing, again" gone.ml A NXDOMAIN "block gone.mil found"
}

# The resolver's own questions are nobody's: for the sake of a name server nobody is asked for.
test_servers() {
    verdict "a zone whose server has such a name" www.hosted.example A NOERROR
    is "the resolver has asked for that" "$(world_control dump_cache | grep -c '^ns\.host\.ml\..*IN.A')" 1
    is "its twin was not asked for" "$(cached host.mil.)" 0
}

# It comes into being: the look-alike's answer must not be given from the cache.
test_late() {
    verdict "not there yet" late.ml A NOERROR
    verdict "not there yet, an alias" www.late.ml A NOERROR
    world_zones+=('late.mil meant.zone')
    world_stop nsd
    live_nsd_again || bail "$world_error"
    check "its absence is forgotten" world_control flush late.mil
    verdict "there now" late.ml A NXDOMAIN "block late.mil found"
    verdict "there now, an alias" www.late.ml A NXDOMAIN "block www.late.mil found"
}

test_failed() {
    local i
    for i in 1 2; do
        verdict "nobody can tell, mail, $i" dead.ml MX NOERROR "mail-only dead.mil failed"
        verdict "nobody can tell, $i" dead.ml A NOERROR
    done
}

# The twin leads back to the look-alike.
test_loop() {
    verdict "a loop" loop.ml A NXDOMAIN "block loop.mil found"
    verdict "a loop, from the other side" back.loop.mil A NXDOMAIN "block loop.mil found"
    is "a loop: what it leads to" "$(tail -n 1 "$live_log" | jq -r .tldguard.via)" loop.ml
}

# An unlisted name that leads to one whose twin exists, or does not.
test_target() {
    verdict "an alias" slip.army.mil A NXDOMAIN "block army.mil found"
    verdict "an alias, again" slip.army.mil A NXDOMAIN "block army.mil found"
}

# Of exchangers all twins are looked up, each of them once, and what was told is remembered: that these
# are there is good for no time, so the cache knows nothing of it.
test_no_ttl() {
    verdict "twins that are there, with a TTL of 0" pair.world MX NOERROR "monitor one.com found"
    is "twins that are there, with a TTL of 0: what the answer leads to" \
        "$(field answer | awk '{ print $6 }' | sort | xargs)" "mail.example.com. one.co. three.co. two.co."
}

# While the look-up is under way more clients come: each gets the answer, and has its event.
test_at_once() {
    local before list answers
    before=$(queries)
    list=$(for ((i = 0; i < 40; i++)); do echo "127.0.0.$((2 + i % 8)) udp many.ml MX"; done)
    hold
    { live_until asked_since $((before + 40)) || true; release; } &
    answers=$("$live_client" -p "$world_unbound_port" -s 127.0.0.1 -j 40 -l <<<"$list") || true
    wait $!
    is "at once: each has an answer" "$(awk '{ print $4 }' <<<"$answers" | sort | uniq -c | xargs)" "40 NOERROR"
    seen=$((seen + 40))
    check "at once: the events are written" live_await_events "$seen"
    is "at once: each has its event" "$(tail -n 40 "$live_log" | jq -r '[.source.ip, .source.port] | join(" ")' | sort)" \
        "$(awk '{ print $1, $2 }' <<<"$answers" | sort)"
    is "at once: what they say" "$(tail -n 40 "$live_log" | jq -r '[.tldguard.reply, .tldguard.twin_known] | join(" ")' | sort | uniq -c | xargs)" \
        "40 null MX not"
}

live_create
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
sed '/^slip/d' "$world_dir/zones/meant.zone" >"$world_dir/zones/loop.zone"
echo 'back 300 CNAME loop.ml.' >>"$world_dir/zones/loop.zone"
echo 'gone.mil. 300 CNAME nowhere.world.' >>"$world_dir/zones/root.zone"
printf '%s\n' 'one.com. 0 A 192.0.2.1' 'two.com. 0 A 192.0.2.2' 'three.com. 0 A 192.0.2.3' 'pair.world. 300 MX 10 one.co.' \
    'pair.world. 300 MX 20 two.co.' 'pair.world. 300 MX 30 three.co.' \
    'pair.world. 300 MX 40 mail.example.com.' >>"$world_dir/zones/root.zone"
world_start nsd || bail "$world_error"
world_unbound_clauses+="
stub-zone:
    name: hosted.example
    stub-host: ns.host.ml@$world_nsd_port"
world_start unbound || bail "$world_error"
test_found
test_not_found
test_alias_to_nothing
test_servers
test_late
test_failed
test_loop
test_target
test_no_ttl
test_at_once
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
# Once www.late.ml, www.hosted.example and back.loop.mil, twice slip.army.mil, and four exchangers:
# however often an answer was judged anew after a look-up.
is "names that answers lead to are counted once" \
    "$({ "$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>/dev/null || true; } | sed -n 's/^num.targets.inspected=//p')" 9
live_end
