/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/keep.h"
#include "tests/support/oom.h"

#define SIZE 8192u

/* A name that no other test has. */
static const char *name_of(char name[64], const char *what)
{
    (void)snprintf(name, 64, "/tldguard-test/%ld/%s", (long)getpid(), what);
    return name;
}

static struct tg_keep *open_keep(const char *name, size_t size, bool expected)
{
    struct tg_keep *keep = NULL;
    bool found = !expected;

    assert_int_equal(tg_keep_open(name, size, &found, &keep), 0);
    assert_int_equal(found, expected);
    return keep;
}

/* New memory is zero; what is written is found again, until it is removed. */
static void test_found_again(void **state)
{
    char name[64];
    struct tg_keep *keep = open_keep(name_of(name, "again"), SIZE, false);
    char *memory = tg_keep_memory(keep);

    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(memory[i], 0);
    memory[SIZE - 1] = 'x';
    tg_keep_close(&keep, false);
    assert_null(keep);
    keep = open_keep(name, SIZE, true);
    assert_int_equal(((char *)tg_keep_memory(keep))[SIZE - 1], 'x');
    tg_keep_close(&keep, true);
    keep = open_keep(name, SIZE, false);
    tg_keep_close(&keep, true);
}

/* Another size is of no use: made anew, whether it was larger or smaller. */
static void test_another_size(void **state)
{
    static const size_t sizes[] = {SIZE, 2 * SIZE, SIZE, SIZE - 1};
    char name[64];

    (void)state;
    (void)name_of(name, "size");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct tg_keep *keep = open_keep(name, sizes[i], false);

        ((char *)tg_keep_memory(keep))[0] = 'x';
        tg_keep_close(&keep, i + 1 == sizeof(sizes) / sizeof(sizes[0]));
    }
}

/* One at a time, and no two names meet. On failure outputs are left alone. */
static void test_taken(void **state)
{
    char name[64], other[64];
    struct tg_keep *const untouched = (struct tg_keep *)(uintptr_t)1;
    struct tg_keep *second = untouched, *keep, *third;
    bool found = true;

    (void)state;
    assert_false(tg_keep_is_taken(name_of(name, "taken")));
    keep = open_keep(name, SIZE, false);
    assert_true(tg_keep_is_taken(name));
    assert_int_equal(tg_keep_open(name, SIZE, &found, &second), EBUSY);
    assert_true(found);
    assert_ptr_equal(second, untouched);
    third = open_keep(name_of(other, "taken2"), SIZE, false);
    tg_keep_close(&third, true);
    tg_keep_close(&keep, false);
    assert_false(tg_keep_is_taken(name));
    keep = open_keep(name, SIZE, true);
    tg_keep_close(&keep, true);
    assert_false(tg_keep_is_taken(name));
    tg_keep_close(&keep, true); /* NULL-safe */
    tg_keep_close(NULL, true);
}

/* What ends a process does not end its memory, and frees it for another. */
static void test_killed(void **state)
{
    char name[64];
    struct tg_keep *keep;
    int ready[2];
    char octet;
    pid_t child;

    (void)state;
    (void)name_of(name, "killed");
    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        keep = open_keep(name, SIZE, false);
        memcpy(tg_keep_memory(keep), "left", 5);
        (void)!write(ready[1], "x", 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &octet, 1), 1);
    assert_true(tg_keep_is_taken(name));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    keep = open_keep(name, SIZE, true);
    assert_string_equal(tg_keep_memory(keep), "left");
    tg_keep_close(&keep, true);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* What is there under the key must be ours alone: what is in it is believed. */
static void test_not_ours(void **state)
{
    char name[64];
    struct tg_keep *keep = open_keep(name_of(name, "ours"), SIZE, false);
    struct tg_keep *const untouched = (struct tg_keep *)(uintptr_t)1;
    struct tg_keep *second = untouched;
    struct shmid_ds status;
    bool found = false;
    int id;

    (void)state;
    /* The one that this process has is made one that others could write. */
    for (id = 0; id < 1 << 20; id++) {
        const int at = shmctl(id, SHM_STAT, &status);

        if (at >= 0 && status.shm_cpid == getpid() && status.shm_nattch == 1) {
            id = at;
            break;
        }
    }
    status.shm_perm.mode = 0622;
    assert_int_equal(shmctl(id, IPC_SET, &status), 0);
    assert_false(tg_keep_is_taken(name));
    tg_keep_close(&keep, false);
    assert_int_equal(tg_keep_open(name, SIZE, &found, &second), EPERM);
    assert_ptr_equal(second, untouched);
    assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
}

static void test_out_of_memory(void **state)
{
    char name[64];
    struct tg_keep *keep = NULL;
    bool found = true;

    (void)state;
    oom_fail_at(1);
    assert_int_equal(tg_keep_open(name_of(name, "oom"), SIZE, &found, &keep), ENOMEM);
    oom_fail_at(0);
    assert_null(keep);
    assert_true(found);
    assert_false(tg_keep_is_taken(name));
    /* more than there is */
    assert_true(tg_keep_open(name, SIZE_MAX / 2, &found, &keep) != 0);
    assert_null(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_again),
        cmocka_unit_test(test_another_size),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_not_ours),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("memory that outlives the process", tests, NULL, NULL);
}
