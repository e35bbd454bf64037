/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What a change that was interrupted has left: its last step, and files that are nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/store.h"

#define STALE_AFTER \
    3600 /* seconds: others write beside the policy as well, for as long as they need */

enum fit { FITS, FITS_NOT, UNKNOWN };

/* Where nobody signs, nobody can check; but a signature of ours tells of which image it is. */
static bool claims(const struct tg_sealed *sealed)
{
    static const char start[] = "\ntrusted comment: ";
    const char *at = memmem(sealed->signature, sealed->signature_len, start, sizeof(start) - 1);
    const char *text = at ? at + sizeof(start) - 1 : NULL;
    const size_t left = text ? sealed->signature_len - (size_t)(text - sealed->signature) : 0;
    const char *end = text ? memchr(text, '\n', left) : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct tg_trust_claim claim;
    size_t size;
    const uint8_t *data = tg_image_octets(sealed->image, &size);

    if (!end || tg_trust_claim_parse(text, (size_t)(end - text), &claim) != NULL)
        return false;
    if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) != 1)
        tg_out_of_memory();
    return memcmp(digest, claim.sha256, sizeof(claim.sha256)) == 0;
}

/* Whether a signature is that of the active policy. */
static enum fit fit_of(const struct tg_store *store, const char *signature, struct tg_diags *diags)
{
    const struct tg_trust_keys *keys = &store->settings->trusted;
    struct tg_sealed sealed = {.image = NULL};
    struct tg_diags *told = tg_diags_create();
    enum tg_status status = TG_ETRUST;
    enum fit fit;

    if (access(signature, F_OK) == 0)
        status = tg_sealed_read(store->settings->policy, signature, keys, &sealed, told);
    fit = status == TG_ETRUST ? FITS_NOT
          : status != TG_OK   ? UNKNOWN
          : keys->count > 0   ? FITS
          : claims(&sealed)   ? FITS
                              : FITS_NOT;
    if (fit == UNKNOWN)
        tg_diags_add(diags, TG_DIAG_ERROR, signature, 0, 0, NULL,
            "a change was interrupted, and it cannot be told how far it had come: %s",
            tg_diags_kept(told) > 0 ? tg_diags_get(told, 0)->text : tg_status_text(status));
    tg_diags_destroy(&told);
    tg_sealed_free(&sealed);
    return fit;
}

/* Where only the last step is missing it is the signature to come that fits. Otherwise that may be
 * the first step of somebody who does it by hand, and is not ours. */
static bool end_it(const struct tg_store *store, struct tg_diags *diags)
{
    char *now = tg_store_behind(store, TG_TRUST_SUFFIX);
    char *next = tg_store_behind(store, TG_TRUST_NEXT);
    bool good = true;

    if (access(next, F_OK) == 0 && access(store->settings->policy, F_OK) == 0) {
        const enum fit fit = fit_of(store, now, diags);
        const enum fit fit_next = fit == FITS_NOT ? fit_of(store, next, diags) : fit;

        good = fit != UNKNOWN && fit_next != UNKNOWN;
        if (good && fit == FITS_NOT && fit_next == FITS)
            good = (rename(next, now) == 0 && tg_store_sync(store)) ||
                   tg_store_fail(diags, next, "cannot end the change that was interrupted", errno);
    }
    free(now);
    free(next);
    return good;
}

bool tg_store_is_temp(const char *name, const char *of)
{
    const size_t len = strlen(name), tail = sizeof(".0123456789abcdef.tmp") - 1;

    return name[0] == '.' && len > tail + 1 && strncmp(name + 1, of, strlen(of)) == 0 &&
           strspn(name + len - tail + 1, "0123456789abcdef") == 16 &&
           strcmp(name + len - 4, ".tmp") == 0;
}

/* A link is followed only with a slash behind it: to the folder that the settings name. */
static void sweep(const char *folder, const char *of, time_t before)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    struct stat st;

    while (dir && (entry = readdir(dir)) != NULL)
        if (tg_store_is_temp(entry->d_name, of) &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && st.st_mtim.tv_sec <= before)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        (void)closedir(dir);
    else if (fd >= 0)
        (void)close(fd);
}

bool tg_store_settle(const struct tg_store *store, struct tg_diags *diags)
{
    const char *name = strrchr(store->settings->policy, '/') + 1;
    const time_t now = time(NULL);

    if (!end_it(store, diags) || !tg_store_forbid(store, diags))
        return false;
    sweep(store->folder, name, now - STALE_AFTER);
    sweep(store->history_folder, "", now);
    return true;
}
