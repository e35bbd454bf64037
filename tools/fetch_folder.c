/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The folder where fetch makes an image, and those of processes that were killed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fetch.h"

#define NAME  ".fetch."
#define IMAGE "policy.cdb"
#define TRIES 100 /* each is lost only to a sweep that comes in between */

static int length_of_folder(const char *beside)
{
    const char *slash = strrchr(beside, '/');

    return slash ? (int)(slash - beside) + 1 : 0;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether a sweep has not removed it before it was locked. */
static bool is_there(int fd, const char *path)
{
    struct stat open, named;

    return fstat(fd, &open) == 0 && lstat(path, &named) == 0 && open.st_dev == named.st_dev &&
           open.st_ino == named.st_ino;
}

/* Where folders cannot be locked it goes without, and no sweep removes anything. */
static bool lock(struct tg_fetch_folder *folder)
{
    const int fd = open_folder(AT_FDCWD, folder->path);

    if (fd < 0)
        return false;
    folder->lock = fd;
    return (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
           is_there(fd, folder->path);
}

bool tg_fetch_folder_make(struct tg_fetch_folder *folder, const char *beside)
{
    for (int i = 0; i < TRIES; i++) {
        if (snprintf(folder->path, sizeof(folder->path), "%.*s" NAME "XXXXXX",
                length_of_folder(beside), beside) >= (int)sizeof(folder->path)) {
            errno = ENAMETOOLONG;
            break;
        }
        if (!mkdtemp(folder->path))
            break;
        (void)snprintf(folder->image, sizeof(folder->image), "%s/" IMAGE, folder->path);
        if (lock(folder))
            return true;
        tg_fetch_folder_remove(folder);
    }
    folder->path[0] = '\0';
    return false;
}

/* What can be in one: the image, its signature, and both as they are written. */
static void empty(int fd)
{
    const int own = dup(fd); /* the lock is that of both, until both are closed */
    DIR *dir = fdopendir(own);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, IMAGE) == 0 ||
            strcmp(entry->d_name, IMAGE TG_TRUST_SUFFIX) == 0 ||
            tg_store_is_temp(entry->d_name, IMAGE))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        (void)closedir(dir);
    else if (own >= 0)
        (void)close(own);
}

void tg_fetch_folder_remove(struct tg_fetch_folder *folder)
{
    char signature[sizeof(folder->image) + 16];
    const int error = errno;

    if (folder->path[0]) {
        (void)snprintf(signature, sizeof(signature), "%s" TG_TRUST_SUFFIX, folder->image);
        (void)unlink(signature);
        (void)unlink(folder->image);
        (void)rmdir(folder->path);
    }
    if (folder->lock >= 0)
        (void)close(folder->lock);
    *folder = TG_FETCH_FOLDER_NONE;
    errno = error;
}

/* Ours, and of no process that runs: that would have locked it. */
static void sweep_one(int at, const char *name)
{
    const int fd = open_folder(at, name);
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        empty(fd);
        (void)unlinkat(at, name, AT_REMOVEDIR);
    }
    (void)close(fd);
}

void tg_fetch_folder_sweep(const char *beside)
{
    char path[TG_PATH_MAX];
    const int len = length_of_folder(beside);
    const struct dirent *entry;
    DIR *dir;

    if (snprintf(path, sizeof(path), "%.*s", len, beside) >= (int)sizeof(path))
        return;
    dir = opendir(len > 0 ? path : ".");
    while (dir && (entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, NAME, sizeof(NAME) - 1) == 0 &&
            strlen(entry->d_name) == sizeof(NAME "XXXXXX") - 1)
            sweep_one(dirfd(dir), entry->d_name);
    if (dir)
        (void)closedir(dir);
}
