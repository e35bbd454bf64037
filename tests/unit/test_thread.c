/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "module/thread.h"

#define FOREVER_MS 60000 /* reached only when what is waited for never happens */

/* A thread that does not come to its end before it may. */
struct job {
    struct tg_thread thread;
    atomic_bool says_ready, may_end, ended;
    _Atomic unsigned *destroyed;
};

static void *run(void *arg)
{
    struct job *job = arg;

    if (atomic_load(&job->says_ready))
        tg_thread_ready(&job->thread);
    while (!tg_thread_stopped_within(&job->thread, FOREVER_MS))
        ;
    while (!atomic_load(&job->may_end))
        (void)sched_yield();
    atomic_store(&job->ended, true);
    return NULL;
}

static void destroy(void *arg)
{
    struct job *job = arg;
    _Atomic unsigned *destroyed = job->destroyed;

    tg_thread_stop(&job->thread);
    free(job);
    atomic_fetch_add(destroyed, 1);
}

static struct job *start(bool says_ready, bool may_end)
{
    struct job *job = calloc(1, sizeof(*job));

    assert_non_null(job);
    atomic_store(&job->says_ready, says_ready);
    atomic_store(&job->may_end, may_end);
    assert_int_equal(tg_thread_start(&job->thread, run, job), 0);
    return job;
}

static void test_stop(void **state)
{
    struct job *job = start(false, true);

    (void)state;
    tg_thread_stop(&job->thread);
    assert_true(atomic_load(&job->ended));
    tg_thread_stop(&job->thread); /* a second time: nothing */
    assert_true(tg_thread_stop_within(&job->thread, 0));
    free(job);
}

/* Told, and still at it: may be waited for again, and then ends as ever. */
static void test_stop_within(void **state)
{
    struct job *job = start(false, false);

    (void)state;
    assert_false(tg_thread_stop_within(&job->thread, 0));
    assert_false(tg_thread_stop_within(&job->thread, 20));
    atomic_store(&job->may_end, true);
    assert_true(tg_thread_stop_within(&job->thread, FOREVER_MS));
    assert_true(atomic_load(&job->ended));
    assert_false(tg_thread_leave(&job->thread, destroy)); /* there is none */
    free(job);
}

/* Ready; not ready yet; and never, as it has ended. */
static void test_ready(void **state)
{
    struct job *job = start(true, true);

    (void)state;
    assert_true(tg_thread_ready_within(&job->thread, FOREVER_MS));
    assert_true(tg_thread_ready_within(&job->thread, 0));
    tg_thread_stop(&job->thread);
    free(job);
    job = start(false, false);
    assert_false(tg_thread_ready_within(&job->thread, 20));
    assert_false(tg_thread_stop_within(&job->thread, 0));
    atomic_store(&job->may_end, true);
    assert_true(tg_thread_ready_within(&job->thread, FOREVER_MS));
    tg_thread_stop(&job->thread);
    free(job);
}

/* Left behind: it frees what it uses when it ends, once. */
static void test_leave(void **state)
{
    _Atomic unsigned destroyed = 0;
    struct job *job = start(false, false);

    (void)state;
    job->destroyed = &destroyed;
    assert_false(tg_thread_stop_within(&job->thread, 0));
    assert_true(tg_thread_leave(&job->thread, destroy));
    assert_int_equal(atomic_load(&destroyed), 0);
    atomic_store(&job->may_end, true);
    while (atomic_load(&destroyed) == 0)
        (void)sched_yield();
}

/* It ends while it is being left: it is either its own to free or ours, never both. */
static void test_leave_race(void **state)
{
    _Atomic unsigned destroyed = 0;
    unsigned left = 0;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        struct job *job = start(false, false);

        job->destroyed = &destroyed;
        assert_false(tg_thread_stop_within(&job->thread, 0));
        atomic_store(&job->may_end, true);
        while (i % 2 == 0 && !atomic_load(&job->ended))
            ;
        if (tg_thread_leave(&job->thread, destroy)) {
            left++;
            continue;
        }
        tg_thread_stop(&job->thread);
        free(job);
    }
    while (atomic_load(&destroyed) < left)
        (void)sched_yield();
    print_message("%u of 500 were left\n", left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_within),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_leave),
        cmocka_unit_test(test_leave_race),
    };

    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
