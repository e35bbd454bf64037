/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A thread that looks four times a second whether another policy lies where the one in force came
 * from, and puts it in force: checked whole, atomically for each question, without a pause.
 * What is wrong with a bad one is said once, and the old one stays.
 */
#ifndef TG_MODULE_WATCH_H
#define TG_MODULE_WATCH_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct tg_guard;
struct tg_watch;

/* Which file it was, and in which state. */
struct tg_file_id {
    int error; /* errno; 0: the rest is of meaning */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

/** Looks at a file, through symbolic links. Any thread. */
struct tg_file_id tg_file_look(const char *path);

/**
 * Starts the thread.
 * @param guard borrowed until the watch is destroyed; its policy, queue and walker are used.
 * @param seen  the file that its policy was read from, looked at before it was read.
 * @param out   output, to be freed with tg_watch_destroy().
 * @return 0 or an errno; then *out is unchanged.
 */
int tg_watch_create(struct tg_guard *guard, const struct tg_file_id *seen, struct tg_watch **out);

/** Ends the thread and frees. NULL-safe. */
void tg_watch_destroy(struct tg_watch **watch);

#endif
