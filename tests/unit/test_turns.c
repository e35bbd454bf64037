/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A log that could not be opened at first, or that others write too; and how a writer ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "module/writer.h"
#include "tests/support/await.h"
#include "tests/support/tmpdir.h"

#define CAPACITY 2048u /* of more lines than a batch has */
#define DISK     10010 /* bytes; not a multiple of a line */
#define PAIR     2u

int __wrap_fdatasync(int fd);
static _Atomic int sync_error;          /* 0: the disk takes all */
static _Atomic(struct tg_queue *) busy; /* where something has come whenever a batch is written */

static void push_to(struct tg_queue *queue, uint32_t number)
{
    struct tg_event *event = tg_queue_claim(queue);

    assert_non_null(event);
    *event = (struct tg_event){.serial = number, .qtype = 15, .qclass = 1};
    tg_queue_commit(queue, event);
}

int __wrap_fdatasync(int fd)
{
    struct tg_queue *const queue = busy;

    (void)fd;
    if (queue != NULL)
        push_to(queue, 0);
    errno = sync_error;
    return sync_error != 0 ? -1 : 0;
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
static _Atomic bool full, held; /* the disk; held: it does not answer ... */
static _Atomic bool holds;      /* ... who writes */

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    holds = held;
    while (held)
        (void)sched_yield();
    holds = false;
    errno = ENOSPC;
    return full ? -1 : __real_write(fd, bytes, len);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);
static _Atomic unsigned polls;          /* how often a socket was waited for, in vain ... */
static _Atomic unsigned hasty;          /* ... while many events were waiting ... */
static _Atomic(struct tg_queue *) pile; /* ... of those that it was full of */

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    (void)fds;
    (void)count;
    polls++;
    if (pile != NULL && CAPACITY - tg_queue_released(pile) > CAPACITY / 2)
        hasty++;
    (void)nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
    return 0;
}

/* A start of the module. */
struct side {
    struct tg_queue *queue;
    struct tg_writer *writer;
};

/* One test's log, and who writes it. */
struct world {
    struct tmpdir folder;
    char path[128];
    char state[128];
    char socket[128];
    bool relays; /* to that */
    struct side sides[PAIR];
    struct tg_keep *keep; /* somebody else's, who has the log first */
    _Atomic bool holds;   /* who says that it has stopped */
    pthread_mutex_t mutex;
    char said[8192];
};

static void hear(void *arg, const char *text)
{
    struct world *world = arg;

    (void)pthread_mutex_lock(&world->mutex);
    (void)strncat(world->said, text, sizeof(world->said) - strlen(world->said) - 1);
    (void)pthread_mutex_unlock(&world->mutex);
}

static bool heard(struct world *world, const char *words)
{
    bool found;

    (void)pthread_mutex_lock(&world->mutex);
    found = strstr(world->said, words) != NULL;
    (void)pthread_mutex_unlock(&world->mutex);
    return found;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    (void)signal(SIGXFSZ, SIG_IGN);
    tmpdir_create(&world->folder);
    (void)tmpdir_file(&world->folder, "block.jsonl", world->path);
    (void)tmpdir_file(&world->folder, ".block.jsonl.state", world->state);
    (void)tmpdir_file(&world->folder, "socket", world->socket);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    sync_error = 0;
    full = false;
    *state = world;
    return 0;
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void stop(struct side *side)
{
    tg_writer_destroy(&side->writer);
    tg_queue_destroy(&side->queue);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    bool found;

    busy = NULL; /* or one that is stopped would never end */
    limit_files(RLIM_INFINITY);
    tg_keep_close(&world->keep, true);
    for (size_t i = 0; i < PAIR; i++)
        stop(&world->sides[i]);
    if (tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &world->keep) == 0)
        tg_keep_close(&world->keep, true);
    tmpdir_remove(&world->folder);
    (void)pthread_mutex_destroy(&world->mutex);
    free(world);
    return 0;
}

/* Has the memory of the log's name, as another process has it that writes the log. */
static void take(struct world *world)
{
    bool found;

    assert_int_equal(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &world->keep), 0);
}

static void start(struct world *world, struct side *side, const char *boot, bool kept, bool waits)
{
    const struct tg_observer observer = {"res1.example.net", boot};
    struct tg_keep *keep = NULL;
    size_t adopted;
    bool found;

    if (kept) {
        assert_int_equal(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep), 0);
        assert_int_equal(tg_queue_create_in(
                             CAPACITY, tg_series_parse(boot), found, &keep, &adopted, &side->queue),
            TG_OK);
    } else {
        assert_int_equal(tg_queue_create(CAPACITY, &side->queue), TG_OK);
    }
    assert_int_equal(tg_writer_create(&(struct tg_writer_setup){.path = world->path,
                                          .queue = side->queue,
                                          .observer = &observer,
                                          .say = hear,
                                          .arg = world,
                                          .left_arg = world,
                                          .syslog = world->relays ? world->socket : NULL,
                                          .sync = true,
                                          .waits = waits},
                         &side->writer, NULL),
        TG_OK);
}

static void push(struct side *side, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        push_to(side->queue, i);
}

/* What the log says: each line must be the next one. */
struct reading {
    unsigned lines, lost, crashes;
    char chain[TG_DIGEST_TEXT]; /* of the last line */
    char log[32];
};

static void read_line(struct tg_chain *chain, const char *line, struct reading *r)
{
    json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    json_t *mine = json_object_get(root, "tldguard");
    const json_t *number = json_object_get(json_object_get(root, "event"), "sequence");
    const char *log = json_string_value(json_object_get(mine, "log"));
    uint8_t digest[TG_DIGEST_SIZE];

    assert_non_null(root);
    r->lines++;
    r->lost += (unsigned)json_integer_value(json_object_get(mine, "lost"));
    r->crashes += json_is_true(json_object_get(mine, "crash")) ? 1 : 0;
    assert_int_equal(json_integer_value(number), r->lines + r->lost);
    assert_string_equal(json_string_value(json_object_get(mine, "chain")), r->chain);
    if (r->lines > 1)
        assert_string_equal(log, r->log);
    (void)snprintf(r->log, sizeof(r->log), "%s", log);
    tg_chain_digest(chain, line, strlen(line), digest);
    (void)tg_digest_text(digest, r->chain);
    json_decref(root);
}

static struct reading read_log(const char *path)
{
    struct reading reading = {.chain = "00000000000000000000000000000000"};
    FILE *file = fopen(path, "re");
    struct tg_chain *chain = NULL;
    char line[TG_EVENT_LINE_MAX];

    assert_non_null(file);
    assert_int_equal(tg_chain_create(&chain), TG_OK);
    while (fgets(line, sizeof(line), file) != NULL)
        read_line(chain, line, &reading);
    tg_chain_destroy(&chain);
    assert_int_equal(fclose(file), 0);
    return reading;
}

/* A log that cannot be opened when its turn comes, after the start was not held for it: when it can
 * be, it goes on as it was. */
static void test_opened_late(void **state)
{
    struct world *world = *state;
    struct side *side = &world->sides[0];
    struct reading reading;
    char away[256];

    (void)snprintf(away, sizeof(away), "%s.away", world->path);
    start(world, side, "00000000000000a1", true, false);
    push(side, 5);
    stop(side);
    assert_int_equal(rename(world->path, away), 0);
    assert_int_equal(mkdir(world->path, 0755), 0);
    take(world);
    start(world, side, "00000000000000a2", false, true);
    push(side, 5);
    tg_keep_close(&world->keep, true);
    AWAIT(heard(world, "it is a folder"));
    assert_int_equal(rmdir(world->path), 0);
    assert_int_equal(rename(away, world->path), 0);
    AWAIT(tg_queue_released(side->queue) == 5);
    stop(side);
    reading = read_log(world->path);
    assert_true(reading.lines == 10 && reading.lost == 0 && reading.crashes == 0);
    assert_string_equal(reading.log, "00000000000000a1");
}

/* Two that write one log in turns, each with events that came while the other wrote. */
static void test_turns(void **state)
{
    static const char *const boots[PAIR] = {"00000000000000a2", "00000000000000a3"};
    struct world *world = *state;
    struct reading reading;

    take(world);
    for (unsigned i = 0; i < PAIR; i++)
        start(world, &world->sides[i], boots[i], false, true);
    tg_keep_close(&world->keep, true);
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < PAIR; i++)
            push(&world->sides[i], 3 + round % 3);
        for (unsigned i = 0; i < PAIR; i++)
            AWAIT(
                tg_queue_released(world->sides[i].queue) == tg_queue_taken(world->sides[i].queue));
    }
    for (unsigned i = 0; i < PAIR; i++)
        stop(&world->sides[i]);
    reading = read_log(world->path);
    assert_int_equal(reading.lines, 2 * (3 + 4 + 5 + 3 + 4 + 5 + 3 + 4));
    assert_true(reading.lost == 0 && reading.crashes == 0);
}

static bool has_written(const struct side *side)
{
    return tg_queue_released(side->queue) == tg_queue_taken(side->queue);
}

/* One that always has something to write lets the other by all the same. */
static void test_busy_turns(void **state)
{
    static const char *const boots[PAIR] = {"00000000000000a2", "00000000000000a3"};
    struct world *world = *state;
    struct reading reading;

    take(world);
    for (unsigned i = 0; i < PAIR; i++)
        start(world, &world->sides[i], boots[i], false, true);
    tg_keep_close(&world->keep, true);
    busy = world->sides[0].queue;
    push(&world->sides[0], 1);
    AWAIT(tg_queue_released(busy) > 0); /* it has the turn */
    push(&world->sides[1], 5);
    AWAIT(has_written(&world->sides[1]));
    busy = NULL;
    for (unsigned i = 0; i < PAIR; i++)
        stop(&world->sides[i]);
    reading = read_log(world->path);
    assert_true(reading.lines > 6 && reading.lost == 0 && reading.crashes == 0);
}

/* That the machine stopped is told by the next line, however many starts come before it. */
static void test_crash_untold(void **state)
{
    struct world *world = *state;

    for (unsigned kept = 0; kept < 2; kept++) {
        struct reading reading;

        (void)unlink(world->path);
        (void)unlink(world->state);
        start(world, &world->sides[0], "00000000000000a1", kept != 0, false);
        push(&world->sides[0], 3);
        stop(&world->sides[0]);
        assert_int_equal(unlink(world->state), 0);
        for (unsigned i = 0; i < 2; i++) {
            start(world, &world->sides[0], "00000000000000a2", kept != 0, false);
            stop(&world->sides[0]);
        }
        start(world, &world->sides[0], "00000000000000a3", kept != 0, false);
        push(&world->sides[0], 3);
        stop(&world->sides[0]);
        reading = read_log(world->path);
        assert_true(reading.lines == 6 && reading.crashes == 1);
    }
}

/* Stopped with a batch half written: what is counted is what there is. */
static void test_stopped_in_batch(void **state)
{
    struct world *world = *state;
    struct side *side = &world->sides[0];

    for (unsigned kept = 0; kept < 2; kept++) {
        struct tg_writer_stats stats;

        start(world, side, "00000000000000a1", kept != 0, false);
        limit_files(DISK);
        push(side, 40);
        AWAIT((tg_writer_stats(side->writer, &stats), stats.failing && stats.written > 0));
        tg_writer_stop(side->writer);
        tg_writer_stats(side->writer, &stats);
        assert_true(stats.written > 0 && stats.written < 40);
        assert_int_equal(stats.waiting, kept != 0 ? 40 - stats.written : 0);
        assert_int_equal(stats.lost, kept != 0 ? 0 : 40 - stats.written);
        stop(side);
        limit_files(RLIM_INFINITY);
        assert_int_equal(unlink(world->path), 0);
    }
}

/* A disk that takes lines, but cannot force them: none is lost for that, nor is the log slower. */
static void test_unforced(void **state)
{
    struct world *world = *state;
    struct side *side = &world->sides[0];
    struct tg_writer_stats stats;
    struct reading reading;

    start(world, side, "00000000000000a1", false, false);
    sync_error = EIO;
    push(side, CAPACITY);
    tg_writer_stop(side->writer);
    tg_writer_stats(side->writer, &stats);
    assert_true(stats.lost == 0 && stats.waiting == 0 && stats.written == CAPACITY);
    assert_true(stats.failing && stats.last_errno == EIO);
    assert_true(heard(world, "cannot be forced to the disk: Input/output error"));
    assert_false(heard(world, "stopped while it could not be written"));
    assert_false(heard(world, "written again"));
    stop(side);
    reading = read_log(world->path);
    assert_true(reading.lines == CAPACITY && reading.lost == 0);
    start(world, side, "00000000000000a2", false, false);
    push(side, 1);
    AWAIT((tg_writer_stats(side->writer, &stats), stats.failing));
    sync_error = 0;
    push(side, 1);
    AWAIT(heard(world, "forced to the disk again"));
}

/* One that was left behind and cannot write does not say that it has. */
static void test_left_full(void **state)
{
    struct world *world = *state;
    struct side *side = &world->sides[0];
    struct tg_keep *keep = NULL;
    bool found = false;

    start(world, side, "00000000000000a1", true, false);
    full = true;
    push(side, 40);
    AWAIT(heard(world, "No space left"));
    held = true;
    AWAIT(holds);
    assert_false(tg_writer_stop_within(side->writer, 50));
    tg_writer_leave(&side->writer, &side->queue);
    held = false;
    AWAIT(heard(world, "40 events wait in memory for the next start"));
    AWAIT(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep) == 0);
    tg_keep_close(&keep, false);
    assert_true(found);
    assert_false(heard(world, "left behind are written"));
}

/* A receiver that reads nothing is not waited for when the queue fills up. */
static void test_relay_full(void **state)
{
    struct world *world = *state;
    struct side *side = &world->sides[0];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int small = 1;

    assert_true(fd >= 0);
    assert_true(strlen(world->socket) < sizeof(address.sun_path));
    memcpy(address.sun_path, world->socket, strlen(world->socket));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    world->relays = true;
    polls = 0;
    hasty = 0;
    take(world);
    start(world, side, "00000000000000a1", false, true);
    push(side, CAPACITY);
    pile = side->queue;
    tg_keep_close(&world->keep, true);
    AWAIT(tg_queue_released(side->queue) == CAPACITY);
    AWAIT(heard(world, "does not take lines")); /* behind the queue */
    pile = NULL;
    stop(side);
    assert_int_equal(hasty, 0);
    assert_true(polls <= 2); /* of some thousand lines */
    assert_int_equal(close(fd), 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_opened_late),
        WORLD_TEST(test_turns),
        WORLD_TEST(test_busy_turns),
        WORLD_TEST(test_crash_untold),
        WORLD_TEST(test_stopped_in_batch),
        WORLD_TEST(test_unforced),
        WORLD_TEST(test_left_full),
        WORLD_TEST(test_relay_full),
    };

    return cmocka_run_group_tests_name("writers of one log", tests, NULL, NULL);
}
