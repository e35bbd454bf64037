/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/writer_loop.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define IDLE_FIRST_MS 5 /* those who push never wake the writer: it looks by itself */
#define IDLE_LAST_MS  50
#define RETRY_MS      100
#define SAY_MAX       (4096 + TG_WRITER_REASON_MAX) /* a path and a reason */

enum outcome { IDLE, WORKED, FAILED };

void tg_writer_tell(const struct tg_writer *writer, const char *what)
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
    char reason[TG_WRITER_REASON_MAX];

    atomic_fetch_add(&writer->errors, 1);
    atomic_store(&writer->last_errno, error);
    if (atomic_exchange(&writer->failing, true))
        return;
    writer->lost_at_failure = tg_queue_lost(writer->queue);
    tg_logfile_reason(&writer->file, error, reason, sizeof(reason));
    tg_writer_tell(writer, reason);
}

static void note_success(struct tg_writer *writer)
{
    const uint64_t lost = tg_queue_lost(writer->queue) - writer->lost_at_failure;
    char text[TG_WRITER_REASON_MAX];

    if (!atomic_exchange(&writer->failing, false))
        return;
    (void)snprintf(text, sizeof(text), "written again; %llu events were lost meanwhile",
        (unsigned long long)lost);
    tg_writer_tell(writer, text);
}

static void fill_batch(struct tg_writer *writer)
{
    struct tg_event event;
    uint64_t lost;

    writer->batch_len = 0;
    writer->batch_done = 0;
    while (writer->batch_len + TG_EVENT_LINE_MAX <= TG_WRITER_BATCH &&
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

/* Half a line that nobody will complete is no use to a reader, and a trap for a parser. Once
 * another writes to the file, its end is no longer ours to cut. */
static void drop_half_line(struct tg_writer *writer)
{
    size_t start = writer->batch_done;

    if (atomic_load(&writer->left))
        return;
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
    char text[TG_WRITER_REASON_MAX];

    drop_half_line(writer);
    while (tg_queue_pop(writer->queue, &event, NULL))
        dropped++;
    atomic_store(&writer->dropped, dropped);
    (void)snprintf(text, sizeof(text),
        "stopped while it could not be written; %llu events were lost since the start",
        (unsigned long long)(dropped + tg_queue_lost(writer->queue)));
    tg_writer_tell(writer, text);
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

/* Returns false when whoever started us is told that it was in vain. */
static bool open_log(struct tg_writer *writer)
{
    const int error = tg_logfile_open(&writer->file);
    int opening = TG_OPENING;

    writer->open_error = error;
    if (atomic_compare_exchange_strong(
            &writer->opening, &opening, error != 0 ? TG_OPENING_FAILED : TG_OPENING_DONE)) {
        tg_thread_ready(&writer->thread);
        return error == 0;
    }
    if (error != 0) {
        note_failure(writer, error);
    } else {
        atomic_store(&writer->failing, true); /* which has been said */
        note_success(writer);
    }
    return true;
}

static void work(struct tg_writer *writer)
{
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
}

void *tg_writer_run(void *arg)
{
    struct tg_writer *writer = arg;

    if (open_log(writer))
        work(writer);
    tg_logfile_fini(&writer->file); /* here: a close may take as long as a write */
    return NULL;
}
