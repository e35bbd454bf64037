# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Unbound's own test scripts (testdata/*.rpl, *.crpl), replayed by its own test program,
# testbound: a whole Unbound whose clock and network come from a script. Needs common.sh and
# what scripts/env prints.

suite_seconds=120 # one script takes some hundredths; beyond this it hangs

# suite_open: where things are. A version of Unbound has a folder of its own.
suite_open() {
    suite_version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$UNBOUND_SRC/config.h")
    suite_dir=$build/suite/unbound-$suite_version
    suite_src=$suite_dir/src
    suite_out=$build/suite/out
    suite_taps=$build/suite/tests
}

# suite_key: what a finished suite/unbound-*/complete says; the program's sum stands for its source.
suite_key() {
    printf '%s\n' "$UNBOUND_SRC"
    cksum <"$UNBOUND"
    cksum <"$UNBOUND_SRC/config.h"
}

# suite_build: testbound, of the objects of the very Unbound. In a copy: what scripts/setup
# built stays as it is. Nobody builds testbound for modules to be loaded, so it exports no
# symbols unless told to.
suite_build() {
    local key flags
    key=$(suite_key)
    [[ -f $suite_dir/complete && $(<"$suite_dir/complete") == "$key" ]] && return 0
    step "building testbound of Unbound $suite_version"
    rm -rf "$suite_dir"
    mkdir -p "$suite_dir"
    cp -a "$UNBOUND_SRC" "$suite_src"
    flags=$(sed -n 's/^LDFLAGS=//p' "$suite_src/Makefile")
    must testbound make -C "$suite_src" testbound LDFLAGS="$flags -export-dynamic"
    # It reads the default of its own config_file.c, which is testbound's, too.
    write_file "$suite_dir/modules" "$("$UNBOUND_PREFIX/sbin/unbound-checkconf" -o module-config /dev/null)"
    write_file "$suite_dir/complete" "$key"
    step_done
}

# suite_scripts: the scripts of this Unbound, one a line.
suite_scripts() {
    find "$suite_src/testdata" -maxdepth 1 \( -name '*.rpl' -o -name '*.crpl' \) | LC_ALL=C sort
}

# suite_prepare SCRIPT: the script with our module in front of the others. dns64 alone stays
# before it: it works only when the question comes to it first.
#
# testbound gives a client no address, not even a family, unless the script names one. No
# client of a real Unbound is like that, and the module would take it for an Unbound of another
# layout. 127.0.0.1 is allowed by default, as the client without an address is.
suite_prepare() {
    awk -v so="$TLDGUARD_MODULE" -v modules="$(<"$suite_dir/modules")" '
        function ours(list) {
            if (list ~ /^dns64 /)
                sub(/^dns64 /, "dns64 dynlib ", list)
            else
                list = "dynlib " list
            return "\tmodule-config: \"" list "\""
        }
        /^[ \t]*CONFIG_END/ && !ended {
            if (!given)
                print "server:\n" ours(modules)
            print "dynlib:\n\tdynlib-file: \"" so "\""
            ended = 1
        }
        /^[ \t]*module-config:/ && !ended {
            gsub(/^[ \t]*module-config:[ \t]*["\047]?[ \t]*|["\047]?[ \t\r]*$/, "")
            $0 = ours($0)
            given = 1
        }
        /^[ \t]*STEP[ \t]+[0-9]+[ \t]+QUERY/ && !/ADDRESS/ { sub(/QUERY/, "QUERY ADDRESS 127.0.0.1") }
        { print }' "$1"
}

# suite_compile POLICY: to suite/out/POLICY.cdb.
suite_compile() {
    local text
    # Its warnings are meant.
    text=$("$TLDGUARD" compile -q "$root/tests/suite/$1.yaml" -o "$suite_out/$1.cdb" 2>&1) ||
        fail "tests/suite/$1.yaml does not compile" "$text"
}

# suite_names: to suite/out/names, each word of the scripts that could be a name, as the
# question of a client.
suite_names() {
    suite_scripts | xargs cat | LC_ALL=C grep -aoE '[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*' |
        tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -u | awk '{ print "203.0.113.1 " $0 " MX" }' >"$suite_out/names"
}

# suite_lists_none POLICY: no name of the scripts is blocked, not even one that only Unbound
# itself asks for. That none is watched is told by the event log.
suite_lists_none() {
    "$TLDGUARD" replay --log "$suite_out/names" --max-newly-blocked 0 "$suite_out/$1.cdb" \
        >"$suite_out/$1.names" 2>&1
}

# suite_wanted SCRIPT, suite_events DIR: the messages of the events, in their order. A script
# of ours tells what it wants in comments.
suite_wanted() {
    sed -n 's/^; event: //p' "$1"
}

suite_events() {
    sed 's/.*"message":"\([^"]*\)".*/\1/' "$1/block.jsonl"
}

# suite_fault DIR WANTED: what was wrong although the script was content; nothing when all is
# well. WANTED are the events. Without a process for what is well: there are many scripts.
suite_fault() {
    local said got=''
    IFS= read -r -d '' said <"$1/output" || true
    if [[ $said != *'info: tldguard '*': policy serial'* ]]; then
        echo 'the module was not loaded'
    elif [[ $said == *'error: tldguard'* ]]; then # also when it says that it is passive
        sed -n '/error: tldguard/{s/.*error: //p;q}' "$1/output"
    elif [[ ! -f $1/block.jsonl ]]; then
        echo 'no event log'
    else
        [[ ! -s $1/block.jsonl ]] || got=$(suite_events "$1")
        [[ $got == "$2" ]] || echo "events: ${got//$'\n'/; }"
    fi
}

# suite_one MODE SCRIPT: prints its name and how it ended, with a tab between. MODE is
# without (the script as it is), or the name of a policy: own is that of our scripts, which
# tell the events they want.
suite_one() {
    local mode=$1 name=${2##*/} dir=$suite_out/$1/${2##*/} status=0 end=pass wanted='' fault
    mkdir -p "$dir"
    # Some scripts name files of the source; the rest of what they write stays in here.
    ln -s "$suite_src/testdata" "$dir/testdata"
    if [[ $mode == without ]]; then
        cp "$2" "$dir/$name"
    else
        suite_prepare "$2" >"$dir/$name"
        printf '%s\n' "policy: $suite_out/$mode.cdb" "log: $dir/block.jsonl" "stats: $dir/figures" >"$dir/tldguard.conf"
    fi
    (cd "$dir" && TLDGUARD_CONF=$dir/tldguard.conf timeout --foreground "$suite_seconds" \
        "$suite_src/testbound" -p "$name" >output 2>&1 </dev/null) || status=$?
    if ((status != 0)); then
        # The reason, without what differs from run to run.
        end="exit $status: $(tail -n 1 "$dir/output" | tr -d '\r\t' | sed 's/^\[[0-9]*\] [^ ]* //')"
    elif [[ $mode != without ]]; then
        [[ $mode != own ]] || wanted=$(suite_wanted "$2")
        fault=$(suite_fault "$dir" "$wanted")
        [[ -z $fault ]] || end="pass, but $fault"
    fi
    printf '%s\t%s\n' "$name" "$end"
}

# suite_replay MODE: all scripts of standard input; how each ended, to suite/out/MODE.ends.
suite_replay() {
    local mode=$1 all done=0 line
    local -a scripts
    mapfile -t scripts
    all=${#scripts[@]}
    export -f suite_one suite_prepare suite_fault suite_wanted suite_events
    export suite_dir suite_src suite_out suite_seconds TLDGUARD_MODULE
    # shellcheck disable=SC2016 # for the inner shell
    printf '%s\0' "${scripts[@]}" |
        xargs -0 -n 8 -P "$(nproc)" bash -c 'for f in "${@:2}"; do suite_one "$1" "$f"; done' _ "$mode" |
        while read -r line; do
            printf '%s\n' "$line"
            done=$((done + 1))
            [[ $quiet == yes || ! -t 2 ]] || printf '\r%s: %s %d/%d ' "$me" "$mode" "$done" "$all" >&2
        done | LC_ALL=C sort >"$suite_out/$mode.ends"
    [[ $quiet == yes || ! -t 2 ]] || printf '\r\033[K' >&2
    # A script that left no line would be one that nobody misses.
    (($(wc -l <"$suite_out/$mode.ends") == all)) || fail "$mode: not all of $all scripts were run"
}

# suite_judge MODE: TAP of scripts of ours, which must pass.
suite_judge() {
    awk -F '\t' -v mode="$1" '
        $2 == "pass" { print "ok " NR " - " mode ": " $1; next }
        { print "not ok " NR " - " mode ": " $1 "\n#   " $2 }
        END { print "1.." NR }' "$suite_out/$1.ends"
}

# suite_compare MODE: TAP, first that the policy is as it must be, then a script a line. One
# that fails without the module tells nothing, but must fail with it in the same way.
suite_compare() {
    if suite_lists_none "$1"; then
        printf 'ok 1 - %s: lists no name of the scripts\n' "$1"
    else
        printf 'not ok 1 - %s: lists no name of the scripts\n' "$1"
        sed 's/^/#   /' "$suite_out/$1.names"
    fi
    LC_ALL=C join -t $'\t' "$suite_out/without.ends" "$suite_out/$1.ends" | awk -F '\t' -v mode="$1" '
        { name = NR + 1 " - " mode ": " $1 }
        $2 != $3 { print "not ok " name "\n#   without: " $2 "\n#   with:    " $3; next }
        $2 != "pass" { print "ok " name " # SKIP without the module, too: " $2; next }
        { print "ok " name }
        END { print "1.." NR + 1 }'
}
