/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log incidents: the questions of one client for one name, folded. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log_habit.h"

#define MICRO 1000000

static const char *const columns[] = {
    "first", "last", "client", "name", "via", "twin", "count", "types", "cause", "every"};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int by_first(const void *a, const void *b)
{
    const struct tg_incident *x = a, *y = b;

    if (x->spell.first != y->spell.first)
        return x->spell.first < y->spell.first ? -1 : 1;
    return (x->habit->hash > y->habit->hash) - (x->habit->hash < y->habit->hash);
}

/* "MX A AAAA", in the order in which they were met. */
static const char *types_text(
    const struct tg_habits *habits, uint64_t types, char buf[TG_TYPES_MAX * 16])
{
    size_t len = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < TG_TYPES_MAX; i++)
        if ((types >> i & 1) != 0)
            len += (size_t)snprintf(buf + len, TG_TYPES_MAX * 16 - len, "%s%s", len ? " " : "",
                i < habits->type_count ? habits->types[i] : "...");
    return buf;
}

static void put_part(const char *word, struct tg_slice text)
{
    if (!text.at)
        return;
    fputs(word, stdout);
    tg_put_text(stdout, text);
}

void tg_incident_take_apart(const struct tg_habits *habits, const struct tg_incident *incident,
    struct tg_incident_parts *out)
{
    const struct tg_habit *habit = (const struct tg_habit *)incident->habit->value;

    out->habit = habit;
    out->client = tg_table_key(habits->clients, habit->client);
    out->twin = habit->twin ? tg_table_key(habits->twins, habit->twin) : (struct tg_slice){NULL, 0};
    tg_habit_names(habits, incident->habit, &out->name, &out->via);
    out->cause = tg_habit_cause(habit);
    (void)types_text(habits, incident->types, out->types);
    (void)tg_text_span((uint64_t)(habit->interval[0] / MICRO), out->every);
}

static void put_text(const struct tg_incident *incident, const struct tg_incident_parts *parts)
{
    char first[40], last[40];

    (void)printf("%s  %s", tg_text_stamp(incident->spell.first, first),
        tg_text_stamp(incident->spell.last, last));
    put_part("  ", parts->client);
    put_part("  ", parts->name);
    put_part("  meant ", parts->twin);
    put_part("  via ", parts->via);
    (void)printf("  %" PRIu64 " time%s (%s)  %s", incident->spell.count,
        incident->spell.count == 1 ? "" : "s", parts->types, tg_cause_text(parts->cause));
    if (parts->cause == TG_CAUSE_SCRIPT)
        (void)printf(" every %s", parts->every);
    putchar('\n');
}

static void put_row(
    struct tg_rows *rows, const struct tg_incident *incident, const struct tg_incident_parts *parts)
{
    tg_rows_time(rows, incident->spell.first);
    tg_rows_time(rows, incident->spell.last);
    tg_rows_text(rows, parts->client);
    tg_rows_text(rows, parts->name);
    tg_rows_text(rows, parts->via);
    tg_rows_text(rows, parts->twin);
    tg_rows_count(rows, incident->spell.count);
    tg_rows_string(rows, parts->types);
    tg_rows_string(rows, tg_cause_text(parts->cause));
    tg_rows_string(rows, parts->cause == TG_CAUSE_SCRIPT ? parts->every : NULL);
}

int tg_habits_read(struct tg_log_ask *ask, struct tg_habits *habits)
{
    int code;

    tg_habits_start(habits, ask->gap);
    ask->log.event = tg_habits_take;
    ask->log.arg = habits;
    code = tg_log_read(&ask->log);
    if (habits->beyond > 0)
        tg_diags_add(ask->log.diags, TG_DIAG_WARNING, "log", 0, 0, NULL,
            "not all are told: %" PRIu64 " questions came after the first %d incidents",
            habits->beyond, TG_INCIDENTS_MAX);
    return code;
}

int tg_log_incidents(struct tg_log_ask *ask)
{
    struct tg_habits habits;
    struct tg_rows rows;
    struct tg_incident_parts parts;
    const int code = tg_habits_read(ask, &habits);

    if (habits.incident_count > 0)
        qsort(habits.incidents, habits.incident_count, sizeof(*habits.incidents), by_first);
    if (ask->form != TG_FORM_TEXT)
        tg_rows_start(&rows, ask->form, columns, COLUMNS);
    for (size_t i = 0; i < habits.incident_count; i++) {
        tg_incident_take_apart(&habits, &habits.incidents[i], &parts);
        if (ask->form == TG_FORM_TEXT)
            put_text(&habits.incidents[i], &parts);
        else
            put_row(&rows, &habits.incidents[i], &parts);
    }
    if (ask->form != TG_FORM_TEXT)
        tg_rows_end(&rows);
    tg_habits_end(&habits);
    return code;
}
