/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Whether the record that a report is made of is whole. All that it takes of tldguard log verify
 * is taken here. */
#include <stdlib.h>

#include "tools/log_verify.h"
#include "tools/report.h"

void tg_report_record_start(struct tg_report_record *record, struct tg_log *log)
{
    *record = (struct tg_report_record){0};
    record->verify = calloc(1, sizeof(*record->verify));
    if (!record->verify)
        tg_out_of_memory();
    record->verify->log = log;
    record->verify->silent = true;
    tg_verify_start(record->verify);
}

void tg_report_record_take(struct tg_report_record *record, const struct tg_logged *event)
{
    (void)tg_verify_look(record->verify, event);
}

static uint64_t gaps(const struct tg_report_log *log)
{
    return log->missing + log->lost + log->duplicates + log->changed + log->crashes;
}

static int gaps_first(const void *a, const void *b)
{
    const struct tg_report_log *x = a, *y = b;

    if ((gaps(x) > 0) != (gaps(y) > 0))
        return gaps(x) > 0 ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static void add(struct tg_report_record *record, struct tg_slice name, const struct tg_record *from)
{
    record->logs[record->log_count++] = (struct tg_report_log){
        .name = name.at,
        .len = name.len,
        .events = from->events,
        .missing = from->missing,
        .lost = from->lost,
        .duplicates = from->duplicates,
        .starts = from->starts,
        .changed = from->changed,
        .crashes = from->crashes,
        .first = from->first,
        .last = from->last,
    };
    record->missing += from->missing;
    record->lost += from->lost;
    record->duplicates += from->duplicates;
    record->disordered += from->disordered;
    record->changed += from->changed;
    record->crashes += from->crashes;
}

void tg_report_record_sum(struct tg_report_record *record)
{
    const struct tg_verify *verify = record->verify;
    size_t count;
    struct tg_cell **cells = tg_verify_records(verify, &count);

    record->events = verify->log->events;
    record->broken = verify->log->bad;
    record->findings = verify->findings;
    record->logs = calloc(count + 1, sizeof(*record->logs));
    if (!record->logs)
        tg_out_of_memory();
    for (size_t i = 0; i < count; i++)
        add(record, tg_table_key(verify->records, cells[i]),
            (const struct tg_record *)cells[i]->value);
    free(cells);
    qsort(record->logs, record->log_count, sizeof(*record->logs), gaps_first);
}

void tg_report_record_end(struct tg_report_record *record)
{
    if (!record->verify)
        return;
    tg_verify_end(record->verify);
    free(record->verify);
    free(record->logs);
}

bool tg_report_record_is_whole(const struct tg_report_record *record)
{
    return record->broken == 0 && record->findings == 0 && record->lost == 0;
}
