/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A change of the active policy, before anything is changed: what there is, and what is to be. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tools/activate.h"

/* Until the end: the exit code tells what came of it, whoever wants it to end. */
void tg_change_hold_signals(void)
{
    static const int held[] = {
        SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
        (void)sigaddset(&set, held[i]);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool tg_change_in_force(const struct tg_change *change, const struct tg_image *image)
{
    return image && change->module == TG_TAKEN && change->now.there &&
           memcmp(change->now.image, tg_image_digest(image), sizeof(change->now.image)) == 0;
}

/* Another file lies in the place of the policy in force: somebody has put it there, and the module
 * does not take it, or has not looked yet. What it can be gone back to is in the history, or
 * nowhere. */
static void find_in_force(struct tg_change *change)
{
    struct tg_former *formers;
    size_t count;

    change->is_displaced = true;
    change->displaced = change->former;
    change->former = (struct tg_sealed){.image = NULL};
    if (!tg_store_list(&change->store, &formers, &count, NULL))
        return;
    for (size_t i = 0; i < count && !change->former.image; i++) {
        if (formers[i].serial == change->now.serial)
            (void)tg_former_read(&change->store, &formers[i], &change->former, NULL);
        if (change->former.image && !tg_change_in_force(change, change->former.image))
            tg_sealed_free(&change->former);
    }
    tg_formers_free(formers, count);
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
    const struct tg_image *former = change->former.image, *fresh = change->fresh.image;
    const struct tg_trust_change step = {.former = former,
        .image = fresh,
        .proof = &change->fresh.trusted,
        .now = (int64_t)tg_now()};
    const uint32_t serial = tg_image_meta(fresh)->serial, highest = highest_serial(change);

    if (change->asked->older)
        return true;
    if (!tg_trust_follows(&step, change->asked->path, change->diags))
        return false;
    if (serial > highest || tg_change_in_force(change, fresh) ||
        (former && tg_image_same(former, fresh)))
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

    if (wanted == 0)
        return !active || former->serial < tg_image_meta(active)->serial;
    return former->serial == wanted && !tg_former_is(former, active);
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
        status = tg_former_read(&change->store, &formers[i], &change->fresh, change->diags);
    else if (wanted != 0)
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->store.history, 0, 0, NULL,
            "there is no other policy of serial %" PRIu64 "; see 'tldguard history'", wanted);
    else
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->store.history, 0, 0, NULL,
            "there is no policy to go back to");
    tg_formers_free(formers, count);
    return change->fresh.image                      ? TG_OUTCOME_ACTIVE
           : status == TG_OK || status == TG_ETRUST ? TG_OUTCOME_REFUSED
                                                    : TG_OUTCOME_BROKEN;
}

/* A policy that does not count, as it is broken or nobody has signed it, is none to go back to. */
enum tg_outcome tg_change_read(struct tg_change *change)
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
    (void)tg_sealed_read(
        change->settings->policy, NULL, &change->settings->trusted, &change->former, NULL);
    change->module =
        tg_module_runs(change->settings, !asked->offline, &change->now, change->no_module);
    if (change->now.there && !tg_change_in_force(change, change->former.image))
        find_in_force(change);
    return asked->path ? read_fresh(change) : find_former(change);
}
