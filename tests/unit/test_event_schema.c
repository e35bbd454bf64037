/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* dist/event.schema.json: it knows the fields that the lines may have, and refuses what is none. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ecs.h"
#include "tests/support/schema.h"
#include "tldguard/event.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static size_t fields(void)
{
    size_t count = 0;

    while (ecs_field(count) != NULL)
        count++;
    return count;
}

static bool is_field(const char *name)
{
    for (size_t i = 0; i < fields(); i++)
        if (strcmp(ecs_field(i), name) == 0)
            return true;
    return false;
}

/* Each member of a schema that has none itself is a field. @return how many they are. */
static size_t walk(const json_t *root, const json_t *schema, const char *prefix)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref")), *key;
    const json_t *named =
        ref == NULL ? schema
                    : json_object_get(json_object_get(root, "$defs"), strrchr(ref, '/') + 1);
    json_t *members = json_object_get(named, "properties"), *member;
    size_t count = 0;

    if (members == NULL) {
        if (!is_field(prefix))
            fail_msg("%s: no such field", prefix);
        return 1;
    }
    /* A member that is nowhere named must not be there, at any depth. */
    assert_true(json_is_false(json_object_get(named, "additionalProperties")));
    json_object_foreach(members, key, member)
    {
        char name[128];

        (void)snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);
        count += walk(root, member, name);
    }
    return count;
}

static void test_fields(void **state)
{
    json_t *schema = ecs_schema();

    (void)state;
    assert_int_equal(walk(schema, schema, ""), fields());
    json_decref(schema);
}

/* A question; "policy-loaded" and so on are made of the schema's own test, tests/tools/schema.sh.
 */
static json_t *question(void)
{
    const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};
    struct tg_event event = {.family = 4,
        .address = {10, 1, 2, 3},
        .qtype = 15,
        .qclass = 1,
        .reply = TG_REPLY_NXDOMAIN,
        .mode = TG_MODE_BLOCK,
        .qname_len = 9,
        .qname = "\4army\2ml"};
    char line[TG_EVENT_LINE_MAX];

    return ecs_parse(line,
        tg_event_format(&event,
            &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 1, .lost = 3}, line));
}

/* Puts a value, or none, to where a path leads. */
static void put(json_t *root, const char *path, const char *value)
{
    char key[64];
    size_t len;

    while (len = strcspn(path, "."), path[len] != '\0') {
        (void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
        root = json_object_get(root, key);
        path += len + 1;
    }
    if (value != NULL)
        assert_int_equal(
            json_object_set_new(root, path, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    else
        assert_int_equal(json_object_del(root, path), 0);
}

/* One thing is wrong in each. */
static void test_broken(void **state)
{
    static const struct {
        const char *path, *value, *why;
    } cases[] = {
        {"@timestamp", "\"2026-03-04T05:06:07Z\"", "/@timestamp: against pattern"},
        {"message", "\"\"", "/message: against minLength"},
        {"ecs.version", "\"8.18.0\"", "/ecs/version: against const"},
        {"event.action", "\"dns-drop\"", "/event/action: against enum"},
        {"event.kind", "\"event\"", "/event/kind: against const"},
        {"event.category", "[]", "/event/category: against minItems"},
        {"event.category", "[\"dns\"]", "/event/category/0: against enum"},
        {"event.sequence", "0", "/event/sequence: against minimum"},
        {"event.sequence", "\"1\"", "/event/sequence: against type"},
        {"event.id", NULL, "/event: against required"},
        {"event.extra", "1", "/event: no such member: extra"},
        {"extra", "{}", ": no such member: extra"},
        {"dns", NULL, ": against required"},
        {"source.ip", "\"10.1.2.300\"", "/source/ip: against format"},
        {"source.port", "65536", "/source/port: against maximum"},
        {"related", "{}", "/related: against minProperties"},
        {"error", "{\"message\":\"x\"}", "/error: must not be there"},
        {"tldguard.extra", "1", "/tldguard: no such member: extra"},
        {"tldguard.reply", "\"resolve\"", "/tldguard/reply: is what it must not be"},
        {"tldguard.action", NULL, "/tldguard: against required"},
        {"tldguard.mode", "\"monitor\"", "/tldguard/action: must not be there"},
        {"tldguard.chain", "\"00\"", "/tldguard/chain: against pattern"},
        {"tldguard.rules", "1", "/tldguard/rules: must not be there"},
        {"tldguard.group", "\"0123456789012345678901234567890123456789012345678901234567890123\"",
            "/tldguard/group: against maxLength"},
    };
    json_t *schema = ecs_schema();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *root = question();
        char why[SCHEMA_WHY_MAX];

        put(root, cases[i].path, cases[i].value);
        if (schema_holds(schema, root, why))
            fail_msg("case %zu: taken", i);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("case %zu: %s", i, why);
        json_decref(root);
    }
    json_decref(schema);
}

/* A keyword that the tests' reader does not know must not pass for one that holds. */
static void test_unknown_keyword(void **state)
{
    json_t *schema = json_loads("{\"multipleOf\": 2}", 0, NULL), *value = json_integer(2);
    char why[SCHEMA_WHY_MAX];

    (void)state;
    assert_false(schema_holds(schema, value, why));
    assert_string_equal(why, ": not known here: multipleOf");
    json_decref(schema);
    json_decref(value);
}

/* tldguard.incident: the same for one client and one name, and where the answer leads; whatever
 * else differs. */
static void test_incident(void **state)
{
    static const struct tg_event cases[] = {
        {.family = 4, .address = {10, 1, 2, 3}, .qname_len = 9, .qname = "\4army\2ml"},
        {.family = 4,
            .address = {10, 1, 2, 3},
            .qname_len = 9,
            .qname = "\4army\2ml",
            .port = 7,
            .qtype = 15,
            .serial = 9,
            .reply = TG_REPLY_NXDOMAIN},
        {.family = 4, .address = {10, 1, 2, 4}, .qname_len = 9, .qname = "\4army\2ml"},
        {.family = 6, .address = {10, 1, 2, 3}, .qname_len = 9, .qname = "\4army\2ml"},
        {.family = 4, .address = {10, 1, 2, 3}, .qname_len = 9, .qname = "\4navy\2ml"},
        {.family = 4,
            .address = {10, 1, 2, 3},
            .qname_len = 9,
            .qname = "\4army\2ml",
            .via_len = 9,
            .via = "\4navy\2ml"},
    };
    const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};
    char line[TG_EVENT_LINE_MAX], texts[6][17];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        json_t *root = ecs_parse_any(
            line, tg_event_format(&cases[i],
                      &(struct tg_stamp){ECS_TIES, .observer = &observer, .sequence = 1}, line));

        (void)snprintf(
            texts[i], sizeof(texts[i]), "%s", json_string_value(ecs_at(root, "tldguard.incident")));
        json_decref(root);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(strcmp(texts[i], texts[j]) == 0, i == 1 && j == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_incident),
        cmocka_unit_test(test_unknown_keyword),
    };

    return cmocka_run_group_tests_name("event_schema", tests, NULL, NULL);
}
