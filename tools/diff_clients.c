/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which clients must be told apart: by their groups in the old policy and in the new one. */
#include <stdlib.h>
#include <string.h>

#include "tools/diff.h"

struct search {
    const struct tg_diff_sides *sides;
    struct tg_diff_clients *all;
    size_t count;
    size_t room;
    bool failed; /* out of memory */
};

static bool same_overrides(const struct tg_group *a, const struct tg_group *b)
{
    if (!a || !b)
        return a == b;
    if (a == b)
        return true;
    if (a->override_count != b->override_count)
        return false;
    for (size_t i = 0; i < a->override_count; i++)
        if (a->overrides[i].mode != b->overrides[i].mode ||
            !tg_dname_equal(a->overrides[i].tld, b->overrides[i].tld))
            return false;
    return true;
}

#define DESCRIPTION 160 /* bytes; longer names of groups are cut */

static void describe(const struct tg_diff_clients *c, char text[DESCRIPTION])
{
    const char *old = c->old ? c->old->name : "", *new = c->new ? c->new->name : "";
    const bool moved = strcmp(old, new) != 0;

    (void)snprintf(text, DESCRIPTION, "%s%s%s%s%s%s", c->new ? "group " : "no group", new,
        moved ? " (was " : "", moved ? (c->old ? "group " : "no group") : "", moved ? old : "",
        moved ? ")" : "");
}

/* True when a label has a description as one of its parts, which ", " joins. */
static bool has_part(const char *label, const char *part)
{
    const size_t len = strlen(part);

    for (const char *at = strstr(label, part); at; at = strstr(at + 1, part))
        if ((at == label || at[-1] == ' ') && (at[len] == '\0' || at[len] == ','))
            return true;
    return false;
}

/* A kind of clients that is treated as one that is there already only adds its name to it. */
static bool join(struct search *s, const struct tg_diff_clients *c)
{
    char text[DESCRIPTION];

    for (size_t i = 0; i < s->count; i++) {
        struct tg_diff_clients *there = &s->all[i];
        if (there->old == c->old && there->new == c->new)
            return true;
        if (!same_overrides(there->old, c->old) || !same_overrides(there->new, c->new))
            continue;
        describe(c, text);
        /* Groups come with many subnets each: named once. */
        if (!has_part(there->label, text) &&
            strlen(there->label) + strlen(text) + 3 < sizeof(there->label)) {
            strcat(there->label, ", ");
            strcat(there->label, text);
        }
        return true;
    }
    return false;
}

static void add(struct search *s, const struct tg_address *address)
{
    struct tg_diff_clients c = {.old = NULL};

    if (address) {
        c.address = *address;
        c.old = tg_image_client(s->sides->old, address);
        c.new = tg_image_client(s->sides->new, address);
    }
    if (join(s, &c))
        return;
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 16;
        struct tg_diff_clients *all = realloc(s->all, room * sizeof(*all));
        if (!all) {
            s->failed = true;
            return;
        }
        s->all = all;
        s->room = room;
    }
    describe(&c, c.label);
    s->all[s->count++] = c;
}

/* Both ends: a longer prefix of the other policy may cover one of them. */
static bool add_subnet(void *arg, const struct tg_subnet *subnet)
{
    struct tg_address last = subnet->prefix;

    add(arg, &subnet->prefix);
    for (size_t bit = subnet->length; bit < 128; bit++)
        last.octets[bit / 8] = (uint8_t)(last.octets[bit / 8] | 0x80u >> bit % 8);
    add(arg, &last);
    return !((struct search *)arg)->failed;
}

struct tg_diff_clients *tg_diff_clients_find(const struct tg_diff_sides *sides, size_t *count)
{
    struct search s = {.sides = sides};

    add(&s, NULL);
    tg_image_each_subnet(sides->old, add_subnet, &s);
    tg_image_each_subnet(sides->new, add_subnet, &s);
    if (s.failed) {
        free(s.all);
        return NULL;
    }
    for (size_t i = 0; i < s.count; i++)
        s.all[i].client = s.all[i].old || s.all[i].new ? &s.all[i].address : NULL;
    *count = s.count;
    return s.all;
}
