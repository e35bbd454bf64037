/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What tldguard log verify says. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log_verify.h"

#define FINDINGS_SHOWN 1000
#define TEXT_MAX       256

static const char *const columns[] = {"kind", "file", "line", "text", "log", "events", "begin",
    "end", "missing", "lost", "duplicates", "disordered", "changed", "crashes", "starts",
    "backwards", "first", "last", "chain"};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define FOUND   4 /* of them are of findings, the others of logs */

void tg_verify_head(struct tg_verify *verify)
{
    if (verify->form != TG_FORM_TEXT)
        tg_rows_start(&verify->rows, verify->form, columns, COLUMNS);
}

static struct tg_slice slice(const char *text)
{
    return (struct tg_slice){text, strlen(text)};
}

static void found(
    struct tg_verify *verify, const char *path, uint64_t line, const char *kind, const char *text)
{
    if (verify->findings++ >= FINDINGS_SHOWN || verify->silent)
        return;
    if (verify->form == TG_FORM_TEXT) {
        tg_put_text(stdout, slice(path));
        (void)printf(":%" PRIu64 ": %s: %s\n", line, kind, text);
        return;
    }
    tg_rows_string(&verify->rows, kind);
    tg_rows_string(&verify->rows, path);
    tg_rows_count(&verify->rows, line);
    tg_rows_string(&verify->rows, text);
    for (size_t i = FOUND; i < COLUMNS; i++)
        tg_rows_string(&verify->rows, NULL);
}

void tg_verify_found(struct tg_verify *verify, const char *kind, const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    found(verify, verify->log->path, verify->log->line, kind, text);
}

void tg_verify_found_at(struct tg_verify *verify, const char *path, uint64_t line, const char *kind,
    const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    found(verify, path, line, kind, text);
}

static void put_record_row(
    struct tg_rows *rows, struct tg_slice name, const struct tg_record *record)
{
    char digest[TG_DIGEST_TEXT];

    tg_rows_string(rows, "log");
    for (size_t i = 1; i < FOUND; i++)
        tg_rows_string(rows, NULL);
    tg_rows_text(rows, name);
    tg_rows_count(rows, record->events);
    tg_rows_count(rows, record->begin);
    tg_rows_count(rows, record->high);
    tg_rows_count(rows, record->missing);
    tg_rows_count(rows, record->lost);
    tg_rows_count(rows, record->duplicates);
    tg_rows_count(rows, record->disordered);
    tg_rows_count(rows, record->changed);
    tg_rows_count(rows, record->crashes);
    tg_rows_count(rows, record->starts);
    tg_rows_count(rows, record->backwards);
    tg_rows_time(rows, record->first);
    tg_rows_time(rows, record->last);
    tg_rows_string(rows, tg_digest_text(record->highest.digest, digest));
}

static void put_number(const char *text, uint64_t number)
{
    if (number > 0)
        (void)printf(", %" PRIu64 " %s", number, text);
}

/* "log 6b02 vm: 1042 events, numbers 1 to 1045, 3 lost, ..." */
static void put_record(struct tg_slice name, const struct tg_record *record)
{
    char when[40], digest[TG_DIGEST_TEXT];

    fputs("log ", stdout);
    tg_put_text(stdout, name);
    (void)printf(": %" PRIu64 " events, numbers %" PRIu64 " to %" PRIu64, record->events,
        record->begin, record->high);
    put_number("lost and told", record->lost);
    put_number("missing", record->missing);
    put_number("twice", record->duplicates);
    put_number("out of order", record->disordered);
    put_number("changed", record->changed);
    put_number("times the machine stopped", record->crashes);
    if (record->starts > 1)
        put_number("starts", record->starts);
    if (record->backwards > 0)
        (void)printf(", time went back %" PRIu64 " times by up to %.3f s", record->backwards,
            (double)record->back / 1e6);
    if (record->begin > 1)
        fputs(", its start is not here", stdout);
    (void)printf("; since %s; ends in %s\n", tg_text_stamp(record->first, when),
        tg_digest_text(record->highest.digest, digest));
}

static int by_first(const void *a, const void *b)
{
    const struct tg_cell *x = *(struct tg_cell *const *)a, *y = *(struct tg_cell *const *)b;
    const struct tg_record *s = (const struct tg_record *)x->value,
                           *t = (const struct tg_record *)y->value;

    return s->first != t->first ? (s->first < t->first ? -1 : 1)
                                : strncmp((const char *)(s + 1), (const char *)(t + 1),
                                      x->len < y->len ? x->len : y->len);
}

struct tg_cell **tg_verify_records(const struct tg_verify *verify, size_t *count)
{
    return tg_table_sorted(verify->records, by_first, count);
}

void tg_verify_report(struct tg_verify *verify)
{
    const struct tg_log *log = verify->log;
    size_t count;
    struct tg_cell **cells = tg_verify_records(verify, &count);

    for (size_t i = 0; i < count; i++) {
        const struct tg_slice name = tg_table_key(verify->records, cells[i]);
        const struct tg_record *record = (const struct tg_record *)cells[i]->value;
        if (verify->form == TG_FORM_TEXT)
            put_record(name, record);
        else
            put_record_row(&verify->rows, name, record);
    }
    free(cells);
    if (verify->form != TG_FORM_TEXT) {
        tg_rows_end(&verify->rows);
        return;
    }
    if (verify->findings > FINDINGS_SHOWN)
        (void)printf("(%d findings shown)\n", FINDINGS_SHOWN);
    (void)printf("%" PRIu64 " events, %" PRIu64 " broken lines, %zu logs, %" PRIu64 " findings\n",
        log->events, log->bad, count, verify->findings);
}
