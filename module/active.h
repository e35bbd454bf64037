/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The policy in force. It can be replaced while any number of threads
 * decide by it: each question sees the old one or the new one, whole, and the
 * old one is freed when the last reader has left.
 *
 * Readers never wait: they count themselves in and out with one atomic addition each. Only
 * who replaces waits, for those that came before. Method: sleepable read-copy-update
 * (SRCU, P. McKenney), two counters for each of a few slots that the threads share.
 */
#ifndef TG_MODULE_ACTIVE_H
#define TG_MODULE_ACTIVE_H

#include <stdatomic.h>
#include <stddef.h>

#include "tldguard/image.h"
#include "tldguard/status.h"

struct tg_active;

/* A stay in the policy: from tg_active_enter() to tg_active_leave(). */
struct tg_stay {
    const struct tg_image *image; /* NULL: there is no policy */
    atomic_size_t *readers;       /* where it is counted */
    unsigned slot;                /* tg_slot_of_thread() */
    unsigned generation;          /* of the policy: another one after each tg_active_replace() */
};

/**
 * Makes a holder.
 * @param image the first policy; NULL: none yet. On success it belongs to the holder.
 * @param out   output, to be freed with tg_active_destroy().
 * @return TG_OK or TG_ENOMEM; on failure *out is unchanged.
 */
enum tg_status tg_active_create(struct tg_image *image, struct tg_active **out);

/**
 * Frees the holder and its policy, and sets the pointer to NULL. Nobody may be inside.
 * @param active may be NULL, and may point to NULL.
 */
void tg_active_destroy(struct tg_active **active);

/**
 * Enters: until the stay ends its image remains as it is, whatever is put in its place. What was
 * judged in a stay holds in another one of the same generation: if the policy has been replaced
 * between them, that has not returned before the other one is left.
 * Wait-free, any number of threads; stays of one thread may overlap. It should be short, and the
 * thread must not call tg_active_replace() within.
 */
struct tg_stay tg_active_enter(struct tg_active *active);

/** Leaves; the stay's image must not be used any more. Any thread. */
void tg_active_leave(struct tg_stay stay);

/**
 * Puts a policy in force: who enters from now on sees it. Then waits until nobody is left in the
 * former one, and frees that. One thread at a time; not from the query path.
 * @param image belongs to the holder from now on; not NULL.
 */
void tg_active_replace(struct tg_active *active, struct tg_image *image);

/** The policy in force, for the thread that replaces it; NULL: none. */
struct tg_image *tg_active_image(struct tg_active *active);

/** Bytes of memory it holds, its policy's too. Any thread. */
size_t tg_active_memory(struct tg_active *active);

#endif
