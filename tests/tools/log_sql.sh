#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log sql: the table, in memory and kept; and that a question changes nothing.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
events=${TG_BUILD:?where the project is built}/tests/support/events
"$events" 40 4 >a.jsonl
tail -n 20 a.jsonl >b.jsonl
"$events" 10 4 6b0253e0cf547757 >>b.jsonl

run log sql 'select client, count(*) as n from events group by 1 order by 1 limit 2' a.jsonl
is 'as text' "$code$err
$out" '0
client    n
10.0.0.0  10
10.0.0.1  10'
run log sql --csv 'select client, count(*) as n, null as x from events group by 1 order by 1 limit 1' a.jsonl
is 'as CSV' "$code $(tr -d '\r' <<<"$out")" '0 client,n,x
"10.0.0.0",10,'
run log sql --json "select 1 as a, -2.5 as b, null as c, 'x\"' as d, 9e999 as e from events limit 1" a.jsonl
is 'as JSON' "$(jq -c . <<<"$out")" '[{"a":1,"b":-2.5,"c":null,"d":"x\"","e":"Inf"}]'
run log sql --json 'select * from events order by sequence limit 1' a.jsonl
is 'each column' "$(jq -c '.[0] | [.time, .epoch, .verdict, .id, .client, .type, .name, .twin, .rule, .mode, .severity, .action, .reply, .rcode, .transport, .host, .boot, .sequence, .serial, .lost]' <<<"$out")" \
    '["2026-11-22T00:00:00.010Z",1795305600.01,"blocked","resolver-6b0253e0cf547756-1","10.0.0.1","A","host919.army.ml","host919.army.mil","ml","block","high","dns-block","NXDOMAIN","NXDOMAIN","udp","resolver","6b0253e0cf547756",1,2026112201,null]'
for column in $(jq -r '.[0] | keys[]' <<<"$out"); do
    is "the manual has $column" "$(grep -qE "^\.It Va.* $column( |$)" "$tests/../../tools/tldguard-log.1" && echo yes)" yes
done
run log sql 'select count(*) from events' -t MX a.jsonl
is 'with filters' "$(tail -n 1 <<<"$out")" "$(grep -c '"type":"MX"' a.jsonl)"
run log sql 'select count(*) from events' a.jsonl a.jsonl
is 'an event twice is one' "$(tail -n 1 <<<"$out")" 40

# Kept: what is there already is not added again.
count() {
    run log sql --db events.db --csv 'select count(*) from events' "$@"
    out=$(tail -n 1 <<<"${out//$'\r'/}")
}
count a.jsonl
is 'kept' "$code$err $out" '0 40'
count a.jsonl
is 'read again' "$code$err $out" '0 40'
jq -c '.source.ip="10.9.9.9"' a.jsonl >again.jsonl
count again.jsonl
run log sql --db events.db "select count(*) from events where client='10.9.9.9'" /dev/null
is 'what is there stays' "$(tail -n 1 <<<"$out")" 0
count b.jsonl
is 'and others' "$code$err $out" '0 50'
count /dev/null
is 'only asked' "$code$err $out" '0 50'
is 'nothing but the file is left' "$(ls events.db*)" events.db
jq -c 'del(.event.id)' a.jsonl >nameless.jsonl
count nameless.jsonl
is 'without event.id: left out' "$code $out $err" '0 50 sql: warning: 40 events without event.id are left out'
echo text >not.db
run log sql --db not.db 'select 1' a.jsonl
is 'a file that is no database' "$code $err $(<not.db)" '3 tldguard log: not.db: file is not a database text'
run log sql --db nowhere/x.db 'select 1' a.jsonl
is 'a folder that is not there' "$code" 3

# refused STATEMENT: nothing of the files is read for it.
refused() {
    run log sql --db events.db "$1" nowhere.jsonl
    is "refused: $1" "$code $out $(wc -l <<<"$err")" '2  1'
}
refused 'delete from events'
refused 'drop table events'
refused "insert into events(id) values('x')"
refused 'create table t(x)'
refused "attach 'other.db' as other"
refused 'pragma user_version = 3'
refused 'pragma table_info(events)'
refused 'vacuum'
refused 'begin'
refused "select load_extension('x')"
refused "select writefile('x', 'y')"
refused 'select 1; delete from events'
refused ''
refused '/* nothing */'
refused 'select nothing from events'
refused 'selekt'
count /dev/null
is 'all is as it was' "$out" 50
is 'and nothing else is there' "$(echo ./*)" './a.jsonl ./again.jsonl ./b.jsonl ./err.txt ./events.db ./nameless.jsonl ./not.db'

# What stands in the table is a stranger's.
head -n 1 a.jsonl | jq -c '.dns.question.name="\u001b[2J\u202e=x"' >hostile.jsonl
run log sql 'select name as "n\x1b" from events' hostile.jsonl
is 'hostile, as text' "$out" 'n\x1b
\x1b[2J\u{202e}=x'
run log sql --csv $'select name as "=\x1b" from events' hostile.jsonl
is 'hostile, as CSV' "$(tr -d '\r' <<<"$out")" "\"'=\\x1b\"
\"\\x1b[2J\\u{202e}=x\""
echo broken >>a.jsonl
run log sql 'select count(*) from events' a.jsonl
is 'a broken line' "$code $(tail -n 1 <<<"$out")" '1 40'
tap_end
