/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the module is doing, as tldguard status is told it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "module/guard.h"

#define STOP_MS 1000 /* for what takes less than one */

/* The first line of a file of the kernel's; empty in a chroot that has none. */
static void read_line(const char *path, char *text, size_t cap)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t len = fd < 0 ? 0 : read(fd, text, cap - 1);

    if (fd >= 0)
        (void)close(fd);
    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

static void introduce(const struct tg_guard *guard, struct tg_figures_who *who)
{
    const ssize_t len = readlink("/proc/self/ns/pid", who->pid_space, sizeof(who->pid_space) - 1);

    who->pid_space[len > 0 ? len : 0] = '\0';
    who->pid = (uint64_t)getpid();
    who->started = tg_stats_now();
    read_line("/proc/sys/kernel/random/boot_id", who->machine, sizeof(who->machine));
    (void)snprintf(who->host, sizeof(who->host), "%s", guard->hostname);
    (void)snprintf(who->instance, sizeof(who->instance), "%s", guard->boot);
    (void)snprintf(who->version, sizeof(who->version), "%s", TG_VERSION);
    (void)snprintf(who->unbound, sizeof(who->unbound), "%s", PACKAGE_VERSION);
}

static void gather_events(const struct tg_guard *guard, struct tg_figures_events *events)
{
    struct tg_writer_stats stats;

    tg_writer_stats(guard->writer, &stats);
    events->queued = stats.written + stats.waiting;
    events->waiting = stats.waiting;
    events->written = stats.written;
    events->bytes = (int64_t)stats.bytes;
    events->lost = stats.lost;
    events->unsent = stats.unsent;
    events->errors = stats.errors;
    events->failing = stats.failing;
    events->error[0] = '\0';
    if (stats.last_errno != 0)
        (void)snprintf(events->error, sizeof(events->error), "%s", strerror(stats.last_errno));
}

static void gather_state(const struct tg_guard *guard, bool last, struct tg_figures *figures)
{
    const bool dead = atomic_load_explicit(&guard->canary, memory_order_relaxed) == TG_CANARY_DEAD;

    figures->guarding = TG_GUARDING_ON;
    figures->why[0] = '\0';
    if (last) {
        figures->guarding = TG_GUARDING_ENDED;
    } else if (dead) {
        figures->guarding = TG_GUARDING_OFF;
        (void)snprintf(figures->why, sizeof(figures->why),
            "the layout of this Unbound is not the one of its headers");
    } else if (guard->passive || !figures->policy.there) {
        figures->guarding = TG_GUARDING_OFF;
        (void)snprintf(figures->why, sizeof(figures->why), "%s",
            figures->policy.error[0] != '\0' ? figures->policy.error : guard->why);
    }
}

static bool gather(void *arg, bool last, struct tg_figures *figures)
{
    struct tg_guard *guard = arg;

    figures->who = guard->who;
    tg_stats_collect(guard->stats, figures);
    figures->events.bytes = -1;
    if (guard->writer)
        gather_events(guard, &figures->events);
    gather_state(guard, last, figures);
    return true;
}

void tg_vitals_begin(struct tg_guard *guard)
{
    const struct tg_publish_calls calls = {gather, tg_guard_tell, guard};
    int error;

    introduce(guard, &guard->who);
    error = tg_publisher_create(guard->settings->stats, &calls, &guard->publisher);
    if (error != 0)
        log_err("tldguard: tldguard status will not know, as %s cannot be written: %s",
            guard->settings->stats, strerror(error));
}

bool tg_vitals_end(struct tg_guard *guard)
{
    return !guard->publisher || tg_publisher_stop_within(guard->publisher, STOP_MS);
}
