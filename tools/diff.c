/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard diff: what a new policy would change, in words that a change board reads. */
#include <stdlib.h>

#include "tools/diff.h"

#define SHOWN 20 /* of each list, without --all */

enum { ALL, DATE, JSON };
static const struct tg_option options[] = {
    [ALL] = {"all", 'a', NULL, "list everything, not only the first of each kind"},
    [DATE] = {"date", 'd', "YYYY-MM-DD", "as if it were this day (default: today)"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    {0},
};

const struct tg_diff_kind_words tg_diff_kind_words[TG_DIFF_KINDS] = {
    [TG_DIFF_BLOCKED] = {"newly blocked", "newly_blocked"},
    [TG_DIFF_FREED] = {"no longer blocked", "no_longer_blocked"},
    [TG_DIFF_ANSWER] = {"changed answer", "changed_answer"},
    [TG_DIFF_LOGGING] = {"changed logging", "changed_logging"},
};

bool tg_diff_differs(const struct tg_diff_report *r)
{
    return json_array_size(json_object_get(r->things, "added")) ||
           json_array_size(json_object_get(r->things, "removed")) ||
           json_array_size(json_object_get(r->things, "changed")) || r->names.added ||
           r->names.removed || r->names.count;
}

const char *tg_diff_shown_name(const struct tg_diff_name *name, char buf[TG_DNAME_TEXT_MAX])
{
    const size_t skip = name->tld ? 2 : 0;

    return tg_text_name((struct tg_name){name->name.wire + skip, name->name.len - skip}, buf);
}

enum tg_diff_kind tg_diff_kind_of(const struct tg_diff_change *change)
{
    const bool was = change->old.reply != TG_REPLY_PASS, is = change->new.reply != TG_REPLY_PASS;

    if (was != is)
        return is ? TG_DIFF_BLOCKED : TG_DIFF_FREED;
    return change->old.reply != change->new.reply ? TG_DIFF_ANSWER : TG_DIFF_LOGGING;
}

static bool find(struct tg_diff_report *r)
{
    struct tg_progress *progress = tg_progress_start("comparing");
    bool found = false;

    r->things = tg_diff_things(&r->sides);
    r->clients = tg_diff_clients_find(&r->sides, &r->client_count);
    if (r->things && r->clients)
        found = tg_diff_names_find(&r->sides, r->clients, r->client_count, &r->names);
    tg_progress_stop(&progress);
    if (!found)
        fputs("tldguard: out of memory\n", stderr);
    return found;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_diff_report r = {.limit = SHOWN};
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 2, 2, &p);

    if (code >= 0)
        return code;
    code = tg_option_day(self, p.value[DATE], &r.sides.today);
    if (code >= 0)
        return code;
    if (p.value[ALL])
        r.limit = SIZE_MAX;
    diags = tg_diags_create();
    code = EXIT_BROKEN;
    if (tg_load(p.argv[0], r.sides.today, &r.sides.old, diags) == TG_OK &&
        tg_load(p.argv[1], r.sides.today, &r.sides.new, diags) == TG_OK && find(&r))
        code = p.value[JSON] ? tg_diff_json(&r, p.argv) : tg_diff_print(&r, p.argv);
    tg_text_diags(diags, false);
    tg_diff_names_fini(&r.names);
    free(r.clients);
    json_decref(r.things);
    tg_image_close(&r.sides.old);
    tg_image_close(&r.sides.new);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_diff = {
    .name = "diff",
    .arguments = "OLD NEW",
    .summary = "Tell what a new policy or image would change (exit 1), or that it would not.",
    .example = "tldguard diff /var/lib/tldguard/policy.cdb policy.yaml",
    .options = options,
    .run = run,
};
