/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The sentences of a report. */
#include <inttypes.h>
#include <string.h>

#include "tools/report.h"

uint64_t tg_data_count(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

const char *tg_data_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *tg_report_number(uint64_t number, char buf[32])
{
    char digits[24], *to = buf;
    const int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buf;
}

const char *tg_report_many(uint64_t number, const char *one, const char *many, char buf[96])
{
    char digits[32];

    (void)snprintf(buf, 96, "%s %s", tg_report_number(number, digits), number == 1 ? one : many);
    return buf;
}

/* "2026-11-22T08:00:00.500Z": a time as the tool writes it. */
static bool is_stamp(const char *text)
{
    return text && strlen(text) >= 20 && text[4] == '-' && text[10] == 'T' && text[13] == ':';
}

const char *tg_report_moment(const json_t *time, char buf[48])
{
    static const char *const months[] = {"January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December"};
    const char *text = json_string_value(time);
    unsigned day, month;

    buf[0] = '\0';
    if (is_stamp(text) && sscanf(text + 5, "%2u-%2u", &month, &day) == 2 && month - 1 < 12)
        (void)snprintf(buf, 48, "%u %s %.4s, %.5s", day, months[month - 1], text,
            text + strlen("2026-11-22T"));
    return buf;
}

const char *tg_report_minute(const json_t *time, char buf[48])
{
    const char *text = json_string_value(time);

    buf[0] = '\0';
    if (is_stamp(text))
        (void)snprintf(buf, 48, "%.10s %.5s", text, text + strlen("2026-11-22T"));
    return buf;
}

/* "; 1,180 of these questions were blocked, the others answered and noted" */
static void say_blocked(FILE *out, uint64_t questions, uint64_t blocked)
{
    char number[32];

    if (blocked == questions)
        fputs(questions == 1 ? "; it was blocked" : "; all were blocked", out);
    else if (blocked == 0)
        fputs(questions == 1 ? "; it was not blocked, only noted"
                             : "; none was blocked, all were only noted",
            out);
    else
        (void)fprintf(out, "; %s %s blocked, the rest only noted",
            tg_report_number(blocked, number), blocked == 1 ? "was" : "were");
}

void tg_report_say_lead(FILE *out, const json_t *data)
{
    const uint64_t questions = tg_data_count(data, "questions");
    const json_t *top = json_array_get(json_object_get(data, "top_twins"), 0);
    char from[48], to[48], clients[96], names[96], times[96];

    if (questions == 0) {
        fputs("Nobody asked for a look-alike name: there is no such question in the record", out);
        fputs(json_object_size(json_object_get(data, "filter")) > 0 ? " that fits what was chosen."
                                                                    : ".",
            out);
        return;
    }
    (void)fprintf(out, "Between %s and %s (UTC), %s asked for %s %s",
        tg_report_moment(json_object_get(data, "first"), from),
        tg_report_moment(json_object_get(data, "last"), to),
        tg_report_many(tg_data_count(data, "clients"), "client", "clients", clients),
        tg_report_many(tg_data_count(data, "names"), "look-alike name", "look-alike names", names),
        questions == 1 ? "once" : tg_report_many(questions, "time", "times", times));
    say_blocked(out, questions, tg_data_count(data, "blocked"));
    fputs(".", out);
    if (top) {
        fputs(" Most often meant: <strong>", out);
        tg_html_string(out, tg_data_text(top, "twin"));
        fputs("</strong>.", out);
    }
}

void tg_report_say_policy(FILE *out, const json_t *data)
{
    const uint64_t refused = tg_data_count(data, "refused");
    const size_t count = json_array_size(json_object_get(data, "policies"));
    const char *serial = tg_data_text(data, "serial");
    char number[96];

    if (!serial) {
        fputs("The record names no policy.", out);
    } else {
        fputs("The newest policy in the record is serial <strong>", out);
        tg_html_string(out, serial);
        fputs("</strong>", out);
        if (count > 1)
            (void)fprintf(out, ", one of %s that were in force",
                tg_report_many(count, "policy", "policies", number));
        fputs(".", out);
    }
    if (refused > 0)
        (void)fprintf(out, " %s refused; the one before stayed in force.",
            tg_report_many(refused, "new policy was", "new policies were", number));
}

/* "12 events are missing", with what stands between it and the one before. */
static void say_gap(FILE *out, bool *any, uint64_t number, const char *one, const char *many)
{
    char text[96];

    if (number == 0)
        return;
    (void)fprintf(out, "%s%s", *any ? "; " : "", tg_report_many(number, one, many, text));
    *any = true;
}

void tg_report_say_record(FILE *out, const json_t *data)
{
    const json_t *record = json_object_get(data, "record");
    const uint64_t events = tg_data_count(record, "events");
    char lines[96], logs[96];
    bool any = false;

    if (events == 0 && tg_data_count(record, "broken") == 0) {
        fputs("There is no event in the record.", out);
        return;
    }
    if (json_is_true(json_object_get(record, "whole"))) {
        (void)fprintf(out,
            "The record is whole: of %s in %s none is missing, stands twice or was changed.",
            tg_report_many(events, "event", "events", lines),
            tg_report_many(tg_data_count(record, "logs"), "log", "logs", logs));
        return;
    }
    fputs("The record is not whole: ", out);
    say_gap(out, &any, tg_data_count(record, "missing"), "event is missing", "events are missing");
    say_gap(out, &any, tg_data_count(record, "lost"), "event could not be kept, as the record says",
        "events could not be kept, as the record says");
    say_gap(out, &any, tg_data_count(record, "changed"), "event is not as it was written",
        "events are not as they were written");
    say_gap(out, &any, tg_data_count(record, "crashes"),
        "time the machine stopped, which may have cost events",
        "times the machine stopped, which may have cost events");
    say_gap(
        out, &any, tg_data_count(record, "broken"), "line cannot be read", "lines cannot be read");
    say_gap(
        out, &any, tg_data_count(record, "duplicates"), "event stands twice", "events stand twice");
    say_gap(out, &any, tg_data_count(record, "disordered"), "event is out of order",
        "events are out of order");
    if (!any)
        say_gap(out, &any, tg_data_count(record, "findings"), "event is not as it should be",
            "events are not as they should be");
    (void)fprintf(out, ". It holds %s in %s.", tg_report_many(events, "event", "events", lines),
        tg_report_many(tg_data_count(record, "logs"), "log", "logs", logs));
}
