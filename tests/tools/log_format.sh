#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log --format: events for a SIEM. What OCSF and CEF allow is told by others: a JSON
# Schema written from OCSF 1.5, and a strict reader of CEF.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
support=${TG_SRC:?where its source is}/tests/support
"${TG_BUILD:?where the project is built}/tests/support/events" 300 5 >real.jsonl
base=$(head -n 1 real.jsonl)
# event JQ: a real event, changed.
event() { jq -c "$1" <<<"$base"; }
service='del(.dns, .source, .network, .rule, .related, .event.severity, .event.reason)
    | .event.kind = "event" | .tldguard = {boot: .tldguard.boot}'

# One of each kind, with all that an event may have.
{
    event '.source = {ip: "10.1.2.3", port: 53124, mac: "00-00-5E-00-53-23"} | .tldguard += {twin: "army.mil", twin_known: "listed", group: "soc", client: {ecs: "192.0.2.0/24"}, lost: 3} | .dns.question += {name: "army.ml", type: "MX"}'
    event '.source.ip = "2001:db8::7" | .event.action = "dns-mail-block" | .tldguard += {mode: "mail-only", reply: "null MX", severity: "low", transport: "doq", via: "mx.navy.ml", twin: "mx.navy.mil"} | del(.tldguard.action) | .dns.response_code = "NOERROR"'
    event '.event.action = "dns-sinkhole" | .tldguard += {reply: "sinkhole A", severity: "critical", transport: "doh"} | .source.mac = "00-00-5E-00-53-23-01-02" | .dns.response_code = "RCODE12"'
    event '.event.action = "dns-observe" | .event.kind = "event" | .event.type = ["allowed", "protocol"] | .tldguard += {mode: "monitor", reply: "resolve", severity: "medium"} | del(.tldguard.action, .tldguard.twin, .source) | .rule.category = "listed-name"'
    event "$service | .event.category = [\"configuration\"] | .event.type = [\"change\"] | .event.action = \"policy-loaded\" | .message = \"policy 8 loaded: 1 rule\" | .tldguard.serial = 8"
    event "$service | .event.category = [\"configuration\"] | .event.type = [\"change\"] | .event.action = \"policy-rejected\" | .event.outcome = \"failure\" | .message = \"policy rejected, 8 stays in force\" | .tldguard.serial = 8 | .error.message = \"damaged = unreadable | cut\""
    event "$service | .event.type = [\"info\"] | .event.action = \"events-lost\" | .event.outcome = \"failure\" | .tldguard.lost = 3"
    event "$service | .event.action = \"something-new\""
} | jq -c '.event.sequence = input_line_number | .event.id = "resolver-6b-\(input_line_number)"' >kinds.jsonl

run log --format ecs kinds.jsonl
is 'ecs: the lines' "$code $out$err" "0 $(<kinds.jsonl)"
run log -F ecs -q army.ml kinds.jsonl
is 'those that are asked for' "$code $out$err" "0 $(head -n 1 kinds.jsonl)"
for wrong in '--format xml' '--format' '--format ecs --json' '--format cef --csv' 'top clients --format ocsf'; do
    # shellcheck disable=SC2086 # words
    run log $wrong kinds.jsonl
    is "wrong: $wrong" "$code $out" '2 '
done

# OCSF, in words of its own: what each event says.
run log --format ocsf kinds.jsonl
is 'ocsf: one line each' "$code $(wc -l <<<"$out")$err" '0 8'
is 'ocsf: only ASCII' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
says() { jq -r "[$1] | map(tostring) | join(\" \")" <<<"$out"; }
is 'ocsf: what they are' "$(says '.class_uid, .type_uid, .activity_name, .severity_id, .severity')" \
    '4003 400306 Traffic 4 High
4003 400306 Traffic 2 Low
4003 400306 Traffic 5 Critical
4003 400306 Traffic 3 Medium
3004 300410 Activate 1 Informational
3004 300410 Activate 3 Medium
6008 600801 General Error 4 High
0 99 Other 1 Informational'
is 'ocsf: what was done' "$(says '.action_id, .action, .disposition_id, .disposition, .is_alert, .status_id // "-"')" \
    '2 Denied 2 Blocked true -
2 Denied 2 Blocked true -
2 Denied 2 Blocked true -
3 Observed 17 Logged false -
null null null null null 1
null null null null null 2
null null null null null -
null null null null null -'
is 'ocsf: whom, from where, how' "$(says '.src_endpoint // {} | tojson' | head -n 4)
$(says '.connection_info // {} | [.protocol_num, .protocol_name, .protocol_ver_id] | tojson' | head -n 4)" \
    '{"ip":"10.1.2.3","port":53124,"mac":"00-00-5E-00-53-23"}
{"ip":"2001:db8::7","port":1025}
{"ip":"10.0.0.1","port":1025}
{}
[17,"udp",4]
[17,"udp",6]
[6,"tcp",4]
[17,"udp",null]'
is 'ocsf: the answer' "$(says '.rcode_id, .rcode' | head -n 4)" '3 NXDomain
0 NoError
99 RCODE12
3 NXDomain'
is 'ocsf: the first one' "$(jq -cS 'select(.metadata.sequence == 1) | [.query, .firewall_rule, .policy, .enrichments, .unmapped, .metadata, .time]' <<<"$out")" \
    '[{"class":"IN","hostname":"army.ml","type":"MX"},{"category":"look-alike-tld","uid":"ml"},{"name":"tldguard","version":"2026112201"},[{"data":{"twin":"army.mil","twin_known":"listed"},"name":"query.hostname","provider":"tldguard","short_desc":"army.mil","type":"look-alike","value":"army.ml"}],{"action":"dns-block","boot":"6b0253e0cf547756","ecs":"192.0.2.0/24","group":"soc","lost":3,"mode":"block","reply":"NXDOMAIN","serial":2026112201,"transport":"udp"},{"log_name":"tldguard.block","log_provider":"tldguard","original_time":"2026-11-22T00:00:00.010000Z","product":{"name":"tldguard","vendor_name":"tldguard","version":"0.1.0"},"profiles":["host","security_control"],"sequence":1,"uid":"resolver-6b-1","version":"1.5.0"},1795305600010]'
is 'ocsf: the twin is of what the answer leads to' "$(jq -c 'select(.metadata.sequence == 2) | .enrichments[0] | [.value, .data.via, .data.twin]' <<<"$out")" \
    '["mx.navy.ml","mx.navy.ml","mx.navy.mil"]'
is 'ocsf: a policy' "$(jq -c 'select(.class_uid == 3004) | [.entity, .status_detail]' <<<"$out")" \
    '[{"name":"tldguard","type_id":5,"type":"Policy","policy":{"name":"tldguard","version":"8"}},null]
[{"name":"tldguard","type_id":5,"type":"Policy"},"damaged = unreadable | cut"]'

# CEF, as it stands.
run log --format cef kinds.jsonl
is 'cef' "$code$err
$out" '0
CEF:0|tldguard|tldguard|0.1.0|dns-block|Look-alike name blocked|8|rt=1795305600010 dvchost=resolver act=blocked src=10.1.2.3 spt=53124 smac=00:00:5E:00:53:23 proto=UDP app=dns dhost=army.ml cat=look-alike-tld cs1=MX cs1Label=qtype cs2=NXDOMAIN cs2Label=rcode cs4=army.mil cs4Label=suggest cs5=ml cs5Label=rule flexString2=soc flexString2Label=group cs3=2026112201 cs3Label=policy cs6=resolver-6b-1 cs6Label=eventId cn1=1 cn1Label=sequence cn2=3 cn2Label=lost
CEF:0|tldguard|tldguard|0.1.0|dns-mail-block|Mail to a look-alike name blocked|3|rt=1795305600010 dvchost=resolver act=blocked c6a2=2001:db8::7 c6a2Label=Source IPv6 Address spt=1025 proto=UDP app=dns dhost=host919.army.ml cat=look-alike-tld cs1=A cs1Label=qtype cs2=NOERROR cs2Label=rcode cs4=mx.navy.mil cs4Label=suggest cs5=ml cs5Label=rule flexString1=mx.navy.ml flexString1Label=via cs3=2026112201 cs3Label=policy cs6=resolver-6b-2 cs6Label=eventId cn1=2 cn1Label=sequence
CEF:0|tldguard|tldguard|0.1.0|dns-sinkhole|Look-alike name answered with a sinkhole|10|rt=1795305600010 dvchost=resolver act=blocked src=10.0.0.1 spt=1025 proto=TCP app=dns dhost=host919.army.ml cat=look-alike-tld cs1=A cs1Label=qtype cs2=RCODE12 cs2Label=rcode cs4=host919.army.mil cs4Label=suggest cs5=ml cs5Label=rule cs3=2026112201 cs3Label=policy cs6=resolver-6b-3 cs6Label=eventId cn1=3 cn1Label=sequence
CEF:0|tldguard|tldguard|0.1.0|dns-observe|Look-alike name observed|5|rt=1795305600010 dvchost=resolver act=allowed proto=UDP app=dns dhost=host919.army.ml cat=listed-name cs1=A cs1Label=qtype cs2=NXDOMAIN cs2Label=rcode cs5=ml cs5Label=rule cs3=2026112201 cs3Label=policy cs6=resolver-6b-4 cs6Label=eventId cn1=4 cn1Label=sequence
CEF:0|tldguard|tldguard|0.1.0|policy-loaded|Policy loaded|1|rt=1795305600010 dvchost=resolver msg=policy 8 loaded: 1 rule cs3=8 cs3Label=policy cs6=resolver-6b-5 cs6Label=eventId cn1=5 cn1Label=sequence
CEF:0|tldguard|tldguard|0.1.0|policy-rejected|Policy rejected|6|rt=1795305600010 dvchost=resolver msg=policy rejected, 8 stays in force reason=damaged \= unreadable | cut cs3=8 cs3Label=policy cs6=resolver-6b-6 cs6Label=eventId cn1=6 cn1Label=sequence
CEF:0|tldguard|tldguard|0.1.0|events-lost|Events lost|8|rt=1795305600010 dvchost=resolver msg=blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil cs6=resolver-6b-7 cs6Label=eventId cn1=7 cn1Label=sequence cn2=3 cn2Label=lost
CEF:0|tldguard|tldguard|0.1.0|something-new|Event|1|rt=1795305600010 dvchost=resolver msg=blocked A host919.army.ml for 10.0.0.1: looks like host919.army.mil cs6=resolver-6b-8 cs6Label=eventId cn1=8 cn1Label=sequence'

# Names that mean something where they are put. In JSON each comes back as it was; in CEF, but for
# what is not printable, which stands as on a terminal.
{
    jq -R . <<'NAMES'
a=b
=
a|b
|
a\b
\
\n
\=
\|
x=1 act=allowed
CEF:0|x|y|z|1|n|9|act=allowed
"q"
'
$(id)
`id`
%n%s
<script>
../..
a,b;c
{"}
a b
#
&
é
ü.ü
😀
NAMES
    printf '"%s"\n' '\n' 'a\nb' 'a\r\nCEF:0|' '\u001b]0;x\u0007' '\u001b[2J' '\u009b2J' '\u007f' '\u202e' '\ufeff' '\u0085' '\u2028'
    # 255 octets in the form of a zone file, as long as they get; and as many of one that is escaped.
    jq -n '[63, 63, 63, 61 | "\\255" * .] | join(".")'
    jq -n '[63, 63, 63, 61 | "\\\"" * .] | join(".")'
} >names.json
jq -c --argjson base "$base" '. as $name | $base | .dns.question.name = $name' names.json >hostile.jsonl
# All fields that a stranger may have written are so.
jq -c '.dns.question.name as $x | .source.mac = $x | .rule.id = $x | .rule.category = $x | .observer.hostname = $x | .tldguard.twin = $x | .tldguard.via = $x
    | .tldguard.group = $x | .event.id = $x | .dns.question.type = $x | .dns.response_code = $x' hostile.jsonl >everywhere.jsonl
run log --format ocsf everywhere.jsonl
is 'hostile: ocsf, a line each' "$code $(wc -l <<<"$out")" "0 $(wc -l <names.json)"
is 'hostile: ocsf, only ASCII' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
is 'hostile: ocsf, the same names' \
    "$(jq -c '[.query.hostname, .query.type, .firewall_rule.uid, .device.hostname, .enrichments[0].data.twin, .unmapped.group, .metadata.uid] | unique' <<<"$out")" \
    "$(jq -c '[.dns.question.name]' hostile.jsonl)"
run log --format cef everywhere.jsonl
is 'hostile: cef, a line each' "$code $(wc -l <<<"$out")" "0 $(wc -l <names.json)"
is 'hostile: cef, each line starts as one' "$(grep -vc '^CEF:0|tldguard|tldguard|0.1.0|dns-block|Look-alike name blocked|8|rt=' <<<"$out")" 0
jq -c '.event.action = "dns-a|b\\c\nd" | .observer.version = "1|2\\3\r4"' <<<"$base" >header.jsonl
run log --format cef header.jsonl
is 'hostile: the header of cef' "${out%%|rt=*}" 'CEF:0|tldguard|tldguard|1\|2\\3\\x0d4|dns-a\|b\\c\\x0ad|Event|1'
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    for format in ecs ocsf cef; do
        is "hostile: $format on a terminal" "$(script -qec "$tool log -F $format $PWD/everywhere.jsonl" /dev/null </dev/null |
            tr -d '\r' | LC_ALL=C grep -c '[[:cntrl:]]')" 0
    done
fi

if ! command -v python3 >/dev/null; then
    is 'what others say of it # SKIP no python3' '' ''
    tap_end
fi
parse() { python3 "$support/cef.py" 2>&1; }
"$tool" log --format cef kinds.jsonl real.jsonl | parse >parsed.jsonl
is 'cef: a strict reader takes it' "$(tail -n 1 parsed.jsonl | jq -r .class) $(wc -l <parsed.jsonl)" 'dns-block 308'
"$tool" log --format cef hostile.jsonl | parse >parsed.jsonl
is 'hostile: cef, the same names' "$(jq -c '.extension | [.dhost, .src, .act, .cs5]' parsed.jsonl)" \
    "$(jq -c '.dns.question.name | [[explode[] | if . < 32 and . != 10 and . != 13 or . >= 127 and . < 160
        then "\\x" + ([./16, . % 16 | floor] | map("0123456789abcdef"[.:. + 1]) | add)
        elif . == 8238 then "\\u{202e}" elif . == 8232 then "\\u{2028}" elif . == 65279 then "\\u{feff}"
        else [.] | implode end] | add, "10.0.0.1", "blocked", "ml"]' hostile.jsonl)"
is 'hostile: the longest name' "$(jq '.extension.dhost | length' parsed.jsonl | sort -n | tail -n 1)" \
    "$(jq '.dns.question.name | length' hostile.jsonl | sort -n | tail -n 1)"
# The reader is a strict one: each of these it refuses.
while IFS= read -r line; do
    is "cef reader: $line" "$(parse <<<"$line" | grep -c '^1: ')" 1
done <<'CEF'
CEF:0|a|b|c|d|e|11|rt=1
CEF:0|a|b|c|d|e|1
CEF:0|a|b|c|d|e|1|dhost=a=b
CEF:0|a|b|c|d|e|1|dhost=a\|b
CEF:0|a|b|c|d|e|1|dhost=a\
CEF:0|a|b|c|d|e|1|dhost=a\x1bb
CEF:0|a|b|c|d|e|1|dhost=a dhost=b
CEF:0|a|b|c|d|e|1|src=2001:db8::1
CEF:0|a|b|c|d|e|1|src=10.1.2.300
CEF:0|a|b|c|d|e|1|cs1=x
CEF:0|a|b|c|d|e|1|cs1Label=x
CEF:0|a|b|c|d|e|1|qname=x
CEF:1|a|b|c|d|e|1|dhost=a
CEF:0|a\n|b|c|d|e|1|dhost=a
CEF

valid() { python3 "$support/schema.py" "$tests/ocsf.schema.json" "$@" 2>&1; }
if valid /dev/null >said.txt; then
    "$tool" log --format ocsf kinds.jsonl real.jsonl >ocsf.jsonl
    is 'ocsf: as OCSF 1.5 says' "$(valid ocsf.jsonl)" '308 lines, 0 wrong'
    "$tool" log --format ocsf hostile.jsonl >ocsf.jsonl
    is 'hostile: as OCSF 1.5 says' "$(valid ocsf.jsonl)" "$(wc -l <names.json) lines, 0 wrong"
    head -n 1 ocsf.jsonl | jq -c '., (del(.metadata.version), del(.src_endpoint, .dst_endpoint), del(.query.hostname),
        .rcode_id = 12, .severity_id = 7, .type_uid = 400301, .time = 1795305600, .extra = 1, .firewall_rule = {}, del(.connection_info.direction_id))' >broken.jsonl
    is 'ocsf: what is not so is found' "$(valid broken.jsonl | tail -n 1)" '11 lines, 10 wrong'
else
    is "ocsf: as OCSF 1.5 says # SKIP $(<said.txt)" '' ''
fi

# As it comes.
mkfifo pipe
"$tool" log --follow --format cef --since 2026-01-01 real.jsonl >pipe 2>said.txt &
pid=$!
is 'follow' "$(head -n 300 pipe | wc -l)" 300
kill "$pid"
wait "$pid" 2>/dev/null
tap_end
