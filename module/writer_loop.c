/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/writer_loop.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Those who push never wake the writer: it looks by itself. It looks sooner the more there is, so
 * that the queue does not run full, and not sooner than it must: each look takes the processor from
 * somebody, who may be the resolver, and many small batches cost more than a large one. */
#define FIRST_MS     5
#define FEW_LAST_MS  20 /* as long as something comes */
#define IDLE_LAST_MS 50 /* when nothing does */
#define FEW_PART     64 /* of the queue */
#define RETRY_MS     100
#define SAY_MAX      (4096 + TG_WRITER_REASON_MAX) /* a path and a reason */

/* FULL: a batch has no room for what else there may be. FEW, MANY: all there was is written. */
enum outcome { IDLE, FEW, MANY, FULL, FAILED };

void tg_writer_tell(struct tg_writer *writer, const char *what)
{
    char text[SAY_MAX];

    if (writer->say == NULL)
        return;
    (void)snprintf(text, sizeof(text), "%s: %s", writer->file.path, what);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* a path with a newline must not forge lines of the resolver's log */
    }
    (void)pthread_mutex_lock(&writer->say_mutex);
    writer->say(writer->say_arg, text);
    (void)pthread_mutex_unlock(&writer->say_mutex);
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

uint64_t tg_writer_count_lines(const char *bytes, size_t len)
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
    int error = 0;

    if (tg_logfile_current(&writer->file))
        return 0;
    error = tg_logfile_open(&writer->file);
    if (error == 0) /* the last line of the new one does not tell how the log goes on */
        tg_writer_save(writer, false);
    return error;
}

/* The batch is where it belongs: the queue may have its records back. */
static void settle(struct tg_writer *writer)
{
    writer->next.device = (uint64_t)writer->file.device;
    writer->next.inode = (uint64_t)writer->file.inode;
    writer->next.size = (uint64_t)writer->file.size;
    writer->mark = writer->next;
    atomic_store(&writer->settled, atomic_load(&writer->written)); /* first: see pending */
    tg_queue_release(writer->queue, writer->batch_records, &writer->mark);
    tg_writer_force(writer);
    tg_writer_relay(writer);
    writer->batch_records = 0;
    writer->batch_len = 0;
    writer->batch_done = 0;
}

/* The whole batch, mostly: how many lines that is, is known. */
static uint64_t lines_written(const struct tg_writer *writer, size_t before)
{
    if (before == 0 && writer->batch_done == writer->batch_len)
        return writer->batch_lines;
    return tg_writer_count_lines(writer->batch + before, writer->batch_done - before);
}

static int write_rest(struct tg_writer *writer)
{
    const size_t before = writer->batch_done;
    const int error =
        tg_logfile_write(&writer->file, writer->batch, writer->batch_len, &writer->batch_done);

    atomic_fetch_add(&writer->written, lines_written(writer, before));
    atomic_fetch_add(&writer->bytes, writer->batch_done - before);
    return error;
}

static void back_to_line_start(struct tg_writer *writer)
{
    while (!at_line_start(writer))
        writer->batch_done--;
}

static int write_batch(struct tg_writer *writer)
{
    int error = 0;

    /* Who cuts a log to make room on a full disk cuts our half line as well. */
    if (!tg_logfile_intact(&writer->file))
        back_to_line_start(writer);
    if (at_line_start(writer))
        error = follow_path(writer);
    if (error == 0)
        error = write_rest(writer);
    if (error == 0 || at_line_start(writer) || tg_logfile_current(&writer->file))
        return error;
    /* Half a line stands at the end of a file that is no longer the log. Waiting to
     * complete it may be in vain: a deleted file frees its space only when we close it. */
    back_to_line_start(writer);
    error = follow_path(writer);
    return error != 0 ? error : write_rest(writer);
}

/* Opens the log and finds out how it goes on, unless that is known: nothing may be written before,
 * or its numbers would begin anew. */
static int catch_up(struct tg_writer *writer)
{
    const int error = writer->resumed ? 0 : tg_logfile_open(&writer->file);

    if (error != 0 || writer->resumed)
        return error;
    writer->resumed = true;
    tg_writer_resume(writer);
    return 0;
}

static enum outcome outcome_of(const struct tg_writer *writer)
{
    if (writer->batch_len + TG_EVENT_LINE_MAX > TG_WRITER_BATCH)
        return FULL;
    return writer->batch_records < tg_queue_capacity(writer->queue) / FEW_PART ? FEW : MANY;
}

static enum outcome step(struct tg_writer *writer)
{
    int error = catch_up(writer);
    enum outcome outcome;

    if (error == 0)
        tg_writer_fill(writer);
    if (error == 0 && writer->batch_records == 0) {
        note_success(writer); /* of opening it: there may be nothing to write for days */
        return IDLE;
    }
    if (error == 0 && writer->batch_len > 0)
        error = write_batch(writer);
    if (error != 0) {
        note_failure(writer, error);
        return FAILED;
    }
    outcome = outcome_of(writer);
    settle(writer);
    note_success(writer);
    return outcome;
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

/* The end of a writer that cannot write: what it still has waits for the next start, or where it
 * cannot, is given up; and that is said. */
static void drop_rest(struct tg_writer *writer)
{
    const uint64_t rest = tg_writer_pending(writer);
    const bool kept = tg_queue_is_kept(writer->queue);
    struct tg_writer_stats stats;
    struct tg_queued queued;
    char text[TG_WRITER_REASON_MAX];

    drop_half_line(writer);
    if (!kept) {
        while (tg_queue_peek(writer->queue, 0, &queued))
            tg_queue_release(writer->queue, 1, NULL);
        atomic_store(&writer->settled, atomic_load(&writer->written));
        atomic_store(&writer->dropped, rest);
    }
    tg_writer_stats(writer, &stats);
    if (kept)
        (void)snprintf(text, sizeof(text),
            "stopped while it could not be written; %llu events wait in memory for the next "
            "start; %llu were lost since the start",
            (unsigned long long)rest, (unsigned long long)stats.lost);
    else
        (void)snprintf(text, sizeof(text),
            "stopped while it could not be written; %llu events were lost since the start",
            (unsigned long long)stats.lost);
    tg_writer_tell(writer, text);
}

/* The last line: losses that no event after them could tell. False: it could not be written. */
static bool tell_losses(struct tg_writer *writer)
{
    struct timespec now = {0, 0};
    size_t done = 0;
    size_t len;
    int error;

    writer->next = writer->mark;
    writer->next.gap += tg_queue_lost(writer->queue) - writer->mark.lost;
    writer->next.lost = tg_queue_lost(writer->queue);
    if (writer->next.gap == 0)
        return true;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    len = tg_writer_losses(writer, now, writer->batch);
    error = follow_path(writer);
    if (error == 0) /* not as a batch: this line is no event, and not counted as one */
        error = tg_logfile_write(&writer->file, writer->batch, len, &done);
    atomic_fetch_add(&writer->bytes, done);
    if (error == 0) {
        writer->batch_len = len;
        settle(writer);
        return true;
    }
    note_failure(writer, error);
    writer->batch_done = done;
    writer->batch_len = done;
    return false;
}

static void finish(struct tg_writer *writer)
{
    enum outcome outcome;

    do {
        outcome = step(writer);
    } while (outcome != IDLE && outcome != FAILED);
    if (outcome == FAILED || !tell_losses(writer))
        drop_rest(writer);
    else
        tg_writer_save(writer, true);
}

/* Returns false when whoever started us is told that it was in vain. */
static bool open_log(struct tg_writer *writer)
{
    const int error = catch_up(writer);
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

/* How long it is until the next look. */
static long wait_after(enum outcome outcome, long before)
{
    const long longer = before < FIRST_MS ? FIRST_MS : 2 * before;

    switch (outcome) {
    case IDLE:
        return longer < IDLE_LAST_MS ? longer : IDLE_LAST_MS;
    case FEW:
        return longer < FEW_LAST_MS ? longer : FEW_LAST_MS;
    case MANY:
        return FIRST_MS;
    case FAILED:
        return RETRY_MS;
    case FULL:
        break;
    }
    return 0;
}

static void work(struct tg_writer *writer)
{
    enum outcome outcome;
    long wait = 0;

    do {
        outcome = step(writer);
        wait = wait_after(outcome, wait);
        if (outcome != FULL && outcome != FAILED)
            tg_writer_let_by(writer);
    } while (!tg_thread_stopped_within(&writer->thread, wait));
    finish(writer);
}

void *tg_writer_run(void *arg)
{
    struct tg_writer *writer = arg;

    tg_writer_await_turn(writer);
    if (open_log(writer))
        work(writer);
    for (size_t i = 0; i < TG_RELAYS; i++)
        tg_relay_fini(&writer->relays[i]);
    tg_logfile_fini(&writer->file); /* here: a close may take as long as a write */
    tg_writer_give_turn(writer);
    return NULL;
}
