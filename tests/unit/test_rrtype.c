/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "tldguard/rrtype.h"

/* Where our table goes beyond ldns 1.8: types of the IANA registry that came later, or that
 * ldns leaves out of its build. A newer ldns may know them, by the same name. */
static const struct {
    uint16_t type;
    const char *mnemonic;
} beyond_ldns[] = {
    {56, "NINFO"},
    {57, "RKEY"},
    {66, "DSYNC"},
    {67, "HHIT"},
    {68, "BRID"},
    {100, "UINFO"},
    {101, "UID"},
    {102, "GID"},
    {103, "UNSPEC"},
    {128, "NXNAME"},
    {258, "AVC"},
    {259, "DOA"},
    {260, "AMTRELAY"},
    {261, "RESINFO"},
    {262, "WALLET"},
    {263, "CLA"},
    {264, "IPN"},
    {32768, "TA"},
};

static const char *beyond(uint16_t type)
{
    for (size_t i = 0; i < sizeof(beyond_ldns) / sizeof(beyond_ldns[0]); i++) {
        if (beyond_ldns[i].type == type)
            return beyond_ldns[i].mnemonic;
    }
    return NULL;
}

/* All 65536 numbers: what ldns says; where it has only a number, what stands above. */
static void test_as_ldns(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        char *expected = ldns_rr_type2str((ldns_rr_type)type);
        char text[17];

        assert_non_null(expected);
        memset(text, 0x5a, sizeof(text));
        assert_ptr_equal(tg_rrtype_text((uint16_t)type, text), text);
        if (strncmp(expected, "TYPE", 4) == 0 && beyond((uint16_t)type) != NULL)
            assert_string_equal(text, beyond((uint16_t)type));
        else
            assert_string_equal(text, expected);
        assert_int_equal(text[16], 0x5a);
        free(expected);
    }
}

/* RFC 3597: the number without leading zeros, of each length. */
static void test_unknown(void **state)
{
    static const struct {
        uint16_t type;
        const char *text;
    } cases[] = {
        {0, "TYPE0"},
        {54, "TYPE54"},
        {127, "TYPE127"},
        {999, "TYPE999"},
        {1000, "TYPE1000"},
        {9999, "TYPE9999"},
        {10000, "TYPE10000"},
        {65400, "TYPE65400"},
        {65535, "TYPE65535"},
    };
    char text[16];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(tg_rrtype_text(cases[i].type, text), cases[i].text);
}

/* Forms that people write, and those that are none. */
static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int type; /* -1: none */
    } cases[] = {
        /* mnemonics, in any case */
        {"MX", 15},
        {"mx", 15},
        {"Aaaa", 28},
        {"NSAP-PTR", 23},
        {"any", 255},
        /* RFC 3597 5: numbers, of known types as well */
        {"TYPE15", 15},
        {"type0", 0},
        {"TYPE65535", 65535},
        /* too large, empty, with more around or in it */
        {"TYPE65536", -1},
        {"TYPE99999", -1},
        {"TYPE100000", -1},
        {"TYPE4294967311", -1},
        {"TYPE", -1},
        {"TYPE015", -1},
        {"TYPE00", -1},
        {"TYPE-1", -1},
        {"TYPE1 ", -1},
        {" MX", -1},
        {"MX.", -1},
        {"M", -1},
        {"MXX", -1},
        {"15", -1},
        {"", -1},
        {"NOTYPE", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].text);
        char *text = malloc(len + 1); /* not terminated: what stands behind it is not read */
        uint16_t type = 0x5a5a;

        assert_non_null(text);
        memcpy(text, cases[i].text, len);
        if (tg_rrtype_parse(text, len, &type) != (cases[i].type >= 0))
            print_message("'%s'\n", cases[i].text);
        assert_int_equal(type, cases[i].type >= 0 ? cases[i].type : 0x5a5a);
        free(text);
    }
    /* A NUL inside ends nothing. */
    uint16_t type = 0x5a5a;
    assert_false(tg_rrtype_parse("MX\0", 3, &type));
    assert_false(tg_rrtype_parse("A\0", 2, &type));
}

/* All 65536 come back from their text. */
static void test_there_and_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= UINT16_MAX; i++) {
        char text[16];
        uint16_t type = (uint16_t)~i;

        tg_rrtype_text((uint16_t)i, text);
        assert_true(tg_rrtype_parse(text, strlen(text), &type));
        assert_int_equal(type, i);
    }
}

/* RFC 6895 3.1: 0, OPT, 128 to 255 and 65535 are of no record. */
static void test_data(void **state)
{
    static const struct {
        uint16_t type;
        bool data;
    } cases[] = {{0, false}, {1, true}, {40, true}, {41, false}, {42, true}, {127, true},
        {128, false}, {251, false}, {255, false}, {256, true}, {65534, true}, {65535, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(tg_rrtype_is_data(cases[i].type), cases[i].data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_ldns),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_data),
    };

    return cmocka_run_group_tests_name("rrtype", tests, NULL, NULL);
}
