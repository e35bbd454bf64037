/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A thread of ours inside somebody else's process: it takes no signals, it can be told to end,
 * and where it does not, because the kernel holds it, it can be left behind.
 *
 * What is said of one thread below is for the one that started it, unless it says otherwise.
 */
#ifndef TG_MODULE_THREAD_H
#define TG_MODULE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

enum tg_thread_phase { TG_THREAD_BEGINS, TG_THREAD_READY, TG_THREAD_ENDED };

/* Zeroed when nothing runs. */
struct tg_thread {
    pthread_t id;
    void *(*run)(void *arg);
    void *arg;
    pthread_mutex_t mutex; /* guards the next three */
    enum tg_thread_phase phase;
    bool stop;
    void (*destroy)(void *arg);      /* it was left behind: what it does last */
    pthread_cond_t moved;            /* one of them has changed */
    bool has_mutex, has_moved, runs; /* what is there to be taken down */
};

/**
 * Starts it.
 * @param thread zeroed.
 * @param run    what it does; must return soon after tg_thread_stopped_within() says true.
 * @param arg    handed to run.
 * @return 0, or an errno: then it does not run, and tg_thread_stop() is still to be called.
 */
int tg_thread_start(struct tg_thread *thread, void *(*run)(void *arg), void *arg);

/** Says, in the thread itself, that its first part is done. */
void tg_thread_ready(struct tg_thread *thread);

/**
 * Waits until the thread has said so, or has ended.
 * @param ms how long at most.
 * @return false when it has not by then.
 */
bool tg_thread_ready_within(struct tg_thread *thread, long ms);

/**
 * Waits, in the thread itself.
 * @param ms how long at most; 0: it only looks.
 * @return true, at once, when it is to stop.
 */
bool tg_thread_stopped_within(struct tg_thread *thread, long ms);

/** Tells it to end, waits until it has, and takes everything down. A second call does nothing. */
void tg_thread_stop(struct tg_thread *thread);

/**
 * The same, but it waits no longer than a while.
 * @param ms how long at most.
 * @return false when the thread still runs then: it has been told, and tg_thread_stop() or
 *         tg_thread_leave() is still to be called.
 */
bool tg_thread_stop_within(struct tg_thread *thread, long ms);

/**
 * Leaves a thread behind that was told to end: nobody waits for it any more.
 * @param destroy called by it, last of all, with the arg of tg_thread_start(), to free what it
 *                uses; thread may be in that, and tg_thread_stop() is to be called for it there.
 *                Its code must stay loaded until then, and a moment longer: for good.
 * @return true: thread, and all that it uses, are its own from now on. False: it has ended by
 *         itself, or never ran; tg_thread_stop() is still to be called.
 */
bool tg_thread_leave(struct tg_thread *thread, void (*destroy)(void *arg));

#endif
