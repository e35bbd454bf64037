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
live_end
