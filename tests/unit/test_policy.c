/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the parser makes of a policy, and its promises. What it says: tests/golden. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tldguard/policy.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SIZE_LIMIT  ((size_t)64 * 1024 * 1024)

/* Outputs start as this: whatever changes them on failure shows. */
static struct tg_policy *const untouched = (struct tg_policy *)(uintptr_t)0x5a5a;

static const char full[] =
    "serial: 2026112201\n"
    "allow:\n"
    "  - Orange.ML\n"
    "  - {name: lemmy.ml., match: exact, reason: \"a\\n b \", ticket: N-1}\n"
    "answer:\n"
    "  ttl: 5\n"
    "  soa: {mname: NS.example.net., rname: first.last@Example.net}\n"
    "  contact: soc@example.net\n"
    "  sinkhole: {a: [192.0.2.1, 192.0.2.2], aaaa: \"2001:db8::1\", mx: c.example}\n"
    "tlds:\n"
    "  - {tld: ML., targets: [mil, nl], mode: mail-only, action: sinkhole,\n"
    "     severity: critical, note: ' n '}\n"
    "  - {tld: om, targets: com}\n"
    "canary:\n"
    "  - {name: army.ml, type: MX, expect: block}\n"
    "  - {name: army.mil, type: MX, expect: resolve}\n";

static enum tg_status parse(const char *text, struct tg_policy **out, struct tg_diags *diags)
{
    return tg_policy_parse("p.yaml", text, strlen(text), NULL, out, diags);
}

/* Parses what must be good, without a word. */
static struct tg_policy *good(const char *text)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags = tg_diags_create();
    assert_non_null(diags);
    enum tg_status status = parse(text, &policy, diags);
    if (tg_diags_kept(diags) > 0)
        print_message("%s\n", tg_diags_get(diags, 0)->text);
    assert_int_equal(status, TG_OK);
    assert_int_equal(tg_diags_kept(diags), 0);
    assert_non_null(policy);
    tg_diags_destroy(&diags);
    return policy;
}

/* Parses what must fail; the first message is the one expected, at the place expected. */
static void bad(
    const char *text, enum tg_status expected, unsigned line, unsigned col, const char *part)
{
    struct tg_policy *policy = untouched;
    struct tg_diags *diags = tg_diags_create();
    assert_non_null(diags);
    enum tg_status status = parse(text, &policy, diags);
    if (status != expected)
        print_message("%s: %s\n", text, tg_status_text(status));
    assert_int_equal(status, expected);
    assert_ptr_equal(policy, untouched);
    assert_true(tg_diags_count(diags, TG_DIAG_ERROR) > 0);
    const struct tg_diag *diag = tg_diags_get(diags, 0);
    assert_non_null(diag);
    if (!strstr(diag->text, part))
        print_message("'%s' is not in '%s'\n", part, diag->text);
    assert_non_null(strstr(diag->text, part));
    assert_string_equal(diag->file, "p.yaml");
    assert_int_equal(diag->line, line);
    assert_int_equal(diag->col, col);
    tg_diags_destroy(&diags);
}

static void assert_name(struct tg_name name, const char *text)
{
    char found[TG_DNAME_TEXT_MAX];
    tg_dname_to_text(name.wire, name.len, found);
    assert_string_equal(found, text);
}

static void test_words(void **state)
{
    (void)state;
#define CASE(name, value, word) assert_string_equal(TEXT(name), word);
#define TEXT                    tg_mode_text
    TG_MODE_MAP(CASE)
#undef TEXT
#define TEXT tg_action_text
    TG_ACTION_MAP(CASE)
#undef TEXT
#define TEXT tg_severity_text
    TG_SEVERITY_MAP(CASE)
#undef TEXT
#define TEXT tg_kind_text
    TG_KIND_MAP(CASE)
#undef TEXT
#define TEXT tg_twin_text
    TG_TWIN_MAP(CASE)
#undef TEXT
#define TEXT tg_match_text
    TG_MATCH_MAP(CASE)
#undef TEXT
#define TEXT tg_expect_text
    TG_EXPECT_MAP(CASE)
#undef TEXT
    /* Values come from images as well: any must be safe. */
    assert_string_equal(tg_mode_text((enum tg_mode)4), "?");
    assert_string_equal(tg_action_text((enum tg_action)99), "?");
    assert_string_equal(tg_severity_text((enum tg_severity)4), "?");
    assert_string_equal(tg_kind_text((enum tg_kind)4), "?");
    assert_string_equal(tg_twin_text((enum tg_twin)3), "?");
    assert_string_equal(tg_match_text((enum tg_match)2), "?");
    assert_string_equal(tg_expect_text((enum tg_expect)2), "?");
}

/* Every word that a policy may hold gives its value. */
static void test_every_word(void **state)
{
    char text[200];
    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof(text),
            "serial: 1\nanswer: {sinkhole: {a: 192.0.2.1}}\n"
            "tlds: [{tld: ml, targets: mil, mode: %s, action: %s, severity: %s}]\n",
            tg_mode_text((enum tg_mode)i), tg_action_text((enum tg_action)i),
            tg_severity_text((enum tg_severity)i));
        struct tg_policy *policy = good(text);
        assert_int_equal(policy->rules[0].mode, i);
        assert_int_equal(policy->rules[0].action, i);
        assert_int_equal(policy->rules[0].severity, i);
        tg_policy_destroy(&policy);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    struct tg_policy *policy = good("serial: 1\ntlds: [{tld: ml, targets: mil}]\n");
    const struct tg_answer *answer = &policy->answer;
    const struct tg_rule *rule = policy->rules;
    assert_int_equal(policy->serial, 1);
    assert_true(policy->inspect_targets);
    assert_int_equal(answer->ttl, 60);
    assert_name(answer->mname, "tldguard.invalid");
    assert_name(answer->rname, "nobody.invalid");
    assert_null(answer->contact);
    assert_int_equal(answer->a_count + answer->aaaa_count + answer->mx.len, 0);
    assert_int_equal(policy->rule_count, 1);
    assert_int_equal(rule->kind, TG_KIND_TLD);
    assert_int_equal(rule->mode, TG_MODE_BLOCK);
    assert_int_equal(rule->action, TG_ACTION_NXDOMAIN);
    assert_int_equal(rule->severity, TG_SEVERITY_MEDIUM);
    assert_null(rule->note);
    assert_int_equal(rule->otherwise, TG_MODE_BLOCK);
    assert_int_equal(rule->twin, TG_TWIN_NONE);
    assert_int_equal(rule->match, TG_MATCH_ALL);
    assert_int_equal(policy->name_count, 0);
    assert_int_equal(policy->group_count, 0);
    assert_int_equal(policy->subnet_count, 0);
    assert_int_equal(policy->suffix_count, 0);
    assert_int_equal(policy->canary_count, 0);
    tg_policy_destroy(&policy);
    assert_null(policy);
}

#define ML "serial: 1\ntlds: [{tld: ml, targets: mil}]\n"

static void test_canary(void **state)
{
    (void)state;
    struct tg_policy *policy = good(ML "canary:\n"
                                       "  - {name: Army.ML., type: mx, expect: block}\n"
                                       "  - {name: army.ml, type: A, expect: block}\n"
                                       "  - expect: resolve\n"
                                       "    type: TYPE65400\n"
                                       "    name: _x.army.mil\n");
    static const struct tg_canary want[] = {{{NULL, 0}, 15, TG_EXPECT_BLOCK},
        {{NULL, 0}, 1, TG_EXPECT_BLOCK}, {{NULL, 0}, 65400, TG_EXPECT_RESOLVE}};
    assert_int_equal(policy->canary_count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_name(policy->canaries[i].qname, i < 2 ? "army.ml" : "_x.army.mil");
        assert_int_equal(policy->canaries[i].qtype, want[i].qtype);
        assert_int_equal(policy->canaries[i].expect, want[i].expect);
        assert_string_equal(policy->canaries_at[i].file, "p.yaml");
        assert_int_equal(policy->canaries_at[i].line, 4 + i);
        assert_int_equal(policy->canaries_at[i].col, 5);
    }
    assert_string_equal(
        policy->canaries_at[1].source, "  - {name: army.ml, type: A, expect: block}");
    tg_policy_destroy(&policy);
    /* A key with nothing behind it is an empty list, as when all are comments. */
    policy = good(ML "canary:\n  # - {name: army.ml, type: MX, expect: block}\n");
    assert_int_equal(policy->canary_count, 0);
    tg_policy_destroy(&policy);
}

/* What a canary cannot be; the golden tests have the whole texts. */
static void test_canary_bad(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        unsigned col;
        const char *part;
    } cases[] = {
        {"canary: []", 3, 9, "'canary' is empty"},
        {"canary: army.ml", 3, 9, "must be a list, not one value"},
        {"canary: {name: army.ml}", 3, 9, "must be a list, not a mapping"},
        {"canary: [army.ml]", 3, 10, "must be a mapping"},
        {"canary:\n  -\n  - {name: a.ml, type: A, expect: block}", 4, 3,
            "must be a mapping ('key: value'), not nothing"},
        {"canary: [{}]", 3, 10, "lacks the key 'name'"},
        {"canary: [{name: a.ml, type: MX}]", 3, 10, "lacks the key 'expect'"},
        {"canary: [{name: a.ml, expect: block}]", 3, 10, "lacks the key 'type'"},
        {"canary: [{type: MX, expect: block}]", 3, 10, "lacks the key 'name'"},
        {"canary: [{name: a.ml, type: MX, expect: blok}]", 3, 41, "did you mean 'block'"},
        {"canary: [{name: a.ml, type: MX, expect: no}]", 3, 41, "use one of: block, resolve"},
        {"canary: [{name: a.ml, type: MXX, expect: block}]", 3, 29, "is no type of records"},
        {"canary: [{name: a.ml, type: TYPE65536, expect: block}]", 3, 29, "is no type of records"},
        {"canary: [{name: a.ml, type: ANY, expect: block}]", 3, 29, "a type that no record has"},
        {"canary: [{name: a.ml, type: TYPE0, expect: block}]", 3, 29, "a type that no record has"},
        {"canary: [{name: a.ml, type: [A], expect: block}]", 3, 29, "must be one value"},
        {"canary: [{name: a.ml, type: '', expect: block}]", 3, 29, "has no value"},
        {"canary: [{name: ., type: NS, expect: resolve}]", 3, 17, "cannot be the root"},
        {"canary: [{name: '*.ml', type: A, expect: block}]", 3, 17, "write a name to ask for"},
        {"canary: [{name: a..ml, type: A, expect: block}]", 3, 17, "two dots"},
        {"canary: [{name: a.ml, type: A, expect: block, note: x}]", 3, 47, "unknown key 'note'"},
        {"canary: [{name: a.ml, name: b.ml, type: A, expect: block}]", 3, 23, "given twice"},
        {"canary:\n- {name: a.ml, type: A, expect: block}\n"
         "- {name: A.ML., type: TYPE1, expect: block}\n",
            5, 3, "'a.ml' is asked for A twice; the first is on line 4"},
        {"canary:\n- {name: a.ml, type: A, expect: block}\n"
         "- {name: a.ml, type: A, expect: resolve}\n",
            5, 3, "the first is on line 4"},
        {"canary: []\ncanary: []", 3, 9, "is empty"},
        {"canary: *x", 3, 9, "alias"},
        {"canary: [{name: *x, type: A, expect: block}]", 3, 17, "alias"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[400];
        snprintf(text, sizeof(text), "%s%s\n", ML, cases[i].text);
        bad(text, TG_EPOLICY, cases[i].line, cases[i].col, cases[i].part);
    }
}

/* A hundred are fine, one more is not. On one line, that is too long to be shown. */
static void test_canary_max(void **state)
{
    char text[20000];
    (void)state;
    for (size_t count = TG_CANARIES_MAX; count <= TG_CANARIES_MAX + 1; count++) {
        int used = snprintf(text, sizeof(text), ML "canary: [");
        for (size_t i = 0; i < count; i++)
            used += snprintf(text + used, sizeof(text) - (size_t)used,
                "{name: n%zu.ml, type: A, expect: block},", i);
        strcpy(text + used, "]\n");
        if (count > TG_CANARIES_MAX) {
            bad(text, TG_EPOLICY, 3, 9, "101 canary questions; 100 are the most");
            continue;
        }
        struct tg_policy *policy = good(text);
        assert_int_equal(policy->canary_count, count);
        assert_name(policy->canaries[99].qname, "n99.ml");
        assert_int_equal(policy->canaries_at[99].line, 3);
        assert_null(policy->canaries_at[99].source);
        tg_policy_destroy(&policy);
    }
}

/* The only key that says yes or no; JSON and YAML have words of their own for it. */
static void test_inspect_targets(void **state)
{
    static const struct {
        const char *text;
        bool inspects;
    } cases[] = {
        {"serial: 1\ntlds: [{tld: ml, targets: mil}]\ninspect-targets: yes\n", true},
        {"serial: 1\ntlds: [{tld: ml, targets: mil}]\ninspect-targets: no\n", false},
        {"serial: 1\ninspect-targets: 'true'\ntlds: [{tld: ml, targets: mil}]\n", true},
        {"{\"serial\": 1, \"inspect-targets\": false, "
         "\"tlds\": [{\"tld\": \"ml\", \"targets\": \"mil\"}]}",
            false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_policy *policy = good(cases[i].text);
        assert_int_equal(policy->inspect_targets, cases[i].inspects);
        tg_policy_destroy(&policy);
    }
}

static void check_answer(const struct tg_answer *answer)
{
    struct in6_addr aaaa;
    /* RFC 1035 8: the dots of the local part stay in one label. */
    static const uint8_t rname[] = "\12first.last\7example\3net";
    assert_int_equal(answer->ttl, 5);
    assert_name(answer->mname, "ns.example.net");
    assert_int_equal(answer->rname.len, sizeof(rname));
    assert_memory_equal(answer->rname.wire, rname, sizeof(rname));
    assert_string_equal(answer->contact, "soc@example.net");
    assert_int_equal(answer->a_count, 2);
    assert_int_equal(answer->a[0].s_addr, htonl(0xc0000201));
    assert_int_equal(answer->a[1].s_addr, htonl(0xc0000202));
    assert_int_equal(answer->aaaa_count, 1);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &aaaa), 1);
    assert_memory_equal(&answer->aaaa[0], &aaaa, sizeof(aaaa));
    assert_name(answer->mx, "c.example");
}

/* Everything arrives; names in lower case; tlds first although the text has allow first. */
static void test_full(void **state)
{
    (void)state;
    struct tg_policy *policy = good(full);
    const struct tg_rule *r = policy->rules;
    assert_int_equal(policy->serial, 2026112201);
    check_answer(&policy->answer);
    assert_int_equal(policy->rule_count, 4);
    assert_int_equal(r[0].kind, TG_KIND_TLD);
    assert_name(r[0].owner, "ml");
    assert_int_equal(r[0].target_count, 2);
    assert_name(r[0].targets[0], "mil");
    assert_name(r[0].targets[1], "nl");
    assert_int_equal(r[0].mode, TG_MODE_MAIL_ONLY);
    assert_int_equal(r[0].action, TG_ACTION_SINKHOLE);
    assert_int_equal(r[0].severity, TG_SEVERITY_CRITICAL);
    assert_string_equal(r[0].note, "n");
    assert_name(r[1].owner, "om");
    assert_name(r[1].targets[0], "com");
    assert_int_equal(r[2].kind, TG_KIND_ALLOW);
    assert_name(r[2].owner, "orange.ml");
    assert_int_equal(policy->name_count, 2);
    assert_name(policy->names[0].name, "orange.ml");
    assert_int_equal(policy->names[0].rule, 2);
    assert_false(policy->names[0].exact);
    assert_null(r[2].reason);
    assert_name(r[3].owner, "lemmy.ml");
    assert_name(policy->names[1].name, "lemmy.ml");
    assert_int_equal(policy->names[1].rule, 3);
    assert_true(policy->names[1].exact);
    assert_string_equal(r[3].reason, "a  b"); /* one line: it ends up in logs */
    assert_string_equal(r[3].ticket, "N-1");
    tg_policy_destroy(&policy);
}

static void test_rname(void **state)
{
    static const struct {
        const char *text;
        const char *name;
    } cases[] = {
        {"soc@example.net", "soc.example.net"},
        {"soc.example.net.", "soc.example.net"},
        {"a.b.c@example.net.", "a\\.b\\.c.example.net"},
        {"soc+dns_x@example.net", "soc+dns_x.example.net"},
        /* RFC 1035 5.1: people who know zone files escape the dot themselves */
        {"first\\.last.example.net", "first\\.last.example.net"},
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text),
            "serial: 1\nanswer: {soa: {rname: '%s'}}\ntlds: [{tld: ml, targets: mil}]\n",
            cases[i].text);
        struct tg_policy *policy = good(text);
        assert_name(policy->answer.rname, cases[i].name);
        tg_policy_destroy(&policy);
    }
}

/* SHA-256 of the bytes given, as `sha256sum` prints it. */
static void test_digest(void **state)
{
    static const char text[] = "serial: 1\ntlds: [{tld: ml, targets: mil}]\n";
    static const char digest[] = "eca7fdc35e55ee47886c05886004c3f6574c14ffbf2984653b37fd9b09fa02d0";
    char hex[65] = "";
    (void)state;
    struct tg_policy *policy = good(text);
    for (size_t i = 0; i < sizeof(policy->digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", policy->digest[i]);
    assert_string_equal(hex, digest);
    tg_policy_destroy(&policy);
}

/* The same allow twice is one rule: names are unique among the rules of a kind. */
static void test_repeated_allow(void **state)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    assert_int_equal(parse("serial: 1\ntlds: [{tld: ml, targets: mil}]\n"
                           "allow: [b.ml, a.ml, b.ml, B.ml., c.ml]\n",
                         &policy, diags),
        TG_OK);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_WARNING), 2);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 0);
    assert_int_equal(policy->rule_count, 4);
    assert_name(policy->rules[1].owner, "b.ml");
    assert_name(policy->rules[2].owner, "a.ml");
    assert_name(policy->rules[3].owner, "c.ml");
    tg_policy_destroy(&policy);
    tg_diags_destroy(&diags);
}

/* Limits: the last value that is good and the first that is not. */
static void test_limits(void **state)
{
    static const struct {
        const char *good;
        const char *bad;
        const char *message;
    } cases[] = {
        {"serial: 1", "serial: 0", "1 to 4294967295"},
        {"serial: 4294967295", "serial: 4294967296", "1 to 4294967295"},
        {"serial: 7\nanswer: {ttl: 0}", "serial: 7\nanswer: {ttl: -1}", "0 to 86400"},
        {"serial: 7\nanswer: {ttl: 86400}", "serial: 7\nanswer: {ttl: 86401}", "0 to 86400"},
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_diags *diags = tg_diags_create();
        struct tg_policy *policy = untouched;
        snprintf(text, sizeof(text), "%s\ntlds: [{tld: ml, targets: mil}]\n", cases[i].bad);
        assert_int_equal(parse(text, &policy, diags), TG_EPOLICY);
        assert_ptr_equal(policy, untouched);
        assert_non_null(strstr(tg_diags_get(diags, 0)->text, cases[i].message));
        tg_diags_destroy(&diags);
        snprintf(text, sizeof(text), "%s\ntlds: [{tld: ml, targets: mil}]\n", cases[i].good);
        policy = good(text);
        tg_policy_destroy(&policy);
    }
}

/* A text of just so many bytes, and one more. */
static void test_text_max(void **state)
{
    static const char *const forms[] = {
        "serial: 1\nanswer: {contact: %s}\ntlds: [{tld: ml, targets: mil}]\n",
        "serial: 1\ntlds: [{tld: ml, targets: mil, note: %s}]\n",
        "serial: 1\ntlds: [{tld: ml, targets: mil}]\nallow: [{name: a.ml, reason: %s}]\n",
        "serial: 1\ntlds: [{tld: ml, targets: mil}]\nallow: [{name: a.ml, ticket: %s}]\n",
    };
    char line[TG_TEXT_MAX + 2];
    char text[TG_TEXT_MAX + 200];
    (void)state;
    memset(line, 'x', sizeof(line));
    for (size_t i = 0; i < COUNT(forms); i++) {
        const char *hole = strchr(forms[i], '%');
        for (size_t len = TG_TEXT_MAX; len <= TG_TEXT_MAX + 1; len++) {
            struct tg_policy *policy = NULL;
            snprintf(text, sizeof(text), "%.*s%.*s%s", (int)(hole - forms[i]), forms[i], (int)len,
                line, hole + 2);
            assert_int_equal(parse(text, &policy, NULL), len == TG_TEXT_MAX ? TG_OK : TG_EPOLICY);
            tg_policy_destroy(&policy);
        }
    }
}

static void test_targets_max(void **state)
{
    char text[300] = "serial: 1\ntlds: [{tld: ml, targets: [";
    (void)state;
    for (const char *c = "cdefgilmoqrstuwx"; *c; c++) /* ac, ad, ...: countries */
        snprintf(text + strlen(text), 5, "a%c,", *c);
    char more[310];
    snprintf(more, sizeof(more), "%saz]}]\n", text);
    strcat(text, "]}]\n");
    struct tg_policy *policy = good(text);
    assert_int_equal(policy->rules[0].target_count, TG_TARGETS_MAX);
    assert_name(policy->rules[0].targets[TG_TARGETS_MAX - 1], "ax");
    tg_policy_destroy(&policy);
    bad(more, TG_EPOLICY, 2, 76, "more than 16 targets");
}

static void test_statuses(void **state)
{
    (void)state;
    /* not YAML; YAML that is no policy; too deep; not UTF-8 */
    bad("serial: [1\n", TG_ESYNTAX, 2, 1, "bracket");
    bad("", TG_EPOLICY, 1, 1, "empty");
    bad("a: [[[[[[[[[[[[[[[[[[[[", TG_EPOLICY, 1, 19, "deeper");
    bad("a: \xff\n", TG_ESYNTAX, 1, 4, "UTF-8");
}

/* Length counts, not a NUL; a NUL inside is an error of its own. */
static void test_length(void **state)
{
    static const char text[] = "serial: 1\ntlds: [{tld: ml, targets: mil}]\n]]]]";
    struct tg_policy *policy = NULL;
    (void)state;
    char *exact = malloc(sizeof(text) - 5); /* whoever reads behind it, ASan tells */
    assert_non_null(exact);
    memcpy(exact, text, sizeof(text) - 5);
    assert_int_equal(
        tg_policy_parse("p.yaml", exact, sizeof(text) - 5, NULL, &policy, NULL), TG_OK);
    tg_policy_destroy(&policy);
    exact[8] = '\0';
    policy = untouched;
    assert_int_equal(
        tg_policy_parse("p.yaml", exact, sizeof(text) - 5, NULL, &policy, NULL), TG_ESYNTAX);
    assert_ptr_equal(policy, untouched);
    free(exact);
}

/* All errors at once, in the order of the text, each once; no error without NULL diags too. */
static void test_all_errors(void **state)
{
    static const char text[] = "allow: ['*.a.ml']\nserial: x\ntlds:\n"
                               "  - {tld: ml, targts: mil}\n  - {tld: cm, targets: com, mode: b}\n";
    static const unsigned places[][2] = {{1, 9}, {2, 9}, {4, 15}, {5, 35}};
    struct tg_policy *policy = untouched;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    assert_int_equal(parse(text, &policy, diags), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(diags), COUNT(places));
    for (size_t i = 0; i < COUNT(places); i++) {
        assert_int_equal(tg_diags_get(diags, i)->line, places[i][0]);
        assert_int_equal(tg_diags_get(diags, i)->col, places[i][1]);
    }
    assert_string_equal(tg_diags_get(diags, 1)->source, "serial: x");
    assert_int_equal(parse(text, &policy, NULL), TG_EPOLICY);
    assert_ptr_equal(policy, untouched);
    tg_diags_destroy(&diags);
}

/* Places are right wherever the text's stretches (see policy/yaml_text.c) end. */
static void test_places(void **state)
{
    static char text[9000];
    (void)state;
    for (size_t fill = 2000; fill < 2100; fill++) {
        struct tg_diags *diags = tg_diags_create();
        struct tg_policy *policy = NULL;
        size_t used = 0;
        unsigned lines = 0;
        /* comments of mixed lengths, then one that ends just so */
        for (size_t len = 1; used + len + 2 < fill; len = (len * 7 + 3) % 90, lines++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "#%.*s\n", (int)len,
                "                                                                                 "
                "               ");
        for (; used < fill; used++)
            text[used] = '\n', lines++;
        snprintf(text + used, sizeof(text) - used, "serial: 1\r\nfoo:  bar\nbar: 1\n");
        parse(text, &policy, diags);
        assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 2);
        assert_int_equal(tg_diags_get(diags, 0)->line, lines + 2);
        assert_int_equal(tg_diags_get(diags, 0)->col, 1);
        assert_string_equal(tg_diags_get(diags, 0)->source, "foo:  bar");
        assert_int_equal(tg_diags_get(diags, 1)->line, lines + 3);
        tg_diags_destroy(&diags);
    }
}

/* Columns count bytes; the mark and tabs count as they are; long lines are not shown. */
static void test_columns(void **state)
{
    char text[1000];
    (void)state;
    bad("serial: 1\ntlds:\n - {note: '\u00e9\u00e9', \ttld: x.y, targets: [mil]}\n", TG_EPOLICY, 3,
        25, "more than one label");
    bad("\xef\xbb\xbfserial: x\n", TG_EPOLICY, 1, 9, "plain number");
    bad("serial: \"x\"\n", TG_EPOLICY, 1, 9, "plain number"); /* the quote, not what is in it */
    for (int pad = 480; pad < 520; pad++) {
        struct tg_policy *policy = NULL;
        struct tg_diags *diags = tg_diags_create();
        int len = snprintf(text, sizeof(text), "%*sserial: x", pad, "");
        parse(text, &policy, diags);
        const struct tg_diag *diag = tg_diags_get(diags, tg_diags_kept(diags) - 1);
        assert_int_equal(diag->col, pad + 9);
        if (len > 500)
            assert_null(diag->source);
        else
            assert_string_equal(diag->source, text);
        tg_diags_destroy(&diags);
    }
}

/* count copies of line behind head. */
static char *repeat(const char *head, const char *line, size_t count, size_t *len)
{
    size_t size = strlen(line);
    char *text = malloc(strlen(head) + size * count + 1);
    assert_non_null(text);
    strcpy(text, head);
    *len = strlen(head);
    for (size_t i = 0; i < count; i++, *len += size)
        memcpy(text + *len, line, size);
    return text;
}

/* What costs time or memory out of proportion: each ends, and in the status expected. */
static void test_hostile_size(void **state)
{
    static const struct {
        const char *head;
        const char *line;
        size_t count;
        enum tg_status status;
    } cases[] = {
        {"serial: 1\ntlds: [{tld: ml, targets: mil}]\nallow:\n", "- b.a.ml\n", TG_RULES_MAX - 1,
            TG_OK},
        {"serial: 1\ntlds:\n", "- {tld: ac, targets: [ml, ad]}\n", 50000, TG_EPOLICY},
        {"serial: 1\n", "serial: 1\n", 200000, TG_EPOLICY},
        {"", "k: v\n", 200000, TG_EPOLICY},
        {"", "- &a x\n", 200000, TG_EPOLICY},
        {"", "%TAG !a! b:\n", 100000, TG_ESYNTAX},
        {"", "---\n", 100000, TG_EPOLICY},
        {"", "[", 1000000, TG_EPOLICY},
        {"", "- ", 500000, TG_EPOLICY},
        {"", "{a: ", 250000, TG_EPOLICY},
        {"", "x", 1024 * 1024 + 1, TG_ESYNTAX}, /* a line too long */
        {"", "x", 1024 * 1024, TG_EPOLICY},
        {"", "\n", SIZE_LIMIT, TG_EPOLICY},
        {"", "\n", SIZE_LIMIT + 1, TG_ETOOBIG},
        {"serial: 1\nallow:\n", "- a\n", TG_RULES_MAX + 1, TG_EPOLICY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_policy *policy = NULL;
        struct tg_diags *diags = tg_diags_create();
        size_t len;
        char *text = repeat(cases[i].head, cases[i].line, cases[i].count, &len);
        assert_int_equal(tg_policy_parse("big", text, len, NULL, &policy, diags), cases[i].status);
        assert_true((tg_diags_count(diags, TG_DIAG_ERROR) == 0) == (cases[i].status == TG_OK));
        assert_true(tg_diags_kept(diags) <= TG_DIAGS_MAX);
        free(text);
        tg_policy_destroy(&policy);
        tg_diags_destroy(&diags);
    }
}

/* Warnings by the thousand do not crowd out the one error that the check finds. */
static void test_errors_before_warnings(void **state)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags = tg_diags_create();
    size_t len;
    char *text = repeat("serial: 1\ntlds: [{tld: ml, targets: mil}, {tld: ml, targets: nl}]\n"
                        "allow:\n",
        "- a.aa\n", 5000, &len);
    size_t errors = 0;
    (void)state;
    assert_int_equal(tg_policy_parse("p", text, len, NULL, &policy, diags), TG_EPOLICY);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_WARNING), 5000);
    for (size_t i = 0; i < tg_diags_kept(diags); i++)
        errors += tg_diags_get(diags, i)->level == TG_DIAG_ERROR;
    assert_int_equal(errors, 1);
    free(text);
    tg_diags_destroy(&diags);
}

/* Whatever the bytes: a policy, or an error and nothing else. */
static void must_be_decent(const char *text, size_t len)
{
    static const struct tg_policy_options options = {
        .suffixes = "/nonexistent"}; /* it costs time */
    struct tg_policy *policy = untouched;
    struct tg_diags *diags = tg_diags_create();
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    enum tg_status status = tg_policy_parse("p", exact, len, &options, &policy, diags);
    if (status == TG_OK) {
        assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 0);
        assert_ptr_not_equal(policy, untouched);
        tg_policy_destroy(&policy);
    } else {
        assert_true(status == TG_EPOLICY || status == TG_ESYNTAX);
        assert_true(tg_diags_count(diags, TG_DIAG_ERROR) > 0);
        assert_ptr_equal(policy, untouched);
    }
    free(exact);
    tg_diags_destroy(&diags);
}

/* A good policy cut at each byte, and with each byte replaced, doubled and left out. */
static void test_mutations(void **state)
{
    static const char with[] = "\0\n\t \r:-,[]{}\"'*&!|>%#?@\\.\x7f\xc3\xff"
                               "0";
    const size_t len = sizeof(full) - 1;
    char text[sizeof(full) + 1];
    (void)state;
    for (size_t at = 0; at < len; at++) {
        must_be_decent(full, at);
        for (size_t i = 0; i < sizeof(with); i++) {
            memcpy(text, full, len);
            text[at] = with[i];
            must_be_decent(text, len);
        }
        memcpy(text, full, at + 1);
        memcpy(text + at + 1, full + at, len - at);
        must_be_decent(text, len + 1);
        memcpy(text + at, full + at + 1, len - at - 1);
        must_be_decent(text, len - 1);
    }
}

static char *new_file(const char *text, size_t len)
{
    char *path = strdup("/tmp/test_policy.XXXXXX");
    assert_non_null(path);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    assert_int_equal(close(fd), 0);
    return path;
}

static void test_read(void **state)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    char *path = new_file(full, sizeof(full) - 1);
    assert_int_equal(tg_policy_read(path, NULL, &policy, diags), TG_OK);
    assert_int_equal(policy->rule_count, 4);
    tg_policy_destroy(&policy);
    /* messages name the file as the user did */
    assert_int_equal(truncate(path, 8), 0);
    policy = untouched;
    assert_int_equal(tg_policy_read(path, NULL, &policy, diags), TG_EPOLICY);
    assert_string_equal(tg_diags_get(diags, 0)->file, path);
    tg_diags_destroy(&diags);
    /* one byte over the limit */
    diags = tg_diags_create();
    assert_int_equal(truncate(path, (off_t)SIZE_LIMIT + 1), 0);
    assert_int_equal(tg_policy_read(path, NULL, &policy, diags), TG_ETOOBIG);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 1);
    assert_ptr_equal(policy, untouched);
    tg_diags_destroy(&diags);
    unlink(path);
    free(path);
}

static void test_read_fails(void **state)
{
    static const struct {
        const char *path;
        const char *reason;
    } cases[] = {
        {"/nonexistent/policy.yaml", "No such file"},
        {"/tmp", "Is a directory"},
        {"", "No such file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_policy *policy = untouched;
        struct tg_diags *diags = tg_diags_create();
        assert_int_equal(tg_policy_read(cases[i].path, NULL, &policy, diags), TG_EIO);
        assert_ptr_equal(policy, untouched);
        assert_int_equal(tg_diags_kept(diags), 1);
        assert_string_equal(tg_diags_get(diags, 0)->file, cases[i].path);
        assert_int_equal(tg_diags_get(diags, 0)->line, 0);
        assert_non_null(strstr(tg_diags_get(diags, 0)->text, cases[i].reason));
        tg_diags_destroy(&diags);
        assert_int_equal(tg_policy_read(cases[i].path, NULL, &policy, NULL), TG_EIO);
    }
}

/* "-" is standard input, which stays open, and is a pipe more often than not. */
static void test_read_stdin(void **state)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags = tg_diags_create();
    int ends[2];
    (void)state;
    int saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "serial: x\n", 10), 10);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(tg_policy_read("-", NULL, &policy, diags), TG_EPOLICY);
    assert_string_equal(tg_diags_get(diags, 0)->file, "<stdin>");
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    tg_diags_destroy(&diags);
}

/* Each allocation fails once: TG_ENOMEM or, where only a message was lost, the truth. */
static void out_of_memory(const char *text, enum tg_status expected)
{
    bool fired = true;
    char *path = new_file(text, strlen(text));
    for (size_t n = 1; fired; n++) {
        struct tg_policy *policy = untouched;
        struct tg_diags *diags = tg_diags_create();
        assert_non_null(diags);
        oom_fail_at(n);
        enum tg_status status = tg_policy_read(path, NULL, &policy, diags);
        fired = oom_fired();
        oom_fail_at(0);
        assert_true(status == expected || (fired && status == TG_ENOMEM));
        if (status == TG_OK)
            tg_policy_destroy(&policy);
        else
            assert_ptr_equal(policy, untouched);
        if (status == TG_EPOLICY)
            assert_true(tg_diags_count(diags, TG_DIAG_ERROR) > 0);
        tg_diags_destroy(&diags);
        assert_true(n < 10000);
    }
    unlink(path);
    free(path);
}

static void test_oom(void **state)
{
    (void)state;
    out_of_memory(full, TG_OK);
    out_of_memory(
        "serial: 0\nfoo: 1\ntlds: [{tld: ml, targets: ml}]\nallow: [ml, m\xc3\xbc.ml]\n"
        "canary: [{name: a.ml, type: A, expect: block}, {name: a.ml, type: A, expect: block}]\n",
        TG_EPOLICY);
}

static void test_destroy(void **state)
{
    struct tg_policy *none = NULL;
    (void)state;
    tg_policy_destroy(NULL);
    tg_policy_destroy(&none);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_every_word),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_inspect_targets),
        cmocka_unit_test(test_canary),
        cmocka_unit_test(test_canary_bad),
        cmocka_unit_test(test_canary_max),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_rname),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_repeated_allow),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_text_max),
        cmocka_unit_test(test_targets_max),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_all_errors),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_hostile_size),
        cmocka_unit_test(test_errors_before_warnings),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_fails),
        cmocka_unit_test(test_read_stdin),
        cmocka_unit_test(test_oom),
        cmocka_unit_test(test_destroy),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
