#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The commands of one page, one after the other in one shell, as somebody who follows it would run them:
#
#   session.sh TOP PAGE BLOCKS RESULTS
#
# TOP: where the sources are. BLOCKS: the page, as tests/docs/blocks.awk has taken it apart. RESULTS: a file
# for lines of TAP without their numbers, `end` being the last one; beside it, for each block of output that is
# not as the page shows it, RESULTS.LINE, what came instead. Environment: as for whoever reads the page.
set -u
docs_top=$1 docs_page=${2%-table} docs_blocks=$3 docs_results=$4
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$docs_top/tests/docs/lib.sh"
docs_said_all=$docs_results.said
docs_patience=${TG_PATIENCE:-10}

docs_result() { printf '%s\n' "$@" >>"$docs_results"; }

# docs_fails NAME TEXT: with the text as comment.
docs_fails() {
    docs_result "not ok $1" "# ${2//$'\n'/$'\n'# }"
}

# docs_mask WORD...: what differs each time is made the same, of standard input:
#   time    a day and a time, or a time       date  a day
#   span    milliseconds, seconds             id    a digest, a key, the number of a question
#   port    of the resolver                   place the folder of the resolver; the host's name
docs_mask() {
    local word
    local -a script=(-e 's/ *$//')
    for word; do
        case $word in
        time) script+=(-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9:.]*[0-9]Z?/TIME/g'
            -e 's/\b[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\b/TIME/g') ;;
        date) script+=(-e 's/\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b/DATE/g') ;;
        span) script+=(-e 's/\b[0-9]+(\.[0-9]+)? (ms|msec|s|seconds)\b/SPAN/g') ;;
        # Serials are not among them.
        id) script+=(-e 's/\b(20[0-9]{8})\b/serial_\1_/g' -e 's/\b[0-9A-Fa-f]{8,}\b/ID/g' -e 's/\bid: [0-9]+/id: ID/'
            -e 's,\bRW[A-Za-z0-9+/]{54},KEY,g') ;;
        port) script+=(-e 's/(port |@|-p )[0-9]{4,5}\b/\1PORT/g') ;;
        place) script+=(-e 's,/[^ ]*/tldguard\.[A-Za-z0-9]{6},PLACE,g' -e "s/\\b$(uname -n)\\b/HOST/g") ;;
        esac
    done
    sed -E "${script[@]}"
}

# docs_as_shown SHOWN CAME: the texts are the same. A line `...` of the shown one is any lines, or none; and
# ` ...` at the end of a line the rest of it.
docs_as_shown() {
    local line nl=$'\n' pattern='' same=0
    while IFS= read -r line; do
        case $line in
        ...) pattern+="?(*$nl)" ;;
        *' ...') pattern+="$(docs_literal "${line% ...}")*([!$nl])$nl" ;;
        *) pattern+="$(docs_literal "$line")$nl" ;;
        esac
    done <<<"$1"
    shopt -s extglob
    # shellcheck disable=SC2053
    [[ $2$nl == $pattern ]] || same=1
    shopt -u extglob
    return "$same"
}

# docs_literal TEXT: as a pattern that only this text fits.
# shellcheck disable=SC2001
docs_literal() { sed 's/[][\\*?()!+@|^-]/\\&/g' <<<"$1"; }

# docs_run COMMAND: in this very shell, which it may change. What it says is added to docs_said_all.
docs_run() {
    eval "$1" >>"$docs_said_all" 2>&1 </dev/null
}

# docs_block: runs what docs_command holds. Names are given once; docs_again repeats it without.
docs_block() {
    local docs_i docs_status docs_wanted docs_name
    : >"$docs_said_all"
    for docs_i in "${!docs_command[@]}"; do
        docs_name=${docs_command[docs_i]%%$'\n'*}
        docs_name=${docs_name%% \# *}
        docs_name="$docs_page:${docs_number[docs_i]} ${docs_name%"${docs_name##*[! ]}"}"
        if docs_left_out "$docs_notes" "${docs_command[docs_i]}"; then
            [[ -n ${docs_again-} ]] || docs_result "ok $docs_name: not here, $docs_why"
            continue
        fi
        docs_wanted=0
        ((docs_i < ${#docs_command[@]} - 1)) || ! docs_note "$docs_notes" exit || docs_wanted=$docs_said
        docs_status=0
        docs_run "${docs_command[docs_i]}" || docs_status=$?
        [[ -z ${docs_again-} ]] || continue
        if [[ " $docs_wanted " == *" $docs_status "* ]]; then
            docs_result "ok $docs_name"
        else
            docs_fails "$docs_name" "exit $docs_status, not $docs_wanted
$(tail -n 20 "$docs_said_all")"
        fi
    done
}

# docs_output NUMBER NOTES: what was said is what the page shows.
docs_output() {
    local docs_again=yes docs_words='' docs_shown docs_came docs_end=$((SECONDS + docs_patience))
    local docs_name="$docs_page:$1 shows what comes of the commands before it"
    ! docs_note "$2" differs || docs_words=$docs_said
    # shellcheck disable=SC2086
    docs_shown=$(docs_mask $docs_words <"$docs_blocks/$1")
    while :; do
        # shellcheck disable=SC2086
        docs_came=$(docs_mask $docs_words <"$docs_said_all")
        if docs_as_shown "$docs_shown" "$docs_came"; then
            docs_result "ok $docs_name"
            return
        fi
        docs_note "$2" soon || break
        ((SECONDS < docs_end)) || break
        sleep 0.1
        docs_block
    done
    docs_fails "$docs_name" "$(diff -u --label page <(echo "$docs_shown") --label came <(echo "$docs_came"))"
    cp "$docs_said_all" "$docs_results.$1"
}

: >"$docs_said_all"
docs_notes='' docs_command=()
while IFS=$'\t' read -r -u 8 docs_line docs_kind docs_of; do
    case $docs_kind in
    sh)
        docs_notes=$docs_of
        docs_commands "$docs_blocks/$docs_line" "${docs_line%.*}" ||
            docs_fails "$docs_page:$docs_line" 'this does not end as a command of a shell does'
        docs_block
        ;;
    text) docs_note "$docs_of" skip || docs_output "$docs_line" "$docs_of" ;;
    esac
done 8<"$docs_blocks/index"
docs_result end
