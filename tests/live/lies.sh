#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A server outside that lies (tests/support/lies.py), and twins whose look-ups lead to one another: who
# asks for such a name gets the truth or a failure, in time; a look-alike at the end of it is found;
# nobody else waits, and nothing that was slipped in is given to anybody.
#
# ROUNDS: how often each is asked (1; 30 in the long form).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 77; }
rounds=${ROUNDS:-$(long 30 1)}
liar=0

# shellcheck disable=SC2317
clean_up() {
    ((liar == 0)) || kill "$liar" 2>/dev/null || true
    world_end
}

# ask_lies NAME TYPE RCODE...: each round another name; one of these. An Unbound with a discard-timeout
# says nothing to who has waited for longer.
ask_lies() {
    local i wrong='' name
    # The server is as good as new.
    world_control flush_infra all >/dev/null
    for ((i = 0; i < rounds; i++)); do
        name=$1$((RANDOM * 100 + i)).liar.example
        ask -w 4000 "$name" "$2"
        [[ " ${*:3} " == *" $(field rcode) "* && $(field answer) != *'203.0.113.66'* ]] ||
            wrong+="$name: $(field rcode) $(field answer | xargs); "
    done
    is "lies: $1: ${*:3}" "$wrong" ''
}

test_lies() {
    local inspected=0
    begin_questions
    ask_lies plain A NOERROR
    ask_lies name A SERVFAIL
    ask_lies id A SERVFAIL none
    ask_lies tc A SERVFAIL
    ask_lies noise A SERVFAIL none
    ask_lies half A SERVFAIL none
    ask_lies loop A SERVFAIL NOERROR
    ask_lies chain A SERVFAIL NOERROR
    ask_lies silent A SERVFAIL none
    ask_lies many A NOERROR
    ask -t -w 4000 "many0.liar.example" A
    is "lies: many: all are there, by TCP" "$(field answer | wc -l)" 200
    ask_lies extra A NOERROR
    # What leads to a look-alike is blocked, whoever says so.
    ask_lies alias A NXDOMAIN
    ask_lies target MX NOERROR
    is "lies: target: there is no mail" "$(field answer | awk '{ print $5, $6 }')" "0 ."
    ask -w 9000 army.mil A
    is "lies: what was slipped in: army.mil" "$(field answer | awk '{ print $5 }')" 198.51.100.10
    ask -w 9000 example.com A
    is "lies: what was slipped in: example.com" "$(field answer | awk '{ print $5 }')" 192.0.2.80
    is "lies: what was slipped in is not in the cache" "$(world_control dump_cache 2>/dev/null | grep -cE '^(army\.mil|example\.com|ml|mil)\..*(203\.0\.113\.66|liar\.example)' || true)" 0
    end_questions "lies"
    inspected=$(jq -r 'select(.tldguard.via) | .dns.question.name' "$live_log" | grep -c '^alias' || true)
    is "lies: each alias to a look-alike has its event" "$inspected" "$rounds"
    over "lies"
}

# twins NAME QNAME QTYPE RCODE...
twins() {
    local i begin=$EPOCHREALTIME wrong=''
    for ((i = 0; i < rounds; i++)); do
        ask -w 15000 "$2" "$3"
        [[ " ${*:4} " == *" $(field rcode) "* ]] || wrong+="$(field rcode); "
    done
    is "$1: ${*:4}" "$wrong" ''
    check "$1: each within 5 seconds" awk -v n="$rounds" -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < 5 * n) }'
}

test_twins() {
    begin_questions
    # Its twin is an alias to a look-alike whose twin is an alias to the first one.
    twins "twins: a ring of aliases" ring1.ml A NXDOMAIN SERVFAIL
    twins "twins: a ring of aliases, from the other end" ring2.ml A NXDOMAIN SERVFAIL
    # Only a server that has the name of a look-alike knows of the twin.
    twins "twins: a server below a look-alike" needs.ml A NXDOMAIN NOERROR
    # The look-up has no end by itself.
    twins "twins: a chain without end" chain.ml A NXDOMAIN NOERROR SERVFAIL
    # The twin of a name that itself is looked up for another, all at once.
    for ((i = 0; i < 60; i++)); do echo "127.0.0.$((2 + i % 8)) udp $((i % 2 ? 1 : 2))x.ring$((1 + i % 2)).ml A"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 15000 -j 60 -l <"$world_dir/list" >"$world_dir/rings" || true
    is "twins: a crowd of them: all are answered" "$(awk '$4 == "none"' "$world_dir/rings" | wc -l)" 0
    is "twins: nothing waits any more" "$(live_until none_waits && echo no)" no
    end_questions "twins"
    over "twins"
}
# shellcheck disable=SC2317
none_waits() { ! world_control dump_requestlist | grep -qE ' (ring|needs|chain)[^ ]*\.m'; }

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
trap clean_up EXIT
python3 "$TG_SRC/tests/support/lies.py" "$world_dir/port" 2>"$world_dir/lies.log" &
liar=$!
live_until test -s "$world_dir/port" || bail "no liar"
sed 's/{tld: ml, targets: \[mil, nl\], mode: block, action: nxdomain/{tld: ml, targets: [mil], mode: block, otherwise: mail-only, twin: dns, action: nxdomain/' \
    "$live_policy" >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
printf '%s\n' 'ring1.mil. 300 CNAME ring2.ml.' 'ring2.mil. 300 CNAME ring1.ml.' 'ring1.ml. 300 CNAME ring2.mil.' \
    'ring2.ml. 300 CNAME ring1.mil.' 'chain.mil. 300 CNAME chain1.liar.example.' 'chain.ml. 300 A 203.0.113.9' \
    'needs.ml. 300 A 203.0.113.9' >>"$world_dir/zones/root.zone"
world_stop nsd
world_start nsd || bail "$world_error"
# Below what is slow to fail.
world_unbound_more=$'    infra-cache-max-rtt: 1000\n    outbound-msg-retry: 3'
world_unbound_clauses="stub-zone:
    name: liar.example
    stub-addr: 127.0.0.1@$(<"$world_dir/port")
stub-zone:
    name: needs.mil
    stub-host: ns.needs.ml@$world_nsd_port"
fault_begin
test_lies
test_twins
is "the liar had no trouble" "$(grep -v '^ *$' "$world_dir/lies.log" | tail -n 3)" ''
live_end
