/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A thread that looks four times a second whether another policy lies where the one in force came
 * from, and puts it in force: signed if the settings ask for that, checked whole, atomically for
 * each question, without a pause. What is wrong with a bad one is said once, and the old one stays.
 */
#ifndef TG_MODULE_WATCH_H
#define TG_MODULE_WATCH_H

#include "module/seen.h"

struct tg_guard;
struct tg_watch;

/**
 * Starts the thread.
 * @param guard borrowed until the watch is destroyed; its policy, queue and walker are used.
 * @param seen  the files that its policy was read from, looked at before they were read.
 * @param out   output, to be freed with tg_watch_destroy().
 * @return 0 or an errno; then *out is unchanged.
 */
int tg_watch_create(
    struct tg_guard *guard, const struct tg_seen_files *seen, struct tg_watch **out);

/** Ends the thread and frees. NULL-safe. */
void tg_watch_destroy(struct tg_watch **watch);

#endif
