# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The packages of an Unbound with the module loader: what is changed in the distribution's source
# package, and building it. Needs common.sh, apt.sh, packages.sh, and of its caller version, jobs,
# output.
#
# Unbound has no number for the ABI of its modules. Its headers are it: a security update may change
# a struct in them and nothing in the version of upstream. So their digest is put on configure's line,
# which `unbound -V` prints and the module compares with the one it was built for, and into a virtual
# package. An update that changes no header needs no new module.

package_version() { printf '%s+tldguard1' "$version"; }

# package_key: what a finished output/complete says first.
package_key() { printf 'unbound %s %s, recipe 1' "$(package_version)" "$(dpkg --print-architecture)"; }

# package_complete: is all of it there, as it was built?
package_complete() {
    [[ -f $output/complete && $(head -n 1 "$output/complete") == "$(package_key)" ]] &&
        (cd "$output" && tail -n +2 complete | sha256sum --quiet --status -c -)
}

package_needs() {
    build_needs unbound "$version"
    printf '%s\n' build-essential fakeroot
}

# package_prepare: build/unbound-package/src, ready to be built. One that is ready already is gone on with.
package_prepare() {
    local dir=$build/unbound-package
    [[ -f $dir/prepared && $(<"$dir/prepared") == "$(package_key)" ]] && return
    step "preparing the source of Unbound $(package_version)"
    rm -rf "$dir"
    mkdir -p "$dir"
    must unbound-unpack dpkg-source --no-copy -x "$apt_dir"/files/unbound_*.dsc "$dir/src"
    must unbound-change package_change "$dir/src"
    write_file "$dir/prepared" "$(package_key)"
    step_done
}

# package_change SRC: the options, the version, the virtual package, the headers' package.
package_change() {
    local rules=$1/debian/rules abi
    abi=$(cd "$1" && find . -name '*.h' -o -name config.h.in | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c 1-12)
    # Once, behind the option of the other kind of module, in the configuration of the daemon.
    sed -i "s/^\([[:blank:]]*\)--with-pythonmodule \\\\\$/&\n\1--with-dynlibmodule MODULE_ABI=$abi \\\\/" "$rules" || return
    [[ $(grep -c -- --with-dynlibmodule "$rules") == 1 ]] ||
        { echo "debian/rules is of another form: --with-pythonmodule is not found once"; return 1; }
    # The first stanza of the daemon; Provides there would be a second one.
    awk -v abi="unbound-module-abi-$abi" '
        /^Package: / { ours = $2 == "unbound" }
        ours && /^Provides:/ { exit 1 }
        { print }
        ours && /^Architecture:/ { print "Provides: " abi }' "$1/debian/control" >"$1/debian/control.new" ||
        { echo "debian/control: the package unbound provides something already"; return 1; }
    mv "$1/debian/control.new" "$1/debian/control"
    package_dev_stanza >>"$1/debian/control"
    ! grep -q '^execute_after_dh_auto_install' "$rules" ||
        { echo "debian/rules has an execute_after_dh_auto_install of its own"; return 1; }
    package_dev_rule >>"$rules"
    package_changelog "$1"
}

package_dev_stanza() {
    cat <<'STANZA'

Package: unbound-module-dev
Section: libdevel
Architecture: any
Depends: ${misc:Depends}
Description: headers of Unbound for modules that it loads
 The internal headers of the very build of Unbound that the package unbound
 of the same version holds, with its config.h. Modules for its loader
 (dynlib) are built with them.
STANZA
}

# package_dev_rule: the headers of the source, and those that configure and protoc have made over them.
package_dev_rule() {
    cat <<'RULE'

execute_after_dh_auto_install:
	dir=$(CURDIR)/debian/unbound-module-dev/usr/include/unbound-module; mkdir -p $$dir; \
	made=$$(dirname $$(grep -l '^#define WITH_DYNLIBMODULE 1' $$(find . -name config.h))); \
	find . \( -path ./debian -o -path ./b -o -path ./contrib -o -path ./testcode \) -prune -o \
	    -name '*.h' -print0 | xargs -0 cp --parents -t $$dir; \
	cd $$made && find . -name '*.h' -print0 | xargs -0 cp --parents -t $$dir && chmod -R u=rwX,go=rX $$dir
RULE
}

# package_changelog SRC: one entry more, of the day of the last one, so that the same source gives the same packages.
package_changelog() {
    local log=$1/debian/changelog
    {
        printf 'unbound (%s) %s; urgency=medium\n\n' "$(package_version)" "$(dpkg-parsechangelog -l "$log" -S Distribution)"
        printf '  * Rebuilt with --with-dynlibmodule, and with the headers for modules.\n\n'
        printf ' -- %s <%s>  %s\n\n' "${DEBFULLNAME:-build-unbound-package}" \
            "${DEBEMAIL:-root@localhost}" "$(dpkg-parsechangelog -l "$log" -S Date)"
        cat "$log"
    } >"$log.new" && mv "$log.new" "$log"
}

# package_build: -nc goes on with what an interrupted run has built.
package_build() {
    step "building the packages of Unbound $(package_version), some minutes"
    must unbound-package package_run "$build/unbound-package/src"
    step_done
}

package_run() {
    cd "$1" || return
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$build" LC_ALL=C.UTF-8 \
        DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$jobs" dpkg-buildpackage -b -us -uc -nc
}

# package_problem DIR: why the new packages are not what they should be; nothing when they are.
package_problem() {
    local dir=$build/unbound-package/try about deb=("$1"/unbound_*.deb)
    rm -rf "$dir"
    dpkg-deb -x "${deb[0]}" "$dir" || { echo "no package unbound was built"; return; }
    about=$("$dir/usr/sbin/unbound" -V 2>&1) || { echo "the new unbound -V fails: ${about%%$'\n'*}"; return; }
    grep -q '^Linked modules:.* dynlib\>' <<<"$about" || { echo "the new unbound has no module loader"; return; }
    [[ $(nm -D --defined-only "$dir/usr/sbin/unbound") == *inplace_cb_register* ]] ||
        { echo "the new unbound exports no symbols to modules"; return; }
    [[ "$(dpkg-deb -f "${deb[0]}" Provides)" == unbound-module-abi-* ]] || echo "the new unbound provides no ABI"
    rm -rf "$dir"
}

# package_hand_over: to the output folder, what counts last.
package_hand_over() {
    local from=$build/unbound-package problem debs
    problem=$(package_problem "$from")
    [[ -z $problem ]] || fail "the new packages cannot be used: $problem" "the whole log: $logs/unbound-package.log"
    rm -f "$output/complete"
    debs=("$from"/*.deb)
    cp "${debs[@]}" "$output/"
    (cd "$from" && printf '%s\n' unbound_*.deb) >"$output/install"
    {
        package_key
        printf '\n'
        (cd "$output" && sha256sum -- "${debs[@]##*/}")
    } >"$output/complete.new"
    mv "$output/complete.new" "$output/complete"
    rm -rf "$from"
}
