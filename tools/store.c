/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The active policy: its lock, and how another one takes its place. */
#include "tools/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/fileio.h"
#include "policy/yaml.h"

#define WHO_MAX 256

static char *join(const char *front, size_t len, const char *back)
{
    char *whole = malloc(len + strlen(back) + 1);

    if (!whole)
        tg_out_of_memory();
    memcpy(whole, front, len);
    memcpy(whole + len, back, strlen(back) + 1);
    return whole;
}

/* Behind the name of the policy. */
static char *behind(const struct tg_store *store, const char *suffix)
{
    return join(store->settings->policy, strlen(store->settings->policy), suffix);
}

static bool fail(struct tg_diags *diags, const char *path, const char *what, int error)
{
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s: %s", what, strerror(error));
    return false;
}

void tg_store_open(struct tg_store *store, const struct tg_settings *settings)
{
    const char *slash = strrchr(settings->policy, '/'); /* there is one: it is an absolute path */

    *store = (struct tg_store){.settings = settings, .lock = -1};
    store->folder = join(settings->policy, (size_t)(slash - settings->policy) + 1, "");
    store->history = join(store->folder, strlen(store->folder), "history/");
}

void tg_store_close(struct tg_store *store)
{
    if (store->lock >= 0)
        (void)close(store->lock);
    free(store->folder);
    free(store->history);
    *store = (struct tg_store){.lock = -1};
}

/* Another user's lock can be held all the same. */
static int open_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd < 0 && errno == EACCES)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd;
}

static void say_who_holds(int fd, const char *path, struct tg_diags *diags)
{
    char who[WHO_MAX] = "";
    const ssize_t len = pread(fd, who, sizeof(who) - 1, 0);

    who[len > 0 ? len : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
        "another change of the policy is under way: %s; try again when it has ended",
        who[0] ? who : "nobody says whose");
}

/* It only helps whoever waits: that it cannot be written is no reason to stop. */
static void say_who_we_are(int fd)
{
    char who[WHO_MAX], since[32];
    const int len = snprintf(who, sizeof(who), "process %ld of user %lu, since %s\n",
        (long)getpid(), (unsigned long)getuid(), tg_text_time((int64_t)time(NULL), since));

    if (ftruncate(fd, 0) != 0 || pwrite(fd, who, (size_t)len, 0) != len)
        (void)ftruncate(fd, 0);
}

static bool sync_folder(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot, and say so with EINVAL. */
    const bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    const int error = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return good;
}

static bool fits(const struct tg_store *store, const char *signature)
{
    struct tg_sealed sealed = {NULL};
    const enum tg_status status = tg_sealed_read(
        store->settings->policy, signature, &store->settings->trusted, &sealed, NULL);

    tg_sealed_free(&sealed);
    if (status == TG_ENOMEM)
        tg_out_of_memory();
    return status == TG_OK;
}

/* Where a change was interrupted there is a signature to come. If it is the one that fits, only the
 * last step is missing; if not, the second one never was. */
static bool settle(const struct tg_store *store, struct tg_diags *diags)
{
    char *now = behind(store, TG_TRUST_SUFFIX), *next = behind(store, TG_TRUST_NEXT);
    bool good = tg_store_forbid(store, diags);

    if (good && access(next, F_OK) == 0) {
        const bool missing = !fits(store, now) && fits(store, next);

        good = (missing ? rename(next, now) : unlink(next)) == 0 && sync_folder(store->folder);
        if (!good)
            (void)fail(diags, next, "cannot end the change that was interrupted", errno);
    }
    free(now);
    free(next);
    return good;
}

bool tg_store_lock(struct tg_store *store, struct tg_diags *diags)
{
    char *path = behind(store, ".lock");
    const int fd = open_lock(path);
    bool good = false;

    if (fd < 0) {
        (void)fail(diags, path, "cannot lock the policy", errno);
    } else if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        store->lock = fd;
        say_who_we_are(fd);
        good = settle(store, diags);
    } else {
        if (errno == EWOULDBLOCK)
            say_who_holds(fd, path, diags);
        else
            (void)fail(diags, path, "cannot lock the policy", errno);
        (void)close(fd);
    }
    free(path);
    return good;
}

/* The text of a signature that was found good a moment before, or that nobody asked for. */
static enum tg_status read_signature(const char *path, const struct tg_trust_keys *keys,
    struct tg_sealed *sealed, struct tg_diags *diags)
{
    char why[TG_TRUST_WHY_MAX] = "";
    enum tg_status status = TG_OK;
    const uint8_t *data;
    size_t size;
    const int error =
        tg_yaml_file(path, TG_TRUST_FILE_MAX, true, &sealed->signature, &sealed->signature_len);

    if (error == ENOMEM)
        tg_out_of_memory();
    if (keys->count == 0)
        return TG_OK;
    data = tg_image_octets(sealed->image, &size);
    status = error != 0 ? TG_EIO
                        : tg_trust_check(keys, sealed->signature, sealed->signature_len, data, size,
                              &sealed->trusted, why);
    if (status != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "signature %s",
            error != 0 ? strerror(error) : why);
    return status;
}

enum tg_status tg_sealed_read(const char *path, const char *signature,
    const struct tg_trust_keys *keys, struct tg_sealed *out, struct tg_diags *diags)
{
    struct tg_sealed sealed = {NULL};
    char *now = join(path, strlen(path), TG_TRUST_SUFFIX);
    char *next = join(path, strlen(path), TG_TRUST_NEXT);
    enum tg_status status =
        tg_trust_open(path, keys, signature, &sealed.trusted, &sealed.image, diags);

    if (status == TG_OK && signature)
        status = read_signature(signature, keys, &sealed, diags);
    else if (status == TG_OK && read_signature(now, keys, &sealed, NULL) != TG_OK) {
        free(sealed.signature);
        sealed.signature = NULL;
        status = read_signature(next, keys, &sealed, diags);
    }
    if (status == TG_OK)
        *out = sealed;
    else
        tg_sealed_free(&sealed);
    free(now);
    free(next);
    return status;
}

void tg_sealed_free(struct tg_sealed *sealed)
{
    tg_image_close(&sealed->image);
    free(sealed->signature);
    *sealed = (struct tg_sealed){NULL};
}

/* All of it is on the disk before anything is renamed: so a disk that is full changes nothing. */
static int write_new(struct tg_newfile *file, const char *path, const void *data, size_t len)
{
    int error = tg_newfile_create(file, path);

    if (error == 0 && fchmod(file->fd, TG_STORE_MODE) != 0)
        error = errno;
    if (error == 0)
        error = tg_newfile_write(file, data, len);
    if (error == 0 && fsync(file->fd) != 0)
        error = errno;
    return error;
}

/* The second and the third step. */
static int commit(const struct tg_store *store, struct tg_newfile *image, bool is_signed,
    const char *now, const char *next)
{
    int error = tg_newfile_commit(image);

    if (error != 0)
        return error;
    if (is_signed ? rename(next, now) != 0 : unlink(now) != 0 && errno != ENOENT)
        return errno;
    return sync_folder(store->folder) ? 0 : errno;
}

bool tg_store_place(
    const struct tg_store *store, const struct tg_sealed *sealed, struct tg_diags *diags)
{
    struct tg_newfile image = TG_NEWFILE_NONE, signature = TG_NEWFILE_NONE;
    char *now = behind(store, TG_TRUST_SUFFIX), *next = behind(store, TG_TRUST_NEXT);
    const char *at = store->settings->policy;
    size_t len;
    const uint8_t *octets = tg_image_octets(sealed->image, &len);
    int error = write_new(&image, at, octets, len);

    if (error == 0 && sealed->signature) {
        error = write_new(&signature, next, sealed->signature, sealed->signature_len);
        if (error == 0)
            error = tg_newfile_commit(&signature);
        at = error != 0 ? next : at;
    }
    if (error == 0)
        error = commit(store, &image, sealed->signature != NULL, now, next);
    if (error != 0)
        (void)fail(diags, at, "cannot put the policy in its place", error);
    tg_newfile_fini(&image);
    tg_newfile_fini(&signature);
    free(now);
    free(next);
    return error == 0;
}

bool tg_store_allow(const struct tg_store *store, uint32_t serial, struct tg_diags *diags)
{
    const char *path = store->settings->allow_older;
    char text[16];
    const int len = snprintf(text, sizeof(text), "%" PRIu32 "\n", serial);
    const int error = tg_newfile_put(path, TG_STORE_MODE, text, (size_t)len);

    return error == 0 || fail(diags, path, "cannot write", error);
}

bool tg_store_forbid(const struct tg_store *store, struct tg_diags *diags)
{
    const char *path = store->settings->allow_older;

    return unlink(path) == 0 || errno == ENOENT || fail(diags, path, "cannot be removed", errno);
}
