/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log timeline: how many, when. */
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/log.h"

#define MICRO       1000000
#define BUCKETS_MAX 4000000
#define WIDTH       80
#define WIDTH_MOST  400
#define EMPTY_SHOWN 3 /* rows of nothing; more are one that says so */

void tg_timeline_start(struct tg_timeline *timeline, uint64_t step_seconds)
{
    *timeline = (struct tg_timeline){.step = (int64_t)step_seconds * MICRO};
    timeline->buckets = tg_table_create(sizeof(struct tg_bucket), BUCKETS_MAX);
}

void tg_timeline_end(struct tg_timeline *timeline)
{
    tg_table_destroy(&timeline->buckets);
}

bool tg_timeline_take(void *arg, const struct tg_logged *event)
{
    struct tg_timeline *timeline = arg;
    int64_t number = event->time / timeline->step;
    struct tg_cell *cell;

    if (event->verdict == TG_LOG_SERVICE)
        return true;
    number -= event->time < number * timeline->step; /* before 1970 */
    cell =
        tg_table_put(timeline->buckets, (struct tg_slice){(const char *)&number, sizeof(number)});
    if (!cell)
        timeline->beyond++;
    else if (event->verdict == TG_LOG_BLOCKED)
        ((struct tg_bucket *)cell->value)->blocked++;
    else
        ((struct tg_bucket *)cell->value)->watched++;
    return true;
}

/* The key stands behind the value. */
int64_t tg_timeline_number(const struct tg_cell *cell)
{
    int64_t number;

    memcpy(&number, (const struct tg_bucket *)cell->value + 1, sizeof(number));
    return number;
}

static int by_number(const void *a, const void *b)
{
    const int64_t x = tg_timeline_number(*(struct tg_cell *const *)a),
                  y = tg_timeline_number(*(struct tg_cell *const *)b);

    return (x > y) - (x < y);
}

struct tg_cell **tg_timeline_sorted(const struct tg_timeline *timeline, size_t *count)
{
    return tg_table_sorted(timeline->buckets, by_number, count);
}

static bool is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const bool is = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale)
        freelocale(locale);
    return is;
}

static unsigned width_of_terminal(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t width;

    if (columns && tg_parse_count(columns, &width) && width > 0 && width <= WIDTH_MOST)
        return (unsigned)width;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col < WIDTH_MOST ? size.ws_col : WIDTH_MOST;
    return WIDTH;
}

struct scale {
    uint64_t most;
    unsigned width;
    bool utf8;
};

/* A bar of as many columns as count is of most; in eighths where the terminal has them. */
static void put_bar(const struct scale *scale, uint64_t value)
{
    static const char *const eighths[] = {
        "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
    const double part = (double)value / (double)scale->most * scale->width;
    unsigned full = (unsigned)part, rest = (unsigned)((part - full) * 8);

    if (!scale->utf8)
        rest = 0;
    if (full == 0 && rest == 0) { /* what is there is seen */
        full = scale->utf8 ? 0 : 1;
        rest = scale->utf8 ? 1 : 0;
    }
    for (unsigned i = 0; i < full; i++)
        fputs(scale->utf8 ? "\u2588" : "#", stdout);
    fputs(eighths[rest], stdout);
}

static void put_line(const struct tg_timeline *timeline, const struct scale *scale, int64_t number,
    const struct tg_bucket *bucket)
{
    const uint64_t all = bucket->blocked + bucket->watched;
    char when[40];

    (void)tg_text_stamp(number * timeline->step, when);
    when[timeline->step >= INT64_C(86400) * MICRO ? 10 : 16] = '\0';
    (void)printf("%-16s %10" PRIu64, when, all);
    if (all > 0) {
        putchar(' ');
        put_bar(scale, all);
    }
    putchar('\n');
}

static void put_text(const struct tg_timeline *timeline, struct tg_cell **cells, size_t size)
{
    static const struct tg_bucket nothing = {0, 0};
    const unsigned columns = width_of_terminal(), left = 16 + 1 + 10 + 1;
    struct scale scale = {0, columns > left + 1 ? columns - left - 1 : 1, is_utf8()};

    for (size_t i = 0; i < size; i++) {
        const struct tg_bucket *bucket = (const struct tg_bucket *)cells[i]->value;
        if (bucket->blocked + bucket->watched > scale.most)
            scale.most = bucket->blocked + bucket->watched;
    }
    for (size_t i = 0; i < size; i++) {
        const int64_t number = tg_timeline_number(cells[i]);
        int64_t empty = i > 0 ? tg_timeline_number(cells[i - 1]) + 1 : number;
        if (number - empty > EMPTY_SHOWN)
            puts("...");
        else
            for (; empty < number; empty++)
                put_line(timeline, &scale, empty, &nothing);
        put_line(timeline, &scale, number, (const struct tg_bucket *)cells[i]->value);
    }
}

static void put_rows(
    const struct tg_timeline *timeline, enum tg_form form, struct tg_cell **cells, size_t size)
{
    static const char *const columns[] = {"time", "blocked", "watched"};
    struct tg_rows rows;

    tg_rows_start(&rows, form, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < size; i++) {
        const struct tg_bucket *bucket = (const struct tg_bucket *)cells[i]->value;
        tg_rows_time(&rows, tg_timeline_number(cells[i]) * timeline->step);
        tg_rows_count(&rows, bucket->blocked);
        tg_rows_count(&rows, bucket->watched);
    }
    tg_rows_end(&rows);
}

int tg_log_timeline(struct tg_log_ask *ask)
{
    struct tg_timeline timeline;
    struct tg_cell **cells;
    size_t size;
    int code;

    tg_timeline_start(&timeline, ask->step);
    ask->log.event = tg_timeline_take;
    ask->log.arg = &timeline;
    code = tg_log_read(&ask->log);
    cells = tg_timeline_sorted(&timeline, &size);
    if (ask->form == TG_FORM_TEXT)
        put_text(&timeline, cells, size);
    else
        put_rows(&timeline, ask->form, cells, size);
    if (timeline.beyond > 0)
        tg_diags_add(ask->log.diags, TG_DIAG_WARNING, "timeline", 0, 0, NULL,
            "%" PRIu64 " events found no room: over %d spans of time", timeline.beyond,
            BUCKETS_MAX);
    free(cells);
    tg_timeline_end(&timeline);
    return code;
}
