#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# No environment variable is honoured by a program that has other rights than who calls it: the tool,
# and an Unbound with the module, each with the set-uid bit of a user, called by another one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
((EUID == 0)) || { echo '1..0 # SKIP not root: nobody else can call'; exit 77; }
[[ -z ${TG_SANITIZED:-} ]] || { echo '1..0 # SKIP a sanitizer goes by its environment'; exit 77; }
owner=64996    # of the programs with the bit

as_nobody() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$@"; }

# has NAME VARIABLE=VALUE TEXT ARG...: without the bit the tool goes by the variable: what it says has
# that text; with it not.
has() {
    local name=$1 variable=$2 text=$3 bit said
    shift 3
    for bit in 0755 4755; do
        chmod "$bit" "$world_dir/tldguard"
        said=$(cd "$world_dir/open" && as_nobody env "$variable" "$world_dir/tldguard" "$@" 2>&1) || true
        if [[ $bit == 0755 ]]; then
            holds "$name: it goes by $variable" "$said" "$text"
        elif [[ $said == *"$text"* ]]; then
            not_ok "$name, set-uid: it does not" "$said"
        else
            ok "$name, set-uid: it does not"
        fi
        rm -f "$world_dir"/open/*
    done
}

test_tool() {
    cp "$TLDGUARD" "$world_dir/tldguard"
    chown "$owner" "$world_dir/tldguard"
    mkdir -m 1777 "$world_dir/open"
    cp "$live_policy" "$world_dir/policy.yaml"
    has status "TLDGUARD_CONF=$world_dir/nowhere.conf" nowhere.conf status
    has suggest "TLDGUARD_DATA=$world_dir/nowhere" "$world_dir/nowhere" suggest mil
    has show SOURCE_DATE_EPOCH=86400 1970-01-02 show "$world_dir/policy.yaml"
    has 'show, of text' "TMPDIR=$world_dir/nowhere" "$world_dir/nowhere" show "$world_dir/policy.yaml"
}

# What the module is built to read, where no variable says otherwise.
default_conf() { grep -aoE '/[[:graph:]]+/tldguard\.conf' "$world_dir/tldguard.so" | head -n 1; }

# shellcheck disable=SC2317
world_unbound_command() {
    world_command=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups
        env "TLDGUARD_CONF=$world_dir/tldguard.conf" "$world_dir/unbound" -d -p -c "$world_dir/unbound.conf")
}
eval "$(declare -f world_unbound_conf | sed '1s/world_unbound_conf/conf_as_ever/')"
# shellcheck disable=SC2317
world_unbound_conf() {
    conf_as_ever "$1" | sed -e 's/username:.*/username: ""/' -e 's/control-enable: yes/control-enable: no/'
}

test_module() {
    [[ ! -e $(default_conf) ]] || { ok "the module # SKIP there is a $(default_conf)"; return; }
    cp "$UNBOUND_PREFIX/sbin/unbound" "$world_dir/unbound"
    chown "$owner" "$world_dir/unbound"
    chmod 0755 "$world_dir/unbound"
    check 'the module goes by TLDGUARD_CONF' world_start unbound
    ask army.ml A
    is 'and protects' "$(field rcode)" NXDOMAIN
    world_stop unbound
    chmod 4755 "$world_dir/unbound"
    ! world_start unbound || not_ok 'the module, set-uid: it does not, and there are no other settings' 'it has started'
    holds 'the module, set-uid: it does not' "$(<"$world_dir/unbound.log")" "$(default_conf): error: cannot be read"
}

live_create
! findmnt -no OPTIONS --target "$world_dir" | grep -qw nosuid || { echo "1..0 # SKIP $world_dir is on a file system without set-uid"; exit 77; }
test_tool
test_module
live_end
