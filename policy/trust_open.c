/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Images and their signatures as files, and which may follow which. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fileio.h"
#include "image_p.h"
#include "tldguard/trust.h"
#include "yaml.h"

/* One image at the gate. */
struct passing {
    const char *path;
    const struct tg_trust_keys *keys;
    struct tg_trusted trusted;
    struct tg_diags *diags;
    bool unread;                  /* for want of file descriptors, which may pass */
    char told[TG_TRUST_PATH_MAX]; /* which signature the reason is about */
    char why[TG_TRUST_WHY_MAX];
};

/* TG_OK, TG_ETRUST, TG_EIO: it is not there, TG_ENOMEM. Keeps the reason. */
static enum tg_status try_signature(
    struct passing *passing, const char *path, const uint8_t *data, size_t len)
{
    enum tg_status status = TG_EIO;
    char *text = NULL;
    size_t text_len = 0;
    const int error = tg_yaml_input(path, TG_TRUST_FILE_MAX, &text, &text_len);

    if (error == 0)
        status = tg_trust_check(
            passing->keys, text, text_len, data, len, &passing->trusted, passing->why);
    else if (error == EFBIG)
        (void)snprintf(passing->why, sizeof(passing->why), "is longer than a signature can be");
    else if (error == ENOENT)
        (void)snprintf(passing->why, sizeof(passing->why),
            "is missing: the image is not signed; sign it with 'tldguard sign'");
    else
        (void)snprintf(passing->why, sizeof(passing->why), "cannot be read: %s",
            error == EINVAL ? "not a regular file" : tg_input_error(error));
    free(text);
    passing->unread = error == EMFILE || error == ENFILE;
    if (path != passing->told)
        (void)snprintf(passing->told, sizeof(passing->told), "%s", path);
    if (error == ENOMEM)
        return TG_ENOMEM;
    return error != 0 && error != ENOENT ? TG_ETRUST : status;
}

static enum tg_status refuse(const struct passing *passing)
{
    tg_diags_add(
        passing->diags, TG_DIAG_ERROR, passing->told, 0, 0, NULL, "signature %s", passing->why);
    return passing->unread ? TG_EIO : TG_ETRUST;
}

/* Of two signatures that do not fit, the first one's trouble is told, if it is there. */
static enum tg_status try_both(struct passing *passing, const uint8_t *data, size_t len)
{
    struct passing next = *passing;
    char path[TG_TRUST_PATH_MAX];
    enum tg_status status, second;

    (void)snprintf(path, sizeof(path), "%s" TG_TRUST_SUFFIX, passing->path);
    status = try_signature(passing, path, data, len);
    if (status == TG_OK || status == TG_ENOMEM)
        return status;
    (void)snprintf(path, sizeof(path), "%s" TG_TRUST_NEXT, passing->path);
    second = try_signature(&next, path, data, len);
    if (second == TG_OK || second == TG_ENOMEM || (status == TG_EIO && second == TG_ETRUST)) {
        *passing = next;
        return second;
    }
    return status;
}

static enum tg_status pass(void *arg, const uint8_t *data, size_t len)
{
    struct passing *passing = arg;
    enum tg_status status = passing->told[0] != '\0'
                                ? try_signature(passing, passing->told, data, len)
                                : try_both(passing, data, len);

    if (status == TG_ENOMEM) {
        tg_diags_add(passing->diags, TG_DIAG_ERROR, passing->path, 0, 0, NULL, "out of memory");
        return status;
    }
    return status == TG_OK ? TG_OK : refuse(passing);
}

/* The image itself says serial and time, and is signed: who signs another claim is mistaken. */
static enum tg_status check_claim(const struct passing *passing, const struct tg_image *image)
{
    const struct tg_image_meta *meta = tg_image_meta(image);
    const struct tg_trust_claim *claim = &passing->trusted.claim;

    if (!passing->trusted.claimed ||
        (claim->serial == meta->serial && claim->created == meta->created))
        return TG_OK;
    tg_diags_add(passing->diags, TG_DIAG_ERROR, passing->told, 0, 0, NULL,
        "signature says serial %" PRIu32 ", the image %" PRIu32 "%s", claim->serial, meta->serial,
        claim->serial == meta->serial ? ", but another time of its making" : "");
    return TG_ETRUST;
}

enum tg_status tg_trust_open(const char *path, const struct tg_trust_keys *keys,
    const char *signature, struct tg_trusted *trusted, struct tg_image **out,
    struct tg_diags *diags)
{
    struct passing passing = {.path = path, .keys = keys, .diags = diags};
    const struct tg_image_gate gate = {pass, &passing};
    struct tg_image *image = NULL;
    enum tg_status status;

    if (strlen(path) + sizeof(TG_TRUST_NEXT) > sizeof(passing.told) ||
        (signature && strlen(signature) >= sizeof(passing.told))) {
        tg_diags_add(
            diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot open: %s", strerror(ENAMETOOLONG));
        return TG_EIO;
    }
    if (signature)
        (void)snprintf(passing.told, sizeof(passing.told), "%s", signature);
    status = tg_image_open_gated(path, keys->count > 0 ? &gate : NULL, &image, diags);
    if (status == TG_OK)
        status = check_claim(&passing, image);
    if (status == TG_OK) {
        *trusted = passing.trusted;
        *out = image;
    } else {
        tg_image_close(&image);
    }
    return status;
}

/* One serial and a newline, and nothing else; a file that is not there allows none. */
bool tg_trust_allowed(const char *path, uint32_t serial)
{
    char wanted[16];
    char *text = NULL;
    size_t len = 0;
    bool same;

    if (!path || tg_yaml_input(path, sizeof(wanted), &text, &len) != 0)
        return false;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    (void)snprintf(wanted, sizeof(wanted), "%" PRIu32, serial);
    same = len == strlen(wanted) && memcmp(text, wanted, len) == 0;
    free(text);
    return same;
}

bool tg_trust_follows(
    const struct tg_trust_change *change, const char *name, struct tg_diags *diags)
{
    const int64_t expires = change->proof->claim.expires;
    uint32_t serial, former;
    char when[21];

    if (!change->proof->checked || (change->former && tg_image_same(change->former, change->image)))
        return true;
    serial = tg_image_meta(change->image)->serial;
    if (change->allowed)
        return true;
    if (expires != 0 && expires <= change->now) {
        (void)tg_trust_time(expires, when);
        tg_diags_add(diags, TG_DIAG_ERROR, name, 0, 0, NULL,
            "policy serial %" PRIu32 " expired at %s: sign it anew", serial, when);
        return false;
    }
    former = change->former ? tg_image_meta(change->former)->serial : 0;
    if (!change->former || serial > former)
        return true;
    tg_diags_add(diags, TG_DIAG_ERROR, name, 0, 0, NULL,
        "policy serial %" PRIu32 " is not higher than serial %" PRIu32
        "; to go back to it use 'tldguard rollback %" PRIu32 "'",
        serial, former, serial);
    return false;
}
