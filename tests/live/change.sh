# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of activate and rollback share; to be sourced behind lib.sh. In $dir is what a test
# makes, $conf are the settings; policies differ in their serial, and in what they make of army.ml.

export TLDGUARD_DATA=${TLDGUARD_DATA:-$TG_SRC/policy/tables}
block='{name: army.ml, type: MX, expect: block}'

# compile FILE SERIAL MODE [CANARY...]
compile() {
    {
        printf '%s\n' "serial: $2" 'answer: {ttl: 2}' 'tlds:' "  - {tld: ml, targets: [mil], mode: $3}"
        (($# < 4)) || printf '%s\n' 'canary:' "${@/#/  - }" | sed '2,4d'
    } >"$dir/policy.yaml"
    "$TLDGUARD" compile -q "$dir/policy.yaml" -o "$1" || bail "the policy does not compile"
}

# signed SERIAL MODE [CANARY...]: in $dir/new.cdb.
signed() {
    compile "$dir/new.cdb" "$@"
    "$TLDGUARD" sign -q -s "$dir/key" "$dir/new.cdb" || bail "cannot sign"
}

# tool ARG...: sets code, out, err.
tool() {
    code=0
    out=$("$TLDGUARD" "$@" 2>"$dir/err") || code=$?
    err=$(<"$dir/err")
}

# says NAME CODE PART...: the exit code of the last one; each part stands in the one line of it.
says() {
    local all=$out$err part fault=''
    [[ $code == "$2" ]] || fault+="it ends with $code, not $2; "
    [[ $all != *$'\n'* ]] || fault+="more than one line; "
    for part in "${@:3}"; do [[ $all == *"$part"* ]] || fault+="not in it: $part; "; done
    if [[ -z $fault ]]; then ok "$1"; else not_ok "$1" "$fault" "$all"; fi
}

# What is there of the active policy, and its pair counts.
placed() { (cd "$world_dir" && sha256sum policy.cdb policy.cdb.minisig 2>/dev/null); }
mode_now() {
    ask army.ml A
    [[ $(field rcode) == NXDOMAIN ]] && echo block || echo monitor
}
# in_force: the serial that the module says.
in_force() { "$TLDGUARD" status -c "$conf" 2>/dev/null | sed -n 's/^policy.serial=//p'; }
# leaves NAME SERIAL MODE: this one is active, its signature fits, and it answers so.
leaves() {
    tool history -c "$conf" --json
    is "$1: serial $2 is active" "$(jq .active.serial <<<"$out") $err" "$2 "
    is "$1: and in force" "$(mode_now)" "$3"
    is "$1: nothing else lies about" "$(find "$world_dir" -maxdepth 1 -name '*policy.cdb*' -printf '%f\n' | sort | paste -sd ' ')" \
        'policy.cdb policy.cdb.lock policy.cdb.minisig'
}


# change_begin: a resolver with policy serial 1, which only watches, and a key that it trusts.
change_begin() {
    live_create
    dir=$world_dir/me conf=$world_dir/tldguard.conf
    mkdir "$dir"
    "$TLDGUARD" keygen -W "$dir/key" >/dev/null || bail "no keys"
    compile "$world_dir/policy.cdb" 1 monitor
    "$TLDGUARD" sign -q -s "$dir/key" "$world_dir/policy.cdb" || bail "cannot sign"
    printf 'resolver: 127.0.0.1@53\ntrusted-keys: %s\n' "$(sed -n 2p "$dir/key.pub")" >>"$conf"
    world_start unbound || bail "$world_error"
    sed -i "s/^resolver:.*/resolver: 127.0.0.1@$world_unbound_port/" "$conf"
}
