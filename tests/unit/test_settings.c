/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
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
#include "tldguard/settings.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The output starts as this: whatever changes it on failure shows. */
static struct tg_settings *const untouched = (struct tg_settings *)(uintptr_t)0x5a5a;

static char path[] = "/tmp/test_settings.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_good(void **state)
{
    static const struct {
        const char *text;
        const char *policy;
        const char *log;
        enum tg_on_error on_error;
    } cases[] = {
        /* Nothing said: the defaults of configure, and refuse. */
        {"", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE},
        {"# all defaults\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE},
        {"---\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE},
        {"{}\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE},
        {"policy: /p\n", "/p", TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE},
        {"log: \"/l o\"\non-error: refuse\n", TG_DEFAULT_POLICY, "/l o", TG_ON_ERROR_REFUSE},
        {"on-error: pass\nlog: /l\npolicy: /p\n", "/p", "/l", TG_ON_ERROR_PASS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_settings *settings = NULL;
        struct tg_diags *diags = tg_diags_create();
        write_file(cases[i].text);
        assert_int_equal(tg_settings_read(path, &settings, diags), TG_OK);
        assert_int_equal(tg_diags_kept(diags), 0);
        assert_string_equal(settings->policy, cases[i].policy);
        assert_string_equal(settings->log, cases[i].log);
        assert_int_equal(settings->on_error, cases[i].on_error);
        tg_settings_destroy(&settings);
        assert_null(settings);
        tg_diags_destroy(&diags);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        enum tg_status status;
        unsigned line;
        unsigned col;
        const char *message;
    } cases[] = {
        {"policy: [x\n", TG_ESYNTAX, 2, 1, "bracket"},
        {"- policy\n", TG_EPOLICY, 1, 1, "must be a mapping"},
        /* The resolver changes its folder, so a relative path would change its meaning. */
        {"policy: p.cdb\n", TG_EPOLICY, 1, 9, "starts with '/'"},
        {"log:  ./l\n", TG_EPOLICY, 1, 7, "starts with '/'"},
        {"log: ~/l\n", TG_EPOLICY, 1, 6, "starts with '/'"},
        {"log:\n", TG_EPOLICY, 1, 1, "no value"},
        {"log: [/l]\n", TG_EPOLICY, 1, 6, "must be one value"},
        {"log: \"/l\\0x\"\n", TG_EPOLICY, 1, 6, "control character"},
        {"policy: /p\nplicy: /q\n", TG_EPOLICY, 2, 1, "did you mean 'policy'?"},
        {"policy: /p\npolicy: /q\n", TG_EPOLICY, 2, 1, "given twice; the first is on line 1"},
        {"on_error: pass\n", TG_EPOLICY, 1, 1, "did you mean 'on-error'?"},
        {"on-error: ignore\n", TG_EPOLICY, 1, 11, "use one of: refuse, pass"},
        {"on-error: Pass\n", TG_EPOLICY, 1, 11, "did you mean 'pass'?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_settings *settings = untouched;
        struct tg_diags *diags = tg_diags_create();
        write_file(cases[i].text);
        assert_int_equal(tg_settings_read(path, &settings, diags), cases[i].status);
        assert_ptr_equal(settings, untouched);
        assert_int_equal(tg_diags_kept(diags), 1);
        const struct tg_diag *diag = tg_diags_get(diags, 0);
        if (!strstr(diag->text, cases[i].message))
            print_message("'%s' is not in '%s'\n", cases[i].message, diag->text);
        assert_non_null(strstr(diag->text, cases[i].message));
        assert_string_equal(diag->file, path);
        assert_int_equal(diag->line, cases[i].line);
        assert_int_equal(diag->col, cases[i].col);
        tg_diags_destroy(&diags);
        assert_int_equal(tg_settings_read(path, &settings, NULL), cases[i].status);
    }
}

/* Every error at once, in the order of the text. */
static void test_all_errors(void **state)
{
    struct tg_settings *settings = untouched;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    write_file("log: l\nfoo: 1\npolicy: p\non-error: 7\n");
    assert_int_equal(tg_settings_read(path, &settings, diags), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(diags), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(tg_diags_get(diags, i)->line, i + 1);
    tg_diags_destroy(&diags);
}

static void test_read_fails(void **state)
{
    struct tg_settings *settings = untouched;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    assert_int_equal(tg_settings_read("/nonexistent/t.conf", &settings, diags), TG_EIO);
    assert_string_equal(tg_diags_get(diags, 0)->file, "/nonexistent/t.conf");
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, "No such file"));
    assert_int_equal(tg_settings_read("/tmp", &settings, diags), TG_EIO);
    assert_int_equal(truncate(path, 64 * 1024 * 1024 + 1), 0);
    assert_int_equal(tg_settings_read(path, &settings, diags), TG_ETOOBIG);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 3);
    assert_ptr_equal(settings, untouched);
    tg_diags_destroy(&diags);
}

/* Each allocation fails once. */
static void test_oom(void **state)
{
    static const struct {
        const char *text;
        enum tg_status status;
    } cases[] = {
        {"policy: /p\nlog: /l\non-error: pass\n", TG_OK},
        {"", TG_OK},
        {"policy: /p\nlog: l\nfoo: 1\n", TG_EPOLICY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool fired = true;
        write_file(cases[i].text);
        for (size_t n = 1; fired; n++) {
            struct tg_settings *settings = untouched;
            oom_fail_at(n);
            enum tg_status status = tg_settings_read(path, &settings, NULL);
            fired = oom_fired();
            oom_fail_at(0);
            assert_int_equal(status, fired ? TG_ENOMEM : cases[i].status);
            if (status == TG_OK)
                tg_settings_destroy(&settings);
            else
                assert_ptr_equal(settings, untouched);
            assert_true(n < 1000);
        }
    }
}

static void test_destroy(void **state)
{
    struct tg_settings *none = NULL;
    (void)state;
    tg_settings_destroy(NULL);
    tg_settings_destroy(&none);
    assert_null(none);
    /* half-built */
    none = calloc(1, sizeof(*none));
    assert_non_null(none);
    tg_settings_destroy(&none);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_all_errors),
        cmocka_unit_test(test_read_fails),
        cmocka_unit_test(test_oom),
        cmocka_unit_test(test_destroy),
    };
    return cmocka_run_group_tests_name("settings", tests, make_file, remove_file);
}
