#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # $ORIGIN is of zone files
# tldguard import: what becomes of each thing that a response policy zone or a list can say.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

head_of_zone='@ SOA localhost. root. 77 1 1 1 60
@ NS localhost.'

# zone LINE...: z.zone, whose third line is the first of these.
zone() { printf '%s\n' "$head_of_zone" "$@" >z.zone; }

# body: the policy without comments and empty lines, on one line.
body() { grep -v '^ *#' <<<"$out" | tr -s '\n ' ' ' | sed 's/^ //; s/ $//'; }

# becomes NAME BODY LINE...: the zone of these lines becomes this, and nothing is skipped.
becomes() {
    local name=$1 wanted=$2
    zone "${@:3}"
    run import --rpz z.zone
    is "$name" "$code $(body)$err" "0 serial: 77 $wanted"
}

# skips NAME LINE TEXT LINE...: that line of z.zone is skipped with this note, the other lines stay.
skips() {
    local name=$1 line=$2 text=$3
    zone "${@:4}" 'stays.example CNAME .'
    run import --rpz z.zone
    is "$name" "$code $(body) $err" \
        "0 serial: 77 block: - {name: stays.example, match: exact} z.zone:$line:1: note: skipped $text"
}

# What a policy can say.
becomes 'NXDOMAIN for a name and all below it' 'block: - a.example' \
    'a.example CNAME .' '*.a.example CNAME .'
becomes 'in either order, in any case' 'block: - a.example' '*.A.example CNAME .' 'a.EXAMPLE CNAME .'
becomes 'a name alone is exact' 'block: - {name: a.example, match: exact}' 'a.example CNAME .'
becomes NODATA 'block: - {name: a.example, action: nodata}' 'a.example CNAME *.' '*.a.example CNAME *.'
becomes PASSTHRU 'allow: - a.example block: - {name: b.example, match: exact}' \
    'a.example CNAME rpz-passthru.' '*.a.example CNAME rpz-passthru.' 'b.example CNAME .'
becomes 'PASSTHRU as it was written once' 'allow: - {name: a.example, match: exact}' 'a.example CNAME a.example.'
becomes 'a TLD' 'block: - ml' 'ml CNAME .' '*.ml CNAME .'
becomes 'an unusual octet' "block: - {name: 'it\\039s.example', match: exact}" "it's.example CNAME ."
becomes 'local data are the sinkhole' \
    "answer: sinkhole: {a: ['192.0.2.53'], mx: 'mx.example.net', aaaa: ['2001:db8::53']} block: - {name: a.example, match: exact, action: sinkhole}" \
    'a.example A 192.0.2.53' 'a.example MX 10 mx.example.net.' 'a.example AAAA 2001:db8::53'
becomes 'a sinkhole without mail' \
    "answer: sinkhole: {a: ['192.0.2.53', '192.0.2.54']} block: - {name: a.example, match: exact, action: sinkhole}" \
    'a.example A 192.0.2.54' 'a.example MX 0 .' 'a.example A 192.0.2.53'

# What is said above already.
becomes 'covered by an entry above it' 'block: - a.example' \
    'a.example CNAME .' '*.a.example CNAME .' 'b.a.example CNAME .' '*.c.a.example CNAME .'
becomes 'not covered: another action' 'block: - a.example - {name: b.a.example, match: exact, action: nodata}' \
    'a.example CNAME .' '*.a.example CNAME .' 'b.a.example CNAME *.'
# RFC 4592 2.2.1: a wildcard ends at a name that exists.
becomes 'a name passed in the middle of a wildcard' 'allow: - ok.ml block: - ml' \
    'ml CNAME .' '*.ml CNAME .' 'ok.ml CNAME rpz-passthru.'
becomes 'a name passed alone there' 'allow: - {name: ok.ml, match: exact} block: - ml' \
    'ml CNAME .' '*.ml CNAME .' 'ok.ml CNAME rpz-passthru.' '*.ok.ml CNAME .'
# RFC 8020: NXDOMAIN would deny the allowed name; a policy answers NODATA by itself.
becomes 'NODATA above an allowed name' 'allow: - ok.a.example block: - a.example' \
    'a.example CNAME *.' '*.a.example CNAME .' 'ok.a.example CNAME rpz-passthru.' '*.ok.a.example CNAME rpz-passthru.'
becomes 'records of DNSSEC and of the apex' 'block: - {name: a.example, match: exact}' \
    '@ TXT "a zone"' 'a.example CNAME .' 'a.example NSEC b.example. CNAME'

# What it cannot say: skipped, counted, the first line told.
skips 'the name below alone' 3 "1: '*.NAME' without NAME: no entry is of what is below alone (see --widen)" \
    '*.a.example CNAME .'
skips 'client-IP' 3 '2: a client-IP trigger; groups of clients are written by hand (here is the first)' \
    '32.1.2.0.192.rpz-client-ip CNAME .' '24.0.2.0.192.rpz-client-ip CNAME .'
skips IP 4 '1: an IP trigger: answers are not looked at' '; a comment' '32.1.2.0.192.rpz-ip CNAME .'
skips NSIP 3 '1: an NSIP trigger: name servers are not looked at' '32.1.2.0.192.rpz-nsip CNAME .'
skips NSDNAME 3 '1: an NSDNAME trigger: name servers are not looked at' 'ns.a.example.rpz-nsdname CNAME .'
skips DROP 3 '1: action DROP: a policy always answers' 'a.example CNAME rpz-drop.'
skips TCP-only 3 '1: action TCP-only' 'a.example CNAME rpz-tcp-only.'
skips 'an unknown action' 3 '1: an action that is not known (rpz-...)' 'a.example CNAME rpz-later.'
skips 'a CNAME' 3 '1: local data: a CNAME to another name' 'a.example CNAME garden.example.'
skips 'other data' 3 '1: local data that is not the one sinkhole a policy has' 'a.example TXT "no"'
skips 'no address for a sinkhole' 3 '1: local data that is not the one sinkhole a policy has' 'a.example A 0.0.0.0'
skips 'every name' 3 '1: a trigger for every name' '* CNAME .'
skips 'a name of the infrastructure' 3 '1: a name that no entry may block: arpa, or below it' \
    'a.in-addr.arpa CNAME .'
skips 'not a record' 3 '1: not a resource record that can be read' 'a.example CNAME'
skips 'an SOA with too little in it' 3 '1: not a resource record that can be read' '@ SOA \# 2 0000'
skips 'another class' 3 '1: a record of another class than IN' 'a.example CH TXT "x"'
skips 'an include' 3 '1: $INCLUDE is not followed' '$INCLUDE /etc/passwd'

zone 'a.example CNAME .' '*.a.example CNAME *.'
run import --rpz z.zone
is 'a wildcard that differs' "$code $(body) $err" \
    "0 serial: 77 block: - {name: a.example, match: exact} z.zone:4:1: note: skipped 1: '*.NAME' that says something else than NAME"
zone 'a.example CNAME rpz-passthru.' '*.a.example CNAME rpz-passthru.' 'b.a.example CNAME .'
run import --rpz z.zone
is 'a block below an allow' "$code $(body) $err" \
    "0 serial: 77 allow: - a.example z.zone:5:1: note: skipped 1: a block below an allowed name: an allow always wins"
zone 'a.example CNAME .' 'a.example CNAME *.'
run import --rpz z.zone
is 'a second action: the first stands' "$code $(body) $err" \
    "0 serial: 77 block: - {name: a.example, match: exact} z.zone:4:1: note: skipped 1: a name with a second action"
zone 'a.example A 192.0.2.1' 'b.example A 192.0.2.2' 'c.example A 192.0.2.2'
run import --rpz z.zone
is 'the sinkhole is what most names have' "$code $(body) $err" \
    "0 serial: 77 answer: sinkhole: {a: ['192.0.2.2']} block: - {name: b.example, match: exact, action: sinkhole} - {name: c.example, match: exact, action: sinkhole} z.zone:3:1: note: skipped 1: local data that is not the one sinkhole a policy has"
printf '%s\n' '$ORIGIN rpz.example.' "$head_of_zone" 'a.example CNAME .' 'b.example. CNAME .' >z.zone
run import --rpz z.zone
is 'outside of the zone' "$code $(body) $err" \
    "0 serial: 77 block: - {name: a.example, match: exact} z.zone:5:1: note: skipped 1: a name outside of the zone"

# Options.
zone '*.a.example CNAME .'
run import --rpz z.zone --widen
is --widen "$code $(body)$err" '0 serial: 77 block: - a.example'
zone 'a.example CNAME rpz-drop.'
run import --quiet --rpz z.zone
is '--quiet' "$code $(body)$err" '0 serial: 77'
# RFC 3597: whatever octets a record has, ldns reads it.
echo 'rpz.example. 60 IN SOA \# 0' >soa.zone
run import --rpz soa.zone
is 'nothing but an SOA with nothing in it' "$code $err" '0 soa.zone:1:1: note: skipped 1: not a resource record that can be read'
echo 'a.rpz.example. 60 IN CNAME .' >>soa.zone
run import --rpz soa.zone
is 'an SOA with nothing in it says not where the zone starts' "$code $out${err%%;*}" '3 soa.zone:2:1: error: no SOA record before this one'
echo 'a.example CNAME .' >snippet
run import --rpz snippet
is 'no SOA' "$code $out$err" \
    '3 snippet:1:1: error: no SOA record before this one; say what the names are relative to: --origin NAME'
run import --rpz snippet --origin rpz.example
is '--origin' "$code $(body | sed 's/serial: [0-9]* /serial /')$err" '0 serial block: - {name: a.example, match: exact}'
echo 'a.example.rpz.example. CNAME .' >absolute
run import --rpz absolute --origin rpz.example
is '--origin of absolute names' "$code $(body | sed 's/serial: [0-9]* /serial /')$err" \
    '0 serial block: - {name: a.example, match: exact}'
is 'a serial of the day' "$(sed -n 's/^serial: //p' <<<"$out" | grep -cE '^20[0-9]{6}01$')" 1
printf '%s\n' '$ORIGIN rpz.example.' "$head_of_zone" 'a.example CNAME .' >origin.zone
run import --rpz origin.zone
is 'a zone that says where it starts' "$code $(body)$err" '0 serial: 77 block: - {name: a.example, match: exact}'
run import --rpz - <origin.zone
is 'standard input' "$code $(body)$err" '0 serial: 77 block: - {name: a.example, match: exact}'

# Wrong usage and broken input: nothing is written.
run import
is 'no source' "$code $out" '2 '
run import --rpz a --list b
is 'two sources' "$code $out" '2 '
run import --list b --widen
is '--widen for a list' "$code $out" '2 '
run import --rpz /nonexistent -o p.yaml
is 'no such file' "$code $err $(find . -name p.yaml)" '3 /nonexistent: error: No such file or directory '
run import --rpz .
is 'a folder' "$code $err" '3 .: error: Is a directory'
run import --rpz /dev/null
is 'an empty file' "$code $err" '3 /dev/null: error: not a zone: no record in it'
run import --rpz snippet --origin a..b
is 'not an origin' "$code $err" "3 --origin: error: 'a..b' is not a name"
zone 'a.example CNAME .'
run import --rpz z.zone -o nowhere/p.yaml
is 'no such folder' "$code $err" '3 tldguard: nowhere/p.yaml: No such file or directory'

# A name of a file cannot forge policy.
cp z.zone $'z\nserial: 1'
run import --rpz $'z\nserial: 1'
is 'a newline in the name of the zone' "$(grep -c '^serial' <<<"$out")" 1

# Long lists: files beside the policy, which check takes.
{
    printf '%s\n' "$head_of_zone" 'localhost.localdomain CNAME .' '1.2.3.4 CNAME .' 'a\#b.example CNAME .' 'xx CNAME .'
    for ((i = 0; i < 1500; i++)); do
        printf 'b%d.example CNAME .\n*.b%d.example CNAME .\nx%d.example CNAME .\nn%d.example CNAME *.\n' $i $i $i $i
    done
} >long.zone
mkdir beside
run import --rpz long.zone -o beside/my.policy.yaml
is 'a long zone' "$code $out$err" '0 '
is 'its files' "$(cd beside && wc -l ./*.txt | awk '!/total/ { print $1, $2 }' | sort)" \
    "1500 ./my.policy.nodata-exact.txt
1500 ./my.policy.nxdomain.txt
1501 ./my.policy.nxdomain-exact.txt"
out=$(cat beside/my.policy.yaml)
is 'the policy names them' "$(body)" \
    "serial: 77 block: - {file: 'my.policy.nxdomain.txt'} - {file: 'my.policy.nxdomain-exact.txt', match: exact} - {name: '1.2.3.\\052', match: exact} - {name: 'a\\035b.example', match: exact} - {name: xx, match: exact} - {file: 'my.policy.nodata-exact.txt', match: exact, action: nodata}"
run check --quiet beside/my.policy.yaml
is 'check finds nothing' "$code $out$err" '0 '
run import --rpz long.zone
is 'on standard output all names are in it' "$code $(grep -c 'example' <<<"$out")$err" '0 4501'

# TG_RULES_MAX: a policy without list files has so many entries.
{
    printf '%s\n' "$head_of_zone"
    awk 'BEGIN { for (i = 0; i <= 200000; i++) print "a" i ".example CNAME ." }'
} >huge.zone
run import --rpz huge.zone
is 'more names than one text can hold' "$code $out$err" \
    '3 tldguard: 200001 names are too many for one text of policy; give -o POLICY, for list files beside it'
run import --rpz huge.zone -o huge.yaml
is 'but not for files' "$code $out$err $("$tool" check huge.yaml)" \
    '0  huge.yaml: ok, serial 77, 1 rules, 200001 names'

# What a name costs does not hang on what it is: the public suffix list, which a policy needs, is not read
# for each. No time is taken; files are counted.
awk 'BEGIN { print "@ SOA localhost. root. 77 1 1 1 60"
    for (i = 0; i < 20000; i++) print i % 256 "." int(i / 256) ".2.10.in-addr.arpa CNAME .\nt" i " CNAME ." }' >arpa.zone
if strace -o opened -e trace=openat true 2>/dev/null; then
    code=0
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -o opened -e trace=openat,open \
        "$tool" import --rpz arpa.zone -o arpa.yaml 2>err.txt || code=$?
    is '20,000 names of the infrastructure, and as many of one label' "$code $(cat err.txt)" \
        '0 arpa.zone:2:1: note: skipped 20000: a name that no entry may block: arpa, or below it (here is the first)'
    is 'the files that are opened for them are a few' "$(wc -l <opened | awk '{ print $1 < 100 ? "few" : $1 }')" few
else
    is 'names of the infrastructure, and of one label # SKIP no strace, or no right to trace' '' ''
fi

# Lists.
printf '%s\n' '# phishing' '0.0.0.0 a.example b.example' '*.c.example' 'b.a.example' >list.txt
run import --list list.txt
is 'a list' "$code $(body | sed 's/serial: [0-9]* /serial /')$err" '0 serial block: - a.example - b.example - c.example'
printf '%s\n' 'a.example' 'not a name' >bad.txt
run import --list bad.txt -o bad.yaml
is 'a bad line' "$code ${err%%:2:*} $(find . -name bad.yaml)" '3 bad.txt '
run import --list /nonexistent
is 'no such list' "$code ${err##*: }" '3 No such file or directory'
cp list.txt "it's"
run import --list "it's"
is 'a quote in the name of a list' "$code$err" 0
tap_end
