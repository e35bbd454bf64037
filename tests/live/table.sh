#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every kind of verdict x type x transport x flags: what a client gets, to each section, TTL
# and flag. What is wanted stands in a table, with the rule that makes it so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# NS comes late: once Unbound knows the name servers of a zone it asks them, and those of this
# world are not at the port where it is. ANY then gets what is in the cache.
types='A AAAA MX TXT SOA SRV HTTPS SVCB DS DNSKEY NS ANY'
transports='udp tcp dot doh'
# Without RD comes last: of what is passed, Unbound then only gives what it has.
flags='edns do cd,edns ad,edns - norec,edns'
series=${TG_BUILD:-}/tests/support/series

# The policy is policy.yaml; what is outside is scripts/world/*.zone.
#
# Columns: name, twin; types; RCODE; answer; authority; reason; rule. The first line that has
# the name and type counts. In answers @ is the name and "soa" what policy.yaml says of it;
# "reason": an Extended DNS Error tells the look-alike and there is an event; "watch": an event alone.
table() {
    cat <<'TABLE'
# A name that is blocked with NXDOMAIN does not exist for any type (RFC 8020 2). The SOA is what
# makes that answer cachable; its TTL is the lesser of its own and its MINIMUM (RFC 2308 3, 5).
ArMy.mL army.mil    | *           | NXDOMAIN |                          | soa  | reason | RFC 8020 2, RFC 2308 2.1 and 5
# NODATA: no error, an empty answer, a SOA (RFC 2308 2.2, type 2).
ARMY.ne army.net    | *           | NOERROR  |                          | soa  | reason | RFC 2308 2.2
# REFUSED has nothing to say but itself (RFC 1035 4.1.1).
army.ET army.net    | *           | REFUSED  |                          |      | reason | RFC 1035 4.1.1
# Addresses and MX of the policy; nothing else is claimed to exist. ANY gets one RRset
# that is there (RFC 8482 4.1).
aRmY.il army.mil    | A           | NOERROR  | @ 97 A 192.0.2.53; @ 97 A 192.0.2.54 | | reason | RFC 1035 3.4.1
aRmY.il army.mil    | AAAA        | NOERROR  | @ 97 AAAA 2001:db8::53   |      | reason | RFC 3596 2.1
aRmY.il army.mil    | MX          | NOERROR  | @ 97 MX 0 catch.example.net. | | reason | RFC 5321 5.1
aRmY.il army.mil    | ANY         | NOERROR  | @ 97 A 192.0.2.53; @ 97 A 192.0.2.54 | | reason | RFC 8482 4.1
aRmY.il army.mil    | *           | NOERROR  |                          | soa  | reason | RFC 2308 2.2
# A null MX stands alone, with preference 0 and the root (RFC 7505 3). ANY must not disclose another.
army.CM army.com    | MX ANY      | NOERROR  | @ 97 MX 0 .              |      | reason | RFC 7505 3
# Below here all comes from outside, as if there were no module.
army.CM -           | A           | NOERROR  | @ 300 A 203.0.113.66     |      |        | passed
army.CM -           | AAAA        | NOERROR  | @ 300 AAAA 2001:db8:66::66 |    |        | passed
army.CM -           | TXT         | NOERROR  | @ 300 TXT "leaked"       |      |        | passed
army.CM -           | NS          | NOERROR  | @ 300 NS ns.world.       |      |        | passed
army.CM -           | SOA         | NOERROR  | @ 300 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | | passed
army.CM -           | SRV         | NOERROR  | @ 300 SRV 0 0 66 mail.@  |      |        | passed
army.CM -           | HTTPS SVCB  | NOERROR  | @ 300 & 1 .              |      |        | passed
# RFC 4035 3.1.4.1: a DS is the parent's, here the root's.
army.CM -           | DS          | NOERROR  |                          | . 60 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60 | | RFC 4035 3.1.4.1
army.CM -           | DNSKEY      | NOERROR  |                          | @ 60 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | passed
aRMY.oM -           | A           | NOERROR  | @ 300 A 203.0.113.66     |      | watch  | passed
aRMY.oM -           | AAAA        | NOERROR  | @ 300 AAAA 2001:db8:66::66 |    | watch  | passed
aRMY.oM -           | MX          | NOERROR  | @ 300 MX 10 mail.@       |      | watch  | passed
aRMY.oM -           | TXT         | NOERROR  | @ 300 TXT "leaked"       |      | watch  | passed
aRMY.oM -           | NS          | NOERROR  | @ 300 NS ns.world.       |      | watch  | passed
aRMY.oM -           | SOA         | NOERROR  | @ 300 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | watch | passed
aRMY.oM -           | SRV         | NOERROR  | @ 300 SRV 0 0 66 mail.@  |      | watch  | passed
aRMY.oM -           | HTTPS SVCB  | NOERROR  | @ 300 & 1 .              |      | watch  | passed
# Unbound gives what it has of A, NS, SOA, MX and AAAA, which RFC 8482 4.1 permits.
aRMY.oM -           | ANY         | NOERROR  | @ 300 A 203.0.113.66; @ 300 NS ns.world.; @ 300 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60; @ 300 MX 10 mail.@; @ 300 AAAA 2001:db8:66::66 | | watch | RFC 8482 4.1
aRMY.oM -           | DS          | NOERROR  |                          | . 60 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60 | watch | RFC 4035 3.1.4.1
aRMY.oM -           | DNSKEY      | NOERROR  |                          | @ 60 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | watch | passed
# An allowed name wins over the rule of its TLD.
ORANGE.ml -         | A           | NOERROR  | @ 300 A 192.0.2.80       |      |        | passed
ORANGE.ml -         | AAAA        | NOERROR  | @ 300 AAAA 2001:db8:80::80 |    |        | passed
ORANGE.ml -         | MX          | NOERROR  | @ 300 MX 10 mail.@       |      |        | passed
ORANGE.ml -         | TXT         | NOERROR  | @ 300 TXT "honest"       |      |        | passed
ORANGE.ml -         | NS          | NOERROR  | @ 300 NS ns.world.       |      |        | passed
ORANGE.ml -         | SOA         | NOERROR  | @ 300 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | | passed
ORANGE.ml -         | ANY         | NOERROR  | @ 300 A 192.0.2.80; @ 300 NS ns.world.; @ 300 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60; @ 300 MX 10 mail.@; @ 300 AAAA 2001:db8:80::80 | | | RFC 8482 4.1
ORANGE.ml -         | DS          | NOERROR  |                          | . 60 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60 | | RFC 4035 3.1.4.1
ORANGE.ml -         | *           | NOERROR  |                          | @ 60 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | RFC 2308 2.2
# Above an allowed name: it exists, as something below it does (RFC 8020 2), and a validator
# behind us must find its way down the chain of trust (RFC 4035 5.2).
Partner.ml -        | DS          | NOERROR  |                          | . 60 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60 | | RFC 4035 5.2
Partner.ml -        | DNSKEY      | NOERROR  |                          | @ 60 SOA ns.world. hostmaster.@ 1 3600 1200 604800 60 | | RFC 4035 5.2
Partner.ml partner.mil | *        | NOERROR  |                          | soa  | reason | RFC 8020 2
TABLE
}

questions() {
    local name type flag transport
    for name in $(table | sed '/^#/d; s/ .*//' | uniq); do
        for type in $types; do
            for flag in $flags; do
                for transport in $transports; do
                    echo "$transport $flag $name $type"
                done
            done
        done
    done
}

# expected: reads questions, adds the answers in the form of tests/support/series.
#
# RFC 1035 4.1.1: QR, RD as it was, RA. AA is no resolver's. RFC 6840 5.7, RFC 4035 3.2.3: AD
# says "validated", which nothing here is, asked for or not. RFC 4035 3.2.2: CD as it was.
# RFC 6891 6.1.1 and 6.1.4: an OPT for who sent one, with DO as it was. RFC 8914 3: an error in
# it, code 15 "Blocked", whatever the RCODE. RFC 4343 4.1: the question keeps its case.
expected() {
    awk '
    function trim(s) { gsub(/^ +| +$/, "", s); return s }
    function rr(text, name, type,    n, i, each, field, out) {
        n = split(text, each, "; *")
        for (i = 1; i <= n; i++) {
            if (each[i] == "") continue
            gsub(/@/, name, each[i]); gsub(/&/, type, each[i])
            # OWNER TTL TYPE RDATA
            sub(/^[^ ]+ [0-9]+ /, "&IN ", each[i])
            out = out (out == "" ? "" : "; ") each[i]
        }
        return out
    }
    function soa(name) {
        sub(/^[^.]*[.]/, "", name)
        return name " 97 IN SOA tldguard.example.net. soc.example.net. 2026112201 3600 1200 604800 97"
    }
    FNR == NR {
        if (/^#/) next
        split($0, column, "|"); split(trim(column[1]), first, " "); m = split(trim(column[2]), t, " ")
        for (i = 1; i <= m; i++)
            if (!((first[1], t[i]) in line)) { line[first[1], t[i]] = $0; twin[first[1], t[i]] = first[2] }
        next
    }
    {
        key = (($3, $4) in line) ? $4 : "*"
        split(line[$3, key], column, "|"); why = trim(column[6]); lower = tolower($3) "."
        authority = trim(column[5])
        edns = ""
        if ($2 != "-") {
            edns = "v0 1232" ($2 == "do" ? " do" : "")
            if (why == "reason") {
                tld = $3; sub(/.*[.]/, "", tld)
                edns = edns " ede 15 look-alike of " twin[$3, key] " (rule " tolower(tld) "); contact soc@example.net"
            }
        }
        print $0 "\t" trim(column[3]) "\t" "qr" ($2 ~ /norec/ ? "" : " rd") " ra" ($2 ~ /cd/ ? " cd" : "") \
            "\t" $3 ". IN " $4 "\t" rr(trim(column[4]), lower, $4) \
            "\t" (authority == "soa" ? soa(lower) : rr(authority, lower, $4)) "\t\t" edns
    }' <(table) -
}

# TTLs of the outside world count down in the cache; those of the policy, 97, do not.
got() {
    "$series" -b 127.0.0.9 -C "$world_dir/tls/cert.pem" -p "$world_unbound_port" \
        -t $((world_unbound_port + 1)) -h $((world_unbound_port + 2)) |
        sed -E 's/ (2[4-9][0-9]|300) IN / 300 IN /g; s/ ([45][0-9]|60) IN / 60 IN /g'
}

# A line of TAP for each name and type: all flags and transports of it.
test_answers() {
    local name type lines
    for name in $(cut -d' ' -f3 "$world_dir/questions" | uniq); do
        for type in $types; do
            lines=$(awk -F'\t' -v of="$name $type" '
                FNR == NR { wanted[FNR] = $0; next }
                { split($1, q, " ") } q[3] " " q[4] != of { next }
                { n++ } $0 != wanted[FNR] { bad++; if (bad < 4) print "got:    " $0 "\nwanted: " wanted[FNR] }
                END { if (n != count) print "answers: " n; if (bad > 3) print "and " bad - 3 " more" }
                ' count="$per_type" "$world_dir/wanted" "$world_dir/got")
            if [[ -z $lines ]]; then
                ok "$name $type: $per_type answers"
            else
                not_ok "$name $type: $per_type answers" "$lines"
            fi
        done
    done
}

# As many events as the table says, with the transport.
test_events() {
    table | awk -v types="$types" -v transports="$transports" -v each="$(wc -w <<<"$flags")" '
        /^#/ { next }
        { split($0, column, "|"); split(column[1], first, " "); split(column[2], t, " ")
          n = split(column[2] ~ /[*]/ ? types : column[2], t, " ")
          for (i = 1; i <= n; i++)
              if (!((first[1], t[i]) in why)) { gsub(/ /, "", column[6]); why[first[1], t[i]] = column[6] }
        }
        END {
            m = split(transports, by, " ")
            for (key in why) if (why[key] != "") {
                split(key, k, SUBSEP)
                for (j = 1; j <= m; j++) print each, tolower(k[1]), k[2], by[j], why[key] == "watch" ? "allowed" : "denied"
            }
        }' | sort >"$world_dir/events.wanted"
    check "all events are written" live_await_events \
        "$(awk '{ n += $1 } END { print n }' "$world_dir/events.wanted")"
    jq -r '[.dns.question.name, .dns.question.type, .tldguard.transport, .event.type[0]] | join(" ")' \
        "$live_log" | sort | uniq -c | sed 's/^ *//' | sort >"$world_dir/events.got"
    is "an event for each question that is blocked or watched" \
        "$(diff "$world_dir/events.got" "$world_dir/events.wanted" | head -n 10)" ''
}

prepare() {
    [[ -x $series ]] || { echo "1..0 # SKIP no test client $series (libssl-dev, libnghttp2-dev)"; exit 77; }
    command -v openssl >/dev/null || { echo "1..0 # SKIP no openssl"; exit 77; }
    live_create
    if ! "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q -- --with-libnghttp2; then
        transports='udp tcp dot'
        ok "DNS over HTTPS # SKIP this Unbound is built without libnghttp2"
    fi
    world_tls_create || bail "$world_error"
    # The one client that may ask without RD, to see that bit come back as it went.
    world_unbound_more='    access-control: 127.0.0.9/32 allow_snoop'
    world_start unbound || bail "$world_error"
}

prepare
per_type=$(($(wc -w <<<"$flags") * $(wc -w <<<"$transports")))
questions >"$world_dir/questions"
expected <"$world_dir/questions" >"$world_dir/wanted"
got <"$world_dir/questions" >"$world_dir/got" || true
test_answers
test_events
live_end
