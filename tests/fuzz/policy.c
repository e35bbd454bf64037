/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The policy language: tldguard/policy.h. */
#include "tldguard/policy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tg_policy_options options = {.today = 20779, .suffixes = fuzz_suffixes()};
    struct tg_diags *diags = tg_diags_create();
    struct tg_policy *policy = NULL;
    const enum tg_status status =
        tg_policy_parse("fuzz.yaml", (const char *)data, size, &options, &policy, diags);

    FUZZ_HOLDS((status == TG_OK) == (policy != NULL));
    /* A policy is refused with a word, and one that is taken has no error. */
    FUZZ_HOLDS((status == TG_OK) == (tg_diags_count(diags, TG_DIAG_ERROR) == 0));
    tg_diags_sort(diags);
    fuzz_say(diags);
    tg_policy_destroy(&policy);
    FUZZ_HOLDS(policy == NULL);
    tg_diags_destroy(&diags);
    return 0;
}
