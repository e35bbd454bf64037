/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/watch_loop.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "module/path.h"

#define LOOK_MS      250
#define BEGIN_MS     10 /* between two looks whether there is somebody to look for */
#define SOON_MS      1000
#define FIT_MS       500 /* for two renames, by hand in two commands */
#define FIT_PAUSE_MS 50
#define SAY_MAX      (TG_EVENT_ERROR_MAX + 256) /* a reason, or who has signed, and words around it */

/* A worker may have judged an answer by the former policy and store it only when the first walk
 * has come by: it is in the middle of one call, so the next one finds what it has stored. */
#define WALKS 2

/* Files are read without the mutex, as a disk that does not answer must not hold anybody else: then
 * there may be nobody to read them for. Returns false: so it is. */
static bool come_back(struct tg_watch *watch)
{
    (void)pthread_mutex_lock(&watch->mutex);
    if (watch->guard)
        return true;
    (void)pthread_mutex_unlock(&watch->mutex);
    return false;
}

static void go_away(struct tg_watch *watch)
{
    (void)pthread_mutex_unlock(&watch->mutex);
}

/* A disk has answered at last, and there is no need to read on: where the process is about to end,
 * that may be in the midst of what libcrypto takes down. */
static bool is_in_vain(struct tg_watch *watch)
{
    return tg_thread_stopped_within(&watch->thread, 0);
}

static void say(const struct tg_watch *watch, enum tg_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(const struct tg_watch *watch, enum tg_tone tone, const char *format, ...)
{
    char line[SAY_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    tg_guard_tell_as(watch->guard, tone, line);
}

static long ms_since(struct timespec start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
}

/* No other thread replaces the policy, so this one may use it without being counted. */
static struct tg_image *in_force(const struct tg_watch *watch)
{
    return tg_active_image(watch->guard->active);
}

/* Returns how many answers left the cache. */
static size_t walk(struct tg_watch *watch)
{
    size_t removed;
    const enum tg_walk_end end = tg_walk(watch->guard, in_force(watch), &removed);

    tg_stats_add(watch->guard->stats, TG_COUNT_CACHE_REMOVED, removed);
    if (end == TG_WALK_ENOMEM)
        tg_stats_add(watch->guard->stats, TG_COUNT_CACHE_ERRORS, 1);
    if (end == TG_WALK_ENOMEM && !watch->oom)
        say(watch, TG_TONE_ERROR, "cannot look through the cache: out of memory; trying again");
    watch->oom = end == TG_WALK_ENOMEM;
    if (end == TG_WALK_DONE)
        watch->walks_due--;
    /* Not for the moment that a reload takes. */
    watch->put_off = end == TG_WALK_LATER ? watch->put_off + 1 : 0;
    if (watch->put_off == SOON_MS / LOOK_MS)
        say(watch, TG_TONE_INFO,
            "the cache is looked through as soon as there is a question that it "
            "has no answer to");
    return removed;
}

/* What the first walk had to leave. */
static void walk_again(struct tg_watch *watch)
{
    const size_t removed = walk(watch);

    if (removed > 0)
        say(watch, TG_TONE_INFO, "%zu more answers removed from the cache", removed);
}

static void record(const struct tg_watch *watch, struct tg_event *event)
{
    struct tg_event *slot = tg_queue_claim(watch->guard->queue);

    if (!slot)
        return; /* the queue has counted it */
    (void)clock_gettime(CLOCK_REALTIME, &event->time);
    tg_event_copy(slot, event);
    tg_queue_commit(watch->guard->queue, slot);
}

/* The policy holds already: what makes its look-ups quick can take its time. */
static void settle(struct tg_watch *watch)
{
    struct tg_image *image = in_force(watch);
    struct tg_image *settled = image ? tg_image_settle(image) : NULL;

    if (settled)
        tg_active_replace(watch->guard->active, settled);
    watch->unsettled = false;
}

/* Takes the image. */
static void put_in_force(struct tg_watch *watch, struct tg_found *found, struct timespec start)
{
    const struct tg_image *former = in_force(watch);
    const uint32_t serial = former ? tg_image_meta(former)->serial : 0;
    struct tg_image *image = found->image;
    struct tg_event event;
    char by[96];
    size_t removed;
    long ms;

    watch->guard->trusted = found->trusted;
    tg_stats_expires(watch->guard->stats, found->trusted.claim.expires);
    /* A file that was only touched, or copied over itself, or signed anew. */
    if (former && tg_image_same(former, image)) {
        tg_stats_kept(watch->guard->stats);
        return;
    }
    tg_stats_rules(watch->guard->stats, image);
    tg_active_replace(watch->guard->active, image);
    found->image = NULL;
    watch->walks_due = WALKS;
    removed = tg_walker_is_reloading(&watch->guard->walker) ? 0 : walk(watch);
    /* Who waits for it to be in force may ask now. */
    tg_stats_policy(watch->guard->stats, image);
    ms = ms_since(start);
    say(watch, TG_TONE_INFO,
        "policy serial %" PRIu32 ", %zu rules, is in force after %ld ms; it was "
        "serial %" PRIu32 "; %zu answers removed from the cache%s",
        tg_image_meta(image)->serial, tg_image_rule_count(image), ms, serial, removed,
        tg_trust_text(&found->trusted, by));
    if (tg_image_monitors(image) && !watch->guard->told)
        say(watch, TG_TONE_INFO,
            "answers for the names that it only watches are not cached until the "
            "next reload of Unbound: then their questions are seen in the cache as well");
    tg_event_fill_loaded(image, serial, removed, (uint32_t)ms, &event);
    record(watch, &event);
    watch->unsettled = true;
}

/* One line, for whoever is woken by each. */
static void reject(const struct tg_watch *watch, const struct tg_diags *diags)
{
    const struct tg_image *image = in_force(watch);
    const uint32_t serial = image ? tg_image_meta(image)->serial : 0;
    char why[TG_EVENT_ERROR_MAX] = "out of memory";
    struct tg_event event;

    if (tg_diags_kept(diags) > 0)
        (void)tg_diag_format(tg_diags_get(diags, 0), why, sizeof(why));
    if (image)
        say(watch, TG_TONE_ERROR,
            "%s; it is not taken, and policy serial %" PRIu32 " stays in force", why, serial);
    else
        say(watch, TG_TONE_ERROR, "NOT PROTECTING: there is still no policy: %s", why);
    tg_stats_rejected(watch->guard->stats, why);
    tg_event_fill_rejected(serial, why, &event);
    record(watch, &event);
}

/* Whether it is no older than what is in force. */
static bool follows(const struct tg_watch *watch, const struct tg_found *found)
{
    const struct tg_trust_change change = {.former = in_force(watch),
        .image = found->image,
        .proof = &found->trusted,
        .now = (int64_t)time(NULL),
        .allowed = found->allowed};

    return tg_trust_follows(&change, watch->settings->policy, found->diags);
}

/* Returns false when the file is bad and this was not said, as it may be in the making: its
 * signature, too, is replaced a moment before it or behind it. known: that it cannot be read was
 * said before. */
static bool take(
    struct tg_watch *watch, struct tg_found *found, struct timespec start, bool rests, bool known)
{
    const bool good = found->image && follows(watch, found);

    watch->unread = found->unread;
    if (good)
        put_in_force(watch, found, start);
    else if (rests && !(known && found->unread))
        reject(watch, found->diags);
    return good || rests;
}

/* Another file was most likely renamed into this place, and is whole; if not, or if there is none,
 * it may only not be there yet. One that is written in place is given the time until it rests. One
 * that could not be read is tried again and again: what was in the way may go without a trace. */
static void look(struct tg_watch *watch)
{
    const struct tg_seen_files now = tg_seen_look(watch->settings);
    const bool rests = tg_seen_same_state(&now, &watch->changing);
    const bool known = tg_seen_same_state(&now, &watch->tried);
    struct tg_found found = {.image = NULL};
    struct timespec start;

    watch->changing = now;
    if (is_in_vain(watch))
        return;
    if (known ? !watch->unread : tg_seen_same_files(&now, &watch->tried) && !rests)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    tg_found_read(watch->settings, &found);
    if (come_back(watch)) {
        if (take(watch, &found, start, rests, known))
            watch->tried = now;
        go_away(watch);
    }
    tg_found_fini(&found);
}

/* At midnight an allowance may end ('until') whose names are in the cache. */
static void look_at_calendar(struct tg_watch *watch)
{
    const uint32_t day = tg_day_of(time(NULL));

    if (day == watch->day)
        return;
    watch->day = day;
    if (in_force(watch))
        watch->walks_due = WALKS;
}

/* It stays in force: an old policy is better than none. */
static void look_at_expiry(struct tg_watch *watch)
{
    const int64_t expires = watch->guard->trusted.claim.expires;
    char when[21];

    if (expires == 0 || expires > (int64_t)time(NULL) || expires == watch->told_expired)
        return;
    watch->told_expired = expires;
    (void)tg_trust_time(expires, when);
    say(watch, TG_TONE_WARNING,
        "the policy in force expired at %s; it stays in force until there is a newer one", when);
}

/* What is to be done whatever lies there. It may also only have been told to drop its questions,
 * and nobody may ask anything for long: then the cache has to wait. */
static void attend(struct tg_watch *watch)
{
    if (tg_walker_is_reloading(&watch->guard->walker))
        return;
    if (tg_walker_begin(&watch->guard->walker)) {
        tg_guard_tell_rest(watch->guard);
        tg_walker_end(&watch->guard->walker);
    }
    look_at_calendar(watch);
    look_at_expiry(watch);
    if (watch->walks_due > 0)
        walk_again(watch);
    if (watch->unsettled)
        settle(watch);
}

/* Signed, when that is asked for, but whatever its serial and even when it has expired: at a start
 * there is nothing better. Somebody may just be replacing image and signature, one behind the
 * other: what does not fit gets another look before a resolver ends for it. */
static void read_first(struct tg_watch *watch)
{
    static const struct timespec pause = {.tv_nsec = FIT_PAUSE_MS * 1000000L};
    struct tg_found found;

    for (int ms = 0;; ms += FIT_PAUSE_MS) {
        found = (struct tg_found){.image = NULL};
        watch->tried = tg_seen_look(watch->settings);
        if (is_in_vain(watch))
            break;
        tg_found_read(watch->settings, &found);
        if (found.status != TG_ETRUST || ms >= FIT_MS)
            break;
        tg_found_fini(&found);
        (void)nanosleep(&pause, NULL);
    }
    watch->changing = watch->tried;
    watch->unread = found.unread;
    (void)pthread_mutex_lock(&watch->mutex);
    watch->read = !watch->unawaited;
    if (!watch->read) {
        watch->tried = (struct tg_seen_files){.file = {{.error = 0}}}; /* then it is another one */
        tg_found_fini(&found);
    } else {
        watch->first = found;
    }
    (void)pthread_mutex_unlock(&watch->mutex);
}

void *tg_watch_run(void *arg)
{
    struct tg_watch *watch = arg;
    long pause = BEGIN_MS;

    read_first(watch);
    tg_thread_ready(&watch->thread);
    while (!tg_thread_stopped_within(&watch->thread, pause)) {
        if (!come_back(watch))
            continue;
        go_away(watch);
        pause = LOOK_MS;
        look(watch);
        if (come_back(watch)) {
            attend(watch);
            go_away(watch);
        }
    }
    return NULL;
}
