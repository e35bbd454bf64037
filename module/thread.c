/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/thread.h"

#include <signal.h>
#include <time.h>

static struct timespec from_now(long ms)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* What the thread does. Once it has ended, what thread points to is another's to free, unless
 * it was left behind. */
static void *begin(void *arg)
{
    struct tg_thread *thread = arg;
    void *const its_arg = thread->arg;
    void (*destroy)(void *);

    (void)thread->run(its_arg);
    (void)pthread_mutex_lock(&thread->mutex);
    thread->phase = TG_THREAD_ENDED;
    destroy = thread->destroy;
    (void)pthread_cond_broadcast(&thread->moved);
    (void)pthread_mutex_unlock(&thread->mutex);
    if (destroy != NULL)
        destroy(its_arg);
    return NULL;
}

/* The host's signals are the host's. Those that tell of a fault in this very thread
 * stay: blocking them would only hide where it was. */
static int start_deaf(struct tg_thread *thread)
{
    sigset_t all;
    sigset_t before;
    int error;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGSEGV);
    (void)sigdelset(&all, SIGBUS);
    (void)sigdelset(&all, SIGFPE);
    (void)sigdelset(&all, SIGILL);
    (void)sigdelset(&all, SIGABRT);
    error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0)
        return error;
    error = pthread_create(&thread->id, NULL, begin, thread);
    thread->runs = error == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int tg_thread_start(struct tg_thread *thread, void *(*run)(void *arg), void *arg)
{
    pthread_condattr_t attr;
    int error;

    thread->run = run;
    thread->arg = arg;
    error = pthread_mutex_init(&thread->mutex, NULL);
    if (error != 0)
        return error;
    thread->has_mutex = true;
    error = pthread_condattr_init(&attr);
    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(&thread->moved, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (error != 0)
        return error;
    thread->has_moved = true;
    return start_deaf(thread);
}

static bool reached_within(struct tg_thread *thread, enum tg_thread_phase phase, long ms)
{
    const struct timespec until = from_now(ms);
    bool reached;

    (void)pthread_mutex_lock(&thread->mutex);
    while (thread->phase < phase &&
           pthread_cond_timedwait(&thread->moved, &thread->mutex, &until) == 0)
        ;
    reached = thread->phase >= phase;
    (void)pthread_mutex_unlock(&thread->mutex);
    return reached;
}

void tg_thread_ready(struct tg_thread *thread)
{
    (void)pthread_mutex_lock(&thread->mutex);
    thread->phase = TG_THREAD_READY;
    (void)pthread_cond_broadcast(&thread->moved);
    (void)pthread_mutex_unlock(&thread->mutex);
}

bool tg_thread_ready_within(struct tg_thread *thread, long ms)
{
    return reached_within(thread, TG_THREAD_READY, ms);
}

bool tg_thread_stopped_within(struct tg_thread *thread, long ms)
{
    const struct timespec until = from_now(ms);
    bool stop;

    (void)pthread_mutex_lock(&thread->mutex);
    while (ms > 0 && !thread->stop &&
           pthread_cond_timedwait(&thread->moved, &thread->mutex, &until) == 0)
        ;
    stop = thread->stop;
    (void)pthread_mutex_unlock(&thread->mutex);
    return stop;
}

static void tell_to_stop(struct tg_thread *thread)
{
    (void)pthread_mutex_lock(&thread->mutex);
    thread->stop = true;
    (void)pthread_cond_broadcast(&thread->moved);
    (void)pthread_mutex_unlock(&thread->mutex);
}

void tg_thread_stop(struct tg_thread *thread)
{
    if (thread->runs) {
        tell_to_stop(thread);
        (void)pthread_join(thread->id, NULL);
    }
    if (thread->has_moved)
        (void)pthread_cond_destroy(&thread->moved);
    if (thread->has_mutex)
        (void)pthread_mutex_destroy(&thread->mutex);
    *thread = (struct tg_thread){.stop = false};
}

bool tg_thread_stop_within(struct tg_thread *thread, long ms)
{
    if (thread->runs) {
        tell_to_stop(thread);
        if (!reached_within(thread, TG_THREAD_ENDED, ms))
            return false;
    }
    tg_thread_stop(thread);
    return true;
}

bool tg_thread_leave(struct tg_thread *thread, void (*destroy)(void *arg))
{
    bool left;

    if (!thread->runs)
        return false;
    (void)pthread_mutex_lock(&thread->mutex);
    left = thread->phase != TG_THREAD_ENDED;
    if (left) {
        (void)pthread_detach(thread->id);
        thread->runs = false; /* for tg_thread_stop(): there is nobody to wait for */
        thread->destroy = destroy;
    }
    (void)pthread_mutex_unlock(&thread->mutex);
    return left;
}
