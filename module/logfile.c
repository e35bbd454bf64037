/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/logfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD_BUFFER 4096
#define TRIM_PIECE    512
#define MODE          (S_IRUSR | S_IWUSR | S_IRGRP)

static void user_text(char *text, size_t cap)
{
    const uid_t uid = geteuid();
    char buffer[PASSWD_BUFFER];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
        (void)snprintf(text, cap, "running as %.64s, uid %lu", found->pw_name, (unsigned long)uid);
    else
        (void)snprintf(text, cap, "running as uid %lu", (unsigned long)uid);
}

void tg_logfile_init(struct tg_logfile *file, const char *path)
{
    *file = (struct tg_logfile){.path = path, .fd = -1};
    user_text(file->user, sizeof(file->user));
}

void tg_logfile_fini(struct tg_logfile *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* True when the file does not end in a newline: whoever wrote it died in the middle. */
static bool is_torn(int fd, off_t size)
{
    char last = '\n';

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* What is there keeps its mode. A new one has ours whatever the umask is, or those who read the log
 * by their group could not. */
static int open_or_make(const char *path)
{
    /* Non-blocking, for what turns out not to be a regular file. */
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = open(path, flags);

    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, flags | O_CREAT | O_EXCL, MODE);
    if (fd < 0)
        return errno == EEXIST ? open(path, flags) : fd; /* another has made it meanwhile */
    (void)fchmod(fd, MODE); /* where it cannot be, the file is narrower */
    return fd;
}

int tg_logfile_open(struct tg_logfile *file)
{
    const int fd = open_or_make(file->path);
    struct stat status;
    int error;

    if (fd < 0)
        return errno;
    if (fstat(fd, &status) != 0) {
        error = errno;
        goto fail;
    }
    if (!S_ISREG(status.st_mode)) {
        error = EINVAL;
        goto fail;
    }
    tg_logfile_fini(file);
    file->fd = fd;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->size = status.st_size;
    file->torn = is_torn(fd, status.st_size);
    return 0;
fail:
    (void)close(fd);
    return error;
}

static bool open_if_same(
    int folder, const char *name, dev_t device, ino_t inode, struct tg_logfile *moved)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_dev != device ||
        status.st_ino != inode) {
        (void)close(fd);
        return false;
    }
    *moved =
        (struct tg_logfile){.fd = fd, .device = device, .inode = inode, .size = status.st_size};
    return true;
}

bool tg_logfile_open_moved(const char *path, dev_t device, ino_t inode, struct tg_logfile *moved)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    struct dirent *entry;
    bool found = false;

    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found =
            entry->d_ino == inode && open_if_same(dirfd(dir), entry->d_name, device, inode, moved);
    if (dir != NULL)
        (void)closedir(dir);
    free(folder);
    return found;
}

bool tg_logfile_current(const struct tg_logfile *file)
{
    struct stat status;

    if (file->fd < 0)
        return false;
    /* Where the path cannot be looked at for another reason, the open file is the best there is. */
    if (lstat(file->path, &status) != 0)
        return errno != ENOENT;
    return status.st_dev == file->device && status.st_ino == file->inode;
}

bool tg_logfile_intact(struct tg_logfile *file)
{
    struct stat status;

    if (file->fd < 0 || fstat(file->fd, &status) != 0 || status.st_size == file->size)
        return true;
    file->size = status.st_size;
    file->torn = is_torn(file->fd, status.st_size);
    return false;
}

static int append(struct tg_logfile *file, const char *bytes, size_t len, size_t *done)
{
    while (*done < len) {
        const ssize_t count = write(file->fd, bytes + *done, len - *done);

        if (count > 0) {
            *done += (size_t)count;
            file->size += count;
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int tg_logfile_write(struct tg_logfile *file, const char *bytes, size_t len, size_t *done)
{
    if (file->torn) {
        size_t newline_done = 0;
        const int error = append(file, "\n", 1, &newline_done);

        if (error != 0)
            return error;
        file->torn = false;
    }
    return append(file, bytes, len, done);
}

ssize_t tg_logfile_read(const struct tg_logfile *file, off_t from, char *bytes, size_t cap)
{
    size_t done = 0;

    while (done < cap) {
        const ssize_t count = pread(file->fd, bytes + done, cap - done, from + (off_t)done);

        if (count == 0)
            break;
        if (count > 0)
            done += (size_t)count;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

int tg_logfile_sync(const struct tg_logfile *file)
{
    return fdatasync(file->fd) == 0 ? 0 : errno;
}

/* The error in words for this file, and what to do: advice may be "". */
static const char *words_of(const struct tg_logfile *file, int error, const char **advice)
{
    struct stat status;

    *advice = "";
    switch (error) {
    case EACCES:
    case EPERM:
        *advice = lstat(file->path, &status) == 0
                      ? "; make the file readable and writable for that user"
                      : "; make the folder writable for that user";
        return strerror(error);
    case ENOENT:
        *advice = "; make the folder, writable for that user";
        return "the folder does not exist";
    case ELOOP:
        return "it is a symbolic link; give the path of the file itself";
    case EISDIR:
        return "it is a folder";
    case EINVAL:
    case ENXIO: /* a socket */
        return "it is not a regular file";
    default:
        return strerror(error);
    }
}

bool tg_logfile_trim(struct tg_logfile *file, const char *bytes, size_t len)
{
    struct stat status;
    char end[TRIM_PIECE];

    if (file->fd < 0 || fstat(file->fd, &status) != 0 || status.st_size < (off_t)len)
        return false;
    for (size_t at = 0; at < len; at += sizeof(end)) {
        const size_t want = len - at < sizeof(end) ? len - at : sizeof(end);
        const off_t from = status.st_size - (off_t)(len - at);

        if (pread(file->fd, end, want, from) != (ssize_t)want || memcmp(end, bytes + at, want) != 0)
            return false;
    }
    if (ftruncate(file->fd, status.st_size - (off_t)len) != 0)
        return false;
    file->size = status.st_size - (off_t)len;
    return true;
}

void tg_logfile_reason(const struct tg_logfile *file, int error, char *text, size_t cap)
{
    const char *advice;
    const char *words = words_of(file, error, &advice);

    if (advice[0] != '\0')
        (void)snprintf(text, cap, "cannot write: %s (%s)%s", words, file->user, advice);
    else
        (void)snprintf(text, cap, "cannot write: %s", words);
}
