#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each question of each client is in the log exactly once, with the right client, also when
# many ask for the same name at once and when the answer comes from the cache.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_threads=2
seen=0 # events of the parts before

# questions COUNT NAME TYPE: from ten clients in turn, each tenth of a client's by TCP.
questions() {
    local i transport
    for ((i = 0; i < $1; i++)); do
        transport=udp
        ((i / 10 % 10 != 0)) || transport=tcp
        echo "127.0.0.$((2 + i % 10)) $transport $2 $3"
    done
}

# new_events FILTER: one line for each event since the last part.
new_events() {
    tail -n +$((seen + 1)) "$live_log" | jq -r "$1"
}

# logged_exactly NAME ANSWERS: the log has these clients, ports, transports and questions,
# each as often as it was asked.
logged_exactly() {
    local count
    count=$(wc -l <<<"$2")
    check "$1: the events are written" live_await_events $((seen + count))
    is "$1: exactly one event for each question, with its client" "$(new_events '[.source.ip, .source.port,
        .network.transport, .dns.question.name, .dns.question.type] | join(" ")' | sort)" \
        "$(awk '{ print $1, $2, $3, $5, $6 }' <<<"$2" | sort)"
    seen=$((seen + count))
}

# asked_all NAME RCODE SERVER LIST: all at once, each answered with that rcode.
asked_all() {
    answers=$("$live_client" -p "$world_unbound_port" -s "$3" -j 16 -l <<<"$4") || true
    is "$1: each question is answered" "$(awk '{ print $4 }' <<<"$answers" | sort | uniq -c | xargs)" \
        "$(wc -l <<<"$4") $2"
    logged_exactly "$1" "$answers"
}

test_blocked() {
    asked_all "1000 blocked" NXDOMAIN 127.0.0.1 "$(questions 1000 army.ml MX)"
    is "1000 blocked: numbers without a gap" "$(jq .event.sequence "$live_log")" "$(seq 1000)"
    is "1000 blocked: 100 of each client" "$(jq -r .source.ip "$live_log" | sort | uniq -c | xargs)" \
        "$(for i in 10 11 2 3 4 5 6 7 8 9; do echo "100 127.0.0.$i"; done | xargs)"
}

# The first of them are told by recursion, the rest from the cache.
test_monitored() {
    asked_all "monitored" NOERROR 127.0.0.1 "$(questions 300 army.om A)"
    asked_all "monitored, all from the cache" NOERROR 127.0.0.1 "$(questions 200 army.om A)"
    asked_all "monitored, NXDOMAIN" NXDOMAIN 127.0.0.1 "$(questions 100 no.army.om A)"
}

# Those who ask while another's question is under way join it. The outside is held until
# all have asked.
test_joined() {
    local before
    before=$(queries)
    hold
    { live_until asked_since $((before + 16)) || true; release; } &
    asked_all "monitored, joined" NOERROR 127.0.0.1 "$(questions 16 www.army.om A | sed 's/ tcp / udp /')"
    wait $!
}

test_ipv6() {
    if ! world_has_ipv6; then
        ok "IPv6 # SKIP no ::1 here"
        return
    fi
    asked_all "IPv6" NXDOMAIN ::1 "$(questions 50 army.ml A | sed 's/^[^ ]*/::1/')"
    asked_all "IPv6, monitored" NOERROR ::1 "$(questions 50 army.om A | sed 's/^[^ ]*/::1/')"
}

live_begin
test_blocked
test_monitored
test_joined
test_ipv6
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
is "all numbers without a gap" "$(jq .event.sequence "$live_log")" "$(seq "$seen")"
live_end
