/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The policies that were active before. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/fileio.h"
#include "tools/store.h"

#define NAME_MAX_OF 64 /* "4294967295-0123abcd.cdb", and a suffix */

static char *path_of(const struct tg_store *store, const char *name, const char *suffix)
{
    char *path = NULL;

    if (asprintf(&path, "%s%s%s", store->history, name, suffix) < 0)
        tg_out_of_memory();
    return path;
}

/* For all to read, whatever the umask is: nothing in it is secret. A link in its place would have
 * us write, and remove, elsewhere. */
static int make_folder(const struct tg_store *store)
{
    const bool made = mkdir(store->history, 0755) == 0;
    const int fd = made || errno == EEXIST ? open(store->history_folder,
                                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                                           : -1;
    int error = fd < 0 ? errno : 0;

    if (made && fd >= 0) {
        error = fchmod(fd, 0755) != 0 ? errno : 0;
        tg_store_give(store, fd);
    }
    if (fd >= 0)
        (void)close(fd);
    return error;
}

/* The signature first: a policy that is there has one. */
bool tg_store_keep(
    const struct tg_store *store, const struct tg_sealed *sealed, struct tg_diags *diags)
{
    const uint8_t *digest = tg_image_digest(sealed->image);
    char name[NAME_MAX_OF], *path, *signature;
    size_t len;
    const uint8_t *octets = tg_image_octets(sealed->image, &len);
    int error = make_folder(store);

    (void)snprintf(name, sizeof(name), "%" PRIu32 "-%02x%02x%02x%02x.cdb",
        tg_image_meta(sealed->image)->serial, digest[0], digest[1], digest[2], digest[3]);
    path = path_of(store, name, "");
    signature = path_of(store, name, TG_TRUST_SUFFIX);
    if (error == 0 && sealed->signature)
        error = tg_newfile_put(signature, TG_STORE_MODE, sealed->signature, sealed->signature_len);
    /* Also when it is there: it may be half of one, and is now the one put away last. */
    if (error == 0)
        error = tg_newfile_put(path, TG_STORE_MODE, octets, len);
    if (error != 0)
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot keep the former policy: %s",
            strerror(error));
    free(path);
    free(signature);
    return error == 0;
}

/* SERIAL-DIGITS.cdb, just as it is written above. */
static bool read_name(const char *name, struct tg_former *former)
{
    char again[NAME_MAX_OF];
    unsigned digits;

    if (strlen(name) >= sizeof(again) ||
        sscanf(name, "%10" SCNu32 "-%8x", &former->serial, &digits) != 2)
        return false;
    (void)snprintf(former->digits, sizeof(former->digits), "%08x", digits);
    (void)snprintf(again, sizeof(again), "%" PRIu32 "-%s.cdb", former->serial, former->digits);
    return strcmp(name, again) == 0;
}

static bool read_entry(const struct tg_store *store, const char *name, struct tg_former *former)
{
    struct stat st;

    if (!read_name(name, former))
        return false;
    former->path = path_of(store, name, "");
    if (lstat(former->path, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(former->path);
        return false;
    }
    former->put_away = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    /* The clock was wrong then: as old as can be. */
    if (st.st_mtim.tv_sec > time(NULL) + 60)
        former->put_away = 1;
    return true;
}

static int later(const void *one, const void *two)
{
    const struct tg_former *a = one, *b = two;

    return (a->put_away < b->put_away) - (a->put_away > b->put_away);
}

static int higher(const void *one, const void *two)
{
    const struct tg_former *a = one, *b = two;

    return a->serial != b->serial ? (a->serial < b->serial) - (a->serial > b->serial) : later(a, b);
}

static void read_all(
    const struct tg_store *store, DIR *dir, struct tg_former **formers, size_t *count)
{
    const struct dirent *entry;
    size_t room = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (*count == room) {
            room = room ? 2 * room : 16;
            *formers = reallocarray(*formers, room, sizeof(**formers));
            if (!*formers)
                tg_out_of_memory();
        }
        *count += read_entry(store, entry->d_name, &(*formers)[*count]);
    }
}

bool tg_store_list(
    const struct tg_store *store, struct tg_former **out, size_t *count, struct tg_diags *diags)
{
    const int fd = open(store->history_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    *out = NULL;
    *count = 0;
    if (!dir && fd < 0 && errno == ENOENT)
        return true;
    if (!dir)
        return tg_store_fail(diags, store->history, "cannot open", errno);
    read_all(store, dir, out, count);
    (void)closedir(dir);
    if (*count > 0)
        qsort(*out, *count, sizeof(**out), higher);
    return true;
}

void tg_formers_free(struct tg_former *formers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(formers[i].path);
    free(formers);
}

bool tg_former_is(const struct tg_former *former, const struct tg_image *image)
{
    char digits[65];

    return image && tg_image_meta(image)->serial == former->serial &&
           strncmp(tg_text_digest(tg_image_digest(image), digits), former->digits,
               strlen(former->digits)) == 0;
}

enum tg_status tg_former_read(const struct tg_store *store, const struct tg_former *former,
    struct tg_sealed *out, struct tg_diags *diags)
{
    char digits[65];
    enum tg_status status =
        tg_sealed_read(former->path, NULL, &store->settings->trusted, out, diags);

    if (status == TG_OK && !tg_former_is(former, out->image)) {
        tg_diags_add(diags, TG_DIAG_ERROR, former->path, 0, 0, NULL,
            "is policy serial %" PRIu32 " of digest %.8s, and not what its name says",
            tg_image_meta(out->image)->serial, tg_text_digest(tg_image_digest(out->image), digits));
        tg_sealed_free(out);
        status = TG_ETRUST;
    }
    return status;
}

/* What cannot be removed is not worth a word: there is only more to go back to. */
static void forget(const struct tg_former *former)
{
    char *signature;

    if (asprintf(&signature, "%s" TG_TRUST_SUFFIX, former->path) < 0)
        tg_out_of_memory();
    (void)unlink(signature);
    (void)unlink(former->path);
    free(signature);
}

void tg_store_prune(const struct tg_store *store, uint64_t keep, const struct tg_sealed *former)
{
    struct tg_former *formers;
    size_t count;

    if (!tg_store_list(store, &formers, &count, NULL))
        return;
    if (count > 0)
        qsort(formers, count, sizeof(*formers), later);
    for (size_t i = 0; i < count; i++)
        if (i >= keep && !tg_former_is(&formers[i], former->image))
            forget(&formers[i]);
    tg_formers_free(formers, count);
}
