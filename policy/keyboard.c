/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which keys are neighbours on which keyboards. */
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "tldguard/nearmiss.h"

#define KEYS    37 /* a-z, 0-9, "-" */
#define NO_KEY  SIZE_MAX
#define TABS    "\t"
#define COLUMNS 3

struct tg_keyboards {
    char names[TG_KEYBOARDS_MAX][TG_KEYBOARD_NAME_MAX + 1];
    size_t count;
    uint8_t adjacent[KEYS][KEYS]; /* a bit for each layout */
};
_Static_assert(TG_KEYBOARDS_MAX <= 8, "a bit for each layout");

static size_t key_of(uint32_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= '0' && c <= '9')
        return 26 + c - '0';
    return c == '-' ? KEYS - 1 : NO_KEY;
}

/* The number of a layout; a new name gets the next one. TG_KEYBOARDS_MAX: no room. */
static size_t layout_of(struct tg_keyboards *k, const char *name)
{
    size_t i = 0;

    while (i < k->count && strcmp(k->names[i], name) != 0)
        i++;
    if (i == k->count && i < TG_KEYBOARDS_MAX) {
        strcpy(k->names[i], name); /* its length was checked */
        k->count++;
    }
    return i;
}

/* Splits a line at its tabs; false when there are not as many columns as there must be. */
static bool split(char *text, char *columns[COLUMNS])
{
    size_t n = 0;

    for (char *next = text; next != NULL; n++) {
        if (n == COLUMNS)
            return false;
        columns[n] = strsep(&next, TABS);
        if (*columns[n] == '\0')
            return false;
    }
    return n == COLUMNS;
}

static enum tg_status on_line(void *context, const struct tg_line *line)
{
    struct tg_keyboards *k = context;
    char *columns[COLUMNS];
    size_t layout, key;

    if (!split(line->text, columns))
        return tg_line_error(line, "not LAYOUT, KEY and NEIGHBOURS, separated by tabs");
    if (strlen(columns[0]) > TG_KEYBOARD_NAME_MAX)
        return tg_line_error(line, "a layout's name of over %d bytes", TG_KEYBOARD_NAME_MAX);
    key = key_of((unsigned char)columns[1][0]);
    if (key == NO_KEY || columns[1][1] != '\0')
        return tg_line_error(line, "'%s' is no key: a-z, 0-9 or '-'", columns[1]);
    layout = layout_of(k, columns[0]);
    if (layout == TG_KEYBOARDS_MAX)
        return tg_line_error(line, "more than %d layouts", TG_KEYBOARDS_MAX);
    for (const char *c = columns[2]; *c != '\0'; c++) {
        const size_t other = key_of((unsigned char)*c);

        if (other == NO_KEY || other == key)
            return tg_line_error(line, "'%c' cannot be a neighbour of '%s'", *c, columns[1]);
        k->adjacent[key][other] |= (uint8_t)(1u << layout);
        k->adjacent[other][key] |= (uint8_t)(1u << layout);
    }
    return TG_OK;
}

enum tg_status tg_keyboards_read(
    const char *path, struct tg_keyboards **out, struct tg_diags *diags)
{
    struct tg_keyboards *k = calloc(1, sizeof(*k));
    enum tg_status status;

    if (k == NULL) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", tg_status_text(TG_ENOMEM));
        return TG_ENOMEM;
    }
    status = tg_lines_read(path, diags, on_line, k);
    if (status == TG_ETOOBIG)
        status = TG_ESYNTAX;
    if (status == TG_OK && k->count == 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "no keyboard in it");
        status = TG_ESYNTAX;
    }
    if (status == TG_OK)
        *out = k;
    else
        tg_keyboards_destroy(&k);
    return status;
}

void tg_keyboards_destroy(struct tg_keyboards **keyboards)
{
    if (keyboards == NULL)
        return;
    free(*keyboards);
    *keyboards = NULL;
}

size_t tg_keyboards_count(const struct tg_keyboards *keyboards)
{
    return keyboards->count;
}

const char *tg_keyboards_name(const struct tg_keyboards *keyboards, size_t i)
{
    return i < keyboards->count ? keyboards->names[i] : NULL;
}

unsigned tg_keyboards_adjacent(const struct tg_keyboards *keyboards, uint32_t a, uint32_t b)
{
    const size_t i = key_of(a);
    const size_t j = key_of(b);

    return i == NO_KEY || j == NO_KEY ? 0 : keyboards->adjacent[i][j];
}
