/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the module that runs makes of a new policy: it is read from its figures. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "module/stats.h"
#include "tools/activate.h"
#include "tools/fetch.h"
#include "tools/status.h"

#define LOOK_MS   50
#define RELOAD_MS 2000
#define AGE_MOST  10 /* seconds, as of tldguard status */

/* The figures of a module that runs; else says why not. */
static struct tg_status_look *look(const struct tg_settings *settings, char *why)
{
    static const struct tg_status_limits limits = {.max_age = AGE_MOST};
    struct tg_diags *diags = tg_diags_create();
    struct tg_status_look *seen = tg_status_open(settings->stats, diags);
    struct tg_status_problems problems;

    if (!seen) {
        (void)snprintf(why, TG_WHY_MAX, "%s: no figures of a module", settings->stats);
        if (tg_diags_kept(diags) > 0)
            (void)tg_diag_format(tg_diags_get(diags, 0), why, TG_WHY_MAX);
    } else {
        tg_status_judge(&seen->figures, &limits, tg_status_now(), &problems);
        if (!tg_status_is_up(&problems)) {
            const char *text = problems.text[TG_PROBLEM_STOPPED];

            text = *text ? text : problems.text[TG_PROBLEM_DEAD];
            text = *text ? text : problems.text[TG_PROBLEM_STALE];
            (void)snprintf(why, TG_WHY_MAX, "%s", text);
            tg_status_close(&seen);
        }
    }
    tg_diags_destroy(&diags);
    return seen;
}

static void pause_a_little(void)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* A resolver that reloads has no module for a moment. NULL: it is more than that. */
static struct tg_status_look *look_patiently(const struct tg_settings *settings, char *why)
{
    const int64_t start = tg_wire_now();
    struct tg_status_look *seen;

    while (!(seen = look(settings, why)) && tg_wire_now() - start < RELOAD_MS)
        pause_a_little();
    return seen;
}

enum tg_taken tg_module_runs(
    const struct tg_settings *settings, bool patient, struct tg_figures_policy *now, char *why)
{
    struct tg_status_look *seen = patient ? look_patiently(settings, why) : look(settings, why);

    if (!seen)
        return TG_NO_MODULE;
    *now = seen->figures.policy;
    now->there = now->there && seen->figures.guarding == TG_GUARDING_ON;
    tg_status_close(&seen);
    return TG_TAKEN;
}

int64_t tg_module_now(void)
{
    return tg_stats_now();
}

/* TG_NOT_TAKEN without a reason: it has not looked yet. It tells when it has looked last, and
 * found a policy that it took, or had already, or refused. */
static enum tg_taken judge(
    const struct tg_figures *figures, const struct tg_image *image, int64_t since, char *why)
{
    const struct tg_figures_policy *policy = &figures->policy;

    why[0] = '\0';
    if (policy->there && figures->guarding == TG_GUARDING_ON && policy->loaded >= since &&
        memcmp(policy->image, tg_image_digest(image), sizeof(policy->image)) == 0)
        return TG_TAKEN;
    if (policy->rejected >= since)
        (void)snprintf(why, TG_WHY_MAX, "the module does not take it: %s", policy->error);
    return TG_NOT_TAKEN;
}

enum tg_taken tg_module_wait(const struct tg_settings *settings, const struct tg_image *image,
    int64_t since, uint64_t seconds, int64_t *ms, char *why)
{
    struct tg_progress *progress = tg_progress_start("waiting for the module");
    const int64_t start = tg_wire_now();
    enum tg_taken taken = TG_NOT_TAKEN;

    for (*ms = -1; taken == TG_NOT_TAKEN; pause_a_little()) {
        struct tg_status_look *seen = look_patiently(settings, why);

        taken = seen ? judge(&seen->figures, image, since, why) : TG_NO_MODULE;
        tg_status_close(&seen);
        if (taken == TG_TAKEN)
            *ms = tg_wire_now() - start;
        if (taken != TG_NOT_TAKEN || why[0] != '\0')
            break;
        if (tg_wire_now() - start >= (int64_t)seconds * 1000) {
            (void)snprintf(why, TG_WHY_MAX,
                "the module has not taken it within %" PRIu64 " seconds, and does not say why",
                seconds);
            break;
        }
    }
    tg_progress_stop(&progress);
    return taken;
}
