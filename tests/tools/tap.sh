# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# TAP for the tests of the tool. A test sources it, works in $work, and ends with tap_end.
# Environment: TLDGUARD, the tool. Exit: 0 all passed, 1 some failed.
tool=${TLDGUARD:?the path of the tldguard tool}
tool=$(cd "$(dirname "$tool")" && pwd -P)/$(basename "$tool")
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
tap_count=0
tap_failed=0

# is NAME GOT WANTED
is() {
    tap_count=$((tap_count + 1))
    if [[ $2 == "$3" ]]; then
        echo "ok $tap_count - $1"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_count - $1"
        diff -u <(echo "$3") <(echo "$2") | sed 's/^/# /'
    fi
}

# run ARG...: of the tool; output in $out, messages in $err, exit code in $code.
run() {
    code=0
    out=$("$tool" "$@" 2>err.txt) || code=$?
    err=$(cat err.txt)
}

tap_end() {
    echo "1..$tap_count"
    ((tap_failed == 0)) || exit 1
    exit 0
}
