/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/aliases.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Aliases live for minutes: with a hundred thousand at one time two names of three are still told
 * right that they are none. */
#define CELLS_LOG2 18
#define CELLS      (1u << CELLS_LOG2)

typedef _Atomic uint32_t cell;

struct tg_aliases {
    cell dname;
    cell unknown;
    cell cname[CELLS]; /* by a hash of the owner: until when */
};

struct tg_aliases *tg_aliases_create(void)
{
    /* Zeroed pages take no memory until a name is noted in them. */
    return calloc(1, sizeof(struct tg_aliases));
}

void tg_aliases_destroy(struct tg_aliases **aliases)
{
    if (aliases == NULL)
        return;
    free(*aliases);
    *aliases = NULL;
}

static uint64_t eight(const uint8_t *octets)
{
    uint64_t value;

    memcpy(&value, octets, sizeof(value));
    /* In one case; that some other octets become the same does no harm. */
    return value | 0x2020202020202020u;
}

static size_t cell_of(struct tg_name name)
{
    uint64_t hash = name.len;
    uint8_t brief[8] = {0};

    if (name.len < 8) {
        memcpy(brief, name.wire, name.len);
        hash ^= eight(brief);
    } else {
        for (size_t at = 0; at + 8 <= name.len; at += 8)
            hash = (hash ^ eight(name.wire + at)) * 0x9fb21c651e98df25u;
        hash ^= eight(name.wire + name.len - 8);
    }
    hash *= 0x9fb21c651e98df25u;
    return (size_t)(hash >> (64 - CELLS_LOG2));
}

static void extend(cell *to, uint32_t until)
{
    uint32_t before = atomic_load_explicit(to, memory_order_relaxed);

    while (before < until && !atomic_compare_exchange_weak_explicit(
                                 to, &before, until, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* Unbound stores an alias behind our note of it, with a lock that orders both: who finds it there
 * sees the note. */
static bool lasts(const cell *of, uint32_t now)
{
    return atomic_load_explicit(of, memory_order_relaxed) >= now;
}

void tg_aliases_cname(struct tg_aliases *aliases, struct tg_name owner, uint32_t until)
{
    extend(&aliases->cname[cell_of(owner)], until);
}

void tg_aliases_dname(struct tg_aliases *aliases, uint32_t until)
{
    extend(&aliases->dname, until);
}

void tg_aliases_unknown(struct tg_aliases *aliases, uint32_t until)
{
    extend(&aliases->unknown, until);
}

bool tg_aliases_may_cname(const struct tg_aliases *aliases, struct tg_name owner, uint32_t now)
{
    return lasts(&aliases->cname[cell_of(owner)], now) || lasts(&aliases->unknown, now);
}

bool tg_aliases_may_dname(const struct tg_aliases *aliases, uint32_t now)
{
    return lasts(&aliases->dname, now) || lasts(&aliases->unknown, now);
}

size_t tg_aliases_memory(void)
{
    return sizeof(struct tg_aliases);
}
