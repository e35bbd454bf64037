/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Keys, signatures and their comments: tldguard/trust.h. An input is a key's file, a signature's
 * file and what is signed, each but the last behind its length.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/trust.h"

/* What is read of a comment, is written as it was. */
static void try_claim(const char *text, size_t len)
{
    struct tg_trust_claim claim;
    char again[TG_TRUST_CLAIM_MAX];

    if (tg_trust_claim_parse(text, len, &claim) != NULL)
        return;
    FUZZ_HOLDS(tg_trust_claim_format(&claim, again) == len && memcmp(again, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct tg_trust_keys keys = {0};
    struct tg_trusted trusted;
    char why[TG_TRUST_WHY_MAX] = "";
    size_t key_len, text_len;
    const char *key = (const char *)fuzz_take(&in, TG_TRUST_FILE_MAX, &key_len);
    const char *text = (const char *)fuzz_take(&in, TG_TRUST_FILE_MAX, &text_len);

    if (tg_trust_key_file(key, key_len, &keys.key[0]) == NULL)
        keys.count = 1;
    else if (tg_trust_key_parse(key, key_len, &keys.key[0]) == NULL)
        keys.count = 1;
    if (tg_trust_check(&keys, text, text_len, in.at, in.left, &trusted, why) == TG_OK)
        FUZZ_HOLDS(trusted.checked && keys.count == 1);
    else
        FUZZ_HOLDS(why[0] != '\0' && strchr(why, '\n') == NULL);
    try_claim(text, text_len);
    return 0;
}
