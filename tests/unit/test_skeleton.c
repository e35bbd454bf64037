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

#include "tests/support/oom.h"
#include "tldguard/nearmiss.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int setup(void **state)
{
    struct tg_unicode *unicode = NULL;

    assert_int_equal(tg_unicode_open(&unicode), TG_OK);
    *state = unicode;
    return 0;
}

static int teardown(void **state)
{
    struct tg_unicode *unicode = *state;

    tg_unicode_close(&unicode);
    assert_null(unicode);
    tg_unicode_close(&unicode);
    tg_unicode_close(NULL);
    return 0;
}

static void out_of_memory_is_told(void **state)
{
    const struct tg_unicode *unicode = *state;
    struct tg_spoof spoofs[TG_SPOOFS_MAX];
    struct tg_unicode *other = NULL;
    size_t count = 77;

    oom_fail_at(1);
    assert_int_equal(tg_unicode_open(&other), TG_ENOMEM);
    assert_null(other);
    for (size_t n = 1;; n++) {
        oom_fail_at(n);
        if (tg_unicode_spoofs(unicode, "com", spoofs, &count) == TG_OK)
            break;
        assert_true(oom_fired());
        assert_int_equal(count, 77);
    }
    oom_fail_at(0);
    assert_true(count > 0 && count < 77);
}

/* RFC 5890, RFC 5891: what is written, its A-label, what is shown. */
static const struct {
    const char *text, *label, *shown;
} labels[] = {
    {"com", "com", "com"},
    {"COM", "com", "com"},
    {"\xd1\x81\xd0\xbe\xd0\xbc", "xn--l1adi", "\xd1\x81\xd0\xbe\xd0\xbc"},
    {"\xd0\xa1\xd0\x9e\xd0\x9c", "xn--l1adi", "\xd1\x81\xd0\xbe\xd0\xbc"},
    {"xn--l1adi", "xn--l1adi", "\xd1\x81\xd0\xbe\xd0\xbc"},
    {"XN--L1ADI", "xn--l1adi", "\xd1\x81\xd0\xbe\xd0\xbc"},
    {"a-b", "a-b", "a-b"},
    {"123456789012345678901234567890123456789012345678901234567890abc",
        "123456789012345678901234567890123456789012345678901234567890abc",
        "123456789012345678901234567890123456789012345678901234567890abc"},
};

static void labels_are_turned(void **state)
{
    const struct tg_unicode *unicode = *state;

    for (size_t i = 0; i < COUNT(labels); i++) {
        char label[TG_LABEL_MAX + 1], shown[TG_ULABEL_MAX];

        assert_int_equal(tg_unicode_to_ascii(unicode, labels[i].text, label), TG_OK);
        assert_string_equal(label, labels[i].label);
        assert_int_equal(tg_unicode_to_text(unicode, label, shown), TG_OK);
        assert_string_equal(shown, labels[i].shown);
    }
}

static const char *const not_labels[] = {"", "a.b", "a_b", "-a", "a-", "a b", "xn--zzzzzz", "xn--",
    "\xff", "\xe2\x84\xa2\x20", "123456789012345678901234567890123456789012345678901234567890abcd",
    "\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc\xd0\xbc"
    "\xd0\xb0\xd1\x8f\xd0\xb1\xd1\x8e\xd0\xb2\xd1\x8d\xd0\xb3\xd1\x8c\xd0\xb4\xd1\x8b"
    "\xd0\xb0\xd1\x8f\xd0\xb1\xd1\x8e\xd0\xb2\xd1\x8d\xd0\xb3\xd1\x8c\xd0\xb4\xd1\x8b"
    "\xd0\xb0\xd1\x8f\xd0\xb1\xd1\x8e\xd0\xb2\xd1\x8d\xd0\xb3\xd1\x8c\xd0\xb4\xd1\x8b"
    "\xd0\xb0\xd1\x8f\xd0\xb1\xd1\x8e\xd0\xb2\xd1\x8d\xd0\xb3\xd1\x8c\xd0\xb4\xd1\x8b"
    "\xd0\xb0\xd1\x8f\xd0\xb1\xd1\x8e\xd0\xb2\xd1\x8d\xd0\xb3\xd1\x8c\xd0\xb4\xd1\x8b"};

static void what_is_no_label_is_refused(void **state)
{
    const struct tg_unicode *unicode = *state;

    for (size_t i = 0; i < COUNT(not_labels); i++) {
        char label[TG_LABEL_MAX + 1] = "kept";

        if (tg_unicode_to_ascii(unicode, not_labels[i], label) != TG_ENAME)
            fail_msg("'%s' is a label: %s", not_labels[i], label);
        assert_string_equal(label, "kept");
    }
}

static void broken_a_labels_have_no_look(void **state)
{
    const struct tg_unicode *unicode = *state;
    struct tg_skeleton skeleton = {.len = 77};
    char shown[TG_ULABEL_MAX] = "kept";

    assert_int_equal(tg_unicode_to_text(unicode, "xn--zzzzzz", shown), TG_ENAME);
    assert_string_equal(shown, "kept");
    assert_int_equal(tg_skeleton_of(unicode, "xn--zzzzzz", &skeleton), TG_ENAME);
    assert_int_equal(skeleton.len, 77);
}

/* Label and skeleton. i, l and j stay apart; o and 0 do not. */
static const char *const looks[][2] = {
    {"com", "com"},
    {"c0m", "com"},
    {"corn", "com"},
    {"m1l", "mll"},
    {"mil", "mil"},
    {"mjl", "mjl"},
    {"vvorld", "world"},
    {"eclu", "edu"},
    {"xn--l1adi", "com"},
    {"xn--cm-lka", "com"},
    {"xn--qxa6a", "eu"},
    {"xn--90a3ac", "cp6"},
    {"xn--c1avg", "opr"},
    {"xn--p1acf", "pyc"},
    /* é, ü, ß, ł: accents go, the supplement does what UTS #39 does not. */
    {"xn--nt-bja", "net"},
    {"xn--du-9ia", "edu"},
    {"xn--zca", "ss"},
    {"xn--mi-yqa", "mil"},
    {"a-1", "a-l"},
};

static void skeletons_are_what_the_eye_sees(void **state)
{
    const struct tg_unicode *unicode = *state;

    for (size_t i = 0; i < COUNT(looks); i++) {
        struct tg_skeleton s;
        char text[TG_SKELETON_MAX + 1];

        assert_int_equal(tg_skeleton_of(unicode, looks[i][0], &s), TG_OK);
        for (size_t j = 0; j < s.len; j++)
            text[j] = s.text[j] < 0x80 ? (char)s.text[j] : '?';
        text[s.len] = '\0';
        assert_string_equal(text, looks[i][1]);
    }
}

static bool look_the_same(const struct tg_unicode *unicode, const char *a, const char *b)
{
    struct tg_skeleton x, y;

    assert_int_equal(tg_skeleton_of(unicode, a, &x), TG_OK);
    assert_int_equal(tg_skeleton_of(unicode, b, &y), TG_OK);
    return x.len == y.len && memcmp(x.text, y.text, x.len * sizeof(x.text[0])) == 0;
}

static bool holds(const struct tg_spoof *spoofs, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(spoofs[i].label, label) == 0)
            return true;
    return false;
}

static void spoofs_look_like_their_label(void **state)
{
    static const char *const targets[] = {"mil", "gov", "com", "net", "org", "edu", "int", "nl"};
    const struct tg_unicode *unicode = *state;

    for (size_t i = 0; i < COUNT(targets); i++) {
        struct tg_spoof spoofs[TG_SPOOFS_MAX];
        size_t count = 0;
        bool mixed = false;

        assert_int_equal(tg_unicode_spoofs(unicode, targets[i], spoofs, &count), TG_OK);
        assert_true(count > 0);
        for (size_t j = 0; j < count; j++) {
            assert_true(look_the_same(unicode, targets[i], spoofs[j].label));
            assert_int_equal(strncmp(spoofs[j].label, "xn--", 4), 0);
            assert_true(spoofs[j].mixed || !mixed); /* whole scripts come first */
            mixed = spoofs[j].mixed;
            assert_non_null(spoofs[j].script);
            assert_true(mixed || strcmp(spoofs[j].script, "Latin") != 0);
        }
    }
}

static void spoofs_of_com_are_the_known_ones(void **state)
{
    const struct tg_unicode *unicode = *state;
    struct tg_spoof spoofs[TG_SPOOFS_MAX];
    size_t count = 0;

    assert_int_equal(tg_unicode_spoofs(unicode, "com", spoofs, &count), TG_OK);
    assert_string_equal(spoofs[0].label, "xn--l1adi");
    assert_string_equal(spoofs[0].script, "Cyrillic");
    assert_false(spoofs[0].mixed);
    assert_true(holds(spoofs, count, "xn--cm-fmc")); /* Cyrillic o */
    assert_true(holds(spoofs, count, "xn--cm-jbc")); /* Greek omicron */
    assert_false(holds(spoofs, count, "xn--j1aef")); /* ком does not look the same */
    assert_int_equal(tg_unicode_spoofs(unicode, "gov", spoofs, &count), TG_OK);
    assert_true(holds(spoofs, count, "xn--ov-igb")); /* U+0261, for g */
}

static void spoofs_are_of_letters_only(void **state)
{
    static const char *const none[] = {"", "c0m", "a-b", "xn--l1adi", "COM"};
    const struct tg_unicode *unicode = *state;
    struct tg_spoof spoofs[TG_SPOOFS_MAX];
    size_t count;

    for (size_t i = 0; i < COUNT(none); i++) {
        count = 77;
        assert_int_equal(tg_unicode_spoofs(unicode, none[i], spoofs, &count), TG_OK);
        assert_int_equal(count, 0);
    }
    /* The longest, of which few fit a label; and one with more than there is room for. */
    assert_int_equal(
        tg_unicode_spoofs(unicode,
            "oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooocom", spoofs, &count),
        TG_OK);
    assert_true(count <= TG_SPOOFS_MAX);
    assert_int_equal(
        tg_unicode_spoofs(unicode, "oooooooooooooooooooooooooooooo", spoofs, &count), TG_OK);
    assert_int_equal(count, TG_SPOOFS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_memory_is_told),
        cmocka_unit_test(labels_are_turned),
        cmocka_unit_test(what_is_no_label_is_refused),
        cmocka_unit_test(broken_a_labels_have_no_look),
        cmocka_unit_test(skeletons_are_what_the_eye_sees),
        cmocka_unit_test(spoofs_look_like_their_label),
        cmocka_unit_test(spoofs_of_com_are_the_known_ones),
        cmocka_unit_test(spoofs_are_of_letters_only),
    };

    return cmocka_run_group_tests_name("skeleton", tests, setup, teardown);
}
