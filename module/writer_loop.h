/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The writer (writer.h) from the inside: what its thread does. Between those who call
 * the writer and its thread.
 */
#ifndef TG_MODULE_WRITER_LOOP_H
#define TG_MODULE_WRITER_LOOP_H

#include <stdatomic.h>

#include "module/logfile.h"
#include "module/thread.h"
#include "module/writer.h"

#define TG_WRITER_BATCH      65536
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
    tg_writer_say say;
    void *say_arg;

    struct tg_thread thread;
    _Atomic int opening; /* enum tg_opening: what came of opening the log */
    int open_error;      /* with TG_OPENING_FAILED */
    atomic_bool left;    /* behind: nobody waits any more, and another may write to the log */
    uint64_t left_with;  /* events */

    /* The thread's own. A batch begins and ends with whole lines. */
    uint64_t sequence; /* of the last line made */
    uint64_t told;     /* how many of the queue's losses the lines told */
    uint64_t lost_at_failure;
    size_t batch_len;  /* bytes of the batch ... */
    size_t batch_done; /* ... and how many of them the file has */
    char batch[TG_WRITER_BATCH];

    /* For any thread to read. */
    _Atomic uint64_t written;
    _Atomic uint64_t dropped; /* taken from the queue and not written: only when it stops */
    _Atomic uint64_t errors;
    atomic_int last_errno;
    atomic_bool failing;

    size_t size; /* of all this */
    char strings[];
};

/** The thread, from opening the log to closing it. arg is the writer. */
void *tg_writer_run(void *arg);

/** Says something of the log. Any thread. */
void tg_writer_tell(const struct tg_writer *writer, const char *what);

#endif
