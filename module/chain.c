/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/chain.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "module/sha256.h"

_Static_assert(TG_TIE_MAX == TG_SHA256_LANES, "a lane for each line");

/* libcrypto looks an algorithm up, with a lock, when it is asked for by EVP_sha256(): once. */
struct tg_chain {
    EVP_MD *sha;
    EVP_MD_CTX *context;
    bool fast; /* TG_TIE_MAX lines at once, without libcrypto */
};

static void put_digest(const struct tg_link *link, const uint8_t digest[TG_DIGEST_SIZE])
{
    char text[TG_DIGEST_TEXT];

    memcpy(link->line + link->chain_at, tg_digest_text(digest, text), sizeof(text) - 1);
}

static void tie_one(
    struct tg_chain *chain, const struct tg_link *link, uint8_t digest[TG_DIGEST_SIZE])
{
    put_digest(link, digest);
    tg_chain_digest(chain, link->line, link->len, digest);
}

/* The blocks before the place of the digest are taken in together, as many as all have. */
static void tie_all(const struct tg_link links[TG_TIE_MAX], uint8_t digest[TG_DIGEST_SIZE])
{
    struct tg_sha256 states[TG_TIE_MAX];
    const uint8_t *lines[TG_TIE_MAX];
    size_t common = SIZE_MAX;
    uint8_t whole[32];

    for (size_t i = 0; i < TG_TIE_MAX; i++) {
        tg_sha256_start(&states[i]);
        lines[i] = (const uint8_t *)links[i].line;
        if (links[i].chain_at / TG_SHA256_BLOCK < common)
            common = links[i].chain_at / TG_SHA256_BLOCK;
    }
    tg_sha256_blocks_of_all(states, lines, common);
    for (size_t i = 0; i < TG_TIE_MAX; i++) {
        const size_t blocks = links[i].len / TG_SHA256_BLOCK, at = blocks * TG_SHA256_BLOCK;

        put_digest(&links[i], digest);
        tg_sha256_blocks(&states[i], lines[i] + common * TG_SHA256_BLOCK, blocks - common);
        tg_sha256_end(&states[i], lines[i] + at, links[i].len - at, links[i].len, whole);
        memcpy(digest, whole, TG_DIGEST_SIZE);
    }
}

/* A processor that has the instructions and makes something else of them, as under an emulator,
 * must not spoil a log. */
static bool agrees(struct tg_chain *chain)
{
    char lines[TG_TIE_MAX][300];
    struct tg_link links[TG_TIE_MAX];
    uint8_t ours[TG_DIGEST_SIZE] = {1}, theirs[TG_DIGEST_SIZE] = {1};

    for (size_t i = 0; i < TG_TIE_MAX; i++) {
        links[i] = (struct tg_link){lines[i], 300 - 30 * i, 200 - 10 * i};
        for (size_t at = 0; at < sizeof(lines[i]); at++)
            lines[i][at] = (char)(at * 7 + i);
    }
    tie_all(links, ours);
    for (size_t i = 0; i < TG_TIE_MAX; i++)
        tie_one(chain, &links[i], theirs);
    return memcmp(ours, theirs, sizeof(ours)) == 0;
}

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
    chain->fast = tg_sha256_is_there() && agrees(chain);
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

void tg_chain_tie(struct tg_chain *chain, const struct tg_link *links, size_t count,
    uint8_t digest[TG_DIGEST_SIZE])
{
    if (count == TG_TIE_MAX && chain->fast) {
        tie_all(links, digest);
        return;
    }
    for (size_t i = 0; i < count; i++)
        tie_one(chain, &links[i], digest);
}

bool tg_chain_is_fast(const struct tg_chain *chain)
{
    return chain->fast;
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
