/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Takes out of Unbound's cache of messages what a new policy does not allow. Unbound gives
 * cached answers to clients without asking a module, and with serve-expired for ever, so they
 * must go, not just expire.
 *
 * While the resolver works, the walk takes one bin of the hash table at a time: no question
 * waits for more than that. And it must have ended before a reload of Unbound may replace
 * the table, of which a module is not told in time. What does come in time is the end of the
 * questions under way. So one question of our own, the sentinel, is always under way and never
 * answered, and when Unbound drops it no walk may go on. It is made beside the first question that
 * comes by us: until a cache that was kept, or a list of requests that was flushed, has had one
 * such question, it is not looked through.
 */
#ifndef TG_MODULE_WALK_H
#define TG_MODULE_WALK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "module/ub.h"

struct tg_guard;
struct tg_image;

struct tg_walker {
    pthread_mutex_t mutex;  /* guards messages; held for one bin */
    pthread_mutex_t speaks; /* held by a thread of ours while it says a line */
    bool has_mutex;
    struct slabhash *messages; /* NULL: no sentinel is there, and no walk may go on */
    atomic_bool placed;        /* the same, for the query path */
    _Atomic(time_t) dismissed; /* when the last one went, by the monotonic clock; 0: none has */
};

enum tg_walk_end {
    TG_WALK_DONE,
    TG_WALK_LATER, /* there is no sentinel, or it has gone: begin again when it is there */
    TG_WALK_ENOMEM /* some may still be there: begin again */
};

/** @return false when the system has no mutex for us. */
bool tg_walker_init(struct tg_walker *walker);

/** Accepts one that was only zeroed. */
void tg_walker_fini(struct tg_walker *walker);

/**
 * Makes the sentinel, when there is none; for each question that comes by. Any worker thread.
 */
void tg_walker_place(struct tg_walker *walker, struct module_qstate *qstate, int id);

/** Whether this is the sentinel: it waits, for ever. */
bool tg_walker_is_sentinel(
    const struct tg_walker *walker, const struct module_qstate *qstate, int id);

/**
 * Unbound drops the sentinel, most likely to reload: returns when no walk goes on, and when no
 * thread of ours says anything, for which it waits a second at most. Its thread.
 */
void tg_walker_dismiss(struct tg_walker *walker);

/** Whether Unbound reloads, most likely: there is nothing to walk through. Any thread. */
bool tg_walker_is_reloading(struct tg_walker *walker);

/**
 * A thread of ours begins to say something in Unbound's log, and nothing else, until
 * tg_walker_end(): others wait for it.
 * @return false: it must not, as Unbound reloads, and changes its settings as if it were alone.
 */
bool tg_walker_begin(struct tg_walker *walker);
void tg_walker_end(struct tg_walker *walker);

/**
 * Walks while the resolver works.
 * @param removed output, always written: how many answers were taken out.
 */
enum tg_walk_end tg_walk(struct tg_guard *guard, const struct tg_image *image, size_t *removed);

/**
 * Walks at a start, when there are no workers: after unbound-control reload_keep_cache.
 * @param messages Unbound's; NULL: there is none yet.
 */
enum tg_walk_end tg_walk_at_start(struct tg_guard *guard, const struct tg_image *image,
    struct slabhash *messages, size_t *removed);

#endif
