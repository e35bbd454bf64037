#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# inside.sh BASE DIR INIT: run in new namespaces, as their first process: lays a layer over BASE, makes
# it the root, and becomes INIT. What it needs of this machine are /proc, /sys and a few devices.
set -euo pipefail
base=$1 dir=$2 init=$3
root=$dir/root

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work" "$root"
mount -t proc proc "$root/proc"
# The kernel's settings are the machine's, all but the network's.
for part in sys sysrq-trigger; do
    [[ -e $root/proc/$part ]] || continue
    mount --bind "$root/proc/$part" "$root/proc/$part"
    mount -o remount,bind,ro "$root/proc/$part"
done
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ip link set lo up
hostname tldguard-test
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l .old
rmdir .old
if [[ $init == systemd ]]; then
    echo >/ready
    exec env -i container=tldguard-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
fi
# invoke-rc.d starts nothing where no record says that the system is up: runlevel 2, after none.
{
    printf '\1\0\0\0\x32\x4e\0\0~'
    head -c 31 /dev/zero
    printf '~~\0\0runlevel'
    head -c 332 /dev/zero
} >/run/utmp
# The first process has to take what is left of others.
echo >/ready
exec bash -c 'trap : CHLD; while sleep 1000; do :; done'
