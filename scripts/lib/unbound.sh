# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The distribution's own Unbound with the module loader: fetched, configured with
# the distribution's options, built and installed below build/unbound-<version>/.
# Needs common.sh, apt.sh, packages.sh.

# unbound_overrides PREFIX: what differs from the distribution's options. None of
# it changes the layout of a struct that a module sees.
unbound_overrides() {
    local options=(
        --with-dynlibmodule
        # Bindings that nobody uses here.
        --without-pyunbound
        # Link-time optimisation of five programs takes minutes.
        --disable-flto
        # Each file is compiled once, as the daemon's; unbound-host then holds its
        # library itself, instead of loading the system's.
        --disable-shared
        --prefix="$1" --exec-prefix="$1" --libdir="$1/lib"
        --sysconfdir="$1/etc" --localstatedir="$1/var"
        --with-conf-file="$1/etc/unbound/unbound.conf"
        --with-run-dir="$1/var/lib/unbound"
        --with-pidfile="$1/var/run/unbound.pid"
        --with-dnstap-socket-path="$1/var/run/dnstap.sock"
    )
    printf '%s\n' "${options[@]}"
}

# unbound_key VERSION DIR: what a finished build/unbound-*/complete says.
unbound_key() {
    printf '%s\n' "source $1"
    unbound_overrides "$2/root"
}

unbound_dir() {
    printf '%s' "$build/unbound-${1%-*}"
}

unbound_complete() {
    local dir
    dir=$(unbound_dir "$1")
    [[ -f $dir/complete && $(<"$dir/complete") == "$(unbound_key "$1" "$dir")" ]]
}

# unbound_needs VERSION: its build dependencies as clauses. Debhelper is left out:
# of the package's rules only the configure step runs, without it.
unbound_needs() {
    build_needs unbound "$1" | sed -E '/^(debhelper|dh-)/d'
}

# as_packager PATHS COMMAND...: in the environment that packages are built in. A CC, a
# CFLAGS or a Python of the user's own must not find its way into the resolver.
as_packager() {
    local paths=$1
    shift
    env -i PATH="$paths/usr/sbin:/usr/bin:/sbin:/bin" HOME="$build" LC_ALL=C.UTF-8 "$@"
}

# configure_like_distribution WORK PREFIX: debian/rules knows the options and the
# compiler's flags, some of them by computing. So it is run, with a dh_auto_configure
# of ours in front that calls configure with the options it is given.
configure_like_distribution() {
    local src=$1/src
    mkdir -p "$1/bin"
    unbound_overrides "$2" >"$1/overrides"
    cat >"$1/bin/dh_auto_configure" <<'SHIM'
#!/bin/bash
set -euo pipefail
while (($# > 0)) && [[ $1 != -- ]]; do shift; done
(($# == 0)) || shift
# The package also builds the library by itself: not needed.
[[ " $* " != *" --with-libunbound-only "* && ! -e config.status ]] || exit 0
mapfile -t overrides <"$TG_WORK/overrides"
flags=$(dpkg-buildflags --export=sh)
eval "$flags"
PYTHON_SITE_PKG=$TG_PREFIX/lib/python3 ./configure "$@" "${overrides[@]}"
SHIM
    chmod +x "$1/bin/dh_auto_configure"
    (cd "$src" && as_packager "$1/bin:" TG_WORK="$1" TG_PREFIX="$2" \
        DEB_BUILD_OPTIONS='nocheck optimize=-lto' \
        make -f debian/rules override_dh_auto_configure) || return 1
    [[ -x $src/config.status ]] ||
        { printf '%s\n' "debian/rules configured no daemon"; return 1; }
}

# unbound_problem SRC PREFIX [STAGE]: why a module built with SRC could not run in
# PREFIX/sbin/unbound, in one line; nothing when it can. STAGE stands before PREFIX.
unbound_problem() {
    local src=$1 bin=${3:-}$2/sbin/unbound about tree line
    [[ -f $src/config.h ]] ||
        { echo "no config.h in $src: that tree is not configured"; return; }
    [[ -f $src/util/module.h ]] ||
        { echo "no util/module.h in $src: that is not the top of Unbound's source"; return; }
    grep -q '^#define WITH_DYNLIBMODULE 1' "$src/config.h" ||
        { echo "$src is configured without --with-dynlibmodule"; return; }
    [[ -x $bin ]] || { echo "no program $bin"; return; }
    about=$("$bin" -V 2>&1) || { echo "$bin -V fails: ${about%%$'\n'*}"; return; }
    grep -q '^Linked modules:.* dynlib\>' <<<"$about" ||
        { echo "$bin has no dynlib module: configure Unbound with --with-dynlibmodule"; return; }
    ! command -v nm >/dev/null || nm -D --defined-only "$bin" | awk '$3 == "inplace_cb_register" { n++ } END { exit !n }' ||
        { echo "$bin exports no symbols to modules (inplace_cb_register is missing)"; return; }
    tree=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$src/config.h")
    line=$(sed -n 's/^Version //p' <<<"$about")
    [[ $tree == "$line" ]] ||
        { echo "$src is version $tree, $bin is version $line"; return; }
    tree=$(sed -n 's/^#define CONFCMDLINE "\(.*\)"/\1/p' "$src/config.h")
    line=$(sed -n 's/^Configure line: //p' <<<"$about")
    [[ $tree == "$line" ]] ||
        echo "$src and $bin were configured with different options; compare '$bin -V' with CONFCMDLINE in config.h"
}

# build_unbound VERSION: from what fetch_source got. All is made in a directory beside, checked there, and moved
# into place; what was there before works until then. `complete` is written last.
build_unbound() {
    local dir work stage problem
    dir=$(unbound_dir "$1")
    work=$dir/work
    stage=$work/stage
    rm -rf "$work"
    mkdir -p "$stage"
    must unbound-unpack dpkg-source --no-copy -x "$apt_dir"/files/unbound_*.dsc "$work/src"
    rm -rf "$apt_dir/files"
    step "configuring Unbound $1 as the distribution does, with the module loader"
    must unbound-configure configure_like_distribution "$work" "$dir/root"
    step_done
    step "building Unbound $1"
    must unbound-make as_packager '' make -C "$work/src" -j "$(nproc)"
    must unbound-install as_packager '' make -C "$work/src" DESTDIR="$stage" install
    mkdir -p "$stage$dir/root/var/run" "$stage$dir/root/var/lib/unbound"
    problem=$(unbound_problem "$work/src" "$dir/root" "$stage")
    [[ -z $problem ]] || fail "the new Unbound cannot be used: $problem"
    rm -rf "$dir/complete" "$dir/src" "$dir/root"
    mv "$work/src" "$dir/src"
    mv "$stage$dir/root" "$dir/root"
    write_file "$dir/complete" "$(unbound_key "$1" "$dir")"
    rm -rf "$work"
    step_done
}

# variant_dir KIND: of the Unbound in use, made with a sanitizer (address, thread), or with cachedb.
variant_dir() {
    printf '%s' "$build/unbound-$1"
}

variant_flags() {
    case $1 in
    address) echo "-fsanitize=address,undefined" ;;
    thread) echo "-fsanitize=thread" ;;
    esac
}

variant_option() {
    [[ $1 != cachedb ]] || echo --enable-cachedb
}

# has_cachedb: whether the Unbound in use has that by itself, as newer suites have it.
has_cachedb() {
    grep -q '^#define USE_CACHEDB 1' "$unbound_src/config.h"
}

# variant_key KIND: what its `complete` says: from which source, how it is made.
variant_key() {
    printf '%s\n' "$unbound_src" "$(variant_flags "$1")$(variant_option "$1")"
    cksum <"$unbound_src/config.h"
    cat "$unbound_src/../complete" 2>/dev/null || true
}

# configure_variant SRC ROOT FLAGS [OPTION]: with the options of the tree it is a copy of, but for
# its place and the compiler's flags: _FORTIFY_SOURCE hides from a sanitizer what it looks for.
configure_variant() {
    local options option keep=()
    cd "$1" || return
    make clean >/dev/null || return
    options=$(./config.status --config) || return
    eval "options=($options)"
    for option in "${options[@]}"; do
        case $option in
        CFLAGS=* | LDFLAGS=* | CPPFLAGS=* | --prefix=* | --exec-prefix=*) ;;
        *) keep+=("$option") ;;
        esac
    done
    as_packager '' CFLAGS="-g -O1 -fno-omit-frame-pointer $3" LDFLAGS="$3" ASAN_OPTIONS=detect_leaks=0 \
        ./configure "${keep[@]}" ${4:+"$4"} --prefix="$2" --exec-prefix="$2"
}

# build_variant KIND: of the very source that $unbound_src is.
build_variant() {
    local dir problem
    dir=$(variant_dir "$1")
    if [[ -f $dir/complete && $(<"$dir/complete") == "$(variant_key "$1")" ]]; then
        say "Unbound for the tests with $1 is built"
        return
    fi
    rm -rf "$dir"
    mkdir -p "$dir"
    cp -a "$unbound_src" "$dir/src"
    step "configuring Unbound for the tests with $1"
    must "unbound-$1-configure" configure_variant "$dir/src" "$dir/root" "$(variant_flags "$1")" \
        "$(variant_option "$1")"
    step_done
    step "building Unbound for the tests with $1"
    # It makes programs and runs them, and those may leak.
    must "unbound-$1-make" as_packager '' ASAN_OPTIONS=detect_leaks=0 make -C "$dir/src" -j "$(nproc)"
    must "unbound-$1-install" as_packager '' ASAN_OPTIONS=detect_leaks=0 make -C "$dir/src" install
    problem=$(ASAN_OPTIONS=detect_leaks=0 unbound_problem "$dir/src" "$dir/root")
    [[ -z $problem ]] || fail "the Unbound for the tests with $1 cannot be used: $problem"
    write_file "$dir/complete" "$(variant_key "$1")"
    step_done
}
