/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

/* The union gives the payload the strictest alignment there is. */
union block {
    struct {
        union block *next;
        size_t used;
        size_t size;
    } head;
    max_align_t align;
};

struct tg_arena {
    union block *blocks; /* the first one is where small pieces come from */
};

struct tg_arena *tg_arena_create(void)
{
    return calloc(1, sizeof(struct tg_arena));
}

void tg_arena_destroy(struct tg_arena **arena)
{
    if (!arena || !*arena)
        return;
    union block *block = (*arena)->blocks;
    while (block) {
        union block *next = block->head.next;
        free(block);
        block = next;
    }
    free(*arena);
    *arena = NULL;
}

static void *take(union block *block, size_t size)
{
    unsigned char *at = (unsigned char *)(block + 1) + block->head.used;
    block->head.used += size;
    return at;
}

static void *allocate(struct tg_arena *arena, size_t size, size_t unit)
{
    union block *first = arena->blocks;
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    if (first)
        first->head.used = (first->head.used + unit - 1) / unit * unit;
    if (first && first->head.size - first->head.used >= size)
        return take(first, size);
    /* A large piece gets a block of its own, behind the first one, whose rest stays in use. */
    size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
    union block *block = calloc(1, sizeof(*block) + room);
    if (!block)
        return NULL;
    block->head.size = room;
    if (first && room == size) {
        block->head.next = first->head.next;
        first->head.next = block;
    } else {
        block->head.next = first;
        arena->blocks = block;
    }
    return take(block, size);
}

void *tg_arena_alloc(struct tg_arena *arena, size_t size)
{
    return allocate(arena, size, sizeof(max_align_t));
}

void *tg_arena_bytes(struct tg_arena *arena, size_t size)
{
    return allocate(arena, size, 1);
}

void *tg_arena_array(struct tg_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return tg_arena_alloc(arena, count * size);
}

char *tg_arena_copy(struct tg_arena *arena, const void *data, size_t len)
{
    char *copy = len < SIZE_MAX ? tg_arena_alloc(arena, len + 1) : NULL;
    if (copy && len > 0)
        memcpy(copy, data, len);
    return copy;
}
