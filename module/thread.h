/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A thread of ours inside somebody else's process: it takes no signals, and it can be told to end.
 */
#ifndef TG_MODULE_THREAD_H
#define TG_MODULE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Zeroed when nothing runs. */
struct tg_thread {
    pthread_t id;
    pthread_mutex_t mutex; /* guards stop */
    pthread_cond_t wake;
    bool stop;
    bool has_mutex, has_wake, runs; /* what is there to be taken down */
};

/**
 * Starts it.
 * @param thread zeroed.
 * @param run    what it does; must return soon after tg_thread_stopped_within() says true.
 * @param arg    handed to run.
 * @return 0, or an errno: then it does not run, and tg_thread_stop() is still to be called.
 */
int tg_thread_start(struct tg_thread *thread, void *(*run)(void *arg), void *arg);

/**
 * Waits, in the thread itself.
 * @param ms how long at most; 0: it only looks.
 * @return true, at once, when it is to stop.
 */
bool tg_thread_stopped_within(struct tg_thread *thread, long ms);

/** Tells it to end, waits until it has, and takes everything down. A second call does nothing. */
void tg_thread_stop(struct tg_thread *thread);

#endif
