/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What tldguard log verify says. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log_verify.h"

#define FINDINGS_SHOWN 1000

static const char *const columns[] = {"kind", "file", "line", "text", "boot", "events", "begin",
    "end", "missing", "lost", "duplicates", "disordered", "backwards", "first", "last"};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define FOUND   4 /* of them are of findings, the others of boots */

void tg_verify_head(struct tg_verify *verify)
{
    if (verify->form != TG_FORM_TEXT)
        tg_rows_start(&verify->rows, verify->form, columns, COLUMNS);
}

static struct tg_slice slice(const char *text)
{
    return (struct tg_slice){text, strlen(text)};
}

void tg_verify_found(struct tg_verify *verify, const char *kind, const char *fmt, ...)
{
    const struct tg_log *log = verify->log;
    char text[256];
    va_list ap;

    if (verify->findings++ >= FINDINGS_SHOWN || verify->silent)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (verify->form == TG_FORM_TEXT) {
        tg_put_text(stdout, slice(log->path));
        (void)printf(":%" PRIu64 ": %s: %s\n", log->line, kind, text);
        return;
    }
    tg_rows_string(&verify->rows, kind);
    tg_rows_string(&verify->rows, log->path);
    tg_rows_count(&verify->rows, log->line);
    tg_rows_string(&verify->rows, text);
    for (size_t i = FOUND; i < COLUMNS; i++)
        tg_rows_string(&verify->rows, NULL);
}

static void put_boot_row(struct tg_rows *rows, struct tg_slice name, const struct tg_boot *boot)
{
    tg_rows_string(rows, "boot");
    for (size_t i = 1; i < FOUND; i++)
        tg_rows_string(rows, NULL);
    tg_rows_text(rows, name);
    tg_rows_count(rows, boot->events);
    tg_rows_count(rows, boot->begin);
    tg_rows_count(rows, boot->high);
    tg_rows_count(rows, boot->missing);
    tg_rows_count(rows, boot->lost);
    tg_rows_count(rows, boot->duplicates);
    tg_rows_count(rows, boot->disordered);
    tg_rows_count(rows, boot->backwards);
    tg_rows_time(rows, boot->first);
    tg_rows_time(rows, boot->last);
}

static void put_number(const char *text, uint64_t number)
{
    if (number > 0)
        (void)printf(", %" PRIu64 " %s", number, text);
}

/* "boot 6b02 vm: 1042 events, numbers 1 to 1045, 3 lost, ..." */
static void put_boot(struct tg_slice name, const struct tg_boot *boot)
{
    char when[40];

    fputs("boot ", stdout);
    tg_put_text(stdout, name);
    (void)printf(": %" PRIu64 " events, numbers %" PRIu64 " to %" PRIu64, boot->events, boot->begin,
        boot->high);
    put_number("lost and told", boot->lost);
    put_number("missing", boot->missing);
    put_number("twice", boot->duplicates);
    put_number("out of order", boot->disordered);
    if (boot->backwards > 0)
        (void)printf(", time went back %" PRIu64 " times by up to %.3f s", boot->backwards,
            (double)boot->back / 1e6);
    if (boot->begin > 1)
        fputs(", its start is not here", stdout);
    (void)printf("; since %s\n", tg_text_stamp(boot->first, when));
}

static int by_first(const void *a, const void *b)
{
    const struct tg_cell *x = *(struct tg_cell *const *)a, *y = *(struct tg_cell *const *)b;
    const struct tg_boot *s = (const struct tg_boot *)x->value,
                         *t = (const struct tg_boot *)y->value;

    return s->first != t->first ? (s->first < t->first ? -1 : 1)
                                : strncmp((const char *)(s + 1), (const char *)(t + 1),
                                      x->len < y->len ? x->len : y->len);
}

struct tg_cell **tg_verify_boots(const struct tg_verify *verify, size_t *count)
{
    return tg_table_sorted(verify->boots, by_first, count);
}

void tg_verify_report(struct tg_verify *verify)
{
    const struct tg_log *log = verify->log;
    size_t count;
    struct tg_cell **cells = tg_verify_boots(verify, &count);

    for (size_t i = 0; i < count; i++) {
        const struct tg_slice name = tg_table_key(verify->boots, cells[i]);
        const struct tg_boot *boot = (const struct tg_boot *)cells[i]->value;
        if (verify->form == TG_FORM_TEXT)
            put_boot(name, boot);
        else
            put_boot_row(&verify->rows, name, boot);
    }
    free(cells);
    if (verify->form != TG_FORM_TEXT) {
        tg_rows_end(&verify->rows);
        return;
    }
    if (verify->findings > FINDINGS_SHOWN)
        (void)printf("(%d findings shown)\n", FINDINGS_SHOWN);
    (void)printf("%" PRIu64 " events, %" PRIu64 " broken lines, %zu boots, %" PRIu64 " findings\n",
        log->events, log->bad, count, verify->findings);
}
