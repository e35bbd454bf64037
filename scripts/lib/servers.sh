# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The servers of the tests: NSD, the world outside, BIND, a peer to compare with, and Knot, which
# hands zones on.
# Installing their packages would start daemons on port 53 of this machine, so
# their files are only unpacked, in build/nsd, build/bind and build/knot. So are rsyslog, logrotate, and
# promtool, which checks what tldguard status writes for Prometheus: it comes with a daemon, too.
# And sshd, which the hosts of a fleet are reached by; nginx, which has the landing page; and AppArmor's parser.
# Needs common.sh, apt.sh, packages.sh.

nsd_packages=(nsd)
bind_packages=(bind9 bind9-utils bind9-libs)
knot_packages=(knot)
# Those that take the block log on. They would start daemons as well, and pull in cron.
rsyslog_packages=(rsyslog rsyslog-relp)
logrotate_packages=(logrotate)
sshd_packages=(openssh-server)
nginx_packages=(nginx)
# Mail servers: each would take the machine's mail over. They find their parts at fixed paths, so the
# tests lay them over /usr and /etc of a namespace.
postfix_packages=(postfix postfix-pcre)
exim_packages=(exim4-daemon-light exim4-base exim4-config)

# server_path PROGRAM: where it is; empty when there is none.
server_path() {
    local name path=$PATH:/usr/sbin:/usr/local/sbin
    for name in nsd bind knot rsyslog logrotate promtool sshd nginx "${!peer_programs[@]}"; do path+=:$build/$name/bin; done
    PATH=$path command -v "$1" || true
}

# server_needs PACKAGE...: the shared libraries that they need of others, as clauses.
server_needs() {
    local depends
    depends=$(apt-cache "${apt_sys[@]}" show --no-all-versions "$@" 2>/dev/null |
        sed -n 's/^Depends: \(.*\)/\1,/p')
    [[ -n $depends ]] ||
        fail "no package $1 in this machine's suites" \
            "install it yourself and put it on PATH, or give --without-nsd (tests that need it are skipped)"
    clauses <<<"$depends" | grep '^lib' | sort -u
}

download_packages() {
    (cd "$1" && logged "$2-download" apt-get "${apt_sys[@]}" download "${@:2}")
}

# download_again DIR PACKAGE...: with lists of its own where the machine's name a file that is gone.
download_again() {
    download_packages "$@" && return 0
    read_own_lists
    step "fetching $2 again"
    download_packages "$@"
}

# wrap_programs DIR LIBRARIES: in DIR/bin each program, finding the libraries beside it.
wrap_programs() {
    local program
    mkdir "$1/bin"
    for program in "$1"/usr/sbin/* "$1"/usr/bin/*; do
        [[ -f $program && -x $program ]] || continue
        printf '#!/bin/sh\nhere=${0%%/bin/*}\nLD_LIBRARY_PATH=$here/%s exec "$here/%s" "$@"\n' \
            "$2" "${program#"$1"/}" >"$1/bin/${program##*/}"
        chmod +x "$1/bin/${program##*/}"
    done
}

# begin_new NAME WHAT: sets new, an empty folder that end_new NAME puts in the place of build/NAME.
begin_new() {
    new=$build/$1.new
    rm -rf "$new"
    mkdir -p "$new"
    step "fetching $2 for the tests"
}
end_new() {
    rm -rf "$new"/*.deb "${build:?}/$1"
    mv "$new" "$build/$1"
    step_done
}

# unpack NAME WHAT PACKAGE...: all that is in them, in $new.
unpack() {
    local package
    download_again "$new" "${@:3}" || fail "$2 cannot be fetched: $logs/$3-download.log says why"
    for package in "$new"/*.deb; do
        must "$1-unpack" dpkg-deb -x "$package" "$new"
    done
}

# download_if_there PACKAGE WHAT: false after a warning; what needs it is skipped.
download_if_there() {
    ! download_again "$new" "$1" || return 0
    step_break
    warn "$2 cannot be fetched: $logs/$1-download.log says why; its tests are skipped"
    return 1
}

# lost_libraries: of what ldd says, those that are not here.
lost_libraries() { sed -n 's/^[ \t]*\(.*\) => not found/\1/p' | sort -u; }
# need_libraries WHAT LOST: those have to be installed.
need_libraries() { [[ -z $2 ]] || fail "$1 needs shared libraries that are not installed:" "${2//$'\n'/ }"; }

# fetch_server NAME PROGRAM PACKAGE...: unpacks them in build/NAME.
fetch_server() {
    local new libraries lost
    begin_new "$1" "${1^^}"
    unpack "$1" "${1^^}" "${@:3}"
    libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    wrap_programs "$new" "$libraries"
    lost=$(LD_LIBRARY_PATH=$new/$libraries ldd "$new/usr/sbin/$2" | lost_libraries)
    need_libraries "${1^^}" "$lost"
    end_new "$1"
}

# fetch_apparmor: its parser and what profiles include; without it a test is skipped. Installed, it
# would load profiles.
fetch_apparmor() {
    local new
    begin_new apparmor "AppArmor's parser"
    download_if_there apparmor apparmor || return 0
    must apparmor-unpack dpkg-deb -x "$new"/*.deb "$new"
    end_new apparmor
}

# fetch_mail NAME LIBRARIES PACKAGE...: unpacks a mail server in build/NAME; what it may do as another
# user, it may not do from there.
fetch_mail() {
    local new lost
    begin_new "$1" "${1^}"
    unpack "$1" "${1^}" "${@:3}"
    find "$new" -perm /6000 -exec chmod ug-s {} +
    # Some of them are scripts, which ldd has nothing to say of.
    lost=$(find "$new/usr/sbin" "$new/usr/lib" -type f -perm -u+x \
        -exec env LD_LIBRARY_PATH="$new/$2" ldd {} \; 2>/dev/null | lost_libraries)
    need_libraries "${1^}" "$lost"
    end_new "$1"
}

# fetch_promtool: without it a few tests are skipped.
fetch_promtool() {
    local new
    begin_new promtool promtool
    mkdir "$new/bin"
    download_if_there prometheus promtool || return 0
    # Of a hundred megabytes.
    must promtool-unpack sh -c 'dpkg-deb --fsys-tarfile "$1"/*.deb | tar -xO ./usr/bin/promtool >"$1/bin/promtool"' sh "$new"
    chmod +x "$new/bin/promtool"
    end_new promtool
}
