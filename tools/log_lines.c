/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines of any file, in bounded memory. */
#include <string.h>

#include "tools/log.h"

/* Moves what is left to the front and reads behind it: as tg_source_read(). */
static ptrdiff_t fill(struct tg_lines *lines, struct tg_diags *diags)
{
    ptrdiff_t got;

    memmove(lines->buffer, lines->buffer + lines->at, lines->end - lines->at);
    lines->end -= lines->at;
    lines->at = 0;
    got = tg_source_read(
        lines->source, lines->buffer + lines->end, TG_LINES_BUFFER - lines->end, diags);
    if (got > 0)
        lines->end += (size_t)got;
    return got;
}

/* Gives out what stands before the newline, or before the end. */
static int give(struct tg_lines *lines, const char *newline, struct tg_slice *line)
{
    const char *start = lines->buffer + lines->at;
    const bool long_one = lines->skipping;

    line->at = start;
    line->len = newline ? (size_t)(newline - start) : lines->end - lines->at;
    lines->at += line->len + (newline ? 1 : 0);
    /* A scanner may read, but not take, the octet behind a line. */
    if (!newline)
        lines->buffer[lines->end] = '\n';
    lines->skipping = false;
    lines->number++;
    if (long_one || line->len > TG_LOG_LINE_MAX)
        line->at = NULL;
    return 1;
}

int tg_lines_next(struct tg_lines *lines, struct tg_slice *line, struct tg_diags *diags)
{
    for (;;) {
        const char *start = lines->buffer + lines->at;
        const size_t left = lines->end - lines->at;
        const char *newline = memchr(start, '\n', left);
        ptrdiff_t got;

        if (newline)
            return give(lines, newline, line);
        if (lines->over)
            return left || lines->skipping ? give(lines, NULL, line) : 0;
        if (left > TG_LOG_LINE_MAX) {
            lines->skipping = true;
            lines->at = lines->end;
        }
        got = fill(lines, diags);
        if (got < 0)
            return -1;
        if (got == 0 && lines->grows)
            return 0;
        lines->over = got == 0;
    }
}
