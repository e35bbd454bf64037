/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What is counted, and how it stands in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "module/slot.h"
#include "module/stats.h"
#include "tests/support/gen.h"
#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The monotonic clock, when a test says what it shows. */
static uint64_t shown;
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (shown == 0 || clock != CLOCK_MONOTONIC)
        return __real_clock_gettime(clock, now);
    now->tv_sec = (time_t)(shown / 1000000000u);
    now->tv_nsec = (long)(shown % 1000000000u);
    return 0;
}

static struct tg_image *image_of(struct gen_policy *gen, uint32_t serial)
{
    struct tg_image *image = NULL;
    struct tmpdir dir;
    char path[128];

    gen->policy.serial = serial;
    tmpdir_create(&dir);
    tmpdir_file(&dir, "image", path);
    assert_int_equal(tg_image_write(&gen->policy, 1795305600, path, NULL), TG_OK);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_OK);
    tmpdir_remove(&dir);
    return image;
}

/* One rule of each kind. */
static struct tg_image *usual_image(void)
{
    struct gen_policy *gen = gen_create();
    struct tg_image *image;

    (void)gen_tld(gen, "ml", "mil");
    gen_tld(gen, "et", "net")->action = TG_ACTION_REFUSED;
    gen_tld(gen, "cm", "com")->mode = TG_MODE_MAIL_ONLY;
    gen_tld(gen, "om", "com")->mode = TG_MODE_MONITOR;
    gen_tld(gen, "co", "com")->mode = TG_MODE_OFF;
    gen->rules[2].otherwise = TG_MODE_MAIL_ONLY;
    gen->rules[3].otherwise = TG_MODE_MONITOR;
    gen->rules[4].otherwise = TG_MODE_OFF;
    (void)gen_rule(gen, TG_KIND_PROTECT, "army.mil", false);
    (void)gen_allow(gen, "orange.ml", false);
    (void)gen_rule(gen, TG_KIND_BLOCK, "rnil.example", false);
    image = image_of(gen, 7);
    gen_free(&gen);
    return image;
}

static void decide(struct tg_stats *stats, const struct tg_image *image, const char *name,
    uint16_t qtype, uint16_t qclass)
{
    struct tg_question question = {.qtype = qtype, .qclass = qclass};
    struct tg_verdict verdict;
    uint8_t wire[TG_DNAME_MAX];

    assert_int_equal(
        tg_dname_from_text(name, strlen(name), wire, &question.qname.len, NULL), TG_OK);
    question.qname.wire = wire;
    tg_decide(image, &question, &verdict);
    tg_stats_decided(stats, tg_slot_of_thread(), &question, &verdict);
}

static struct tg_figures *collect(struct tg_stats *stats)
{
    struct tg_figures *figures = calloc(1, sizeof(*figures));

    assert_non_null(figures);
    tg_stats_collect(stats, figures);
    return figures;
}

static const struct tg_figures_rule *rule_of(const struct tg_figures *figures, const char *id)
{
    for (size_t i = 0; i < figures->rule_count; i++)
        if (strcmp(figures->rules[i].id, id) == 0)
            return &figures->rules[i];
    return NULL;
}

/* Each question on its own: what it counts as, and nothing else. */
static void test_decided(void **state)
{
    static const struct {
        const char *name;
        uint16_t qtype;
        uint16_t qclass;
        enum tg_seen seen;
        enum tg_asked_type type;
        enum tg_replied replied;
        int action;       /* -1: none */
        const char *rule; /* that is hit; NULL: none */
    } cases[] = {
        {"army.mil", 1, 1, TG_SEEN_PROTECT, TG_ASKED_A, TG_REPLIED_PASS, -1, NULL},
        {"example.org", 28, 1, TG_SEEN_NONE, TG_ASKED_AAAA, TG_REPLIED_PASS, -1, NULL},
        {"army.ml", 16, 3, TG_SEEN_CLASS, TG_ASKED_TXT, TG_REPLIED_PASS, -1, NULL},
        {"www.orange.ml", 33, 1, TG_SEEN_ALLOW, TG_ASKED_SRV, TG_REPLIED_PASS, -1, NULL},
        {"army.ml", 15, 1, TG_SEEN_BLOCK, TG_ASKED_MX, TG_REPLIED_NXDOMAIN, 0, "ml"},
        {"ARMY.ET", 15, 1, TG_SEEN_BLOCK, TG_ASKED_MX, TG_REPLIED_REFUSED, 2, "et"},
        {"army.cm", 15, 1, TG_SEEN_MAIL_ONLY, TG_ASKED_MX, TG_REPLIED_NULL_MX, -1, "cm"},
        /* mail-only lets it pass, unreported */
        {"army.cm", 2, 1, TG_SEEN_MAIL_ONLY, TG_ASKED_NS, TG_REPLIED_PASS, -1, NULL},
        {"army.om", 6, 1, TG_SEEN_MONITOR, TG_ASKED_SOA, TG_REPLIED_PASS, -1, "om"},
        {"army.co", 65, 1, TG_SEEN_OFF, TG_ASKED_HTTPS, TG_REPLIED_PASS, -1, NULL},
        {"a.rnil.example", 64, 1, TG_SEEN_BLOCK, TG_ASKED_SVCB, TG_REPLIED_NXDOMAIN, 0, "block"},
        {"x.example", 12, 1, TG_SEEN_NONE, TG_ASKED_PTR, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 43, 1, TG_SEEN_NONE, TG_ASKED_DS, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 48, 1, TG_SEEN_NONE, TG_ASKED_DNSKEY, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 5, 1, TG_SEEN_NONE, TG_ASKED_CNAME, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 255, 1, TG_SEEN_NONE, TG_ASKED_ANY, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 0, 1, TG_SEEN_NONE, TG_ASKED_OTHER, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 3, 1, TG_SEEN_NONE, TG_ASKED_OTHER, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 257, 1, TG_SEEN_NONE, TG_ASKED_OTHER, TG_REPLIED_PASS, -1, NULL},
        {"x.example", 65535, 1, TG_SEEN_NONE, TG_ASKED_OTHER, TG_REPLIED_PASS, -1, NULL},
    };
    struct tg_image *image = usual_image();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_stats *stats = tg_stats_create();
        struct tg_figures *figures;

        tg_stats_policy(stats, image);
        decide(stats, image, cases[i].name, cases[i].qtype, cases[i].qclass);
        figures = collect(stats);
        assert_int_equal(tg_figures_questions(figures), 1);
        assert_int_equal(figures->seen[cases[i].seen], 1);
        for (size_t t = 0; t < TG_ASKED_TYPES; t++)
            assert_int_equal(figures->type[t], t == cases[i].type ? 1 : 0);
        for (size_t r = 0; r < TG_REPLIEDS; r++)
            assert_int_equal(figures->replied[r], r == cases[i].replied ? 1 : 0);
        assert_int_equal(tg_figures_blocked(figures), cases[i].replied != TG_REPLIED_PASS);
        for (int a = 0; a < TG_ACTIONS; a++)
            assert_int_equal(figures->action[a], a == cases[i].action ? 1 : 0);
        for (size_t c = 0; c < TG_COUNTERS; c++)
            assert_int_equal(figures->counter[c], 0);
        assert_int_equal(figures->rule_count, cases[i].rule ? 1 : 0);
        if (cases[i].rule) {
            const bool blocked = cases[i].replied != TG_REPLIED_PASS;
            assert_string_equal(figures->rules[0].id, cases[i].rule);
            assert_int_equal(figures->rules[0].blocked, blocked);
            assert_int_equal(figures->rules[0].watched, !blocked);
        }
        free(figures);
        tg_stats_destroy(&stats);
        assert_null(stats);
    }
    tg_image_close(&image);
}

static struct tg_verdict verdict_on(const struct tg_image *image, const char *tld, bool via)
{
    static const uint8_t name[] = "\1x";
    struct tg_verdict verdict = {.reason = TG_REASON_TLD, .report = true};
    uint8_t label[TG_LABEL_MAX + 1] = {(uint8_t)strlen(tld)};

    memcpy(label + 1, tld, strlen(tld));
    verdict.rule = tg_image_tld(image, label);
    assert_non_null(verdict.rule);
    verdict.mode = verdict.rule->mode;
    verdict.reply = verdict.mode == TG_MODE_BLOCK ? TG_REPLY_NXDOMAIN : TG_REPLY_PASS;
    if (via)
        verdict.via = (struct tg_name){name, sizeof(name)};
    return verdict;
}

/* What comes after the question itself was counted: only what is new. */
static void test_concluded(void **state)
{
    struct tg_image *image = usual_image();
    struct tg_stats *stats = tg_stats_create();
    struct tg_verdict target = verdict_on(image, "ml", true);
    struct tg_verdict watched = verdict_on(image, "om", true);
    struct tg_verdict late = verdict_on(image, "ml", false);
    struct tg_verdict again = verdict_on(image, "om", false);
    struct tg_figures *figures;

    (void)state;
    tg_stats_policy(stats, image);
    for (int i = 0; i < 7; i++)
        decide(stats, image, "example.org", 1, 1);
    tg_stats_concluded(stats, &target);
    tg_stats_concluded(stats, &target);
    tg_stats_concluded(stats, &watched);
    tg_stats_concluded(stats, &late);
    tg_stats_concluded(stats, &again); /* was counted as it came in */
    tg_stats_watched(stats, &again);
    tg_stats_add(stats, TG_COUNT_CACHE_REMOVED, 0);
    tg_stats_add(stats, TG_COUNT_CACHE_REMOVED, UINT32_MAX);
    tg_stats_add(stats, TG_COUNT_CACHE_REMOVED, 5);
    figures = collect(stats);
    assert_int_equal(figures->counter[TG_COUNT_TARGETS_BLOCKED], 2);
    assert_int_equal(figures->counter[TG_COUNT_TARGETS_WATCHED], 1);
    assert_int_equal(figures->counter[TG_COUNT_LATE], 1);
    assert_int_equal(figures->counter[TG_COUNT_WATCHED_CACHED], 1);
    assert_int_equal(figures->counter[TG_COUNT_CACHE_REMOVED], (uint64_t)UINT32_MAX + 5);
    assert_int_equal(figures->replied[TG_REPLIED_NXDOMAIN], 3);
    assert_int_equal(figures->replied[TG_REPLIED_PASS], 4); /* 7 came in, 3 were withheld */
    assert_int_equal(rule_of(figures, "ml")->blocked, 3);
    assert_int_equal(rule_of(figures, "om")->watched, 2);
    assert_string_equal(figures->rules[0].id, "ml"); /* most first */
    free(figures);
    tg_stats_destroy(&stats);
    tg_image_close(&image);
}

/* Over policies: a rule goes on, the target is the last policy's. */
static void test_policies(void **state)
{
    struct tg_stats *stats = tg_stats_create();
    struct gen_policy *gen = gen_create();
    struct tg_image *first = usual_image();
    struct tg_image *second;
    struct tg_figures *figures = collect(stats);
    char long_text[2000];

    (void)state;
    assert_false(figures->policy.there);
    free(figures);
    (void)gen_tld(gen, "ml", "nl");
    (void)gen_tld(gen, "got", "gov");
    second = image_of(gen, 8);
    gen_free(&gen);
    tg_stats_policy(stats, first);
    decide(stats, first, "army.ml", 15, 1);
    decide(stats, first, "army.om", 15, 1);
    tg_stats_policy(stats, second);
    decide(stats, second, "army.ml", 15, 1);
    decide(stats, second, "army.got", 15, 1);
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    tg_stats_rejected(stats, long_text);
    tg_stats_rejected(stats, "cut");
    figures = collect(stats);
    assert_int_equal(rule_of(figures, "ml")->blocked, 2);
    assert_string_equal(rule_of(figures, "ml")->target, "nl");
    assert_int_equal(rule_of(figures, "om")->watched, 1);
    assert_int_equal(rule_of(figures, "got")->blocked, 1);
    assert_null(rule_of(figures, "other"));
    assert_true(figures->policy.there);
    assert_int_equal(figures->policy.serial, 8);
    assert_int_equal(figures->policy.rules, 2);
    assert_int_equal(figures->policy.created, 1795305600000);
    assert_int_equal(figures->policy.expires, 0);
    assert_int_equal(figures->policy.loads, 2);
    assert_int_equal(figures->policy.rejections, 2);
    assert_string_equal(figures->policy.error, "cut");
    assert_true(figures->policy.rejected >= figures->policy.loaded);
    free(figures);
    tg_stats_kept(stats);
    figures = collect(stats);
    assert_true(figures->policy.loaded >= figures->policy.rejected);
    assert_int_equal(figures->policy.loads, 2);
    free(figures);
    tg_image_close(&first);
    tg_image_close(&second);
    tg_stats_destroy(&stats);
}

/* While the cache is looked through, questions are decided by the new policy already: they count as
 * its rules', while who waits for it to be in force still sees the former one. */
static void test_changing(void **state)
{
    struct tg_stats *stats = tg_stats_create();
    struct gen_policy *gen = gen_create();
    struct tg_image *first = usual_image();
    struct tg_image *second;
    struct tg_figures *figures;

    (void)state;
    (void)gen_tld(gen, "got", "gov");
    second = image_of(gen, 8);
    gen_free(&gen);
    tg_stats_policy(stats, first);
    tg_stats_rules(stats, second);
    decide(stats, second, "army.got", 15, 1);
    figures = collect(stats);
    assert_int_equal(rule_of(figures, "got")->blocked, 1);
    assert_null(rule_of(figures, "other"));
    assert_int_equal(figures->policy.serial, 7);
    assert_int_equal(figures->policy.loads, 1);
    free(figures);
    tg_stats_policy(stats, second);
    figures = collect(stats);
    assert_int_equal(rule_of(figures, "got")->blocked, 1);
    assert_int_equal(figures->policy.serial, 8);
    free(figures);
    tg_image_close(&first);
    tg_image_close(&second);
    tg_stats_destroy(&stats);
}

/* More TLDs than are told apart, of 63 octets that take the most room. */
static void test_many_rules(void **state)
{
    enum { MANY = TG_FIGURES_RULES + 50 };
    struct tg_stats *stats = tg_stats_create();
    struct gen_policy *gen = gen_create();
    struct tg_figures *figures;
    struct tg_image *image;
    char *text = malloc(TG_FIGURES_MAX);
    uint64_t sum = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        char tld[300] = "";
        for (int n = 0; n < 60; n++)
            strcat(tld, "\\001");
        sprintf(tld + strlen(tld), "%03d", i);
        (void)gen_tld(gen, tld, tld + 4); /* one octet less */
    }
    image = image_of(gen, 9);
    tg_stats_policy(stats, image);
    for (int i = 0; i < MANY; i++)
        for (int n = 0; n <= i % 3; n++) {
            char name[TG_DNAME_TEXT_MAX + 8];
            char tld[TG_DNAME_TEXT_MAX];
            (void)tg_dname_to_text(gen->rules[i].owner.wire, gen->rules[i].owner.len, tld);
            sprintf(name, "a.%s", tld);
            decide(stats, image, name, 15, 1);
        }
    figures = collect(stats);
    assert_int_equal(figures->rule_count, TG_FIGURES_RULES - 2 + 1);
    for (size_t i = 0; i < figures->rule_count; i++) {
        if (strcmp(figures->rules[i].kind, "tld") == 0)
            assert_in_range(figures->rules[i].blocked, 1, 3);
        sum += figures->rules[i].blocked;
    }
    assert_int_equal(sum, tg_figures_questions(figures));
    assert_non_null(rule_of(figures, "other"));
    assert_true(tg_figures_format(figures, text, TG_FIGURES_MAX) > 100000);
    free(text);
    free(figures);
    tg_image_close(&image);
    gen_free(&gen);
    tg_stats_destroy(&stats);
}

/* One decision of 32 is measured, the first of a thread's; each falls where its bounds say. */
static void test_decisions(void **state)
{
    static const struct {
        uint64_t took;
        size_t bucket;
    } cases[] = {
        {0, 0},
        {1, 0},
        {100, 0},
        {101, 1},
        {200, 1},
        {201, 2},
        {1000, 3},
        {9999999, 15},
        {10000000, 15},
        {10000001, 16},
        {3600000000000, 16},
    };
    struct tg_stats *stats = tg_stats_create();
    struct tg_figures *figures;
    uint64_t sum = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int n = 0; n < TG_SAMPLED_OF; n++) {
            uint64_t began;
            shown = 5000000000u + i;
            began = tg_stats_begin(stats, 7);
            assert_int_equal(began, n == 0 ? shown : 0);
            shown += cases[i].took;
            tg_stats_end(stats, 7, began);
        }
        sum += cases[i].took;
        figures = collect(stats);
        assert_int_equal(figures->nanoseconds, sum);
        assert_true(figures->bucket[cases[i].bucket] >= 1);
        free(figures);
    }
    tg_stats_end(stats, 7, shown + 1); /* a clock that goes back: it took no time */
    figures = collect(stats);
    shown = 0;
    assert_int_equal(figures->nanoseconds, sum);
    assert_int_equal(figures->bucket[0], 4);
    assert_int_equal(figures->bucket[1], 2);
    assert_int_equal(figures->bucket[15], 2);
    assert_int_equal(figures->bucket[16], 2);
    free(figures);
    tg_stats_destroy(&stats);
}

#define THREADS 80 /* more than there are slots */
#define EACH    5000

struct crowd {
    struct tg_stats *stats;
    struct tg_image *image;
    atomic_int running;
};

static void *ask(void *arg)
{
    struct crowd *crowd = arg;
    const unsigned slot = tg_slot_of_thread();

    for (int i = 0; i < EACH; i++) {
        struct tg_question question = {{(const uint8_t *)"\4army\2ml", 9}, 15, 1, NULL, 0};
        const uint64_t began = tg_stats_begin(crowd->stats, slot);
        struct tg_verdict verdict;

        tg_decide(crowd->image, &question, &verdict);
        tg_stats_decided(crowd->stats, slot, &question, &verdict);
        tg_stats_add(crowd->stats, TG_COUNT_TARGETS_INSPECTED, 2);
        tg_stats_end(crowd->stats, slot, began);
    }
    atomic_fetch_sub(&crowd->running, 1);
    return NULL;
}

/* Nothing is lost, whoever shares a slot, and nothing falls while it is looked at; policies come
 * meanwhile. */
static void test_threads(void **state)
{
    struct crowd crowd = {tg_stats_create(), usual_image(), THREADS};
    struct tg_figures *figures = calloc(1, sizeof(*figures));
    pthread_t threads[THREADS];
    uint64_t before = 0;

    (void)state;
    tg_stats_policy(crowd.stats, crowd.image);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &crowd), 0);
    while (atomic_load(&crowd.running) > 0) {
        tg_stats_collect(crowd.stats, figures);
        assert_true(tg_figures_questions(figures) >= before);
        before = tg_figures_questions(figures);
        tg_stats_policy(crowd.stats, crowd.image);
        (void)sched_yield();
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    tg_stats_collect(crowd.stats, figures);
    assert_int_equal(tg_figures_questions(figures), THREADS * EACH);
    assert_int_equal(figures->type[TG_ASKED_MX], THREADS * EACH);
    assert_int_equal(figures->replied[TG_REPLIED_NXDOMAIN], THREADS * EACH);
    assert_int_equal(figures->counter[TG_COUNT_TARGETS_INSPECTED], 2 * THREADS * EACH);
    assert_int_equal(rule_of(figures, "ml")->blocked, THREADS * EACH);
    free(figures);
    tg_image_close(&crowd.image);
    tg_stats_destroy(&crowd.stats);
}

static json_t *member(const json_t *object, const char *path)
{
    json_t *at = (json_t *)(uintptr_t)object;
    char copy[128];

    (void)snprintf(copy, sizeof(copy), "%s", path);
    for (char *save = NULL, *word = strtok_r(copy, ".", &save); word;
         word = strtok_r(NULL, ".", &save))
        at = json_object_get(at, word);
    return at;
}

/* The file: every figure in its place, text of any octets, and JSON in any case. */
static void test_format(void **state)
{
    static const struct {
        const char *path;
        json_int_t value; /* -1: null */
    } cases[] = {
        {"format", 2},
        {"published", 1795305601500},
        {"publish_errors", 3},
        {"pid", 4711},
        {"started", 1795305600000},
        {"policy.serial", 4294967295},
        {"policy.expires", -1},
        {"policy.rules", 5},
        {"policies.rejected", 2},
        {"policies.last_rejected", -1},
        {"questions.total", 45},
        {"questions.blocked", 44},
        {"questions.verdict.block", 9},
        {"questions.reply.null-srv", 9},
        {"questions.action.sinkhole", 4},
        {"questions.type.ANY", 15},
        {"questions.unprotected", 1},
        {"targets.inspected", 5},
        {"twins.refused", 15},
        {"cache.errors", 17},
        {"events.bytes", -1},
        {"events.lost_last", -1},
        {"events.written", 12},
        {"decisions.nanoseconds", 99},
        {"decisions.sampled_of", 32},
    };
    struct tg_figures *figures = calloc(1, sizeof(*figures));
    char text[16384];
    json_t *json;

    (void)state;
    figures->published = 1795305601500;
    figures->publish_errors = 3;
    figures->who.pid = 4711;
    figures->who.started = 1795305600000;
    strcpy(figures->who.host, "r\"1\n\xff");
    strcpy(figures->why, "\xc3\xa4\x01\xff");
    figures->guarding = TG_GUARDING_OFF;
    figures->policy.there = true;
    figures->policy.serial = UINT32_MAX;
    figures->policy.digest[31] = 0xa5;
    figures->policy.image[31] = 0x5a;
    figures->policy.rules = 5;
    figures->policy.rejections = 2;
    figures->events.written = 12;
    figures->events.bytes = -1;
    figures->nanoseconds = 99;
    for (size_t i = 0; i < TG_SEENS; i++)
        figures->seen[i] = i + 1;
    for (size_t i = 0; i < TG_REPLIEDS; i++)
        figures->replied[i] = i + 1;
    for (size_t i = 0; i < TG_ACTIONS; i++)
        figures->action[i] = i + 1;
    for (size_t i = 0; i < TG_ASKED_TYPES; i++)
        figures->type[i] = i + 1;
    for (size_t i = 0; i < TG_COUNTERS; i++)
        figures->counter[i] = i + 1;
    assert_true(tg_figures_format(figures, text, sizeof(text)) > 0);
    assert_string_equal(strchr(text, '\n'), "\n");
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const json_t *found = member(json, cases[i].path);
        if (cases[i].value < 0)
            assert_true(json_is_null(found));
        else if (json_integer_value(found) != cases[i].value || !json_is_integer(found))
            fail_msg("%s is %lld", cases[i].path, (long long)json_integer_value(found));
    }
    assert_string_equal(json_string_value(member(json, "state")), "not-protecting");
    assert_string_equal(json_string_value(member(json, "why")), "\xc3\xa4\x01\xc3\xbf");
    assert_string_equal(json_string_value(member(json, "host")), "r\"1\n\xc3\xbf");
    assert_int_equal(strlen(json_string_value(member(json, "policy.digest"))), 64);
    assert_string_equal(json_string_value(member(json, "policy.digest")) + 60, "00a5");
    assert_string_equal(json_string_value(member(json, "policy.image")) + 60, "005a");
    assert_int_equal(json_array_size(member(json, "decisions.buckets")), TG_BUCKETS);
    assert_int_equal(json_array_size(member(json, "decisions.bounds")), TG_BOUNDS);
    json_decref(json);
    figures->policy.there = false;
    assert_true(tg_figures_format(figures, text, sizeof(text)) > 0);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_null(member(json, "policy")));
    json_decref(json);
    assert_int_equal(tg_figures_format(figures, text, 100), 0);
    assert_string_equal(text, "");
    free(figures);
}

static void test_out_of_memory(void **state)
{
    struct tg_stats *none = NULL;

    (void)state;
    oom_fail_at(1);
    none = tg_stats_create();
    oom_fail_at(0);
    assert_null(none);
    tg_stats_destroy(&none);
    tg_stats_destroy(NULL);
    assert_true(tg_stats_memory() > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decided),
        cmocka_unit_test(test_concluded),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_changing),
        cmocka_unit_test(test_many_rules),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
