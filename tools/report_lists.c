/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What comes most, with what goes with it, and the gravest incidents. */
#include <stdlib.h>
#include <string.h>

#include "tools/report.h"

static void *room(size_t count, size_t size)
{
    void *new = calloc(count + 1, size);

    if (!new)
        tg_out_of_memory();
    return new;
}

static void fill(const struct tg_top *top, size_t most, struct tg_report_list *list)
{
    struct tg_cell **cells = tg_top_sorted(top, &list->all);

    list->count = list->all < most ? list->all : most;
    list->rows = room(list->count, sizeof(*list->rows));
    for (size_t i = 0; i < list->count; i++) {
        list->rows[i].key = tg_table_key(top->table, cells[i]);
        memcpy(&list->rows[i].tally, cells[i]->value, sizeof(list->rows[i].tally));
    }
    free(cells);
}

/* The rows of a list by their keys. */
static struct tg_table *index_of(const struct tg_report_list *list)
{
    struct tg_table *index = tg_table_create(sizeof(uint64_t), list->count);

    for (size_t i = 0; i < list->count; i++) {
        const uint64_t place = i;
        struct tg_cell *cell = tg_table_put(index, list->rows[i].key);
        if (cell) /* it is: there is room for each */
            memcpy(cell->value, &place, sizeof(place));
    }
    return index;
}

static int compare(struct tg_slice a, struct tg_slice b)
{
    const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Takes other for what goes with key, when it is more than what was there. The order in which a
 * table gives its cells is any, so that of equals the first by name holds. */
static void offer(const struct tg_report_list *list, struct tg_table *index, struct tg_slice key,
    struct tg_slice other, uint64_t count)
{
    /* It is full, so that nothing is put into it. */
    const struct tg_cell *cell = key.at && other.at ? tg_table_put(index, key) : NULL;
    struct tg_report_row *row;

    if (!cell)
        return;
    row = &list->rows[*(const uint64_t *)cell->value];
    if (count < row->other_count ||
        (count == row->other_count && row->other.at && compare(other, row->other) >= 0))
        return;
    row->other = other;
    row->other_count = count;
}

/* How often a name was asked for, by all clients; least: by one of them. */
static uint64_t asked(const struct tg_report *report, struct tg_slice name, uint64_t least)
{
    /* What is not there had no room, nor has it now. */
    const struct tg_cell *cell = tg_table_put(report->names.table, name);

    return cell ? ((const struct tg_tally *)cell->value)->count : least;
}

static int any_order(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

static void join(struct tg_report *report)
{
    const struct tg_habits *habits = &report->habits;
    struct tg_table *clients = index_of(&report->client_list),
                    *names = index_of(&report->name_list), *twins = index_of(&report->twin_list);
    size_t count;
    struct tg_cell **cells = tg_table_sorted(habits->habits, any_order, &count);

    for (size_t i = 0; i < count; i++) {
        const struct tg_habit *habit = (const struct tg_habit *)cells[i]->value;
        struct tg_slice name, via, twin = {NULL, 0};
        if (!habit->client)
            continue; /* there was no room for it */
        tg_habit_names(habits, cells[i], &name, &via);
        if (habit->twin)
            twin = tg_table_key(habits->twins, habit->twin);
        offer(&report->client_list, clients, tg_table_key(habits->clients, habit->client), name,
            habit->spell.count);
        offer(&report->name_list, names, name, twin, habit->spell.count);
        offer(&report->twin_list, twins, twin, via.at ? via : name,
            via.at ? habit->spell.count : asked(report, name, habit->spell.count));
    }
    free(cells);
    tg_table_destroy(&clients);
    tg_table_destroy(&names);
    tg_table_destroy(&twins);
}

/* Of equals the one that began first, then by client and name: a run is like the next. */
static int gravest_first(const void *a, const void *b)
{
    const struct tg_incident *x = a, *y = b;
    const struct tg_cell *p = x->habit, *q = y->habit;
    int order;

    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->spell.count != y->spell.count)
        return x->spell.count > y->spell.count ? -1 : 1;
    if (x->spell.first != y->spell.first)
        return x->spell.first < y->spell.first ? -1 : 1;
    order = memcmp((const struct tg_habit *)p->value + 1, (const struct tg_habit *)q->value + 1,
        p->len < q->len ? p->len : q->len);
    return order ? order : (p->len > q->len) - (p->len < q->len);
}

void tg_report_lists(struct tg_report *report)
{
    struct tg_habits *habits = &report->habits;

    fill(&report->clients, report->top, &report->client_list);
    fill(&report->names, report->top, &report->name_list);
    fill(&report->twins, report->top, &report->twin_list);
    fill(&report->serials, TG_REPORT_TOP_MOST, &report->serial_list);
    join(report);
    for (size_t i = 0; i < habits->incident_count; i++) {
        struct tg_report_severity *sum = &report->severities[habits->incidents[i].severity];
        sum->incidents++;
        sum->questions += habits->incidents[i].spell.count;
    }
    if (habits->incident_count > 0)
        qsort(habits->incidents, habits->incident_count, sizeof(*habits->incidents), gravest_first);
}
