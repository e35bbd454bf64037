# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# A clean Debian of the machine's own release, in namespaces of its own: processes, mounts, network.
# It is booted by its own systemd, or, where none is wanted, has no init at all. What is changed in it
# is gone at its end. Needs root, and of its caller `packages`, a folder that outlives the test.

host_base=$packages/root     # as debootstrap has made it; the lower layer of every root

# base_make SUITE MIRROR PACKAGE,...: once; 1 when debootstrap cannot.
base_make() {
    local key="$*"
    [[ -f $host_base.key && $(<"$host_base.key") == "$key" ]] && return 0
    rm -rf "$host_base" "$host_base.key"
    debootstrap --variant=minbase --include="$3" "$1" "$host_base" "$2" \
        >"$packages/debootstrap.log" 2>&1 </dev/null || return 1
    rm -f "$host_base"/var/cache/apt/archives/*.deb
    printf '%s\n' "$key" >"$host_base.key"
}

# host_begin INIT: systemd, or sleep for none. Sets host_pid, the first process of the new root.
host_begin() {
    host_dir=$(mktemp -d "$packages/host.XXXXXX")
    mkdir "$host_dir/upper" "$host_dir/work" "$host_dir/root"
    # The namespace of mounts ends with its last process, and what is mounted in it.
    unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child \
        bash "$here/inside.sh" "$host_base" "$host_dir" "$1" >"$host_dir/console" 2>&1 </dev/null &
    host_unshare=$!
    host_until test -s "$host_dir/upper/ready" || return 1
    host_pid=$(pgrep -P "$host_unshare" | head -n 1)
    [[ $1 != systemd ]] || host_until host_booted
}

host_booted() { [[ $(host_run systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]; }

# host_run COMMAND...: in it.
host_run() {
    nsenter --target "$host_pid" --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

# host_net COMMAND...: of this machine, in its network.
host_net() { nsenter --target "$host_pid" --net "$@"; }

host_end() {
    [[ -n ${host_unshare:-} ]] || return 0
    kill -KILL "$host_unshare" 2>/dev/null || true
    wait "$host_unshare" 2>/dev/null || true
    host_unshare=
    rm -rf "$host_dir"
}

# host_until COMMAND...: for 60 seconds at most.
host_until() {
    local end=$((SECONDS + 60))
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}
