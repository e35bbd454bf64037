#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A new policy while the resolver keeps its cache: what is listed now is blocked at once,
# though the cache knows its answer and would give it for ever (serve-expired), and nothing
# else is forgotten. And other modules of the same kind beside ours.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

other=$TG_BUILD/tests/support/.libs/pass.so
seen=0 # events of the parts before

# answers NAME 'ASK ARGUMENTS' RCODE [ADDRESS]
answers() {
    # shellcheck disable=SC2086
    ask $2
    is "$1" "$(field rcode) $(field answer | awk '{ print $5 $6 }' | sort | xargs)" "$3 ${4-}"
}

# logged NAME COUNT REPLY...: these events since the last time, in this order.
logged() {
    local name=$1
    shift
    seen=$((seen + $#))
    check "$name: the events are written" live_await_events "$seen"
    is "$name: the events" "$(tail -n +$((seen + 1 - $#)) "$live_log" |
        jq -r '[.dns.question.name, .dns.question.type, .tldguard.reply] | join(" ")')" "$(printf '%s\n' "$@")"
}

# shellcheck disable=SC2317
loaded() { (($(grep -c 'tldguard.*: policy serial' "$world_dir/unbound.log") >= $1)); }
loads=0

# policy TLDS: loaded by a reload that keeps the cache.
policy() {
    printf '%s\n' 'serial: 7' 'answer: {ttl: 2}' 'tlds:' "$@" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    [[ -n $(world_pid unbound) ]] || return 0
    loads=$(grep -c 'tldguard.*: policy serial' "$world_dir/unbound.log")
    is "reload_keep_cache" "$(world_control reload_keep_cache)" ok
    check "the new policy is loaded" live_until loaded $((loads + 1))
}

listed='  - {tld: ml, targets: [mil], mode: block}'
mail='  - {tld: cm, targets: [com], mode: mail-only}'
none='  - {tld: ne, targets: [net], mode: block}'

fill() {
    local question
    for question in 'army.ml A' 'www.army.ml A' 'ARMY.ml AAAA' 'no.army.ml A' 'old.ml A' 'army.cm A' 'army.cm MX' \
        'example.com A' 'www.example.com A' 'no.example.com A' 'army.mil MX' 'old.mil A'; do
        # shellcheck disable=SC2086
        ask $question
    done
    answers "nothing is listed" 'army.ml A' NOERROR 203.0.113.66
    sleep 1.2 # old.ml and old.mil have a TTL of 1
}

test_listed() {
    local i
    for i in 1 2; do
        answers "listed: A, $i" 'army.ml A' NXDOMAIN
        answers "listed: below, $i" 'www.army.ml A' NXDOMAIN
        answers "listed: AAAA, $i" 'army.ml AAAA' NXDOMAIN
        answers "listed: with CD, $i" '-c army.ml A' NXDOMAIN
        answers "listed: did not exist, $i" 'no.army.ml A' NXDOMAIN
        answers "listed: expired, $i" 'old.ml A' NXDOMAIN
        answers "listed: mail, $i" 'army.cm MX' NOERROR 0.
        logged "listed, $i" 'army.ml A NXDOMAIN' 'www.army.ml A NXDOMAIN' 'army.ml AAAA NXDOMAIN' \
            'army.ml A NXDOMAIN' 'no.army.ml A NXDOMAIN' 'old.ml A NXDOMAIN' 'army.cm MX null MX'
    done
}

# Nobody is outside: what is answered, the cache has kept.
test_kept() {
    answers "kept: not mail" 'army.cm A' NOERROR 203.0.113.66
    answers "kept: never listed" 'example.com A' NOERROR 192.0.2.80
    answers "kept: never listed, an alias" 'www.example.com A' NOERROR '192.0.2.80 example.com.'
    answers "kept: never listed, does not exist" 'no.example.com A' NXDOMAIN
    answers "kept: meant" 'army.mil MX' NOERROR 10mail.army.mil.
    answers "kept: expired" 'old.mil A' NOERROR 203.0.113.66
}

# What was answered here is not in the cache.
test_no_longer() {
    answers "no longer listed: A" 'army.ml A' NOERROR 203.0.113.66
    answers "no longer listed: below" 'www.army.ml A' NOERROR '203.0.113.66 army.ml.'
    answers "no longer listed: mail" 'army.cm MX' NOERROR 10mail.army.cm.
    answers "listed now" 'army.ne A' NXDOMAIN
    logged "no longer listed" 'army.ne A NXDOMAIN'
}

test_keep() {
    fill
    policy "$listed" "$mail"
    holds "it says what it has removed" "$(<"$world_dir/unbound.log")" \
        "answers that the policy does not allow removed from the cache"
    kill -STOP -- "-$(world_pid nsd)"
    test_listed
    test_kept
    kill -CONT -- "-$(world_pid nsd)"
    policy "$none"
    test_no_longer
    world_stop unbound
    is "no other events" "$(live_events)" "$seen"
}

# beside NAME MODULES BEFORE AFTER: ours with others; each question still has one event.
beside() {
    world_unbound_more="    module-config: \"$2\""$'\n'"${3:+dynlib:$'\n'    dynlib-file: \"$3\"}"
    world_unbound_clauses="${4:+dynlib:$'\n'    dynlib-file: \"$4\"}"
    if ! world_start unbound; then
        not_ok "$1: starts" "$world_error"
        return
    fi
    answers "$1: blocked" 'army.ml A' NXDOMAIN
    answers "$1: watched" 'army.om A' NOERROR 203.0.113.66
    answers "$1: watched, from the cache" 'army.om A' NOERROR 203.0.113.66
    answers "$1: passed" 'army.mil MX' NOERROR 10mail.army.mil.
    logged "$1" 'army.ml A NXDOMAIN' 'army.om A resolve' 'army.om A resolve'
    is "$1: reload" "$(world_control reload)" ok
    check "$1: has reloaded" live_until loaded 2
    answers "$1: blocked, after a reload" 'army.ml A' NXDOMAIN
    logged "$1, after a reload" 'army.ml A NXDOMAIN'
    world_stop unbound
    is "$1: nothing wrong in its log" "$(grep -ci 'error\|warning' "$world_dir/unbound.log")" 0
}

# One library twice would make two events of each question.
test_twice() {
    local log
    world_unbound_more=$'    module-config: "dynlib dynlib validator iterator"'
    world_unbound_clauses="dynlib:"$'\n'"    dynlib-file: \"$1\""
    if world_start unbound; then
        not_ok "twice, $2: refuses to start" "it has started"
        return
    fi
    log=$(<"$world_dir/unbound.log")
    check "twice, $2: ends with a failure" test "$world_status" -gt 0 -a "$world_status" -lt 126
    holds "twice, $2: says so" "$log" "is loaded twice"
}

live_create
world_zones+=('old.ml short.zone' 'old.mil short.zone')
sed 's/ 300 / 1 /' "$world_dir/zones/lookalike.zone" >"$world_dir/zones/short.zone"
world_start nsd || bail "$world_error"
world_unbound_more='    serve-expired: yes'
policy "$none"
world_start unbound || bail "$world_error"
test_keep
world_compile "$live_policy" || bail "$world_error"
if [[ -r $other ]]; then
    cp "$other" "$world_dir/other.so"
    chmod a+r "$world_dir/other.so"
    beside "behind another module" "dynlib dynlib validator iterator" "$world_dir/other.so" ''
    beside "before another module" "dynlib dynlib validator iterator" '' "$world_dir/other.so"
else
    ok "beside another module # SKIP no $other"
fi
test_twice "$world_dir/tldguard.so" "by the same name"
ln -s tldguard.so "$world_dir/same.so"
test_twice "$world_dir/same.so" "by another name"
live_end
