/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SPACES " \t\r\n"

enum tg_status tg_line_error(const struct tg_line *line, const char *fmt, ...)
{
    char text[TG_DIAG_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    tg_diags_add(line->diags, TG_DIAG_ERROR, line->file, line->number, 1, line->text, "%s", text);
    return TG_ESYNTAX;
}

/* Cuts the comment and the spaces off. */
static char *trim(char *text)
{
    char *end;

    text[strcspn(text, "#")] = '\0';
    text += strspn(text, SPACES);
    end = text + strlen(text);
    while (end > text && strchr(SPACES, end[-1]) != NULL)
        end--;
    *end = '\0';
    return text;
}

/* Whether buf, filled by fgets() over a field of '\n', holds one whole line of text. */
static bool is_whole(const char *buf, size_t cap, bool at_end)
{
    const char *newline = memchr(buf, '\n', cap);
    size_t len = strlen(buf);

    /* A NUL of the file's stands before the newline; fgets()'s own stands after it. */
    return newline != NULL && (newline < buf + len || (at_end && newline == buf + len + 1));
}

static enum tg_status one_line(
    struct tg_line *line, char *buf, size_t cap, bool at_end, tg_line_fn *on_line, void *context)
{
    line->number++;
    line->text = buf;
    if (line->number > TG_LINES_MAX) {
        (void)tg_line_error(line, "more than %d lines", TG_LINES_MAX);
        return TG_ETOOBIG;
    }
    if (!is_whole(buf, cap, at_end)) {
        (void)tg_line_error(line, "a line of more than %d bytes, or a NUL octet", TG_LINE_MAX - 2);
        return TG_ETOOBIG;
    }
    line->text = trim(buf);
    return *line->text == '\0' ? TG_OK : on_line(context, line);
}

enum tg_status tg_lines_read(
    const char *path, struct tg_diags *diags, tg_line_fn *on_line, void *context)
{
    struct tg_line line = {.file = path, .diags = diags};
    enum tg_status status = TG_OK;
    enum tg_status bad = TG_OK; /* of a line: the others are read all the same */
    char buf[TG_LINE_MAX];
    FILE *in = fopen(path, "re");

    if (in == NULL) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", strerror(errno));
        return TG_EIO;
    }
    for (;;) {
        memset(buf, '\n', sizeof(buf));
        errno = 0;
        if (fgets(buf, sizeof(buf), in) == NULL)
            break;
        status = one_line(&line, buf, sizeof(buf), feof(in) != 0, on_line, context);
        if (status == TG_ESYNTAX)
            bad = status;
        else if (status != TG_OK)
            break;
    }
    if (ferror(in)) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", strerror(errno));
        status = TG_EIO;
    }
    (void)fclose(in);
    return status == TG_OK || status == TG_ESYNTAX ? bad : status;
}
