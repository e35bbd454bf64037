/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Names, as text and as they are on the wire: tldguard/dname.h. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/dname.h"

/* A name comes back from its text; in lower case, as text is read so. */
static void there_and_back(const uint8_t *wire, size_t len)
{
    char text[TG_DNAME_TEXT_MAX];
    uint8_t lower[TG_DNAME_MAX], back[TG_DNAME_MAX], offsets[TG_LABELS_MAX];
    const size_t text_len = tg_dname_to_text(wire, len, text);
    const size_t labels = tg_dname_labels(wire, offsets);
    size_t back_len = 0;

    FUZZ_HOLDS(text_len == strlen(text) && text_len < TG_DNAME_TEXT_MAX);
    tg_dname_lower(wire, len, lower);
    FUZZ_HOLDS(tg_dname_is_lower(lower, len));
    FUZZ_HOLDS(tg_dname_from_text(text, text_len, back, &back_len, NULL) == TG_OK);
    FUZZ_HOLDS(tg_dname_equal((struct tg_name){lower, len}, (struct tg_name){back, back_len}));
    FUZZ_HOLDS(labels <= TG_LABELS_MAX);
    FUZZ_HOLDS(labels == 0 || tg_dname_last_label(wire) == offsets[labels - 1]);
    for (size_t i = 0; i < labels; i++)
        FUZZ_HOLDS(tg_dname_is_subdomain(
            (struct tg_name){wire, len}, (struct tg_name){wire + offsets[i], len - offsets[i]}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len = 0, at = SIZE_MAX;

    if (tg_dname_check(data, size, &len) == TG_OK) {
        FUZZ_HOLDS(len >= 1 && len <= size && len <= TG_DNAME_MAX && data[len - 1] == 0);
        there_and_back(data, len);
    }
    if (tg_dname_from_text((const char *)data, size, wire, &len, &at) == TG_OK) {
        size_t checked;

        FUZZ_HOLDS(tg_dname_check(wire, len, &checked) == TG_OK && checked == len);
        there_and_back(wire, len);
    } else {
        FUZZ_HOLDS(at <= size);
    }
    return 0;
}
