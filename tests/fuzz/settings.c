/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard.conf: tldguard/settings.h. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_open(data, size);
    struct tg_diags *diags = tg_diags_create();
    struct tg_settings *settings = NULL;
    const enum tg_status status = tg_settings_read(file.path, &settings, diags);

    FUZZ_HOLDS((status == TG_OK) == (settings != NULL));
    FUZZ_HOLDS((status == TG_OK) == (tg_diags_count(diags, TG_DIAG_ERROR) == 0));
    if (settings != NULL)
        FUZZ_HOLDS(strlen(settings->policy) > 0);
    fuzz_say(diags);
    tg_settings_destroy(&settings);
    tg_diags_destroy(&diags);
    fuzz_close(&file);
    return 0;
}
