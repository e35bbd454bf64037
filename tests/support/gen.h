/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Policies and names by seed: the same seed gives the same ones everywhere.
 * Made from few labels, so that names and rules meet often.
 */
#ifndef TLDGUARD_TEST_GEN_H
#define TLDGUARD_TEST_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "tldguard/decide.h"
#include "tldguard/policy.h"

/** The next number of a sequence; any seed is good. */
uint32_t gen_random(uint64_t *seed);

/** A number 0 .. below - 1. */
uint32_t gen_below(uint64_t *seed, uint32_t below);

/** A policy as the tests build it: rules and names are owned by it. */
struct gen_policy {
    struct tg_policy policy;
    struct tg_rule *rules; /* policy.rules, not const */
    size_t capacity;
    uint8_t *names[8192]; /* memory to free */
    size_t name_count;
};

/** Name from text, in lower case, in memory that gen_free() frees. */
struct tg_name gen_name(struct gen_policy *gen, const char *text);

/** An empty policy with the defaults of tldguard-policy(5). */
struct gen_policy *gen_create(void);

/** Adds a rule: block, nxdomain, one target. Borrowed until the next rule. */
struct tg_rule *gen_tld(struct gen_policy *gen, const char *tld, const char *target);

/** Adds an allow. */
struct tg_rule *gen_allow(struct gen_policy *gen, const char *name, bool exact);

/** A policy by chance: some TLDs, up to max_allow allows, no two the same. */
struct gen_policy *gen_policy(uint64_t *seed, uint32_t max_allow);

/** A question by chance, with a chance to meet the policy's rules. */
void gen_question(uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX],
    struct tg_question *question);

void gen_free(struct gen_policy **gen);

#endif
