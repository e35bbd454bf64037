/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * How a log goes on: which numbers and which digest its next line has. That is told by the
 * log's last line, and by a small file beside it, for a log that was moved away: for block.jsonl
 * .block.jsonl.state, with one object in JSON of the members that the lines have, too.
 */
#ifndef TG_MODULE_SERIES_H
#define TG_MODULE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/chain.h"

struct tg_series {
    uint64_t id;       /* of the log; 0: not known */
    uint64_t sequence; /* of its last line; 0: none */
    uint64_t boot;     /* which start of the module wrote that; 0: not known */
    uint64_t lost;     /* events that it tells as lost */
    uint8_t digest[TG_DIGEST_SIZE];
    bool clean; /* whoever wrote it has come to an end: nothing is missing */
};

/** Sixteen hexadecimal digits: of a series, of a start of the module, and the like; returns text.
 */
const char *tg_series_text(uint64_t id, char text[17]);

/** The reverse: 1 .. 16 hexadecimal digits; 0: it is no such text. */
uint64_t tg_series_parse(const char *text);

/**
 * Reads what a whole line of a log says of itself; its digest is not made.
 * @param line octets with the newline, not NUL-terminated.
 * @param out  output: id, sequence, boot and lost; all else is zero.
 * @return false, with *out unchanged: it is no line of ours.
 */
bool tg_series_of_line(const char *line, size_t len, struct tg_series *out);

/**
 * Reads the file beside a log.
 * @param log path of the log.
 * @param out output.
 * @return 0; ENOENT when there is none; EINVAL when it is none of ours; or another errno. On
 *         failure *out is unchanged.
 */
int tg_series_read(const char *log, struct tg_series *out);

/**
 * Writes it, beside and renamed.
 * @return 0 or an errno: then the former one is still there.
 */
int tg_series_write(const char *log, const struct tg_series *series);

#endif
