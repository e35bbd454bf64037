/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The signature that goes with an image. Who may sign is not known here, but whether it is a
 * signature of this very image is. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/trust_p.h"
#include "policy/yaml.h"
#include "tldguard/trust.h"
#include "tools/export.h"

/* What its trusted comment says; false: it says nothing that is known here. */
static bool find_claim(const char *text, size_t len, struct tg_trust_claim *claim)
{
    const size_t prefix = strlen(TG_TRUST_COMMENT);
    struct tg_trust_text rest = {text, len};
    const char *line;
    size_t n;

    while (tg_trust_line(&rest, &line, &n))
        if (tg_trust_begins(line, n, TG_TRUST_COMMENT) &&
            tg_trust_claim_parse(line + prefix, n - prefix, claim) == NULL)
            return true;
    return false;
}

static bool is_of(const struct tg_image *image, const char *text, size_t text_len)
{
    struct tg_trust_claim claim;
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;
    const uint8_t *octets = tg_image_octets(image, &len);

    if (!find_claim(text, text_len, &claim))
        return true;
    return EVP_Digest(octets, len, digest, NULL, EVP_sha256(), NULL) == 1 &&
           memcmp(digest, claim.sha256, sizeof(claim.sha256)) == 0;
}

static bool complain(struct tg_diags *diags, const char *path, const char *why)
{
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", why);
    return false;
}

static bool read_file(const char *path, char **text, size_t *len, struct tg_diags *diags)
{
    const int error = tg_yaml_file(path, TG_ZONE_SIGNATURE_MAX, true, text, len);

    return error == 0 || complain(diags, path,
                             error == EFBIG    ? "is too large for a signature in a zone"
                             : error == EINVAL ? "cannot read: not a regular file"
                                               : strerror(error));
}

/* In the order in which a resolver looks. */
static bool beside(const struct tg_image *image, const char *path, char **text, size_t *len,
    struct tg_diags *diags)
{
    static const char *const suffixes[] = {TG_TRUST_SUFFIX, TG_TRUST_NEXT};
    char file[TG_TRUST_PATH_MAX], seen[TG_TRUST_PATH_MAX] = "";

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (snprintf(file, sizeof(file), "%s%s", path, suffixes[i]) >= (int)sizeof(file))
            return complain(diags, path, strerror(ENAMETOOLONG));
        if (access(file, F_OK) != 0 && errno == ENOENT)
            continue;
        if (!read_file(file, text, len, diags))
            return false;
        if (is_of(image, *text, *len))
            return true;
        free(*text);
        *text = NULL;
        memcpy(seen, file, sizeof(seen));
    }
    return !*seen || complain(diags, seen,
                         "is of another image: sign this one, or name its signature with "
                         "--signature");
}

bool tg_export_signature(const struct tg_image *image, const char *path, const char *given,
    char **text, size_t *len, struct tg_diags *diags)
{
    *text = NULL;
    *len = 0;
    if (!given)
        return beside(image, path, text, len, diags);
    if (!read_file(given, text, len, diags))
        return false;
    return is_of(image, *text, *len) || complain(diags, given, "is of another image");
}
