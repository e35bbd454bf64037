/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tldguard/status.h"

static const struct {
    enum tg_status status;
    int value;
    const char *name;
    const char *text;
} statuses[] = {
#define ROW(name, value, text) {name, value, #name, text},
    TG_STATUS_MAP(ROW)
#undef ROW
};

#define COUNT (sizeof(statuses) / sizeof(statuses[0]))

/* 0 is success, all else is negative; each value and each sentence once. */
static void values_are_distinct(void **state)
{
    (void)state;
    assert_int_equal(TG_OK, 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(statuses[i].status == TG_OK || (int)statuses[i].status < 0);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(statuses[i].status, statuses[j].status);
            assert_string_not_equal(statuses[i].text, statuses[j].text);
        }
    }
}

/* Each status has its own sentence. */
static void text_is_the_one_of_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(tg_status_text(statuses[i].status), statuses[i].text);
    assert_string_equal(tg_status_text(TG_OK), "ok");
    assert_string_equal(tg_status_text(TG_ENAME), "not a valid domain name");
}

/* Never NULL, whatever the value. */
static void unknown_values_have_a_text(void **state)
{
    static const int unknown[] = {1, -15, -1000, 2147483647, -2147483647 - 1};

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_string_equal(tg_status_text((enum tg_status)unknown[i]), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_distinct),
        cmocka_unit_test(text_is_the_one_of_the_list),
        cmocka_unit_test(unknown_values_have_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
