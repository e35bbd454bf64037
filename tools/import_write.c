/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The entries as a policy, and its long lists of names as files beside it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import.h"

#define INLINE_MAX 1000 /* names of one sort that are written into the policy itself */

/* The entries of one sort make one list. */
struct sort {
    enum tg_import_say say;
    bool exact;
    const char *word; /* in the name of the list file */
    const char *keys; /* what an entry says besides its name */
};

#define EXACT ", match: exact"
static const struct sort sorts[] = {
    {TG_SAY_ALLOW, false, "allow", ""},
    {TG_SAY_ALLOW, true, "allow-exact", EXACT},
    {TG_SAY_NXDOMAIN, false, "nxdomain", ""},
    {TG_SAY_NXDOMAIN, true, "nxdomain-exact", EXACT},
    {TG_SAY_NODATA, false, "nodata", ", action: nodata"},
    {TG_SAY_NODATA, true, "nodata-exact", EXACT ", action: nodata"},
    {TG_SAY_SINKHOLE, false, "sinkhole", ", action: sinkhole"},
    {TG_SAY_SINKHOLE, true, "sinkhole-exact", EXACT ", action: sinkhole"},
};
#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

/* What is open while a policy is written. */
struct writer {
    const struct tg_import *im;
    struct tg_output policy;
    struct tg_output lists[SORTS];
    char *names[SORTS]; /* of the list files, without the folder; NULL: in the policy */
    size_t counts[SORTS];
};

static bool is_sort(const struct tg_import_entry *entry, const struct sort *sort)
{
    return entry->say == sort->say && entry->exact == sort->exact;
}

/* A file's name would end a comment, or forge a line of policy, by a newline in it. */
static void put_comment(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++)
        fputs(*text == '\'' ? "''" : (char[2]){*text, '\0'}, out);
    fputc('\'', out);
}

/* What readers of list files take for something else than a name stands in the policy itself. */
static bool fits_list(const char *name)
{
    return strchr(name, '.') && !strchr(name, '\\');
}

/* "policy.yaml" and "nodata" make "policy.nodata.txt". */
static char *list_path(const char *path, const char *word)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    const size_t stem =
        dot && dot > path && (!slash || dot > slash + 1) ? (size_t)(dot - path) : strlen(path);
    const size_t size = stem + strlen(word) + sizeof("..txt");
    char *out = malloc(size);

    if (out)
        (void)snprintf(out, size, "%.*s.%s.txt", (int)stem, path, word);
    return out;
}

static bool open_list(struct writer *w, size_t i, const char *path)
{
    char *list = list_path(path, sorts[i].word);
    const char *slash = list ? strrchr(list, '/') : NULL;
    bool opened;

    if (!list) {
        fputs("tldguard: out of memory\n", stderr);
        return false;
    }
    w->names[i] = strdup(slash ? slash + 1 : list);
    opened = w->names[i] && tg_output_open(&w->lists[i], list);
    /* The output keeps the path for its messages. */
    if (!opened)
        free(list);
    return opened;
}

static bool open_all(struct writer *w, const char *path)
{
    for (size_t i = 0; i < w->im->entry_count; i++)
        for (size_t k = 0; k < SORTS; k++)
            w->counts[k] += is_sort(&w->im->entries[i], &sorts[k]);
    if (!tg_output_open(&w->policy, path))
        return false;
    for (size_t i = 0; i < SORTS && w->policy.path; i++)
        if (w->counts[i] > INLINE_MAX && !open_list(w, i, path))
            return false;
    return true;
}

static bool close_all(struct writer *w, bool keep)
{
    /* The policy last: it names the others. */
    for (size_t i = 0; i < SORTS; i++) {
        const char *path = w->lists[i].path;
        if (w->lists[i].stream)
            keep = tg_output_close(&w->lists[i], keep);
        free((char *)(uintptr_t)path);
        free(w->names[i]);
    }
    return tg_output_close(&w->policy, keep) && keep;
}

static void write_head(const struct writer *w)
{
    const struct tg_import *im = w->im;
    FILE *out = w->policy.stream;

    fputs("# Made by 'tldguard import' from ", out);
    put_comment(out, im->file);
    fprintf(out, ".\n# Records: %zu. Entries: %zu.", im->record_count, im->entry_count);
    if (im->covered)
        fprintf(out, " Left to an entry above them: %zu.", im->covered);
    fputc('\n', out);
    for (size_t i = 0; i < TG_IMPORT_REASON_COUNT; i++)
        if (im->skipped[i].count)
            fprintf(out, "# Skipped, %zu: %s.\n", im->skipped[i].count,
                tg_import_reason_text((enum tg_import_reason)i));
    fprintf(out, "\nserial: %" PRIu32 "\n", im->serial ? im->serial : 1);
    if (im->sinkhole)
        fprintf(
            out, "\nanswer:\n  # of line %u\n  sinkhole: {%s}\n", im->sinkhole_line, im->sinkhole);
}

static void write_inline(FILE *out, const char *name, const char *keys)
{
    const bool quoted = strchr(name, '\\') || strspn(name, "-_") > 0;

    if (*keys)
        fprintf(out, quoted ? "  - {name: '%s'%s}\n" : "  - {name: %s%s}\n", name, keys);
    else
        fprintf(out, quoted ? "  - '%s'\n" : "  - %s\n", name);
}

static void write_sort(struct writer *w, size_t i)
{
    char name[TG_DNAME_TEXT_MAX];
    uint8_t wire[TG_DNAME_MAX];
    FILE *out = w->policy.stream, *list = w->lists[i].stream;

    if (list) {
        fprintf(out, "  - {file: ");
        put_quoted(out, w->names[i]);
        fprintf(out, "%s}\n", sorts[i].keys);
    }
    for (size_t k = 0; k < w->im->entry_count; k++) {
        if (!is_sort(&w->im->entries[k], &sorts[i]))
            continue;
        (void)tg_exchange_name(tg_key_name(w->im->entries[k].key, wire), name);
        if (list && fits_list(name))
            fprintf(list, "%s\n", name);
        else
            write_inline(out, name, sorts[i].keys);
    }
}

static void write_all(struct writer *w)
{
    const char *open = NULL;

    write_head(w);
    for (size_t i = 0; i < SORTS; i++) {
        const char *key = sorts[i].say == TG_SAY_ALLOW ? "allow" : "block";
        if (w->counts[i] == 0)
            continue;
        if (key != open)
            fprintf(w->policy.stream, "\n%s:\n", key);
        open = key;
        write_sort(w, i);
    }
}

bool tg_import_write(const struct tg_import *im, const char *path)
{
    struct writer w = {.im = im};
    const bool piped = !path || strcmp(path, "-") == 0;
    bool done;

    if (im->entry_count > (piped ? TG_RULES_MAX : TG_NAMES_MAX)) {
        fprintf(stderr, "tldguard: %zu names are too many for one text of policy%s\n",
            im->entry_count, piped ? "; give -o POLICY, for list files beside it" : "");
        return false;
    }
    done = open_all(&w, path);
    if (done)
        write_all(&w);
    return close_all(&w, done);
}
