/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A file that lines are appended to, and that others may rename or delete
 * meanwhile. The writer's own; one thread at a time.
 */
#ifndef TG_MODULE_LOGFILE_H
#define TG_MODULE_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tg_logfile {
    const char *path; /* borrowed */
    int fd;           /* -1: not open */
    dev_t device;     /* which file it is, to see when the path names another */
    ino_t inode;
    off_t size;    /* where it ends, as far as we have written it */
    bool torn;     /* it ends in half a line that is not ours to complete */
    char user[96]; /* whom this runs as, for people: looked up once, as that may take long */
};

/** Makes a file that is not open. path is borrowed until tg_logfile_fini(). */
void tg_logfile_init(struct tg_logfile *file, const char *path);

/** Closes what is open. */
void tg_logfile_fini(struct tg_logfile *file);

/**
 * Opens the file that the path names now, and makes it (mode 0640, whatever the umask) when
 * there is none. Never waits for a peer, as opening a FIFO would.
 * @return 0, or an errno: EINVAL for what is not a regular file, ELOOP for a symbolic link.
 *         On failure what was open stays open.
 */
int tg_logfile_open(struct tg_logfile *file);

/**
 * Opens a file of the same folder by what it is, whatever its name is by now; to be read.
 * @param path   of the log.
 * @param moved  output: to be closed with tg_logfile_fini(); without a path of its own.
 * @return false: there is none, or it cannot be read.
 */
bool tg_logfile_open_moved(const char *path, dev_t device, ino_t inode, struct tg_logfile *moved);

/** False when nothing is open, or the path surely names another file than the open one, or none. */
bool tg_logfile_current(const struct tg_logfile *file);

/**
 * Looks whether somebody else has cut the open file, or has written to it; then what comes next
 * begins a line of its own.
 * @return false: it may no longer end in what was written last.
 */
bool tg_logfile_intact(struct tg_logfile *file);

/**
 * Appends bytes + *done up to bytes + len; before that, a newline to a file that was torn.
 * @param done in and out: how many bytes the file has; also right on failure.
 * @return 0 when *done is len, else an errno.
 */
int tg_logfile_write(struct tg_logfile *file, const char *bytes, size_t len, size_t *done);

/**
 * Reads what stands at the end of the file.
 * @param from where to start, 0 .. size.
 * @return how many bytes were read, up to cap; -1 when the file cannot be read.
 */
ssize_t tg_logfile_read(const struct tg_logfile *file, off_t from, char *bytes, size_t cap);

/** Waits until what was written is on the disk. Returns 0 or an errno. */
int tg_logfile_sync(const struct tg_logfile *file);

/**
 * Takes the last bytes of the file back: for half a line that can no longer be completed.
 * @param bytes what was written last; the file is left alone when it does not end in them.
 * @return true when the file no longer ends in them. Works on a full disk, too.
 */
bool tg_logfile_trim(struct tg_logfile *file, const char *bytes, size_t len);

/**
 * Says why the file cannot be written, and what to do about it, in one line: "cannot write:
 * Permission denied (running as unbound, uid 112); make the folder ...".
 * @param error what a function above returned.
 * @param text  output, NUL-terminated, cut to cap bytes.
 */
void tg_logfile_reason(const struct tg_logfile *file, int error, char *text, size_t cap);

#endif
