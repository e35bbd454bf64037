/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tldguard/diag.h"

static struct tg_diags *create(void)
{
    struct tg_diags *diags = tg_diags_create();

    assert_non_null(diags);
    return diags;
}

/* What is added is kept, as copies, in order. */
static void messages_are_kept(void **state)
{
    struct tg_diags *diags = create();
    char file[] = "policy.yaml";
    char source[] = "  mode: blck\nnext line";
    const struct tg_diag *diag;

    (void)state;
    tg_diags_add(diags, TG_DIAG_ERROR, file, 7, 9, source, "mode '%s' is not known", "blck");
    tg_diags_add(diags, TG_DIAG_WARNING, "b", 0, 0, NULL, "two");
    tg_diags_add(diags, TG_DIAG_NOTE, "b", 1, 1, "", "three");
    memset(file, 'x', sizeof(file) - 1);
    memset(source, 'x', sizeof(source) - 1);
    assert_int_equal(tg_diags_kept(diags), 3);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 1);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_WARNING), 1);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_NOTE), 1);
    assert_int_equal(tg_diags_lost(diags), 0);
    diag = tg_diags_get(diags, 0);
    assert_int_equal(diag->level, TG_DIAG_ERROR);
    assert_string_equal(diag->file, "policy.yaml");
    assert_int_equal(diag->line, 7);
    assert_int_equal(diag->col, 9);
    assert_string_equal(diag->text, "mode 'blck' is not known");
    assert_string_equal(diag->source, "  mode: blck");
    assert_null(tg_diags_get(diags, 1)->source);
    assert_string_equal(tg_diags_get(diags, 2)->source, "");
    assert_null(tg_diags_get(diags, 3));
    assert_null(tg_diags_get(diags, (size_t)-1));
    tg_diags_destroy(&diags);
    assert_null(diags);
}

/* Every function takes NULL and does nothing. */
static void null_is_a_collection(void **state)
{
    struct tg_diags *none = NULL;

    (void)state;
    tg_diags_add(NULL, TG_DIAG_ERROR, "f", 1, 1, NULL, "text");
    tg_diags_sort(NULL);
    assert_int_equal(tg_diags_count(NULL, TG_DIAG_ERROR), 0);
    assert_int_equal(tg_diags_lost(NULL), 0);
    assert_int_equal(tg_diags_kept(NULL), 0);
    assert_null(tg_diags_get(NULL, 0));
    tg_diags_destroy(NULL);
    tg_diags_destroy(&none);
}

/* Nothing that comes in can forge a line of a log or command a terminal. */
static void controls_are_disarmed(void **state)
{
    static const struct {
        const char *in;
        const char *text;
        const char *source;
    } cases[] = {
        {"a\nb", "a?b", "a"},
        {"a\rb\x1b[2J", "a?b?[2J", "a?b?[2J"},
        {"\t\x01\x1f\x7f.", "????.", "\t???."},
        /* C1 in UTF-8: two octets each. */
        {"\xc2\x80\xc2\x9b\xc2\x9f", "??????", "??????"},
        /* What turns the direction of writing, or is not seen: an octet each. */
        {"a\xe2\x80\xae.\xe2\x80\x8b.\xc2\xad.\xef\xbb\xbf.\xf3\xa0\x81\x81.",
            "a???.???.??.???.????.", "a???.???.??.???.????."},
        /* What is no UTF-8: C1 as it is, too long a form, a surrogate, an end in a character. */
        {"\x9b.\xff.\xc0\x9b.\xed\xa0\x80.\xe2\x82", "?.?.??.???.??", "?.?.??.???.??"},
        /* Other UTF-8 stays. */
        {"\xc2\xa0\xc3\xa9\xe2\x82\xac", "\xc2\xa0\xc3\xa9\xe2\x82\xac",
            "\xc2\xa0\xc3\xa9\xe2\x82\xac"},
        /* The end of a line written under Windows. */
        {"a\r\n", "a??", "a"},
    };
    struct tg_diags *diags = create();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tg_diags_add(diags, TG_DIAG_ERROR, cases[i].in, 1, 1, cases[i].in, "%s", cases[i].in);
        assert_string_equal(tg_diags_get(diags, i)->text, cases[i].text);
        assert_string_equal(tg_diags_get(diags, i)->file, cases[i].text);
        assert_string_equal(tg_diags_get(diags, i)->source, cases[i].source);
    }
    tg_diags_destroy(&diags);
}

/* Input is hostile: over TG_DIAGS_MAX messages are counted only. */
static void too_many_are_counted(void **state)
{
    struct tg_diags *diags = create();

    (void)state;
    for (unsigned i = 0; i < TG_DIAGS_MAX + 5; i++) {
        assert_int_equal(tg_diags_lost(diags), i <= TG_DIAGS_MAX ? 0 : i - TG_DIAGS_MAX);
        tg_diags_add(diags, TG_DIAG_WARNING, "f", i + 1, 1, NULL, "n %u", i);
    }
    assert_int_equal(tg_diags_kept(diags), TG_DIAGS_MAX);
    assert_int_equal(tg_diags_lost(diags), 5);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_WARNING), TG_DIAGS_MAX + 5);
    assert_string_equal(tg_diags_get(diags, TG_DIAGS_MAX - 1)->text, "n 999");
    tg_diags_destroy(&diags);
}

/* ... and long ones are cut: at the limit, not before. A line need not be
 * NUL-terminated. */
static void too_long_is_cut(void **state)
{
    struct tg_diags *diags = create();
    char text[TG_DIAG_TEXT_MAX + 3];
    char *line = malloc(2);

    (void)state;
    assert_non_null(line);
    memcpy(line, "l\n", 2);
    for (size_t len = TG_DIAG_TEXT_MAX - 1; len <= TG_DIAG_TEXT_MAX + 1; len++) {
        size_t want = len < TG_DIAG_TEXT_MAX ? len : TG_DIAG_TEXT_MAX;
        const struct tg_diag *diag;

        memset(text, 'a', len);
        text[len] = '\0';
        tg_diags_add(diags, TG_DIAG_ERROR, text, 1, 1, text, "%s", text);
        diag = tg_diags_get(diags, tg_diags_kept(diags) - 1);
        assert_int_equal(strlen(diag->text), want);
        assert_int_equal(strlen(diag->file), want);
        assert_int_equal(strlen(diag->source), want);
    }
    tg_diags_add(diags, TG_DIAG_ERROR, "f", 1, 1, line, "%s", "");
    assert_string_equal(tg_diags_get(diags, 3)->source, "l");
    free(line);
    tg_diags_destroy(&diags);
}

/* Places: a line has a column, no line has none. */
static void columns_follow_lines(void **state)
{
    struct tg_diags *diags = create();

    (void)state;
    tg_diags_add(diags, TG_DIAG_ERROR, "f", 3, 0, NULL, "x");
    tg_diags_add(diags, TG_DIAG_ERROR, "f", 0, 3, NULL, "x");
    assert_int_equal(tg_diags_get(diags, 0)->col, 1);
    assert_int_equal(tg_diags_get(diags, 1)->col, 0);
    tg_diags_destroy(&diags);
}

/* By file, line, column; equal places keep their order, also when sorted again
 * after more came in. */
static void sort_is_stable(void **state)
{
    static const struct {
        const char *file;
        unsigned line;
        unsigned col;
        const char *text;
    } in[] = {
        {"b", 1, 1, "8"},
        {"a", 10, 1, "6"},
        {"a", 2, 10, "4"},
        {"a", 2, 9, "2"},
        {"a", 0, 0, "0"},
        {"a", 2, 10, "5"},
        {"a", 2, 9, "3"},
        {"a", 10, 1, "7"},
        {"a", 0, 0, "1"},
    };
    struct tg_diags *diags = create();

    (void)state;
    tg_diags_sort(diags);
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
        tg_diags_add(
            diags, TG_DIAG_NOTE, in[i].file, in[i].line, in[i].col, NULL, "%s", in[i].text);
        if (i % 3 == 2)
            tg_diags_sort(diags);
    }
    tg_diags_sort(diags);
    tg_diags_sort(diags);
    for (size_t i = 0; i < tg_diags_kept(diags); i++)
        assert_int_equal(tg_diags_get(diags, i)->text[0], '0' + (int)i);
    tg_diags_destroy(&diags);
}

/* The form compilers use; cut to the buffer, with the whole length told. */
static void format_is_the_compilers(void **state)
{
    static const struct {
        struct tg_diag diag;
        const char *text;
    } cases[] = {
        {{TG_DIAG_ERROR, "p.yaml", 3, 14, "bad", NULL}, "p.yaml:3:14: error: bad"},
        {{TG_DIAG_WARNING, "p.yaml", 4294967295u, 1, "bad", "src"},
            "p.yaml:4294967295:1: warning: bad"},
        {{TG_DIAG_NOTE, "p.cdb", 0, 0, "bad 100%s", NULL}, "p.cdb: note: bad 100%s"},
    };
    char buf[64];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].text);

        assert_int_equal(tg_diag_format(&cases[i].diag, NULL, 0), len);
        for (size_t cap = 1; cap <= len + 2; cap++) {
            size_t fits = cap <= len ? cap - 1 : len;

            memset(buf, '#', sizeof(buf));
            assert_int_equal(tg_diag_format(&cases[i].diag, buf, cap), len);
            assert_memory_equal(buf, cases[i].text, fits);
            assert_int_equal(buf[fits], '\0');
            assert_int_equal(buf[cap], '#');
        }
    }
}

/* A message there is no memory for is counted; the others stay. */
static void out_of_memory_is_counted(void **state)
{
    (void)state;
    oom_fail_at(1);
    assert_null(tg_diags_create());
    for (size_t n = 1;; n++) {
        struct tg_diags *diags = create();
        size_t lost;

        oom_fail_at(n);
        for (unsigned i = 0; i < 20; i++)
            tg_diags_add(diags, TG_DIAG_ERROR, "f", i + 1, 1, "line", "text");
        lost = oom_fired();
        oom_fail_at(0);
        assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 20);
        assert_int_equal(tg_diags_lost(diags), lost);
        assert_int_equal(tg_diags_kept(diags), 20 - lost);
        for (size_t i = 0; i < tg_diags_kept(diags); i++)
            assert_string_equal(tg_diags_get(diags, i)->text, "text");
        tg_diags_destroy(&diags);
        if (lost == 0) {
            assert_true(n > 20);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_kept),
        cmocka_unit_test(null_is_a_collection),
        cmocka_unit_test(controls_are_disarmed),
        cmocka_unit_test(too_many_are_counted),
        cmocka_unit_test(too_long_is_cut),
        cmocka_unit_test(columns_follow_lines),
        cmocka_unit_test(sort_is_stable),
        cmocka_unit_test(format_is_the_compilers),
        cmocka_unit_test(out_of_memory_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
