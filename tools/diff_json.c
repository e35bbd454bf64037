/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What diff found, for programs. */
#include "tldguard/event.h"
#include "tools/diff.h"

static json_t *json_outcome(struct tg_diff_outcome outcome)
{
    return json_pack(
        "{s:s, s:b}", "verdict", tg_reply_text(outcome.reply), "logged", outcome.report);
}

/* The changes of one name that are of one kind. */
struct batch {
    enum tg_diff_kind kind;
    json_t *list;
};

static void json_change(void *arg, const struct tg_diff_change *change)
{
    struct batch *b = arg;
    char type[16];

    if (tg_diff_kind_of(change) != b->kind)
        return;
    json_array_append_new(b->list,
        json_pack("{s:s, s:s?, s:b, s:o, s:o}", "type", tg_rrtype_text(change->qtype, type),
            "clients", change->clients, "when_twin_exists", change->exists, "old",
            json_outcome(change->old), "new", json_outcome(change->new)));
}

static json_t *json_names(const struct tg_diff_report *r, enum tg_diff_kind kind)
{
    json_t *list = json_array();
    char buf[TG_DNAME_TEXT_MAX];

    for (size_t i = 0; i < r->names.count && json_array_size(list) < r->limit; i++) {
        const struct tg_diff_name *name = &r->names.names[i];
        struct batch b = {.kind = kind};
        if (!(name->kinds & 1u << kind))
            continue;
        b.list = json_array();
        tg_diff_changes(&r->sides, r->clients, r->client_count, name, json_change, &b);
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:o}", "name", tg_diff_shown_name(name, buf), "tld",
                      name->tld, "changes", b.list));
    }
    return json_pack("{s:I, s:I, s:o}", "tlds", (json_int_t)r->names.tlds[kind], "names",
        (json_int_t)r->names.others[kind], "list", list);
}

static json_t *json_side(const char *path, const struct tg_image *image)
{
    char digest[65];
    const struct tg_image_meta *meta = tg_image_meta(image);

    return json_pack("{s:o, s:I, s:s}", "file", tg_tool_text(path), "serial",
        (json_int_t)meta->serial, "source_sha256", tg_text_digest(meta->digest, digest));
}

int tg_diff_json(const struct tg_diff_report *r, char **paths)
{
    json_t *object = json_pack("{s:b, s:o, s:o, s:O, s:{s:I, s:I}}", "different",
        tg_diff_differs(r), "old", json_side(paths[0], r->sides.old), "new",
        json_side(paths[1], r->sides.new), "rules", r->things, "names", "added",
        (json_int_t)r->names.added, "removed", (json_int_t)r->names.removed);
    int code;

    for (int kind = 0; kind < TG_DIFF_KINDS; kind++)
        json_object_set_new(
            object, tg_diff_kind_words[kind].key, json_names(r, (enum tg_diff_kind)kind));
    code = tg_text_json(object);
    return code != EXIT_FINE ? code : tg_diff_differs(r) ? EXIT_FINDINGS : EXIT_FINE;
}
