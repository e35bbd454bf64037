#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Names made of any octets, and packets that are none: the answer is right, the log stays
# one line of ASCII JSON for each event, and the resolver stays up. What is not blocked is
# answered as an Unbound without the module answers it, packet by packet.
# PACKETS: how many of these (2000), a fifth of them by TCP as well. SEED: other ones (1).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

spray=$TG_BUILD/tests/support/spray
packets=${PACKETS:-2000}
seed=${SEED:-1}
marks=0

# The same Unbound without the module.
# shellcheck disable=SC2317
world_plain_conf() { world_stock_conf plain "$1"; }
# shellcheck disable=SC2317
world_plain_command() { world_stock_command plain; }
world_stock_modules='validator iterator'
world_plain_port=0
# With most of its connections in use, Unbound would soon cut those that wait.
world_unbound_more='    incoming-num-tcp: 100'

# shellcheck disable=SC2317
clean_up() {
    world_stop plain
    world_end
}

# repeat COUNT TEXT
repeat() {
    local i
    for ((i = 0; i < $1; i++)); do printf '%s' "$2"; done
}

# shellcheck disable=SC1003,SC2016
# Presentation form (RFC 4343 2.1); in the log it is the same, in lower case. All under ml.
names=(
    '\000' '\001' '\255' '\127' '\009' '\010' '\013' '\027[31m' '\032' 'a\032b'
    '\"' '\\' '\\\\' '\"\\\"' '\"}' '{\"a\":1}' '\\u0000' '\\n' '\010{}\010'
    'a\.b' '\.' '\.\.' 'a\.ml' '*' '_dmarc.army' '-' '%s%n' '<b>' "'" '`id`' '\$\(id\)' '\;' '\@'
    '\195\169' '\195' '\237\160\128' '\254\255' 'xn--army-' 'ARMY'
    "$(repeat 63 '\255')" "$(repeat 63 '\"')" "$(repeat 63 a)"
    # 255 octets: with the twin's longer TLD it would be too long.
    "$(repeat 3 "$(repeat 63 '\000').")$(repeat 58 '\000')"
    "$(repeat 3 "$(repeat 63 X).")$(repeat 58 X)"
    "$(repeat 57 '\"').$(repeat 63 '\\').$(repeat 63 '\010').$(repeat 63 '\"')"
    # As many labels as fit.
    "$(repeat 124 a.)bb"
)

test_names() {
    local name wanted='' answers list=''
    for name in "${names[@]}"; do
        list+="127.0.0.3 udp $name.ml MX"$'\n'"127.0.0.4 tcp $name.ml TYPE65400"$'\n'
        wanted+="${name,,}.ml"$'\n'"${name,,}.ml"$'\n'
    done
    answers=$("$live_client" -e -p "$world_unbound_port" -l <<<"${list%$'\n'}") || true
    is "names of any octets: each is blocked" "$(awk '{ print $4 }' <<<"$answers" | sort | uniq -c | xargs)" \
        "$((2 * ${#names[@]})) NXDOMAIN"
    check "names of any octets: the events are written" live_await_events $((2 * ${#names[@]}))
    is "names of any octets: as they were asked" "$(jq -r .dns.question.name "$live_log")" "${wanted%$'\n'}"
    # The name is not changed to be explained: a too long twin is left out.
    is "a twin that would be too long" "$(jq -r 'select(.dns.question.name | startswith("a.a.a.")) |
        .tldguard | has("twin")' "$live_log" | uniq)" false
}

test_log() {
    is "$1: each line is JSON by itself" "$(jq -R 'fromjson? | type' "$live_log" | sort | uniq -c | xargs)" \
        "$(live_events) object"
    is "$1: ASCII and nothing unprintable" "$(LC_ALL=C grep -c '[^ -~]' "$live_log" || true)" 0
    is "$1: the last line is whole" "$(tail -c 1 "$live_log" | od -An -tx1 | xargs)" 0a
    is "$1: numbers without a gap" "$(jq .event.sequence "$live_log")" "$(seq "$(live_events)")"
}

# The same names in each form that the tool gives the log; a spreadsheet's apostrophe aside.
test_forms() {
    local asked
    asked=$(jq -r .dns.question.name "$live_log")
    is "names of any octets: in OCSF" "$("$TLDGUARD" log --format ocsf "$live_log" | jq -r .query.hostname)" "$asked"
    is "names of any octets: in CSV" "$("$TLDGUARD" log --csv "$live_log" | tail -n +2 | tr -d '\r' |
        sed 's/^\([^"]*\)"blocked","[^"]*","[^"]*","\(\([^"]\|""\)*\)".*/\2/; s/""/"/g; s/^'"'\([-=@+]\)"'/\1/')" "$asked"
    is "names of any octets: as text, on a terminal" "$("$TLDGUARD" log "$live_log" |
        sed 's/^[^ ]* blocked  [^ ]*  [^ ]* \([^ ]*\)  .*/\1/')" "$asked"
    is "names of any octets: no form has what is not printable" "$(for form in --csv --json '-F ecs' '-F ocsf' '-F cef'; do
        # shellcheck disable=SC2086 # words
        "$TLDGUARD" log $form "$live_log" | tr -d '\r'
    done | LC_ALL=C grep -c '[^ -~]')" 0
    if ! command -v python3 >/dev/null; then
        ok "names of any octets: in CEF # SKIP no python3"
        return
    fi
    is "names of any octets: in CEF" "$("$TLDGUARD" log --format cef "$live_log" |
        python3 "$TG_SRC/tests/support/cef.py" | jq -r .extension.dhost)" "$asked"
}

# Header: ID, flags, counts; army.ml MX IN in the question (RFC 1035 4.1).
army=0461726d79026d6c00
query=000001000001000000000000${army}000f0001
mapfile -t malformed < <(xargs -n 1 <<HEX
00 000001 0000010000010000000000
000001000001000000000000 000001000001000000000000${army} 000001000001000000000000${army}000f
000001000000000000000000 00000100000200000000000004 00000100ffffffffffffffff${army}000f0001
000081000001000000000000${army}000f0001 000029000001000000000000${army}00060001
000021000001000000000000${army}00060001 0000f9000001000000000000${army}000f0001
000001000001000000000000c00c000f0001 000001000001000000000000c0ff000f0001
00000100000100000000000004c00c026d6c00000f0001 0000010000010000000000004061026d6c00000f0001
0000010000010000000000003f61026d6c00000f0001 0000010000010000000000008161026d6c00000f0001
000001000001000000000000$(repeat 130 0161)026d6c00000f0001
${query}ffffff ${query/0000000000000461/0000000000010461}
000001000001000000000001${army}000f00010000290000000000000004
000001000001000000000001${army}000f0001000029000000000000000400ffffff
000001000001000000000001${army}000f00010000290000000100000000
000001000001000000000002${army}000f000100002904d00000000000000000290400000000000000
000001000001000000000000${army}00fc0001 000001000001000000000000${army}00fb0001
000001000001000000000000${army}000f0003 000001000001000000000000${army}000f00ff
000001000001000000000000${army}00000001 000001000001000000000000${army}000f0000
000001000001000000000000${army}00290001 000001000001000000000000${army}00fa0001
HEX
)
malformed+=('')

# One octet wrong, anywhere; always the same ones.
mutations() {
    local i at
    RANDOM=26112
    for ((i = 0; i < 300; i++)); do
        at=$((4 + 2 * (RANDOM % (${#query} / 2 - 2))))
        printf '%s%02x%s\n' "${query:0:at}" $((RANDOM & 255)) "${query:at+2}"
    done
}

test_malformed() {
    local before pid packet
    local -a mutated
    pid=$(world_pid unbound)
    before=$(live_events)
    mapfile -t mutated < <(mutations)
    "$live_client" -p "$world_unbound_port" -w 20 -r "${malformed[@]}" "${mutated[@]}" >/dev/null || true
    "$live_client" -p "$world_unbound_port" -w 20 -t -r "${malformed[@]}" >/dev/null || true
    # Connections that end in the middle of a message.
    for packet in '\x00' '\x00\x40abc' '\xff\xff'; do
        printf '%b' "$packet" >"/dev/tcp/127.0.0.1/$world_unbound_port" || true
    done
    ask -e army.ml MX
    is "malformed packets: it still answers" "$(field rcode)" NXDOMAIN
    check "malformed packets: the event is written" live_await_events $((before + 1))
    is "malformed packets: the same process" "$(world_pid unbound)" "$pid"
}

# spray NAME COUNT OPTION...: what came of each packet goes to $world_dir/sprayed.
spray() {
    local before pid blocked
    before=$(live_events)
    pid=$(world_pid unbound)
    "$spray" -p "$world_unbound_port" -q "$world_plain_port" -s "$seed" -n "$2" "${@:3}" >"$world_dir/sprayed" ||
        bail "spray ends with $?"
    is "$1: all are sent" "$(wc -l <"$world_dir/sprayed")" "$2"
    is "$1: the same process" "$(world_pid unbound)" "$pid"
    # What is asked last is written last.
    marks=$((marks + 1))
    ask -b 127.0.0.99 army.ml MX
    check "$1: the events are written" live_until has_marks "$marks"
    tail -n "+$((before + 1))" "$live_log" | jq -r 'select(.source.ip != "127.0.0.99") | .source.ip + " " + .tldguard.reply' \
        >"$world_dir/events"
    is "$1: never two events of one packet" "$(cut -d' ' -f1 "$world_dir/events" | sort | uniq -d | head)" ''
    # Each packet has an address of its own.
    blocked=$(awk '$2 != "resolve" { print $1 }' "$world_dir/events" | sort)
    is "$1: those that are answered in another way are those with an event" \
        "$(compare <(printf '%s\n' "$blocked") "$world_dir/sprayed" | head -n 5)" ''
    check "$1: some are blocked, some are not, some are no questions" has_all_kinds
    echo "# $1: $(cut -d' ' -f2 "$world_dir/sprayed" | sort | uniq -c | xargs), $(wc -l <"$world_dir/events") events"
}

# shellcheck disable=SC2317
has_marks() { (($(live_lines | grep -cF '"ip":"127.0.0.99"') == $1)); }
# shellcheck disable=SC2317
has_all_kinds() { [[ $(cut -d' ' -f2 "$world_dir/sprayed" | sort -u | xargs) == 'differs same silence' ]]; }
compare() {
    awk 'NR == FNR { blocked[$1]; next }
        ($2 == "differs") != ($1 in blocked) { print ($1 in blocked ? "blocked, but " : "not blocked, but ") $0 }' "$@"
}

# Before test_malformed: Unbound replies to 100 wrong packets a second, not more.
test_spray() {
    world_start plain || bail "$world_error"
    spray "packets by UDP" "$packets"
    spray "packets by TCP" $((packets / 5)) -t -j 8
    is "packets: no complaint" "$(grep -i 'tldguard.*error\|error.*tldguard' "$world_dir/unbound.log" | head -n 5)" ''
}

live_create
trap clean_up EXIT
world_start unbound || bail "$world_error"
test_names
test_forms
test_log "after the names"
test_spray
test_malformed
world_stop unbound
test_log "after the packets"
live_end
