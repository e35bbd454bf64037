/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log, without a word: the events themselves. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/log.h"

struct print {
    struct tg_rows rows;
    enum tg_form form;
    bool terminal, colour;
    bool follow;
};

static const char *const columns[] = {"time", "verdict", "client", "type", "name", "twin", "rule",
    "via", "group", "mode", "severity", "reply", "serial", "host", "boot", "sequence", "lost", "id",
    "message"};
static const enum tg_field fields[] = {TG_FIELD_CLIENT, TG_FIELD_TYPE, TG_FIELD_NAME, TG_FIELD_TWIN,
    TG_FIELD_RULE, TG_FIELD_VIA, TG_FIELD_GROUP, TG_FIELD_MODE, TG_FIELD_SEVERITY, TG_FIELD_REPLY,
    TG_FIELD_SERIAL, TG_FIELD_HOST, TG_FIELD_BOOT, TG_FIELD_SEQUENCE, TG_FIELD_LOST, TG_FIELD_ID,
    TG_FIELD_MESSAGE};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
_Static_assert(COUNT(columns) == COUNT(fields) + 2, "each column has its field");

static const char *const verdicts[] = {
    [TG_LOG_BLOCKED] = "blocked", [TG_LOG_WATCHED] = "watched", [TG_LOG_SERVICE] = "service"};

static void put_csv(struct print *print, const struct tg_logged *event)
{
    tg_rows_time(&print->rows, event->time);
    tg_rows_string(&print->rows, verdicts[event->verdict]);
    for (size_t i = 0; i < COUNT(fields); i++)
        tg_rows_text(&print->rows, event->field[fields[i]]);
}

/* "  word text", where there is a text. */
static void put(const char *word, struct tg_slice text)
{
    if (!text.at)
        return;
    fputs(word, stdout);
    tg_put_text(stdout, text);
}

static void put_text(const struct print *print, const struct tg_logged *event)
{
    static const char *const paint[] = {[TG_LOG_BLOCKED] = "\033[31m",
        [TG_LOG_WATCHED] = "\033[33m",
        [TG_LOG_SERVICE] = "\033[36m"};
    const struct tg_slice *field = event->field, none = {"-", 1};
    char when[40];

    (void)printf("%s %s%s%s", tg_text_stamp(event->time, when),
        print->colour ? paint[event->verdict] : "", verdicts[event->verdict],
        print->colour ? "\033[0m" : "");
    if (event->verdict == TG_LOG_SERVICE) {
        put("  ", field[TG_FIELD_MESSAGE].at ? field[TG_FIELD_MESSAGE] : field[TG_FIELD_ACTION]);
        put(": ", field[TG_FIELD_ERROR]);
    } else {
        put("  ", field[TG_FIELD_CLIENT].at ? field[TG_FIELD_CLIENT] : none);
        put("  ", field[TG_FIELD_TYPE].at ? field[TG_FIELD_TYPE] : none);
        put(" ", field[TG_FIELD_NAME]);
        put("  meant ", field[TG_FIELD_TWIN]);
        put("  rule ", field[TG_FIELD_RULE]);
        put("  via ", field[TG_FIELD_VIA]);
        put("  group ", field[TG_FIELD_GROUP]);
        put("  lost before it: ", field[TG_FIELD_LOST]);
    }
    putchar('\n');
}

/* The line as it stands; on a terminal made harmless, as everything there. */
static void put_line(const struct print *print, struct tg_slice line)
{
    if (print->terminal)
        tg_put_text(stdout, line);
    else
        (void)fwrite(line.at, 1, line.len, stdout);
    putchar('\n');
}

static bool one(void *arg, const struct tg_logged *event)
{
    struct print *print = arg;

    if (print->form == TG_FORM_CSV)
        put_csv(print, event);
    else if (print->form == TG_FORM_TEXT)
        put_text(print, event);
    else if (print->form == TG_FORM_OCSF)
        tg_log_put_ocsf(event);
    else if (print->form == TG_FORM_CEF)
        tg_log_put_cef(event);
    else
        put_line(print, event->line);
    if (print->follow)
        (void)fflush(stdout);
    return !ferror(stdout);
}

int tg_log_print(struct tg_log_ask *ask, bool follow, bool from_start)
{
    const char *no = getenv("NO_COLOR");
    struct print print = {.form = ask->form, .follow = follow};

    print.terminal = isatty(STDOUT_FILENO);
    print.colour = print.terminal && (!no || !*no);
    if (ask->form == TG_FORM_CSV)
        tg_rows_start(&print.rows, ask->form, columns, COUNT(columns));
    ask->log.event = one;
    ask->log.arg = &print;
    ask->log.talks = print.terminal;
    return follow ? tg_log_follow(&ask->log, from_start) : tg_log_read(&ask->log);
}
