/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Counts what the module does: on the query path without a lock, a system call or an allocation,
 * each thread in a slot of its own (slot.h). Nothing counted is ever lost; whoever collects sees
 * each number at its own moment. How long decisions take is measured of one in TG_SAMPLED_OF.
 */
#ifndef TG_MODULE_STATS_H
#define TG_MODULE_STATS_H

#include "module/figures.h"
#include "tldguard/image.h"

struct tg_stats;

/** Makes them, all zero; to be freed with tg_stats_destroy(). NULL: out of memory. */
struct tg_stats *tg_stats_create(void);

/** Frees them, and sets the pointer to NULL; NULL-safe. */
void tg_stats_destroy(struct tg_stats **stats);

/* On the query path: any thread; slot is tg_slot_of_thread(). */

/** A decision begins: to be handed to tg_stats_end(). 0: this one is not measured. */
uint64_t tg_stats_begin(struct tg_stats *stats, unsigned slot);
void tg_stats_measured(struct tg_stats *stats, unsigned slot, uint64_t began);
static inline void tg_stats_end(struct tg_stats *stats, unsigned slot, uint64_t began)
{
    if (began != 0)
        tg_stats_measured(stats, slot, began);
}

/**
 * A question was decided as it came in.
 * @param verdict the final one; its rule is of a policy that tg_stats_rules() was told of.
 */
void tg_stats_decided(struct tg_stats *stats, unsigned slot, const struct tg_question *question,
    const struct tg_verdict *verdict);

/**
 * An answer that came in for one was judged. What the question itself has come to was
 * counted before: this counts the rest, a target that is blocked or watched, and an answer that is
 * withheld as the policy is another one by now.
 */
void tg_stats_concluded(struct tg_stats *stats, const struct tg_verdict *verdict);

/** An answer from the cache is watched, by this verdict. */
void tg_stats_watched(struct tg_stats *stats, const struct tg_verdict *verdict);

/** Adds to a counter. */
void tg_stats_add(struct tg_stats *stats, enum tg_counter counter, uint64_t count);

/* Elsewhere: any thread; these take a lock. */

/** Counts what a policy's TLDs come to each for itself from now on: to be told before any thread
 * may decide by it. What comes to one that was not told of counts as another one's. */
void tg_stats_rules(struct tg_stats *stats, const struct tg_image *image);

/** A policy is in force, for what the cache holds as well. Does what tg_stats_rules() does, too. */
void tg_stats_policy(struct tg_stats *stats, const struct tg_image *image);

/** When the one that is in force, or about to be, expires: seconds since 1970; 0: never. */
void tg_stats_expires(struct tg_stats *stats, int64_t expires);

/** The one in its place is the one in force: whatever was rejected before is gone. */
void tg_stats_kept(struct tg_stats *stats);

/** One was not accepted. */
void tg_stats_rejected(struct tg_stats *stats, const char *why);

/**
 * Adds up.
 * @param out all of it that stands here is written: policy, seen .. rules.
 */
void tg_stats_collect(struct tg_stats *stats, struct tg_figures *out);

/** Bytes of memory they hold. Any thread. */
size_t tg_stats_memory(void);

/** Milliseconds since 1970. */
int64_t tg_stats_now(void);

#endif
