/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A disk that does not answer: open(), write() and close() of the writer go through here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "module/writer.h"
#include "tests/support/await.h"
#include "tests/support/tmpdir.h"

#define CAPACITY  64u
#define HALF_LINE 20

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

/* The disk. What is called while it is frozen returns when it is thawed. */
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t thawed = PTHREAD_COND_INITIALIZER;
static bool frozen;
static unsigned waiting;
static bool fills; /* the next write is cut short, and then it is full */
static bool full;

static void pass(void)
{
    (void)pthread_mutex_lock(&disk);
    waiting++;
    while (frozen)
        (void)pthread_cond_wait(&thawed, &disk);
    waiting--;
    (void)pthread_mutex_unlock(&disk);
}

static void set_frozen(bool wanted)
{
    (void)pthread_mutex_lock(&disk);
    frozen = wanted;
    (void)pthread_cond_broadcast(&thawed);
    (void)pthread_mutex_unlock(&disk);
}

static bool someone_waits(unsigned count)
{
    bool waits;

    (void)pthread_mutex_lock(&disk);
    waits = waiting == count;
    (void)pthread_mutex_unlock(&disk);
    return waits;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    pass();
    return __real_open(path, flags, mode);
}

int __wrap_close(int fd)
{
    pass();
    return __real_close(fd);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    ssize_t count = -1;

    pass();
    (void)pthread_mutex_lock(&disk);
    if (full)
        errno = ENOSPC;
    else
        count = __real_write(fd, bytes, fills ? HALF_LINE : len);
    full = fills;
    (void)pthread_mutex_unlock(&disk);
    return count;
}

/* One test's log, queue and writer, and what the writers said. */
struct world {
    struct tmpdir folder;
    char path[128];
    size_t threads; /* of this process, without writers */
    struct tg_queue *queue;
    struct tg_writer *writer;
    uint32_t pushed; /* taken by the queue */
    pthread_mutex_t mutex;
    char all[4096];
};

static void hear(void *arg, const char *text)
{
    struct world *world = arg;

    (void)pthread_mutex_lock(&world->mutex);
    (void)strncat(world->all, text, sizeof(world->all) - strlen(world->all) - 1);
    (void)pthread_mutex_unlock(&world->mutex);
}

static bool heard(struct world *world, const char *words)
{
    bool found;

    (void)pthread_mutex_lock(&world->mutex);
    found = strstr(world->all, words) != NULL;
    (void)pthread_mutex_unlock(&world->mutex);
    return found;
}

static size_t count_threads(void)
{
    return tmpdir_count(&(struct tmpdir){"/proc/self/task"});
}

static void *do_nothing(void *arg)
{
    return arg;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    pthread_t first;

    assert_non_null(world);
    /* With the first thread a sanitizer may start one of its own. */
    assert_int_equal(pthread_create(&first, NULL, do_nothing, NULL), 0);
    assert_int_equal(pthread_join(first, NULL), 0);
    tmpdir_create(&world->folder);
    (void)tmpdir_file(&world->folder, "block.jsonl", world->path);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    world->threads = count_threads();
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    set_frozen(false);
    tg_writer_destroy(&world->writer);
    tg_queue_destroy(&world->queue);
    AWAIT(count_threads() == world->threads); /* who is left behind has ended, too */
    (void)heard(world, ""); /* a lock that they had: after them, also for those who watch races */
    fills = full = false;
    tmpdir_remove(&world->folder);
    (void)pthread_mutex_destroy(&world->mutex);
    free(world);
    return 0;
}

static void start(struct world *world, const char *boot)
{
    const struct tg_observer observer = {"res1.example.net", boot};

    assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
    assert_int_equal(tg_writer_create(&(struct tg_writer_setup){.path = world->path,
                                          .queue = world->queue,
                                          .observer = &observer,
                                          .say = hear,
                                          .arg = world,
                                          .left_arg = world},
                         &world->writer, NULL),
        TG_OK);
    world->pushed = 0;
}

static bool push(struct world *world)
{
    static const uint8_t qname[] = "\4army\2ml";
    struct tg_event *event = tg_queue_claim(world->queue);

    if (event == NULL)
        return false;
    *event = (struct tg_event){.qtype = 15, .qclass = 1, .qname_len = sizeof(qname)};
    memcpy(event->qname, qname, sizeof(qname));
    tg_queue_commit(world->queue, event);
    world->pushed++;
    return true;
}

static void push_many(struct world *world, unsigned count)
{
    while (count-- > 0)
        assert_true(push(world));
}

static struct tg_writer_stats stats_of(const struct world *world)
{
    struct tg_writer_stats stats;

    tg_writer_stats(world->writer, &stats);
    return stats;
}

/* A writer that has written one event, and whose thread waits in write() with some of the rest. */
static void start_stuck(struct world *world, unsigned rest)
{
    start(world, "01d");
    push_many(world, 1);
    AWAIT(stats_of(world).written == 1);
    set_frozen(true);
    push_many(world, rest);
    AWAIT(someone_waits(1));
}

static void leave(struct world *world)
{
    const time_t began = await_now();

    assert_false(tg_writer_stop_within(world->writer, 50));
    tg_writer_leave(&world->writer, &world->queue);
    assert_true(await_now() - began <= 2);
    assert_null(world->writer);
    assert_null(world->queue);
}

/* Lines that hold some words; *half is how many octets stand behind the last whole one. */
static unsigned count_lines(const struct world *world, const char *words, size_t *half)
{
    FILE *file = fopen(world->path, "re");
    char line[TG_EVENT_LINE_MAX];
    unsigned count = 0;

    assert_non_null(file);
    *half = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        const size_t len = strlen(line);

        *half = line[len - 1] == '\n' ? 0 : len;
        count += *half == 0 && line[0] == '{' && strstr(line, words) != NULL ? 1 : 0;
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

/* Its events are written when the disk answers, under the boot and the sequence that they have,
 * beside those of the next writer: whose start was not held either. */
static void test_left_behind(void **state)
{
    struct world *world = *state;
    time_t began;
    size_t half;

    start_stuck(world, 10);
    leave(world);
    assert_true(heard(world, "block.jsonl: does not answer; 10 events are left behind"));
    assert_true(heard(world, "; 0 were lost since the start"));
    began = await_now();
    start(world, "2e3");
    assert_true(await_now() - began <= 5);
    assert_true(heard(world, "block.jsonl: does not answer; the start goes on"));
    push_many(world, 5);
    assert_int_equal(stats_of(world).written, 0);
    set_frozen(false);
    AWAIT(stats_of(world).written == 5);
    AWAIT(heard(world, "block.jsonl: answers again; the 10 events left behind are written"));
    AWAIT(heard(world, "block.jsonl: written again; 0 events were lost meanwhile"));
    assert_false(stats_of(world).failing);
    tg_writer_stop(world->writer);
    assert_int_equal(count_lines(world, "\"id\":\"res1.example.net-01d-", &half), 11);
    assert_int_equal(count_lines(world, "\"id\":\"res1.example.net-01d-11\"", &half), 1);
    assert_int_equal(count_lines(world, "\"id\":\"res1.example.net-2e3-", &half), 5);
    assert_int_equal(half, 0);
}

/* What its queue did not take is said at once, and in the log when the disk answers. */
static void test_left_with_losses(void **state)
{
    struct world *world = *state;
    char words[128];
    size_t half;

    start_stuck(world, 1);
    while (push(world))
        ;
    for (unsigned i = 0; i < 2; i++)
        assert_false(push(world));
    leave(world);
    (void)snprintf(words, sizeof(words), "answer; %u events are left behind", world->pushed - 1);
    assert_true(heard(world, words));
    assert_true(heard(world, "; 3 were lost since the start"));
    set_frozen(false);
    AWAIT(heard(world, "answers again"));
    assert_int_equal(count_lines(world, "army.ml", &half), world->pushed);
    assert_int_equal(count_lines(world, "\"lost\":3", &half), 1);
}

/* The disk answers, but is full: what is lost then is said. The end of the file is no longer its
 * own, so half a line is left alone. */
static void test_left_and_full(void **state)
{
    struct world *world = *state;
    size_t half;

    start_stuck(world, 10);
    fills = true;
    leave(world);
    set_frozen(false);
    AWAIT(heard(world, "stopped while it could not be written; 10 events were lost since the"));
    AWAIT(count_threads() == world->threads);
    assert_int_equal(count_lines(world, "army.ml", &half), 1);
    assert_int_equal(half, HALF_LINE);
    assert_false(heard(world, "answers again"));
}

/* It comes to its stop while it is being left, or just before, or after: all is written. */
static void test_left_at_the_last_moment(void **state)
{
    struct world *world = *state;
    const unsigned rounds = 200;
    size_t half;

    for (unsigned i = 0; i < rounds; i++) {
        start_stuck(world, 1);
        assert_false(tg_writer_stop_within(world->writer, 0));
        set_frozen(false);
        if (i % 2 == 0)
            (void)sched_yield();
        tg_writer_leave(&world->writer, &world->queue);
        AWAIT(count_threads() == world->threads);
        assert_int_equal(count_lines(world, "army.ml", &half), 2 * (i + 1));
    }
}

/* A disk that answers in time: the writer has stopped as ever. */
static void test_answers_in_time(void **state)
{
    struct world *world = *state;
    size_t half;

    start_stuck(world, 10);
    assert_false(tg_writer_stop_within(world->writer, 0));
    assert_false(tg_writer_stop_within(world->writer, 10)); /* may be asked again */
    set_frozen(false);
    assert_true(tg_writer_stop_within(world->writer, AWAIT_SECONDS * 1000));
    assert_true(tg_writer_stop_within(world->writer, 0)); /* has stopped: nothing to do */
    assert_int_equal(stats_of(world).written, 11);
    assert_int_equal(count_lines(world, "army.ml", &half), 11);
    assert_string_equal(world->all, "");
}

/* It hangs already where the log is opened: left so, it does its work when it can. */
static void test_left_while_opening(void **state)
{
    struct world *world = *state;
    size_t half;

    set_frozen(true);
    start(world, "01d");
    push_many(world, 3);
    leave(world);
    assert_true(heard(world, "3 events are left behind"));
    set_frozen(false);
    AWAIT(heard(world, "the 3 events left behind are written"));
    assert_int_equal(count_lines(world, "army.ml", &half), 3);
}

/* What answers at last is no file: too late to refuse the start, so it is a failure to write. */
static void test_refused_too_late(void **state)
{
    struct world *world = *state;
    size_t half;

    assert_int_equal(mkfifo(world->path, 0600), 0);
    set_frozen(true);
    start(world, "01d");
    push_many(world, 1);
    set_frozen(false);
    AWAIT(heard(world, "block.jsonl: cannot write: it is not a regular file"));
    assert_true(stats_of(world).failing);
    assert_int_equal(stats_of(world).last_errno, EINVAL);
    assert_int_equal(unlink(world->path), 0);
    AWAIT(stats_of(world).written == 1);
    AWAIT(heard(world, "written again; 0 events"));
    assert_int_equal(count_lines(world, "army.ml", &half), 1);
}

/* What could not be opened can be, and nobody asks anything: it does not wait for an event to say
 * that all is well. */
static void test_opened_too_late(void **state)
{
    struct world *world = *state;

    assert_int_equal(mkfifo(world->path, 0600), 0);
    set_frozen(true);
    start(world, "01d");
    set_frozen(false);
    AWAIT(stats_of(world).failing);
    assert_int_equal(unlink(world->path), 0);
    AWAIT(!stats_of(world).failing);
    AWAIT(heard(world, "written again; 0 events"));
}

/* A close that takes for ever, as it may over a network, holds only the thread. */
static void test_stuck_in_close(void **state)
{
    struct world *world = *state;

    start(world, "01d");
    set_frozen(true);
    assert_false(tg_writer_stop_within(world->writer, 50));
    assert_true(someone_waits(1));
    tg_writer_leave(&world->writer, &world->queue);
    assert_true(heard(world, "0 events are left behind"));
    assert_null(world->queue);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_left_behind),
        WORLD_TEST(test_left_with_losses),
        WORLD_TEST(test_left_and_full),
        WORLD_TEST(test_left_at_the_last_moment),
        WORLD_TEST(test_answers_in_time),
        WORLD_TEST(test_left_while_opening),
        WORLD_TEST(test_refused_too_late),
        WORLD_TEST(test_opened_too_late),
        WORLD_TEST(test_stuck_in_close),
    };

    return cmocka_run_group_tests_name("writer that is stuck", tests, NULL, NULL);
}
