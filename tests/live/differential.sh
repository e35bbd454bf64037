#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2154,SC2317 # world_start NAME calls world_NAME_conf, sets world_NAME_port
# The module beside Unbound's own RPZ, which was written by others: a policy with everything
# in it and the zone that is exported from it, thousands of questions, and whatever differs
# must have a reason that stands in a table here.
#
# SEED and QUESTIONS in the environment choose another run.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seed=${SEED:-1} questions=${QUESTIONS:-6000} names=600
series=${TG_BUILD:-}/tests/support/series
# All that is outside: below each of these every name exists.
tlds='ml got ne et il cm om co look mil nl gov net com alias'

# Some names of each list lie below those of others.
policy() {
    cat <<'POLICY'
serial: 2026112203
answer:
  ttl: 97
  soa: {mname: tldguard.example., rname: soc.example.}
  sinkhole: {a: [192.0.2.53, 192.0.2.54], aaaa: "2001:db8::53", mx: catch.example.}
tlds:
  - {tld: ml, targets: [mil, nl], mode: block, twin: list, otherwise: mail-only}
  - {tld: got, targets: [gov], mode: block}
  - {tld: ne, targets: [net], mode: block, action: nodata}
  - {tld: et, targets: [net], mode: block, action: refused}
  - {tld: il, targets: [mil], mode: block, action: sinkhole, match: direct}
  - {tld: cm, targets: [com], mode: mail-only}
  - {tld: om, targets: [com], mode: monitor, match: direct}
  - {tld: co, targets: [com], mode: "off"}
protect:
  - {file: protect.txt}
  - {file: protect-exact.txt, match: exact}
allow:
  - {file: allow.txt}
  - {file: allow-exact.txt, match: exact}
block:
  - {file: nxdomain.txt}
  - {file: nxdomain-exact.txt, match: exact}
  - {file: nodata.txt, action: nodata}
  - {file: nodata-exact.txt, action: nodata, match: exact}
  - {file: sinkhole.txt, action: sinkhole}
  - {file: refused.txt, action: refused}
  - {file: mail.txt, mode: mail-only}
  - {file: monitor.txt, mode: monitor}
POLICY
}

# What both generators begin with: the same numbers from the same seed in every awk
# (Park and Miller, https://doi.org/10.1145/63039.63042).
chance='
    function pick(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
    # One short of 63, so that an x fits in front.
    function label(    n, s) {
        n = pick(20) == 0 ? 40 + pick(23) : 1 + pick(9)
        while (length(s) < n) s = s substr("abcdefghijklmnopqrstuvwxyz0123456789-_", 1 + pick(36 + 2 * (s != "" && length(s) < n - 1)), 1)
        return s
    }'

make_lists() {
    awk -v state="$((seed * 2 + 1))" -v names="$names" -v dir="$work" -v tlds="$tlds" "$chance"'
    BEGIN {
        kinds = split("nxdomain nxdomain-exact nodata nodata-exact sinkhole refused mail monitor allow allow allow-exact", kind, " ")
        n = split("ml got ne et il cm om look look look look", base, " ")
        for (i = 1; i <= kinds; i++) printf "" >(dir "/" kind[i] ".txt")
        while (made < names) {
            name = label() "." base[1 + pick(n)]
            if (pick(2)) name = label() "." name
            if (length(name) > 200 || name in is) continue
            is[name]; made++
            base[++n] = name
            print name >(dir "/" kind[1 + pick(kinds)] ".txt")
        }
        for (i = 0; i < 60; i++) {
            name = label() (pick(3) ? "" : "." label()) (pick(4) ? ".mil" : ".nl")
            if (!(name in is)) print name >(dir "/protect" (pick(4) ? "" : "-exact") ".txt")
            is[name]
        }
    }'
}

# c1.alias and so on, each another name for one that is listed.
make_aliases() {
    printf '%s\n' '@ 300 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60' '@ 300 NS ns.world.'
    cat "$work"/*.txt | awk '{ print "c" NR " 300 CNAME " $1 "." }'
}

prepare() {
    local tld
    [[ -x $series ]] || { echo "1..0 # SKIP no test client $series (libssl-dev, libnghttp2-dev)"; exit 77; }
    live_create
    trap 'world_stop rpz; world_end' EXIT
    work=$world_dir/work
    mkdir "$work"
    world_zones=()
    : >"$world_dir/zones/list"
    cat >"$world_dir/zones/wild.zone" <<'ZONE'
@ 300 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60
@ 300 NS ns.world.
* 300 A 203.0.113.66
* 300 AAAA 2001:db8:66::66
* 300 MX 10 mail.world.
* 300 TXT "outside"
* 300 TYPE65 \# 3 000100
ZONE
    for tld in $tlds; do
        [[ $tld == alias ]] || world_zones+=("$tld wild.zone")
        # The servers that these zones name are not at the port where this world is.
        world_unbound_clauses+="forward-zone:
    name: $tld
    forward-addr: 127.0.0.1@NSD
"
    done
    world_stop nsd
    make_lists
    make_aliases >"$world_dir/zones/alias.zone"
    world_zones+=(". root.zone" "alias alias.zone")
    world_start nsd || bail "$world_error"
    world_unbound_clauses=${world_unbound_clauses//NSD/$world_nsd_port}
    policy >"$work/policy.yaml"
}

# Each listed name, what is around it, and its twin; the case of letters by chance.
make_questions() {
    awk -v state="$((seed * 2 + 2))" -v questions="$questions" -v tlds="$tlds" -v names="$names" "$chance"'
    BEGIN {
        types = split("A A A AAAA MX MX TXT NS SOA SRV HTTPS SVCB ANY DS DNSKEY", type, " ")
        flags = split("edns edns do -", flag, " ")
        bases = split(tlds " co.il gov.il com.om x.co.il example.com", base, " ")
        split("ml:mil got:gov ne:net et:net il:mil cm:com om:com co:com", pair, " ")
        for (i in pair) { split(pair[i], p, ":"); target[p[1]] = p[2] }
    }
    { base[++bases] = $1 }
    function any_case(name,    i, c, out) {
        for (i = 1; i <= length(name); i++) {
            c = substr(name, i, 1)
            out = out (pick(4) ? c : toupper(c))
        }
        return out
    }
    function around(name,    way, tld) {
        if (pick(20) == 0) return "c" 1 + pick(names) ".alias"
        way = pick(10)
        tld = name; sub(/.*[.]/, "", tld)
        if (way == 0) return label() "." name
        if (way == 1) return label() "." label() "." name
        if (way == 2) sub(/^[^.]*[.]/, "", name)                         # its parent
        else if (way == 3) sub(/^[^.]*/, label(), name)                  # its sibling
        else if (way == 4) name = "x" name                               # ends alike
        else if (way == 5 && tld in target) sub(/[^.]*$/, target[tld], name)
        else if (way == 6) name = name ".example.com"
        return name
    }
    END {
        while (n < questions) {
            name = around(base[1 + pick(bases)])
            if (length(name) > 250) continue
            n++
            print "udp", flag[1 + pick(flags)], any_case(name), type[1 + pick(types)]
        }
    }' "$work"/*.txt
}

world_rpz_conf() { world_stock_conf rpz "$1"; }
world_rpz_command() { world_stock_command rpz; }

# What the two may answer differently, and why. An answer is "outside" when it is what
# everybody else gets; "nx", "nodata", "sink", "nullmx" and "refused" when a policy made it.
# A line counts for names below TLDS, at or below a name of LISTS, or ABOVE an allowed name.
#
# module | RPZ | types | TLDS | LISTS | reason
reasons() {
    cat <<'REASONS'
nullmx  | outside | MX ANY    | ml cm | mail     | mail-only: RPZ cannot answer one type and pass the others
refused | outside | *         | et    | refused  | refused: RPZ has no such action
outside | *       | DS DNSKEY | alias | ABOVE    | the way down to an allowed name stays open for validators (RFC 4035 5)
sink    | nodata  | ANY       | il    | sinkhole | ANY gets an RRset that is there (RFC 8482 4.1); Unbound's local data matches a type
*       | outside | *         | alias |          | an alias of a listed name: Unbound's RPZ does not look when both come in one answer
REASONS
}

# In answers that both make by policy and that say the same.
fields() {
    cat <<'FIELDS'
AA  | a resolver is no authority (RFC 1035 4.1.1); Unbound's RPZ sets AA
SOA | negative answers carry a SOA, to be cached (RFC 2308 3); Unbound's RPZ has none there
EDE | the reason, and what was meant (RFC 8914)
FIELDS
}

# ask_both: TTLs of the outside count down in a cache.
ask_both() {
    local name port
    for name in unbound rpz; do
        port=world_${name}_port
        "$series" -p "${!port}" <"$work/questions" >"$work/$name" ||
            not_ok "$name answers" "$(grep -m 3 none "$work/$name")"
        sed -Ei 's/ (2[4-9][0-9]|300) IN / 300 IN /g; s/ ([45][0-9]|60) IN / 60 IN /g; s/ 35[0-9]{2} IN / 3600 IN /g' "$work/$name"
    done
}

# compare: prints "same N", "REASON: N" for each reason, "! QUESTION ..." for what has none.
# The columns are those of tests/support/series.
compare() {
    awk -F'\t' -v dir="$work" '
    function trim(s) { gsub(/^ +| +$/, "", s); return s }
    function one(file, list,    line) {
        while ((getline line <(dir "/" file)) > 0) listed[list, line]
        close(dir "/" file)
    }
    BEGIN {
        soa = " 97 IN SOA tldguard[.]example[.] soc[.]example[.] 2026112203 3600 1200 604800 97$"
        one("mail.txt", "mail"); one("refused.txt", "refused"); one("sinkhole.txt", "sinkhole")
        while ((getline line <(dir "/allowed")) > 0)
            while (sub(/^[^.]*[.]/, "", line)) listed["above", line]
    }
    FILENAME ~ /reasons$/ {
        split($0, c, "|"); r++
        module[r] = trim(c[1]); rpz[r] = trim(c[2]); types[r] = " " trim(c[3]) " "
        tld_of[r] = " " trim(c[4]) " "; list_of[r] = trim(c[5]); why[r] = trim(c[6])
        next
    }
    FILENAME ~ /fields$/ { split($0, c, "|"); field[trim(c[1])] = trim(c[2]); next }
    FILENAME ~ /unbound$/ { of_module[FNR] = $0; next }
    # What made the answer: rcode, answer, whether a policy did.
    function class(rcode, answer, policy) {
        if (!policy) return "outside"
        if (rcode == "REFUSED") return "refused"
        if (answer ~ / 97 IN MX 0 [.]$/) return "nullmx"
        if (answer != "") return "sink"
        return rcode == "NXDOMAIN" ? "nx" : rcode == "NOERROR" ? "nodata" : rcode
    }
    function applies(i, a, b, name, type,    tld) {
        if ((module[i] != a && module[i] != "*") || (rpz[i] != b && rpz[i] != "*")) return 0
        if (index(types[i], " " type " ") == 0 && types[i] != " * ") return 0
        name = tolower(name); tld = name; sub(/.*[.]/, "", tld)
        if (index(tld_of[i], " " tld " ")) return 1
        if (list_of[i] == "ABOVE") return (("above", name) in listed)
        do if ((list_of[i], name) in listed) return 1
        while (sub(/^[^.]*[.]/, "", name))
        return 0
    }
    # An answer both by policy, alike but for what no RPZ has.
    function explain_fields(m) {
        if ($3 != m[3] && $3 != "qr aa" substr(m[3], 3)) return 0
        if ($6 != m[6] && ($6 != "" || m[6] !~ soa)) return 0
        n["AA"] += $3 != m[3]
        n["SOA"] += $6 != m[6]
        return 1
    }
    function explain(m,    q, i, a, b, found) {
        if ($1 != m[1] || $4 != m[4]) return 0
        # Behind a CNAME the SOA of the RPZ stands here (draft-vixie-dnsop-dns-rpz 6).
        if ($7 != m[7] && (m[7] != "" || $7 !~ /^rpz[.]tldguard[.] 97 IN SOA /)) return 0
        if ($8 != m[8]) {
            if (index(m[8], $8 " ede 15 ") != 1) return 0
            n["EDE"]++
        }
        a = class(m[2], m[5], m[6] ~ /tldguard[.]example/ || m[5] ~ / 97 IN / || m[2] == "REFUSED")
        b = class($2, $5, $3 ~ / aa/)
        if (a == b && m[2] == $2 && m[5] == $5 && a != "outside") return explain_fields(m)
        split($1, q, " ")
        for (i = 1; i <= r && !found; i++) if (applies(i, a, b, q[3], q[4])) { found = 1; because[i]++ }
        if (!found) return 0
        if (a == "outside" || b == "outside") return 1
        return explain_fields(m)
    }
    of_module[FNR] == $0 { same++; next }
    { split(of_module[FNR], m, "\t"); if (!explain(m)) print "! " of_module[FNR] " ! RPZ: " $0 }
    END {
        print "same: " same + 0
        for (i = 1; i <= r; i++) print because[i] + 0 ": " why[i]
        for (f in field) print n[f] + 0 ": " f ": " field[f]
    }' "$work/reasons" "$work/fields" "$work/unbound" "$work/rpz"
}

test_export() {
    # Warnings: names that another entry covers.
    "$TLDGUARD" check "$work/policy.yaml" >"$work/check" 2>&1 || is 'check' "$?" 1
    check 'compile' "$TLDGUARD" compile --quiet "$work/policy.yaml" -o "$world_dir/policy.cdb" 2>/dev/null
    check 'export' "$TLDGUARD" export --quiet --rpz -p "$world_dir/policy.cdb" -o "$work/export.zone"
}

test_answers() {
    local count reason
    make_questions >"$work/questions"
    world_start unbound || bail "$world_error"
    world_stock_modules='respip validator iterator'
    world_stock_clauses="rpz:
    name: rpz.tldguard
    zonefile: $work/export.zone"
    world_start rpz || bail "$world_error"
    ask_both
    is "all questions are answered, seed $seed" "$(grep -cE $'\t(NOERROR|NXDOMAIN|REFUSED)\t' "$work/unbound" "$work/rpz" |
        sed 's/.*://' | xargs)" "$questions $questions"
    cat "$work"/allow*.txt >"$work/allowed"
    reasons >"$work/reasons"
    fields >"$work/fields"
    compare >"$work/compared"
    is "no difference without a reason" "$(grep -m 10 '^!' "$work/compared")" ''
    while IFS=: read -r count reason; do
        # A reason that nothing needs any more hides what comes.
        if [[ $count == same ]]; then
            ok "answers that are the same:$reason of $questions"
        elif ((count > 0)); then
            ok "$count:$reason"
        else
            not_ok "a reason that nothing has:$reason"
        fi
    done < <(grep -v '^!' "$work/compared" | sort)
}

prepare
test_export
test_answers
live_end
