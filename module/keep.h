/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Memory that outlives its process: what is in it when the process is killed, the next one that
 * asks by the same name finds. It does not outlive the machine.
 *
 * System V shared memory, and no mapped file: a file that somebody cuts takes the process down
 * that has it mapped (SIGBUS), and one on a disk may hold, at each page first written to, whoever
 * writes. `ipcs -m` shows it; `ipcrm` removes what nobody came back for.
 */
#ifndef TG_MODULE_KEEP_H
#define TG_MODULE_KEEP_H

#include <stdbool.h>
#include <stddef.h>

struct tg_keep;

/**
 * Takes the memory of a name, which is made if there is none. One process has it at a time.
 * @param name  tells it from others of the same user: the path of what it belongs to.
 * @param size  bytes, 1 .. ; what is found in another size is of no use, and made anew.
 * @param found output: false: it is new, and all zero.
 * @param out   output, to be given back with tg_keep_close().
 * @return 0, or an errno: EBUSY (it is taken: see tg_keep_is_taken()), EPERM (it belongs to
 *         another user), ENOMEM, ENOSPC, ENOSYS and the like (the system has none to give).
 *         On failure outputs are unchanged.
 */
int tg_keep_open(const char *name, size_t size, bool *found, struct tg_keep **out);

/** The memory, aligned to a page. Borrowed until tg_keep_close(). */
void *tg_keep_memory(const struct tg_keep *keep);

/**
 * Gives it back, and sets the pointer to NULL.
 * @param keep   may be NULL, and may point to NULL.
 * @param remove true: nobody is to find it again.
 */
void tg_keep_close(struct tg_keep **keep, bool remove);

/** Whether a process, this one or another, has the memory of this name. Any thread. */
bool tg_keep_is_taken(const char *name);

#endif
