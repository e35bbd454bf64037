/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/queue.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "module/queue_p.h"

/* Which code can read a ring: one that has the same sizes and places. */
static uint64_t layout_of(size_t capacity)
{
    const uint64_t parts[] = {TG_RING_MAGIC, capacity, sizeof(struct tg_slot),
        sizeof(struct tg_event), sizeof(struct tg_mark), offsetof(struct tg_slot, event),
        offsetof(struct tg_event, qname), offsetof(struct tg_event, ids),
        offsetof(struct tg_event, via), offsetof(struct tg_event, group)};
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        hash = (hash ^ parts[i]) * 0x100000001b3u;
    return hash;
}

size_t tg_queue_size(size_t capacity)
{
    if (capacity < TG_QUEUE_MIN || capacity > TG_QUEUE_MAX || (capacity & (capacity - 1)) != 0)
        return 0;
    return sizeof(struct tg_ring) + capacity * sizeof(struct tg_slot);
}

static void start_empty(struct tg_ring *ring, size_t capacity)
{
    /* Zeroed whole: names are filled only as far as they reach, but copied whole. */
    memset(ring, 0, tg_queue_size(capacity));
    ring->layout = layout_of(capacity);
    ring->mask = capacity - 1;
    for (size_t i = 0; i < capacity; i++)
        atomic_init(&ring->slots[i].turn, i);
}

enum tg_status tg_queue_create(size_t capacity, struct tg_queue **out)
{
    const size_t size = tg_queue_size(capacity);
    struct tg_queue *queue;

    if (size == 0)
        return TG_EINVAL;
    queue = calloc(1, sizeof(*queue));
    if (queue == NULL)
        return TG_ENOMEM;
    queue->ring = aligned_alloc(TG_CACHE_LINE, size);
    if (queue->ring == NULL) {
        free(queue);
        return TG_ENOMEM;
    }
    start_empty(queue->ring, capacity);
    *out = queue;
    return TG_OK;
}

enum tg_status tg_queue_create_in(size_t capacity, uint64_t boot, bool found, struct tg_keep **keep,
    size_t *adopted, struct tg_queue **out)
{
    struct tg_queue *queue;
    size_t count = 0;

    if (tg_queue_size(capacity) == 0)
        return TG_EINVAL;
    queue = calloc(1, sizeof(*queue));
    if (queue == NULL)
        return TG_ENOMEM;
    queue->keep = *keep;
    queue->ring = tg_keep_memory(*keep);
    if (!found || queue->ring->layout != layout_of(capacity) ||
        !tg_ring_adopt(queue->ring, capacity, &count))
        start_empty(queue->ring, capacity);
    queue->ring->boot = boot;
    *keep = NULL;
    *adopted = count;
    *out = queue;
    return TG_OK;
}

/* Whether there is nothing that a next start would have to know. */
static bool is_settled(const struct tg_queue *queue)
{
    const struct tg_mark *mark = &tg_ring_mark(queue->ring)->mark;

    return tg_queue_released(queue) == tg_queue_taken(queue) &&
           mark->lost == tg_queue_lost(queue) && mark->gap == 0;
}

void tg_queue_destroy(struct tg_queue **queue)
{
    if (queue == NULL || *queue == NULL)
        return;
    if ((*queue)->keep != NULL)
        tg_keep_close(&(*queue)->keep, is_settled(*queue));
    else
        free((*queue)->ring);
    free(*queue);
    *queue = NULL;
}

bool tg_queue_is_kept(const struct tg_queue *queue)
{
    return queue->keep != NULL;
}

struct tg_event *tg_queue_claim(struct tg_queue *queue)
{
    struct tg_ring *ring = queue->ring;
    uint64_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    for (;;) {
        struct tg_slot *slot = &ring->slots[at & ring->mask];
        const uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

        if (turn == at) {
            if (atomic_compare_exchange_weak_explicit(
                    &ring->tail, &at, at + 1, memory_order_relaxed, memory_order_relaxed)) {
                slot->lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);
                slot->boot = 0;
                return &slot->event;
            }
        } else if (turn < at) { /* still holds the record of the lap before */
            atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
            return NULL;
        } else { /* another producer took it since tail was read */
            at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        }
    }
}

void tg_queue_commit(struct tg_queue *queue, struct tg_event *event)
{
    struct tg_slot *slot =
        (struct tg_slot *)(void *)((char *)event - offsetof(struct tg_slot, event));
    const uint64_t at = atomic_load_explicit(&slot->turn, memory_order_relaxed);

    (void)queue; /* the slot knows its place */
    atomic_store_explicit(&slot->turn, at + 1, memory_order_release);
}

/* A record has been filled by another processor, or long ago: while one is being worked on, the
 * parts of the next that every line needs are on their way. A wrong guess costs nothing. */
static void send_for(const struct tg_slot *slot)
{
    const char *const bytes = (const char *)slot;

    for (size_t at = 0; at < offsetof(struct tg_slot, event.qname); at += TG_CACHE_LINE)
        __builtin_prefetch(bytes + at);
    __builtin_prefetch(slot->event.qname);
    __builtin_prefetch(slot->event.twin);
}

bool tg_queue_peek(const struct tg_queue *queue, size_t ahead, struct tg_queued *out)
{
    const struct tg_ring *ring = queue->ring;
    const uint64_t at = tg_ring_mark(ring)->head + ahead;
    const struct tg_slot *slot = &ring->slots[at & ring->mask];

    if (ahead > ring->mask || atomic_load_explicit(&slot->turn, memory_order_acquire) != at + 1)
        return false;
    send_for(&ring->slots[(at + 1) & ring->mask]);
    out->event = slot->boot == TG_BOOT_VOID ? NULL : &slot->event;
    out->lost = slot->lost;
    out->boot = slot->boot;
    return true;
}

void tg_queue_release(struct tg_queue *queue, size_t count, const struct tg_mark *mark)
{
    struct tg_ring *ring = queue->ring;
    const uint64_t head = tg_ring_mark(ring)->head;

    tg_ring_set_mark(ring, head + count, mark);
    for (uint64_t at = head; at < head + count; at++)
        atomic_store_explicit(
            &ring->slots[at & ring->mask].turn, at + ring->mask + 1, memory_order_release);
    /* Last: who sees it may count on the room. */
    atomic_store_explicit(&ring->released, head + count, memory_order_release);
}

void tg_queue_mark(const struct tg_queue *queue, struct tg_mark *out)
{
    *out = tg_ring_mark(queue->ring)->mark;
}

bool tg_queue_pop(struct tg_queue *queue, struct tg_event *event, uint64_t *lost)
{
    struct tg_queued queued;

    while (tg_queue_peek(queue, 0, &queued)) {
        if (queued.event != NULL) {
            *event = *queued.event;
            if (lost != NULL)
                *lost = queued.lost;
        }
        tg_queue_release(queue, 1, NULL);
        if (queued.event != NULL)
            return true;
    }
    return false;
}

size_t tg_queue_capacity(const struct tg_queue *queue)
{
    return (size_t)queue->ring->mask + 1;
}

uint64_t tg_queue_lost(const struct tg_queue *queue)
{
    return atomic_load_explicit(&queue->ring->lost, memory_order_relaxed);
}

uint64_t tg_queue_taken(const struct tg_queue *queue)
{
    return atomic_load_explicit(&queue->ring->tail, memory_order_relaxed);
}

uint64_t tg_queue_released(const struct tg_queue *queue)
{
    return atomic_load_explicit(&queue->ring->released, memory_order_acquire);
}

size_t tg_queue_memory(const struct tg_queue *queue)
{
    return tg_queue_size(tg_queue_capacity(queue));
}
