# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# NSD, the authoritative server of the tests. Installing its package would start a
# daemon on port 53 of this machine, so its files are only unpacked, in build/nsd.
# Needs common.sh, apt.sh, packages.sh.

# nsd_path: where an NSD is; empty when there is none.
nsd_path() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin:$build/nsd/usr/sbin command -v nsd || true
}

# nsd_needs: the shared libraries of the package, as clauses.
nsd_needs() {
    local depends
    depends=$(apt-cache "${apt_sys[@]}" show --no-all-versions nsd 2>/dev/null |
        sed -n 's/^Depends: //p')
    [[ -n $depends ]] ||
        fail "no package nsd in this machine's suites" \
            "install NSD and put it on PATH, or give --without-nsd (tests that need it are skipped)"
    clauses <<<"$depends" | sed '/^lib/!d'
}

download_nsd() {
    (cd "$1" && logged nsd-download apt-get "${apt_sys[@]}" download nsd)
}

fetch_nsd() {
    local new=$build/nsd.new lost
    rm -rf "$new"
    mkdir -p "$new"
    step "fetching NSD for the tests"
    if ! download_nsd "$new"; then
        # Lists that are old name a file that is gone.
        read_own_lists
        step "fetching NSD again"
        download_nsd "$new" || fail "NSD cannot be fetched: $logs/nsd-download.log says why"
    fi
    must nsd-unpack dpkg-deb -x "$new"/nsd_*.deb "$new"
    lost=$(ldd "$new/usr/sbin/nsd" | sed -n 's/^[ \t]*\(.*\) => not found/\1/p')
    [[ -z $lost ]] || fail "NSD needs shared libraries that are not installed:" "${lost//$'\n'/ }"
    rm -rf "$build/nsd"
    mv "$new" "$build/nsd"
    step_done
}
