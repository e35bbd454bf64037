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

static void put_text(const struct tg_top *top, const struct tg_cell *cell)
{
    const struct tg_tally *tally = (const struct tg_tally *)cell->value;
    char first[40], last[40];

    (void)printf("%10" PRIu64 "  %s  %s  ", tally->count, tg_text_stamp(tally->first, first),
        tg_text_stamp(tally->last, last));
    tg_put_text(stdout, tg_table_key(top->table, cell));
    putchar('\n');
}

static void put_row(const struct tg_top *top, struct tg_rows *rows, const struct tg_cell *cell)
{
    const struct tg_tally *tally = (const struct tg_tally *)cell->value;

    tg_rows_count(rows, tally->count);
    tg_rows_time(rows, tally->first);
    tg_rows_time(rows, tally->last);
    tg_rows_text(rows, tg_table_key(top->table, cell));
}

static void report(const struct tg_top *top, const struct tg_log_ask *ask, const struct key *key)
{
    const char *columns[] = {"count", "first", "last", key->one};
    struct tg_cell **cells;
    struct tg_rows rows;
    size_t size;

    cells = tg_top_sorted(top, &size);
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
    struct tg_top top;
    int code;

    while (key < keys + sizeof(keys) / sizeof(keys[0]) && strcmp(ask->argument, key->name) != 0)
        key++;
    if (key == keys + sizeof(keys) / sizeof(keys[0]))
        return tg_text_usage(ask->command, "top of what? clients, names, rules, twins or types");
    tg_top_start(&top, key->field, KEYS_MAX);
    ask->log.event = tg_top_take;
    ask->log.arg = &top;
    code = tg_log_read(&ask->log);
    report(&top, ask, key);
    if (top.beyond > 0)
        tg_diags_add(ask->log.diags, TG_DIAG_WARNING, "top", 0, 0, NULL,
            "not all are told apart: %" PRIu64 " events are about others than the first %d %s",
            top.beyond, KEYS_MAX, key->name);
    tg_top_end(&top);
    return code;
}
