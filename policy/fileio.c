/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
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

/* Creates "folder/.name.<random>.tmp". Not with mkstemp(): its mode is 0600,
 * and the umask cannot be read without changing it under other threads. */
static int create_temp(struct tg_newfile *file)
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
        file->fd = open(file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
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
    size_t len = folder_len(file->path);
    char *folder = len == 0 ? strdup(".") : strndup(file->path, len);

    if (folder == NULL)
        return ENOMEM;
    file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return file->folder < 0 ? errno : 0;
}

int tg_newfile_create(struct tg_newfile *file, const char *path)
{
    int error = check_replaceable(path);

    if (error == 0) {
        file->path = strdup(path);
        error = file->path == NULL ? ENOMEM : open_folder(file);
    }
    if (error == 0)
        error = create_temp(file);
    if (error != 0)
        tg_newfile_fini(file);
    return error;
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
    int error = tg_newfile_create(&file, path);

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
