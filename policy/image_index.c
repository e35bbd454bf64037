/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Checks records and tables before anything is looked up in them: a slot of a table
 * finds whatever it points to, be it a record or the inside of one.
 */
#include <cdb.h>
#include <inttypes.h>
#include <string.h>

#include "image_p.h"

/* How many records are under way at once: memory is slow, and so their slots are asked for early
 * and looked at late. */
#define AHEAD   32
#define AT_ONCE 4 /* as hash_four(); divides AHEAD */

/* The record behind another one, of those that lie from start to end. */
static bool next(
    const struct tg_image *image, struct tg_record *record, uint64_t start, uint64_t end)
{
    uint64_t at = start;

    if (record->at != 0)
        at = record->at + 8 + record->key_len + record->value_len;
    if (at >= end)
        return false;
    record->at = at;
    record->key_len = tg_get32(image->data + at);
    record->value_len = tg_get32(image->data + at + 4);
    record->key = image->data + at + 8;
    record->value = record->key + record->key_len;
    return true;
}

bool tg_front_next(const struct tg_image *image, struct tg_record *record)
{
    return next(image, record, TG_CDB_TOC_LEN, image->names_at);
}

bool tg_name_next(const struct tg_image *image, struct tg_record *record)
{
    return image->names.buckets == NULL &&
           next(image, record, image->names_at, tg_image_data_end(image));
}

enum tg_status tg_image_check_records(const struct tg_opening *opening, uint64_t *count)
{
    const struct tg_image *image = opening->image;
    uint64_t end = tg_image_data_end(image);
    uint64_t at = TG_CDB_TOC_LEN;
    bool names = image->names_at == end;

    for (*count = 0; at < end; ++*count) {
        uint64_t room = end - at;
        uint64_t key_len = room < 8 ? 0 : tg_get32(image->data + at);
        uint64_t value_len = room < 8 ? 0 : tg_get32(image->data + at + 4);

        if (key_len == 0 || 8 + key_len + value_len > room)
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " is longer than the image, or has no key", at);
        names |= image->names_at == at;
        at += 8 + key_len + value_len;
    }
    if (!names)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "names are said to begin at byte %" PRIu32 ", which is inside a record",
            image->names_at);
    return TG_OK;
}

/* A record, and where the search for it begins. */
struct wanted {
    struct tg_record record;
    uint32_t hash;
    const uint8_t *table;
    uint32_t slots;
    uint32_t first;
};

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uint32_t step(uint32_t hash, uint8_t octet)
{
    return hash * 33 ^ octet;
}

/* The rest of a key. */
static void hash_rest(struct wanted *wanted, uint32_t hash, size_t from)
{
    for (size_t i = from; i < wanted->record.key_len; i++)
        hash = step(hash, wanted->record.key[i]);
    wanted->hash = hash;
}

/* cdb_hash() of four keys: each of its steps waits for the one before, which leaves the processor
 * time for those of the others. */
static void hash_four(struct wanted wanted[4])
{
    const uint8_t *k0 = wanted[0].record.key, *k1 = wanted[1].record.key;
    const uint8_t *k2 = wanted[2].record.key, *k3 = wanted[3].record.key;
    uint32_t h0 = 5381, h1 = 5381, h2 = 5381, h3 = 5381;
    size_t least = least_of(least_of(wanted[0].record.key_len, wanted[1].record.key_len),
        least_of(wanted[2].record.key_len, wanted[3].record.key_len));

    for (size_t i = 0; i < least; i++) {
        h0 = step(h0, k0[i]);
        h1 = step(h1, k1[i]);
        h2 = step(h2, k2[i]);
        h3 = step(h3, k3[i]);
    }
    hash_rest(&wanted[0], h0, least);
    hash_rest(&wanted[1], h1, least);
    hash_rest(&wanted[2], h2, least);
    hash_rest(&wanted[3], h3, least);
}

static void find_place(const struct tg_image *image, struct wanted *wanted)
{
    const uint8_t *toc = image->data + wanted->hash % TG_CDB_TABLES * 8;

    wanted->table = image->data + tg_get32(toc);
    wanted->slots = tg_get32(toc + 4);
    wanted->first = wanted->slots == 0 ? 0 : (wanted->hash >> 8) % wanted->slots;
}

/* The next few records, as many as there are; returns how many. */
static size_t want(
    const struct tg_image *image, struct tg_record *record, struct wanted wanted[AT_ONCE])
{
    size_t count = 0;

    while (count < AT_ONCE && next(image, record, TG_CDB_TOC_LEN, tg_image_data_end(image)))
        wanted[count++].record = *record;
    if (count == AT_ONCE)
        hash_four(wanted);
    for (size_t n = 0; n < count; n++) {
        if (count < AT_ONCE)
            wanted[n].hash = cdb_hash(wanted[n].record.key, (unsigned)wanted[n].record.key_len);
        find_place(image, &wanted[n]);
        __builtin_prefetch(wanted[n].table + (size_t)wanted[n].first * 8);
    }
    return count;
}

/* Whether there is a record with the same key. The position has not been checked. */
static bool has_key(const struct tg_image *image, uint64_t at, const struct tg_record *record)
{
    uint64_t end = tg_image_data_end(image);

    return at >= TG_CDB_TOC_LEN && at + 8 + record->key_len <= end &&
           tg_get32(image->data + at) == record->key_len &&
           memcmp(image->data + at + 8, record->key, record->key_len) == 0;
}

/* What a reader of CDB meets on its way to a record. */
struct found {
    uint64_t looks; /* slots looked at; 0: no slot points to the record */
    bool hidden;    /* another record has its key, and comes first */
};

static struct found find_slot(const struct tg_image *image, const struct wanted *wanted)
{
    uint32_t i = wanted->first;
    struct found found = {0, false};

    for (uint32_t looks = 1; looks <= wanted->slots; looks++) {
        const uint8_t *slot = wanted->table + (uint64_t)i * 8;
        uint32_t at = tg_get32(slot + 4);

        if (at == 0)
            break;
        if (tg_get32(slot) == wanted->hash && at == wanted->record.at) {
            found.looks = looks;
            break;
        }
        if (tg_get32(slot) == wanted->hash)
            found.hidden |= has_key(image, at, &wanted->record);
        i = i + 1 == wanted->slots ? 0 : i + 1;
    }
    return found;
}

static enum tg_status check_slot(
    const struct tg_opening *opening, const struct wanted *wanted, uint64_t *looks)
{
    struct found found = find_slot(opening->image, wanted);

    if (found.hidden)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "record at byte %" PRIu64 " has the key of another one", wanted->record.at);
    if (found.looks == 0)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "record at byte %" PRIu64 " cannot be found by its key", wanted->record.at);
    *looks += found.looks;
    return TG_OK;
}

static enum tg_status check_slots(const struct tg_opening *opening, uint64_t count)
{
    const struct tg_image *image = opening->image;
    struct wanted wanted[AHEAD];
    struct tg_record record = {0};
    uint64_t begun = 0;
    uint64_t looks = 0;

    for (uint64_t done = 0; done < count; done++) {
        enum tg_status status;

        while (begun < count && begun + AT_ONCE <= done + AHEAD)
            begun += want(image, &record, &wanted[begun % AHEAD]);
        status = check_slot(opening, &wanted[done % AHEAD], &looks);
        if (status != TG_OK)
            return status;
        if (looks > TG_LOOKS_MAX * count)
            return tg_opening_fail(opening, TG_ECORRUPT, "look-ups would be too slow");
    }
    return TG_OK;
}

/* Each record has a slot of its own; so with as many slots in use as there are records, none can
 * point elsewhere. Nor may too many stand in a row: image_looks.c. */
static enum tg_status check_all_slots(const struct tg_opening *opening, uint64_t count)
{
    const struct tg_image *image = opening->image;
    uint64_t end = image->len - sizeof(struct tg_disk_trailer);
    uint64_t used = 0, run = 0, longest = 0;

    for (uint64_t at = tg_image_data_end(image); at < end; at += 8) {
        const bool in_use = tg_get32(image->data + at + 4) != 0;

        used += in_use;
        run = in_use ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    if (longest > TG_RUN_MAX)
        return tg_opening_fail(opening, TG_ECORRUPT, "look-ups would be too slow");
    if (used != count)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "%" PRIu64 " records, but %" PRIu64 " references to records", count, used);
    return TG_OK;
}

enum tg_status tg_image_check_tables(const struct tg_opening *opening, uint64_t count)
{
    enum tg_status status = check_slots(opening, count);

    if (status == TG_OK)
        status = check_all_slots(opening, count);
    return status;
}
