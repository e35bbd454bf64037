/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The watch (watch.h) from the inside: what its thread does. Between those who call it and its
 * thread.
 */
#ifndef TG_MODULE_WATCH_LOOP_H
#define TG_MODULE_WATCH_LOOP_H

#include <pthread.h>
#include <stdint.h>

#include "module/found.h"
#include "module/seen.h"
#include "module/thread.h"
#include "module/watch.h"

struct tg_watch {
    const struct tg_settings *settings;
    struct tg_thread thread;
    pthread_mutex_t mutex;   /* held but while files are read; guards what is up to the gap */
    struct tg_guard *guard;  /* NULL: there is none yet, or none any more */
    struct tg_settings *own; /* once it is left behind: the same as above, to be freed */
    bool read, unawaited;    /* the first policy: it is below; nobody wants it any more */
    struct tg_found first;

    struct tg_seen_files tried;    /* what was read last, good or bad */
    struct tg_seen_files changing; /* what is being written in place, as at the last look */
    bool unread;                   /* what was tried could not be read, and that was said */
    bool unsettled;                /* the policy in force is as it was opened */
    unsigned walks_due;            /* the cache may hold what the policy in force does not allow */
    bool oom;                      /* so the last walk ended */
    unsigned put_off;              /* how often in a row it could not begin */
    uint32_t day;                  /* on which the cache was last known to be right */
    int64_t told_expired;          /* the end, in seconds since 1970, that was said last */
};

/** The thread, from reading the first policy to its end. arg is the watch. */
void *tg_watch_run(void *arg);

#endif
