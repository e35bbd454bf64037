/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Checks a CDB before libcdb sees it: libcdb trusts the lengths of records to
 * some degree and the order of its tables altogether, and finds whatever a
 * slot of a table points to, be it a record or the inside of one.
 */
#include <inttypes.h>
#include <string.h>

#include "image_p.h"

/* How many slots may be looked at, on the average, to find a record. libcdb's tables
 * are half full: it takes less than two. A table made to be slow is refused. */
#define LOOKS_MAX 64

bool tg_record_next(const struct tg_image *image, struct tg_record *record)
{
    uint64_t at = TG_CDB_TOC_LEN;

    if (record->at != 0)
        at = record->at + 8 + record->key_len + record->value_len;
    if (at >= tg_image_data_end(image))
        return false;
    record->at = at;
    record->key_len = tg_get32(image->data + at);
    record->value_len = tg_get32(image->data + at + 4);
    record->key = image->data + at + 8;
    record->value = record->key + record->key_len;
    return true;
}

/* Checks that records fill their section to the last octet, and counts them. */
static enum tg_status check_records(const struct tg_opening *opening, uint64_t *count)
{
    const uint8_t *data = opening->image->data;
    uint64_t end = tg_image_data_end(opening->image);
    uint64_t at = TG_CDB_TOC_LEN;

    for (*count = 0; at < end; ++*count) {
        uint64_t room = end - at;
        uint64_t key_len = room < 8 ? 0 : tg_get32(data + at);
        uint64_t value_len = room < 8 ? 0 : tg_get32(data + at + 4);

        if (key_len == 0 || 8 + key_len + value_len > room)
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " is longer than the image, or has no key", at);
        at += 8 + key_len + value_len;
    }
    return TG_OK;
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

static struct found find_slot(const struct tg_image *image, const struct tg_record *record)
{
    uint32_t hash = cdb_hash(record->key, (unsigned)record->key_len);
    const uint8_t *toc = image->data + hash % TG_CDB_TABLES * 8;
    const uint8_t *table = image->data + tg_get32(toc);
    uint32_t slots = tg_get32(toc + 4);
    uint32_t i = slots == 0 ? 0 : (hash >> 8) % slots;
    struct found found = {0, false};

    for (uint32_t looks = 1; looks <= slots; looks++) {
        const uint8_t *slot = table + (uint64_t)i * 8;
        uint32_t at = tg_get32(slot + 4);

        if (at == 0)
            break;
        if (tg_get32(slot) == hash && at == record->at) {
            found.looks = looks;
            break;
        }
        if (tg_get32(slot) == hash)
            found.hidden |= has_key(image, at, record);
        i = i + 1 == slots ? 0 : i + 1;
    }
    return found;
}

static enum tg_status check_slots(const struct tg_opening *opening, uint64_t count)
{
    const struct tg_image *image = opening->image;
    struct tg_record record = {0};
    uint64_t looks = 0;

    while (tg_record_next(image, &record)) {
        struct found found = find_slot(image, &record);

        if (found.hidden)
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " has the key of another one", record.at);
        if (found.looks == 0)
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " cannot be found by its key", record.at);
        looks += found.looks;
        if (looks > LOOKS_MAX * count)
            return tg_opening_fail(opening, TG_ECORRUPT, "look-ups would be too slow");
    }
    return TG_OK;
}

/* Each record has a slot of its own; so with as many slots in use as there are
 * records, none can point elsewhere. */
static enum tg_status check_no_more_slots(const struct tg_opening *opening, uint64_t count)
{
    const struct tg_image *image = opening->image;
    uint64_t end = image->cdb.cdb_fsize;
    uint64_t used = 0;

    for (uint64_t at = tg_image_data_end(image); at < end; at += 8)
        used += tg_get32(image->data + at + 4) != 0;
    if (used != count)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "%" PRIu64 " records, but %" PRIu64 " references to records", count, used);
    return TG_OK;
}

enum tg_status tg_image_check_index(const struct tg_opening *opening)
{
    uint64_t count;
    enum tg_status status = check_records(opening, &count);

    if (status == TG_OK)
        status = check_slots(opening, count);
    if (status == TG_OK)
        status = check_no_more_slots(opening, count);
    return status;
}
