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

#include "module/found.h"

struct tg_guard;
struct tg_watch;

/**
 * Starts the thread, which reads the first policy and then waits for tg_watch_begin().
 * @param settings borrowed until the watch is destroyed.
 * @param out      output, to be freed with tg_watch_destroy().
 * @return 0 or an errno; then *out is unchanged.
 */
int tg_watch_create(const struct tg_settings *settings, struct tg_watch **out);

/**
 * Waits for the first policy. Once.
 * @param ms    how long at most.
 * @param found output, always written: what it has come to; to be freed with tg_found_fini().
 * @return false when the disk has not answered by then, and there is nothing: what comes of it is
 *         taken as any other policy once the watch has begun.
 */
bool tg_watch_first(struct tg_watch *watch, long ms, struct tg_found *found);

/**
 * From now on it looks for other policies.
 * @param guard borrowed until the watch is destroyed or left behind; its policy, queue and walker
 *              are used.
 */
void tg_watch_begin(struct tg_watch *watch, struct tg_guard *guard);

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
