/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#ifndef TLDGUARD_BENCH_WRITE_PEERS_H
#define TLDGUARD_BENCH_WRITE_PEERS_H

#include "tldguard/event.h"

/**
 * Prints what others take for a line of these events: "jansson", the same object made anew and
 * dumped; "snprintf", the same line by one format, for events that it can be said of in one;
 * "unbound", a line of Unbound's own log, as it writes that: to path, which is deleted.
 * @return 0; 1: jansson or snprintf has made another line; 3: path cannot be written.
 */
int write_peers(const struct tg_event *events, const struct tg_observer *by, const char *path);

#endif
