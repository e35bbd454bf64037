/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Reads the targets, and finds their near misses among the TLDs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/suggest.h"

/* Few enough names under them that a twin's existence tells something. */
static bool is_sparse(const char *tld)
{
    static const char *const sparse[] = {"mil", "gov", "int", "edu", "nl"};

    for (size_t i = 0; i < sizeof(sparse) / sizeof(sparse[0]); i++)
        if (strcmp(sparse[i], tld) == 0)
            return true;
    return false;
}

static bool is_idn(const char *label)
{
    return strncmp(label, "xn--", 4) == 0;
}

static bool same_look(const struct tg_skeleton *a, const struct tg_skeleton *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len * sizeof(a->text[0])) == 0;
}

/* The name with each label an A-label, without dots at its ends. */
static bool read_name(const struct tg_unicode *unicode, const char *text, struct tg_target *t)
{
    char copy[TG_DNAME_TEXT_MAX];
    char label[TG_LABEL_MAX + 1];
    uint8_t wire[TG_DNAME_MAX];
    size_t len = strlen(text), fill = 0;
    char *next = copy;

    if (len >= sizeof(copy))
        return false;
    strcpy(copy, text + (text[0] == '.'));
    len = strlen(copy);
    if (len > 0 && copy[len - 1] == '.')
        copy[len - 1] = '\0';
    while (next != NULL) {
        if (tg_unicode_to_ascii(unicode, strsep(&next, "."), label) != TG_OK)
            return false;
        fill += (size_t)snprintf(
            t->name + fill, sizeof(t->name) - fill, "%s%s", fill > 0 ? "." : "", label);
        if (fill >= sizeof(t->name))
            return false;
    }
    return tg_dname_from_text(t->name, fill, wire, &len, NULL) == TG_OK;
}

/* What comes of the name: the parts, and what is known of its TLD. */
static bool complete(const struct tg_unicode *unicode, struct tg_target *t)
{
    const char *dot = strrchr(t->name, '.');
    const size_t above = dot != NULL ? (size_t)(dot - t->name) : 0;

    memcpy(t->above, t->name, above);
    t->above[above] = '\0';
    strcpy(t->tld, dot != NULL ? dot + 1 : t->name);
    t->sparse = is_sparse(t->tld);
    return tg_skeleton_of(unicode, t->tld, &t->skeleton) == TG_OK;
}

/* An IDN TLD that does not exist stands for the ASCII TLD it looks like. */
static bool turn_round(struct tg_world *world, struct tg_target *t)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct tg_tld *tld = &world->tlds[i];

        if (!tld->delegated || is_idn(tld->label) || !same_look(&tld->skeleton, &t->skeleton))
            continue;
        fprintf(stderr,
            "tldguard suggest: warning: '%s' is no delegated TLD, and a visual near miss of %s\n",
            t->text, tld->label);
        strcpy(t->name, tld->label);
        /* Adding may move the TLDs: the target was copied before. */
        return tg_world_add(world, t->tld) != NULL && complete(world->unicode, t);
    }
    return true;
}

int tg_suggest_target(const struct tg_command *command, struct tg_world *world, const char *text,
    struct tg_suggestions *s)
{
    struct tg_target *t = &s->targets[s->target_count];
    const struct tg_tld *tld;

    t->text = text;
    if (!read_name(world->unicode, text, t) || !complete(world->unicode, t))
        return tg_text_usage(command, "'%s' is %s", text, tg_status_text(TG_ENAME));
    tld = tg_world_find(world, t->tld);
    if ((tld == NULL || !tld->delegated) && *t->above == '\0' && is_idn(t->tld)) {
        if (!turn_round(world, t)) {
            fputs("tldguard: out of memory\n", stderr);
            return EXIT_BROKEN;
        }
        tld = tg_world_find(world, t->tld);
    }
    if (tld == NULL || !tld->delegated)
        fprintf(stderr, "tldguard suggest: warning: '%s' is no delegated TLD\n", t->tld);
    for (size_t i = 0; i < s->target_count; i++)
        if (strcmp(s->targets[i].name, t->name) == 0)
            return -1;
    s->target_count++;
    return -1;
}

bool tg_suggest_spoofs(struct tg_world *world, const struct tg_suggestions *s)
{
    struct tg_spoof spoofs[TG_SPOOFS_MAX];
    size_t count;

    for (size_t i = 0; i < s->target_count; i++) {
        if (*s->targets[i].above != '\0')
            continue;
        if (tg_unicode_spoofs(world->unicode, s->targets[i].tld, spoofs, &count) != TG_OK)
            return false;
        for (size_t j = 0; j < count; j++) {
            struct tg_tld *tld = tg_world_add(world, spoofs[j].label);

            if (tld == NULL)
                return false;
            tld->script = spoofs[j].script;
            tld->mixed = spoofs[j].mixed;
        }
    }
    return true;
}

/* Whether a policy may speak of the twin: never of a target, nor of the infrastructure. */
static bool may_be_listed(const struct tg_suggestions *s, const struct tg_tld *tld)
{
    if (strcmp(tld->label, "arpa") == 0)
        return false;
    for (size_t i = 0; i < s->target_count; i++)
        if (*s->targets[i].above == '\0' && strcmp(s->targets[i].tld, tld->label) == 0)
            return false;
    return true;
}

/* Names under a country's TLD have some 25 neighbours each: of those, the likely ones. */
static bool is_likely(const struct tg_near *near)
{
    return near->kinds != 0 &&
           (near->kinds & ~(TG_NEAR_BITS(TG_NEAR_SUBSTITUTION) | TG_NEAR_BITS(TG_NEAR_BIT))) != 0;
}

/* A twin that is a public suffix itself, such as gov.pk of gov.pl, is another government;
 * one that is a target itself is meant. */
static bool is_own_name(const struct tg_suggestions *s, const struct tg_target *t, const char *twin)
{
    char name[TG_DNAME_TEXT_MAX + TG_LABEL_MAX + 2];

    (void)snprintf(name, sizeof(name), "%s.%s", t->above, twin);
    for (size_t i = 0; i < s->target_count; i++)
        if (strcmp(s->targets[i].name, name) == 0)
            return false;
    return s->world->psl == NULL ||
           !psl_is_public_suffix2(s->world->psl, name, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

static bool is_wanted(const struct tg_suggestions *s, const struct tg_target *t,
    const struct tg_tld *tld, const struct tg_near *near)
{
    if (*t->above == '\0')
        return may_be_listed(s, tld);
    return tld->delegated && is_likely(near) && is_own_name(s, t, tld->label);
}

static bool keep(struct tg_suggestions *s, const struct tg_find *find)
{
    if (s->find_count == s->room) {
        const size_t room = s->room ? 2 * s->room : 64;
        struct tg_find *finds = realloc(s->finds, room * sizeof(*finds));

        if (finds == NULL)
            return false;
        s->finds = finds;
        s->room = room;
    }
    s->finds[s->find_count++] = *find;
    return true;
}

static int by_risk(const void *a, const void *b)
{
    const struct tg_find *x = a, *y = b;

    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    if (x->near.weight != y->near.weight)
        return x->near.weight > y->near.weight ? -1 : 1;
    return x->tld < y->tld ? -1 : x->tld > y->tld;
}

static bool find_of(struct tg_suggestions *s, size_t target)
{
    const struct tg_target *t = &s->targets[target];
    const struct tg_near_label meant = {t->tld, &t->skeleton};

    for (size_t i = 0; i < s->world->count; i++) {
        const struct tg_tld *tld = &s->world->tlds[i];
        const struct tg_near_label typed = {tld->label, &tld->skeleton};
        const struct tg_near_facts facts = {.popular = tld->popular,
            .own_suffixes = tld->own_suffixes && !tld->all_suffixes,
            .sparse = t->sparse,
            .idn = is_idn(tld->label),
            .delegated = tld->delegated};
        struct tg_find find = {.target = target, .tld = i};

        if (!tg_near_classify(s->world->keyboards, &meant, &typed, &find.near) ||
            !is_wanted(s, t, tld, &find.near))
            continue;
        tg_near_advise(&find.near, &facts, &find.advice);
        if (!keep(s, &find))
            return false;
    }
    return true;
}

/* What exists before what is made up, whole scripts before mixed ones, then by label. */
static int by_label(const void *a, const void *b)
{
    const struct tg_tld *x = a, *y = b;

    if (x->delegated != y->delegated)
        return x->delegated ? -1 : 1;
    if (x->mixed != y->mixed)
        return x->mixed ? 1 : -1;
    return strcmp(x->label, y->label);
}

bool tg_suggest_find(struct tg_world *world, struct tg_suggestions *s)
{
    qsort(world->tlds, world->count, sizeof(*world->tlds), by_label);
    s->world = world;
    for (size_t i = 0; i < s->target_count; i++)
        if (!find_of(s, i))
            return false;
    if (s->find_count > 0)
        qsort(s->finds, s->find_count, sizeof(*s->finds), by_risk);
    return true;
}
