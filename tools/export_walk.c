/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The names of an image in the order of the tree, each with what tg_decide() says of it. */
#include <stdlib.h>
#include <string.h>

#include "tools/export.h"

#define KEPT 20 /* names left out for one reason that are named */

static enum tg_status make_room(struct tg_export_names *names)
{
    const size_t room = names->room ? names->room * 2 : 1024;
    struct tg_key *keys;

    if (names->count < names->room)
        return TG_OK;
    keys = realloc(names->keys, room * sizeof(*keys));
    if (!keys)
        return TG_ENOMEM;
    names->keys = keys;
    names->room = room;
    return TG_OK;
}

static enum tg_status add(struct tg_export_names *names, struct tg_name name)
{
    uint8_t key[TG_DNAME_MAX];
    const size_t len = tg_key_write(name, key);
    enum tg_status status = make_room(names);
    uint8_t *octets;

    if (status != TG_OK)
        return status;
    octets = tg_arena_bytes(names->arena, len);
    if (!octets)
        return TG_ENOMEM;
    memcpy(octets, key, len);
    names->keys[names->count++] = (struct tg_key){octets, len};
    return TG_OK;
}

struct collection {
    struct tg_export_names *names;
    const struct tg_image *image;
    bool all_twins;
    enum tg_status status;
};

/* A protected name under a target is what a name under the TLD is known by. */
static void add_twins(struct collection *c, struct tg_name name, const struct tg_rule *rule)
{
    const size_t at = tg_dname_last_label(name.wire);
    const struct tg_name tld = {name.wire + at, name.len - at};
    uint8_t twin[2 * TG_DNAME_MAX];

    for (size_t i = 0; i < rule->target_count && c->status == TG_OK; i++) {
        if (!tg_dname_equal(rule->targets[i], tld) || at + rule->owner.len > TG_DNAME_MAX)
            continue;
        memcpy(twin, name.wire, at);
        memcpy(twin + at, rule->owner.wire, rule->owner.len);
        c->status = add(c->names, (struct tg_name){twin, at + rule->owner.len});
    }
}

static bool add_name(void *arg, const struct tg_entry *entry)
{
    struct collection *c = arg;

    c->status = add(c->names, entry->name);
    if (tg_image_rule(c->image, entry->rule)->kind != TG_KIND_PROTECT)
        return c->status == TG_OK;
    for (size_t i = 0; i < tg_image_rule_count(c->image) && c->status == TG_OK; i++) {
        const struct tg_rule *rule = tg_image_rule(c->image, i);
        /* TLD rules come first in the order of the policy. */
        if (rule->kind != TG_KIND_TLD)
            break;
        if (rule->twin != TG_TWIN_NONE || c->all_twins)
            add_twins(c, entry->name, rule);
    }
    return c->status == TG_OK;
}

static bool add_suffix(void *arg, struct tg_name name)
{
    struct collection *c = arg;

    c->status = add(c->names, name);
    return c->status == TG_OK;
}

enum tg_status tg_export_collect(
    struct tg_export_names *names, const struct tg_image *image, bool all_twins)
{
    struct collection c = {names, image, all_twins, TG_OK};

    for (size_t i = 0; i < tg_image_rule_count(image) && c.status == TG_OK; i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        if (rule->kind == TG_KIND_TLD)
            c.status = add(names, rule->owner);
    }
    if (c.status == TG_OK)
        tg_image_each_name(image, add_name, &c);
    if (c.status == TG_OK)
        tg_image_each_suffix(image, add_suffix, &c);
    return c.status;
}

bool tg_export_blocks(enum tg_export_say say)
{
    return say >= TG_EXPORT_NXDOMAIN;
}

static enum tg_export_say say_block(const struct tg_verdict *verdict)
{
    switch (verdict->action) {
    case TG_ACTION_NXDOMAIN:
        return verdict->partial ? TG_EXPORT_NODATA : TG_EXPORT_NXDOMAIN;
    case TG_ACTION_NODATA:
        return TG_EXPORT_NODATA;
    case TG_ACTION_REFUSED:
        return TG_EXPORT_REFUSED;
    case TG_ACTION_SINKHOLE:
        return TG_EXPORT_SINKHOLE;
    }
    return TG_EXPORT_NOTHING;
}

static enum tg_export_say ask(struct tg_export *ex, struct tg_name name, bool count)
{
    const struct tg_question question = {
        .qname = name, .qtype = TG_TYPE_A, .qclass = TG_CLASS_IN, .today = ex->today};
    struct tg_verdict verdict;

    tg_decide(ex->image, &question, &verdict);
    ex->unknown_twins += count && verdict.known == TG_KNOWN_ASK;
    switch (verdict.mode) {
    case TG_MODE_BLOCK:
        return say_block(&verdict);
    case TG_MODE_MAIL_ONLY:
        return TG_EXPORT_MAIL;
    case TG_MODE_MONITOR:
        return TG_EXPORT_MONITOR;
    case TG_MODE_OFF:
        break;
    }
    return verdict.reason == TG_REASON_ALLOW ? TG_EXPORT_ALLOW : TG_EXPORT_NOTHING;
}

bool tg_export_is_plain(struct tg_name name)
{
    for (size_t at = 0; name.wire[at] != 0; at += (size_t)name.wire[at] + 1)
        for (size_t i = at + 1; i <= at + name.wire[at]; i++) {
            const uint8_t c = name.wire[i];
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
                return false;
        }
    return true;
}

struct tg_name tg_export_below(struct tg_name name, uint8_t wire[2 + TG_DNAME_MAX])
{
    if (name.len + 2 > TG_DNAME_MAX)
        return (struct tg_name){wire, 0};
    wire[0] = 1;
    wire[1] = '*';
    memcpy(wire + 2, name.wire, name.len);
    return (struct tg_name){wire, name.len + 2};
}

static enum tg_export_say ask_below(struct tg_export *ex, struct tg_name name)
{
    uint8_t wire[2 + TG_DNAME_MAX];
    const struct tg_name below = tg_export_below(name, wire);

    return below.len == 0 ? TG_EXPORT_NOTHING : ask(ex, below, false);
}

/* Where the walk is: what is said below each of the names above the next one. */
struct path {
    struct tg_key key;
    size_t depth;
    size_t ends[TG_LABELS_MAX + 1]; /* length of the key at each depth */
    enum tg_export_say below[TG_LABELS_MAX + 1];
};

static void visit(struct tg_export *ex, struct path *path, struct tg_key key, bool listed)
{
    uint8_t wire[TG_DNAME_MAX];
    struct tg_export_node node = {.name = tg_key_name(key, wire), .listed = listed};

    node.above = path->below[path->depth];
    node.self = ask(ex, node.name, listed);
    node.below = ask_below(ex, node.name);
    path->depth++;
    path->ends[path->depth] = key.len;
    path->below[path->depth] = node.below;
    ex->writer->node(ex, &node);
}

/* The names between the one before and this one, then this one. */
static void descend(struct tg_export *ex, struct path *path, struct tg_key key)
{
    const size_t common = tg_key_common(path->key, key);

    while (path->ends[path->depth] > common)
        path->depth--;
    for (size_t end = path->ends[path->depth]; end < key.len;) {
        end += (size_t)key.octets[end] + 1;
        visit(ex, path, (struct tg_key){key.octets, end}, end == key.len);
    }
    path->key = key;
}

static int by_key(const void *a, const void *b)
{
    return tg_key_compare(*(const struct tg_key *)a, *(const struct tg_key *)b);
}

void tg_export_walk(struct tg_export *ex, struct tg_export_names *names)
{
    struct path path = {0};

    if (names->count > 0)
        qsort(names->keys, names->count, sizeof(*names->keys), by_key);
    ex->writer->begin(ex);
    for (size_t i = 0; i < names->count; i++)
        if (names->keys[i].len > 0 &&
            (i == 0 || tg_key_compare(names->keys[i - 1], names->keys[i]) != 0))
            descend(ex, &path, names->keys[i]);
    ex->writer->end(ex);
}

void tg_export_skip(struct tg_export *ex, size_t reason, struct tg_name name, char comment)
{
    char text[TG_DNAME_TEXT_MAX];

    if (ex->skipped[reason].count++ < KEPT)
        fprintf(ex->out, "%c not exactly: %s: %s\n", comment, tg_exchange_name(name, text),
            ex->writer->reasons[reason]);
}
