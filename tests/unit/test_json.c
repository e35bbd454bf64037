/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "module/json.h"

#define NANO 1000000000L

/* Every kind of value once, in every place it can stand. */
static size_t write_sample(char *buf, size_t cap)
{
    struct tg_json json;

    tg_json_start(&json, buf, cap);
    tg_json_open(&json, NULL, '{');
    tg_json_number(&json, "n", UINT64_MAX);
    tg_json_string(&json, "s", "[");
    tg_json_open(&json, "a", '[');
    tg_json_string(&json, NULL, "{");
    tg_json_number(&json, NULL, 0);
    tg_json_open(&json, NULL, '{');
    tg_json_close(&json, '}');
    tg_json_close(&json, ']');
    tg_json_fixed(&json, "\"f\":1,\"g\":[2]");
    tg_json_text(&json, "t");
    tg_json_add(&json, "x");
    tg_json_add_number(&json, 10);
    tg_json_add(&json, "");
    tg_json_text_end(&json);
    tg_json_time(&json, "w", (struct timespec){0, 0});
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}

static const char sample[] =
    "{\"n\":18446744073709551615,\"s\":\"[\",\"a\":[\"{\",0,{}],\"f\":1,\"g\":[2],"
    "\"t\":\"x10\",\"w\":\"1970-01-01T00:00:00.000000Z\"}\n";

static void test_structure(void **state)
{
    char buf[sizeof(sample)];

    (void)state;
    assert_int_equal(write_sample(buf, sizeof(buf)), strlen(sample));
    assert_string_equal(buf, sample);
}

/* A text that does not fit gives 0 and "", and nothing is written behind cap. */
static void test_every_size(void **state)
{
    (void)state;
    for (size_t cap = 1; cap <= sizeof(sample); cap++) {
        char buf[sizeof(sample) + 1];
        size_t len;

        memset(buf, 0x5a, sizeof(buf));
        len = write_sample(buf, cap);
        assert_int_equal(len, cap == sizeof(sample) ? strlen(sample) : 0);
        assert_int_equal(strlen(buf), len);
        for (size_t i = cap; i < sizeof(buf); i++)
            assert_int_equal(buf[i], 0x5a);
    }
}

/* Pure ASCII out of any octet; an independent parser reads the octet back as the code point. */
static void test_every_octet(void **state)
{
    (void)state;
    for (unsigned octet = 1; octet < 256; octet++) {
        const char text[] = {'a', (char)octet, 'z', '\0'};
        char buf[64];
        struct tg_json json;
        json_t *root;
        const char *read;

        tg_json_start(&json, buf, sizeof(buf));
        tg_json_open(&json, NULL, '[');
        tg_json_string(&json, NULL, text);
        tg_json_close(&json, ']');
        assert_true(tg_json_end(&json) > 0);
        for (const char *c = buf; *c != '\n'; c++)
            assert_true(*c >= 0x20 && *c < 0x7f);
        root = json_loads(buf, 0, NULL);
        assert_non_null(root);
        read = json_string_value(json_array_get(root, 0));
        if (octet < 0x80) {
            assert_string_equal(read, text);
        } else { /* UTF-8 of U+0080 .. U+00FF */
            assert_int_equal((unsigned char)read[1], 0xc0 | octet >> 6);
            assert_int_equal((unsigned char)read[2], 0x80 | (octet & 0x3f));
        }
        json_decref(root);
    }
}

/* The limit counts bytes of the line; an escape is written whole or not at all. */
static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t limit;
        const char *out;
    } cases[] = {
        {"abc", 3, "[\"abc\"]\n"},
        {"abc", 2, "[\"ab\"]\n"},
        {"abc", 0, "[\"\"]\n"},
        {"a\"b", 3, "[\"a\\\"\"]\n"},
        {"a\"b", 2, "[\"a\"]\n"},
        {"a\nb", 7, "[\"a\\u000a\"]\n"},
        {"a\nb", 6, "[\"a\"]\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[64];
        struct tg_json json;

        tg_json_start(&json, buf, sizeof(buf));
        tg_json_open(&json, NULL, '[');
        tg_json_string_cut(&json, NULL, cases[i].text, cases[i].limit);
        tg_json_close(&json, ']');
        (void)tg_json_end(&json);
        assert_string_equal(buf, cases[i].out);
    }
}

static const char *time_of(struct timespec when, char buf[64])
{
    struct tg_json json;

    tg_json_start(&json, buf, 64);
    tg_json_time(&json, NULL, when);
    assert_int_equal(tg_json_end(&json), 30);
    buf[28] = '\0'; /* the closing quote, and the newline */
    return buf + 1;
}

static void test_time(void **state)
{
    static const struct {
        struct timespec when;
        const char *text;
    } cases[] = {
        {{0, 0}, "1970-01-01T00:00:00.000000Z"},
        {{1772600767, 123456789}, "2026-03-04T05:06:07.123456Z"},
        /* leap days, and the centuries that have none */
        {{951782400, 0}, "2000-02-29T00:00:00.000000Z"},
        {{4107542399, 0}, "2100-02-28T23:59:59.000000Z"},
        {{4107542400, 0}, "2100-03-01T00:00:00.000000Z"},
        {{1798761599, 999999999}, "2026-12-31T23:59:59.999999Z"},
        /* before 1970 */
        {{-1, 0}, "1969-12-31T23:59:59.000000Z"},
        {{-62167219200, 0}, "0000-01-01T00:00:00.000000Z"},
        {{-62162035201, 0}, "0000-02-29T23:59:59.000000Z"},
        /* tv_nsec out of its range counts on */
        {{0, -1}, "1969-12-31T23:59:59.999999Z"},
        {{0, NANO}, "1970-01-01T00:00:01.000000Z"},
        {{0, -NANO}, "1969-12-31T23:59:59.000000Z"},
        {{5, 3 * NANO + 1000}, "1970-01-01T00:00:08.000001Z"},
        /* years that ISO 8601 has no four digits for */
        {{-62167219201, 0}, "0000-01-01T00:00:00.000000Z"},
        {{253402300799, 999999999}, "9999-12-31T23:59:59.999999Z"},
        {{253402300800, 0}, "9999-12-31T23:59:59.000000Z"},
        {{INT64_MAX, 0}, "9999-12-31T23:59:59.000000Z"},
        {{INT64_MIN, 0}, "0000-01-01T00:00:00.000000Z"},
        {{-62167219200, -1}, "0000-01-01T00:00:00.999999Z"},
    };
    char buf[64];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(time_of(cases[i].when, buf), cases[i].text);
    /* No sum overflows (for the sanitizer to see). */
    (void)time_of((struct timespec){INT64_MAX, INT64_MAX}, buf);
    (void)time_of((struct timespec){INT64_MIN, INT64_MIN}, buf);
}

/* The C library's calendar is the oracle: 40 days 9 hours apart, over 4000 years. */
static void test_time_oracle(void **state)
{
    (void)state;
    for (time_t at = -62167219200; at < 64060588800; at += 3488399) {
        struct tm tm;
        char buf[64];
        char expected[64];

        assert_non_null(gmtime_r(&at, &tm));
        assert_int_equal(
            snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.000000Z",
                tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec),
            27);
        assert_string_equal(time_of((struct timespec){at, 0}, buf), expected);
    }
}

/* UTF-8 as RFC 3629 has it: shortest forms, no surrogates; all else octet by octet. */
static void test_utf8(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "\"\""},
        {"k\"\\\n", "\"k\\\"\\\\\\u000a\""},
        {"\xc2\x80\xdf\xbf", "\"\\u0080\\u07ff\""},
        {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", "\"\\u0800\\ud7ff\\ue000\\uffff\""},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\"\\ud800\\udc00\\udbff\\udfff\""},
        /* too long, a surrogate, out of range, cut, a second octet alone */
        {"\xc1\xbf", "\"\\u00c1\\u00bf\""},
        {"\xe0\x9f\xbf", "\"\\u00e0\\u009f\\u00bf\""},
        {"\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\""},
        {"\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\""},
        {"\xf5", "\"\\u00f5\""},
        {"\xe2\x82", "\"\\u00e2\\u0082\""},
        {"\xe2\x82x", "\"\\u00e2\\u0082x\""},
        {"\x80", "\"\\u0080\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tg_json json;
        char buf[128];

        tg_json_start(&json, buf, sizeof(buf));
        tg_json_utf8(&json, NULL, cases[i].text);
        assert_int_equal(tg_json_end(&json), strlen(cases[i].want) + 1);
        assert_memory_equal(buf, cases[i].want, strlen(cases[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_every_octet),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_time_oracle),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
