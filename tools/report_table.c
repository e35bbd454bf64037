/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Strangers' text in HTML, and tables of it. */
#include <string.h>

#include "tools/log_token.h"
#include "tools/report.h"

/* What is not to be seen as it is, tg_put_text() escapes; what HTML reads as its own, this. */
void tg_html_text(FILE *out, struct tg_slice text)
{
    static const char marks[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const char *at = text.at, *const end = text.at + text.len, *from = text.at;

    for (; at < end; at++) {
        const char *mark = memchr(marks, *at, sizeof(marks) - 1);
        if (!mark)
            continue;
        tg_put_text(out, (struct tg_slice){from, (size_t)(at - from)});
        fputs(entities[mark - marks], out);
        from = at + 1;
    }
    tg_put_text(out, (struct tg_slice){from, (size_t)(end - from)});
}

void tg_html_string(FILE *out, const char *text)
{
    tg_html_text(out, (struct tg_slice){text ? text : "", text ? strlen(text) : 0});
}

/* What json_string_value() gives ends at the first NUL; a name never has one. */
static void put_text(FILE *out, const json_t *value)
{
    if (json_is_string(value))
        tg_html_text(out, (struct tg_slice){json_string_value(value), json_string_length(value)});
    else
        fputs("<span class=\"none\">none</span>", out);
}

/* In thousandths of the widest; what is there is seen. */
static void put_bar(FILE *out, uint64_t count, uint64_t most)
{
    unsigned width = most ? (unsigned)((double)count / (double)most * 1000) : 0;

    if (count > 0 && width < 8)
        width = 8;
    (void)fprintf(out,
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\" focusable=\"false\"><rect width=\"%u\" height=\"10\"/></svg>",
        width);
}

/* The largest count of the column that has bars: no table has two of them. */
static uint64_t most_of(const struct tg_report_column *columns, const json_t *rows)
{
    uint64_t most = 0;

    while (columns->key && columns->kind != TG_CELL_BAR)
        columns++;
    for (size_t i = 0; columns->key && i < json_array_size(rows); i++) {
        const uint64_t count = tg_data_count(json_array_get(rows, i), columns->key);
        if (count > most)
            most = count;
    }
    return most;
}

static bool is_number(enum tg_report_kind kind)
{
    return kind == TG_CELL_COUNT || kind == TG_CELL_BAR;
}

static void put_cell(
    FILE *out, const struct tg_report_column *column, const json_t *row, uint64_t most)
{
    const json_t *value = json_object_get(row, column->key);
    char buf[48];

    switch (column->kind) {
    case TG_CELL_NAME:
        put_text(out, value);
        break;
    case TG_CELL_COUNT:
        fputs(tg_report_number((uint64_t)json_integer_value(value), buf), out);
        break;
    case TG_CELL_BAR:
        fputs(tg_report_number((uint64_t)json_integer_value(value), buf), out);
        put_bar(out, (uint64_t)json_integer_value(value), most);
        break;
    case TG_CELL_TIME:
        fputs(tg_report_minute(value, buf), out);
        break;
    case TG_CELL_SEVERITY: /* one of the tool's own words */
        (void)fprintf(out, "<span class=\"severity %.3s\">", json_string_value(value));
        put_text(out, value);
        fputs("</span>", out);
        break;
    }
}

static const char *class_of(enum tg_report_kind kind)
{
    return is_number(kind)        ? " class=\"number\""
           : kind == TG_CELL_TIME ? " class=\"time\""
                                  : " class=\"name\"";
}

static void put_head(FILE *out, const struct tg_report_column *columns)
{
    fputs("<thead><tr>", out);
    for (const struct tg_report_column *column = columns; column->key; column++)
        (void)fprintf(out, "<th scope=\"col\"%s>%s</th>", class_of(column->kind), column->heading);
    fputs("</tr></thead>\n<tbody>\n", out);
}

/* It can be wider than the window: then it is moved by the keyboard as well, and has a name. */
void tg_report_table(FILE *out, const char *id, const char *caption,
    const struct tg_report_column *columns, const json_t *rows, bool always)
{
    const uint64_t most = most_of(columns, rows);

    (void)fprintf(out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"%s-caption\">\n"
        "<table id=\"%s\"%s><caption id=\"%s-caption\">%s</caption>\n",
        id, id, always ? " class=\"bars\"" : "", id, caption);
    put_head(out, columns);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        fputs("<tr>", out);
        for (const struct tg_report_column *column = columns; column->key; column++) {
            const char *tag = column == columns ? "th" : "td";
            (void)fprintf(out, "<%s%s%s>", tag, column == columns ? " scope=\"row\"" : "",
                class_of(column->kind));
            put_cell(out, column, row, most);
            (void)fprintf(out, "</%s>", tag);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n</div>\n", out);
}
