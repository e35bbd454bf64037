#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What clients get, octet for octet as far as a client can tell, by UDP and TCP.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The one client that may ask without RD, to see that bit come back as it went.
world_unbound_more='    access-control: 127.0.0.9/32 allow_snoop'
soa='97 IN SOA tldguard.example.net. soc.example.net. 2026112201 3600 1200 604800 97'
transport=''
flags='qr rd ra'

# gets NAME 'ASK ARGUMENTS' RCODE [LINE...]: the whole answer is these lines, no more.
# Records of one RRset may come in any order.
gets() {
    local name=$1 wanted
    local -a args
    read -ra args <<<"$2"
    wanted="rcode $3"$'\n'"flags $flags"$'\n'"question ${args[-2]%.}. ${args[-1]}"
    shift 3
    (($# == 0)) || wanted+=$'\n'$(printf '%s\n' "$@")
    ask $transport "${args[@]}"
    is "$name${transport:+ by TCP}" "$(asked | sort)" "$(sort <<<"$wanted")"
}

test_nxdomain() {
    local type
    # RFC 2308: one SOA, its owner an ancestor of the name, TTL as the policy says.
    for type in A AAAA MX HTTPS SVCB TXT SRV NS SOA ANY CAA TYPE65400; do
        gets "NXDOMAIN for $type" "army.ml $type" NXDOMAIN "authority ml. $soa"
    done
    # RFC 1034 3.1: names match in any case. The question comes back as it was written.
    gets "mixed case" "ARMY.mL MX" NXDOMAIN "authority mL. $soa"
    gets "below it" "mail.navy.ml A" NXDOMAIN "authority ml. $soa"
    gets "what does not exist outside" "no.such.name.ml A" NXDOMAIN "authority ml. $soa"
    gets "the TLD itself" "got A" NXDOMAIN "authority got. $soa"
}

test_not_matched() {
    # Only a last label that is the whole TLD matches.
    gets "ml inside of a label" "html.example.com A" NOERROR "answer html.example.com. 300 IN A 192.0.2.81"
    gets "ml as another label" "ml.example.com A" NOERROR "answer ml.example.com. 300 IN A 192.0.2.82"
    gets "a longer TLD ending in ml" "example.xml A" NOERROR "answer example.xml. 300 IN A 192.0.2.80"
    gets "a longer TLD starting with ml" "example.mlx A" NOERROR "answer example.mlx. 300 IN A 192.0.2.80"
    gets "the target" "army.mil MX" NOERROR "answer army.mil. 300 IN MX 10 mail.army.mil."
    gets "a CNAME" "www.army.mil A" NOERROR "answer www.army.mil. 300 IN CNAME army.mil." \
        "answer army.mil. 300 IN A 198.51.100.10"
}

test_allowed() {
    gets "an allowed name" "orange.ml A" NOERROR "answer orange.ml. 300 IN A 192.0.2.80"
    gets "its mail" "Orange.ML MX" NOERROR "answer Orange.ML. 300 IN MX 10 mail.Orange.ML."
    gets "below it" "mail.orange.ml A" NOERROR "answer mail.orange.ml. 300 IN A 192.0.2.25"
    gets "the allowed name below a blocked one" "mail.partner.ml A" NOERROR \
        "answer mail.partner.ml. 300 IN A 192.0.2.25"
    gets "its sibling" "www.partner.ml A" NXDOMAIN "authority ml. $soa"
    gets "a name that only ends alike" "notorange.ml A" NXDOMAIN "authority ml. $soa"
    gets "below an exactly allowed one" "a.exact.partner.ml A" NXDOMAIN "authority ml. $soa"
    # RFC 8020: NXDOMAIN would deny the allowed name below, too.
    gets "NODATA for an allowed name's parent" "partner.ml A" NOERROR "authority ml. $soa"
    gets "NODATA for the TLD of an allowed name" "ml MX" NOERROR "authority ml. $soa"
}

test_actions() {
    local type
    for type in A MX ANY; do
        gets "nodata: $type" "army.ne $type" NOERROR "authority ne. $soa"
        gets "refused: $type" "army.et $type" REFUSED
    done
    gets "sinkhole: A" "army.il A" NOERROR "answer army.il. 97 IN A 192.0.2.53" \
        "answer army.il. 97 IN A 192.0.2.54"
    gets "sinkhole: AAAA" "army.il AAAA" NOERROR "answer army.il. 97 IN AAAA 2001:db8::53"
    gets "sinkhole: MX" "x.army.il MX" NOERROR "answer x.army.il. 97 IN MX 0 catch.example.net."
    gets "sinkhole: ANY" "army.il ANY" NOERROR "answer army.il. 97 IN A 192.0.2.53" \
        "answer army.il. 97 IN A 192.0.2.54"
    for type in HTTPS SVCB TXT NS SOA TYPE65400; do
        gets "sinkhole: NODATA for $type" "army.il $type" NOERROR "authority il. $soa"
    done
}

test_modes() {
    # RFC 7505: no mail, and no fall-back to the address.
    gets "mail-only: MX" "army.cm MX" NOERROR "answer army.cm. 97 IN MX 0 ."
    gets "mail-only: ANY discloses no MX" "army.cm ANY" NOERROR "answer army.cm. 97 IN MX 0 ."
    gets "mail-only: A" "army.cm A" NOERROR "answer army.cm. 300 IN A 203.0.113.66"
    gets "mail-only: TXT" "army.cm TXT" NOERROR 'answer army.cm. 300 IN TXT "leaked"'
    gets "monitor: MX" "army.om MX" NOERROR "answer army.om. 300 IN MX 10 mail.army.om."
    gets "off: MX" "army.co MX" NOERROR "answer army.co. 300 IN MX 10 mail.army.co."
}

test_edns() {
    local ede='ede 15 look-alike of army.mil (rule ml); contact soc@example.net'
    # RFC 6891 6.1.1: an OPT only for who sent one. RFC 8914: code 15, blocked.
    gets "EDNS: an OPT with the reason" "-e army.ml MX" NXDOMAIN "authority ml. $soa" 'edns 1232' "$ede"
    gets "EDNS: DO comes back" "-d ArmY.ml A" NXDOMAIN "authority ml. $soa" 'edns 1232 do' "$ede"
    gets "EDNS: the reason of REFUSED" "-e army.et A" REFUSED 'edns 1232' "${ede//.mil (rule ml)/.net (rule et)}"
    gets "EDNS: the reason of a null MX" "-e army.cm MX" NOERROR 'answer army.cm. 97 IN MX 0 .' \
        'edns 1232' "${ede//.mil (rule ml)/.com (rule cm)}"
    gets "EDNS: no reason for what is not blocked" "-e orange.ml A" NOERROR \
        "answer orange.ml. 300 IN A 192.0.2.80" 'edns 1232'
}

test_flags() {
    # RFC 4035 3.1.6, 3.2.2: CD is copied, AD is no claim of ours. RFC 1035 4.1.1: so is RD.
    flags='qr rd ra cd' gets "CD is copied" "-c army.ml A" NXDOMAIN "authority ml. $soa"
    gets "AD is not set, though asked for" "-a army.ml A" NXDOMAIN "authority ml. $soa"
    flags='qr ra' gets "RD is copied" "-n -b 127.0.0.9 army.ml A" NXDOMAIN "authority ml. $soa"
}

# What is blocked is also kept out of the cache, whatever way it came in: a question with CD
# is answered from there without asking anybody.
test_cache() {
    local cd
    ask slip.army.mil A
    ask www.example.net A
    ask mail.partner.ml A
    for cd in '' -c; do
        flags="qr rd ra${cd:+ cd}"
        gets "not cached as the end of a CNAME $cd" "$cd army.ml A" NXDOMAIN "authority ml. $soa"
        gets "not cached as a name server's address $cd" "$cd ns.army.ml A" NXDOMAIN "authority ml. $soa"
        gets "not cached as a step to an allowed name $cd" "$cd partner.ml A" NOERROR "authority ml. $soa"
    done
    flags='qr rd ra'
    # What is hosted there must go on working.
    gets "a zone with a blocked name server" "www.example.net A" NOERROR \
        "answer www.example.net. 300 IN CNAME example.net." "answer example.net. 300 IN A 192.0.2.80"
}

# An event for each question that was blocked or watched, and for no other.
test_events() {
    local question
    for question in 'army.mil A' 'orange.ml A' 'army.co MX' 'army.cm A' 'army.cm MX' 'army.et A' \
        'army.il TXT' 'ARMY.ml A' 'army.om A' 'army.om A' 'army.ne A' 'army.ml ANY'; do
        ask $transport -b 127.0.0.5 "${question% *}" "${question#* }"
    done
    # What is asked last is written last.
    ask -b 127.0.0.6 "last$transport.mark.ml" A
    check "the events are written" live_await_line "last$transport.mark.ml"
    is "events and what they say${transport:+ by TCP}" \
        "$(jq -r --arg by "$([[ -n $transport ]] && echo tcp || echo udp)" '
            select(.source.ip == "127.0.0.5" and .network.transport == $by) |
            [.dns.question.name, .dns.question.type, .tldguard.reply, .dns.response_code,
            .tldguard.twin, .rule.id, .tldguard.severity, .event.action] | join(" ")' "$live_log")" \
        'army.cm MX null MX NOERROR army.com cm medium dns-mail-block
army.et A REFUSED REFUSED army.net et medium dns-block
army.il TXT NODATA NOERROR army.mil il critical dns-block
army.ml A NXDOMAIN NXDOMAIN army.mil ml high dns-block
army.om A resolve NOERROR army.com om medium dns-observe
army.om A resolve NOERROR army.com om medium dns-observe
army.ne A NODATA NOERROR army.net ne low dns-block
army.ml ANY NXDOMAIN NXDOMAIN army.mil ml high dns-block'
}

live_create
# A zone whose name server has a blocked name.
world_unbound_clauses="stub-zone:
    name: example.net
    stub-host: ns.army.ml@$world_nsd_port"
world_start unbound || bail "$world_error"
for transport in '' -t; do
    test_nxdomain
    test_not_matched
    test_allowed
    test_actions
    test_modes
    test_edns
    test_flags
    test_cache
    test_events
done
live_end
