/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "image_collect.h"

#include <stdlib.h>
#include <string.h>

#include "image_p.h"

/* The slot of a name, or the empty one where it belongs. */
static uint32_t *slot_of(const struct tg_knowns *knowns, struct tg_name name)
{
    size_t i = (size_t)tg_mix_octets(&knowns->salt, name.wire, name.len) & (knowns->size - 1);

    for (; knowns->slots[i] != 0; i = (i + 1) & (knowns->size - 1)) {
        const struct tg_known *known = &knowns->names[knowns->slots[i] - 1];

        if (known->len == name.len && memcmp(known->wire, name.wire, name.len) == 0)
            break;
    }
    return &knowns->slots[i];
}

/* Room for one name more, with the slots at most half full. */
static enum tg_status grow(struct tg_knowns *knowns)
{
    size_t capacity = knowns->capacity == 0 ? 64 : knowns->capacity * 2;
    struct tg_known *names;
    uint32_t *slots;

    if (knowns->count < knowns->capacity)
        return TG_OK;
    if (knowns->capacity == 0)
        tg_salt_make(&knowns->salt);
    names = realloc(knowns->names, capacity * sizeof(*names));
    if (names == NULL)
        return TG_ENOMEM;
    knowns->names = names;
    slots = calloc(capacity * 2, sizeof(*slots));
    if (slots == NULL)
        return TG_ENOMEM;
    free(knowns->slots);
    knowns->slots = slots;
    knowns->size = capacity * 2;
    knowns->capacity = capacity;
    for (size_t i = 0; i < knowns->count; i++)
        *slot_of(knowns, (struct tg_name){names[i].wire, names[i].len}) = (uint32_t)i + 1;
    return TG_OK;
}

struct tg_known *tg_knowns_at(struct tg_knowns *knowns, struct tg_name name)
{
    uint32_t *slot;

    if (grow(knowns) != TG_OK)
        return NULL;
    slot = slot_of(knowns, name);
    if (*slot == 0) {
        knowns->names[knowns->count] =
            (struct tg_known){.wire = name.wire, .len = (uint8_t)name.len};
        *slot = (uint32_t)++knowns->count;
    }
    return &knowns->names[*slot - 1];
}

void tg_knowns_fini(struct tg_knowns *knowns)
{
    free(knowns->names);
    free(knowns->slots);
    *knowns = (struct tg_knowns){0};
}

static enum tg_status add_entry(
    const struct tg_policy *policy, const struct tg_entry *entry, struct tg_knowns *names)
{
    static const uint32_t kinds[] = {
        [TG_KIND_ALLOW] = 0, [TG_KIND_BLOCK] = 1, [TG_KIND_PROTECT] = 2};
    uint32_t kind = kinds[policy->rules[entry->rule].kind];
    struct tg_known *known = tg_knowns_at(names, entry->name);

    if (known == NULL)
        return TG_ENOMEM;
    if (known->flags & 1u << kind)
        return TG_OK; /* the first one holds */
    known->rules[kind] = entry->rule;
    known->flags |= (uint16_t)(1u << kind | (unsigned)entry->exact << (kind + TG_DISK_EXACT_SHIFT));
    return TG_OK;
}

static enum tg_status add_suffix(const struct tg_suffix *suffix, struct tg_knowns *names)
{
    struct tg_known *known = tg_knowns_at(names, suffix->name);

    if (known == NULL)
        return TG_ENOMEM;
    if (suffix->wildcard)
        known->flags |= TG_DISK_SUFFIX_WILDCARD | TG_DISK_ABOVE_SUFFIX;
    if (suffix->exception)
        known->flags |= TG_DISK_SUFFIX_EXCEPTION;
    if (!suffix->wildcard && !suffix->exception)
        known->flags |= TG_DISK_SUFFIX;
    return TG_OK;
}

/* Tells all names above one what lies below them. */
static enum tg_status tell_above(struct tg_knowns *names, struct tg_name name, uint16_t flag)
{
    for (;;) {
        size_t skip = 1u + name.wire[0];
        struct tg_known *above;

        name = (struct tg_name){name.wire + skip, name.len - skip};
        if (name.len == 1)
            return TG_OK;
        above = tg_knowns_at(names, name);
        if (above == NULL)
            return TG_ENOMEM;
        if (above->flags & flag)
            return TG_OK; /* and so has all that is above it */
        above->flags |= flag;
    }
}

static enum tg_status add_above(struct tg_knowns *names, const struct tg_known *known)
{
    struct tg_name name = {known->wire, known->len};
    uint16_t flags = known->flags;
    enum tg_status status = TG_OK;

    if (flags & (TG_DISK_ALLOW | TG_DISK_PROTECT))
        status = tell_above(names, name, TG_DISK_ABOVE_ALLOW);
    if (status == TG_OK && (flags & (TG_DISK_SUFFIX | TG_DISK_SUFFIX_WILDCARD)))
        status = tell_above(names, name, TG_DISK_ABOVE_SUFFIX);
    return status;
}

static enum tg_status collect_names(const struct tg_policy *policy, struct tg_knowns *names)
{
    enum tg_status status = TG_OK;
    size_t count;

    for (size_t i = 0; i < policy->name_count && status == TG_OK; i++)
        status = add_entry(policy, &policy->names[i], names);
    for (size_t i = 0; i < policy->suffix_count && status == TG_OK; i++)
        status = add_suffix(&policy->suffixes[i], names);
    count = names->count;
    for (size_t i = 0; i < count && status == TG_OK; i++)
        status = add_above(names, &names->names[i]);
    return status;
}

enum tg_status tg_collect(
    const struct tg_policy *policy, struct tg_knowns *names, struct tg_knowns *tlds)
{
    enum tg_status status = collect_names(policy, names);

    for (size_t i = 0; i < policy->rule_count && status == TG_OK; i++) {
        struct tg_known *tld;

        if (policy->rules[i].kind != TG_KIND_TLD)
            continue;
        tld = tg_knowns_at(tlds, policy->rules[i].owner);
        if (tld == NULL)
            return TG_ENOMEM;
        tld->flags = 1;
        tld->rules[0] = (uint32_t)i;
    }
    for (size_t i = 0; i < names->count && status == TG_OK; i++) {
        const struct tg_known *known = &names->names[i];
        uint8_t offsets[TG_LABELS_MAX];
        uint8_t depth = (uint8_t)tg_dname_labels(known->wire, offsets);
        size_t last = offsets[depth - 1];
        struct tg_known *tld =
            tg_knowns_at(tlds, (struct tg_name){known->wire + last, known->len - last});

        if (tld == NULL)
            return TG_ENOMEM;
        tld->depth = depth > tld->depth ? depth : tld->depth;
    }
    return status;
}
