/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private to images: labels, and whole names, as numbers; and where a settled image has them. */
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
static inline uint64_t tg_label_key(const uint8_t *label, uint64_t factor)
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
    for (size_t at = 0; at < len; at += 8)
        hash = tg_mix(hash ^ tg_lower8(tg_get64(label + (at + 8 <= len ? at : len - 8))), factor);
    return hash << 8 | label[0];
}

/* The hash of a name that is one label longer than another one: so those of a name and of all that
 * is above it take one walk, from the right. The root's is the start of the salt. */
static inline uint64_t tg_name_hash(uint64_t above, uint64_t key, uint64_t factor)
{
    return tg_mix(above ^ key, factor);
}

#define TG_BUCKET_LEN     512
#define TG_BUCKET_ENTRIES 16

/* A name whose own bucket is full goes to one behind that. When it would be so far that looking
 * for it is slow, somebody has chosen the names for that, and has known the salt: the image is
 * not settled. */
#define TG_BUCKETS_LOOKED_AT 64

/* The start of a bucket. Its entries lie from its end towards this: the length of a name, what
 * is known of it as in struct tg_disk_name, and the name. */
struct tg_bucket_head {
    uint8_t count;
    uint8_t more;                    /* 1: it was full, and what had no room is in the next one */
    uint8_t at[TG_BUCKET_ENTRIES];   /* where each entry starts: half of that */
    uint8_t tags[TG_BUCKET_ENTRIES]; /* of their hashes */
};

static_assert(TG_BUCKET_LEN / 2 <= UINT8_MAX + 1, "where an entry starts fits");
static_assert(sizeof(struct tg_bucket_head) + 2 + sizeof(struct tg_disk_name) + 9 + TG_DNAME_MAX <=
                  TG_BUCKET_LEN,
    "any entry fits");

/* Eight bits of a hash that do not choose the bucket. */
static inline uint8_t tg_bucket_tag(uint64_t hash)
{
    return (uint8_t)hash;
}

/* The bucket where the search for a name begins. */
static inline uint8_t *tg_bucket_of(const struct tg_names *names, uint64_t hash)
{
    return names->buckets + (size_t)((hash >> 32) * names->count >> 32) * TG_BUCKET_LEN;
}

/* The bucket behind one; the first behind the last. */
static inline uint8_t *tg_bucket_next(const struct tg_names *names, const uint8_t *bucket)
{
    size_t next = (size_t)(bucket - names->buckets) + TG_BUCKET_LEN;

    return names->buckets + (next == names->len ? 0 : next);
}

#endif
