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
char *tg_store_behind(const struct tg_store *store, const char *suffix)
{
    return join(store->settings->policy, strlen(store->settings->policy), suffix);
}

bool tg_store_fail(struct tg_diags *diags, const char *path, const char *what, int error)
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
    store->history_folder = join(store->folder, strlen(store->folder), "history");
}

void tg_store_close(struct tg_store *store)
{
    /* So that nobody is told of us later, when somebody else holds it who may not write. */
    if (store->lock >= 0) {
        (void)ftruncate(store->lock, 0);
        (void)close(store->lock);
    }
    free(store->folder);
    free(store->history);
    free(store->history_folder);
    *store = (struct tg_store){.lock = -1};
}

void tg_store_give(const struct tg_store *store, int fd)
{
    struct stat st;

    if (geteuid() == 0 && stat(store->folder, &st) == 0)
        (void)fchown(fd, st.st_uid, st.st_gid);
}

/* Not for everybody, as whoever can open it can hold it. What somebody else may have put there in
 * its place is neither waited for nor written to. */
static int open_lock(const struct tg_store *store, const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0660);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1) {
        tg_store_give(store, fd);
        return fd;
    }
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

static void say_who_holds(int fd, const char *path, struct tg_diags *diags)
{
    char who[WHO_MAX] = "";
    const ssize_t len = pread(fd, who, sizeof(who) - 1, 0);

    who[len > 0 ? len : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
        "another change of the policy is under way%s%s; try again when it has ended",
        who[0] ? ": " : "", who);
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

bool tg_store_lock(struct tg_store *store, struct tg_diags *diags)
{
    char *path = tg_store_behind(store, ".lock");
    const int fd = open_lock(store, path);
    bool good = false;

    if (fd < 0) {
        (void)tg_store_fail(diags, path, "cannot lock the policy", errno);
    } else if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        store->lock = fd;
        say_who_we_are(fd);
        good = true;
    } else {
        if (errno == EWOULDBLOCK)
            say_who_holds(fd, path, diags);
        else
            (void)tg_store_fail(diags, path, "cannot lock the policy", errno);
        (void)close(fd);
    }
    free(path);
    return good;
}

bool tg_store_sync(const struct tg_store *store)
{
    const int fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot, and say so with EINVAL. */
    const bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    const int error = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return good;
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

/* The first step: behind it, at any time, what is active has a signature that fits. */
static int write_both(const struct tg_store *store, const struct tg_sealed *sealed,
    struct tg_newfile *image, const char *next)
{
    struct tg_newfile signature = TG_NEWFILE_NONE;
    size_t len;
    const uint8_t *octets = tg_image_octets(sealed->image, &len);
    int error = write_new(image, store->settings->policy, octets, len);

    if (error == 0 && sealed->signature)
        error = write_new(&signature, next, sealed->signature, sealed->signature_len);
    if (error == 0 && sealed->signature)
        error = tg_newfile_commit(&signature);
    tg_newfile_fini(&signature);
    return error;
}

/* The third step. */
static int finish(const struct tg_store *store, bool is_signed, const char *now, const char *next)
{
    if (is_signed && rename(next, now) != 0)
        return errno;
    if (!is_signed &&
        ((unlink(now) != 0 && errno != ENOENT) || (unlink(next) != 0 && errno != ENOENT)))
        return errno;
    return tg_store_sync(store) ? 0 : errno;
}

/* A folder where the signature belongs would only be met when it is too late. */
static int check_place(const char *now)
{
    struct stat st;

    if (lstat(now, &st) != 0)
        return errno == ENOENT ? 0 : errno;
    return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

enum tg_placed tg_store_place(
    const struct tg_store *store, const struct tg_sealed *sealed, char *why)
{
    struct tg_newfile image = TG_NEWFILE_NONE;
    char *now = tg_store_behind(store, TG_TRUST_SUFFIX),
         *next = tg_store_behind(store, TG_TRUST_NEXT);
    enum tg_placed placed = TG_PLACED_NOT;
    int error = check_place(now);

    if (error == 0)
        error = write_both(store, sealed, &image, next);
    if (error == 0) {
        error = tg_newfile_commit(&image);
        /* Its own file has another name now: only the sync of the folder failed. */
        if (!image.temp)
            placed = TG_PLACED_BADLY;
    }
    if (error == 0)
        error = finish(store, sealed->signature != NULL, now, next);
    if (error == 0)
        placed = TG_PLACED;
    else
        (void)snprintf(why, TG_WHY_MAX, "the policy cannot be put in its place, %s: %s",
            store->settings->policy, strerror(error));
    tg_newfile_fini(&image);
    free(now);
    free(next);
    return placed;
}

bool tg_store_allow(const struct tg_store *store, uint32_t serial, char *why)
{
    const char *path = store->settings->allow_older;
    char text[16];
    const int len = snprintf(text, sizeof(text), "%" PRIu32 "\n", serial);
    const int error = tg_newfile_put(path, TG_STORE_MODE, text, (size_t)len);

    if (error != 0)
        (void)snprintf(why, TG_WHY_MAX, "%s cannot be written: %s", path, strerror(error));
    return error == 0;
}

bool tg_store_forbid(const struct tg_store *store, struct tg_diags *diags)
{
    const char *path = store->settings->allow_older;

    return unlink(path) == 0 || errno == ENOENT ||
           tg_store_fail(diags, path, "cannot be removed", errno);
}
