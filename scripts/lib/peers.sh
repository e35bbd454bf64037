# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The resolvers that make bench compares with. Installing their packages would start daemons, so they
# are only unpacked, in build/NAME, with each library that is not installed: the system stays as it
# was, and none of it needs root. One that cannot be had is said, and left out by the bench.
# Needs common.sh, apt.sh, servers.sh.

declare -A peer_programs=([bind]=named [pdns]=pdns_recursor [kresd]=kresd [dnsdist]=dnsdist)
declare -A peer_packages=([bind]=bind9 [pdns]=pdns-recursor [kresd]=knot-resolver [dnsdist]=dnsdist)

# peer_closure PACKAGE: it, and what installing it would bring along, one a line.
peer_closure() {
    apt-get "${apt_sys[@]}" -s --no-install-recommends install "$1" 2>/dev/null |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# wrap_kresd DIR: it looks for its own files below /usr and nowhere else. It is shown them there, in a
# mount namespace that ends with it; as the same process, so that it is ended by its number.
wrap_kresd() {
    cat >"$1/bin/kresd" <<'SH'
#!/bin/sh
here=${0%/bin/*}
[ "$(id -u)" = 0 ] || map=--map-root-user
exec unshare --mount ${map:-} sh -c 'usr=$1/usr; shift
    mount -t overlay overlay -o "lowerdir=$usr:/usr" /usr && exec /usr/sbin/kresd "$@"' sh "$here" "$@"
SH
}

# unpack_peer NAME DIR: returns 1 and says why it did not work.
unpack_peer() {
    local package text lost libraries
    local -a packages
    package=${peer_packages[$1]}
    text=$(peer_closure "$package")
    [[ -n $text ]] || { echo "no package $package in this machine's suites"; return 1; }
    mapfile -t packages <<<"$text"
    download_packages "$2" "${packages[@]}" ||
        { echo "it cannot be fetched: $logs/${packages[0]}-download.log says why"; return 1; }
    for package in "$2"/*.deb; do
        logged "$1-unpack" dpkg-deb -x "$package" "$2" || { echo "$logs/$1-unpack.log says why"; return 1; }
    done
    rm "$2"/*.deb
    libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    wrap_programs "$2" "$libraries"
    lost=$(LD_LIBRARY_PATH=$2/$libraries ldd "$2"/usr/*bin/"${peer_programs[$1]}" | lost_libraries)
    [[ -z $lost ]] || { echo "shared libraries are missing: ${lost//$'\n'/ }"; return 1; }
    [[ $1 != kresd ]] || wrap_kresd "$2"
}

fetch_peers() {
    local name new why
    for name in bind pdns kresd dnsdist; do
        [[ -z $(server_path "${peer_programs[$name]}") ]] || continue
        know_lists
        step "fetching ${peer_packages[$name]} to compare with"
        new=$build/$name.new
        rm -rf "$new"
        mkdir -p "$new"
        if why=$(unpack_peer "$name" "$new"); then
            rm -rf "${build:?}/$name"
            mv "$new" "$build/$name"
            step_done
        else
            warn "${peer_packages[$name]}: $why; make bench leaves it out"
        fi
    done
}
