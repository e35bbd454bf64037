/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Private: opens files that others put in place; and replaces a file so that whoever reads it, at
 * any time and after any crash, finds the old one or the whole new one: written beside, synced,
 * renamed, the folder synced.
 */
#ifndef TLDGUARD_FILEIO_H
#define TLDGUARD_FILEIO_H

#include <stddef.h>
#include <sys/types.h>

/**
 * Opens a file to read what others put in force: an image, a signature. Waits for nobody, as
 * opening a FIFO would, and takes no terminal. A symbolic link is followed only where nobody but
 * root and the user of this process can have laid it.
 * @return the descriptor; -1 with errno, EMLINK for such a link.
 */
int tg_input_open(const char *path);

/** What the errno of tg_input_open() means, for people. */
const char *tg_input_error(int error);

/* A file that is being written beside the one it will replace. */
struct tg_newfile {
    int fd;     /* to write to; its offset is the caller's */
    int folder; /* private: opened early, so that no sync can fail for want of it */
    char *path; /* private */
    char *temp; /* private */
};

#define TG_NEWFILE_NONE    \
    {                      \
        -1, -1, NULL, NULL \
    }

/**
 * Creates a new file beside path, mode 0644 less the umask.
 * @param file TG_NEWFILE_NONE; output.
 * @param path what it will replace: a regular file, or nothing. A symbolic link
 *             is replaced itself, not what it points to.
 * @return 0, or an errno value; then file is TG_NEWFILE_NONE. Any thread.
 */
int tg_newfile_create(struct tg_newfile *file, const char *path);

/**
 * Writes all of data at the file's offset.
 * @return 0 or an errno value.
 */
int tg_newfile_write(struct tg_newfile *file, const void *data, size_t len);

/**
 * Makes the new file the one at path.
 * @return 0, or an errno value: then path is what it was, unless only the sync
 *         of the folder failed; tg_newfile_fini() is due either way.
 */
int tg_newfile_commit(struct tg_newfile *file);

/**
 * All of it: makes data the file at path.
 * @param mode of the file, whatever the umask is; 0: as tg_newfile_create() has it.
 * @return as tg_newfile_commit(). On failure nothing is left beside it. Any thread.
 */
int tg_newfile_put(const char *path, mode_t mode, const void *data, size_t len);

/** Removes what was not committed, and frees. Makes it TG_NEWFILE_NONE. */
void tg_newfile_fini(struct tg_newfile *file);

#endif
