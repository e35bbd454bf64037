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
 * way, claims = records released + records still in the ring + tg_queue_lost().
 *
 * The consuming side reads records where they are, and releases them when they are written. In
 * memory that outlives the process (keep.h) a ring is found again after a crash, with all that
 * was not released: only what a thread was just filling is lost, and known to be.
 *
 * Method: each slot has a sequence number that says whose turn it is (Vyukov's
 * bounded queue). Records come out in the order in which they were claimed.
 */
#ifndef TG_MODULE_QUEUE_H
#define TG_MODULE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/chain.h"
#include "module/keep.h"
#include "tldguard/event.h"
#include "tldguard/status.h"

#define TG_QUEUE_MIN 2u         /* records */
#define TG_QUEUE_MAX (1u << 18) /* records, 240 MiB */

struct tg_queue;

/* How far the consumer is: kept with the ring, so that who finds it again can go on. */
struct tg_mark {
    uint64_t lost;     /* tg_queue_lost() as the last record that was released saw it */
    uint64_t gap;      /* events lost since the last line, not told yet */
    uint64_t sequence; /* of the last line; 0: none yet */
    uint64_t series;   /* which log it is; 0: not known yet */
    uint64_t crash;    /* 1: the machine stopped before the next line, which is to say so */
    uint64_t device;   /* the file that it stands in ... */
    uint64_t inode;
    uint64_t size;                  /* ... and where it ends there */
    uint8_t digest[TG_DIGEST_SIZE]; /* of the last line */
};

/* A record in the ring. */
struct tg_queued {
    const struct tg_event
        *event;    /* NULL: it was being filled when the process ended, and is lost */
    uint64_t lost; /* how many claims had failed when it was claimed, since the ring was made. It
                      tells where in the sequence of events the gap is. Threads that claim at the
                      same moment may see it out of order: a later record can tell fewer */
    uint64_t boot; /* which start of the module it is of; 0: this one */
};

/**
 * Makes an empty ring, in memory of the process's.
 * @param capacity how many records it holds: a power of two, TG_QUEUE_MIN ..
 *                 TG_QUEUE_MAX.
 * @param out      output: the ring, to be freed with tg_queue_destroy().
 * @return TG_OK, TG_EINVAL (capacity), TG_ENOMEM; on failure *out is unchanged.
 */
enum tg_status tg_queue_create(size_t capacity, struct tg_queue **out);

/** Bytes of memory that tg_queue_create_in() needs; 0: no such capacity can be. */
size_t tg_queue_size(size_t capacity);

/**
 * Makes a ring in memory that outlives the process, or takes over the one that is in it.
 * @param capacity as above.
 * @param boot     what tells this start of the module from others; not 0.
 * @param found    whether something is in the memory. What is no ring of this capacity and of this
 *                 version of the code is given up, and so is one that contradicts itself.
 * @param keep     memory of tg_queue_size(capacity) bytes; on success it is the ring's, and NULL.
 * @param adopted  output: records that were taken over: all have a boot other than 0.
 * @param out      output, as above.
 * @return as above; on failure outputs, and *keep, are unchanged.
 */
enum tg_status tg_queue_create_in(size_t capacity, uint64_t boot, bool found, struct tg_keep **keep,
    size_t *adopted, struct tg_queue **out);

/**
 * Frees a ring, and sets the pointer to NULL. No thread may use it any more. What is still in it
 * is gone, unless its memory outlives the process: that is found again, unless there is nothing
 * in it, nor losses that no line has told.
 * @param queue may be NULL, and may point to NULL.
 */
void tg_queue_destroy(struct tg_queue **queue);

/** Whether its memory outlives the process. */
bool tg_queue_is_kept(const struct tg_queue *queue);

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
 * Looks at a record that is not released yet. The consumer's thread.
 * @param ahead how many are before it, 0 .. .
 * @param out   output; what it points to is borrowed until it is released.
 * @return false when there is none, or it is still being filled; then *out is unchanged.
 */
bool tg_queue_peek(const struct tg_queue *queue, size_t ahead, struct tg_queued *out);

/**
 * Releases the oldest records, for producers to fill. The consumer's thread.
 * @param count how many: not more than tg_queue_peek() has shown.
 * @param mark  how far the consumer is with these; NULL: as before. The mark and what it speaks of
 *              change at once: a process that ends in the middle leaves both, or neither.
 */
void tg_queue_release(struct tg_queue *queue, size_t count, const struct tg_mark *mark);

/** How far the consumer is; all zero in a new ring. The consumer's thread. */
void tg_queue_mark(const struct tg_queue *queue, struct tg_mark *out);

/**
 * Takes the oldest record out: tg_queue_peek(), a copy, and tg_queue_release(). One that is lost
 * is left out.
 * @param event output.
 * @param lost  output, may be NULL: as in tg_queued.
 * @return false as above; then the outputs are unchanged.
 */
bool tg_queue_pop(struct tg_queue *queue, struct tg_event *event, uint64_t *lost);

/** How many records it holds. Any thread. */
size_t tg_queue_capacity(const struct tg_queue *queue);

/** How many claims failed since the ring was made. Any thread, never falls. */
uint64_t tg_queue_lost(const struct tg_queue *queue);

/** How many claims succeeded since the ring was made. Any thread, never falls. */
uint64_t tg_queue_taken(const struct tg_queue *queue);

/** How many records were released since the ring was made. Any thread, never falls. */
uint64_t tg_queue_released(const struct tg_queue *queue);

/** Bytes of memory it holds. Any thread. */
size_t tg_queue_memory(const struct tg_queue *queue);

#endif
