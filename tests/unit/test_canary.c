/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What a policy makes of its own canary questions. The words: tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gen.h"
#include "tests/support/imagefile.h"
#include "tests/support/oracle.h"
#include "tldguard/canary.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct tg_image *compile(struct imagefile *fix, const struct gen_policy *gen)
{
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    return image;
}

/* The fit for both expectations. */
static void fits(const struct tg_image *image, struct gen_policy *gen, const char *name,
    uint16_t qtype, uint32_t today, enum tg_fit block, enum tg_fit resolve)
{
    struct tg_canary canary = {gen_name(gen, name), qtype, TG_EXPECT_BLOCK};
    struct tg_verdict verdict;

    if (tg_canary_judge(image, &canary, today, &verdict) != block)
        print_message("%s expects block\n", name);
    assert_int_equal(tg_canary_judge(image, &canary, today, &verdict), block);
    canary.expect = TG_EXPECT_RESOLVE;
    assert_int_equal(tg_canary_judge(image, &canary, today, &verdict), resolve);
}

#define BLOCKS   TG_FIT_MEETS, TG_FIT_DENIES
#define RESOLVES TG_FIT_DENIES, TG_FIT_MEETS
#define OPEN     TG_FIT_OPEN, TG_FIT_OPEN

/* Of a twin that is not listed, only what a look-up would make different is open. */
static void twins(void **state)
{
    static const struct {
        enum tg_mode mode;
        enum tg_mode otherwise;
        enum tg_fit mx[2]; /* expecting block, resolve */
        enum tg_fit a[2];
    } cases[] = {
        {TG_MODE_BLOCK, TG_MODE_BLOCK, {BLOCKS}, {BLOCKS}},
        {TG_MODE_BLOCK, TG_MODE_MAIL_ONLY, {BLOCKS}, {OPEN}},
        {TG_MODE_BLOCK, TG_MODE_MONITOR, {OPEN}, {OPEN}},
        {TG_MODE_BLOCK, TG_MODE_OFF, {OPEN}, {OPEN}},
        {TG_MODE_MAIL_ONLY, TG_MODE_BLOCK, {BLOCKS}, {OPEN}},
        {TG_MODE_MAIL_ONLY, TG_MODE_MAIL_ONLY, {BLOCKS}, {RESOLVES}},
        {TG_MODE_MAIL_ONLY, TG_MODE_OFF, {OPEN}, {RESOLVES}},
        {TG_MODE_MONITOR, TG_MODE_OFF, {RESOLVES}, {RESOLVES}},
        {TG_MODE_OFF, TG_MODE_BLOCK, {OPEN}, {OPEN}},
    };
    struct imagefile *fix = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gen_policy *gen = gen_create();
        struct tg_rule *rule = gen_tld(gen, "il", "mil");
        struct tg_image *image;

        rule->twin = TG_TWIN_DNS;
        rule->mode = cases[i].mode;
        rule->otherwise = cases[i].otherwise;
        image = compile(fix, gen);
        fits(image, gen, "x.il", TG_TYPE_MX, 0, cases[i].mx[0], cases[i].mx[1]);
        fits(image, gen, "x.il", TG_TYPE_A, 0, cases[i].a[0], cases[i].a[1]);
        tg_image_close(&image);
        gen_free(&gen);
    }
}

/* The client is 127.0.0.1, by IPv4: no other address, and not nobody. */
static void client(void **state)
{
    static const struct {
        const char *subnet;
        uint8_t length;
        bool holds;
    } cases[] = {{"127.0.0.1", 128, true}, {"127.0.0.0", 104, true}, {"::", 0, true},
        {"127.0.0.2", 128, false}, {"::1", 128, false}, {"10.0.0.0", 104, false}};
    struct imagefile *fix = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gen_policy *gen = gen_create();
        struct tg_image *image;

        gen_tld(gen, "ml", "mil");
        gen_override(gen, gen_group(gen, "here"), NULL, TG_MODE_OFF);
        gen_subnet(gen, gen_address(cases[i].subnet), cases[i].length, 0);
        image = compile(fix, gen);
        if (cases[i].holds)
            fits(image, gen, "x.ml", TG_TYPE_A, 0, RESOLVES);
        else
            fits(image, gen, "x.ml", TG_TYPE_A, 0, BLOCKS);
        tg_image_close(&image);
        gen_free(&gen);
    }
}

/* An allow holds until its last day is over; without a day it has not ended. */
static void days(void **state)
{
    struct imagefile *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_image *image;

    gen_tld(gen, "ml", "mil");
    gen_allow(gen, "orange.ml", false)->until = GEN_TODAY;
    image = compile(fix, gen);
    fits(image, gen, "orange.ml", TG_TYPE_A, GEN_TODAY, RESOLVES);
    fits(image, gen, "orange.ml", TG_TYPE_A, GEN_TODAY + 1, BLOCKS);
    fits(image, gen, "orange.ml", TG_TYPE_A, 0, RESOLVES);
    tg_image_close(&image);
    gen_free(&gen);
}

/* The fit is that of another way to decide, for all that a look-up may tell. */
static enum tg_fit by_oracle(const struct gen_policy *gen, const struct tg_canary *canary)
{
    const struct tg_address host = gen_address("127.0.0.1");
    const struct tg_question question = {canary->qname, canary->qtype, 1, &host, GEN_TODAY};
    size_t met = 0;

    for (int known = TG_KNOWN_NOT; known <= TG_KNOWN_FAILED; known++) {
        struct tg_verdict verdict;

        oracle_decide(&gen->policy, &question, (enum tg_known)known, &verdict);
        met += (verdict.reply != TG_REPLY_PASS) == (canary->expect == TG_EXPECT_BLOCK);
    }
    return met == 0 ? TG_FIT_DENIES : met == 4 ? TG_FIT_MEETS : TG_FIT_OPEN;
}

static void as_decided(void **state)
{
    static const uint16_t types[] = {TG_TYPE_A, TG_TYPE_MX, TG_TYPE_DS, 65400};
    struct imagefile *fix = *state;
    size_t seen[3] = {0};
    uint64_t seed = 5;

    for (size_t i = 0; i < 200; i++) {
        struct gen_policy *gen = gen_policy(&seed, 30, NULL);
        struct tg_image *image = compile(fix, gen);

        for (size_t j = 0; j < 50; j++) {
            uint8_t wire[TG_DNAME_MAX];
            struct tg_address nobody;
            struct tg_question question;
            struct tg_verdict verdict;
            struct tg_canary canary;
            enum tg_fit fit;

            gen_question(&seed, gen, wire, &nobody, &question);
            tg_dname_lower(wire, question.qname.len, wire);
            canary = (struct tg_canary){question.qname, types[gen_below(&seed, COUNT(types))],
                (enum tg_expect)gen_below(&seed, 2)};
            fit = tg_canary_judge(image, &canary, GEN_TODAY, &verdict);
            assert_int_equal(fit, by_oracle(gen, &canary));
            seen[fit]++;
        }
        tg_image_close(&image);
        gen_free(&gen);
    }
    assert_true(seen[TG_FIT_MEETS] > 1000 && seen[TG_FIT_DENIES] > 1000 && seen[TG_FIT_OPEN] > 50);
}

/* One error for each that is denied, where it stands; the others are passed over. */
static void errors(void **state)
{
    static const struct tg_standing at[] = {{"p.yaml", 4, 5, "first"}, {"p.yaml", 5, 5, "second"},
        {"p.yaml", 6, 5, NULL}, {"p.yaml", 7, 5, "fourth"}};
    struct imagefile *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image;

    gen_tld(gen, "ml", "mil");
    gen_canary(gen, "army.ml", TG_TYPE_MX, TG_EXPECT_BLOCK);
    gen_canary(gen, "army.ml", TG_TYPE_A, TG_EXPECT_RESOLVE);
    gen_canary(gen, "army.mil", 65400, TG_EXPECT_BLOCK);
    gen->policy.canaries_at = at;
    image = compile(fix, gen);
    assert_false(tg_canary_check(&gen->policy, image, 0, diags));
    assert_false(tg_canary_check(&gen->policy, image, 0, NULL));
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 2);
    assert_int_equal(tg_diags_kept(diags), 2);
    assert_int_equal(tg_diags_get(diags, 0)->line, 5);
    assert_string_equal(tg_diags_get(diags, 0)->source, "second");
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, "'army.ml' A is expected to resolve"));
    assert_int_equal(tg_diags_get(diags, 1)->line, 6);
    assert_null(tg_diags_get(diags, 1)->source);
    assert_non_null(strstr(tg_diags_get(diags, 1)->text, "'army.mil' TYPE65400 is expected"));
    gen->policy.canary_count = 1;
    assert_true(tg_canary_check(&gen->policy, image, 0, diags));
    assert_int_equal(tg_diags_kept(diags), 2);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    gen_free(&gen);
}

/* What is said fits, however long a name and a group's name are. */
static void long_texts(void **state)
{
    static const struct tg_standing at = {"p.yaml", 4, 5, NULL};
    struct imagefile *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_diags *diags = tg_diags_create();
    char group[TG_TEXT_MAX + 1], name[TG_DNAME_TEXT_MAX] = "";
    struct tg_image *image;

    memset(group, 'g', TG_TEXT_MAX);
    group[TG_TEXT_MAX] = '\0';
    for (size_t i = 0; i < 247; i++) /* with its dots and ".ml": 255 octets */
        strcat(name, i % 62 == 61 ? "\\255." : "\\255");
    strcat(name, ".ml");
    gen_override(gen, gen_group(gen, group), NULL, TG_MODE_OFF);
    gen_subnet(gen, gen_address("127.0.0.1"), 128, 0);
    gen_rule(gen, TG_KIND_BLOCK, name, false);
    gen_canary(gen, name, TG_TYPE_MX, TG_EXPECT_BLOCK);
    gen->policy.canaries_at = &at;
    image = compile(fix, gen);
    assert_false(tg_canary_check(&gen->policy, image, 0, diags));
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, "gg'); correct one of them"));
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    gen_free(&gen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(twins),
        IMAGEFILE_TEST(client),
        IMAGEFILE_TEST(days),
        IMAGEFILE_TEST(as_decided),
        IMAGEFILE_TEST(errors),
        IMAGEFILE_TEST(long_texts),
    };

    return cmocka_run_group_tests_name("canary", tests, NULL, NULL);
}
