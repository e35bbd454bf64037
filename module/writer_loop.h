/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The writer (writer.h) from the inside: what its thread does. Between those who call
 * the writer and its thread.
 */
#ifndef TG_MODULE_WRITER_LOOP_H
#define TG_MODULE_WRITER_LOOP_H

#include <stdatomic.h>

#include "module/event_line.h"
#include "module/logfile.h"
#include "module/relay.h"
#include "module/thread.h"
#include "module/writer.h"

/* Four hundred lines: what a call of write() costs by itself is then little beside them, and file
 * systems take them up in pieces of more than a page. */
#define TG_WRITER_BATCH      524288
#define TG_WRITER_REASON_MAX 256

/* The log is opened by the thread, which alone may be held by a disk that does not answer. Both
 * sides leave TG_OPENING once, whoever is first. */
enum tg_opening {
    TG_OPENING,
    TG_OPENING_DONE,
    TG_OPENING_FAILED,   /* while it is waited for: nothing has started */
    TG_OPENING_UNAWAITED /* the start went on without it */
};

struct tg_writer {
    struct tg_queue *queue;
    struct tg_observer observer; /* strings in strings[], as is the path */
    struct tg_logfile file;
    struct tg_chain *chain;
    struct tg_relay relays[TG_RELAYS];
    tg_writer_say say;
    pthread_mutex_t say_mutex; /* held while say is called; guards the next one */
    void *say_arg;
    void *left_arg;
    bool sync;
    bool waits;           /* another may write the log still */
    struct tg_keep *turn; /* then: the memory of the log's name, once it is ours ... */
    struct tg_keep *line; /* ... and another, which says that somebody waits for it */
    bool turn_found;      /* there is something in it, for the next start */
    bool resumed;         /* how the log goes on is known, and nobody else has written since */

    struct tg_thread thread;
    _Atomic int opening; /* enum tg_opening: what came of opening the log */
    int open_error;      /* with TG_OPENING_FAILED */
    atomic_bool left;    /* behind: nobody waits any more, and another may write to the log */
    uint64_t left_with;  /* events */

    /* The thread's own. A batch begins and ends with whole lines. */
    uint64_t boot;             /* which start of the module this is */
    struct tg_mark mark;       /* how far the log is, without the batch ... */
    struct tg_mark next;       /* ... and with it */
    struct tg_letterhead head; /* of this start's lines ... */
    uint64_t head_series;      /* ... in this log; 0: there is none yet */
    char series[17];           /* that in words */
    uint64_t lost_at_failure;
    int state_error;      /* of the last try to write the file beside the log */
    size_t batch_records; /* of the queue, that are in the batch, or were found to be lost */
    size_t batch_lines;   /* of them */
    size_t batch_len;     /* bytes of the batch ... */
    size_t batch_done;    /* ... and how many of them the file has */
    char batch[TG_WRITER_BATCH];

    /* For any thread to read. */
    uint64_t lost_before; /* of the queue's losses, those that former starts have told */
    _Atomic uint64_t written;
    _Atomic uint64_t settled; /* of them, those whose records the queue has back */
    _Atomic uint64_t bytes;
    _Atomic uint64_t voids;   /* records that were being filled when a process ended */
    _Atomic uint64_t dropped; /* taken from the queue and not written: only when it stops */
    _Atomic uint64_t unsent;
    _Atomic uint64_t errors;
    atomic_int last_errno;
    atomic_bool failing;
    atomic_bool unforced; /* the last batch could not be forced to the disk */

    size_t size; /* of all this */
    char strings[];
};

/** The thread, from opening the log to closing it. arg is the writer. */
void *tg_writer_run(void *arg);

/**
 * Finds out how the log goes on, which is open: from what the queue's memory knows, from its last
 * line, and from the file beside it. What the process before has begun to write is the batch.
 */
void tg_writer_resume(struct tg_writer *writer);

/**
 * Waits until nobody else writes the log, also when we are to end meanwhile: whoever had it before
 * us ends when the disk lets it, or when its process does.
 */
void tg_writer_await_turn(struct tg_writer *writer);

/** Lets another write. */
void tg_writer_give_turn(struct tg_writer *writer);

/** When there is nothing to do: lets one by that waits, and goes on behind it, when its turn has
 * come again: resumed is false then. */
void tg_writer_let_by(struct tg_writer *writer);

/** Makes a batch of what is queued, when there is none. */
void tg_writer_fill(struct tg_writer *writer);

/**
 * Makes a line of losses, which no event follows to tell; now is the time that it tells.
 * What it carries is taken from next, which then stands behind it. @return its length.
 */
size_t tg_writer_losses(
    struct tg_writer *writer, struct timespec now, char line[TG_EVENT_LINE_MAX]);

/** Writes the file beside the log: mark. That it fails is said when the reason is a new one. */
void tg_writer_save(struct tg_writer *writer, bool clean);

/** Sends the batch, which is in the file, to syslog and the journal. The file comes first. */
void tg_writer_relay(struct tg_writer *writer);

/** Waits until the file is on the disk, where that is wanted. That it fails is said once. */
void tg_writer_force(struct tg_writer *writer);

/** Events in the queue that are in no file yet; for a moment more than there are. Any thread. */
uint64_t tg_writer_pending(const struct tg_writer *writer);

/** How many lines end in these octets. */
uint64_t tg_writer_count_lines(const char *bytes, size_t len);

/** Says something of the log. Any thread. */
void tg_writer_tell(struct tg_writer *writer, const char *what);

#endif
