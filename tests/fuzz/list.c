/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The files of names that a policy refers to, of each kind: tldguard/policy.h. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"allow", "block", "protect"};
    const struct tg_policy_options options = {.suffixes = fuzz_suffixes()};
    struct fuzz_file file = fuzz_open(data, size);
    char text[160];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct tg_diags *diags = tg_diags_create();
        struct tg_policy *policy = NULL;
        const int len = snprintf(text, sizeof(text), "serial: 1\n%s:\n  - {file: \"%s\"%s}\n",
            kinds[i], file.path, i == 0 ? ", reason: fuzz" : "");
        const enum tg_status status =
            tg_policy_parse("fuzz.yaml", text, (size_t)len, &options, &policy, diags);

        FUZZ_HOLDS((status == TG_OK) == (policy != NULL));
        FUZZ_HOLDS((status == TG_OK) == (tg_diags_count(diags, TG_DIAG_ERROR) == 0));
        for (size_t j = 0; policy != NULL && j < policy->name_count; j++) {
            const struct tg_name name = policy->names[j].name;
            size_t found;

            FUZZ_HOLDS(tg_dname_check(name.wire, name.len, &found) == TG_OK && found == name.len);
            FUZZ_HOLDS(tg_dname_is_lower(name.wire, name.len));
        }
        fuzz_say(diags);
        tg_policy_destroy(&policy);
        tg_diags_destroy(&diags);
    }
    fuzz_close(&file);
    return 0;
}
