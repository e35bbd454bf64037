#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What Unbound may do to questions while they wait for the look-up of a twin: drop them, reload,
# make room for others, lose their clients. It lives on, twins are looked up as before, and who was
# answered has an event.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

world_unbound_more='    num-queries-per-thread: 10
    jostle-timeout: 100'
asking=0 # the pid of the clients

policy() {
    cat <<'YAML'
serial: 1
tlds:
  - {tld: ml, targets: [mil], mode: block, otherwise: mail-only, twin: dns}
  # So that Unbound tells of all answers, also of those that it fails by itself.
  - {tld: om, targets: [com], mode: monitor}
YAML
}

# shellcheck disable=SC2317
control() { world_control "$@" >/dev/null; }

# shellcheck disable=SC2317
look_ups() { (($(world_control dump_requestlist | grep -c ' A IN quiet[0-9]*\.mil\. ') >= $1)); }
# shellcheck disable=SC2317
none_waits() { ! world_control dump_requestlist | grep -q ' quiet[0-9]*\.m'; }
# shellcheck disable=SC2317
failed() { live_lines | grep -c '"twin_known":"failed"' || true; }
# shellcheck disable=SC2317
has_failed() { (($(failed) == $1)); }

# start NAME COUNT TRANSPORT WAITING: as many names are asked for while the outside is held; so
# many look-ups wait then.
start() {
    local i
    hold
    for ((i = 0; i < $2; i++)); do echo "127.0.0.$((2 + i % 8)) $3 quiet$i.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 4000 -j "$2" -l <"$world_dir/list" >"$world_dir/answers" &
    asking=$!
    check "$1: they wait" live_until look_ups "$4"
}

# ended NAME: the clients have what they will get, and all is as it was.
ended() {
    wait "$asking" || true
    release
    check "$1: nothing waits any more" live_until none_waits
    is "$1: nothing but mail was stopped" "$(awk '$4 == "NOERROR" && $7 != "0" || $4 == "NXDOMAIN"' "$world_dir/answers")" ""
    check "$1: who was answered has an event" live_until has_failed "$(awk '$4 == "NOERROR"' "$world_dir/answers" | wc -l)"
    rm "$live_log"
    check "$1: a log anew" control reload
    ask army.ml MX
    is "$1: a twin is looked up, and found" "$(field rcode)" NXDOMAIN
    is "$1: it is the process that was started" "$(world_pid unbound)" "$resolver"
}

test_answered() {
    start "in time" 5 udp 5
    ended "in time"
    is "in time: all are answered" "$(awk '{ print $4 }' "$world_dir/answers" | xargs)" \
        "NOERROR NOERROR NOERROR NOERROR NOERROR"
}

test_flushed() {
    start "flush_requestlist" 5 udp 5
    check "flush_requestlist" control flush_requestlist
    ended "flush_requestlist"
}

test_reloaded() {
    start "reload" 5 udp 5
    check "reload" control reload
    ended "reload"
}

# TCP connections that are closed meanwhile.
test_gone() {
    start "clients that go" 5 tcp 5
    kill "$asking"
    ended "clients that go"
}

# More than there is room for: older ones have to go.
test_crowded() {
    start "a crowd" 60 udp 5
    ended "a crowd"
}

# one_round NAME NUMBER: 127.0.0.7, of whose questions four may wait, asks twelve; 127.0.0.8 asks four.
one_round() {
    local before i
    check "$1: the servers are as good as new" control flush_infra all
    before=$(queries)
    hold
    for ((i = 0; i < 16; i++)); do echo "127.0.0.$((i < 12 ? 7 : 8)) udp quiet$(($2 * 100 + i)).ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -w 4000 -j 16 -l <"$world_dir/list" >"$world_dir/answers" &
    asking=$!
    check "$1: all are asked" live_until asked_since $((before + 16))
    check "$1: they wait" live_until look_ups 8
    is "$1: no more than may wait" "$(world_control dump_requestlist | grep -c ' A IN quiet[0-9]*\.mil\. ')" 8
    wait "$asking" || true
    release
    check "$1: nothing waits any more" live_until none_waits
    # Newer ones tell who has too many that this is a failure; older ones do not answer.
    is "$1: four of the one and all of the other are told that there is no mail" \
        "$(awk '{ print $1, $4 == "SERVFAIL" ? "none" : $4, $7 }' "$world_dir/answers" | sort | uniq -c | xargs -n 4 | paste -sd ';')" \
        "4 127.0.0.7 NOERROR 0;8 127.0.0.7 none -;4 127.0.0.8 NOERROR 0"
    check "$1: who was answered has an event" live_until has_failed $((8 * $2))
    is "$1: who was told of a failure was not let through" "$(live_lines | jq -r 'select(.event.type[] == "allowed") | .dns.question.name')" ''
}

# wait-limit: how many questions of one client may wait. One that waits for the look-up of a twin is one
# of them, its look-up is none, and it is none any more when it was answered.
test_limited() {
    local i answered=''
    # First the way in which the loopback, which newer ones leave out, is counted too; older ones
    # do not understand it.
    for world_unbound_more in '    wait-limit-netblock: 127.0.0.7/32 3' '    wait-limit: 3' ''; do
        world_unbound_conf "$world_unbound_port" >"$world_dir/try.conf"
        ! "$UNBOUND_PREFIX/sbin/unbound-checkconf" "$world_dir/try.conf" >/dev/null 2>&1 || break
    done
    if [[ -z $world_unbound_more ]]; then
        ok "wait-limit # SKIP this Unbound has none"
        return
    fi
    rm -f "$live_log"
    world_start unbound || bail "$world_error"
    ask army.mil A
    for i in 1 2 3; do one_round "wait-limit, round $i" "$i"; done
    # With groups each question waits by itself.
    echo 'clients: [{group: lab, subnets: [127.0.0.3/32], mode: "off"}]' >>"$world_dir/policy.yaml"
    sed -i 's/^serial: 1$/serial: 2/' "$world_dir/policy.yaml"
    world_compile "$world_dir/policy.yaml" || bail "$world_error"
    check "wait-limit: groups are in force" live_until grep -qF 'policy serial 2,' "$world_dir/unbound.log"
    for i in 4 5 6; do one_round "wait-limit, groups, round $i" "$i"; done
    for i in 1 2 3 4 5 6; do
        ask -b 127.0.0.7 army.ml MX
        answered+="$(field rcode) "
    done
    is "wait-limit: who has been answered may ask again" "$answered" \
        "NXDOMAIN NXDOMAIN NXDOMAIN NXDOMAIN NXDOMAIN NXDOMAIN "
}

live_create
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
world_start unbound || bail "$world_error"
resolver=$(world_pid unbound)
ask army.mil A
test_answered
test_flushed
test_reloaded
test_gone
test_crowded
test_limited
live_end
