/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Waiting for what another thread will do by itself. Include <cmocka.h> before. */
#ifndef TLDGUARD_TEST_AWAIT_H
#define TLDGUARD_TEST_AWAIT_H

#include <sched.h>
#include <time.h>

#define AWAIT_SECONDS 60 /* for what takes milliseconds: reached only when it never happens */

static inline time_t await_now(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return now.tv_sec;
}

/** Looks until the condition holds; the test fails when that takes too long. */
#define AWAIT(condition)                                  \
    do {                                                  \
        const time_t until = await_now() + AWAIT_SECONDS; \
        while (!(condition)) {                            \
            assert_true(await_now() < until);             \
            (void)sched_yield();                          \
        }                                                 \
    } while (0)

#endif
