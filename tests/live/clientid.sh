#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Behind a forwarder: for which client it asks stands in the event, beside its own address, if it
# is believed; also when several ask at once, and when the answer comes from the cache.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sender=${TG_BUILD:-}/tests/support/askid
seen=0 # events of the parts before

# What a forwarder sends, as CODE:HEX.
ecs=8:00011800c00002                           # 192.0.2.0/24
mac=65001:00005e005323                         # dnsmasq --add-mac
mac64=65073:4141426541464d6a                   # --add-mac=base64: AABeAFMj
mactext=65073:30303a30303a35653a30303a35333a3233 # --add-mac=text
cpe=65074:6272616e63682d37                     # branch-7
umbrella=20292:4f444e53010000080000000500100a0909090040010203040506070a # organization, address, device

# settings [LINE...]: with these about client-id.
settings() {
    world_settings refuse
    printf '%s\n' "$@" >>"$world_dir/tldguard.conf"
}

# told NAME EXPECTED ARG...: asks, of askid; what the event says of the client.
told() {
    local name=$1 expected=$2
    shift 2
    "$sender" -p "$world_unbound_port" "$@" >"$world_dir/rcode" || true
    seen=$((seen + 1))
    check "$name: the event is written" live_await_events "$seen"
    is "$name" "$(tail -n 1 "$live_log" | jq -c '[.source.ip, .source.mac, .tldguard.client]')" "$expected"
}

test_each() {
    local kind
    told "nothing sent" '["127.0.0.2",null,null]' -b 127.0.0.2 army.ml A
    told "a client subnet" '["127.0.0.2",null,{"ecs":"192.0.2.0/24"}]' -b 127.0.0.2 army.ml A "$ecs"
    for kind in "$mac" "$mac64" "$mactext"; do
        told "a MAC address, ${kind%:*}" '["127.0.0.2","00-00-5E-00-53-23",null]' -b 127.0.0.2 army.ml A "$kind"
    done
    told "a CPE id" '["127.0.0.2",null,{"cpe_id":"branch-7"}]' -b 127.0.0.2 army.ml A "$cpe"
    told "Umbrella" '["127.0.0.2",null,{"umbrella":{"organization":5,"device":"010203040506070a","ip":"10.9.9.9"}}]' \
        -b 127.0.0.2 army.ml A "$umbrella"
    told "all, by TCP" '["127.0.0.2","00-00-5E-00-53-23",{"ecs":"192.0.2.0/24","cpe_id":"branch-7","umbrella":{"organization":5,"device":"010203040506070a","ip":"10.9.9.9"}}]' \
        -t -b 127.0.0.2 army.ml MX "$umbrella" "$cpe" "$mac" "$ecs"
    told "malformed" '["127.0.0.2",null,{"malformed":["ecs","mac"]}]' -b 127.0.0.2 army.ml A 8:0001180000 65001:00
    is "malformed: the same answer" "$(<"$world_dir/rcode")" NXDOMAIN
    told "others" '["127.0.0.2",null,null]' -b 127.0.0.2 army.ml A 65002:00005e005323 3: 10:0011223344556677
    # Debian's Unbound keeps every option of a question, and there may be thousands.
    told "in front" '["127.0.0.2","00-00-5E-00-53-23",null]' -t -n 99 -b 127.0.0.2 army.ml A "$mac"
    told "among thousands" '["127.0.0.2",null,null]' -t -n 8000 -b 127.0.0.2 army.ml A "$mac"
}

test_who_is_believed() {
    told "the last of the prefix" '["127.0.0.15","00-00-5E-00-53-23",null]' -b 127.0.0.15 army.ml A "$mac"
    told "who is not believed" '["127.0.0.16",null,null]' -b 127.0.0.16 army.ml A "$mac" "$ecs" "$cpe" "$umbrella"
    told "nor with what is malformed" '["127.0.0.16",null,null]' -b 127.0.0.16 army.ml A 65001:00
    if world_has_ipv6; then
        told "by IPv6" '["::1","00-00-5E-00-53-23",null]' -s ::1 army.ml A "$mac"
    fi
}

# Resolved, from the cache, and when the outside is dead: all of a watched name.
test_watched() {
    told "resolved" '["127.0.0.2","00-00-5E-00-53-23",{"ecs":"192.0.2.0/24"}]' -b 127.0.0.2 army.om A "$mac" "$ecs"
    told "from the cache" '["127.0.0.3",null,{"cpe_id":"branch-7"}]' -b 127.0.0.3 army.om A "$cpe"
    told "from the cache, not believed" '["127.0.0.16",null,null]' -b 127.0.0.16 army.om A "$cpe"
}

# Eight clients wait for one look-up: each has its own event, with what was told of it.
test_at_once() {
    local before i asking=()
    before=$(queries)
    hold
    for i in 2 3 4 5 6 7 8 9; do
        "$sender" -p "$world_unbound_port" -b "127.0.0.$i" www.army.om A "65001:00005e00530$i" >"$world_dir/rcode.$i" &
        asking+=($!)
    done
    live_until asked_since $((before + 8)) || true
    # One is the module's own, which tells it when Unbound reloads.
    is "at once: one look-up for all" \
        "$(world_control stats_noreset | sed -n 's/^total.requestlist.current.user=//p')" 1
    release
    wait "${asking[@]}" || true
    is "at once: all are answered" "$(sort "$world_dir"/rcode.? | uniq -c | xargs)" "8 NOERROR"
    check "at once: the events are written" live_await_events $((seen + 8))
    is "at once: each event tells of its own client" \
        "$(tail -n +$((seen + 1)) "$live_log" | jq -r '.source.ip + " " + .source.mac' | sort)" \
        "$(for i in 2 3 4 5 6 7 8 9; do echo "127.0.0.$i 00-00-5E-00-53-0$i"; done)"
    seen=$((seen + 8))
}

test_accept() {
    settings "client-id: {from: 127.0.0.2, accept: [mac]}"
    check "reload" world_control reload
    told "only what is accepted" '["127.0.0.2","00-00-5E-00-53-23",null]' -b 127.0.0.2 army.ml A \
        "$umbrella" "$cpe" "$mac" 8:00
    settings
    check "reload without client-id" world_control reload
    told "without client-id" '["127.0.0.2",null,null]' -b 127.0.0.2 army.ml A "$umbrella" "$cpe" "$mac" "$ecs"
    settings "client-id: {from: [127.0.0.1/8, x]}"
    world_control reload >/dev/null || true
    check "wrong settings: the resolver says where" live_until grep -qF "tldguard.conf:6:20: error: '127.0.0.1/8' in 'from'" \
        "$world_dir/unbound.log"
}

# Unbound's own use of the client subnet takes nothing away from us.
test_subnetcache() {
    "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q '^Linked modules:.* subnetcache' || return 0
    settings "client-id: {from: 127.0.0.0/28}"
    world_unbound_more='    module-config: "dynlib subnetcache validator iterator"'
    world_start unbound || bail "$world_error"
    told "with subnetcache" '["127.0.0.2",null,{"ecs":"192.0.2.0/24"}]' -b 127.0.0.2 army.ml A "$ecs"
    told "with subnetcache, watched" '["127.0.0.2",null,{"ecs":"192.0.2.0/24"}]' -b 127.0.0.2 army.om A "$ecs"
}

live_create
[[ -x $sender ]] || { echo "1..0 # SKIP no $sender"; exit 77; }
settings 'client-id:' '  from: [127.0.0.0/28, "::1"]'
world_start unbound || bail "$world_error"
test_each
test_who_is_believed
test_watched
test_at_once
test_accept
test_subnetcache
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_end
