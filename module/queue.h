/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The way of an event from the threads that answer questions to the one that
 * writes the log: a bounded ring of records, many producers, one consumer.
 *
 * The producing side never waits: no lock, no allocation, no system call, and
 * all memory was touched when the ring was made. A record is filled in place
 * between tg_queue_claim() and tg_queue_commit(). When the ring is full the
 * event is not taken, and is counted: at any moment at which no call is under
 * way, claims = records popped + records still in the ring + tg_queue_lost().
 *
 * Method: each slot has a sequence number that says whose turn it is (Vyukov's
 * bounded queue). Records come out in the order in which they were claimed.
 */
#ifndef TG_MODULE_QUEUE_H
#define TG_MODULE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/event.h"
#include "tldguard/status.h"

#define TG_QUEUE_MIN 2u         /* records */
#define TG_QUEUE_MAX (1u << 18) /* records, 240 MiB */

struct tg_queue;

/**
 * Makes an empty ring.
 * @param capacity how many records it holds: a power of two, TG_QUEUE_MIN ..
 *                 TG_QUEUE_MAX.
 * @param out      output: the ring, to be freed with tg_queue_destroy().
 * @return TG_OK, TG_EINVAL (capacity), TG_ENOMEM; on failure *out is unchanged.
 */
enum tg_status tg_queue_create(size_t capacity, struct tg_queue **out);

/**
 * Frees a ring with what is still in it, and sets the pointer to NULL. No
 * thread may use it any more.
 * @param queue may be NULL, and may point to NULL.
 */
void tg_queue_destroy(struct tg_queue **queue);

/**
 * Takes a record to be filled. What it holds is of no meaning. It must be
 * committed soon, by the same thread: until then the consumer waits behind it,
 * and the ring fills up.
 * @return a record in the ring; NULL when the ring is full, and then one more
 *         is counted as lost. Any number of threads.
 */
struct tg_event *tg_queue_claim(struct tg_queue *queue);

/**
 * Hands a filled record to the consumer; the caller must not touch it again.
 * @param event from tg_queue_claim() of this queue, not NULL, committed once.
 */
void tg_queue_commit(struct tg_queue *queue, struct tg_event *event);

/**
 * Takes the oldest record out, when it was committed. One thread at a time.
 * @param event output: a copy.
 * @param lost  output, may be NULL: how many claims had failed when this record
 *              was claimed, since the ring was made. It tells where in the
 *              sequence of events the gap is. Threads that claim at the same
 *              moment may see it out of order: a later record can tell fewer.
 * @return false when there is none, or the oldest is still being filled; then
 *         the outputs are unchanged.
 */
bool tg_queue_pop(struct tg_queue *queue, struct tg_event *event, uint64_t *lost);

/** How many claims failed since the ring was made. Any thread, never falls. */
uint64_t tg_queue_lost(const struct tg_queue *queue);

/** How many claims succeeded since the ring was made. Any thread, never falls. */
uint64_t tg_queue_taken(const struct tg_queue *queue);

/** Bytes of memory it holds. Any thread. */
size_t tg_queue_memory(const struct tg_queue *queue);

#endif
