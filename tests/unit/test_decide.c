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

#include "tests/support/gen.h"
#include "tests/support/oracle.h"
#include "tests/support/tmpdir.h"
#include "tldguard/decide.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define CREATED     1795305600

static struct tg_image *compile(const struct tg_policy *policy)
{
    struct tg_image *image = NULL;
    struct tmpdir dir;
    char path[128];

    tmpdir_create(&dir);
    tmpdir_file(&dir, "policy.cdb", path);
    assert_int_equal(tg_image_write(policy, CREATED, path, NULL), TG_OK);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_OK);
    tmpdir_remove(&dir);
    return image;
}

/* A policy with one TLD for each thing a rule can say. */
static struct gen_policy *sample(void)
{
    struct gen_policy *gen = gen_create();
    struct tg_rule *rule;

    rule = gen_tld(gen, "ml", "mil");
    rule->targets[rule->target_count++] = gen_name(gen, "nl");
    rule->severity = TG_SEVERITY_HIGH;
    gen_tld(gen, "cm", "com")->mode = TG_MODE_MAIL_ONLY;
    gen_tld(gen, "co", "com")->mode = TG_MODE_MONITOR;
    gen_tld(gen, "eu", "edu")->mode = TG_MODE_OFF;
    gen_tld(gen, "nd", "net")->action = TG_ACTION_NODATA;
    gen_tld(gen, "rf", "net")->action = TG_ACTION_REFUSED;
    gen_tld(gen, "sh", "net")->action = TG_ACTION_SINKHOLE;
    gen_tld(gen, "longertldname", "mil");
    gen_allow(gen, "orange.ml", false);
    gen_allow(gen, "only.deep.example.ml", true);
    gen_allow(gen, "x.orange.ml", true);
    gen_allow(gen, "good.nd", false);
    gen_allow(gen, "elsewhere.org", false);
    gen->policy.answer.a_count = 1;
    gen->policy.answer.aaaa_count = 1;
    gen->policy.answer.mx = gen_name(gen, "catch.example.net");
    return gen;
}

#define MX   TG_TYPE_MX
#define A    TG_TYPE_A
#define AAAA TG_TYPE_AAAA
#define ANY  TG_TYPE_ANY
#define TXT  16
#define IN   TG_CLASS_IN

static const struct {
    const char *qname;
    uint16_t qtype;
    uint16_t qclass;
    enum tg_reason reason;
    enum tg_reply reply;
    bool report;
    bool partial;
    size_t owner_at;
    const char *owner; /* of the rule, or NULL */
    const char *twin;  /* or NULL */
} cases[] = {
    /* block answers every type; the likeliest target makes the twin. */
    {"army.ml", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml", "army.mil"},
    {"army.ml", MX, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml", "army.mil"},
    {"army.ml", TXT, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml", "army.mil"},
    {"army.nd", MX, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, false, 5, "nd", "army.net"},
    {"army.rf", MX, IN, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, 5, "rf", "army.net"},
    {"a.longertldname", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 2, "longertldname",
        "a.mil"},
    /* A TLD is a whole label, and the last one. */
    {"xml", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"html", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"ml.example.com", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"army\\.ml", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"army\\002ml", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"a.m", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"a.longertldnamf", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {".", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    /* Class: only what IN answers. */
    {"army.ml", MX, 3, TG_REASON_CLASS, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"army.ml", MX, TG_CLASS_ANY, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml",
        "army.mil"},
    /* mail-only answers MX, and ANY, which would disclose it; the rest is not reported. */
    {"army.cm", MX, IN, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, 5, "cm", "army.com"},
    {"army.cm", ANY, IN, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, 5, "cm", "army.com"},
    {"army.cm", A, IN, TG_REASON_TLD, TG_REPLY_PASS, false, false, 5, "cm", "army.com"},
    {"army.cm", AAAA, IN, TG_REASON_TLD, TG_REPLY_PASS, false, false, 5, "cm", "army.com"},
    /* monitor passes and reports, off does neither. */
    {"army.co", MX, IN, TG_REASON_TLD, TG_REPLY_PASS, true, false, 5, "co", "army.com"},
    {"army.co", TXT, IN, TG_REASON_TLD, TG_REPLY_PASS, true, false, 5, "co", "army.com"},
    {"army.eu", MX, IN, TG_REASON_TLD, TG_REPLY_PASS, false, false, 5, "eu", "army.edu"},
    /* sinkhole. */
    {"army.sh", A, IN, TG_REASON_TLD, TG_REPLY_SINKHOLE_A, true, false, 5, "sh", "army.net"},
    {"army.sh", AAAA, IN, TG_REASON_TLD, TG_REPLY_SINKHOLE_AAAA, true, false, 5, "sh", "army.net"},
    {"army.sh", MX, IN, TG_REASON_TLD, TG_REPLY_SINKHOLE_MX, true, false, 5, "sh", "army.net"},
    {"army.sh", ANY, IN, TG_REASON_TLD, TG_REPLY_SINKHOLE_A, true, false, 5, "sh", "army.net"},
    {"army.sh", TXT, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, false, 5, "sh", "army.net"},
    /* An allow wins, for what is below as well ... */
    {"orange.ml", MX, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0, "orange.ml", NULL},
    {"www.orange.ml", MX, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 4, "orange.ml", NULL},
    {"a.b.c.d.orange.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 8, "orange.ml",
        NULL},
    /* ... but not beside it, in whole labels; */
    {"blorange.ml", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 9, "ml", "blorange.mil"},
    {"orange.cm", MX, IN, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, 7, "cm", "orange.com"},
    /* an exact one for the name alone; the longest name wins. */
    {"only.deep.example.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0,
        "only.deep.example.ml", NULL},
    {"x.only.deep.example.ml", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 20, "ml",
        "x.only.deep.example.mil"},
    {"x.orange.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0, "x.orange.ml", NULL},
    {"y.x.orange.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 4, "orange.ml", NULL},
    /* RFC 8020: no NXDOMAIN above an allowed name, at any height. */
    {"deep.example.ml", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 13, "ml",
        "deep.example.mil"},
    {"example.ml", MX, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 8, "ml", "example.mil"},
    {"ml", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 0, "ml", "mil"},
    {"longertldname", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 0, "longertldname",
        "mil"},
    /* Other replies need no change. */
    {"nd", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, false, 0, "nd", "net"},
    /* An allow under a TLD that is not listed says nothing. */
    {"elsewhere.org", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
};

/* Upper-cases every second letter. */
static void mix_case(uint8_t *wire, size_t len)
{
    for (size_t i = 0; i < len; i += 2)
        if (wire[i] >= 'a' && wire[i] <= 'z')
            wire[i] = (uint8_t)(wire[i] - 32);
}

static void check_case(const struct tg_image *image, size_t i, bool mixed)
{
    struct tg_question question = {.qtype = cases[i].qtype, .qclass = cases[i].qclass};
    uint8_t wire[TG_DNAME_MAX];
    char text[TG_DNAME_TEXT_MAX];
    struct tg_verdict verdict;
    size_t len;

    assert_int_equal(
        tg_dname_from_text(cases[i].qname, strlen(cases[i].qname), wire, &len, NULL), TG_OK);
    if (mixed)
        mix_case(wire, len);
    question.qname = (struct tg_name){wire, len};
    memset(&verdict, 0x5a, sizeof(verdict));
    tg_decide(image, &question, &verdict);
    if (verdict.reason != cases[i].reason || verdict.reply != cases[i].reply)
        print_message("case %zu: %s\n", i, cases[i].qname);
    assert_int_equal(verdict.reason, cases[i].reason);
    assert_int_equal(verdict.reply, cases[i].reply);
    assert_int_equal(verdict.report, cases[i].report);
    assert_int_equal(verdict.partial, cases[i].partial);
    assert_int_equal(verdict.owner_at, cases[i].owner_at);
    assert_int_equal(verdict.rule == NULL, cases[i].owner == NULL);
    if (cases[i].owner != NULL) {
        tg_dname_to_text(verdict.rule->owner.wire, verdict.rule->owner.len, text);
        assert_string_equal(text, cases[i].owner);
    }
    assert_int_equal(verdict.twin_len == 0, cases[i].twin == NULL);
    if (cases[i].twin != NULL) {
        tg_dname_to_text(verdict.twin, verdict.twin_len, text);
        assert_string_equal(text, cases[i].twin);
    }
    if (verdict.reason != TG_REASON_TLD) {
        assert_int_equal(verdict.mode, TG_MODE_OFF);
        assert_int_equal(verdict.severity, TG_SEVERITY_LOW);
    } else {
        assert_int_equal(verdict.mode, verdict.rule->mode);
        assert_int_equal(verdict.action, verdict.rule->action);
        assert_int_equal(verdict.severity, verdict.rule->severity);
    }
    /* Of the twin nothing more than its length is written. */
    for (size_t at = verdict.twin_len; at < TG_DNAME_MAX; at++)
        assert_int_equal(verdict.twin[at], 0x5a);
}

/* The header's rules, one by one, in any case. */
static void verdicts(void **state)
{
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_case(image, i, false);
        check_case(image, i, true);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* A sinkhole gives what it has; what it has not is NODATA, but a null MX for
 * mail, which would else go to the address. */
static void sinkholes_with_holes(void **state)
{
    static const struct {
        size_t a;
        size_t aaaa;
        bool mx;
        uint16_t qtype;
        enum tg_reply reply;
    } holes[] = {
        {0, 1, true, A, TG_REPLY_NODATA},
        {0, 1, true, AAAA, TG_REPLY_SINKHOLE_AAAA},
        {0, 1, true, ANY, TG_REPLY_SINKHOLE_AAAA},
        {1, 0, true, AAAA, TG_REPLY_NODATA},
        {1, 0, true, ANY, TG_REPLY_SINKHOLE_A},
        {1, 1, false, MX, TG_REPLY_NULL_MX},
        {0, 0, true, ANY, TG_REPLY_NODATA},
        {0, 0, true, MX, TG_REPLY_SINKHOLE_MX},
        {0, 0, false, MX, TG_REPLY_NULL_MX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(holes); i++) {
        struct gen_policy *gen = sample();
        struct tg_name qname = gen_name(gen, "army.sh");
        struct tg_question question = {qname, holes[i].qtype, IN};
        struct tg_verdict verdict;
        struct tg_image *image;

        gen->policy.answer.a_count = holes[i].a;
        gen->policy.answer.aaaa_count = holes[i].aaaa;
        if (!holes[i].mx)
            gen->policy.answer.mx = (struct tg_name){NULL, 0};
        image = compile(&gen->policy);
        tg_decide(image, &question, &verdict);
        assert_int_equal(verdict.reply, holes[i].reply);
        assert_true(verdict.report);
        tg_image_close(&image);
        gen_free(&gen);
    }
}

/* A twin of 255 octets is a name, one of 256 is none (RFC 1035 2.3.4). */
static void twins_stay_names(void **state)
{
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t len = 250; len <= 255; len++) {
        struct tg_question question = {.qtype = A, .qclass = IN};
        uint8_t wire[TG_DNAME_MAX];
        struct tg_verdict verdict;
        size_t left = len - 4;
        size_t at = 0;

        memset(wire, 'x', sizeof(wire));
        while (left > 0) {
            size_t label = left > 66 ? 63 : left > 64 ? 50 : left - 1;

            wire[at] = (uint8_t)label;
            at += label + 1;
            left -= label + 1;
        }
        memcpy(wire + at, "\2ml", 4);
        question.qname = (struct tg_name){wire, len};
        tg_decide(image, &question, &verdict);
        assert_int_equal(verdict.reply, TG_REPLY_NXDOMAIN);
        assert_int_equal(verdict.owner_at, len - 4);
        assert_int_equal(verdict.twin_len, len < 255 ? len + 1 : 0);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

static void same_verdict(const struct tg_policy *policy, const struct tg_image *image,
    const struct tg_verdict *got, const struct tg_verdict *want)
{
    assert_int_equal(got->reason, want->reason);
    assert_int_equal(got->rule == NULL, want->rule == NULL);
    if (want->rule != NULL)
        assert_ptr_equal(got->rule, tg_image_rule(image, (size_t)(want->rule - policy->rules)));
    assert_int_equal(got->mode, want->mode);
    assert_int_equal(got->action, want->action);
    assert_int_equal(got->severity, want->severity);
    assert_int_equal(got->reply, want->reply);
    assert_int_equal(got->report, want->report);
    assert_int_equal(got->partial, want->partial);
    assert_int_equal(got->owner_at, want->owner_at);
    assert_int_equal(got->twin_len, want->twin_len);
    assert_memory_equal(got->twin, want->twin, want->twin_len);
}

/* The oracle, which reads the rules one by one, agrees: on every reason and
 * reply, for names by chance. */
static void oracle_agrees(void **state)
{
    size_t reasons[TG_REASON_TLD + 1] = {0};
    size_t replies[TG_REPLY_SINKHOLE_MX + 1] = {0};
    size_t partials = 0;
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        struct gen_policy *gen = gen_policy(&seed, i % 10 == 0 ? 300 : 12);
        struct tg_image *image = compile(&gen->policy);

        for (size_t j = 0; j < 500; j++) {
            uint8_t wire[TG_DNAME_MAX];
            struct tg_question question;
            struct tg_verdict got;
            struct tg_verdict want;

            gen_question(&seed, gen, wire, &question);
            tg_decide(image, &question, &got);
            oracle_decide(&gen->policy, &question, &want);
            same_verdict(&gen->policy, image, &got, &want);
            reasons[want.reason]++;
            replies[want.reply]++;
            partials += want.partial;
        }
        tg_image_close(&image);
        gen_free(&gen);
    }
    for (size_t i = 0; i < COUNT(reasons); i++)
        assert_true(reasons[i] > 1000);
    for (size_t i = 0; i < COUNT(replies); i++)
        assert_true(replies[i] > 100);
    assert_true(partials > 300);
}

/* Each reply has its word, any other value "?". */
static void reply_words(void **state)
{
    (void)state;
#define ROW(name, value, word) assert_string_equal(tg_reply_text(name), word);
    TG_REPLY_MAP(ROW)
#undef ROW
    assert_string_equal(tg_reply_text((enum tg_reply)99), "?");
    assert_string_equal(tg_reply_text((enum tg_reply) - 1), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(sinkholes_with_holes),
        cmocka_unit_test(twins_stay_names),
        cmocka_unit_test(oracle_agrees),
        cmocka_unit_test(reply_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
