/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The figures of a report as one JSON value. Memory that runs out ends the tool; see main.c. */
#include <stdlib.h>
#include <string.h>

#include "policy/text.h"
#include "tools/report.h"

#define MICRO 1000000

/* A copy in which U+FFFD stands for each octet that is no UTF-8. */
static json_t *repaired(struct tg_slice text)
{
    char *copy = malloc(3 * text.len + 1), *to = copy;
    const char *at = text.at, *const end = text.at + text.len;
    uint32_t code;
    json_t *value;

    if (!copy)
        tg_out_of_memory();
    while (at < end) {
        const size_t len = tg_utf8_read(at, end, &code);
        memcpy(to, len ? at : "\xef\xbf\xbd", len ? len : 3);
        to += len ? len : 3;
        at += len ? len : 1;
    }
    value = json_stringn(copy, (size_t)(to - copy));
    free(copy);
    return value;
}

json_t *tg_report_text(struct tg_slice text)
{
    json_t *value = text.at ? json_stringn(text.at, text.len) : json_null();

    return value ? value : repaired(text);
}

static void put(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void put_count(json_t *object, const char *key, uint64_t count)
{
    put(object, key, json_integer((json_int_t)count));
}

static void put_text(json_t *object, const char *key, struct tg_slice text)
{
    put(object, key, tg_report_text(text));
}

static void put_string(json_t *object, const char *key, const char *text)
{
    put_text(object, key, (struct tg_slice){text, text ? strlen(text) : 0});
}

static void put_time(json_t *object, const char *key, int64_t time)
{
    char buf[40];

    put_string(object, key, tg_text_stamp(time, buf));
}

/* An object that stands in an array, filled when it is there already. */
static json_t *row_of(json_t *array)
{
    json_t *row = json_object();

    (void)json_array_append_new(array, row);
    return row;
}

static json_t *list_data(const struct tg_report_list *list, const char *one, const char *other)
{
    json_t *array = json_array(), *row;

    for (size_t i = 0; i < list->count; i++) {
        row = row_of(array);
        put_text(row, one, list->rows[i].key);
        put_count(row, "count", list->rows[i].tally.count);
        put_time(row, "first", list->rows[i].tally.first);
        put_time(row, "last", list->rows[i].tally.last);
        if (other)
            put_text(row, other, list->rows[i].other);
    }
    return array;
}

static void put_day(json_t *array, int64_t number, const struct tg_bucket *bucket)
{
    json_t *row = row_of(array);
    char when[40];

    (void)tg_text_stamp(number * 86400 * MICRO, when);
    when[10] = '\0';
    put_string(row, "day", when);
    put_count(row, "blocked", bucket->blocked);
    put_count(row, "watched", bucket->watched);
    put_count(row, "count", bucket->blocked + bucket->watched);
}

/* Days without a question between two that have some are days, too; but a clock that was wrong for
 * an hour must not make half a century of them. */
static json_t *days_data(const struct tg_report *report, size_t *left)
{
    static const struct tg_bucket nothing = {0, 0};
    json_t *array = json_array();
    size_t size, from;
    struct tg_cell **cells = tg_timeline_sorted(&report->days, &size);
    int64_t next = 0, number;

    *left = from = size > TG_REPORT_DAYS ? size - TG_REPORT_DAYS : 0;
    for (size_t i = from; i < size; i++) {
        number = tg_timeline_number(cells[i]);
        if (i > from && number - next <= 366)
            for (; next < number; next++)
                put_day(array, next, &nothing);
        put_day(array, number, (const struct tg_bucket *)cells[i]->value);
        next = number + 1;
    }
    free(cells);
    return array;
}

static json_t *severities_data(const struct tg_report *report)
{
    json_t *array = json_array(), *row;

    for (unsigned i = TG_LOG_SEVERITIES + 1; i-- > 0;) {
        if (i == 0 && report->severities[0].incidents == 0)
            break;
        row = row_of(array);
        put_string(row, "severity", tg_log_severity_text(i - 1));
        put_count(row, "incidents", report->severities[i].incidents);
        put_count(row, "count", report->severities[i].questions);
    }
    return array;
}

static json_t *incidents_data(const struct tg_report *report)
{
    const struct tg_habits *habits = &report->habits;
    json_t *array = json_array(), *row;
    struct tg_incident_parts parts;

    for (size_t i = 0; i < habits->incident_count && i < report->top; i++) {
        const struct tg_incident *incident = &habits->incidents[i];
        tg_incident_take_apart(habits, incident, &parts);
        row = row_of(array);
        put_string(row, "severity", tg_log_severity_text(incident->severity - 1));
        put_time(row, "first", incident->spell.first);
        put_time(row, "last", incident->spell.last);
        put_text(row, "client", parts.client);
        put_text(row, "name", parts.name);
        put_text(row, "via", parts.via);
        put_text(row, "twin", parts.twin);
        put_count(row, "count", incident->spell.count);
        put_string(row, "types", parts.types);
        put_string(row, "cause", tg_cause_text(parts.cause));
        put_string(row, "every", parts.cause == TG_CAUSE_SCRIPT ? parts.every : NULL);
    }
    return array;
}

static json_t *record_data(const struct tg_report_record *record, size_t most)
{
    json_t *object = json_object(), *logs = json_array(), *row;

    put(object, "whole", json_boolean(tg_report_record_is_whole(record)));
    put_count(object, "events", record->events);
    put_count(object, "broken", record->broken);
    put_count(object, "missing", record->missing);
    put_count(object, "lost", record->lost);
    put_count(object, "duplicates", record->duplicates);
    put_count(object, "disordered", record->disordered);
    put_count(object, "findings", record->findings);
    put_count(object, "changed", record->changed);
    put_count(object, "crashes", record->crashes);
    put_count(object, "logs", record->log_count);
    for (size_t i = 0; i < record->log_count && i < most; i++) {
        const struct tg_report_log *one = &record->logs[i];
        row = row_of(logs);
        put_text(row, "log", (struct tg_slice){one->name, one->len});
        put_time(row, "first", one->first);
        put_time(row, "last", one->last);
        put_count(row, "count", one->events);
        put_count(row, "missing", one->missing);
        put_count(row, "lost", one->lost);
        put_count(row, "duplicates", one->duplicates);
        put_count(row, "changed", one->changed);
        put_count(row, "crashes", one->crashes);
        put_count(row, "starts", one->starts);
    }
    put(object, "by_log", logs);
    return object;
}

/* The policy that was in force last; NULL: none is told of. */
static const struct tg_report_row *newest(const struct tg_report_list *serials)
{
    const struct tg_report_row *best = NULL;

    for (size_t i = 0; i < serials->count; i++) {
        const struct tg_report_row *row = &serials->rows[i];
        if (tg_slice_count(row->key) > 0 &&
            (!best || row->tally.last > best->tally.last ||
                (row->tally.last == best->tally.last &&
                    tg_slice_count(row->key) > tg_slice_count(best->key))))
            best = row;
    }
    return best;
}

/* What was asked for by options, as they were given. */
static json_t *filter_data(const struct tg_log_filter *filter)
{
    const struct {
        const char *name, *value;
    } given[] = {{"client", filter->client}, {"name", filter->name}, {"type", filter->type},
        {"since", filter->since}, {"until", filter->until}, {"severity", filter->severity},
        {"rule", filter->rule}, {"twin", filter->twin}, {"mode", filter->mode},
        {"verdict", filter->verdict}, {"group", filter->group}, {"serial", filter->serial}};
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        if (given[i].value)
            put_string(object, given[i].name, given[i].value);
    return object;
}

static json_t *files_data(const struct tg_log *log)
{
    json_t *array = json_array();

    for (int i = 0; i < log->count; i++)
        (void)json_array_append_new(
            array, tg_report_text((struct tg_slice){log->paths[i], strlen(log->paths[i])}));
    return array;
}

/* Events about what there was no room for: some figures are of less than all then. */
static json_t *beyond_data(const struct tg_report *report)
{
    json_t *object = json_object();

    put_count(object, "clients", report->clients.beyond);
    put_count(object, "names", report->names.beyond);
    put_count(object, "twins", report->twins.beyond);
    put_count(object, "policies", report->serials.beyond);
    put_count(object, "incidents", report->habits.beyond);
    put_count(object, "days", report->days.beyond);
    return object;
}

json_t *tg_report_data(const struct tg_report *report)
{
    const struct tg_report_row *policy = newest(&report->serial_list);
    json_t *data = json_object();
    size_t left;
    char now[32];

    put_string(data, "title", report->title);
    put_string(data, "made", tg_text_time((int64_t)tg_now(), now));
    put(data, "files", files_data(report->log));
    put(data, "filter", filter_data(report->filter));
    put_count(data, "questions", report->questions);
    put_count(data, "blocked", report->blocked);
    put_count(data, "watched", report->questions - report->blocked);
    put_count(data, "clients", report->client_list.all);
    put_count(data, "names", report->name_list.all);
    put_count(data, "twins", report->twin_list.all);
    put_count(data, "incidents", report->habits.incident_count);
    put(data, "beyond", beyond_data(report));
    if (report->questions > 0) {
        put_time(data, "first", report->first);
        put_time(data, "last", report->last);
    }
    put_text(data, "serial", policy ? policy->key : (struct tg_slice){NULL, 0});
    put_count(data, "refused", report->refused);
    put(data, "days", days_data(report, &left));
    put_count(data, "days_not_shown", left);
    put(data, "top_twins", list_data(&report->twin_list, "twin", "name"));
    put(data, "top_clients", list_data(&report->client_list, "client", "name"));
    put(data, "top_names", list_data(&report->name_list, "name", "twin"));
    put(data, "severities", severities_data(report));
    put(data, "top_incidents", incidents_data(report));
    put(data, "policies", list_data(&report->serial_list, "serial", NULL));
    put(data, "record", record_data(&report->record, report->top));
    return data;
}
