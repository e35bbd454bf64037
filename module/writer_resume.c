/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* How a log goes on: the lines to be written next, and what is known of those before them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/writer_loop.h"

#define TAIL_MAX (2 * TG_EVENT_LINE_MAX)

uint64_t tg_writer_pending(const struct tg_writer *writer)
{
    /* In this order, or what goes on meanwhile would make it less than none. */
    const uint64_t released = tg_queue_released(writer->queue);
    const uint64_t settled = atomic_load(&writer->settled);
    const uint64_t written = atomic_load(&writer->written);

    return tg_queue_taken(writer->queue) - released - (written - settled);
}

/* A line but for the digest of the one before; what it carries is taken from next. */
static size_t compose(struct tg_writer *writer, const struct tg_queued *queued, struct timespec now,
    char line[TG_EVENT_LINE_MAX])
{
    struct tg_mark *next = &writer->next;
    struct tg_observer observer = writer->observer;
    char former[17];
    struct tg_stamp stamp = {.observer = &observer,
        .head = &writer->head,
        .sequence = next->sequence + next->gap + 1,
        .lost = next->gap,
        .crash = next->crash != 0,
        .series = writer->series,
        .chain_later = true};

    if (writer->head_series != next->series) {
        writer->head_series = next->series;
        tg_letterhead_make(&observer, tg_series_text(next->series, writer->series), &writer->head);
    }
    if (queued != NULL && queued->boot != 0) { /* few, and once */
        observer.boot = tg_series_text(queued->boot, former);
        stamp.head = NULL;
    }
    next->sequence = stamp.sequence;
    next->gap = 0;
    next->crash = 0;
    return queued != NULL ? tg_event_format(queued->event, &stamp, line)
                          : tg_event_format_lost(now, &stamp, line);
}

/* The chain is the last member of the last object, in a line of any kind. */
static struct tg_link link_of(char *line, size_t len)
{
    return (struct tg_link){line, len, len - strlen(TG_LINE_END) - (TG_DIGEST_TEXT - 1)};
}

size_t tg_writer_losses(struct tg_writer *writer, struct timespec now, char line[TG_EVENT_LINE_MAX])
{
    const size_t len = compose(writer, NULL, now, line);
    const struct tg_link link = link_of(line, len);

    tg_chain_tie(writer->chain, &link, 1, writer->next.digest);
    return len;
}

/* What is missing before a record, or with it: false, when it is missing itself. */
static bool count_in(struct tg_mark *next, const struct tg_queued *queued)
{
    if (queued->event == NULL) {
        next->gap++;
        return false;
    }
    if (queued->lost > next->lost) {
        next->gap += queued->lost - next->lost;
        next->lost = queued->lost;
    }
    return true;
}

void tg_writer_fill(struct tg_writer *writer)
{
    const struct timespec never = {0, 0};
    struct tg_queued queued;
    struct tg_link links[TG_TIE_MAX];
    size_t loose = 0; /* lines that are not tied yet */

    if (writer->batch_records > 0)
        return;
    writer->next = writer->mark;
    writer->batch_lines = 0;
    while (writer->batch_len + TG_EVENT_LINE_MAX <= TG_WRITER_BATCH &&
           tg_queue_peek(writer->queue, writer->batch_records, &queued)) {
        char *const line = writer->batch + writer->batch_len;

        writer->batch_records++;
        if (!count_in(&writer->next, &queued)) {
            atomic_fetch_add(&writer->voids, 1);
            continue;
        }
        links[loose] = link_of(line, compose(writer, &queued, never, line));
        writer->batch_len += links[loose++].len;
        writer->batch_lines++;
        if (loose == TG_TIE_MAX) {
            tg_chain_tie(writer->chain, links, loose, writer->next.digest);
            loose = 0;
        }
    }
    tg_chain_tie(writer->chain, links, loose, writer->next.digest);
}

void tg_writer_save(struct tg_writer *writer, bool clean)
{
    struct tg_series series = {.id = writer->mark.series,
        .sequence = writer->mark.sequence,
        .clean = clean && writer->mark.crash == 0}; /* which no line has told yet */
    char text[TG_WRITER_REASON_MAX];
    int error;

    memcpy(series.digest, writer->mark.digest, sizeof(series.digest));
    error = tg_series_write(writer->file.path, &series);
    if (error != 0 && error != writer->state_error) {
        (void)snprintf(text, sizeof(text),
            "the file .state beside it cannot be written: %s; until it can be, a restart counts as "
            "a crash of the machine, and numbers begin anew when the log was moved away",
            strerror(error));
        tg_writer_tell(writer, text);
    }
    writer->state_error = error;
}

/* The last line of ours in a file; behind it may stand what others have written, and half a
 * line. False: there is none. */
static bool read_last_line(
    struct tg_writer *writer, const struct tg_logfile *file, struct tg_series *out)
{
    const off_t from = file->size > TAIL_MAX ? file->size - TAIL_MAX : 0;
    char *const tail = writer->batch; /* it is not used yet */
    ssize_t len = tg_logfile_read(file, from, tail, TAIL_MAX);
    const char *start;

    while (len > 0) {
        if (tail[len - 1] != '\n') {
            len--;
            continue;
        }
        start = memrchr(tail, '\n', (size_t)len - 1);
        if (start == NULL && from > 0)
            return false;
        start = start != NULL ? start + 1 : tail;
        if (tg_series_of_line(start, (size_t)(tail + len - start), out)) {
            tg_chain_digest(writer->chain, start, (size_t)(tail + len - start), out->digest);
            return true;
        }
        len = start - tail;
    }
    return false;
}

/* Of the same log the one that is further. */
static void prefer(struct tg_series *best, const struct tg_series *other)
{
    if (best->id == 0 || (other->id == best->id && other->sequence > best->sequence))
        *best = *other;
}

/* How far the log is, as its files tell. */
static void look_at_files(struct tg_writer *writer, struct tg_series *state, struct tg_series *best)
{
    struct tg_logfile moved;
    struct tg_series last;

    if (tg_series_read(writer->file.path, state) == 0)
        prefer(best, state);
    if (read_last_line(writer, &writer->file, &last))
        prefer(best, &last);
    if (writer->mark.inode == 0 ||
        !tg_logfile_open_moved(
            writer->file.path, (dev_t)writer->mark.device, (ino_t)writer->mark.inode, &moved))
        return;
    if (read_last_line(writer, &moved, &last))
        prefer(best, &last);
    tg_logfile_fini(&moved);
}

/* Whether the last line is the one of a stop, which tells losses and is of no record. */
static bool tells_losses(
    const struct tg_writer *writer, const struct tg_mark *next, const struct tg_series *last)
{
    const uint64_t lost = next->gap + tg_queue_lost(writer->queue) - next->lost;

    return lost > 0 && last->lost == lost && last->sequence == next->sequence + lost + 1;
}

/* The process before has written more than it came to note: those records are done with. Records
 * of this start, which have no boot, are in no file yet. */
static void skip_written(struct tg_writer *writer, const struct tg_series *last)
{
    struct tg_mark next = writer->mark;
    struct tg_queued queued;
    uint64_t boot = 0;
    size_t count = 0;
    bool told;

    while (next.sequence < last->sequence && tg_queue_peek(writer->queue, count, &queued) &&
           queued.boot != 0) {
        boot = queued.boot;
        count++;
        if (count_in(&next, &queued)) {
            next.sequence += next.gap + 1;
            next.gap = 0;
        }
    }
    told = tells_losses(writer, &next, last);
    if (told) {
        next.lost = tg_queue_lost(writer->queue);
        next.gap = 0;
    }
    /* Otherwise those numbers are another's. */
    if (told || (count > 0 && next.sequence == last->sequence && boot == last->boot)) {
        tg_queue_release(writer->queue, count, &next);
        writer->mark = next;
    }
}

/* What the files tell, and what memory does that no longer fits them. */
static void go_on_from_files(struct tg_writer *writer)
{
    struct tg_mark *mark = &writer->mark;
    const bool remembered = mark->series != 0;
    struct tg_series state = {0}, best = {.id = mark->series, .sequence = mark->sequence};

    memcpy(best.digest, mark->digest, sizeof(best.digest));
    look_at_files(writer, &state, &best);
    if (remembered)
        skip_written(writer, &best);
    if (best.id == 0) { /* a new log */
        mark->series = writer->boot != 0 ? writer->boot : 1;
        return;
    }
    mark->series = best.id;
    mark->sequence = best.sequence;
    memcpy(mark->digest, best.digest, sizeof(mark->digest));
    if (remembered)
        return;
    mark->crash = !state.clean || state.id != best.id || state.sequence != best.sequence;
    mark->gap += writer->file.torn ? 1 : 0;
}

/* Whether the log is where memory says, and then what of the batch it has. False: it is not. */
static bool take_up_batch(struct tg_writer *writer)
{
    const struct tg_mark *mark = &writer->mark;
    const struct tg_logfile *file = &writer->file;
    const uint64_t size = (uint64_t)file->size;
    char *there;
    bool same;

    if (mark->series == 0)
        return false;
    if ((uint64_t)file->device != mark->device || (uint64_t)file->inode != mark->inode)
        return false;
    tg_writer_fill(writer);
    if (size < mark->size || size - mark->size > writer->batch_len)
        return false;
    there = malloc(TG_WRITER_BATCH);
    if (there == NULL)
        return false;
    same = tg_logfile_read(file, (off_t)mark->size, there, size - mark->size) ==
               (ssize_t)(size - mark->size) &&
           memcmp(there, writer->batch, size - mark->size) == 0;
    free(there);
    if (same)
        writer->batch_done = size - mark->size;
    return same;
}

/* Says how many events the former start has left, before there are any of this one. */
static void tell_taken_over(struct tg_writer *writer)
{
    const uint64_t count = tg_writer_pending(writer);
    struct tg_queued queued;
    char text[TG_WRITER_REASON_MAX];

    if (count == 0 || !tg_queue_peek(writer->queue, 0, &queued) || queued.boot == 0)
        return;
    (void)snprintf(text, sizeof(text),
        "%llu events that the former start had not written are taken over",
        (unsigned long long)count);
    tg_writer_tell(writer, text);
}

void tg_writer_resume(struct tg_writer *writer)
{
    const uint64_t voids = atomic_load(&writer->voids);
    size_t nothing = 0;

    if (take_up_batch(writer)) {
        writer->file.torn = false;
        atomic_fetch_sub(
            &writer->settled, tg_writer_count_lines(writer->batch, writer->batch_done));
    } else {
        writer->batch_records = 0;
        writer->batch_len = 0;
        atomic_store(&writer->voids, voids);
        go_on_from_files(writer);
        (void)tg_logfile_write(&writer->file, "", 0, &nothing); /* ends half a line */
        writer->mark.device = (uint64_t)writer->file.device;
        writer->mark.inode = (uint64_t)writer->file.inode;
        writer->mark.size = (uint64_t)writer->file.size;
        tg_queue_release(writer->queue, 0, &writer->mark);
    }
    tell_taken_over(writer);
    tg_writer_save(writer, false);
}
