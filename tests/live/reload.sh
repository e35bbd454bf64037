#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A new policy while the resolver keeps its cache: what is listed now is blocked at once,
# though the cache knows its answer and would give it for ever (serve-expired), and nothing
# else is forgotten. And other modules of the same kind beside ours.
# RELOADS: how many reloads, purges and swaps of policies at once (24).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

load=$TG_BUILD/tests/support/load
reloads=${RELOADS:-24}
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
    is "$name: the events" "$(live_lines | tail -n +$((seen + 1 - $#)) |
        jq -r '[.dns.question.name, .dns.question.type, .tldguard.reply] | join(" ")')" "$(printf '%s\n' "$@")"
}

# shellcheck disable=SC2317
loaded() { (($(grep -c 'tldguard [0-9.]*: policy serial' "$world_dir/unbound.log") >= $1)); }
loads=0

# policy TLDS: loaded by a reload that keeps the cache.
policy() {
    printf '%s\n' 'serial: 7' 'answer: {ttl: 2}' 'tlds:' "$@" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    [[ -n $(world_pid unbound) ]] || return 0
    loads=$(grep -c 'tldguard [0-9.]*: policy serial' "$world_dir/unbound.log")
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
    check "it says what it has removed" live_until grep -q "removed from the cache" "$world_dir/unbound.log"
    hold
    test_listed
    test_kept
    release
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

# Renames one of two policies into place again and again; both block army.ml.
swap_on() {
    local i=0
    while [[ -e $world_dir/swap.1 ]]; do
        cp "$world_dir/swap.$((i % 2))" "$world_dir/swapped"
        mv "$world_dir/swapped" "$world_dir/policy.cdb"
        i=$((i + 1))
        sleep 0.1
    done
}

# disturb I: one of what an operator may ask for, in turn; prints what it failed with.
disturb() {
    local size=$((4 + ($1 + 3) / 6 % 2)) commands=(reload_keep_cache 'flush_zone .' reload flush_requestlist reload 'flush_negative')
    # Another size makes Unbound throw its table of messages away, and a walk may be in it; the
    # same one lets reload_keep_cache keep it.
    sed -i "s/msg-cache-size: .*/msg-cache-size: ${size}m/" "$world_dir/unbound.conf"
    # shellcheck disable=SC2086
    timeout 60 "$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/unbound.conf" ${commands[$1 % 6]} |
        grep -v '^ok' || ((PIPESTATUS[0] == 0)) || echo "${commands[$1 % 6]}: failed"
}

# shellcheck disable=SC2317
has_all() { (($(grep -c '"army.ml"' "$live_log") >= $1)); }

# Everything at once, for as long as there are questions: no hang, no crash, and each
# question of a blocked name has its answer and its one event.
test_storm() {
    local i loading swapping before blocked failed=''
    printf '%s\n' 'serial: 8' 'tlds:' "$listed" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" && cp "$world_dir/policy.cdb" "$world_dir/swap.0"
    printf '%s\n' 'serial: 9' 'tlds:' "$listed" "$mail" '  - {tld: om, targets: [com], mode: monitor}' >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" && cp "$world_dir/policy.cdb" "$world_dir/swap.1"
    rm -f "$live_log"
    world_threads=2
    world_unbound_more=$'    serve-expired: yes\n    msg-cache-size: 4m'
    world_unbound_clauses=''
    world_start unbound || bail "$world_error"
    # What Unbound opens for good, it has opened after its first reload.
    world_control reload >/dev/null
    ask army.mil A
    before=$(holdings)
    # Many names, so that a walk takes its time.
    echo 'w%.example.com A' | "$load" -p "$world_unbound_port" -j 4 -n 20000 >/dev/null || true
    # What waits inside Unbound, a reload drops: that is not waited for long. But what is blocked never
    # does, and an Unbound that is made slow, by a sanitizer or a busy machine, has its time to say so.
    printf '%s\n' 'army.ml A' 'army.ml A' 'example.com A' 'w%.example.com A' 'army.ml MX' 'army.cm A' |
        "$load" -p "$world_unbound_port" -j 4 -w "$((live_patience < 60 ? 1000 : 3000))" -v >"$world_dir/answered" &
    loading=$!
    swap_on &
    swapping=$!
    for ((i = 0; i < reloads; i++)); do failed+=$(disturb "$i"); done
    rm "$world_dir/swap.1"
    wait "$swapping" || true
    kill "$loading"
    wait "$loading" || true
    is "storm: nothing that was asked for failed, $reloads times" "$failed" ""
    echo "# storm: $(tail -n 1 "$world_dir/answered")"
    blocked=$(awk '$4 == "army.ml"' "$world_dir/answered" | wc -l)
    is "storm: what is blocked has its answer" "$(awk '$4 == "army.ml" && $3 != "NXDOMAIN"' "$world_dir/answered")" ""
    check "storm: the events are written" live_until has_all "$blocked"
    # Its quiet end: nothing comes behind the last one.
    ask army.mil A
    is "storm: exactly one event for each" "$(jq -r 'select(.dns.question.name == "army.ml") |
        .source.port' "$live_log" | wc -l)" "$blocked"
    is "storm: the record goes on over all starts" \
        "$("$TLDGUARD" log verify --json "$live_log" | jq -c '[.[] | [.kind, .missing, .lost, .changed]]')" '[["log",0,0,0]]'
    is "storm: no event has another's number" "$(jq -r .event.id "$live_log" | sort | uniq -d | head)" ""
    live_until holds_as_before "$before" || true
    is "storm: no thread and no file is left" "$(holdings)" "$before"
    seen=$(live_events)
    is "storm: nothing wrong in its log" "$(grep -i 'error\|warning' "$world_dir/unbound.log" | head -n 5)" ""
}

# swap_to SERIAL TLDS: without a reload.
swap_to() {
    printf '%s\n' "serial: $1" 'answer: {ttl: 2}' 'tlds:' "${@:2}" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    check "serial $1 is in force" live_until grep -q "policy serial $1, .* is in force" "$world_dir/unbound.log"
}

# fast_reload, where Unbound has it (1.23), leaves modules as they are; with +d it drops all
# questions under way, also the one that is the module's own.
test_fast() {
    local way serial=100
    world_unbound_more='    serve-expired: yes'
    world_unbound_clauses=''
    world_start unbound || bail "$world_error"
    if [[ $(world_control -h 2>&1) != *fast_reload* ]]; then
        ok "fast_reload # SKIP this Unbound has none"
        world_stop unbound
        return
    fi
    for way in '' +d; do
        swap_to $((++serial)) "$none"
        answers "fast_reload $way: not listed" 'army.ml A' NOERROR 203.0.113.66
        # shellcheck disable=SC2086
        holds "fast_reload $way" "$(world_control fast_reload $way 2>&1)" ok
        ask "any$serial.example.com" A
        swap_to $((++serial)) "$listed"
        answers "fast_reload $way: listed, and in the cache" 'army.ml A' NXDOMAIN
        logged "fast_reload $way" 'army.ml A NXDOMAIN'
    done
    world_stop unbound
}

live_create
[[ -x $load ]] || bail "no $load"
world_zones+=('old.ml short.zone' 'old.mil short.zone')
sed 's/ 300 / 1 /' "$world_dir/zones/lookalike.zone" >"$world_dir/zones/short.zone"
world_start nsd || bail "$world_error"
world_unbound_more='    serve-expired: yes'
policy "$none"
world_start unbound || bail "$world_error"
test_keep
test_storm
world_compile "$live_policy" || bail "$world_error"
if [[ -r $other ]]; then
    cp "$other" "$world_dir/other.so"
    chmod a+r "$world_dir/other.so"
    beside "behind another module" "dynlib dynlib validator iterator" "$world_dir/other.so" ''
    beside "before another module" "dynlib dynlib validator iterator" '' "$world_dir/other.so"
    # Somebody else's may be there twice: that is no matter of ours.
    cp "$world_dir/other.so" "$world_dir/another.so"
    beside "between two of another" "dynlib dynlib dynlib validator iterator" "$world_dir/other.so" "$world_dir/another.so"
else
    ok "beside another module # SKIP no $other"
fi
test_fast
test_twice "$world_dir/tldguard.so" "by the same name"
ln -s tldguard.so "$world_dir/same.so"
test_twice "$world_dir/same.so" "by another name"
cp "$world_dir/tldguard.so" "$world_dir/copy.so"
test_twice "$world_dir/copy.so" "a copy"
live_end
