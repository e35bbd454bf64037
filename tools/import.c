/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard import: what others have written about names, as a policy. */
#include "tools/import.h"

#include <stdlib.h>
#include <string.h>

#include "tldguard/policy.h"

#define RECORDS_MAX ((size_t)1 << 24) /* NAME and *.NAME of 8 million names */

enum { RPZ, LIST, ORIGIN, OUTPUT, WIDEN, QUIET };
static const struct tg_option options[] = {
    [RPZ] = {"rpz", 'r', "ZONE", "a response policy zone, as a master file"},
    [LIST] = {"list", 'l', "FILE", "one name a line, or as in /etc/hosts"},
    [ORIGIN] = {"origin", 'O', "NAME", "where the zone starts (default: its SOA record says)"},
    [OUTPUT] = {"output", 'o', "POLICY", "where the policy goes (default: standard output)"},
    [WIDEN] = {"widen", 'w', NULL, "take '*.NAME' alone for NAME and all below it"},
    [QUIET] = {"quiet", 'q', NULL, "do not tell what was left out"},
    {0},
};

#define REASON_TEXT(name, text) [TG_IMPORT_##name] = (text),
static const char *const reasons[] = {TG_IMPORT_REASONS(REASON_TEXT)};

const char *tg_import_reason_text(enum tg_import_reason reason)
{
    return reasons[reason];
}

void tg_import_skip(struct tg_import *im, enum tg_import_reason reason, unsigned line)
{
    struct tg_skipped *skipped = &im->skipped[reason];

    if (skipped->count++ == 0 || line < skipped->line)
        skipped->line = line;
}

static enum tg_status make_room(struct tg_import *im)
{
    const size_t room = im->record_room ? im->record_room * 2 : 1024;
    struct tg_import_record *records;

    if (im->record_count < im->record_room)
        return TG_OK;
    if (room > RECORDS_MAX)
        return TG_ETOOBIG;
    records = realloc(im->records, room * sizeof(*records));
    if (!records)
        return TG_ENOMEM;
    im->records = records;
    im->record_room = room;
    return TG_OK;
}

enum tg_status tg_import_add(struct tg_import *im, const struct tg_import_record *record)
{
    enum tg_status status = make_room(im);
    struct tg_import_record *own;
    uint8_t *octets;

    if (status != TG_OK)
        return status;
    octets = tg_arena_bytes(im->arena, record->key.len + record->size);
    if (!octets)
        return TG_ENOMEM;
    own = &im->records[im->record_count++];
    *own = *record;
    memcpy(octets, record->key.octets, record->key.len);
    own->key.octets = octets;
    own->rdata = NULL;
    if (record->size) {
        memcpy(octets + record->key.len, record->rdata, record->size);
        own->rdata = octets + record->key.len;
    }
    return TG_OK;
}

bool tg_import_accepted(const char *text)
{
    struct tg_policy *policy = NULL;
    char *whole = NULL;
    const size_t size = strlen(text) + sizeof("serial: 1\n");
    bool accepted = false;

    whole = malloc(size);
    if (whole) {
        const int len = snprintf(whole, size, "serial: 1\n%s", text);
        accepted = tg_policy_parse("", whole, (size_t)len, NULL, &policy, NULL) == TG_OK;
    }
    tg_policy_destroy(&policy);
    free(whole);
    return accepted;
}

/* A source without a serial gets one of the day, as people write them. */
static uint32_t serial_today(void)
{
    const time_t now = time(NULL);
    struct tm tm;

    if (!gmtime_r(&now, &tm))
        return 1;
    return (((uint32_t)tm.tm_year + 1900) * 10000 + ((uint32_t)tm.tm_mon + 1) * 100 +
               (uint32_t)tm.tm_mday) *
               100 +
           1;
}

static bool import(struct tg_import *im, const struct tg_parsed *p, struct tg_diags *diags)
{
    enum tg_status status = TG_ENOMEM;

    im->arena = tg_arena_create();
    if (im->arena && p->value[RPZ])
        status = tg_import_rpz(im, p->value[ORIGIN], diags);
    else if (im->arena)
        status = tg_import_list(im, diags);
    if (status == TG_OK)
        status = tg_import_merge(im);
    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        tg_diags_add(diags, TG_DIAG_ERROR, im->file, 0, 0, NULL, "%s", tg_status_text(status));
    if (status != TG_OK)
        return false;
    if (im->serial == 0)
        im->serial = serial_today();
    if (!p->value[QUIET])
        tg_skipped_report(diags, im->file, im->skipped, reasons, TG_IMPORT_REASON_COUNT);
    return tg_import_write(im, p->value[OUTPUT]);
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_import im = {0};
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 0, &p);

    if (code >= 0)
        return code;
    if (!p.value[RPZ] == !p.value[LIST])
        return tg_text_usage(self, "from what? Give one of --rpz ZONE and --list FILE");
    if (p.value[LIST] && (p.value[ORIGIN] || p.value[WIDEN]))
        return tg_text_usage(self, "--origin and --widen are for --rpz");
    im.file = p.value[RPZ] ? p.value[RPZ] : p.value[LIST];
    im.widen = p.value[WIDEN] != NULL;
    diags = tg_diags_create();
    code = import(&im, &p, diags) ? EXIT_FINE : EXIT_BROKEN;
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
    tg_arena_destroy(&im.arena);
    free(im.records);
    return code;
}

const struct tg_command tg_cmd_import = {
    .name = "import",
    .arguments = "--rpz ZONE | --list FILE",
    .summary = "Make a policy of a response policy zone or of a list of names.",
    .example = "tldguard import --rpz rpz.zone -o policy.yaml",
    .options = options,
    .run = run,
};
