/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private: the ring as it lies in memory. It may have been left by a process that died. */
#ifndef TG_MODULE_QUEUE_P_H
#define TG_MODULE_QUEUE_P_H

#include <stdalign.h>
#include <stdatomic.h>

#include "module/queue.h"

#define TG_CACHE_LINE 64
#define TG_RING_MAGIC 0x31676e6972677400u /* "\0tgring1": changes when what is in a ring does */
#define TG_BOOT_VOID  UINT64_MAX          /* tg_slot.boot: its record was never filled */

/*
 * turn, for the slot of position p (slots[p & mask]):
 *   p             free: the producer that takes position p may fill it
 *   p + 1         filled: the consumer may read it
 *   p + capacity  free again, for the next lap
 * A claimed slot keeps p until it is committed; the position counter alone
 * tells others that it is taken.
 */
struct tg_slot {
    alignas(TG_CACHE_LINE) _Atomic uint64_t turn;
    uint64_t lost, boot; /* as in tg_queued */
    struct tg_event event;
};

/* How far the consumer is, and with it the first position that is not released. */
struct tg_place {
    uint64_t head;
    struct tg_mark mark;
};

/* Producers, consumer and the loss counter write to lines of their own. */
struct tg_ring {
    alignas(TG_CACHE_LINE) uint64_t layout; /* read-only from here on, as are the next two */
    uint64_t mask;                          /* capacity - 1 */
    uint64_t boot;
    alignas(TG_CACHE_LINE) _Atomic uint64_t tail; /* next position to claim */
    alignas(TG_CACHE_LINE) _Atomic uint64_t lost;
    alignas(TG_CACHE_LINE) _Atomic uint64_t released; /* head, for other threads to read */
    _Atomic uint32_t current;                         /* which of the places holds */
    struct tg_place places[2];
    struct tg_slot slots[];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the query path must take no lock");
_Static_assert(sizeof(struct tg_slot) % TG_CACHE_LINE == 0, "slots share no cache line");

struct tg_queue {
    struct tg_ring *ring;
    struct tg_keep *keep; /* NULL: the ring is in memory of the process's */
};

/* The place that holds. The consumer's thread. */
static inline const struct tg_place *tg_ring_mark(const struct tg_ring *ring)
{
    return &ring->places[atomic_load_explicit(&ring->current, memory_order_relaxed) & 1];
}

/* Makes another place hold, at once. mark NULL: as before. */
void tg_ring_set_mark(struct tg_ring *ring, uint64_t head, const struct tg_mark *mark);

/**
 * Makes a ring that a process left behind, in whatever state, one to be used: what is between head
 * and tail is filled or void, all else is free. Nobody else may use it.
 * @param adopted output: how many there are, void ones included.
 * @return false: what is there contradicts itself; it is then to be started empty.
 */
bool tg_ring_adopt(struct tg_ring *ring, size_t capacity, size_t *adopted);

#endif
