# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# tldguard itself: configure script, configuration, build. Needs common.sh.

# inputs_newer_than FILE: has anything it is made from changed since?
inputs_newer_than() {
    [[ -n $(find "$root/configure.ac" "$root/Makefile.am" "$root"/*/local.mk \
        -newer "$1" -print -quit) ]]
}

# Makefile.in is what autoreconf writes last.
make_configure() {
    if [[ -x $root/configure && -f $root/Makefile.in ]] &&
        ! inputs_newer_than "$root/Makefile.in"; then
        return 0
    fi
    step "generating configure"
    must autoreconf autoreconf -fi "$root"
    step_done
}

# configured_as ARG...: what build/setup/configured says after configure went through.
# The tree's identity is in it: objects made with other headers must not survive.
configured_as() {
    printf '%s\n' "$@"
    cksum <"$unbound_src/config.h"
    cat "$unbound_src/../complete" 2>/dev/null || true
}

configure_project() {
    local args=("--with-unbound-src=$unbound_src" "--with-unbound-prefix=$unbound_prefix")
    local as
    [[ -z $nsd ]] || args+=("NSD=$nsd")
    as=$(configured_as "${args[@]}")
    if [[ -f $build/Makefile && -f $state/configured && $(<"$state/configured") == "$as" ]]; then
        return 0
    fi
    step "configuring tldguard"
    rm -f "$state/configured"
    (cd "$build" && must configure ../configure "${args[@]}")
    must make-clean make -C "$build" clean
    write_file "$state/configured" "$as"
    step_done
}

build_project() {
    make_configure
    configure_project
    step "building tldguard"
    must make make -C "$build" -j "$(nproc)"
    step_done
}

# build_project_variant KIND: a second tree, for the Unbound that is made in the same way.
build_project_variant() {
    local dir=$build/$1 from as args
    from=$(variant_dir "$1")
    args=("--with-unbound-src=$from/src" "--with-unbound-prefix=$from/root" --enable-werror)
    case $1 in
    address) args+=(--enable-asan --enable-ubsan) ;;
    thread) args+=(--enable-tsan) ;;
    esac
    [[ -z $nsd ]] || args+=("NSD=$nsd")
    as="${args[*]} $(variant_key "$1")"
    step "building tldguard for the tests with $1"
    mkdir -p "$dir"
    if [[ ! -f $dir/configured || $(<"$dir/configured") != "$as" ]]; then
        rm -f "$dir/configured"
        (cd "$dir" && must "configure-$1" ../../configure "${args[@]}")
        must "make-clean-$1" make -C "$dir" clean
        write_file "$dir/configured" "$as"
    fi
    must "make-$1" make -C "$dir" -j "$(nproc)"
    step_done
}
