# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What policy-host and pull-policy share, on the host of a resolver: a private folder for a policy that
# comes in, and the tool.
#
# The caller sets `me`, its name in messages.

tool=tldguard
conf=()                  # its options that name the settings
policy=''                # where the settings say that it is
incoming=''              # the folder
most=$((1024 * 1024 * 1024)) # octets of an image, as the module has it

# broken TEXT: one line, exit 3.
broken() {
    printf '%s: error: %s\n' "$me" "$1" >&2
    exit 3
}

usage_error() {
    printf '%s: %s\n' "$me" "$1" >&2
    exit 2
}

# number NAME TEXT LEAST MOST: bounded by its digits first, so that no arithmetic overflows.
number() {
    if [[ ! $2 =~ ^(0|[1-9][0-9]{0,9})$ ]] || (($2 < $3 || $2 > $4)); then
        usage_error "$1 is a number from $3 to $4"
    fi
}

check_programs() {
    command -v "$tool" >/dev/null || broken "$tool is not there: is tldguard installed on this host?"
}

# run COMMAND ARG...: of the tool; whatever ends it, the exit code is one of its own.
run() {
    local code=0
    "$tool" "$1" ${conf[@]+"${conf[@]}"} "${@:2}" || code=$?
    ((code <= 3)) || code=3
    return "$code"
}

# find_policy: where the settings say that the policy is; what lies there may be bad.
find_policy() {
    policy=$(run history --place) || exit "$?"
    [[ $policy == /*/* ]] || broken "the policy's path is not absolute: $policy"
}

end_incoming() {
    [[ -z $incoming ]] || rm -rf -- "$incoming"
}

# open_incoming: a folder for what comes in, beside the policy, for one at a time. Whoever holds the
# lock may remove what others have left: the tool holds it as long as it works.
open_incoming() {
    local folder=${policy%/*} who
    # Root would leave a lock that the account cannot open, and follow what the account has put there.
    [[ -O $folder ]] || broken "$folder: belongs to another user than $(id -un): run as that one"
    [[ ! -L $folder/.incoming.lock ]] || broken "$folder/.incoming.lock: is a link"
    # Who can open the lock can hold it.
    umask 077
    { exec 9>>"$folder/.incoming.lock"; } 2>/dev/null || broken "$folder: cannot write there"
    chmod 600 -- "$folder/.incoming.lock"
    umask 022
    if ! flock -n 9; then
        who=$(head -c 200 "$folder/.incoming.lock" | tr -dc ' -~')
        broken "another push hands in a policy here${who:+: $who}"
    fi
    find "$folder" -maxdepth 1 -type d -name '.incoming.??????' -exec rm -rf {} + || true
    trap end_incoming EXIT
    trap 'exit 3' HUP INT TERM
    who=${SSH_CONNECTION:-}
    # On a full disk without the text.
    printf 'from %s, since %s, pid %d\n' "${who%% *}" "$(date -u +%FT%TZ)" "$$" 2>/dev/null \
        >"$folder/.incoming.lock" || true
    if ! who=$(mktemp -d "$folder/.incoming.XXXXXX" 2>&1); then
        broken "$folder: cannot make a folder there: ${who##*: }"
    fi
    incoming=$who
}
