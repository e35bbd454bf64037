/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* From what a source says of names to what a policy can say of them. */
#include <stdlib.h>
#include <string.h>

#include "tldguard/policy.h"
#include "tools/import.h"

/* What one name has: the range of records about it, sorted. */
struct group {
    struct tg_key key;
    enum tg_import_say self, below;
    unsigned self_line, below_line;
};

/* A subtree that an entry covers, above the name that is looked at. */
struct cover {
    struct tg_key key;
    enum tg_import_say say;
};

struct merge {
    struct tg_import *im;
    struct cover covers[TG_LABELS_MAX + 1];
    size_t depth;
};

static int by_number(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

/* Of one name the data in an order of their own, so that the same data are the same text. */
static int by_data(const struct tg_import_record *a, const struct tg_import_record *b)
{
    const size_t size = a->size < b->size ? a->size : b->size;
    int order = by_number(a->type, b->type);

    if (order == 0 && size > 0)
        order = memcmp(a->rdata, b->rdata, size);
    return order ? order : by_number(a->size, b->size);
}

static int by_place(const void *left, const void *right)
{
    const struct tg_import_record *a = left, *b = right;
    int order = tg_key_compare(a->key, b->key);

    if (order == 0)
        order = a->below - b->below;
    if (order == 0)
        order = by_number(a->say, b->say);
    if (order == 0)
        order = by_data(a, b);
    return order ? order : by_number(a->line, b->line);
}

/* Two actions of one name contradict; the one of the line that comes first stands. */
static void settle(
    struct merge *m, const struct tg_import_record *record, enum tg_import_say *say, unsigned *line)
{
    if (*line == 0 || (*say == TG_SAY_NOTHING && record->say != TG_SAY_NOTHING)) {
        *say = record->say;
        *line = record->line;
    } else if (record->say != *say && record->say != TG_SAY_NOTHING) {
        tg_import_skip(m->im, TG_IMPORT_CONFLICT, record->line > *line ? record->line : *line);
        if (record->line < *line) {
            *say = record->say;
            *line = record->line;
        }
    }
}

/* The group that starts at record i; returns where the next one starts. */
static size_t read_group(struct merge *m, size_t i, struct group *group)
{
    const struct tg_import_record *records = m->im->records;

    *group = (struct group){.key = records[i].key};
    for (; i < m->im->record_count && tg_key_compare(records[i].key, group->key) == 0; i++) {
        if (records[i].below)
            settle(m, &records[i], &group->below, &group->below_line);
        else
            settle(m, &records[i], &group->self, &group->self_line);
    }
    return i;
}

/* True when something below the key is allowed; i is the record behind those of the key. */
static bool allows_below(const struct tg_import *im, size_t i, struct tg_key key)
{
    for (; i < im->record_count && tg_key_covers(key, im->records[i].key); i++)
        if (im->records[i].say == TG_SAY_ALLOW)
            return true;
    return false;
}

/* All that a policy refuses of names that have come so far; the parser is not asked for each of
 * them, as it reads the public suffix list for that. */
static bool may_have(struct tg_key key)
{
    uint8_t wire[TG_DNAME_MAX];

    return !tg_policy_is_arpa(tg_key_name(key, wire), true);
}

static enum tg_import_say covered_by(const struct merge *m)
{
    return m->depth ? m->covers[m->depth - 1].say : TG_SAY_NOTHING;
}

static void add_entry(
    struct merge *m, struct tg_key key, enum tg_import_say say, bool exact, unsigned line)
{
    if (covered_by(m) == TG_SAY_ALLOW && say != TG_SAY_ALLOW) {
        tg_import_skip(m->im, TG_IMPORT_UNDER_ALLOW, line);
        return;
    }
    if (covered_by(m) == say) {
        m->im->covered++;
        return;
    }
    if (!may_have(key)) {
        tg_import_skip(m->im, TG_IMPORT_REFUSED, line);
        return;
    }
    m->im->entries[m->im->entry_count++] = (struct tg_import_entry){key, say, exact};
    if (!exact)
        m->covers[m->depth++] = (struct cover){key, say};
}

/* "*.name" beside another record, or alone. */
static void below_alone(struct merge *m, const struct group *g)
{
    if (g->below == TG_SAY_NOTHING)
        return; /* skipped when it was read */
    if (g->below == covered_by(m))
        m->im->covered++;
    else if (g->self_line != 0)
        tg_import_skip(m->im, TG_IMPORT_BELOW_OTHER, g->below_line);
    else if (m->im->widen)
        add_entry(m, g->key, g->below, false, g->below_line);
    else
        tg_import_skip(m->im, TG_IMPORT_BELOW_ONLY, g->below_line);
}

/* next: the record behind those of the group. */
static void merge_group(struct merge *m, const struct group *g, size_t next)
{
    const enum tg_import_say above = covered_by(m);
    const bool hole = g->self == TG_SAY_ALLOW && g->below_line == 0 && above != TG_SAY_NOTHING;

    /*
     * A wildcard above does not reach below a name that exists (RFC 4592 2.2.1):
     * who lists a name to be passed in the middle of "*.ml" passes what is below it.
     */
    if (g->self != TG_SAY_NOTHING && (g->self == g->below || hole)) {
        add_entry(m, g->key, g->self, false, g->self_line);
        return;
    }
    /* NODATA for a name with an allowed name below is what a policy says by itself. */
    if (g->self == TG_SAY_NODATA && g->below == TG_SAY_NXDOMAIN &&
        allows_below(m->im, next, g->key)) {
        add_entry(m, g->key, g->below, false, g->below_line);
        return;
    }
    below_alone(m, g);
    if (g->self != TG_SAY_NOTHING)
        add_entry(m, g->key, g->self, true, g->self_line);
}

enum tg_status tg_import_merge(struct tg_import *im)
{
    struct merge m = {.im = im};
    struct group group;
    enum tg_status status;

    if (im->record_count == 0)
        return TG_OK;
    qsort(im->records, im->record_count, sizeof(*im->records), by_place);
    status = tg_import_sinkhole(im);
    if (status != TG_OK)
        return status;
    im->entries = tg_arena_array(im->arena, im->record_count, sizeof(*im->entries));
    if (!im->entries)
        return TG_ENOMEM;
    for (size_t i = 0; i < im->record_count;) {
        i = read_group(&m, i, &group);
        while (m.depth > 0 && !tg_key_covers(m.covers[m.depth - 1].key, group.key))
            m.depth--;
        merge_group(&m, &group, i);
    }
    return TG_OK;
}
