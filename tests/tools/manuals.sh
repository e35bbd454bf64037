#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The manuals: each subcommand has a page, and each option of --help stands in it, and the reverse.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
manuals=$(cd "$tests/../../tools" && pwd -P)

# The options of a help text, and of a page's list: "-q, --quiet" and its argument or none. That
# there is --help for each is told in the overview.
of_help() {
    sed -n 's/^  \(-[A-Za-z], --[a-z-]*\)\( [A-Z-]\{1,\}\)\{0,1\} .*/\1\2/p' <<<"$1" |
        sed 's/ [A-Z-]*$/ ARGUMENT/' | grep -v -e '-h, --help' | sort
}
of_page() {
    sed -n 's/^\.It Fl \([A-Za-z]\) , -\([a-z-]*\)\( Ar .*\)\{0,1\}$/-\1, --\2\3/p' "$1" |
        sed 's/ Ar .*/ ARGUMENT/' | grep -v -e '-h, --help' | sort
}

run --help
is 'help' "$code$err" 0
commands=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' <<<"$out")
is 'the overview names them' "$(sed -n 's/^\.It Cm //p' "$manuals/tldguard.1" | sort)" "$(sort <<<"$commands")"
for command in $commands; do
    page=$manuals/tldguard-$command.1
    run "$command" --help
    is "$command --help" "$code$err" 0
    is "$command: the page has these options" "$(of_page "$page")" "$(of_help "$out")"
    is "$command: they are some" "$(grep -c '^  -h, --help ' <<<"$out") $([[ -n $(of_help "$out") ]] && echo yes)" '1 yes'
    is "$command: the overview leads to it" "$(grep -c "^\.Xr tldguard-$command 1" "$manuals/tldguard.1")" 1
done
# The scripts of a fleet, as well.
scripts=$(cd "$tests/../../scripts" && pwd -P)
for script in push-policy fleet-status pull-policy policy-host mail-sinkhole; do
    page=$scripts/$script.1
    code=0
    out=$("$scripts/$script" --help 2>err.txt) || code=$?
    is "$script --help" "$code$(<err.txt)" 0
    is "$script: the page has these options" "$(of_page "$page")" "$(of_help "$out")"
    is "$script: they are some" "$(grep -c '^  -h, --help ' <<<"$out") $([[ -n $(of_help "$out") ]] && echo yes)" '1 yes'
    is "$script: an example" "$(grep -c '^Example: ' <<<"$out")" 1
done
if command -v mandoc >/dev/null; then
    is 'mandoc -T lint' "$(mandoc -T lint -W warning "$manuals"/*.1 "$scripts"/*.1)" ''
fi
tap_end
