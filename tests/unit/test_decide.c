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
/* Where libpsl's data says that TLDs are; without it the rest is still tested. */
#define PUBLIC_SUFFIXES "/usr/share/publicsuffix/public_suffix_list.dat"

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

/* Three groups: one by TLD, one for all, one in a part of the first one's network. */
static void sample_groups(struct gen_policy *gen)
{
    struct tg_group *group = gen_group(gen, "mail-relays");

    gen_override(gen, group, "cm", TG_MODE_BLOCK);
    gen_override(gen, group, "example", TG_MODE_MONITOR);
    gen_override(gen, gen_group(gen, "soc"), NULL, TG_MODE_MONITOR);
    group = gen_group(gen, "lab");
    gen_override(gen, group, "ml", TG_MODE_OFF);
    gen_override(gen, group, NULL, TG_MODE_MAIL_ONLY);
    gen_subnet(gen, gen_address("10.1.2.0"), 120, 0);
    gen_subnet(gen, gen_address("10.9.0.0"), 120, 1);
    gen_subnet(gen, gen_address("10.1.2.128"), 125, 2);
    gen_subnet(gen, gen_address("2001:db8:1::"), 64, 0);
}

/* A policy with one TLD for each thing a rule can say. */
static struct gen_policy *sample(void)
{
    struct gen_policy *gen = gen_create();
    struct tg_rule *rule;

    rule = gen_tld(gen, "ml", "mil");
    gen_target(gen, rule, "nl");
    rule->severity = TG_SEVERITY_HIGH;
    gen_tld(gen, "cm", "com")->mode = TG_MODE_MAIL_ONLY;
    gen_tld(gen, "co", "com")->mode = TG_MODE_MONITOR;
    gen_tld(gen, "eu", "edu")->mode = TG_MODE_OFF;
    gen_tld(gen, "nd", "net")->action = TG_ACTION_NODATA;
    gen_tld(gen, "rf", "net")->action = TG_ACTION_REFUSED;
    gen_tld(gen, "sh", "net")->action = TG_ACTION_SINKHOLE;
    gen_tld(gen, "longertldname", "mil");
    /* What is known of the twin: list, dns. */
    rule = gen_tld(gen, "li", "mil");
    gen_target(gen, rule, "nl");
    rule->twin = TG_TWIN_LIST;
    rule->otherwise = TG_MODE_MAIL_ONLY;
    rule = gen_tld(gen, "dn", "mil");
    rule->twin = TG_TWIN_DNS;
    rule->otherwise = TG_MODE_MONITOR;
    /* Public suffixes. */
    gen_tld(gen, "om", "com")->match = TG_MATCH_DIRECT;
    gen_suffix(gen, "om", false, false); /* says nothing: it is not below itself */
    gen_suffix(gen, "com.om", false, false);
    gen_suffix(gen, "a.b.om", false, false);
    gen_tld(gen, "ck", "cd")->match = TG_MATCH_DIRECT;
    gen_suffix(gen, "ck", true, false);
    gen_suffix(gen, "www.ck", false, true);
    gen_tld(gen, "jq", "jp")->match = TG_MATCH_DIRECT;
    gen_suffix(gen, "kobe.jq", true, false);
    gen_suffix(gen, "city.kobe.jq", false, true);
    gen_allow(gen, "orange.ml", false);
    gen_allow(gen, "only.deep.example.ml", true);
    gen_allow(gen, "x.orange.ml", true);
    gen_allow(gen, "good.nd", false);
    gen_allow(gen, "elsewhere.org", false);
    gen_allow(gen, "past.ml", false)->until = GEN_TODAY - 1;
    gen_allow(gen, "last.ml", false)->until = GEN_TODAY;
    gen_allow(gen, "www.past.ml", true)->until = GEN_TODAY + 1;
    gen_rule(gen, TG_KIND_PROTECT, "army.mil", false);
    gen_rule(gen, TG_KIND_PROTECT, "only.mil", true);
    gen_rule(gen, TG_KIND_PROTECT, "navy.nl", false);
    gen_target(gen, gen_rule(gen, TG_KIND_BLOCK, "rnil.example", false), "mil.example");
    gen_rule(gen, TG_KIND_BLOCK, "one.example", true)->action = TG_ACTION_NODATA;
    gen_rule(gen, TG_KIND_BLOCK, NULL, false)->severity = TG_SEVERITY_CRITICAL;
    gen_entry(gen, gen->policy.rule_count - 1, "listed.example", false);
    gen_entry(gen, gen->policy.rule_count - 1, "sub.rnil.example", false);
    gen_entry(gen, gen->policy.rule_count - 1, "bad.cm", false);
    gen_allow(gen, "good.rnil.example", false);
    gen->policy.answer.a_count = 1;
    gen->policy.answer.aaaa_count = 1;
    gen->policy.answer.mx = gen_name(gen, "catch.example.net");
    sample_groups(gen);
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
    const char *owner; /* the part of qname that the rule matched, or NULL */
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
    /* ... and the chain of keys down to it stays whole (RFC 4035 5). */
    {"ml", TG_TYPE_DS, IN, TG_REASON_TLD, TG_REPLY_PASS, false, true, 0, "ml", "mil"},
    {"ml", TG_TYPE_DNSKEY, IN, TG_REASON_TLD, TG_REPLY_PASS, false, true, 0, "ml", "mil"},
    {"army.ml", TG_TYPE_DS, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml", "army.mil"},
    {"longertldname", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 0, "longertldname",
        "mil"},
    /* Other replies need no change. */
    {"nd", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, false, 0, "nd", "net"},
    /* An allow wins also where no TLD is listed. */
    {"elsewhere.org", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0, "elsewhere.org",
        NULL},
    {"org", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    /* An allow applies to its last day; a shorter one, or the TLD's rule, follows. */
    {"a.past.ml", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 7, "ml", "a.past.mil"},
    {"last.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0, "last.ml", NULL},
    {"www.past.ml", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 0, "www.past.ml", NULL},
    {"past.ml", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 5, "ml", "past.mil"},
    /* A protected name is left alone, and all below it. */
    {"army.mil", MX, IN, TG_REASON_PROTECT, TG_REPLY_PASS, false, false, 0, "army.mil", NULL},
    {"a.army.mil", MX, IN, TG_REASON_PROTECT, TG_REPLY_PASS, false, false, 2, "army.mil", NULL},
    {"a.only.mil", MX, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    /* A block: of a name and all below it, or of the name alone; the longest name wins. */
    {"rnil.example", A, IN, TG_REASON_BLOCK, TG_REPLY_NODATA, true, true, 0, "rnil.example",
        "mil.example"},
    {"a.rnil.example", A, IN, TG_REASON_BLOCK, TG_REPLY_NXDOMAIN, true, false, 2, "rnil.example",
        "a.mil.example"},
    {"a.sub.rnil.example", A, IN, TG_REASON_BLOCK, TG_REPLY_NXDOMAIN, true, false, 2,
        "sub.rnil.example", NULL},
    {"one.example", A, IN, TG_REASON_BLOCK, TG_REPLY_NODATA, true, false, 0, "one.example", NULL},
    {"a.one.example", A, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    {"listed.example", MX, IN, TG_REASON_BLOCK, TG_REPLY_NXDOMAIN, true, false, 0, "listed.example",
        NULL},
    {"example", MX, IN, TG_REASON_NONE, TG_REPLY_PASS, false, false, 0, NULL, NULL},
    /* ... before the TLD's rule, and behind an allow. */
    {"bad.cm", A, IN, TG_REASON_BLOCK, TG_REPLY_NXDOMAIN, true, false, 0, "bad.cm", NULL},
    {"a.good.rnil.example", A, IN, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, 2,
        "good.rnil.example", NULL},
    /* match: direct: not what is a public suffix, or below one. */
    {"army.om", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "om", "army.com"},
    {"com.om", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 0, "com.om", NULL},
    {"x.y.com.om", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 4, "com.om", NULL},
    {"xcom.om", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "om", "xcom.com"},
    {"c.b.om", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 4, "om", "c.b.com"},
    {"a.b.om", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 0, "a.b.om", NULL},
    /* RFC 8020: nor may NXDOMAIN deny a suffix below. */
    {"b.om", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 2, "om", "b.com"},
    {"om", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 0, "om", "com"},
    /* Wildcards and exceptions (https://publicsuffix.org/list/). */
    {"co.ck", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 0, "co.ck", NULL},
    {"a.co.ck", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 2, "co.ck", NULL},
    {"www.ck", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 4, "ck", "www.cd"},
    {"a.www.ck", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 6, "ck", "a.www.cd"},
    {"ck", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 0, "ck", "cd"},
    {"a.kobe.jq", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 0, "a.kobe.jq", NULL},
    {"b.a.kobe.jq", A, IN, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, 2, "a.kobe.jq", NULL},
    {"kobe.jq", A, IN, TG_REASON_TLD, TG_REPLY_NODATA, true, true, 5, "jq", "kobe.jp"},
    {"city.kobe.jq", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 10, "jq",
        "city.kobe.jp"},
    /* Without a question about the twin, the protected target still makes it. */
    {"navy.ml", A, IN, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, 5, "ml", "navy.nl"},
};

/* What is known of the twin decides between mode and otherwise; a group overrides both. */
static const struct {
    const char *qname;
    const char *client; /* or NULL */
    enum tg_known known;
    enum tg_mode mode;
    const char *group; /* or NULL */
    const char *twin;
} modes[] = {
    /* At or below a protected name, in whole labels; an exact one is the name alone. */
    {"army.li", NULL, TG_KNOWN_LISTED, TG_MODE_BLOCK, NULL, "army.mil"},
    {"mail.army.li", NULL, TG_KNOWN_LISTED, TG_MODE_BLOCK, NULL, "mail.army.mil"},
    {"xarmy.li", NULL, TG_KNOWN_NOT, TG_MODE_MAIL_ONLY, NULL, "xarmy.mil"},
    {"li", NULL, TG_KNOWN_NOT, TG_MODE_MAIL_ONLY, NULL, "mil"},
    {"only.li", NULL, TG_KNOWN_LISTED, TG_MODE_BLOCK, NULL, "only.mil"},
    {"a.only.li", NULL, TG_KNOWN_NOT, TG_MODE_MAIL_ONLY, NULL, "a.only.mil"},
    /* Under the first target that is protected, else under the first. */
    {"navy.li", NULL, TG_KNOWN_LISTED, TG_MODE_BLOCK, NULL, "navy.nl"},
    {"army.dn", NULL, TG_KNOWN_LISTED, TG_MODE_BLOCK, NULL, "army.mil"},
    {"other.dn", NULL, TG_KNOWN_ASK, TG_MODE_MONITOR, NULL, "other.mil"},
    {"army.ml", NULL, TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK, NULL, "army.mil"},
    /* A group: for this TLD before for all; the longest prefix; what is in no group. */
    {"army.cm", "10.1.2.3", TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK, "mail-relays", "army.com"},
    {"army.cm", "10.1.3.3", TG_KNOWN_NOT_ASKED, TG_MODE_MAIL_ONLY, NULL, "army.com"},
    {"army.cm", "2001:db8:1::7", TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK, "mail-relays", "army.com"},
    {"army.cm", "2001:db8:2::7", TG_KNOWN_NOT_ASKED, TG_MODE_MAIL_ONLY, NULL, "army.com"},
    {"army.ml", "10.1.2.3", TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK, NULL, "army.mil"},
    {"army.ml", "10.9.0.7", TG_KNOWN_NOT_ASKED, TG_MODE_MONITOR, "soc", "army.mil"},
    {"army.li", "10.9.0.7", TG_KNOWN_LISTED, TG_MODE_MONITOR, "soc", "army.mil"},
    {"army.ml", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_OFF, "lab", "army.mil"},
    {"army.cm", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_MAIL_ONLY, "lab", "army.com"},
    /* Of a block too, whose TLD is the name's last label. */
    {"rnil.example", "10.1.2.3", TG_KNOWN_NOT_ASKED, TG_MODE_MONITOR, "mail-relays", "mil.example"},
    {"rnil.example", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_MAIL_ONLY, "lab", "mil.example"},
    {"bad.cm", "10.1.2.3", TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK, "mail-relays", NULL},
    /* Not of what passes anyway. */
    {"orange.ml", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_OFF, NULL, NULL},
    {"army.mil", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_OFF, NULL, NULL},
    {"com.om", "10.1.2.129", TG_KNOWN_NOT_ASKED, TG_MODE_OFF, NULL, NULL},
};

static void same_twin(const struct tg_verdict *verdict, const char *want)
{
    char text[TG_DNAME_TEXT_MAX];

    assert_int_equal(verdict->twin_len == 0, want == NULL);
    if (want == NULL)
        return;
    tg_dname_to_text(verdict->twin, verdict->twin_len, text);
    assert_string_equal(text, want);
}

static void known_and_groups(void **state)
{
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct tg_question question = {
            .qname = gen_name(gen, modes[i].qname), .qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
        struct tg_address client;
        struct tg_verdict verdict;

        if (modes[i].client != NULL) {
            client = gen_address(modes[i].client);
            question.client = &client;
        }
        tg_decide(image, &question, &verdict);
        if (verdict.mode != modes[i].mode || verdict.known != modes[i].known)
            print_message("mode %zu: %s\n", i, modes[i].qname);
        assert_int_equal(verdict.known, modes[i].known);
        assert_int_equal(verdict.mode, modes[i].mode);
        assert_int_equal(verdict.group == NULL, modes[i].group == NULL);
        if (modes[i].group != NULL)
            assert_string_equal(verdict.group->name, modes[i].group);
        same_twin(&verdict, modes[i].twin);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* What a look-up told replaces "only a look-up can tell", and nothing else. */
static void look_ups_tell(void **state)
{
    static const struct {
        const char *qname;
        enum tg_known asked;
        enum tg_known known;
        enum tg_mode mode;
    } told[] = {
        {"other.dn", TG_KNOWN_FOUND, TG_KNOWN_FOUND, TG_MODE_BLOCK},
        {"other.dn", TG_KNOWN_NOT, TG_KNOWN_NOT, TG_MODE_MONITOR},
        {"other.dn", TG_KNOWN_FAILED, TG_KNOWN_FAILED, TG_MODE_MONITOR},
        {"other.dn", TG_KNOWN_ASK, TG_KNOWN_ASK, TG_MODE_MONITOR},
        {"army.dn", TG_KNOWN_NOT, TG_KNOWN_LISTED, TG_MODE_BLOCK},
        {"army.dn", TG_KNOWN_FAILED, TG_KNOWN_LISTED, TG_MODE_BLOCK},
        {"xarmy.li", TG_KNOWN_FOUND, TG_KNOWN_NOT, TG_MODE_MAIL_ONLY},
        {"army.ml", TG_KNOWN_NOT, TG_KNOWN_NOT_ASKED, TG_MODE_BLOCK},
    };
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t i = 0; i < COUNT(told); i++) {
        struct tg_question question = {
            .qname = gen_name(gen, told[i].qname), .qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
        struct tg_verdict verdict;

        tg_decide_known(image, &question, told[i].asked, &verdict);
        assert_int_equal(verdict.known, told[i].known);
        assert_int_equal(verdict.mode, told[i].mode);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* Without a day no allow has ended. */
static void no_day(void **state)
{
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);
    struct tg_question question = {
        .qname = gen_name(gen, "past.ml"), .qtype = TG_TYPE_A, .qclass = TG_CLASS_IN};
    struct tg_verdict verdict;

    (void)state;
    tg_decide(image, &question, &verdict);
    assert_int_equal(verdict.reason, TG_REASON_ALLOW);
    question.today = UINT32_MAX;
    tg_decide(image, &question, &verdict);
    assert_int_equal(verdict.reason, TG_REASON_TLD);
    tg_image_close(&image);
    gen_free(&gen);
}

/* Upper-cases every second letter. */
static void mix_case(uint8_t *wire, size_t len)
{
    for (size_t i = 0; i < len; i += 2)
        if (wire[i] >= 'a' && wire[i] <= 'z')
            wire[i] = (uint8_t)(wire[i] - 32);
}

static void check_case(const struct tg_image *image, size_t i, bool mixed)
{
    struct tg_question question = {
        .qtype = cases[i].qtype, .qclass = cases[i].qclass, .today = GEN_TODAY};
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
        tg_dname_lower(wire, len, wire);
        tg_dname_to_text(wire + verdict.owner_at, len - verdict.owner_at, text);
        assert_string_equal(text, cases[i].owner);
        assert_true(verdict.rule->owner.len == 0 || verdict.reason == TG_REASON_SUFFIX ||
                    tg_dname_equal(verdict.rule->owner,
                        (struct tg_name){wire + verdict.owner_at, len - verdict.owner_at}));
    }
    same_twin(&verdict, cases[i].twin);
    assert_null(verdict.group);
    assert_int_equal(verdict.via.len, 0);
    assert_ptr_equal(tg_verdict_name(&question, &verdict).wire, wire);
    if (verdict.reason != TG_REASON_TLD && verdict.reason != TG_REASON_BLOCK) {
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
        struct tg_question question = {.qname = qname, .qtype = holes[i].qtype, .qclass = IN};
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

#define CNAME TG_TYPE_CNAME
#define SRV   33
#define NS    2
#define HTTPS 65

/* The name that was asked is no rule's: each row is a target, how it is led to, and the reply. */
static const struct {
    const char *target;
    enum tg_lead lead;
    uint16_t qtype; /* that was asked */
    enum tg_reason reason;
    enum tg_reply reply;
    bool report;
    bool partial;
    const char *twin; /* of the target, or NULL */
} leads[] = {
    /* An alias: as a question for that type, with the rule's own reply (RFC 6604). */
    {"army.ml", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, "army.mil"},
    {"army.ml", TG_LEAD_CNAME, MX, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, "army.mil"},
    {"army.ml", TG_LEAD_CNAME, TXT, TG_REASON_TLD, TG_REPLY_NXDOMAIN, true, false, "army.mil"},
    {"army.nd", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.rf", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, "army.net"},
    {"army.sh", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_SINKHOLE_A, true, false, "army.net"},
    {"army.sh", TG_LEAD_CNAME, AAAA, TG_REASON_TLD, TG_REPLY_SINKHOLE_AAAA, true, false,
        "army.net"},
    {"army.sh", TG_LEAD_CNAME, MX, TG_REASON_TLD, TG_REPLY_SINKHOLE_MX, true, false, "army.net"},
    {"army.sh", TG_LEAD_CNAME, TXT, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.cm", TG_LEAD_CNAME, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "army.com"},
    {"army.cm", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.com"},
    {"army.co", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_PASS, true, false, "army.com"},
    {"army.eu", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.edu"},
    /* ... above an allowed name without NXDOMAIN, and with its keys, as ever. */
    {"example.ml", TG_LEAD_CNAME, A, TG_REASON_TLD, TG_REPLY_NODATA, true, true, "example.mil"},
    {"example.ml", TG_LEAD_CNAME, TG_TYPE_DS, TG_REASON_TLD, TG_REPLY_PASS, false, true,
        "example.mil"},
    /* RFC 1034 3.6.2: an alias that was asked for is not followed. */
    {"army.ml", TG_LEAD_CNAME, CNAME, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    /* Of what is there, an answer to ANY has some: mail alone is followed. */
    {"army.ml", TG_LEAD_CNAME, ANY, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    {"army.ml", TG_LEAD_SRV, ANY, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    {"army.ml", TG_LEAD_NS, ANY, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    {"army.ml", TG_LEAD_SVCB, ANY, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    /* MX: mail goes to the target, whatever was asked; RFC 7505, RFC 5321 5.1. */
    {"army.ml", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "army.mil"},
    {"army.ml", TG_LEAD_MX, ANY, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "army.mil"},
    {"army.nd", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "army.net"},
    {"army.rf", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, "army.net"},
    {"army.sh", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_SINKHOLE_MX, true, false, "army.net"},
    {"army.cm", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "army.com"},
    {"army.co", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_PASS, true, false, "army.com"},
    {"army.eu", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.edu"},
    {"example.ml", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "example.mil"},
    {".", TG_LEAD_MX, MX, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    /* SRV: people go to the target's address; mail-only has no say in that. */
    {"army.ml", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_NULL_SRV, true, false, "army.mil"},
    {"army.nd", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_NULL_SRV, true, false, "army.net"},
    {"army.rf", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, "army.net"},
    {"army.sh", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_NULL_SRV, true, false, "army.net"},
    {"army.cm", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.com"},
    {"army.co", TG_LEAD_SRV, SRV, TG_REASON_TLD, TG_REPLY_PASS, true, false, "army.com"},
    {".", TG_LEAD_SRV, SRV, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
    /* NS, HTTPS and SVCB: there is nothing of the type. */
    {"army.ml", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.mil"},
    {"army.nd", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.rf", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, "army.net"},
    {"army.sh", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.cm", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.com"},
    {"army.co", TG_LEAD_NS, NS, TG_REASON_TLD, TG_REPLY_PASS, true, false, "army.com"},
    {"army.ml", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.mil"},
    {"army.nd", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.rf", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_REFUSED, true, false, "army.net"},
    {"army.sh", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "army.net"},
    {"army.cm", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_PASS, false, false, "army.com"},
    {"army.co", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_PASS, true, false, "army.com"},
    {"example.ml", TG_LEAD_SVCB, HTTPS, TG_REASON_TLD, TG_REPLY_NODATA, true, false, "example.mil"},
    /* What speaks of the target says so: allow, protect, block, a public suffix, nothing. */
    {"www.orange.ml", TG_LEAD_CNAME, A, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, NULL},
    {"mx.orange.ml", TG_LEAD_MX, MX, TG_REASON_ALLOW, TG_REPLY_PASS, false, false, NULL},
    {"a.past.ml", TG_LEAD_MX, MX, TG_REASON_TLD, TG_REPLY_NULL_MX, true, false, "a.past.mil"},
    {"mx.army.mil", TG_LEAD_MX, MX, TG_REASON_PROTECT, TG_REPLY_PASS, false, false, NULL},
    {"mx.rnil.example", TG_LEAD_MX, MX, TG_REASON_BLOCK, TG_REPLY_NULL_MX, true, false,
        "mx.mil.example"},
    {"listed.example", TG_LEAD_SRV, SRV, TG_REASON_BLOCK, TG_REPLY_NULL_SRV, true, false, NULL},
    {"a.com.om", TG_LEAD_MX, MX, TG_REASON_SUFFIX, TG_REPLY_PASS, false, false, NULL},
    {"mx.example.org", TG_LEAD_MX, MX, TG_REASON_NONE, TG_REPLY_PASS, false, false, NULL},
};

/* The header's table, whatever the case of the target; the name that was asked has no part in it.
 */
static void answers_lead(void **state)
{
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(leads); i++) {
        size_t row = i / 2;
        struct tg_question asked = {.qname = gen_name(gen, i % 2 == 0 ? "army.mil" : "x.ml"),
            .qtype = leads[row].qtype,
            .qclass = IN,
            .today = GEN_TODAY};
        uint8_t wire[TG_DNAME_MAX];
        struct tg_verdict verdict;
        size_t len;

        assert_int_equal(
            tg_dname_from_text(leads[row].target, strlen(leads[row].target), wire, &len, NULL),
            TG_OK);
        if (i % 2 == 0)
            mix_case(wire, len);
        memset(&verdict, 0x5a, sizeof(verdict));
        tg_decide_lead(
            image, &asked, leads[row].lead, (struct tg_name){wire, len}, TG_KNOWN_ASK, &verdict);
        if (verdict.reply != leads[row].reply || verdict.reason != leads[row].reason)
            print_message("lead %zu: %s\n", row, leads[row].target);
        assert_int_equal(verdict.reason, leads[row].reason);
        assert_int_equal(verdict.reply, leads[row].reply);
        assert_int_equal(verdict.report, leads[row].report);
        assert_int_equal(verdict.partial, leads[row].partial);
        assert_ptr_equal(verdict.via.wire, wire);
        assert_int_equal(verdict.via.len, len);
        assert_ptr_equal(tg_verdict_name(&asked, &verdict).wire, wire);
        same_twin(&verdict, leads[row].twin);
        for (size_t at = verdict.twin_len; at < TG_DNAME_MAX; at++)
            assert_int_equal(verdict.twin[at], 0x5a);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* The client who asked, the class, and what is known of the target's twin count as ever. */
static void leads_are_asked_by_somebody(void **state)
{
    static const struct {
        const char *target;
        const char *client; /* or NULL */
        uint16_t qclass;
        enum tg_known known;
        enum tg_mode mode;
        enum tg_reply reply;
    } rows[] = {
        {"mx.army.ml", NULL, IN, TG_KNOWN_ASK, TG_MODE_BLOCK, TG_REPLY_NULL_MX},
        {"mx.army.ml", "10.9.0.7", IN, TG_KNOWN_ASK, TG_MODE_MONITOR, TG_REPLY_PASS},
        {"mx.army.ml", "10.1.2.129", IN, TG_KNOWN_ASK, TG_MODE_OFF, TG_REPLY_PASS},
        {"mx.rnil.example", "10.1.2.3", IN, TG_KNOWN_ASK, TG_MODE_MONITOR, TG_REPLY_PASS},
        {"mx.army.ml", NULL, 3, TG_KNOWN_ASK, TG_MODE_OFF, TG_REPLY_PASS},
        {"mx.army.ml", NULL, TG_CLASS_ANY, TG_KNOWN_ASK, TG_MODE_BLOCK, TG_REPLY_NULL_MX},
        {"other.dn", NULL, IN, TG_KNOWN_ASK, TG_MODE_MONITOR, TG_REPLY_PASS},
        {"other.dn", NULL, IN, TG_KNOWN_NOT, TG_MODE_MONITOR, TG_REPLY_PASS},
        {"other.dn", NULL, IN, TG_KNOWN_FAILED, TG_MODE_MONITOR, TG_REPLY_PASS},
        {"other.dn", NULL, IN, TG_KNOWN_FOUND, TG_MODE_BLOCK, TG_REPLY_NULL_MX},
    };
    struct gen_policy *gen = sample();
    struct tg_image *image = compile(&gen->policy);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tg_question asked = {
            .qname = gen_name(gen, "army.mil"), .qtype = MX, .qclass = rows[i].qclass};
        struct tg_address client;
        struct tg_verdict verdict;

        if (rows[i].client != NULL) {
            client = gen_address(rows[i].client);
            asked.client = &client;
        }
        tg_decide_lead(
            image, &asked, TG_LEAD_MX, gen_name(gen, rows[i].target), rows[i].known, &verdict);
        assert_int_equal(verdict.mode, rows[i].mode);
        assert_int_equal(verdict.reply, rows[i].reply);
        if (verdict.known != TG_KNOWN_NOT_ASKED)
            assert_int_equal(verdict.known, rows[i].known);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* One label more than the target, which may have several; a TLD or a block has none. */
static void twin_domains(void **state)
{
    static const struct {
        const char *qname;
        const char *domain; /* or NULL */
    } rows[] = {
        {"army.ml", "army.mil"},
        {"mail.army.ml", "army.mil"},
        {"a.b.mail.army.ml", "army.mil"},
        {"army.gk", "army.gov.uk"},
        {"a.army.gk", "army.gov.uk"},
        {"ml", NULL},
        {"gk", NULL},
        {"a.rnil.example", NULL},
        {"www.orange.ml", NULL},
        {"a.com.om", NULL},
        {"example.org", NULL},
    };
    struct gen_policy *gen = sample();
    struct tg_image *image;

    (void)state;
    gen_tld(gen, "gk", "gov.uk");
    image = compile(&gen->policy);
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        const char *want = rows[i / 2].domain;
        struct tg_question question = {
            .qname = gen_name(gen, rows[i / 2].qname), .qtype = A, .qclass = IN};
        struct tg_question asked = {.qname = gen_name(gen, "a.b.c"), .qtype = MX, .qclass = IN};
        struct tg_name domain = {NULL, 99};
        struct tg_verdict verdict;
        char text[TG_DNAME_TEXT_MAX];

        if (i % 2 == 0)
            tg_decide(image, &question, &verdict);
        else
            tg_decide_lead(image, &asked, TG_LEAD_MX, question.qname, TG_KNOWN_ASK, &verdict);
        assert_int_equal(tg_verdict_twin_domain(&verdict, &domain), want != NULL);
        if (want == NULL) {
            assert_true(domain.wire == NULL && domain.len == 99);
            continue;
        }
        tg_dname_to_text(domain.wire, domain.len, text);
        assert_string_equal(text, want);
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
    assert_int_equal(got->group == NULL, want->group == NULL);
    if (want->group != NULL)
        assert_ptr_equal(got->group, tg_image_group(image, (size_t)(want->group - policy->groups)));
    assert_int_equal(got->known, want->known);
    assert_int_equal(got->mode, want->mode);
    assert_int_equal(got->action, want->action);
    assert_int_equal(got->severity, want->severity);
    assert_int_equal(got->reply, want->reply);
    assert_int_equal(got->report, want->report);
    assert_int_equal(got->partial, want->partial);
    assert_ptr_equal(got->via.wire, want->via.wire);
    assert_int_equal(got->via.len, want->via.len);
    assert_int_equal(got->owner_at, want->owner_at);
    assert_int_equal(got->twin_len, want->twin_len);
    assert_memory_equal(got->twin, want->twin, want->twin_len);
}

/* How often each thing was seen. */
struct seen {
    size_t reasons[TG_REASON_PROTECT + 1];
    size_t replies[TG_REPLY_SINKHOLE_MX + 1];
    size_t leads[TG_LEAD_SVCB + 1][TG_REPLY_NULL_SRV + 1];
    size_t known[TG_KNOWN_FAILED + 1];
    size_t partials;
    size_t groups;
};

static const enum tg_known told[] = {TG_KNOWN_FOUND, TG_KNOWN_NOT, TG_KNOWN_FAILED};

/* A name by chance that the answer to another question leads to. */
static void compare_lead(uint64_t *seed, const struct gen_policy *gen, const struct tg_image *image,
    struct tg_question asked, struct seen *seen)
{
    enum tg_lead lead = (enum tg_lead)gen_below(seed, TG_LEAD_SVCB + 1);
    enum tg_known known = TG_KNOWN_ASK;
    struct tg_address client;
    uint8_t wire[TG_DNAME_MAX];
    struct tg_question question;
    struct tg_verdict got;
    struct tg_verdict want;

    if (gen_below(seed, 2) == 0)
        known = told[gen_below(seed, 3)];
    gen_question(seed, gen, wire, &client, &question);
    tg_decide_lead(image, &asked, lead, question.qname, known, &got);
    oracle_decide_lead(&gen->policy, &asked, lead, question.qname, known, &want);
    same_verdict(&gen->policy, image, &got, &want);
    seen->leads[lead][want.reply]++;
}

static void compare(uint64_t *seed, const struct gen_policy *gen, const struct tg_image *image,
    size_t questions, struct seen *seen)
{
    for (size_t i = 0; i < questions; i++) {
        struct tg_address client;
        uint8_t wire[TG_DNAME_MAX];
        struct tg_question question;
        struct tg_verdict got;
        struct tg_verdict want;

        gen_question(seed, gen, wire, &client, &question);
        tg_decide(image, &question, &got);
        oracle_decide(&gen->policy, &question, TG_KNOWN_ASK, &want);
        same_verdict(&gen->policy, image, &got, &want);
        seen->reasons[want.reason]++;
        seen->replies[want.reply]++;
        seen->known[want.known]++;
        seen->partials += want.partial;
        seen->groups += want.group != NULL;
        compare_lead(seed, gen, image, question, seen);
        if (want.known != TG_KNOWN_ASK)
            continue;
        tg_decide_known(image, &question, told[i % 3], &got);
        oracle_decide(&gen->policy, &question, told[i % 3], &want);
        same_verdict(&gen->policy, image, &got, &want);
        seen->known[want.known]++;
    }
}

/* The oracle, which reads the rules one by one, agrees: on every reason and
 * reply, for policies, clients and names by chance; 500,000 of them, half of them of images that
 * were settled. */
static void oracle_agrees(void **state)
{
    struct gen_delegated *delegated = gen_delegated(PUBLIC_SUFFIXES);
    struct seen seen = {.partials = 0};
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        struct gen_policy *gen = gen_policy(&seed, i % 10 == 0 ? 200 : 12, delegated);
        struct tg_image *image = compile(&gen->policy);
        struct tg_image *settled;

        compare(&seed, gen, image, 260, &seen);
        settled = tg_image_settle(image);
        assert_non_null(settled);
        tg_image_close(&image);
        compare(&seed, gen, settled, 260, &seen);
        tg_image_close(&settled);
        gen_free(&gen);
    }
    for (size_t i = 0; i < COUNT(seen.reasons); i++)
        assert_true(seen.reasons[i] > 5000);
    for (size_t i = 0; i < COUNT(seen.replies); i++)
        assert_true(seen.replies[i] > 500);
    for (size_t i = 0; i < COUNT(seen.known); i++)
        assert_true(seen.known[i] > 2000);
    for (size_t i = 0; i < COUNT(seen.leads); i++)
        assert_true(seen.leads[i][TG_REPLY_PASS] > 500 && seen.leads[i][TG_REPLY_REFUSED] > 500);
    for (size_t i = 0; i < COUNT(seen.replies); i++)
        assert_true(seen.leads[TG_LEAD_CNAME][i] > 50);
    assert_true(seen.leads[TG_LEAD_MX][TG_REPLY_NULL_MX] > 500);
    assert_true(seen.leads[TG_LEAD_MX][TG_REPLY_SINKHOLE_MX] > 500);
    assert_true(seen.leads[TG_LEAD_SRV][TG_REPLY_NULL_SRV] > 500);
    assert_true(seen.leads[TG_LEAD_NS][TG_REPLY_NODATA] > 500);
    assert_true(seen.leads[TG_LEAD_SVCB][TG_REPLY_NODATA] > 500);
    assert_true(seen.partials > 1000);
    assert_true(seen.groups > 5000);
    gen_delegated_free(&delegated);
}

/* Every TLD there is: with a rule of its own, the name is under it and under no other. */
static void every_delegated_tld(void **state)
{
    struct gen_delegated *delegated = gen_delegated(PUBLIC_SUFFIXES);
    struct gen_policy *gen = gen_create();
    struct tg_image *image;

    (void)state;
    if (delegated == NULL) {
        gen_free(&gen);
        skip();
    }
    assert_true(delegated->count > 1000);
    for (size_t i = 0; i < delegated->count; i += 2)
        gen_tld(gen, delegated->names[i], "mil");
    image = compile(&gen->policy);
    for (size_t i = 0; i < delegated->count; i++) {
        struct tg_question question = {.qtype = A, .qclass = IN};
        struct tg_verdict verdict;
        char text[128];

        snprintf(text, sizeof(text), "army.%s", delegated->names[i]);
        question.qname = gen_name(gen, text);
        tg_decide(image, &question, &verdict);
        assert_int_equal(verdict.reason, i % 2 == 0 ? TG_REASON_TLD : TG_REASON_NONE);
        if (i % 2 == 0)
            assert_ptr_equal(verdict.rule, tg_image_rule(image, i / 2));
    }
    tg_image_close(&image);
    gen_free(&gen);
    gen_delegated_free(&delegated);
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
        cmocka_unit_test(known_and_groups),
        cmocka_unit_test(look_ups_tell),
        cmocka_unit_test(answers_lead),
        cmocka_unit_test(leads_are_asked_by_somebody),
        cmocka_unit_test(twin_domains),
        cmocka_unit_test(no_day),
        cmocka_unit_test(oracle_agrees),
        cmocka_unit_test(every_delegated_tld),
        cmocka_unit_test(reply_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
