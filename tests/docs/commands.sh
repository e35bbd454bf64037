#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command of the pages at the top of the tree is run, in order, and what a page shows of its output is what
# comes. tests/docs/lib.sh tells the notes by which a page says what is not run here, and why.
#
#   tests/docs/commands.sh --write [PAGE...]   puts what came in the place of what is shown, where that differs
#
# Of the table of commands in README.md those cells are run that have an argument; the words in capitals stand
# for files of the resolver that scripts/quickstart leaves running.
# Environment and exit codes: as of tests/live/lib.sh. TG_PAGE_MOST: seconds that a page may take, 240.
set -u
if [[ -z ${TG_SRC:-} ]]; then
    TG_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
    TG_BUILD=$TG_SRC/build
    TLDGUARD=$TG_BUILD/tools/tldguard
    [[ -x $TLDGUARD ]] || { echo '1..0 # SKIP nothing is built: run scripts/setup'; exit 77; }
fi
export TLDGUARD
# What is tested is what scripts/setup makes of a checkout.
[[ ${TG_BUILD:-} -ef $TG_SRC/build && -f $TG_SRC/build/setup/env ]] ||
    { echo '1..0 # SKIP the pages are about a checkout after scripts/setup'; exit 77; }
write=no
[[ ${1-} != --write ]] || { write=yes; shift; }
only=("$@")
# shellcheck source-path=SCRIPTDIR source=../tools/tap.sh
source "$TG_SRC/tests/tools/tap.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$TG_SRC/tests/docs/lib.sh"

# The servers of scripts/quickstart run as nobody, and have to get there.
chmod 755 "$work"
mkdir -p "$work"/{top/build,top/scripts,tmp,home,blocks}
trap 'end' EXIT
# shellcheck disable=SC2317
end() {
    local lab
    for lab in "$work"/tmp/tldguard.*; do
        [[ ! -d $lab/run ]] || "$TG_SRC/scripts/quickstart" --stop "$lab" >/dev/null
    done
    rm -rf "$work"
}

# A checkout in which commands may write: the built one, by links. The scripts find what is theirs beside
# themselves, so each is called where it is.
checkout() {
    local path name
    for path in "$TG_SRC"/* "$TG_SRC"/build/*; do
        name=${path#"$TG_SRC"/}
        [[ $name == build || $name == scripts ]] || ln -s "$path" "$work/top/$name"
    done
    for path in "$TG_SRC"/scripts/*; do
        name=$work/top/scripts/${path##*/}
        if [[ -f $path && -x $path ]]; then
            # shellcheck disable=SC2016
            printf '#!/bin/sh\nexec %q "$@"\n' "$path" >"$name"
            chmod +x "$name"
        else
            ln -s "$path" "$name"
        fi
    done
}

# session PAGE: its lines of TAP are numbered here. A command that does not end, ends the page.
session() {
    local results=$work/results.$1 line status=0
    : >"$results"
    (
        cd "$work/top" || exit
        exec env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work/tmp" LC_ALL=C.UTF-8 TERM=dumb \
            TG_PATIENCE="${TG_PATIENCE:-10}" \
            timeout -k 5 "${TG_PAGE_MOST:-240}" bash "$TG_SRC/tests/docs/session.sh" "$TG_SRC" "$1" "$work/blocks/$1" "$results"
    ) >/dev/null 2>"$work/stderr" </dev/null || status=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) tap_count=$((tap_count + 1)) && echo "ok $tap_count - ${line#ok }" ;;
        'not ok '*)
            tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
            echo "not ok $tap_count - ${line#not ok }" ;;
        *) [[ $line == end ]] || echo "$line" ;;
        esac
    done <"$results"
    is "$1: to its end" "$status $(tail -n 1 "$results") $(<"$work/stderr")" '0 end '
}

# cell_is DIR NUMBER NOTES: what standard input has is a block.
cell_is() {
    cat >"$1/$2"
    printf '%s\tsh\t%s\n' "$2" "$3" >>"$1/index"
}

# cells PAGE: its table of commands as a page of its own, for a resolver that is left running.
cells() {
    local from=$work/blocks/$1 line kind span count=0 into=$work/blocks/$1-table
    mkdir -p "$into"
    while IFS=$'\t' read -r line kind _; do
        [[ $kind == cell ]] || continue
        while IFS= read -r span; do
            # A name alone, or one of an option, is looked up, by tests/docs/pages.sh.
            [[ $span == *' '* && ${span##* } != -* ]] || continue
            case $span in
            'tldguard '*' '*) ;;
            scripts/*) continue ;;
            'tldguard '*) continue ;;
            *) span="tldguard $span" ;;
            esac
            count=$((count + 1))
            # shellcheck disable=SC2016
            ((count > 1)) || printf '%s\n' 'scripts/quickstart --keep --env build/table.env && . build/table.env && cd "$LAB"' |
                cell_is "$into" "$line.0" ''
            # It is told, whatever the findings.
            sed -e 's/\bPOLICY\b/policy.yaml/; s/\bIMAGE\b/policy.cdb/; s/\bOLD\b/policy.cdb/; s/\bNEW\b/policy.yaml/' \
                -e 's,\bFILE\b,log/block.jsonl,' <<<"$span" | cell_is "$into" "$line.$count" 'exit 0 1'
        done <"$from/$line"
    done <"$from/index"
}

# written PAGE: puts the output that differs into the page.
written() {
    local file line
    # From the last to the first: numbers of lines before stay what they are.
    for file in $(printf '%s\n' "$work/results.$1".[0-9]* | sort -rV); do
        [[ -f $file ]] || continue
        line=${file##*.}
        awk -v from="$line" -v new="$file" 'NR == from { while ((getline text <new) > 0) print text; on = 1 }
            NR >= from && /^```$/ { on = 0 } !on' "$TG_SRC/$1" >"$work/page" || exit
        cat "$work/page" >"$TG_SRC/$1"
        echo "# $1:$line: written"
    done
}

checkout
docs_apart "$TG_SRC" "$work/blocks" || { echo 'Bail out! a page cannot be read'; exit 1; }
for page in "${docs_pages[@]}"; do
    [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $page "* ]] || continue
    session "$page"
    [[ $write == no ]] || written "$page"
    if grep -q $'\tcell\t' "$work/blocks/$page/index"; then
        cells "$page"
        session "$page-table"
    fi
done
tap_end
