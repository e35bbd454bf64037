/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A folder of the test's own, and small things done with files in it. All
 * functions abort the test program when the system fails them.
 */
#ifndef TLDGUARD_TEST_TMPDIR_H
#define TLDGUARD_TEST_TMPDIR_H

#include <stddef.h>
#include <stdint.h>

struct tmpdir {
    char path[64];
};

/** Makes the folder, under TMPDIR or /tmp. */
void tmpdir_create(struct tmpdir *dir);

/** The path of a file in it, in buf. */
char *tmpdir_file(const struct tmpdir *dir, const char *name, char buf[128]);

/** How many files are in it. */
size_t tmpdir_count(const struct tmpdir *dir);

/** Removes the files in it, and it. */
void tmpdir_remove(struct tmpdir *dir);

/** All of a file, to be freed with free(). */
uint8_t *file_read(const char *path, size_t *len);

/** Makes the file have this content. */
void file_write(const char *path, const void *data, size_t len);

#endif
