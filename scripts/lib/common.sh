# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What scripts/setup and scripts/env share: messages, logs, the paths of a tree.
#
# The caller sets `me` (its name in messages) and `root` (the top of the tree).
# Exit codes: 0 fine, 2 usage, 3 broken system.

build=$root/build
logs=$build/log
quiet=${quiet:-no}
step_open=no
step_began=0

# step TEXT: announces what takes a while; step_done [NOTE] ends the line.
step() {
    step_break
    step_began=$SECONDS
    [[ $quiet == yes ]] && return 0
    printf '%s: %s ...' "$me" "$1"
    step_open=yes
}

step_done() {
    local took=$((SECONDS - step_began)) note=${1:-done}
    [[ $quiet == yes ]] && return 0
    if ((took > 1)); then
        printf ' %s, %d s\n' "$note" "$took"
    else
        printf ' %s\n' "$note"
    fi
    step_open=no
}

say() {
    step_break
    [[ $quiet == yes ]] || printf '%s: %s\n' "$me" "$*"
}

# step_break: whoever prints in the middle of a step starts on a fresh line.
step_break() {
    [[ $step_open == no ]] || printf '\n'
    step_open=no
}

warn() {
    step_break
    printf '%s: %s\n' "$me" "$*" >&2
}

# fail TEXT...: each argument is a line; the first says what is wrong.
fail() {
    step_break
    printf '%s: %s\n' "$me" "$1" >&2
    shift
    (($# == 0)) || printf '    %s\n' "$@" >&2
    exit 3
}

usage_error() {
    printf '%s: %s\n' "$me" "$1" >&2
    printf '%s\n' "Try '$me --help'." >&2
    exit 2
}

# logged NAME COMMAND...: long output goes to build/log/NAME.log. Returns the command's
# status. The subshell keeps our own output out of the log when a signal comes.
logged() {
    local name=$1 status=0
    shift
    mkdir -p "$logs"
    ("$@") >"$logs/$name.log" 2>&1 </dev/null || status=$?
    return "$status"
}

# must NAME COMMAND...: as logged, and ends the run with the log's tail on failure.
must() {
    logged "$@" && return 0
    step_break
    tail -n 20 "$logs/$1.log" >&2
    fail "this failed: ${*:2}" "the whole log: $logs/$1.log"
}

# quote TEXT: as one word for any POSIX shell.
quote() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

# write_file PATH TEXT: whole or not at all, whatever interrupts us.
write_file() {
    printf '%s\n' "$2" >"$1.new"
    mv -f "$1.new" "$1"
}
