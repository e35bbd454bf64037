#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A policy is renamed into place while the resolver works. From one second on it holds for
# everybody, also for what the cache has known for long and would give for ever; whatever else
# may lie in that place is told once and changes nothing.
# ROUNDS: how often it is listed and taken off the list again (4). THREADS: of Unbound (2).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

load=$TG_BUILD/tests/support/load
rounds=${ROUNDS:-4}
serial=0 # of the last policy
seen=0   # events of the parts before

ml='  - {tld: ml, targets: [mil], mode: block}'
cm='  - {tld: cm, targets: [com], mode: mail-only}'
none='  - {tld: et, targets: [net], mode: block}'
watched='  - {tld: ml, targets: [mil], mode: monitor}'

# image FILE TLD...: compiles a policy of the next serial; a line beside 'tlds' starts at column 1.
image() {
    local file=$1 line tlds=() more=()
    serial=$((serial + 1))
    for line in "${@:2}"; do
        if [[ $line == ' '* ]]; then tlds+=("$line"); else more+=("$line"); fi
    done
    printf '%s\n' "serial: $serial" 'answer: {ttl: 2}' 'tlds:' "${tlds[@]}" "${more[@]}" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$file" || bail "the policy does not compile"
}

# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }
# Written when a walk has removed something; the second one mostly has nothing to say.
# shellcheck disable=SC2317
removed() { (($(removals) >= $1)); }
removals() { grep -cE '[1-9][0-9]* (more )?answers removed from the cache' "$world_dir/unbound.log" || true; }
errors() { grep -c 'error: tldguard' "$world_dir/unbound.log" || true; }

# put TLD...: the next policy, renamed into place; returns when it is in force.
put() {
    image "$world_dir/new.cdb" "$@"
    mv -f "$world_dir/new.cdb" "$world_dir/policy.cdb"
    live_until in_force "$serial" || bail "policy serial $serial is not taken"
}

# put_and_purge TLD...: and what it does not allow has left the cache.
put_and_purge() {
    local before
    before=$(removals)
    put "$@"
    live_until removed $((before + 1)) || bail "nothing was removed from the cache"
}

# answers NAME 'ASK ARGUMENTS' RCODE [ADDRESS]
answers() {
    # shellcheck disable=SC2086
    ask $2
    is "$1" "$(field rcode) $(field answer | awk '{ print $5 $6 }' | sort | xargs)" "$3 ${4-}"
}

# logged NAME [EVENT...]: exactly these, in any order, since the last time. A question of
# a blocked name marks the end: what is asked last is written last.
logged() {
    local name=$1 events
    shift
    ask -b 127.0.0.99 end.end.et A
    check "$name: the events are written" live_await_events $((seen + $# + 1))
    events=$(live_lines | tail -n +$((seen + 1)) | jq -r 'select(.source.ip != "127.0.0.99") |
        [.source.ip, .dns.question.name, .dns.question.type, .tldguard.reply] | join(" ")')
    is "$name: exactly one event each" "$(sort <<<"$events")" "$(printf '%s\n' "$@" | sort)"
    seen=$(live_events)
}

# Each line of the load is WHEN TOOK RCODE NAME TYPE; what was asked a second after a
# change and before the next one must follow it.
# faults CHANGES ANSWERS: CHANGES has lines of WHEN listed|unlisted.
faults() {
    awk '
        FNR == NR { when[++n] = $1; state[n] = $2; next }
        $4 !~ /\.ml$/ || NF < 5 || $1 == "asked" { next }
        {
            while (at < n && when[at + 1] <= $1 + $2) at++
            if (at == 0 || $1 < when[at] + 1000000) next
            counted[state[at]]++
            wanted = state[at] == "listed" || $4 ~ /^no\./ ? "NXDOMAIN" : "NOERROR"
            if ($3 != wanted) { bad++; if (bad < 4) print state[at], $1 - when[at], $0 }
        }
        END { if (counted["listed"] < 20 || counted["unlisted"] < 20) print "too few were asked" }
    ' "$1" "$2"
}

test_rounds() {
    local i loading slowest
    printf '%s\n' 'army.ml A' 'www.army.ml A' 'army.ml AAAA' 'army.ml A cd' 'army.ml AAAA cd' 'no.army.ml A' \
        'mail.army.ml A' 'example.com A' 'www.example.com A' 'u%.example.com A' 'no.army.mil MX' >"$world_dir/questions"
    "$load" -p "$world_unbound_port" -j 4 -u 1000 -v <"$world_dir/questions" >"$world_dir/answered" &
    loading=$!
    : >"$world_dir/changes"
    for ((i = 0; i < rounds; i++)); do
        image "$world_dir/new.cdb" "$ml" "$cm" "$none"
        echo "${EPOCHREALTIME/[.,]/} listed" >>"$world_dir/changes"
        mv -f "$world_dir/new.cdb" "$world_dir/policy.cdb"
        # What is asked now is what is looked at: it is no wait for something to be ready.
        sleep 1.4
        image "$world_dir/new.cdb" "$none"
        echo "${EPOCHREALTIME/[.,]/} unlisted" >>"$world_dir/changes"
        mv -f "$world_dir/new.cdb" "$world_dir/policy.cdb"
        sleep 1.4
    done
    kill "$loading"
    check "rounds: each question is answered" wait "$loading"
    is "rounds: from one second after each of $((2 * rounds)) changes on the new policy holds" \
        "$(faults "$world_dir/changes" "$world_dir/answered")" ""
    slowest=$(sed -n 's/^asked .* slowest //p' "$world_dir/answered")
    echo "# rounds: $(tail -n 1 "$world_dir/answered") microseconds"
    check "rounds: no question waits as long as a client would ask again" test "$slowest" -lt 5000000
    check "rounds: all is written" live_until all_blocked_written
    seen=$(live_events)
}

# Under both policies NXDOMAIN is what a name that does not exist gets: the log tells them apart.
# shellcheck disable=SC2317
all_blocked_written() {
    (($(live_events) >= $(awk '$4 ~ /army\.ml$/ && $4 !~ /^no\./ && $3 == "NXDOMAIN"' "$world_dir/answered" | wc -l)))
}

fill() {
    local question
    for question in 'army.ml A' 'www.army.ml A' 'army.ml AAAA' '-c army.ml A' '-c army.ml AAAA' 'no.army.ml A' \
        'army.ml MX' 'army.cm A' 'army.cm MX' 'example.com A' 'www.example.com A' 'no.example.com A'; do
        # shellcheck disable=SC2086
        ask $question
    done
}

# Nobody is outside any more: what is answered, the cache has kept.
test_what_goes() {
    put "$none"
    fill
    hold
    put_and_purge "$ml" "$cm" "$none"
    answers "goes: A" 'army.ml A' NXDOMAIN
    answers "goes: an alias" 'www.army.ml A' NXDOMAIN
    answers "goes: AAAA" 'army.ml AAAA' NXDOMAIN
    answers "goes: with CD" '-c army.ml A' NXDOMAIN
    answers "goes: AAAA with CD" '-c army.ml AAAA' NXDOMAIN
    answers "goes: what did not exist" 'no.army.ml A' NXDOMAIN
    answers "goes: mail of a mail-only rule" 'army.cm MX' NOERROR 0.
    answers "stays: not mail" 'army.cm A' NOERROR 203.0.113.66
    answers "stays: never listed" 'example.com A' NOERROR 192.0.2.80
    answers "stays: an alias" 'www.example.com A' NOERROR '192.0.2.80 example.com.'
    answers "stays: what did not exist" 'no.example.com A' NXDOMAIN
    release
    logged "goes" '127.0.0.1 army.ml A NXDOMAIN' '127.0.0.1 www.army.ml A NXDOMAIN' '127.0.0.1 army.ml AAAA NXDOMAIN' \
        '127.0.0.1 army.ml A NXDOMAIN' '127.0.0.1 army.ml AAAA NXDOMAIN' '127.0.0.1 no.army.ml A NXDOMAIN' \
        '127.0.0.1 army.cm MX null MX'
}

# stays NAME PART: the file that lies there now is bad. One line says so, with this part; the
# policy in force stays.
stays() {
    local before=$bad_before lines
    check "$1: it is told" live_until told $((before + 1))
    # Two more looks: nothing is repeated.
    sleep 0.6
    lines=$(grep 'error: tldguard' "$world_dir/unbound.log" | tail -n +$((before + 1)))
    is "$1: in one line" "$(wc -l <<<"$lines")" 1
    holds "$1: the line says why" "$lines" "$2"
    holds "$1: the line says what holds" "$lines" "${3:-serial $good stays in force}"
    bad_before=$(errors)
}

# shellcheck disable=SC2317
told() { (($(errors) >= $1)); }

test_bad() {
    local bad_before good
    put "$ml" "$none"
    good=$serial
    cp "$world_dir/policy.cdb" "$world_dir/good.cdb"
    bad_before=$(errors)
    live_spoil "$world_dir/good.cdb" cut
    stays "cut" "cut short"
    live_spoil "$world_dir/good.cdb" random
    stays "random" "policy.cdb"
    live_spoil "$world_dir/good.cdb" empty
    stays "empty" "empty"
    live_spoil "$world_dir/good.cdb" folder
    stays "folder" "Is a directory"
    live_spoil "$world_dir/good.cdb" unreadable
    [[ -z $world_user ]] || stays "unreadable" "Permission denied"
    live_spoil "$world_dir/good.cdb" dangling
    stays "dangling link" "No such file"
    live_spoil "$world_dir/good.cdb" future
    stays "a format to come" "format 99"
    live_spoil "$world_dir/good.cdb" missing
    stays "missing" "No such file"
    ask army.ml A
    is "bad: the old one is in force" "$(field rcode)" NXDOMAIN
    put "$none"
    answers "bad: a good one is taken behind them" 'army.ml A' NOERROR 203.0.113.66
    put_and_purge "$ml" "$none"
    is "bad: nothing more was told" "$(errors)" "$bad_before"
    logged "bad" '127.0.0.1 army.ml A NXDOMAIN'
}

# Written in place by halves, with less time between them than a look takes.
overwrite_slowly() {
    local i size piece last now slow=0
    size=$(stat -c %s "$1")
    piece=$((size / 20 + 1))
    last=${EPOCHREALTIME/[.,]/}
    for ((i = 0; i < 20; i++)); do
        dd if="$1" of="$world_dir/policy.cdb" bs=$piece skip=$i seek=$i count=1 conv=notrunc status=none
        now=${EPOCHREALTIME/[.,]/}
        ((now - last < 200000)) || slow=1
        last=$now
        sleep 0.05
    done
    truncate -s "$size" "$world_dir/policy.cdb"
    return $slow
}

# in_place NAME RCODE COMMAND...: the command makes room for it.
in_place() {
    local name=$1 rcode=$2 before
    shift 2
    for _ in 1 2 3; do
        before=$(errors)
        "$@"
        if overwrite_slowly "$world_dir/new.cdb"; then break; fi
    done
    check "$name: taken when it rests" live_until in_force "$serial"
    is "$name: nothing is told of the halves" "$(errors)" "$before"
    ask army.ml A
    is "$name: is in force" "$(field rcode)" "$rcode"
}

test_in_place() {
    local lines
    image "$world_dir/new.cdb" "$none"
    in_place "in place" NOERROR true
    image "$world_dir/new.cdb" "$ml" "$none"
    in_place "in place of one that was removed" NXDOMAIN rm "$world_dir/policy.cdb"
    logged "in place" '127.0.0.1 army.ml A NXDOMAIN'
    image "$world_dir/new.cdb" "$ml" "$none"
    cp "$world_dir/new.cdb" "$world_dir/policy.cdb"
    check "copied over: taken" live_until in_force "$serial"
    put "$none"
    put "$ml" "$none"
    lines=$(wc -l <"$world_dir/unbound.log")
    touch "$world_dir/policy.cdb"
    sleep 0.6
    cp "$world_dir/policy.cdb" "$world_dir/same.cdb"
    mv "$world_dir/same.cdb" "$world_dir/policy.cdb"
    sleep 0.6
    # The walk behind the change may still have said its line.
    is "touched, and the same again: nothing happens" \
        "$(tail -n +$((lines + 1)) "$world_dir/unbound.log" | grep -v 'removed from the cache' || true)" ""
}

test_many() {
    local i
    for ((i = 0; i < 20; i++)); do
        if ((i % 2)); then image "$world_dir/many.$i" "$ml" "$none"; else image "$world_dir/many.$i" "$none"; fi
    done
    for ((i = 0; i < 20; i++)); do
        mv "$world_dir/many.$i" "$world_dir/policy.cdb"
        sleep 0.03
    done
    check "twenty in a second: the last one is taken" live_until in_force "$serial"
    answers "twenty in a second: the last one is in force" 'army.ml A' NXDOMAIN
    logged "twenty in a second" '127.0.0.1 army.ml A NXDOMAIN'
}

# A state that was there before the policy: what its clients are told, and logged, follows
# the one that is in force when the answer comes.
# in_flight NAME RCODE REPLY TLD...
in_flight() {
    local name=$1 rcode=$2 reply=$3 asking before i wanted=()
    shift 3
    qname="f$serial.army.ml"
    before=$(queries)
    hold
    for i in 11 12 13; do
        echo "127.0.0.$i udp $qname A"
        [[ -z $reply ]] || wanted+=("127.0.0.$i $qname A $reply")
    done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -w 8000 -j 3 -l <"$world_dir/list" >"$world_dir/flown" &
    asking=$!
    check "$name: they wait" live_until asked_since $((before + 3))
    put "$@"
    release
    wait "$asking" || true
    is "$name: the answers" "$(awk '{ print $4 }' "$world_dir/flown" | xargs)" "$rcode $rcode $rcode"
    logged "$name" "${wanted[@]}"
}

test_in_flight() {
    put "$none"
    in_flight "in flight, then blocked" NXDOMAIN NXDOMAIN "$ml" "$none"
    put "$none"
    in_flight "in flight, then watched" NXDOMAIN resolve "$watched" "$none"
    in_flight "in flight while watched, then not" NXDOMAIN '' "$none"
    put "$watched" "$none"
    in_flight "in flight while watched, then blocked" NXDOMAIN NXDOMAIN "$ml" "$none"
}

# Unbound tells of answers from the cache only when asked at a start: until the next one
# what is watched is not in the cache, so that it comes by.
test_first_watch() {
    local i
    put "$none"
    fill
    put_and_purge "$watched" "$none"
    holds "first watch: it says that they are not cached" "$(<"$world_dir/unbound.log")" "are not cached until the next reload"
    for i in 1 2 3; do
        answers "first watch: resolved, $i" 'army.ml A' NOERROR 203.0.113.66
        answers "first watch: an alias, $i" 'www.army.ml A' NOERROR '203.0.113.66 army.ml.'
        answers "first watch: does not exist, $i" 'no.army.ml A' NXDOMAIN
    done
    logged "first watch" '127.0.0.1 army.ml A resolve' '127.0.0.1 army.ml A resolve' '127.0.0.1 army.ml A resolve' \
        '127.0.0.1 www.army.ml A resolve' '127.0.0.1 www.army.ml A resolve' '127.0.0.1 www.army.ml A resolve' \
        '127.0.0.1 no.army.ml A resolve' '127.0.0.1 no.army.ml A resolve' '127.0.0.1 no.army.ml A resolve'
}

groups='clients: [{group: trusted, subnets: [127.0.0.7/32], mode: "off"}, {group: soc, subnets: [127.0.0.8/32], mode: monitor}]'

# each_group NAME: every client is told what its group is told, whoever asked before.
each_group() {
    local i
    for i in 1 2; do
        answers "$1: trusted, $i" '-b 127.0.0.7 army.ml A' NOERROR 203.0.113.66
        answers "$1: the others, $i" '-b 127.0.0.9 army.ml A' NXDOMAIN
        answers "$1: soc, $i" '-b 127.0.0.8 army.ml A' NOERROR 203.0.113.66
    done
    logged "$1" '127.0.0.9 army.ml A NXDOMAIN' '127.0.0.8 army.ml A resolve' \
        '127.0.0.9 army.ml A NXDOMAIN' '127.0.0.8 army.ml A resolve'
}

test_groups() {
    put "$none"
    fill
    put_and_purge "$ml" "$none" "$groups"
    each_group "groups come"
    put "$ml" "$none"
    answers "groups go: who was trusted" '-b 127.0.0.7 army.ml A' NXDOMAIN
    answers "groups go: soc" '-b 127.0.0.8 army.ml A' NXDOMAIN
    logged "groups go" '127.0.0.7 army.ml A NXDOMAIN' '127.0.0.8 army.ml A NXDOMAIN'
    put "$none"
    answers "groups go: nothing is listed" '-b 127.0.0.7 army.ml A' NOERROR 203.0.113.66
    put_and_purge "$ml" "$none" "$groups"
    each_group "groups come back"
}

# Clients who wait together when the first groups come are not given the answer of one of them.
test_groups_in_flight() {
    local asking before i
    put "$none"
    check "groups in flight: nothing is in the cache" world_control flush army.ml
    before=$(queries)
    hold
    for i in 7 8 9 9 7; do echo "127.0.0.$i udp army.ml AAAA"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -w 8000 -j 5 -l <"$world_dir/list" >"$world_dir/flown" &
    asking=$!
    check "groups in flight: they wait" live_until asked_since $((before + 5))
    put "$ml" "$none" "$groups"
    release
    wait "$asking" || true
    is "groups in flight: nobody is told what another is" "$(grep -cE '^127.0.0.[78] .* (NOERROR|SERVFAIL) |^127.0.0.9 .* (NXDOMAIN|SERVFAIL) ' \
        "$world_dir/flown")" 5
    answers "groups in flight: then" '-b 127.0.0.7 army.ml AAAA' NOERROR 2001:db8:66::66
    # How many events these are depends on which thread had which question.
    ask -b 127.0.0.6 end.army.ml A
    live_await_line '"ip":"127.0.0.6"'
    seen=$(live_events)
}

# A walk waits for the first question that Unbound shows to its modules, and says so.
test_put_off() {
    local before
    put "$none"
    fill
    is "put off: reload_keep_cache" "$(world_control reload_keep_cache)" ok
    ask army.ml A
    before=$(removals)
    put "$ml" "$none"
    check "put off: it says so" live_until grep -qF "as soon as there is a question" "$world_dir/unbound.log"
    ask -b 127.0.0.7 another.example.com A
    check "put off: then it is done" live_until removed $((before + 1))
    answers "put off: and the policy holds" 'army.ml A' NXDOMAIN
    logged "put off" '127.0.0.1 army.ml A NXDOMAIN'
}

# shellcheck disable=SC2317
is_served() { [[ $(jq .policy.serial "$world_dir/figures/stats") == "$serial" ]]; }

# Unbound drops all questions, as before a reload, and none comes: a policy is in force all the same when
# the first one does, before five seconds have told that there is no reload.
test_dropped() {
    local begin
    put "$none"
    ask other.army.ml A
    is "dropped: flush_requestlist" "$(world_control flush_requestlist)" ok
    begin=$SECONDS
    image "$world_dir/new.cdb" "$ml" "$none"
    mv -f "$world_dir/new.cdb" "$world_dir/policy.cdb"
    until is_served || ((SECONDS - begin > 3)); do world_pause; done
    answers "dropped: the first question" 'mail.army.ml A' NXDOMAIN
    check "dropped: then it is said" live_until in_force "$serial"
    logged "dropped" '127.0.0.1 mail.army.ml A NXDOMAIN'
}

# Octets of the memory that is sealed: images, and nothing else of that size.
# shellcheck disable=SC2317
sealed() {
    local range mode dev name sum=0
    while read -r range mode _ dev _ name; do
        [[ $mode != r--p || $dev != 00:00 || -n $name ]] || sum=$((sum + 16#${range#*-} - 16#${range%-*}))
    done <"/proc/$(world_pid unbound)/maps"
    echo "$sum"
}
# shellcheck disable=SC2317
settled() { (($(sealed) < $(stat -c %s "$world_dir/policy.cdb"))); }

# The names go where look-ups are quick, and what is not needed for them is left out: of the next
# policy, and of the one at a start. Both say what the image says.
test_settled() {
    local i when
    for ((i = 0; i < 30000; i++)); do echo "name-of-a-list-$i.ml"; done >"$world_dir/many.txt"
    put "$none" 'block: [{file: many.txt}]'
    for when in changed started; do
        [[ $when == changed ]] || world_start unbound || bail "$world_error"
        check "settled: $when" live_until settled
        answers "settled: $when: the last of the list" 'name-of-a-list-29999.ml A' NXDOMAIN
        answers "settled: $when: below the first" 'x.name-of-a-list-0.ml A' NXDOMAIN
        answers "settled: $when: another one" 'army.ml A' NOERROR 203.0.113.66
        logged "settled: $when" '127.0.0.1 name-of-a-list-29999.ml A NXDOMAIN' \
            '127.0.0.1 x.name-of-a-list-0.ml A NXDOMAIN'
    done
}

# on-error: pass, and nothing there at the start.
test_pass() {
    local good bad_before
    world_settings pass
    rm -rf "$world_dir/policy.cdb"
    world_start unbound || bail "$world_error"
    holds "pass: it says so" "$(<"$world_dir/unbound.log")" "NOT PROTECTING"
    fill
    answers "pass: all passes" 'army.ml A' NOERROR 203.0.113.66
    bad_before=$(errors)
    echo nonsense >"$world_dir/policy.cdb"
    stays "pass: a bad one comes" "policy.cdb" "NOT PROTECTING"
    put_and_purge "$ml" "$none"
    good=$serial
    answers "pass: a good one protects" 'army.ml A' NXDOMAIN
    cp "$world_dir/policy.cdb" "$world_dir/good.cdb"
    live_spoil "$world_dir/good.cdb" cut
    stays "pass: it stays when a bad one comes" "cut short"
    answers "pass: it protects still" 'army.ml A' NXDOMAIN
    logged "pass" '127.0.0.1 army.ml A NXDOMAIN' '127.0.0.1 army.ml A NXDOMAIN'
}

# An allowance ends at midnight while its names are in the cache. The resolver's clock is set
# six seconds before (UTC), by a library between it and the system.
test_midnight() {
    local faketime
    faketime=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketimeMT.so.1
    if [[ ! -r $faketime ]]; then
        ok "midnight # SKIP no $faketime"
        return
    fi
    # It waits on condition variables in ThreadSanitizer's stead, which then sees no wait.
    if [[ ${TG_SANITIZED-} == *thread* ]]; then
        ok "midnight # SKIP $faketime hides locks from ThreadSanitizer"
        return
    fi
    image "$world_dir/policy.cdb" "$ml" 'allow: [{name: army.ml, until: 2027-06-30}]'
    cat >"$world_dir/unbound-late" <<SH
#!/bin/sh
TZ=UTC LD_PRELOAD=$faketime FAKETIME='@2027-06-30 23:59:54' FAKETIME_DONT_FAKE_MONOTONIC=1 \
exec "$UNBOUND_PREFIX/sbin/unbound" "\$@"
SH
    chmod a+rx "$world_dir/unbound-late"
    world_unbound_program=$world_dir/unbound-late
    world_start unbound || bail "$world_error"
    answers "midnight: allowed on the last day" 'army.ml A' NOERROR 203.0.113.66
    check "midnight: what was allowed leaves the cache" live_until removed 1
    answers "midnight: no longer allowed" 'army.ml A' NXDOMAIN
    world_unbound_program=''
}

live_create
[[ -x $load ]] || bail "no $load"
# A day, longer than anything here.
sed -i 's/ 300 / 86400 /' "$world_dir"/zones/*.zone
world_zones=('army.cm lookalike.zone')
world_start nsd || bail "$world_error"
world_threads=${THREADS:-2}
world_unbound_more=$'    serve-expired: yes\n    discard-timeout: 20000'
image "$world_dir/policy.cdb" "$none"
world_start unbound || bail "$world_error"
test_rounds
test_what_goes
test_bad
test_in_place
test_many
test_in_flight
test_first_watch
test_groups
test_groups_in_flight
test_put_off
test_dropped
is "nothing else is wrong in its log" "$(grep -i 'error\|warning' "$world_dir/unbound.log" | grep -vc 'stays in force' || true)" 0
test_settled
test_pass
test_midnight
live_end
