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
# The scripts that administrators and hosts run have pages, too; for those of who works on tldguard --help
# is enough.
scripts=$(cd "$tests/../../scripts" && pwd -P)
developers=' setup quickstart check env figures coverage fuzz soak screenshot unbound-suite build-unbound-package '
for script in "$scripts"/*; do
    [[ -f $script && -x $script ]] || continue
    name=${script##*/}
    # A rule of the source, without any option.
    [[ $name != check-source ]] || continue
    page=$(compgen -G "$script.[1-8]")
    code=0
    out=$("$script" --help 2>err.txt </dev/null) || code=$?
    is "$name --help" "$code$(<err.txt)" 0
    is "$name: an example" "$(grep -c '^Example: *' <<<"$out")" 1
    [[ $developers != *" $name "* ]] || continue
    if [[ -z $page ]]; then
        is "$name: it has a page, scripts/$name.1, or is one of the developers' scripts" no yes
        continue
    fi
    is "$name: the page has these options" "$(of_page "$page")" "$(of_help "$out")"
    is "$name: they are some" "$(grep -c '^  -h, --help ' <<<"$out") $([[ -n $(of_help "$out") ]] && echo yes)" '1 yes'
done
# Every page, by the parts that people look for, and what its examples are made of. A page of the tool ends with an
# exit status.
docs_top=$(cd "$tests/../.." && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../docs/lib.sh
source "$docs_top/tests/docs/lib.sh"
export TLDGUARD_DATA=$docs_top/policy/tables
# literal PAGE [SECTION]: what is set as it stands, with a line --- between.
literal() {
    awk -v section="${2-}" '/^\.Sh / { in_it = section == "" || $0 == ".Sh " section }
        /^\.Bd / { on = 1; next } /^\.Ed/ { on = 0; print "---"; next } on && in_it' "$1" | sed 's/\\e$/\\/; s/\\e/\\/g'
}
# commands PAGE: those at a prompt, with the lines that they go on in.
commands() {
    literal "$1" | awk '/^[$#] / || more { sub(/^[$#] /, ""); print; more = /\\$/ }'
}
# shown PAGE: whether a whole policy, or settings, among its examples are such.
shown() {
    local block
    while IFS= read -r -d '' block; do
        case $block in
        serial:*)
            run check -q - <<<"$block"
            ((code <= 1)) || echo "$err" ;;
        policy:*)
            # Its key is that of the page, and not on this machine.
            grep -v '^trusted-keys: /' <<<"$block" >shown.conf
            run history --place --conf shown.conf
            [[ $code$err == 0 ]] || echo "$err" ;;
        esac
    done < <(literal "$1" EXAMPLES | awk '/^---$/ { printf "%c", 0; next } 1')
}
mapfile -t pages < <(find "$docs_top"/{policy,module,tools,dist,scripts}/ -maxdepth 1 -name '*.[1-8]' | sort)
is 'there are pages' "$((${#pages[@]} >= 25))" 1
for page in "${pages[@]}"; do
    name=${page##*/}
    parts=(FILES EXAMPLES 'SEE ALSO')
    [[ $name != *.[18] ]] || parts=(FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO')
    is "$name: its parts" "$(grep -xF "$(printf '.Sh %s\n' "${parts[@]}")" "$page")" "$(printf '.Sh %s\n' "${parts[@]}")"
    is "$name: an example of a command" "$(literal "$page" EXAMPLES | grep -c '^[$#] ' | sed 's/^[1-9].*/some/')" some
    is "$name: its commands have only options that there are" "$(docs_wrong_options "$(commands "$page")")" ''
    is "$name: what its examples show" "$(shown "$page")" ''
    [[ $name == tldguard.1 ]] ||
        is "$name: tldguard(1) leads to it" "$(grep "^\.Xr ${name%.*} ${name##*.}\b" "$manuals/tldguard.1" | cut -d' ' -f 2 | sort -u)" "${name%.*}"
done
if command -v mandoc >/dev/null; then
    is 'mandoc -T lint' "$(mandoc -T lint -W warning "${pages[@]}")" ''
fi
tap_end
