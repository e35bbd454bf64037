/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What diff finds where the text of two policies is the same, and the public suffix list that they
 * were compiled with is another. All else: tests/tools/diff.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/tmpdir.h"
#include "tools/diff.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define DIRECT      "serial: 1\ntlds: [{tld: om, targets: com, match: direct, mode: block}]\n"
#define ALL         "serial: 1\ntlds: [{tld: om, targets: com, mode: block}]\n"

/* The image of a policy that was compiled with this list. */
static struct tg_image *image_of(const struct tmpdir *dir, const char *text, const char *list)
{
    char suffixes[128], path[128];
    const struct tg_policy_options options = {
        .suffixes = tmpdir_file(dir, "suffixes.dat", suffixes)};
    struct tg_diags *diags = tg_diags_create();
    struct tg_policy *policy = NULL;
    struct tg_image *image = NULL;

    assert_non_null(diags);
    file_write(suffixes, list, strlen(list));
    assert_int_equal(
        tg_policy_parse("policy", text, strlen(text), &options, &policy, diags), TG_OK);
    tmpdir_file(dir, "image", path);
    assert_int_equal(tg_image_write(policy, 0, path, diags), TG_OK);
    assert_int_equal(tg_image_open(path, &image, diags), TG_OK);
    tg_policy_destroy(&policy);
    tg_diags_destroy(&diags);
    return image;
}

/* "+com.om -*.wild.om", of what is added and removed; to be freed. */
static char *things_text(const struct tg_diff_sides *sides)
{
    static const struct {
        const char *key, *sign;
    } lists[] = {{"added", "+"}, {"removed", "-"}, {"changed", "~"}};
    json_t *things = tg_diff_things(sides), *thing;
    char *text = calloc(1, 4096);
    size_t i;

    assert_non_null(things);
    assert_non_null(text);
    for (size_t l = 0; l < COUNT(lists); l++)
        json_array_foreach(json_object_get(things, lists[l].key), i, thing)
        {
            strcat(strcat(text, lists[l].sign), json_string_value(json_object_get(thing, "what")));
            strcat(text, ";");
        }
    json_decref(things);
    return text;
}

/* "+*.com.om; -x.om;", what is newly blocked, and no longer; to be freed. */
static char *names_text(const struct tg_diff_sides *sides)
{
    size_t count;
    struct tg_diff_clients *clients = tg_diff_clients_find(sides, &count);
    struct tg_diff_names names;
    char *text = calloc(1, 4096), name[TG_DNAME_TEXT_MAX];

    assert_non_null(clients);
    assert_non_null(text);
    assert_true(tg_diff_names_find(sides, clients, count, &names));
    for (size_t i = 0; i < names.count; i++) {
        if ((names.names[i].kinds & 1u << TG_DIFF_BLOCKED) != 0)
            strcat(text, "+");
        if ((names.names[i].kinds & 1u << TG_DIFF_FREED) != 0)
            strcat(text, "-");
        strcat(strcat(text, tg_diff_shown_name(&names.names[i], name)), ";");
    }
    tg_diff_names_fini(&names);
    free(clients);
    return text;
}

static void test_suffixes(void **state)
{
    /* Lists are as the public suffix list has them; its count tells nothing of the others. */
    static const struct {
        const char *old_text, *old_list, *new_text, *new_list, *things, *names;
    } rows[] = {
        {DIRECT, "com.om\n", DIRECT, "com.om\n", "", ""},
        {DIRECT, "com.om\n", DIRECT, "edu.om\n", "+suffix edu.om;-suffix com.om;",
            "+com.om;+*.com.om;-edu.om;-*.edu.om;"},
        {DIRECT, "com.om\n", DIRECT, "com.om\nedu.om\n", "+suffix edu.om;~public suffixes;",
            "-edu.om;-*.edu.om;"},
        /* "*.w.om": what is directly below w.om is a suffix, but for an exception. */
        {DIRECT, "w.om\n", DIRECT, "*.w.om\n", "+suffix *.w.om;-suffix w.om;", "+w.om;"},
        {DIRECT, "a.om\n*.w.om\n!x.w.om\n", DIRECT, "a.om\n*.w.om\n!y.w.om\n",
            "+suffix !y.w.om;-suffix !x.w.om;", "-x.w.om;-*.x.w.om;+y.w.om;+*.y.w.om;"},
        /* Nothing but the rule is another: no suffix came or went. */
        {ALL, "com.om\n", DIRECT, "com.om\n", "~public suffixes;~tld om;", "-com.om;-*.com.om;"},
        {ALL, "com.om\n", ALL, "edu.om\n", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tg_diff_sides sides = {.today = 20779};
        struct tmpdir dir;
        char *things, *names;
        tmpdir_create(&dir);
        sides.old = image_of(&dir, rows[i].old_text, rows[i].old_list);
        sides.new = image_of(&dir, rows[i].new_text, rows[i].new_list);
        things = things_text(&sides);
        names = names_text(&sides);
        print_message("row %zu: %s %s\n", i, things, names);
        assert_string_equal(things, rows[i].things);
        assert_string_equal(names, rows[i].names);
        free(things);
        free(names);
        tg_image_close(&sides.old);
        tg_image_close(&sides.new);
        tmpdir_remove(&dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suffixes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
