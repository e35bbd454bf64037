# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Which packages are missing, and installing them: the only part that needs root.
# Needs common.sh, apt.sh.

# To build and test tldguard. gcc and libtool only recommend the C library's headers.
base_packages=(
    gcc libc6-dev make autoconf automake libtool pkg-config dpkg-dev
    libldns-dev ldnsutils libfyaml-dev libcdb-dev uthash-dev libcmocka-dev libjansson-dev
    libssl-dev libsodium-dev libidn2-dev libpsl-dev publicsuffix libicu-dev jq
    zlib1g-dev libzstd-dev libsqlite3-dev libjs-chart.js
)
# For what scripts/check does beyond the tests, and for the test that asks by DNS over TLS
# and HTTPS: its certificate, and HTTP/2. libfaketime ends an allowance. The JSON Schema of the
# events is read by python3-jsonschema, and what is shipped for lnav by lnav. In the browser the
# pages of tldguard report are tried; poppler reads what it prints. The other two are for
# scripts/screenshot. minisign makes and checks signatures of ours; strace kills in the middle. llvm
# and gcovr tell how much of the sources a fuzz target, and the tests, have run through. bsdextrautils
# has column, for the tables of benches, which have a test.
# Three are for the tests of a fleet: ssh, rsync, and hosts in network namespaces. systemd, which is not
# started, holds Unbound in namespaces of a test. swaks is a mail client.
dev_packages=(clang clang-format llvm gcovr shellcheck mandoc openssl libnghttp2-dev libfaketime
    python3-jsonschema lnav chromium-headless-shell poppler-utils fonts-inter pngquant minisign strace
    bsdextrautils
    openssh-client rsync iproute2 systemd swaks)

# For make bench: rates, instructions, tables, and the picture. None starts a daemon. The resolvers to
# compare with would: see peers.sh.
bench_packages=(dnsperf valgrind bsdextrautils gnuplot-nox)

# For scripts/check --packages: to build Debian packages, to check them, and a clean Debian to install them in.
host_packages=(build-essential debhelper fakeroot lintian debootstrap python3-minimal)
# For scripts/fuzz --engine afl.
afl_packages=(afl++)

# dev_needs: dev_packages and the runtime of clang's sanitizers, which newer suites
# keep in a package of its own, named after clang's version.
dev_needs() {
    local major
    printf '%s\n' "${dev_packages[@]}"
    major=$(apt-cache "${apt_sys[@]}" show --no-all-versions clang 2>/dev/null |
        sed -n 's/^Depends: .*clang-\([0-9]\+\).*/\1/p')
    apt-cache "${apt_sys[@]}" show --no-all-versions "libclang-rt-$major-dev" 2>/dev/null |
        sed -n 's/^Package: //p' || true
}

declare -A installed=()

# read_installed: packages and what they provide, by one call of dpkg-query.
read_installed() {
    local name
    installed=()
    while read -r name; do
        installed[$name]=1
    done < <(dpkg-query -W -f '${db:Status-Abbrev}|${Package}, ${Provides}\n' |
        awk -F'|' '/^.i/ {
            n = split($2, p, ",")
            for (i = 1; i <= n; i++) {
                sub(/^ +/, "", p[i]); sub(/[ (:].*/, "", p[i])
                if (p[i] != "") print p[i]
            }
        }')
}

# clauses: reads a Depends or Build-Depends field, prints one clause a line with
# its alternatives as words. Restrictions to other architectures and to build
# profiles are resolved (Debian Policy 7.1); versions are dropped, since within
# one suite they hold.
clauses() {
    awk -v arch="$(dpkg --print-architecture)" '
    function arch_ok(list,    n, t, i, neg) {
        n = split(list, t, " ")
        for (i = 1; i <= n; i++) {
            neg = sub(/^!/, "", t[i])
            if (t[i] == arch || t[i] == "any" || t[i] == "linux-any" || t[i] == "any-" arch)
                return !neg
        }
        return neg
    }
    function profile_ok(list,    n, t, i, neg) {
        n = split(list, t, " ")
        for (i = 1; i <= n; i++) {
            neg = sub(/^!/, "", t[i])
            if ((t[i] == "nocheck" || t[i] == "nodoc") == neg)
                return 0
        }
        return 1
    }
    function wanted(s,    any, ok) {
        gsub(/\([^)]*\)/, "", s)
        if (match(s, /\[[^]]*\]/) && !arch_ok(substr(s, RSTART + 1, RLENGTH - 2)))
            return 0
        while (match(s, /<[^>]*>/)) {
            any = 1
            ok = ok || profile_ok(substr(s, RSTART + 1, RLENGTH - 2))
            s = substr(s, RSTART + RLENGTH)
        }
        return !any || ok
    }
    { text = text " " $0 }
    END {
        n = split(text, clause, ",")
        for (i = 1; i <= n; i++) {
            m = split(clause[i], alt, "|")
            out = ""
            for (j = 1; j <= m; j++) {
                if (!wanted(alt[j])) continue
                name = alt[j]
                sub(/^[ \t]+/, "", name); sub(/[ \t(:\[<].*/, "", name)
                if (name != "") out = out " " name
            }
            if (out != "") print substr(out, 2)
        }
    }'
}

# build_needs PACKAGE VERSION: the build dependencies of a source package, as clauses.
build_needs() {
    {
        source_field "$1" "$2" Build-Depends
        printf ',\n'
        source_field "$1" "$2" Build-Depends-Arch
    } | clauses
}

# missing_of CLAUSE...: the first alternative of each clause none of which is installed.
missing_of() {
    local clause name
    for clause; do
        for name in $clause; do
            [[ -z ${installed[$name]:-} ]] || continue 2
        done
        printf '%s\n' "${clause%% *}"
    done | sort -u
}

# refresh_system_lists: where none were ever fetched. For root only.
refresh_system_lists() {
    lists_known && return 0
    step "fetching the package lists"
    must apt-update apt-get update
    step_done
}

# install_packages NAME...: does nothing without names.
install_packages() {
    (($# > 0)) || return 0
    local -a sudo=() install=(apt-get install -y --no-install-recommends "$@")
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "packages are missing, and installing them needs root. Run this as root, then $me again:" \
                "apt-get update && ${install[*]}"
        warn "root is needed for one thing, by sudo: ${install[*]}"
        # A password is asked for here, where the terminal is still ours.
        sudo -v || fail "sudo refused. Run this as root, then $me again:" \
            "apt-get update && ${install[*]}"
        sudo=(sudo)
    fi
    step "installing packages ($#): $*"
    install=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
        "${install[@]}" -o DPkg::Lock::Timeout=300)
    # The system may have no lists, or old ones that name files that are gone.
    if [[ $lists_private == yes ]] || ! logged apt-install "${install[@]}" 9>&-; then
        must apt-update "${sudo[@]}" apt-get update
        must apt-install "${install[@]}" 9>&-
    fi
    step_done
    read_installed
}
