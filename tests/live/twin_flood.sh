#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a thousand clients can make the resolver ask of the world by names whose twins are looked up:
# one look-up for a name, for as long as its answer is good; never more than one for a question; and
# of servers that are silent no more than that. Counted where the questions arrive.
#
# QUESTIONS: of each client (5; 20 in the long form).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 77; }
clients=1000
each=${QUESTIONS:-$(long 20 5)}
liars=()
world_threads=2
# Servers that are silent are given up sooner. Where others are at work, three hundred questions at
# once would not all fit into the room that the kernel keeps for them.
world_unbound_more='    infra-cache-max-rtt: 1000
    outbound-msg-retry: 3
    so-rcvbuf: 4m'

policy() {
    cat <<'YAML'
serial: 1
tlds:
  - {tld: ml, targets: [mil], mode: block, otherwise: mail-only, twin: dns}
  - {tld: got, targets: [gov], mode: block, otherwise: mail-only, twin: dns}
  - {tld: gow, targets: [gov], mode: block, otherwise: monitor, twin: dns}
YAML
}

# shellcheck disable=SC2317
clean_up() {
    ((${#liars[@]} == 0)) || kill "${liars[@]}" 2>/dev/null || true
    world_end
}

# figure KEY
figure() { { "$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>/dev/null || true; } | sed -n "s/^$1=//p"; }

# asked SERVER PATTERN: questions that have arrived there, of names that are like that.
asked() { grep -cE "^$2 " "$world_dir/run/$1.asked" || true; }

# ask_all COUNT NAME: of each client so many questions; a % in the name is another number each time.
# Sets answers: how many of each kind there were.
ask_all() {
    awk -v clients="$clients" -v count="$1" -v name="$2" 'BEGIN {
        for (i = 0; i < clients * count; i++) {
            n = name; sub(/%/, i, n); c = i % clients
            printf "127.1.%d.%d udp %s MX\n", c / 250, c % 250 + 1, n
        }
    }' >"$world_dir/list"
    answers=$("$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 20000 -j 64 -l <"$world_dir/list" |
        awk '{ print $4 }' | sort | uniq -c | xargs)
}

# A name whose twin is there, and one whose twin is not: its absence is good for a minute.
test_same() {
    local begin=$SECONDS total=$((clients * each)) most
    ask_all "$each" army.ml
    is "the same name: each of $total questions is blocked" "$answers" "$total NXDOMAIN"
    ask_all "$each" absent.ml
    is "the same name, without a twin: each is answered" "$answers" "$total NOERROR"
    # A question that is answered late is sent anew, by Unbound: three times, as said above.
    most=$((4 * (1 + (SECONDS - begin) / 60)))
    check "the same name: army.mil was asked for $most times at most" test "$(asked mil 'army\.mil')" -le "$most"
    check "the same name: absent.mil was asked for $most times at most" test "$(asked mil 'absent\.mil')" -le "$most"
    check "the same name: both were asked for" test "$(asked mil '(army|absent)\.mil')" -ge 2
    echo "# the same name: $total questions for each, asked outside: $(asked mil 'army\.mil'), $(asked mil 'absent\.mil')"
}

# An answer that is good for no time is good for its question.
test_no_ttl() {
    ask_all 1 zero.ml
    is "a TTL of 0: each is blocked" "$answers" "$clients NXDOMAIN"
    check "a TTL of 0: not more than one look-up for a question" test "$(asked mil 'zero\.mil')" -le "$clients"
    echo "# a TTL of 0: $clients questions, asked outside: $(asked mil 'zero\.mil')"
}

# Of a resolver of its own, so that its last figures, which it leaves when it stops, are of these alone.
test_different() {
    local total=$((clients * each)) names again
    fault_begin
    ask_all "$each" 'd%.ml'
    is "different names: each is answered" "$answers" "$total NOERROR"
    world_stop unbound
    is "different names: one look-up for each" "$(figure num.twins.asked)" "$total"
    names=$(grep -E '^d[0-9]+\.mil ' "$world_dir/run/mil.asked" | sort -u | wc -l)
    again=$(($(asked mil 'd[0-9]+\.mil') - names))
    is "different names: each was asked for" "$names" "$total"
    # An answer that comes late is asked for once more, by Unbound.
    check "different names: hardly any twice" test "$again" -le $((names / 2))
    echo "# different names: $names, asked outside once more: $again"
}

# Nobody answers for gov.
test_silent() {
    local packets
    fault_begin
    ask_all 1 silent.got
    is "a silent server, the same name: each is answered" "$answers" "$clients NOERROR"
    packets=$(asked gov 'silent\.gov')
    check "a silent server, the same name: asked a few times, for all" test "$packets" -ge 1 -a "$packets" -le 20
    echo "# a silent server: $clients questions for the same name, packets sent there: $packets"
    is "a silent server: it is the process that was started" "$(world_pid unbound)" "$fault_process"
}

# Two exchangers whose twins are silent; and a name whose own is, with an alias to another one. The time
# for which a question waits is one for all of its look-ups, so that Unbound does not take its answer
# for too late (discard-timeout: 1.9 s); and each twin has one look-up at most.
test_silent_pair() {
    fault_begin
    ask -w 1800 pair.world MX
    is "two silent twins of exchangers: there is an answer in time" "$(field answer | awk '{ print $6 }' | sort | xargs)" \
        "mx.one.gow. mx.two.gow."
    ask -w 1800 alias.got A
    is "two silent twins of an alias: there is an answer in time" "$(field answer | awk '{ print $4, $5 }' | xargs)" \
        "CNAME other.got. A 203.0.113.9"
    world_stop unbound
    is "silent twins: one look-up for each while there is time" "$(figure num.twins.asked)" 3
}

# More at one time than may be looked up. Others are answered meanwhile.
test_silent_names() {
    local i packets looked=0 key
    local -a asking=()
    fault_begin
    for ((i = 0; i < 5; i++)); do
        awk -v i="$i" -v n="$clients" 'BEGIN { for (; i < n; i += 5) printf "127.1.%d.%d udp s%d.got MX\n", i / 250, i % 250 + 1, i }' |
            "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 20000 -j 64 -l >"$world_dir/silent.$i" &
        asking+=($!)
    done
    ask -w 5000 other.ml MX
    is "silent servers, different names: others are answered meanwhile" "$(field rcode)" NOERROR
    wait "${asking[@]}" || true
    is "silent servers, different names: each is answered" \
        "$(cat "$world_dir"/silent.* | awk '{ print $4 }' | sort | uniq -c | xargs)" "$clients NOERROR"
    is "silent servers: it is the process that was started" "$(world_pid unbound)" "$fault_process"
    world_stop unbound
    packets=$(asked gov 's[0-9]+\.gov')
    check "silent servers, different names: some are not looked up, as too many are" test "$(figure num.twins.refused)" -ge 1
    for key in asked cached refused; do looked=$((looked + $(figure "num.twins.$key"))); done
    is "silent servers, different names: a question has one look-up, or none" "$looked" $((clients + 1))
    # As often as Unbound tries a server, as said above; a slow one (TSan) now and then once more.
    check "silent servers, different names: no more than Unbound's own tries" \
        test "$packets" -ge 1 -a "$packets" -le $((4 * $(figure num.twins.asked)))
    echo "# silent servers: $clients different names, $(figure num.twins.asked) looked up, $(figure num.twins.refused) not, packets sent there: $packets"
}

live_create
trap clean_up EXIT
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
printf '%s\n' 'zero.mil. 0 A 198.51.100.9' 'zero.ml. 300 A 203.0.113.9' 'gov. 3600 TXT "exists"' 'got. 3600 TXT "exists"' \
    'pair.world. 300 MX 10 mx.one.gow.' 'pair.world. 300 MX 20 mx.two.gow.' \
    'alias.got. 300 CNAME other.got.' 'other.got. 300 A 203.0.113.9' \
    >>"$world_dir/zones/root.zone"
world_stop nsd
world_start nsd || bail "$world_error"
live_liar honest "$world_nsd_port" mil || bail "no liar"
liars+=("$live_liar_pid")
live_stub mil
live_liar silent "$world_nsd_port" gov || bail "no liar"
liars+=("$live_liar_pid")
live_stub gov
fault_begin
test_same
test_no_ttl
test_different
test_silent
test_silent_pair
test_silent_names
live_end
