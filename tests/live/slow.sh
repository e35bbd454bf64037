#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Watched names when the outside is slow or dead: what somebody has asked for is in the log
# once, whether the answer came late, stale, for several at once, or never.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_zones+=('short.om short.zone')
seen=0 # events of the parts before

# shellcheck disable=SC2317
# One question is never answered: the module's own, which tells it when Unbound reloads.
waiting() { (($(world_control stats_noreset | sed -n 's/^total.requestlist.current.all=//p') <= $1 + 1)); }

# logged NAME COUNT [EVENT...]: that many events since the last time. A question of a
# blocked name marks the end: what is asked last is written last.
logged() {
    local name=$1 count=$2 events
    shift 2
    ask -b 127.0.0.99 end.ml A
    check "$name: the events are written" live_await_events $((seen + count + 1))
    events=$(tail -n +$((seen + 1)) "$live_log" | jq -r 'select(.source.ip != "127.0.0.99") |
        [.source.ip, .dns.question.name, .dns.question.type, .tldguard.reply, .dns.response_code] | join(" ")')
    is "$name: exactly one event each" "$(sort <<<"$events")" "$(printf '%s\n' "$@" | sort)"
    seen=$(live_events)
}

# Longer than discard-timeout, 1.9 s, after which Unbound drops the answer that comes.
test_late() {
    local pid
    hold
    "$live_client" -p "$world_unbound_port" -b 127.0.0.7 -w 3000 mail.army.om MX >"$world_dir/late" &
    pid=$!
    # The outside must be late by this much: it is no wait for something to be ready.
    sleep 2.6
    release
    check "late: nobody is asked any more" live_until waiting 0
    wait "$pid" || true
    logged "late" 1 "127.0.0.7 mail.army.om MX resolve NOERROR"
    ask -b 127.0.0.8 mail.army.om MX
    is "from the cache, after it was late" "$(field answer | awk '{ print $6 }')" mail.army.om.
    logged "from the cache, after it was late" 1 "127.0.0.8 mail.army.om MX resolve NOERROR"
}

# Answered in time, and then twice from the cache.
test_in_time() {
    local i
    for i in 1 2 3; do ask -b 127.0.0.7 www.army.om A; done
    ask -t -b 127.0.0.7 www.army.om MX
    logged "in time" 4 "127.0.0.7 www.army.om A resolve NOERROR" "127.0.0.7 www.army.om A resolve NOERROR" \
        "127.0.0.7 www.army.om A resolve NOERROR" "127.0.0.7 www.army.om MX resolve NOERROR"
}

# together NAME QNAME SECONDS: five clients wait for one answer, which comes that late.
together() {
    local before i asking wanted=()
    before=$(queries)
    hold
    for i in 11 12 13 14 15; do
        wanted+=("127.0.0.$i $2 A resolve NOERROR")
        echo "127.0.0.$i udp $2 A"
    done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 3000 -j 5 -l <"$world_dir/list" >/dev/null &
    asking=$!
    check "$1: they all wait" live_until asked_since $((before + 5))
    sleep "$3"
    release
    check "$1: nobody is asked any more" live_until waiting 0
    wait "$asking" || true
    logged "$1" 5 "${wanted[@]}"
}

test_together() {
    together "together" mail.army.om 0
    together "together, late" ns.army.om 2.2
}

# RFC 8767: what has expired is given when nothing better comes in time; what comes later
# has nobody waiting. TTLs are 1 here.
test_stale() {
    # The alias first: of an address from the cache whose last second it is, nothing would be stored.
    ask -b 127.0.0.7 www.short.om A
    ask -b 127.0.0.7 short.om A
    sleep 2
    ask -b 127.0.0.7 short.om A
    logged "expired, the outside in time" 3 "127.0.0.7 short.om A resolve NOERROR" \
        "127.0.0.7 www.short.om A resolve NOERROR" "127.0.0.7 short.om A resolve NOERROR"
    hold
    ask -w 5000 -b 127.0.0.7 www.short.om A
    is "stale: the answer" "$(field answer | awk '{ print $4, $5 }' | xargs)" "CNAME short.om. A 203.0.113.66"
    release
    check "stale: nobody is asked any more" live_until waiting 0
    logged "stale" 1 "127.0.0.7 www.short.om A resolve NOERROR"
}

# Given at once, and asked for anew behind the client.
test_stale_at_once() {
    world_unbound_more=$'    serve-expired: yes\n    serve-expired-client-timeout: 0'
    world_start unbound || bail "$world_error"
    ask -b 127.0.0.7 short.om A
    sleep 2
    ask -b 127.0.0.7 short.om A
    check "stale at once: nobody is asked any more" live_until waiting 0
    logged "stale at once" 2 "127.0.0.7 short.om A resolve NOERROR" "127.0.0.7 short.om A resolve NOERROR"
}

# Nobody is there: Unbound tries until it gives up, here within seconds.
test_dead() {
    local i
    world_unbound_more=$'    outbound-msg-retry: 2\n    infra-cache-max-rtt: 1000\n    discard-timeout: 9000'
    world_start unbound || bail "$world_error"
    ask army.mil A
    world_stop nsd
    for i in 1 2 3; do
        ask -w 9000 -b "127.0.0.$i" "dead$i.army.om" MX
        is "dead: the answer, $i" "$(field rcode)" SERVFAIL
    done
    ask -w 9000 -b 127.0.0.3 dead3.army.om MX
    check "dead: nobody is asked any more" live_until waiting 0
    logged "dead" 4 "127.0.0.1 dead1.army.om MX resolve SERVFAIL" "127.0.0.2 dead2.army.om MX resolve SERVFAIL" \
        "127.0.0.3 dead3.army.om MX resolve SERVFAIL" "127.0.0.3 dead3.army.om MX resolve SERVFAIL"
}

live_create
sed 's/ 300 / 1 /' "$world_dir/zones/lookalike.zone" >"$world_dir/zones/short.zone"
world_start nsd || bail "$world_error"
world_unbound_more=$'    serve-expired: yes\n    serve-expired-client-timeout: 300'
world_start unbound || bail "$world_error"
test_in_time
test_late
test_together
test_stale
test_stale_at_once
test_dead
world_stop unbound
is "no other events" "$(live_events)" "$seen"
live_end
