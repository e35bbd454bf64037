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

#include "tldguard/event.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_ldns),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests_name("rrtype", tests, NULL, NULL);
}
