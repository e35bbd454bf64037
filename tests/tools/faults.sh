#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The table that scripts/check --faults prints: a fault is ok when lines of its test are about it and
# all passed, in a test that came to its end. And tests/faults, which it is made of.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
src=${TG_SRC:?where the source is}
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/faults.sh
source "$src/scripts/lib/faults.sh"

# says RESULT PATTERN LINE...: of a log of these lines.
says() {
    printf '%s\n' "${@:3}" >log
    is "$2: ${*:3}" "$(faults_result log "$2")" "$1"
}

says 'ok' '^disk' 'ok 1 - disk: full' '# note' 'not ok 2 - disc' '1..2'
says 'FAILED: disk: full' '^disk' 'not ok 1 - disk: full' 'ok 2 - disk: again' '1..2'
says 'FAILED: no line of it is about this' '^disk' 'ok 1 - a disk' '1..1'
says 'FAILED: it did not come to its end' '^disk' 'ok 1 - disk: full'
says 'FAILED: it did not come to its end' '^disk' 'ok 1 - disk: full' '1..2'
says 'FAILED: Bail out! it died' '^disk' 'ok 1 - disk: full' 'Bail out! it died'
says 'skipped: no disk' '^disk' '1..0 # SKIP no disk'
says 'skipped: no right' '^disk' 'ok 1 - disk: full # SKIP no right' '1..1'
says 'ok (skipped in part: no right)' '^disk' 'ok 1 - disk: full # SKIP no right' 'ok 2 - disk: slow' '1..2'
says 'ok' '.' 'ok 1 - anything' '1..1'
is 'no log' "$(faults_result nowhere .)" 'FAILED: it did not run'

cd "$src" || exit 1
is 'tests/faults: three columns each' "$(faults_rows | awk -F '\t' 'NF != 3 || $1 == "" || $3 == ""')" ''
is 'tests/faults: a pattern may have bars' "$(faults_rows | awk -F '\t' '$3 ~ /[|]/' | wc -l | awk '{ print ($1 > 5) }')" 1
is 'tests/faults: no fault is there twice' "$(faults_rows | cut -f 1 | sort | uniq -d)" ''
is 'tests/faults: each test is there' "$(faults_rows | cut -f 2 | sort -u | while read -r test; do
    [[ -x $test ]] || echo "$test"
done)" ''
tap_end
