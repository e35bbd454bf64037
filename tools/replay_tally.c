/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Counts by name, client and rule. A log may hold any number of names: what finds no room any
 * more is counted as one, so that memory stays bounded and no sum is wrong. */
#include <stdlib.h>
#include <string.h>

/* Clients choose the names: the hash depends on what nobody knows. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)tg_mix_octets(&tally->salt, (key), (len)))
#define HASH_NONFATAL_OOM             1
#define uthash_nonfatal_oom(elt)      (out_of_memory = true)
#include <uthash.h>

#include "policy/mix.h"
#include "tools/replay.h"

struct cell {
    UT_hash_handle hh;
    uint64_t counts[TG_FATES];
    uint8_t len;
    uint8_t key[];
};

struct tg_tally {
    struct tg_salt salt;
    struct cell *cells;
    size_t keys[TG_FATES];
    uint64_t beyond[TG_FATES];
};

struct tg_tally *tg_tally_create(void)
{
    struct tg_tally *tally = calloc(1, sizeof(*tally));

    if (tally)
        tg_salt_make(&tally->salt);
    return tally;
}

void tg_tally_destroy(struct tg_tally **tally)
{
    struct cell *cell, *next;

    if (!*tally)
        return;
    HASH_ITER(hh, (*tally)->cells, cell, next)
    {
        HASH_DEL((*tally)->cells, cell);
        free(cell);
    }
    free(*tally);
    *tally = NULL;
}

static struct cell *add_cell(struct tg_tally *tally, const void *key, size_t len)
{
    bool out_of_memory = false;
    struct cell *cell;

    if (HASH_COUNT(tally->cells) >= TG_TALLY_MAX)
        return NULL;
    cell = calloc(1, sizeof(*cell) + len);
    if (!cell)
        return NULL;
    cell->len = (uint8_t)len;
    memcpy(cell->key, key, len);
    HASH_ADD_KEYPTR(hh, tally->cells, cell->key, (unsigned)len, cell);
    if (out_of_memory) {
        free(cell);
        return NULL;
    }
    return cell;
}

bool tg_tally_add(struct tg_tally *tally, const void *key, size_t len, enum tg_fate fate)
{
    struct cell *cell = NULL;

    HASH_FIND(hh, tally->cells, key, (unsigned)len, cell);
    if (!cell)
        cell = add_cell(tally, key, len);
    if (!cell) {
        tally->beyond[fate]++;
        return false;
    }
    if (cell->counts[fate]++ == 0)
        tally->keys[fate]++;
    return true;
}

size_t tg_tally_keys(const struct tg_tally *tally, enum tg_fate fate)
{
    return tally->keys[fate];
}

uint64_t tg_tally_beyond(const struct tg_tally *tally, enum tg_fate fate)
{
    return tally->beyond[fate];
}

/* True when a comes before b. */
static bool before(const struct cell *a, const struct tg_tally_row *b, enum tg_fate fate)
{
    const size_t least = a->len < b->len ? a->len : b->len;
    int order;

    if (a->counts[fate] != b->counts[fate])
        return a->counts[fate] > b->counts[fate];
    order = memcmp(a->key, b->key, least);
    return order ? order < 0 : a->len < b->len;
}

size_t tg_tally_top(
    const struct tg_tally *tally, enum tg_fate fate, struct tg_tally_row *rows, size_t most)
{
    size_t count = 0;

    for (const struct cell *cell = tally->cells; cell; cell = cell->hh.next) {
        size_t at = count;
        if (cell->counts[fate] == 0)
            continue;
        while (at > 0 && before(cell, &rows[at - 1], fate))
            at--;
        if (at == most)
            continue;
        if (count < most)
            count++;
        memmove(&rows[at + 1], &rows[at], (count - 1 - at) * sizeof(rows[0]));
        rows[at] = (struct tg_tally_row){cell->key, cell->len, {0}};
        memcpy(rows[at].counts, cell->counts, sizeof(rows[at].counts));
    }
    return count;
}
