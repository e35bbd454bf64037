/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/schema.h"

#include <arpa/inet.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct check {
    const json_t *root;
    char *why;
    char path[SCHEMA_WHY_MAX / 2]; /* "/event/id" */
};

static bool holds(struct check *check, const json_t *schema, const json_t *value);

static bool fail(struct check *check, const char *what, const char *detail)
{
    (void)snprintf(check->why, SCHEMA_WHY_MAX, "%s: %s %s", check->path, what, detail);
    return false;
}

/* A part of a value, by its own schema; index: of an array, where name is NULL. */
static bool part_holds(
    struct check *check, const json_t *schema, const json_t *value, const char *name, size_t index)
{
    const size_t len = strlen(check->path);
    bool good;

    if (name)
        (void)snprintf(check->path + len, sizeof(check->path) - len, "/%s", name);
    else
        (void)snprintf(check->path + len, sizeof(check->path) - len, "/%zu", index);
    good = holds(check, schema, value);
    check->path[len] = '\0';
    return good;
}

static bool is_type(const json_t *value, const char *type)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value));
}

/* Of our patterns POSIX understands the same as ECMA-262. */
static bool matches(const char *pattern, const char *text)
{
    regex_t regex;
    bool good;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    good = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return good;
}

static bool has_format(const char *format, const char *text)
{
    uint8_t address[16];

    if (strcmp(format, "ipv4") == 0)
        return inet_pton(AF_INET, text, address) == 1;
    return strcmp(format, "ipv6") == 0 && inet_pton(AF_INET6, text, address) == 1;
}

/* Keywords of which each looks at one kind of value and lets the others be. */
static bool text_holds(const char *keyword, const json_t *is, const json_t *value, bool *known)
{
    const char *text = json_string_value(value);

    *known = true;
    if (strcmp(keyword, "pattern") == 0)
        return !text || matches(json_string_value(is), text);
    if (strcmp(keyword, "format") == 0)
        return !text || has_format(json_string_value(is), text);
    /* In octets; what we count is ASCII, or may be longer in octets only. */
    if (strcmp(keyword, "minLength") == 0)
        return !text || (json_int_t)strlen(text) >= json_integer_value(is);
    if (strcmp(keyword, "maxLength") == 0)
        return !text || (json_int_t)strlen(text) <= json_integer_value(is);
    *known = false;
    return false;
}

static bool size_holds(const char *keyword, const json_t *is, const json_t *value, bool *known)
{
    const json_int_t limit = json_integer_value(is), number = json_integer_value(value);

    *known = true;
    if (strcmp(keyword, "minimum") == 0)
        return !json_is_integer(value) || number >= limit;
    if (strcmp(keyword, "maximum") == 0)
        return !json_is_integer(value) || number <= limit;
    if (strcmp(keyword, "minItems") == 0)
        return !json_is_array(value) || (json_int_t)json_array_size(value) >= limit;
    if (strcmp(keyword, "minProperties") == 0)
        return !json_is_object(value) || (json_int_t)json_object_size(value) >= limit;
    *known = false;
    return false;
}

static bool plain_holds(const char *keyword, const json_t *is, const json_t *value, bool *known)
{
    bool good = false;

    *known = true;
    if (strcmp(keyword, "type") == 0)
        return is_type(value, json_string_value(is));
    if (strcmp(keyword, "const") == 0)
        return json_equal(value, is);
    if (strcmp(keyword, "enum") == 0) {
        for (size_t i = 0; i < json_array_size(is); i++)
            good = good || json_equal(value, json_array_get(is, i));
        return good;
    }
    if (strcmp(keyword, "required") == 0) {
        good = true;
        for (size_t i = 0; i < json_array_size(is) && json_is_object(value); i++)
            good = good && json_object_get(value, json_string_value(json_array_get(is, i)));
        return good;
    }
    good = text_holds(keyword, is, value, known);
    return *known ? good : size_holds(keyword, is, value, known);
}

static bool properties_hold(struct check *check, const json_t *schema, const json_t *value)
{
    const json_t *known = json_object_get(schema, "properties");
    const bool open = !json_object_get(schema, "additionalProperties");
    const char *key;
    json_t *member;

    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const json_t *sub = json_object_get(known, key);

        if (!sub && !open)
            return fail(check, "no such member:", key);
        if (sub && !part_holds(check, sub, member, key, 0))
            return false;
    }
    return true;
}

static bool items_hold(struct check *check, const json_t *schema, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!part_holds(check, schema, json_array_get(value, i), NULL, i))
            return false;
    return true;
}

/* Whether so many of some schemas hold: all of them, or one at least. */
static bool several_hold(struct check *check, const json_t *schemas, const json_t *value, bool all)
{
    bool good = all;

    for (size_t i = 0; i < json_array_size(schemas) && good == all; i++)
        good = holds(check, json_array_get(schemas, i), value);
    return good;
}

static bool branch_holds(struct check *check, const json_t *schema, const json_t *value)
{
    const bool is = holds(check, json_object_get(schema, "if"), value);
    const json_t *next = json_object_get(schema, is ? "then" : "else");

    return !next || holds(check, next, value);
}

/* What $ref names: "#/$defs/..." */
static const json_t *named(const struct check *check, const char *ref)
{
    static const char start[] = "#/$defs/";

    if (strncmp(ref, start, sizeof(start) - 1) != 0)
        return NULL;
    return json_object_get(json_object_get(check->root, "$defs"), ref + sizeof(start) - 1);
}

static bool says_nothing(const char *keyword)
{
    /* Of a schema: what is for people; what stands beside another keyword, which looks at it. */
    static const char *const words[] = {
        "$schema", "$id", "$defs", "title", "description", "then", "else", "additionalProperties"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(keyword, words[i]) == 0)
            return true;
    return false;
}

static bool keyword_holds(struct check *check, const json_t *schema, const char *keyword,
    const json_t *is, const json_t *value)
{
    bool known, good;

    if (says_nothing(keyword))
        return true;
    if (strcmp(keyword, "properties") == 0)
        return properties_hold(check, schema, value);
    if (strcmp(keyword, "items") == 0)
        return items_hold(check, is, value);
    if (strcmp(keyword, "allOf") == 0)
        return several_hold(check, is, value, true);
    if (strcmp(keyword, "anyOf") == 0)
        return several_hold(check, is, value, false);
    if (strcmp(keyword, "not") == 0)
        return !holds(check, is, value) || fail(check, "is what it must not be", "");
    if (strcmp(keyword, "if") == 0)
        return branch_holds(check, schema, value);
    if (strcmp(keyword, "$ref") == 0)
        return holds(check, named(check, json_string_value(is)), value);
    good = plain_holds(keyword, is, value, &known);
    return good || fail(check, known ? "against" : "not known here:", keyword);
}

static bool holds(struct check *check, const json_t *schema, const json_t *value)
{
    const char *keyword;
    json_t *is;

    if (json_is_boolean(schema))
        return json_is_true(schema) || fail(check, "must not be there", "");
    if (!json_is_object(schema))
        return fail(check, "no schema", "");
    json_object_foreach((json_t *)(uintptr_t)schema, keyword, is)
    {
        if (!keyword_holds(check, schema, keyword, is, value))
            return false;
    }
    return true;
}

bool schema_holds(const json_t *root, const json_t *value, char why[SCHEMA_WHY_MAX])
{
    struct check check = {.root = root, .why = why};

    why[0] = '\0';
    return holds(&check, root, value);
}
