/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Reads a list of names, by the policy language's own reader of lists. */
#include <stdlib.h>
#include <string.h>

#include "tldguard/policy.h"
#include "tools/import.h"

#define POLICY "serial: 1\nblock:\n  - file: "

/* A policy that is nothing but the list; to be freed. */
static char *make_policy(const char *path)
{
    char *text = malloc(sizeof(POLICY) + 2 * strlen(path) + sizeof("''\n"));
    char *at;

    if (!text)
        return NULL;
    strcpy(text, POLICY "'");
    at = text + strlen(text);
    for (; *path; path++) {
        if (*path == '\'')
            *at++ = '\'';
        *at++ = *path;
    }
    strcpy(at, "'\n");
    return text;
}

static enum tg_status add_name(struct tg_import *im, const struct tg_entry *entry)
{
    uint8_t key[TG_DNAME_MAX];
    struct tg_import_record record = {.say = TG_SAY_NXDOMAIN};
    enum tg_status status;

    record.key = (struct tg_key){key, tg_key_write(entry->name, key)};
    status = tg_import_add(im, &record);
    record.below = true;
    return status == TG_OK && !entry->exact ? tg_import_add(im, &record) : status;
}

/* The messages but for those that are about the policy we made up. */
static void pass_on(struct tg_diags *to, const struct tg_diags *from, const char *path, bool failed)
{
    for (size_t i = 0; i < tg_diags_kept(from); i++) {
        const struct tg_diag *d = tg_diags_get(from, i);
        if (d->level == TG_DIAG_ERROR || (failed && d->level == TG_DIAG_WARNING) ||
            strcmp(d->file, path) == 0)
            tg_diags_add(to, d->level, strcmp(d->file, "list") == 0 ? path : d->file,
                strcmp(d->file, "list") == 0 ? 0 : d->line, d->col, d->source, "%s", d->text);
    }
}

enum tg_status tg_import_list(struct tg_import *im, struct tg_diags *diags)
{
    struct tg_diags *own = tg_diags_create();
    struct tg_policy *policy = NULL;
    char *text = make_policy(im->file);
    enum tg_status status = TG_ENOMEM;

    if (text && own)
        status = tg_policy_parse("list", text, strlen(text), NULL, &policy, own);
    pass_on(diags, own, im->file, status != TG_OK);
    for (size_t i = 0; status == TG_OK && i < policy->name_count; i++)
        status = add_name(im, &policy->names[i]);
    tg_policy_destroy(&policy);
    tg_diags_destroy(&own);
    free(text);
    return status;
}
