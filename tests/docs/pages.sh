#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the pages at the top of the tree name is there: paths, links, targets of make, commands and their options;
# and a policy, settings, a piece of unbound.conf or an event that they show is one. What they tell to run is
# run by tests/docs/commands.sh.
set -u
# shellcheck source-path=SCRIPTDIR source=../tools/tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tools/tap.sh"
docs_top=${TG_SRC:?where the sources are}
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$docs_top/tests/docs/lib.sh"
export TLDGUARD_DATA=$docs_top/policy/tables
unset TLDGUARD_CONF
# The day of the pages: an allow of theirs ends some time.
export SOURCE_DATE_EPOCH=1796000000
checkconf=${UNBOUND_PREFIX:-/nowhere}/sbin/unbound-checkconf

# code PAGE: what is shell in it: its blocks of commands, and what stands in the text as code.
code() {
    local line kind
    while IFS=$'\t' read -r line kind _; do
        [[ $kind != sh ]] || cat "$work/$1/$line"
    done <"$work/$1/index"
    # shellcheck disable=SC2016
    awk '/^ *```/ { fenced = !fenced; next } !fenced' "$docs_top/$1" |
        awk -v RS= '{ gsub(/\n/, " "); print }' | grep -oE '`[^`]+`' | sed 's/^`//; s/`$//; s/^[a-z-]* *: .*//'
}

# paths PAGE: those of this tree that are not there. A program of the tests is named after its source; of a
# glob one is enough.
paths() {
    local path
    while read -r path; do
        path=${path%/}
        compgen -G "$docs_top/$path" >/dev/null || compgen -G "$docs_top/$path.c" >/dev/null || echo "there is no $path"
    done < <(grep -ohE '(^|[^A-Za-z0-9_./~-])(scripts|tests|dist|policy|tools|module|include)/[A-Za-z0-9_./*-]*[A-Za-z0-9_*]' "$docs_top/$1" |
        sed 's/^[^a-z]//' | sort -u)
}

# anchors FILE: what its headings are called in links.
anchors() {
    awk '/^ *```/ { fenced = !fenced } !fenced && /^#+ /' "$1" | sed 's/^#* //' | tr '[:upper:]' '[:lower:]' |
        sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# links PAGE: those without a target.
links() {
    local link file
    while read -r link; do
        [[ ! $link =~ ^[a-z]+: ]] || continue
        file=$docs_top/${link%%\#*}
        [[ $link != '#'* ]] || file=$docs_top/$1
        if [[ ! -e $file ]]; then
            echo "$link leads nowhere"
        elif [[ $link == *'#'* ]]; then
            anchors "$file" | grep -qxF -- "${link#*\#}" || echo "$link: there is no such heading"
        fi
    done < <(awk '/^ *```/ { fenced = !fenced; next } !fenced' "$docs_top/$1" |
        grep -oE '\]\([^) ]+\)|(src|srcset|href)="[^"]+"' | sed -E 's/^\]\(//; s/\)$//; s/^[a-z]+="//; s/"$//' | sort -u)
}

# targets PAGE: of make that there are none of.
targets() {
    local target
    while read -r target; do
        case $target in all | install | uninstall | check | distcheck | clean | dist) continue ;; esac
        grep -qE "^([a-z][a-z-]* )*$target( [a-z][a-z-]*)*:" "$docs_top"/Makefile.am "$docs_top"/*/local.mk "$docs_top"/*/*/local.mk ||
            echo "there is no 'make $target'"
    done < <(grep -ohE 'make -C build [a-z][a-z-]+' "$docs_top/$1" | sed 's/.* //' | sort -u)
}

# notes PAGE: what is wrong with them.
notes() {
    local line kind said note
    while IFS=$'\t' read -r line kind said; do
        if [[ $kind == wrong ]]; then
            echo "$1:$line: $(<"$work/$1/$line.wrong")"
        elif [[ $kind == sh ]]; then
            docs_commands "$work/$1/$line" "$line" || echo "$1:$line: this does not end as a command of a shell does"
        fi
        while IFS= read -r note; do
            one_note "$1" "$line" "$note"
        done <<<"${said//$'\037'/$'\n'}"
    done <"$work/$1/index"
}

# one_note PAGE LINE NOTE: of the block whose commands are in docs_command.
one_note() {
    local start command word
    case $3 in
    '' | soon | 'skip '[!\`]* | 'exit '[0-9]* | 'differs '*) ;;
    'skip `'*'`: '?*)
        start=${3#skip \`}
        start=${start%%\`*}
        for command in "${docs_command[@]}"; do
            [[ $command != "$start"* ]] || return
        done
        echo "$1:$2: no command begins with $start"
        ;;
    'covered by '*)
        [[ -f $docs_top/${3#covered by } ]] || { echo "$1:$2: there is no ${3#covered by }"; return; }
        for command in "${docs_command[@]}"; do
            read -ra word <<<"${command%%$'\n'*}"
            [[ ${word[0]} != sudo ]] || word=("${word[@]:1}")
            case ${word[0]} in
            make) command=${word[-1]} ;;
            tldguard) command=${word[1]-} ;;
            cd | *=* | \#*) continue ;;
            *) command=${word[0]##*/} ;;
            esac
            grep -qwF -- "$command" "$docs_top/${3#covered by }" || echo "$1:$2: ${3#covered by } does not run $command"
        done
        ;;
    *) echo "$1:$2: '$3' is no note that tests/docs/lib.sh knows" ;;
    esac
}

# lists FILE: those that a policy names are made, as the page has only their names.
lists() {
    local list
    while read -r list; do
        [[ $list == /* || -e $list ]] || echo 'listed.com' >"$list"
    done < <(grep -oE '\bfile: *[^ ,}]+' "$1" | sed 's/^file: *//')
}

# policy FILE: whole, or some keys of one.
policy() {
    cp "$1" policy.yaml
    grep -q '^serial:' policy.yaml || sed -i '1i serial: 1' policy.yaml
    lists policy.yaml
    run check --quiet policy.yaml
}

# unbound FILE: a piece of unbound.conf. The module, and what lies beside the configuration, is where it was built.
unbound() {
    sed -e "s|^\( *dynlib-file:\).*|\1 \"${TLDGUARD_MODULE:-$work/tldguard.so}\"|" "$1" >unbound.conf
    printf 'server:\n    directory: "%s"\n    username: ""\n' "$work" >>unbound.conf
    code=0
    out=$("$checkconf" unbound.conf 2>err.txt) || code=$?
    err=$(<err.txt)
}

# shown PAGE LINE KIND NOTES: a block that is no command.
shown() {
    local file=$work/$1/$2 keys
    [[ $3 != wrong ]] || return 0
    keys=$(sed -n 's/^\([a-z][a-z-]*\):.*/\1/p' "$file" | sort -u | xargs)
    ! docs_note "$4" skip || return
    case $3:$keys in
    yaml:*serial* | yaml:*tlds* | yaml:allow | yaml:protect | yaml:block | yaml:clients | yaml:canary | yaml:answer)
        policy "$file"
        is "$1:$2 a policy" "$code$out$err" 0
        ;;
    yaml:?*)
        run history --place --conf "$file"
        is "$1:$2 settings" "$code$err" 0
        ;;
    yaml:) is "$1:$2 YAML" 'no key of a policy or of settings: <!-- test: skip WHY -->' '' ;;
    json:*)
        jq -c . "$file" >event.jsonl 2>err.txt || true
        is "$1:$2 JSON" "$(<err.txt)" ''
        ! grep -q '"@timestamp"' event.jsonl || event "$1:$2 an event"
        ;;
    plain:* | conf:* | unbound:*)
        grep -qE '^dynlib:|module-config:' "$file" || return 0
        if [[ -x $checkconf ]]; then
            unbound "$file"
            is "$1:$2 unbound.conf" "$code$err" 0
        else
            is "$1:$2 unbound.conf # SKIP no unbound-checkconf" '' ''
        fi
        ;;
    sh:* | text:* | cell:*) ;;
    *) is "$1:$2: a block of the kind '$3'" 'nobody looks at it: <!-- test: skip WHY -->, or one of sh, text, yaml, json, conf' '' ;;
    esac
}

event() {
    code=0
    out=$(python3 "$docs_top/tests/support/schema.py" "$docs_top/dist/event.schema.json" event.jsonl 2>&1) || code=$?
    if [[ $code == 77 || $code == 127 ]]; then
        is "$1 # SKIP ${out##*$'\n'}" '' ''
    else
        is "$1" "$code $out" '0 1 lines, 0 wrong'
    fi
}

command -v jq >/dev/null || { echo '1..0 # SKIP no jq'; exit 77; }
docs_apart "$docs_top" "$work" || { echo 'Bail out! a page cannot be read'; exit 1; }
for page in "${docs_pages[@]}"; do
    docs_command=()
    is "$page: its notes, and its commands as a shell reads them" "$(notes "$page")" ''
    is "$page: commands and options are there" "$(docs_wrong_options "$(code "$page")")" ''
    is "$page: paths are there" "$(paths "$page")" ''
    is "$page: links lead somewhere" "$(links "$page")" ''
    is "$page: targets of make are there" "$(targets "$page")" ''
    while IFS=$'\t' read -r line kind said; do
        shown "$page" "$line" "$kind" "$said"
    done <"$work/$page/index"
done
is 'README.md leads to the guide' "$(grep -c '](GUIDE.md' "$docs_top/README.md" | sed 's/[1-9]/some/')" some

# Each subcommand that README.md's table names, and each script, answers.
run --help
commands=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' <<<"$out")
run log --help
log_help=$out before=''
while IFS=$'\t' read -r line kind _; do
    [[ $kind == cell ]] || continue
    while IFS= read -r span; do
        if [[ $span == -* ]]; then
            is "README.md:$line $before $span" "$(docs_wrong_options "$before $span")" ''
            continue
        fi
        before=$span
        name=${span#tldguard }
        name=${name#scripts/}
        name=${name%% *}
        if grep -qxF -- "$name" <<<"$commands"; then
            run "$name" --help
        elif [[ -x $docs_top/scripts/$name ]]; then
            code=0
            "$docs_top/scripts/$name" --help >/dev/null 2>&1 </dev/null || code=$?
        else
            # What stands behind `tldguard log`.
            grep -qE "(^|[ |[])$name([] |]|$)" <<<"$log_help"
            code=$?
        fi
        is "README.md:$line $span: --help" "$code" 0
    done <"$work/README.md/$line"
done <"$work/README.md/index"
tap_end
