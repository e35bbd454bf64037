/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: what the running module does, and whether all is well. */
#include "tools/status.h"

#include <stdlib.h>
#include <string.h>

#include "tldguard/settings.h"
#include "tools/exchange.h"
#include "tools/log.h"

#define MOST         UINT64_C(1000000000) /* of seconds or days: more than anybody means */
#define MAX_AGE      10
#define LOST_WITHIN  300
#define INTERVAL_MAX 86400

enum { CONF, STATS, JSON, PROMETHEUS, OUTPUT, WATCH, INTERVAL, AGE, POLICY_AGE, LOST };
static const struct tg_option options[] = {
    [CONF] = {"conf", 'c', "FILE", "the module's settings (default: as the module finds them)"},
    [STATS] = {"stats", 's', "FILE", "the file that it tells in, instead of the one they name"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    [PROMETHEUS] = {"prometheus", 'p', NULL, "for Prometheus"},
    [OUTPUT] = {"output", 'o', "FILE",
        "where it goes, replaced as a whole (default: standard output)"},
    [WATCH] = {"watch", 'w', NULL, "again and again, with what comes in a second"},
    [INTERVAL] = {"interval", 'i', "SECONDS", "of --watch (default 1)"},
    [AGE] = {"max-age", 'a', "SECONDS", "older figures are a problem (default 10)"},
    [POLICY_AGE] = {"max-policy-age", 'A', "DAYS", "so is an older policy (default: any age)"},
    [LOST] = {"lost-within", 'l', "SPAN", "and events lost no longer ago (default 5m)"},
    {0},
};

static const char *stats_of(const struct tg_settings *settings)
{
    return settings->stats;
}

/* A number from least to most; -1, or the exit code after a usage error. */
static int set_number(const struct tg_command *self, const char *value, uint64_t least,
    uint64_t most, uint64_t *number)
{
    if (!value)
        return -1;
    if (!tg_parse_count(value, number) || *number < least || *number > most)
        return tg_text_usage(
            self, "'%s' is not a number from %u to %u", value, (unsigned)least, (unsigned)most);
    return -1;
}

static int set_limits(const struct tg_command *self, const struct tg_parsed *p,
    struct tg_status_limits *limits, uint64_t *interval)
{
    int code;

    *limits = (struct tg_status_limits){.max_age = MAX_AGE, .lost_within = LOST_WITHIN};
    *interval = 1;
    code = set_number(self, p->value[AGE], 1, MOST, &limits->max_age);
    if (code < 0)
        code = set_number(self, p->value[POLICY_AGE], 1, MOST, &limits->max_policy_days);
    if (code < 0)
        code = set_number(self, p->value[INTERVAL], 1, INTERVAL_MAX, interval);
    if (code < 0 && p->value[LOST] &&
        (!tg_parse_span(p->value[LOST], &limits->lost_within) || limits->lost_within > MOST))
        code = tg_text_usage(self, "'%s' is not a span as 5m", p->value[LOST]);
    if (code >= 0)
        return code;
    if (p->value[JSON] && p->value[PROMETHEUS])
        return tg_text_usage(self, "as JSON or for Prometheus, not both");
    if (p->value[WATCH] && (p->value[JSON] || p->value[PROMETHEUS] || p->value[OUTPUT]))
        return tg_text_usage(self, "--watch is for people: without --json, --prometheus, --output");
    if (p->value[INTERVAL] && !p->value[WATCH])
        return tg_text_usage(self, "--interval is that of --watch");
    if (p->value[CONF] && p->value[STATS])
        return tg_text_usage(self, "--conf or --stats, not both");
    return -1;
}

/* What was found, or that there is none, in the form that was asked for. */
static bool put(const struct tg_parsed *p, const struct tg_status_look *look, int64_t now,
    const struct tg_status_problems *problems)
{
    struct tg_output output;
    bool done = true;

    if (!tg_output_open(&output, p->value[OUTPUT]))
        return false;
    if (p->value[PROMETHEUS])
        tg_status_prometheus(output.stream, look ? &look->figures : NULL, problems);
    else if (p->value[JSON])
        done = tg_status_json(output.stream, look, problems);
    else
        tg_status_print(output.stream, &look->figures, now);
    return tg_output_close(&output, done);
}

static int once(const char *path, const struct tg_status_limits *limits, const struct tg_parsed *p)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_status_look *look = tg_status_open(path, diags);
    const int64_t now = tg_status_now();
    struct tg_status_problems problems = {0};
    int code = EXIT_BROKEN;

    if (look) {
        tg_status_judge(&look->figures, limits, now, &problems);
        code = problems.count > 0 ? EXIT_FINDINGS : EXIT_FINE;
    }
    /* A file that is not there is a figure for Prometheus. */
    if ((look || p->value[PROMETHEUS]) && !put(p, look, now, &problems))
        code = EXIT_BROKEN;
    tg_status_say(&problems);
    tg_text_diags(diags, false);
    tg_status_close(&look);
    tg_diags_destroy(&diags);
    return code;
}

/* The file; to be freed. NULL after an error, which was told. */
static char *path_of(const struct tg_parsed *p)
{
    struct tg_diags *diags = tg_diags_create();
    char *path = p->value[STATS] ? strdup(p->value[STATS])
                                 : tg_setting(p->value[CONF], stats_of, TG_DEFAULT_STATS, diags);

    if (!path && p->value[STATS])
        tg_out_of_memory();
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
    return path;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_status_limits limits;
    struct tg_parsed p;
    uint64_t interval;
    int code = tg_options_parse(self, argc, argv, 0, 0, &p);
    char *path;

    if (code < 0)
        code = set_limits(self, &p, &limits, &interval);
    if (code >= 0)
        return code;
    path = path_of(&p);
    if (!path)
        return EXIT_BROKEN;
    code = p.value[WATCH] ? tg_status_watch(path, &limits, interval) : once(path, &limits, &p);
    free(path);
    return code;
}

const struct tg_command tg_cmd_status = {
    .name = "status",
    .arguments = "",
    .summary = "Print what the running module does; exit 1 when it does not protect.",
    .example = "tldguard status --prometheus -o /var/lib/prometheus/node-exporter/tldguard.prom",
    .options = options,
    .run = run,
};
