#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log: what is read, what is asked for, and in which form it is told; top.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1795348800 # 2026-11-22T12:00Z
events=${TG_BUILD:?where the project is built}/tests/support/events

"$events" 60 5 >real.jsonl
base=$(head -n 1 real.jsonl)
# event JQ: a real event, changed.
event() { jq -c "$1" <<<"$base"; }
at() { echo ".[\"@timestamp\"]=\"2026-11-22T$1Z\""; }
{
    event "$(at 08:00:00.5) | .dns.question.name=\"army.ml\" | .dns.question.type=\"MX\" | .source.ip=\"10.1.2.3\" | .tldguard.twin=\"army.mil\""
    event "$(at 09:00:00) | .dns.question.name=\"www.example.com\" | .source.ip=\"10.1.9.9\" | .tldguard.via=\"mx.navy.ml\" | .tldguard.twin=\"mx.navy.mil\" | .tldguard.severity=\"low\" | .tldguard.group=\"soc\""
    event "$(at 10:00:00) | .dns.question.name=\"x.om\" | .source.ip=\"2001:db8::7\" | .rule.id=\"om\" | .event.action=\"dns-observe\" | .tldguard.mode=\"monitor\" | .tldguard.severity=\"critical\" | .tldguard.serial=7 | del(.tldguard.twin)"
    event "$(at 11:00:00) | .event.action=\"policy-loaded\" | .message=\"policy 8 loaded\" | del(.dns,.source) | .tldguard={serial:8,boot:\"6b\"}"
} >four.jsonl

# names ARG...: of the events that pass.
names() {
    run log "$@" --json four.jsonl
    out=$(jq -r '.dns.question.name // .message' <<<"$out" | tr '\n' ' ')
}
# passes NAME WANTED ARG...
passes() {
    names "${@:3}"
    is "$1" "$code $out$err" "0 $2"
}
all='army.ml www.example.com x.om policy 8 loaded '
passes 'no filter' "$all"
passes 'client: an address' 'army.ml ' -c 10.1.2.3
passes 'client: a network' 'army.ml www.example.com ' -c 10.1.0.0/16
passes 'client: a network that ends within an octet' 'www.example.com ' -c 10.1.8.0/21
passes 'client: IPv6' 'x.om ' -c 2001:db8::/32
passes 'client: any IPv4' 'army.ml www.example.com ' -c 0.0.0.0/0
passes 'name: whole, any case' 'army.ml ' -q ARMY.ML
passes 'name: a part is none' '' -q rmy.ml
passes 'name: a pattern' 'army.ml www.example.com ' -q '*m*m*'
passes 'name: one octet' 'x.om ' -q '?.om'
passes 'type' 'army.ml ' -t mx
passes 'type by number' 'army.ml ' -t TYPE15
passes 'since a span' 'x.om policy 8 loaded ' -s 2h
passes 'since: the moment is in' 'x.om policy 8 loaded ' -s 2026-11-22T10:00Z
passes 'until: the moment is not' 'army.ml www.example.com ' -u 2026-11-22T10:00:00Z
passes 'since a day' "$all" -s 2026-11-22
passes 'until a day' '' -u 2026-11-22
passes 'severity: and above' 'army.ml x.om ' -S high
passes 'rule' 'x.om ' -r om
passes 'twin' 'army.ml www.example.com ' -w '*.mil'
passes 'mode' 'x.om ' -m monitor
passes 'verdict: blocked' 'army.ml www.example.com ' -v blocked
passes 'verdict: watched' 'x.om ' -v watched
passes 'verdict: service' 'policy 8 loaded ' -v service
passes 'group' 'www.example.com ' -g soc
passes 'serial' 'x.om ' -p 7
passes 'several at once' 'www.example.com ' -v blocked -c 10.0.0.0/8 -w '*.mil' -s 3h -u 2h

# wrong ARG...: usage.
wrong() {
    run log "$@" four.jsonl
    is "wrong: $*" "$code $out $(grep -c "^tldguard log: .*see 'tldguard log --help'" <<<"$err")" '2  1'
}
wrong -c 10.1
wrong -c 10.1.2.3/33
wrong -t NOTYPE
wrong -s yesterday
wrong -u 2026-02-30
wrong -S huge
wrong -m loud
wrong -v maybe
wrong -p x
wrong -n x top clients
wrong -b week timeline
wrong -G 15 incidents
wrong --json --csv
wrong --db file
wrong --follow top clients
wrong top everything
run log top
is 'wrong: top of what' "$code" 2

# The forms of an event.
run log four.jsonl
is 'as lines' "$code$err
$out" "0
2026-11-22T08:00:00.500Z blocked  10.1.2.3  MX army.ml  meant army.mil  rule ml
2026-11-22T09:00:00.000Z blocked  10.1.9.9  A www.example.com  meant mx.navy.mil  rule ml  via mx.navy.ml  group soc
2026-11-22T10:00:00.000Z watched  2001:db8::7  A x.om  rule om
2026-11-22T11:00:00.000Z service  policy 8 loaded"
run log --json four.jsonl
is 'as JSON: the lines' "$out" "$(<four.jsonl)"
run log --csv -q army.ml four.jsonl
is 'as CSV' "$(cut -d, -f1-9 <<<"$out" | tr -d '\r')" 'time,verdict,client,type,name,twin,rule,via,group
2026-11-22T08:00:00.500Z,"blocked","10.1.2.3","MX","army.ml","army.mil","ml",,'
run log - <four.jsonl
is 'standard input' "$code $(wc -l <<<"$out")" '0 4'
printf '%s' "$base" >unended.jsonl
run log unended.jsonl
is 'without a newline at the end' "$code $(wc -l <<<"$out")" '0 1'
printf 'log: %s/four.jsonl\n' "$PWD" >conf
TLDGUARD_CONF=$PWD/conf run log
is 'the configured log' "$code $(wc -l <<<"$out")" '0 4'
run log nowhere.jsonl four.jsonl
is 'a file that is not there' "$code $(wc -l <<<"$out") $err" '3 4 nowhere.jsonl: error: No such file or directory'

# Rotated files: in the order of their first events, whatever their names.
split -l 20 real.jsonl part.
run log --json part.ac part.aa part.ab
is 'files in order' "$(jq .event.sequence <<<"$out" | tr '\n' ' ')" "$(seq 60 | tr '\n' ' ')"

# What cannot be read is passed over, counted and shown by its place; the others stand.
long=$(printf '%065537d' 0)
{
    echo "$base"
    echo "${base:0:300}"
    echo
    echo "nonsense"
    echo "${base:0:100}$base"
    echo "$long"
    echo "$base"
} >broken.jsonl
run log broken.jsonl
is 'broken lines' "$code $(wc -l <<<"$out")
$err" '1 2
broken.jsonl:2:301: warning: torn: no end of a text
broken.jsonl:4:1: warning: no JSON object
broken.jsonl:5:103: warning: two lines in one: no JSON
log: warning: 4 lines cannot be read'
printf '%0200000d\n%s\n' 0 "$base" >long.jsonl
run log long.jsonl
is 'a line longer than all buffers' "$code $(wc -l <<<"$out") $err" '1 1 long.jsonl:1:1: warning: longer than 64 KiB'
head -c $((65536 - ${#base})) /dev/zero | tr '\0' ' ' >longest.jsonl
echo "$base" >>longest.jsonl
run log longest.jsonl
is 'the longest line' "$code $(wc -l <<<"$out")" '0 1'
head -c 300000 /dev/urandom | tr -d '\n' >random.jsonl
head -c 300000 /dev/urandom >>random.jsonl
run log random.jsonl
is 'random octets' "$code $out" '1 '

# Nothing of a stranger's reaches a terminal or a spreadsheet as it is.
event '.dns.question.name="=a\u001b]0;x\u0007\u009b\u202e,\"q\"\r\n\u007f\u00e9" | .source.ip="-1+1"' >hostile.jsonl
run log hostile.jsonl
is 'hostile, as lines' "$(awk -F'  ' '{ print $3 }' <<<"$out")" 'A =a\x1b]0;x\x07\x9b\u{202e},"q"\x0d\x0a\x7fé'
run log --csv hostile.jsonl
is 'hostile, as CSV' "$(tail -n +2 <<<"$out" | cut -d, -f3-5)" "\"'-1+1\",\"A\",\"'=a\\x1b]0;x\\x07\\x9b\\u{202e}"
is 'hostile, as CSV: quotes' "$(tail -n +2 <<<"$out" | cut -d, -f6)" '""q""\x0d\x0a\x7fé"'
run log top names --json hostile.jsonl
is 'hostile, as JSON' "$(jq -c '.[0].name' <<<"$out")" "$(jq -c '.dns.question.name' hostile.jsonl)"
is 'hostile, as JSON: only ASCII' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0

# On a terminal: colours, and lines made harmless.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    terminal() { script -qec "$tool log $*" /dev/null </dev/null | tr -d '\r'; }
    is 'colours' "$(terminal -q army.ml four.jsonl | sed -n 's/.*Z \(.*\)  10.*/\1/p')" $'\e[31mblocked\e[0m'
    is 'no colours' "$(NO_COLOR=1 terminal -q army.ml four.jsonl | sed -n 's/.*Z \(.*\)  10.*/\1/p')" blocked
    jq -c '.message="\u009b2J"' <<<"$base" | sed 's/\\u009b/\xc2\x9b/' >c1.jsonl
    is 'JSON' "$(terminal --json c1.jsonl | grep -c '\\x9b2J')" 1
fi

# Packed files.
gzip -k four.jsonl
run log four.jsonl.gz
is 'gzip' "$code $(wc -l <<<"$out")" '0 4'
cat four.jsonl.gz four.jsonl.gz >two.gz
run log two.gz
is 'gzip behind gzip' "$code $(wc -l <<<"$out")" '0 8'
# As gzip(1): zeros behind it, as a tape or a block device leaves them, are nothing.
{ cat four.jsonl.gz && head -c 200000 /dev/zero; } >padded.gz
run log padded.gz
is 'gzip, zeros behind it' "$code $(wc -l <<<"$out")$err" '0 4'
{ cat four.jsonl.gz && head -c 3 /dev/zero && echo x; } >behind.gz
run log behind.gz
is 'gzip, something behind it' "$code $(wc -l <<<"$out") $err" '3 4 behind.gz: error: what gzip packed is damaged'
head -c -20 four.jsonl.gz >cut.gz
run log cut.gz
is 'gzip, cut' "$code $err" '3 cut.gz: error: its end is missing'
head -c 40 four.jsonl.gz >bad.gz
head -c 200 /dev/urandom >>bad.gz
run log bad.gz
is 'gzip, damaged' "$code $(grep -c 'error: what gzip packed is damaged' <<<"$err")" '3 1'
if command -v zstd >/dev/null; then
    zstd -q four.jsonl
    cat four.jsonl.zst four.jsonl.zst >two.zst
    run log two.zst
    is 'zstd, two frames' "$code $(wc -l <<<"$out")" '0 8'
    head -c -20 four.jsonl.zst >cut.zst
    run log cut.zst
    is 'zstd, cut' "$code $err" '3 cut.zst: error: its end is missing'
else
    is 'zstd is not there to pack with # SKIP' '' ''
fi
"$events" 20000 5 | tee many.jsonl | gzip >many.gz
run log top types --csv many.gz
is 'gzip, larger than all buffers' "$code $out" "0 $("$tool" log top types --csv many.jsonl)"

# What comes most.
run log top clients --json many.jsonl
is 'top clients' "$(jq -c 'map([.client, .count])' <<<"$out")" \
    '[["10.0.0.0",4000],["10.0.0.1",4000],["10.0.0.2",4000],["10.0.0.3",4000],["10.0.0.4",4000]]'
run log top names --json -n 1000 many.jsonl
is 'top names: as many as jq counts' "$(jq -r '.[] | "\(.count) \(.name)"' <<<"$out" | sort)" \
    "$(jq -r .dns.question.name many.jsonl | sort | uniq -c | sed 's/^ *//' | sort)"
run log top types -n 1 many.jsonl
is 'top types, as text' "$out" '      6667  2026-11-22T00:00:00.010Z  2026-11-22T00:03:19.990Z  A
(1 of 3 types, 20000 events)'
run log top twins --csv four.jsonl
is 'top twins, as CSV' "$(tr -d '\r' <<<"$out")" 'count,first,last,twin
1,2026-11-22T08:00:00.500Z,2026-11-22T08:00:00.500Z,"army.mil"
1,2026-11-22T09:00:00.000Z,2026-11-22T09:00:00.000Z,"mx.navy.mil"'
run log top rules --json four.jsonl -s 2026-11-22T10:00Z -v watched
is 'top rules, filtered' "$(jq -c 'map([.rule, .count])' <<<"$out")" '[["om",1]]'
run log top clients --json /dev/null
is 'top of nothing' "$code $out" '0 []'

# A full disk behind a redirection: the reason is told, once, whether it shows at the end or before.
for args in 'real.jsonl' '--json many.jsonl' 'verify many.jsonl'; do
    # shellcheck disable=SC2086 # words
    "$tool" log $args >/dev/full 2>err.txt
    is "a full disk: $args" "$? $(<err.txt)" '3 tldguard: standard output: No space left on device'
done
tap_end
