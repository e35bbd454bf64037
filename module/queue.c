/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/queue.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CACHE_LINE 64

/*
 * turn, for the slot of position p (slots[p & mask]):
 *   p             free: the producer that takes position p may fill it
 *   p + 1         filled: the consumer may take it
 *   p + capacity  free again, for the next lap
 * A claimed slot keeps p until it is committed; the position counter alone
 * tells others that it is taken.
 */
struct slot {
    alignas(CACHE_LINE) _Atomic uint64_t turn;
    uint64_t lost; /* tg_queue_lost() when it was claimed */
    struct tg_event event;
};

/* Producers, consumer and the loss counter write to lines of their own. */
struct tg_queue {
    alignas(CACHE_LINE) _Atomic uint64_t tail; /* next position to claim */
    alignas(CACHE_LINE) _Atomic uint64_t lost;
    alignas(CACHE_LINE) uint64_t head; /* next position to pop: the consumer's own */
    alignas(CACHE_LINE) uint64_t mask; /* capacity - 1; read-only from here on */
    struct slot slots[];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the query path must take no lock");
_Static_assert(sizeof(struct slot) % CACHE_LINE == 0, "slots share no cache line");

static size_t size_of(size_t capacity)
{
    return sizeof(struct tg_queue) + capacity * sizeof(struct slot);
}

enum tg_status tg_queue_create(size_t capacity, struct tg_queue **out)
{
    struct tg_queue *queue;

    if (capacity < TG_QUEUE_MIN || capacity > TG_QUEUE_MAX || (capacity & (capacity - 1)) != 0)
        return TG_EINVAL;
    queue = aligned_alloc(CACHE_LINE, size_of(capacity));
    if (queue == NULL)
        return TG_ENOMEM;
    atomic_init(&queue->tail, 0);
    atomic_init(&queue->lost, 0);
    queue->head = 0;
    queue->mask = capacity - 1;
    for (size_t i = 0; i < capacity; i++) {
        /* Zeroed whole: names are filled only as far as they reach, but copied whole. */
        queue->slots[i] = (struct slot){.lost = 0};
        atomic_init(&queue->slots[i].turn, i);
    }
    *out = queue;
    return TG_OK;
}

void tg_queue_destroy(struct tg_queue **queue)
{
    if (queue == NULL)
        return;
    free(*queue);
    *queue = NULL;
}

struct tg_event *tg_queue_claim(struct tg_queue *queue)
{
    uint64_t at = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    for (;;) {
        struct slot *slot = &queue->slots[at & queue->mask];
        const uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

        if (turn == at) {
            if (atomic_compare_exchange_weak_explicit(
                    &queue->tail, &at, at + 1, memory_order_relaxed, memory_order_relaxed)) {
                slot->lost = atomic_load_explicit(&queue->lost, memory_order_relaxed);
                return &slot->event;
            }
        } else if (turn < at) { /* still holds the record of the lap before */
            atomic_fetch_add_explicit(&queue->lost, 1, memory_order_relaxed);
            return NULL;
        } else { /* another producer took it since tail was read */
            at = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        }
    }
}

void tg_queue_commit(struct tg_queue *queue, struct tg_event *event)
{
    struct slot *slot = (struct slot *)(void *)((char *)event - offsetof(struct slot, event));
    const uint64_t at = atomic_load_explicit(&slot->turn, memory_order_relaxed);

    (void)queue; /* the slot knows its place */
    atomic_store_explicit(&slot->turn, at + 1, memory_order_release);
}

bool tg_queue_pop(struct tg_queue *queue, struct tg_event *event, uint64_t *lost)
{
    struct slot *slot = &queue->slots[queue->head & queue->mask];

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != queue->head + 1)
        return false;
    *event = slot->event;
    if (lost != NULL)
        *lost = slot->lost;
    atomic_store_explicit(&slot->turn, queue->head + queue->mask + 1, memory_order_release);
    queue->head++;
    return true;
}

uint64_t tg_queue_lost(const struct tg_queue *queue)
{
    return atomic_load_explicit(&queue->lost, memory_order_relaxed);
}

uint64_t tg_queue_taken(const struct tg_queue *queue)
{
    return atomic_load_explicit(&queue->tail, memory_order_relaxed);
}

size_t tg_queue_memory(const struct tg_queue *queue)
{
    return size_of((size_t)queue->mask + 1);
}
