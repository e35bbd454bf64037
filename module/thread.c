/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/thread.h"

#include <signal.h>
#include <time.h>

/* The host's signals are the host's. Those that tell of a fault in this very thread
 * stay: blocking them would only hide where it was. */
static int start_deaf(struct tg_thread *thread, void *(*run)(void *arg), void *arg)
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
    error = pthread_create(&thread->id, NULL, run, arg);
    thread->runs = error == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int tg_thread_start(struct tg_thread *thread, void *(*run)(void *arg), void *arg)
{
    pthread_condattr_t attr;
    int error;

    error = pthread_mutex_init(&thread->mutex, NULL);
    if (error != 0)
        return error;
    thread->has_mutex = true;
    error = pthread_condattr_init(&attr);
    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(&thread->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (error != 0)
        return error;
    thread->has_wake = true;
    return start_deaf(thread, run, arg);
}

bool tg_thread_stopped_within(struct tg_thread *thread, long ms)
{
    struct timespec until;
    bool stop;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&thread->mutex);
    while (ms > 0 && !thread->stop &&
           pthread_cond_timedwait(&thread->wake, &thread->mutex, &until) == 0)
        ;
    stop = thread->stop;
    (void)pthread_mutex_unlock(&thread->mutex);
    return stop;
}

void tg_thread_stop(struct tg_thread *thread)
{
    if (thread->runs) {
        (void)pthread_mutex_lock(&thread->mutex);
        thread->stop = true;
        (void)pthread_cond_signal(&thread->wake);
        (void)pthread_mutex_unlock(&thread->mutex);
        (void)pthread_join(thread->id, NULL);
    }
    if (thread->has_wake)
        (void)pthread_cond_destroy(&thread->wake);
    if (thread->has_mutex)
        (void)pthread_mutex_destroy(&thread->mutex);
    *thread = (struct tg_thread){.stop = false};
}
