/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * An image in a folder of the test's own, and the policy that it was made of:
 * the fixture of the tests of images. Include <cmocka.h> before.
 */
#ifndef TLDGUARD_TEST_IMAGEFILE_H
#define TLDGUARD_TEST_IMAGEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/gen.h"
#include "tests/support/tmpdir.h"
#include "tldguard/decide.h"
#include "tldguard/image.h"

#define IMAGEFILE_CREATED 1795305600 /* when all of them were made */
#define IMAGEFILE_TRAILER 48         /* magic, format, zero, SHA-256 */

/** What *state of a test points to. */
struct imagefile {
    struct tmpdir dir;
    char path[128]; /* an image of gen */
    struct gen_policy *gen;
    uint8_t *data; /* what the file at path holds after the setup */
    size_t len;
};

/** Makes the folder, the policy and the image. */
int imagefile_setup(void **state);

/** Removes and frees all that. */
int imagefile_teardown(void **state);

/** Asks an image everything it can be asked. */
void imagefile_exercise(const struct tg_image *image);

/** tg_image_open_quick() of a file with this content. */
enum tg_status imagefile_open_quick(
    const void *data, size_t len, struct tg_image **out, struct tg_diags *diags);

/** Asserts that two images decide one question alike. */
void imagefile_same_verdict(
    const struct tg_image *a, const struct tg_image *b, const struct tg_question *question);

/** The same for questions about each name of a, some below them, and others. */
void imagefile_same_verdicts(const struct tg_image *a, const struct tg_image *b);

/** A test that is given a struct imagefile. */
#define IMAGEFILE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, imagefile_setup, imagefile_teardown)

#endif
