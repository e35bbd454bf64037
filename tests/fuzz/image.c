/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A compiled policy: tldguard/image.h. As it is, and with a digest that is right again, so that
 * what lies behind that check is reached. What opens both ways says the same by both.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/imagefile.h"
#include "tldguard/image.h"

#define DIGEST 32

static void open_whole(const uint8_t *data, size_t size, struct tg_image **image)
{
    struct tg_diags *diags = tg_diags_create();
    const enum tg_status status = tg_image_open_memory("fuzz.cdb", data, size, image, diags);

    FUZZ_HOLDS((status == TG_OK) == (*image != NULL));
    FUZZ_HOLDS((status == TG_OK) == (tg_diags_count(diags, TG_DIAG_ERROR) == 0));
    fuzz_say(diags);
    tg_diags_destroy(&diags);
    if (*image != NULL)
        imagefile_exercise(*image);
}

static void open_quick(const uint8_t *data, size_t size, const struct tg_image *whole)
{
    struct fuzz_file file = fuzz_open(data, size);
    struct tg_image *image = NULL;
    const enum tg_status status = tg_image_open_quick(file.path, &image, NULL);

    FUZZ_HOLDS(whole == NULL || status == TG_OK);
    if (image != NULL)
        imagefile_exercise(image);
    if (whole != NULL)
        imagefile_same_verdicts(whole, image);
    tg_image_close(&image);
    fuzz_close(&file);
}

static void try(const uint8_t *data, size_t size)
{
    struct tg_image *image = NULL;

    open_whole(data, size, &image);
    open_quick(data, size, image);
    tg_image_close(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *sealed;

    try(data, size);
    if (size < DIGEST)
        return 0;
    sealed = malloc(size);
    FUZZ_HOLDS(sealed != NULL);
    memcpy(sealed, data, size);
    FUZZ_HOLDS(EVP_Digest(sealed, size - DIGEST, sealed + size - DIGEST, NULL, EVP_sha256(), NULL));
    try(sealed, size);
    free(sealed);
    return 0;
}
