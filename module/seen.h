/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Whether the files that a policy is read from are still the ones that were read. */
#ifndef TG_MODULE_SEEN_H
#define TG_MODULE_SEEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "tldguard/settings.h"

/* Which file it was, and in which state. */
struct tg_file_id {
    int error; /* errno; 0: the rest is of meaning */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

/* The image; with trusted-keys its signatures, and what the host allows. The rest stays zero. */
enum { TG_SEEN_IMAGE, TG_SEEN_SIGNATURE, TG_SEEN_NEXT, TG_SEEN_ALLOWED, TG_SEEN_FILES };
struct tg_seen_files {
    struct tg_file_id file[TG_SEEN_FILES];
};

/** Looks at them, through symbolic links. Any thread. */
struct tg_seen_files tg_seen_look(const struct tg_settings *settings);

/** Whether they are the same files, whatever is in them. */
bool tg_seen_same_files(const struct tg_seen_files *a, const struct tg_seen_files *b);

/** Whether nobody has touched them in between. */
bool tg_seen_same_state(const struct tg_seen_files *a, const struct tg_seen_files *b);

#endif
