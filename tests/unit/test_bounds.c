/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What a question can be made to cost, beside a usual one: by names that are long, and by many
 * subnets. The bounds are stated in SECURITY.md; what lists can bring about is in test_floods.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/costs.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* As many labels of this length and octet as fit in front of an end. */
static struct tg_name longest(uint8_t label, uint8_t octet, const char *end, struct wire *wire)
{
    struct wire tail;
    const struct tg_name last = name_of(end, &tail);
    size_t at = 0;

    while (at + 1 + label + last.len <= TG_DNAME_MAX) {
        wire->octets[at] = label;
        memset(wire->octets + at + 1, octet, label);
        at += 1u + label;
    }
    memcpy(wire->octets + at, last.wire, last.len);
    return (struct tg_name){wire->octets, at + last.len};
}

/* Names made to be costly: as many labels as fit, or as many octets, all to be escaped in the log.
 */
static const struct {
    const char *what;
    uint8_t label, octet;
} shapes[] = {
    {"127 labels", 1, 0},
    {"255 octets", 63, 0},
};

static void ask_shapes(
    struct asked asked, const char *of, const char *end, const char *usual, uint64_t times)
{
    struct wire wire;
    char what[80];
    struct tg_name name = name_of(usual, &wire);
    uint64_t typical, worst = 0;

    asked.names = &name;
    asked.count = 1;
    typical = cost(asked);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        uint64_t found;

        name = longest(shapes[i].label, shapes[i].octet, end, &wire);
        found = cost(asked);
        if (found <= worst)
            continue;
        worst = found;
        (void)snprintf(what, sizeof(what), "%s: %s", of, shapes[i].what);
    }
    within(what, worst, typical, times);
}

/* A policy as most are: names in its lists have few labels. */
static struct gen_policy *usual_policy(void)
{
    struct gen_policy *gen = gen_create();
    char text[64];

    gen_target(gen, gen_tld(gen, "ml", "mil"), "nl");
    gen_tld(gen, "om", "com")->match = TG_MATCH_DIRECT;
    gen_suffix(gen, "com.om", false, false);
    (void)gen_rule(gen, TG_KIND_PROTECT, "army.mil", false);
    (void)gen_allow(gen, "orange.ml", false);
    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned i = 0; i < 2000; i++) {
        (void)snprintf(text, sizeof(text), "w%u.list%u.example", i, i);
        (void)gen_entry(gen, gen->policy.rule_count - 1, text, false);
    }
    return gen;
}

/* No list has a long name: of a long one the last labels alone are looked for. */
static void long_names(void **state)
{
    struct gen_policy *gen = usual_policy();
    struct opened opened = open_for_resolver(*state, gen);
    struct asked asked = {.image = opened.image};

    assert_true(opened.settled);
    ask_shapes(asked, "unlisted TLD", "org", "www.example.org", 20);
    ask_shapes(asked, "near miss", "ml", "www.navy.ml", 6);
    ask_shapes(asked, "near miss of a protected name", "army.ml", "www.army.ml", 6);
    ask_shapes(asked, "in a list", "w7.list7.example", "www.w7.list7.example", 6);
    ask_shapes(asked, "match: direct", "om", "www.navy.om", 6);
    /* An answer may lead to as many names as are judged, and each costs no more than a question. */
    asked.led = true;
    ask_shapes(asked, "unlisted TLD, in an answer", "org", "www.example.org", 20);
    ask_shapes(asked, "near miss, in an answer", "ml", "www.navy.ml", 6);
    asked.led = false;
    asked.written = true;
    ask_shapes(asked, "near miss, with its line", "ml", "www.navy.ml", 8);
    tg_image_close(&opened.image);
    gen_free(&gen);
}

#define TARGETS 3

/* Lists have names of 127 labels wherever one is looked for: as much as a rule of three targets can
 * cost, and each target more adds as much again. Whoever writes no list gets no farther than
 * long_names(). */
static void deepest_policy(void **state)
{
    static const char *const ends[] = {"ml", "mil", "nl", "mail"};
    struct gen_policy *gen = gen_create();
    struct tg_rule *rule = gen_tld(gen, ends[0], ends[1]);
    struct opened opened;
    struct asked asked = {.names = NULL};
    struct wire wire;
    char text[TG_DNAME_TEXT_MAX];

    for (size_t i = 2; i <= TARGETS; i++)
        gen_target(gen, rule, ends[i]);
    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (size_t i = 0; i <= TARGETS; i++) {
        const struct tg_name name = longest(1, 'z', ends[i], &wire);

        (void)tg_dname_to_text(name.wire, name.len, text);
        (void)gen_entry(gen, gen->policy.rule_count - 1, text, true);
    }
    opened = open_for_resolver(*state, gen);
    asked.image = opened.image;
    ask_shapes(asked, "3 targets, lists with names of 127 labels", "ml", "www.navy.ml", 40);
    tg_image_close(&opened.image);
    gen_free(&gen);
}

/* 10.0.0.0/24 and so on, and as many of IPv6 beside them. */
static struct tg_subnet *subnets(size_t count)
{
    struct tg_subnet *list = calloc(count, sizeof(*list));

    assert_non_null(list);
    for (size_t i = 0; i < count; i++) {
        list[i].prefix = gen_address(i % 2 == 0 ? "10.0.0.0" : "2001:db8::");
        list[i].prefix.octets[i % 2 == 0 ? 13 : 5] = (uint8_t)(i >> 9);
        list[i].prefix.octets[i % 2 == 0 ? 14 : 6] = (uint8_t)(i >> 1);
        list[i].length = i % 2 == 0 ? 120 : 56;
        list[i].group = (uint32_t)(i % 100);
    }
    return list;
}

/* The longest prefix is found by halves: ten times the subnets are three or four steps more. */
static void many_subnets(void **state)
{
    static const char *const clients[] = {"10.0.1.1", "2001:db8::1", "192.0.2.1", "::", "fe80::1"};
    struct gen_policy *gen = gen_create();
    struct wire wire;
    const struct tg_name name = name_of("www.navy.ml", &wire);
    uint64_t usual = 0;

    (void)gen_tld(gen, "ml", "mil");
    for (size_t i = 0; i < 100; i++)
        gen_override(gen, gen_group(gen, "group"), NULL, TG_MODE_MONITOR);
    for (size_t count = 100; count <= 100000; count *= 10) {
        struct tg_subnet *list = subnets(count);
        struct opened opened;
        uint64_t worst = 0;
        char what[80];

        gen->policy.subnets = list;
        gen->policy.subnet_count = count;
        opened = open_for_resolver(*state, gen);
        for (size_t i = 0; i < COUNT(clients); i++) {
            const struct tg_address client = gen_address(clients[i]);
            const uint64_t found =
                cost((struct asked){opened.image, &client, &name, 1, NULL, false, false});

            worst = found > worst ? found : worst;
        }
        usual = usual == 0 ? worst : usual;
        (void)snprintf(what, sizeof(what), "%zu subnets", count);
        within(what, worst, usual, 2);
        tg_image_close(&opened.image);
        free(list);
    }
    gen->policy.subnets = NULL;
    gen->policy.subnet_count = 0;
    gen_free(&gen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(long_names),
        IMAGEFILE_TEST(deepest_policy),
        IMAGEFILE_TEST(many_subnets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
