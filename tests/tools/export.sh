#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # $TTL is of zone files
# tldguard export: each thing a policy says, as a response policy zone and as local zones.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# policy LINE...: p.yaml
policy() { printf '%s\n' 'serial: 5' "$@" >p.yaml; }

# records: what is below the head of the zone; notes are the comments of single names.
records() { sed '1,/^@ NS/d; /^;/d' <<<"$out"; }
lines() { sed -n 's/^    //p' <<<"$out"; }

# zone NAME RECORDS LINE...: the policy of these lines makes these records, exactly.
zone() {
    local name=$1 wanted=$2
    policy "${@:3}"
    run export --rpz --policy p.yaml
    is "$name" "$code $(records)$err" "0 $wanted"
    loads "$name"
}

# loads NAME: the real checker of BIND takes it, where there is one.
checker=$(PATH=$PATH:/usr/sbin command -v named-checkzone) || checker=''
loads() {
    [[ -n $checker ]] || return 0
    printf '%s\n' "$out" >out.zone
    is "$1: named-checkzone" "$("$checker" rpz.tldguard out.zone | tail -n 1)" OK
}

# unbound NAME LINES LINE...: the same for local zones.
unbound() {
    local name=$1 wanted=$2
    policy "${@:3}"
    run export --unbound --policy p.yaml
    is "$name for Unbound" "$code $(lines)$err" "0 $wanted"
    [[ -x ${UNBOUND_PREFIX:-}/sbin/unbound-checkconf ]] || return 0
    printf '%s\n' "$out" '    chroot: ""' '    directory: ""' '    username: ""' >out.conf
    is "$name: unbound-checkconf" "$("$UNBOUND_PREFIX/sbin/unbound-checkconf" out.conf 2>&1)" \
        'unbound-checkconf: no errors in out.conf'
}

both() {
    zone "$1" "$2" "${@:4}"
    unbound "$1" "$3" "${@:4}"
}

both 'a block' 'a.example CNAME .
*.a.example CNAME .' 'local-zone: "a.example." always_nxdomain' 'block: [a.example]'
both NODATA 'a.example CNAME *.
*.a.example CNAME *.' 'local-zone: "a.example." always_nodata' 'block: [{name: a.example, action: nodata}]'
both 'a sinkhole' 'a.example A 192.0.2.53
a.example AAAA 2001:db8::53
a.example MX 0 .
*.a.example A 192.0.2.53
*.a.example AAAA 2001:db8::53
*.a.example MX 0 .' 'local-zone: "a.example." redirect
local-data: '"'a.example. 60 IN A 192.0.2.53'"'
local-data: '"'a.example. 60 IN AAAA 2001:db8::53'"'
local-data: '"'a.example. 60 IN MX 0 .'" \
    'answer: {sinkhole: {a: 192.0.2.53, aaaa: "2001:db8::53"}}' 'block: [{name: a.example, action: sinkhole}]'
zone 'a sinkhole with an exchange' 'a.example A 192.0.2.53
a.example MX 0 mx.example.net.' \
    'answer: {sinkhole: {a: 192.0.2.53, mx: mx.example.net}}' \
    'block: [{name: a.example, action: sinkhole, match: exact}]'
zone 'an exact block' 'a.example CNAME .' 'block: [{name: a.example, match: exact}]'
both 'an allow' 'orange.ml CNAME rpz-passthru.
*.orange.ml CNAME rpz-passthru.' 'local-zone: "orange.ml." always_transparent' \
    'tlds: [{tld: ml, targets: mil, mode: "off"}, {tld: cm, targets: com, mode: "off"}]' 'allow: [orange.ml]'
# RFC 8020: ml has an allowed name below it, and so exists.
both 'an allow in a blocked TLD' 'ml CNAME *.
*.ml CNAME .
orange.ml CNAME rpz-passthru.
*.orange.ml CNAME rpz-passthru.' 'local-zone: "ml." static
local-data: '"'ml. 60 IN TYPE65280 \\# 0'"'
local-zone: "orange.ml." always_transparent' \
    'tlds: [{tld: ml, targets: mil}]' 'allow: [orange.ml]'
# RFC 4592 2.2.1: b.ml stands in the zone, and *.ml does not reach below it.
both 'a name between' 'ml CNAME *.
*.ml CNAME .
b.ml CNAME *.
*.b.ml CNAME .
a.b.ml CNAME rpz-passthru.
*.a.b.ml CNAME rpz-passthru.' 'local-zone: "ml." static
local-data: '"'ml. 60 IN TYPE65280 \\# 0'"'
local-zone: "b.ml." static
local-data: '"'b.ml. 60 IN TYPE65280 \\# 0'"'
local-zone: "a.b.ml." always_transparent' \
    'tlds: [{tld: ml, targets: mil}]' 'allow: [a.b.ml]'
both 'an allow that has ended' 'ml CNAME *.
*.ml CNAME .
orange.ml CNAME .
*.orange.ml CNAME .' 'local-zone: "ml." static
local-data: '"'ml. 60 IN TYPE65280 \\# 0'"'
local-zone: "orange.ml." always_nxdomain' \
    'tlds: [{tld: ml, targets: mil}]' 'allow: [{name: orange.ml, until: 2001-01-01}]'
both 'an unusual octet' 'it\039s.example CNAME .
*.it\039s.example CNAME .' 'local-zone: "it\039s.example." always_nxdomain' "block: ['it\\039s.example']"

policy 'tlds: [{tld: ml, targets: mil}]' 'allow: [{name: orange.ml, until: 2001-01-01}]'
run export --rpz --policy p.yaml --date 2000-12-31
is '--date' "$(records | grep -c passthru)" 2

# A TLD that is only blocked where the twin is known: the protected names' own twins.
zone 'twins of protected names' 'army.ml CNAME .
*.army.ml CNAME .
navy.ml CNAME .
rijk.ml CNAME .
*.rijk.ml CNAME .' \
    'tlds: [{tld: ml, targets: [mil, nl], otherwise: "off", twin: list}]' \
    'protect: [army.mil, {name: navy.mil, match: exact}, rijk.nl, example.com]'
# The public suffixes of a TLD with match: direct pass; Debian's list is what there is.
policy 'tlds: [{tld: om, targets: com, match: direct}]'
run export --rpz --policy p.yaml
is 'public suffixes' "$(records | grep -E '^(\*\.)?(om|com\.om) ')" 'om CNAME *.
*.om CNAME .
com.om CNAME rpz-passthru.
*.com.om CNAME rpz-passthru.'

# What a form cannot say: a comment, a count, a note.
# cannot FORM NAME REASON LINE...: nothing is said of the name but that.
cannot() {
    local form=$1 name=$2 reason=$3 mark=';'
    [[ $form == --rpz ]] || mark='#'
    policy "${@:4}"
    run export "$form" --policy p.yaml
    is "$form: $reason" "$code $(grep -c "^$mark not exactly: $name: $reason" <<<"$out") $(
        grep -c "^$mark Not exactly as the policy says, 1: $reason" <<<"$out") $err" \
        "0 1 1 p.yaml: note: skipped 1: $reason"
}
rpz_mail='mail-only: RPZ cannot answer one type and pass the others'
rpz_monitor='monitor: RPZ cannot log without answering'
cannot --rpz ml "$rpz_mail" 'tlds: [{tld: ml, targets: mil, mode: mail-only}]'
cannot --rpz a.example "$rpz_mail" 'block: [{name: a.example, mode: mail-only}]'
is 'it resolves' "$(records)" ''
cannot --rpz a.ml "$rpz_monitor" 'tlds: [{tld: ml, targets: mil}]' 'block: [{name: a.ml, mode: monitor}]'
is 'in a blocked TLD, too' "$(records | tail -n 2)" 'a.ml CNAME rpz-passthru.
*.a.ml CNAME rpz-passthru.'
cannot --rpz a.example 'action refused: RPZ has none like it; the name resolves' 'block: [{name: a.example, action: refused}]'
cannot --unbound ml 'mail-only for a whole TLD: Unbound has no local zone for one type of all names' \
    'tlds: [{tld: ml, targets: mil, mode: mail-only}]'
cannot --unbound a.example 'mail-only for what is below the name' 'block: [{name: a.example, mode: mail-only}]'
is 'but the name itself' "$(lines)" 'local-zone: "a.example." typetransparent
local-data: '"'a.example. 60 IN MX 0 .'"
cannot --unbound a.example 'monitor: a local zone cannot log without answering' 'block: [{name: a.example, mode: monitor}]'
cannot --unbound a.example 'one name without what is below it; it gets NODATA' 'block: [{name: a.example, match: exact}]'
cannot --unbound a.ml 'one name without what is below it; all of it is passed' \
    'tlds: [{tld: ml, targets: mil}]' 'allow: [{name: a.ml, match: exact}]'
unbound refused 'local-zone: "a.example." always_refuse' 'block: [{name: a.example, action: refused}]'
unbound 'mail-only, exact' 'local-zone: "a.example." typetransparent
local-data: '"'a.example. 60 IN MX 0 .'" 'block: [{name: a.example, mode: mail-only, match: exact}]'

long=$(printf 'a%.0s' {1..60})
cannot --rpz "$long.$long.$long.$long.example" "too long with the zone's origin behind it" \
    "block: [$long.$long.$long.$long.example]"
policy 'block: [{name: a.example, mode: mail-only}]'
run export --rpz --mail-as-block --policy p.yaml
is '--mail-as-block' "$code $(records)$err" '0 a.example MX 0 .
*.a.example MX 0 .'
loads '--mail-as-block'
policy 'tlds: [{tld: ml, targets: mil}]' 'clients: [{group: soc, subnets: [10.0.0.0/8], mode: monitor}]'
run export --rpz --policy p.yaml
is 'groups' "$code $(records) $err" '0 ml CNAME .
*.ml CNAME . p.yaml: note: 1 groups of clients are left out: it is for clients in no group'
policy 'tlds: [{tld: ml, targets: mil, otherwise: "off", twin: dns}]'
run export --rpz --policy p.yaml
is 'twins by look-up' "$code $(records) $err" \
    '0  p.yaml: note: 1 names whose twin only a look-up can tell are taken as not known'

# Head, options, images.
policy 'answer: {ttl: 30, soa: {mname: m.example, rname: r@example}}' 'block: [a.example]'
run export --rpz --policy p.yaml --origin My.RPZ.
is 'SOA and origin' "$(grep -v '^;' <<<"$out" | head -n 4)" '$TTL 30
$ORIGIN my.rpz.
@ SOA m.example. r.example. 5 3600 1200 604800 30
@ NS localhost.'
"$tool" compile --quiet p.yaml -o p.cdb
text=$out
run export --rpz --policy p.cdb --origin my.rpz
is 'an image says the same' "$code $out$err" "0 $text"
run export --rpz --policy p.cdb --origin my.rpz -o out.zone
is 'a file' "$code $out$err$(cat out.zone)" "0 $text"
policy 'block: [{name: a.example, mode: monitor}]'
run export --rpz --quiet --policy p.yaml
is --quiet "$code $err" '0 '
run export --policy p.yaml
is 'no form' "$code $out" '2 '
run export --rpz --unbound --policy p.yaml
is 'two forms' "$code $out" '2 '
run export --unbound --origin a --policy p.yaml
is '--origin for --unbound' "$code $out" '2 '
run export --rpz --origin a..b --policy p.yaml
is 'not an origin' "$code $out" '2 '
run export --rpz --policy /nonexistent
is 'no policy' "$code $out" '3 '
policy 'block: [a..b]'
run export --rpz --policy p.yaml -o never.zone
is 'a policy with errors' "$code $out$(find . -name never.zone)" '3 '

# What was imported comes back.
printf '%s\n' '@ SOA localhost. root. 77 1 1 1 60' '@ NS localhost.' 'ml CNAME *.' '*.ml CNAME .' \
    'ok.ml CNAME rpz-passthru.' '*.ok.ml CNAME rpz-passthru.' 'a.example CNAME .' 'b.example A 192.0.2.1' \
    'b.example MX 0 .' >in.zone
"$tool" import --rpz in.zone -o p.yaml
run export --rpz --policy p.yaml
is 'a round trip' "$(records | sort)" "$(sed 1,2d in.zone | sort)"
tap_end
