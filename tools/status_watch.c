/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status --watch: again and again, with what comes in a second. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/log.h"
#include "tools/status.h"

#define ROWS_MAX 1024
#define RULES    10 /* on a terminal: those with the most hits */

/* The counters of the look before, in the order of tg_status_rows(). */
struct before {
    int64_t when; /* 0: there was none */
    char instance[32];
    size_t count;
    struct {
        char key[TG_RULE_ID_MAX + 64];
        uint64_t number;
    } rows[ROWS_MAX];
};

struct watch {
    const char *path;
    const struct tg_status_limits *limits;
    bool terminal;
    struct before before, now;
    double seconds; /* from the look before to this one; 0: no rates */
};

static void keep(void *arg, const struct tg_status_row *row)
{
    struct before *to = arg;

    if (!row->counts || to->count == ROWS_MAX)
        return;
    (void)snprintf(to->rows[to->count].key, sizeof(to->rows[0].key), "%s", row->key);
    to->rows[to->count++].number = row->number;
}

/* How many a second; the places of rules change. */
static double rate_of(const struct watch *watch, const struct tg_status_row *row)
{
    uint64_t before = 0;

    if (watch->seconds <= 0)
        return 0;
    for (size_t i = 0; i < watch->before.count; i++)
        if (strcmp(watch->before.rows[i].key, row->key) == 0)
            before = watch->before.rows[i].number;
    return row->number > before ? (double)(row->number - before) / watch->seconds : 0;
}

/* On a terminal: what is, and what was counted at all. */
static void put_row(void *arg, const struct tg_status_row *row)
{
    const struct watch *watch = arg;

    if ((row->counts && row->number == 0) || (row->text && !*row->text))
        return;
    if (row->text) {
        printf("%-36s ", row->key);
        tg_put_text(stdout, (struct tg_slice){row->text, strlen(row->text)});
    } else {
        printf("%-36s %12" PRIu64, row->key, row->number);
        if (row->counts && watch->seconds > 0)
            printf(" %12.1f/s", rate_of(watch, row));
    }
    putchar('\n');
}

static void put_summary_row(void *arg, const struct tg_status_row *row)
{
    static const char *const keys[] = {"total.num.questions", "total.num.blocked",
        "num.verdict.monitor", "num.events.written", "num.events.lost"};
    const struct watch *watch = arg;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(row->key, keys[i]) == 0)
            printf(" %s=%" PRIu64 " %.1f/s", row->key, row->number, rate_of(watch, row));
}

/* Elsewhere: one line a look. */
static void put_line(struct watch *watch, const struct tg_figures *figures, int64_t now,
    const struct tg_status_problems *problems)
{
    char when[40];

    printf("%s state=%s problems=%u", tg_text_stamp(now * 1000, when),
        tg_guarding_text(figures->guarding), problems->count);
    tg_status_rows(figures, now, put_summary_row, watch);
    putchar('\n');
}

static void put_screen(struct watch *watch, struct tg_figures *figures, int64_t now)
{
    if (figures->rule_count > RULES)
        figures->rule_count = RULES;
    fputs("\033[H\033[2J", stdout);
    tg_status_rows(figures, now, put_row, watch);
}

static void remember(struct watch *watch, const struct tg_figures *figures, int64_t now)
{
    watch->now.count = 0;
    watch->now.when = figures->published;
    memcpy(watch->now.instance, figures->who.instance, sizeof(watch->now.instance));
    tg_status_rows(figures, now, keep, &watch->now);
    /* Another start counts anew. */
    watch->seconds = strcmp(watch->now.instance, watch->before.instance) == 0
                         ? (double)(watch->now.when - watch->before.when) / 1000
                         : 0;
}

static int show(struct watch *watch, struct tg_figures *figures)
{
    const int64_t now = tg_status_now();
    struct tg_status_problems problems;

    tg_status_judge(figures, watch->limits, now, &problems);
    remember(watch, figures, now);
    if (watch->terminal)
        put_screen(watch, figures, now);
    else
        put_line(watch, figures, now, &problems);
    (void)fflush(stdout);
    tg_status_say(&problems);
    watch->before = watch->now;
    return problems.count > 0 ? EXIT_FINDINGS : EXIT_FINE;
}

static int look(struct watch *watch)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_status_look *found = tg_status_open(watch->path, diags);
    int code = EXIT_BROKEN;

    if (found)
        code = show(watch, &found->figures);
    else
        tg_text_diags(diags, false);
    tg_status_close(&found);
    tg_diags_destroy(&diags);
    return code;
}

/* Waits; false: a signal has come that ends it. */
static bool rest(const sigset_t *ends, uint64_t seconds)
{
    const struct timespec pause = {(time_t)seconds, 0};
    int got;

    do
        got = sigtimedwait(ends, NULL, &pause);
    while (got < 0 && errno == EINTR);
    return got < 0;
}

int tg_status_watch(const char *path, const struct tg_status_limits *limits, uint64_t interval)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    sigset_t ends;
    int code;

    if (!watch)
        tg_out_of_memory();
    watch->path = path;
    watch->limits = limits;
    watch->terminal = isatty(STDOUT_FILENO);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    do
        code = look(watch);
    while (!ferror(stdout) && rest(&ends, interval));
    free(watch);
    return code;
}
