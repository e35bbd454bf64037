/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Policies of any size by a seed, in memory and as images, and questions about them: for
 * tests/bench/decide.c. What fails ends the program, with a word why.
 */
#ifndef TLDGUARD_BENCH_DECIDE_WORLD_H
#define TLDGUARD_BENCH_DECIDE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "tldguard/decide.h"
#include "tldguard/policy.h"

#define BENCH_CREATED 1795305600
#define BENCH_TODAY   20779 /* the day of it */

/* How large each part is. */
struct world_size {
    size_t names;   /* of lists: of ten one is allowed, one protected, the others are blocked */
    size_t rules;   /* of one blocked name each */
    size_t subnets; /* of clients, in up to a thousand groups */
    size_t labels;  /* of the longest name that is known; 0: two or three */
};

struct world {
    struct tg_policy policy;
    struct tg_rule *rules;
    struct tg_entry *entries;
    struct tg_group *groups;
    struct tg_subnet *subnets;
    uint8_t *octets; /* of all names */
    size_t octets_used;
    size_t listed_at;        /* the first entry of the lists */
    size_t own_rules;        /* rules of one name each */
    uint64_t seed;           /* as it was given */
    struct tg_image *image;  /* as a resolver holds it */
    struct tg_image *opened; /* as a tool does */
    double open_ns;          /* what it took of the processor to open it, at best ... */
    double settle_ns;        /* ... and to make what a resolver holds of it */
    char path[256];
};

/** The next number of a sequence. */
uint64_t world_random(uint64_t *seed);

/** A policy of that size, its image in dir, and that opened. */
void world_create(
    struct world *world, const struct world_size *size, uint64_t seed, const char *dir);
void world_destroy(struct world *world);

/** Ends the program. */
void world_fail(const char *what) __attribute__((noreturn));

/** calloc() that does not fail. */
void *world_room(size_t count, size_t size);

/* What is asked, all of one kind. */
enum world_kind {
    WORLD_UNLISTED,
    WORLD_LISTED,
    WORLD_LISTED_NAMES,
    WORLD_NEAR_MISS,
    WORLD_ALLOW,
    WORLD_EXACT,
    WORLD_SUFFIX,
    WORLD_PROTECT,
    WORLD_LOOK_ALIKE,
    WORLD_GROUPS,
    WORLD_LABELS,
    WORLD_RULES,
    WORLD_ANY,
    WORLD_NONE,
    WORLD_KINDS
};

/** What it is called. */
const char *world_kind_text(enum world_kind kind);

/* Questions with all that they point to. */
struct asked {
    struct tg_question *questions;
    struct tg_address *clients;
    uint8_t (*wires)[TG_DNAME_MAX + 1];
    size_t count;
};

/** Room for so many. */
void asked_create(struct asked *asked, size_t count);
void asked_destroy(struct asked *asked);

/**
 * Fills it with questions of a kind; of names in lists in an order by chance.
 * @param seed goes on: the next ones are others.
 */
void asked_fill(
    struct asked *asked, const struct world *world, enum world_kind kind, uint64_t *seed);

/** Makes question i be about the name of a list, 0 .. names - 1. */
void asked_listed(struct asked *asked, size_t i, const struct world *world, size_t number);

/** The same with a name of that many labels of one octet. */
void asked_labels(struct asked *asked, size_t i, size_t labels);

#endif
