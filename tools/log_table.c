/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A hash table for millions of short keys: cells in large blocks, and an array of pointers to
 * them. Strangers choose the keys, so that the hash has a seed nobody knows. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tools/log.h"

#define BLOCK (1024 * 1024) /* no key comes near to it: lines have 64 KiB */

struct block {
    struct block *next;
    uint64_t room[];
};

struct tg_table {
    size_t value_size, most, size;
    uint64_t seed;
    struct tg_cell **slots;
    size_t mask; /* slots less one, a power of two less one */
    struct block *blocks;
    size_t left; /* of the first block, at its end */
};

static void *room(size_t size)
{
    void *new = calloc(1, size);

    if (!new)
        tg_out_of_memory();
    return new;
}

struct tg_table *tg_table_create(size_t value_size, size_t most)
{
    struct tg_table *table = room(sizeof(*table));

    table->value_size = value_size;
    table->most = most;
    table->mask = 1023;
    table->slots = room((table->mask + 1) * sizeof(*table->slots));
    /* Without one it is just easier to guess. */
    (void)!getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK);
    return table;
}

void tg_table_destroy(struct tg_table **table)
{
    struct block *next;

    if (!*table)
        return;
    for (struct block *block = (*table)->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    free((*table)->slots);
    free(*table);
    *table = NULL;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);

    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 29;
}

static uint32_t hash_of(const struct tg_table *table, struct tg_slice key)
{
    uint64_t hash = table->seed ^ key.len, part;
    size_t at = 0;

    for (; key.len - at >= sizeof(part); at += sizeof(part)) {
        memcpy(&part, key.at + at, sizeof(part));
        hash = mix(hash, part);
    }
    part = 0;
    memcpy(&part, key.at + at, key.len - at);
    return (uint32_t)mix(hash, part);
}

struct tg_slice tg_table_key(const struct tg_table *table, const struct tg_cell *cell)
{
    return (struct tg_slice){(const char *)cell->value + table->value_size, cell->len};
}

static struct tg_cell **slot_of(const struct tg_table *table, struct tg_slice key, uint32_t hash)
{
    size_t i = hash & table->mask;

    for (;; i = (i + 1) & table->mask) {
        const struct tg_cell *cell = table->slots[i];
        if (!cell || (cell->hash == hash && cell->len == key.len &&
                         memcmp(tg_table_key(table, cell).at, key.at, key.len) == 0))
            return &table->slots[i];
    }
}

static void grow(struct tg_table *table)
{
    struct tg_cell **old = table->slots;
    const size_t count = table->mask + 1;

    table->slots = room(2 * count * sizeof(*old));
    table->mask = 2 * count - 1;
    for (size_t i = 0; i < count; i++) {
        size_t to;
        if (!old[i])
            continue;
        to = old[i]->hash & table->mask;
        while (table->slots[to])
            to = (to + 1) & table->mask;
        table->slots[to] = old[i];
    }
    free(old);
}

static struct tg_cell *new_cell(struct tg_table *table, struct tg_slice key)
{
    const size_t align = sizeof(uint64_t);
    const size_t need =
        (sizeof(struct tg_cell) + table->value_size + key.len + align - 1) / align * align;
    struct tg_cell *cell;

    if (need > table->left) {
        struct block *block = room(sizeof(*block) + BLOCK);
        block->next = table->blocks;
        table->blocks = block;
        table->left = BLOCK;
    }
    cell = (struct tg_cell *)(void *)((char *)table->blocks->room + (BLOCK - table->left));
    table->left -= need;
    return cell;
}

struct tg_cell *tg_table_put(struct tg_table *table, struct tg_slice key)
{
    const uint32_t hash = hash_of(table, key);
    struct tg_cell **slot = slot_of(table, key, hash), *cell;

    if (*slot || table->size == table->most)
        return *slot;
    if (table->size * 2 > table->mask) {
        grow(table);
        slot = slot_of(table, key, hash);
    }
    cell = new_cell(table, key);
    cell->hash = hash;
    cell->len = (uint32_t)key.len;
    memcpy((char *)cell->value + table->value_size, key.at, key.len);
    *slot = cell;
    table->size++;
    return cell;
}

size_t tg_table_size(const struct tg_table *table)
{
    return table->size;
}

struct tg_cell **tg_table_sorted(
    const struct tg_table *table, int (*order)(const void *, const void *), size_t *count)
{
    struct tg_cell **cells;

    *count = 0;
    if (table->size == 0)
        return NULL;
    cells = room(table->size * sizeof(struct tg_cell *));
    for (size_t i = 0; i <= table->mask; i++)
        if (table->slots[i])
            cells[(*count)++] = table->slots[i];
    qsort(cells, *count, sizeof(*cells), order);
    return cells;
}
