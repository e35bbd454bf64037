/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "module/path.h"
#include "module/watch_loop.h"

int tg_watch_create(const struct tg_settings *settings, struct tg_watch **out)
{
    struct tg_watch *watch = calloc(1, sizeof(*watch));
    int error;

    if (!watch)
        return ENOMEM;
    error = pthread_mutex_init(&watch->mutex, NULL);
    if (error != 0) {
        free(watch);
        return error;
    }
    watch->settings = settings;
    watch->unsettled = true;
    watch->day = tg_day_of(time(NULL));
    error = tg_thread_start(&watch->thread, tg_watch_run, watch);
    if (error != 0)
        tg_watch_destroy(&watch);
    else
        *out = watch;
    return error;
}

bool tg_watch_first(struct tg_watch *watch, long ms, struct tg_found *found)
{
    (void)tg_thread_ready_within(&watch->thread, ms);
    (void)pthread_mutex_lock(&watch->mutex);
    *found = watch->first;
    watch->first = (struct tg_found){.image = NULL};
    watch->unawaited = !watch->read;
    (void)pthread_mutex_unlock(&watch->mutex);
    return !watch->unawaited;
}

void tg_watch_begin(struct tg_watch *watch, struct tg_guard *guard)
{
    (void)pthread_mutex_lock(&watch->mutex);
    watch->guard = guard;
    (void)pthread_mutex_unlock(&watch->mutex);
}

bool tg_watch_stop_within(struct tg_watch *watch, long ms)
{
    return tg_thread_stop_within(&watch->thread, ms);
}

/* The last that a thread does that was left behind. */
static void bury(void *arg)
{
    struct tg_watch *watch = arg;

    tg_settings_destroy(&watch->own);
    tg_watch_destroy(&watch);
}

void tg_watch_leave(struct tg_watch **watch, struct tg_settings **settings)
{
    struct tg_watch *left = *watch;

    *watch = NULL;
    /* It may be at its work just now: not in the kernel, but without a processor. */
    (void)pthread_mutex_lock(&left->mutex);
    left->guard = NULL;
    left->own = *settings;
    (void)pthread_mutex_unlock(&left->mutex);
    *settings = NULL;
    if (!tg_thread_leave(&left->thread, bury))
        bury(left);
}

void tg_watch_destroy(struct tg_watch **watch)
{
    if (!watch || !*watch)
        return;
    tg_thread_stop(&(*watch)->thread);
    tg_found_fini(&(*watch)->first);
    (void)pthread_mutex_destroy(&(*watch)->mutex);
    free(*watch);
    *watch = NULL;
}
