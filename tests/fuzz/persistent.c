/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* For AFL++, in its persistent mode: one process tries many inputs, which come by shared memory.
 * The two names are of afl-clang-fast. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

/* Then another process goes on: libfyaml forgets memory (tests/fuzz/leaks). */
#define INPUTS_MAX 10000

__AFL_FUZZ_INIT();

/* In memory of just its size, so that a sanitizer sees what reads behind it. */
static void try_input(const uint8_t *input, size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);

    if (data == NULL)
        return;
    memcpy(data, input, size);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(void)
{
    const uint8_t *input;

    __AFL_INIT();
    input = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(INPUTS_MAX))
        try_input(input, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    return 0;
}
