/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The rows that SQLite finds. */
#include <stdlib.h>
#include <string.h>

#include "tools/log_sql.h"

#define WIDTH_ROWS 1000 /* that tell how wide the columns are */

/* A value; at NULL: there is none. */
static struct tg_slice value_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return (struct tg_slice){text, text ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

/* Whether there is a value, but no memory for it. */
static bool starved(sqlite3_stmt *statement, int column, struct tg_slice value)
{
    return !value.at && sqlite3_column_type(statement, column) != SQLITE_NULL;
}

static int put_rows(sqlite3_stmt *statement, enum tg_form form, const char *const *names, int count)
{
    struct tg_rows rows;
    int code;

    tg_rows_start(&rows, form, names, (size_t)count);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < count; i++) {
            const int type = sqlite3_column_type(statement, i);
            const struct tg_slice value = value_of(statement, i);
            if (starved(statement, i, value))
                return SQLITE_NOMEM;
            /* JSON has no word for infinity. */
            if (value.at && !strstr(value.at, "Inf") &&
                (type == SQLITE_INTEGER || type == SQLITE_FLOAT))
                tg_rows_literal(&rows, value.at);
            else
                tg_rows_text(&rows, value);
        }
    tg_rows_end(&rows);
    return code;
}

/* How wide the columns are: a first run over the rows. */
static int measure(sqlite3_stmt *statement, size_t *widths, int count)
{
    int code = SQLITE_ROW;

    for (int row = 0; row < WIDTH_ROWS && (code = sqlite3_step(statement)) == SQLITE_ROW; row++)
        for (int i = 0; i < count; i++) {
            const size_t width = tg_text_width(value_of(statement, i));
            if (width > widths[i])
                widths[i] = width;
        }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return code;
    return sqlite3_reset(statement);
}

static void put_cell(struct tg_slice text, size_t width, bool last)
{
    size_t used = tg_text_width(text);

    if (text.at)
        tg_put_text(stdout, text);
    for (; used < width + 2 && !last; used++)
        putchar(' ');
    if (last)
        putchar('\n');
}

static int put_text(sqlite3_stmt *statement, const char *const *names, size_t *widths, int count)
{
    int code;

    for (int i = 0; i < count; i++)
        widths[i] = tg_text_width((struct tg_slice){names[i], strlen(names[i])});
    code = measure(statement, widths, count);
    if (code != SQLITE_OK)
        return code;
    for (int i = 0; i < count; i++)
        put_cell((struct tg_slice){names[i], strlen(names[i])}, widths[i], i + 1 == count);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < count; i++) {
            const struct tg_slice value = value_of(statement, i);
            if (starved(statement, i, value))
                return SQLITE_NOMEM;
            put_cell(value, widths[i], i + 1 == count);
        }
    return code;
}

int tg_sql_show(sqlite3_stmt *statement, enum tg_form form)
{
    const int count = sqlite3_column_count(statement);
    char **names = calloc((size_t)count, sizeof(*names));
    size_t *widths = calloc((size_t)count, sizeof(*widths));
    int code = names && widths ? SQLITE_OK : SQLITE_NOMEM;

    /* Copied: SQLite may make the statement anew at its first step. */
    for (int i = 0; i < count && code == SQLITE_OK; i++) {
        const char *name = sqlite3_column_name(statement, i);
        names[i] = name ? strdup(name) : NULL;
        if (!names[i])
            code = SQLITE_NOMEM;
    }
    if (code == SQLITE_OK)
        code = form == TG_FORM_TEXT ? put_text(statement, (const char *const *)names, widths, count)
                                    : put_rows(statement, form, (const char *const *)names, count);
    for (int i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
    free(widths);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}
