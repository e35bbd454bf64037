#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # dollars are nginx's, or those of ill will
# tldguard export --nginx: what is written of each thing a policy says, and what a real nginx makes of
# it for honest and for odd requests, octet for octet.
set -u
if [[ -z ${TG_NGINX_INSIDE:-} && $EUID == 0 ]] && unshare --net true 2>/dev/null; then
    TG_NGINX_INSIDE=yes exec unshare --net "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../support/nginx.sh
source "$tests/../support/nginx.sh"
trap 'nginx_stop; rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22

# policy LINE...: p.yaml, with a sinkhole.
policy() { printf '%s\n' 'serial: 5' 'answer: {contact: soc@example.net, sinkhole: {a: 192.0.2.53}}' "$@" >p.yaml; }
# says: the lines of the map of names.
says() { sed -n '/tldguard_says {$/,/^}/s/^    \(.* "\)/\1/p' <<<"$out" | sed '/^default /d'; }
# maps NAME LINES LINE...: the policy of these lines makes these lines of the map.
maps() {
    policy "${@:3}"
    run export --nginx p.yaml
    is "$1" "$code $(says)$err" "0 $2"
}

maps 'a TLD' '.il "guess il mil";' 'tlds: [{tld: il, targets: mil, action: sinkhole}]'
# What is not sent to the sinkhole does not come by.
maps 'another action' '.il "guess il mil";' \
    'tlds: [{tld: il, targets: mil, action: sinkhole}, {tld: ml, targets: mil}]' 'block: [{name: a.example, target: b.example}]'
# Who was sent was sent, whatever did it: the mode of a group, a twin that a look-up has found.
maps 'no matter which mode' '.il "guess il mil";
.ml "guess ml mil";
.ne "guess ne net";' 'tlds:' '  - {tld: il, targets: mil, action: sinkhole, mode: monitor}' \
    '  - {tld: ml, targets: mil, action: sinkhole, twin: dns, otherwise: mail-only}' \
    '  - {tld: ne, targets: net, action: sinkhole, mode: "off"}' 'clients: [{group: soc, subnets: 10.0.0.0/8, mode: block}]'
maps 'protected twins' '.ml "guess ml mil";
.army.ml "ours ml mil";
navy.ml "ours ml mil";
.rijk.ml "ours ml nl";' 'tlds: [{tld: ml, targets: [mil, nl], action: sinkhole}]' \
    'protect: [army.mil, {name: navy.mil, match: exact}, rijk.nl]'
maps 'allowed names' '.ml "guess ml mil";
one.ml "";
.orange.ml "";' 'tlds: [{tld: ml, targets: mil, action: sinkhole}]' 'allow: [orange.ml, {name: one.ml, match: exact}]'
maps 'an allow that has ended' '.ml "guess ml mil";' 'tlds: [{tld: ml, targets: mil, action: sinkhole}]' \
    'allow: [{name: orange.ml, until: 2001-01-01}]'
maps 'blocks' 'a.b.example "guess a.b.example army.mil";
.rnil.example "guess rnil.example mil.example";' \
    'block:' '  - {name: rnil.example, target: mil.example, action: sinkhole}' \
    '  - {name: a.b.example, target: army.mil, action: sinkhole, match: exact}' '  - {name: c.example, action: sinkhole}'
# A name with nothing to say of it, within one that has.
maps 'a block without a target' '.ml "guess ml mil";
.bad.ml "";' 'tlds: [{tld: ml, targets: mil, action: sinkhole}]' 'block: [{name: bad.ml, action: sinkhole}]'
# Words of nginx that are names here.
maps 'words' '\default "guess default a.example";
.hostnames "guess hostnames b.example";' \
    'block: [{name: default, target: a.example, action: sinkhole, match: exact}, {name: hostnames, target: b.example, action: sinkhole}]'
policy 'tlds: [{tld: om, targets: com, match: direct, action: sinkhole}]'
run export --nginx p.yaml
is 'public suffixes' "$(says | grep -E '^\.(om|com\.om) ')" '.om "guess om com";
.com.om "";'
policy 'tlds: [{tld: ml, targets: mil, action: sinkhole}]' "block: [{name: 'it\\039s.ml', target: its.mil, action: sinkhole}]"
run export --nginx p.yaml
is 'octets of no browser' "$code $(says) $(grep -c '^# not exactly: it\\039s.ml: ' <<<"$out") $err" '0 .ml "guess ml mil"; 1 p.yaml: note: skipped 1: octets that no browser asks for: the page does not tell what was meant'

# What the form cannot do without.
printf '%s\n' 'serial: 5' 'tlds: [{tld: ml, targets: mil}]' >p.yaml
run export --nginx p.yaml -o never.conf
is 'no sinkhole' "$code $out$err $(find . -name never.conf)" "3 p.yaml: error: no address that browsers could be sent to: give 'answer' a 'sinkhole' with 'a' or 'aaaa' "
policy 'tlds: [{tld: ml, targets: mil}]'
run export --nginx p.yaml
is 'nobody is sent' "$code $err $(grep -c 'listen 192.0.2.53:80 default_server;' <<<"$out")" "0 p.yaml: note: no browser is sent to the page: no rule has 'action: sinkhole' 1"
run export --nginx --rpz p.yaml
is 'two forms' "$code $out" '2 '
run export --nginx --mail-as-block p.yaml
is '--mail-as-block' "$code $out" '2 '
"$tool" compile --quiet p.yaml -o p.cdb
run export --nginx --quiet p.yaml -o text.conf
is --quiet "$code$err" 0
run export --nginx --quiet p.cdb
is 'an image says the same' "$code $out" "0 $(cat text.conf)"

nginx=$(nginx_find)
if [[ -z $nginx || -z ${TG_NGINX_INSIDE:-} ]]; then
    is 'with a real nginx # SKIP no nginx here, or no network namespaces' '' ''
    tap_end
fi
nginx_address 192.0.2.53 192.0.2.54 2001:db8::53 || { is 'addresses' "$?" 0; tap_end; }

# Texts of ill will, in the one place of a policy that reaches the page: nginx takes the file, with
# nothing in it but what is ours, and the text is a text.
# contact NAME TEXT HTML
contact() {
    jq -n --arg contact "$2" '{serial: 5, answer: {contact: $contact, sinkhole: {a: "192.0.2.53"}}}' >p.yaml
    run export --nginx --quiet p.yaml -o site.conf
    is "contact, $1: nginx -t" "$code$err $(nginx_says "$nginx" "$PWD/site.conf")" '0 '
    is "contact, $1" "$(sed -n "s/^    set \$tldguard_contact '\(.*\)';$/\1/p" site.conf | sed 's/^\${tldguard_contact}//' | tr -d '\n')" "$3"
    is "contact, $1: no line more" "$(grep -v '^    set $tldguard_contact' site.conf | cmp - plain.conf)" ''
}
run export --nginx --quiet p.yaml -o plain.conf
sed -i '/^    set $tldguard_contact/d' plain.conf
contact plain 'Service desk, phone 4711 (24/7)' 'Service desk, phone 4711 (24/7)'
contact mail soc+tld@example.net '<a rel="noreferrer" href="mailto:soc+tld@example.net">soc+tld@example.net</a>'
contact web 'https://help.example.net/?a=1&b=2' '<a rel="noreferrer" href="https://help.example.net/&#63;a&#61;1&#38;b&#61;2">https://help.example.net/&#63;a&#61;1&#38;b&#61;2</a>'
contact script 'javascript:alert(1)' 'javascript:alert(1)'
contact 'script behind a scheme' 'https://x"onclick="alert(1)' 'https://x&#34;onclick&#61;&#34;alert(1)'
contact quotes "a'; } return 200 \"b\"; # \\" 'a&#39;&#59; &#125; return 200 &#34;b&#34;&#59; &#35; &#92;'
contact dollars '$host ${tldguard_front} $' '&#36;host &#36;&#123;tldguard_front&#125; &#36;'
contact tags '</strong><script>alert(1)</script><!--#include file="/etc/passwd" -->' \
    '&#60;/strong&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;&#33;--&#35;include file&#61;&#34;/etc/passwd&#34; --&#62;'
contact 'other letters' 'Hilfe: Jürgen, 電話' 'Hilfe: Jürgen, 電話'
dollars=$(printf '$%.0s' {1..1000})
contact 'a thousand dollars' "$dollars" "${dollars//'$'/'&#36;'}"

cat >p.yaml <<'YAML'
serial: 2026112201
answer: {contact: soc@example.net, sinkhole: {a: [192.0.2.53, 192.0.2.54], aaaa: "2001:db8::53"}}
tlds:
  - {tld: ml, targets: [mil, nl], action: sinkhole}
  - {tld: om, targets: com, match: direct, action: sinkhole}
protect: [army.mil, {name: navy.mil, match: exact}, rijk.nl]
allow: [orange.ml, a.b.c.ml, {name: one.ml, match: exact}]
block:
  - {name: rnil.example, target: mil.example, action: sinkhole}
  - {name: exact.example, target: army.mil, action: sinkhole, match: exact}
  - {name: default, target: default.example, action: sinkhole, match: exact}
  - {name: xn--rmy-5cd.example, target: army.mil, action: sinkhole}
  - {name: bad.ml, action: sinkhole}
  - {name: under.bad.ml, action: sinkhole, target: well.mil}
YAML
run export --nginx p.yaml -o site.conf
is 'a policy' "$code$err $(nginx_says "$nginx" "$PWD/site.conf")" '0 '
nginx_start "$nginx" "$PWD/site.conf" 192.0.2.53 || { is 'nginx starts' "$(tail -n 5 nginx/start.log nginx/out)" ''; tap_end; }

# ask REQUEST [ADDRESS]: the whole answer; escapes of printf in it. In one piece: of what comes after a
# first line that is bad nginx reads nothing, and the end of the connection would take the answer with it.
ask() {
    answer=$(
        exec 3<>"/dev/tcp/${2:-192.0.2.53}/80" || exit
        printf '%b' "$1" | dd bs=64k iflag=fullblock status=none >&3
        timeout 10 cat <&3 2>/dev/null | tr -d '\r'
    )
}
end='\r\nConnection: close\r\n\r\n'
# A client that does not go on; timeout ends with 124.
(
    exec 3<>/dev/tcp/192.0.2.53/80
    printf 'GET / HTTP/1.1\r\nHost: army.ml\r\n' >&3
    timeout 9 cat <&3
) >half 2>/dev/null &
half=$!
# get HOST: without chunks in the page.
get() { ask "GET / HTTP/1.0\r\nHost: $1\r\n\r\n"; }
status() { sed -n '1s/^HTTP[^ ]* //p' <<<"$answer"; }
header() { sed -n "1,/^\$/s/^$1: //Ip" <<<"$answer"; }
title() { sed -n 's|.*<title>\(.*\)</title>.*|\1|p' <<<"$answer"; }
row() { sed -n "s|.*<dt>$1</dt><dd>\(.*\)</dd>.*|\1|p" <<<"$answer"; }

ask "GET / HTTP/1.1\r\nHost: army.ml$end"
is 'status' "$(status)" '403 Forbidden'
is 'headers' "$(sed '/^$/,$d' <<<"$answer" | grep -v -e ^Date: -e ^Content-Security | LC_ALL=C sort)" 'Cache-Control: no-store
Connection: close
Content-Type: text/html; charset=utf-8
HTTP/1.1 403 Forbidden
Referrer-Policy: no-referrer
Server: nginx
Transfer-Encoding: chunked
X-Content-Type-Options: nosniff'
get army.ml
style=$(sed -n '/<style>/,/<\/style>/p' <<<"$answer" | sed '1s/.*<style>//; s|</style>.*||')
is 'nothing but the style of this hash' "$(header Content-Security-Policy)" "default-src 'none'; style-src 'sha256-$(
    printf %s "$style"$'\n' | openssl dgst -sha256 -binary | base64)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
is 'the twin' "$(title)" 'army.ml is not army.mil'
is 'for the help desk' "$(row Name) $(row 'Taken for') $(row Rule) $(row Policy) $(row 'Your address')" 'army.ml army.mil ml 2026112201 192.0.2.53'
is 'the time is UTC, and now' "$(($(date +%s) - $(date -d "$(row Time)" +%s) < 60))" 1
is 'the contact' "$(grep -c 'Whom to ask: <strong><a rel="noreferrer" href="mailto:soc@example.net">soc@example.net</a></strong>' <<<"$answer")" 1
is 'whole' "$(tail -n 1 <<<"$answer")" '</html>'
is 'a link to what is protected' "$(grep -o '<a href="https:[^>]*>[^<]*' <<<"$answer")" '<a href="https://army.mil/" rel="noreferrer">army.mil'
get navy.nl.ml
is 'a guess is no link' "$(grep -c 'href="https:' <<<"$answer") $(grep -o '<code>.*</code>' <<<"$answer")" '0 <code>navy.nl.mil</code>'

# All of the tree, as tldguard explain has it.
for name in ml army.ml www.army.ml navy.ml www.navy.ml rijk.ml x.y.rijk.ml orange.ml a.orange.ml b.c.ml a.b.c.ml x.a.b.c.ml one.ml \
    a.one.ml bad.ml a.bad.ml under.bad.ml a.under.bad.ml om com.om a.com.om army.om www.army.om rnil.example a.rnil.example \
    exact.example a.exact.example default a.default xn--rmy-5cd.example a_b.-x.xn--rmy-5cd.example example html mil army.mil \
    "$(printf 'a%.0s' {1..63}).ml" "$(printf 'a.%.0s' {1..125})ml"; do
    twin=$("$tool" explain --policy p.yaml --json "$name" A | jq -r 'select(.action == "sinkhole") | .twin // empty')
    get "$name"
    is "the twin of ${name:0:60}" "$(title)" "${twin:+$name is not $twin}$([[ -n $twin ]] || echo 'This name is stopped')"
done

# odd NAME HOST TITLE ASKED: what comes as Host, and what is made of it.
odd() {
    get "$2"
    is "Host, $1" "$(status) $(title) $(row Name) $(tail -n 1 <<<"$answer")" "403 Forbidden $3 $4 </html>"
}
stopped='This name is stopped'
odd 'upper case' ARMY.Ml 'army.ml is not army.mil' army.ml
odd 'a final dot' army.ml. 'army.ml is not army.mil' army.ml
odd 'a port' army.ml:8080 'army.ml is not army.mil' army.ml
odd 'a final dot and a port' army.ml.:80 'army.ml is not army.mil' army.ml
odd punycode a.xn--rmy-5cd.example 'a.xn--rmy-5cd.example is not a.army.mil' a.xn--rmy-5cd.example
odd 'an address' 192.0.2.53 "$stopped" 192.0.2.53
odd 'an IPv6 address' '[2001:db8::53]' "$stopped" '[2001:db8::53]'
odd 'an IPv6 address and a port' '[::1]:80' "$stopped" '[::1]'
odd '300 octets' "$(printf 'a%.0s' {1..297}).ml" "$stopped" '(no name)'
odd '253 octets' "$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..61}).ml" \
    "$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..61}).ml is not $(
    printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..61}).mil" \
    "$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..62}).$(printf 'a%.0s' {1..61}).ml"
odd nothing '' "$stopped" '(no name)'
odd 'only a dot' . "$stopped" '(no name)'
odd 'two dots' army..ml "$stopped" '(no name)'
odd 'a slash' army.ml/x "$stopped" '(no name)'
odd 'a space' 'army .ml' "$stopped" '(no name)'
odd 'octets above ASCII' 'arm\0303\0274.ml' "$stopped" $'arm\xc3\xbc.ml'
# What comes in comes out as text.
odd 'a tag' '<script>alert(1)<script>.ml' "$stopped" '&lt;script&gt;alert(1)&lt;script&gt;.ml'
odd 'an attribute' '"onfocus="alert(1)"autofocus="' "$stopped" '&quot;onfocus=&quot;alert(1)&quot;autofocus=&quot;'
odd 'an entity' '&lt;b&gt;' "$stopped" '&amp;lt;b&amp;gt;'
odd 'an SSI command' '<!--#echovar="remote_addr"-->' "$stopped" '&lt;!--#echovar=&quot;remote_addr&quot;--&gt;'
odd 'a variable' '${remote_addr}$host.ml' "$stopped" '${remote_addr}$host.ml'
odd 'what looks like the map' 'army.ml%20ours%20ml' "$stopped" 'army.ml%20ours%20ml'
# And nothing else does.
ask 'GET /<script>alert(2)</script>?q="><img%20src=x%20onerror=alert(3)> HTTP/1.1\r\nHost: army.ml\r\nUser-Agent: <script>alert(4)</script>\r\nReferer: <script>alert(5)</script>\r\nCookie: a=<b>alert(6)\r\nX-Forwarded-For: <i>alert(7)'"$end"
is 'URL, query and headers are not in the page' "$(status) $(grep -c -e alert -e '<img' -e '<script' <<<"$answer")" '403 Forbidden 0'

# request NAME REQUEST [ASKED]: it gets the page.
request() {
    ask "$2"
    is "$1" "$(status) $(header Content-Type) $(header Cache-Control) $(row Name)" "403 Forbidden text/html; charset=utf-8 no-store ${3-army.ml}"
}
for method in POST PUT DELETE OPTIONS PATCH PROPFIND TRACE NONSENSE; do request "$method" "$method / HTTP/1.1\r\nHost: army.ml$end"; done
request 'a body' "POST /login HTTP/1.1\r\nHost: army.ml\r\nContent-Length: 10\r\nConnection: close\r\n\r\nsecret=abc"
request 'a body of 3 GB is not waited for' "POST /login HTTP/1.1\r\nHost: army.ml\r\nContent-Length: 3000000000\r\nConnection: close\r\n\r\nsecret=abc"
request 'the URL of a proxy' "GET http://army.ml/x HTTP/1.1\r\nHost: other.example$end"
request 'a picture' "GET /a.png HTTP/1.1\r\nHost: army.ml$end"
request 'a URL of 10,000 octets' "GET /$(printf 'a%.0s' {1..10000}) HTTP/1.1\r\nHost: army.ml$end"
request 'out of the root' "GET /../../etc/passwd HTTP/1.1\r\nHost: army.ml$end" '(no name)'
request 'HTTP/1.0' 'GET / HTTP/1.0\r\nHost: army.ml\r\n\r\n'
request 'HTTP/1.0 without Host' 'GET / HTTP/1.0\r\n\r\n' '(no name)'
request 'HTTP/1.1 without Host' 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n' '(no name)'
request 'two Hosts' "GET / HTTP/1.1\r\nHost: army.ml\r\nHost: navy.ml$end"
ask "HEAD / HTTP/1.1\r\nHost: army.ml$end"
is HEAD "$(status) $(sed '1,/^$/d' <<<"$answer")" '403 Forbidden '
ask 'GET /\r\n'
is 'HTTP/0.9' "$(tail -n 1 <<<"$answer")" '</html>'
for request in "GET /$(printf 'a%.0s' {1..20000}) HTTP/1.1\r\nHost: army.ml$end" '\026\003\001\002\000\001\000' 'nonsense\r\n\r\n'; do
    ask "$request"
    is "no page, but an end: ${request:0:12}" "$(grep -c army <<<"$answer") $(status | cut -c1)" '0 4'
done
for address in 192.0.2.54 2001:db8::53; do
    ask "GET / HTTP/1.1\r\nHost: army.ml$end" "$address"
    is "at $address" "$(status) $(row 'Your address')" "403 Forbidden $address"
done
is 'https is refused at once' "$(timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.53/443' 2>&1 | grep -o 'Connection refused' | head -n 1)" 'Connection refused'
wait "$half"
is 'half a request is let go' "$(($? != 124)) $(wc -c <half)" '1 0'
is 'nobody is in a log' "$(cat nginx/access.log; grep -av -e '\[info\]' -e '\[notice\]' nginx/error.log)" ''
nginx_stop
tap_end
