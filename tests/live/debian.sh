# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# For the tests of what Unbound with the module may do where Debian runs it: a root folder that has this
# machine's files, and Unbound, the module and their files where the packages have them. It lies in
# namespaces of the test's own, with its own loopback, where port 53 is free.
#
#   debian_begin "$0"   at the top of a test, in place of lib.sh
#   debian_create       debian_root, and all in it
#   debian_policy SERIAL ACTION [SUFFIX]
#                       army.ml gets that action; signed; renamed into place

debian_root=''
debian_sources=${UNBOUND_PREFIX:-}/../src/debian # of the package that Unbound was built from
debian_uid=64997 debian_gid=64997                # of unbound, where this machine has none
debian_module=''                                 # in debian_root
PATH=$PATH:/sbin:/usr/sbin

debian_skip() { echo "1..0 # SKIP $*"; exit 77; }

# debian_begin SCRIPT: in its namespaces, with lib.sh.
debian_begin() {
    if [[ ${TG_OWN_ROOT:-} != yes ]]; then
        ((EUID == 0)) || debian_skip 'not root: nothing can be mounted'
        unshare --mount --net --ipc --uts true 2>/dev/null || debian_skip 'no right to make namespaces'
        TG_OWN_ROOT=yes exec unshare --mount --net --ipc --uts "$1"
    fi
    # shellcheck source-path=SCRIPTDIR source=lib.sh
    source "$(dirname "$1")/lib.sh"
    [[ -z ${TG_SANITIZED:-} ]] || debian_skip 'a sanitizer wants files and calls of its own'
    [[ -r $debian_sources/unbound.service && -r $debian_sources/apparmor-profile ]] ||
        debian_skip "no $debian_sources of Debian: this Unbound was built from other sources"
    ip link set lo up || debian_skip 'no loopback of its own'
}

# put MODE FILE PATH
put() { install -D -m "$1" "$2" "$debian_root$3"; }

debian_mount() {
    mkdir "$world_dir/over" "$world_dir/root"
    mount -t tmpfs -o mode=0755 tldguard "$world_dir/over" || return
    mkdir "$world_dir/over/upper" "$world_dir/over/work"
    mount -t overlay -o "lowerdir=/,upperdir=$world_dir/over/upper,workdir=$world_dir/over/work" \
        tldguard "$world_dir/root" 2>/dev/null || return
    debian_root=$world_dir/root
}

# What is mounted must be gone before the folder is removed.
debian_end() {
    umount -Rl "$world_dir/root" "$world_dir/over" 2>/dev/null || true
    if mountpoint -q "$world_dir/root" || mountpoint -q "$world_dir/over"; then return; fi
    world_end
}

debian_user() {
    grep -q '^unbound:' "$debian_root/etc/passwd" || {
        echo "unbound:x:$debian_uid:$debian_gid::/var/lib/unbound:/usr/sbin/nologin" >>"$debian_root/etc/passwd"
        echo "unbound:x:$debian_gid:" >>"$debian_root/etc/group"
    }
    debian_uid=$(sed -n 's/^unbound:[^:]*:\([0-9]*\):.*/\1/p' "$debian_root/etc/passwd")
    debian_gid=$(sed -n 's/^unbound:[^:]*:[0-9]*:\([0-9]*\):.*/\1/p' "$debian_root/etc/passwd")
}

debian_unbound() {
    local program
    for program in unbound unbound-control unbound-checkconf; do
        put 0755 "$UNBOUND_PREFIX/sbin/$program" "/usr/sbin/$program"
    done
    rm -rf "$debian_root/etc/unbound" "$debian_root/var/lib/unbound"
    put 0755 "$debian_sources/unbound-helper" /usr/libexec/unbound-helper
    put 0644 "$debian_sources/unbound.service" /usr/lib/systemd/system/unbound.service
    put 0644 "$debian_sources/unbound.conf" /etc/unbound/unbound.conf
    for program in "$debian_sources"/unbound.conf.d/*.conf; do
        put 0644 "$program" "/etc/unbound/unbound.conf.d/${program##*/}"
    done
    # Where the package's own programs look.
    if [[ -d $UNBOUND_PREFIX/etc/unbound ]]; then
        rm -rf "$debian_root$UNBOUND_PREFIX/etc/unbound"
        ln -s /etc/unbound "$debian_root$UNBOUND_PREFIX/etc/unbound"
    fi
    install -d -o "$debian_uid" -g "$debian_gid" "$debian_root/var/lib/unbound"
    # Of dns-root-data, which Debian recommends: https://data.iana.org/root-anchors/
    [[ -e $debian_root/usr/share/dns/root.key ]] || {
        mkdir -p "$debian_root/usr/share/dns"
        echo '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D' \
            >"$debian_root/usr/share/dns/root.key"
    }
}

debian_tldguard() {
    debian_module=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/unbound/tldguard.so
    put 0644 "$TLDGUARD_MODULE" "$debian_module"
    put 0755 "$TLDGUARD" /usr/bin/tldguard
    put 0644 "$TG_SRC/dist/tldguard-tmpfiles.conf" /usr/lib/tmpfiles.d/tldguard.conf
    install -d "$debian_root/var/lib/tldguard" "$debian_root/etc/tldguard"
    "$TLDGUARD" keygen -W "$world_dir/key" >/dev/null || bail 'no keys'
    put 0644 "$world_dir/key.pub" /etc/tldguard/site.pub
    printf '%s\n' 'policy: /var/lib/tldguard/policy.cdb' 'log: /var/log/tldguard/block.jsonl' \
        'stats: /run/tldguard/stats' 'trusted-keys: /etc/tldguard/site.pub' \
        'journal: /run/systemd/journal/socket' >"$debian_root/etc/tldguard/tldguard.conf"
    # Both are the default of a package; these may have been built for other folders.
    printf '%s\n' 'TLDGUARD_CONF=/etc/tldguard/tldguard.conf' 'DAEMON_OPTS="-c /etc/unbound/unbound.conf"' \
        >"$debian_root/etc/default/unbound"
    # The folder is what Debian's is built with.
    printf '%s\n' 'server:' '    directory: "/etc/unbound"' '    module-config: "dynlib validator iterator"' 'dynlib:' \
        "    dynlib-file: \"$debian_module\"" >"$debian_root/etc/unbound/unbound.conf.d/tldguard.conf"
}

debian_create() {
    local base
    world_create "$TG_SRC/scripts/world" || bail "$world_error"
    trap debian_end EXIT
    set -E
    trap '((BASH_SUBSHELL > 0)) || echo "Bail out! ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
    debian_mount || debian_skip 'no overlay of the root folder'
    debian_user
    debian_unbound
    debian_tldguard
    world_unbound_port=53
    : >"$world_dir/unbound.log" # live_end shows it
    live_log=$debian_root/var/log/tldguard/block.jsonl
    debian_policy 1 nxdomain
}

# debian_policy SERIAL ACTION [SUFFIX]: the signature with another suffix than .minisig.
debian_policy() {
    local to=$debian_root/var/lib/tldguard/policy.cdb suffix=${3:-.minisig}
    printf '%s\n' "serial: $1" 'answer: {ttl: 2}' 'tlds:' \
        "  - {tld: ml, targets: [mil], mode: block, action: $2}" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile -q "$world_dir/policy.yaml" -o "$world_dir/new.cdb" &&
        "$TLDGUARD" sign -q -s "$world_dir/key" "$world_dir/new.cdb" || bail 'no policy'
    mv "$world_dir/new.cdb.minisig" "$to$suffix"
    mv "$world_dir/new.cdb" "$to"
}

# gets RCODE: what army.ml is answered.
# shellcheck disable=SC2317
gets() { ask army.ml A; [[ $(field rcode) == "$1" ]]; }
