#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each fuzz target tries the inputs that lie in its folder of tests/fuzz/corpus: those it began
# with, and what has once broken something. A target without inputs is a failure.
set -uo pipefail

# Of interest to a sanitizer alone.
export LSAN_OPTIONS=suppressions=$TG_SRC/tests/fuzz/leaks:print_suppressions=0
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}fast_unwind_on_malloc=0

count=0 failed=0
verdict() {
    count=$((count + 1))
    if [[ $1 == 0 ]]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}

for source in "$TG_SRC"/tests/fuzz/corpus/*/; do
    name=$(basename "$source")
    said=$("$TG_BUILD/tests/fuzz/$name" "$source" 2>&1)
    status=$?
    verdict "$status" "$name: $(grep -c '^ok' <<<"$said") inputs"
    # The last line that names a file says what it was.
    ((status == 0)) || tail -n 30 <<<"$said" | sed 's/^/#   /'
done
# Nothing is forgotten: neither a target nor a folder of inputs.
targets=$(cd "$TG_SRC/tests/fuzz" && grep -l LLVMFuzzerTestOneInput -- *.c | grep -v -e fuzz.c -e replay.c -e persistent.c | sed 's/\.c$//' | xargs)
folders=$(cd "$TG_SRC/tests/fuzz/corpus" && printf '%s\n' * | xargs)
[[ $targets == "$folders" ]]
verdict $? "there are inputs for each target: $targets"
echo "1..$count"
exit "$failed"
