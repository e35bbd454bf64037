/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What is read is a stranger's: whoever asks for a name chooses its octets. Here it is made
 * harmless for terminals, for programs and for spreadsheets. */
#include <inttypes.h>
#include <string.h>

#include "policy/text.h"
#include "tools/log_token.h"

/* How a character that is not to be seen as it is, or an octet that is none, is written. */
static int escape(char buf[16], uint32_t code, bool octet)
{
    if (octet || code < 0x100)
        return snprintf(buf, 16, "\\x%02" PRIx32, code);
    return snprintf(buf, 16, "\\u{%" PRIx32 "}", code);
}

void tg_put_text(FILE *out, struct tg_slice text)
{
    const char *at = text.at, *const end = text.at + text.len;
    uint32_t code;
    char buf[16];

    while (at < end) {
        const size_t len = tg_utf8_read(at, end, &code);
        if (len == 0)
            (void)fwrite(buf, 1, (size_t)escape(buf, (unsigned char)*at, true), out);
        else if (tg_is_hidden(code))
            (void)fwrite(buf, 1, (size_t)escape(buf, code, false), out);
        else
            (void)fwrite(at, 1, len, out);
        at += len ? len : 1;
    }
}

size_t tg_text_width(struct tg_slice text)
{
    const char *at = text.at, *const end = text.at + text.len;
    size_t width = 0;
    uint32_t code;
    char buf[16];

    while (at < end) {
        const size_t len = tg_utf8_read(at, end, &code);
        if (len > 0 && !tg_is_hidden(code))
            width++;
        else
            width += (size_t)escape(buf, len ? code : (unsigned char)*at, len == 0);
        at += len ? len : 1;
    }
    return width;
}

void tg_put_cef(struct tg_slice text, bool header)
{
    const char *at = text.at, *const end = text.at + text.len;
    uint32_t code;
    char buf[16];

    while (at < end) {
        const size_t len = tg_utf8_read(at, end, &code);
        const bool line = len > 0 && !header && (code == '\n' || code == '\r');
        if (len == 0 || (tg_is_hidden(code) && !line)) {
            (void)escape(buf, len ? code : (unsigned char)*at, len == 0);
            (void)printf("\\%s", buf); /* its own backslash is one of the text */
        } else if (line) {
            fputs(code == '\n' ? "\\n" : "\\r", stdout);
        } else {
            if (code == '\\' || code == (header ? '|' : '='))
                putchar('\\');
            (void)fwrite(at, 1, len, stdout);
        }
        at += len ? len : 1;
    }
}

/* ASCII only, as the log itself. */
void tg_put_json(struct tg_slice text)
{
    const char *at = text.at, *end;
    uint32_t code;

    if (!text.at) {
        fputs("null", stdout);
        return;
    }
    end = at + text.len;
    putchar('"');
    while (at < end) {
        const size_t len = tg_utf8_read(at, end, &code);
        if (len == 0)
            code = 0xfffd; /* no text can say this octet */
        if (code == '"' || code == '\\')
            (void)printf("\\%c", (char)code);
        else if (code >= 0x20 && code < 0x7f)
            putchar((int)code);
        else if (code < 0x10000)
            (void)printf("\\u%04" PRIx32, code);
        else
            (void)printf("\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((code - 0x10000) >> 10),
                0xdc00 + ((code - 0x10000) & 0x3ff));
        at += len ? len : 1;
    }
    putchar('"');
}

/* A spreadsheet computes what starts like a formula: it gets an apostrophe, which says that it
 * is text. */
static void put_csv(struct tg_slice text)
{
    const char *at = text.at;
    const char *const end = text.at + text.len;
    const char *quote;

    putchar('"');
    if (text.len > 0 && memchr("=+-@", *at, 4))
        putchar('\'');
    for (; (quote = memchr(at, '"', (size_t)(end - at))); at = quote + 1) {
        tg_put_text(stdout, (struct tg_slice){at, (size_t)(quote - at)});
        fputs("\"\"", stdout);
    }
    tg_put_text(stdout, (struct tg_slice){at, (size_t)(end - at)});
    putchar('"');
}

void tg_rows_start(
    struct tg_rows *rows, enum tg_form form, const char *const *columns, size_t count)
{
    *rows = (struct tg_rows){.form = form, .columns = columns, .count = count};
    if (form == TG_FORM_JSON)
        putchar('[');
    for (size_t i = 0; i < count && form == TG_FORM_CSV; i++) {
        const struct tg_slice name = {columns[i], strlen(columns[i])};
        if (columns[i][strspn(columns[i], "abcdefghijklmnopqrstuvwxyz0123456789_")])
            put_csv(name);
        else
            tg_put_text(stdout, name);
        fputs(i + 1 < count ? "," : "\r\n", stdout);
    }
}

/* What stands before a cell. */
static void before(struct tg_rows *rows)
{
    if (rows->form == TG_FORM_CSV) {
        if (rows->column > 0)
            putchar(',');
        return;
    }
    if (rows->column == 0)
        fputs(rows->rows > 0 ? ",\n{" : "\n{", stdout);
    else
        fputs(", ", stdout);
    tg_put_json(
        (struct tg_slice){rows->columns[rows->column], strlen(rows->columns[rows->column])});
    fputs(": ", stdout);
}

static void after(struct tg_rows *rows)
{
    if (++rows->column < rows->count)
        return;
    fputs(rows->form == TG_FORM_CSV ? "\r\n" : "}", stdout);
    rows->column = 0;
    rows->rows++;
}

void tg_rows_text(struct tg_rows *rows, struct tg_slice text)
{
    before(rows);
    if (rows->form == TG_FORM_JSON)
        tg_put_json(text);
    else if (text.at)
        put_csv(text);
    after(rows);
}

void tg_rows_string(struct tg_rows *rows, const char *text)
{
    tg_rows_text(rows, (struct tg_slice){text, text ? strlen(text) : 0});
}

void tg_rows_count(struct tg_rows *rows, uint64_t value)
{
    before(rows);
    (void)printf("%" PRIu64, value);
    after(rows);
}

void tg_rows_literal(struct tg_rows *rows, const char *number)
{
    before(rows);
    fputs(number, stdout);
    after(rows);
}

void tg_rows_time(struct tg_rows *rows, int64_t time)
{
    char buf[40];

    before(rows);
    (void)printf(rows->form == TG_FORM_JSON ? "\"%s\"" : "%s", tg_text_stamp(time, buf));
    after(rows);
}

void tg_rows_end(struct tg_rows *rows)
{
    if (rows->form == TG_FORM_JSON)
        fputs(rows->rows > 0 ? "\n]\n" : "]\n", stdout);
}
