/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* How a log goes on: over restarts, crashes, and what befalls its files meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/chain.h"
#include "module/writer.h"
#include "tests/support/await.h"
#include "tests/support/tmpdir.h"

#define CAPACITY 256u

/* One test's log. */
struct world {
    struct tmpdir folder;
    char path[128];
    char state[128];
    struct tg_queue *queue;
    struct tg_writer *writer;
    size_t adopted;
    const char *hostname; /* NULL: as usual */
    char said[4096];
};

static void hear(void *arg, const char *text)
{
    struct world *world = arg;

    (void)strncat(world->said, text, sizeof(world->said) - strlen(world->said) - 1);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    tmpdir_create(&world->folder);
    (void)tmpdir_file(&world->folder, "block.jsonl", world->path);
    (void)tmpdir_file(&world->folder, ".block.jsonl.state", world->state);
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

static int tear_down(void **state)
{
    struct world *world = *state;
    struct tg_keep *keep = NULL;
    bool found;

    limit_files(RLIM_INFINITY);
    tg_writer_destroy(&world->writer);
    tg_queue_destroy(&world->queue);
    if (tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep) == 0)
        tg_keep_close(&keep, true);
    tmpdir_remove(&world->folder);
    free(world);
    return 0;
}

static void make_writer(struct world *world, const char *boot, bool waits)
{
    const struct tg_observer observer = {
        world->hostname != NULL ? world->hostname : "res1.example.net", boot};

    assert_int_equal(tg_writer_create(&(struct tg_writer_setup){.path = world->path,
                                          .queue = world->queue,
                                          .observer = &observer,
                                          .say = hear,
                                          .arg = world,
                                          .left_arg = world,
                                          .sync = true,
                                          .waits = waits},
                         &world->writer, NULL),
        TG_OK);
}

/* A start of the module; kept: its queue is in memory that a crash leaves behind. */
static void start(struct world *world, const char *boot, bool kept)
{
    struct tg_keep *keep = NULL;
    bool found = false;

    if (kept) {
        assert_int_equal(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep), 0);
        assert_int_equal(tg_queue_create_in(CAPACITY, tg_series_parse(boot), found, &keep,
                             &world->adopted, &world->queue),
            TG_OK);
    } else {
        assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
    }
    make_writer(world, boot, false);
}

static void stop(struct world *world)
{
    tg_writer_destroy(&world->writer);
    tg_queue_destroy(&world->queue);
}

/* Each event has a number of its own in the field serial. */
static bool push(struct world *world, uint32_t number)
{
    static const uint8_t qname[] = "\4army\2ml";
    struct tg_event *event = tg_queue_claim(world->queue);

    if (event == NULL)
        return false;
    *event = (struct tg_event){.serial = number, .qtype = 15, .qclass = 1, .family = 4};
    event->owner_at = 5;
    event->qname_len = sizeof(qname);
    memcpy(event->qname, qname, sizeof(qname));
    tg_queue_commit(world->queue, event);
    return true;
}

static void push_some(struct world *world, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_true(push(world, first + i));
}

/* What some files of a log say, one after the other. */
struct reading {
    uint64_t lines, lost, crashes, unlinked; /* unlinked: the chain does not fit */
    uint64_t sequence;                       /* of the last line */
    uint32_t serial;                         /* of the last event; each must be the next one */
    unsigned broken, boots;
    bool any_order; /* serial may be any */
    char boot[32];
    char log[32];
    char chain[TG_DIGEST_TEXT]; /* of the last line; "": it is not known */
};

static const char *text_at(json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(root, "tldguard"), key));

    return text != NULL ? text : "";
}

static void read_line(struct tg_chain *chain, const char *line, size_t len, struct reading *r)
{
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    json_t *mine = json_object_get(root, "tldguard");
    const json_int_t lost = json_integer_value(json_object_get(mine, "lost"));
    uint8_t digest[TG_DIGEST_SIZE];

    if (root == NULL) {
        r->broken++;
        return;
    }
    r->lines++;
    r->lost += (uint64_t)lost;
    r->crashes += json_is_true(json_object_get(mine, "crash")) ? 1 : 0;
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(root, "event"), "sequence")),
        (json_int_t)r->sequence + lost + 1);
    r->sequence += (uint64_t)lost + 1;
    if (json_object_get(mine, "serial") != NULL && !r->any_order)
        assert_int_equal(json_integer_value(json_object_get(mine, "serial")), ++r->serial);
    if (r->chain[0] != '\0' && strcmp(r->chain, text_at(root, "chain")) != 0)
        r->unlinked++;
    r->boots += strcmp(r->boot, text_at(root, "boot")) != 0 ? 1 : 0;
    (void)snprintf(r->boot, sizeof(r->boot), "%s", text_at(root, "boot"));
    (void)snprintf(r->log, sizeof(r->log), "%s", text_at(root, "log"));
    tg_chain_digest(chain, line, len, digest);
    (void)tg_digest_text(digest, r->chain);
    json_decref(root);
}

/* Returns the length of the half line at the end. */
static size_t read_log(const char *path, struct reading *reading)
{
    FILE *file = fopen(path, "re");
    struct tg_chain *chain = NULL;
    char *line = NULL;
    size_t cap = 0, half = 0;
    ssize_t len;

    assert_non_null(file);
    assert_int_equal(tg_chain_create(&chain), TG_OK);
    while ((len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            read_line(chain, line, (size_t)len, reading);
        else
            half = (size_t)len;
    }
    free(line);
    tg_chain_destroy(&chain);
    assert_int_equal(fclose(file), 0);
    return half;
}

#define FRESH                                       \
    {                                               \
        .chain = "00000000000000000000000000000000" \
    }

/* A restart: the numbers, the chain and the name of the log go on, whatever the queue is in. */
static void test_restart(void **state)
{
    static const char *const boots[] = {
        "00000000000000a1", "00000000000000a2", "00000000000000a3", "00000000000000a4"};
    struct world *world = *state;
    struct reading reading = FRESH;

    for (unsigned i = 0; i < 4; i++) {
        start(world, boots[i], i % 2 == 0);
        push_some(world, 1 + 10 * i, 10);
        stop(world);
        assert_int_equal(world->adopted, 0);
        assert_false(tg_keep_is_taken(world->path));
    }
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 40 && reading.lost == 0 && reading.broken == 0);
    assert_true(reading.crashes == 0 && reading.unlinked == 0 && reading.boots == 4);
    assert_string_equal(reading.log, "00000000000000a1"); /* of the start that has begun it */
    assert_string_equal(world->said, "");
}

/* A log that was moved away, while the module ran or while it did not. */
static void test_moved_away(void **state)
{
    struct world *world = *state;
    struct reading reading = FRESH;
    char old[2][256];

    for (unsigned i = 0; i < 2; i++)
        (void)snprintf(old[i], sizeof(old[i]), "%s.%u", world->path, i);
    start(world, "00000000000000a1", true);
    push_some(world, 1, 10);
    AWAIT(tg_queue_released(world->queue) == 10);
    assert_int_equal(rename(world->path, old[0]), 0);
    push_some(world, 11, 10);
    stop(world);
    assert_int_equal(rename(world->path, old[1]), 0);
    start(world, "00000000000000a2", true);
    push_some(world, 21, 10);
    stop(world);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(read_log(old[i], &reading), 0);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 30 && reading.lost == 0 && reading.unlinked == 0);
    assert_int_equal(reading.crashes, 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static off_t size_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_size : -1;
}

/*
 * The machine stopped: memory is gone, and the file beside the log says that nobody has come to
 * an end. The next line says so. Half a line is one event that is lost, at least.
 */
static void test_machine_stopped(void **state)
{
    static const struct {
        const char *beside; /* NULL: as it is left; else what is in the file */
        off_t cut;          /* so much of the log's end was not on the disk */
        uint64_t crashes, lost, broken;
    } cases[] = {
        {"{\"log\":\"00000000000000a1\",\"sequence\":0,\"chain\":"
         "\"00000000000000000000000000000000\",\"clean\":0}\n",
            0, 1, 0, 0},
        {"{\"log\":\"00000000000000a1\",\"sequence\":0,\"chain\":"
         "\"00000000000000000000000000000000\",\"clean\":0}\n",
            20, 1, 1, 1},
        {"", 0, 1, 0, 0},                                              /* nor that */
        {"{\"log\":\"x\"}\n", 0, 1, 0, 0},                             /* none of ours */
        {"{\"log\":\"00000000000000a1\",\"sequence\":1}", 0, 1, 0, 0}, /* cut */
        {NULL, 0, 0, 0, 0},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading = FRESH;

        (void)unlink(world->path);
        (void)unlink(world->state);
        start(world, "00000000000000a1", false);
        push_some(world, 1, 10);
        stop(world);
        if (cases[i].beside != NULL)
            write_file(world->state, cases[i].beside);
        if (cases[i].cut > 0)
            assert_int_equal(truncate(world->path, size_of(world->path) - cases[i].cut), 0);
        /* A start without an event does not take back what is to be told. */
        start(world, "00000000000000a2", false);
        stop(world);
        start(world, "00000000000000a3", false);
        push_some(world, 11 - (cases[i].cut > 0 ? 1 : 0), 5);
        stop(world);
        assert_int_equal(read_log(world->path, &reading), 0);
        assert_int_equal(reading.crashes, cases[i].crashes);
        assert_int_equal(reading.lost, cases[i].lost);
        assert_int_equal(reading.broken, cases[i].broken);
        assert_int_equal(reading.unlinked, 0);
        assert_string_equal(reading.log, "00000000000000a1");
    }
}

/* Another log in its place: it goes on as the file beside it says. */
static void test_foreign_log(void **state)
{
    struct world *world = *state;
    char line[4096] = "";
    FILE *file;

    start(world, "00000000000000a1", false);
    push_some(world, 1, 3);
    stop(world);
    write_file(world->path, "{\"event\":{\"sequence\":77},\"tldguard\":{\"log\":\"b7\"}}\n");
    start(world, "00000000000000a2", false);
    push_some(world, 4, 1);
    stop(world);
    file = fopen(world->path, "re");
    assert_non_null(file);
    for (unsigned i = 0; i < 2; i++)
        assert_non_null(fgets(line, sizeof(line), file));
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(line, "\"sequence\":4}"));
    assert_non_null(strstr(line, "\"log\":\"00000000000000a1\""));
}

/* The file beside the log cannot be written: that is said, once, and nothing else comes of it. */
static void test_no_state(void **state)
{
    struct world *world = *state;
    struct reading reading = FRESH;

    assert_int_equal(mkdir(world->state, 0755), 0);
    start(world, "00000000000000a1", false);
    push_some(world, 1, 3);
    stop(world);
    start(world, "00000000000000a2", false);
    push_some(world, 4, 3);
    stop(world);
    assert_non_null(strstr(world->said, "the file .state beside it cannot be written"));
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 6 && reading.crashes == 1 && reading.unlinked == 0);
    assert_int_equal(rmdir(world->state), 0);
}

/* What a process did before it was killed, as its parent sees it. */
struct deed {
    _Atomic uint32_t pushed; /* committed */
    _Atomic bool ready;
};

static struct deed *share(void)
{
    struct deed *deed =
        mmap(NULL, sizeof(*deed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(deed != MAP_FAILED);
    return deed;
}

/* Runs it in a process that is then killed in the middle of it. */
static void run_and_kill(
    struct world *world, struct deed *deed, void (*run)(struct world *, struct deed *))
{
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        run(world, deed);
        for (;;)
            (void)pause();
    }
    AWAIT(deed->ready);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Nothing of the queue is written yet; one thread was filling a record. */
static void leave_unwritten(struct world *world, struct deed *deed)
{
    struct tg_keep *keep = NULL;
    bool found;

    if (tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep) != 0 ||
        tg_queue_create_in(CAPACITY, 0xa1, found, &keep, &world->adopted, &world->queue) != TG_OK)
        _exit(1);
    for (uint32_t i = 1; i <= 100; i++)
        (void)push(world, i);
    (void)tg_queue_claim(world->queue);
    (void)push(world, 101);
    while (push(world, 102))
        ;
    deed->ready = true;
}

/* What was in the queue is written by the next start, as what it was; what was being filled, and
 * what the queue did not take, is lost, and told where it is missing. */
static void test_killed_unwritten(void **state)
{
    struct world *world = *state;
    struct tg_writer_stats stats;
    struct deed *deed = share();
    FILE *file;
    char line[4096];
    unsigned of_a1 = 0;

    run_and_kill(world, deed, leave_unwritten);
    start(world, "00000000000000a2", true);
    assert_int_equal(world->adopted, CAPACITY);
    AWAIT(tg_queue_released(world->queue) == CAPACITY);
    tg_writer_stats(world->writer, &stats);
    assert_int_equal(stats.written, CAPACITY - 1);
    assert_int_equal(stats.lost, 2); /* a void one, and one that was refused */
    push_some(world, 103, 1);
    stop(world);
    file = fopen(world->path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        of_a1 += strstr(line, "\"boot\":\"00000000000000a1\"") != NULL ? 1 : 0;
        if (strstr(line, "\"serial\":101,") != NULL)
            assert_non_null(strstr(line, "\"lost\":1,"));
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(of_a1, CAPACITY - 1);
    assert_int_equal(munmap(deed, sizeof(*deed)), 0);
}

#define DISK 10010 /* bytes; not a multiple of a line */

/* The disk took half a line. */
static void leave_half_line(struct world *world, struct deed *deed)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    start(world, "00000000000000a1", true);
    limit_files(DISK);
    for (uint32_t i = 1; i <= 40; i++)
        (void)push(world, i);
    AWAIT(size_of(world->path) == DISK);
    deed->ready = true;
}

/* Half a line is completed by the next start: no reader ever finds it torn. */
static void test_killed_in_line(void **state)
{
    struct world *world = *state;
    struct reading reading = FRESH;
    struct deed *deed = share();

    run_and_kill(world, deed, leave_half_line);
    assert_int_equal(size_of(world->path), DISK);
    assert_true(read_log(world->path, &reading) > 0);
    start(world, "00000000000000a2", true);
    push_some(world, 41, 1);
    stop(world);
    reading = (struct reading)FRESH;
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 41 && reading.broken == 0 && reading.lost == 0);
    assert_true(reading.unlinked == 0 && reading.crashes == 0 && reading.boots == 2);
    assert_int_equal(munmap(deed, sizeof(*deed)), 0);
}

/* The same, but somebody has moved the log away since, or has written to it, or the host has
 * another name: each event has one whole line still. */
static void test_killed_and_changed(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < 3; i++) {
        struct reading reading = FRESH;
        struct deed *deed = share();
        char old[256];
        FILE *file;

        (void)snprintf(old, sizeof(old), "%s.old", world->path);
        (void)unlink(world->path);
        (void)unlink(world->state);
        run_and_kill(world, deed, leave_half_line);
        if (i == 0) {
            assert_int_equal(rename(world->path, old), 0);
        } else if (i == 1) {
            file = fopen(world->path, "ae");
            assert_non_null(file);
            assert_true(fputs("somebody's words\n", file) > 0);
            assert_int_equal(fclose(file), 0);
        }
        world->hostname = i == 2 ? "another.example.net" : NULL;
        start(world, "00000000000000a2", true);
        stop(world);
        if (i == 0)
            assert_true(read_log(old, &reading) > 0);
        assert_int_equal(read_log(world->path, &reading), 0);
        assert_int_equal(reading.lines, 40);
        assert_int_equal(reading.broken, i == 0 ? 0 : 1); /* the half line, and what it got */
        assert_true(reading.unlinked == 0 && reading.crashes == 0 && reading.lost == 0);
        assert_int_equal(munmap(deed, sizeof(*deed)), 0);
    }
}

/* Stopped while the disk is full: events wait in memory, and the next start writes them. */
static void test_stopped_full(void **state)
{
    struct world *world = *state;
    struct reading reading = FRESH;
    struct tg_writer_stats stats;

    start(world, "00000000000000a1", true);
    limit_files(DISK);
    push_some(world, 1, 40);
    AWAIT((tg_writer_stats(world->writer, &stats), stats.failing));
    tg_writer_stop(world->writer);
    tg_writer_stats(world->writer, &stats);
    assert_true(stats.lost == 0 && stats.written > 0 && stats.written < 40);
    assert_non_null(strstr(world->said, "events wait in memory for the next start; 0 were lost"));
    stop(world);
    limit_files(RLIM_INFINITY);
    start(world, "00000000000000a2", true);
    assert_true(world->adopted > 0);
    push_some(world, 41, 1);
    stop(world);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 41 && reading.broken == 0 && reading.lost == 0);
    assert_true(reading.unlinked == 0 && reading.crashes == 0);
}

/* Who has the memory of the log's name may write to it still: it is waited for. */
static void test_waits(void **state)
{
    struct world *world = *state;
    struct reading reading = {.chain = "00000000000000000000000000000000", .any_order = true};
    struct tg_keep *keep = NULL;
    bool found;

    assert_int_equal(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
        make_writer(world, i == 0 ? "00000000000000a2" : "00000000000000a3", true);
        assert_non_null(strstr(world->said, "is still being written"));
        push_some(world, 1 + 3 * i, 3);
        assert_int_equal(access(world->path, F_OK), -1);
        if (i == 0) { /* it is told to end first: it waits nevertheless */
            assert_false(tg_writer_stop_within(world->writer, 50));
            tg_writer_leave(&world->writer, &world->queue);
        }
    }
    tg_keep_close(&keep, true);
    AWAIT(tg_queue_released(world->queue) == 3);
    stop(world);
    AWAIT(strstr(world->said, "the 3 events left behind are written") != NULL);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 6 && reading.unlinked == 0);
    assert_false(tg_keep_is_taken(world->path));
}

/* Pushes as fast as the log is written, until it is killed. */
static void push_until_killed(struct world *world, struct deed *deed)
{
    start(world, "00000000000000a1", true);
    deed->ready = true;
    for (uint32_t i = deed->pushed + 1;;) {
        struct tg_event *event;

        if (tg_queue_taken(world->queue) - tg_queue_released(world->queue) == CAPACITY)
            continue;
        event = tg_queue_claim(world->queue);
        *event = (struct tg_event){.serial = i, .qtype = 15, .qclass = 1};
        deed->pushed = i; /* before: a commit that was not counted would be one too many */
        tg_queue_commit(world->queue, event);
        i++;
    }
}

/* Killed at any moment, fifty times: each event that was committed is there once, in order, by a
 * whole line; one that was not is the last of its round, and told as lost. */
static void test_killed_often(void **state)
{
    struct world *world = *state;
    struct deed *deed = share();
    FILE *file;
    char line[TG_EVENT_LINE_MAX];
    uint64_t sequence = 0, serial = 0;

    for (unsigned round = 0; round < 50; round++) {
        const time_t until = await_now() + AWAIT_SECONDS;
        const uint32_t before = deed->pushed;
        const pid_t child = fork();

        assert_true(child >= 0);
        deed->ready = false;
        if (child == 0)
            push_until_killed(world, deed);
        while (deed->pushed < before + 20 + 61 * round % 700)
            assert_true(await_now() < until);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    start(world, "00000000000000a9", true);
    stop(world);
    file = fopen(world->path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        json_t *mine = json_object_get(root, "tldguard");
        const uint64_t lost = (uint64_t)json_integer_value(json_object_get(mine, "lost"));
        const json_t *number = json_object_get(json_object_get(root, "event"), "sequence");

        assert_non_null(root);
        assert_true(lost <= 1);
        sequence += lost + 1;
        assert_int_equal(json_integer_value(number), sequence);
        if (json_object_get(mine, "serial") != NULL) {
            /* One that was being filled leaves out its number, or does not. */
            const uint64_t at = (uint64_t)json_integer_value(json_object_get(mine, "serial"));

            assert_true(at == serial + 1 || (lost == 1 && at == serial + 2));
            serial = at;
        }
        json_decref(root);
    }
    assert_int_equal(fclose(file), 0);
    assert_true(serial == deed->pushed || serial + 1 == deed->pushed);
    print_message("%u events, killed 50 times\n", deed->pushed);
    assert_int_equal(munmap(deed, sizeof(*deed)), 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_restart),
        WORLD_TEST(test_moved_away),
        WORLD_TEST(test_machine_stopped),
        WORLD_TEST(test_foreign_log),
        WORLD_TEST(test_no_state),
        WORLD_TEST(test_killed_unwritten),
        WORLD_TEST(test_killed_in_line),
        WORLD_TEST(test_killed_and_changed),
        WORLD_TEST(test_stopped_full),
        WORLD_TEST(test_waits),
        WORLD_TEST(test_killed_often),
    };

    return cmocka_run_group_tests_name("a log that goes on", tests, NULL, NULL);
}
