/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private: reads a value of an image from its front. Once a read fails, all that follow do. */
#ifndef TLDGUARD_IMAGE_CURSOR_H
#define TLDGUARD_IMAGE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/dname.h"

struct tg_cursor {
    const uint8_t *at;
    size_t left;
    bool bad; /* a read failed */
};

/** The next len octets, or NULL. */
const void *tg_take(struct tg_cursor *cursor, size_t len);

/** The next name: valid, lower-case. The root is good enough when root says so. */
struct tg_name tg_take_name(struct tg_cursor *cursor, bool root);

/** A name whose length is stored as well; "no name" when that is 0. */
struct tg_name tg_take_sized_name(struct tg_cursor *cursor, size_t len, bool root);

/** The next text, of len octets and a NUL: UTF-8 without control characters, as people will see it.
 * NULL when it is not there, and then len is 0. */
const char *tg_take_text(struct tg_cursor *cursor, bool there, const uint8_t len[2]);

/** True when all was read, and all of it was good. */
bool tg_cursor_done(const struct tg_cursor *cursor);

#endif
