/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Packets by seed that are questions, nearly, or not at all; about names of the live tests. */
#ifndef TLDGUARD_TEST_JUNK_H
#define TLDGUARD_TEST_JUNK_H

#include <stddef.h>
#include <stdint.h>

#define JUNK_MAX       4096      /* octets */
#define JUNK_COUNT_MAX (1 << 22) /* packets of one seed */

struct junk {
    uint8_t octets[JUNK_MAX];
    size_t len; /* may be 0 */
};

/**
 * Makes one packet, always the same for the same seed and number.
 * @param number 0 .. JUNK_COUNT_MAX - 1.
 * @param p      output. Any thread.
 */
void junk_make(struct junk *p, uint64_t seed, unsigned number);

#endif
