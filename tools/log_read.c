/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Any number of files, whatever they hold, one event after the other. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/log_order.h"

#define BROKEN_SHOWN   3
#define PROGRESS_LINES 4096

static void *room(size_t size)
{
    void *new = malloc(size);

    if (!new)
        tg_out_of_memory();
    return new;
}

static struct tg_lines *lines_of(struct tg_source *source)
{
    struct tg_lines *lines = calloc(1, sizeof(*lines));

    if (!lines)
        tg_out_of_memory();
    lines->source = source;
    return lines;
}

/* Of a line that is broken the place is told, never the text: that is a stranger's. */
static void tell_broken(struct tg_log *log, enum tg_broken kind)
{
    const char *why = kind == TG_BROKEN_LONG ? "longer than 64 KiB" : log->scanner->why;

    log->bad++;
    if (log->broken)
        log->broken(log->arg, kind, why);
    else if (log->bad <= BROKEN_SHOWN)
        tg_diags_add(log->diags, TG_DIAG_WARNING, log->path,
            log->line > UINT32_MAX ? UINT32_MAX : (unsigned)log->line,
            kind == TG_BROKEN_LONG ? 1 : (unsigned)log->scanner->column, NULL, "%s%s",
            kind == TG_BROKEN_TORN    ? "torn: "
            : kind == TG_BROKEN_GLUED ? "two lines in one: "
                                      : "",
            why);
}

bool tg_log_take(struct tg_log *log, struct tg_slice line)
{
    struct tg_logged event;
    enum tg_broken kind = TG_BROKEN_LONG;

    if (line.at && line.len == 0)
        return true;
    if (line.at)
        kind = tg_scan(log->scanner, line, &event);
    if (kind != TG_BROKEN_NOT) {
        tell_broken(log, kind);
        return true;
    }
    log->events++;
    if (!tg_log_filter_pass(log->filter, &event))
        return true;
    log->passed++;
    return log->event(log->arg, &event);
}

/* False: enough. */
static bool read_file(
    struct tg_log *log, struct tg_progress *progress, uint64_t before, uint64_t total)
{
    struct tg_source *source = tg_source_open(log->path, log->diags);
    struct tg_lines *lines;
    struct tg_slice line;
    uint64_t done, all;
    bool on = true;

    if (!source)
        return true; /* there are others */
    lines = lines_of(source);
    while (on && tg_lines_next(lines, &line, log->diags) > 0) {
        log->line = lines->number;
        if (log->line % PROGRESS_LINES == 0) {
            tg_source_position(source, &done, &all);
            tg_progress_set(progress, total ? before + done : log->events, total);
        }
        on = tg_log_take(log, line);
    }
    free(lines);
    tg_source_close(&source);
    return on;
}

/* Octets of a file; 0: not known. */
static uint64_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

int tg_log_read(struct tg_log *log)
{
    struct tg_progress *progress;
    uint64_t total = 0, before = 0;
    struct tg_order order;

    log->scanner = room(sizeof(*log->scanner));
    tg_order_make(&order, log->paths, log->count, log->scanner);
    tg_order_free(&order);
    for (int i = 0; i < log->count; i++) {
        const uint64_t size = size_of(log->paths[i]);
        if (size == 0) {
            total = 0; /* as of standard input */
            break;
        }
        total += size;
    }
    progress = log->talks ? NULL : tg_progress_start("reading");
    for (int i = 0; i < log->count; i++) {
        log->path = log->paths[i];
        if (!read_file(log, progress, before, total))
            break;
        before += size_of(log->paths[i]);
    }
    tg_progress_stop(&progress);
    free(log->scanner);
    log->scanner = NULL;
    if (tg_diags_count(log->diags, TG_DIAG_ERROR) > 0)
        return EXIT_BROKEN;
    if (log->bad > BROKEN_SHOWN && !log->broken)
        tg_diags_add(log->diags, TG_DIAG_WARNING, "log", 0, 0, NULL,
            "%" PRIu64 " lines cannot be read", log->bad);
    return log->bad > 0 ? EXIT_FINDINGS : EXIT_FINE;
}
