#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2317,SC2154 # functions that are called by name
# What tldguard export makes for mail servers, in real ones: Postfix and Exim refuse the recipients that
# tldguard explain would not let resolve, and no others, with the twin, rule and serial that it tells. And
# the sinkhole of scripts/mail-sinkhole: it refuses everybody, takes nothing, follows the policy, is
# gone without a trace after --undo, and changes nothing where it cannot be set up.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=mail_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/mail_lib.sh"

write_policy() {
    cat <<'POLICY'
serial: 2026112901
answer:
  ttl: 1
  contact: soc@sender.example
  sinkhole: {a: 192.0.2.53, mx: catch.example.net}
tlds:
  - {tld: ml, targets: [mil, nl], action: sinkhole, twin: list, otherwise: mail-only}
  - {tld: om, targets: com, match: direct, mode: mail-only}
  - {tld: ne, targets: net, twin: list, otherwise: monitor}
  - {tld: cm, targets: com, mode: monitor}
  - {tld: co, targets: com, mode: "off"}
  - {tld: il, targets: mil, mode: monitor}
protect: [army.mil, b.nl, shop.net, {name: one.net, match: exact}]
allow:
  - orange.ml
  - {name: exact.orange2.ml, match: exact}
  - {name: very.deep.down.ml}
block:
  - {name: rnil.example, target: mil.example}
  - {name: look.example, target: mil.example, mode: monitor}
  - x.example
  - {name: e.example, match: exact}
  - {name: under.e.example, target: right.example}
  - {file: list.txt}
clients:
  - {group: relays, subnets: [192.0.2.24/29], mode: {il: block}}
POLICY
}

# Of each kind: what the names are, below them, beside them, and what is like them.
domains=(ml army.ml mail.army.ml ARMY.ml b.ml www.b.ml army2.ml orange.ml www.orange.ml yorange.ml
    exact.orange2.ml below.exact.orange2.ml orange2.ml very.deep.down.ml x.very.deep.down.ml deep.down.ml
    down.ml om shop.om www.shop.om com.om shop.com.om ne shop.ne mail.shop.ne other.ne one.ne www.one.ne
    cm army.cm co army.co army.il rnil.example mail.rnil.example xrnil.example look.example
    x.example y.x.example xx.example e.example a.e.example under.e.example z.under.e.example
    example army.mil b.nl html ml.example army.mlx sender.example
    listed00001.example www.listed19999.example xn--e1aybc.ml a-b.c-d.ml)

# said DOMAIN...: what explain tells, as "DOMAIN refuse RULE SERIAL TWIN"; as DOMAIN pass.
said() {
    local domain
    for domain; do
        "$TLDGUARD" explain --json -p "$world_dir/policy.cdb" --client "$postfix" "$domain" MX |
            jq -r --arg domain "$domain" 'if .mode == "block" or .mode == "mail-only" then
                [$domain, "refuse", (.serial | tostring), .twin // "-"] | join(" ") else $domain + " pass" end' || true
    done
}
# heard DOMAIN...: the same of a relay's replies, from standard input.
heard() {
    local domain reply
    for domain; do
        read -r reply
        case $reply in
        250*) echo "$domain pass" ;;
        550*"did you mean "*) sed -E "s/.*did you mean (someone)?@?([^ ]*)\\?.*serial ([0-9]+)\\).*/$domain refuse \\3 \\2/" <<<"$reply" ;;
        550*serial*) sed -E "s/.*serial ([0-9]+)\\).*/$domain refuse \\1 -/" <<<"$reply" ;;
        *) echo "$domain $reply" ;;
        esac
    done
}

test_same() {
    local relay wanted
    wanted=$(said "${domains[@]}")
    for relay in postfix exim; do
        is "$relay refuses what the resolver does" "$(submit "${!relay}" "${domains[@]/#/someone@}" | heard "${domains[@]}")" "$wanted"
    done
}

# The whole of it, as a sender sees it, by a mail client.
test_words() {
    local relay said
    for relay in postfix exim; do
        said=$(swaks --server "${!relay}" --from bob@sender.example --to someone@mail.army.ml --quit-after RCPT 2>&1) || true
        said=$(sed -n 's/^<\*\* //p' <<<"$said" | unwrapped)
        holds "$relay: by swaks" "$said" '550 5.1.2 '
        holds "$relay: what was meant" "$said" 'look-alike domain: did you mean someone@mail.army.mil? (tldguard rule ml, serial 2026112901); contact soc@sender.example'
        said=$(submit "${!relay}" '"a b"@army.ml' 'x+y@army.ml' '"@"@army.ml' "$(printf 'a%.0s' {1..64})@army.ml")
        is "$relay: odd local parts" "$(grep -o 'mean .*?' <<<"$said")" \
            "$(printf 'mean %s@army.mil?\n' '"a b"' x+y '"@"' "$(printf 'a%.0s' {1..64})")"
        said=$(submit "${!relay}" someone@army.ml. '@x.example:someone@army.ml' 'someone@xn--e1aybc.ml')
        is "$relay: other ways to write it get nowhere" "$(grep -c '^5' <<<"$said")" 3
    done
    check 'Postfix: what is only watched is logged' in_host postfix grep -q \
        'warn: .* look-alike domain: did you mean com? (tldguard rule cm, serial 2026112901).* to=<someone@army.cm>' /var/log/postfix.log
    check 'Exim: as well' in_host exim grep -q \
        'look-alike domain <someone@army.cm>: did you mean someone@army.com? (tldguard rule cm, serial 2026112901)' /var/log/exim4/mainlog
    is 'Postfix has nothing to complain of' "$(in_host postfix grep -i -e warning: -e fatal: /var/log/postfix.log | grep -v look-alike)" ''
    check 'the database for Exim' in_host exim sh -c "exim_dbmbuild /etc/exim4/tldguard /etc/exim4/tldguard.db >/dev/null"
    in_host exim sed -i '1i TLDGUARD_LOOKUP = partial0-dbm{/etc/exim4/tldguard.db}' /etc/exim4/exim4.conf
    is 'is looked up by -bh' "$(printf '%s\r\n' 'HELO x' 'MAIL FROM:<a@b.example>' 'RCPT TO:<someone@www.listed19999.example>' QUIT |
        in_host exim exim4 -bh 192.0.2.9 2>/dev/null | grep '^550' | unwrapped)" \
        '550 5.1.2 look-alike domain (tldguard rule listed19999.example, serial 2026112901); contact soc@sender.example'
}

# sinkhole ARG...: of the script, on its host.
sinkhole() { in_host sinkhole "$TG_SRC/scripts/mail-sinkhole" "$@"; }
# traces: all that there is on the host, and who listens.
traces() {
    # shellcheck disable=SC2016
    in_host sinkhole sh -c 'find /etc /var/lib /var/spool /run -xdev ! -path "/etc/x/*" | sort; find /etc -type f -newer /run/ready | sort'
    ss -Hltn "src $catcher"
}
# refuses NAME LINE ARG...: it is told in one line, exits with 3, and has changed nothing.
refuses() {
    local name=$1 line=$2 before out code=0
    shift 2
    before=$(traces)
    out=$(sinkhole "$@" 2>&1) || code=$?
    is "$name" "$code $out" "3 $line"
    is "$name: nothing is changed" "$(traces)" "$before"
}

test_refused() {
    local said='mail-sinkhole: error:'
    # Each policy differs from the good one in one thing.
    sed 's/, mx: [a-z.]*}/}/' "$world_dir/policy.yaml" >"$world_dir/no-mx.yaml"
    sed '/sinkhole: {/d; s/ action: sinkhole,//' "$world_dir/policy.yaml" >"$world_dir/none.yaml"
    sed 's/sinkhole: {a: [0-9.]*, /sinkhole: {/; s/ action: sinkhole,//' "$world_dir/policy.yaml" >"$world_dir/no-a.yaml"
    sed 's/192\.0\.2\.53/198.51.100.53/' "$world_dir/policy.yaml" >"$world_dir/foreign.yaml"
    echo 'serial: 1 2' >"$world_dir/bad.yaml"
    local nowhere="tldguard: error: the policy sends no mail to a sinkhole: set 'mx' in answer: sinkhole: in the policy"
    refuses 'a sinkhole without an exchange' "$nowhere" -p "$world_dir/no-mx.yaml"
    refuses 'a policy without a sinkhole' "$nowhere" -p "$world_dir/none.yaml"
    refuses 'a sinkhole without an address' "$said the policy's sinkhole has no address: set 'a' or 'aaaa' there, or give --address" -p "$world_dir/no-a.yaml"
    refuses "another host's address" "$said 198.51.100.53 is no address of this host: add it, or give --address" -p "$world_dir/foreign.yaml"
    refuses 'a policy with errors' "$world_dir/bad.yaml:1:9: error: 'serial' must be a plain number from 1 to 4294967295, not '1 2'" -p "$world_dir/bad.yaml"
    refuses 'a port in use' "$said $postfix: port 25 is in use by master, process $(in_host postfix cat /var/spool/postfix/pid/master.pid | tr -d ' '); a Postfix leaves it alone with other inet_interfaces" \
        -p "$world_dir/policy.cdb" -a "$postfix"
    in_host sinkhole touch /etc/made
    refuses 'a folder that is there' "$said /etc/made is there, and not by mail-sinkhole: give another --dir" -d /etc/made -p "$world_dir/policy.cdb"
    in_host sinkhole rm /etc/made
    in_host sinkhole sed -i.kept /^postdrop/d /etc/group
    refuses 'a Postfix without its group' "$said Postfix is half configured: there is no group postdrop; 'dpkg-reconfigure postfix' makes it" -p "$world_dir/policy.cdb"
    in_host sinkhole mv /etc/group.kept /etc/group
    in_host sinkhole cp -p /var/lib/dpkg/status /var/lib/dpkg/status.kept
    in_host sinkhole sh -c 'printf "\nPackage: postfix\nStatus: install ok half-configured\nVersion: 3\nArchitecture: all\nMaintainer: x\nDescription: x\n\n" >>/var/lib/dpkg/status'
    refuses 'a package that is half configured' "$said the package postfix is half-configured: finish it with 'dpkg --configure -a' or 'apt install postfix'" -p "$world_dir/policy.cdb"
    in_host sinkhole mv /var/lib/dpkg/status.kept /var/lib/dpkg/status
    in_host sinkhole mv /etc/postfix /etc/postfix.kept
    in_host sinkhole mkdir /etc/postfix
    refuses 'a Postfix without pcre' "$said Postfix knows no pcre maps: apt install postfix-pcre" -p "$world_dir/policy.cdb"
    in_host sinkhole rmdir /etc/postfix
    in_host sinkhole mv /etc/postfix.kept /etc/postfix
    # One that cannot start: its daemon is no program.
    in_host sinkhole cp -p /usr/lib/postfix/sbin/master /usr/lib/postfix/sbin/master.kept
    in_host_write sinkhole /usr/lib/postfix/sbin/master <<<'#!/bin/false'
    local before out code=0
    before=$(traces)
    out=$(sinkhole -p "$world_dir/policy.cdb" 2>&1) || code=$?
    holds 'one that does not start' "$code $out" "3 $said it does not start"
    is 'one that does not start: nothing is changed' "$(traces)" "$before"
    in_host sinkhole mv /usr/lib/postfix/sbin/master.kept /usr/lib/postfix/sbin/master
    code=0
    out=$(sinkhole --undo 2>&1) || code=$?
    is 'nothing to undo' "$code $out" '1 mail-sinkhole: nothing to undo: /etc/postfix-tldguard was not set up by mail-sinkhole'
}

test_sinkhole() {
    local said line tried='' code=0
    clean=$(traces)
    said=$(sinkhole -p "$world_dir/policy.yaml" "${both[@]/#/--address=}" 2>&1) || code=$?
    is 'it is set up' "$code $said" "0 mail-sinkhole: catch.example.net refuses mail at ${both[*]}, by policy serial 2026112901"
    for line in "${both[@]}"; do check "it is there at $line" listens "$line"; done
    refuses 'set up twice' 'mail-sinkhole: error: /etc/postfix-tldguard is set up already: --update takes the policy anew, --undo removes it' -p "$world_dir/policy.yaml"
    said=$(submit "$catcher" someone@army.ml someone@army.cm someone@orange.ml someone@sender.example postmaster@catch.example.net '<>' someone 'someone@[192.0.2.53]' 'a%army.ml@catch.example.net')
    is 'each recipient is refused' "$(grep -vc '^5' <<<"$said")" 0
    is 'with what was meant' "$(head -n 1 <<<"$said")" \
        '550 5.1.2 <someone@army.ml>: Recipient address rejected: look-alike domain: did you mean someone@army.mil? (tldguard rule ml, serial 2026112901); contact soc@sender.example'
    is 'also where the default only watches' "$(sed -n 2p <<<"$said" | grep -o 'mean .*?')" 'mean someone@army.com?'
    is 'and what no rule speaks of' "$(sed -n 3p <<<"$said")" \
        '550 5.1.2 <someone@orange.ml>: Recipient address rejected: no mail is taken here: check the address (tldguard serial 2026112901); contact soc@sender.example'
    exec 4<>"/dev/tcp/$catcher/25"
    reply >/dev/null
    printf '%s\r\n' 'EHLO x' >&4
    is 'TLS is offered, and nothing that takes content or tells of addresses' \
        "$(while IFS= read -r line <&4; do echo "${line:4}"; [[ $line == *-* && ${line:3:1} == - ]] || break; done | tr -d '\r' | grep -xE 'STARTTLS|CHUNKING|ETRN|VRFY|AUTH.*')" STARTTLS
    for line in 'VRFY root' 'EXPN root' 'ETRN army.ml' 'MAIL FROM:<bob@sender.example>' 'RCPT TO:<someone@army.ml>' DATA 'AUTH PLAIN AAAA' 'BDAT 4 LAST'; do
        printf '%s\r\n' "$line" >&4
        tried+="${line%% *}: $(reply | cut -c 1-3) "
    done
    exec 4>&-
    is 'what a sender may try' "$tried" 'VRFY: 502 EXPN: 500 ETRN: 554 MAIL: 250 RCPT: 550 DATA: 554 AUTH: 503 BDAT: 521 '
    is 'nothing is in its spool' "$(in_host sinkhole find /var/spool/postfix-tldguard -type f ! -path '*/pid/*')" ''
    is 'no part of it could take mail' "$(in_host sinkhole ls -A /var/spool/postfix-tldguard/public /var/spool/postfix-tldguard/private | grep -xE 'cleanup|pickup|qmgr|smtp|local|virtual|pipe|bounce')" ''
    said=$(openssl s_client -starttls smtp -connect "$catcher:25" </dev/null 2>/dev/null | openssl x509 -noout -subject) || true
    is 'its certificate' "$said" 'subject=CN = catch.example.net'
    is "the key is nobody else's" "$(in_host sinkhole stat -c '%a %U' /etc/postfix-tldguard/tls.pem)" '600 root'
    test_update
    code=0
    said=$(sinkhole --undo 2>&1) || code=$?
    is '--undo' "$code $said" '0 mail-sinkhole: /etc/postfix-tldguard, /var/spool/postfix-tldguard and /var/lib/postfix-tldguard are gone'
    is '--undo leaves nothing' "$(traces)" "$clean"
    test_own
}

# test_own: a certificate and a folder of one's own; nothing is started.
test_own() {
    local code=0
    in_host sinkhole openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=own -keyout /etc/x.key -out /etc/x.pem 2>/dev/null
    clean=$(traces)
    sinkhole -p "$world_dir/policy.cdb" --dir /etc/own --cert /etc/x.pem --key /etc/x.key --no-start >"$world_dir/said" 2>&1 || code=$?
    is 'one with a certificate of its own' "$code $(in_host sinkhole postconf -c /etc/own -hx smtpd_tls_chain_files queue_directory inet_interfaces 2>&1 | tr '\n' ' ')" \
        "0 /etc/x.key, /etc/x.pem /var/spool/own $catcher "
    is '--no-start' "$(listens "$catcher" || echo nobody)" nobody
    is 'its --undo' "$(sinkhole --undo --dir /etc/own 2>&1)" 'mail-sinkhole: /etc/own, /var/spool/own and /var/lib/own are gone'
    is 'its --undo leaves nothing' "$(traces)" "$clean"
}

test_update() {
    local before
    before=$(in_host sinkhole cat /var/spool/postfix-tldguard/pid/master.pid)
    is 'nothing to update' "$(sinkhole --update 2>&1)" 'mail-sinkhole: it is as the policy says already'
    sed -i 's/2026112901/2026112902/; s/tld: co,/tld: gm,/' "$world_dir/policy.yaml"
    is '--update' "$(sinkhole --update 2>&1)" "mail-sinkhole: catch.example.net refuses mail at ${both[*]}, by policy serial 2026112902"
    has_word() { submit "$catcher" someone@army.gm | grep -qF 'mean someone@army.com? (tldguard rule gm, serial 2026112902)'; }
    check '--update: the new words' live_until has_word
    is '--update: the same process' "$(in_host sinkhole cat /var/spool/postfix-tldguard/pid/master.pid)" "$before"
    sed -i 's/2026112902/20261129xx/' "$world_dir/policy.yaml"
    before=$(in_host sinkhole sh -c 'cat /etc/postfix-tldguard/*' | sha256sum)
    check '--update: a policy with errors is refused' eval '! sinkhole --update 2>/dev/null'
    is '--update: and changes nothing' "$(in_host sinkhole sh -c 'cat /etc/postfix-tldguard/*' | sha256sum; in_host sinkhole find /etc -maxdepth 1 -name 'postfix-tldguard.*')" "$before"
}

folder=$(mktemp -d)
write_policy >"$folder/policy.yaml"
for ((i = 0; i < 20000; i++)); do printf 'listed%05d.example\n' "$i"; done >"$folder/list.txt"
mail_begin "$folder/policy.yaml"
mv "$folder"/* "$world_dir/"
rmdir "$folder"
relay_postfix
relay_exim
export_maps "$world_dir/policy.cdb" --client "$postfix" || bail 'the maps are not made'
start_postfix
start_exim
test_same
test_words
host_create sinkhole postfix 192.0.2.1
both=("$catcher")
if world_has_ipv6; then
    ip address add 2001:db8::53/128 dev lo nodad
    both+=(2001:db8::53)
fi
test_refused
test_sinkhole
live_end
