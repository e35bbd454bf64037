/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Puts the figures of the module into their file, four times a second: one thread, which alone
 * touches the file, so that a disk that does not answer holds nobody else. The file is written
 * beside and renamed: who reads it sees one whole state. It is not forced to disk, as it tells of
 * a process.
 *
 * What cannot be written is tried again with the next; that it failed, and that it works again, is
 * told once each.
 */
#ifndef TG_MODULE_PUBLISH_H
#define TG_MODULE_PUBLISH_H

#include "module/figures.h"

struct tg_publisher;

struct tg_publish_calls {
    /**
     * Fills the figures but for published, publish_errors and events.lost_last, which are the
     * publisher's, and keep their values from call to call. In its thread.
     * @param last the resolver stops: there will be no other.
     * @return false: not now, neither is there to be written.
     */
    bool (*gather)(void *arg, bool last, struct tg_figures *figures);
    /** Says one line, without newline and control characters. In its thread. */
    void (*say)(void *arg, const char *text);
    void *arg;
};

/**
 * Starts the thread.
 * @param path absolute; copied.
 * @param out  output, to be freed with tg_publisher_destroy().
 * @return 0, or an errno: then *out is unchanged.
 */
int tg_publisher_create(
    const char *path, const struct tg_publish_calls *calls, struct tg_publisher **out);

/**
 * Writes the file for the last time, and ends the thread.
 * @param ms how long it is waited for at most.
 * @return false when the disk has not answered by then: tg_publisher_leave() or
 *         tg_publisher_destroy() is still to be called.
 */
bool tg_publisher_stop_within(struct tg_publisher *publisher, long ms);

/**
 * Leaves a thread behind for which tg_publisher_stop_within() has returned false: it frees
 * itself when the disk answers. From here on it calls nobody; the code must stay loaded for good.
 * @param publisher set to NULL.
 */
void tg_publisher_leave(struct tg_publisher **publisher);

/** Stops it if it runs, however long that takes, frees it, sets the pointer to NULL; NULL-safe. */
void tg_publisher_destroy(struct tg_publisher **publisher);

/** Bytes of memory it holds; 0 for NULL. Any thread. */
size_t tg_publisher_memory(const struct tg_publisher *publisher);

#endif
