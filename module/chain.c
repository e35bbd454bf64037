/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/chain.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto looks an algorithm up, with a lock, when it is asked for by EVP_sha256(): once. */
struct tg_chain {
    EVP_MD *sha;
    EVP_MD_CTX *context;
};

enum tg_status tg_chain_create(struct tg_chain **out)
{
    struct tg_chain *chain = calloc(1, sizeof(*chain));

    if (chain == NULL)
        return TG_ENOMEM;
    chain->sha = EVP_MD_fetch(NULL, "SHA256", NULL);
    chain->context = EVP_MD_CTX_new();
    if (chain->sha == NULL || chain->context == NULL) {
        tg_chain_destroy(&chain);
        return TG_ENOMEM;
    }
    *out = chain;
    return TG_OK;
}

void tg_chain_destroy(struct tg_chain **chain)
{
    if (chain == NULL || *chain == NULL)
        return;
    EVP_MD_CTX_free((*chain)->context);
    EVP_MD_free((*chain)->sha);
    free(*chain);
    *chain = NULL;
}

void tg_chain_digest(
    struct tg_chain *chain, const char *line, size_t len, uint8_t digest[TG_DIGEST_SIZE])
{
    uint8_t whole[EVP_MAX_MD_SIZE];

    if (EVP_DigestInit_ex2(chain->context, chain->sha, NULL) == 1 &&
        EVP_DigestUpdate(chain->context, line, len) == 1 &&
        EVP_DigestFinal_ex(chain->context, whole, NULL) == 1)
        memcpy(digest, whole, TG_DIGEST_SIZE);
    else
        memset(digest, 0, TG_DIGEST_SIZE);
}

const char *tg_digest_text(const uint8_t digest[TG_DIGEST_SIZE], char text[TG_DIGEST_TEXT])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < TG_DIGEST_SIZE; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 0xf];
    }
    text[TG_DIGEST_TEXT - 1] = '\0';
    return text;
}

static int value_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool tg_digest_parse(const char *text, uint8_t digest[TG_DIGEST_SIZE])
{
    for (size_t i = 0; i < TG_DIGEST_SIZE; i++) {
        const int high = value_of(text[2 * i]), low = value_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
