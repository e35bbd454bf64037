/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log --follow: what is written now, to whatever file has the name. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/log.h"

#define PAUSE 200000000 /* nanoseconds */

struct follow {
    struct tg_log *log;
    struct tg_lines *lines;
    dev_t device;
    ino_t inode;
};

/* What is found is said when it is found: this does not end. */
static void say(struct tg_log *log)
{
    if (tg_diags_kept(log->diags) == 0)
        return;
    tg_text_diags(log->diags, false);
    tg_diags_destroy(&log->diags);
    log->diags = tg_diags_create();
}

/* Reads all that is there; false: enough, or an error. */
static bool read_on(struct follow *follow)
{
    struct tg_slice line;
    int got;

    while ((got = tg_lines_next(follow->lines, &line, follow->log->diags)) > 0) {
        follow->log->line = follow->lines->number;
        if (!tg_log_take(follow->log, line))
            return false;
    }
    say(follow->log);
    return got == 0;
}

/* Opens the file that has the name now. It may not be there yet. */
static bool reopen(struct follow *follow)
{
    struct tg_source *source;
    struct stat st;

    if (access(follow->log->path, F_OK) != 0)
        return true;
    source = tg_source_open(follow->log->path, follow->log->diags);
    if (!source)
        return false;
    if (fstat(tg_source_fd(source), &st) == 0) {
        follow->device = st.st_dev;
        follow->inode = st.st_ino;
    }
    memset(follow->lines, 0, offsetof(struct tg_lines, buffer));
    follow->lines->source = source;
    follow->lines->grows = true;
    return true;
}

/* Passes over what is there, up to the start of its last line if that is not ended. */
static bool skip(struct follow *follow)
{
    struct tg_slice line;
    int got;

    while ((got = tg_lines_next(follow->lines, &line, follow->log->diags)) > 0)
        ;
    return got == 0;
}

/* Whether the name is of another file now, or the file is shorter than what was read of it. */
static bool changed(const struct follow *follow)
{
    uint64_t done, total;
    struct stat st;

    if (stat(follow->log->path, &st) != 0)
        return false; /* between two renames: what is open may still grow */
    tg_source_position(follow->lines->source, &done, &total);
    return st.st_dev != follow->device || st.st_ino != follow->inode || (uint64_t)st.st_size < done;
}

/* What is left of the former file is read, its last line also without a newline. */
static bool turn_over(struct follow *follow)
{
    bool good = read_on(follow);

    follow->lines->grows = false;
    good = good && read_on(follow);
    tg_source_close(&follow->lines->source);
    return good && reopen(follow);
}

static bool step(struct follow *follow)
{
    if (!follow->lines->source)
        return reopen(follow) && (!follow->lines->source || read_on(follow));
    if (!read_on(follow))
        return false;
    return !changed(follow) || (turn_over(follow) && (!follow->lines->source || read_on(follow)));
}

int tg_log_follow(struct tg_log *log, bool from_start)
{
    const struct timespec pause = {0, PAUSE};
    struct follow follow = {.log = log};
    bool good;

    log->path = log->paths[0];
    log->scanner = malloc(sizeof(*log->scanner));
    follow.lines = calloc(1, sizeof(*follow.lines));
    if (!log->scanner || !follow.lines)
        tg_out_of_memory();
    good = reopen(&follow);
    if (good && !from_start && follow.lines->source)
        good = skip(&follow);
    while (good) {
        good = step(&follow);
        if (good)
            (void)nanosleep(&pause, NULL);
    }
    tg_source_close(&follow.lines->source);
    free(follow.lines);
    free(log->scanner);
    return EXIT_BROKEN;
}
