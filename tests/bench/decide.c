/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What one decision takes, beside others that can find a name: for tests/bench/decide.sh, which
 * says what is what. Prints rows, parted by tabs: TABLE CASE SIZE WHO UNIT FIGURE. Before anything
 * is timed, what all of them say is compared.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/active.h"
#include "module/stats.h"
#include "tests/bench/decide_time.h"

#define ASKED       64     /* questions of a kind that stay in the caches */
#define ORACLE_MOST 100000 /* names: with more of them one call takes milliseconds */
#define COLD_LEAST  10000  /* names: fewer do not leave the caches, whatever else is there */
#define THREADS_MAX 64
#define SWEPT_LEAST (64u << 20)
#define ROUNDS      40
#define COUNTED     10000 /* decisions of a round */
#define THREADS_NS  3e8

static void compared(const struct peers *peers, const struct asked *asked, size_t names)
{
    peers_compare(peers, asked, names <= 1000 ? asked->count : names <= 100000 ? 8 : 2);
}

static void one_kind(const struct options *options, size_t size, const struct world *world,
    const struct peers *peers, enum world_kind kind)
{
    const bool fixed = kind <= WORLD_NEAR_MISS || kind == WORLD_LOOK_ALIKE || kind == WORLD_LABELS;
    uint64_t seed = options->seed;
    struct asked asked;

    asked_create(&asked, fixed ? 1 : ASKED);
    asked_fill(&asked, world, kind, &seed);
    compared(peers, &asked, size);
    bench_kind(options, "kind", size, peers, &asked, world_kind_text(kind));
    if (!options->count && size <= ORACLE_MOST)
        bench_row("kind", world_kind_text(kind), size, peer_text(PEER_ORACLE), "ns",
            bench_oracle(peers, &asked));
    asked_destroy(&asked);
}

/* All kinds, by the number of names. */
static void by_names(const struct options *options)
{
    struct world world;

    for (size_t names = 10; names <= options->most; names *= 10) {
        const struct world_size size = {.names = names, .subnets = 100};
        struct peers *peers;

        world_create(&world, &size, options->seed, options->dir);
        peers = peers_create(&world);
        bench_row(
            "image", "memory", names, "tldguard", "octets", (double)tg_image_memory(world.image));
        if (!options->count) {
            bench_row("opening", "read and checked", names, "tldguard", "ms", world.open_ns / 1e6);
            bench_row("opening", "settled", names, "tldguard", "ms", world.settle_ns / 1e6);
        }
        for (int kind = 0; kind < WORLD_KINDS; kind++)
            if (kind != WORLD_RULES)
                one_kind(options, names, &world, peers, (enum world_kind)kind);
        if (!options->count && names >= COLD_LEAST) {
            bench_cold(options, names, &world, peers, WORLD_ANY);
            bench_cold(options, names, &world, peers, WORLD_NONE);
        }
        peers_destroy(&peers);
        world_destroy(&world);
    }
}

/* One part of a policy grows, and the rest of it stays. */
static void by_part(const struct options *options, const char *table, enum world_kind kind,
    const struct world_size *size, size_t *part, size_t most)
{
    for (*part = 10;; *part = *part * 10 > most ? most : *part * 10) {
        uint64_t seed = options->seed;
        struct peers *peers;
        struct asked asked;
        struct world world;

        world_create(&world, size, options->seed, options->dir);
        peers = peers_create(&world);
        asked_create(&asked, ASKED);
        asked_fill(&asked, &world, kind, &seed);
        compared(peers, &asked, size->rules + size->subnets);
        bench_kind(options, table, *part, peers, &asked, world_kind_text(kind));
        asked_destroy(&asked);
        peers_destroy(&peers);
        world_destroy(&world);
        if (*part >= most)
            return;
    }
}

static void by_rules(const struct options *options)
{
    struct world_size size = {.names = 10};

    by_part(options, "rules", WORLD_RULES, &size, &size.rules,
        options->most < TG_RULES_MAX ? options->most : TG_RULES_MAX - 100);
}

static void by_clients(const struct options *options)
{
    struct world_size size = {.names = 10};

    by_part(options, "subnets", WORLD_GROUPS, &size, &size.subnets,
        options->most < TG_SUBNETS_MAX ? options->most : TG_SUBNETS_MAX);
}

/* Names of so many labels, when none is known there, and when one of as many is. */
static void by_labels(const struct options *options)
{
    static const size_t labels[] = {2, 4, 8, 16, 32, 64, TG_LABELS_MAX};

    for (int deep = 0; deep < 2; deep++) {
        const struct world_size size = {.names = 1000, .labels = deep ? TG_LABELS_MAX : 0};
        struct peers *peers;
        struct asked asked;
        struct world world;

        world_create(&world, &size, options->seed, options->dir);
        peers = peers_create(&world);
        asked_create(&asked, 1);
        for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
            asked_labels(&asked, 0, labels[i]);
            compared(peers, &asked, size.names);
            bench_kind(options, "labels", labels[i], peers, &asked,
                deep ? "a name of 127 labels is known" : "none is known");
        }
        asked_destroy(&asked);
        peers_destroy(&peers);
        world_destroy(&world);
    }
}

/* What counting one decision takes, as the module does it for its figures. */
static void counting(const struct options *options)
{
    static const enum world_kind kinds[] = {WORLD_UNLISTED, WORLD_NEAR_MISS};
    const struct world_size size = {.names = 10};
    struct tg_stats *stats = tg_stats_create();
    struct world world;

    if (stats == NULL)
        world_fail("out of memory");
    world_create(&world, &size, options->seed, options->dir);
    tg_stats_policy(stats, world.image);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct tg_verdict verdict;
        struct asked asked;
        double best = 1e12;
        uint64_t seed = options->seed;

        asked_create(&asked, 1);
        asked_fill(&asked, &world, kinds[k], &seed);
        tg_decide(world.image, &asked.questions[0], &verdict);
        for (int r = 0; r < options->rounds; r++) {
            const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
            double took;

            for (int i = 0; i < COUNTED; i++) {
                const uint64_t began = tg_stats_begin(stats, 0);

                tg_stats_decided(stats, 0, &asked.questions[0], &verdict);
                tg_stats_end(stats, 0, began);
            }
            took = (bench_now(CLOCK_THREAD_CPUTIME_ID) - start) / COUNTED;
            best = took < best ? took : best;
        }
        bench_row("counting", world_kind_text(kinds[k]), size.names, "tldguard", "ns", best);
        asked_destroy(&asked);
    }
    world_destroy(&world);
    tg_stats_destroy(&stats);
}

/* One of several threads that decide as workers do. */
struct worker {
    pthread_t thread;
    struct tg_active *active;
    const struct asked *asked;
    atomic_bool *stop;
    size_t done;
};

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct tg_verdict verdict;
    size_t done = 0;

    while (!atomic_load_explicit(worker->stop, memory_order_relaxed))
        for (size_t i = 0; i < worker->asked->count; i++) {
            const struct tg_stay stay = tg_active_enter(worker->active);

            tg_decide(stay.image, &worker->asked->questions[i], &verdict);
            tg_active_leave(stay);
            done++;
        }
    worker->done = done; /* once: what threads count must not be in one cache line */
    return NULL;
}

static double rate_of(struct tg_active *active, const struct asked *asked, size_t threads)
{
    struct worker workers[THREADS_MAX];
    atomic_bool stop = false;
    const double start = bench_now(CLOCK_MONOTONIC);
    double took;
    size_t done = 0;

    for (size_t i = 0; i < threads; i++) {
        workers[i] = (struct worker){.active = active, .asked = asked, .stop = &stop};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            world_fail("no thread to be had");
    }
    do {
        (void)usleep(1000);
        took = bench_now(CLOCK_MONOTONIC) - start;
    } while (took < THREADS_NS);
    atomic_store(&stop, true);
    for (size_t i = 0; i < threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        done += workers[i].done;
    }
    return (double)done / (bench_now(CLOCK_MONOTONIC) - start) * 1e3;
}

/* Names of the lists, by one thread and by more than there are processors; the best of three. */
static void by_threads(const struct options *options)
{
    const struct world_size size = {.names = 10000};
    const size_t processors = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    struct tg_active *active = NULL;
    uint64_t seed = options->seed;
    struct asked asked;
    struct world world;

    world_create(&world, &size, options->seed, options->dir);
    asked_create(&asked, ASKED);
    asked_fill(&asked, &world, WORLD_ANY, &seed);
    if (tg_active_create(world.image, &active) != TG_OK)
        world_fail("out of memory");
    world.image = NULL; /* it is active's */
    for (size_t threads = 1; threads <= 2 * processors && threads <= THREADS_MAX; threads *= 2) {
        double best = 0;

        for (int i = 0; i < 3; i++) {
            const double rate = rate_of(active, &asked, threads);

            best = rate > best ? rate : best;
        }
        bench_row("threads", "decisions", threads, "tldguard", "million a second", best);
    }
    tg_active_destroy(&active);
    asked_destroy(&asked);
    world_destroy(&world);
}

static void prepare(struct options *options)
{
    const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    size_t octets = SWEPT_LEAST;

    if (cache > 0 && (size_t)cache * 2 > octets)
        octets = (size_t)cache * 2;
    options->swept_count = octets / sizeof(*options->swept);
    options->swept = world_room(options->swept_count, sizeof(*options->swept));
}

static void usage(void)
{
    fputs("Usage: decide -d FOLDER [-s SEED] [-n NAMES] [-r ROUNDS] [-c]\n"
          "See tests/bench/decide.sh. -c: to be counted by callgrind\n",
        stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 7, .most = 1000000, .rounds = ROUNDS};
    int c;

    while ((c = getopt(argc, argv, "d:s:n:r:c")) != -1) {
        switch (c) {
        case 'd':
            options.dir = optarg;
            break;
        case 's':
            options.seed = strtoull(optarg, NULL, 10);
            break;
        case 'n':
            options.most = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            options.rounds = atoi(optarg);
            break;
        case 'c':
            options.count = true;
            break;
        default:
            usage();
        }
    }
    if (options.dir == NULL || optind != argc || options.most < 10 || options.rounds < 1)
        usage();
    prepare(&options);
    by_names(&options);
    by_rules(&options);
    by_labels(&options);
    by_clients(&options);
    if (!options.count) {
        by_threads(&options);
        counting(&options);
    }
    free(options.swept);
    return 0;
}
