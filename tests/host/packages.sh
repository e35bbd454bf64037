#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian packages, in a clean Debian: built, installed, Unbound upgraded under them, purged.
# Takes ten minutes the first time, and three when the packages and the root are there (build/packages).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
me=packages.sh
root=$top
lib=$top/scripts/lib
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/common.sh
source "$lib/common.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/apt.sh
source "$lib/apt.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/packages.sh
source "$lib/packages.sh"
packages=$build/packages
# shellcheck source-path=SCRIPTDIR source=root.sh
source "$here/root.sh"
# shellcheck source-path=SCRIPTDIR source=debs.sh
source "$here/debs.sh"

count=0 failed=0
skip() { echo "1..0 # SKIP $1"; exit 77; }
bail() { echo "Bail out! $1"; exit 1; }
ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() {
    count=$((count + 1)) failed=$((failed + 1))
    echo "not ok $count - $1"
    shift
    (($# == 0)) || printf '%s\n' "$@" | sed 's/^/#   /'
}
is() { if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "got:    $2" "wanted: $3"; fi; }
holds() { if [[ $2 == *"$3"* ]]; then ok "$1"; else not_ok "$1" "not in it: $3" "$2"; fi; }

# Questions that go on while something happens; answers_of sets the figures.
ask_begin() {
    coproc ASKER { exec nsenter --target "$host_pid" --net python3 "$here/asker.py"; }
    asker=$ASKER_PID
    asker_out=${ASKER[0]}
    read -r <&"$asker_out"
}
ask_end() {
    kill "$asker"
    read -r figures <&"$asker_out"
    wait "$asker" 2>/dev/null || true
    eval "$(grep -oE '[a-z_]+=[0-9]+' <<<"$figures")"
    echo "# $1: $figures"
}

# all_answered NAME: every question, and none waited longer than a start takes.
all_answered() {
    ask_end "$1"
    # shellcheck disable=SC2154 # by the eval
    is "$1: every question is answered ($asked)" "$answered" "$asked"
}

install() { host_run apt-get install -y --no-install-recommends --allow-downgrades "$@" >"$packages/apt.log" 2>&1; }
said() { cat "$packages/apt.log"; }
state() { host_run sed -n 's/^state=//p' /var/lib/tldguard-unbound/state; }
loaded() { host_run tldguard-unbound status | sed -n 's/^loaded: *//p'; }
journal() { host_run journalctl --quiet --no-pager -o cat -t tldguard; }
# The code of the answer: a blocked name gets NXDOMAIN, and all else, without a network, SERVFAIL.
reply() { host_net "$build/tests/support/ask" -p 53 -w 3000 army.ml MX 2>/dev/null | sed -n 's/^rcode //p'; }
# What dpkg's database has no part in, and what systemd writes as it runs, is left out.
files() {
    host_run find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /ready \
        -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log/apt -o -path /var/log/journal \
        -o -path /var/lib/systemd/timers -o -path /var/lib/systemd/random-seed -o -path /var/tmp -o -path /srv -o -path /var/log/dpkg.log -o -path /etc/ld.so.cache \
        -o -path /var/log/alternatives.log -o -path /var/lib/logrotate -o -path /var/lib/unbound \) -prune -o -print | LC_ALL=C sort
}

settings() { host_run sh -c 'find /etc -xdev -type f -not -name ld.so.cache -exec sha256sum {} +' | LC_ALL=C sort; }

prepare() {
    local target mirror suite depends
    ((EUID == 0)) || skip "debootstrap and namespaces need root"
    for target in debootstrap lintian dpkg-buildpackage dh nsenter unshare pgrep python3; do
        command -v "$target" >/dev/null || skip "no $target; scripts/setup --packages installs it"
    done
    [[ -x $build/tests/support/ask ]] || skip "nothing is built; scripts/check --packages builds"
    mkdir -p "$packages"
    know_lists >/dev/null
    debs_unbound || bail "the rebuild of Unbound failed"
    debs_own || bail "dpkg-buildpackage failed: $packages/own.log"
    debs_stock || skip "the distribution's unbound cannot be fetched: $packages/stock.log"
    mapfile -t own < <(find "$packages/own" -name "*.deb" -not -name "*-dbgsym_*" | sort)
    depends=$(needed_of "${own[@]}" "$rebuilt" "${stock[0]}" | paste -sd ,)
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # for apt to expand
    mirror=$(apt-get "${apt_sys[@]}" indextargets --format '$(CODENAME)|$(REPO_URI)' 'Identifier: Packages' |
        sed -n "s/^$suite|//p" | head -n 1)
    base_make "$suite" "$mirror" "systemd-sysv,logrotate,dns-root-data,apparmor,$depends" ||
        skip "debootstrap failed: $packages/debootstrap.log"
}

# Where there are none of Debian's tools, there is a configure all the same.
test_configure() {
    local dir=$packages/configure program
    rm -rf "$dir"
    mkdir -p "$dir/bin" "$dir/build"
    for program in /usr/bin/* /usr/sbin/*; do
        case ${program##*/} in
        dpkg* | dh* | deb* | apt* | fakeroot*) ;;
        *) ln -sf "$program" "$dir/bin/" ;;
        esac
    done
    if (cd "$dir/build" && PATH=$dir/bin "$top/configure" --with-unbound-src="$dev") >"$packages/configure.log" 2>&1; then
        ok "configure without Debian's tools"
    else
        not_ok "configure without Debian's tools" "$(tail -n 5 "$packages/configure.log")"
    fi
    rm -rf "$dir"
}

# later N: stock-N, rebuilt-N and other-N, for a security update of that number.
later() {
    local at=${unbound_version%%+tldguard*}
    repack "${stock[0]}" "$at.$1" "$packages/stock-$1.deb"
    repack "$rebuilt" "$at.$1+tldguard1" "$packages/rebuilt-$1.deb"
    repack "$rebuilt" "$at.$1+tldguard0" "$packages/other-$1.deb" other_headers
}

test_build() {
    local changes=("$packages"/own/*.changes) out began=$SECONDS
    is "two packages" \
        "$(printf '%s\n' "${own[@]##*/}" | sed 's/_.*//' | paste -sd ' ')" "tldguard unbound-module-tldguard"
    out=$(lintian --fail-on error,warning --display-info --pedantic "${changes[0]}" 2>&1) && code=0 || code=$?
    is "lintian has no error and no warning" "$code$(grep -E '^[EW]:' <<<"$out" || true)" 0
    printf '%s\n' "$out" | sed 's/^/# /'
    began=$SECONDS
    "$top/scripts/build-unbound-package" --quiet --output "$packages/unbound"
    is "what is built is not built again" "$((SECONDS - began < 30))" 1
    holds "the module recommends the very headers" "$(dpkg-deb -f "$packages"/own/unbound-module-tldguard_*.deb Recommends)" \
        "$(dpkg-deb -f "$rebuilt" Provides)"
}

policy_in_force() {
    host_run tee /etc/tldguard/policy.yaml >/dev/null <<'POLICY'
# ours
serial: 2026112999
tlds:
  - {tld: ml, targets: [mil], mode: block, action: nxdomain}
POLICY
    host_run tldguard compile /etc/tldguard/policy.yaml -o /tmp/new.cdb && host_run tldguard activate /tmp/new.cdb
}

test_install() {
    install "/srv/${rebuilt##*/}" || bail "the rebuilt Unbound is not installed: $(said)"
    is "Unbound runs as Debian starts it" "$(host_run systemctl is-active unbound)" active
    files >"$packages/before"
    settings >"$packages/settings"
    ask_begin
    install "${own[@]/#*\//\/srv\/}" || bail "the packages are not installed: $(said)"
    all_answered "installing"
    is "the module is loaded" "$(state) $(loaded)" "protected yes"
    holds "the first policy only watches" "$(host_run tldguard show /var/lib/tldguard/policy.cdb)" monitor
    is "timers of ours that run" "$(host_run systemctl list-timers --all --no-legend | grep -c tldguard || true)" 0
    is "a timer that can be enabled" "$(host_run systemctl is-enabled tldguard-status.timer || true)" disabled
    reply >/dev/null
    policy_in_force || bail "the policy cannot be activated"
    is "army.ml is blocked" "$(reply)" NXDOMAIN
    host_until host_run grep -q '"action":"dns-block"' /var/log/tldguard/block.jsonl || true
    holds "and logged" "$(host_run tail -n 1 /var/log/tldguard/block.jsonl)" '"message":"blocked MX army.ml for 127.0.0.1'
    is "the log's owner and mode" "$(host_run stat -c '%U:%G %a' /var/log/tldguard/block.jsonl)" "unbound:adm 640"
    is "the folder's" "$(host_run stat -c '%U:%G %a' /var/log/tldguard)" "unbound:adm 2750"
    is "tldguard status" "$(host_run tldguard status >/dev/null && echo fine)" fine
    is "tldguard-unbound status" "$(host_run tldguard-unbound status >/dev/null && echo fine)" fine
    # The machine's kernel may have no AppArmor; the parser reads the profile all the same.
    is "AppArmor's parser takes the profile" \
        "$(host_run apparmor_parser -QTK /etc/apparmor.d/usr.sbin.unbound >/dev/null 2>&1 && echo taken)" taken
    holds "the profile has what the module needs" "$(host_run apparmor_parser -p -QTK /etc/apparmor.d/usr.sbin.unbound 2>&1)" \
        /var/log/tldguard/block.jsonl
    host_run logrotate -f /etc/logrotate.d/tldguard
    reply >/dev/null
    host_until host_run test -s /var/log/tldguard/block.jsonl || true
    is "the log is rotated, and goes on with the same owner" \
        "$(host_run stat -c '%U:%G %a' /var/log/tldguard/block.jsonl)" "unbound:adm 640"
}

# A security update of the distribution, which has no module loader.
test_unprotected() {
    ask_begin
    install /srv/stock-1.deb || not_ok "apt installs the security update" "$(said)"
    all_answered "a security update"
    is "unprotected: the state" "$(state)" unprotected
    is "unprotected: resolved as by any Unbound" "$(reply)" SERVFAIL
    holds "unprotected: apt's output says so" "$(said)" "DNS is UNPROTECTED"
    holds "unprotected: and what to do" "$(said)" "tldguard-unbound rebuild"
    holds "unprotected: syslog, too" "$(journal)" "DNS is UNPROTECTED"
    is "unprotected: tldguard status says no" "$(host_run tldguard status >/dev/null 2>&1 || echo $?)" 1
    is "unprotected: so does tldguard-unbound" "$(host_run tldguard-unbound status >/dev/null 2>&1 || echo $?)" 1
    ask_begin
    host_run systemctl restart unbound
    all_answered "a restart while unprotected"
    ask_begin
    install /srv/rebuilt-1.deb || not_ok "apt installs the rebuilt update" "$(said)"
    all_answered "the rebuilt update"
    is "protected again: the state" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
    holds "protected again: announced" "$(journal)" "protected again"
}

# An update that has changed headers: the loader is there, and the module must not be loaded.
test_other_headers() {
    ask_begin
    install /srv/other-2.deb || not_ok "apt installs it" "$(said)"
    all_answered "a rebuild with other headers"
    is "other headers: the state" "$(state) $(reply)" "unprotected SERVFAIL"
    holds "other headers: what is wrong" "$(said)" "is another build than the one that"
    install /srv/rebuilt-2.deb || not_ok "apt installs the fitting one" "$(said)"
    is "other headers: a fitting one protects again" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
}

test_refuse() {
    host_run sed -i 's/^ON_MISMATCH=.*/ON_MISMATCH=refuse/' /etc/default/tldguard
    install /srv/stock-3.deb || true
    is "refuse: the state" "$(state)" refused
    is "refuse: Unbound does not run" "$(host_run systemctl is-active unbound | grep -cx active || true) $(reply)" "0 none"
    holds "refuse: it is said" "$(said)" "Unbound does NOT START"
    is "refuse: syslog, too, and not for each start that is tried" "$(journal | grep -c "Unbound does NOT START")" 1
    install /srv/rebuilt-3.deb || not_ok "refuse: apt installs the rebuilt update" "$(said)"
    is "refuse: a fitting one runs, and protects" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
    host_run sed -i 's/^ON_MISMATCH=.*/ON_MISMATCH=unprotekted/' /etc/default/tldguard
    install /srv/stock-4.deb || true
    is "a word that is none: DNS goes on" "$(state) $(reply)" "unprotected SERVFAIL"
    holds "a word that is none: it is said" "$(said)" "ON_MISMATCH is not 'unprotekted' but one of: unprotected refuse"
    host_run sed -i 's/^ON_MISMATCH=.*/ON_MISMATCH=unprotected/' /etc/default/tldguard
    install /srv/rebuilt-4.deb || not_ok "apt installs the rebuilt update" "$(said)"
}

# With REBUILD=yes the trigger starts a rebuild. Here it cannot fetch a source; DNS goes on, and it is said.
test_rebuild() {
    host_run sed -i 's/^REBUILD=.*/REBUILD=yes/' /etc/default/tldguard
    install /srv/stock-5.deb || not_ok "apt installs the security update" "$(said)"
    host_until host_rebuild_ended || true
    holds "rebuild: it was begun, and could not be done" "$(journal)" "the rebuild of Unbound failed"
    is "rebuild: DNS goes on" "$(state) $(reply)" "unprotected SERVFAIL"
    host_run sed -i 's/^REBUILD=.*/REBUILD=no/' /etc/default/tldguard
    install /srv/rebuilt-5.deb || not_ok "apt installs the rebuilt update" "$(said)"
    is "rebuild: a fitting one protects" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
}
# shellcheck disable=SC2317 # by host_until
host_rebuild_ended() { [[ $(host_run systemctl is-active tldguard-rebuild.service || true) == failed ]]; }

test_off() {
    host_run tldguard-unbound off
    is "off: the state" "$(state) $(reply)" "off SERVFAIL"
    host_run systemctl restart unbound
    is "off: after a restart, too" "$(state) $(reply)" "off SERVFAIL"
    host_run tldguard-unbound on
    is "on: the state" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
}

# Ours upgraded: what the administrator has made of it stays.
test_upgrade() {
    local before
    host_run sh -c 'echo "# edited" >>/etc/tldguard/tldguard.conf'
    host_run sh -c 'echo "# edited" >>/etc/unbound/tldguard.conf'
    before=$(host_run sha256sum /etc/tldguard/tldguard.conf /etc/unbound/tldguard.conf /etc/tldguard/policy.yaml \
        /var/lib/tldguard/policy.cdb)
    ask_begin
    install -o Dpkg::Options::=--force-confdef "${own[@]/#*\//\/srv\/new-}" || not_ok "apt upgrades ours" "$(said)"
    all_answered "an upgrade of ours"
    host_run dpkg-reconfigure unbound-module-tldguard >"$packages/apt.log" 2>&1 || not_ok "dpkg-reconfigure" "$(said)"
    is "upgrade: settings and policies are as they were" "$(host_run sha256sum /etc/tldguard/tldguard.conf \
        /etc/unbound/tldguard.conf /etc/tldguard/policy.yaml /var/lib/tldguard/policy.cdb)" "$before"
    is "upgrade: protected" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
}

# A removal that dpkg gives up leaves all as it was.
test_kept() {
    local prerm=/var/lib/dpkg/info/unbound-module-tldguard.prerm
    host_run cp -a "$prerm" /tmp/prerm
    host_run tee -a "$prerm" >/dev/null <<<'exit 1'
    ! host_run dpkg -r unbound-module-tldguard >"$packages/apt.log" 2>&1 || not_ok "kept: dpkg -r goes on" "$(said)"
    host_run mv /tmp/prerm "$prerm"
    is "kept: protected" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
}

test_purge() {
    ask_begin
    host_run dpkg -P unbound-module-tldguard tldguard >"$packages/apt.log" 2>&1 || not_ok "dpkg -P" "$(said)"
    all_answered "purging"
    is "purge: Unbound runs without the module" "$(host_run systemctl is-active unbound) $(reply)" "active SERVFAIL"
    is "purge: all that is left are logs" "$(files | LC_ALL=C comm -13 "$packages/before" - |
        grep -vE '^/var/log/tldguard(/\.?block\.jsonl[^/]*)?$' || true)" ''
    is "purge: no file of others is another one" "$(settings | diff "$packages/settings" -)" ''
    is "purge: nothing else is gone" "$(files | LC_ALL=C comm -23 "$packages/before" -)" ''
}

# Where no systemd starts Unbound: the trigger of the package has it running again.
test_without_systemd() {
    host_begin sleep || bail "no root without systemd: $(<"$host_dir/console")"
    install "/srv/${rebuilt##*/}" "${own[@]/#*\//\/srv\/}" || bail "not installed without systemd: $(said)"
    policy_in_force || bail "the policy cannot be activated without systemd"
    is "no systemd: blocked" "$(state) $(reply)" "protected NXDOMAIN"
    ask_begin
    install /srv/stock-1.deb || not_ok "no systemd: apt installs the security update" "$(said)"
    all_answered "no systemd: a security update"
    is "no systemd: unprotected" "$(state) $(reply)" "unprotected SERVFAIL"
    install /srv/rebuilt-1.deb || not_ok "no systemd: apt installs the rebuilt update" "$(said)"
    is "no systemd: protected again" "$(state) $(loaded) $(reply)" "protected yes NXDOMAIN"
    host_end
}

trap host_end EXIT
prepare
for n in 1 2 3 4 5; do later "$n"; done
for deb in "${own[@]}"; do repack "$deb" "$(dpkg-deb -f "$deb" Version).1" "$packages/new-${deb##*/}" sed -i 's/tldguard (= \([0-9.]*\))/tldguard (= \1.1)/' DEBIAN/control; done
test_build
test_configure
mkdir -p "$host_base/srv"
cp "${own[@]}" "$rebuilt" "$packages"/{stock,rebuilt,other,new}-*.deb "$host_base/srv/"
host_begin systemd || bail "the root does not boot: $(tail -n 20 "$host_dir/console")"
test_install
test_unprotected
test_other_headers
test_refuse
test_rebuild
test_off
test_upgrade
test_kept
test_purge
host_end
test_without_systemd
echo "1..$count"
((failed == 0))
