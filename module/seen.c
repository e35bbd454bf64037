/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/seen.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tldguard/trust.h"

static struct tg_file_id look(const char *path)
{
    struct tg_file_id id = {.error = 0};
    struct stat st;

    if (stat(path, &st) != 0) {
        id.error = errno;
        return id;
    }
    id.dev = st.st_dev;
    id.ino = st.st_ino;
    id.size = st.st_size;
    id.modified = st.st_mtim;
    id.changed = st.st_ctim;
    return id;
}

/* A name that is cut is the name of a file that is not there. */
static struct tg_file_id look_behind(const char *path, const char *suffix)
{
    char whole[TG_TRUST_PATH_MAX];

    (void)snprintf(whole, sizeof(whole), "%s%s", path, suffix);
    return look(whole);
}

struct tg_seen_files tg_seen_look(const struct tg_settings *settings)
{
    struct tg_seen_files seen = {.file = {look(settings->policy)}};

    if (settings->trusted.count > 0) {
        seen.file[TG_SEEN_SIGNATURE] = look_behind(settings->policy, TG_TRUST_SUFFIX);
        seen.file[TG_SEEN_NEXT] = look_behind(settings->policy, TG_TRUST_NEXT);
        seen.file[TG_SEEN_ALLOWED] = look(settings->allow_older);
    }
    return seen;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct tg_file_id *a, const struct tg_file_id *b)
{
    return a->error == b->error && a->dev == b->dev && a->ino == b->ino;
}

static bool same_state(const struct tg_file_id *a, const struct tg_file_id *b)
{
    return same_file(a, b) && a->size == b->size && same_time(a->modified, b->modified) &&
           same_time(a->changed, b->changed);
}

bool tg_seen_same_files(const struct tg_seen_files *a, const struct tg_seen_files *b)
{
    for (size_t i = 0; i < TG_SEEN_FILES; i++)
        if (!same_file(&a->file[i], &b->file[i]))
            return false;
    return true;
}

bool tg_seen_same_state(const struct tg_seen_files *a, const struct tg_seen_files *b)
{
    for (size_t i = 0; i < TG_SEEN_FILES; i++)
        if (!same_state(&a->file[i], &b->file[i]))
            return false;
    return true;
}
