#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log incidents, fix-list and timeline: what is folded, and what its cause looks like.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export LC_ALL=C COLUMNS=60
day=1795305600 # 2026-11-22

# asks SECOND CLIENT TYPE NAME [TWIN [VIA]]: an event of that second of the day.
asks() {
    printf '{"@timestamp":"%s","event":{"action":"dns-block"},"source":{"ip":"%s"},"dns":{"question":{"type":"%s","name":"%s"}},"tldguard":{' \
        "$(date -u -d "@$((day + $1))" +%FT%TZ)" "$2" "$3" "$4"
    printf '%s%s"mode":"block"}}\n' "${5:+\"twin\":\"$5\",}" "${6:+\"via\":\"$6\",}"
}
# incidents NAME WANTED ARG...: of the events on standard input: count, types, cause.
incidents() {
    run log incidents --json "${@:3}" -
    is "$1" "$code$err $(jq -c 'map([.count, .types, .cause, .every])' <<<"$out")" "0 $2"
}

# What is one incident.
incidents 'MX, A and AAAA: one' '[[3,"MX A AAAA","person",null]]' \
    < <(asks 0 10.0.0.1 MX army.ml && asks 0 10.0.0.1 A army.ml && asks 1 10.0.0.1 AAAA army.ml)
incidents 'of two clients: two' '[[1,"A","person",null],[1,"A","person",null]]' \
    < <(asks 0 10.0.0.1 A army.ml && asks 1 10.0.0.2 A army.ml)
incidents 'about two names: two' '[[1,"A","person",null],[1,"A","person",null]]' \
    < <(asks 0 10.0.0.1 A army.ml && asks 1 10.0.0.1 A navy.ml)
incidents 'a gap of 15 minutes: one' '[[2,"A","person",null]]' < <(asks 0 10.0.0.1 A army.ml && asks 900 10.0.0.1 A army.ml)
incidents 'a longer one: two' '[[1,"A","person",null],[1,"A","person",null]]' \
    < <(asks 0 10.0.0.1 A army.ml && asks 901 10.0.0.1 A army.ml)
incidents 'a gap that is asked for' '[[1,"A","person",null],[1,"A","person",null]]' --gap 1m \
    < <(asks 0 10.0.0.1 A army.ml && asks 61 10.0.0.1 A army.ml)
incidents 'the same name, by two ways: two' '[[1,"A","person",null],[1,"A","person",null]]' \
    < <(asks 0 10.0.0.1 A x.example army.mil mx.army.ml && asks 1 10.0.0.1 A x.example army.mil mx.navy.ml)
incidents 'what the module did itself is none' '[]' \
    < <(echo '{"@timestamp":"2026-11-22T00:00:00Z","event":{"action":"policy-loaded"}}')

# every CLIENT SECOND...: runs of two questions, at these times.
every() {
    local second
    for second in "${@:2}"; do
        asks "$second" "$1" MX army.ml army.mil
        asks $((second + 1)) "$1" A army.ml army.mil
    done
}
# cause NAME WANTED: of the first incident of standard input.
cause() {
    run log incidents --json -
    is "$1" "$code$err $(jq -r '.[0] | "\(.cause) \(.every)"' <<<"$out")" "0 $2"
}
cause 'a script: four runs, steady' 'script 5m' < <(every 10.0.0.1 0 300 600 900)
cause 'three runs: not yet' 'person null' < <(every 10.0.0.1 0 300 600)
cause 'a script: a tenth more or less' 'script 5m' < <(every 10.0.0.1 0 300 629 928)
cause 'more than a tenth' 'person null' < <(every 10.0.0.1 0 300 640 900)
cause 'a script: two seconds more or less' 'script 10s' < <(every 10.0.0.1 0 10 22 32)
cause 'a script: one of five intervals is another' 'script 5m' < <(every 10.0.0.1 0 300 600 5000 5300 5600)
cause 'a script: the first one is another' 'script 5m' < <(every 10.0.0.1 0 5000 5300 5600 5900 6200)
cause 'two of five' 'person null' < <(every 10.0.0.1 0 300 600 5000 7000 7300)
cause 'a script: each hour, in incidents of their own' 'script 60m' < <(every 10.0.0.1 0 3600 7200 10800)
cause 'nine runs, at any time: a person' 'person null' < <(every 10.0.0.1 0 10 30 70 150 310 630 1270 2550)
cause 'ten: unclear' 'unclear null' < <(every 10.0.0.1 0 10 30 70 150 310 630 1270 2550 5110)
below() { for host in $(seq "$2"); do asks "$host" "$1" A "h$host.army.ml" "h$host.army.mil"; done; }
cause 'a search list: five names below one' 'search list null' < <(below 10.0.0.1 5)
cause 'four names' 'person null' < <(below 10.0.0.1 4)
cause 'five names, of two clients' 'person null' < <(below 10.0.0.1 4 && asks 9 10.0.0.2 A x.army.ml)
cause 'five names, not below one' 'person null' < <(below 10.0.0.1 4 && asks 9 10.0.0.1 A army.ml)
cause 'five names that lead to one' 'person null' \
    < <(for n in 1 2 3 4 5; do asks $n 10.0.0.1 MX "www$n.example.com" mail.army.mil mail.army.ml; done)
cause 'five names below one, two of them also by others' 'search list null' \
    < <(below 10.0.0.1 3 && for n in 2 3 4 5; do asks 9 10.0.0.1 MX "www$n.example.com" "h$n.army.mil" "h$n.army.ml"; done)
cause 'four, all of them also by others' 'person null' \
    < <(below 10.0.0.1 4 && for n in 1 2 3 4; do asks 9 10.0.0.1 MX "www$n.example.com" "h$n.army.mil" "h$n.army.ml"; done)
cause 'an escaped dot is none' 'person null' \
    < <(for n in 1 2 3 4 5 6; do asks $n 10.0.0.1 A "$n\\\\.army.ml"; done)

# The list of what to repair: who asks most first.
{
    every 10.0.0.1 0 300 600 900
    below 10.0.0.2 7
    asks 5 10.0.0.1 A navy.ml navy.mil
    asks 6 10.0.0.3 MX example.com mx.army.mil mx.army.ml
    asks 7 10.0.0.3 MX nothing.om
} >log.jsonl
run log fix-list log.jsonl
is 'fix-list' "$code$err
$out" '0
10.0.0.1: army.ml -> army.mil, 8 times since 2026-11-22T00:00:00.000Z, a script every 5m
10.0.0.1: navy.ml -> navy.mil, 1 time since 2026-11-22T00:00:05.000Z, a person
10.0.0.2: *.army.ml -> *.army.mil, 7 names, 7 times since 2026-11-22T00:00:01.000Z, a search list
10.0.0.3: mx.army.ml -> mx.army.mil, where example.com leads, 1 time since 2026-11-22T00:00:06.000Z, a person
10.0.0.3: nothing.om, 1 time since 2026-11-22T00:00:07.000Z, a person'
run log fix-list --json log.jsonl
is 'fix-list, as JSON' "$(jq -c '.[2]' <<<"$out")" '{"client":"10.0.0.2","wrong":"army.ml","right":"army.mil","asked":null,"names":7,"count":7,"first":"2026-11-22T00:00:01.000Z","last":"2026-11-22T00:00:07.000Z","cause":"search list","every":null}'
run log fix-list --csv -c 10.0.0.3 log.jsonl
is 'fix-list, as CSV' "$(tr -d '\r' <<<"$out")" 'client,wrong,right,asked,names,count,first,last,cause,every
"10.0.0.3","mx.army.ml","mx.army.mil","example.com",1,1,2026-11-22T00:00:06.000Z,2026-11-22T00:00:06.000Z,"person",
"10.0.0.3","nothing.om",,,1,1,2026-11-22T00:00:07.000Z,2026-11-22T00:00:07.000Z,"person",'
run log incidents -c 10.0.0.1 log.jsonl
is 'incidents, as text' "$code$err
$out" '0
2026-11-22T00:00:00.000Z  2026-11-22T00:15:01.000Z  10.0.0.1  army.ml  meant army.mil  8 times (MX A)  script every 5m
2026-11-22T00:00:05.000Z  2026-11-22T00:00:05.000Z  10.0.0.1  navy.ml  meant navy.mil  1 time (A)  person'

# Logs of two resolvers, whose times overlap: as if they were one, in order of time.
hours() { for hour in "${@:2}"; do asks $((hour * 3600)) "$1" MX army.ml army.mil; done; }
# mixed NAME FILE...: as they come, and backwards, what is found is what is found of all, sorted.
mixed() {
    local word backwards=()
    for file in "${@:2}"; do backwards=("$file" "${backwards[@]}"); done
    sort "${@:2}" >sorted.jsonl
    for word in incidents fix-list; do
        run log "$word" --json sorted.jsonl
        sorted=$out
        run log "$word" --json "${@:2}"
        is "$1: $word" "$code$err $out" "0 $sorted"
        run log "$word" --json "${backwards[@]}"
        is "$1: $word, backwards" "$code$err $out" "0 $sorted"
    done
}
hours 10.0.0.1 0 96 >a
hours 10.0.0.1 24 48 >b
mixed 'one within the other' a b
is 'one within the other: so many' "$("$tool" log incidents a b | wc -l)" 4
hours 10.0.0.1 0 2 4 6 >a
hours 10.0.0.1 1 3 5 7 >b
mixed 'by turns' a b
is 'by turns: a script' "$("$tool" log fix-list a b | grep -o 'a script.*')" 'a script every 60m'
# Each of them rotated, so that each file begins before the former one of the other ends.
hours 10.0.0.1 8 10 | gzip >a.2
mv a a.1 && mv b b.1
hours 10.0.0.1 9 11 >b.2
is 'rotated: in order of time' "$("$tool" log a.1 a.2 b.1 b.2 | cut -c 12-13 | tr '\n' ' ')" \
    "$(seq -f '%02g' 0 11 | tr '\n' ' ')"
# More logs than are read beside each other: the rest follows.
for i in $(seq 300); do { asks "$i" 10.0.0.1 A army.ml && asks $((40000 - i)) 10.0.0.1 A army.ml; } >"many.$i"; done
run log --json many.*
is 'very many logs' "$code$err $(sort <<<"$out" | cksum)" "0 $(cat many.* | sort | cksum)"
for i in $(seq 45); do rm "many.$i"; done
run log --json many.*
is 'as many as are read beside each other: in order of time' "$code$err $(cksum <<<"$out")" "0 $(cat many.* | sort | cksum)"
# Where no order can be had, time that goes back is a distance as well.
hours 10.0.0.1 0 96 >a
hours 10.0.0.1 24 48 48 >b
is 'one behind the other' "$(cat a b | "$tool" log incidents - | wc -l)" 4

# Timelines.
{
    for second in 0 1 2 3 60 3600 18000; do asks $second 10.0.0.1 A army.ml; done
    asks 18001 10.0.0.1 A army.ml | sed 's/dns-block/dns-observe/'
} >times.jsonl
run log timeline times.jsonl
is 'by hour' "$code$err
$out" '0
2026-11-22T00:00          5 ###############################
2026-11-22T01:00          1 ######
2026-11-22T02:00          0
2026-11-22T03:00          0
2026-11-22T04:00          0
2026-11-22T05:00          2 ############'
run log timeline --by minute times.jsonl
is 'by minute: longer times of nothing' "$out" '2026-11-22T00:00          4 ###############################
2026-11-22T00:01          1 #######
...
2026-11-22T01:00          1 #######
...
2026-11-22T05:00          2 ###############'
COLUMNS=30 run log timeline --by day times.jsonl
is 'by day, narrow' "$out" '2026-11-22                8 #'
run log timeline --csv times.jsonl
is 'as CSV' "$(tr -d '\r' <<<"$out")" 'time,blocked,watched
2026-11-22T00:00:00.000Z,5,0
2026-11-22T01:00:00.000Z,1,0
2026-11-22T05:00:00.000Z,1,1'
utf8=$(locale -a 2>/dev/null | grep -ixm 1 'C\.utf-\?8')
if [[ -n $utf8 ]]; then
    LC_ALL=$utf8 run log timeline times.jsonl
    is 'eighths, where there is UTF-8' "$(sed -n '2p;6p' <<<"$out")" '2026-11-22T01:00          1 ██████▏
2026-11-22T05:00          2 ████████████▍'
fi
run log timeline /dev/null
is 'of nothing' "$code$out" 0
tap_end
