/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What diff found, in words that a change board reads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/diff.h"

static const char *outcome_text(struct tg_diff_outcome outcome, char buf[64])
{
    (void)snprintf(buf, 64, "%s%s", tg_reply_text(outcome.reply),
        outcome.reply == TG_REPLY_PASS && outcome.report    ? " (logged)"
        : outcome.reply != TG_REPLY_PASS && !outcome.report ? " (unlogged)"
                                                            : "");
    return buf;
}

/* Changes of one name that are of one kind. */
struct batch {
    enum tg_diff_kind kind;
    struct line {
        struct tg_diff_change change;
        bool mx, a; /* for which types */
    } * lines;
    size_t count;
    size_t room;
};

static bool alike(const struct tg_diff_change *x, const struct tg_diff_change *y)
{
    return x->exists == y->exists && x->old.reply == y->old.reply &&
           x->old.report == y->old.report && x->new.reply == y->new.reply &&
           x->new.report == y->new.report;
}

/* The line that a change belongs to, which may be a new one. */
static struct line *line_for(struct batch *b, const struct tg_diff_change *change)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->lines[i].change.clients == change->clients && alike(&b->lines[i].change, change))
            return &b->lines[i];
    if (b->count == b->room) {
        struct line *lines = realloc(b->lines, (b->room + 16) * sizeof(*lines));
        if (!lines)
            tg_out_of_memory();
        b->lines = lines;
        b->room += 16;
    }
    b->lines[b->count] = (struct line){.change = *change};
    return &b->lines[b->count++];
}

/* What is the same for mail and for the rest is one line. */
static void add_change(void *arg, const struct tg_diff_change *change)
{
    struct batch *b = arg;
    struct line *line;

    if (tg_diff_kind_of(change) != b->kind)
        return;
    line = line_for(b, change);
    *(change->qtype == TG_TYPE_MX ? &line->mx : &line->a) = true;
}

/* One line, and in it all clients for whom it is the same; those are not told again. */
static void print_line(struct batch *b, size_t at, const char *glue)
{
    const struct line line = b->lines[at];
    char old[64], new[64];

    printf("%s %s%s%s %s -> %s%s", glue, line.mx ? "MX" : "", line.mx && line.a ? ", " : "",
        line.a ? "A" : "", outcome_text(line.change.old, old), outcome_text(line.change.new, new),
        line.change.exists ? " when its twin exists" : "");
    glue = " for";
    for (size_t i = at; i < b->count && line.change.clients; i++) {
        struct line *other = &b->lines[i];
        if (!(other->mx || other->a) || other->mx != line.mx || other->a != line.a ||
            !alike(&other->change, &line.change))
            continue;
        printf("%s %s", glue, other->change.clients);
        glue = ",";
        other->mx = other->a = false;
    }
}

static void print_changes(
    const struct tg_diff_report *r, const struct tg_diff_name *name, enum tg_diff_kind kind)
{
    struct batch b = {.kind = kind};
    const char *glue = ":";

    tg_diff_changes(&r->sides, r->clients, r->client_count, name, add_change, &b);
    for (size_t i = 0; i < b.count; i++) {
        if (!b.lines[i].mx && !b.lines[i].a)
            continue;
        print_line(&b, i, glue);
        glue = ";";
    }
    free(b.lines);
}

static void print_names(const struct tg_diff_report *r, enum tg_diff_kind kind)
{
    const size_t tlds = r->names.tlds[kind], others = r->names.others[kind];
    char buf[TG_DNAME_TEXT_MAX];
    size_t shown = 0;

    if (tlds + others == 0) {
        printf("%s: nothing\n", tg_diff_kind_words[kind].words);
        return;
    }
    printf("%s: %zu TLD%s, %zu name%s\n", tg_diff_kind_words[kind].words, tlds,
        tlds == 1 ? "" : "s", others, others == 1 ? "" : "s");
    for (size_t i = 0; i < r->names.count && shown < r->limit; i++) {
        const struct tg_diff_name *name = &r->names.names[i];
        if (!(name->kinds & 1u << kind))
            continue;
        printf("  %s%s", name->tld ? "TLD " : "", tg_diff_shown_name(name, buf));
        print_changes(r, name, kind);
        putchar('\n');
        shown++;
    }
    if (shown < tlds + others)
        printf("  ... and %zu more (--all shows them)\n", tlds + others - shown);
}

static void print_value(json_t *value)
{
    char *text = json_string_value(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

    fputs(text ? text : json_is_string(value) ? json_string_value(value) : "?", stdout);
    free(text);
}

static void print_fields(json_t *fields)
{
    const char *key, *glue = ":";
    json_t *pair;

    json_object_foreach(fields, key, pair)
    {
        printf("%s %s ", glue, key);
        print_value(json_array_get(pair, 0));
        fputs(" -> ", stdout);
        print_value(json_array_get(pair, 1));
        glue = ";";
    }
}

/* The whole of it, without what is not said, and what "what" has said. */
static void print_is(const char *what, json_t *is)
{
    const char *subject = strchr(what, ' ') ? strrchr(what, ' ') + 1 : what;
    const char *key, *glue = ":";
    json_t *value;

    json_object_foreach(is, key, value)
    {
        if (json_is_null(value) ||
            (json_is_string(value) && strcmp(json_string_value(value), subject) == 0))
            continue;
        printf("%s %s ", glue, key);
        print_value(value);
        glue = ",";
    }
}

static void print_things(const struct tg_diff_report *r, const char *key)
{
    json_t *list = json_object_get(r->things, key), *thing;
    size_t i;

    json_array_foreach(list, i, thing)
    {
        const char *what = json_string_value(json_object_get(thing, "what"));
        if (i == r->limit) {
            printf("  ... and %zu more %s (--all shows them)\n", json_array_size(list) - i, key);
            break;
        }
        printf("  %-7s %s", key, what);
        print_is(what, json_object_get(thing, "is"));
        print_fields(json_object_get(thing, "fields"));
        putchar('\n');
    }
}

static void print_side(const char *which, const char *path, const struct tg_image *image)
{
    char digest[65];
    const struct tg_image_meta *meta = tg_image_meta(image);

    printf("%s serial %" PRIu32 "  rules %zu  names %zu  sha256:%.16s  %s\n", which, meta->serial,
        tg_image_rule_count(image), tg_image_name_count(image),
        tg_text_digest(meta->digest, digest), path);
}

int tg_diff_print(const struct tg_diff_report *r, char **paths)
{
    print_side("old", paths[0], r->sides.old);
    print_side("new", paths[1], r->sides.new);
    if (!tg_diff_differs(r)) {
        puts("no difference");
        return EXIT_FINE;
    }
    printf("rules: %zu added, %zu removed, %zu changed; names in them: %zu added, %zu removed\n",
        json_array_size(json_object_get(r->things, "added")),
        json_array_size(json_object_get(r->things, "removed")),
        json_array_size(json_object_get(r->things, "changed")), r->names.added, r->names.removed);
    print_things(r, "added");
    print_things(r, "removed");
    print_things(r, "changed");
    for (int kind = 0; kind < TG_DIFF_KINDS; kind++)
        print_names(r, (enum tg_diff_kind)kind);
    return EXIT_FINDINGS;
}
