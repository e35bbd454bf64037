/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which files of a log are read one after the other, and which beside each other. */
#ifndef TG_TOOLS_LOG_ORDER_H
#define TG_TOOLS_LOG_ORDER_H

#include "tools/log.h"

struct tg_order_file {
    const char *path;
    int64_t time; /* of the first event; INT64_MAX: it tells none, or cannot be read twice */
};

/* Files that share a log: as one that was rotated. */
struct tg_chain_files {
    const struct tg_order_file *files; /* in the order in which they were written */
    int count;
    int place; /* of the first one among all */
};

struct tg_order {
    struct tg_order_file *files;
    struct tg_chain_files *chains; /* those that begin first at the front */
    size_t count;                  /* of chains */
};

/**
 * Looks at the starts of files.
 * @param paths put in order as well; they are borrowed.
 * @param out   output; to be freed with tg_order_free().
 */
void tg_order_make(struct tg_order *out, char **paths, int count, struct tg_scanner *scanner);
void tg_order_free(struct tg_order *order);

#endif
