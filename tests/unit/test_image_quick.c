/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Images opened for a few questions. What is crafted: test_image_hostile.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/gen.h"
#include "tests/support/imagefile.h"
#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"
#include "tldguard/image.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct tg_image *open_quick(const char *path)
{
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open_quick(path, &image, NULL), TG_OK);
    return image;
}

/* Both ways of opening say the same of what any policy makes of any question. */
static void the_same_verdicts(void **state)
{
    struct imagefile *fix = *state;
    uint64_t seed = 23;

    for (size_t i = 0; i < 100; i++) {
        struct gen_policy *gen = gen_policy(&seed, 30, NULL);
        struct tg_image *full = NULL;
        struct tg_image *quick;

        gen->policy.serial = 1;
        assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
        assert_int_equal(tg_image_open(fix->path, &full, NULL), TG_OK);
        quick = open_quick(fix->path);
        for (size_t j = 0; j < 300; j++) {
            uint8_t wire[TG_DNAME_MAX];
            struct tg_address client;
            struct tg_question question;

            gen_question(&seed, gen, wire, &client, &question);
            imagefile_same_verdict(full, quick, &question);
        }
        imagefile_same_verdicts(full, quick);
        assert_memory_equal(tg_image_digest(quick), tg_image_digest(full), 32);
        assert_int_equal(tg_image_status(quick, "it", NULL), TG_OK);
        tg_image_close(&quick);
        tg_image_close(&full);
        gen_free(&gen);
    }
}

static bool is_not_called(void *arg, const struct tg_entry *entry)
{
    (void)arg;
    (void)entry;
    fail();
    return false;
}

static bool is_not_called_either(void *arg, struct tg_name name)
{
    (void)arg;
    (void)name;
    fail();
    return false;
}

static bool count_subnet(void *arg, const struct tg_subnet *subnet)
{
    (void)subnet;
    ++*(size_t *)arg;
    return true;
}

/* All but the names is there, and tells of them. */
static void all_but_the_names(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = open_quick(fix->path);
    struct tg_image_name known;
    size_t subnets = 0;

    assert_int_equal(tg_image_meta(image)->format, TG_IMAGE_FORMAT);
    assert_int_equal(tg_image_meta(image)->serial, fix->gen->policy.serial);
    assert_string_equal(tg_image_answer(image)->contact, "soc@example.net");
    assert_int_equal(tg_image_rule_count(image), fix->gen->policy.rule_count);
    assert_string_equal(tg_image_rule(image, 2)->ticket, "NET-4711");
    assert_string_equal(tg_image_group(image, 0)->name, "soc");
    assert_int_equal(tg_image_canary_count(image), 2);
    assert_int_equal(tg_image_canary(image, 1)->expect, TG_EXPECT_RESOLVE);
    assert_int_equal(tg_image_name_count(image), fix->gen->policy.name_count);
    assert_int_equal(tg_image_suffix_count(image), 1);
    assert_true(tg_image_monitors(image));
    tg_image_each_subnet(image, count_subnet, &subnets);
    assert_int_equal(subnets, 2);
    tg_image_each_name(image, is_not_called, NULL);
    tg_image_each_suffix(image, is_not_called_either, NULL);
    assert_ptr_equal(tg_image_tld(image, (const uint8_t *)"\2mL"), tg_image_rule(image, 0));
    assert_true(tg_image_name(image, gen_name(fix->gen, "www.orange.ml"), &known));
    assert_ptr_equal(known.allow, tg_image_rule(image, 2));
    assert_true(known.allow_exact && known.above_allow);
    assert_false(tg_image_name(image, gen_name(fix->gen, "wwx.orange.ml"), &known));
    tg_image_close(&image);
    assert_null(image);
}

/* What is read does not grow with the names. */
static void many_names(void **state)
{
    struct imagefile *fix = *state;
    size_t rule = fix->gen->policy.rule_count;
    struct tg_image *few = open_quick(fix->path);
    struct tg_image *many;
    struct tg_image_name known;

    gen_rule(fix->gen, TG_KIND_BLOCK, NULL, false)->file = "many.txt";
    for (size_t i = 0; i < 3000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "n%zu.example", i);
        gen_entry(fix->gen, rule, name, false);
    }
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    many = open_quick(fix->path);
    assert_true(tg_image_memory(many) < tg_image_memory(few) + 200);
    for (size_t i = 0; i < 3000; i += 7) {
        char name[32];

        snprintf(name, sizeof(name), "n%zu.example", i);
        assert_true(tg_image_name(many, gen_name(fix->gen, name), &known));
        assert_ptr_equal(known.block, tg_image_rule(many, rule));
        snprintf(name, sizeof(name), "x%zu.example", i);
        assert_false(tg_image_name(many, gen_name(fix->gen, name), &known));
    }
    assert_int_equal(tg_image_status(many, "it", NULL), TG_OK);
    tg_image_close(&many);
    tg_image_close(&few);
}

/* The status of an image after one look-up of a name that is in it, and the error. */
static void look_up_fails(
    const struct imagefile *fix, struct tg_image **image, enum tg_status want, const char *text)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_image_name known;

    assert_int_equal(tg_image_status(*image, "it", diags), TG_OK);
    assert_int_equal(tg_diags_kept(diags), 0);
    assert_false(tg_image_name(*image, gen_name(fix->gen, "www.orange.ml"), &known));
    assert_int_equal(tg_image_status(*image, "it.cdb", diags), want);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_string_equal(tg_diags_get(diags, 0)->file, "it.cdb");
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, text));
    /* And so it stays, whatever comes next. */
    assert_int_equal(truncate(fix->path, 0), 0);
    assert_false(tg_image_name(*image, gen_name(fix->gen, "orange.ml"), &known));
    assert_int_equal(tg_image_status(*image, "it", NULL), want);
    tg_diags_destroy(&diags);
    tg_image_close(image);
}

static void overwrite(const char *path, size_t at, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, data, len, (off_t)at), len);
    close(fd);
}

/* A file renamed over is still there; one cut, or written to, is an error. */
static void files_that_change(void **state)
{
    static const char name[] = "N\3www\6orange\2ml";
    struct imagefile *fix = *state;
    struct tg_image *image = open_quick(fix->path);
    const uint8_t *record = memmem(fix->data, fix->len, name, sizeof(name));
    size_t at = (size_t)(record - fix->data) + sizeof(name); /* of its value */
    char path[128];

    assert_non_null(record);
    file_write(tmpdir_file(&fix->dir, "new", path), "", 0);
    assert_int_equal(rename(path, fix->path), 0);
    imagefile_exercise(image);
    assert_int_equal(tg_image_status(image, "it", NULL), TG_OK);
    tg_image_close(&image);

    file_write(fix->path, fix->data, fix->len);
    image = open_quick(fix->path);
    assert_int_equal(truncate(fix->path, 100), 0);
    look_up_fails(fix, &image, TG_EDIGEST, "cut");

    /* A rule that is another's. */
    file_write(fix->path, fix->data, fix->len);
    image = open_quick(fix->path);
    overwrite(fix->path, at + 2, "\3", 1);
    look_up_fails(fix, &image, TG_ECORRUPT, "impossible content");

    /* Lengths that lead out of the records. */
    file_write(fix->path, fix->data, fix->len);
    image = open_quick(fix->path);
    overwrite(fix->path, at - sizeof(name) - 4, "\0\0\0\1", 4);
    look_up_fails(fix, &image, TG_ECORRUPT, "impossible content");
}

/* Other images have no such trouble. */
static void status_of_whole_images(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    imagefile_exercise(image);
    assert_int_equal(tg_image_status(image, "it", NULL), TG_OK);
    tg_image_close(&image);
}

/* The digest is not looked at, nor any name that is not asked for. */
static void damage_elsewhere(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    struct tg_image_name known;

    memset(fix->data + fix->len - 32, 0, 32);
    assert_int_equal(imagefile_open_quick(fix->data, fix->len, &image, NULL), TG_OK);
    assert_true(tg_image_name(image, gen_name(fix->gen, "orange.ml"), &known));
    assert_int_equal(tg_image_status(image, "it", NULL), TG_OK);
    tg_image_close(&image);
}

/* Files that cannot be read: as tg_image_open() says it. */
static void unreadable_files(void **state)
{
    static const char *const files[] = {"missing.cdb", "fifo", "", "empty", "text", "huge"};
    struct imagefile *fix = *state;
    char path[128];

    assert_int_equal(mkfifo(tmpdir_file(&fix->dir, "fifo", path), 0600), 0);
    file_write(tmpdir_file(&fix->dir, "empty", path), "", 0);
    file_write(tmpdir_file(&fix->dir, "text", path), "serial: 1\n", 10);
    file_write(tmpdir_file(&fix->dir, "huge", path), "", 0);
    assert_int_equal(truncate(path, (off_t)TG_IMAGE_SIZE_MAX + 1), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct tg_image *const mark = (struct tg_image *)(uintptr_t)0x5a;
        struct tg_image *image = mark;
        struct tg_diags *want = tg_diags_create();
        struct tg_diags *got = tg_diags_create();

        tmpdir_file(&fix->dir, files[i], path);
        assert_int_equal(tg_image_open_quick(path, &image, got), tg_image_open(path, &image, want));
        assert_ptr_equal(image, mark);
        assert_int_equal(tg_diags_kept(got), 1);
        assert_string_equal(tg_diags_get(got, 0)->file, path);
        assert_string_equal(tg_diags_get(got, 0)->text, tg_diags_get(want, 0)->text);
        tg_diags_destroy(&got);
        tg_diags_destroy(&want);
    }
}

/* Memory that runs out, at any allocation. */
static void out_of_memory(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    size_t n;

    for (n = 1;; n++) {
        enum tg_status status;

        oom_fail_at(n);
        status = tg_image_open_quick(fix->path, &image, NULL);
        if (!oom_fired())
            break;
        assert_int_equal(status, TG_ENOMEM);
        assert_null(image);
    }
    oom_fail_at(0);
    assert_true(n > 4);
    tg_image_close(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(the_same_verdicts),
        IMAGEFILE_TEST(all_but_the_names),
        IMAGEFILE_TEST(many_names),
        IMAGEFILE_TEST(files_that_change),
        IMAGEFILE_TEST(status_of_whole_images),
        IMAGEFILE_TEST(damage_elsewhere),
        IMAGEFILE_TEST(unreadable_files),
        IMAGEFILE_TEST(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
