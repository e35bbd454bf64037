/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The names of an image as a resolver wants them: found with one wait for memory. In the
 * constant database it takes two, one behind the other: the slot tells where the record is.
 * Here the hash tells which bucket a name is in, whole, and all of that is fetched at once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image_label.h"
#include "image_p.h"

/* How many names are under way at once: as in image_index.c. */
#define AHEAD 32

/* Buckets are filled to three quarters, on the average: then one in ten has a name too many. */
#define FULL_NUMERATOR   3
#define FULL_DENOMINATOR 4

/* Parts of a bucket are counted in: so that each number of entries up to 16 divides it. */
#define WHOLE 720720u

static size_t entry_size(const struct tg_record *record)
{
    /* Its length, flags and rules, the name; at an even place. */
    return (1 + record->value_len + record->key_len - 1 + 1) & ~(size_t)1;
}

/* How many buckets all names take. */
static size_t bucket_count(const struct tg_image *image)
{
    struct tg_record record = {0};
    uint64_t parts = 0;

    while (tg_name_next(image, &record)) {
        size_t fit = (TG_BUCKET_LEN - sizeof(struct tg_bucket_head)) / entry_size(&record);

        parts += WHOLE / (fit < TG_BUCKET_ENTRIES ? fit : TG_BUCKET_ENTRIES);
    }
    return (size_t)(parts * FULL_DENOMINATOR / FULL_NUMERATOR / WHOLE) + 1;
}

static bool put_into(uint8_t *bucket, const struct tg_record *record, uint64_t hash)
{
    struct tg_bucket_head *head = (void *)bucket;
    size_t size = entry_size(record);
    size_t end = head->count == 0 ? TG_BUCKET_LEN : 2u * head->at[head->count - 1];
    uint8_t *entry;

    if (head->count == TG_BUCKET_ENTRIES || end < sizeof(*head) + size) {
        head->more = 1;
        return false;
    }
    entry = bucket + end - size;
    head->tags[head->count] = tg_bucket_tag(hash);
    head->at[head->count++] = (uint8_t)((end - size) / 2);
    entry[0] = (uint8_t)(record->key_len - 1);
    memcpy(entry + 1, record->value, record->value_len);
    memcpy(entry + 1 + record->value_len, record->key + 1, record->key_len - 1);
    return true;
}

static bool put(const struct tg_names *names, const struct tg_record *record, uint64_t hash)
{
    uint8_t *bucket = tg_bucket_of(names, hash);

    for (size_t looks = 0; looks < TG_BUCKETS_LOOKED_AT; looks++) {
        if (put_into(bucket, record, hash))
            return true;
        bucket = tg_bucket_next(names, bucket);
    }
    return false;
}

/* A name on its way to its bucket. */
struct coming {
    struct tg_record record;
    uint64_t hash;
};

static struct coming come(
    const struct tg_image *image, const struct tg_names *names, const struct tg_record *record)
{
    struct coming coming = {.record = *record, .hash = image->salt.start};
    uint8_t offsets[TG_LABELS_MAX];
    const uint8_t *wire = record->key + 1;

    for (size_t i = tg_dname_labels(wire, offsets); i > 0; i--)
        coming.hash = tg_name_hash(coming.hash,
            tg_label_key(wire + offsets[i - 1], image->salt.factor), image->salt.factor);
    __builtin_prefetch(tg_bucket_of(names, coming.hash), 1);
    return coming;
}

static bool fill(const struct tg_image *image, const struct tg_names *names)
{
    struct coming coming[AHEAD];
    struct tg_record record = {0};
    size_t begun = 0;

    for (size_t done = 0;; done++) {
        for (; begun < done + AHEAD && tg_name_next(image, &record); begun++)
            coming[begun % AHEAD] = come(image, names, &record);
        if (done == begun)
            return true;
        if (!put(names, &coming[done % AHEAD].record, coming[done % AHEAD].hash))
            return false;
    }
}

/* What stands in front of the names is pointed to by everything else, and goes along. */
static size_t front_len(const struct tg_image *image)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = (image->names_at + page - 1) / page * page;

    return len < image->len ? len : image->len;
}

static bool make_buckets(const struct tg_image *image, struct tg_names *names)
{
    void *room;

    names->count = bucket_count(image);
    names->len = names->count * TG_BUCKET_LEN;
    room = mmap(NULL, names->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return false;
    (void)madvise(room, names->len, MADV_HUGEPAGE);
    names->buckets = room;
    if (fill(image, names) && mprotect(room, names->len, PROT_READ) == 0)
        return true;
    (void)munmap(room, names->len);
    return false;
}

struct tg_image *tg_image_settle(struct tg_image *image)
{
    struct tg_image *settled = NULL;
    struct tg_names names;

    if (image->quick == NULL && image->names.buckets == NULL)
        settled = malloc(sizeof(*settled));
    if (settled == NULL || !make_buckets(image, &names)) {
        free(settled);
        return NULL;
    }
    *settled = *image;
    settled->names = names;
    settled->len = front_len(image);
    image->settled = true;
    return settled;
}

void tg_image_close_rest(struct tg_image *image)
{
    size_t given = front_len(image);

    if (given < image->len)
        (void)munmap(image->data + given, image->len - given);
    free(image);
}
