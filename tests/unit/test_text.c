/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Text for people: what is a line of it, RFC 3629 beside a slow decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/text.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define TEXT(text)  text, sizeof(text) - 1

static const struct {
    const char *what, *text;
    size_t len;
    bool line;
} lines[] = {
    {"nothing", TEXT(""), true},
    {"words", TEXT("Mali, for .mil: ask the desk"), true},
    {"umlauts", TEXT("f\xc3\xbcr"), true},
    {"the last character there is", TEXT("\xf4\x8f\xbf\xbf"), true},
    {"a no-break space is none of C1", TEXT("\xc2\xa0"), true},
    /* Terminals obey these. */
    {"escape", TEXT("a\x1b[2J"), false},
    {"line feed", TEXT("a\nb"), false},
    {"tab", TEXT("a\tb"), false},
    {"NUL", TEXT("a\0b"), false},
    {"DEL", TEXT("\x7f"), false},
    {"C1, the first", TEXT("\xc2\x80"), false},
    {"C1, the last", TEXT("a\xc2\x9f"), false},
    /* Not UTF-8. */
    {"Latin-1", TEXT("f\xfcr"), false},
    {"C1 alone", TEXT("\x9b"), false},
    {"cut", TEXT("a\xc2"), false},
    {"cut, of three", TEXT("\xe2\x82"), false},
    {"long form of a slash", TEXT("\xc0\xaf"), false},
    {"long form, of three", TEXT("\xe0\x80\xaf"), false},
    {"surrogate", TEXT("\xed\xa0\x80"), false},
    {"behind the last one", TEXT("\xf4\x90\x80\x80"), false},
    {"five octets", TEXT("\xf8\x88\x80\x80\x80"), false},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (tg_is_line(lines[i].text, lines[i].len) != lines[i].line)
            fail_msg("%s", lines[i].what);
    }
}

/* RFC 3629, 3: the number that the bits make, and the shortest form of each. 0: none. */
static size_t slow_read(const uint8_t *s, size_t left, uint32_t *out)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t len = 1; len <= COUNT(forms) && len <= left; len++) {
        uint32_t code = s[0] & (uint8_t)~forms[len - 1].mask;
        size_t tails = 0;

        if ((s[0] & forms[len - 1].mask) != forms[len - 1].lead)
            continue;
        for (size_t i = 1; i < len; i++) {
            tails += (s[i] & 0xc0) == 0x80;
            code = code << 6 | (s[i] & 0x3f);
        }
        *out = code;
        return tails == len - 1 && code >= forms[len - 1].least && code <= 0x10ffff &&
                       (code < 0xd800 || code > 0xdfff)
                   ? len
                   : 0;
    }
    return 0;
}

static void assert_read(const uint8_t *s, size_t left)
{
    const char *text = (const char *)s;
    uint32_t code, slow_code;
    const size_t len = tg_utf8_read(text, text + left, &code);

    assert_int_equal(len, slow_read(s, left, &slow_code));
    if (len > 0)
        assert_int_equal(code, slow_code);
}

/* Each of two octets, and what is at the edges of the third and fourth. */
static void characters(void **state)
{
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};

    (void)state;
    for (uint32_t n = 0; n < 0x10000 * COUNT(edges) * COUNT(edges); n++) {
        const uint8_t s[4] = {(uint8_t)n, (uint8_t)(n >> 8), edges[(n >> 16) % COUNT(edges)],
            edges[(n >> 16) / COUNT(edges)]};

        for (size_t left = 1; left <= sizeof(s); left++)
            assert_read(s, left);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
