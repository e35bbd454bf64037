/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/walk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/path.h"

/* From the end of the questions under way to that of this instance; more than any reload takes. */
#define RELOAD_SECONDS 5

/* A second, at least, to wait for the end of a line. */
#define SILENCE_NS    1000000
#define SILENCE_TRIES 1000

/* Bins between one step towards an answer and the next. */
#define AHEAD 8

/* One message to remove. Its name is a copy: the entry may be freed under us. */
struct doomed {
    struct doomed *next;
    hashvalue_type hash;
    struct query_info qinfo;
    uint8_t name[TG_DNAME_MAX];
};

struct walk {
    const struct tg_guard *guard;
    const struct tg_image *image;
    time_t now;
    struct doomed *doomed; /* of the bin at hand */
    size_t removed;
    bool oom;
};

bool tg_walker_init(struct tg_walker *walker)
{
    if (pthread_mutex_init(&walker->mutex, NULL) != 0)
        return false;
    walker->has_mutex = pthread_mutex_init(&walker->speaks, NULL) == 0;
    if (!walker->has_mutex)
        (void)pthread_mutex_destroy(&walker->mutex);
    return walker->has_mutex;
}

void tg_walker_fini(struct tg_walker *walker)
{
    if (walker->has_mutex) {
        (void)pthread_mutex_destroy(&walker->mutex);
        (void)pthread_mutex_destroy(&walker->speaks);
    }
    walker->has_mutex = false;
}

void tg_walker_place(struct tg_walker *walker, struct module_qstate *qstate, int id)
{
    static const uint8_t name[] = "\011_tldguard\007invalid";
    struct query_info qinfo = {.qname = (uint8_t *)(uintptr_t)name,
        .qname_len = sizeof(name),
        .qtype = LDNS_RR_TYPE_NULL,
        .qclass = LDNS_RR_CLASS_IN};
    struct module_qstate *sentinel = NULL;

    if (atomic_load_explicit(&walker->placed, memory_order_relaxed) ||
        atomic_exchange(&walker->placed, true))
        return;
    /* valrec, so that no client's question can join it. Out of memory: the next one tries. */
    if (!tg_ub_add_sub(qstate, &qinfo, &sentinel) || !sentinel) {
        atomic_store(&walker->placed, false);
        return;
    }
    sentinel->minfo[id] = walker;
    (void)pthread_mutex_lock(&walker->mutex);
    walker->messages = qstate->env->msg_cache;
    (void)pthread_mutex_unlock(&walker->mutex);
}

bool tg_walker_is_sentinel(
    const struct tg_walker *walker, const struct module_qstate *qstate, int id)
{
    return qstate->minfo[id] == walker;
}

static time_t now_monotonic(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1; /* never 0 */
}

/* What Unbound's log writes in each line goes with its configuration. A line is short: it is looked
 * for its end by no clock that somebody may set. */
static void wait_for_silence(struct tg_walker *walker)
{
    const struct timespec pause = {.tv_nsec = SILENCE_NS};

    for (int i = 0; i < SILENCE_TRIES; i++) {
        if (pthread_mutex_trylock(&walker->speaks) == 0) {
            (void)pthread_mutex_unlock(&walker->speaks);
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

void tg_walker_dismiss(struct tg_walker *walker)
{
    atomic_store(&walker->dismissed, now_monotonic());
    (void)pthread_mutex_lock(&walker->mutex);
    walker->messages = NULL;
    (void)pthread_mutex_unlock(&walker->mutex);
    atomic_store(&walker->placed, false);
    wait_for_silence(walker);
}

/* The sentinel went a moment ago, and there is no other. */
bool tg_walker_is_reloading(struct tg_walker *walker)
{
    const time_t dismissed = atomic_load(&walker->dismissed);

    return dismissed != 0 && !atomic_load(&walker->placed) &&
           now_monotonic() - dismissed < RELOAD_SECONDS;
}

bool tg_walker_begin(struct tg_walker *walker)
{
    (void)pthread_mutex_lock(&walker->speaks);
    if (!tg_walker_is_reloading(walker))
        return true;
    (void)pthread_mutex_unlock(&walker->speaks);
    return false;
}

void tg_walker_end(struct tg_walker *walker)
{
    (void)pthread_mutex_unlock(&walker->speaks);
}

static void doom(struct walk *walk, const struct lruhash_entry *entry)
{
    const struct msgreply_entry *message = entry->key;
    struct doomed *found = malloc(sizeof(*found));

    if (!found) {
        walk->oom = true;
        return;
    }
    memcpy(found->name, message->key.qname, message->key.qname_len);
    found->hash = entry->hash;
    found->qinfo = message->key;
    found->qinfo.qname = found->name;
    found->next = walk->doomed;
    walk->doomed = found;
}

static void look(struct walk *walk, struct lruhash_entry *entry)
{
    const struct msgreply_entry *message = entry->key;

    lock_rw_rdlock(&entry->lock);
    if (message->key.qname && message->key.qname_len <= TG_DNAME_MAX &&
        tg_keeps_out(walk->guard, walk->image, &message->key, entry->data, true, walk->now))
        doom(walk, entry);
    lock_rw_unlock(&entry->lock);
}

/* Bin i, locked; NULL behind the last one. In the order in which Unbound takes these locks. A table
 * that grows meanwhile splits bin i into i and a later one: none is missed. */
static struct lruhash_bin *enter_bin(struct lruhash *table, size_t i)
{
    struct lruhash_bin *bin = NULL;

    lock_quick_lock(&table->lock);
    if (i < table->size) {
        bin = &table->array[i];
        lock_quick_lock(&bin->lock);
    }
    lock_quick_unlock(&table->lock);
    return bin;
}

static void leave_bin(struct lruhash_bin *bin)
{
    lock_quick_unlock(&bin->lock);
}

/* Not a function of its own: gcc takes a call of one that only prefetches for one that does
 * nothing. The place need not be there any more. */
static inline __attribute__((always_inline)) void fetch(const void *at)
{
    __builtin_prefetch(at);
    __builtin_prefetch((const char *)at + 64);
}

/* What a bin begins with is asked for. */
static void fetch_entry(struct lruhash *table, size_t i)
{
    struct lruhash_bin *bin = enter_bin(table, i);

    if (!bin)
        return;
    if (bin->overflow_list)
        fetch((const char *)bin->overflow_list - offsetof(struct msgreply_entry, entry));
    leave_bin(bin);
}

/* And what that points to: first the name and the answer, then the RRsets of that. */
static void fetch_answer(struct lruhash *table, size_t i, bool rrsets)
{
    struct lruhash_bin *bin = enter_bin(table, i);
    struct lruhash_entry *entry = bin ? bin->overflow_list : NULL;

    if (entry) {
        const struct msgreply_entry *message = entry->key;
        const struct reply_info *reply;

        lock_rw_rdlock(&entry->lock);
        reply = entry->data;
        if (!rrsets) {
            fetch(message->key.qname);
            fetch(reply);
        } else if (reply && reply->an_numrrsets > 0) {
            fetch(reply->ref[0].key);
        }
        lock_rw_unlock(&entry->lock);
    }
    if (bin)
        leave_bin(bin);
}

/* Returns false behind the last bin. Memory is slow: what the next bins lead to is under way while
 * this one is looked at. */
static bool look_at_bin(struct walk *walk, struct lruhash *table, size_t i)
{
    struct lruhash_bin *bin;

    fetch_entry(table, i + 3 * AHEAD);
    fetch_answer(table, i + 2 * AHEAD, false);
    fetch_answer(table, i + AHEAD, true);
    bin = enter_bin(table, i);
    if (!bin)
        return false;
    for (struct lruhash_entry *entry = bin->overflow_list; entry; entry = entry->overflow_next)
        look(walk, entry);
    leave_bin(bin);
    return true;
}

static void remove_doomed(struct walk *walk, struct slabhash *messages)
{
    while (walk->doomed) {
        struct doomed *doomed = walk->doomed;

        walk->doomed = doomed->next;
        slabhash_remove(messages, doomed->hash, &doomed->qinfo);
        free(doomed);
        walk->removed++;
    }
}

enum step { NEXT_BIN, NEXT_SLAB, ALL_SEEN, SHUT };

/* Whether there is a table is asked anew for each bin. */
static enum step take(struct walk *walk, struct tg_walker *walker, size_t slab, size_t bin)
{
    enum step step = NEXT_BIN;

    (void)pthread_mutex_lock(&walker->mutex);
    if (!walker->messages)
        step = SHUT;
    else if (slab >= walker->messages->size)
        step = ALL_SEEN;
    else if (!look_at_bin(walk, walker->messages->array[slab], bin))
        step = NEXT_SLAB;
    else
        remove_doomed(walk, walker->messages);
    (void)pthread_mutex_unlock(&walker->mutex);
    return step;
}

enum tg_walk_end tg_walk(struct tg_guard *guard, const struct tg_image *image, size_t *removed)
{
    struct walk walk = {.guard = guard, .image = image, .now = time(NULL)};
    enum step step = NEXT_BIN;

    for (size_t slab = 0; step == NEXT_BIN || step == NEXT_SLAB; slab += step == NEXT_SLAB) {
        step = NEXT_BIN;
        for (size_t bin = 0; step == NEXT_BIN; bin++)
            step = take(&walk, &guard->walker, slab, bin);
    }
    *removed = walk.removed;
    if (step == SHUT)
        return TG_WALK_LATER;
    return walk.oom ? TG_WALK_ENOMEM : TG_WALK_DONE;
}

enum tg_walk_end tg_walk_at_start(struct tg_guard *guard, const struct tg_image *image,
    struct slabhash *messages, size_t *removed)
{
    enum tg_walk_end end = TG_WALK_DONE;

    *removed = 0;
    if (!messages)
        return end;
    guard->walker.messages = messages;
    end = tg_walk(guard, image, removed);
    guard->walker.messages = NULL;
    return end;
}
