/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/support/ecs.h"
#include "tests/support/schema.h"
#include "tldguard/event.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * The fields of ECS 8.17 that a line may have, by their type there, and no
 * other outside "tldguard". Taken from generated/ecs/ecs_flat.yml of elastic/ecs.
 */
enum ecs_type { ECS_DATE, ECS_TEXT, ECS_TEXTS, ECS_LONG, ECS_TRUTH, ECS_IP, ECS_IPS, ECS_MAC };
static const struct field {
    const char *name;
    enum ecs_type type;
} fields[] = {
    {"@timestamp", ECS_DATE},
    {"dns.header_flags", ECS_TEXTS},
    {"dns.op_code", ECS_TEXT},
    {"dns.question.class", ECS_TEXT},
    {"dns.question.name", ECS_TEXT},
    {"dns.question.top_level_domain", ECS_TEXT},
    {"dns.question.type", ECS_TEXT},
    {"dns.response_code", ECS_TEXT},
    {"dns.type", ECS_TEXT},
    {"ecs.version", ECS_TEXT},
    {"error.message", ECS_TEXT},
    {"event.action", ECS_TEXT},
    {"event.category", ECS_TEXTS},
    {"event.dataset", ECS_TEXT},
    {"event.duration", ECS_LONG},
    {"event.id", ECS_TEXT},
    {"event.kind", ECS_TEXT},
    {"event.module", ECS_TEXT},
    {"event.outcome", ECS_TEXT},
    {"event.provider", ECS_TEXT},
    {"event.reason", ECS_TEXT},
    {"event.sequence", ECS_LONG},
    {"event.severity", ECS_LONG},
    {"event.type", ECS_TEXTS},
    {"message", ECS_TEXT},
    {"network.protocol", ECS_TEXT},
    {"network.transport", ECS_TEXT},
    {"network.type", ECS_TEXT},
    {"observer.hostname", ECS_TEXT},
    {"observer.product", ECS_TEXT},
    {"observer.type", ECS_TEXT},
    {"observer.vendor", ECS_TEXT},
    {"observer.version", ECS_TEXT},
    {"related.hosts", ECS_TEXTS},
    {"related.ip", ECS_IPS},
    {"rule.category", ECS_TEXT},
    {"rule.id", ECS_TEXT},
    {"rule.name", ECS_TEXT},
    {"rule.ruleset", ECS_TEXT},
    {"rule.version", ECS_TEXT},
    {"source.ip", ECS_IP},
    {"source.mac", ECS_MAC},
    {"source.port", ECS_LONG},
    {"tldguard.action", ECS_TEXT},
    {"tldguard.answers_removed", ECS_LONG},
    {"tldguard.boot", ECS_TEXT},
    {"tldguard.chain", ECS_TEXT},
    {"tldguard.client.cpe_id", ECS_TEXT},
    {"tldguard.client.ecs", ECS_TEXT},
    {"tldguard.client.malformed", ECS_TEXTS},
    {"tldguard.client.umbrella.device", ECS_TEXT},
    {"tldguard.client.umbrella.ip", ECS_IP},
    {"tldguard.client.umbrella.organization", ECS_LONG},
    {"tldguard.crash", ECS_TRUTH},
    {"tldguard.former_serial", ECS_LONG},
    {"tldguard.group", ECS_TEXT},
    {"tldguard.incident", ECS_TEXT},
    {"tldguard.log", ECS_TEXT},
    {"tldguard.lost", ECS_LONG},
    {"tldguard.mode", ECS_TEXT},
    {"tldguard.reply", ECS_TEXT},
    {"tldguard.rules", ECS_LONG},
    {"tldguard.serial", ECS_LONG},
    {"tldguard.severity", ECS_TEXT},
    {"tldguard.source_sha256", ECS_TEXT},
    {"tldguard.transport", ECS_TEXT},
    {"tldguard.twin", ECS_TEXT},
    {"tldguard.twin_known", ECS_TEXT},
    {"tldguard.via", ECS_TEXT},
};

/* Values that ECS lists, for the fields where it does. */
static const struct {
    const char *name;
    const char *words; /* each between spaces */
} listed[] = {
    {"dns.header_flags", " AA TC RD RA AD CD DO "},
    {"dns.type", " answer query "},
    {"event.category", " configuration network "},
    {"event.kind", " alert event "},
    {"event.outcome", " success failure unknown "},
    {"event.type", " access allowed change connection denied end info protocol start "},
    {"network.transport", " udp tcp "},
    {"network.type", " ipv4 ipv6 "},
};

static bool is_date(const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00.000000Z";

    if (strlen(text) != strlen(shape))
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    }
    return true;
}

static bool is_ip(const json_t *value)
{
    uint8_t address[16];

    return inet_pton(AF_INET, json_string_value(value), address) == 1 ||
           inet_pton(AF_INET6, json_string_value(value), address) == 1;
}

/* The pattern that ECS gives: ^[A-F0-9]{2}(-[A-F0-9]{2}){5,}$ */
static bool is_mac(const char *text)
{
    const size_t len = strlen(text);

    if (len < 17 || len % 3 != 2)
        return false;
    for (size_t i = 0; i < len; i++)
        if (i % 3 == 2 ? text[i] != '-' : strchr("0123456789ABCDEF", text[i]) == NULL)
            return false;
    return true;
}

static void check_list(const char *name, const json_t *value)
{
    char word[64];

    for (size_t i = 0; i < COUNT_OF(listed); i++) {
        if (strcmp(listed[i].name, name) != 0)
            continue;
        (void)snprintf(word, sizeof(word), " %s ", json_string_value(value));
        assert_non_null(strstr(listed[i].words, word));
    }
}

static void check_field(const char *name, const json_t *value)
{
    const struct field *field = NULL;
    size_t at;
    json_t *element;

    for (size_t i = 0; i < COUNT_OF(fields) && field == NULL; i++) {
        if (strcmp(fields[i].name, name) == 0)
            field = &fields[i];
    }
    if (field == NULL)
        fail_msg("%s is not in the table", name);
    switch (field->type) {
    case ECS_TRUTH:
        assert_true(json_is_boolean(value));
        return;
    case ECS_LONG:
        assert_true(json_is_integer(value) && json_integer_value(value) >= 0);
        return;
    case ECS_DATE:
        assert_true(json_is_string(value) && is_date(json_string_value(value)));
        return;
    case ECS_MAC:
        assert_true(json_is_string(value) && is_mac(json_string_value(value)));
        return;
    case ECS_IP:
    case ECS_TEXT:
        assert_true(json_is_string(value) && json_string_length(value) > 0);
        assert_true(field->type != ECS_IP || is_ip(value));
        check_list(name, value);
        return;
    case ECS_IPS:
    case ECS_TEXTS:
        assert_true(json_is_array(value) && json_array_size(value) > 0);
        json_array_foreach((json_t *)(uintptr_t)value, at, element)
        {
            assert_true(json_is_string(element) && json_string_length(element) > 0);
            assert_true(field->type != ECS_IPS || is_ip(element));
            check_list(name, element);
        }
        return;
    }
}

static void check_object(const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;

    assert_true(json_object_size(object) > 0);
    json_object_foreach(object, key, value)
    {
        char name[128];

        (void)snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);
        if (json_is_object(value))
            check_object(name, value);
        else
            check_field(name, value);
    }
}

json_t *ecs_parse_any(const char *line, size_t len)
{
    json_error_t error;
    json_t *root;

    assert_true(len > 0 && len < TG_EVENT_LINE_MAX);
    assert_int_equal(strlen(line), len);
    assert_int_equal(line[len - 1], '\n');
    for (size_t i = 0; i + 1 < len; i++)
        assert_true(line[i] >= 0x20 && line[i] < 0x7f);
    root = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%s: %s", error.text, line);
    assert_true(json_is_object(root));
    check_object("", root);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(root, "ecs"), "version")), "8.17.0");
    return root;
}

const char *ecs_field(size_t index)
{
    return index < COUNT_OF(fields) ? fields[index].name : NULL;
}

json_t *ecs_schema(void)
{
    const char *source = getenv("TG_SRC");
    char path[4096];
    json_error_t error;
    json_t *schema;

    (void)snprintf(path, sizeof(path), "%s/dist/event.schema.json", source != NULL ? source : ".");
    schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (schema == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return schema;
}

json_t *ecs_parse(const char *line, size_t len)
{
    json_t *root = ecs_parse_any(line, len), *schema = ecs_schema();
    char why[SCHEMA_WHY_MAX];

    if (!schema_holds(schema, root, why))
        fail_msg("%s: %s", why, line);
    json_decref(schema);
    return root;
}

const json_t *ecs_at(const json_t *root, const char *path)
{
    char key[64];

    for (;;) {
        const size_t len = strcspn(path, ".");

        (void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
        root = json_object_get(root, key);
        if (path[len] == '\0' || root == NULL)
            return root;
        path += len + 1;
    }
}

void ecs_assert_text(const json_t *root, const char *path, const char *expected)
{
    const json_t *value = ecs_at(root, path);

    if (json_is_array(value))
        value = json_array_get(value, 0);
    if (expected == NULL)
        assert_null(value);
    else if (value == NULL)
        fail_msg("%s is not there", path);
    else
        assert_string_equal(json_string_value(value), expected);
}
