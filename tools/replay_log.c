/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A log, line by line: whatever its size, whatever it holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/replay.h"

#define BUFFER (4 * TG_REPLAY_LINE_MAX)

struct tg_log {
    FILE *in;
    const char *path;
    uint64_t done;
    uint64_t total;
    size_t at, end; /* what is not given out yet */
    bool over;
    char buffer[BUFFER + 1]; /* and a NUL */
};

struct tg_log *tg_log_open(const char *path, struct tg_diags *diags)
{
    const bool standard = strcmp(path, "-") == 0;
    struct tg_log *log = calloc(1, sizeof(*log));
    struct stat st;

    if (log) {
        log->path = standard ? "<stdin>" : path;
        log->in = standard ? stdin : fopen(path, "re");
    }
    if (!log || !log->in) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", strerror(errno));
        free(log);
        return NULL;
    }
    if (fstat(fileno(log->in), &st) == 0 && S_ISREG(st.st_mode))
        log->total = (uint64_t)st.st_size;
    return log;
}

void tg_log_close(struct tg_log **log)
{
    if (!*log)
        return;
    if ((*log)->in != stdin)
        (void)fclose((*log)->in);
    free(*log);
    *log = NULL;
}

/* Moves what is left to the front and reads behind it. */
static void fill(struct tg_log *log, struct tg_diags *diags)
{
    size_t got;

    memmove(log->buffer, log->buffer + log->at, log->end - log->at);
    log->end -= log->at;
    log->at = 0;
    errno = 0;
    got = fread(log->buffer + log->end, 1, BUFFER - log->end, log->in);
    log->end += got;
    log->done += got;
    if (got > 0)
        return;
    log->over = true;
    if (ferror(log->in))
        tg_diags_add(diags, TG_DIAG_ERROR, log->path, 0, 0, NULL, "%s", strerror(errno));
}

/* Passes over the rest of a line that is too long. */
static void skip(struct tg_log *log, struct tg_diags *diags)
{
    char *newline;

    while (!(newline = memchr(log->buffer + log->at, '\n', log->end - log->at)) && !log->over) {
        log->at = log->end;
        fill(log, diags);
    }
    log->at = newline ? (size_t)(newline - log->buffer) + 1 : log->end;
}

char *tg_log_line(struct tg_log *log, size_t *len, struct tg_diags *diags)
{
    char *newline, *line;

    while (!(newline = memchr(log->buffer + log->at, '\n', log->end - log->at)) && !log->over &&
           log->end - log->at <= TG_REPLAY_LINE_MAX)
        fill(log, diags);
    line = log->buffer + log->at;
    *len = newline ? (size_t)(newline - line) : log->end - log->at;
    if (*len == 0 && !newline)
        return NULL;
    if (*len > TG_REPLAY_LINE_MAX) {
        skip(log, diags);
        return log->buffer;
    }
    line[*len] = '\0';
    log->at += *len + (newline ? 1 : 0);
    return line;
}

void tg_log_position(const struct tg_log *log, uint64_t *done, uint64_t *total)
{
    *done = log->done - (log->end - log->at);
    *total = log->total;
}
