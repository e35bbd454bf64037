#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the resolver does when it cannot protect: it does not start, and says why, unless
# the settings say to pass. And what a reload must not break.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# begin_anew: everything as it must be, but for what the last case left.
begin_anew() {
    world_stop unbound
    rm -rf "$world_dir/policy.cdb" "$world_dir/log" "$world_dir/tldguard.conf"
    mkdir "$world_dir/log"
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/log"
    cp "$world_dir/good.cdb" "$world_dir/policy.cdb"
    cp "$world_dir/good.so" "$world_dir/tldguard.so"
    world_settings refuse
}

# refuses NAME PART...: Unbound ends with a failure, and its log has these parts. What has
# been spoilt before stays, for passes.
refuses() {
    local name=$1 part log missing=()
    shift
    if world_start unbound; then
        not_ok "$name: refuses to start" "it has started"
        return
    fi
    log=$(<"$world_dir/unbound.log")
    for part in "$@"; do
        [[ $log == *"$part"* ]] || missing+=("not in its log: $part")
    done
    ((world_status > 0 && world_status < 126)) || missing+=("exit status $world_status")
    if ((${#missing[@]} == 0)); then
        ok "$name: refuses to start, and says: $*"
    else
        not_ok "$name: refuses to start" "${missing[@]}" "$log"
    fi
}

# passes NAME: the same, but with on-error: pass.
passes() {
    world_settings pass
    if ! world_start unbound; then
        not_ok "$1, on-error: pass: starts" "$world_error"
        return
    fi
    holds "$1, on-error: pass: says so" "$(<"$world_dir/unbound.log")" "NOT PROTECTING"
    ask army.ml A
    is "$1, on-error: pass: resolves" "$(field answer)" "army.ml. 300 IN A 203.0.113.66"
    ask -e army.om MX
    is "$1, on-error: pass: resolves what is watched" "$(field answer)" "army.om. 300 IN MX 10 mail.army.om."
}

test_images() {
    local image=$world_dir/policy.cdb size at
    size=$(stat -c %s "$image")
    begin_anew; rm "$image"
    refuses "missing image" "$image" "No such file"
    passes "missing image"
    begin_anew; : >"$image"
    refuses "empty image" "$image"
    for at in $((size - 1)) $((size / 2)) 100; do
        begin_anew; truncate -s "$at" "$image"
        refuses "image cut to $at of $size bytes" "$image"
    done
    passes "cut image"
    begin_anew; printf '\377' | dd of="$image" bs=1 seek=$((size - 200)) conv=notrunc status=none
    refuses "image with one octet changed" "$image" "damaged"
    begin_anew; cp /bin/ls "$image"
    refuses "another kind of file" "$image"
    begin_anew; cp "$live_policy" "$image"
    refuses "the policy's text" "$image"
    begin_anew; rm "$image"; mkdir "$image"
    refuses "a folder for an image" "$image"
    begin_anew; rm "$image"; mkfifo "$image"
    refuses "a FIFO for an image" "$image"
    begin_anew; chmod 000 "$image"
    refuses "unreadable image" "$image" "Permission denied"
}

test_settings() {
    local conf=$world_dir/tldguard.conf
    begin_anew; rm "$conf"
    refuses "missing settings" "$conf" "No such file"
    begin_anew; sed -i 's/^policy:/polcy:/' "$conf"
    refuses "settings with a wrong key" "$conf:2:1:" "polcy"
    begin_anew; sed -i 's/refuse/maybe/' "$conf"
    refuses "settings with a wrong value" "$conf:4:" "maybe"
    begin_anew; sed -i 's,"/[^"]*/,",' "$conf"
    refuses "settings with relative paths" "$conf:2:" "$conf:3:"
    begin_anew; echo '{' >"$conf"
    refuses "settings that are no YAML" "$conf:"
}

test_logs() {
    local user=${world_user:-$(id -un)}
    begin_anew; chmod 0555 "$world_dir/log"; [[ -z $world_user ]] || chown root "$world_dir/log"
    refuses "unwritable log folder" "$live_log" "Permission denied" "$user"
    passes "unwritable log folder"
    begin_anew; rmdir "$world_dir/log"
    refuses "missing log folder" "$live_log" "folder does not exist"
    begin_anew; : >"$live_log"; chmod 0444 "$live_log"
    refuses "unwritable log" "$live_log" "Permission denied" "$user"
    begin_anew; mkdir "$live_log"
    refuses "a folder for a log" "$live_log"
    begin_anew; mkfifo -m 0666 "$live_log"
    refuses "a FIFO for a log" "$live_log"
    begin_anew; ln -s "$world_dir/elsewhere" "$live_log"
    refuses "a symbolic link for a log" "$live_log"
}

# unbound_with FROM TO: an Unbound that says another text of itself, of the same length.
unbound_with() {
    LC_ALL=C sed "s/$(sed 's/[.[\*^$/]/\\&/g' <<<"$1")/$2/g" "$UNBOUND_PREFIX/sbin/unbound" >"$world_dir/unbound"
    chmod a+x "$world_dir/unbound"
    world_unbound_program=$world_dir/unbound
}

# A module of another Unbound would read the wrong memory: it never runs, whatever
# on-error says.
test_foreign() {
    local version other
    version=$("$UNBOUND_PREFIX/sbin/unbound" -V | sed -n 's/^Version //p')
    other=$(tr 0-9 1-90 <<<"$version")
    begin_anew; world_settings pass; unbound_with "unbound $version" "unbound $other"
    refuses "an Unbound of another version" "unbound $version" "unbound $other"
    begin_anew; world_settings pass; unbound_with "--with-dynlibmodule " "--with-dynlibmodule="
    refuses "an Unbound with other options" "other options" "--with-dynlibmodule " "--with-dynlibmodule="
    world_unbound_program=''
}

# misplaced MODULES WANTED [NAME]: refuses to start in this order, and starts in the one it names.
misplaced() {
    local line
    begin_anew
    world_unbound_more="    module-config: \"$1\""
    refuses "$1" "module-config: \"$2\"" "$3"
    line=$(sed -n 's/.*write  \(module-config: ".*"\)$/\1/p' "$world_dir/unbound.log")
    world_unbound_more="    $line"
    if ! world_start unbound; then
        not_ok "$1: starts in the order that was named" "$line" "$world_error"
        return
    fi
    ask army.ml A
    is "$1: protects in the order that was named" "$(field rcode)" NXDOMAIN
    ask army.mil A
    is "$1: resolves in the order that was named" "$(field answer)" "army.mil. 300 IN A 198.51.100.10"
}

# linked MODULE: whether this Unbound has it.
linked() { "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q "^Linked modules:.* $1\>"; }

test_order() {
    misplaced "validator iterator dynlib" "dynlib validator iterator" iterator
    # It would store what is bogus, whatever we say; and we would log answers that it withholds.
    misplaced "validator dynlib iterator" "dynlib validator iterator" "the module validator"
    misplaced "iterator dynlib" "dynlib iterator" iterator
    if linked dns64; then
        misplaced "dynlib dns64 validator iterator" "dns64 dynlib validator iterator" dns64
    else
        ok "dns64 # SKIP this Unbound has none"
    fi
    if linked subnetcache; then
        misplaced "subnetcache dynlib validator iterator" "dynlib subnetcache validator iterator" subnetcache
        misplaced "subnetcache validator dynlib dns64 iterator" "dns64 dynlib subnetcache validator iterator" subnetcache
        test_subnets
    else
        ok "subnetcache # SKIP this Unbound has none"
    fi
    if linked cachedb; then
        misplaced "validator cachedb dynlib iterator" "dynlib validator cachedb iterator" cachedb
    else
        ok "cachedb # SKIP this Unbound has none"
    fi
    world_unbound_more=''
}

# shellcheck disable=SC2317
waiting() { world_control stats_noreset | sed -n 's/^total.requestlist.current.user=//p'; }
# shellcheck disable=SC2317
wait_apart() { [[ $(waiting) == 3 ]]; }

# RFC 7871: with client subnets, Unbound must not let clients wait for one answer together.
test_subnets() {
    local asking i
    ask army.mil MX
    hold
    for i in 1 2 3; do echo "127.0.0.$i udp slow.example.com A"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -w 9000 -j 3 -l <"$world_dir/list" >"$world_dir/answers" &
    asking=$!
    check "subnetcache: clients wait apart" live_until wait_apart
    release
    wait "$asking" || true
}

# shellcheck disable=SC2317
started() { (($(grep -c 'start of service' "$world_dir/unbound.log") >= $1)); }

# What Unbound opens for good, it has opened after its first reload.
reload_and_wait() {
    world_control reload >/dev/null
    live_until started "$1"
    ask army.mil A
}

# Questions while it reloads: each one answered right, each one in the log, and nothing
# of an instance that is gone stays behind.
test_reload() {
    local answers asking before i reloads=()
    begin_anew
    world_threads=2
    world_start unbound || bail "$world_error"
    reload_and_wait 2
    before=$(holdings)
    for ((i = 0; i < 4000; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml A"; done >"$world_dir/list"
    "$live_client" -p "$world_unbound_port" -j 4 -l <"$world_dir/list" >"$world_dir/answers" &
    asking=$!
    for i in 1 2 3 4 5; do
        reloads+=("$(world_control reload 2>&1 | head -n 1)")
        ((i > 1)) || check "reload: while there are questions" kill -0 "$asking"
    done
    wait "$asking" || true
    is "reload: five times" "${reloads[*]}" "ok ok ok ok ok"
    answers=$(awk '{ print $4 }' "$world_dir/answers" | sort | uniq -c | xargs)
    is "reload: each question is answered as it must be" "$answers" "4000 NXDOMAIN"
    check "reload: the events are written" live_await_events 4000
    is "reload: exactly one event for each" "$(jq -r '.source.ip + " " + (.source.port | tostring)' "$live_log" | sort)" \
        "$(awk '{ print $1, $2 }' "$world_dir/answers" | sort)"
    is "reload: no event has another's number" "$(jq -r .event.id "$live_log" | sort | uniq -d)" ""
    check "reload: it has ended" live_until started 7
    live_until holds_as_before "$before" || true
    is "reload: no thread and no file is left" "$(holdings)" "$before"
    is "reload: nothing wrong in its log" "$(grep -ci 'error\|warning' "$world_dir/unbound.log")" 0
}

live_create
mv "$world_dir/policy.cdb" "$world_dir/good.cdb"
mv "$world_dir/tldguard.so" "$world_dir/good.so"
begin_anew
test_images
test_settings
test_logs
test_foreign
test_order
test_reload
live_end
