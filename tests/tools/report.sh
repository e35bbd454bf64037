#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard report: its figures are those of tldguard log, whatever names hold the page holds, and
# what is written is whole or not there. What a browser makes of the page: report_browser.sh.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1796083200 # 2026-12-01
build=${TG_BUILD:?where the project is built}/tests/support
# A stand-in for Chart.js, so that the pages are the same where the package is not there.
echo '/* Chart.js, as if */' >chart.js
report() { run report --chart-js chart.js "$@"; }

"$build/sample" >sample.jsonl
"$build/events" 3000 7 >many.jsonl
base=$(head -n 1 many.jsonl)
# event JQ: a real event, changed.
event() { jq -c "$1" <<<"$base"; }
at() { echo ".[\"@timestamp\"]=\"2026-$1Z\""; }

# The figures: what log says, with any options.
# same NAME ARG...
same() {
    local what one name=$1
    shift
    run report --json "$@"
    printf '%s' "$out" >report.json
    for what in clients names twins; do
        one=${what%s}
        is "$name: top $what" \
            "$(jq -c ".top_$what | map([.count, .first, .last, .$one])" report.json)" \
            "$("$tool" log top $what --json "$@" | jq -c "map([.count, .first, .last, .$one])")"
        is "$name: all $what" "$(jq ".$what" report.json)" \
            "$("$tool" log top $what --json -n 100000 "$@" | jq length)"
    done
    is "$name: incidents" "$(jq -c '[.incidents, ([.severities[].count] | add)]' report.json)" \
        "$("$tool" log incidents --json "$@" | jq -c '[length, (map(.count) | add // 0)]')"
    is "$name: days" "$(jq -c '[.days[] | select(.count > 0) | [.day, .blocked, .watched]]' report.json)" \
        "$("$tool" log timeline --by day --json "$@" | jq -c '[.[] | [.time[0:10], .blocked, .watched]]')"
    is "$name: sums" "$(jq -c '[.questions, .blocked, .watched]' report.json)" \
        "$("$tool" log timeline --by day --json "$@" |
            jq -c '[([.[].blocked, .[].watched] | add // 0), (map(.blocked) | add // 0), (map(.watched) | add // 0)]')"
}
same 'all' sample.jsonl
same 'many equals' many.jsonl
same 'two files' many.jsonl sample.jsonl
same 'client' -c 10.4.0.0/16 sample.jsonl
same 'since, until' -s 2026-11-20 -u 2026-11-25T12:00Z sample.jsonl
same 'severity' -S critical sample.jsonl
same 'watched' -v watched sample.jsonl
same 'name, type' -q '*.ml' -t MX sample.jsonl
same 'twin, rule' -w '*.mil' -r ml sample.jsonl
same 'serial' -p 2026112401 sample.jsonl
same 'nothing passes' -q nowhere.example sample.jsonl
run report --json -n 3 -G 1d sample.jsonl
is 'rows of a list, the gap' "$(jq -c '[(.top_twins, .top_clients, .top_names, .top_incidents | length), .incidents]' <<<"$out")" \
    "[3,3,3,3,$("$tool" log incidents --json -G 1d sample.jsonl | jq length)]"

# The same figures in the page. rows ID: of a table, its first cell and the counts.
page() { page=$(<page.html); }
rows() {
    sed -n "/<table id=\"$1\"/,/<\/table>/p" page.html |
        sed -n 's/<svg[^/]*\/><\/svg>//; s/^<tr><th scope="row"[^>]*>\(.*\)<\/th>\(.*\)/\1 \2/p' |
        sed 's/<td class="number">\([0-9,]*\)<[^>]*>/ \1 /g; s/<td [^>]*>[^<]*\(<span[^>]*>[^<]*<\/span>\)\{0,1\}<\/td>/ /g; s/<[^>]*>//g; s/  */ /g; s/,//g; s/ $//'
}
report --html page.html sample.jsonl
is 'a page: nothing is said' "$code$out$err" 0
page
for what in clients names twins; do
    is "the page: top $what" "$(rows $what)" \
        "$("$tool" log top $what --json sample.jsonl | jq -r ".[] | \"\(.${what%s}) \(.count)\"")"
done
is 'the page: days' "$(rows days)" \
    "$("$tool" log timeline --by day --json sample.jsonl | jq -r '.[] | "\(.time[0:10]) \(.blocked) \(.watched) \(.blocked + .watched)"')"
run report --json sample.jsonl
is 'the page: severities' "$(rows severities)" "$(jq -r '.severities[] | "\(.severity) \(.incidents) \(.count)"' <<<"$out")"
is 'the page: its data' "$(sed -n 's/.*id="data">\(.*\)<\/script>/\1/p' page.html | jq -S .)" "$(jq -S . <<<"$out")"
lead() { sed -n 's/.*id="lead">\(.*\)<\/p>/\1/p' page.html | sed 's/<[^>]*>//g'; }
is 'the summary' "$(lead)" 'Between 16 November 2026, 00:06 and 29 November 2026, 23:00 (UTC), 11 clients asked for 14 look-alike names 1,364 times; 1,129 were blocked, the rest only noted. Most often meant: army.mil.'
is 'the policy' "$(grep -c 'serial <strong>2026112401</strong>, one of 2 policies that were in force\.' page.html)" 1
is 'when it was made' "$(grep -c 'Made on 1 December 2026, 00:00\. All times are UTC\.' page.html)" 1
is 'only what was chosen is said' "$(grep -c 'Only what was chosen' page.html)" 0

# The sentence for few: numbers, and what was done.
# leads NAME WANTED EVENT...
leads() {
    printf '%s\n' "${@:3}" >few.jsonl
    report -o page.html few.jsonl
    is "the summary: $1" "$(lead)" "$2"
}
one=$(event "$(at 11-01T08:00:00) | .dns.question.name=\"army.ml\" | .tldguard.twin=\"army.mil\"")
watched=$(event "$(at 11-02T08:00:00) | .dns.question.name=\"army.ml\" | .tldguard.twin=\"army.mil\" | .event.action=\"dns-observe\"")
bare=$(event "$(at 11-01T08:00:00) | del(.tldguard.twin)")
service=$(event "$(at 11-01T09:00:00) | .event.action=\"policy-rejected\" | del(.dns,.source) | .tldguard={serial:8,boot:\"6b\"}")
leads 'one' 'Between 1 November 2026, 08:00 and 1 November 2026, 08:00 (UTC), 1 client asked for 1 look-alike name once; it was blocked. Most often meant: army.mil.' "$one"
leads 'all' 'Between 1 November 2026, 08:00 and 1 November 2026, 08:00 (UTC), 1 client asked for 1 look-alike name 2 times; all were blocked. Most often meant: army.mil.' "$one" "$one"
leads 'one of two' 'Between 1 November 2026, 08:00 and 2 November 2026, 08:00 (UTC), 1 client asked for 1 look-alike name 2 times; 1 was blocked, the rest only noted. Most often meant: army.mil.' "$one" "$watched"
leads 'none' 'Between 2 November 2026, 08:00 and 2 November 2026, 08:00 (UTC), 1 client asked for 1 look-alike name 2 times; none was blocked, all were only noted. Most often meant: army.mil.' "$watched" "$watched"
leads 'nothing meant' 'Between 1 November 2026, 08:00 and 1 November 2026, 08:00 (UTC), 1 client asked for 1 look-alike name once; it was blocked.' "$bare"
leads 'only the module itself' 'Nobody asked for a look-alike name: there is no such question in the record.' "$service"
is 'a policy was refused' "$(grep -c 'serial <strong>8</strong>\. 1 new policy was refused; the one before stayed in force\.' page.html)" 1
report -o page.html -c 192.0.2.1 sample.jsonl
is 'the summary: nothing passes' "$code $(lead)" '0 Nobody asked for a look-alike name: there is no such question in the record that fits what was chosen.'
is 'what was chosen is said' "$(grep -c '^<p class="chosen">Only what was chosen: client <code>192\.0\.2\.1</code>\. ' page.html)" 1

# Days: those between two are there, but a clock that was wrong does not make half a century.
{ event "$(at 11-01T08:00:00)"; event "$(at 11-04T08:00:00)"; } >days.jsonl
run report --json days.jsonl
is 'days without a question' "$(jq -c '[.days[].count]' <<<"$out")" '[1,0,0,1]'
{ event '.["@timestamp"]="1970-01-01T00:00:00Z"'; event "$(at 11-04T08:00:00)"; } >days.jsonl
run report --json days.jsonl
is 'half a century' "$(jq -c '[.days[].day]' <<<"$out")" '["1970-01-01","2026-11-04"]'
for ((i = 0; i < 1200; i++)); do
    date -u -d "2020-01-01 +$i days" +%F
done | jq -cR --argjson base "$base" '. as $day | $base | .["@timestamp"] = $day + "T00:00:00Z"' >days.jsonl
run report --json days.jsonl
is 'the last 1,100 days' "$(jq -c '[(.days | length), .days[0].day, .questions, .days_not_shown]' <<<"$out")" '[1100,"2020-04-10",1200,100]'
report -o page.html days.jsonl
is 'the last 1,100 days: it is said' "$(grep -c 'Not shown: 100 days with questions before these\.' page.html)" 1

# What goes with a client, a name, and what was meant.
{
    event '.source.ip="10.0.0.1" | .dns.question.name="a.ml" | .tldguard.twin="a.mil"'
    event '.source.ip="10.0.0.1" | .dns.question.name="b.ml" | .tldguard.twin="b.mil"'
    event '.source.ip="10.0.0.1" | .dns.question.name="b.ml" | .tldguard.twin="b.mil"'
    event '.source.ip="10.0.0.2" | .dns.question.name="www.example.com" | .tldguard.via="b.ml" | .tldguard.twin="b.mil" | del(.tldguard.severity)'
} >goes.jsonl
run report --json goes.jsonl
is 'what goes with what' "$(jq -c '[(.top_clients[] | [.client, .name]), (.top_names[] | [.name, .twin]), (.top_twins[] | [.twin, .name])]' <<<"$out")" \
    '[["10.0.0.1","b.ml"],["10.0.0.2","www.example.com"],["b.ml","b.mil"],["a.ml","a.mil"],["www.example.com","b.mil"],["b.mil","b.ml"],["a.mil","a.ml"]]'
{
    event '.source.ip="10.0.0.1" | .dns.question.name="a.ml" | .tldguard.twin="a.mil"'
    event '.source.ip="10.0.0.1" | .dns.question.name="a.ml" | .tldguard.twin="a.mil"'
    for i in 2 3 4; do event ".source.ip=\"10.0.0.$i\" | .dns.question.name=\"a.om\" | .tldguard.twin=\"a.mil\""; done
} >sum.jsonl
run report --json sum.jsonl
is 'for what one was meant: by all clients' "$(jq -r '.top_twins[0].name' <<<"$out")" a.om
run report --json goes.jsonl
is 'severities: one that is not told' "$(jq -c '[.severities[] | [.severity, .incidents, .count]]' <<<"$out")" \
    '[["critical",0,0],["high",2,3],["medium",0,0],["low",0,0],["not told",1,1]]'
{
    event "$(at 11-01T08:00:00) | .tldguard.severity=\"low\""
    event "$(at 11-01T08:00:01) | .tldguard.severity=\"critical\""
    event "$(at 11-01T08:00:02) | .tldguard.severity=\"medium\""
} >worst.jsonl
run report --json worst.jsonl
is 'an incident is as grave as the worst of it' "$(jq -c '.top_incidents[0] | [.severity, .count]' <<<"$out")" '["critical",3]'

# More incidents than are told apart: it is said in the page as well. Each event is one of its own.
"$build/events" 1000100 1000 | "$tool" report --chart-js chart.js -G 1s -o beyond.html --json - >beyond.json 2>err.txt
is 'more than are told apart' "$(jq -c '[.incidents, .beyond.incidents, .questions]' beyond.json) $(<err.txt)" \
    '[1000000,100,1000100] report: warning: not all are told apart: 100 events are about others than the first 1,000,000 incidents'
is 'more than are told apart: in the page' \
    "$(grep -c 'Not all could be told apart\. In the figures of incidents 100 events are left out\.' beyond.html)" 1
report -G 1s -o page.html many.jsonl
is 'all are told apart' "$(grep -c 'Not all could be told apart' page.html)" 0

# The same logs give the same page: equals are in order.
report -o page.html many.jsonl sample.jsonl
cp page.html first.html
same=0
for _ in 1 2 3 4 5; do
    report -o page.html many.jsonl sample.jsonl
    cmp -s page.html first.html && same=$((same + 1))
done
is 'the same page, five times' "$same" 5

# The record.
# record NAME CODE WANTED: of gaps.jsonl; and what verify says agrees.
record() {
    report -o page.html gaps.jsonl
    is "the record: $1" "$code $(sed -n 's/.*id="whole">\(.*\)<\/p>/\1/p' page.html)" "$2 $3"
    is "the record: $1, at the top" "$(grep -c '^<p class="alert">' page.html)" $((code == 1))
    run report --json gaps.jsonl
    is "the record: $1, as verify finds" "$(jq -c '.record | [.missing, .lost, .duplicates, .changed, .crashes]' <<<"$out")" \
        "$("$tool" log verify --json gaps.jsonl | jq -c '[.[] | select(.kind == "log")] | [(map(.missing) | add // 0), (map(.lost) | add // 0), (map(.duplicates) | add // 0), (map(.changed) | add // 0), (map(.crashes) | add // 0)]')"
}
head -n 20 many.jsonl >gaps.jsonl
record 'whole' 0 'The record is whole: of 20 events in 1 log none is missing, stands twice or was changed.'
sed 5,7d many.jsonl | head -n 20 >gaps.jsonl
record 'gap' 1 'The record is not whole: 3 events are missing. It holds 20 events in 1 log.'
{ head -n 4 many.jsonl; sed -n 4p many.jsonl; echo '{"nonsense'; "$build/events" 2 2 6b0253e0cf547757; } >gaps.jsonl
record 'twice, broken, two logs' 1 'The record is not whole: 1 line cannot be read; 1 event stands twice. It holds 7 events in 2 logs.'
head -n 4 many.jsonl >gaps.jsonl
chain=$("$tool" log verify --json gaps.jsonl | jq -r '.[] | select(.kind == "log") | .chain')
sed -n 7p many.jsonl | jq -c --arg chain "$chain" '.tldguard.lost=2 | .tldguard.chain=$chain' >>gaps.jsonl
record 'lost and told' 1 'The record is not whole: 2 events could not be kept, as the record says. It holds 5 events in 1 log.'
head -n 4 many.jsonl | sed '2s/10\.0\.0\.2/10.0.0.9/g' >gaps.jsonl
record 'changed' 1 'The record is not whole: 1 event is not as it was written. It holds 4 events in 1 log.'
head -n 4 many.jsonl | jq -c 'if .event.sequence == 4 then .tldguard.crash=true else . end' >gaps.jsonl
record 'a stop of the machine' 1 'The record is not whole: 1 time the machine stopped, which may have cost events. It holds 4 events in 1 log.'
echo nonsense >gaps.jsonl
record 'nothing but a broken line' 1 'The record is not whole: 1 line cannot be read. It holds 0 events in 0 logs.'
is 'a broken line is shown by its place' "$err" 'gaps.jsonl:1:1: warning: no JSON object'
: >gaps.jsonl
record 'empty' 0 'There is no event in the record.'
is 'empty: the page' "$(lead) $(grep -c 'Nothing to show' page.html)" \
    'Nobody asked for a look-alike name: there is no such question in the record. 5'
sed 5,7d many.jsonl | head -n 20 >gaps.jsonl
run report --json -q nowhere gaps.jsonl
is 'the record is told of all that is read' "$code $(jq .record.missing <<<"$out")" '1 3'
for i in 1 2 3 4; do "$build/events" 4 2 "6b0253e0cf54775$i" | if ((i == 4)); then sed 2d; else cat; fi; done >gaps.jsonl
run report --json -n 2 gaps.jsonl
is 'logs with gaps come first' "$(jq -c '.record | [.logs, (.by_log | map(.log, .missing))]' <<<"$out")" \
    '[4,["6b0253e0cf547754 resolver",1,"6b0253e0cf547751 resolver",0]]'
report -o page.html -n 2 gaps.jsonl
is 'not all logs are shown' "$(grep -c '2 of 4 logs are shown' page.html)" 1

# Hostile names: what they hold is text, in the page and in its data.
long=$(printf '\\\\000%.0s' $(seq 251)) # 251 octets of NUL as a name has them: four characters each
{
    event '.dns.question.name="</script><img src=x onerror=alert(1)>.ml" | .tldguard.twin="<!--<script>.mil" | .source.ip="<b>"'
    # shellcheck disable=SC2016 # what a shell would take for its own
    event '.dns.question.name="\"\u0027 onmouseover=alert(1) x=\"" | .tldguard.twin="&lt;b&gt;" | .source.ip="`${1}`"'
    event '.dns.question.name="a\u001b]0;x\u0007\u009b\u202eb\u2028\u2029\r\n\tc" | .source.ip="\u200b\u00e9\ud83d\ude00"'
    event ".dns.question.name=\"$long\""
    event '.rule.id="</script>" | .tldguard.severity="<i>" | .tldguard.boot="<u>" | .observer.hostname="<s>" | .dns.question.type="<p>"'
} >hostile.jsonl
cp hostile.jsonl '<em>"&.jsonl'
report -T '</title><script>alert(1)</script>' -q '*' -o page.html './<em>"&.jsonl'
is 'hostile: it is written' "$code" 1 # the last event has no good id
is 'hostile: no tag of theirs' "$(grep -ciE '<(img|b|i|u|s|p|em)>|<img|<!--|<script>alert' page.html)" \
    "$(grep -c '^<p>' page.html)"
is 'hostile: no quote of theirs' "$(grep -v 'id="data"' page.html | grep -c "[\"'] onmouseover")" 0
is 'hostile: scripts begin and end as often as ours' \
    "$(grep -o '<script' page.html | wc -l) $(grep -o '</script' page.html | wc -l)" '3 3'
is 'hostile: names as text' "$(rows names | sed -n '1,5p' | LC_ALL=C sort)" "$(LC_ALL=C sort <<END
&quot;&#39; onmouseover=alert(1) x=&quot; 1
&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;.ml 1
${long//\\\\/\\} 1
a\x1b]0;x\x07\x9b\u{202e}b\u{2028}\u{2029}\x0d\x0a\x09c 1
$(jq -r .dns.question.name <<<"$base") 1
END
)"
is 'hostile: no controls' "$(LC_ALL=C tr -d '\n' <page.html | LC_ALL=C grep -c '[[:cntrl:]]')" 0
sed -n 's/.*id="data">\(.*\)<\/script>/\1/p' page.html >data.json
is 'hostile: data of plain ASCII without tags' "$(LC_ALL=C grep -c '[^ -~]\|[<>&]' data.json)" 0
run report --json -T '</title><script>alert(1)</script>' -q '*' './<em>"&.jsonl'
is 'hostile: the data are the names' "$(jq -cS . data.json)" "$(jq -cS . <<<"$out")"
is 'hostile: names in the data' "$(jq -c '[.top_names[].name] | sort' data.json)" \
    "$(jq -s -c '[.[].dns.question.name] | sort' hostile.jsonl)"
is 'hostile: names in JSON only ASCII' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
cp hostile.jsonl $'bad\xff\xc3.jsonl'
report -T $'title \xff\e[31m' -o page.html $'bad\xff\xc3.jsonl'
is 'what is no UTF-8, in options and file names' "$(sed -n 's/.*<title>\(.*\)<\/title>/\1/p' page.html) $(LC_ALL=C grep -c $'\xff' page.html)" \
    $'title \xef\xbf\xbd\\x1b[31m 0'

# What may run in the page: what is in it, by its hash.
# between BEFORE AFTER: the text of the page.
page_text() { local text=${page#*"$1"}; printf %s "${text%%"$2"*}"; }
# digest: of standard input, as a Content-Security-Policy names it.
digest() {
    # shellcheck disable=SC2059 # octets as escapes
    printf "$(sha256sum | sed 's/ .*//; s/../\\x&/g')" | base64
}
report -o page.html sample.jsonl
page
policy=$(page_text 'Content-Security-Policy" content="' '"')
# shellcheck disable=SC2001 # a pattern that bash has not
is 'policy: nothing but' "$(sed "s/'sha256-[^']*'/HASH/g" <<<"$policy")" \
    "default-src 'none'; style-src HASH; script-src HASH HASH; base-uri 'none'; form-action 'none'"
is 'policy: it comes before what it is about' "$(grep -c '<style\|<script\|<link\|<body' <<<"${page%%Content-Security-Policy*}")" 0
last=${page##*<script>}
chart=${page#*<script>}
is 'policy: the hashes are right' "$(grep -o "sha256-[^']*" <<<"$policy")" "sha256-$(page_text '<style>' '</style>' | digest)
sha256-$(printf %s "${last%%</script>*}" | digest)
sha256-$(printf %s "${chart%%</script>*}" | digest)"
is 'nothing to load' "$(grep -oiE '(src|href|action|data|srcset|poster)="[^#"][^"]*"|@import|url\(' page.html)" ''

# Chart.js, and what is not.
default=$("$tool" report --help | sed -n 's/.*(default \(\/.*\))$/\1/p')
if [[ -f $default ]]; then
    run report -o page.html sample.jsonl
    is 'the package: it is in the page, with its licence' \
        "$code$err $(grep -c 'Chart\.js v[34]' page.html) $(grep -q 'MIT License' page.html && echo MIT)" '0 1 MIT'
fi
for case in 'nowhere.js No such file or directory' "$work it is no file of at most 4 MiB" \
    'other.js it is not Chart.js' 'tag.js it cannot stand in a page' 'comment.js it cannot stand in a page' \
    'nul.js there is a NUL in it' 'empty.js it is not Chart.js' 'cr.js it cannot stand in a page' \
    'latin.js it cannot stand in a page'; do
    read -r file why <<<"$case"
    echo 'alert(1)' >other.js
    echo 'Chart.js "</SCRIPT >"' >tag.js
    echo 'Chart.js "<!--"' >comment.js
    printf 'Chart.js \0' >nul.js
    : >empty.js
    printf 'Chart.js\r\n' >cr.js
    printf 'Chart.js \xe9 ' >latin.js
    run report -J "$file" -o page.html sample.jsonl
    is "without: $why" "$code $err $(grep -c '<script>' page.html)" \
        "0 $file: note: the page has tables and plain bars in place of charts: $why (Debian's package of Chart.js is libjs-chart.js) 1"
done
is 'without: as many tables' "$(grep -c '<table' page.html)" 8

# What is read.
gzip -k sample.jsonl
report -o plain.html sample.jsonl
mkdir gz && cp sample.jsonl.gz gz/sample.jsonl
(cd gz && "$tool" report --chart-js ../chart.js -o page.html sample.jsonl)
is 'gzip: the same page' "$(cmp gz/page.html plain.html && echo same)" same
if command -v zstd >/dev/null; then
    zstd -qf sample.jsonl -o gz/sample.jsonl
    (cd gz && "$tool" report --chart-js ../chart.js -o page.html sample.jsonl)
    is 'zstd: the same page' "$(cmp gz/page.html plain.html && echo same)" same
else
    is 'zstd is not there to pack with # SKIP' '' ''
fi
report -o - - <sample.jsonl
is 'by standard input to standard output' "$code $(sed 's/<code>-/<code>sample.jsonl/; s/"files":\["-"\]/"files":["sample.jsonl"]/' <<<"$out" | cmp - plain.html && echo same)" '0 same'
printf 'log: %s/sample.jsonl\n' "$PWD" >conf
TLDGUARD_CONF=$PWD/conf run report --json
is 'the configured log' "$code $(jq .questions <<<"$out")" '0 1364'

# The file is whole or as it was.
former='<!doctype HTML>former'
echo "$former" >page.html
report -o page.html sample.jsonl nowhere.jsonl
is 'a log that is not there' "$code $(<page.html) $err" "3 $former nowhere.jsonl: error: No such file or directory"
head -c -20 sample.jsonl.gz >cut.gz
report -o page.html cut.gz
is 'a log that is cut' "$code $(<page.html) $err" "3 $former cut.gz: error: its end is missing"
report --json cut.gz
is 'a log that is cut: no JSON' "$code $out" '3 '
report -o nowhere/page.html sample.jsonl
is 'a folder that is not there' "$code $err" '3 tldguard: nowhere/page.html: No such file or directory'
# A limit of the size of files stands for a disk that is full.
code=0
err=$( (trap '' XFSZ; ulimit -f 8; "$tool" report --chart-js chart.js -o page.html sample.jsonl) 2>&1) || code=$?
is 'a disk that is full' "$code $(<page.html) $err" "3 $former tldguard: page.html: File too large"
"$tool" report --chart-js chart.js -o - sample.jsonl >/dev/full 2>err.txt
is 'standard output that is full' "$? $(sed 's/^tldguard: //' err.txt | head -n 1)" '3 standard output: No space left on device'
"$tool" report --json sample.jsonl >/dev/full 2>err.txt
is 'standard output that is full, of JSON' "$? $(<err.txt)" '3 tldguard: standard output: No space left on device'
# A slip of the shell's "*" must not cost a log.
cp sample.jsonl log.jsonl
run report -o log.jsonl sample.jsonl
is 'what is no page is not replaced' "$code $(cmp log.jsonl sample.jsonl && echo same) $err" \
    "2 same tldguard report: 'log.jsonl' is there and is no page of HTML: it is not replaced; see 'tldguard report --help'"
: >log.jsonl
report -o log.jsonl sample.jsonl
is 'an empty file is' "$code $(grep -c '<table' log.jsonl)" '0 8'
is 'nothing is left behind' "$(find . -name '.*.tmp')" ''
(umask 027 && "$tool" report --chart-js chart.js -o page.html sample.jsonl)
is 'replaced' "$(cmp page.html plain.html && echo same) $(stat -c %a page.html)" 'same 640'

# wrong ARG...: usage.
wrong() {
    run report "$@" sample.jsonl
    is "wrong: $*" "$code $out $(grep -c "^tldguard report: .*see 'tldguard report --help'" <<<"$err")" '2  1'
}
wrong
wrong --json --html -
wrong --json -n 0
wrong --json -n 1001
wrong --json -n x
wrong --json -G 15
wrong --json -c 10.1
wrong --json -s yesterday
run report --json -o page.html sample.jsonl
is 'both at once' "$code $(jq .questions <<<"$out") $(grep -c '<table' page.html)" '0 1364 8'
tap_end
