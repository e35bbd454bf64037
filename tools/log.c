/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log: who asked for what, of the module's log. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tldguard/settings.h"
#include "tools/log.h"

#define ROWS      10
#define STEP      3600
#define GAP       900
#define FILES_MAX 100000

enum { COUNT = TG_LOG_OPTIONS, BY, SPAN, DB, FOLLOW, JSON, CSV, FORMAT };
static const struct tg_option options[] = {
    TG_LOG_OPTION_ROWS,
    [COUNT] = {"count", 'n', "N", "rows of a list (default 10)"},
    [BY] = {"by", 'b', "WORD", "of a timeline: minute, hour (default) or day"},
    [SPAN] = {"gap", 'G', "SPAN", "what ends an incident (default 15m)"},
    [DB] = {"db", 'd', "FILE", "of sql: keep the table there, add what is new"},
    [FOLLOW] = {"follow", 'f', NULL, "go on with what comes, through rotation"},
    [JSON] = {"json", 'j', NULL, "as JSON; events as their lines"},
    [CSV] = {"csv", 'C', NULL, "as CSV"},
    [FORMAT] = {"format", 'F', "WORD", "events for a SIEM: ecs (the lines), ocsf or cef"},
    {0},
};
_Static_assert(sizeof(options) / sizeof(options[0]) <= TG_OPTIONS_MAX + 1, "one has no room");

/* What may stand before the files. */
struct word {
    const char *name;
    const char *argument; /* that it wants; NULL: none */
    int (*run)(struct tg_log_ask *ask);
};
static const struct word words[] = {
    {"top", "clients, names, rules, twins or types", tg_log_top},
    {"timeline", NULL, tg_log_timeline},
    {"incidents", NULL, tg_log_incidents},
    {"fix-list", NULL, tg_log_fix_list},
    {"sql", "a statement", tg_log_sql},
    {"verify", NULL, tg_log_verify},
};

static const struct word *word_of(const char *text)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i].name) == 0)
            return &words[i];
    return NULL;
}

/* Reads the numbers; -1, or the exit code after a usage error. */
static int set_numbers(struct tg_log_ask *ask, const struct tg_parsed *p)
{
    static const char *const steps[] = {"minute", "hour", "day"};
    static const uint64_t lengths[] = {60, 3600, 86400};

    ask->rows = ROWS;
    ask->step = p->value[BY] ? 0 : STEP;
    ask->gap = GAP;
    if (p->value[COUNT] && !tg_parse_count(p->value[COUNT], &ask->rows))
        return tg_text_usage(ask->command, "'%s' is not a number", p->value[COUNT]);
    for (int i = 0; i < 3 && p->value[BY]; i++)
        if (strcmp(p->value[BY], steps[i]) == 0)
            ask->step = lengths[i];
    if (ask->step == 0)
        return tg_text_usage(ask->command, "'%s' is not minute, hour or day", p->value[BY]);
    if (p->value[SPAN] && (!tg_parse_span(p->value[SPAN], &ask->gap) || ask->gap == 0))
        return tg_text_usage(ask->command, "'%s' is not a span as 15m", p->value[SPAN]);
    return -1;
}

/* Reads what is to come out; -1, or the exit code after a usage error. */
static int set_form(struct tg_log_ask *ask, const struct tg_parsed *p)
{
    static const struct {
        const char *word;
        enum tg_form form;
    } formats[] = {{"ecs", TG_FORM_JSON}, {"ocsf", TG_FORM_OCSF}, {"cef", TG_FORM_CEF}};
    const char *format = p->value[FORMAT];

    ask->form = p->value[JSON] ? TG_FORM_JSON : p->value[CSV] ? TG_FORM_CSV : TG_FORM_TEXT;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && format; i++) {
        if (strcmp(format, formats[i].word) == 0) {
            ask->form = formats[i].form;
            return -1;
        }
    }
    return format ? tg_text_usage(ask->command, "'%s' is not ecs, ocsf or cef", format) : -1;
}

static const char *log_of(const struct tg_settings *settings)
{
    return settings->log;
}

char *tg_log_configured(struct tg_diags *diags)
{
    return tg_setting(NULL, log_of, TG_DEFAULT_LOG, diags);
}

static int go(struct tg_log_ask *ask, const struct word *word, const struct tg_parsed *p)
{
    char *path = NULL;
    int code = EXIT_BROKEN;

    if (ask->log.count == 0) {
        path = tg_log_configured(ask->log.diags);
        ask->log.paths = &path;
        ask->log.count = 1;
    }
    if (ask->log.count > 1 || ask->log.paths[0])
        code = word ? word->run(ask)
                    : tg_log_print(ask, p->value[FOLLOW] != NULL, p->value[TG_LOG_SINCE] != NULL);
    free(path);
    return code;
}

/* Takes the word and its argument off the operands; -1, or the exit code. */
static int set_word(struct tg_log_ask *ask, struct tg_parsed *p, const struct word **word)
{
    *word = p->argc > 0 ? word_of(p->argv[0]) : NULL;
    if (*word) {
        p->argc--;
        p->argv++;
    }
    if (*word && (*word)->argument) {
        if (p->argc == 0)
            return tg_text_usage(ask->command, "%s wants %s", (*word)->name, (*word)->argument);
        ask->argument = *p->argv++;
        p->argc--;
    }
    if (!!p->value[JSON] + !!p->value[CSV] + !!p->value[FORMAT] > 1)
        return tg_text_usage(ask->command, "one of --json, --csv and --format");
    if (p->value[FORMAT] && *word)
        return tg_text_usage(ask->command, "--format is of events");
    if (p->value[DB] && !(*word && (*word)->run == tg_log_sql))
        return tg_text_usage(ask->command, "--db is where sql keeps its table");
    if (p->value[FOLLOW] && (*word || p->argc > 1 || (p->argc == 1 && !strcmp(p->argv[0], "-"))))
        return tg_text_usage(ask->command, "--follow shows the events of one file");
    return -1;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_log_ask ask = {.command = self};
    struct tg_log_filter filter;
    const struct word *word = NULL;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, FILES_MAX, &p);

    if (code < 0)
        code = set_word(&ask, &p, &word);
    if (code < 0)
        code = set_form(&ask, &p);
    if (code < 0)
        code = tg_log_filter_set(self, &p, &filter);
    if (code < 0)
        code = set_numbers(&ask, &p);
    if (code >= 0)
        return code;
    ask.db = p.value[DB];
    ask.log = (struct tg_log){.paths = p.argv, .count = p.argc, .filter = &filter};
    ask.log.diags = tg_diags_create();
    code = go(&ask, word, &p);
    code = tg_text_flush(code);
    tg_text_diags(ask.log.diags, false);
    tg_diags_destroy(&ask.log.diags);
    return code;
}

const struct tg_command tg_cmd_log = {
    .name = "log",
    .arguments = "[top WHAT|timeline|incidents|fix-list|sql SELECT|verify] [FILE]...",
    .summary = "Tell what the module's log holds: who asked for what, and why.",
    .example = "tldguard log --since 2d --severity high top clients block.jsonl*",
    .options = options,
    .run = run,
};
