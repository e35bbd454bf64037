#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each line of the log goes to a real rsyslog and to a real journal as well; when they do not
# take it, the file has it all the same. In a mount namespace of its own, with its own /run.
set -euo pipefail
if [[ ${TG_OWN_MOUNTS:-} != yes ]]; then
    unshare --mount true 2>/dev/null || { echo "1..0 # SKIP no right to make a mount namespace"; exit 77; }
    TG_OWN_MOUNTS=yes exec unshare --mount "$0"
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin:$TG_BUILD/rsyslog/bin
journald=/lib/systemd/systemd-journald
count=300

settle_down() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}
# shellcheck disable=SC2317
clean_up() { settle_down; world_end; }
pids=()

# ask_some FIRST: so many blocked questions, each of another name.
ask_some() {
    local i
    for ((i = $1; i < $1 + count; i++)); do echo "127.0.0.$((2 + i % 10)) udp q$i.army.ml MX"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -j 4 -l <"$world_dir/list" >"$world_dir/answers"
    check "the events are written" live_await_events $(($(wc -l <"$world_dir/answers") + $2))
}

# setting LINE: one more in the module's settings.
setting() {
    world_settings refuse
    echo "$1" >>"$world_dir/tldguard.conf"
}

start_rsyslog() {
    cat >"$world_dir/rsyslog.conf" <<CONF
global(workDirectory="$world_dir")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$world_dir/syslog" UseSpecialParser="off" RateLimit.Interval="0")
template(name="parts" type="string" string="%pri% %hostname% %app-name% %msgid% %msg%\n")
action(type="omfile" file="$world_dir/parts" template="parts")
CONF
    RSYSLOG_MODDIR=$modules "$rsyslogd" -n -f "$world_dir/rsyslog.conf" -i "$world_dir/rsyslog.pid" >"$world_dir/rsyslog.log" 2>&1 &
    pids+=($!)
    live_until test -S "$world_dir/syslog" || bail "rsyslog does not start: $(<"$world_dir/rsyslog.log")"
    chmod 0777 "$world_dir/syslog"
}

# shellcheck disable=SC2317
has_parts() { (($(wc -l <"$world_dir/parts") >= $1)); }
# shellcheck disable=SC2317
says() { grep -q "$1" "$world_dir/unbound.log"; }

test_syslog() {
    local rsyslogd modules
    rsyslogd=$(command -v rsyslogd) || { ok "rsyslog # SKIP it is not installed"; return; }
    modules=$(find "${rsyslogd%/*}"/../{usr/,}lib*/ -name imuxsock.so -print -quit 2>/dev/null)
    modules=${modules%/*}/
    start_rsyslog
    setting "syslog: \"$world_dir/syslog\""
    world_start unbound || bail "$world_error"
    ask_some 0 0
    check "syslog: all have come" live_until has_parts "$count"
    is "syslog: what each says in front" "$(cut -d' ' -f1-4 "$world_dir/parts" | sort | uniq -c | xargs)" \
        "$count 164 $(hostname) tldguard dns-block"
    is "syslog: the events are those of the log" "$(cut -d' ' -f5- "$world_dir/parts" | cksum)" "$(cksum <"$live_log")"
    settle_down
    ask_some 1000 "$count"
    check "syslog gone: it is said, once" live_until says "$world_dir/syslog does not take lines"
    rm -f "$world_dir/syslog" "$world_dir/parts"
    start_rsyslog
    ask_some 2000 $((2 * count))
    check "syslog back: all have come" live_until has_parts "$count"
    check "syslog back: it is said" live_until says "$world_dir/syslog takes lines again"
    settle_down
    world_stop unbound
}

journal() { journalctl --directory=/run/log/journal --no-pager --quiet "$@"; }
# shellcheck disable=SC2317
has_journal() { (($(journal -o cat SYSLOG_IDENTIFIER=tldguard | wc -l) >= $1)); }

test_journal() {
    [[ -x $journald ]] && command -v journalctl >/dev/null || { ok "the journal # SKIP it is not installed"; return; }
    mount -t tmpfs -o mode=0755 tldguard /run || { ok "the journal # SKIP no right to mount"; return; }
    mkdir -p /run/systemd/journal /run/log/journal
    "$journald" >"$world_dir/journald.log" 2>&1 &
    pids+=($!)
    live_until test -S /run/systemd/journal/socket || bail "journald does not start: $(<"$world_dir/journald.log")"
    rm -f "$live_log"
    setting "journal: /run/systemd/journal/socket"
    world_start unbound || bail "$world_error"
    ask_some 0 0
    check "journal: all have come" live_until has_journal "$count"
    is "journal: their fields" \
        "$(journal -o json SYSLOG_IDENTIFIER=tldguard | jq -r '[.PRIORITY, .SYSLOG_FACILITY, .TLDGUARD_ACTION] | join(" ")' | sort | uniq -c | xargs)" \
        "$count 4 20 dns-block"
    is "journal: the events are those of the log" \
        "$(journal -o json SYSLOG_IDENTIFIER=tldguard | jq -r .TLDGUARD_EVENT | sort | cksum)" "$(sort "$live_log" | cksum)"
    is "journal: found by a client" \
        "$(journal -o json TLDGUARD_CLIENT=127.0.0.3 | wc -l)" "$((count / 10))"
    settle_down
    world_stop unbound
}

live_create
trap clean_up EXIT
test_syslog
test_journal
live_end
