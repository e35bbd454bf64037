/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/stats.h"
#include "module/thread.h"

#define INTERVAL_MS 250
#define SUFFIX      ".new"
#define SAY_MAX     (4096 + 256) /* a path and a reason */

struct tg_publisher {
    struct tg_publish_calls calls;
    struct tg_thread thread;
    pthread_mutex_t mutex; /* held while calls are made; guards left */
    bool left;             /* behind: nobody is to be called */
    bool failing;          /* the last try failed */
    bool began;            /* events.lost was seen once */
    struct tg_figures figures;
    char text[TG_FIGURES_MAX];
    size_t size; /* of all this */
    char *beside;
    char path[]; /* and beside's */
};

/* Nobody is called once the module is gone. */
static void say(struct tg_publisher *publisher, const char *what, const char *why)
{
    char text[SAY_MAX];

    (void)snprintf(text, sizeof(text), "%s: %s%s", publisher->path, what, why);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* a path with a newline must not forge lines of the resolver's log */
    (void)pthread_mutex_lock(&publisher->mutex);
    if (!publisher->left)
        publisher->calls.say(publisher->calls.arg, text);
    (void)pthread_mutex_unlock(&publisher->mutex);
}

static void note(struct tg_publisher *publisher, int error)
{
    if (error != 0)
        publisher->figures.publish_errors++;
    if ((error != 0) == publisher->failing)
        return;
    publisher->failing = error != 0;
    if (error != 0)
        say(publisher, "tldguard status will not know, as it cannot be written: ", strerror(error));
    else
        say(publisher, "written again", "");
}

/* Returns false: nothing is to be written. */
static bool gather(struct tg_publisher *publisher, bool last)
{
    struct tg_figures *figures = &publisher->figures;
    const uint64_t lost = figures->events.lost;
    bool good;

    (void)pthread_mutex_lock(&publisher->mutex);
    good = !publisher->left && publisher->calls.gather(publisher->calls.arg, last, figures);
    (void)pthread_mutex_unlock(&publisher->mutex);
    if (!good)
        return false;
    figures->published = tg_stats_now();
    if (publisher->began ? figures->events.lost > lost : figures->events.lost > 0)
        figures->events.lost_last = figures->published;
    publisher->began = true;
    return true;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t done = write(fd, text, len);

        if (done < 0 && errno != EINTR)
            return errno;
        if (done == 0)
            return EIO;
        if (done > 0) {
            text += done;
            len -= (size_t)done;
        }
    }
    return 0;
}

static bool is_left(struct tg_publisher *publisher)
{
    bool left;

    (void)pthread_mutex_lock(&publisher->mutex);
    left = publisher->left;
    (void)pthread_mutex_unlock(&publisher->mutex);
    return left;
}

/* Whatever lies in the place beside goes: another start's, or a link that leads elsewhere. */
static int put_file(struct tg_publisher *publisher, size_t len)
{
    int error = 0;
    int fd;

    (void)unlink(publisher->beside);
    fd = open(publisher->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    /* Whatever the umask of the resolver: monitoring runs as somebody else. */
    if (fchmod(fd, 0644) != 0)
        error = errno;
    if (error == 0)
        error = write_all(fd, publisher->text, len);
    if (close(fd) != 0 && error == 0)
        error = errno;
    /* A thread that was left behind must not put old figures over those of another start. */
    if (error == 0 && is_left(publisher))
        error = ECANCELED;
    if (error == 0 && rename(publisher->beside, publisher->path) != 0)
        error = errno;
    if (error != 0 && error != ECANCELED) /* then it may be that start's by now */
        (void)unlink(publisher->beside);
    return error;
}

static void publish(struct tg_publisher *publisher, bool last)
{
    size_t len;

    if (!gather(publisher, last))
        return;
    len = tg_figures_format(&publisher->figures, publisher->text, sizeof(publisher->text));
    note(publisher, len > 0 ? put_file(publisher, len) : EMSGSIZE);
}

static void *run(void *arg)
{
    struct tg_publisher *publisher = arg;

    do
        publish(publisher, false);
    while (!tg_thread_stopped_within(&publisher->thread, INTERVAL_MS));
    publish(publisher, true);
    return NULL;
}

int tg_publisher_create(
    const char *path, const struct tg_publish_calls *calls, struct tg_publisher **out)
{
    const size_t len = strlen(path);
    const size_t size = sizeof(struct tg_publisher) + 2 * len + sizeof(SUFFIX) + 1;
    struct tg_publisher *publisher = calloc(1, size);
    int error;

    if (publisher == NULL)
        return ENOMEM;
    error = pthread_mutex_init(&publisher->mutex, NULL);
    if (error != 0) {
        free(publisher);
        return error;
    }
    publisher->size = size;
    publisher->calls = *calls;
    memcpy(publisher->path, path, len + 1);
    publisher->beside = publisher->path + len + 1;
    (void)snprintf(publisher->beside, len + sizeof(SUFFIX), "%s" SUFFIX, path);
    error = tg_thread_start(&publisher->thread, run, publisher);
    if (error != 0)
        tg_publisher_destroy(&publisher);
    else
        *out = publisher;
    return error;
}

bool tg_publisher_stop_within(struct tg_publisher *publisher, long ms)
{
    return tg_thread_stop_within(&publisher->thread, ms);
}

/* The last that a thread does that was left behind. */
static void bury(void *arg)
{
    struct tg_publisher *publisher = arg;

    tg_publisher_destroy(&publisher);
}

void tg_publisher_leave(struct tg_publisher **publisher)
{
    struct tg_publisher *left = *publisher;

    *publisher = NULL;
    /* It may be calling us just now: not in the kernel, but without a processor. */
    (void)pthread_mutex_lock(&left->mutex);
    left->left = true;
    (void)pthread_mutex_unlock(&left->mutex);
    if (!tg_thread_leave(&left->thread, bury))
        tg_publisher_destroy(&left);
}

void tg_publisher_destroy(struct tg_publisher **publisher)
{
    if (publisher == NULL || *publisher == NULL)
        return;
    tg_thread_stop(&(*publisher)->thread);
    (void)pthread_mutex_destroy(&(*publisher)->mutex);
    free(*publisher);
    *publisher = NULL;
}

size_t tg_publisher_memory(const struct tg_publisher *publisher)
{
    return publisher != NULL ? publisher->size : 0;
}
