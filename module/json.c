/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/json.h"

#include <string.h>

#define ESCAPE_MAX 6 /* \u00XX */

static void put(struct tg_json *json, const char *bytes, size_t count)
{
    tg_json_put(json, bytes, count);
}

static void put_byte(struct tg_json *json, char byte)
{
    put(json, &byte, 1);
}

/* What stands before a value: a comma unless it is the first, and its key. One check of the
 * room for all of it. */
static void put_key(struct tg_json *json, const char *key)
{
    const size_t key_len = key != NULL ? strlen(key) : 0;
    const size_t quotes = key != NULL ? 3 : 0; /* "": */
    char *to = json->buf + json->len;
    /* A string cannot be mistaken for a bracket: it ends in a quote. */
    const bool comma = json->len > 0 && to[-1] != '{' && to[-1] != '[';

    if ((comma ? 1 : 0) + key_len + quotes > json->cap - json->len - 1) {
        json->full = true;
        json->cap = json->len + 1; /* as tg_json_put() */
        return;
    }
    if (comma)
        *to++ = ',';
    if (key != NULL) {
        *to++ = '"';
        memcpy(to, key, key_len);
        to += key_len;
        *to++ = '"';
        *to++ = ':';
    }
    json->len = (size_t)(to - json->buf);
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* An octet that does not stand for itself in a JSON string: how many bytes. */
static size_t escape(unsigned char octet, char out[ESCAPE_MAX])
{
    static const char hex[] = "0123456789abcdef";

    if (octet == '"' || octet == '\\') {
        out[0] = '\\';
        out[1] = (char)octet;
        return 2;
    }
    /* The short forms of RFC 8259 (\n, \t) are a choice, and readers of DNS
     * names take them for something else (RFC 1035: \t is the letter t). */
    memcpy(out, "\\u00", 4);
    out[4] = hex[octet >> 4];
    out[5] = hex[octet & 0xf];
    return ESCAPE_MAX;
}

void tg_json_start(struct tg_json *json, char *buf, size_t cap)
{
    json->buf = buf;
    json->cap = cap;
    json->len = 0;
    json->full = false;
}

size_t tg_json_end(struct tg_json *json)
{
    put_byte(json, '\n');
    if (json->full)
        json->len = 0;
    json->buf[json->len] = '\0';
    return json->len;
}

void tg_json_open(struct tg_json *json, const char *key, char bracket)
{
    put_key(json, key);
    put_byte(json, bracket);
}

void tg_json_close(struct tg_json *json, char bracket)
{
    put_byte(json, bracket);
}

void tg_json_fixed(struct tg_json *json, const char *members)
{
    put_key(json, NULL);
    put(json, members, strlen(members));
}

void tg_json_null(struct tg_json *json, const char *key)
{
    put_key(json, key);
    put(json, "null", 4);
}

void tg_json_number(struct tg_json *json, const char *key, uint64_t value)
{
    put_key(json, key);
    tg_json_add_number(json, value);
}

void tg_json_string(struct tg_json *json, const char *key, const char *text)
{
    tg_json_string_cut(json, key, text, SIZE_MAX);
}

void tg_json_string_cut(struct tg_json *json, const char *key, const char *text, size_t limit)
{
    tg_json_text(json, key);
    tg_json_add_cut(json, text, limit);
    tg_json_text_end(json);
}

void tg_json_text(struct tg_json *json, const char *key)
{
    put_key(json, key);
    put_byte(json, '"');
}

void tg_json_add(struct tg_json *json, const char *piece)
{
    tg_json_add_cut(json, piece, SIZE_MAX);
}

/* How many octets at the start of a text stand for themselves. */
static size_t plain_run(const char *text, size_t limit)
{
    size_t count = 0;

    while (count < limit && is_plain(text[count]))
        count++;
    return count;
}

void tg_json_add_cut(struct tg_json *json, const char *piece, size_t limit)
{
    while (*piece != '\0' && !json->full) {
        char out[ESCAPE_MAX];
        size_t count = plain_run(piece, limit);

        put(json, piece, count);
        piece += count;
        limit -= count;
        if (*piece == '\0' || limit == 0)
            return;
        count = escape((unsigned char)*piece, out);
        if (count > limit)
            return;
        put(json, out, count);
        piece++;
        limit -= count;
    }
}

/* The character at the start of text; its length in octets, 0: there is none. */
static size_t decode(const char *text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = (uint8_t)text[0];
    const size_t len = first < 0xc2   ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                       : first < 0xf5 ? 4
                                      : 0;

    *character = len == 0 ? 0 : first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (((uint8_t)text[i] & 0xc0u) != 0x80)
            return 0;
        *character = *character << 6 | ((uint8_t)text[i] & 0x3fu);
    }
    if (len == 0 || *character < least[len] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character < 0xe000))
        return 0;
    return len;
}

static void put_unit(struct tg_json *json, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    const char out[] = {'\\', 'u', hex[unit >> 12 & 0xf], hex[unit >> 8 & 0xf],
        hex[unit >> 4 & 0xf], hex[unit & 0xf]};

    put(json, out, sizeof(out));
}

void tg_json_utf8(struct tg_json *json, const char *key, const char *text)
{
    tg_json_text(json, key);
    for (;;) {
        const size_t run = plain_run(text, SIZE_MAX);
        uint32_t character;
        size_t len;

        put(json, text, run);
        text += run;
        if (*text == '\0')
            break;
        len = decode(text, &character);
        if (len == 0) {
            const char octet[2] = {*text++, '\0'};
            tg_json_add(json, octet);
        } else if (character < 0x10000) {
            put_unit(json, character);
        } else {
            put_unit(json, 0xd800 + (character - 0x10000) / 0x400);
            put_unit(json, 0xdc00 + (character - 0x10000) % 0x400);
        }
        text += len;
    }
    tg_json_text_end(json);
}

/* "00" to "99". */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

struct tg_piece tg_number_piece(uint64_t value, char room[TG_NUMBER_ROOM])
{
    char *const end = room + TG_NUMBER_ROOM - TG_PIECE;
    char *at = end;

    for (; value >= 100; value /= 100)
        memcpy(at -= 2, pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(at -= 2, pairs + 2 * value, 2);
    else
        *--at = (char)('0' + value);
    return (struct tg_piece){at, (size_t)(end - at)};
}

void tg_json_add_number(struct tg_json *json, uint64_t value)
{
    char room[TG_NUMBER_ROOM];
    const struct tg_piece digits = tg_number_piece(value, room);

    put(json, digits.at, digits.len);
}

void tg_json_text_end(struct tg_json *json)
{
    put_byte(json, '"');
}

#define DAY           86400          /* seconds */
#define ERA           146097         /* days of 400 years */
#define SECOND        1000000000L    /* nanoseconds */
#define YEAR_0        (-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_END 253402300799

static int64_t in_range(int64_t seconds)
{
    if (seconds < YEAR_0)
        return YEAR_0;
    return seconds > YEAR_9999_END ? YEAR_9999_END : seconds;
}

/* Two digits, and what stands behind them. */
static char *write_pair(char *to, int64_t value, char behind)
{
    memcpy(to, pairs + 2 * value, 2);
    to[2] = behind;
    return to + 3;
}

/* A date of the Gregorian calendar, from the days since 0000-01-01. Years are
 * counted from March here, which makes the leap day the last of its year. */
static char *write_date(char *to, int64_t days)
{
    const int64_t since = days - 60 + ERA; /* -0400-03-01; an era more keeps it positive */
    const int64_t day = since % ERA;
    const int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
    const bool next_year = month >= 10;                /* January, February */

    const int64_t count = (since / ERA - 1) * 400 + year + (next_year ? 1 : 0);

    memcpy(to, pairs + 2 * (count / 100), 2);
    to = write_pair(to + 2, count % 100, '-');
    to = write_pair(to, next_year ? month - 9 : month + 3, '-');
    return write_pair(to, day_of_year - (153 * month + 2) / 5 + 1, 'T');
}

/* Not gmtime_r() and strftime(): they take the lock of the time zone, know the locale, and
 * fail for odd years. */
struct tg_piece tg_time_piece(struct timespec when, char room[TG_PIECE])
{
    const int64_t borrow = when.tv_nsec % SECOND < 0 ? 1 : 0;
    const int64_t nanoseconds = when.tv_nsec % SECOND + borrow * SECOND;
    const int64_t seconds = in_range(in_range(when.tv_sec) + when.tv_nsec / SECOND - borrow);
    const int64_t of_day = (seconds - YEAR_0) % DAY, micro = nanoseconds / 1000;
    char *to = write_date(room, (seconds - YEAR_0) / DAY);

    to = write_pair(to, of_day / 3600, ':');
    to = write_pair(to, of_day / 60 % 60, ':');
    to = write_pair(to, of_day % 60, '.');
    memcpy(to, pairs + 2 * (micro / 10000), 2);
    memcpy(to + 2, pairs + 2 * (micro / 100 % 100), 2);
    to = write_pair(to + 4, micro % 100, 'Z');
    return (struct tg_piece){room, (size_t)(to - room)};
}

void tg_json_time(struct tg_json *json, const char *key, struct timespec when)
{
    char room[TG_PIECE];
    const struct tg_piece time = tg_time_piece(when, room);

    tg_json_text(json, key);
    put(json, time.at, time.len);
    tg_json_text_end(json);
}
