/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A response policy zone that is imported: tools/import.h. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tools/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_open(data, size);
    struct tg_diags *diags = tg_diags_create();
    struct tg_import im = {.file = file.path, .arena = tg_arena_create()};
    enum tg_status status;

    /* How the first line is may as well say what is asked for. */
    im.widen = size % 2 == 0;
    status = tg_import_rpz(&im, size % 3 == 0 ? "rpz.example" : NULL, diags);
    /* Seldom, as it reads the public suffix list, which takes longer than all else. */
    if (status == TG_OK && size % 16 == 0)
        status = tg_import_merge(&im);
    FUZZ_HOLDS(status == TG_OK || tg_diags_count(diags, TG_DIAG_ERROR) > 0);
    for (size_t i = 0; status == TG_OK && i < im.entry_count; i++)
        FUZZ_HOLDS(im.entries[i].say > TG_SAY_NOTHING && im.entries[i].say < TG_SAY_COUNT);
    fuzz_say(diags);
    tg_arena_destroy(&im.arena);
    free(im.records);
    tg_diags_destroy(&diags);
    fuzz_close(&file);
    return 0;
}
