/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Memory that is freed all at once: a parsed policy is one arena, the tree of
 * its text another. Private to libtldguard. An arena belongs to one thread at
 * a time; what was allocated from it may be read by any.
 */
#ifndef TG_ARENA_H
#define TG_ARENA_H

#include <stddef.h>

struct tg_arena;

/** @return an empty arena, to be freed with tg_arena_destroy(); NULL when out of memory. */
struct tg_arena *tg_arena_create(void);

/** Frees the arena with all that came from it and sets the pointer to NULL; NULL-safe. */
void tg_arena_destroy(struct tg_arena **arena);

/**
 * @param size  0 .. SIZE_MAX; 0 gives a pointer that must not be followed.
 * @return zeroed memory, aligned for any type; NULL when out of memory.
 */
void *tg_arena_alloc(struct tg_arena *arena, size_t size);

/** As tg_arena_alloc() for count elements; also NULL when count * size overflows. */
void *tg_arena_array(struct tg_arena *arena, size_t count, size_t size);

/** @return size bytes for which no alignment is needed: small ones lie close together. */
void *tg_arena_bytes(struct tg_arena *arena, size_t size);

/** @return a copy of len bytes with a NUL behind; NULL when out of memory. */
char *tg_arena_copy(struct tg_arena *arena, const void *data, size_t len);

#endif
