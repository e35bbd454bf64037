/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/keep.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define __SANITIZE_THREAD__ 1
#endif
#endif

#define MODE  0600
#define TRIES 3

struct tg_keep {
    int id;
    void *memory;
};

/* Where a segment was that one thread has given back, the kernel may put another thread's, and so
 * that comes later. ThreadSanitizer knows of no segments, and took what is written there for a
 * race. */
static void given_back(void *memory)
{
#ifdef __SANITIZE_THREAD__
    __tsan_release(memory);
#else
    (void)memory;
#endif
}

static void given(void *memory)
{
#ifdef __SANITIZE_THREAD__
    __tsan_acquire(memory);
#else
    (void)memory;
#endif
}

/* FNV-1a, of the name and of whose it is. Two names with one key get in each other's way, and
 * nothing worse: the second one is told that it is taken, or finds what is not its own. */
static key_t key_of(const char *name)
{
    uint32_t hash = 0x811c9dc5u ^ (uint32_t)geteuid();

    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 0x01000193u;
    return (key_t)(hash == (uint32_t)IPC_PRIVATE ? 1 : hash);
}

/* Found memory must be ours, as what is in it is believed; and of the size that is wanted. */
static int look(int id, size_t size, bool *fits)
{
    struct shmid_ds status;

    if (shmctl(id, IPC_STAT, &status) != 0)
        return errno == EACCES ? EPERM : errno;
    if (status.shm_perm.cuid != geteuid() || status.shm_perm.uid != geteuid() ||
        (status.shm_perm.mode & 0777) != MODE)
        return EPERM;
    if (status.shm_nattch > 0)
        return EBUSY;
    *fits = status.shm_segsz == size;
    return 0;
}

static int find(key_t key, size_t size, int *id)
{
    bool fits = false;
    int error;

    *id = shmget(key, 0, 0);
    if (*id < 0)
        return errno == EACCES ? EPERM : errno;
    error = look(*id, size, &fits);
    if (error != 0 || fits)
        return error;
    return shmctl(*id, IPC_RMID, NULL) == 0 ? ENOENT : errno;
}

/* Another process may make or remove it at the same moment. */
static int find_or_make(key_t key, size_t size, bool *found, int *id)
{
    int error = ENOENT;

    for (unsigned i = 0; i < TRIES; i++) {
        error = find(key, size, id);
        *found = error == 0;
        if (error != ENOENT && error != EIDRM && error != EINVAL)
            return error;
        *id = shmget(key, size, IPC_CREAT | IPC_EXCL | MODE);
        if (*id >= 0)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EBUSY;
}

/* Of two that attached at once, neither has it. */
static int attach(struct tg_keep *keep)
{
    struct shmid_ds status;

    keep->memory = shmat(keep->id, NULL, 0);
    if (keep->memory == (void *)-1) /* NOLINT(performance-no-int-to-ptr): so shmat() fails */
        return errno;
    given(keep->memory);
    if (shmctl(keep->id, IPC_STAT, &status) == 0 && status.shm_nattch == 1)
        return 0;
    (void)shmdt(keep->memory);
    return EBUSY;
}

int tg_keep_open(const char *name, size_t size, bool *found, struct tg_keep **out)
{
    struct tg_keep *keep = malloc(sizeof(*keep));
    bool there = false;
    int error;

    if (keep == NULL)
        return ENOMEM;
    error = find_or_make(key_of(name), size, &there, &keep->id);
    if (error == 0)
        error = attach(keep);
    if (error != 0) {
        free(keep);
        return error;
    }
    *found = there;
    *out = keep;
    return 0;
}

void *tg_keep_memory(const struct tg_keep *keep)
{
    return keep->memory;
}

void tg_keep_close(struct tg_keep **keep, bool remove)
{
    if (keep == NULL || *keep == NULL)
        return;
    if (remove) /* it goes when the last one has left, which is us */
        (void)shmctl((*keep)->id, IPC_RMID, NULL);
    given_back((*keep)->memory);
    (void)shmdt((*keep)->memory);
    free(*keep);
    *keep = NULL;
}

bool tg_keep_is_taken(const char *name)
{
    const int id = shmget(key_of(name), 0, 0);
    bool fits;

    return id >= 0 && look(id, 0, &fits) == EBUSY; /* another user's is not this memory */
}
