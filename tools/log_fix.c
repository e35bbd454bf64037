/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log fix-list: what to repair where. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log_habit.h"

#define MICRO 1000000

/* One thing to repair: a name, or a search list. */
struct fix {
    const struct tg_spell *spell;
    struct tg_slice client, asked, wrong, right;
    uint64_t of_client; /* questions of the client, about all names */
    uint64_t names;     /* of a search list; 0: it is none */
    enum tg_cause cause;
    int64_t interval;
};

static const char *const columns[] = {
    "client", "wrong", "right", "asked", "names", "count", "first", "last", "cause", "every"};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int compare(struct tg_slice a, struct tg_slice b)
{
    const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* By client, those who ask most first; and so the names of one. */
static int most_first(const void *a, const void *b)
{
    const struct fix *x = a, *y = b;
    int order;

    if (x->of_client != y->of_client)
        return x->of_client > y->of_client ? -1 : 1;
    order = compare(x->client, y->client);
    if (order)
        return order;
    if (x->spell->count != y->spell->count)
        return x->spell->count > y->spell->count ? -1 : 1;
    return compare(x->wrong, y->wrong);
}

static int any_order(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

static struct tg_slice twin_of(const struct tg_habits *habits, const struct tg_cell *twin)
{
    return twin ? tg_table_key(habits->twins, twin) : (struct tg_slice){NULL, 0};
}

static struct fix of_habit(const struct tg_habits *habits, const struct tg_cell *cell)
{
    const struct tg_habit *habit = (const struct tg_habit *)cell->value;
    struct fix fix = {.spell = &habit->spell, .interval = habit->interval[0]};
    struct tg_slice name, via;

    tg_habit_names(habits, cell, &name, &via);
    fix.client = tg_table_key(habits->clients, habit->client);
    fix.of_client = *habit->client->value;
    fix.wrong = via.at ? via : name;
    if (via.at)
        fix.asked = name;
    fix.right = twin_of(habits, habit->twin);
    fix.cause = tg_habit_cause(habit);
    return fix;
}

static struct fix of_list(const struct tg_habits *habits, const struct tg_cell *cell)
{
    const struct tg_below *below = (const struct tg_below *)cell->value;
    const struct tg_slice key = tg_table_key(habits->below, cell);
    struct fix fix = {.spell = &below->spell, .names = below->names, .cause = TG_CAUSE_SEARCH_LIST};

    fix.client = tg_table_key(habits->clients, below->client);
    fix.of_client = *below->client->value;
    /* Behind the client and a NUL, before another. */
    fix.wrong = (struct tg_slice){key.at + fix.client.len + 1, key.len - fix.client.len - 2};
    fix.right = twin_of(habits, below->twin);
    if (fix.right.at)
        fix.right = tg_last_two(fix.right);
    return fix;
}

/* All of them, to be freed. */
static struct fix *collect(const struct tg_habits *habits, size_t *count)
{
    size_t names, lists;
    struct tg_cell **of_names = tg_table_sorted(habits->habits, any_order, &names);
    struct tg_cell **of_lists = tg_table_sorted(habits->below, any_order, &lists);
    struct fix *fixes = calloc(names + lists + 1, sizeof(*fixes));

    if (!fixes)
        tg_out_of_memory();
    *count = 0;
    for (size_t i = 0; i < names; i++) {
        const struct tg_habit *habit = (const struct tg_habit *)of_names[i]->value;
        if (habit->spell.count > 0 && tg_habit_cause(habit) != TG_CAUSE_SEARCH_LIST)
            fixes[(*count)++] = of_habit(habits, of_names[i]);
    }
    for (size_t i = 0; i < lists; i++)
        if (((const struct tg_below *)of_lists[i]->value)->names >= TG_LIST_NAMES)
            fixes[(*count)++] = of_list(habits, of_lists[i]);
    free(of_names);
    free(of_lists);
    qsort(fixes, *count, sizeof(*fixes), most_first);
    return fixes;
}

/* "10.1.2.3: army.ml -> army.mil, 14 times since 2026-11-22T02:31:01.115Z, a script every 5m" */
static void put_text(const struct fix *fix)
{
    char when[40], every[32];

    tg_put_text(stdout, fix->client);
    fputs(fix->names ? ": *." : ": ", stdout);
    tg_put_text(stdout, fix->wrong);
    if (fix->right.at) {
        fputs(fix->names ? " -> *." : " -> ", stdout);
        tg_put_text(stdout, fix->right);
    }
    if (fix->asked.at) {
        fputs(", where ", stdout);
        tg_put_text(stdout, fix->asked);
        fputs(" leads", stdout);
    }
    if (fix->names)
        (void)printf(", %" PRIu64 " names", fix->names);
    (void)printf(", %" PRIu64 " time%s since %s", fix->spell->count,
        fix->spell->count == 1 ? "" : "s", tg_text_stamp(fix->spell->first, when));
    if (fix->cause == TG_CAUSE_SCRIPT)
        (void)printf(
            ", a script every %s\n", tg_text_span((uint64_t)(fix->interval / MICRO), every));
    else
        (void)printf(
            ", %s%s\n", fix->cause == TG_CAUSE_UNCLEAR ? "" : "a ", tg_cause_text(fix->cause));
}

static void put_row(struct tg_rows *rows, const struct fix *fix)
{
    char every[32];

    tg_rows_text(rows, fix->client);
    tg_rows_text(rows, fix->wrong);
    tg_rows_text(rows, fix->right);
    tg_rows_text(rows, fix->asked);
    tg_rows_count(rows, fix->names ? fix->names : 1);
    tg_rows_count(rows, fix->spell->count);
    tg_rows_time(rows, fix->spell->first);
    tg_rows_time(rows, fix->spell->last);
    tg_rows_string(rows, tg_cause_text(fix->cause));
    tg_rows_string(rows, fix->cause == TG_CAUSE_SCRIPT
                             ? tg_text_span((uint64_t)(fix->interval / MICRO), every)
                             : NULL);
}

int tg_log_fix_list(struct tg_log_ask *ask)
{
    struct tg_habits habits;
    struct tg_rows rows;
    struct fix *fixes;
    size_t count;
    const int code = tg_habits_read(ask, &habits);

    fixes = collect(&habits, &count);
    if (ask->form != TG_FORM_TEXT)
        tg_rows_start(&rows, ask->form, columns, COLUMNS);
    for (size_t i = 0; i < count; i++) {
        if (ask->form == TG_FORM_TEXT)
            put_text(&fixes[i]);
        else
            put_row(&rows, &fixes[i]);
    }
    if (ask->form != TG_FORM_TEXT)
        tg_rows_end(&rows);
    free(fixes);
    tg_habits_end(&habits);
    return code;
}
