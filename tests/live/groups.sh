#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Clients of different groups get different answers to the same question: each its own, in
# whatever order they ask, also at once, and from the cache; and each its own event.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

live_policy=$(dirname "${BASH_SOURCE[0]}")/groups.yaml
world_threads=2
world_zones+=('rnil.example lookalike.zone' 'b.rnil.example lookalike.zone')
seen=0 # events of the parts before

# verdict NAME CLIENT NAME TYPE RCODE: and what the log says of it; "" for nothing.
verdict() {
    ask -b "$2" "$3" "$4"
    is "$1: the answer" "$(field rcode)" "$5"
    if [[ -z $6 ]]; then
        # An event that should not be would come before the next one that should.
        is "$1: no event" "$(live_events)" "$seen"
        return
    fi
    seen=$((seen + 1))
    check "$1: the event is written" live_await_events "$seen"
    is "$1: the event" "$(tail -n 1 "$live_log" | jq -r '[.source.ip, .tldguard.mode,
        .tldguard.group // "-", .tldguard.twin_known // "-", .rule.id] | join(" ")')" "$2 $6"
}

test_each_alone() {
    verdict "nobody's rule but the TLD's" 127.0.0.9 army.ml A NXDOMAIN "block - listed ml"
    verdict "another TLD of a group" 127.0.0.9 army.cm A NXDOMAIN "block site - cm"
    verdict "a longer prefix, for all TLDs" 127.0.0.2 army.ml A NOERROR "monitor soc listed ml"
    verdict "and for names" 127.0.0.2 rnil.example A NOERROR "monitor soc - rnil.example"
    verdict "off" 127.0.0.3 army.ml A NOERROR ""
    verdict "off, of a name" 127.0.0.4 rnil.example A NOERROR ""
    verdict "a twin that is not listed" 127.0.0.9 navy.ml A NOERROR ""
    verdict "its mail" 127.0.0.9 navy.ml MX NOERROR "mail-only - not ml"
    verdict "its mail, off" 127.0.0.3 navy.ml MX NOERROR ""
    verdict "a name below a blocked one" 127.0.0.9 www.rnil.example A NXDOMAIN \
        "block - - rnil.example"
    if world_has_ipv6; then
        ask -s ::1 army.cm A
        is "a client in no group: the answer" "$(field rcode)" NOERROR
    fi
}

# From the cache nobody may get what another was told: in both orders, twice each.
test_in_turn() {
    local i
    for i in 1 2; do
        verdict "after the others, $i" 127.0.0.9 army.ml MX NXDOMAIN "block - listed ml"
        verdict "after one that is blocked, $i" 127.0.0.3 army.ml MX NOERROR ""
        is "after one that is blocked, $i: the true answer" "$(field answer)" \
            "$(field answer | grep 'mail.army.ml')"
        verdict "after one that resolves, $i" 127.0.0.8 army.ml MX NXDOMAIN "block - listed ml"
        # Nobody's rule passes this one: it is the group that blocks it.
        verdict "passed but for a group, off, $i" 127.0.0.3 army.cm A NOERROR ""
        verdict "passed but for a group, $i" 127.0.0.9 army.cm A NXDOMAIN "block site - cm"
        verdict "watched, $i" 127.0.0.2 army.ml MX NOERROR "monitor soc listed ml"
    done
}

# A CNAME, whose parts the resolver may know from before, is put together anew for each.
test_alias() {
    local i
    for i in 1 2 3; do
        verdict "an alias, off, $i" 127.0.0.3 www.army.ml A NOERROR ""
        verdict "an alias, blocked, $i" 127.0.0.9 www.army.ml A NXDOMAIN "block - listed ml"
        verdict "another alias, off, $i" 127.0.0.3 www.army.cm A NOERROR ""
        verdict "another alias, blocked, $i" 127.0.0.9 www.army.cm A NXDOMAIN "block site - cm"
    done
}

# at_once NAME QNAME: 48 questions from eight clients, while the outside is held until all
# of them have asked.
at_once() {
    local before i list answers
    before=$(queries)
    list=$(for ((i = 0; i < 48; i++)); do echo "127.0.0.$((2 + i % 8)) udp $2 A"; done)
    hold
    { live_until asked_since $((before + 48)) || true; release; } &
    answers=$("$live_client" -p "$world_unbound_port" -s 127.0.0.1 -j 48 -l <<<"$list") || true
    wait $!
    is "$1: each client its own answer" "$(awk '{ print $1, $4 }' <<<"$answers" | sort | uniq -c | xargs)" \
        "$(for i in 2 3 4; do echo "6 127.0.0.$i NOERROR"; done | xargs) $(
            for i in 5 6 7 8 9; do echo "6 127.0.0.$i NXDOMAIN"; done | xargs)"
    check "$1: the events are written" live_await_events $((seen + 36))
    is "$1: exactly one event for each question that is blocked or watched" \
        "$(tail -n +$((seen + 1)) "$live_log" | jq -r '[.source.ip, .source.port, .tldguard.mode,
            .tldguard.group // "-"] | join(" ")' | sort)" \
        "$(awk '$1 != "127.0.0.3" && $1 != "127.0.0.4" {
            print $1, $2, $1 == "127.0.0.2" ? "monitor soc" : "block -" }' <<<"$answers" | sort)"
    seen=$((seen + 36))
}

test_at_once() {
    at_once "at once" www.army.ml
    at_once "at once, again" www.army.ml
    at_once "at once, a blocked name" b.rnil.example
}

# states: how many states eight questions for one name make, while the outside is held.
states() {
    local before asking
    before=$(queries)
    hold
    for _ in 1 2 3 4 5 6 7 8; do echo "127.0.0.9 udp $1 A"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -j 8 -l <"$world_dir/list" >/dev/null &
    asking=$!
    live_until asked_since $((before + 8)) || true
    world_control stats_noreset | sed -n 's/^total.requestlist.current.user=//p'
    release
    wait "$asking" || true
}

# Without groups all clients get the same again: nothing of before is left.
test_reload() {
    is "with groups each question has a state of its own" "$(states one.example.com)" 8
    sed '/^clients:/,$d' "$live_policy" >"$world_dir/policy.yaml"
    check "a policy without groups" world_compile "$world_dir/policy.yaml"
    check "reload" world_control reload
    verdict "without groups, lab" 127.0.0.3 army.ml A NXDOMAIN "block - listed ml"
    verdict "without groups, mail-only" 127.0.0.9 army.cm A NOERROR ""
    is "without groups questions are joined, one for each thread" \
        "$(($(states two.example.com) <= world_threads))" 1
    check "with groups again" world_compile "$live_policy"
    check "reload again" world_control reload
    verdict "with groups again, lab" 127.0.0.3 army.ml A NOERROR ""
    verdict "with groups again, site" 127.0.0.9 army.cm A NXDOMAIN "block site - cm"
}

live_begin
test_each_alone
test_in_turn
test_alias
test_at_once
test_reload
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_end
