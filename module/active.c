/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/active.h"

#include <stdlib.h>
#include <time.h>

#include "module/slot.h"

#define WAIT_NS 100000

struct slot {
    atomic_size_t readers[2];
    char gap[TG_SLOT_GAP - 2 * sizeof(atomic_size_t)];
};

struct tg_active {
    struct slot slots[TG_SLOTS];
    _Atomic(struct tg_image *) image;
    atomic_uint side; /* its lowest bit: which counter those that enter now take */
};

enum tg_status tg_active_create(struct tg_image *image, struct tg_active **out)
{
    struct tg_active *active = malloc(sizeof(*active));

    if (active == NULL)
        return TG_ENOMEM;
    for (size_t i = 0; i < TG_SLOTS; i++) {
        atomic_init(&active->slots[i].readers[0], 0);
        atomic_init(&active->slots[i].readers[1], 0);
    }
    atomic_init(&active->image, image);
    atomic_init(&active->side, 0);
    *out = active;
    return TG_OK;
}

void tg_active_destroy(struct tg_active **active)
{
    struct tg_image *image;

    if (active == NULL || *active == NULL)
        return;
    image = atomic_load(&(*active)->image);
    tg_image_close(&image);
    free(*active);
    *active = NULL;
}

struct tg_stay tg_active_enter(struct tg_active *active)
{
    const unsigned side = atomic_load(&active->side);
    struct tg_stay stay = {.slot = tg_slot_of_thread(), .generation = side};

    stay.readers = &active->slots[stay.slot].readers[side & 1];
    /* In one order for all: who replaces the image counts us, or we see what it has put there. */
    atomic_fetch_add(stay.readers, 1);
    stay.image = atomic_load(&active->image);
    return stay;
}

void tg_active_leave(struct tg_stay stay)
{
    atomic_fetch_sub_explicit(stay.readers, 1, memory_order_release);
}

/* Each counter is looked at until it was 0 once: who is counted after that sees the new image. */
static void await_side(struct tg_active *active, unsigned side)
{
    const struct timespec pause = {0, WAIT_NS};

    for (size_t i = 0; i < TG_SLOTS; i++)
        while (atomic_load(&active->slots[i].readers[side]) != 0)
            (void)nanosleep(&pause, NULL);
}

void tg_active_replace(struct tg_active *active, struct tg_image *image)
{
    struct tg_image *former = atomic_exchange(&active->image, image);

    /* Newcomers take the other side, so that the one waited for runs empty under any load. */
    for (int i = 0; i < 2; i++)
        await_side(active, atomic_fetch_add(&active->side, 1) & 1);
    tg_image_close(&former);
}

struct tg_image *tg_active_image(struct tg_active *active)
{
    return atomic_load(&active->image);
}

size_t tg_active_memory(struct tg_active *active)
{
    struct tg_stay stay = tg_active_enter(active);
    const size_t size = sizeof(*active) + (stay.image != NULL ? tg_image_memory(stay.image) : 0);

    tg_active_leave(stay);
    return size;
}
