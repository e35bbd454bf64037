#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Where Unbound gives answers that have expired, and fetches before they do, by questions that no
# client asked: neither is a way round a rule, and nothing but what clients asked is logged.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_unbound_more='    prefetch: yes
    serve-expired: yes
    serve-expired-client-timeout: 0
    serve-expired-reply-ttl: 1'
world_zones+=('leads.example leads.zone' 'short.om leads.zone' 'army.com meant.zone')
seen=0 # events of the parts before

policy() {
    cat <<'YAML'
serial: 1
answer: {ttl: 1}
tlds:
  - {tld: ml, targets: [mil], mode: block}
  - {tld: cm, targets: [com], mode: block, otherwise: "off", twin: dns}
  - {tld: om, targets: [net], mode: monitor}
YAML
}

# gets QNAME QTYPE RCODE RDATA EVENT: each second, so long that all that lies in the cache is prefetched
# or has expired, as it has a TTL of two.
gets() {
    ask "$1" "$2"
    is "$round: $1 $2" "$(field rcode) $(field answer | awk '{ print $NF }' | xargs)" "$3 $4"
    [[ -n $5 ]] || return 0
    seen=$((seen + 1))
    check "$round: $1 $2: the event is written" live_await_events "$seen"
    is "$round: $1 $2: the event" "$(tail -n 1 "$live_log" | jq -r '[.dns.question.name, .tldguard.reply] | join(" ")')" "$1 $5"
}

# Of what an administrator puts into the cache no module is told: tldguard.conf(5). It is written by
# Unbound itself, as the format is another one in each version.
test_loaded() {
    ask example.com A
    world_control dump_cache | sed 's/example\.com\./army.ml./' >"$world_dir/cache"
    # Unbound does not read what its own control program sends behind EOF, so that the connection may
    # be reset before "ok" is read: whether it was loaded, the answer tells.
    world_control load_cache <"$world_dir/cache" >/dev/null 2>&1 || true
    ask army.ml A
    is "loaded: it is given" "$(field rcode)" NOERROR
    seen=$((seen + 1))
    check "loaded: the event is written" live_await_events "$seen"
    is "loaded: the log says so" "$(tail -n 1 "$live_log" | jq -r .tldguard.reply)" resolve
    check "reload_keep_cache" world_control reload_keep_cache
    round=loaded
    gets army.ml A NXDOMAIN "" NXDOMAIN
}

live_create
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
cat >"$world_dir/zones/leads.zone" <<'ZONE'
@      2 SOA   ns.world. hostmaster 1 3600 1200 604800 2
@      2 NS    ns.world.
@      2 A     192.0.2.80
bait   2 CNAME army.ml.
twin   2 CNAME army.cm.
mail   2 MX    10 mx.army.ml.
ZONE
sed -i 's/ 300 / 2 /' "$world_dir/zones/"{lookalike,meant}.zone
world_stop nsd
world_start nsd || bail "$world_error"
world_start unbound || bail "$world_error"
for round in 1 2 3 4 5 6; do
    gets leads.example A NOERROR 192.0.2.80 ""
    gets bait.leads.example A NXDOMAIN army.ml. NXDOMAIN
    gets twin.leads.example A NXDOMAIN army.cm. NXDOMAIN
    gets mail.leads.example MX NOERROR . "null MX"
    gets army.cm A NXDOMAIN "" NXDOMAIN
    gets navy.cm A NXDOMAIN "" ""
    gets short.om A NOERROR 192.0.2.80 resolve
    # No wait for something to be ready: time has to pass, at the end so much that all has expired.
    sleep "$((round < 5 ? 0 : 3)).7"
done
check "some were prefetched" test "$(world_control stats_noreset | sed -n 's/^total.num.prefetch=//p')" -gt 0
check "some had expired" test "$(world_control stats_noreset | sed -n 's/^total.num.expired=//p')" -gt 0
test_loaded
world_stop unbound
is "no other events" "$(live_events)" "$seen"
live_end
