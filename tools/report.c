/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard report: the log as one page for people who do not read logs. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/exchange.h"
#include "tools/report.h"

#define TITLE     "Look-alike domain names"
#define TOP       10
#define GAP       900
#define FILES_MAX 100000

enum { HTML = TG_LOG_OPTIONS, JSON, TITLED, COUNT, SPAN, CHART };
static const struct tg_option options[] = {
    TG_LOG_OPTION_ROWS,
    [HTML] = {"html", 'o', "FILE", "the page; - is standard output"},
    [JSON] = {"json", 'j', NULL, "the same figures on standard output, as JSON"},
    [TITLED] = {"title", 'T', "TEXT", "of the page (default: " TITLE ")"},
    [COUNT] = {"top", 'n', "N", "rows of a list (default 10)"},
    [SPAN] = {"gap", 'G', "SPAN", "what ends an incident (default 15m)"},
    [CHART] = {"chart-js", 'J', "FILE", "Chart.js (default " TG_CHART_JS ")"},
    {0},
};
_Static_assert(sizeof(options) / sizeof(options[0]) <= TG_OPTIONS_MAX + 1, "one has no room");

/* Whether a page may take the place of what is there. "--html block.jsonl*" is a slip that would
 * cost a log: only a page, or nothing, is replaced. */
static bool may_replace(const char *path)
{
    static const char page[] = "<!DOCTYPE html";
    char start[sizeof(page)] = "";
    struct stat st;
    ssize_t got;
    int in;

    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return true;
    in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return false;
    got = read(in, start, sizeof(start) - 1);
    (void)close(in);
    return got == (ssize_t)sizeof(page) - 1 && strcasecmp(start, page) == 0;
}

/* -1, or the exit code after a usage error. */
static int set(const struct tg_command *self, const struct tg_parsed *p, struct tg_report *report,
    uint64_t *gap)
{
    uint64_t top = TOP;

    *gap = GAP;
    report->title = p->value[TITLED] && *p->value[TITLED] ? p->value[TITLED] : TITLE;
    if (!p->value[HTML] && !p->value[JSON])
        return tg_text_usage(self, "as what? --html FILE, --json, or both");
    if (p->value[HTML] && p->value[JSON] && strcmp(p->value[HTML], "-") == 0)
        return tg_text_usage(self, "--json has standard output already");
    if (p->value[HTML] && !may_replace(p->value[HTML]))
        return tg_text_usage(
            self, "'%s' is there and is no page of HTML: it is not replaced", p->value[HTML]);
    if (p->value[COUNT] &&
        (!tg_parse_count(p->value[COUNT], &top) || top == 0 || top > TG_REPORT_TOP_MOST))
        return tg_text_usage(
            self, "'%s' is not a number from 1 to %d", p->value[COUNT], TG_REPORT_TOP_MOST);
    if (p->value[SPAN] && (!tg_parse_span(p->value[SPAN], gap) || *gap == 0))
        return tg_text_usage(self, "'%s' is not a span as 15m", p->value[SPAN]);
    report->top = (size_t)top;
    return -1;
}

/* All that takes memory comes before the file is there, which would be left behind. */
static bool write_page(const struct tg_parsed *p, const json_t *data, struct tg_diags *diags)
{
    struct tg_report_parts parts;
    struct tg_output output;
    bool done = false;

    if (!tg_report_parts_make(
            &parts, p->value[CHART] ? p->value[CHART] : TG_CHART_JS, data, diags)) {
        tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
    } else if (tg_output_open(&output, p->value[HTML])) {
        tg_report_page(output.stream, data, &parts);
        done = tg_output_close(&output, true);
    }
    tg_report_parts_free(&parts);
    return done;
}

/* All that was counted; NULL: a log could not be read to its end, and half of the truth would be
 * taken for all. code: output. */
static json_t *figures(struct tg_report *report, uint64_t gap, int *code)
{
    json_t *data = NULL;

    *code = tg_report_gather(report, gap);
    if (*code != EXIT_BROKEN) {
        tg_report_lists(report);
        data = tg_report_data(report);
        if (!tg_report_record_is_whole(&report->record))
            *code = EXIT_FINDINGS;
    }
    tg_report_end(report);
    return data;
}

static int tell(const struct tg_parsed *p, struct tg_report *report, uint64_t gap)
{
    int code;
    json_t *data = figures(report, gap, &code);

    if (data && p->value[HTML] && !write_page(p, data, report->log->diags))
        code = EXIT_BROKEN;
    if (p->value[JSON] && code != EXIT_BROKEN)
        return tg_text_json(data) == EXIT_FINE ? code : EXIT_BROKEN;
    json_decref(data);
    return code;
}

static int go(const struct tg_parsed *p, struct tg_report *report, uint64_t gap)
{
    struct tg_log *log = report->log;
    char *path = NULL;
    int code;

    if (log->count == 0) {
        path = tg_log_configured(log->diags);
        if (!path)
            return EXIT_BROKEN;
        log->paths = &path;
        log->count = 1;
    }
    code = tell(p, report, gap);
    free(path);
    return code;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_log_filter filter;
    struct tg_log log = {0};
    struct tg_report report = {.log = &log, .filter = &filter};
    struct tg_parsed p;
    uint64_t gap;
    int code = tg_options_parse(self, argc, argv, 0, FILES_MAX, &p);

    if (code < 0)
        code = tg_log_filter_set(self, &p, &filter);
    if (code < 0)
        code = set(self, &p, &report, &gap);
    if (code >= 0)
        return code;
    log.paths = p.argv;
    log.count = p.argc;
    log.diags = tg_diags_create();
    code = go(&p, &report, gap);
    code = tg_text_flush(code);
    tg_text_diags(log.diags, false);
    tg_diags_destroy(&log.diags);
    return code;
}

const struct tg_command tg_cmd_report = {
    .name = "report",
    .arguments = "--html FILE [LOG]...",
    .summary = "Make one page of the log: who asked for what, when, and what they meant.",
    .example = "tldguard report --since 7d --html week.html block.jsonl*",
    .options = options,
    .run = run,
};
