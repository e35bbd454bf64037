/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The words of a verdict (explain.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tldguard/explain.h"

#define NAME(text)                            \
    {                                         \
        (const uint8_t *)(text), sizeof(text) \
    }

static const struct tg_name targets[] = {NAME("\3mil"), NAME("\2nl")};
static const struct tg_rule rule = {.kind = TG_KIND_TLD,
    .owner = NAME("\2ml"),
    .mode = TG_MODE_BLOCK,
    .targets = targets,
    .target_count = 2};
/* A list has no owner; it may have no target either. */
static const struct tg_rule list = {.kind = TG_KIND_BLOCK, .mode = TG_MODE_BLOCK};
static const uint8_t qname[] = "\3wWw\4ARmy\2mL";
static const struct tg_question question = {
    .qname = {qname, sizeof(qname)}, .qtype = 1, .qclass = 1};

static struct tg_verdict verdict_of(const char *twin)
{
    struct tg_verdict v = {
        .reason = TG_REASON_TLD, .rule = &rule, .mode = TG_MODE_BLOCK, .owner_at = 9};

    if (twin)
        assert_int_equal(tg_dname_from_text(twin, strlen(twin), v.twin, &v.twin_len, NULL), TG_OK);
    return v;
}

static void check_verdict(const struct tg_verdict *verdict, const char *contact, const char *want)
{
    const struct tg_answer answer = {.contact = contact};
    char text[TG_EDE_TEXT_MAX];

    assert_int_equal(tg_explain_ede(&question, verdict, &answer, text), strlen(want));
    assert_string_equal(text, want);
}

static void check(const char *twin, const char *contact, const char *want)
{
    const struct tg_verdict verdict = verdict_of(twin);

    check_verdict(&verdict, contact, want);
}

static void test_names_twin_rule_and_contact(void **state)
{
    (void)state;
    check("army.mil", NULL, "look-alike of army.mil (rule ml)");
    check(
        "army.mil", "soc@example.net", "look-alike of army.mil (rule ml); contact soc@example.net");
    /* No twin (it would have been too long): the target alone. */
    check(NULL, NULL, "look-alike of mil (rule ml)");
    /* Octets that would break a line are escaped, as everywhere. */
    check("a\\010b.mil", NULL, "look-alike of a\\010b.mil (rule ml)");
}

/* A rule for names is called by the name that it matched, in lower case. */
static void test_rules_for_names(void **state)
{
    struct tg_verdict verdict = {
        .reason = TG_REASON_BLOCK, .rule = &list, .mode = TG_MODE_BLOCK, .owner_at = 4};

    (void)state;
    check_verdict(&verdict, NULL, "blocked by policy (rule army.ml)");
    check_verdict(
        &verdict, "soc@example.net", "blocked by policy (rule army.ml); contact soc@example.net");
    memcpy(verdict.twin, "\4army\3mil", 10);
    verdict.twin_len = 10;
    check_verdict(&verdict, NULL, "look-alike of army.mil (rule army.ml)");
}

/* A name that the answer leads to is named first; the rule matched a part of it. */
static void test_via(void **state)
{
    static const uint8_t via[] = "\2MX\4army\2ml";
    struct tg_verdict verdict = verdict_of("mx.army.mil");

    (void)state;
    verdict.via = (struct tg_name){via, sizeof(via)};
    verdict.owner_at = 8;
    check_verdict(&verdict, NULL, "leads to mx.army.ml, look-alike of mx.army.mil (rule ml)");
    check_verdict(&verdict, "soc@example.net",
        "leads to mx.army.ml, look-alike of mx.army.mil (rule ml); contact soc@example.net");
    verdict = (struct tg_verdict){.reason = TG_REASON_BLOCK,
        .rule = &list,
        .mode = TG_MODE_BLOCK,
        .owner_at = 3,
        .via = verdict.via};
    check_verdict(&verdict, NULL, "leads to mx.army.ml, blocked by policy (rule army.ml)");
}

/* Three names of 255 octets that take four characters each: within the bound all the same. */
static void test_long_via(void **state)
{
    struct tg_verdict verdict = verdict_of("army.mil");
    const struct tg_answer answer = {0};
    char text[TG_EDE_TEXT_MAX + 1];
    uint8_t via[255] = {0};

    (void)state;
    via[0] = via[64] = via[128] = 63;
    via[192] = 61;
    verdict.via = (struct tg_name){via, sizeof(via)};
    verdict.owner_at = 0;
    text[TG_EDE_TEXT_MAX] = '#';
    assert_int_equal(tg_explain_ede(&question, &verdict, &answer, text), TG_EDE_TEXT_MAX - 1);
    assert_int_equal(strlen(text), TG_EDE_TEXT_MAX - 1);
    assert_int_equal(text[TG_EDE_TEXT_MAX], '#');
    assert_memory_equal(text, "leads to \\000\\000", 17);
    assert_non_null(strstr(text, ", look-alike of army.mil (rule "));
}

/* A twin of up to 120 characters is spelled out; a longer one is named by its TLD. */
static void test_long_twin(void **state)
{
    const size_t dotted = 120 - 4; /* with ".mil" at the end */
    char twin[256], want[300];

    (void)state;
    memset(twin, 'a', sizeof(twin));
    twin[60] = '.';
    memcpy(twin + dotted, ".mil", 5);
    (void)snprintf(want, sizeof(want), "look-alike of %s (rule ml)", twin);
    check(twin, NULL, want);
    memcpy(twin + dotted, "a.mil", 6);
    check(twin, NULL, "look-alike of mil (rule ml)");
}

/* Whatever the contact holds, text and length stay within the bound. */
static void test_cut_at_bound(void **state)
{
    const struct tg_verdict verdict = verdict_of("army.mil");
    struct tg_answer answer = {0};
    char contact[TG_TEXT_MAX + 1], text[TG_EDE_TEXT_MAX + 1];

    (void)state;
    memset(contact, 'c', TG_TEXT_MAX);
    contact[TG_TEXT_MAX] = '\0';
    answer.contact = contact;
    text[TG_EDE_TEXT_MAX] = '#';
    assert_int_equal(tg_explain_ede(&question, &verdict, &answer, text), TG_EDE_TEXT_MAX - 1);
    assert_int_equal(strlen(text), TG_EDE_TEXT_MAX - 1);
    assert_int_equal(text[TG_EDE_TEXT_MAX], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_twin_rule_and_contact),
        cmocka_unit_test(test_rules_for_names),
        cmocka_unit_test(test_via),
        cmocka_unit_test(test_long_via),
        cmocka_unit_test(test_long_twin),
        cmocka_unit_test(test_cut_at_bound),
    };

    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
