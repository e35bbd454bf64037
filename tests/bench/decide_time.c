/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/bench/decide_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUND_NS 200000 /* of one peer before the next one's turn */
#define COLD     1000   /* questions that are timed together */
/* So many times them between two evictions: more often, and what is waited for is page tables,
 * those of a hypervisor too. */
#define EVICT 10

static volatile uint32_t sink; /* what nobody wants to know */

double bench_now(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void bench_row(const char *table, const char *what, size_t size, const char *who, const char *unit,
    double figure)
{
    printf("%s\t%s\t%zu\t%s\t%s\t%.2f\n", table, what, size, who, unit, figure);
    (void)fflush(stdout);
}

/* Asks the questions so often; nanoseconds a question. */
static double time_one(
    const struct peers *peers, enum peer peer, const struct asked *asked, size_t turns)
{
    const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);

    for (size_t i = 0; i < turns; i++)
        sink = bench_stretch(peers, peer, asked);
    return (bench_now(CLOCK_THREAD_CPUTIME_ID) - start) / (double)(turns * asked->count);
}

/* The best of the rounds, as other work only adds; in each of them the peers take turns. */
static void time_all(const struct options *options, const struct peers *peers,
    const struct asked *asked, double best[PEERS])
{
    size_t turns[PEERS];

    for (int peer = 0; peer < PEERS; peer++) {
        best[peer] = peer == PEER_ORACLE ? 0 : time_one(peers, (enum peer)peer, asked, 2);
        turns[peer] = (size_t)(ROUND_NS / (best[peer] + 1) / (double)asked->count) + 1;
    }
    for (int r = 0; r < options->rounds; r++)
        for (int peer = 0; peer < PEERS; peer++) {
            double took = 0;

            if (peer != PEER_ORACLE)
                took = time_one(peers, (enum peer)peer, asked, turns[peer]);
            best[peer] = took < best[peer] ? took : best[peer];
        }
}

double bench_oracle(const struct peers *peers, const struct asked *asked)
{
    double best = 1e12;

    for (size_t i = 0; i < 4; i++) {
        const double start = bench_now(CLOCK_THREAD_CPUTIME_ID);
        double took;

        sink = peer_ask(peers, PEER_ORACLE, &asked->questions[i % asked->count]);
        took = bench_now(CLOCK_THREAD_CPUTIME_ID) - start;
        best = took < best ? took : best;
    }
    return best;
}

/* The loop around is left out. */
static void rows_of(
    const char *table, const char *what, size_t size, const char *unit, const double figure[PEERS])
{
    for (int peer = 0; peer < PEER_ORACLE; peer++)
        bench_row(table, what, size, peer_text((enum peer)peer), unit,
            figure[peer] - figure[PEER_NOTHING]);
}

/* What is counted is in files, in the order of the rows; the first row is what is around. */
static void count_all(const char *table, const char *what, size_t size, const struct peers *peers,
    const struct asked *asked)
{
    static const enum peer turns[] = {PEER_NOTHING, PEER_TLDGUARD, PEER_CDB, PEER_HASH, PEER_WALK};

    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        /* What is done once only, as to find a function in a library, is not counted. */
        sink = peer_ask(peers, turns[i], &asked->questions[0]);
        sink = bench_stretch(peers, turns[i], asked);
        bench_row(table, what, size, peer_text(turns[i]), "instructions", (double)asked->count);
    }
}

void bench_kind(const struct options *options, const char *table, size_t size,
    const struct peers *peers, const struct asked *asked, const char *what)
{
    double best[PEERS];

    if (options->count) {
        count_all(table, what, size, peers, asked);
        return;
    }
    time_all(options, peers, asked, best);
    rows_of(table, what, size, "ns", best);
}

/* Everything out of the caches. */
static void evict(const struct options *options)
{
    for (size_t i = 0; i < options->swept_count; i += 64 / sizeof(*options->swept))
        options->swept[i]++;
}

/* But for the questions, which just came from the network. */
static void warm(const struct asked *asked)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < asked->count; i++)
        for (size_t at = 0; at < asked->questions[i].qname.len; at += 32)
            sum += asked->wires[i][at];
    sink = sum;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* A number of each name, in an order by chance. */
static uint32_t *shuffled(size_t count, uint64_t *seed)
{
    uint32_t *order = world_room(count, sizeof(*order));

    for (size_t i = 0; i < count; i++) {
        const size_t j = world_random(seed) % (i + 1);

        order[i] = order[j];
        order[j] = (uint32_t)i;
    }
    return order;
}

/* Cold questions, a thousand at a time: no name is asked twice. */
struct cold {
    const struct world *world;
    enum world_kind kind;
    uint64_t seed;
    uint32_t *order; /* of the names */
    size_t batches;
    struct asked asked;
    double *took[PEERS];
};

static void next_cold(struct cold *cold, size_t batch)
{
    asked_fill(&cold->asked, cold->world, cold->kind, &cold->seed);
    for (size_t i = 0; i < COLD && cold->kind == WORLD_ANY; i++)
        asked_listed(&cold->asked, i, cold->world, cold->order[batch * COLD + i]);
}

/* All of them before the first is timed: to compare is to fetch. */
static void compare_cold(struct cold cold, const struct peers *peers)
{
    for (size_t b = 0; b < cold.batches; b++) {
        next_cold(&cold, b);
        peers_compare(peers, &cold.asked, 0);
    }
}

static void time_cold(const struct options *options, struct cold *cold, const struct peers *peers)
{
    for (size_t b = 0; b < cold->batches; b++) {
        next_cold(cold, b);
        for (int peer = 0; peer < PEERS; peer++) {
            double start;

            if (peer == PEER_ORACLE)
                continue;
            if (b % EVICT == 0)
                evict(options);
            warm(&cold->asked);
            start = bench_now(CLOCK_THREAD_CPUTIME_ID);
            sink = bench_stretch(peers, (enum peer)peer, &cold->asked);
            cold->took[peer][b] = (bench_now(CLOCK_THREAD_CPUTIME_ID) - start) / COLD;
        }
    }
}

void bench_cold(const struct options *options, size_t size, const struct world *world,
    const struct peers *peers, enum world_kind kind)
{
    const size_t names = world->policy.name_count - world->listed_at;
    const size_t most = (size_t)options->rounds * 3 / 2;
    struct cold cold = {.world = world, .kind = kind, .seed = options->seed};

    cold.batches = names / COLD < most ? names / COLD : most;
    cold.order = shuffled(names, &cold.seed);
    asked_create(&cold.asked, COLD);
    for (int peer = 0; peer < PEERS; peer++)
        cold.took[peer] = world_room(cold.batches, sizeof(double));
    compare_cold(cold, peers);
    time_cold(options, &cold, peers);
    for (int peer = 0; peer < PEERS; peer++) {
        qsort(cold.took[peer], cold.batches, sizeof(double), by_size);
        if (peer < PEER_WALK)
            bench_row("cold", world_kind_text(kind), size, peer_text((enum peer)peer), "ns",
                cold.took[peer][cold.batches / 2]);
        free(cold.took[peer]);
    }
    asked_destroy(&cold.asked);
    free(cold.order);
}
