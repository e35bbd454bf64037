# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# For scripts/fuzz: AFL++ in persistent mode. Its programs are in build/afl; what it finds goes where
# that of libFuzzer goes. Needs minutes.

afl_missing() {
    local program
    for program in afl-fuzz afl-clang-fast; do
        command -v "$program" >/dev/null || { echo "$program"; return; }
    done
}

afl_tree() {
    mkdir -p build/afl
    if [[ ! -f build/afl/Makefile ]]; then
        (cd build/afl && AFL_QUIET=1 ../../configure -q CC=afl-clang-fast CFLAGS='-g -O1' --without-unbound \
            --enable-fuzzing=afl --enable-asan --enable-ubsan) || return
    fi
    AFL_QUIET=1 make -C build/afl --no-print-directory -s -j"$(nproc)" fuzz-targets
}

# afl_environment: nothing of the system is to be changed for it. That the processor's clock goes up and
# down costs some speed. If cores go to a program (core_pattern), which AFL++ does not like as a crash then
# takes longer to end, that is still far below -t. Jobs share the processors, as the system gives them.
# A sanitizer has to end by a signal; leaks are libFuzzer's to find, as libfyaml has some.
afl_environment() {
    export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
    export AFL_NO_UI=1 AFL_FORKSRV_INIT_TMOUT=60000 AFL_CRASHING_SEEDS_AS_NEW_CRASH=1
    export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1
    export UBSAN_OPTIONS=abort_on_error=1:halt_on_error=1:symbolize=0
}

# afl_fuzz TARGET: all that it says goes to build/fuzz/TARGET.log. It takes one folder to begin with.
afl_fuzz() (
    local in=build/afl/in/$1 out=build/afl/out/$1
    rm -rf "$in" "$out"
    mkdir -p "$in" "$out" "build/fuzz/corpus/$1" build/fuzz/broken
    find "build/fuzz/corpus/$1" "tests/fuzz/corpus/$1" -type f -size -64k -exec cp -t "$in" {} +
    afl_environment
    afl-fuzz -i "$in" -o "$out" -V $((minutes * 60)) -m none -t 25000+ -- "build/afl/tests/fuzz/$1" \
        >"build/fuzz/$1.log" 2>&1 || true
    afl_collect "$1"
)

# afl_collect TARGET: named as libFuzzer names them, by what is in them.
afl_collect() {
    local out=build/afl/out/$1/default input
    while read -r input; do
        cp -n "$input" "build/fuzz/corpus/$1/$(afl_name "$input")"
    done < <(find "$out/queue" -maxdepth 1 -type f -name 'id:*' 2>/dev/null)
    while read -r input; do
        cp -n "$input" "build/fuzz/broken/$1-crash-$(afl_name "$input")"
    done < <(find "$out/crashes" -type f -name 'id:*' 2>/dev/null)
    while read -r input; do
        cp -n "$input" "build/fuzz/broken/$1-timeout-$(afl_name "$input")"
    done < <(find "$out/hangs" -type f -name 'id:*' 2>/dev/null)
}
afl_name() { sha1sum <"$1" | cut -d' ' -f1; }

# afl_stat TARGET NAME: a figure of its last run; nothing when there was none.
afl_stat() { sed -n "s/^$2 *: *//p" "build/afl/out/$1/default/fuzzer_stats" 2>/dev/null || true; }

# afl_replay TARGET: what it has found, through the program that counts what is run through.
afl_replay() {
    rm -f "build/fuzz/$1.profraw"
    LLVM_PROFILE_FILE=build/fuzz/$1.profraw ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
        "build/fuzz/tests/fuzz/$1" -runs=0 -rss_limit_mb=2048 "build/afl/out/$1/default/queue" >>"build/fuzz/$1.log" 2>&1 || true
}
