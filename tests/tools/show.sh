#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard show: all that a policy says, the same from text and from an image; check and compile beside.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
cp "$tests"/whole.* .
run compile whole.yaml -o whole.cdb
is 'compile says what it wrote' "$code $out$err" '0 whole.cdb: serial 2026112201, 7 rules, 5 names'
cp whole.cdb first.cdb
run compile -q whole.yaml -o whole.cdb
is 'quiet, and the same octets' "$code $out$err$(cmp first.cdb whole.cdb)" '0 '

run show whole.cdb
is 'every fact, one a line' "$(sed 's/sha256:.*/sha256:/; s/^tool .*/tool/' <<<"$out")" 'format   4
serial   2026112201
created  2026-11-22T00:00:00Z
tool
source   sha256:
answer   ttl 60
answer   soa mname tldguard.example.net
answer   soa rname soc.example.net
answer   contact soc@example.net
sinkhole a 192.0.2.53
sinkhole aaaa 2001:db8::53
sinkhole mx catch.example.net
inspect  targets yes
tld      ml -> mil nl  mode block  otherwise mail-only  twin dns  match all  action nxdomain  severity high  note mail for .mil, 2013-2023
tld      om -> com  mode mail-only  otherwise mail-only  twin none  match direct  action nxdomain  severity medium
tld      ne -> net  mode block  otherwise monitor  twin list  match all  action nxdomain  severity medium
protect  army.mil
protect  list whole.txt  names 2
allow    orange.ml  reason telecom partner  ticket NET-4711  until 2027-06-30
block    rnil.example -> mil.example  mode block  action nxdomain  severity medium
group    mail-relays  mode ml block
group    soc  mode monitor
subnet   10.1.2.0/24  group mail-relays
subnet   2001:db8:1::/64  group mail-relays
subnet   10.9.0.0/24  group soc
canary   army.ml MX  expect block
canary   army.mil MX  expect resolve
'"$(grep '^count ' <<<"$out")"'
name     example.net  protect whole.txt
name     partner.mil  protect whole.txt'
is 'counts' "$(grep '^count ' <<<"$out" | sed 's/suffixes [1-9][0-9]*$/suffixes N/')" \
    'count    rules 7  names 5  groups 2  subnets 3  public suffixes N'
image=$out
run show whole.yaml
is 'text says the same' "$out" "$image"
run show - <whole.yaml
is 'standard input too' "$out" "$image"

run show --json whole.cdb
is 'JSON is valid' "$code $(jq -c '[.serial, .inspect_targets, (.tlds | length), .tlds[0].otherwise, .protect[1].names, .allow[0].until,
    .block[0].target, .groups[1].mode["*"], (.subnets | length), .names[1].name, .canary[1]]' <<<"$out")" \
    '0 [2026112201,true,3,"mail-only",2,"2027-06-30","mil.example","monitor",3,"partner.mil",{"name":"army.mil","type":"MX","expect":"resolve"}]'
is 'one canary a line' "$(grep -c '^{"name":"army[a-z.]*","type":"MX","expect":"[a-z]*"}' <<<"$out")" 2
is 'one name a line' "$(grep -c '^{"name":"[a-z.]*","match":"subtree","kind":"protect"' <<<"$out")" 2

# Where answers are not inspected, that is told.
printf 'serial: 1\ninspect-targets: no\n' >blind.yaml
run show blind.yaml
is 'not inspected' "$(grep '^inspect ' <<<"$out")" 'inspect  targets no'
run show --json blind.yaml
is 'nor in JSON' "$(jq .inspect_targets <<<"$out")" false

# An exact entry stands for itself alone.
printf 'serial: 1\nblock:\n  - {name: a.example, match: exact}\n  - b.example\n' >exact.yaml
run show exact.yaml
is 'exact is told' "$(grep '^block ' <<<"$out")" 'block    a.example  exact  mode block  action nxdomain  severity medium
block    b.example  mode block  action nxdomain  severity medium'

echo c.example >list.txt
printf 'serial: 1\nblock:\n  - {file: list.txt, match: exact}\n' >exact-list.yaml
run show exact-list.yaml
is 'exact names of a list' "$(tail -n 1 <<<"$out")" 'name     c.example  block list.txt  exact'

run show none.cdb
is 'no such file' "$code $out$err" '3 none.cdb: error: cannot open: No such file or directory'
tr '\000' '\001' <whole.cdb >altered.cdb
cat whole.cdb altered.cdb >long.cdb
run show long.cdb
is 'a damaged image' "$code $out" '3 '
run show
is 'no argument' "$code $out" '2 '

# check takes several policies, and ends with the worst of them.
printf 'serial: 1\ntlds: nonsense\n' >bad.yaml
run check whole.yaml exact.yaml
is 'two good ones' "$code $out$err" '0 whole.yaml: ok, serial 2026112201, 7 rules, 5 names
exact.yaml: ok, serial 1, 2 rules, 2 names'
run check bad.yaml whole.yaml
is 'the worst counts, the others are checked' "$code $out" '3 whole.yaml: ok, serial 2026112201, 7 rules, 5 names'
SOURCE_DATE_EPOCH=1814140800 run check whole.yaml # 2027-06-28
is 'a week before an allow ends' "$code $(grep -c 'whole.yaml:.*warning:' <<<"$err")" '1 1'
mkdir data
printf 'om\t500\n' >data/popular-tlds.tsv
sed 's/    match: direct/    action: nodata/; s/mode: mail-only$/mode: block/' whole.yaml >popular.yaml
TLDGUARD_DATA=data run check popular.yaml
is 'a TLD that people mean' "$code ${err#*warning: }" \
    "1 500 of the most popular names are under 'om', and it is blocked without a 'twin'"
TLDGUARD_DATA=none run check popular.yaml
is 'without that table' "$code$err" 0
run compile bad.yaml -o new.cdb
is 'nothing is written after an error' "$code $(ls new.cdb 2>/dev/null)" '3 '

# What a policy says of its own canary questions is the same to check and to compile; the day counts.
sed 's/expect: block/expect: resolve/' whole.yaml >denied.yaml
run check denied.yaml
said=$err
is 'a canary that is denied' "$code $out$err" "3 denied.yaml:41:5: error: 'army.ml' MX is expected to resolve, \
but this policy answers with NXDOMAIN (tld 'ml', mode block); correct one of them"
run compile denied.yaml -o new.cdb
is 'nor is that written' "$code $(ls new.cdb 2>/dev/null)$err" "3 $said"
echo '  - {name: orange.ml, type: MX, expect: resolve}' | cat whole.yaml - >ends.yaml
run check ends.yaml
is 'allowed today' "$code$err" 0
SOURCE_DATE_EPOCH=1814400000 run check ends.yaml # 2027-07-01
is 'no longer' "$code $(grep -c "error: 'orange.ml' MX is expected to resolve" <<<"$err")" '3 1'
TMPDIR=none run check whole.yaml
is 'no place for that' "$code $out$err" '3 none: error: no temporary folder in it: No such file or directory'
tap_end
