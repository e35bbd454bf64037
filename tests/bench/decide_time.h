/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* How the parts of tests/bench/decide.c are timed and counted; they print rows. */
#ifndef TLDGUARD_BENCH_DECIDE_TIME_H
#define TLDGUARD_BENCH_DECIDE_TIME_H

#include <stdbool.h>
#include <time.h>

#include "tests/bench/decide_peers.h"

struct options {
    const char *dir;
    uint64_t seed;
    size_t most;   /* names */
    int rounds;    /* the best of them is told */
    bool count;    /* for callgrind: instructions */
    size_t *swept; /* what is written to, so that it is all that the caches hold */
    size_t swept_count;
};

double bench_now(clockid_t clock);

/** TABLE CASE SIZE WHO UNIT FIGURE, parted by tabs. */
void bench_row(const char *table, const char *what, size_t size, const char *who, const char *unit,
    double figure);

/** A row for each peer but the oracle: what one of the questions takes when asked again and
 * again, or its instructions. */
void bench_kind(const struct options *options, const char *table, size_t size,
    const struct peers *peers, const struct asked *asked, const char *what);

/** What the oracle takes for one. */
double bench_oracle(const struct peers *peers, const struct asked *asked);

/**
 * The same when nothing of it is in the caches: the median, as cold is not at its best.
 * @param kind WORLD_ANY: no name is asked twice; or another one that is by chance.
 */
void bench_cold(const struct options *options, size_t size, const struct world *world,
    const struct peers *peers, enum world_kind kind);

#endif
