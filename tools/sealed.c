/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A policy with its signature, in memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/yaml.h"
#include "tools/store.h"

/* The text of a signature that was found good a moment before, or that nobody asked for. */
static enum tg_status read_signature(const char *path, bool must, const struct tg_trust_keys *keys,
    struct tg_sealed *sealed, struct tg_diags *diags)
{
    char why[TG_TRUST_WHY_MAX] = "";
    enum tg_status status;
    const uint8_t *data;
    size_t size;
    const int error =
        tg_yaml_file(path, TG_TRUST_FILE_MAX, true, &sealed->signature, &sealed->signature_len);

    if (error == ENOMEM)
        tg_out_of_memory();
    if (keys->count == 0 && (error == 0 || (error == ENOENT && !must)))
        return TG_OK;
    data = tg_image_octets(sealed->image, &size);
    status = error != 0 ? TG_EIO
                        : tg_trust_check(keys, sealed->signature, sealed->signature_len, data, size,
                              &sealed->trusted, why);
    if (status != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "signature %s%s",
            error != 0 ? "cannot be read: " : why, error != 0 ? strerror(error) : "");
    return status;
}

static enum tg_status read_beside(const char *path, const struct tg_trust_keys *keys,
    struct tg_sealed *sealed, struct tg_diags *diags)
{
    char beside[TG_TRUST_PATH_MAX];
    enum tg_status status;

    (void)snprintf(beside, sizeof(beside), "%s" TG_TRUST_SUFFIX, path);
    status = read_signature(beside, false, keys, sealed, keys->count > 0 ? NULL : diags);
    if (status == TG_OK || keys->count == 0)
        return status;
    free(sealed->signature);
    sealed->signature = NULL;
    (void)snprintf(beside, sizeof(beside), "%s" TG_TRUST_NEXT, path);
    return read_signature(beside, true, keys, sealed, diags);
}

enum tg_status tg_sealed_read(const char *path, const char *signature,
    const struct tg_trust_keys *keys, struct tg_sealed *out, struct tg_diags *diags)
{
    struct tg_sealed sealed = {.image = NULL};
    enum tg_status status =
        tg_trust_open(path, keys, signature, &sealed.trusted, &sealed.image, diags);

    if (status == TG_ENOMEM)
        tg_out_of_memory();
    if (status == TG_OK)
        status = signature ? read_signature(signature, true, keys, &sealed, diags)
                           : read_beside(path, keys, &sealed, diags);
    if (status == TG_OK)
        *out = sealed;
    else
        tg_sealed_free(&sealed);
    return status;
}

void tg_sealed_free(struct tg_sealed *sealed)
{
    tg_image_close(&sealed->image);
    free(sealed->signature);
    *sealed = (struct tg_sealed){.image = NULL};
}
