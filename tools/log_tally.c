/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What comes most often, of one field. */
#include <string.h>

#include "tools/log.h"

void tg_top_start(struct tg_top *top, enum tg_field field, size_t most)
{
    *top = (struct tg_top){.field = field};
    top->table = tg_table_create(sizeof(struct tg_tally), most);
}

void tg_top_end(struct tg_top *top)
{
    tg_table_destroy(&top->table);
}

bool tg_top_take(void *arg, const struct tg_logged *event)
{
    struct tg_top *top = arg;
    const struct tg_slice key = event->field[top->field];
    struct tg_tally *tally;
    struct tg_cell *cell;

    if (!key.at)
        return true;
    top->counted++;
    cell = tg_table_put(top->table, key);
    if (!cell) {
        top->beyond++;
        return true;
    }
    tally = (struct tg_tally *)cell->value;
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
    const struct tg_tally *s = (const struct tg_tally *)x->value,
                          *t = (const struct tg_tally *)y->value;
    int order;

    if (s->count != t->count)
        return s->count > t->count ? -1 : 1;
    /* The key stands behind the value. */
    order = memcmp(s + 1, t + 1, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

struct tg_cell **tg_top_sorted(const struct tg_top *top, size_t *count)
{
    return tg_table_sorted(top->table, most_first, count);
}
