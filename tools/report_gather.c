/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The one pass over the log. */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/report.h"

#define DAY         86400
#define SERIALS_MAX 10000

/* What is asked for at all. */
static const struct tg_log_filter everything = {.any = false};

static void start(struct tg_report *report, uint64_t gap_seconds)
{
    tg_top_start(&report->clients, TG_FIELD_CLIENT, TG_REPORT_KEYS);
    tg_top_start(&report->names, TG_FIELD_NAME, TG_REPORT_KEYS);
    tg_top_start(&report->twins, TG_FIELD_TWIN, TG_REPORT_KEYS);
    tg_top_start(&report->serials, TG_FIELD_SERIAL, SERIALS_MAX);
    tg_timeline_start(&report->days, DAY);
    tg_habits_start(&report->habits, gap_seconds);
    tg_report_record_start(&report->record, report->log);
}

void tg_report_end(struct tg_report *report)
{
    tg_top_end(&report->clients);
    tg_top_end(&report->names);
    tg_top_end(&report->twins);
    tg_top_end(&report->serials);
    tg_timeline_end(&report->days);
    tg_habits_end(&report->habits);
    tg_report_record_end(&report->record);
    free(report->client_list.rows);
    free(report->name_list.rows);
    free(report->twin_list.rows);
    free(report->serial_list.rows);
}

static void question(struct tg_report *report, const struct tg_logged *event)
{
    if (report->questions++ == 0)
        report->first = report->last = event->time;
    if (event->time < report->first)
        report->first = event->time;
    if (event->time > report->last)
        report->last = event->time;
    if (event->verdict == TG_LOG_BLOCKED)
        report->blocked++;
    (void)tg_timeline_take(&report->days, event);
    (void)tg_habits_take(&report->habits, event);
}

/* Gaps show only when every event is looked at, so that the log gives out all. */
static bool take(void *arg, const struct tg_logged *event)
{
    struct tg_report *report = arg;

    tg_report_record_take(&report->record, event);
    if (!tg_log_filter_pass(report->filter, event))
        return true;
    (void)tg_top_take(&report->clients, event);
    (void)tg_top_take(&report->names, event);
    (void)tg_top_take(&report->twins, event);
    (void)tg_top_take(&report->serials, event);
    if (event->verdict != TG_LOG_SERVICE)
        question(report, event);
    else if (tg_slice_is(event->field[TG_FIELD_ACTION], "policy-rejected"))
        report->refused++;
    return true;
}

static void warn(struct tg_log *log, uint64_t beyond, const char *of)
{
    if (beyond > 0)
        tg_diags_add(log->diags, TG_DIAG_WARNING, "report", 0, 0, NULL,
            "not all are told apart: %" PRIu64 " events are about others than the first %s", beyond,
            of);
}

int tg_report_gather(struct tg_report *report, uint64_t gap_seconds)
{
    struct tg_log *log = report->log;
    int code;

    start(report, gap_seconds);
    log->filter = &everything;
    log->event = take;
    log->arg = report;
    code = tg_log_read(log);
    tg_report_record_sum(&report->record);
    warn(log, report->clients.beyond, "1,000,000 clients");
    warn(log, report->names.beyond, "1,000,000 names");
    warn(log, report->twins.beyond, "1,000,000 names that were meant");
    warn(log, report->serials.beyond, "10,000 policies");
    warn(log, report->habits.beyond, "1,000,000 incidents");
    warn(log, report->days.beyond, "4,000,000 days");
    return code;
}
