/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Start and stop of one instance. Unbound calls this once per load and reload, as its own user. */
#include "module/guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* At 50 ms between two looks of the writer: 320,000 questions a second blocked. */
#define QUEUE_RECORDS 16384
#define DIAG_LINE_MAX 1024
#define STOP_MS       3000  /* a queue full of events takes a tenth of that */
#define FIRST_MS      30000 /* half a GiB, from a slow disk, takes a third of that */
#define WATCH_MS      1000  /* for what takes less than one, unless there is much to read */

void tg_guard_say(struct tg_diags *diags)
{
    char line[DIAG_LINE_MAX];

    tg_diags_sort(diags);
    for (size_t i = 0; i < tg_diags_kept(diags); i++) {
        (void)tg_diag_format(tg_diags_get(diags, i), line, sizeof(line));
        log_err("tldguard: %s", line);
    }
}

/* What tldguard status says when there is no protection. */
static void keep_reason(struct tg_guard *guard, const struct tg_diags *diags, enum tg_status status)
{
    if (tg_diags_kept(diags) > 0)
        (void)tg_diag_format(tg_diags_get(diags, 0), guard->why, sizeof(guard->why));
    else if (status != TG_OK)
        (void)snprintf(guard->why, sizeof(guard->why), "%s", tg_status_text(status));
}

/* Which resolver, and which start of it: what makes an event's id unique. */
static void observe(struct tg_guard *guard)
{
    uint32_t random = 0;

    if (gethostname(guard->hostname, sizeof(guard->hostname) - 1) != 0)
        (void)snprintf(guard->hostname, sizeof(guard->hostname), "unknown");
    /* Early at boot there may be no entropy yet; the time alone then tells starts apart. */
    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    (void)tg_series_text((uint64_t)time(NULL) << 32 | random, guard->boot);
    guard->observer.hostname = guard->hostname;
    guard->observer.boot = guard->boot;
}

/* What is wrong with a policy, beside what else there is. */
static void add_all(struct tg_diags *to, const struct tg_diags *from)
{
    for (size_t i = 0; i < tg_diags_kept(from); i++) {
        const struct tg_diag *diag = tg_diags_get(from, i);

        tg_diags_add(
            to, diag->level, diag->file, diag->line, diag->col, diag->source, "%s", diag->text);
    }
}

/* By the thread that looks for others later on: a disk that does not answer holds that alone. */
static enum tg_status read_policy(
    struct tg_guard *guard, struct tg_diags *diags, struct tg_image **image)
{
    const char *path = guard->settings->policy;
    const int error = tg_watch_create(guard->settings, &guard->watch);
    struct tg_found found;

    if (error != 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot start to watch the policy: %s",
            strerror(error));
        return TG_ENOMEM;
    }
    if (!tg_watch_first(guard->watch, FIRST_MS, &found)) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
            "does not answer, or cannot be read within %d seconds", FIRST_MS / 1000);
        return TG_EIO;
    }
    add_all(diags, found.diags);
    guard->trusted = found.trusted;
    *image = found.image;
    found.image = NULL;
    tg_found_fini(&found);
    return found.status;
}

/* The policy in force. With on-error: pass there may be none, until a good one comes. */
static enum tg_status load_policy(
    struct tg_guard *guard, struct tg_diags *diags, struct tg_image **image)
{
    enum tg_status status;

    *image = NULL;
    status = read_policy(guard, diags, image);
    if (status != TG_OK && (guard->settings->on_error != TG_ON_ERROR_PASS || !guard->watch))
        return status;
    status = tg_active_create(*image, &guard->active);
    if (status != TG_OK)
        tg_image_close(image);
    return status;
}

/* What to do about memory that is not to be had. */
static const char *advice_on(int error)
{
    switch (error) {
    case EPERM:
        return " (it is another user's: see ipcs -m)";
    case ENOSPC:
    case EINVAL:
        return " (see sysctl kernel.shmmni, kernel.shmall and kernel.shmmax)";
    default:
        return "";
    }
}

/* In memory that a crash leaves behind, so that none of its events is lost. It is not worth not to
 * start without. */
static enum tg_status make_queue(struct tg_guard *guard, bool *taken)
{
    const char *log = guard->settings->log;
    struct tg_keep *keep = NULL;
    enum tg_status status;
    bool found = false;
    size_t adopted = 0;
    const int error = tg_keep_open(log, tg_queue_size(QUEUE_RECORDS), &found, &keep);

    *taken = error == EBUSY;
    if (error != 0) {
        if (!*taken)
            log_warn(
                "tldguard: %s: no memory to be had that outlives the process: %s%s; events not "
                "yet written are lost if it crashes",
                log, strerror(error), advice_on(error));
        return tg_queue_create(QUEUE_RECORDS, &guard->queue);
    }
    status = tg_queue_create_in(
        QUEUE_RECORDS, tg_series_parse(guard->boot), found, &keep, &adopted, &guard->queue);
    tg_keep_close(&keep, false);
    return status;
}

static enum tg_status start_log(struct tg_guard *guard, struct tg_diags *diags)
{
    struct tg_writer_setup setup = {.path = guard->settings->log,
        .observer = &guard->observer,
        .say = tg_guard_tell,
        .arg = guard, /* and none, once it is left behind and outlives us */
        .syslog = guard->settings->syslog,
        .journal = guard->settings->journal,
        .sync = guard->settings->sync};
    enum tg_status status = make_queue(guard, &setup.waits);

    setup.queue = guard->queue;
    return status == TG_OK ? tg_writer_create(&setup, &guard->writer, diags) : status;
}

static enum tg_status start(struct tg_guard *guard, struct tg_diags *diags, struct tg_image **image)
{
    enum tg_status status = load_policy(guard, diags, image);

    if (status == TG_OK &&
        (pthread_mutex_init(&guard->untold_mutex, NULL) != 0 || !tg_walker_init(&guard->walker)))
        status = TG_ENOMEM;
    if (status == TG_OK)
        status = start_log(guard, diags);
    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        log_err("tldguard: cannot start: %s", tg_status_text(status));
    tg_guard_say(diags);
    keep_reason(guard, diags, status);
    if (status == TG_OK && *image) {
        tg_stats_expires(guard->stats, guard->trusted.claim.expires);
        tg_stats_policy(guard->stats, *image);
    }
    return status;
}

/* The decision of on-error, said so that nobody overlooks it. */
static bool start_or_pass(struct tg_guard *guard, struct tg_diags *diags)
{
    struct tg_image *image;
    char by[96];

    if (start(guard, diags, &image) == TG_OK) {
        if (image)
            log_info("tldguard " TG_VERSION ": policy serial %" PRIu32
                     ", %zu rules, from %s; log %s%s",
                tg_image_meta(image)->serial, tg_image_rule_count(image), guard->settings->policy,
                guard->settings->log, tg_trust_text(&guard->trusted, by));
        else
            log_err("tldguard: NOT PROTECTING: every question passes until there is a good policy "
                    "at %s, as on-error is set to pass",
                guard->settings->policy);
        return true;
    }
    if (guard->settings->on_error == TG_ON_ERROR_PASS) {
        guard->passive = true;
        log_err("tldguard: NOT PROTECTING: every question passes, as on-error is set to pass");
        return true;
    }
    log_err("tldguard: refusing to start unprotected; mend what is said above, or set "
            "'on-error: pass' to run without protection");
    return false;
}

bool tg_guard_create(struct tg_guard **out)
{
    const char *conf = secure_getenv("TLDGUARD_CONF");
    struct tg_guard *guard = calloc(1, sizeof(*guard));
    struct tg_diags *diags = tg_diags_create();
    bool ok = false;

    if (!guard || !diags) {
        log_err("tldguard: cannot start: %s", tg_status_text(TG_ENOMEM));
    } else if (tg_settings_read(conf ? conf : TG_DEFAULT_CONF, &guard->settings, diags) != TG_OK) {
        if (tg_diags_count(diags, TG_DIAG_ERROR) == 0)
            log_err("tldguard: cannot start: %s", tg_status_text(TG_ENOMEM));
        tg_guard_say(diags);
    } else if (!(guard->stats = tg_stats_create()) || !(guard->aliases = tg_aliases_create())) {
        log_err("tldguard: cannot start: %s", tg_status_text(TG_ENOMEM));
    } else {
        observe(guard);
        ok = start_or_pass(guard, diags);
    }
    if (ok)
        tg_vitals_begin(guard);
    tg_diags_destroy(&diags);
    if (ok)
        *out = guard;
    else
        tg_guard_destroy(&guard);
    return ok;
}

void tg_guard_watch(struct tg_guard *guard)
{
    if (!guard->passive)
        tg_watch_begin(guard->watch, guard);
}

/* So that Unbound's dlclose() leaves our code where it is: for a thread that is left behind. */
static bool stay_loaded(void)
{
    static const char here;
    Dl_info info;

    return dladdr(&here, &info) != 0 &&
           dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}

/* First of all: it pushes events. */
static void end_watch(struct tg_guard *guard)
{
    if (guard->watch && !tg_watch_stop_within(guard->watch, WATCH_MS) && stay_loaded()) {
        log_warn("tldguard: %s: is still being read, or does not answer; the thread that reads it "
                 "is left behind",
            guard->settings->policy);
        tg_watch_leave(&guard->watch, &guard->settings);
    }
    tg_watch_destroy(&guard->watch);
}

/*
 * A disk that does not answer must not hold the resolver, which answers nobody meanwhile. The
 * writer's figures are told before it goes.
 */
static void end_threads(struct tg_guard *guard)
{
    const bool written = !guard->writer || tg_writer_stop_within(guard->writer, STOP_MS);
    const bool told = tg_vitals_end(guard);
    const bool stays = (!written || !told) && stay_loaded();

    if ((!written || !told) && !stays)
        log_err("tldguard: waiting for the disk, as the module cannot be kept loaded");
    if (!told && stays)
        tg_publisher_leave(&guard->publisher);
    tg_publisher_destroy(&guard->publisher);
    if (!written && stays)
        tg_writer_leave(&guard->writer, &guard->queue);
    tg_writer_destroy(&guard->writer);
    tg_queue_destroy(&guard->queue);
}

void tg_guard_destroy(struct tg_guard **guard)
{
    if (!guard || !*guard)
        return;
    end_watch(*guard);
    end_threads(*guard);
    tg_guard_tell_rest(*guard);
    if ((*guard)->walker.has_mutex)
        (void)pthread_mutex_destroy(&(*guard)->untold_mutex);
    tg_active_destroy(&(*guard)->active);
    tg_walker_fini(&(*guard)->walker);
    tg_settings_destroy(&(*guard)->settings);
    tg_aliases_destroy(&(*guard)->aliases);
    tg_stats_destroy(&(*guard)->stats);
    free(*guard);
    *guard = NULL;
}

size_t tg_guard_memory(const struct tg_guard *guard)
{
    size_t bytes = 0;

    if (guard)
        bytes = sizeof(*guard) + tg_stats_memory() + tg_aliases_memory() +
                tg_publisher_memory(guard->publisher);
    if (guard && !guard->passive)
        bytes += tg_active_memory(guard->active) + tg_queue_memory(guard->queue) +
                 tg_writer_memory(guard->writer);
    return bytes;
}
