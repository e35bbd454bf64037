# SPDX-License-Identifier: BSD-3-Clause
# Takes a page of Markdown apart: awk -v dir=FOLDER -f blocks.awk PAGE
#
# Each fenced block becomes a file of the folder, named after its first line's number, and a line
# of FOLDER/index: that number, the block's language (plain without one), and the notes before it, with
# the octet 037 between them. A note is a comment that no reader sees, `<!-- test: TEXT -->`. A row of a table whose
# first column is headed `command` becomes a block, too, of the kind cell: what stands in its first
# cell as code, a line each. What is wrong in the page itself is of the kind wrong.
function emit(number, kind, text) {
    printf "%s", text >(dir "/" number)
    close(dir "/" number)
    printf "%d\t%s\t%s\n", number, kind, notes >index_file
    notes = ""
}
function wrong(number, what) {
    printf "%s\n", what >(dir "/" number ".wrong")
    close(dir "/" number ".wrong")
    printf "%d\twrong\t\n", number >index_file
}
function cell(row,    first, text) {
    first = row
    sub(/^\| */, "", first)
    sub(/ \|.*/, "", first)
    while (match(first, /`[^`]+`/)) {
        text = text substr(first, RSTART + 1, RLENGTH - 2) "\n"
        first = substr(first, RSTART + RLENGTH)
    }
    if (text != "") emit(NR, "cell", text)
}
BEGIN { index_file = dir "/index"; printf "" >index_file }

!fenced && /^ *```/ {
    match($0, /^ */)
    indent = RLENGTH
    kind = $0
    gsub(/^ *```| .*$/, "", kind)
    if (kind == "") kind = "plain"
    fenced = NR + 1
    body = ""
    next
}
fenced && /^ *```$/ { emit(fenced, kind, body); fenced = 0; next }
fenced {
    # A fence in a list is as far to the right as the list's text.
    line = $0
    for (i = 0; i < indent && line ~ /^ /; i++) line = substr(line, 2)
    body = body line "\n"
    next
}
/^ *<!-- test: .* -->$/ {
    note = $0
    gsub(/^ *<!-- test: | -->$/, "", note)
    notes = notes (notes == "" ? "" : "\037") note
    noted = NR
    next
}
/<!-- *test/ { wrong(NR, "a note is a line of its own, as <!-- test: skip WHY -->") }
notes != "" && /[^ ]/ { wrong(noted, "a note about no block: a block must follow it"); notes = "" }
/^\| *command *\|/ { table = 1; next }
!/^\|/ { table = 0 }
table && !/^\| *:?-+/ { cell($0) }
END {
    if (fenced) wrong(fenced, "a block without an end")
    if (notes != "") wrong(noted, "a note about no block: a block must follow it")
}
