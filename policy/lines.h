/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Reading data files of one entry a line. Private to libtgnear and the tool. */
#ifndef TG_LINES_H
#define TG_LINES_H

#include "tldguard/diag.h"
#include "tldguard/status.h"

#define TG_LINE_MAX  4096    /* bytes of a line, its newline included */
#define TG_LINES_MAX 1000000 /* lines of a file */

/* Where a line stands. */
struct tg_line {
    const char *file;
    unsigned number;
    char *text; /* without the newline, a comment from "#", and spaces at both ends; never empty */
    struct tg_diags *diags;
};

/**
 * What is done with a line; it may change line->text.
 * @return TG_OK; TG_ESYNTAX, with the message left to tg_line_error(): the next
 *         lines are still read; anything else ends the reading.
 */
typedef enum tg_status tg_line_fn(void *context, const struct tg_line *line);

/** Adds an error at a line; @return TG_ESYNTAX. */
enum tg_status tg_line_error(const struct tg_line *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Calls a function for every line of a file that is not empty.
 * @param path  the file.
 * @param diags where messages go, or NULL.
 * @return TG_OK; TG_EIO, TG_ESYNTAX (also for a NUL octet, a line or a file too
 *         long) or what the function returned. With an error in diags, except for what the
 *         function returned. Any thread.
 */
enum tg_status tg_lines_read(
    const char *path, struct tg_diags *diags, tg_line_fn *on_line, void *context);

#endif
