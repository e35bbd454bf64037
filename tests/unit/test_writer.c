/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "module/writer.h"
#include "tests/support/await.h"
#include "tests/support/oom.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CAPACITY        64u
#define NOBODY          65534

static const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};

/* One test's folder, queue and writer, and what the writer said. */
struct world {
    char folder[64];
    char path[128];
    struct tg_queue *queue;
    struct tg_writer *writer;
    uint32_t pushed; /* taken by the queue */
    pthread_mutex_t mutex;
    unsigned said;
    char last[1024];
    char all[4096];
};

static void hear(void *arg, const char *text)
{
    struct world *world = arg;

    (void)pthread_mutex_lock(&world->mutex);
    world->said++;
    (void)snprintf(world->last, sizeof(world->last), "%s", text);
    (void)strncat(world->all, text, sizeof(world->all) - strlen(world->all) - 1);
    (void)pthread_mutex_unlock(&world->mutex);
}

static unsigned said(struct world *world)
{
    unsigned count;

    (void)pthread_mutex_lock(&world->mutex);
    count = world->said;
    (void)pthread_mutex_unlock(&world->mutex);
    return count;
}

/* Whether the last thing that was said holds these words. */
static bool heard_last(struct world *world, const char *words)
{
    bool heard;

    (void)pthread_mutex_lock(&world->mutex);
    heard = strstr(world->last, words) != NULL;
    (void)pthread_mutex_unlock(&world->mutex);
    return heard;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    const char *base = getenv("TMPDIR");

    assert_non_null(world);
    (void)snprintf(world->folder, sizeof(world->folder), "%.40s/tldguard-XXXXXX",
        base != NULL && strlen(base) < 40 ? base : "/tmp");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(chmod(world->folder, 0755), 0);
    (void)snprintf(world->path, sizeof(world->path), "%s/block.jsonl", world->folder);
    assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
    assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
    *state = world;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
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

    limit_files(RLIM_INFINITY);
    tg_writer_destroy(&world->writer);
    tg_queue_destroy(&world->queue);
    (void)pthread_mutex_destroy(&world->mutex);
    (void)nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

static void start(struct world *world)
{
    const struct tg_writer_setup setup = {.path = world->path,
        .queue = world->queue,
        .observer = &observer,
        .say = hear,
        .arg = world};

    assert_int_equal(tg_writer_create(&setup, &world->writer, NULL), TG_OK);
}

/* Each event has its number in the field serial. */
static bool push(struct world *world)
{
    static const uint8_t qname[] = "\4army\2ml";
    static const uint8_t twin[] = "\4army\3mil";
    struct tg_event *event = tg_queue_claim(world->queue);

    if (event == NULL)
        return false;
    *event = (struct tg_event){.serial = world->pushed + 1, .qtype = 15, .qclass = 1, .family = 4};
    event->owner_at = 5;
    event->qname_len = sizeof(qname);
    event->twin_len = sizeof(twin);
    memcpy(event->qname, qname, sizeof(qname));
    memcpy(event->twin, twin, sizeof(twin));
    tg_queue_commit(world->queue, event);
    world->pushed++;
    return true;
}

static struct tg_writer_stats stats_of(const struct world *world)
{
    struct tg_writer_stats stats;

    tg_writer_stats(world->writer, &stats);
    return stats;
}

/* A batch is in the file a moment before the queue has its room back. */
static bool has_room(const struct world *world)
{
    return tg_queue_taken(world->queue) == tg_queue_released(world->queue);
}

/* What a log says, over one or more files in their order. */
struct reading {
    uint64_t lines;      /* events */
    uint64_t lost;       /* sum of tldguard.lost */
    uint64_t lost_lines; /* of event.action events-lost */
    uint64_t sequence;   /* of the last line */
    uint64_t serial;     /* of the last event */
    unsigned broken;     /* lines that are not JSON */
};

static json_int_t number_at(json_t *root, const char *object, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(root, object), key));
}

/* Checks what holds for each line: the next event, and a gap as large as the loss it tells. */
static void read_line(const char *line, size_t len, struct reading *reading)
{
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    const char *action;
    uint64_t lost;

    if (root == NULL) {
        reading->broken++;
        return;
    }
    action = json_string_value(json_object_get(json_object_get(root, "event"), "action"));
    lost = (uint64_t)number_at(root, "tldguard", "lost");
    assert_int_equal(number_at(root, "event", "sequence"), reading->sequence + lost + 1);
    reading->sequence += lost + 1;
    reading->lost += lost;
    if (strcmp(action, "events-lost") == 0) {
        reading->lost_lines++;
    } else {
        assert_int_equal(number_at(root, "tldguard", "serial"), reading->serial + 1);
        reading->serial++;
        reading->lines++;
    }
    json_decref(root);
}

/* Returns the length of the half line at the end; 0 when all lines are whole. */
static size_t read_log(const char *path, struct reading *reading)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    size_t half = 0;

    assert_non_null(file);
    while ((len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            read_line(line, (size_t)len, reading);
        else
            half = (size_t)len;
    }
    free(line);
    assert_int_equal(fclose(file), 0);
    return half;
}

/* The lines that are not JSON: for a file that two writers, each with its sequence, wrote. */
static unsigned count_broken(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[TG_EVENT_LINE_MAX];
    unsigned broken = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        json_t *root = json_loads(line, 0, NULL);

        broken += root == NULL ? 1 : 0;
        json_decref(root);
    }
    assert_int_equal(fclose(file), 0);
    return broken;
}

static off_t size_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_size : -1;
}

/* A new file gets mode 0640; events come in order, and all that is queued is written at the end. */
static void test_writes(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    struct stat status;
    struct tg_writer_stats stats;
    const mode_t mask = umask(022);

    start(world);
    (void)umask(mask);
    assert_int_equal(stat(world->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    stats = stats_of(world);
    assert_true(stats.written == 0 && stats.lost == 0 && stats.errors == 0);
    assert_true(stats.last_errno == 0 && !stats.failing);
    assert_true(tg_writer_memory(world->writer) > 65536);
    assert_true(push(world));
    AWAIT(stats_of(world).written == 1); /* without being told that something is there */
    for (unsigned i = 1; i < 1000; i++) {
        AWAIT(tg_queue_taken(world->queue) - tg_queue_released(world->queue) < CAPACITY);
        assert_true(push(world));
    }
    tg_writer_stop(world->writer);
    assert_int_equal(stats_of(world).written, 1000);
    tg_writer_stop(world->writer); /* a second time: nothing */
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == 1000 && reading.lost == 0 && reading.broken == 0);
    assert_int_equal(said(world), 0);
}

static void test_destroy_null(void **state)
{
    struct tg_writer *none = NULL;

    (void)state;
    tg_writer_destroy(NULL);
    tg_writer_destroy(&none);
    assert_null(none);
}

/* No memory: said so, nothing runs, *out is left alone. */
static void test_out_of_memory(void **state)
{
    struct world *world = *state;
    struct tg_writer *const untouched = (struct tg_writer *)(uintptr_t)1;
    struct tg_writer *writer = untouched;
    const struct tg_writer_setup setup = {
        .path = world->path, .queue = world->queue, .observer = &observer};
    enum tg_status status = TG_ENOMEM;

    for (size_t n = 1; status != TG_OK || oom_fired(); n++) {
        oom_fail_at(n);
        status = tg_writer_create(&setup, &writer, NULL);
        /* The thread does without what it does not get. */
        assert_true(status == TG_OK || (status == TG_ENOMEM && oom_fired()));
        assert_true((writer == untouched) == (status != TG_OK));
        if (status == TG_OK)
            tg_writer_destroy(&writer);
        writer = untouched;
        assert_true(n < 100);
    }
    oom_fail_at(0);
}

static void drop_rights(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(NOBODY), 0);
}

static void regain_rights(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

/* What is not a file we may write is refused, with path and reason; *out is left alone. */
static void test_refused(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name;
        const char *text;
    } cases[] = {
        {"fifo", "cannot write: it is not a regular file"},
        {"folder", "cannot write: it is a folder"},
        {"link", "cannot write: it is a symbolic link; give the path of the file itself"},
        {"dangling", "cannot write: it is a symbolic link; give the path of the file itself"},
        {"/dev/full", "cannot write: it is not a regular file"},
        {"missing/x", "cannot write: the folder does not exist (running as "},
        {"file/x", "cannot write: Not a directory"},
        {"shut/x", "; make the folder writable for that user"},
        {"shut/file", "; make the file readable and writable for that user"},
        {"shut/file", "cannot write: Permission denied (running as "},
    };
    char path[256];
    struct tg_writer *const untouched = (struct tg_writer *)(uintptr_t)1;

    assert_int_equal(chdir(world->folder), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(close(open("file", O_CREAT | O_WRONLY, 0666)), 0);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(mkdir("shut", 0755), 0);
    assert_int_equal(close(open("shut/file", O_CREAT | O_WRONLY, 0444)), 0);
    assert_int_equal(chmod("shut", 0555), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_diags *diags = tg_diags_create();
        struct tg_writer *writer = untouched;
        const bool shut = strncmp(cases[i].name, "shut", 4) == 0;

        (void)snprintf(path, sizeof(path), "%s%s%s", cases[i].name[0] == '/' ? "" : world->folder,
            cases[i].name[0] == '/' ? "" : "/", cases[i].name);
        if (shut)
            drop_rights();
        assert_int_equal(tg_writer_create(
                             &(struct tg_writer_setup){
                                 .path = path, .queue = world->queue, .observer = &observer},
                             &writer, diags),
            TG_EIO);
        if (shut)
            regain_rights();
        assert_ptr_equal(writer, untouched);
        assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 1);
        assert_string_equal(tg_diags_get(diags, 0)->file, path);
        if (strstr(tg_diags_get(diags, 0)->text, cases[i].text) == NULL)
            fail_msg("%s: %s", path, tg_diags_get(diags, 0)->text);
        tg_diags_destroy(&diags);
    }
    assert_int_equal(access("nowhere", F_OK), -1);
    assert_int_equal(chdir("/"), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* What is known of the log beside it. */
static void forget(const struct world *world)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/.block.jsonl.state", world->folder);
    assert_true(unlink(path) == 0 || errno == ENOENT);
}

/* A crash left half a line: the next one does not stick to it. Whole lines, and an empty file,
 * get nothing before ours. */
static void test_torn_file(void **state)
{
    static const struct {
        const char *before;
        unsigned broken;
    } cases[] = {{"{\"@timestamp\":\"20", 1}, {"x\n", 1}, {"", 0}, {"\n", 1}};
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading reading = {0};

        forget(world);
        tg_queue_destroy(&world->queue);
        assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
        write_file(world->path, cases[i].before);
        world->pushed = 0;
        start(world);
        assert_true(push(world));
        tg_writer_destroy(&world->writer);
        assert_null(world->writer);
        assert_int_equal(read_log(world->path, &reading), 0);
        assert_int_equal(reading.broken, cases[i].broken);
        assert_int_equal(reading.lines, 1);
    }
}

static void *push_many(void *arg)
{
    struct world *world = arg;

    for (unsigned i = 0; i < 30000; i++) {
        /* Never over the capacity, so that nothing has a right to be lost. */
        AWAIT(tg_queue_taken(world->queue) - tg_queue_released(world->queue) < CAPACITY);
        if (!push(world))
            break;
    }
    return NULL;
}

/* Renamed again and again under load: each event once, in order, over all the files. */
static void test_rotation(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    pthread_t thread;
    unsigned rotations = 0;
    char old[256];

    start(world);
    assert_int_equal(pthread_create(&thread, NULL, push_many, world), 0);
    while (stats_of(world).written < 29000) {
        (void)snprintf(old, sizeof(old), "%s.%u", world->path, rotations + 1);
        /* What stands beside the log is synced each time. */
        if (rotations < 200 && size_of(world->path) > 0 && rename(world->path, old) == 0)
            rotations++;
        (void)sched_yield();
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    tg_writer_stop(world->writer);
    for (unsigned i = 1; i <= rotations; i++) {
        (void)snprintf(old, sizeof(old), "%s.%u", world->path, i);
        assert_int_equal(read_log(old, &reading), 0);
    }
    if (size_of(world->path) >= 0)
        assert_int_equal(read_log(world->path, &reading), 0);
    print_message("%u rotations\n", rotations);
    assert_true(rotations > 10);
    assert_int_equal(reading.lines, 30000);
    assert_true(reading.lost == 0 && reading.broken == 0);
    assert_int_equal(stats_of(world).errors, 0);
}

/* Deleted: the next event makes a new file. */
static void test_deleted(void **state)
{
    struct world *world = *state;
    struct reading reading = {.sequence = 1, .serial = 1};

    start(world);
    assert_true(push(world));
    AWAIT(stats_of(world).written == 1);
    assert_int_equal(unlink(world->path), 0);
    assert_true(push(world));
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, 1);
}

/* A symbolic link put where the log was is not followed; events wait until it is gone. */
static void test_link_put_there(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    char victim[256];

    (void)snprintf(victim, sizeof(victim), "%s/victim", world->folder);
    start(world);
    assert_int_equal(unlink(world->path), 0);
    assert_int_equal(symlink(victim, world->path), 0);
    assert_true(push(world));
    AWAIT(stats_of(world).errors >= 2);
    assert_int_equal(stats_of(world).last_errno, ELOOP);
    assert_true(stats_of(world).failing);
    assert_int_equal(access(victim, F_OK), -1);
    assert_int_equal(unlink(world->path), 0);
    AWAIT(stats_of(world).written == 1);
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, 1);
    assert_int_equal(said(world), 2); /* not more for more tries */
    assert_non_null(strstr(world->all, "block.jsonl: cannot write: it is a symbolic link"));
    assert_true(heard_last(world, "block.jsonl: written again; 0 events were lost"));
}

#define DISK 20010 /* bytes; not a multiple of a line */

/* A full disk: nothing is torn, what the queue holds is kept, what it does not is counted, told
 * in the next line, and leaves a gap in the sequence just as large. SIGXFSZ, which the kernel
 * sends here, would end the process if the thread took signals. */
static void test_disk_full(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    struct tg_writer_stats stats;

    start(world);
    limit_files(DISK);
    AWAIT((push(world), stats_of(world).failing));
    AWAIT((push(world), tg_queue_lost(world->queue) >= 10));
    AWAIT(stats_of(world).errors >= 2);
    stats = stats_of(world);
    assert_int_equal(stats.last_errno, EFBIG);
    assert_int_equal(size_of(world->path), DISK);
    assert_int_equal(said(world), 1);
    assert_true(heard_last(world, "block.jsonl: cannot write: File too large"));
    limit_files(RLIM_INFINITY);
    AWAIT(stats_of(world).written == world->pushed);
    AWAIT(has_room(world));
    assert_true(push(world));
    AWAIT(stats_of(world).written == world->pushed);
    assert_false(stats_of(world).failing);
    assert_int_equal(said(world), 2);
    assert_true(heard_last(world, "written again;"));
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, world->pushed);
    assert_int_equal(reading.lost, tg_queue_lost(world->queue));
    assert_int_equal(reading.lost_lines, 0); /* the event after the gap told it */
    assert_int_equal(reading.broken, 0);
    assert_int_equal(stats_of(world).lost, tg_queue_lost(world->queue));
}

/* The disk is full in the middle of a line, and the log is deleted to make room: that line is
 * written again, whole, at the start of the new file. */
static void test_deleted_when_full(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    char old[256];
    uint64_t before;

    (void)snprintf(old, sizeof(old), "%s/old", world->folder);
    start(world);
    assert_int_equal(link(world->path, old), 0); /* to look at what was deleted */
    limit_files(DISK);
    for (unsigned i = 0; i < 30; i++)
        assert_true(push(world));
    AWAIT(stats_of(world).failing);
    before = stats_of(world).written;
    assert_true(before > 0 && before < 30);
    assert_int_equal(unlink(world->path), 0);
    AWAIT(stats_of(world).written == 30);
    tg_writer_stop(world->writer);
    assert_true(read_log(old, &reading) > 0);
    assert_int_equal(reading.lines, before);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, 30);
    assert_int_equal(reading.broken, 0);
}

/* Stopped while the disk is full: at once, with every event accounted for; half a line is taken
 * back, so that the next writer starts behind a whole one. */
static void test_stop_when_full(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    struct tg_writer_stats stats;
    time_t began;
    char expected[128];
    off_t whole;

    start(world);
    limit_files(DISK);
    AWAIT((push(world), tg_queue_lost(world->queue) >= 3 && stats_of(world).failing));
    began = await_now();
    tg_writer_stop(world->writer);
    assert_true(await_now() - began <= 2);
    stats = stats_of(world);
    assert_int_equal(stats.written + stats.lost, world->pushed + tg_queue_lost(world->queue));
    assert_int_equal(said(world), 2);
    (void)snprintf(expected, sizeof(expected),
        "stopped while it could not be written; %llu events were lost since the start",
        (unsigned long long)stats.lost);
    assert_true(heard_last(world, expected));
    tg_writer_destroy(&world->writer);
    limit_files(RLIM_INFINITY);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, stats.written);
    whole = size_of(world->path);
    assert_true(whole < DISK);
    /* The next start, with a queue of its own: nothing to write, nothing is touched. */
    tg_queue_destroy(&world->queue);
    assert_int_equal(tg_queue_create(CAPACITY, &world->queue), TG_OK);
    start(world);
    tg_writer_destroy(&world->writer);
    assert_int_equal(size_of(world->path), whole);
    start(world);
    assert_true(push(world));
    tg_writer_destroy(&world->writer);
    assert_int_equal(count_broken(world->path), 0);
}

/* Losses that no event follows: a line of its own, at the end. */
static void test_losses_at_the_end(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};

    for (unsigned i = 0; i < CAPACITY; i++)
        assert_true(push(world));
    for (unsigned i = 0; i < 3; i++)
        assert_false(push(world));
    start(world);
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == CAPACITY && reading.lost_lines == 1 && reading.lost == 3);
    assert_int_equal(stats_of(world).written, CAPACITY); /* of events */
    assert_int_equal(stats_of(world).lost, 3);
}

/* The same, but an event follows: it tells them, and nothing is left to be told. */
static void test_losses_told_by_next(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};

    while (push(world))
        ;
    start(world);
    AWAIT(stats_of(world).written == CAPACITY);
    AWAIT(has_room(world));
    assert_true(push(world));
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == CAPACITY + 1 && reading.lost_lines == 0 && reading.lost == 1);
}

/* Not even that last line can be written: it is said instead. */
static void test_losses_untold(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    char line[TG_EVENT_LINE_MAX];
    struct tg_event event;
    off_t size = 0;

    while (push(world))
        ;
    for (uint64_t i = 1; tg_queue_pop(world->queue, &event, NULL); i++)
        size += (off_t)tg_event_format(&event,
            &(struct tg_stamp){.observer = &observer,
                .sequence = i,
                .series = "0000000069a7bc1f",
                .chain = "0123456789abcdef0123456789abcdef"},
            line);
    world->pushed = 0;
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_true(push(world));
    assert_false(push(world));
    /* The first loss, before these events, is told by the first of them. */
    size += (off_t)strlen(",\"lost\":1");
    for (uint64_t sequence = 1; sequence <= CAPACITY; sequence++)
        size += 2 * (off_t)((sequence == 9) + (sequence == 99)); /* one digit more, twice */
    start(world);
    limit_files((rlim_t)size);
    tg_writer_stop(world->writer);
    limit_files(RLIM_INFINITY);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_true(reading.lines == CAPACITY && reading.lost_lines == 0 && reading.lost == 1);
    assert_int_equal(said(world), 2);
    assert_true(heard_last(world, "2 events were lost since the start"));
    assert_int_equal(stats_of(world).lost, 2);
}

/* Signals of the host's are not taken by our thread: the default action would end the process. */
static void test_no_signals(void **state)
{
    struct world *world = *state;
    const struct timespec at_once = {0, 0};
    sigset_t set;
    sigset_t before;

    start(world);
    assert_int_equal(sigemptyset(&set), 0);
    assert_int_equal(sigaddset(&set, SIGHUP), 0);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_true(push(world));
    AWAIT(stats_of(world).written == 1);
    assert_int_equal(sigtimedwait(&set, NULL, &at_once), SIGHUP);
    /* and the mask of the thread that made the writer is as it was */
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, &set), 0);
    assert_int_equal(sigismember(&set, SIGUSR1), 0);
}

/* A path with a newline cannot forge a line of the resolver's log. */
static void test_forged_path(void **state)
{
    struct world *world = *state;

    (void)snprintf(world->path, sizeof(world->path), "%s/a\nb", world->folder);
    start(world);
    limit_files(10);
    assert_true(push(world));
    AWAIT(stats_of(world).failing);
    tg_writer_stop(world->writer);
    assert_non_null(strstr(world->all, "/a?b: cannot write: "));
    assert_null(strchr(world->all, '\n'));
}

/* Everything is copied: what the caller gave may be gone. No one to talk to is fine. */
static void test_copies(void **state)
{
    struct world *world = *state;
    struct reading reading = {0};
    char path[sizeof(world->path)];
    char hostname[] = "short-lived";
    char boot[] = "12";
    char line[2048] = "";
    FILE *file;

    memcpy(path, world->path, sizeof(path));
    assert_int_equal(tg_writer_create(&(struct tg_writer_setup){.path = path,
                                          .queue = world->queue,
                                          .observer = &(struct tg_observer){hostname, boot}},
                         &world->writer, NULL),
        TG_OK);
    memset(path, 'x', sizeof(path) - 1);
    memset(hostname, 'x', sizeof(hostname) - 1);
    memset(boot, 'x', sizeof(boot) - 1);
    assert_int_equal(unlink(world->path), 0);
    limit_files(10);
    assert_true(push(world));
    AWAIT(stats_of(world).failing);
    limit_files(RLIM_INFINITY);
    tg_writer_stop(world->writer);
    assert_int_equal(read_log(world->path, &reading), 0);
    assert_int_equal(reading.lines, 1);
    file = fopen(world->path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(line, "\"id\":\"short-lived-12-1\""));
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_null),
        WORLD_TEST(test_writes),
        WORLD_TEST(test_out_of_memory),
        WORLD_TEST(test_refused),
        WORLD_TEST(test_torn_file),
        WORLD_TEST(test_rotation),
        WORLD_TEST(test_deleted),
        WORLD_TEST(test_link_put_there),
        WORLD_TEST(test_disk_full),
        WORLD_TEST(test_deleted_when_full),
        WORLD_TEST(test_stop_when_full),
        WORLD_TEST(test_losses_at_the_end),
        WORLD_TEST(test_losses_told_by_next),
        WORLD_TEST(test_losses_untold),
        WORLD_TEST(test_no_signals),
        WORLD_TEST(test_forged_path),
        WORLD_TEST(test_copies),
    };

    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
