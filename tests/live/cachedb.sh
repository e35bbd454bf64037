#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# In front of cachedb, which keeps answers in a database outside, puts them into Unbound's own cache
# and gives expired ones to clients at once. What must come by us never enters it, and what it
# has stored before a policy said so is as if it were not there.
#
# Its built-in "testframe" serves as the database, which remembers the last answer stored. Where this
# Unbound has no cachedb, the one of `scripts/setup --cachedb` is taken, if it is there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

load=$TG_BUILD/tests/support/load
serial=0
seen=0 # events of the parts before

linked() { "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q "^Linked modules:.* $1\>"; }

# An Unbound with it: this one, or that of the tree beside.
if ! linked cachedb; then
    beside=$TG_BUILD/cachedb/module/.libs/tldguard.so
    [[ -r $beside && -z ${TG_SANITIZED:-} ]] || { echo "1..0 # SKIP this Unbound has no cachedb: scripts/setup --cachedb"; exit 77; }
    TLDGUARD_MODULE=$beside
    UNBOUND_PREFIX=$TG_BUILD/unbound-cachedb/root
fi

none='  - {tld: et, targets: [net], mode: block}'
ml='  - {tld: ml, targets: [mil], mode: block}'
lab='clients: [{group: lab, subnets: [127.0.0.3/32], mode: "off"}]'

# put LINE...: the next policy, in force when this returns.
put() {
    local line tlds=() more=()
    serial=$((serial + 1))
    for line; do
        if [[ $line == ' '* ]]; then tlds+=("$line"); else more+=("$line"); fi
    done
    printf '%s\n' "serial: $serial" 'answer: {ttl: 0}' 'tlds:' "${tlds[@]}" "${more[@]}" >"$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    [[ -z $(world_pid unbound) ]] ||
        live_until grep -qF "policy serial $serial," "$world_dir/unbound.log" || bail "policy serial $serial is not taken"
}

# begin MODULES [LINE...]: an Unbound with an empty database.
begin() {
    local modules=$1
    shift
    world_unbound_more=$(printf '    %s\n' "module-config: \"$modules\"" "$@")
    world_unbound_clauses=$'cachedb:\n    backend: "testframe"'
    world_start unbound || bail "$world_error"
}
says='verbosity: 4' # what is stored

# key NAME TYPE: by which the database knows it.
key() {
    local label number=1
    [[ $2 == A ]] || number=15
    {
        for label in ${1//./ }; do
            # shellcheck disable=SC2059
            printf "\\x$(printf %02x "${#label}")%s" "$label"
        done
        # shellcheck disable=SC2059
        printf '\0\0'"\\x$(printf %02x "$number")"'\0\1default' # cachedb-secret's default
    } | sha256sum | cut -d ' ' -f 1 | tr a-f A-F
}

# How often it was stored, was found there.
stored() { grep -cF "testframe_store $(key "$1" "$2")" "$world_dir/unbound.log" || true; }
found() { grep -c 'testframe_lookup found' "$world_dir/unbound.log" || true; }

# Nothing but what the database has is known any more.
forget() { world_control flush_zone . >/dev/null; }

# gets NAME 'ASK ARGUMENTS' RCODE [RDATA]
gets() {
    # shellcheck disable=SC2086
    ask $2
    is "$1: $2" "$(field rcode) $(field answer | awk '{ print $5, $6 }' | xargs)" "$3 ${4-}"
}

# logged NAME COUNT: so many events more, and no others.
logged() {
    seen=$((seen + $2 + 1))
    ask -b 127.0.0.9 end.end.et A
    check "$1: the events are written" live_await_line "\"name\":\"end.end.et\",\"type\":\"A\""
    live_until live_has_events "$seen" || true
    is "$1: as many events as there must be" "$(live_events)" "$seen"
}

bait='leads.example'

# Neither a blocked name nor what leads to one is stored, whoever asks for it.
never_stored() {
    local question name=$1
    put "$none" "$ml" "$lab"
    for question in 'army.ml A' 'army.ml MX' "bait.$bait A" "mail.$bait MX"; do
        # shellcheck disable=SC2086
        ask -b 127.0.0.3 $question
        is "$name: who may know it: $question" "$(field rcode)" NOERROR
        # shellcheck disable=SC2086
        ask -b 127.0.0.2 $question
        is "$name: who may not: $question" "$(field answer | grep -c '203.0.113\|mail.army\|mx.army')" 0
        # shellcheck disable=SC2086
        is "$name: not in the database: $question" "$(stored $question)" 0
    done
    # What is nobody's business is.
    ask www.example.com A
    is "$name: in the database: www.example.com A" "$(stored www.example.com A)" 1
    logged "$name" 4
}

# stored_before NAME QUESTION TRUTH RCODE ANSWER: a policy comes that forbids what lies there.
stored_before() {
    local name=$1 question=$2 i
    put "$none"
    gets "$name, allowed" "$question" NOERROR "$3"
    # shellcheck disable=SC2086
    check "$name: it is in the database" test "$(stored $question)" -gt 0
    forget
    put "$none" "$ml"
    for i in 1 2; do
        gets "$name, listed, $i" "$question" "$4" "$5"
        gets "$name, listed, $i" "-c $question" "$4" "$5"
        forget
    done
    logged "$name" 4
}

# Between the modules of one question an answer of the database may lie in Unbound's cache for a moment:
# many clients at once would see it there.
at_once() {
    put "$none"
    gets "$1: allowed" "bait.$bait A" NOERROR "army.ml. 203.0.113.66"
    forget
    put "$none" "$ml"
    printf '%s\n' "bait.$bait A" "bait.$bait A cd" | "$load" -p "$world_unbound_port" -j 8 -n 20000 -v >"$world_dir/answered" || true
    is "$1: nobody of many" "$(awk '$5 == "A" { print $3 }' "$world_dir/answered" | sort | uniq -c | xargs)" "20000 NXDOMAIN"
    seen=$((seen + 20000))
    logged "$1" 0
}

# What nobody forbids is still taken from there.
still_used() {
    local before
    ask www.example.com A
    forget
    before=$(found)
    hold
    gets "$1: from the database" 'www.example.com A' NOERROR 'example.com. 192.0.2.80'
    check "$1: it was found there" test "$(found)" -gt "$before"
    release
}

# What it has has expired: then cachedb, or a timer, gives it to the clients before we see it.
expired() {
    local i
    put "$none"
    gets "$1, allowed" "bait.$bait A" NOERROR "army.ml. 203.0.113.66"
    forget
    # No wait for something to be ready: time has to pass.
    sleep 3.1
    put "$none" "$ml"
    hold
    for i in 1 2; do
        ask -w 1200 "bait.$bait" A
        is "$1: not given, $i" "$(field answer)" ""
    done
    release
    check "$1: nobody waits" live_until none_waits
    gets "$1: the outside is there again" "bait.$bait A" NXDOMAIN "army.ml."
    # Who may know it makes it known to nobody.
    put "$none" "$ml" "$lab"
    for i in 1 2; do
        gets "$1, who may know it" "-b 127.0.0.3 mail.$bait MX" NOERROR "10 mx.army.ml."
        forget
        gets "$1, who may not" "-b 127.0.0.2 mail.$bait MX" NOERROR "0 ."
    done
}
# shellcheck disable=SC2317
none_waits() { (($(world_control stats_noreset | sed -n 's/^total.requestlist.current.user=//p') == 0)); }

# An order in which it would answer before us.
misplaced() {
    world_unbound_more="    module-config: \"$1\""
    if world_start unbound; then
        not_ok "$1: refuses to start" "it has started"
        return
    fi
    holds "$1: refuses to start" "$(<"$world_dir/unbound.log")" "write  module-config: \"$2\""
}

# in_order MODULES: all of it.
in_order() {
    begin "$1" "$says"
    never_stored "$1"
    stored_before "$1, an alias" "bait.$bait A" "army.ml. 203.0.113.66" NXDOMAIN "army.ml."
    stored_before "$1, mail" "mail.$bait MX" "10 mx.army.ml." NOERROR "0 ."
    stored_before "$1, the name itself" "army.ml A" "203.0.113.66" NXDOMAIN ""
    still_used "$1"
    begin "$1"
    at_once "$1"
}

live_create
[[ -x $load ]] || bail "no $load"
cat >"$world_dir/zones/leads.zone" <<'ZONE'
@      2 SOA   ns.world. hostmaster 1 3600 1200 604800 2
@      2 NS    ns.world.
bait   2 CNAME army.ml.
mail   2 MX    10 mx.army.ml.
ZONE
world_zones=('leads.example leads.zone')
world_threads=2
world_stop nsd
world_start nsd || bail "$world_error"
put "$none"
in_order "dynlib validator cachedb iterator"
in_order "dynlib cachedb iterator"
for timeout in 0 100; do
    begin "dynlib validator cachedb iterator" "serve-expired: yes" "serve-expired-client-timeout: $timeout"
    expired "serve-expired, after $timeout ms"
done
misplaced "validator cachedb dynlib iterator" "dynlib validator cachedb iterator"
misplaced "cachedb dynlib iterator" "dynlib cachedb iterator"
live_end
