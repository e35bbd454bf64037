/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What the library has to say to people: collected, never printed. A caller
 * hands a collection in, and prints it where its own users look (a terminal,
 * the resolver's log). Every function here takes NULL for the collection and
 * then does nothing. A collection belongs to one thread at a time.
 */
#ifndef TLDGUARD_DIAG_H
#define TLDGUARD_DIAG_H

#include <stddef.h>

enum tg_diag_level { TG_DIAG_ERROR, TG_DIAG_WARNING, TG_DIAG_NOTE };

/* One message. All strings are owned by the collection. */
struct tg_diag {
    enum tg_diag_level level;
    const char *file;   /* as the user named it; never NULL */
    unsigned line;      /* 1..; 0: the message is about the file as a whole */
    unsigned col;       /* 1.., in bytes; 0 only when line is 0 */
    const char *text;   /* one line, without the file and without a newline */
    const char *source; /* the line of the file it speaks of, or NULL */
};

struct tg_diags;

/* More messages than this are counted, not kept: input is hostile. */
#define TG_DIAGS_MAX 1000
/* Longer file names, texts and source lines are cut, for the same reason. */
#define TG_DIAG_TEXT_MAX 4095 /* bytes */

/**
 * Makes an empty collection.
 * @return the collection, to be freed with tg_diags_destroy(); NULL when out
 *         of memory.
 */
struct tg_diags *tg_diags_create(void);

/**
 * Frees a collection and sets the caller's pointer to NULL.
 * @param diags may be NULL, and may point to NULL.
 */
void tg_diags_destroy(struct tg_diags **diags);

/**
 * Adds one message. A failure to keep it (out of memory, over TG_DIAGS_MAX)
 * is counted: tg_diags_count() includes it, tg_diags_lost() tells.
 * @param diags  the collection, or NULL: nothing happens.
 * @param level  error, warning or note.
 * @param file   the file's name as the user gave it; copied.
 * @param line   1.., or 0 when the file as a whole is meant.
 * @param col    1.. in bytes, or 0 with line 0.
 * @param source the line of text concerned (copied up to its newline or NUL), or NULL.
 * @param fmt    printf format of the text.
 *
 * Control characters (C0, DEL, C1 in UTF-8) in file, source and text are
 * replaced by '?', byte for byte: they would forge lines in a log. A tab in
 * source stays. A col of 0 with a line becomes 1; a col without a line, 0.
 */
void tg_diags_add(struct tg_diags *diags, enum tg_diag_level level, const char *file, unsigned line,
    unsigned col, const char *source, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/** How many messages of a level were added, lost ones included. NULL: 0. */
size_t tg_diags_count(const struct tg_diags *diags, enum tg_diag_level level);

/** How many messages could not be kept. NULL: 0. */
size_t tg_diags_lost(const struct tg_diags *diags);

/** How many messages are kept: the bound for tg_diags_get(). NULL: 0. */
size_t tg_diags_kept(const struct tg_diags *diags);

/**
 * One kept message.
 * @param i 0 .. tg_diags_kept() - 1.
 * @return borrowed, valid until the next call that adds, sorts or destroys;
 *         NULL when i is out of range.
 */
const struct tg_diag *tg_diags_get(const struct tg_diags *diags, size_t i);

/** Orders the messages by file, line, column; equal places keep their order. */
void tg_diags_sort(struct tg_diags *diags);

/**
 * Writes "file:line:col: error: text" ("file: error: text" with line 0), the
 * form compilers use, without a newline.
 * @param diag the message.
 * @param buf  output, always NUL-terminated when cap > 0.
 * @param cap  its size in bytes.
 * @return the length the whole text has, as snprintf() counts.
 */
size_t tg_diag_format(const struct tg_diag *diag, char *buf, size_t cap);

#endif
