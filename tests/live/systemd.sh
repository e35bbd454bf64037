#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Debian's unbound.service with dist/systemd/unbound.service.d/tldguard.conf, under a real systemd in
# namespaces: it starts, protects, takes a policy, follows a rotation, reloads, comes back when killed,
# and stops; it has the rights that the drop-in leaves it, and no call of it is refused for want of one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=debian.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
debian_begin "$0"

exposure=30    # of systemd-analyze security, in tenths of its points: the most that is allowed
machine='' outer='' pid=''
group=/sys/fs/cgroup/systemd/tldguard-test.$$

[[ -x /lib/systemd/systemd ]] || debian_skip 'no systemd'
command -v nsenter >/dev/null || debian_skip 'no nsenter (util-linux)'

# Its tree of processes, of systemd alone; whatever this machine has besides.
# shellcheck disable=SC2016 # of another shell
group_mount='mount -t tmpfs -o mode=0755 cgroup "$1/sys/fs/cgroup" && mkdir "$1/sys/fs/cgroup/systemd" &&
    mount -t cgroup -o none,name=systemd cgroup "$1/sys/fs/cgroup/systemd"'
if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
    group=/sys/fs/cgroup/tldguard-test.$$
    # shellcheck disable=SC2016 # of another shell
    group_mount='mount -t cgroup2 cgroup "$1/sys/fs/cgroup"'
fi

# What a machine does at its start that has no part in this.
masked=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
    systemd-udev-trigger.service systemd-hwdb-update.service systemd-sysctl.service
    systemd-modules-load.service systemd-random-seed.service systemd-remount-fs.service
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-update-utmp.service
    systemd-machine-id-commit.service systemd-firstboot.service systemd-sysusers.service
    systemd-ask-password-console.path systemd-ask-password-wall.path systemd-boot-system-token.service
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    sys-kernel-config.mount sys-fs-fuse-connections.mount apparmor.service networking.service
    systemd-journal-flush.service systemd-pcrphase.service systemd-pcrphase-sysinit.service ldconfig.service)

inside() { nsenter --target "$machine" --mount --pid --cgroup "$@"; }
unit() { inside systemctl show --property "$1" --value unbound.service; }
# shellcheck disable=SC2317
unit_is() { [[ $(inside systemctl is-active unbound.service) == "$1" ]]; }
journal() { inside journalctl --no-pager -o cat "$@"; }

create() {
    local unit
    debian_create
    rm -rf "$debian_root"/etc/systemd/system/* "$debian_root/etc/fstab" "$debian_root/var/log/journal"
    for unit in "${masked[@]}"; do
        ln -sf /dev/null "$debian_root/etc/systemd/system/$unit"
    done
    install -d "$debian_root/etc/systemd/system/unbound.service.d"
    put 0644 "$TG_SRC/dist/systemd/unbound.service.d/tldguard.conf" /etc/systemd/system/unbound.service.d/tldguard.conf
}

# shellcheck disable=SC2317
is_narrow() {
    local said code=0
    said=$(systemd-analyze --root="$debian_root" security --offline=true --threshold="$exposure" --no-pager unbound.service 2>&1) || code=$?
    echo "# ${said##*$'\n'}"
    return "$code"
}
# shellcheck disable=SC2317
is_wide() { ! is_narrow; }

# Offline, as the files are.
test_files() {
    local said
    said=$(systemd-analyze --root="$debian_root" --man=no verify unbound.service 2>&1 | grep -F unbound || true)
    is 'systemd-analyze verify has nothing to say' "$said" ''
    check "systemd-analyze security: at most $exposure tenths" is_narrow
    mv "$debian_root/etc/systemd/system/unbound.service.d" "$world_dir/aside"
    check 'and without the drop-in it is more' is_wide
    mv "$world_dir/aside" "$debian_root/etc/systemd/system/unbound.service.d"
}

# start_machine: systemd as process 1 of namespaces, its root folder for its root.
# shellcheck disable=SC2016 # of another shell
machine_begin='set -e
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
'$group_mount'
mount -t tmpfs -o mode=0755 dev "$1/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 0666 "$1/dev/${node%:*}" c 1 "${node#*:}"; done
mknod -m 0666 "$1/dev/tty" c 5 0
mkdir "$1/dev/pts" "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
ln -s null "$1/dev/console"
mount -t tmpfs -o mode=0755 run "$1/run"
mount -t tmpfs -o mode=1777 tmp "$1/tmp"
cd "$1"
mkdir former
pivot_root . former
umount -l former
exec env -i container=tldguard PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=basic.target --show-status=no --log-target=console'

start_machine() {
    # A call that is filtered ends the process here, or nobody would notice.
    printf '[Service]\nSystemCallErrorNumber=kill\n' >"$debian_root/etc/systemd/system/unbound.service.d/zz-test.conf"
    mkdir "$group" 2>/dev/null || debian_skip 'no right to make a control group'
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec unshare --mount --pid --fork --cgroup --kill-child bash -c "$machine_begin" bash "$debian_root"
    ) >"$world_dir/machine.log" 2>&1 &
    outer=$!
    trap end_machine EXIT
    live_until has_child || debian_skip "no systemd in namespaces: $(tail -n 1 "$world_dir/machine.log")"
    live_until is_up ||
        debian_skip "systemd does not come up in namespaces: $(tail -n 1 "$world_dir/machine.log")"
}
# shellcheck disable=SC2317
has_child() { machine=$(pgrep -P "$outer"); }
# shellcheck disable=SC2317
is_up() { inside systemctl is-active --quiet basic.target 2>/dev/null; }

# shellcheck disable=SC2317
end_machine() {
    kill -KILL "$outer" 2>/dev/null || true # and with it, what it has begun
    { wait "$outer" || true; } 2>/dev/null
    live_until is_removed || true
    debian_end
}

# shellcheck disable=SC2317
is_removed() { find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null; [[ ! -d $group ]]; }

# status KEY: of the process.
status() { sed -n "s/^$1:\t//p" "/proc/$pid/status"; }

# Its number here, not in there.
# shellcheck disable=SC2317
has_process() { pid=$(pgrep --ns "$machine" --nslist pid -x unbound) && [[ $pid =~ ^[0-9]+$ ]]; }
find_process() { live_until has_process || bail 'no Unbound'; }

test_start() {
    check 'it starts' inside systemctl start unbound.service
    unit_is active || { journal -u unbound.service -n 20 | sed 's/^/# /'; bail 'it does not start'; }
    find_process
    check 'it protects' live_until gets NXDOMAIN
    is 'the trust anchor was put in its home, by another user' \
        "$(stat -c %u "$debian_root/var/lib/unbound/root.key")" "$debian_uid"
    holds 'the control socket is there' "$(inside unbound-control status)" 'is running'
}

test_rights() {
    is 'it runs as unbound, with no capability, and gets none' \
        "$(status Uid | cut -f 1) $(status CapEff) $(status CapPrm) $(status NoNewPrivs)" "$debian_uid 0000000000000000 0000000000000000 1"
    is 'system calls are filtered' "$(status Seccomp)" 2
    # cap_net_bind_service 10, setuid 7, setgid 6, sys_resource 24, chown 0, fowner 3, fsetid 4: of these,
    # what this machine itself has.
    is 'what it could ever get' "$(status CapBnd)" \
        "$(printf '%016x' $((0x10004d9 & 0x$(sed -n 's/^CapBnd:\t//p' /proc/self/status))))"
    is 'it can write there' "$(in_its_place /run /var/lib/unbound /var/log/tldguard /run/tldguard /tmp)" \
        '/run /var/lib/unbound /var/log/tldguard /run/tldguard /tmp'
    is 'and nowhere else, were it root' "$(in_its_place / /etc /etc/tldguard /usr /var /var/log /var/lib/tldguard /home /root /sys /boot)" ''
}
# in_its_place FOLDER...: in which of them root could make a file, in the mounts of the process.
in_its_place() {
    # shellcheck disable=SC2016 # of another shell
    nsenter --target "$pid" --mount --root sh -c '
        for folder; do
            if : 2>/dev/null >"$folder/.tldguard-test"; then rm "$folder/.tldguard-test"; echo "$folder"; fi
        done' sh "$@" 2>/dev/null | paste -sd ' '
}

# shellcheck disable=SC2317
logged() { [[ -e $live_log ]] && (($(wc -l <"$live_log") >= $1)); }
# shellcheck disable=SC2317
taken() { gets "$1"; }
# shellcheck disable=SC2317
came_back() { [[ $(unit NRestarts) == 1 ]] && unit_is active; }

test_life() {
    local before
    check 'an event is written' live_until logged 1
    is 'the log: mode and owner' "$(stat -c '%a %u' "$live_log")" "640 $debian_uid"
    check 'and is in the journal' live_until in_journal TLDGUARD_QNAME=army.ml
    debian_policy 2 refused
    check 'a new policy is in force' live_until taken REFUSED
    mv "$live_log" "$live_log.1"
    gets REFUSED || bail 'no answer'
    check 'rotated: a new log' live_until logged 1
    check 'it reloads' inside systemctl reload unbound.service
    check 'reloaded: it protects' live_until gets REFUSED
    is 'reloaded: tldguard status' "$(inside tldguard status --conf /etc/tldguard/tldguard.conf | sed -n 's/^state=//p')" protecting
    before=$(wc -l <"$live_log")
    kill -KILL "$pid"
    check 'killed: it comes back' live_until came_back
    find_process
    check 'killed: it protects' live_until gets REFUSED
    check 'killed: the log goes on' live_until logged $((before + 1))
    is 'the log is whole' "$("$TLDGUARD" log verify "$live_log.1" "$live_log" 2>&1 | sed -n 's/.* \([0-9]* findings\)$/\1/p')" '0 findings'
    check 'it stops' inside systemctl stop unbound.service
    is 'it was not killed for that' "$(unit Result)" success
}
# shellcheck disable=SC2317
in_journal() { [[ -n $(journal "$1") ]]; }

# The jail of Debian's helper, with all that is read and loaded in it, and the other drop-in.
test_chroot() {
    local jail=$debian_root/var/lib/unbound library
    mkdir -p "$jail/etc" "$jail/var/lib"
    cp -a "$debian_root/etc/tldguard" "$jail/etc/"
    cp -a "$debian_root/var/lib/tldguard" "$jail/var/lib/"
    install -d -o "$debian_uid" -g "$debian_gid" "$jail/var/log/tldguard" "$jail/run/tldguard"
    while read -r library; do
        put 0644 "$library" "/var/lib/unbound$library"
    done < <(ldd "$TLDGUARD_MODULE" | sed -n 's/.* \(\/[^ ]*\) (.*/\1/p')
    put 0644 "$TLDGUARD_MODULE" "/var/lib/unbound$debian_module"
    put 0644 "$TG_SRC/dist/systemd/unbound.service.d/tldguard-chroot.conf" \
        /etc/systemd/system/unbound.service.d/tldguard-chroot.conf
    printf 'server:\n    chroot: "/var/lib/unbound"\n' >"$debian_root/etc/unbound/unbound.conf.d/chroot.conf"
    inside systemctl daemon-reload
    check 'chroot: it starts' inside systemctl start unbound.service
    unit_is active || { journal -u unbound.service -n 20 | sed 's/^/# /'; return; }
    find_process
    check 'chroot: it is in there' test -e "/proc/$pid/root/etc/tldguard" -a ! -e "/proc/$pid/root/usr/bin"
    check 'chroot: it protects' live_until gets REFUSED
    debian_policy 3 nxdomain
    mv "$debian_root"/var/lib/tldguard/policy.cdb* "$jail/var/lib/tldguard/"
    check 'chroot: a new policy is in force' live_until gets NXDOMAIN
    check 'chroot: it reloads' inside systemctl reload unbound.service
    check 'chroot: reloaded, it protects' live_until gets NXDOMAIN
    is 'chroot: the log is in there' "$(stat -c '%a %u' "$jail/var/log/tldguard/block.jsonl")" "640 $debian_uid"
    check 'chroot: it stops' inside systemctl stop unbound.service
    is 'chroot: it was not killed for that' "$(unit Result)" success
}

# What is refused to it for want of a right, it says, or dies of.
test_said() {
    is 'nothing was refused to it' \
        "$(journal -u unbound.service | grep -iE 'denied|not permitted|read-only|not supported|bad system call' || true)" ''
}

create
test_files
start_machine
test_start
test_rights
test_life
test_chroot
test_said
cp "$live_log" "$live_log.1" "$world_dir/log/" 2>/dev/null || true
live_end
