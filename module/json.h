/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Writes JSON (RFC 8259) into a buffer of fixed size, for the writer thread:
 * no allocation, no locale, no printf. A sticky cursor: write everything, then
 * ask once with tg_json_end() whether it had room. Output is pure ASCII.
 *
 * The caller keeps the order right (what is opened is closed, members have
 * keys, elements have none); commas and escapes are kept here. Any thread,
 * one at a time per cursor.
 */
#ifndef TG_MODULE_JSON_H
#define TG_MODULE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

struct tg_json {
    char *buf;
    size_t cap; /* of buf, the closing NUL included */
    size_t len; /* written so far */
    bool full;  /* something did not fit: what stands in buf is of no use */
};

/**
 * Starts a text.
 * @param buf borrowed until tg_json_end().
 * @param cap its size in bytes, 1 .. .
 */
void tg_json_start(struct tg_json *json, char *buf, size_t cap);

/**
 * Ends the text with a newline and a NUL.
 * @return its length with the newline, without the NUL; 0 when it did not fit,
 *         and then buf holds the empty string.
 */
size_t tg_json_end(struct tg_json *json);

/*
 * For lines that are written a million times a second: octets as they stand in JSON, commas and
 * quotation marks included. Inline, so that a cursor whose address goes nowhere else stays in
 * registers.
 */

/** Octets as they stand. */
static inline void tg_json_put(struct tg_json *json, const char *bytes, size_t count)
{
    /* One byte stays free for the NUL, also while the text is unfinished. */
    if (count > json->cap - json->len - 1) {
        json->full = true;
        json->cap = json->len + 1; /* nothing that comes later fits either */
        return;
    }
    memcpy(json->buf + json->len, bytes, count);
    json->len += count;
}

/** The same of a literal, whose length the compiler knows. */
#define TG_JSON_PUT(json, literal) tg_json_put((json), "" literal, sizeof(literal) - 1)

/* A text as it stands in JSON, escapes done, without quotation marks. TG_PIECE octets can be read
 * from where it starts, however few are its own. */
#define TG_PIECE 32
struct tg_piece {
    const char *at;
    size_t len;
};

/** A piece. Most are short: they are copied with what stands behind them, by two instructions,
 * and that is overwritten. */
static inline void tg_json_piece(struct tg_json *json, struct tg_piece piece)
{
    if (piece.len <= TG_PIECE && json->cap - json->len > TG_PIECE) {
        memcpy(json->buf + json->len, piece.at, TG_PIECE);
        json->len += piece.len;
    } else {
        tg_json_put(json, piece.at, piece.len);
    }
}

/* A word of a list. */
struct tg_word {
    uint8_t len;
    char text[TG_PIECE];
};
#define TG_WORD_OF(literal)          \
    {                                \
        sizeof(literal) - 1, literal \
    }

/** A word. */
static inline void tg_json_word(struct tg_json *json, const struct tg_word *word)
{
    tg_json_piece(json, (struct tg_piece){word->text, word->len});
}

/** Digits. @param room where they are put: 20 of them, and as many as may be read behind. */
#define TG_NUMBER_ROOM (20 + TG_PIECE)
struct tg_piece tg_number_piece(uint64_t value, char room[TG_NUMBER_ROOM]);

/** The text of tg_json_time(). @param room where it is put. */
struct tg_piece tg_time_piece(struct timespec when, char room[TG_PIECE]);

/*
 * In all of these key is the member's name, which must need no escapes, or
 * NULL for an element of an array and for the outermost value.
 */

/** Opens an object or an array: bracket is '{' or '['. */
void tg_json_open(struct tg_json *json, const char *key, char bracket);

/** Closes it: bracket is '}' or ']'. */
void tg_json_close(struct tg_json *json, char bracket);

/**
 * Members or elements that are always the same, written as they stand in JSON: "\"a\":1,\"b\":2".
 * For the speed of the line: the same as writing them one by one.
 */
void tg_json_fixed(struct tg_json *json, const char *members);

/** null. */
void tg_json_null(struct tg_json *json, const char *key);

/** A number. */
void tg_json_number(struct tg_json *json, const char *key, uint64_t value);

/**
 * A time as ISO 8601 writes it, UTC, with microseconds: "2026-03-04T05:06:07.123456Z".
 * @param when seconds since 1970, any value: tv_nsec below 0 or over a second counts on,
 *             and what lies outside the years 0000 .. 9999 becomes their first or last second.
 */
void tg_json_time(struct tg_json *json, const char *key, struct timespec when);

/** A string, from text that may hold any octet but NUL. */
void tg_json_string(struct tg_json *json, const char *key, const char *text);

/**
 * A string that takes at most limit bytes of the line, without its quotes: what
 * is more is cut off, never within an escape.
 */
void tg_json_string_cut(struct tg_json *json, const char *key, const char *text, size_t limit);

/*
 * A string made of several pieces: tg_json_text(), tg_json_add() as often as
 * needed, tg_json_text_end(). Octets that are not printable ASCII become \u00XX.
 */
void tg_json_text(struct tg_json *json, const char *key);
void tg_json_add(struct tg_json *json, const char *piece);
void tg_json_add_cut(struct tg_json *json, const char *piece, size_t limit);

/**
 * A member of text that is UTF-8 (RFC 3629): other than ASCII as \uXXXX, in surrogate pairs
 * where it takes two (RFC 8259 section 7). An octet that is no part of a character is escaped
 * for itself.
 */
void tg_json_utf8(struct tg_json *json, const char *key, const char *text);

void tg_json_add_number(struct tg_json *json, uint64_t value);
void tg_json_text_end(struct tg_json *json);

#endif
