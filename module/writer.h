/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The block log: one thread that takes events out of the queue and appends
 * them to a file, one line of JSON each (event.h says what is in a line).
 *
 * What a reader of the file can rely on:
 * - Lines are whole. Many go out with one write(); the rest of a write that was cut short, by a
 *   full disk or by the end of the process, is written before anything else. Where that is not
 *   known any more, as the machine stopped, half a line gets a newline first.
 * - Nothing is lost unseen. event.sequence goes on from line to line, over rotation and restarts.
 *   What the queue could not take is told in the field tldguard.lost of the next line, and
 *   event.sequence jumps by as many. When the writer stops and no event follows, a line of its
 *   own tells it. When the machine stopped, so that nobody knows how many are missing, the next
 *   line has tldguard.crash.
 * - Nothing is changed unseen. Each line has, in tldguard.chain, the digest of the one before.
 * - With a queue in memory that outlives the process, events that were not written when it
 *   ended are written by the next start, under the tldguard.boot that they belong to.
 * - The log can be rotated by renaming or deleting it, without a signal: the
 *   writer looks before each batch whether the path still names its file,
 *   and makes a new one if not. Exception: a disk that is full in the middle
 *   of a line, and whose log was then moved away, leaves half a line at the very
 *   end of the old file; the new one starts with that line, whole.
 *
 * Writing that fails is tried again ten times a second, and meanwhile events
 * wait in the queue. A disk that does not answer at all, such as a file system that is frozen
 * or behind a dead network, holds the thread in the kernel, for as long as it likes. Only the
 * thread touches the file, so that nobody else is held. Lines are handed to the kernel, and forced
 * to disk only when that is asked for: otherwise they survive the end of the process, not always
 * that of the machine.
 */
#ifndef TG_MODULE_WRITER_H
#define TG_MODULE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "module/queue.h"
#include "module/series.h"
#include "tldguard/diag.h"
#include "tldguard/event.h"
#include "tldguard/status.h"

struct tg_writer;

/**
 * What is said to people: that writing failed, that it works again, and what
 * was lost when it stopped. Only changes are told, not each try.
 * @param arg  as given to tg_writer_create().
 * @param text one line without newline and without control characters; borrowed for the call.
 * Called from the writer's thread, and from the functions below; must not call the writer.
 */
typedef void (*tg_writer_say)(void *arg, const char *text);

struct tg_writer_stats {
    uint64_t written; /* events that stand in the file, whole */
    uint64_t bytes;   /* of these, and of the lines that tell losses */
    uint64_t waiting; /* events in the queue, with those that the start before has left there */
    uint64_t lost;    /* events the queue did not take, that were being filled when the process
                         ended, or that could not be written at the end */
    uint64_t unsent;  /* lines that syslog or the journal did not take */
    uint64_t errors;  /* tries to open or write that failed */
    int last_errno;   /* of the last of them; 0: none */
    bool failing;     /* the last try failed */
};

struct tg_writer_setup {
    const char *path;       /* of the log; copied. An absolute one where the process changes its
                               folder */
    struct tg_queue *queue; /* borrowed until the writer is destroyed, which is its one consumer */
    const struct tg_observer *observer; /* copied, strings too; boot is hexadecimal */
    tg_writer_say say;                  /* may be NULL */
    void *arg;                          /* handed to say ... */
    void *left_arg;                     /* ... and this, once it is left behind */
    const char *syslog; /* a socket that each line is sent to as well: tg_relay_send(); copied;
                           NULL: none. So is the next */
    const char *journal;
    bool sync;  /* each batch is on the disk before the next one is begun */
    bool waits; /* memory of the log's name (keep.h) is taken: who has it may write the log still,
                   and is waited for */
};

/**
 * Starts the thread, which takes no signals, opens the log, and finds out how it goes on.
 *
 * It is waited for a second at most. A log that cannot be opened is refused; one that does not
 * answer is not: that is said, and events wait in the queue until it does. What it turns out
 * to be then, is treated as failures to write are.
 * The file is made if it is not there (mode 0640 less the umask). It must be a
 * regular file, not reached by a symbolic link as its last part, and readable
 * as well: its last byte tells whether it ends in a whole line.
 * @param setup what it needs.
 * @param out   output: the writer, to be freed with tg_writer_destroy().
 * @param diags on failure gets one error that names the path, the reason, and, where
 *              rights are missing, the user this runs as and what to do. May be NULL.
 * @return TG_OK; TG_EIO (cannot be opened, or not a regular file); TG_ENOMEM (also: no
 *         thread to be had). On failure *out is unchanged and no thread runs; the
 *         file may have been made.
 */
enum tg_status tg_writer_create(
    const struct tg_writer_setup *setup, struct tg_writer **out, struct tg_diags *diags);

/**
 * Writes what is queued, says what was lost, ends the thread and closes the
 * file. Nobody may push any more. When writing fails each thing is tried once: what then is
 * left is said; it stays in the queue when that is in memory that outlives the process, else it
 * is counted in lost, and the queue is empty. It waits for the kernel, so a disk that does
 * not answer holds it.
 * A second call does nothing. The statistics stay readable.
 */
void tg_writer_stop(struct tg_writer *writer);

/**
 * The same, but it waits no longer than a while.
 * @param ms how long at most.
 * @return true when the writer has stopped; false when it is still at it: it will stop, and
 *         tg_writer_stop() or tg_writer_leave() is still to be called.
 */
bool tg_writer_stop_within(struct tg_writer *writer, long ms);

/**
 * Leaves a writer behind that does not come to its stop: says how many events it has, which it
 * writes when the disk answers, under the sequence and the boot they have. It says how that
 * ended, and frees itself and the queue. From now on another writer may be made for the same
 * log. Exception to whole lines: when the disk that comes back is full in the middle of one, it
 * stays half.
 *
 * The code must stay loaded for good, and say and its left_arg be valid as long; arg is not
 * used any more.
 * @param writer for which tg_writer_stop_within() has returned false.
 * @param queue  the writer's. Both are set to NULL.
 */
void tg_writer_leave(struct tg_writer **writer, struct tg_queue **queue);

/**
 * Stops the writer if it runs, frees it, sets the pointer to NULL.
 * @param writer may be NULL, and may point to NULL.
 */
void tg_writer_destroy(struct tg_writer **writer);

/**
 * Reads the statistics: each number is right, but taken at its own moment.
 * @param out output, always written. Any thread, until the writer is destroyed.
 */
void tg_writer_stats(const struct tg_writer *writer, struct tg_writer_stats *out);

/** Bytes of memory it holds, without the queue's. Any thread. */
size_t tg_writer_memory(const struct tg_writer *writer);

#endif
