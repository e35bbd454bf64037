/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What no single entry can know. All names are sorted once by their labels
 * from the right, so that equal names stand together and what is below a name
 * stands behind it; one walk then sees every pair that matters.
 * A sort and not a hash table: names come from whoever writes the list.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* The first octets of a key as a number that sorts as they do: most compares need no more. */
static uint64_t head_of(const uint8_t *key, size_t len)
{
    uint64_t head = 0;
    for (size_t i = 0; i < sizeof(head); i++)
        head = head << 8 | (i < len ? key[i] : 0u);
    return head;
}

static int compare(const void *va, const void *vb)
{
    const struct tg_item *a = va;
    const struct tg_item *b = vb;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    int diff = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);
    if (diff != 0)
        return diff;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    if (a->role != b->role)
        return a->role < b->role ? -1 : 1;
    if (a->ref != b->ref)
        return a->ref < b->ref ? -1 : 1;
    return a->target < b->target ? -1 : a->target > b->target;
}

static bool same_name(const struct tg_item *a, const struct tg_item *b)
{
    return a->len == b->len && a->head == b->head && memcmp(a->key, b->key, a->len) == 0;
}

bool tg_item_at_or_above(const struct tg_item *a, const struct tg_item *b)
{
    return a->len <= b->len && memcmp(a->key, b->key, a->len) == 0;
}

static void add_item(
    struct tg_walk *w, struct tg_name name, size_t ref, enum tg_role role, size_t target)
{
    uint8_t offsets[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(name.wire, offsets);
    uint8_t *key = tg_arena_bytes(w->p->doc->arena, name.len);
    if (!key) {
        w->p->doc->oom = true;
        return;
    }
    size_t used = 0;
    while (labels-- > 0) {
        size_t len = (size_t)name.wire[offsets[labels]] + 1;
        memcpy(key + used, name.wire + offsets[labels], len);
        used += len;
    }
    w->items[w->count++] = (struct tg_item){
        head_of(key, used), key, (uint32_t)ref, (uint8_t)used, (uint8_t)role, (uint8_t)target};
}

static void collect_rules(struct tg_walk *w)
{
    for (size_t i = 0; i < w->p->policy->rule_count && !w->p->doc->oom; i++) {
        const struct tg_rule *rule = &w->p->rules[i];
        if (rule->kind == TG_KIND_TLD)
            add_item(w, rule->owner, i, TG_ROLE_TLD, 0);
        for (size_t t = 0; t < rule->target_count && !w->p->doc->oom; t++)
            add_item(w, rule->targets[t], i, TG_ROLE_TARGET, t);
    }
}

static bool collect(struct tg_walk *w)
{
    struct tg_parse *p = w->p;
    size_t size = p->policy->name_count;
    for (size_t i = 0; i < p->policy->rule_count; i++)
        size += 1 + p->rules[i].target_count;
    w->items = tg_arena_array(p->doc->arena, size, sizeof(*w->items));
    w->dropped = tg_arena_array(p->doc->arena, p->policy->name_count, sizeof(*w->dropped));
    w->tallies = tg_arena_array(p->doc->arena, p->source_count + 1, sizeof(*w->tallies));
    if (!w->items || !w->dropped || !w->tallies)
        p->doc->oom = true;
    if (!p->doc->oom)
        collect_rules(w);
    for (size_t i = 0; i < p->policy->name_count && !p->doc->oom; i++) {
        enum tg_kind kind = p->rules[p->names[i].rule].kind;
        add_item(w, p->names[i].name, i,
            kind == TG_KIND_PROTECT ? TG_ROLE_PROTECT
            : kind == TG_KIND_ALLOW ? TG_ROLE_ALLOW
                                    : TG_ROLE_BLOCK,
            0);
    }
    if (!p->doc->oom && w->count > 0)
        qsort(w->items, w->count, sizeof(*w->items), compare);
    return !p->doc->oom;
}

static void pop(struct tg_walk *w, const struct tg_item *item)
{
    for (size_t role = 0; role < TG_ROLES; role++) {
        struct tg_stack *stack = &w->over[role];
        while (stack->count > 0 && !tg_item_at_or_above(stack->items[stack->count - 1], item))
            stack->count--;
    }
    if (w->tld && !tg_item_at_or_above(w->tld, item))
        w->tld = NULL;
    if (w->twin && !tg_item_at_or_above(w->twin, item))
        w->twin = NULL;
}

/* All items of one name, which are sorted by role. */
static void walk_group(struct tg_walk *w, const struct tg_item *first, const struct tg_item *end)
{
    struct tg_group_items group = {{{NULL, NULL}}};
    pop(w, first);
    for (const struct tg_item *item = first; item < end;) {
        const struct tg_item *from = item;
        while (item < end && item->role == from->role)
            item++;
        group.of[from->role] = (struct tg_range){from, item};
    }
    tg_check_name(w, &group);
    for (size_t role = 0; role < TG_ROLES; role++) {
        const struct tg_item *item = group.of[role].first;
        /* all of a TLD that has a rule: an error, after which nothing is covered by it */
        if (item && role >= TG_ROLE_PROTECT && !w->p->names[item->ref].exact &&
            !group.of[TG_ROLE_TLD].first)
            w->over[role].items[w->over[role].count++] = item;
    }
}

static void walk(struct tg_walk *w)
{
    w->tld = NULL;
    w->twin = NULL;
    for (size_t role = 0; role < TG_ROLES; role++)
        w->over[role].count = 0;
    memset(w->tallies, 0, (w->p->source_count + 1) * sizeof(*w->tallies));
    for (size_t i = 0; i < w->count;) {
        size_t end = i + 1;
        while (end < w->count && same_name(&w->items[i], &w->items[end]))
            end++;
        walk_group(w, &w->items[i], w->items + end);
        i = end;
    }
    tg_check_tallies(w);
}

/* Names that are said twice go, and the rules that had no other. */
static void drop_repeated(const struct tg_walk *w)
{
    struct tg_parse *p = w->p;
    struct tg_policy *policy = p->policy;
    uint32_t *moved = tg_arena_array(p->doc->arena, policy->rule_count, sizeof(*moved));
    size_t kept = 0;
    if (!moved) {
        p->doc->oom = true;
        return;
    }
    for (size_t i = 0; i < policy->name_count; i++)
        if (w->dropped[i] && !p->rules[p->names[i].rule].file)
            moved[p->names[i].rule] = UINT32_MAX;
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (moved[i] == UINT32_MAX)
            continue;
        moved[i] = (uint32_t)kept;
        p->rules[kept] = p->rules[i];
        p->places[kept++] = p->places[i];
    }
    policy->rule_count = kept;
    kept = 0;
    for (size_t i = 0; i < policy->name_count; i++) {
        if (w->dropped[i])
            continue;
        p->names[kept] = p->names[i];
        p->names[kept].rule = moved[p->names[i].rule];
        p->spots[kept++] = p->spots[i];
    }
    policy->name_count = kept;
}

void tg_policy_check(struct tg_parse *p)
{
    struct tg_walk w = {.p = p};
    if (!p->rules || !collect(&w))
        return;
    /* Errors first: a collection of messages is finite, and warnings may be many. */
    tg_parse_mute(p, false, true);
    walk(&w);
    tg_check_rule_errors(p);
    tg_parse_mute(p, true, false);
    walk(&w);
    tg_check_rule_warnings(p);
    tg_parse_mute(p, false, false);
    drop_repeated(&w);
}
