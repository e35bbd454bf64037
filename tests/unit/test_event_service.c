/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Events that tell of the module itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ecs.h"
#include "tests/support/gen.h"
#include "tests/support/tmpdir.h"
#include "tldguard/event.h"
#include "tldguard/image.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};

static json_t *parse_event(const struct tg_event *event)
{
    char line[TG_EVENT_LINE_MAX];

    return ecs_parse(line,
        tg_event_format(event,
            &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 1, .lost = 0}, line));
}

static struct tg_event sample_loaded(void)
{
    struct tg_event event = {.time = {1772600767, 123456789},
        .serial = 2026030402,
        .what = TG_WHAT_LOADED,
        .loaded = {
            .removed = 17, .former = 2026030401, .rules = 7, .milliseconds = 42, .digest = {0xab}}};

    event.loaded.digest[31] = 0x0f;
    return event;
}

/* The whole lines, for their order; written out, so that a change of a field is seen here. */
static void test_loaded_line(void **state)
{
    static const char expected[] =
        "{\"@timestamp\":\"2026-03-04T05:06:07.123456Z\","
        "\"message\":\"policy 2026030402 loaded in place of 2026030401: 7 rules\","
        "\"ecs\":{\"version\":\"8.17.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"configuration\"],\"type\":[\"change\"],"
        "\"action\":\"policy-loaded\",\"outcome\":\"success\",\"duration\":42000000,"
        "\"module\":\"tldguard\",\"dataset\":\"tldguard.block\",\"provider\":\"tldguard\","
        "\"id\":\"res1.example.net-69a7bc1f-1042\",\"sequence\":1042},"
        "\"rule\":{\"ruleset\":\"tldguard\",\"version\":\"2026030402\"},"
        "\"observer\":{\"vendor\":\"tldguard\",\"product\":\"tldguard\","
        "\"type\":\"dns-resolver\",\"version\":\"" TG_VERSION "\","
        "\"hostname\":\"res1.example.net\"},"
        "\"tldguard\":{\"serial\":2026030402,\"former_serial\":2026030401,\"rules\":7,"
        "\"source_sha256\":\"ab0000000000000000000000000000000000000000000000000000000000000f\","
        "\"answers_removed\":17,\"boot\":\"69a7bc1f\",\"log\":\"69a7bc1f\",\"lost\":3,"
        "\"chain\":\"0123456789abcdef0123456789abcdef\"}}\n";
    const struct tg_event event = sample_loaded();
    char line[TG_EVENT_LINE_MAX];
    const size_t len = tg_event_format(&event,
        &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 1042, .lost = 3}, line);

    (void)state;
    assert_string_equal(line, expected);
    json_decref(ecs_parse(line, len));
}

static void test_rejected_line(void **state)
{
    static const char expected[] =
        "{\"@timestamp\":\"2026-03-04T05:06:07.000000Z\","
        "\"message\":\"policy rejected, 2026030401 stays in force\","
        "\"ecs\":{\"version\":\"8.17.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"configuration\"],\"type\":[\"change\"],"
        "\"action\":\"policy-rejected\",\"outcome\":\"failure\","
        "\"module\":\"tldguard\",\"dataset\":\"tldguard.block\",\"provider\":\"tldguard\","
        "\"id\":\"res1.example.net-69a7bc1f-9\",\"sequence\":9},"
        "\"error\":{\"message\":\"policy.cdb: image is \\\"cut short\\\"\"},"
        "\"rule\":{\"ruleset\":\"tldguard\",\"version\":\"2026030401\"},"
        "\"observer\":{\"vendor\":\"tldguard\",\"product\":\"tldguard\","
        "\"type\":\"dns-resolver\",\"version\":\"" TG_VERSION "\","
        "\"hostname\":\"res1.example.net\"},"
        "\"tldguard\":{\"serial\":2026030401,\"boot\":\"69a7bc1f\",\"log\":\"69a7bc1f\","
        "\"chain\":\"0123456789abcdef0123456789abcdef\"}}\n";
    struct tg_event event;
    char line[TG_EVENT_LINE_MAX];
    size_t len;

    (void)state;
    memset(&event, 0x5a, sizeof(event));
    tg_event_fill_rejected(2026030401, "policy.cdb: image is \"cut short\"", &event);
    event.time.tv_sec = 1772600767;
    len = tg_event_format(&event,
        &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 9, .lost = 0}, line);
    assert_string_equal(line, expected);
    json_decref(ecs_parse(line, len));
}

/* Without a policy before it, or in force, none is named; numbers in words. */
static void test_without(void **state)
{
    struct tg_event event = sample_loaded();
    json_t *root;

    (void)state;
    event.loaded.former = 0;
    event.loaded.rules = 1;
    root = parse_event(&event);
    ecs_assert_text(root, "message", "policy 2026030402 loaded: 1 rule");
    assert_null(ecs_at(root, "tldguard.former_serial"));
    assert_null(ecs_at(root, "tldguard.lost"));
    json_decref(root);
    tg_event_fill_rejected(0, "no such file", &event);
    root = parse_event(&event);
    ecs_assert_text(root, "message", "policy rejected, none is in force");
    ecs_assert_text(root, "error.message", "no such file");
    assert_null(ecs_at(root, "rule"));
    assert_null(ecs_at(root, "tldguard.serial"));
    json_decref(root);
}

/* Milliseconds become ECS's nanoseconds, whatever their number. */
static void test_duration(void **state)
{
    struct tg_event event = sample_loaded();
    json_t *root;

    (void)state;
    event.loaded.milliseconds = UINT32_MAX;
    root = parse_event(&event);
    assert_int_equal(json_integer_value(ecs_at(root, "event.duration")), 4294967295000000);
    json_decref(root);
}

/* Serial, digest and rules are the image's; time is the caller's. */
static void test_fill_loaded(void **state)
{
    struct gen_policy *gen = gen_create();
    struct tg_image *image = NULL;
    struct tg_event event;
    struct tmpdir dir;
    char path[128];

    (void)state;
    tmpdir_create(&dir);
    tmpdir_file(&dir, "policy.cdb", path);
    gen_tld(gen, "ml", "mil");
    gen_tld(gen, "cm", "com");
    gen_allow(gen, "orange.ml", false);
    gen->policy.digest[0] = 7;
    gen->policy.digest[31] = 9;
    assert_int_equal(tg_image_write(&gen->policy, 1772600767, path, NULL), TG_OK);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_OK);
    memset(&event, 0x5a, sizeof(event));
    tg_event_fill_loaded(image, 5, 6, 8, &event);
    assert_int_equal(event.what, TG_WHAT_LOADED);
    assert_int_equal(event.serial, gen->policy.serial);
    assert_int_equal(event.loaded.former, 5);
    assert_int_equal(event.loaded.removed, 6);
    assert_int_equal(event.loaded.milliseconds, 8);
    assert_int_equal(event.loaded.rules, 3);
    assert_memory_equal(event.loaded.digest, gen->policy.digest, 32);
    assert_true(event.time.tv_sec == 0 && event.time.tv_nsec == 0);
    tg_event_fill_loaded(image, 5, (size_t)UINT32_MAX + 1, 8, &event);
    assert_int_equal(event.loaded.removed, UINT32_MAX);
    tg_image_close(&image);
    gen_free(&gen);
    tmpdir_remove(&dir);
}

/* An error is one line, and no longer than a record has room for; no character is cut in two. */
static void test_errors(void **state)
{
    char error[TG_EVENT_ERROR_MAX + 8];
    struct tg_event event;
    json_t *root;

    (void)state;
    tg_event_fill_rejected(1, "a\nb\r\tc\x01\x7f\"\\ d\xc3\xa9", &event);
    assert_string_equal(event.error, "a b  c  \"\\ d\xc3\xa9");
    root = parse_event(&event);
    ecs_assert_text(root, "error.message", "a b  c  \"\\ d\xc3\xa9");
    json_decref(root);
    for (size_t len = TG_EVENT_ERROR_MAX - 4; len < TG_EVENT_ERROR_MAX + 4; len++) {
        memset(error, 'e', len);
        memcpy(error + len, "\xe2\x82\xac", 4); /* a euro sign takes three octets */
        tg_event_fill_rejected(1, error, &event);
        assert_int_equal(strlen(event.error), len + 3 < TG_EVENT_ERROR_MAX ? len + 3
                                              : len < TG_EVENT_ERROR_MAX   ? len
                                                                         : TG_EVENT_ERROR_MAX - 1);
        root = parse_event(&event);
        ecs_assert_text(root, "error.message", event.error);
        json_decref(root);
    }
}

/* A copy is the whole record. */
static void test_copy(void **state)
{
    struct tg_event event = sample_loaded();
    struct tg_event copy;

    (void)state;
    memset(&copy, 0x5a, sizeof(copy));
    tg_event_copy(&copy, &event);
    assert_int_equal(copy.serial, event.serial);
    assert_int_equal(copy.what, TG_WHAT_LOADED);
    assert_memory_equal(&copy.loaded, &event.loaded, sizeof(copy.loaded));
    tg_event_fill_rejected(3, "no reason", &event);
    tg_event_copy(&copy, &event);
    assert_int_equal(copy.what, TG_WHAT_REJECTED);
    assert_string_equal(copy.error, "no reason");
}

/* Whatever a record and the observer hold: one valid line that fits. */
static void test_hostile_records(void **state)
{
    char hostname[300];
    const struct tg_observer worst = {hostname, hostname};
    char line[TG_EVENT_LINE_MAX + 1];

    (void)state;
    memset(hostname, '\x02', sizeof(hostname));
    hostname[sizeof(hostname) - 1] = '\0';
    for (int octet = 1; octet < 256; octet++) {
        for (uint8_t what = TG_WHAT_LOADED; what <= TG_WHAT_REJECTED; what++) {
            struct tg_event event;

            memset(&event, octet, sizeof(event));
            event.what = what;
            line[TG_EVENT_LINE_MAX] = 0x5a;
            json_decref(ecs_parse_any(line, tg_event_format(&event,
                                                &(struct tg_stamp){ECS_TIES, .observer = &worst,
                                                    .sequence = INT64_MAX, .lost = INT64_MAX},
                                                line)));
            assert_int_equal(line[TG_EVENT_LINE_MAX], 0x5a);
        }
    }
}

static void test_lost_line(void **state)
{
    char line[TG_EVENT_LINE_MAX];
    json_t *root = ecs_parse(line,
        tg_event_format_lost((struct timespec){1772600767, 0},
            &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 9, .lost = 3}, line));

    (void)state;
    ecs_assert_text(root, "@timestamp", "2026-03-04T05:06:07.000000Z");
    ecs_assert_text(root, "event.action", "events-lost");
    ecs_assert_text(root, "event.kind", "event");
    ecs_assert_text(root, "event.outcome", "failure");
    ecs_assert_text(root, "event.id", "res1.example.net-69a7bc1f-9");
    ecs_assert_text(
        root, "message", "3 events were lost before this line: the log could not keep up");
    assert_int_equal(json_integer_value(ecs_at(root, "event.sequence")), 9);
    assert_int_equal(json_integer_value(ecs_at(root, "tldguard.lost")), 3);
    json_decref(root);
    root = ecs_parse(line,
        tg_event_format_lost((struct timespec){0, 0},
            &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 2, .lost = 1}, line));
    ecs_assert_text(
        root, "message", "1 event was lost before this line: the log could not keep up");
    json_decref(root);
}

/* Before it the machine stopped: said in any line, and only then. */
static void test_crash(void **state)
{
    const struct tg_event event = sample_loaded();
    char line[TG_EVENT_LINE_MAX];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        json_t *root = ecs_parse(line,
            tg_event_format(&event,
                &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 2, .crash = i == 1},
                line));

        assert_true((ecs_at(root, "tldguard.crash") != NULL) == (i == 1));
        json_decref(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_line),
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_loaded_line),
        cmocka_unit_test(test_rejected_line),
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_fill_loaded),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_hostile_records),
    };

    return cmocka_run_group_tests_name("event_service", tests, NULL, NULL);
}
