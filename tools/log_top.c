/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log top: what comes most often. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log.h"

#define KEYS_MAX 4000000 /* told apart; the manual says so */

/* By what is counted. */
struct key {
    const char *name, *one;
    enum tg_field field;
};
static const struct key keys[] = {{"clients", "client", TG_FIELD_CLIENT},
    {"names", "name", TG_FIELD_NAME}, {"rules", "rule", TG_FIELD_RULE},
    {"twins", "twin", TG_FIELD_TWIN}, {"types", "type", TG_FIELD_TYPE}};

struct tally {
    uint64_t count;
    int64_t first, last;
};

struct top {
    struct tg_table *table;
    enum tg_field field;
    uint64_t counted, beyond;
};

static bool count(void *arg, const struct tg_logged *event)
{
    struct top *top = arg;
    struct tg_slice key = event->field[top->field];
    struct tg_cell *cell;
    struct tally *tally;

    if (!key.at)
        return true;
    top->counted++;
    cell = tg_table_put(top->table, key);
    if (!cell) {
        top->beyond++;
        return true;
    }
    tally = (struct tally *)cell->value;
    if (tally->count++ == 0)
        tally->first = tally->last = event->time;
    if (event->time < tally->first)
        tally->first = event->time;
    if (event->time > tally->last)
        tally->last = event->time;
    return true;
}

static int most_first(const void *a, const void *b)
{
    const struct tg_cell *x = *(struct tg_cell *const *)a, *y = *(struct tg_cell *const *)b;
    const struct tally *s = (const struct tally *)x->value, *t = (const struct tally *)y->value;
    int order;

    if (s->count != t->count)
        return s->count > t->count ? -1 : 1;
    /* The key stands behind the value. */
    order = memcmp(s + 1, t + 1, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void put_text(const struct top *top, const struct tg_cell *cell)
{
    const struct tally *tally = (const struct tally *)cell->value;
    char first[40], last[40];

    (void)printf("%10" PRIu64 "  %s  %s  ", tally->count, tg_text_stamp(tally->first, first),
        tg_text_stamp(tally->last, last));
    tg_put_text(stdout, tg_table_key(top->table, cell));
    putchar('\n');
}

static void put_row(const struct top *top, struct tg_rows *rows, const struct tg_cell *cell)
{
    const struct tally *tally = (const struct tally *)cell->value;

    tg_rows_count(rows, tally->count);
    tg_rows_time(rows, tally->first);
    tg_rows_time(rows, tally->last);
    tg_rows_text(rows, tg_table_key(top->table, cell));
}

static void report(const struct top *top, const struct tg_log_ask *ask, const struct key *key)
{
    const char *columns[] = {"count", "first", "last", key->one};
    struct tg_cell **cells;
    struct tg_rows rows;
    size_t size;

    cells = tg_table_sorted(top->table, most_first, &size);
    if (ask->form != TG_FORM_TEXT)
        tg_rows_start(&rows, ask->form, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < size && i < ask->rows; i++) {
        if (ask->form == TG_FORM_TEXT)
            put_text(top, cells[i]);
        else
            put_row(top, &rows, cells[i]);
    }
    if (ask->form != TG_FORM_TEXT)
        tg_rows_end(&rows);
    else if (size > ask->rows)
        (void)printf("(%zu of %zu %s, %" PRIu64 " events)\n", (size_t)ask->rows, size, key->name,
            top->counted);
    free(cells);
}

int tg_log_top(struct tg_log_ask *ask)
{
    const struct key *key = keys;
    struct top top = {0};
    int code;

    while (key < keys + sizeof(keys) / sizeof(keys[0]) && strcmp(ask->argument, key->name) != 0)
        key++;
    if (key == keys + sizeof(keys) / sizeof(keys[0]))
        return tg_text_usage(ask->command, "top of what? clients, names, rules, twins or types");
    top.table = tg_table_create(sizeof(struct tally), KEYS_MAX);
    top.field = key->field;
    ask->log.event = count;
    ask->log.arg = &top;
    code = tg_log_read(&ask->log);
    report(&top, ask, key);
    if (top.beyond > 0)
        tg_diags_add(ask->log.diags, TG_DIAG_WARNING, "top", 0, 0, NULL,
            "not all are told apart: %" PRIu64 " events are about others than the first %d %s",
            top.beyond, KEYS_MAX, key->name);
    tg_table_destroy(&top.table);
    return code;
}
