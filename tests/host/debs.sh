# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The packages that the test installs: ours, the rebuilt Unbound, the distribution's, and later ones of
# each, which are the same with another version. Needs scripts/lib/common.sh and apt.sh, and of its
# caller `packages`.

# debs_unbound: the rebuilt one in $packages/unbound; sets rebuilt, dev.
debs_unbound() {
    "$top/scripts/build-unbound-package" --quiet --output "$packages/unbound" || return 1
    rebuilt=$packages/unbound/$(<"$packages/unbound/install")
    unbound_version=$(dpkg-deb -f "$rebuilt" Version)
    rm -rf "${packages:?}/dev"
    dpkg-deb -x "$packages/unbound/unbound-module-dev_${unbound_version}_$(dpkg --print-architecture).deb" "$packages/dev"
    dev=$packages/dev/usr/include/unbound-module
}

# debs_own: ours, in $packages/own, of what make dist would pack; again only when that has changed.
debs_own() {
    local src=$packages/own/tldguard key
    rm -rf "$packages/dist"
    env -u MAKEFLAGS -u MAKELEVEL make -C "$build" -s distdir distdir="$packages/dist" >"$packages/distdir.log" 2>&1 || return 1
    key=$(cd "$packages/dist" && find . -type f -not -path ./configure -not -path './tests/host/*' -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum)
    key+=" $unbound_version"
    [[ ! -f $packages/own.key || $(<"$packages/own.key") != "$key" ]] || return 0
    rm -rf "$packages/own" "$packages/own.key"
    mkdir "$packages/own"
    mv "$packages/dist" "$src"
    # -d: of what it is built with, the headers lie here and are not installed.
    (cd "$src" && env -u MAKEFLAGS -u MAKELEVEL UNBOUND_SRC="$dev" DEB_BUILD_OPTIONS="parallel=$(nproc)" \
        dpkg-buildpackage -b -us -uc -d) >"$packages/own.log" 2>&1 </dev/null || return 1
    rm -rf "$src"
    printf '%s\n' "$key" >"$packages/own.key"
}

# debs_stock: the distribution's Unbound, in $packages/stock; sets stock.
debs_stock() {
    stock=("$packages"/stock/unbound_*.deb)
    [[ ! -f ${stock[0]} ]] || return 0
    mkdir -p "$packages/stock"
    (cd "$packages/stock" && apt-get "${apt_sys[@]}" download unbound) >"$packages/stock.log" 2>&1 </dev/null || return 1
    stock=("$packages"/stock/unbound_*.deb)
    [[ -f ${stock[0]} ]]
}

# repack DEB VERSION FILE [COMMAND...]: the same package with another version; the command is run in
# what it unpacks to.
repack() {
    local dir
    dir=$(mktemp -d "$packages/repack.XXXXXX")
    dpkg-deb -R "$1" "$dir/deb"
    sed -i "s/^Version: .*/Version: $2/" "$dir/deb/DEBIAN/control"
    (($# < 4)) || (cd "$dir/deb" && "${@:4}")
    dpkg-deb --root-owner-group -Znone -b "$dir/deb" "$3" >/dev/null
    rm -rf "$dir"
}

# other_headers: in an unpacked package of the rebuilt Unbound: as after an update that changed them.
other_headers() { sed -i 's/MODULE_ABI=[0-9a-f]\{12\}/MODULE_ABI=0123456789ab/' usr/sbin/unbound; }

# needed_of DEB...: what they depend on, without each other, as words for debootstrap.
needed_of() {
    local deb
    for deb; do
        dpkg-deb -f "$deb" Depends
        printf ',\n'
    done | clauses | sed 's/ .*//' | grep -vE '^(tldguard|unbound|unbound-module-tldguard)$' | sort -u
}
