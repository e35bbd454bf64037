/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The events that the writer is measured with: of each kind many different ones, each time the
 * same. */
#ifndef TLDGUARD_BENCH_WRITE_EVENTS_H
#define TLDGUARD_BENCH_WRITE_EVENTS_H

#include <stddef.h>

#include "module/queue.h"
#include "tldguard/event.h"

#define WRITE_EVENTS 1024

/**
 * The events of a kind.
 * @param kind   "plain": a client of IPv4, a short name; "ids": what a forwarder told of the
 * client, a group, IPv6; "long": names of some 230 octets; "idn": A-labels; "octets": names in
 *               UTF-8, which are escaped octet by octet.
 * @param events output: WRITE_EVENTS of them.
 * @return 0; -1: there is no such kind.
 */
int write_events(const char *kind, struct tg_event *events);

/** Pushes events, cycling through them, from number first on.
 * @return how many the queue took. */
size_t write_push(
    struct tg_queue *queue, const struct tg_event *events, size_t first, size_t count);

#endif
