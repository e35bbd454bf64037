/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A change of the active policy: what activate and rollback have in common. */
#include "tools/activate.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool is_in_force(const struct tg_change *change, const struct tg_image *image)
{
    return image && change->now.there &&
           memcmp(change->now.image, tg_image_digest(image), sizeof(change->now.image)) == 0;
}

/* Another policy lies in the place of the one in force: somebody has put it there that the module
 * does not take. What it can be gone back to is in the history, or nowhere. */
static void find_in_force(struct tg_change *change)
{
    struct tg_former *formers;
    size_t count;

    change->displaced = true;
    tg_sealed_free(&change->former);
    if (!tg_store_list(&change->store, &formers, &count, NULL))
        return;
    for (size_t i = 0; i < count && !change->former.image; i++) {
        if (formers[i].serial == change->now.serial &&
            tg_sealed_read(formers[i].path, NULL, &change->settings->trusted, &change->former,
                NULL) == TG_ENOMEM)
            tg_out_of_memory();
        if (!is_in_force(change, change->former.image))
            tg_sealed_free(&change->former);
    }
    tg_formers_free(formers, count);
}

/* Reads the settings, takes the lock, and looks at the active policy and the module. A policy that
 * does not count, as it is broken or nobody has signed it, is none to go back to. */
static enum tg_outcome prepare(struct tg_change *change)
{
    const struct tg_activation *asked = change->asked;

    change->settings = tg_settings_find(asked->conf, change->diags);
    if (!change->settings)
        return TG_OUTCOME_BROKEN;
    change->resolver = change->settings->resolver;
    if (asked->resolver)
        (void)tg_server_parse(asked->resolver, &change->resolver);
    tg_store_open(&change->store, change->settings);
    if (!tg_store_lock(&change->store, change->diags))
        return TG_OUTCOME_BROKEN;
    if (tg_sealed_read(change->settings->policy, NULL, &change->settings->trusted, &change->former,
            NULL) == TG_ENOMEM)
        tg_out_of_memory();
    if (!asked->offline)
        change->module = tg_module_runs(change->settings, &change->now, change->no_module);
    if (change->now.there && !is_in_force(change, change->former.image))
        find_in_force(change);
    return TG_OUTCOME_ACTIVE;
}

static bool is_active(const struct tg_change *change)
{
    return change->former.image && tg_image_same(change->former.image, change->fresh.image);
}

static uint32_t highest_serial(const struct tg_change *change)
{
    const uint32_t placed = change->former.image ? tg_image_meta(change->former.image)->serial : 0;
    const uint32_t in_force = change->now.there ? change->now.serial : 0;

    return placed > in_force ? placed : in_force;
}

/* Serials only go up, also where nobody signs. */
static bool follows(struct tg_change *change)
{
    const struct tg_trust_change step = {.former = change->former.image,
        .image = change->fresh.image,
        .proof = &change->fresh.trusted,
        .now = (int64_t)tg_now()};
    const uint32_t serial = tg_image_meta(change->fresh.image)->serial;
    const uint32_t highest = highest_serial(change);

    if (change->asked->older || is_active(change))
        return true;
    if (!tg_trust_follows(&step, change->asked->path, change->diags))
        return false;
    if (serial > highest || is_in_force(change, change->fresh.image))
        return true;
    tg_diags_add(change->diags, TG_DIAG_ERROR, change->asked->path, 0, 0, NULL,
        "policy serial %" PRIu32 " is not higher than serial %" PRIu32
        ", which is active; compile it with a higher one, or see --allow-older",
        serial, highest);
    return false;
}

static enum tg_outcome read_fresh(struct tg_change *change)
{
    const char *path = change->asked->path, *signature = change->asked->signature;
    const enum tg_status status =
        tg_sealed_read(path, signature, &change->settings->trusted, &change->fresh, change->diags);

    if (status == TG_ENOMEM)
        tg_out_of_memory();
    if (status != TG_OK)
        return status == TG_ETRUST ? TG_OUTCOME_REFUSED : TG_OUTCOME_BROKEN;
    return follows(change) ? TG_OUTCOME_ACTIVE : TG_OUTCOME_REFUSED;
}

/* Sorted as they are, the first that matches is the one: of that serial, put away last and not the
 * active one itself, or with the next lower serial. */
static bool is_wanted(const struct tg_change *change, const struct tg_former *former)
{
    const struct tg_image *active = change->former.image;
    const uint64_t wanted = change->asked->serial;
    char digits[65];

    if (wanted == 0)
        return !active || former->serial < tg_image_meta(active)->serial;
    return former->serial == wanted && !(active && tg_image_meta(active)->serial == wanted &&
                                           memcmp(tg_text_digest(tg_image_digest(active), digits),
                                               former->digits, strlen(former->digits)) == 0);
}

static enum tg_outcome find_former(struct tg_change *change)
{
    const uint64_t wanted = change->asked->serial;
    struct tg_former *formers;
    size_t count, i = 0;
    enum tg_status status = TG_OK;

    if (!tg_store_list(&change->store, &formers, &count, change->diags))
        return TG_OUTCOME_BROKEN;
    while (i < count && !is_wanted(change, &formers[i]))
        i++;
    if (i < count)
        status = tg_sealed_read(
            formers[i].path, NULL, &change->settings->trusted, &change->fresh, change->diags);
    else if (wanted != 0)
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->store.history, 0, 0, NULL,
            "there is no other policy of serial %" PRIu64 "; see 'tldguard history'", wanted);
    else
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->store.history, 0, 0, NULL,
            "there is no policy to go back to");
    tg_formers_free(formers, count);
    if (status == TG_ENOMEM)
        tg_out_of_memory();
    return change->fresh.image                      ? TG_OUTCOME_ACTIVE
           : status == TG_OK || status == TG_ETRUST ? TG_OUTCOME_REFUSED
                                                    : TG_OUTCOME_BROKEN;
}

/* Puts it in its place and, when a module runs, waits until it has it in force. */
static bool put(struct tg_change *change, const struct tg_sealed *sealed, bool older,
    const struct tg_wait *wait, int64_t *waited)
{
    const struct tg_image *image = sealed->image;
    bool good =
        !older || tg_store_allow(&change->store, tg_image_meta(image)->serial, change->diags);

    good = good && tg_store_place(&change->store, sealed, change->diags);
    if (good && !change->asked->offline)
        good = tg_module_wait(change->settings, image, wait, waited, change->why) == TG_TAKEN;
    if (older)
        (void)tg_store_forbid(&change->store, change->diags);
    return good;
}

/* What was put in its place is not as it should be. */
static enum tg_outcome put_back(struct tg_change *change)
{
    struct tg_figures_policy now = {.there = false};
    struct tg_wait wait = {.seconds = change->asked->wait};
    char why[TG_WHY_MAX];
    int64_t waited;

    if (!change->former.image)
        return TG_OUTCOME_UNPROVEN;
    memcpy(why, change->why, sizeof(why));
    (void)tg_module_runs(change->settings, &now, change->why);
    wait.rejections = now.rejections;
    change->why[0] = '\0';
    if (!put(change, &change->former, true, &wait, &waited) && change->why[0])
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->settings->policy, 0, 0, NULL,
            "the former policy is in its place again, but: %s", change->why);
    memcpy(change->why, why, sizeof(why));
    return TG_OUTCOME_RESTORED;
}

static bool ask_canary(struct tg_change *change)
{
    const size_t count = tg_image_canary_count(change->fresh.image);

    if (change->asked->offline || count == 0)
        return true;
    change->answers = calloc(count, sizeof(*change->answers));
    if (!change->answers)
        tg_out_of_memory();
    return tg_canary_ask(&change->resolver, change->fresh.image, change->answers, change->why);
}

/* Nobody is told but by the exit code when the terminal, or the connection, is gone. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGHUP);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &held, before);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* False after an error: then nothing was changed. */
static bool make_ready(struct tg_change *change)
{
    if (!change->asked->offline && change->module != TG_TAKEN) {
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->settings->policy, 0, 0, NULL,
            "nothing was changed, as no module would take it: %s; --offline is for the next start",
            change->no_module);
        return false;
    }
    return !change->former.image || tg_store_keep(&change->store, &change->former, change->diags);
}

static enum tg_outcome make_active(struct tg_change *change)
{
    const struct tg_wait wait = {change->now.rejections, change->asked->wait};
    const bool back = change->asked->path == NULL;

    if (is_active(change) && !change->displaced)
        return TG_OUTCOME_UNCHANGED;
    if (!make_ready(change))
        return TG_OUTCOME_BROKEN;
    if (!put(change, &change->fresh, back || change->asked->older, &wait, &change->waited))
        return change->why[0] ? put_back(change) : TG_OUTCOME_BROKEN;
    if (ask_canary(change))
        return TG_OUTCOME_ACTIVE;
    /* Who goes back does so for a reason: what fails is told, and that is all. */
    return back ? TG_OUTCOME_UNPROVEN : put_back(change);
}

int tg_activate(const struct tg_activation *asked)
{
    struct tg_change change = {.asked = asked,
        .store = {.lock = -1},
        .diags = tg_diags_create(),
        .module = TG_NO_MODULE,
        .waited = -1};
    enum tg_outcome outcome;
    sigset_t before;
    int code;

    hold_signals(&before);
    outcome = prepare(&change);
    if (outcome == TG_OUTCOME_ACTIVE)
        outcome = asked->path ? read_fresh(&change) : find_former(&change);
    if (outcome == TG_OUTCOME_ACTIVE)
        outcome = make_active(&change);
    if (outcome == TG_OUTCOME_ACTIVE || outcome == TG_OUTCOME_UNPROVEN)
        tg_store_prune(&change.store, asked->keep);
    code = tg_change_say(&change, outcome);
    free(change.answers);
    tg_sealed_free(&change.fresh);
    tg_sealed_free(&change.former);
    tg_store_close(&change.store);
    tg_settings_destroy(&change.settings);
    tg_diags_destroy(&change.diags);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}
