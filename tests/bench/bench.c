/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What the parts of the writer cost, each alone: `make bench`. Figures, not a test: nothing here
 * passes or fails on time. The best of many rounds is printed, as other work on the machine only
 * ever adds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/queue.h"
#include "module/writer.h"
#include "tldguard/decide.h"
#include "tldguard/event.h"
#include "tldguard/image.h"

#define ROUNDS    50
#define QUEUE_LEN 16384

static double seconds(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void row(const char *what, double value, const char *unit)
{
    printf("%-52s %10.1f %s\n", what, value, unit);
}

static void make_event(const struct tg_image *image, struct tg_event *event)
{
    static const char name[] = "smtp.army.ml";
    uint8_t wire[TG_DNAME_MAX];
    struct tg_question question = {.qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
    struct tg_verdict verdict;

    (void)tg_dname_from_text(name, strlen(name), wire, &question.qname.len, NULL);
    question.qname.wire = wire;
    tg_decide(image, &question, &verdict);
    tg_event_fill(&question, &verdict, tg_image_meta(image)->serial, event);
    event->time.tv_sec = 1772600767;
    event->family = 4;
    event->address[0] = 10;
    event->rcode = 3;
}

static void fill(struct tg_queue *queue, size_t count, const struct tg_event *event)
{
    for (size_t i = 0; i < count; i++) {
        struct tg_event *slot = tg_queue_claim(queue);
        tg_event_copy(slot, event);
        tg_queue_commit(queue, slot);
    }
}

static int bench_queue(const struct tg_event *event)
{
    struct tg_queue *queue = NULL;
    struct tg_event out;
    double best = 1e9;

    if (tg_queue_create(QUEUE_LEN, &queue) != TG_OK)
        return 1;
    for (int r = 0; r < ROUNDS; r++) {
        const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        fill(queue, QUEUE_LEN, event);
        const double took = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        best = took < best ? took : best;
        while (tg_queue_pop(queue, &out, NULL))
            ;
    }
    row("hand over one event (claim, fill, commit)", best * 1e9 / QUEUE_LEN, "ns");
    tg_queue_destroy(&queue);
    return 0;
}

/* A full queue, written out by one thread as fast as it can. */
static int bench_writer(const struct tg_event *event, const char *path)
{
    static const struct tg_observer observer = {"resolver.example.net", "69a7bc1f"};
    struct tg_queue *queue = NULL;
    struct tg_writer *writer = NULL;
    struct tg_writer_stats stats;
    double cpu, wall;

    if (tg_queue_create(TG_QUEUE_MAX, &queue) != TG_OK)
        return 1;
    fill(queue, TG_QUEUE_MAX, event);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wall = seconds(CLOCK_MONOTONIC);
    if (tg_writer_create(
            &(struct tg_writer_setup){.path = path, .queue = queue, .observer = &observer}, &writer,
            NULL) != TG_OK) {
        fprintf(stderr, "bench: cannot write %s\n", path);
        tg_queue_destroy(&queue);
        return 1;
    }
    tg_writer_stop(writer);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    tg_writer_stats(writer, &stats);
    row("events written to a file, by one thread", (double)stats.written / wall, "a second");
    row("... for each second of processor time", (double)stats.written / cpu, "a second");
    tg_writer_destroy(&writer);
    tg_queue_destroy(&queue);
    (void)unlink(path);
    return 0;
}

int main(int argc, char **argv)
{
    struct tg_image *image = NULL;
    struct tg_event event;
    int failed;

    if (argc != 3) {
        fprintf(stderr, "Usage: bench IMAGE SCRATCHFILE (see 'make bench-parts')\n");
        return 2;
    }
    if (tg_image_open(argv[1], &image, NULL) != TG_OK) {
        fprintf(stderr, "bench: cannot open %s\n", argv[1]);
        return 3;
    }
    make_event(image, &event);
    failed = bench_queue(&event) || bench_writer(&event, argv[2]);
    tg_image_close(&image);
    return failed ? 3 : 0;
}
