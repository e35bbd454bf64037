/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LEVELS 3

struct item {
    struct tg_diag diag;
    size_t seq;   /* order of arrival: makes the sort stable */
    char *memory; /* the one block all strings of the message live in */
};

struct tg_diags {
    struct item *items;
    size_t count;
    size_t capacity;
    size_t added[LEVELS];
    size_t lost;
};

struct tg_diags *tg_diags_create(void)
{
    return calloc(1, sizeof(struct tg_diags));
}

void tg_diags_destroy(struct tg_diags **diags)
{
    if (diags == NULL || *diags == NULL)
        return;
    for (size_t i = 0; i < (*diags)->count; i++)
        free((*diags)->items[i].memory);
    free((*diags)->items);
    free(*diags);
    *diags = NULL;
}

/* A stranger may have written it: what makes a terminal do something, is not seen, or is no UTF-8
 * (some terminals obey a C1 control in one octet) is one '?' for each octet, so that columns stay.
 * A newline would forge a log line. A tab is harmless in a quoted source line, and needed there: it
 * keeps the mark under the right column. */
static void disarm(char *text, size_t len, int keep_tab)
{
    char *const end = text + len;
    uint32_t code;

    while (text < end) {
        const size_t character = tg_utf8_read(text, end, &code);
        const size_t octets = character > 0 ? character : 1;

        if (character == 0 || (tg_is_hidden(code) && !(code == '\t' && keep_tab)))
            memset(text, '?', octets);
        text += octets;
    }
}

/* Room for one more item; 0 when there is none. */
static int reserve(struct tg_diags *diags)
{
    struct item *items;
    size_t capacity;

    if (diags->count >= TG_DIAGS_MAX)
        return 0;
    if (diags->count < diags->capacity)
        return 1;
    capacity = diags->capacity == 0 ? 8 : diags->capacity * 2;
    items = realloc(diags->items, capacity * sizeof(*items));
    if (items == NULL)
        return 0;
    diags->items = items;
    diags->capacity = capacity;
    return 1;
}

/* Copies len bytes and a NUL to *at, and moves *at behind them. */
static char *place(char **at, const char *from, size_t len, int keep_tab)
{
    char *text = *at;

    if (len > 0)
        memcpy(text, from, len);
    text[len] = '\0';
    disarm(text, len, keep_tab);
    *at += len + 1;
    return text;
}

/* How much of a string is kept: up to NUL, newline when told to, or the limit.
 * Looks no further, for a line need not be NUL-terminated. */
static size_t measure(const char *text, int line_only)
{
    size_t len = 0;

    while (len < TG_DIAG_TEXT_MAX && text[len] != '\0' && !(line_only && text[len] == '\n'))
        len++;
    return len;
}

/* Gives the item its strings; 0 when there is no memory. */
static int fill(struct item *item, const char *file, const char *source, const char *text)
{
    size_t file_len = measure(file, 0);
    size_t source_len = source == NULL ? 0 : measure(source, 1);
    size_t text_len = strlen(text);
    char *at;

    if (source_len > 0 && source[source_len - 1] == '\r')
        source_len--;
    item->memory = malloc(file_len + source_len + text_len + 3);
    if (item->memory == NULL)
        return 0;
    at = item->memory;
    item->diag.file = place(&at, file, file_len, 0);
    item->diag.text = place(&at, text, text_len, 0);
    item->diag.source = source == NULL ? NULL : place(&at, source, source_len, 1);
    return 1;
}

void tg_diags_add(struct tg_diags *diags, enum tg_diag_level level, const char *file, unsigned line,
    unsigned col, const char *source, const char *fmt, ...)
{
    char text[TG_DIAG_TEXT_MAX + 1];
    struct item item = {0};
    va_list args;
    int len;

    if (diags == NULL)
        return;
    if (level != TG_DIAG_WARNING && level != TG_DIAG_NOTE)
        level = TG_DIAG_ERROR;
    diags->added[level]++;
    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    item.diag.level = level;
    item.diag.line = line;
    item.diag.col = line == 0 ? 0 : (col == 0 ? 1 : col);
    item.seq = diags->count;
    if (len < 0 || !reserve(diags) || !fill(&item, file == NULL ? "" : file, source, text))
        diags->lost++;
    else
        diags->items[diags->count++] = item;
}

size_t tg_diags_count(const struct tg_diags *diags, enum tg_diag_level level)
{
    if (diags == NULL || (unsigned)level >= LEVELS)
        return 0;
    return diags->added[level];
}

size_t tg_diags_lost(const struct tg_diags *diags)
{
    return diags == NULL ? 0 : diags->lost;
}

size_t tg_diags_kept(const struct tg_diags *diags)
{
    return diags == NULL ? 0 : diags->count;
}

const struct tg_diag *tg_diags_get(const struct tg_diags *diags, size_t i)
{
    return diags == NULL || i >= diags->count ? NULL : &diags->items[i].diag;
}

static int by_number(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_place(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    int order = strcmp(a->diag.file, b->diag.file);

    if (order == 0)
        order = by_number(a->diag.line, b->diag.line);
    if (order == 0)
        order = by_number(a->diag.col, b->diag.col);
    return order != 0 ? order : by_number(a->seq, b->seq);
}

void tg_diags_sort(struct tg_diags *diags)
{
    if (diags == NULL || diags->count < 2)
        return;
    qsort(diags->items, diags->count, sizeof(*diags->items), by_place);
}

size_t tg_diag_format(const struct tg_diag *diag, char *buf, size_t cap)
{
    static const char *const words[LEVELS] = {"error", "warning", "note"};
    const char *word = words[(unsigned)diag->level < LEVELS ? (unsigned)diag->level : 0];
    int len;

    if (diag->line == 0)
        len = snprintf(buf, cap, "%s: %s: %s", diag->file, word, diag->text);
    else
        len = snprintf(
            buf, cap, "%s:%u:%u: %s: %s", diag->file, diag->line, diag->col, word, diag->text);
    return len < 0 ? 0 : (size_t)len;
}
