/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A thread that looks four times a second whether another policy lies where the one in force came
 * from, and puts it in force: signed if the settings ask for that, checked whole, atomically for
 * each question, without a pause. What is wrong with a bad one is said once, and the old one stays.
 * It alone touches the policy's files, so that a disk that does not answer holds nobody else.
 */
#ifndef TG_MODULE_WATCH_H
#define TG_MODULE_WATCH_H

#include <stdbool.h>

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

/**
 * Ends the thread.
 * @param ms how long it is waited for at most.
 * @return false when it is still at it, as where the policy lies does not answer, or there is much
 *         to read: tg_watch_leave() or tg_watch_destroy() is still to be called.
 */
bool tg_watch_stop_within(struct tg_watch *watch, long ms);

/**
 * Leaves a thread behind for which tg_watch_stop_within() has returned false: it frees itself, and
 * the settings, when it has read what it is reading. From here on it touches nothing else, and says
 * nothing; the code must stay loaded for good. What it does besides reading is waited for.
 * @param watch    set to NULL.
 * @param settings the guard's, which it goes by; set to NULL.
 */
void tg_watch_leave(struct tg_watch **watch, struct tg_settings **settings);

/** Ends the thread, however long that takes, and frees. NULL-safe. */
void tg_watch_destroy(struct tg_watch **watch);

#endif
