/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What an image knows of single names. */
#include <string.h>

#include "image_label.h"
#include "image_p.h"

/* cdb_hash() of the key: the octet of kind, then the name. */
static uint32_t hash_of(struct tg_name name)
{
    uint32_t hash = 5381 * 33 ^ TG_DISK_NAME;

    for (size_t i = 0; i < name.len; i++)
        hash = hash * 33 ^ name.wire[i];
    return hash;
}

/* The table that a hash belongs to, and its slot there where the search begins. */
struct place {
    const uint8_t *table;
    uint32_t slots;
    uint32_t first;
};

static struct place place_of(const struct tg_image *image, uint32_t hash)
{
    const uint8_t *toc = image->data + hash % TG_CDB_TABLES * 8;
    struct place place = {image->data + tg_get32(toc), tg_get32(toc + 4), 0};

    if (place.slots > 0)
        place.first = (hash >> 8) % place.slots;
    return place;
}

/* So many octets are in the processor's own cache, when they are asked for at all. */
#define NEAR (256 * 1024)

/* All of a bucket comes at once: which of its entries is wanted is known only later. Not a
 * function of its own: gcc takes a call of one that only prefetches for one that does nothing. */
static inline __attribute__((always_inline)) void fetch(const struct tg_names *names, uint64_t hash)
{
    const uint8_t *bucket = tg_bucket_of(names, hash);

    if (names->len <= NEAR)
        return;
    static_assert(TG_BUCKET_LEN == 8 * 64, "eight lines of a cache");
    __builtin_prefetch(bucket);
    __builtin_prefetch(bucket + 64);
    __builtin_prefetch(bucket + 128);
    __builtin_prefetch(bucket + 192);
    __builtin_prefetch(bucket + 256);
    __builtin_prefetch(bucket + 320);
    __builtin_prefetch(bucket + 384);
    __builtin_prefetch(bucket + 448);
}

/* From the right, as far as a hash there is part of what follows. */
static void prepare_settled(const struct tg_image *image, struct tg_name name,
    const uint8_t *offsets, size_t first, size_t labels, struct tg_lookup *lookups)
{
    const uint64_t factor = image->salt.factor;
    uint64_t hash = image->salt.start;

    for (size_t i = labels; i > first; i--) {
        size_t at = offsets[i - 1];

        hash = tg_name_hash(hash, tg_label_key(name.wire + at, factor), factor);
        lookups[i - 1] = (struct tg_lookup){.name = {name.wire + at, name.len - at}, .hash = hash};
        fetch(&image->names, hash);
    }
}

void tg_image_prepare(const struct tg_image *image, struct tg_name name, const uint8_t *offsets,
    size_t first, size_t labels, struct tg_lookup *lookups)
{
    if (image->names.buckets != NULL) {
        prepare_settled(image, name, offsets, first, labels, lookups);
        return;
    }
    for (size_t i = first; i < labels; i++) {
        struct tg_name one = {name.wire + offsets[i], name.len - offsets[i]};
        uint32_t hash = hash_of(one);
        struct place place = place_of(image, hash);

        lookups[i] = (struct tg_lookup){.name = one, .hash = hash};
        __builtin_prefetch(place.table + (size_t)place.first * 8);
    }
}

static bool is_it(const uint8_t *record, struct tg_name name)
{
    return tg_get32(record) == name.len + 1 && record[8] == TG_DISK_NAME &&
           memcmp(record + 9, name.wire, name.len) == 0;
}

/* Which of eight tags are this one: bit 7 of each octet. */
static uint64_t same_tags(const uint8_t tags[8], uint8_t tag)
{
    uint64_t differ = tg_get64(tags) ^ TG_EVERY_OCTET(tag);
    uint64_t low7 = (differ & TG_EVERY_OCTET(0x7f)) + TG_EVERY_OCTET(0x7f);

    return ~(low7 | differ) & TG_EVERY_OCTET(0x80);
}

/* What one bucket knows of a name, or NULL. Tags behind the last entry mean nothing. */
static const struct tg_disk_name *find_in(const uint8_t *bucket, const struct tg_lookup *lookup)
{
    const struct tg_bucket_head *head = (const void *)bucket;
    uint8_t tag = tg_bucket_tag(lookup->hash);
    /* Of each octet bit 0 is about the first eight, bit 1 about the others. */
    uint64_t same = same_tags(head->tags, tag) >> 7 | same_tags(head->tags + 8, tag) >> 6;

    static_assert(TG_BUCKET_ENTRIES == 16, "two times eight tags");
    for (; same != 0; same &= same - 1) {
        size_t bit = (size_t)__builtin_ctzll(same);
        size_t i = bit / 8 + bit % 8 * 8;
        const uint8_t *entry = bucket + 2u * head->at[i];
        const struct tg_disk_name *known = (const void *)(entry + 1);

        if (i < head->count && entry[0] == lookup->name.len &&
            memcmp(known->rules[tg_disk_rules(tg_get16(known->flags))], lookup->name.wire,
                lookup->name.len) == 0)
            return known;
    }
    return NULL;
}

static const struct tg_disk_name *find_settled(
    const struct tg_names *names, const struct tg_lookup *lookup)
{
    const uint8_t *bucket = tg_bucket_of(names, lookup->hash);

    for (size_t looks = 0; looks < TG_BUCKETS_LOOKED_AT; looks++) {
        const struct tg_disk_name *known = find_in(bucket, lookup);

        if (known != NULL || ((const struct tg_bucket_head *)bucket)->more == 0)
            return known;
        bucket = tg_bucket_next(names, bucket);
    }
    return NULL;
}

/* The value of a name's record, or NULL. As cdb_find() does it, in tables that were checked, but
 * without a copy of the handle for each look-up. */
static const struct tg_disk_name *find(const struct tg_image *image, const struct tg_lookup *lookup)
{
    struct place place = place_of(image, (uint32_t)lookup->hash);
    uint32_t i = place.first;

    for (uint32_t looks = 0; looks < place.slots; looks++) {
        const uint8_t *slot = place.table + (size_t)i * 8;
        const uint8_t *record = image->data + tg_get32(slot + 4);

        if (record == image->data)
            return NULL;
        if (tg_get32(slot) == lookup->hash && is_it(record, lookup->name))
            return (const void *)(record + 9 + lookup->name.len);
        i = i + 1 == place.slots ? 0 : i + 1;
    }
    /* All tables of a quick image are empty: it asks here, and costs the others nothing. */
    return image->quick == NULL ? NULL : tg_quick_find(image, lookup);
}

bool tg_image_finish(
    const struct tg_image *image, const struct tg_lookup *lookup, struct tg_image_name *out)
{
    const struct tg_disk_name *disk =
        image->names.buckets != NULL ? find_settled(&image->names, lookup) : find(image, lookup);
    size_t next = 0;
    uint32_t flags;

    *out = (struct tg_image_name){0};
    if (disk == NULL)
        return false;
    /* Its length, flags and rules were checked. */
    flags = tg_get16(disk->flags);
    if (flags & TG_DISK_ALLOW)
        out->allow = &image->rules[tg_get24(disk->rules[next++])];
    if (flags & TG_DISK_BLOCK)
        out->block = &image->rules[tg_get24(disk->rules[next++])];
    if (flags & TG_DISK_PROTECT)
        out->protect = &image->rules[tg_get24(disk->rules[next++])];
    out->allow_exact = (flags & TG_DISK_ALLOW_EXACT) != 0;
    out->block_exact = (flags & TG_DISK_BLOCK_EXACT) != 0;
    out->protect_exact = (flags & TG_DISK_PROTECT_EXACT) != 0;
    out->above_allow = (flags & TG_DISK_ABOVE_ALLOW) != 0;
    out->above_suffix = (flags & TG_DISK_ABOVE_SUFFIX) != 0;
    out->suffix = (flags & TG_DISK_SUFFIX) != 0;
    out->suffix_wildcard = (flags & TG_DISK_SUFFIX_WILDCARD) != 0;
    out->suffix_exception = (flags & TG_DISK_SUFFIX_EXCEPTION) != 0;
    return true;
}

bool tg_image_name(const struct tg_image *image, struct tg_name name, struct tg_image_name *out)
{
    uint8_t offsets[TG_LABELS_MAX];
    struct tg_lookup lookups[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(name.wire, offsets);

    *out = (struct tg_image_name){0};
    if (labels == 0)
        return false;
    tg_image_prepare(image, name, offsets, 0, image->names.buckets != NULL ? labels : 1, lookups);
    return tg_image_finish(image, &lookups[0], out);
}

/* The entries of one record, in the order of their rules in the text. */
static bool each_of_record(const struct tg_record *record,
    bool (*each)(void *arg, const struct tg_entry *entry), void *arg)
{
    const struct tg_disk_name *disk = (const void *)record->value;
    struct tg_entry entries[3];
    size_t count = 0;

    for (uint32_t kind = 0; kind < 3; kind++) {
        uint32_t flag = 1u << kind;
        size_t at = count;
        struct tg_entry entry = {.name = {record->key + 1, record->key_len - 1}};

        if ((tg_get16(disk->flags) & flag) == 0)
            continue;
        entry.rule = tg_get24(disk->rules[count++]);
        entry.exact = (tg_get16(disk->flags) & flag << TG_DISK_EXACT_SHIFT) != 0;
        for (; at > 0 && entries[at - 1].rule > entry.rule; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
    for (size_t i = 0; i < count; i++)
        if (!each(arg, &entries[i]))
            return false;
    return true;
}

void tg_image_each_name(
    const struct tg_image *image, bool (*each)(void *arg, const struct tg_entry *entry), void *arg)
{
    struct tg_record record = {0};

    while (tg_name_next(image, &record))
        if (!each_of_record(&record, each, arg))
            return;
}

void tg_image_each_suffix(
    const struct tg_image *image, bool (*each)(void *arg, struct tg_name name), void *arg)
{
    struct tg_record record = {0};

    while (tg_name_next(image, &record)) {
        const struct tg_disk_name *disk = (const void *)record.value;

        if ((tg_get16(disk->flags) & TG_DISK_SUFFIXES) &&
            !each(arg, (struct tg_name){record.key + 1, record.key_len - 1}))
            return;
    }
}
