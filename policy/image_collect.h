/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private to the writer: what a policy says of each name, put together. */
#ifndef TLDGUARD_IMAGE_COLLECT_H
#define TLDGUARD_IMAGE_COLLECT_H

#include <stddef.h>
#include <stdint.h>

#include "mix.h"
#include "tldguard/policy.h"

/* One name. Small, for there may be millions. */
struct tg_known {
    const uint8_t *wire; /* borrowed from the policy */
    uint32_t rules[3];   /* of allow, block, protect, where flags say so */
    uint16_t flags;      /* TG_DISK_... */
    uint8_t len;
    uint8_t depth; /* of a TLD: labels of the longest name at or below it */
};

/* Names in the order they came, each once, found by a hash that nobody outside can know. */
struct tg_knowns {
    struct tg_known *names;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* 1 + index; 0: empty */
    size_t size;     /* a power of two, or 0 */
    struct tg_salt salt;
};

/** Finds a name, or adds it with no flags. NULL: out of memory. Borrowed until the next call. */
struct tg_known *tg_knowns_at(struct tg_knowns *knowns, struct tg_name name);

/**
 * Collects the names of a policy: its entries and suffixes in their order, then what is
 * above them.
 * @param names output, to be freed with tg_knowns_fini() also on failure.
 * @param tlds  output, likewise: each listed TLD, then each with names at or below it.
 * @return TG_OK or TG_ENOMEM.
 */
enum tg_status tg_collect(
    const struct tg_policy *policy, struct tg_knowns *names, struct tg_knowns *tlds);

/** Frees; all zero is fine. */
void tg_knowns_fini(struct tg_knowns *knowns);

#endif
