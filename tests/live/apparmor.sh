#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Debian's AppArmor profile of Unbound with dist/apparmor/usr.sbin.unbound: apparmor_parser takes it, and
# all that Unbound with the module does with files, from a start to a stop, is within it. Each rule of
# the include is needed for that. The kernel needs no AppArmor: strace tells, confined.py compares.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=debian.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
debian_begin "$0"

parser_root=$TG_BUILD/apparmor
run=a pid='' tracer='' journal=''

[[ -x $parser_root/sbin/apparmor_parser ]] || debian_skip 'no apparmor_parser: scripts/setup --dev'
command -v strace >/dev/null || debian_skip 'no strace'
command -v python3 >/dev/null || debian_skip 'no python3'

in_root() { chroot "$debian_root" "$@"; }
parser() { in_root apparmor_parser "$@" /etc/apparmor.d/usr.sbin.unbound 2>"$world_dir/err"; }

create() {
    debian_create
    mount -t proc proc "$debian_root/proc"
    mount --rbind /dev "$debian_root/dev"
    mount -t tmpfs -o mode=0755 run "$debian_root/run"
    mkdir -p "$debian_root/run/systemd/journal" "$debian_root/trace"
    rm -rf "$debian_root/etc/apparmor.d"
    cp -R "$parser_root/etc/apparmor.d" "$debian_root/etc/apparmor.d"
    put 0755 "$parser_root/sbin/apparmor_parser" /sbin/apparmor_parser
    put 0644 "$debian_sources/apparmor-profile" /etc/apparmor.d/usr.sbin.unbound
    put 0644 "$TG_SRC/dist/apparmor/usr.sbin.unbound" /etc/apparmor.d/local/usr.sbin.unbound
    put 0755 "$TG_SRC/tests/support/confined.py" /usr/bin/confined.py
    in_root systemd-tmpfiles --create /usr/lib/tmpfiles.d/tldguard.conf
    # As the unit does before.
    in_root /usr/libexec/unbound-helper root_trust_anchor_update >/dev/null
    printf 'server:\n    use-syslog: no\n' >"$debian_root/etc/unbound/unbound.conf.d/test.conf"
    # Where events are sent to.
    in_root python3 -c 'import socket
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
print("ready", flush=True)
while True: journal.recv(65536)' >"$world_dir/journal" &
    trap 'kill "$journal" 2>/dev/null || true; debian_end' EXIT
    journal=$!
    live_until grep -q ready "$world_dir/journal" || bail 'no journal'
    chmod 0666 "$debian_root/run/systemd/journal/socket"
}

# begin: as the unit does, with strace in front.
begin() {
    chroot "$debian_root" env TLDGUARD_CONF=/etc/tldguard/tldguard.conf strace -ff -qq -y -o "/trace/$run" \
        -e trace=%file,%desc,connect,bind,setuid,setresuid,flock /usr/sbin/unbound -d -p >"$world_dir/unbound.log" 2>&1 &
    tracer=$!
    check "$1: it protects" live_until gets NXDOMAIN
    # The one child of strace, which is exec's.
    pid=$(pgrep -P "$tracer" || true)
    [[ -n $pid ]] || bail "no Unbound: $(tail -n 3 "$world_dir/unbound.log")"
    is "$1: as unbound" "$(stat -c %u "/proc/$pid")" "$debian_uid"
}

# shellcheck disable=SC2317
is_gone() { ! kill -0 "$pid" 2>/dev/null; }
# shellcheck disable=SC2317
logged() { [[ -e $live_log ]] && (($(wc -l <"$live_log") >= $1)); }
in_force() { check "policy $1 is in force" live_until gets "$2"; }

test_parser() {
    check 'apparmor_parser takes the profile with the include' parser -QTK
    parser --preprocess >"$world_dir/with"
    : >"$debian_root/etc/apparmor.d/local/usr.sbin.unbound"
    parser --preprocess >"$debian_root/profile"
    check 'the profile includes it' grep -qF policy.cdb "$world_dir/with"
    check 'and nothing else of ours' grep -qvF tldguard "$debian_root/profile"
}

# All that it does with files in a long life.
live() {
    begin start
    check 'an event is written' live_until logged 1
    debian_policy 2 refused .minisig.next
    in_force 2 REFUSED
    echo 1 >"$debian_root/var/lib/tldguard/policy.cdb.allow-older"
    debian_policy 1 nxdomain
    in_force 1 NXDOMAIN
    mv "$live_log" "$live_log.1"
    gets NXDOMAIN || bail 'no answer'
    check 'rotated: a new log' live_until logged 1
    is 'rotated: its mode and owner' "$(stat -c '%a %U' "$live_log")" "640 $(stat -c %U "/proc/$pid")"
    in_root unbound-control reload >/dev/null || bail 'no reload'
    check 'reloaded: it protects' live_until gets NXDOMAIN
    # The next start looks for the log that this one wrote to.
    kill -KILL "$pid"
    { wait "$tracer" || true; } 2>/dev/null
    live_until is_gone || bail 'it lives'
    mv "$live_log" "$live_log.2"
    run=b
    begin 'killed, and started'
    check 'killed, and started: a new log' live_until logged 1
    kill "$pid"
    check 'it stops' live_until is_gone
}

# compare LOCAL: what the matcher says of all traces.
compare() {
    cp "$1" "$debian_root/local"
    in_root sh -c 'confined.py /profile /local /trace/*' 2>"$world_dir/err"
}

test_confined() {
    local said rule
    said=$(compare "$TG_SRC/dist/apparmor/usr.sbin.unbound") || true
    is 'all that it did is permitted, and each rule is needed' "$said" ''
    echo "# $(<"$world_dir/err")"
    # Not by chance.
    for rule in policy.cdb tldguard.conf stats 'log/tldguard/ r' 'jsonl rw'; do
        grep -vF "$rule" "$TG_SRC/dist/apparmor/usr.sbin.unbound" >"$world_dir/less"
        said=$(compare "$world_dir/less") || true
        holds "without the rule of $rule it would not be" "$said" 'not permitted: /'
    done
}

create
test_parser
live
test_confined
live_end
