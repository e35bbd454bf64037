/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What threads count, each in a place of its own, so that they do not fight for a cache line. */
#ifndef TG_MODULE_SLOT_H
#define TG_MODULE_SLOT_H

#include <pthread.h>
#include <stdint.h>

/* More than a resolver has threads; two that meet in one share a cache line, and nothing worse. */
#define TG_SLOTS 64
/* Between two slots: no line is shared, nor the two lines that are fetched together. */
#define TG_SLOT_GAP 128

/** This thread's slot, 0 .. TG_SLOTS - 1: glibc and musl give pthread_self() as the address of its
 * control block. */
static inline unsigned tg_slot_of_thread(void)
{
    const uint64_t self = (uint64_t)(uintptr_t)pthread_self();

    return (unsigned)(self * 0x9e3779b97f4a7c15u >> 58);
}

#endif
