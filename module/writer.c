/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/writer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/writer_loop.h"

#define OPEN_MS 1000 /* for what takes less than one */

/* How much a text takes; none takes nothing. */
static size_t size_of(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static char *keep(char **at, const char *text)
{
    const size_t size = size_of(text);
    char *kept = size > 0 ? memcpy(*at, text, size) : NULL;

    *at += size;
    return kept;
}

/* One allocation for everything: path and observer's strings stand behind the struct. */
static struct tg_writer *make(const struct tg_writer_setup *setup)
{
    const struct tg_observer *observer = setup->observer;
    const size_t size = sizeof(struct tg_writer) + size_of(setup->path) +
                        size_of(observer->hostname) + size_of(observer->boot) +
                        size_of(setup->syslog) + size_of(setup->journal);
    struct tg_writer *writer = calloc(1, size);
    char *at;

    if (writer == NULL)
        return NULL;
    if (pthread_mutex_init(&writer->say_mutex, NULL) != 0) {
        free(writer);
        return NULL;
    }
    at = writer->strings;
    writer->size = size;
    writer->queue = setup->queue;
    writer->say = setup->say;
    writer->say_arg = setup->arg;
    writer->left_arg = setup->left_arg;
    writer->sync = setup->sync;
    writer->waits = setup->waits;
    writer->observer.hostname = keep(&at, observer->hostname);
    writer->observer.boot = keep(&at, observer->boot);
    writer->boot = tg_series_parse(observer->boot);
    tg_logfile_init(&writer->file, keep(&at, setup->path));
    tg_relay_init(&writer->relays[0], TG_RELAY_SYSLOG, keep(&at, setup->syslog));
    tg_relay_init(&writer->relays[1], TG_RELAY_JOURNAL, keep(&at, setup->journal));
    tg_queue_mark(writer->queue, &writer->mark);
    writer->lost_before = writer->mark.lost;
    return writer;
}

/* Returns TG_OK also when the log has not answered yet: then that is said. */
static enum tg_status await_opening(struct tg_writer *writer, struct tg_diags *diags)
{
    char reason[TG_WRITER_REASON_MAX];
    int opening = TG_OPENING;

    if (!tg_thread_ready_within(&writer->thread, OPEN_MS) &&
        atomic_compare_exchange_strong(&writer->opening, &opening, TG_OPENING_UNAWAITED)) {
        tg_writer_tell(writer, writer->waits
                                   ? "is still being written, by the former start or by another "
                                     "process; the start goes on, and events wait in memory"
                                   : "does not answer; the start goes on, and events wait in "
                                     "memory");
        return TG_OK;
    }
    if (atomic_load(&writer->opening) == TG_OPENING_DONE)
        return TG_OK;
    tg_logfile_reason(&writer->file, writer->open_error, reason, sizeof(reason));
    tg_diags_add(diags, TG_DIAG_ERROR, writer->file.path, 0, 0, NULL, "%s", reason);
    return TG_EIO;
}

enum tg_status tg_writer_create(
    const struct tg_writer_setup *setup, struct tg_writer **out, struct tg_diags *diags)
{
    enum tg_status status = TG_ENOMEM;
    struct tg_writer *writer = make(setup);
    int error;

    if (writer == NULL || tg_chain_create(&writer->chain) != TG_OK) {
        tg_diags_add(diags, TG_DIAG_ERROR, setup->path, 0, 0, NULL, "%s", tg_status_text(status));
        goto fail;
    }
    error = tg_thread_start(&writer->thread, tg_writer_run, writer);
    if (error != 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, setup->path, 0, 0, NULL, "cannot start the writer: %s",
            strerror(error));
        goto fail;
    }
    status = await_opening(writer, diags);
    if (status != TG_OK)
        goto fail;
    *out = writer;
    return TG_OK;
fail:
    tg_writer_destroy(&writer);
    return status;
}

void tg_writer_stop(struct tg_writer *writer)
{
    tg_thread_stop(&writer->thread);
}

bool tg_writer_stop_within(struct tg_writer *writer, long ms)
{
    return tg_thread_stop_within(&writer->thread, ms);
}

void tg_writer_destroy(struct tg_writer **writer)
{
    if (writer == NULL || *writer == NULL)
        return;
    tg_writer_stop(*writer);
    tg_chain_destroy(&(*writer)->chain);
    (void)pthread_mutex_destroy(&(*writer)->say_mutex);
    free(*writer);
    *writer = NULL;
}

/* The last that a writer does that was left behind. */
static void bury(void *arg)
{
    struct tg_writer *writer = arg;
    struct tg_queue *queue = writer->queue;
    char text[TG_WRITER_REASON_MAX];

    if (atomic_load(&writer->dropped) == 0) { /* else that was said */
        (void)snprintf(text, sizeof(text), "answers again; the %llu events left behind are written",
            (unsigned long long)writer->left_with);
        tg_writer_tell(writer, text);
    }
    tg_writer_destroy(&writer);
    tg_queue_destroy(&queue);
}

void tg_writer_leave(struct tg_writer **writer, struct tg_queue **queue)
{
    struct tg_writer *left = *writer;
    char text[TG_WRITER_REASON_MAX];

    left->left_with = tg_writer_pending(left);
    (void)snprintf(text, sizeof(text),
        "does not answer; %llu events are left behind, to be written if it does while this process "
        "runs; %llu were lost since the start",
        (unsigned long long)left->left_with,
        (unsigned long long)(tg_queue_lost(*queue) - left->lost_before));
    atomic_store(&left->left, true);
    tg_writer_tell(left, text);
    (void)pthread_mutex_lock(&left->say_mutex);
    left->say_arg = left->left_arg;
    (void)pthread_mutex_unlock(&left->say_mutex);
    if (tg_thread_leave(&left->thread, bury)) {
        *writer = NULL;
        *queue = NULL;
        return;
    }
    tg_writer_destroy(writer);
    tg_queue_destroy(queue);
}

void tg_writer_stats(const struct tg_writer *writer, struct tg_writer_stats *out)
{
    out->written = atomic_load(&writer->written);
    out->bytes = atomic_load(&writer->bytes);
    out->waiting = tg_writer_pending(writer);
    out->lost = tg_queue_lost(writer->queue) - writer->lost_before + atomic_load(&writer->voids) +
                atomic_load(&writer->dropped);
    out->unsent = atomic_load(&writer->unsent);
    out->errors = atomic_load(&writer->errors);
    out->last_errno = atomic_load(&writer->last_errno);
    out->failing = atomic_load(&writer->failing);
}

size_t tg_writer_memory(const struct tg_writer *writer)
{
    return writer->size;
}
