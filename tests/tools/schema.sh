#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dist/event.schema.json is a schema, the module's lines are as it says, and one thing wrong in
# them is found: by the implementation that the live tests ask.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
schema=${TG_SRC:?where its source is}/dist/event.schema.json
checker=$TG_SRC/tests/support/schema.py
# valid ARG...: of the checker; what it says goes to $out.
valid() {
    code=0
    out=$(python3 "$checker" "$@" 2>&1) || code=$?
}
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3 (python3-jsonschema)'; exit 77; }
valid "$schema" /dev/null
((code != 77)) || { echo "1..0 # SKIP $out"; exit 77; }
is 'it is a schema' "$code $out" '0 0 lines, 0 wrong'

"${TG_BUILD:?where the project is built}/tests/support/events" 100 5 >real.jsonl
base=$(head -n 1 real.jsonl)
valid "$schema" real.jsonl
is 'what the module writes' "$code $out" '0 100 lines, 0 wrong'
gzip -k real.jsonl
valid "$schema" real.jsonl.gz
is 'packed' "$code $out" '0 100 lines, 0 wrong'

service='del(.dns, .source, .network, .rule, .related, .event.severity, .event.reason)
    | .event.kind = "event" | .tldguard = {boot: .tldguard.boot, log: .tldguard.log, chain: .tldguard.chain}'
loaded="$service | .event.category = [\"configuration\"] | .event.type = [\"change\"]
    | .event.action = \"policy-loaded\" | .event.duration = 7000000
    | .rule = {ruleset: \"tldguard\", version: \"8\"}
    | .tldguard += {serial: 8, rules: 1, source_sha256: (\"0\" * 64), answers_removed: 0}"
rejected="$service | .event.category = [\"configuration\"] | .event.type = [\"change\"]
    | .event.action = \"policy-rejected\" | .event.outcome = \"failure\" | .error = {message: \"no\"}"
lost="$service | .event.type = [\"info\"] | .event.action = \"events-lost\"
    | .event.outcome = \"failure\" | .tldguard.lost = 3"

# good NAME JQ, bad NAME JQ PART: an event, changed; a part of what is said of it, which is the
# same in all versions.
good() {
    jq -c "$2" <<<"$base" >one.jsonl
    valid "$schema" one.jsonl
    is "good: $1" "$code $out" '0 1 lines, 0 wrong'
}
bad() {
    jq -c "$2" <<<"$base" >one.jsonl
    valid "$schema" one.jsonl
    [[ ${out%%$'\n'*} != *"$3"* ]] || out="one.jsonl:1: $3"
    is "bad: $1" "$code $out" "1 one.jsonl:1: $3"
}
good 'a policy was loaded' "$loaded"
good 'one was loaded in place of another' "$loaded | .tldguard.former_serial = 7"
good 'one was rejected' "$rejected"
good 'one was rejected, another stays' "$rejected | .rule = {ruleset: \"tldguard\", version: \"8\"} | .tldguard.serial = 8"
good 'events were lost' "$lost"
good 'the client is not known' 'del(.source, .related.ip, .network.type)'
good 'the machine stopped' '.tldguard.crash = true'
good 'watched' '.event.action = "dns-observe" | .event.kind = "event" | .event.type = ["allowed", "protocol"]
    | .tldguard.mode = "monitor" | .tldguard.reply = "resolve" | del(.tldguard.action)'

bad 'a time without its fraction' '."@timestamp" = "2026-11-22T00:00:00Z"' "/@timestamp: "
bad 'a member of no name' '.extra = 1' "extra"
bad 'one within tldguard' '.tldguard.extra = 1' "/tldguard: "
bad 'one within the client' '.tldguard.client.extra = 1' "/tldguard/client: "
bad 'an action of no name' '.event.action = "dns-drop"' "/event/action: "
bad 'blocked, and no alert' '.event.kind = "event"' "/event/kind: "
bad 'a value that ECS does not have' '.event.category = ["dns"]' "/event/category"
bad 'another ECS' '.ecs.version = "9.0.0"' "/ecs/version: "
bad 'no address' '.source.ip = "10.1.2.300"' "/source/ip: "
bad 'a port that is a text' '.source.port = "53"' "/source/port: "
bad 'no question' 'del(.dns)' "'dns'"
bad 'no sequence' 'del(.event.sequence)' "'sequence'"
bad 'no boot' 'del(.tldguard.boot)' "'boot'"
bad 'no log' 'del(.tldguard.log)' "'log'"
bad 'no chain' 'del(.tldguard.chain)' "'chain'"
bad 'no crash' '.tldguard.crash = false' '/tldguard/crash: '
bad 'a chain that is too short' '.tldguard.chain = "00"' "/tldguard/chain: "
bad 'block without an action' 'del(.tldguard.action)' "'action'"
bad 'loaded, and an error' "$loaded | .error = {message: \"no\"}" "{'message': 'no'}"
bad 'loaded without its digest' "$loaded | del(.tldguard.source_sha256)" "'source_sha256'"
bad 'rejected without an error' "$rejected | del(.error)" "'error'"
bad 'lost, and it is not said how many' "$lost | del(.tldguard.lost)" "'lost'"
bad 'lost, and a question' "$lost | .dns = {type: \"answer\", op_code: \"QUERY\", response_code: \"NOERROR\", question: {name: \"a\", type: \"A\", class: \"IN\"}}" "op_code"

# Torn lines: the test says how many they are. What has no newline is no line yet.
{ echo "$base"; echo "${base:0:200}"; echo "$base"; printf '%s' "${base:0:300}"; } >torn.jsonl
valid "$schema" torn.jsonl
is 'torn' "$code ${out##*$'\n'}" '1 3 lines, 1 wrong'
valid --torn 1 "$schema" torn.jsonl
is 'torn, as the test knows' "$code $out" '0 3 lines, 0 wrong'
valid --torn 2 "$schema" torn.jsonl
is 'fewer than the test knows' "$code ${out%%$'\n'*}" '1 torn lines: 1, not 2'
echo "${base/\"message\":/\"message\":\"twice\",\"message\":}" >twice.jsonl
valid "$schema" twice.jsonl
is 'a member that stands twice' "$code ${out%%$'\n'*}" '1 twice.jsonl:1: a member that stands twice'
valid "$schema" nowhere.jsonl
is 'no file' "$code" 3
tap_end
