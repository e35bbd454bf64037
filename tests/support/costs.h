/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What the decisions on questions cost, in instructions (tests/support/steps.h) and never in time,
 * by a policy as a resolver has it in force. Include <cmocka.h> before.
 */
#ifndef TLDGUARD_TEST_COSTS_H
#define TLDGUARD_TEST_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/stats.h"
#include "tests/support/gen.h"
#include "tests/support/imagefile.h"

/** An image as a resolver has it; settled: or NULL, as it was opened. */
struct opened {
    struct tg_image *image;
    bool settled;
};

/** Writes the policy to the file's path and opens it. The caller closes opened.image. */
struct opened open_for_resolver(struct imagefile *file, const struct gen_policy *gen);

/** Questions for one policy, all of which are decided, and what then follows. */
struct asked {
    const struct tg_image *image;
    const struct tg_address *client;
    const struct tg_name *names;
    size_t count;
    struct tg_stats *stats; /* NULL: they are not counted */
    bool written;           /* each event becomes a line */
    bool led;               /* they are the exchangers in one answer */
};

/** What one question costs, on the average. Skips the test where instructions cannot be counted. */
uint64_t cost(struct asked asked);

/** Prints both costs, and asserts that the worst is at most so many times the usual one. */
void within(const char *what, uint64_t worst, uint64_t usual, uint64_t times);

/** Where a name's octets stand. */
struct wire {
    uint8_t octets[TG_DNAME_MAX];
};

/** A name that lives as long as what its octets are written to. */
struct tg_name name_of(const char *text, struct wire *wire);

#endif
