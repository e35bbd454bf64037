/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Any number of files, whatever they hold, one event after the other, by time: of each log that
 * is within its time one file is open, and its next event at hand. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/log_order.h"

#define BROKEN_SHOWN   3
#define PROGRESS_LINES 4096
#define OPEN_MAX       256 /* logs that are read beside each other; the manual says so */

/* A chain of files that is being read. */
struct stream {
    const struct tg_order_file *next; /* file of it */
    int left;                         /* files from there on */
    const char *path;
    int64_t time;           /* of the event at hand; when no file is open, when the next begins */
    struct tg_logged event; /* borrowed from the next two */
    struct tg_scanner scanner;
    struct tg_lines lines; /* its source NULL: no file is open */
};

struct reading {
    struct tg_log *log;
    struct tg_order order;
    size_t begun; /* chains */
    struct stream *open[OPEN_MAX];
    size_t open_count;
    struct tg_progress *progress;
    uint64_t lines, done, total; /* octets: of files that are over; of all, 0: not known */
};

static void *room(size_t size)
{
    void *new = malloc(size);

    if (!new)
        tg_out_of_memory();
    return new;
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

/* False: enough. */
static bool give(struct tg_log *log, const struct tg_logged *event)
{
    log->events++;
    if (!tg_log_filter_pass(log->filter, event))
        return true;
    log->passed++;
    return log->event(log->arg, event);
}

/* Whether there is an event in a line; one that is broken is told. */
static bool scan(struct tg_log *log, struct tg_slice line, struct tg_logged *event)
{
    enum tg_broken kind = TG_BROKEN_LONG;

    if (line.at && line.len == 0)
        return false;
    if (line.at)
        kind = tg_scan(log->scanner, line, event);
    if (kind != TG_BROKEN_NOT)
        tell_broken(log, kind);
    return kind == TG_BROKEN_NOT;
}

bool tg_log_take(struct tg_log *log, struct tg_slice line)
{
    struct tg_logged event;

    return !scan(log, line, &event) || give(log, &event);
}

static void say_progress(const struct reading *r)
{
    uint64_t done = r->done, part, all;

    for (size_t i = 0; i < r->open_count; i++) {
        if (!r->open[i]->lines.source)
            continue;
        tg_source_position(r->open[i]->lines.source, &part, &all);
        done += part;
    }
    tg_progress_set(r->progress, r->total ? done : r->log->events, r->total);
}

/* The log's place is that of a stream. */
static void stand_at(struct tg_log *log, struct stream *stream)
{
    log->path = stream->path;
    log->line = stream->lines.number;
    log->scanner = &stream->scanner;
}

static void close_file(struct reading *r, struct stream *stream)
{
    uint64_t done = 0, all;

    if (stream->lines.source)
        tg_source_position(stream->lines.source, &done, &all);
    tg_source_close(&stream->lines.source);
    r->done += done;
    stream->time = stream->left > 0 ? stream->next->time : INT64_MAX;
}

/* Goes on to the next event of the file that is open, or closes it. */
static void advance(struct reading *r, struct stream *stream)
{
    struct tg_slice line;

    while (tg_lines_next(&stream->lines, &line, r->log->diags) > 0) {
        if (++r->lines % PROGRESS_LINES == 0)
            say_progress(r);
        stand_at(r->log, stream);
        if (scan(r->log, line, &stream->event)) {
            stream->time = stream->event.time;
            return;
        }
    }
    close_file(r, stream);
}

static void open_next(struct reading *r, struct stream *stream)
{
    memset(&stream->lines, 0, offsetof(struct tg_lines, buffer));
    stream->path = stream->next->path;
    stream->next++;
    stream->left--;
    stream->lines.source = tg_source_open(stream->path, r->log->diags);
    if (stream->lines.source)
        advance(r, stream);
    else
        close_file(r, stream); /* there are others */
}

static void begin(struct reading *r)
{
    const struct tg_chain_files *chain = &r->order.chains[r->begun++];
    struct stream *stream = room(sizeof(*stream));

    stream->next = chain->files;
    stream->left = chain->count;
    stream->lines.source = NULL;
    stream->time = chain->files[0].time;
    r->open[r->open_count++] = stream;
}

static void end(struct reading *r, size_t i)
{
    tg_source_close(&r->open[i]->lines.source);
    free(r->open[i]);
    r->open_count--;
    memmove(&r->open[i], &r->open[i + 1], (r->open_count - i) * sizeof(struct stream *));
}

/* The place of the stream with the earliest event, or file; of none: 0. */
static size_t earliest(const struct reading *r)
{
    size_t first = 0;

    for (size_t i = 1; i < r->open_count; i++)
        if (r->open[i]->time < r->open[first]->time)
            first = i;
    return first;
}

/* Whether a chain begins before all that is open. */
static bool is_due(const struct reading *r, size_t first)
{
    return r->begun < r->order.count && r->open_count < OPEN_MAX &&
           (r->open_count == 0 || r->order.chains[r->begun].files[0].time < r->open[first]->time);
}

static void read_all(struct reading *r)
{
    for (bool on = true; on;) {
        const size_t first = earliest(r);
        struct stream *stream;
        if (is_due(r, first)) {
            begin(r);
            continue;
        }
        if (r->open_count == 0)
            return;
        stream = r->open[first];
        if (stream->lines.source) {
            stand_at(r->log, stream);
            on = give(r->log, &stream->event);
            if (on)
                advance(r, stream);
        } else if (stream->left > 0) {
            open_next(r, stream);
        } else {
            end(r, first);
        }
    }
}

/* Octets of all files; 0: not known, as of standard input. */
static uint64_t size_of(char **paths, int count)
{
    uint64_t total = 0;
    struct stat st;

    for (int i = 0; i < count; i++) {
        if (stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
            return 0;
        total += (uint64_t)st.st_size;
    }
    return total;
}

int tg_log_read(struct tg_log *log)
{
    struct reading r = {.log = log, .total = size_of(log->paths, log->count)};
    struct tg_scanner *scanner = room(sizeof(*scanner));

    tg_order_make(&r.order, log->paths, log->count, scanner);
    free(scanner);
    r.progress = log->talks ? NULL : tg_progress_start("reading");
    read_all(&r);
    tg_progress_stop(&r.progress);
    while (r.open_count > 0)
        end(&r, r.open_count - 1);
    tg_order_free(&r.order);
    log->scanner = NULL;
    if (tg_diags_count(log->diags, TG_DIAG_ERROR) > 0)
        return EXIT_BROKEN;
    if (log->bad > BROKEN_SHOWN && !log->broken)
        tg_diags_add(log->diags, TG_DIAG_WARNING, "log", 0, 0, NULL,
            "%" PRIu64 " lines cannot be read", log->bad);
    return log->bad > 0 ? EXIT_FINDINGS : EXIT_FINE;
}
