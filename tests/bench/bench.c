/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What the parts of the query path cost, each alone: `make bench-parts`; of the writer see write.c.
 * Figures, not a test: nothing here passes or fails on time. The best of
 * many rounds is printed, as other work on the machine only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/queue.h"
#include "module/stats.h"
#include "tldguard/decide.h"
#include "tldguard/event.h"
#include "tldguard/image.h"

#define ROUNDS    50
#define CALLS     20000
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

static void bench_decide(const struct tg_image *image, const char *name, const char *what)
{
    uint8_t wire[TG_DNAME_MAX];
    struct tg_question question = {.qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
    struct tg_verdict verdict;
    double best = 1e9;

    (void)tg_dname_from_text(name, strlen(name), wire, &question.qname.len, NULL);
    question.qname.wire = wire;
    for (int r = 0; r < ROUNDS; r++) {
        const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < CALLS; i++)
            tg_decide(image, &question, &verdict);
        const double took = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        best = took < best ? took : best;
    }
    row(what, best * 1e9 / CALLS, "ns");
}

/* What counting adds to a decision. */
static int bench_count(const struct tg_image *image, const char *name, const char *what)
{
    struct tg_stats *stats = tg_stats_create();
    uint8_t wire[TG_DNAME_MAX];
    struct tg_question question = {.qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
    struct tg_verdict verdict;
    double best = 1e9;

    if (stats == NULL)
        return 1;
    tg_stats_policy(stats, image);
    (void)tg_dname_from_text(name, strlen(name), wire, &question.qname.len, NULL);
    question.qname.wire = wire;
    tg_decide(image, &question, &verdict);
    for (int r = 0; r < ROUNDS; r++) {
        const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < CALLS; i++) {
            const uint64_t began = tg_stats_begin(stats, 0);
            tg_stats_decided(stats, 0, &question, &verdict);
            tg_stats_end(stats, 0, began);
        }
        const double took = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        best = took < best ? took : best;
    }
    row(what, best * 1e9 / CALLS, "ns");
    tg_stats_destroy(&stats);
    return 0;
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

int main(int argc, char **argv)
{
    struct tg_image *image = NULL;
    struct tg_event event;
    int failed;

    if (argc != 2) {
        fprintf(stderr, "Usage: bench IMAGE (see 'make bench-parts')\n");
        return 2;
    }
    if (tg_image_open(argv[1], &image, NULL) != TG_OK) {
        fprintf(stderr, "bench: cannot open %s\n", argv[1]);
        return 3;
    }
    bench_decide(image, "www.example.com", "decide: TLD that no rule lists");
    bench_decide(image, "smtp.army.gop", "decide: listed TLD");
    bench_decide(image, "smtp.army.ml", "decide: listed TLD with allowed names below");
    failed = bench_count(image, "www.example.com", "count: TLD that no rule lists") ||
             bench_count(image, "smtp.army.ml", "count: blocked");
    make_event(image, &event);
    failed = failed || bench_queue(&event);
    tg_image_close(&image);
    return failed ? 3 : 0;
}
