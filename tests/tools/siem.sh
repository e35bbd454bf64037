#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What is shipped for those who read the block log with other tools: lnav's format, and a rule in
# Sigma. Their fields are those that an event has.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
dist=${TG_SRC:?where its source is}/dist
"${TG_BUILD:?where the project is built}/tests/support/events" 100 5 >real.jsonl
base=$(head -n 1 real.jsonl)
# event JQ: a real event, changed.
event() { jq -c "$1" <<<"$base"; }
{
    event '.source.ip = "10.1.2.3" | .tldguard += {severity: "high", twin: "army.mil"}'
    event '.source.ip = "10.1.2.3" | .tldguard.severity = "low"'
    event '.source.ip = "2001:db8::7" | .tldguard.severity = "critical" | .event.action = "dns-sinkhole"'
    event '.event.action = "dns-observe" | .event.kind = "event" | .tldguard.severity = "medium"'
    event '.event.action = "policy-loaded" | .event.kind = "event" | .message = "policy 8 loaded" | del(.dns, .source, .rule) | .tldguard = {boot: "6b"}'
} >block.jsonl

# exists FIELD: whether the schema has it, as a.b.c.
exists() {
    jq -e --arg name "$1" '. as $root | reduce ($name | split("."))[] as $key (.;
        .properties[$key] // error("no such field")) | true' "$dist/event.schema.json" >/dev/null 2>&1
}
# unknown FIELD...: those that it has not.
unknown() {
    local field
    for field; do exists "$field" || echo "$field"; done
}
is 'what is no field is told apart' "$(unknown source.ip source.address)" source.address

# Sigma: what its specification requires, 2.1, and by its condition the right events.
rule=$(echo "$dist"/net_dns_*.yml)
top() { sed -n "s/^$1: *//p" "$rule"; }
is 'sigma: what must be there is' "$(grep -cE '^(title|logsource|detection): ?' "$rule")" 3
is 'sigma: no key that is none' "$(sed -n 's/^\([a-z]*\):.*/\1/p' "$rule" |
    grep -vxE 'title|id|status|description|author|date|tags|taxonomy|logsource|detection|fields|falsepositives|level')" ''
is 'sigma: its id is a UUID' "$(top id | grep -cE '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')" 1
is 'sigma: words of its lists' "$(top status) $(top level) $(top taxonomy)" 'experimental medium ecs'
is 'sigma: a title of at most 256 characters' "$(top title | grep -cE '^.{1,256}$')" 1
mapfile -t fields < <(sed -n '/^fields:/,/^[a-z]*:/s/^    - //p' "$rule")
is 'sigma: the fields that it shows exist' "${#fields[@]} $(unknown "${fields[@]}")" '5 '
mapfile -t asked < <(sed -n '/^detection:/,/^[a-z]*:/s/^        \([A-Za-z_.]*\): .*/\1/p' "$rule")
is 'sigma: those that it asks for exist' "${#asked[@]} $(unknown "${asked[@]}")" '3 '
# group NAME: its fields as one term of jq.
group() {
    sed -n "/^    $1:/,/^    [a-z]/s/^        \([A-Za-z_.]*\): \(.*\)/.\1 == \"\2\"/p" "$rule" | paste -sd '&' | sed 's/&/ and /g'
}
condition=$(sed -n 's/^    condition: //p' "$rule")
is 'sigma: its condition' "$condition" 'selection and not filter_low'
is 'sigma: what it finds' "$(jq -c "select(($(group selection)) and (($(group filter_low)) | not)) | [.event.action, .tldguard.severity]" block.jsonl)" \
    '["dns-block","high"]
["dns-sinkhole","critical"]'

mapfile -t fields < <(jq -r '.tldguard_log | (.value | keys[]), ."line-format"[].field?, ."level-field", ."opid-field", ."body-field"' \
    "$dist/tldguard_log.json" | grep -v __timestamp__ | tr / . | sort -u)
is 'lnav: its fields exist' "$((${#fields[@]} > 10)) $(unknown "${fields[@]}")" '1 '
if ! command -v lnav >/dev/null; then
    is 'lnav reads the log # SKIP no lnav' '' ''
    tap_end
fi
mkdir -p formats/tldguard home
cp "$dist/tldguard_log.json" formats/tldguard
# lnav ARG...: what it says of a format that is wrong, it says on stderr, and goes on.
lnav() {
    code=0
    out=$(HOME=$work/home command lnav -I "$work" -n "$@" 2>err.txt </dev/null) || code=$?
    err=$(<err.txt)
}
lnav block.jsonl
is 'lnav: the log' "$code$err
$out" '0
2026-11-22T00:00:00.010  dns-block       10.1.2.3         blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil
2026-11-22T00:00:00.010  dns-block       10.1.2.3         blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil
2026-11-22T00:00:00.010  dns-sinkhole    2001:db8::7      blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil
2026-11-22T00:00:00.010  dns-observe     10.0.0.1         blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil
2026-11-22T00:00:00.010  policy-loaded   -                policy 8 loaded'
lnav block.jsonl -c ';select log_level, "source/ip", "tldguard/severity", "tldguard/twin" from tldguard_log' -c ':write-csv-to -'
is 'lnav: levels and columns' "$code$err
$out" '0
log_level,source/ip,tldguard/severity,tldguard/twin
error,10.1.2.3,high,army.mil
info,10.1.2.3,low,host919.army.mil
critical,2001:db8::7,critical,host919.army.mil
warning,10.0.0.1,medium,host919.army.mil
info,<NULL>,<NULL>,<NULL>'
jq '.tldguard_log.value.message.kind = "strng"' "$dist/tldguard_log.json" >formats/tldguard/tldguard_log.json
lnav block.jsonl
is 'lnav: what is wrong would be seen' "$([[ -n $err ]] && echo seen)" seen
tap_end
