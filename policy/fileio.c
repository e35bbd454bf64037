/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TEMP_EXTRA 24 /* ".", ".", sixteen digits, ".tmp", NUL */
#define TRIES      100

/* Length of the folder's part of path, with its slash; 0: the current folder. */
static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* Nobody wants a device or a folder replaced, root least of all. */
static int check_replaceable(const char *path)
{
    struct stat st;

    if (path[folder_len(path)] == '\0')
        return path[0] == '\0' ? ENOENT : EISDIR;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? 0 : errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    return S_ISREG(st.st_mode) ? 0 : EEXIST;
}

static char *folder_of(const char *path)
{
    const size_t len = folder_len(path);

    return len == 0 ? strdup(".") : strndup(path, len);
}

static bool is_ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Whether a link may be followed: 0 or an errno. As Linux has it for folders like /tmp
 * (fs.protected_symlinks), and for all others that somebody else can write in. What is mounted to
 * be read only, nobody writes in from here. */
static int judge_link(const char *path)
{
    char *folder = folder_of(path);
    struct stat of_folder, of_link;
    struct statvfs fs;
    int error = EMLINK;

    if (folder == NULL)
        return ENOMEM;
    if (stat(folder, &of_folder) != 0 || lstat(path, &of_link) != 0)
        error = errno;
    else if (is_ours(&of_folder) && ((of_folder.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
                                        ((of_folder.st_mode & S_ISVTX) != 0 && is_ours(&of_link))))
        error = 0;
    else if (statvfs(folder, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0)
        error = 0;
    free(folder);
    return error;
}

int tg_input_open(const char *path)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    const int fd = open(path, flags | O_NOFOLLOW);
    int error;

    if (fd >= 0 || errno != ELOOP)
        return fd;
    error = judge_link(path);
    if (error == 0)
        return open(path, flags);
    errno = error;
    return -1;
}

const char *tg_input_error(int error)
{
    return error == EMLINK ? "it is a symbolic link in a folder that others can write in; put the "
                             "file itself there"
                           : strerror(error);
}

/* Creates "folder/.name.<random>.tmp". Not with mkstemp(): its mode is 0600,
 * and the umask cannot be read without changing it under other threads. */
static int create_temp(struct tg_newfile *file, mode_t mode)
{
    size_t folder = folder_len(file->path);
    size_t cap = strlen(file->path) + TEMP_EXTRA;
    int error = EEXIST;

    file->temp = malloc(cap);
    if (file->temp == NULL)
        return ENOMEM;
    for (int i = 0; i < TRIES; i++) {
        uint64_t random;

        if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
            error = EAGAIN;
            break;
        }
        snprintf(file->temp, cap, "%.*s.%s.%016" PRIx64 ".tmp", (int)folder, file->path,
            file->path + folder, random);
        file->fd = open(file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (file->fd >= 0)
            return 0;
        error = errno;
        if (error != EEXIST)
            break;
    }
    /* Not ours to remove. */
    free(file->temp);
    file->temp = NULL;
    return error;
}

static int open_folder(struct tg_newfile *file)
{
    char *folder = folder_of(file->path);

    if (folder == NULL)
        return ENOMEM;
    file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return file->folder < 0 ? errno : 0;
}

static int create(struct tg_newfile *file, const char *path, mode_t mode)
{
    int error = check_replaceable(path);

    if (error == 0) {
        file->path = strdup(path);
        error = file->path == NULL ? ENOMEM : open_folder(file);
    }
    if (error == 0)
        error = create_temp(file, mode);
    if (error != 0)
        tg_newfile_fini(file);
    return error;
}

int tg_newfile_create(struct tg_newfile *file, const char *path)
{
    return create(file, path, 0644);
}

int tg_newfile_write(struct tg_newfile *file, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t done = write(file->fd, at, len);

        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0) {
            at += done;
            len -= (size_t)done;
        }
    }
    return 0;
}

int tg_newfile_commit(struct tg_newfile *file)
{
    int fd = file->fd;

    if (fsync(fd) != 0)
        return errno;
    file->fd = -1;
    /* Network file systems report a full disk as late as here. */
    if (close(fd) != 0)
        return errno;
    if (rename(file->temp, file->path) != 0)
        return errno;
    free(file->temp);
    file->temp = NULL;
    /* A rename is lasting only when its folder is synced. Some file systems
     * cannot do that, and say so with EINVAL. */
    return fsync(file->folder) != 0 && errno != EINVAL ? errno : 0;
}

int tg_newfile_put(const char *path, mode_t mode, const void *data, size_t len)
{
    struct tg_newfile file = TG_NEWFILE_NONE;
    /* Who opens it before it has its mode could read on. */
    int error = create(&file, path, mode == 0 ? 0644 : mode & 0600);

    if (error == 0 && mode != 0 && fchmod(file.fd, mode) != 0)
        error = errno;
    if (error == 0)
        error = tg_newfile_write(&file, data, len);
    if (error == 0)
        error = tg_newfile_commit(&file);
    tg_newfile_fini(&file);
    return error;
}

void tg_newfile_fini(struct tg_newfile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->folder >= 0)
        close(file->folder);
    if (file->temp != NULL)
        unlink(file->temp);
    free(file->temp);
    free(file->path);
    *file = (struct tg_newfile)TG_NEWFILE_NONE;
}
