/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Signs of life for whoever waits at a terminal. A thread of its own, since the library
 * that works meanwhile knows nothing of terminals. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/tool.h"

#define QUIET_SECONDS 2

struct tg_progress {
    const char *what;
    atomic_uint_fast64_t done, total;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop; /* under the lock */
};

static void show(struct tg_progress *p, unsigned seconds)
{
    const uint64_t done = atomic_load(&p->done), total = atomic_load(&p->total);

    fprintf(stderr, "\r\033[Ktldguard: %s: ", p->what);
    if (total)
        fprintf(stderr, "%" PRIu64 " %%, ", done >= total ? 100 : done * 100 / total);
    else if (done)
        fprintf(stderr, "%" PRIu64 " done, ", done);
    fprintf(stderr, "%u s", seconds);
    (void)fflush(stderr);
}

static void *work(void *arg)
{
    struct tg_progress *p = arg;
    struct timespec at;
    unsigned seconds = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        at.tv_sec++;
        while (!p->stop && pthread_cond_timedwait(&p->wake, &p->lock, &at) == 0)
            ;
        if (p->stop)
            break;
        if (++seconds >= QUIET_SECONDS)
            show(p, seconds);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (seconds >= QUIET_SECONDS)
        fputs("\r\033[K", stderr);
    return NULL;
}

static bool wake_by_monotonic_clock(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    bool done;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    done = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(wake, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return done;
}

struct tg_progress *tg_progress_start(const char *what)
{
    struct tg_progress *p;

    if (!isatty(STDERR_FILENO))
        return NULL;
    p = calloc(1, sizeof(*p));
    if (!p)
        return NULL; /* it is only for show */
    p->what = what;
    if (!wake_by_monotonic_clock(&p->wake))
        goto no_wake;
    if (pthread_mutex_init(&p->lock, NULL) != 0)
        goto no_lock;
    if (pthread_create(&p->thread, NULL, work, p) == 0)
        return p;
    (void)pthread_mutex_destroy(&p->lock);
no_lock:
    (void)pthread_cond_destroy(&p->wake);
no_wake:
    free(p);
    return NULL;
}

void tg_progress_set(struct tg_progress *progress, uint64_t done, uint64_t total)
{
    if (!progress)
        return;
    atomic_store_explicit(&progress->done, done, memory_order_relaxed);
    atomic_store_explicit(&progress->total, total, memory_order_relaxed);
}

void tg_progress_stop(struct tg_progress **progress)
{
    struct tg_progress *p = *progress;

    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_join(p->thread, NULL);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->wake);
    free(p);
    *progress = NULL;
}
