/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tldguard/dname.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define A63         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A61         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct tg_name name(const char *text, uint8_t wire[TG_DNAME_MAX])
{
    size_t len = 0;

    assert_int_equal(tg_dname_from_text(text, strlen(text), wire, &len, NULL), TG_OK);
    return (struct tg_name){wire, len};
}

/* Text, its wire format, and the text it becomes again. */
static const struct {
    const char *text;
    const char *wire;
    size_t len;
    const char *again;
} good[] = {
    /* RFC 1035 3.1: labels and the root; the final dot may be missing. */
    {".", "", 1, "."},
    {"ml", "\2ml", 4, "ml"},
    {"army.ml.", "\4army\2ml", 9, "army.ml"},
    {"a.b.c.d", "\1a\1b\1c\1d", 9, "a.b.c.d"},
    /* Case goes (RFC 4343), only of ASCII letters, also of escaped ones. */
    {"ArMy.ML", "\4army\2ml", 9, "army.ml"},
    {"@[`{AZ\\065\\Z\\193", "\11@[`{azaz\xc1", 11, "\\@[`{azaz\\193"},
    /* RFC 1035 5.1: \. is no separator, \DDD any octet. */
    {"a\\.b.ml", "\3a.b\2ml", 8, "a\\.b.ml"},
    {"\\000\\255\\032.ml", "\3\0\xff \2ml", 8, "\\000\\255\\032.ml"},
    {"\\046", "\1.", 3, "\\."},
    {"\\\\\\\"\\;\\(\\)\\@\\$", "\7\\\";()@$", 9, "\\\\\\\"\\;\\(\\)\\@\\$"},
    {"!~\"", "\3!~\"", 5, "!~\\\""},
    /* Digits and underscores are not special; a name may look like a number. */
    {"_25._tcp.1",
        "\3_25\4_tcp\1"
        "1",
        12, "_25._tcp.1"},
    /* The longest label and the longest names. */
    {A63, "\77" A63, 65, A63},
    {A63 "." A63 "." A63 "." A61, "\77" A63 "\77" A63 "\77" A63 "\75" A61, 255,
        A63 "." A63 "." A63 "." A61},
    {A63 "." A63 "." A63 "." A61 ".", "\77" A63 "\77" A63 "\77" A63 "\75" A61, 255,
        A63 "." A63 "." A63 "." A61},
};

static void good_names_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char *exact = malloc(strlen(good[i].text)); /* nothing behind it may be read */
        char text[TG_DNAME_TEXT_MAX];
        uint8_t wire[TG_DNAME_MAX];
        size_t len = 999;
        size_t at = 999;

        assert_non_null(exact);
        memcpy(exact, good[i].text, strlen(good[i].text));
        assert_int_equal(tg_dname_from_text(exact, strlen(good[i].text), wire, &len, &at), TG_OK);
        free(exact);
        assert_int_equal(len, good[i].len);
        assert_memory_equal(wire, good[i].wire, len);
        assert_int_equal(at, 999);
        assert_int_equal(tg_dname_to_text(wire, len, text), strlen(good[i].again));
        assert_string_equal(text, good[i].again);
        assert_true(tg_dname_is_lower(wire, len));
        /* Doing it twice changes nothing. */
        assert_int_equal(tg_dname_from_text(text, strlen(text), wire, &len, &at), TG_OK);
        assert_int_equal(len, good[i].len);
        assert_memory_equal(wire, good[i].wire, len);
    }
}

/* What is no name, and the octet to blame. */
static const struct {
    const char *text;
    size_t at;
} bad[] = {
    /* Empty text, empty labels. */
    {"", 0},
    {"..", 0},
    {".ml", 0},
    {"a..ml", 2},
    {"ml..", 3},
    /* Labels over 63, names over 255. */
    {A63 "a", 63},
    {"ml." A63 "\\097.ml", 66},
    {A63 "." A63 "." A63 "." A61 "a", 253},
    {A63 "." A63 "." A63 "." A61 ".a", 254},
    /* Bad escapes: the backslash. */
    {"a\\", 1},
    {"a\\2", 1},
    {"a\\25", 1},
    {"a\\25x", 1},
    {"a\\2x5", 1},
    {"\\256", 0},
    {"\\999", 0},
    {"a.\\\n", 2},
    /* Octets that must be written as \DDD. */
    {"a b", 1},
    {" ", 0},
    {"a\tb", 1},
    {"ab\x7f", 2},
    {"\xc3\xa9", 0},
    {"\\\xc3\xa9", 0},
};

static void bad_names_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t wire[TG_DNAME_MAX];
        uint8_t before[TG_DNAME_MAX];
        size_t len = 999;
        size_t at = 999;

        memset(wire, 0x5a, sizeof(wire));
        memcpy(before, wire, sizeof(wire));
        assert_int_equal(
            tg_dname_from_text(bad[i].text, strlen(bad[i].text), wire, &len, &at), TG_ENAME);
        assert_int_equal(at, bad[i].at);
        assert_int_equal(len, 999);
        assert_memory_equal(wire, before, sizeof(wire));
        assert_int_equal(
            tg_dname_from_text(bad[i].text, strlen(bad[i].text), wire, &len, NULL), TG_ENAME);
    }
    /* A NUL is an octet like any other. */
    {
        uint8_t wire[TG_DNAME_MAX];
        size_t len = 999;
        size_t at = 999;

        assert_int_equal(tg_dname_from_text("a\0b", 3, wire, &len, &at), TG_ENAME);
        assert_int_equal(at, 1);
    }
}

/* Each octet, alone in a label, comes back; so does the worst name, whose text
 * is the longest there can be. */
static void any_octet_comes_back(void **state)
{
    uint8_t wire[TG_DNAME_MAX] = {0};
    char text[TG_DNAME_TEXT_MAX];
    uint8_t back[TG_DNAME_MAX];
    size_t len;

    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        uint8_t in[3] = {1, (uint8_t)octet, 0};
        uint8_t low[3];

        tg_dname_lower(in, 3, low);
        tg_dname_to_text(in, 3, text);
        assert_int_equal(tg_dname_from_text(text, strlen(text), back, &len, NULL), TG_OK);
        assert_int_equal(len, 3);
        assert_memory_equal(back, low, 3);
        assert_int_equal(low[1], octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
        assert_int_equal(tg_dname_is_lower(in, 3), !(octet >= 'A' && octet <= 'Z'));
    }
    for (size_t at = 0; at < 254; at += 1u + wire[at])
        wire[at] = at < 192 ? 63 : 61;
    assert_int_equal(tg_dname_to_text(wire, 255, text), 250 * 4 + 3);
    assert_int_equal(tg_dname_from_text(text, strlen(text), back, &len, NULL), TG_OK);
    assert_int_equal(len, 255);
    assert_memory_equal(back, wire, 255);
}

/* Octets that start with a name, and those that do not. */
static void check_accepts_names_only(void **state)
{
    static const struct {
        const char *wire;
        size_t avail;
        size_t len; /* 0: no name */
    } cases[] = {
        {"", 0, 0},
        {"\0", 1, 1},
        {"\0\1a", 3, 1},
        {"\2ml\0", 4, 4},
        {"\2ml\0more", 8, 4},
        {"\2ML\0", 4, 4},
        /* Cut short. */
        {"\2ml", 3, 0},
        {"\2m", 2, 0},
        {"\2", 1, 0},
        /* Longer than 63; compression pointers (RFC 1035 4.1.4); others. */
        {"\100" A63 "a", 66, 0},
        {"\300\0", 2, 0},
        {"\2ml\300\0", 5, 0},
        {"\200\0", 2, 0},
        {"\77" A63, 65, 65},
        /* 255 octets are a name, 256 are none. */
        {"\77" A63 "\77" A63 "\77" A63 "\75" A61, 255, 255},
        {"\77" A63 "\77" A63 "\77" A63 "\75" A61, 254, 0},
        {"\77" A63 "\77" A63 "\77" A63 "\76" A61 "a", 256, 0},
        {"\77" A63 "\77" A63 "\77" A63 "\77" A63, 257, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *exact = malloc(cases[i].avail + (cases[i].avail == 0));
        size_t len = 999;

        assert_non_null(exact);
        memcpy(exact, cases[i].wire, cases[i].avail);
        assert_int_equal(
            tg_dname_check(exact, cases[i].avail, &len), cases[i].len == 0 ? TG_ENAME : TG_OK);
        assert_int_equal(len, cases[i].len == 0 ? 999 : cases[i].len);
        free(exact);
    }
}

/* Where labels start. */
static void labels_are_found(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        uint8_t offsets[5];
    } cases[] = {
        {".", 0, {0}},
        {"ml", 1, {0}},
        {"army.ml", 2, {0, 5}},
        {"a.b.c.d.e", 5, {0, 2, 4, 6, 8}},
        {"a\\.ml", 1, {0}},
    };
    uint8_t offsets[TG_LABELS_MAX];
    uint8_t wire[TG_DNAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_name dname = name(cases[i].text, wire);
        size_t count = cases[i].count;

        assert_int_equal(tg_dname_labels(dname.wire, offsets), count);
        assert_memory_equal(offsets, cases[i].offsets, count);
        assert_int_equal(
            tg_dname_last_label(dname.wire), count == 0 ? 0 : cases[i].offsets[count - 1]);
    }
    /* As many as a name can have. */
    for (size_t at = 0; at < 254; at += 2)
        memcpy(wire + at, "\1a", 2);
    wire[254] = 0;
    assert_int_equal(tg_dname_labels(wire, offsets), TG_LABELS_MAX);
    assert_int_equal(offsets[126], 252);
    assert_int_equal(tg_dname_last_label(wire), 252);
}

/* Whole labels count, not octets that look like them. */
static void names_are_compared_by_label(void **state)
{
    static const struct {
        const char *name;
        const char *owner;
        bool equal;
        bool below;
    } cases[] = {
        {"ml", "ml", true, true},
        {"army.ml", "ml", false, true},
        {"a.b.ml", "b.ml", false, true},
        {"a.b.ml", "a.b.ml", true, true},
        {"ml", "army.ml", false, false},
        {"xml", "ml", false, false},
        {"a\\002ml", "ml", false, false}, /* ends in the octets of ml */
        {"a\\.ml", "ml", false, false},
        {"ml.com", "ml", false, false},
        {"army.ml", ".", false, true},
        {".", ".", true, true},
        {".", "ml", false, false},
        {"a.ml", "b.ml", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t left[TG_DNAME_MAX];
        uint8_t right[TG_DNAME_MAX];
        struct tg_name a = name(cases[i].name, left);
        struct tg_name b = name(cases[i].owner, right);

        assert_int_equal(tg_dname_equal(a, b), cases[i].equal);
        assert_int_equal(tg_dname_equal(b, a), cases[i].equal);
        assert_int_equal(tg_dname_is_subdomain(a, b), cases[i].below);
    }
}

/* "No name" is above nothing and equals only itself. */
static void no_name_is_no_root(void **state)
{
    static const uint8_t wire[1] = {0};
    struct tg_name none = {NULL, 0};
    struct tg_name root = {wire, 1};

    (void)state;
    assert_true(tg_dname_equal(none, none));
    assert_false(tg_dname_equal(none, root));
    assert_false(tg_dname_equal(root, none));
    assert_false(tg_dname_is_subdomain(root, none));
    assert_false(tg_dname_is_subdomain(none, root));
}

/* In place, and length octets stay. */
static void lower_works_in_place(void **state)
{
    uint8_t wire[] = "\4ArMy\77" A63 "\2ML";

    (void)state;
    tg_dname_lower(wire, sizeof(wire), wire);
    assert_memory_equal(wire, "\4army\77" A63 "\2ml", sizeof(wire));
}

/* Each octet at each place of a name of each length, and none beside it is touched. */
static void lower_of_any_length(void **state)
{
    uint8_t in[40], out[sizeof(in) + 2];

    (void)state;
    for (size_t len = 0; len <= sizeof(in); len++)
        for (unsigned octet = 0; octet < 256; octet++) {
            const uint8_t low = (uint8_t)(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);

            memset(in, (int)octet, sizeof(in));
            memset(out, 0xee, sizeof(out));
            tg_dname_lower(in, len, out + 1);
            for (size_t i = 0; i < len; i++)
                assert_int_equal(out[1 + i], low);
            assert_int_equal(out[0], 0xee);
            assert_int_equal(out[1 + len], 0xee);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names_are_read_and_written),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(any_octet_comes_back),
        cmocka_unit_test(check_accepts_names_only),
        cmocka_unit_test(labels_are_found),
        cmocka_unit_test(names_are_compared_by_label),
        cmocka_unit_test(no_name_is_no_root),
        cmocka_unit_test(lower_works_in_place),
        cmocka_unit_test(lower_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
