/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * SHA-256 (FIPS 180-4) of four messages at once, by the SHA instructions of x86-64 processors. Each
 * of those waits for the one before it, so that a processor that works on one message alone is idle
 * half of the time; libcrypto has no function for more. Where there are no such instructions,
 * libcrypto does it all: see chain.c.
 */
#ifndef TG_MODULE_SHA256_H
#define TG_MODULE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TG_SHA256_BLOCK 64
#define TG_SHA256_LANES 4 /* with three, and with two, the units wait for each other still */

/* Of a message so far: a, b, e, f and c, d, g, h, as the instructions have them. */
struct tg_sha256 {
    uint32_t feba[4], hgdc[4];
};

/** Whether this processor can: nothing else here may be called where it cannot. Any thread. */
bool tg_sha256_is_there(void);

/** The state before the first block. */
void tg_sha256_start(struct tg_sha256 *state);

/** Takes blocks in: of one message. */
void tg_sha256_blocks(struct tg_sha256 *state, const uint8_t *blocks, size_t count);

/** The same, of TG_SHA256_LANES messages: as many of each. */
void tg_sha256_blocks_of_all(struct tg_sha256 states[TG_SHA256_LANES],
    const uint8_t *const blocks[TG_SHA256_LANES], size_t count);

/**
 * Takes in what is behind the last whole block, and ends the message.
 * @param rest   at least len octets; fewer than two blocks.
 * @param whole  length of the message, in octets.
 * @param digest output: all 32 octets.
 */
void tg_sha256_end(
    struct tg_sha256 *state, const uint8_t *rest, size_t len, uint64_t whole, uint8_t digest[32]);

#endif
