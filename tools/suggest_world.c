/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The TLDs there are, what is known of them, and the keyboards. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/lines.h"
#include "policy/suffixes.h"
#include "tools/suggest.h"

#define PATH_MAX_LEN 4096

/* What the reading of one file needs. */
struct reading {
    struct tg_world *world;
    bool listed;  /* the TLDs come from a list of their own, not from the suffix list */
    bool private; /* behind the part of the suffix list that registries asked for */
    size_t last;  /* rules of one TLD stand together */
};

struct tg_tld *tg_world_find(const struct tg_world *world, const char *label)
{
    for (size_t i = 0; i < world->count; i++)
        if (strcmp(world->tlds[i].label, label) == 0)
            return &world->tlds[i];
    return NULL;
}

static bool grow(struct tg_world *world)
{
    const size_t room = world->room ? 2 * world->room : 2048;
    struct tg_tld *tlds;

    if (world->count >= TG_SUGGEST_TLDS_MAX)
        return false;
    if (world->count < world->room)
        return true;
    tlds = realloc(world->tlds, room * sizeof(*tlds));
    if (tlds == NULL)
        return false;
    world->tlds = tlds;
    world->room = room;
    return true;
}

struct tg_tld *tg_world_add(struct tg_world *world, const char *label)
{
    struct tg_tld *tld = tg_world_find(world, label);

    if (tld != NULL)
        return tld;
    errno = ENOMEM;
    if (!grow(world))
        return NULL;
    tld = &world->tlds[world->count];
    memset(tld, 0, sizeof(*tld));
    tld->popular = -1;
    (void)snprintf(tld->label, sizeof(tld->label), "%s", label);
    if (tg_unicode_to_text(world->unicode, label, tld->shown) != TG_OK ||
        tg_skeleton_of(world->unicode, label, &tld->skeleton) != TG_OK) {
        errno = EINVAL;
        return NULL;
    }
    world->count++;
    return tld;
}

/* The TLD of a line. NULL, after an error: no label, or no room. */
static struct tg_tld *tld_of_line(
    struct tg_world *world, const struct tg_line *line, const char *text)
{
    char label[TG_LABEL_MAX + 1];
    struct tg_tld *tld = NULL;

    if (strchr(text, '.') == NULL && tg_unicode_to_ascii(world->unicode, text, label) == TG_OK) {
        tld = tg_world_add(world, label);
        if (tld == NULL && errno == ENOMEM) {
            (void)tg_line_error(line, "out of memory, or more than %d TLDs", TG_SUGGEST_TLDS_MAX);
            return NULL;
        }
    }
    if (tld == NULL) {
        errno = EINVAL;
        (void)tg_line_error(line, "'%s' is not a TLD", text);
    }
    return tld;
}

static enum tg_status on_tld(void *context, const struct tg_line *line)
{
    struct reading *r = context;
    struct tg_tld *tld = tld_of_line(r->world, line, line->text);

    if (tld == NULL)
        return errno == ENOMEM ? TG_ENOMEM : TG_ESYNTAX;
    tld->delegated = true;
    return TG_OK;
}

/* The TLD of a rule's last label: the last one again, most times. NULL: not to be listed. */
static struct tg_tld *tld_of_rule(struct reading *r, const char *text)
{
    char label[TG_LABEL_MAX + 1];
    struct tg_tld *tld;

    if (tg_unicode_to_ascii(r->world->unicode, text, label) != TG_OK)
        return NULL;
    if (r->last < r->world->count && strcmp(r->world->tlds[r->last].label, label) == 0)
        return &r->world->tlds[r->last];
    tld = r->listed ? tg_world_find(r->world, label) : tg_world_add(r->world, label);
    if (tld != NULL)
        r->last = (size_t)(tld - r->world->tlds);
    return tld;
}

/* https://publicsuffix.org/list/: the ICANN section names every TLD. */
static enum tg_status on_suffix(void *context, const struct tg_line *line)
{
    struct reading *r = context;
    struct tg_tld *tld;
    char *text = line->text;
    char *dot;

    if (strstr(text, "===END ICANN DOMAINS===") != NULL)
        r->private = true;
    if (r->private || strncmp(text, "//", 2) == 0)
        return TG_OK;
    text[strcspn(text, " \t")] = '\0';
    dot = strrchr(text, '.');
    tld = tld_of_rule(r, dot != NULL ? dot + 1 : text);
    if (tld == NULL)
        return TG_OK;
    if (!r->listed)
        tld->delegated = true;
    if (dot != NULL)
        tld->own_suffixes = true;
    if (dot == text + 1 && *text == '*')
        tld->all_suffixes = true;
    return TG_OK;
}

static enum tg_status on_popular(void *context, const struct tg_line *line)
{
    struct reading *r = context;
    char *tab = strchr(line->text, '\t');
    char *end;
    struct tg_tld *tld;
    long count;

    if (tab == NULL)
        return tg_line_error(line, "not TLD and COUNT, separated by a tab");
    errno = 0;
    count = strtol(tab + 1, &end, 10);
    if (end == tab + 1 || (*end != '\0' && *end != '\t') || errno != 0 || count < 0)
        return tg_line_error(line, "'%s' is not a count", tab + 1);
    *tab = '\0';
    tld = tg_world_find(r->world, line->text);
    if (tld != NULL)
        tld->popular = count;
    return TG_OK;
}

static enum tg_status read_suffixes(
    struct tg_world *world, const struct tg_world_files *files, struct tg_diags *diags)
{
    struct reading r = {.world = world, .listed = files->tlds != NULL, .last = SIZE_MAX};
    char found[TG_SUFFIXES_PATH_MAX];
    const char *path = files->suffixes != NULL ? files->suffixes : tg_suffixes_path(found);

    if (*path != '\0')
        world->psl = psl_load_file(path);
    if (world->psl != NULL)
        return tg_lines_read(path, diags, on_suffix, &r);
    tg_diags_add(diags, r.listed && files->suffixes == NULL ? TG_DIAG_WARNING : TG_DIAG_ERROR,
        *path != '\0' ? path : "public_suffix_list.dat", 0, 0, NULL,
        "cannot be read as a public suffix list: install the package publicsuffix, or say where "
        "it is with --suffixes%s",
        r.listed ? "" : ", or list the TLDs with --tlds");
    return r.listed && files->suffixes == NULL ? TG_OK : TG_EIO;
}

/* Without the table, and for a TLD that is not in it, the count is not known. */
static enum tg_status read_popular(
    struct tg_world *world, const struct tg_world_files *files, struct tg_diags *diags)
{
    struct reading r = {.world = world};
    char path[PATH_MAX_LEN];

    (void)snprintf(path, sizeof(path), "%s/popular-tlds.tsv", files->data);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return TG_OK;
    return tg_lines_read(path, diags, on_popular, &r);
}

static enum tg_status read_tlds(
    struct tg_world *world, const struct tg_world_files *files, struct tg_diags *diags)
{
    struct reading r = {.world = world};
    enum tg_status status = TG_OK;

    if (files->tlds != NULL)
        status = tg_lines_read(files->tlds, diags, on_tld, &r);
    if (status == TG_OK)
        status = read_suffixes(world, files, diags);
    if (status == TG_OK && world->count == 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, files->tlds != NULL ? files->tlds : files->suffixes, 0,
            0, NULL, "no TLD in it");
        status = TG_ESYNTAX;
    }
    return status;
}

enum tg_status tg_world_read(
    struct tg_world *world, const struct tg_world_files *files, struct tg_diags *diags)
{
    char path[PATH_MAX_LEN];
    enum tg_status status = tg_unicode_open(&world->unicode);

    if (status != TG_OK) {
        tg_diags_add(diags, TG_DIAG_ERROR, "ICU", 0, 0, NULL, "%s", tg_status_text(status));
        return status;
    }
    (void)snprintf(path, sizeof(path), "%s/keyboards.tsv", files->data);
    status = tg_keyboards_read(path, &world->keyboards, diags);
    if (status == TG_EIO)
        tg_diags_add(diags, TG_DIAG_NOTE, path, 0, 0, NULL,
            "tldguard is not installed there? --data DIR or TLDGUARD_DATA names the folder of its "
            "data files");
    if (status == TG_OK)
        status = read_tlds(world, files, diags);
    return status == TG_OK ? read_popular(world, files, diags) : status;
}

void tg_world_fini(struct tg_world *world)
{
    tg_unicode_close(&world->unicode);
    tg_keyboards_destroy(&world->keyboards);
    psl_free(world->psl);
    free(world->tlds);
    memset(world, 0, sizeof(*world));
}
