/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What writing the log costs: for tests/bench/write.sh, which says what the figures mean.
 * Prints lines FIGURE<tab>VALUE. Usage:
 *   write line KIND                    one line of a kind of event
 *   write parts KIND FILE              nanoseconds a line, of each part alone
 *   write peers KIND FILE              the same, of those who do it otherwise
 *   write file KIND COUNT FILE [sync]  a thread writes so many, and no more are pushed than it can
 *   write paced KIND RATE MS FILE      so many a second
 *   write batches KIND COUNT FILE      so many at once, and then none until they are written
 *   write flood KIND MS FILE           two threads push as fast as they can
 * Exit: 0; 1 an event was lost that had room, or unseen, or a peer has made another line; 2
 * usage; 3 the file cannot be written. Times are processor time of the thread that is measured, the
 * best of some rounds.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "module/chain.h"
#include "module/writer.h"
#include "module/writer_loop.h"
#include "tests/bench/write_events.h"
#include "tests/bench/write_peers.h"

#define ROUNDS    15
#define PER_ROUND 4096
#define RING      16384 /* as the module has it */
#define PACE_NS   200000
#define BATCHES   50

static const char series[] = "6b0253e0cf547756";
static const struct tg_observer observer = {"resolver.example.net", "6b0253e0cf547756"};

static double seconds(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void row(const char *figure, double value)
{
    printf("%s\t%.1f\n", figure, value);
}

static struct tg_stamp stamp_of(uint64_t sequence, const struct tg_letterhead *head)
{
    return (struct tg_stamp){.observer = &observer,
        .sequence = sequence,
        .series = series,
        .head = head,
        .chain = "0123456789abcdef0123456789abcdef"};
}

static int print_line(const struct tg_event *events)
{
    const struct tg_stamp stamp = stamp_of(1042, NULL);
    char line[TG_EVENT_LINE_MAX];

    (void)tg_event_format(&events[0], &stamp, line);
    fputs(line, stdout);
    return 0;
}

static double best_of(double best, double start, size_t count)
{
    const double ns = (seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / (double)count;

    return ns < best ? ns : best;
}

/* How long a line is, and what it takes to make it. */
static size_t measure_rendering(const struct tg_event *events, char line[TG_EVENT_LINE_MAX])
{
    struct tg_letterhead head;
    double best = 1e9;
    size_t bytes = 0;

    tg_letterhead_make(&observer, series, &head);
    for (size_t r = 0; r < ROUNDS; r++) {
        const double start = seconds(CLOCK_THREAD_CPUTIME_ID);

        for (size_t i = bytes = 0; i < PER_ROUND; i++) {
            const struct tg_stamp stamp = stamp_of(i + 1, &head);

            bytes += tg_event_format(&events[i % WRITE_EVENTS], &stamp, line);
        }
        best = best_of(best, start, PER_ROUND);
    }
    row("octets", (double)bytes / PER_ROUND);
    row("rendering", best);
    return bytes / PER_ROUND;
}

/* Lines of that length, tied at once, and one after the other. */
static int measure_lines(const struct tg_event *events)
{
    struct tg_chain *chain = NULL;
    char lines[TG_TIE_MAX][TG_EVENT_LINE_MAX];
    const size_t len = measure_rendering(events, lines[0]);
    struct tg_link links[TG_TIE_MAX];
    uint8_t digest[TG_DIGEST_SIZE] = {0};
    double tie = 1e9, one = 1e9, start;

    if (tg_chain_create(&chain) != TG_OK)
        return 3;
    for (size_t i = 0; i < TG_TIE_MAX; i++) {
        memmove(lines[i], lines[0], sizeof(lines[0]));
        links[i] = (struct tg_link){lines[i], len, len - 36};
    }
    for (size_t r = 0; r < ROUNDS; r++) {
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (size_t i = 0; i < PER_ROUND; i += TG_TIE_MAX)
            tg_chain_tie(chain, links, TG_TIE_MAX, digest);
        tie = best_of(tie, start, PER_ROUND);
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (size_t i = 0; i < PER_ROUND; i++)
            tg_chain_tie(chain, links, 1, digest);
        one = best_of(one, start, PER_ROUND);
    }
    row("hashing", tie);
    row("hashing_alone", one);
    row("at_once", tg_chain_is_fast(chain) ? TG_TIE_MAX : 1);
    tg_chain_destroy(&chain);
    return 0;
}

static int measure_queue(const struct tg_event *events)
{
    struct tg_queue *queue = NULL;
    struct tg_queued queued;
    double take = 1e9, push = 1e9, start;

    if (tg_queue_create(RING, &queue) != TG_OK)
        return 3;
    for (size_t r = 0; r < ROUNDS; r++) {
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        (void)write_push(queue, events, 0, RING);
        push = best_of(push, start, RING);
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (size_t ahead = 0; tg_queue_peek(queue, ahead, &queued); ahead++)
            ;
        tg_queue_release(queue, RING, NULL);
        take = best_of(take, start, RING);
    }
    tg_queue_destroy(&queue);
    row("queue", take);
    row("pushing", push);
    return 0;
}

/* A file of batches; the file is new in each round, as the pages of one that is there cost less. */
static int measure_write(const struct tg_event *events, const char *path)
{
    static char batch[TG_WRITER_BATCH];
    struct tg_logfile file;
    double best = 1e9, sync = 1e9, start;
    size_t len = 0, lines = 0;

    for (; len + TG_EVENT_LINE_MAX <= sizeof(batch); lines++) {
        const struct tg_stamp stamp = stamp_of(lines + 1, NULL);

        len += tg_event_format(&events[lines % WRITE_EVENTS], &stamp, batch + len);
    }
    for (size_t r = 0; r < ROUNDS; r++) {
        (void)unlink(path);
        tg_logfile_init(&file, path);
        if (tg_logfile_open(&file) != 0)
            return 3;
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (size_t done = 0, i = 0; i < PER_ROUND; i += lines, done = 0)
            if (tg_logfile_write(&file, batch, len, &done) != 0)
                return 3;
        best = best_of(best, start, PER_ROUND);
        start = seconds(CLOCK_MONOTONIC);
        (void)tg_logfile_sync(&file);
        start = (seconds(CLOCK_MONOTONIC) - start) * 1e6;
        sync = start < sync ? start : sync;
        tg_logfile_fini(&file);
    }
    (void)unlink(path);
    row("write", best);
    row("lines_a_batch", (double)lines);
    row("fsync_us", sync);
    return 0;
}

/* A log that is being written, and what its thread has taken so far. */
struct run {
    struct tg_writer_setup setup;
    struct tg_queue *queue;
    struct tg_writer *writer;
    struct rusage all, own;
    double wall;
};

/* A new log, whose numbers begin at 1. */
static void forget(const char *path)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    char state[4096];

    (void)snprintf(state, sizeof(state), "%.*s.%s.state", folder, path, path + folder);
    (void)unlink(path);
    (void)unlink(state);
}

static int run_start(struct run *run, const char *path, bool sync)
{
    const struct tg_writer_setup setup = {
        .path = path, .observer = &observer, .sync = sync, .queue = NULL};

    *run = (struct run){.queue = NULL};
    forget(path);
    if (tg_queue_create(RING, &run->queue) != TG_OK)
        return 3;
    run->setup = setup;
    run->setup.queue = run->queue;
    if (tg_writer_create(&run->setup, &run->writer, NULL) != TG_OK) {
        fprintf(stderr, "write: cannot write %s\n", path);
        tg_queue_destroy(&run->queue);
        return 3;
    }
    (void)getrusage(RUSAGE_SELF, &run->all);
    (void)getrusage(RUSAGE_THREAD, &run->own);
    run->wall = seconds(CLOCK_MONOTONIC);
    return 0;
}

static double used(const struct rusage *before, const struct rusage *after)
{
    return (double)(after->ru_utime.tv_sec - before->ru_utime.tv_sec + after->ru_stime.tv_sec -
                    before->ru_stime.tv_sec) +
           (double)(after->ru_utime.tv_usec - before->ru_utime.tv_usec + after->ru_stime.tv_usec -
                    before->ru_stime.tv_usec) /
               1e6;
}

/* Of all that the process has used, what was not the thread's that pushed. */
static int run_end(struct run *run, uint64_t pushed, bool may_lose)
{
    struct tg_writer_stats stats;
    struct rusage all, own;
    double wall, cpu, written;

    tg_writer_stop(run->writer);
    wall = seconds(CLOCK_MONOTONIC) - run->wall;
    (void)getrusage(RUSAGE_SELF, &all);
    (void)getrusage(RUSAGE_THREAD, &own);
    tg_writer_stats(run->writer, &stats);
    cpu = used(&run->all, &all) - used(&run->own, &own);
    written = (double)stats.written;
    row("pushed", (double)pushed);
    row("written", written);
    row("lost", (double)stats.lost);
    row("wall", written / wall);
    row("cpu", written / cpu);
    row("both", written / used(&run->all, &all));
    row("ns", cpu * 1e9 / written);
    row("share", cpu * 100 / wall);
    row("wakeups",
        (double)(all.ru_nvcsw - run->all.ru_nvcsw - own.ru_nvcsw + run->own.ru_nvcsw) / wall);
    tg_writer_destroy(&run->writer);
    tg_queue_destroy(&run->queue);
    return pushed == stats.written + stats.lost && (may_lose || stats.lost == 0) ? 0 : 1;
}

static int write_file(const struct tg_event *events, uint64_t count, const char *path, bool sync)
{
    struct run run;
    uint64_t pushed = 0;

    if (run_start(&run, path, sync) != 0)
        return 3;
    while (pushed < count) {
        const uint64_t room = RING - (tg_queue_taken(run.queue) - tg_queue_released(run.queue));
        const uint64_t want = count - pushed < room ? count - pushed : room;

        /* Small steps would only measure how the two wait for each other. */
        if (want < RING / 4 && want < count - pushed) {
            (void)usleep(100);
            continue;
        }
        (void)write_push(run.queue, events, pushed, want);
        pushed += want;
    }
    return run_end(&run, pushed, false);
}

static int write_paced(const struct tg_event *events, uint64_t rate, long ms, const char *path)
{
    const struct timespec pause = {0, PACE_NS};
    struct run run;
    uint64_t pushed = 0;
    double since;

    if (run_start(&run, path, false) != 0)
        return 3;
    while ((since = seconds(CLOCK_MONOTONIC) - run.wall) * 1e3 < (double)ms) {
        const uint64_t due = (uint64_t)(since * (double)rate);

        (void)write_push(run.queue, events, pushed, due - pushed);
        pushed = due;
        (void)nanosleep(&pause, NULL);
    }
    return run_end(&run, pushed, true);
}

static int write_batches(const struct tg_event *events, uint64_t count, const char *path)
{
    struct run run;
    uint64_t pushed = 0;

    if (count == 0 || count > RING || run_start(&run, path, false) != 0)
        return 3;
    for (unsigned i = 0; i < BATCHES; i++) {
        pushed += write_push(run.queue, events, pushed, count);
        while (tg_queue_released(run.queue) < pushed)
            (void)usleep(500);
    }
    return run_end(&run, pushed, false);
}

struct flood {
    struct tg_queue *queue;
    const struct tg_event *events;
    double until;
    uint64_t claimed;
};

static void *push_all(void *arg)
{
    struct flood *flood = arg;

    while (seconds(CLOCK_MONOTONIC) < flood->until) {
        (void)write_push(flood->queue, flood->events, flood->claimed, 256);
        flood->claimed += 256;
    }
    return NULL;
}

static int write_flood(const struct tg_event *events, long ms, const char *path)
{
    struct run run;
    struct flood floods[2];
    pthread_t other;

    if (run_start(&run, path, false) != 0)
        return 3;
    for (size_t i = 0; i < 2; i++)
        floods[i] = (struct flood){run.queue, events, run.wall + (double)ms / 1e3, 0};
    if (pthread_create(&other, NULL, push_all, &floods[1]) != 0)
        return 3;
    (void)push_all(&floods[0]);
    (void)pthread_join(other, NULL);
    return run_end(&run, floods[0].claimed + floods[1].claimed, true);
}

static int run_one(int argc, char **argv, const struct tg_event *events)
{
    const char *what = argv[1];

    if (strcmp(what, "line") == 0 && argc == 3)
        return print_line(events);
    if (strcmp(what, "parts") == 0 && argc == 4)
        return measure_lines(events) | measure_queue(events) | measure_write(events, argv[3]);
    if (strcmp(what, "peers") == 0 && argc == 4)
        return write_peers(events, &observer, argv[3]);
    if (strcmp(what, "file") == 0 && (argc == 5 || argc == 6))
        return write_file(events, strtoull(argv[3], NULL, 10), argv[4], argc == 6);
    if (strcmp(what, "paced") == 0 && argc == 6)
        return write_paced(events, strtoull(argv[3], NULL, 10), strtol(argv[4], NULL, 10), argv[5]);
    if (strcmp(what, "batches") == 0 && argc == 5)
        return write_batches(events, strtoull(argv[3], NULL, 10), argv[4]);
    if (strcmp(what, "flood") == 0 && argc == 5)
        return write_flood(events, strtol(argv[3], NULL, 10), argv[4]);
    fprintf(stderr, "write: see tests/bench/write.c for its usage\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct tg_event events[WRITE_EVENTS];

    if (argc < 3 || write_events(argv[2], events) != 0) {
        fprintf(stderr, "write: see tests/bench/write.c for its usage\n");
        return 2;
    }
    return run_one(argc, argv, events);
}
