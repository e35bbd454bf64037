/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard export: a policy for resolvers without tldguard, as far as they can tell. */
#include "tools/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RPZ, UNBOUND, ORIGIN, POLICY, DATE, OUTPUT, MAIL_AS_BLOCK, QUIET };
static const struct tg_option options[] = {
    [RPZ] = {"rpz", 'r', NULL, "a response policy zone: BIND, Unbound, Knot, PowerDNS"},
    [UNBOUND] = {"unbound", 'u', NULL, "local-zone lines for Unbound"},
    [ORIGIN] = {"origin", 'O', "NAME", "of the zone (default rpz.tldguard)"},
    [POLICY] = {"policy", 'p', "FILE", "a policy or an image (default " TG_DEFAULT_POLICY ")"},
    [DATE] = {"date", 'd', "YYYY-MM-DD", "the day on which allows have ended (default: today)"},
    [OUTPUT] = {"output", 'o', "FILE", "where it goes (default: standard output)"},
    [MAIL_AS_BLOCK] = {"mail-as-block", 'm', NULL,
        "with --rpz: mode mail-only also takes away the other types"},
    [QUIET] = {"quiet", 'q', NULL, "do not tell what was left out"},
    {0},
};

#define DEFAULT_ORIGIN "rpz.tldguard"

const char *tg_export_absolute(struct tg_name name, char buf[TG_DNAME_TEXT_MAX + 1])
{
    (void)tg_exchange_name(name, buf);
    if (name.len > 1)
        strcat(buf, ".");
    return buf;
}

void tg_export_head(struct tg_export *ex, char comment)
{
    const size_t groups = tg_image_group_count(ex->image);

    fprintf(ex->out, "%c Made by 'tldguard export' of policy serial %" PRIu32 ".\n", comment,
        tg_image_meta(ex->image)->serial);
    if (groups)
        fprintf(ex->out,
            "%c It is what clients in no group get; the policy has %zu groups of clients.\n",
            comment, groups);
}

void tg_export_tail(struct tg_export *ex, char comment)
{
    fprintf(ex->out, "%c %zu names.\n", comment, ex->written);
    for (size_t i = 0; i < ex->writer->reason_count; i++)
        if (ex->skipped[i].count)
            fprintf(ex->out, "%c Not exactly as the policy says, %zu: %s.\n", comment,
                ex->skipped[i].count, ex->writer->reasons[i]);
    if (ex->unknown_twins)
        fprintf(ex->out, "%c Taken as not known, %zu: names whose twin only a look-up can tell.\n",
            comment, ex->unknown_twins);
}

/* How many names were left out goes to stderr, too: a zone is seldom read. */
static void report(const struct tg_export *ex, const char *source, struct tg_diags *diags)
{
    const size_t groups = tg_image_group_count(ex->image);

    tg_skipped_report(diags, source, ex->skipped, ex->writer->reasons, ex->writer->reason_count);
    if (ex->unknown_twins)
        tg_diags_add(diags, TG_DIAG_NOTE, source, 0, 0, NULL,
            "%zu names whose twin only a look-up can tell are taken as not known",
            ex->unknown_twins);
    if (groups)
        tg_diags_add(diags, TG_DIAG_NOTE, source, 0, 0, NULL,
            "%zu groups of clients are left out: it is for clients in no group", groups);
}

static bool export(struct tg_export *ex, const struct tg_parsed *p, struct tg_diags *diags)
{
    struct tg_export_names names = {.arena = tg_arena_create()};
    struct tg_output output;
    bool done = false;

    if (!names.arena || tg_export_collect(&names, ex->image) != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
    else if (tg_output_open(&output, p->value[OUTPUT])) {
        ex->out = output.stream;
        tg_export_walk(ex, &names);
        done = tg_output_close(&output, true);
    }
    tg_arena_destroy(&names.arena);
    free(names.keys);
    return done;
}

static int run_with(const struct tg_parsed *p, struct tg_export *ex)
{
    const char *source = p->value[POLICY] ? p->value[POLICY] : TG_DEFAULT_POLICY;
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;
    bool done = false;

    if (tg_load(source, ex->today, &image, diags) == TG_OK) {
        ex->image = image;
        done = export(ex, p, diags);
        if (!p->value[QUIET])
            report(ex, source, diags);
    }
    tg_text_diags(diags, false);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return done ? EXIT_FINE : EXIT_BROKEN;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_export ex = {0};
    uint8_t origin[TG_DNAME_MAX];
    const char *text = DEFAULT_ORIGIN;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 0, &p);

    if (code >= 0)
        return code;
    if (!p.value[RPZ] == !p.value[UNBOUND])
        return tg_text_usage(self, "in which form? Give one of --rpz and --unbound");
    if (p.value[UNBOUND] && (p.value[ORIGIN] || p.value[MAIL_AS_BLOCK]))
        return tg_text_usage(self, "--origin and --mail-as-block are for --rpz");
    code = tg_option_day(self, p.value[DATE], &ex.today);
    if (code >= 0)
        return code;
    if (p.value[ORIGIN])
        text = p.value[ORIGIN];
    ex.origin.wire = origin;
    if (tg_dname_from_text(text, strlen(text), origin, &ex.origin.len, NULL) != TG_OK)
        return tg_text_usage(self, "'%s' is not a name", text);
    ex.writer = p.value[RPZ] ? &tg_export_rpz : &tg_export_unbound;
    ex.mail_as_block = p.value[MAIL_AS_BLOCK] != NULL;
    return run_with(&p, &ex);
}

const struct tg_command tg_cmd_export = {
    .name = "export",
    .arguments = "--rpz | --unbound",
    .summary = "Write a policy for resolvers without tldguard.",
    .example = "tldguard export --rpz --policy policy.yaml -o rpz.zone",
    .options = options,
    .run = run,
};
