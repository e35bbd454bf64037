/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/dname.h"

#include <string.h>

#include "octets.h"

/* Locale-free, and only A-Z: RFC 4343 folds no other octet. */
static uint8_t lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads one octet of a label, escaped or not. Returns how many bytes of text
 * it took, 0 when they are not a valid octet. */
static size_t read_octet(const char *text, size_t len, uint8_t *octet)
{
    unsigned value;

    if (text[0] != '\\') {
        if (text[0] < 0x21 || text[0] > 0x7e)
            return 0;
        *octet = lower((uint8_t)text[0]);
        return 1;
    }
    if (len < 2)
        return 0;
    if (!is_digit(text[1])) {
        if (text[1] < 0x21 || text[1] > 0x7e)
            return 0;
        *octet = lower((uint8_t)text[1]);
        return 2;
    }
    if (len < 4 || !is_digit(text[2]) || !is_digit(text[3]))
        return 0;
    value = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 +
            (unsigned)(text[3] - '0');
    if (value > 255)
        return 0;
    *octet = lower((uint8_t)value);
    return 4;
}

/* Reads labels into name. Returns true with the position after the last octet
 * of the last label in *end; false with *at on the octet that is wrong. */
static bool read_labels(
    const char *text, size_t len, uint8_t name[TG_DNAME_MAX], size_t *end, size_t *at)
{
    size_t start = 0; /* of the current label: its length octet */
    size_t fill = 1;  /* where the next octet goes */

    for (*at = 0; *at < len;) {
        uint8_t octet;
        size_t took;

        if (text[*at] == '.') {
            if (fill == start + 1)
                return false;
            name[start] = (uint8_t)(fill - start - 1);
            start = fill++;
            ++*at;
            continue;
        }
        took = read_octet(text + *at, len - *at, &octet);
        /* One octet must stay free for the root label. */
        if (took == 0 || fill - start > TG_LABEL_MAX || fill + 1 >= TG_DNAME_MAX)
            return false;
        name[fill++] = octet;
        *at += took;
    }
    if (fill > start + 1) {
        name[start] = (uint8_t)(fill - start - 1);
        start = fill;
    }
    *end = start;
    return start > 0;
}

enum tg_status tg_dname_from_text(
    const char *text, size_t len, uint8_t wire[TG_DNAME_MAX], size_t *wire_len, size_t *err_at)
{
    uint8_t name[TG_DNAME_MAX];
    size_t end = 0;
    size_t at = 0;

    if (!(len == 1 && text[0] == '.') && !read_labels(text, len, name, &end, &at)) {
        if (err_at != NULL)
            *err_at = at;
        return TG_ENAME;
    }
    name[end++] = 0;
    memcpy(wire, name, end);
    *wire_len = end;
    return TG_OK;
}

/* Writes one octet of a label; returns how many bytes that took. */
static size_t write_octet(uint8_t octet, char *text)
{
    if (octet < 0x21 || octet > 0x7e) {
        text[0] = '\\';
        text[1] = (char)('0' + octet / 100);
        text[2] = (char)('0' + octet / 10 % 10);
        text[3] = (char)('0' + octet % 10);
        return 4;
    }
    if (strchr(".\\\";()@$", octet) != NULL) {
        text[0] = '\\';
        text[1] = (char)octet;
        return 2;
    }
    text[0] = (char)octet;
    return 1;
}

size_t tg_dname_to_text(const uint8_t *wire, size_t len, char *text)
{
    size_t used = 0;
    size_t at = 0;

    if (len <= 1) {
        memcpy(text, ".", 2);
        return 1;
    }
    while (wire[at] != 0) {
        size_t end = at + 1 + wire[at];

        if (at > 0)
            text[used++] = '.';
        for (at++; at < end; at++)
            used += write_octet(wire[at], text + used);
    }
    text[used] = '\0';
    return used;
}

enum tg_status tg_dname_check(const uint8_t *wire, size_t avail, size_t *len)
{
    size_t limit = avail < TG_DNAME_MAX ? avail : TG_DNAME_MAX;
    size_t at = 0;

    while (at < limit && wire[at] != 0) {
        /* Also refuses compression pointers, whose top bits are set. */
        if (wire[at] > TG_LABEL_MAX)
            return TG_ENAME;
        at += 1u + wire[at];
    }
    if (at >= limit)
        return TG_ENAME;
    *len = at + 1;
    return TG_OK;
}

/* The loops below take length octets along: those are 0..63, never 'A'..'Z'. */

static uint64_t load8(const uint8_t *at)
{
    uint64_t octets;

    memcpy(&octets, at, sizeof(octets));
    return octets;
}

bool tg_dname_is_lower(const uint8_t *wire, size_t len)
{
    size_t i = 0;

    for (; i + 8 <= len; i += 8)
        if (tg_upper8(load8(wire + i)) != 0)
            return false;
    for (; i < len; i++)
        if (wire[i] != lower(wire[i]))
            return false;
    return true;
}

/* Eight octets at a time, the last ones once more: what is lower-case stays so. */
void tg_dname_lower(const uint8_t *wire, size_t len, uint8_t *out)
{
    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            out[i] = lower(wire[i]);
        return;
    }
    for (size_t i = 0; i < len; i += 8) {
        size_t from = i + 8 <= len ? i : len - 8;
        uint64_t octets = tg_lower8(load8(wire + from));

        memcpy(out + from, &octets, sizeof(octets));
    }
}

size_t tg_dname_last_label(const uint8_t *wire)
{
    size_t last = 0;

    for (size_t at = 0; wire[at] != 0; at += 1u + wire[at])
        last = at;
    return last;
}

size_t tg_dname_labels(const uint8_t *wire, uint8_t offsets[TG_LABELS_MAX])
{
    size_t count = 0;

    for (size_t at = 0; wire[at] != 0; at += 1u + wire[at])
        offsets[count++] = (uint8_t)at;
    return count;
}

bool tg_dname_equal(struct tg_name a, struct tg_name b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.wire, b.wire, a.len) == 0);
}

bool tg_dname_is_subdomain(struct tg_name name, struct tg_name owner)
{
    size_t start;
    size_t at = 0;

    if (owner.len == 0 || name.len < owner.len)
        return false;
    start = name.len - owner.len;
    while (at < start)
        at += 1u + name.wire[at];
    /* Octets that only look like the owner inside a longer label do not count. */
    return at == start && memcmp(name.wire + at, owner.wire, owner.len) == 0;
}
