/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "module/aliases.h"
#include "tests/support/oom.h"

#define MANY 20000

struct wire {
    uint8_t octets[TG_DNAME_MAX];
    struct tg_name name;
};

static struct tg_name name_of(const char *text, struct wire *wire)
{
    assert_int_equal(
        tg_dname_from_text(text, strlen(text), wire->octets, &wire->name.len, NULL), TG_OK);
    wire->name.wire = wire->octets;
    return wire->name;
}

static int make(void **state)
{
    struct tg_aliases *aliases = tg_aliases_create();

    *state = aliases;
    return aliases == NULL;
}

static int unmake(void **state)
{
    struct tg_aliases *aliases = *state;

    tg_aliases_destroy(&aliases);
    assert_null(aliases);
    tg_aliases_destroy(&aliases);
    tg_aliases_destroy(NULL);
    return 0;
}

static void test_none(void **state)
{
    struct wire wire;

    assert_false(tg_aliases_may_cname(*state, name_of("www.example.com.", &wire), 1));
    assert_false(tg_aliases_may_dname(*state, 1));
    assert_true(tg_aliases_memory() > 0);
}

/* Until the second that was said, and that one as well; the later of two counts. */
static void test_ends(void **state)
{
    struct wire wire;
    const struct tg_name name = name_of("www.example.com.", &wire);

    tg_aliases_cname(*state, name, 1000);
    assert_true(tg_aliases_may_cname(*state, name, 999));
    assert_true(tg_aliases_may_cname(*state, name, 1000));
    assert_false(tg_aliases_may_cname(*state, name, 1001));
    tg_aliases_cname(*state, name, 1002);
    tg_aliases_cname(*state, name, 900);
    assert_true(tg_aliases_may_cname(*state, name, 1002));
    assert_false(tg_aliases_may_cname(*state, name, 1003));
    assert_false(tg_aliases_may_dname(*state, 900));
}

static void test_dname(void **state)
{
    struct wire wire;

    tg_aliases_dname(*state, 1000);
    assert_true(tg_aliases_may_dname(*state, 1000));
    assert_false(tg_aliases_may_dname(*state, 1001));
    assert_false(tg_aliases_may_cname(*state, name_of("www.example.com.", &wire), 1000));
}

static void test_unknown(void **state)
{
    struct wire wire;
    const struct tg_name name = name_of("never.noted.example.", &wire);

    tg_aliases_unknown(*state, 1000);
    assert_true(tg_aliases_may_cname(*state, name, 1000));
    assert_true(tg_aliases_may_dname(*state, 1000));
    assert_false(tg_aliases_may_cname(*state, name, 1001));
    assert_false(tg_aliases_may_dname(*state, 1001));
}

/* RFC 4343: names of each length in any case, with octets of any value, are found. */
static void test_any_case(void **state)
{
    uint8_t lower[TG_DNAME_MAX], mixed[TG_DNAME_MAX];

    for (size_t len = 1; len <= TG_DNAME_MAX; len++) {
        for (size_t i = 0; i < len; i++) {
            lower[i] = (uint8_t)(i * 37 + len);
            if (lower[i] >= 'A' && lower[i] <= 'Z')
                lower[i] |= 0x20;
            mixed[i] =
                i % 3 == 0 && lower[i] >= 'a' && lower[i] <= 'z' ? lower[i] & 0xdf : lower[i];
        }
        tg_aliases_cname(*state, (struct tg_name){lower, len}, 1000);
        assert_true(tg_aliases_may_cname(*state, (struct tg_name){mixed, len}, 1000));
    }
}

/* None of many is forgotten, and most of as many others are told to be none. */
static void test_many(void **state)
{
    char text[64];
    struct wire wire;
    size_t wrong = 0;

    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "w%u.cdn.example.net.", i);
        tg_aliases_cname(*state, name_of(text, &wire), 1000 + i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "w%u.cdn.example.net.", i);
        assert_true(tg_aliases_may_cname(*state, name_of(text, &wire), 1000 + i));
        (void)snprintf(text, sizeof(text), "x%u.cdn.example.net.", i);
        wrong += tg_aliases_may_cname(*state, name_of(text, &wire), 1000);
    }
    assert_true(wrong < MANY / 8);
}

static void number(uint8_t octets[8], unsigned i)
{
    for (size_t k = 0; k < 8; k++)
        octets[k] = (uint8_t)('a' + (i >> 4 * k & 15));
}

/* Aliases of three million names, which a server outside can make: then a look into the cache is no
 * longer spared, but for as long as they last, and in no more memory. */
static void test_full(void **state)
{
    uint8_t octets[] = "\010wwwwwwww\007example";
    const struct tg_name name = {octets, sizeof(octets)};
    size_t may = 0, later = 0;

    for (unsigned i = 0; i < 3000000; i++) {
        number(octets + 1, i);
        tg_aliases_cname(*state, name, 1000);
    }
    for (unsigned i = 1u << 31; i < (1u << 31) + MANY; i++) {
        number(octets + 1, i);
        may += tg_aliases_may_cname(*state, name, 1000);
        later += tg_aliases_may_cname(*state, name, 1001);
    }
    assert_true(may > MANY - MANY / 100);
    assert_int_equal(later, 0);
    assert_true(tg_aliases_memory() < 1100000);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    oom_fail_at(1);
    assert_null(tg_aliases_create());
    assert_true(oom_fired());
    oom_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none, make, unmake),
        cmocka_unit_test_setup_teardown(test_ends, make, unmake),
        cmocka_unit_test_setup_teardown(test_dname, make, unmake),
        cmocka_unit_test_setup_teardown(test_unknown, make, unmake),
        cmocka_unit_test_setup_teardown(test_any_case, make, unmake),
        cmocka_unit_test_setup_teardown(test_many, make, unmake),
        cmocka_unit_test_setup_teardown(test_full, make, unmake),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
