/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/writer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/logfile.h"
#include "module/thread.h"

#define BATCH_SIZE    65536
#define IDLE_FIRST_MS 5 /* those who push never wake the writer: it looks by itself */
#define IDLE_LAST_MS  50
#define RETRY_MS      100
#define REASON_MAX    256
#define SAY_MAX       (4096 + REASON_MAX) /* a path and a reason */

enum outcome { IDLE, WORKED, FAILED };

struct tg_writer {
    struct tg_queue *queue;
    struct tg_observer observer; /* strings in strings[], as is the path */
    struct tg_logfile file;
    tg_writer_say say;
    void *say_arg;

    struct tg_thread thread;

    /* The thread's own. A batch begins and ends with whole lines. */
    uint64_t sequence; /* of the last line made */
    uint64_t told;     /* how many of the queue's losses the lines told */
    uint64_t lost_at_failure;
    size_t batch_len;  /* bytes of the batch ... */
    size_t batch_done; /* ... and how many of them the file has */
    char batch[BATCH_SIZE];

    /* For any thread to read. */
    _Atomic uint64_t written;
    _Atomic uint64_t dropped; /* taken from the queue and not written: only when it stops */
    _Atomic uint64_t errors;
    atomic_int last_errno;
    atomic_bool failing;

    size_t size; /* of all this */
    char strings[];
};

static void say(const struct tg_writer *writer, const char *what)
{
    char text[SAY_MAX];

    if (writer->say == NULL)
        return;
    (void)snprintf(text, sizeof(text), "%s: %s", writer->file.path, what);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* a path with a newline must not forge lines of the resolver's log */
    }
    writer->say(writer->say_arg, text);
}

/* Of failures in a row the first is told, and their end; those between are counted. */
static void note_failure(struct tg_writer *writer, int error)
{
    char reason[REASON_MAX];

    atomic_fetch_add(&writer->errors, 1);
    atomic_store(&writer->last_errno, error);
    if (atomic_exchange(&writer->failing, true))
        return;
    writer->lost_at_failure = tg_queue_lost(writer->queue);
    tg_logfile_reason(&writer->file, error, reason, sizeof(reason));
    say(writer, reason);
}

static void note_success(struct tg_writer *writer)
{
    const uint64_t lost = tg_queue_lost(writer->queue) - writer->lost_at_failure;
    char text[REASON_MAX];

    if (!atomic_exchange(&writer->failing, false))
        return;
    (void)snprintf(text, sizeof(text), "written again; %llu events were lost meanwhile",
        (unsigned long long)lost);
    say(writer, text);
}

static void fill_batch(struct tg_writer *writer)
{
    struct tg_event event;
    uint64_t lost;

    writer->batch_len = 0;
    writer->batch_done = 0;
    while (writer->batch_len + TG_EVENT_LINE_MAX <= BATCH_SIZE &&
           tg_queue_pop(writer->queue, &event, &lost)) {
        const uint64_t untold = lost > writer->told ? lost - writer->told : 0;

        writer->told += untold;
        writer->sequence += untold + 1;
        writer->batch_len += tg_event_format(
            &event, writer->sequence, untold, &writer->observer, writer->batch + writer->batch_len);
    }
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    uint64_t lines = 0;

    while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        bytes++;
        lines++;
    }
    return lines;
}

static bool at_line_start(const struct tg_writer *writer)
{
    return writer->batch_done == 0 || writer->batch[writer->batch_done - 1] == '\n';
}

/* Makes the open file the one that the path names. */
static int follow_path(struct tg_writer *writer)
{
    return tg_logfile_current(&writer->file) ? 0 : tg_logfile_open(&writer->file);
}

static int write_rest(struct tg_writer *writer)
{
    const size_t before = writer->batch_done;
    const int error =
        tg_logfile_write(&writer->file, writer->batch, writer->batch_len, &writer->batch_done);

    atomic_fetch_add(
        &writer->written, count_lines(writer->batch + before, writer->batch_done - before));
    return error;
}

static int write_batch(struct tg_writer *writer)
{
    int error = 0;

    if (at_line_start(writer))
        error = follow_path(writer);
    if (error == 0)
        error = write_rest(writer);
    if (error == 0 || at_line_start(writer) || tg_logfile_current(&writer->file))
        return error;
    /* Half a line stands at the end of a file that is no longer the log. Waiting to
     * complete it may be in vain: a deleted file frees its space only when we close it. */
    while (!at_line_start(writer))
        writer->batch_done--;
    error = follow_path(writer);
    return error != 0 ? error : write_rest(writer);
}

static enum outcome step(struct tg_writer *writer)
{
    int error;

    if (writer->batch_done == writer->batch_len)
        fill_batch(writer);
    if (writer->batch_len == 0)
        return IDLE;
    error = write_batch(writer);
    if (error != 0) {
        note_failure(writer, error);
        return FAILED;
    }
    note_success(writer);
    return WORKED;
}

/* Half a line that nobody will complete is no use to a reader, and a trap for a parser. */
static void drop_half_line(struct tg_writer *writer)
{
    size_t start = writer->batch_done;

    while (start > 0 && writer->batch[start - 1] != '\n')
        start--;
    if (start < writer->batch_done)
        (void)tg_logfile_trim(&writer->file, writer->batch + start, writer->batch_done - start);
}

/* The end of a writer that cannot write: what it still has is given up, and said. */
static void drop_rest(struct tg_writer *writer)
{
    const size_t rest = writer->batch_len - writer->batch_done;
    uint64_t dropped = count_lines(writer->batch + writer->batch_done, rest);
    struct tg_event event;
    char text[REASON_MAX];

    drop_half_line(writer);
    while (tg_queue_pop(writer->queue, &event, NULL))
        dropped++;
    atomic_store(&writer->dropped, dropped);
    (void)snprintf(text, sizeof(text),
        "stopped while it could not be written; %llu events were lost since the start",
        (unsigned long long)(dropped + tg_queue_lost(writer->queue)));
    say(writer, text);
}

/* The last line: losses that no event after them could tell. */
static void tell_losses(struct tg_writer *writer)
{
    const uint64_t lost = tg_queue_lost(writer->queue) - writer->told;
    struct timespec now = {0, 0};
    size_t done = 0;
    size_t len;
    int error;

    if (lost == 0)
        return;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    writer->sequence += lost + 1;
    len = tg_event_format_lost(now, writer->sequence, lost, &writer->observer, writer->batch);
    error = follow_path(writer);
    if (error == 0) /* not as a batch: this line is no event, and not counted as one */
        error = tg_logfile_write(&writer->file, writer->batch, len, &done);
    if (error == 0)
        return;
    note_failure(writer, error);
    writer->batch_done = done;
    writer->batch_len = done;
    drop_rest(writer);
}

static void finish(struct tg_writer *writer)
{
    enum outcome outcome;

    do {
        outcome = step(writer);
    } while (outcome == WORKED);
    if (outcome == FAILED)
        drop_rest(writer);
    else
        tell_losses(writer);
}

static void *run(void *arg)
{
    struct tg_writer *writer = arg;
    long idle = IDLE_FIRST_MS;
    long wait;

    do {
        switch (step(writer)) {
        case IDLE:
            wait = idle;
            idle = idle * 2 < IDLE_LAST_MS ? idle * 2 : IDLE_LAST_MS;
            break;
        case FAILED:
            wait = RETRY_MS;
            break;
        case WORKED:
        default:
            wait = 0;
            idle = IDLE_FIRST_MS;
            break;
        }
    } while (!tg_thread_stopped_within(&writer->thread, wait));
    finish(writer);
    return NULL;
}

static char *keep(char **at, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *kept = memcpy(*at, text, size);

    *at += size;
    return kept;
}

/* One allocation for everything: path and observer's strings stand behind the struct. */
static struct tg_writer *make(const char *path, const struct tg_observer *observer)
{
    const size_t size = sizeof(struct tg_writer) + strlen(path) + strlen(observer->hostname) +
                        strlen(observer->boot) + 3;
    struct tg_writer *writer = calloc(1, size);
    char *at;

    if (writer == NULL)
        return NULL;
    at = writer->strings;
    writer->size = size;
    writer->observer.hostname = keep(&at, observer->hostname);
    writer->observer.boot = keep(&at, observer->boot);
    tg_logfile_init(&writer->file, keep(&at, path));
    return writer;
}

enum tg_status tg_writer_create(const char *path, struct tg_queue *queue,
    const struct tg_observer *observer, tg_writer_say say_to, void *arg, struct tg_writer **out,
    struct tg_diags *diags)
{
    enum tg_status status = TG_ENOMEM;
    struct tg_writer *writer = make(path, observer);
    char reason[REASON_MAX];
    int error;

    if (writer == NULL) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", tg_status_text(status));
        return status;
    }
    writer->queue = queue;
    writer->say = say_to;
    writer->say_arg = arg;
    error = tg_logfile_open(&writer->file);
    if (error != 0) {
        status = TG_EIO;
        tg_logfile_reason(&writer->file, error, reason, sizeof(reason));
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", reason);
        goto fail;
    }
    error = tg_thread_start(&writer->thread, run, writer);
    if (error != 0) {
        tg_diags_add(
            diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot start the writer: %s", strerror(error));
        goto fail;
    }
    *out = writer;
    return TG_OK;
fail:
    tg_writer_destroy(&writer);
    return status;
}

void tg_writer_stop(struct tg_writer *writer)
{
    tg_thread_stop(&writer->thread);
    tg_logfile_fini(&writer->file);
}

void tg_writer_destroy(struct tg_writer **writer)
{
    if (writer == NULL || *writer == NULL)
        return;
    tg_writer_stop(*writer);
    free(*writer);
    *writer = NULL;
}

void tg_writer_stats(const struct tg_writer *writer, struct tg_writer_stats *out)
{
    out->written = atomic_load(&writer->written);
    out->lost = tg_queue_lost(writer->queue) + atomic_load(&writer->dropped);
    out->errors = atomic_load(&writer->errors);
    out->last_errno = atomic_load(&writer->last_errno);
    out->failing = atomic_load(&writer->failing);
}

size_t tg_writer_memory(const struct tg_writer *writer)
{
    return writer->size;
}
