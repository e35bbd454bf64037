/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Policies, clients and names by seed: the same seed gives the same ones everywhere.
 * Made from few labels and addresses, so that questions and rules meet often.
 */
#ifndef TLDGUARD_TEST_GEN_H
#define TLDGUARD_TEST_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/decide.h"
#include "tldguard/policy.h"

#define GEN_TODAY 20779 /* the day that allows end around: 2026-11-22 */

/** The next number of a sequence; any seed is good. */
uint32_t gen_random(uint64_t *seed);

/** A number 0 .. below - 1. */
uint32_t gen_below(uint64_t *seed, uint32_t below);

/** TLDs that exist, as text. */
struct gen_delegated {
    char **names;
    size_t count;
};

/** A policy as the tests build it: owns all it points to. */
struct gen_policy {
    struct tg_policy policy;
    struct tg_rule *rules; /* policy.rules, not const; so with the next five */
    struct tg_entry *entries;
    struct tg_group *groups;
    struct tg_subnet *subnets;
    struct tg_suffix *suffixes;
    struct tg_canary *canaries;
    const struct gen_delegated *delegated; /* borrowed, or NULL */
    uint8_t **memory;                      /* to free: names, targets, overrides */
    size_t memory_count;
};

/** Name from text, in lower case, in memory that gen_free() frees. */
struct tg_name gen_name(struct gen_policy *gen, const char *text);

/** An empty policy with the defaults of tldguard-policy(5). */
struct gen_policy *gen_create(void);

/** Adds a rule: block, whatever is known, nxdomain, one target. Borrowed until the next rule. */
struct tg_rule *gen_tld(struct gen_policy *gen, const char *tld, const char *target);

/** Adds a target to a rule. */
void gen_target(struct gen_policy *gen, struct tg_rule *rule, const char *target);

/** Adds a rule of another kind, for one name; NULL: for a list. A block blocks by nxdomain. */
struct tg_rule *gen_rule(struct gen_policy *gen, enum tg_kind kind, const char *name, bool exact);

/** Adds a name to a list. Borrowed until the next. */
struct tg_entry *gen_entry(struct gen_policy *gen, size_t rule, const char *name, bool exact);

/** Adds an allow. */
struct tg_rule *gen_allow(struct gen_policy *gen, const char *name, bool exact);

/** Adds a public suffix. */
void gen_suffix(struct gen_policy *gen, const char *name, bool wildcard, bool exception);

/** Adds a group without overrides. Borrowed until the next. */
struct tg_group *gen_group(struct gen_policy *gen, const char *name);

/** Adds an override; tld NULL: of every rule. */
void gen_override(
    struct gen_policy *gen, struct tg_group *group, const char *tld, enum tg_mode mode);

/** Adds a canary question, unless it is asked already. */
void gen_canary(struct gen_policy *gen, const char *name, uint16_t qtype, enum tg_expect expect);

/** An address from its text. */
struct tg_address gen_address(const char *text);

/** Adds a prefix, unless it is there; bits behind the length become zero. */
void gen_subnet(struct gen_policy *gen, struct tg_address address, uint8_t length, uint32_t group);

/** Reads the TLDs of a public suffix list; NULL: there is none. */
struct gen_delegated *gen_delegated(const char *path);
void gen_delegated_free(struct gen_delegated **list);

/**
 * A policy by chance, with everything the language has: some TLDs, up to max_names / 2
 * rules of each other kind, groups, suffixes.
 * @param delegated TLDs to use as well, or NULL; borrowed for the policy's life.
 */
struct gen_policy *gen_policy(
    uint64_t *seed, uint32_t max_names, const struct gen_delegated *delegated);

/** A client by chance, in few networks. */
struct tg_address gen_client(uint64_t *seed);

/** A question by chance, with a chance to meet the policy's rules. */
void gen_question(uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX],
    struct tg_address *client, struct tg_question *question);

void gen_free(struct gen_policy **gen);

#endif
