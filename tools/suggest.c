/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard suggest: the TLDs that are a near miss of what people mean, as policy to paste. */
#include <stdlib.h>

#include "tools/suggest.h"

enum { DATA, IDN, JSON, SUFFIXES, TABLE, TLDS };
static const struct tg_option options[] = {
    [DATA] = {"data", 'd', "DIR", "keyboards.tsv and popular-tlds.tsv (" TG_DATA_DIR ")"},
    [IDN] = {"idn", 'i', NULL, "also look-alikes in other scripts, delegated or not"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    [SUFFIXES] = {"suffixes", 's', "FILE", "the public suffix list (where libpsl has it)"},
    [TABLE] = {"table", 'T', NULL, "as a table, columns separated by tabs"},
    [TLDS] = {"tlds", 't', "FILE", "the delegated TLDs, one a line (the suffix list's)"},
    {0},
};

static int print(const struct tg_suggestions *s, const struct tg_parsed *p)
{
    if (p->value[JSON] != NULL)
        return tg_suggest_json(s);
    return p->value[TABLE] != NULL ? tg_suggest_table(s) : tg_suggest_yaml(s);
}

static int suggest(const struct tg_command *self, const struct tg_parsed *p, struct tg_world *world,
    struct tg_suggestions *s)
{
    for (int i = 0; i < p->argc; i++) {
        const int code = tg_suggest_target(self, world, p->argv[i], s);

        if (code >= 0)
            return code;
    }
    if ((p->value[IDN] != NULL && !tg_suggest_spoofs(world, s)) || !tg_suggest_find(world, s)) {
        fputs("tldguard: out of memory\n", stderr);
        return EXIT_BROKEN;
    }
    return print(s, p);
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_suggestions *s = NULL;
    struct tg_diags *diags = NULL;
    struct tg_world world = {0};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, TG_SUGGEST_TARGETS_MAX, &p);

    if (code >= 0)
        return code;
    if (p.value[JSON] != NULL && p.value[TABLE] != NULL)
        return tg_text_usage(self, "--json and --table are two forms: choose one");
    code = EXIT_BROKEN;
    diags = tg_diags_create();
    s = calloc(1, sizeof(*s));
    if (diags == NULL || s == NULL) {
        fputs("tldguard: out of memory\n", stderr);
        goto done;
    }
    if (tg_world_read(&world,
            &(struct tg_world_files){
                tg_data_folder(p.value[DATA]), p.value[TLDS], p.value[SUFFIXES]},
            diags) == TG_OK)
        code = suggest(self, &p, &world, s);
    tg_text_diags(diags, false);
done:
    if (s != NULL)
        free(s->finds);
    free(s);
    tg_world_fini(&world);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_suggest = {
    .name = "suggest",
    .arguments = "TARGET...",
    .summary = "List the TLDs that are a near miss of a target, as policy to paste.",
    .example = "tldguard suggest mil gov army.nl",
    .options = options,
    .run = run,
};
