#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard replay: each form of log, what is counted, and the gate.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
cp "$tests"/whole.* .
run compile -q whole.yaml -o whole.cdb

# replayed FILTER LINE...: of the JSON, after a log of these lines.
replayed() {
    printf '%s\n' "${@:2}" >log.txt
    run replay --json --log log.txt whole.cdb
    got=$(jq -c "$1" <<<"$out")
}
# reads NAME LINE...: the last line is one question, newly blocked, for army.ml.
reads() {
    replayed '[.questions, .newly_blocked.names.top[].name]' "${@:2}"
    is "reads $1" "$code $got$err" '0 [1,"army.ml"]'
}
counts='[.lines, .questions, .unreadable, .no_questions, .replies_passed_over]'

# Plain lines.
reads 'client name type' '10.5.5.5 army.ml MX'
reads 'a class, any case, a final dot' '10.5.5.5 ARMY.ML. mx in'
reads 'tabs and an end of DOS' $'10.5.5.5\tarmy.ml\tA\r'
reads 'IPv6, an unknown type' '2001:db8::1 army.ml TYPE65400'
reads 'comments and empty lines' '# a log' '' '   ' '10.5.5.5 army.ml MX # this one'
# Unbound's own, to a file and through syslog.
reads log-queries '[1700000000] unbound[12:0] info: 10.5.5.5 army.ml. MX IN'
reads log-time-ascii 'Nov 22 03:13:12 unbound[12:1] info: 10.5.5.5 army.ml. MX IN'
reads syslog 'Nov 22 03:13:12 host unbound: [12:1] info: 10.5.5.5 army.ml. MX IN'
reads log-tag-queryreply '[1700000000] unbound[12:f] query: 10.5.5.5 army.ml. MX IN'
reads log-replies '[1700000000] unbound[12:0] info: 10.5.5.5 army.ml. MX IN NXDOMAIN 0.000000 1 30'
# The block log, also of a client that is not known.
event='{"event":{"action":"x"},"source":{"ip":"10.5.5.5"},"dns":{"question":{"name":"army.ml","type":"MX","class":"IN"}},"tldguard":{"reply":"resolve"}}'
reads 'an event' "$event"
reads 'an event without a client' "$(jq -c 'del(.source)' <<<"$event")"

# Stopped for a name in its answer: the question itself is not newly allowed for that.
replayed '[.questions, .newly_blocked.questions, .newly_allowed.questions, .still_blocked]' \
    "$(jq -c '.dns.question.name = "example.com" | .tldguard = {reply: "null MX", via: "mx.army.ml"}' <<<"$event")"
is 'an event about the answer' "$code $got$err" '0 [1,0,0,0]'

# Both kinds of Unbound's lines: each question once.
replayed "$counts" '[1] unbound[1:0] info: 10.5.5.5 army.ml. MX IN' \
    '[1] unbound[1:0] info: 10.5.5.5 army.ml. MX IN NXDOMAIN 0.000000 1 30' \
    '[1] unbound[1:0] info: 10.5.5.5 army.ml. A IN' \
    '[1] unbound[1:0] info: 10.5.5.5 army.ml. A IN NXDOMAIN 0.000000 1 30'
is 'queries and replies' "$got" '[4,2,0,0,2]'
replayed "$counts" '[1] unbound[1:0] info: service stopped (unbound 1.17.1).' \
    '[1] unbound[1:0] info: 10.5.5.5 - - - FORMERR - - - ' \
    '{"event":{"action":"events-lost"},"tldguard":{"lost":3}}' \
    '{"event":{"action":"policy-loaded"},"rule":{"version":"2"},"tldguard":{"serial":2,"rules":7}}' \
    '{"event":{"action":"policy-rejected"},"error":{"message":"x"},"tldguard":{"serial":2}}'
is 'no questions' "$code $got$err" '0 [5,0,0,5,0]'

# What cannot be read is counted, and its first line shown with its number.
replayed "$counts" '10.5.5.5 army.ml MX' 'nonsense' '{broken' '10.5 army.ml MX' '10.5.5.5 a..b MX' \
    '10.5.5.5 army.ml NOTYPE' '10.5.5.5 army.ml MX IN more' '{"dns":{"question":{"name":1}}}' \
    "$(printf '10.5.5.5 %070000d.ml MX' 1)" '10.5.5.5 navy.ml MX'
is 'unreadable' "$code $got" '0 [10,2,8,0,0]'
is 'the first of them' "$err" "log.txt:2:1: warning: neither an event, nor a query of Unbound's log, nor 'client name type'
    nonsense
    ^"
printf 'foo \xe2\x80\xae rlo \x9b raw \xff x\n10.5.5.5 army.ml MX\n' >log.txt
run replay -l log.txt whole.cdb
is 'what it shows of a line does nothing to a terminal' "$code $(sed -n 2p <<<"$err")" '0     foo ??? rlo ? raw ? x'
printf '10.5.5.5 ar\0my.ml MX\n10.5.5.5 army.ml MX' >log.txt
run replay -j -l log.txt whole.cdb
is 'a NUL, and no newline at the end' "$(jq -c "$counts" <<<"$out")" '[2,1,1,0,0]'
# Lines about the size of the reader's buffer come whole.
for size in 65535 65536 65537 262143 262144 262145; do
    { printf '%*s\n' "$size" '#'; echo '10.5.5.5 army.ml MX'; } | sed '1s/^ /#/' >log.txt
    run replay -j -l log.txt whole.cdb
    is "a line of $size octets" "$(jq -c '[.lines, .questions, .unreadable]' <<<"$out")" "[2,1,$((size > 65536))]"
done

# What is newly blocked, newly allowed and the same; by rule, name and client.
cat >log.txt <<'L'
10.5.5.5 army.ml MX
10.5.5.6 army.ml A
10.5.5.5 shop.om MX
10.9.0.7 army.ml MX
10.5.5.5 www.example.org A
10.5.5.5 www.orange.ml A
10.5.5.5 other.ml A
10.5.5.5 other.ml MX
L
run replay -l log.txt whole.yaml
is 'nothing was blocked before' "$code $out" "0 read: 8 lines, 8 questions, 0 unreadable, 0 no questions, 0 replies passed over
compared with: what the log says was done, else nothing blocked
newly blocked: 4 questions, 3 names, 2 clients
  rule          3  tld ml
  rule          1  tld om
  name          2  army.ml
  name          1  shop.om
  name          1  other.ml
  client        3  10.5.5.5
  client        1  10.5.5.6
newly allowed: nothing
still blocked: 0 questions
logged, resolved: 1 question
depend on a look-up of the twin: 1 question, taken as if it did not exist"
run replay -l log.txt --twins-exist whole.yaml
is 'if twins exist' "$(grep -E '^(newly blocked|depend)' <<<"$out")" 'newly blocked: 5 questions, 3 names, 2 clients
depend on a look-up of the twin: 1 question, taken as if it existed'
sed 's/  - army.mil/  - navy.mil/; s/mode: mail-only/mode: off/' whole.yaml >new.yaml
run replay -l log.txt --old whole.cdb new.yaml
is 'against the old one' "$(grep -A20 '^newly' <<<"$out" | sed '/^logged/,$d')" 'newly blocked: nothing
newly allowed: 2 questions, 2 names, 2 clients
  rule          1  tld ml
  rule          1  tld om
  name          1  army.ml
  name          1  shop.om
  client        1  10.5.5.5
  client        1  10.5.5.6
still blocked: 2 questions'
run replay -l log.txt -n 1 whole.yaml
is 'one row a list' "$(grep -c '^  [a-z]* *[0-9]' <<<"$out") $(grep -c 'and [0-9]* more' <<<"$out")" '3 3'

# The block log tells what was done.
{
    jq -c '.tldguard.reply = "NXDOMAIN"' <<<"$event"
    jq -c '.tldguard.reply = "null MX" | .dns.question.name = "orange.ml"' <<<"$event"
} >events.jsonl
run replay -j -l events.jsonl whole.yaml
is 'as the log says' "$(jq -c '[.newly_blocked.questions, .newly_allowed.names.top[0].name, .still_blocked]' <<<"$out")" \
    '[0,"orange.ml",1]'
run replay -j -l events.jsonl -d 2027-07-01 whole.yaml
is 'on another day' "$(jq -c '[.newly_allowed.questions, .still_blocked]' <<<"$out")" '[0,2]'

# The gate.
run replay -l log.txt -m 4 whole.yaml
is 'just allowed' "$code$err" 0
run replay -l log.txt --max-newly-blocked 3 whole.yaml
is 'too many' "$code $err" '1 tldguard replay: 4 questions newly blocked, more than 3'
run replay -l - whole.yaml </dev/null
is 'an empty log, without a gate' "$code$err" 0
# gate NAME: of the log on standard input, which asks nothing.
gate() {
    run replay -l - -m 0 whole.yaml
    is "a gate that saw nothing stays shut: $1" "$code $err" \
        '3 -: error: there is no question in it, so that --max-newly-blocked cannot tell anything'
}
gate 'an empty log' </dev/null
gate 'empty lines' <<<$'\n\n'
gate 'without log-queries' <<<'[1795305600] unbound[1:0] info: start of service (unbound 1.17.1).'
run replay -l - -m 0 whole.yaml <<<'nonsense'
is 'a gate that saw nothing stays shut: no line can be read' "$code $(head -n 1 <<<"$err")" '3 -: error: no line of it can be read'

for args in 'whole.cdb' '-l log.txt' '-l log.txt -m x whole.cdb' '-l log.txt -m -1 whole.cdb' \
    '-l log.txt -n 1001 whole.cdb' '-l - -' '-l log.txt -d x whole.cdb'; do
    # shellcheck disable=SC2086 # words
    run replay $args
    is "usage: '$args'" "$code$out" 2
done
run replay -l none.log whole.cdb
is 'no such log' "$code $err" '3 none.log: error: No such file or directory'
run replay -l "$work" whole.cdb
is 'a folder' "$code ${err#*error: }" '3 Is a directory'
tap_end
