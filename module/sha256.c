/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/sha256.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA_CODE __attribute__((target("sha,sse4.1")))

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {0x428a2f98, 0x71374491,
    0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
    0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
    0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
    0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool tg_sha256_is_there(void)
{
    const unsigned sha = 1u << 29;
    unsigned a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha) != 0;
}

/* A message in work: its state, and the last 16 words of its schedule. */
struct lane {
    __m128i feba, hgdc;
    __m128i words[4];
};

SHA_CODE static inline __m128i octets(const void *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

/* Octets of a block are words with the highest octet first. */
SHA_CODE static inline void load(struct lane *lane, const uint8_t *block)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

    for (size_t i = 0; i < 4; i++)
        lane->words[i] = _mm_shuffle_epi8(octets(block + 16 * i), order);
}

/* Rounds 4 * step to 4 * step + 3. From step 4 on the words are made of the 16 before. */
SHA_CODE static inline void rounds(struct lane *lane, size_t step)
{
    __m128i *const w = lane->words;
    const size_t at = step % 4, next = (step + 1) % 4, last = (step + 3) % 4;
    __m128i sum;

    if (step >= 4) {
        sum = _mm_alignr_epi8(w[last], w[(step + 2) % 4], 4);
        sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[at], w[next]), sum);
        w[at] = _mm_sha256msg2_epu32(sum, w[last]);
    }
    sum = _mm_add_epi32(w[at], octets(constants + 4 * step));
    lane->hgdc = _mm_sha256rnds2_epu32(lane->hgdc, lane->feba, sum);
    lane->feba = _mm_sha256rnds2_epu32(lane->feba, lane->hgdc, _mm_shuffle_epi32(sum, 0x0e));
}

SHA_CODE static inline struct lane lane_of(const struct tg_sha256 *state)
{
    return (struct lane){.feba = octets(state->feba), .hgdc = octets(state->hgdc)};
}

SHA_CODE static inline void add(struct tg_sha256 *state, const struct lane *lane)
{
    _mm_storeu_si128((__m128i *)state->feba, _mm_add_epi32(octets(state->feba), lane->feba));
    _mm_storeu_si128((__m128i *)state->hgdc, _mm_add_epi32(octets(state->hgdc), lane->hgdc));
}

SHA_CODE void tg_sha256_blocks(struct tg_sha256 *state, const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += TG_SHA256_BLOCK) {
        struct lane lane = lane_of(state);

        load(&lane, blocks);
#pragma GCC unroll 16
        for (size_t step = 0; step < 16; step++)
            rounds(&lane, step);
        add(state, &lane);
    }
}

SHA_CODE void tg_sha256_blocks_of_all(struct tg_sha256 states[TG_SHA256_LANES],
    const uint8_t *const blocks[TG_SHA256_LANES], size_t count)
{
    for (size_t at = 0; at < count * TG_SHA256_BLOCK; at += TG_SHA256_BLOCK) {
        struct lane lanes[TG_SHA256_LANES];

#pragma GCC unroll 4
        for (size_t i = 0; i < TG_SHA256_LANES; i++) {
            lanes[i] = lane_of(&states[i]);
            load(&lanes[i], blocks[i] + at);
        }
#pragma GCC unroll 16
        for (size_t step = 0; step < 16; step++) {
#pragma GCC unroll 4
            for (size_t i = 0; i < TG_SHA256_LANES; i++)
                rounds(&lanes[i], step);
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < TG_SHA256_LANES; i++)
            add(&states[i], &lanes[i]);
    }
}

#else /* libcrypto does it */

bool tg_sha256_is_there(void)
{
    return false;
}

void tg_sha256_blocks(struct tg_sha256 *state, const uint8_t *blocks, size_t count)
{
    (void)state;
    (void)blocks;
    (void)count;
}

void tg_sha256_blocks_of_all(struct tg_sha256 states[TG_SHA256_LANES],
    const uint8_t *const blocks[TG_SHA256_LANES], size_t count)
{
    (void)states;
    (void)blocks;
    (void)count;
}
#endif

/* FIPS 180-4, 5.3.3: from h, g, d, c and f, e, b, a on. */
void tg_sha256_start(struct tg_sha256 *state)
{
    *state = (struct tg_sha256){.feba = {0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667},
        .hgdc = {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372}};
}

static void write_word(uint8_t *to, uint32_t word)
{
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> (24 - 8 * i));
}

void tg_sha256_end(
    struct tg_sha256 *state, const uint8_t *rest, size_t len, uint64_t whole, uint8_t digest[32])
{
    /* 5.1.1: a bit, zeros, and the length in bits. */
    uint8_t last[3 * TG_SHA256_BLOCK] = {0};
    const size_t size = (len + 9 + TG_SHA256_BLOCK - 1) / TG_SHA256_BLOCK * TG_SHA256_BLOCK;

    memcpy(last, rest, len);
    last[len] = 0x80;
    write_word(last + size - 8, (uint32_t)(whole >> 29));
    write_word(last + size - 4, (uint32_t)(whole << 3));
    tg_sha256_blocks(state, last, size / TG_SHA256_BLOCK);
    for (size_t i = 0; i < 2; i++) {
        write_word(digest + 4 * i, state->feba[3 - i]);
        write_word(digest + 8 + 4 * i, state->hgdc[3 - i]);
        write_word(digest + 16 + 4 * i, state->feba[1 - i]);
        write_word(digest + 24 + 4 * i, state->hgdc[1 - i]);
    }
}
