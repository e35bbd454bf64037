/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What ties the lines of a log together: each carries the digest of the one before, so that
 * one that was changed, or is gone, shows in the next. A digest is the first half of the SHA-256
 * (FIPS 180-4) of a line's octets, its newline included.
 */
#ifndef TG_MODULE_CHAIN_H
#define TG_MODULE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/status.h"

#define TG_DIGEST_SIZE 16
#define TG_DIGEST_TEXT (2 * TG_DIGEST_SIZE + 1)

/* The highest number of a line that is gone on from: a million a second come to it in 36,000 years.
 * A higher one is a mistake or a trap, as those behind it would begin anew. */
#define TG_SEQUENCE_MAX (UINT64_C(1) << 60)

struct tg_chain;

/**
 * Makes what digests are made with. One thread at a time.
 * @param out output, to be freed with tg_chain_destroy(); unchanged on failure.
 * @return TG_OK or TG_ENOMEM.
 */
enum tg_status tg_chain_create(struct tg_chain **out);

/** Frees it, and sets the pointer to NULL. NULL-safe. */
void tg_chain_destroy(struct tg_chain **chain);

/**
 * The digest of a line.
 * @param digest output: zeros when it cannot be made, which no line has.
 */
void tg_chain_digest(
    struct tg_chain *chain, const char *line, size_t len, uint8_t digest[TG_DIGEST_SIZE]);

/* A line that is whole but for the digest of the line before, which is not known yet. */
struct tg_link {
    char *line;
    size_t len;
    size_t chain_at; /* where that is to stand, TG_DIGEST_TEXT - 1 octets */
};

#define TG_TIE_MAX 4 /* lines */

/**
 * Ties lines, which follow each other, to the one before: each gets the digest of the line before
 * it. TG_TIE_MAX at once take half the time, as most of a line stands before that, and can be taken
 * in while the others are: see sha256.h.
 * @param count  of the links, 0 .. TG_TIE_MAX.
 * @param digest of the line before the first; then of the last.
 */
void tg_chain_tie(struct tg_chain *chain, const struct tg_link *links, size_t count,
    uint8_t digest[TG_DIGEST_SIZE]);

/** Whether TG_TIE_MAX at once are taken in by the processor's own instructions. */
bool tg_chain_is_fast(const struct tg_chain *chain);

/** A digest as lower-case hexadecimal; returns text. */
const char *tg_digest_text(const uint8_t digest[TG_DIGEST_SIZE], char text[TG_DIGEST_TEXT]);

/**
 * The reverse.
 * @param text at least TG_DIGEST_TEXT - 1 octets.
 * @param digest output: undefined on failure.
 * @return false: it is no such text.
 */
bool tg_digest_parse(const char *text, uint8_t digest[TG_DIGEST_SIZE]);

#endif
