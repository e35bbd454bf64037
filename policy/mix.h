/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Private: hashes that nobody outside can foresee. Whoever writes a list, or asks for names,
 * chooses what goes into our tables, and could choose it so that all wants one place.
 */
#ifndef TLDGUARD_MIX_H
#define TLDGUARD_MIX_H

#include <stddef.h>
#include <stdint.h>

/* What the hashes of a table depend on: another one for each, which nobody outside knows. */
struct tg_salt {
    uint64_t start;
    uint64_t factor; /* odd */
};

/** Makes one. Without entropy, as early at boot, it is one that is only hard to guess. */
void tg_salt_make(struct tg_salt *salt);

/* tg_mix(), where no number has 128 bits. */
static inline uint64_t tg_mix_narrow(uint64_t number, uint64_t factor)
{
    uint64_t low = (number & UINT32_MAX) * (factor & UINT32_MAX);
    uint64_t middle = (number >> 32) * (factor & UINT32_MAX) + (low >> 32);
    uint64_t other = (number & UINT32_MAX) * (factor >> 32) + (middle & UINT32_MAX);
    uint64_t high = (number >> 32) * (factor >> 32) + (middle >> 32) + (other >> 32);

    return high ^ (other << 32 | (low & UINT32_MAX));
}

/* The two halves of a product, one over the other. When the factor is not known, neither is what
 * becomes of a difference between two numbers: a product without its upper half keeps one that is
 * in the highest bits there, and the next number could take it back. */
static inline uint64_t tg_mix(uint64_t number, uint64_t factor)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)number * factor;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    return tg_mix_narrow(number, factor);
#endif
}

/** The hash of any octets. */
uint64_t tg_mix_octets(const struct tg_salt *salt, const void *octets, size_t len);

#endif
