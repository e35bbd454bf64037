/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A ring that a process left behind. */
#include "module/queue_p.h"

void tg_ring_set_mark(struct tg_ring *ring, uint64_t head, const struct tg_mark *mark)
{
    const uint32_t current = atomic_load_explicit(&ring->current, memory_order_relaxed) & 1;
    struct tg_place *next = &ring->places[current ^ 1];

    next->head = head;
    next->mark = mark != NULL ? *mark : ring->places[current].mark;
    atomic_store_explicit(&ring->current, current ^ 1, memory_order_release);
}

/* What a record says is not looked at: who writes it as text takes nothing of it on trust. */
static void adopt_slot(struct tg_ring *ring, uint64_t at)
{
    struct tg_slot *slot = &ring->slots[at & ring->mask];
    const bool filled = atomic_load_explicit(&slot->turn, memory_order_relaxed) == at + 1;

    if (!filled || slot->boot == TG_BOOT_VOID)
        slot->boot = TG_BOOT_VOID;
    else if (slot->boot == 0)
        slot->boot = ring->boot;
    atomic_store_explicit(&slot->turn, at + 1, memory_order_relaxed);
}

bool tg_ring_adopt(struct tg_ring *ring, size_t capacity, size_t *adopted)
{
    const uint64_t head = tg_ring_mark(ring)->head;
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (ring->mask != capacity - 1 || head > tail || tail - head > capacity ||
        tail > UINT64_MAX / 2 || ring->boot == 0 || ring->boot == TG_BOOT_VOID)
        return false;
    for (uint64_t at = head; at < tail; at++)
        adopt_slot(ring, at);
    for (uint64_t at = tail; at < head + capacity; at++)
        atomic_store_explicit(&ring->slots[at & ring->mask].turn, at, memory_order_relaxed);
    atomic_store_explicit(&ring->released, head, memory_order_relaxed);
    *adopted = (size_t)(tail - head);
    return true;
}
