/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The file of the figures: written whole, whatever the disk does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "module/publish.h"
#include "tests/support/await.h"
#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"

/* The disk: it may stand still at a write, or be full. */
static atomic_bool stands, full;
static atomic_int standing, renames;

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (atomic_load(&stands)) {
        atomic_fetch_add(&standing, 1);
        while (atomic_load(&stands))
            (void)sched_yield();
        atomic_fetch_sub(&standing, 1);
    }
    if (atomic_load(&full)) {
        errno = ENOSPC;
        return -1;
    }
    /* Never all at once: what is left must follow. */
    return __real_write(fd, data, len > 100 ? 100 : len);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    atomic_fetch_add(&renames, 1);
    return __real_rename(from, to);
}

struct test {
    struct tmpdir dir;
    char path[128];
    struct tg_publisher *publisher;
    _Atomic uint64_t lost;
    atomic_int asked, gathered, gathered_last;
    atomic_bool silent;
    pthread_mutex_t mutex; /* guards said */
    char said[1024];
};

static bool gather(void *arg, bool last, struct tg_figures *figures)
{
    struct test *test = arg;

    atomic_fetch_add(&test->asked, 1);
    if (atomic_load(&test->silent) && !last)
        return false;
    figures->who.pid = 4711;
    figures->guarding = last ? TG_GUARDING_ENDED : TG_GUARDING_ON;
    figures->events.lost = atomic_load(&test->lost);
    atomic_fetch_add(&test->gathered, 1);
    if (last)
        atomic_fetch_add(&test->gathered_last, 1);
    return true;
}

static void say(void *arg, const char *text)
{
    struct test *test = arg;

    (void)pthread_mutex_lock(&test->mutex);
    (void)snprintf(test->said + strlen(test->said), sizeof(test->said) - strlen(test->said), "%s\n",
        text + strlen(test->dir.path));
    (void)pthread_mutex_unlock(&test->mutex);
}

static bool has_said(struct test *test, const char *text)
{
    bool same;

    (void)pthread_mutex_lock(&test->mutex);
    same = strcmp(test->said, text) == 0;
    (void)pthread_mutex_unlock(&test->mutex);
    return same;
}

static void begin(struct test *test)
{
    memset(test, 0, sizeof(*test));
    assert_int_equal(pthread_mutex_init(&test->mutex, NULL), 0);
    tmpdir_create(&test->dir);
    tmpdir_file(&test->dir, "figures", test->path);
}

static void start(struct test *test)
{
    const struct tg_publish_calls calls = {gather, say, test};

    assert_int_equal(tg_publisher_create(test->path, &calls, &test->publisher), 0);
    assert_true(tg_publisher_memory(test->publisher) > TG_FIGURES_MAX);
}

static void end(struct test *test)
{
    tg_publisher_destroy(&test->publisher);
    assert_null(test->publisher);
    tmpdir_remove(&test->dir);
    (void)pthread_mutex_destroy(&test->mutex);
}

/* What the file says; NULL: it is not there. Half of one is a failure. */
static json_t *read_file(const struct test *test)
{
    json_error_t error;
    json_t *json;

    if (access(test->path, F_OK) != 0)
        return NULL;
    json = json_load_file(test->path, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("%s", error.text);
    return json;
}

static json_int_t number(const struct test *test, const char *outer, const char *inner)
{
    json_t *json = read_file(test);
    json_int_t value = -1;

    if (json) {
        const json_t *found = json_object_get(outer ? json_object_get(json, outer) : json, inner);
        value = json_is_integer(found) ? json_integer_value(found) : -1;
    }
    json_decref(json);
    return value;
}

static bool state_is(const struct test *test, const char *state)
{
    json_t *json = read_file(test);
    const bool is = json && strcmp(json_string_value(json_object_get(json, "state")), state) == 0;

    json_decref(json);
    return is;
}

/* Again and again, each whole; readable for all; at the end it says that it is the end. */
static void test_published(void **state)
{
    const mode_t mask = umask(077);
    struct test test;
    struct stat st;
    json_int_t first;

    (void)state;
    begin(&test);
    start(&test);
    AWAIT(state_is(&test, "protecting"));
    (void)umask(mask);
    assert_int_equal(stat(test.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    first = number(&test, NULL, "published");
    AWAIT(number(&test, NULL, "published") > first);
    assert_int_equal(number(&test, NULL, "pid"), 4711);
    assert_true(tg_publisher_stop_within(test.publisher, 60000));
    assert_true(state_is(&test, "stopped"));
    assert_int_equal(atomic_load(&test.gathered_last), 1);
    assert_int_equal(tmpdir_count(&test.dir), 1);
    assert_true(has_said(&test, ""));
    end(&test);
}

/* No folder, then one: said once each, and counted. */
static void test_no_folder(void **state)
{
    struct test test;
    char folder[100];

    (void)state;
    begin(&test);
    (void)snprintf(folder, sizeof(folder), "%s/run", test.dir.path);
    (void)snprintf(test.path, sizeof(test.path), "%s/f", folder);
    start(&test);
    AWAIT(atomic_load(&test.gathered) > 2);
    assert_true(has_said(&test, "/run/f: tldguard status will not know, as it cannot be written: "
                                "No such file or directory\n"));
    assert_int_equal(mkdir(folder, 0700), 0);
    AWAIT(number(&test, NULL, "publish_errors") >= 2);
    AWAIT(has_said(&test, "/run/f: tldguard status will not know, as it cannot be written: "
                          "No such file or directory\n/run/f: written again\n"));
    tg_publisher_destroy(&test.publisher);
    assert_int_equal(unlink(test.path), 0);
    assert_int_equal(rmdir(folder), 0);
    end(&test);
}

/* A full disk: the former file stays, nothing is left beside it. */
static void test_full(void **state)
{
    struct test test;
    json_int_t first;

    (void)state;
    begin(&test);
    start(&test);
    AWAIT(state_is(&test, "protecting"));
    atomic_store(&full, true);
    AWAIT(has_said(&test, "/figures: tldguard status will not know, as it cannot be written: "
                          "No space left on device\n"));
    first = number(&test, NULL, "published");
    tg_publisher_destroy(&test.publisher);
    assert_int_equal(number(&test, NULL, "published"), first);
    assert_int_equal(tmpdir_count(&test.dir), 1);
    atomic_store(&full, false);
    end(&test);
}

/* Links lead nowhere: what is behind them is somebody else's. */
static void test_links(void **state)
{
    struct test test;
    char other[128], beside[160];
    struct stat st;

    (void)state;
    begin(&test);
    file_write(tmpdir_file(&test.dir, "other", other), "precious", 8);
    (void)snprintf(beside, sizeof(beside), "%s.new", test.path);
    assert_int_equal(symlink(other, beside), 0);
    assert_int_equal(symlink(other, test.path), 0);
    start(&test);
    AWAIT(lstat(test.path, &st) == 0 && S_ISREG(st.st_mode));
    assert_true(tg_publisher_stop_within(test.publisher, 60000));
    assert_true(has_said(&test, ""));
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 8);
    assert_int_equal(tmpdir_count(&test.dir), 2);
    end(&test);
}

/* Not now: nothing is written; at the end it is, all the same. */
static void test_silent(void **state)
{
    struct test test;

    (void)state;
    begin(&test);
    atomic_store(&test.silent, true);
    start(&test);
    AWAIT(atomic_load(&test.asked) > 1);
    assert_int_equal(tmpdir_count(&test.dir), 0);
    assert_true(tg_publisher_stop_within(test.publisher, 60000));
    assert_true(state_is(&test, "stopped"));
    assert_int_equal(atomic_load(&test.gathered), 1);
    end(&test);
}

/* When it was that events were lost: each time that there are more. */
static void test_lost(void **state)
{
    struct test test;
    json_int_t when;
    int gathered;

    (void)state;
    begin(&test);
    start(&test);
    AWAIT(number(&test, "events", "lost") == 0);
    assert_int_equal(number(&test, "events", "lost_last"), -1);
    atomic_store(&test.lost, 3);
    AWAIT(number(&test, "events", "lost") == 3);
    when = number(&test, "events", "lost_last");
    assert_true(when > 0);
    gathered = atomic_load(&test.gathered);
    AWAIT(atomic_load(&test.gathered) > gathered + 1);
    assert_int_equal(number(&test, "events", "lost_last"), when);
    atomic_store(&test.lost, 4);
    AWAIT(number(&test, "events", "lost_last") > when);
    tg_publisher_destroy(&test.publisher);
    /* Some at the very start count as well. */
    start(&test);
    AWAIT(state_is(&test, "protecting"));
    assert_true(number(&test, "events", "lost_last") > when);
    end(&test);
}

/* The kernel holds the thread: it is left, another one takes the place, and the first, when it
 * comes back, calls nobody and leaves the file alone. */
static void test_stuck(void **state)
{
    struct test test, *gone = calloc(1, sizeof(*gone));
    int before;

    (void)state;
    begin(gone);
    atomic_store(&stands, true);
    start(gone);
    AWAIT(atomic_load(&standing) == 1);
    assert_false(tg_publisher_stop_within(gone->publisher, 20));
    tg_publisher_leave(&gone->publisher);
    assert_null(gone->publisher);
    before = atomic_load(&renames);
    memset(&test, 0, sizeof(test));
    test.dir = gone->dir;
    memcpy(test.path, gone->path, sizeof(test.path));
    atomic_store(&gone->asked, 0);
    atomic_store(&stands, false);
    AWAIT(atomic_load(&standing) == 0);
    assert_int_equal(pthread_mutex_init(&test.mutex, NULL), 0);
    start(&test);
    AWAIT(state_is(&test, "protecting"));
    assert_true(tg_publisher_stop_within(test.publisher, 60000));
    assert_true(state_is(&test, "stopped"));
    assert_int_equal(atomic_load(&renames) - before, atomic_load(&test.gathered));
    assert_int_equal(atomic_load(&gone->asked), 0);
    assert_true(has_said(gone, ""));
    free(gone);
    end(&test);
}

static void test_out_of_memory(void **state)
{
    const struct tg_publish_calls calls = {gather, say, NULL};
    struct tg_publisher *publisher = NULL;

    (void)state;
    oom_fail_at(1);
    assert_int_equal(tg_publisher_create("/nowhere", &calls, &publisher), ENOMEM);
    oom_fail_at(0);
    assert_null(publisher);
    tg_publisher_destroy(&publisher);
    tg_publisher_destroy(NULL);
    assert_int_equal(tg_publisher_memory(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
