/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private to images: labels, and whole names, as numbers. */
#ifndef TLDGUARD_IMAGE_LABEL_H
#define TLDGUARD_IMAGE_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "image_p.h"
#include "octets.h"

/* A number for a label with its length octet, the same in any case. Up to
 * seven octets it is the label itself, so that equal keys are equal labels. The lowest
 * octet is the length, so it is never 0. Reads no octet behind the label, for
 * a name may end where its memory does: short reads overlap instead. */
static inline uint64_t tg_label_key(const uint8_t *label)
{
    size_t len = label[0] + 1u;
    uint64_t hash = 0;

    if (len < 4) {
        size_t rest = len - 2;

        return tg_lower8(tg_get16(label) | (uint64_t)tg_get16(label + rest) << 8 * rest);
    }
    if (len <= 8) {
        size_t rest = len - 4;

        return tg_lower8(tg_get32(label) | (uint64_t)tg_get32(label + rest) << 8 * rest);
    }
    for (size_t at = 0; at < len; at += 8) {
        size_t from = at + 8 <= len ? at : len - 8;

        hash = (hash ^ tg_lower8(tg_get64(label + from))) * 0x9fb21c651e98df25u;
        hash ^= hash >> 32;
    }
    return hash << 8 | label[0];
}

/* The hash of a name that is one label longer than another one: so those of a name and of all that
 * is above it take one walk, from the right. The root's is 0. */
static inline uint64_t tg_name_hash(uint64_t above, uint64_t key)
{
    uint64_t hash = (above ^ key) * 0x9e3779b97f4a7c15u;

    return hash ^ hash >> 32;
}

#endif
