# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# For scripts/check --faults: runs the tests that tests/faults names, each once and in its long form,
# and prints what they say of each fault. Run from the top folder, behind scripts/setup.

faults_table=tests/faults

# faults_rows: lines of FAULT TAB TEST TAB PATTERN.
faults_rows() {
    sed -e '/^#/d' -e '/^ *$/d' -e 's/ *| */\t/; s/ *| */\t/' "$faults_table"
}

# faults_result LOG PATTERN: ok, FAILED: why, or skipped: why. What no line shows is not shown; a
# test that ends in the middle has not shown what would have come.
faults_result() {
    local log=$1
    [ -r "$log" ] || { echo "FAILED: it did not run"; return; }
    awk -v pattern="$2" '
        /^1\.\.0/ { sub(/^1\.\.0 *# *[Ss][Kk][Ii][Pp] */, ""); skip = $0; next }
        /^1\.\.[0-9]/ { planned = substr($0, 4) + 0; next }
        /^Bail out!/ { bail = $0 }
        /^(not )?ok [0-9]/ {
            total++
            name = $0
            sub(/^(not )?ok [0-9]+ (- )?/, "", name)
            if (name !~ pattern) next
            if (/^not/) { if (!failed++) first = name }
            else if (/# [Ss][Kk][Ii][Pp]/) { skipped++; why = name; sub(/.*# [Ss][Kk][Ii][Pp] */, "", why) }
            else passed++
        }
        END {
            if (skip != "") print "skipped: " skip
            else if (failed) print "FAILED: " first
            else if (bail != "") print "FAILED: " bail
            else if (!planned || planned != total) print "FAILED: it did not come to its end"
            else if (!passed && skipped) print "skipped: " why
            else if (!passed) print "FAILED: no line of it is about this"
            else print "ok" (skipped ? " (skipped in part: " why ")" : "")
        }' "$log"
}

# faults_run: the tests, with make in build/; their logs are beside them.
faults_run() {
    local tests
    tests=$(faults_rows | cut -f 2 | sort -u | xargs)
    # What a former run has left must not count.
    # shellcheck disable=SC2086 # words
    (cd build && rm -f ${tests//.sh/.log} ${tests//.sh/.trs})
    # Most of them wait more than they work.
    TG_LONG=yes make -C build --no-print-directory -s -j"$(($(nproc) + 1))" check TESTS="$tests" || true
}

# faults_print: a line for each fault, and sets passed, failed, skipped.
faults_print() {
    local fault test pattern result
    while IFS=$'\t' read -r fault test pattern; do
        result=$(faults_result "build/${test%.sh}.log" "$pattern")
        case $result in
        ok*) passed=$((passed + 1)) ;;
        skipped*) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
        esac
        printf '%-58s %-30s %s\n' "$fault" "$test" "$result"
    done < <(faults_rows)
}
