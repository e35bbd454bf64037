/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which names change verdict: both policies are asked, by the resolver's own function, about
 * each TLD and name that either speaks of, what looks like a protected name, and what is or is
 * below a public suffix of one of them. */
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "tools/diff.h"

/* A TLD and what it is taken for: under it lie the look-alikes of protected names. */
struct likeness {
    struct tg_name tld;
    struct tg_name target;
};

struct search {
    const struct tg_diff_sides *sides;
    const struct tg_diff_clients *clients;
    size_t client_count;
    struct tg_diff_names *out;
    size_t room;
    struct likeness *likenesses;
    size_t likeness_count;
    size_t likeness_room;
    const struct tg_image *image; /* whose names are walked */
    const struct tg_image *other;
    bool failed; /* out of memory */
};

static bool grow(void *array, size_t count, size_t *room, size_t size)
{
    void *bigger;

    if (count < *room)
        return true;
    bigger = realloc(*(void **)array, (*room ? 2 * *room : 256) * size);
    if (!bigger)
        return false;
    *(void **)array = bigger;
    *room = *room ? 2 * *room : 256;
    return true;
}

static void mark(void *arg, const struct tg_diff_change *change)
{
    unsigned *kinds = arg;

    *kinds |= 1u << tg_diff_kind_of(change);
}

/* Keeps a name whose verdict changes. Whether it is there already turns out when all are sorted.
 * fresh: it is in memory that will not stay. */
static void consider(struct search *s, struct tg_name name, bool tld, bool fresh)
{
    struct tg_diff_name candidate = {name, tld, 0};

    tg_diff_changes(s->sides, s->clients, s->client_count, &candidate, mark, &candidate.kinds);
    if (!candidate.kinds)
        return;
    if (fresh) {
        uint8_t *wire = tg_arena_bytes(s->out->arena, name.len);
        if (!wire)
            s->failed = true;
        else
            candidate.name.wire = memcpy(wire, name.wire, name.len);
    }
    if (!grow(&s->out->names, s->out->count, &s->room, sizeof(s->out->names[0])))
        s->failed = true;
    if (!s->failed)
        s->out->names[s->out->count++] = candidate;
}

/* "*.com.om" of com.om, or "*.*.com.om": names there that no entry names; "*" is no host's name
 * (RFC 1123 2.1). */
static void consider_below(struct search *s, struct tg_name name, size_t labels, bool tld)
{
    uint8_t wire[TG_DNAME_MAX];

    if (2 * labels + name.len > sizeof(wire))
        return;
    for (size_t i = 0; i < labels; i++)
        memcpy(wire + 2 * i, "\1*", 2);
    memcpy(wire + 2 * labels, name.wire, name.len);
    consider(s, (struct tg_name){wire, 2 * labels + name.len}, tld, true);
}

/* A public suffix of one policy that is none, or another, of the other. */
static bool consider_suffix(void *arg, struct tg_name name)
{
    struct search *s = arg;
    struct tg_image_name here, there;

    (void)tg_image_name(s->image, name, &here);
    (void)tg_image_name(s->other, name, &there);
    if (here.suffix == there.suffix && here.suffix_wildcard == there.suffix_wildcard &&
        here.suffix_exception == there.suffix_exception)
        return true;
    consider_below(s, name, 0, false);
    consider_below(s, name, 1, false);
    if (here.suffix_wildcard != there.suffix_wildcard)
        consider_below(s, name, 2, false);
    return !s->failed;
}

/* army.mil -> army.ml */
static void consider_likeness(
    struct search *s, struct tg_name name, const struct likeness *likeness)
{
    uint8_t wire[TG_DNAME_MAX];
    const size_t front = name.len - likeness->target.len;

    if (front + likeness->tld.len > sizeof(wire))
        return;
    memcpy(wire, name.wire, front);
    memcpy(wire + front, likeness->tld.wire, likeness->tld.len);
    consider(s, (struct tg_name){wire, front + likeness->tld.len}, false, true);
}

/* True when the other policy has the same entry. */
static bool in_other(const struct search *s, const struct tg_entry *entry, enum tg_kind kind)
{
    struct tg_image_name known;

    if (!tg_image_name(s->other, entry->name, &known))
        return false;
    switch (kind) {
    case TG_KIND_ALLOW:
        return known.allow && known.allow_exact == entry->exact;
    case TG_KIND_BLOCK:
        return known.block && known.block_exact == entry->exact;
    case TG_KIND_PROTECT:
        return known.protect && known.protect_exact == entry->exact;
    case TG_KIND_TLD:
        break;
    }
    return false;
}

static bool consider_entry(void *arg, const struct tg_entry *entry)
{
    struct search *s = arg;
    const enum tg_kind kind = tg_image_rule(s->image, entry->rule)->kind;

    if (!in_other(s, entry, kind)) {
        if (s->image == s->sides->old)
            s->out->removed++;
        else
            s->out->added++;
    }
    consider(s, entry->name, false, false);
    for (size_t i = 0; kind == TG_KIND_PROTECT && i < s->likeness_count && !s->failed; i++)
        if (entry->name.len > s->likenesses[i].target.len &&
            tg_dname_is_subdomain(entry->name, s->likenesses[i].target))
            consider_likeness(s, entry->name, &s->likenesses[i]);
    return !s->failed;
}

static void add_likeness(struct search *s, struct tg_name tld, struct tg_name target)
{
    for (size_t i = 0; i < s->likeness_count; i++)
        if (tg_dname_equal(s->likenesses[i].tld, tld) &&
            tg_dname_equal(s->likenesses[i].target, target))
            return;
    if (!grow(&s->likenesses, s->likeness_count, &s->likeness_room, sizeof(s->likenesses[0])))
        s->failed = true;
    else
        s->likenesses[s->likeness_count++] = (struct likeness){tld, target};
}

static void find_tlds(struct search *s, const struct tg_image *image)
{
    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        if (rule->kind != TG_KIND_TLD)
            continue;
        consider_below(s, rule->owner, 1, true);
        for (size_t j = 0; j < rule->target_count; j++)
            add_likeness(s, rule->owner, rule->targets[j]);
    }
}

/* Canonical order (RFC 4034 6.1) of lower-case names: label by label from the right. */
static int canonical(struct tg_name a, struct tg_name b)
{
    uint8_t la[TG_LABELS_MAX], lb[TG_LABELS_MAX];
    size_t na = tg_dname_labels(a.wire, la), nb = tg_dname_labels(b.wire, lb);

    while (na && nb) {
        const uint8_t *x = a.wire + la[--na], *y = b.wire + lb[--nb];
        const int order = memcmp(x + 1, y + 1, *x < *y ? *x : *y);
        if (order || *x != *y)
            return order ? order : (*x > *y) - (*x < *y);
    }
    return (na > 0) - (nb > 0);
}

static int in_order(const void *a, const void *b)
{
    const struct tg_diff_name *x = a, *y = b;

    if (x->tld != y->tld)
        return x->tld ? -1 : 1;
    return canonical(x->name, y->name);
}

static void sort_and_count(struct tg_diff_names *names)
{
    size_t kept = 0;

    if (names->count)
        qsort(names->names, names->count, sizeof(names->names[0]), in_order);
    for (size_t i = 0; i < names->count; i++) {
        const struct tg_diff_name *name = &names->names[i];
        if (kept && in_order(&names->names[kept - 1], name) == 0)
            continue;
        for (size_t k = 0; k < TG_DIFF_KINDS; k++) {
            if (name->kinds & 1u << k)
                (*(name->tld ? &names->tlds[k] : &names->others[k]))++;
        }
        names->names[kept++] = *name;
    }
    names->count = kept;
}

static void walk(struct search *s, const struct tg_image *image, const struct tg_image *other)
{
    s->image = image;
    s->other = other;
    if (!s->failed)
        tg_image_each_name(image, consider_entry, s);
    if (!s->failed)
        tg_image_each_suffix(image, consider_suffix, s);
}

bool tg_diff_names_find(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t client_count, struct tg_diff_names *out)
{
    struct search s = {sides, clients, client_count, .out = out};

    *out = (struct tg_diff_names){.arena = tg_arena_create()};
    if (!out->arena)
        return false;
    find_tlds(&s, sides->old);
    find_tlds(&s, sides->new);
    walk(&s, sides->old, sides->new);
    walk(&s, sides->new, sides->old);
    free(s.likenesses);
    sort_and_count(out);
    return !s.failed;
}

void tg_diff_names_fini(struct tg_diff_names *names)
{
    struct tg_arena *arena = names->arena;

    free(names->names);
    tg_arena_destroy(&arena);
    *names = (struct tg_diff_names){0};
}
