/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What lies in a policy's place: what is read of files, and nothing else. A disk that does not
 * answer holds whoever calls. */
#ifndef TG_MODULE_FOUND_H
#define TG_MODULE_FOUND_H

#include <stdbool.h>

#include "tldguard/image.h"
#include "tldguard/settings.h"

/* Zeroed, there is nothing. */
struct tg_found {
    struct tg_image *image; /* NULL: none that is whole and, when that is asked for, signed */
    struct tg_trusted trusted;
    enum tg_status status;
    bool allowed; /* by the host, whatever its serial */
    bool unread;  /* for want of memory, file descriptors or a disk, which may pass while the file
                     stays as it is */
    struct tg_diags *diags; /* what is wrong; NULL: there was no memory for it */
};

/** Reads it. Any thread. @param found zeroed; to be freed with tg_found_fini(). */
void tg_found_read(const struct tg_settings *settings, struct tg_found *found);

/** Frees what is still in it. */
void tg_found_fini(struct tg_found *found);

#endif
