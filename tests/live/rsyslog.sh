#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The block log on its way to a SIEM, by the configuration that is shipped: rsyslog reads it and
# sends it by RELP to another rsyslog. That one is killed and comes back, the sender is stopped and
# comes back, the log is rotated, the questions go on: each event arrives, and one that arrives
# twice has the same event.id. (A sender that is killed may lose some: see the file.)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rsyslogd=$(PATH=$PATH:/usr/sbin:$TG_SRC/build/rsyslog/bin command -v rsyslogd) ||
    { echo '1..0 # SKIP no rsyslogd'; exit 77; }
modules=$(find "$(dirname "$rsyslogd")"/../{usr/,}lib*/ -name omrelp.so -print -quit 2>/dev/null)
[[ -n $modules ]] || { echo '1..0 # SKIP no RELP for rsyslogd (rsyslog-relp)'; exit 77; }
export RSYSLOG_MODDIR=${modules%/*}/
live_patience=$((6 * live_patience)) # a queue on disk takes its time
declare -A pids=()
asked=0

# Paths and ports become ours; all else is as it is shipped.
make_confs() {
    work=$world_dir/rsyslog
    mkdir "$work" "$work/sender" "$work/collector"
    world_pick_port
    {
        echo "global(workDirectory=\"$work/sender\")" # in Debian's rsyslog.conf
        sed -e "s|/var/log/tldguard/|$world_dir/log/|" -e "s|/var/spool/rsyslog|$work/sender|" \
            -e "s|siem\.example\.net|127.0.0.1|" -e "s|port=\"2514\"|port=\"$world_port\"|" \
            -e 's|resumeInterval="[0-9]*"|resumeInterval="1"|' "$TG_SRC/dist/rsyslog-sender.conf"
    } >"$work/sender.conf"
    {
        echo "global(workDirectory=\"$work/collector\")"
        sed -e "s|/var/log/tldguard-siem/|$work/collector/|" -e 's|0\.0\.0\.0|127.0.0.1|' \
            -e "s|port=\"2514\"|port=\"$world_port\"|" "$TG_SRC/dist/rsyslog-collector.conf"
    } >"$work/collector.conf"
    arrived=$work/collector/events.jsonl
    : >"$arrived"
}

start() {
    "$rsyslogd" -n -iNONE -f "$work/$1.conf" >>"$work/$1.log" 2>&1 &
    pids[$1]=$!
}
# stop NAME SIGNAL
stop() {
    kill "-$2" "${pids[$1]}" 2>/dev/null || true
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}
# shellcheck disable=SC2317
stop_all() {
    local name
    for name in "${!pids[@]}"; do stop "$name" KILL; done
    world_end
}

# ask_many COUNT: in the background, from ten clients.
ask_many() {
    local i
    for ((i = 0; i < $1; i++)); do echo "127.0.0.$((2 + i % 10)) udp host$((asked + i)).army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -j 4 -l <"$world_dir/list" >>"$world_dir/answers" &
    asking=$!
    asked=$((asked + $1))
}

# shellcheck disable=SC2317
has_logged() { (($(cat "$world_dir"/log/block.jsonl* 2>/dev/null | wc -l) >= $1)); }
# shellcheck disable=SC2317
has_arrived() { (($(sort -u "$arrived" | wc -l) >= $1)); }

# Each rotation as logrotate does it, of a log that is written.
rotate() {
    rotated=$((${rotated:-0} + 1))
    live_until test -s "$live_log" && mv "$live_log" "$live_log.$rotated"
}

# outage NAME SIGNAL: one of the two is ended in the middle of questions, is away while the log is
# rotated, and comes back in the middle of others.
outage() {
    local name="$1, $2" before=$asked
    ask_many 500
    check "$name: events arrive" live_until has_arrived $((before + 50))
    stop "$1" "$2"
    wait "$asking" || true
    check "$name: events are written without it" live_until has_logged "$asked"
    rotate
    ask_many 500
    check "$name: the new log is written" live_until has_logged $((asked - 400))
    rotate
    start "$1"
    wait "$asking" || true
    check "$name: all the events are written" live_until has_logged "$asked"
    check "$name: and arrive" live_until has_arrived "$asked"
}

# shellcheck disable=SC2317
is_whole() { "$TLDGUARD" log verify "$work/in-order" >"$work/verified"; }

check_all() {
    cat "$world_dir"/log/block.jsonl* | sort >"$work/sent"
    sort "$arrived" >"$work/got"
    is "each question is one event" "$(jq -r '.source.ip + " " + (.source.port | tostring)' "$work/sent" | sort)" \
        "$(awk '{ print $1, $2 }' "$world_dir/answers" | sort)"
    is "each event arrives as it was written" "$(sort -u "$work/got" | diff - "$work/sent" | grep -c '^[<>]' || true)" 0
    is "what arrives twice has one event.id" "$(jq -r .event.id "$work/got" | sort -u | wc -l)" "$asked"
    is "nothing is said to be lost" "$(jq -c '.tldguard.lost // empty' "$work/got")" ''
    sed 's/.*"sequence":\([0-9]*\).*/\1 &/' "$work/got" | sort -n -u -k 1,1 | cut -d ' ' -f 2- >"$work/in-order"
    check "whole by its numbers" is_whole
    echo "# $asked events, $(wc -l <"$arrived") arrivals, $rotated rotations"
}

# The longest line there is goes through, uncut.
test_long() {
    local label
    label=$(printf '\\255%.0s' {1..60})
    ask -b 127.0.0.20 "$label.$label.$label.$label.ml" MX
    asked=$((asked + 1))
    echo "127.0.0.20 $(field source | awk '{ print $NF }')" >>"$world_dir/answers"
    check "a long line: arrives" live_until has_arrived "$asked"
    is "a long line: whole" "$(jq -c 'select(.source.ip == "127.0.0.20") | .dns.question.name | length' "$arrived" | sort -u)" 966
}

live_begin
trap stop_all EXIT
make_confs
for name in sender collector; do
    is "$name: rsyslogd accepts the file" "$("$rsyslogd" -N1 -f "$work/$name.conf" 2>&1 | grep -v 'version\|End of config' || true)" ''
done
start sender
start collector
outage collector KILL
outage collector TERM
outage sender TERM
test_long
check_all
live_end
