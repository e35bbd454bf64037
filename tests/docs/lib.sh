# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What the tests of the pages share. Which pages there are; how a block is taken apart into commands; whether
# a command line has only options that its program's --help has.
#
# Notes of a page, each in a comment of its own before the block that it is about:
#
#   <!-- test: skip WHY -->               the commands of the block are not run
#   <!-- test: skip `COMMAND`: WHY -->    one of them is not: the one that begins so
#   <!-- test: covered by tests/FILE -->  they are not run here, but there
#   <!-- test: exit N... -->              the last one ends so, or so
#   <!-- test: differs WORD... -->        what is shown differs each time in these: see docs_mask
#   <!-- test: soon -->                   the commands are run again until they show that

# docs_apart SOURCE DIR: each page of the top folder, taken apart into DIR/PAGE; sets docs_pages.
docs_apart() {
    local page
    docs_pages=()
    for page in "$1"/*.md; do
        page=${page##*/}
        # What has changed names what was there once.
        [[ $page != CHANGELOG.md ]] || continue
        mkdir -p "$2/$page"
        awk -v dir="$2/$page" -f "$1/tests/docs/blocks.awk" "$1/$page" || return
        docs_pages+=("$page")
    done
}

# docs_commands FILE NUMBER: the commands of a block of shell: sets docs_command and docs_number, of the page's
# lines, the first of which is NUMBER. What bash takes for whole is one; false when there is a rest.
docs_commands() {
    local line chunk='' at=0 number=$2
    docs_command=() docs_number=()
    while IFS= read -r line; do
        if [[ -z $chunk ]]; then
            at=$number
            # A comment, or nothing.
            [[ $line =~ ^\ *(#.*)?$ ]] && { number=$((number + 1)); continue; }
        fi
        number=$((number + 1))
        chunk+=$line$'\n'
        # A here-document without its end is only warned of.
        [[ $line != *\\ && -z $(bash -n <<<"$chunk" 2>&1) ]] || continue
        docs_command+=("$chunk") docs_number+=("$at")
        chunk=''
    done <"$1"
    [[ -z $chunk ]]
}

# docs_note NOTES WORD: what stands behind the word in the first such note; false without one.
docs_note() {
    local note
    while IFS= read -r note; do
        [[ $note == "$2" || $note == "$2 "* ]] || continue
        docs_said=${note#"$2"}
        docs_said=${docs_said# }
        return 0
    done <<<"${1//$'\037'/$'\n'}"
    return 1
}

# docs_left_out NOTES COMMAND: why this one is not run; false when it is.
docs_left_out() {
    local note
    while IFS= read -r note; do
        case $note in
        'covered by '*) docs_why=$note; return 0 ;;
        'skip `'*)
            note=${note#skip \`}
            docs_why=${note#*\`: }
            [[ $2 != "${note%%\`*}"* ]] || return 0 ;;
        'skip '*) docs_why=${note#skip }; return 0 ;;
        esac
    done <<<"${1//$'\037'/$'\n'}"
    return 1
}

declare -A docs_helps=()

# docs_help PROGRAM [SUBCOMMAND]: sets docs_text to its --help.
docs_help() {
    if [[ -z ${docs_helps[$*]+set} ]]; then
        docs_helps[$*]=$("$@" --help 2>/dev/null </dev/null) || docs_helps[$*]=''
    fi
    docs_text=${docs_helps[$*]}
}

# docs_has_option TEXT OPTION: a help text knows it; of short ones, as -qv, each.
docs_has_option() {
    local letters
    case $2 in
    --*) [[ $1 =~ (^|[^a-z-])"${2%%=*}"($|[^a-z-]) ]] ;;
    *)
        for ((letters = 1; letters < ${#2}; letters++)); do
            [[ $1 == *" -${2:letters:1}, --"* || $1 == *" -${2:letters:1} "* ]] || return 1
            # What takes a value ends them.
            [[ ! $1 =~ \ -${2:letters:1},\ --[a-z-]+\ [A-Z] ]] || return 0
        done
        ;;
    esac
}

# docs_wrong_options TEXT: prints, of each command in a piece of shell, the options that its program does
# not have, and subcommands that there are none of. Programs: tldguard and what is in scripts/.
docs_wrong_options() {
    local -a words help
    local command program word i
    while IFS= read -r command; do
        read -ra words <<<"$command"
        for ((i = 0; i < ${#words[@]}; i++)); do
            # What a command may stand behind.
            [[ ${words[i]} =~ ^[A-Za-z_]+=|^[\$\#]$|^(sudo|env|exec|eval|time|if|while|until|!|do|then|else|root|push)$|^[*/0-9,-]+$ ]] || break
        done
        program=${words[i]-}
        program=${program//[\"\'\(\)]/}
        case ${program##*/} in
        tldguard | '$TLDGUARD')
            word=${words[i + 1]-}
            [[ $word =~ ^[a-z] ]] || { help=("$tool") && i=$((i - 1)); }
            if [[ $word =~ ^[a-z] ]]; then
                word=${word//[^a-z-]/}
                docs_help "$tool"
                grep -q "^  $word " <<<"$docs_text" || { echo "tldguard has no '$word'"; continue; }
                help=("$tool" "$word")
            fi
            i=$((i + 2))
            ;;
        check-source | '') continue ;;
        *)
            [[ -f $docs_top/scripts/${program##*/} && $program =~ ^(.*scripts/)?[a-z-]+$ ]] || continue
            help=("$docs_top/scripts/${program##*/}")
            i=$((i + 1))
            ;;
        esac
        for word in "${words[@]:i}"; do
            [[ $word != -- ]] || break
            [[ $word =~ ^--?[A-Za-z] ]] || continue
            word=${word//[\"\'\`,.\)]/}
            docs_help "${help[@]}"
            docs_has_option "$docs_text" "$word" || echo "${program##*/} ${help[1]-}: there is no option $word"
        done
    done < <(sed -e ':join' -e '/\\$/{N;s/\\\n */ /;b join' -e '}' <<<"$1" | sed -e 's/#.*//' -e "s/'[^']*'/TEXT/g" -e 's/[|;&<>]\{1,\}/\n/g' -e 's/\$(/\n/g')
}
