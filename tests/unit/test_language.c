/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of the language that need more than the policy's text: list files, the public suffix
 * list, the day. What the parser says of them: tests/golden. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"
#include "tldguard/policy.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LIST_MAX    (512L * 1024 * 1024)
#define LINE_MAX_   (64 * 1024)

/* 2026-11-22, as `date -d 2026-11-22 +%s` says, in days. */
#define TODAY 20779

static struct tg_policy *const untouched = (struct tg_policy *)(uintptr_t)0x5a5a;

/* A public suffix list of our own: the system's changes. */
static const char suffix_list[] =
    "// a comment\n"
    "mil\nnl\ncom\nml\nom\ncom.om\t with text behind\nedu.om\n"
    "*.wild.om\n!city.wild.om\n*.both.om\nboth.om\ncom.om\nck\n*.ck\n!www.ck\n"
    "\xe5\x85\xac\xe5\x8f\xb8.om\nnot..a.name.om\nnet\r\nblogspot.ml";

struct fixture {
    struct tmpdir dir;
    char policy[128];
    char list[128];
    char suffixes[128];
    char popular[128];
    struct tg_policy_options options;
    struct tg_diags *diags;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    tmpdir_create(&f->dir);
    tmpdir_file(&f->dir, "policy.yaml", f->policy);
    tmpdir_file(&f->dir, "list.txt", f->list);
    tmpdir_file(&f->dir, "suffixes.dat", f->suffixes);
    tmpdir_file(&f->dir, "popular.tsv", f->popular);
    file_write(f->suffixes, suffix_list, sizeof(suffix_list) - 1);
    f->options = (struct tg_policy_options){.today = TODAY, .suffixes = f->suffixes};
    f->diags = tg_diags_create();
    assert_non_null(f->diags);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tg_diags_destroy(&f->diags);
    tmpdir_remove(&f->dir);
    free(f);
    return 0;
}

static void put_text(const char *path, const char *text)
{
    file_write(path, text, strlen(text));
}

/* Reads a policy of this text, from a file beside the list. */
static enum tg_status read_text(struct fixture *f, const char *text, struct tg_policy **out)
{
    tg_diags_destroy(&f->diags);
    f->diags = tg_diags_create();
    assert_non_null(f->diags);
    put_text(f->policy, text);
    return tg_policy_read(f->policy, &f->options, out, f->diags);
}

static struct tg_policy *good(struct fixture *f, const char *text)
{
    struct tg_policy *policy = NULL;
    enum tg_status status = read_text(f, text, &policy);
    if (tg_diags_kept(f->diags) > 0)
        print_message("%s\n", tg_diags_get(f->diags, 0)->text);
    assert_int_equal(status, TG_OK);
    assert_int_equal(tg_diags_kept(f->diags), 0);
    return policy;
}

/* What must be read with one message, of this level and text. */
static void says(struct fixture *f, const char *text, enum tg_diag_level level, const char *part)
{
    struct tg_policy *policy = untouched;
    enum tg_status status = read_text(f, text, &policy);
    assert_int_equal(status, level == TG_DIAG_ERROR ? TG_EPOLICY : TG_OK);
    assert_int_equal(tg_diags_kept(f->diags), 1);
    const struct tg_diag *diag = tg_diags_get(f->diags, 0);
    if (!strstr(diag->text, part))
        print_message("'%s' is not in '%s'\n", part, diag->text);
    assert_non_null(strstr(diag->text, part));
    assert_int_equal(diag->level, level);
    if (status == TG_OK)
        tg_policy_destroy(&policy);
    else
        assert_ptr_equal(policy, untouched);
}

static void assert_name(struct tg_name name, const char *text)
{
    char found[TG_DNAME_TEXT_MAX];
    tg_dname_to_text(name.wire, name.len, found);
    assert_string_equal(found, text);
}

#define TLDS "tlds: [{tld: ml, targets: [mil, nl], otherwise: mail-only, twin: list}]\n"

static const char full[] =
    "serial: 1\n"
    "clients:\n"
    "  - {group: ' mail relays ', subnets: [10.1.2.0/24, '2001:DB8::/32', 10.1.2.7],\n"
    "     mode: {om: off, ML: block}}\n"
    "  - {group: soc, subnets: '::/0', mode: monitor}\n"
    "block:\n"
    "  - {name: Rnil.example, target: Mil.example, mode: mail-only, action: refused,\n"
    "     severity: critical, note: n}\n"
    "  - b.example\n"
    "  - {file: list.txt, match: exact, severity: low}\n"
    "allow:\n"
    "  - {name: orange.ml, until: 2027-06-30}\n"
    "protect:\n"
    "  - {name: army.mil, note: ours}\n"
    "  - {name: kpn.nl, match: exact}\n"
    "tlds:\n"
    "  - {tld: ml, targets: [mil, nl], otherwise: mail-only, twin: dns}\n"
    "  - {tld: om, targets: com, match: direct, mode: monitor}\n";

static void check_rules(const struct tg_policy *policy)
{
    static const enum tg_kind kinds[] = {TG_KIND_TLD, TG_KIND_TLD, TG_KIND_PROTECT, TG_KIND_PROTECT,
        TG_KIND_ALLOW, TG_KIND_BLOCK, TG_KIND_BLOCK, TG_KIND_BLOCK};
    const struct tg_rule *r = policy->rules;
    assert_int_equal(policy->rule_count, COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(r[i].kind, kinds[i]);
    assert_int_equal(r[0].mode, TG_MODE_BLOCK);
    assert_int_equal(r[0].otherwise, TG_MODE_MAIL_ONLY);
    assert_int_equal(r[0].twin, TG_TWIN_DNS);
    assert_int_equal(r[0].match, TG_MATCH_ALL);
    assert_int_equal(r[1].otherwise, TG_MODE_MONITOR); /* the same as mode */
    assert_int_equal(r[1].match, TG_MATCH_DIRECT);
    assert_string_equal(r[2].note, "ours");
    assert_int_equal(r[4].until, 20634 + 365); /* `date -d 2026-06-30 +%s`, in days */
    assert_int_equal(r[5].mode, TG_MODE_MAIL_ONLY);
    assert_int_equal(r[5].action, TG_ACTION_REFUSED);
    assert_int_equal(r[5].severity, TG_SEVERITY_CRITICAL);
    assert_int_equal(r[5].target_count, 1);
    assert_name(r[5].targets[0], "mil.example");
    assert_null(r[5].file);
    assert_int_equal(r[6].mode, TG_MODE_BLOCK);
    assert_int_equal(r[6].severity, TG_SEVERITY_MEDIUM);
    assert_int_equal(r[6].target_count, 0);
    assert_int_equal(r[7].owner.len, 0);
    assert_string_equal(r[7].file, "list.txt");
}

static void check_names(const struct tg_policy *policy)
{
    static const struct {
        const char *name;
        uint32_t rule;
        bool exact;
    } names[] = {
        {"army.mil", 2, false},
        {"kpn.nl", 3, true},
        {"orange.ml", 4, false},
        {"rnil.example", 5, false},
        {"b.example", 6, false},
        {"c.example", 7, true},
        {"d.example", 7, false},
        {"e.example", 7, false},
        {"f.example", 7, false},
        {"g.example", 7, true},
        {"h.example", 7, true},
    };
    assert_int_equal(policy->name_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_name(policy->names[i].name, names[i].name);
        assert_int_equal(policy->names[i].rule, names[i].rule);
        assert_int_equal(policy->names[i].exact, names[i].exact);
    }
}

static void check_clients(const struct tg_policy *policy)
{
    /* RFC 4291 2.5.5.2 */
    static const uint8_t v4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 0};
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8};
    static const uint8_t any[16] = {0};
    const struct tg_group *g = policy->groups;
    const struct tg_subnet *s = policy->subnets;
    assert_int_equal(policy->group_count, 2);
    assert_string_equal(g[0].name, "mail relays");
    assert_int_equal(g[0].override_count, 2);
    assert_name(g[0].overrides[0].tld, "om");
    assert_int_equal(g[0].overrides[0].mode, TG_MODE_OFF);
    assert_name(g[0].overrides[1].tld, "ml");
    assert_int_equal(g[0].overrides[1].mode, TG_MODE_BLOCK);
    assert_int_equal(g[1].override_count, 1);
    assert_int_equal(g[1].overrides[0].tld.len, 0);
    assert_int_equal(g[1].overrides[0].mode, TG_MODE_MONITOR);
    assert_int_equal(policy->subnet_count, 4);
    assert_memory_equal(s[0].prefix.octets, v4, 16);
    assert_int_equal(s[0].length, 120);
    assert_memory_equal(s[1].prefix.octets, v6, 16);
    assert_int_equal(s[1].length, 32);
    assert_int_equal(s[2].length, 128);
    assert_int_equal(s[2].prefix.octets[15], 7);
    assert_int_equal(s[2].group, 0);
    assert_memory_equal(s[3].prefix.octets, any, 16);
    assert_int_equal(s[3].length, 0);
    assert_int_equal(s[3].group, 1);
}

static const char full_list[] = "\xef\xbb\xbf# a list\r\nC.example # one\r\n\r\n  *.d.example\t\r\n"
                                ".e.example\n||f.example^\n127.0.0.1 localhost g.example h.example";

/* Everything arrives, in its order, whatever the order of the text. */
static void test_full(void **state)
{
    struct fixture *f = *state;
    put_text(f->list, full_list);
    struct tg_policy *policy = good(f, full);
    check_rules(policy);
    check_names(policy);
    check_clients(policy);
    tg_policy_destroy(&policy);
}

/* SHA-256 of the text and of the lists behind it, as `cat policy lists | sha256sum` prints. */
static void test_digest(void **state)
{
    static const char text[] = "serial: 1\n" TLDS "block: [{file: list.txt}, {file: list.txt}]\n";
    struct fixture *f = *state;
    struct tg_policy *policy = NULL;
    uint8_t expected[32];
    char all[300];
    put_text(f->list, "# none\n");
    assert_int_equal(read_text(f, text, &policy), TG_OK);
    int len = snprintf(all, sizeof(all), "%s# none\n# none\n", text);
    assert_int_equal(EVP_Digest(all, (size_t)len, expected, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(policy->digest, expected, sizeof(expected));
    tg_policy_destroy(&policy);
}

/* Lists are found beside the policy, or where an absolute path says. */
static void test_paths(void **state)
{
    struct fixture *f = *state;
    char text[300];
    put_text(f->list, "a.example\n");
    for (int absolute = 0; absolute < 2; absolute++) {
        snprintf(text, sizeof(text), "serial: 1\n" TLDS "block: [{file: %s}]\n",
            absolute ? f->list : "list.txt");
        struct tg_policy *policy = good(f, text);
        assert_int_equal(policy->name_count, 1);
        assert_string_equal(policy->rules[1].file, absolute ? f->list : "list.txt");
        tg_policy_destroy(&policy);
    }
    /* messages name the path that was opened */
    put_text(f->list, "a b\n");
    says(f, "serial: 1\n" TLDS "block: [{file: list.txt}]\n", TG_DIAG_ERROR, "more than a name");
    assert_string_equal(tg_diags_get(f->diags, 0)->file, f->list);
    /* text in memory has no folder */
    struct tg_policy *policy = untouched;
    assert_int_equal(
        tg_policy_parse(f->policy, text, strlen(text), &f->options, &policy, NULL), TG_EPOLICY);
    assert_ptr_equal(policy, untouched);
}

/* A folder, a pipe that nobody writes to, no file, and one too large: said where it is named. */
static void test_unreadable(void **state)
{
    static const char text[] = "serial: 1\n" TLDS "block:\n - {file: list.txt}\n";
    struct fixture *f = *state;
    says(f, text, TG_DIAG_ERROR, "No such file");
    assert_int_equal(tg_diags_get(f->diags, 0)->line, 4);
    assert_int_equal(tg_diags_get(f->diags, 0)->col, 11);
    assert_int_equal(mkfifo(f->list, 0600), 0);
    says(f, text, TG_DIAG_ERROR, "not a regular file");
    assert_int_equal(unlink(f->list), 0);
    put_text(f->list, "");
    assert_int_equal(truncate(f->list, LIST_MAX + 1), 0);
    says(f, text, TG_DIAG_ERROR, "larger than 512 MiB");
    assert_int_equal(unlink(f->list), 0);
}

/* A line of just so many bytes, and one more. */
static void test_line_max(void **state)
{
    static char text[LINE_MAX_ + 1];
    struct fixture *f = *state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "a.example", 9);
    file_write(f->list, text, LINE_MAX_);
    struct tg_policy *policy = good(f, "serial: 1\n" TLDS "block: [{file: list.txt}]\n");
    assert_int_equal(policy->name_count, 1);
    tg_policy_destroy(&policy);
    file_write(f->list, text, LINE_MAX_ + 1);
    says(f, "serial: 1\n" TLDS "block: [{file: list.txt}]\n", TG_DIAG_ERROR, "over 65536 bytes");
}

/* Twenty wrong lines are shown, with one more they are counted; all of them count as found. */
static void test_bad_lines(void **state)
{
    struct fixture *f = *state;
    char list[400] = "";
    struct tg_policy *policy = untouched;
    for (size_t lines = 1; lines <= 23; lines++) {
        strcat(list, "a b\n");
        put_text(f->list, list);
        assert_int_equal(
            read_text(f, "serial: 1\n" TLDS "block: [{file: list.txt}]\n", &policy), TG_EPOLICY);
        assert_int_equal(tg_diags_kept(f->diags), lines <= 20 ? lines : 21);
        const struct tg_diag *last = tg_diags_get(f->diags, tg_diags_kept(f->diags) - 1);
        assert_int_equal(last->line, lines <= 20 ? lines : 21);
        assert_int_equal(last->col, lines <= 20 ? 3 : 1);
        if (lines == 23)
            assert_non_null(strstr(last->text, "3 more lines"));
    }
    assert_ptr_equal(policy, untouched);
}

/* One name, once, whatever the list repeats; "x" and "*.x" together are x and all below. */
static void test_repeated(void **state)
{
    struct fixture *f = *state;
    struct tg_policy *policy = NULL;
    put_text(f->list, "b.example\na.example\nb.example\n*.A.example\nc.example\nx.a.example\n");
    assert_int_equal(
        read_text(f, "serial: 1\n" TLDS "block: [{file: list.txt, match: exact}]\n", &policy),
        TG_OK);
    assert_int_equal(tg_diags_kept(f->diags), 1);
    assert_int_equal(tg_diags_count(f->diags, TG_DIAG_NOTE), 1);
    assert_non_null(strstr(tg_diags_get(f->diags, 0)->text, "repeats 2 of its names, and 1 lie"));
    assert_int_equal(policy->name_count, 4);
    assert_name(policy->names[0].name, "b.example");
    assert_true(policy->names[0].exact);
    assert_name(policy->names[1].name, "a.example");
    assert_false(policy->names[1].exact);
    assert_name(policy->names[3].name, "x.a.example");
    tg_policy_destroy(&policy);
}

/* A rule whose only name is dropped goes too, and those behind it keep their names. */
static void test_dropped_rule(void **state)
{
    struct fixture *f = *state;
    struct tg_policy *policy = NULL;
    assert_int_equal(
        read_text(f, "serial: 1\n" TLDS "allow: [a.ml, a.ml, b.ml]\nblock: [c.example]\n", &policy),
        TG_OK);
    assert_int_equal(tg_diags_count(f->diags, TG_DIAG_WARNING), 1);
    assert_int_equal(policy->rule_count, 4);
    assert_int_equal(policy->name_count, 3);
    for (size_t i = 0; i < policy->name_count; i++) {
        assert_int_equal(policy->names[i].rule, i + 1);
        assert_true(tg_dname_equal(policy->names[i].name, policy->rules[i + 1].owner));
    }
    tg_policy_destroy(&policy);
}

/* The suffixes below direct TLDs, and no others; IDNs as A-labels (RFC 5891). */
static void test_suffixes(void **state)
{
    static const struct {
        const char *name;
        bool wildcard;
        bool exception;
    } suffixes[] = {
        {"com.om", false, false},
        {"edu.om", false, false},
        {"wild.om", true, false},
        {"both.om", true, false},
        {"both.om", false, false},
        {"city.wild.om", false, true},
        {"xn--55qx5d.om", false, false},
    };
    struct fixture *f = *state;
    struct tg_policy *policy = good(
        f, "serial: 1\ntlds: [{tld: om, targets: com, match: direct}, {tld: ml, targets: mil}]\n");
    assert_int_equal(policy->suffix_count, COUNT(suffixes));
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        size_t found = 0;
        for (size_t j = 0; j < policy->suffix_count; j++) {
            char text[TG_DNAME_TEXT_MAX];
            const struct tg_suffix *s = &policy->suffixes[j];
            tg_dname_to_text(s->name.wire, s->name.len, text);
            found += strcmp(text, suffixes[i].name) == 0 && s->wildcard == suffixes[i].wildcard &&
                     s->exception == suffixes[i].exception;
        }
        assert_int_equal(found, 1);
    }
    tg_policy_destroy(&policy);
}

/* What a direct rule speaks of: an allow that it does not speak of has no effect. */
static void test_direct(void **state)
{
    static const struct {
        const char *name;
        bool effect;
    } cases[] = {
        {"x.om", true},
        {"y.x.om", true},
        {"com.om", false},
        {"x.com.om", false},
        {"xcom.om", true},
        {"wild.om", true}, /* only what is below it is a suffix */
        {"both.om", false},
        {"x.both.om", false},
        {"any.wild.om", false},
        {"x.any.wild.om", false},
        {"city.wild.om", true}, /* the exception */
        {"x.city.wild.om", true},
    };
    struct fixture *f = *state;
    char text[200];
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text),
            "serial: 1\ntlds: [{tld: om, targets: com, match: direct}]\nallow: [%s]\n",
            cases[i].name);
        if (cases[i].effect) {
            struct tg_policy *policy = good(f, text);
            tg_policy_destroy(&policy);
        } else {
            says(f, text, TG_DIAG_WARNING, "at or below a public suffix");
        }
    }
}

/* Without a list direct cannot be known; nothing else needs it. */
static void test_no_suffixes(void **state)
{
    static const char *const direct = "serial: 1\ntlds: [{tld: om, targets: com, match: direct}]\n";
    struct fixture *f = *state;
    f->options.suffixes = "/nonexistent/list";
    says(f, direct, TG_DIAG_ERROR, "'/nonexistent/list': No such file");
    assert_int_equal(tg_diags_get(f->diags, 0)->col, 39);
    struct tg_policy *policy = good(f, "serial: 1\ntlds: [{tld: zz, targets: com}]\n");
    tg_policy_destroy(&policy);
    f->options.suffixes = f->suffixes;
    put_text(f->suffixes, "// a list of nothing\n\n");
    says(f, direct, TG_DIAG_ERROR, "holds no public suffix");
}

static void test_delegated(void **state)
{
    struct fixture *f = *state;
    says(f, "serial: 1\ntlds: [{tld: zz, targets: com}]\n", TG_DIAG_WARNING, "TLD 'zz' is not");
    says(f, "serial: 1\ntlds: [{tld: ml, targets: [mil, millitary]}]\n", TG_DIAG_WARNING,
        "target 'millitary' is not");
    /* a TLD known by its wildcard alone; it has no direct names but the exception */
    struct tg_policy *policy =
        good(f, "serial: 1\ntlds: [{tld: ck, targets: com, match: direct}]\n");
    assert_int_equal(policy->suffix_count, 2);
    tg_policy_destroy(&policy);
    put_text(f->suffixes, "com\n*.ck\n");
    says(f, "serial: 1\ntlds: [{tld: ck, targets: com, match: direct}]\n", TG_DIAG_WARNING,
        "leaves nothing of 'ck'");
}

/* The last day counts; a week ahead is 7 days. */
static void test_until(void **state)
{
    static const struct {
        uint32_t today;
        const char *message; /* NULL: none */
    } cases[] = {
        {0, NULL}, /* no day is known */
        {1, NULL},
        {TODAY - 8, NULL},
        {TODAY - 7, "expires in 7 days"},
        {TODAY - 1, "expires in 1 day"},
        {TODAY, "expires today"},
        {TODAY + 1, "has expired"},
        {UINT32_MAX, "has expired"},
    };
    static const char text[] = "serial: 1\n" TLDS "allow: [{name: a.ml, until: 2026-11-22}]\n";
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        f->options.today = cases[i].today;
        if (cases[i].message) {
            says(f, text, TG_DIAG_WARNING, cases[i].message);
            assert_int_equal(tg_diags_get(f->diags, 0)->col, 29);
            continue;
        }
        struct tg_policy *policy = good(f, text);
        assert_int_equal(policy->rules[1].until, TODAY);
        tg_policy_destroy(&policy);
    }
}

/* Days of the Gregorian calendar, as `date -u -d DAY +%s` has them. */
static void test_days(void **state)
{
    static const struct {
        const char *day;
        uint32_t days;
    } cases[] = {
        {"1971-01-01", 365},
        {"1972-02-29", 789},
        {"1972-12-31", 1095},
        {"2000-02-29", 11016},
        {"2000-03-01", 11017},
        {"2001-01-01", 11323},
        {"2026-11-22", TODAY},
        {"2100-03-01", 47541},
        {"2101-01-01", 47847},
        {"9999-12-31", 2932896},
    };
    struct fixture *f = *state;
    char text[200];
    f->options.today = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text), "serial: 1\n" TLDS "allow: [{name: a.ml, until: %s}]\n",
            cases[i].day);
        struct tg_policy *policy = good(f, text);
        assert_int_equal(policy->rules[1].until, cases[i].days);
        tg_policy_destroy(&policy);
    }
}

/* 100 popular names and more, all of them blocked. */
static void test_popular(void **state)
{
    static const struct {
        const char *more;
        bool warned;
    } cases[] = {
        {"", true},
        {", mode: block, twin: none", true},
        {", mode: mail-only", false},
        {", twin: list, otherwise: off", false},
        {", match: direct", false},
    };
    struct fixture *f = *state;
    char policy_text[200];
    f->options.popular = f->popular;
    for (int count = 99; count <= 100; count++) {
        char line[100];
        snprintf(line, sizeof(line), "# om\t5000\nml\t1\nnot a line\nom\t%d", count);
        put_text(f->popular, line);
        for (size_t i = 0; i < COUNT(cases); i++) {
            snprintf(policy_text, sizeof(policy_text),
                "serial: 1\ntlds: [{tld: om, targets: com%s}]\n", cases[i].more);
            if (cases[i].warned && count == 100) {
                says(f, policy_text, TG_DIAG_WARNING, "100 of the most popular names");
            } else {
                struct tg_policy *policy = good(f, policy_text);
                tg_policy_destroy(&policy);
            }
        }
    }
    f->options.popular = "/nonexistent";
    says(f, "serial: 1\ntlds: [{tld: om, targets: com}]\n", TG_DIAG_NOTE, "No such file");
}

/* count lines of the form, with a number in it. */
static void put_lines(const char *path, const char *head, const char *form, size_t count)
{
    size_t room = strlen(head) + count * (strlen(form) + 12) + 1;
    size_t used = strlen(head);
    char *text = malloc(room);
    assert_non_null(text);
    memcpy(text, head, used);
    for (size_t i = 0; i < count; i++) {
        const char *hole = strchr(form, '@');
        used += (size_t)snprintf(
            text + used, room - used, "%.*s%zu%s\n", (int)(hole - form), form, i, hole + 1);
    }
    file_write(path, text, used);
    free(text);
}

/* A policy with so many groups of a prefix, or one group with so many prefixes. */
static enum tg_status read_clients(
    struct fixture *f, size_t groups, size_t subnets, struct tg_policy **out)
{
    size_t room = 200 + 60 * (groups + subnets);
    size_t used = 0;
    char *text = malloc(room);
    assert_non_null(text);
    used += (size_t)snprintf(text, room, "serial: 1\n" TLDS "clients:\n");
    for (size_t i = 0; i < groups; i++)
        used += (size_t)snprintf(text + used, room - used,
            "- {group: g%zu, mode: off, subnets: 192.%zu.%zu.0/24}\n", i, i / 256, i % 256);
    if (subnets > 0)
        used += (size_t)snprintf(text + used, room - used, "- group: g\n  mode: off\n  subnets:\n");
    for (size_t i = 0; i < subnets; i++)
        used += (size_t)snprintf(
            text + used, room - used, "  - 10.%zu.%zu.%zu\n", i / 65536, i / 256 % 256, i % 256);
    tg_diags_destroy(&f->diags);
    f->diags = tg_diags_create();
    enum tg_status status = tg_policy_parse("p", text, used, &f->options, out, f->diags);
    free(text);
    return status;
}

/* Limits: the last that is good and the first that is not. */
static void test_limits(void **state)
{
    struct fixture *f = *state;
    struct tg_policy *policy = NULL;
    assert_int_equal(read_clients(f, TG_GROUPS_MAX, 0, &policy), TG_OK);
    assert_int_equal(policy->group_count, TG_GROUPS_MAX);
    tg_policy_destroy(&policy);
    assert_int_equal(read_clients(f, 0, TG_SUBNETS_MAX, &policy), TG_OK);
    assert_int_equal(policy->subnet_count, TG_SUBNETS_MAX);
    tg_policy_destroy(&policy);
    policy = untouched;
    assert_int_equal(read_clients(f, TG_GROUPS_MAX + 1, 0, &policy), TG_EPOLICY);
    assert_non_null(strstr(tg_diags_get(f->diags, 0)->text, "1001 groups; 1000 are the most"));
    assert_int_equal(read_clients(f, 0, TG_SUBNETS_MAX + 1, &policy), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(f->diags), 1);
    assert_non_null(strstr(tg_diags_get(f->diags, 0)->text, "more than 200000 prefixes"));
    assert_ptr_equal(policy, untouched);
}

/* A list of a hundred thousand names below each other, and of as many that are the same. */
static void test_hostile_lists(void **state)
{
    static const char text[] = "serial: 1\n" TLDS "block: [{file: list.txt}]\n";
    struct fixture *f = *state;
    struct tg_policy *policy = NULL;
    put_lines(f->list, "", "x@.example", 300000);
    assert_int_equal(read_text(f, text, &policy), TG_OK);
    assert_int_equal(policy->name_count, 300000);
    tg_policy_destroy(&policy);
    put_lines(f->list, "", "a.example #@", 300000);
    assert_int_equal(read_text(f, text, &policy), TG_OK);
    assert_int_equal(policy->name_count, 1);
    tg_policy_destroy(&policy);
    put_lines(f->list, "0.0.0.0 ", "a@.example \\", 1);
    policy = untouched;
    assert_int_equal(read_text(f, text, &policy), TG_EPOLICY);
    put_lines(f->list, "", "a b @", 300000);
    assert_int_equal(read_text(f, text, &policy), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(f->diags), 21);
    /* and with what a list cannot know: each of them is said of, 20 times */
    put_lines(f->list, "", "x@.example", 100000);
    assert_int_equal(read_text(f,
                         "serial: 1\n" TLDS "allow: [{file: list.txt}]\nblock: [{file: "
                         "list.txt}]\n",
                         &policy),
        TG_EPOLICY);
    assert_int_equal(tg_diags_count(f->diags, TG_DIAG_ERROR), 21);
    assert_ptr_equal(policy, untouched);
}

/* One name more than a policy may have, and what is behind it is not read. */
static void test_names_max(void **state)
{
    struct fixture *f = *state;
    struct tg_policy *policy = untouched;
    put_lines(f->list, "", "@.a", TG_NAMES_MAX / 2);
    char other[128];
    tmpdir_file(&f->dir, "other.txt", other);
    put_lines(other, "", "@.b", TG_NAMES_MAX / 2 + 1);
    assert_int_equal(
        read_text(f, "serial: 1\n" TLDS "block: [{file: list.txt}, {file: other.txt}]\n", &policy),
        TG_EPOLICY);
    assert_int_equal(tg_diags_kept(f->diags), 1);
    assert_non_null(strstr(tg_diags_get(f->diags, 0)->text, "more than 12000000 names"));
    assert_int_equal(tg_diags_get(f->diags, 0)->line, TG_NAMES_MAX / 2 + 1);
    assert_ptr_equal(policy, untouched);
}

/* Each allocation fails once: TG_ENOMEM or, where only a message was lost, the truth. */
static void out_of_memory(struct fixture *f, const char *text, enum tg_status expected)
{
    bool fired = true;
    put_text(f->policy, text);
    for (size_t n = 1; fired; n++) {
        struct tg_policy *policy = untouched;
        struct tg_diags *diags = tg_diags_create();
        assert_non_null(diags);
        oom_fail_at(n);
        enum tg_status status = tg_policy_read(f->policy, &f->options, &policy, diags);
        fired = oom_fired();
        oom_fail_at(0);
        assert_true(status == expected || (fired && status == TG_ENOMEM));
        if (status == TG_OK)
            tg_policy_destroy(&policy);
        else
            assert_ptr_equal(policy, untouched);
        tg_diags_destroy(&diags);
        assert_true(n < 10000);
    }
}

static void test_oom(void **state)
{
    struct fixture *f = *state;
    f->options.popular = f->popular;
    put_text(f->popular, "ml\t5\n");
    put_text(f->list, full_list);
    out_of_memory(f, full, TG_OK);
    /* room for names must grow, and lists too */
    put_lines(f->list, "", "n@.example", 200);
    out_of_memory(f,
        "serial: 1\n" TLDS "block: [{file: list.txt}, {file: list.txt}, {file: list.txt},\n"
        " {file: list.txt}, {file: list.txt}, {file: list.txt}, {file: list.txt}, {file: "
        "list.txt},\n"
        " {file: list.txt}]\n",
        TG_OK);
    put_text(f->list, "m\xc3\xbc.ml\na b\n");
    out_of_memory(
        f, "serial: 1\n" TLDS "block: [{file: list.txt}, {file: none.txt}, mil]\n", TG_EPOLICY);
}

/* A good policy with each byte of its list replaced: a policy, or an error in the list. */
static void test_mutations(void **state)
{
    static const char with[] = "\0\n\t :-,*&!|>#@\\.^/\x7f\xc3\xff"
                               "0";
    struct fixture *f = *state;
    char list[sizeof(full_list)];
    put_text(f->policy, full);
    for (size_t at = 0; at < sizeof(full_list) - 1; at++) {
        for (size_t i = 0; i < sizeof(with); i++) {
            struct tg_policy *policy = untouched;
            struct tg_diags *diags = tg_diags_create();
            memcpy(list, full_list, sizeof(list));
            list[at] = with[i];
            file_write(f->list, list, sizeof(full_list) - 1);
            enum tg_status status = tg_policy_read(f->policy, &f->options, &policy, diags);
            assert_true((status == TG_OK) == (tg_diags_count(diags, TG_DIAG_ERROR) == 0));
            if (status == TG_OK)
                tg_policy_destroy(&policy);
            else
                assert_int_equal(status, TG_EPOLICY);
            tg_diags_destroy(&diags);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_full),
        TEST(test_digest),
        TEST(test_paths),
        TEST(test_unreadable),
        TEST(test_line_max),
        TEST(test_bad_lines),
        TEST(test_repeated),
        TEST(test_dropped_rule),
        TEST(test_suffixes),
        TEST(test_direct),
        TEST(test_no_suffixes),
        TEST(test_delegated),
        TEST(test_until),
        TEST(test_days),
        TEST(test_popular),
        TEST(test_limits),
        TEST(test_hostile_lists),
        TEST(test_names_max),
        TEST(test_oom),
        TEST(test_mutations),
    };
    return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
