/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A change of the active policy: what activate and rollback have in common. */
#include "tools/activate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Puts it in its place and, when a module runs, waits until it has it in force. What lets an older
 * one in goes only when the module has taken it: it may be about to look. */
static enum tg_placed put(struct tg_change *change, const struct tg_sealed *sealed, bool older)
{
    const uint32_t serial = tg_image_meta(sealed->image)->serial;
    const int64_t since = tg_module_now();
    enum tg_placed placed = TG_PLACED_NOT;

    change->why[0] = '\0';
    if (!older || tg_store_allow(&change->store, serial, change->why))
        placed = tg_store_place(&change->store, sealed, change->why);
    if (placed == TG_PLACED && !change->asked->offline &&
        tg_module_wait(change->settings, sealed->image, since, change->asked->wait, &change->waited,
            change->why) != TG_TAKEN)
        placed = TG_PLACED_BADLY;
    if (older && placed != TG_PLACED_BADLY)
        (void)tg_store_forbid(&change->store, change->diags);
    return placed;
}

/* What was put in its place is not as it should be. */
static enum tg_outcome put_back(struct tg_change *change)
{
    char why[TG_WHY_MAX];
    enum tg_placed placed;

    if (!change->former.image)
        return TG_OUTCOME_UNPROVEN;
    memcpy(why, change->why, sizeof(why));
    placed = put(change, &change->former, true);
    memcpy(change->not_back, change->why, sizeof(change->not_back));
    memcpy(change->why, why, sizeof(why));
    return placed == TG_PLACED ? TG_OUTCOME_RESTORED : TG_OUTCOME_UNPROVEN;
}

static bool ask_canary(struct tg_change *change)
{
    return change->asked->offline || tg_image_canary_count(change->fresh.image) == 0 ||
           tg_canary_ask(&change->resolver, change->fresh.image, change->asked->wait,
               change->answers, change->why);
}

/* What is needed later must not be what is missing then. */
static void get_room(struct tg_change *change)
{
    const size_t count = tg_image_canary_count(change->fresh.image);

    if (change->asked->offline || count == 0)
        return;
    change->answers = calloc(count, sizeof(*change->answers));
    if (!change->answers)
        tg_out_of_memory();
}

static bool refuse(struct tg_change *change, const char *what, const char *why, const char *hint)
{
    tg_diags_add(change->diags, TG_DIAG_ERROR, change->settings->policy, 0, 0, NULL,
        "nothing was changed%s%s%s", what, why, hint);
    return false;
}

/* False after an error: then nothing was changed. */
static bool make_ready(struct tg_change *change)
{
    const struct tg_store *store = &change->store;

    if (!change->asked->offline && change->module != TG_TAKEN)
        return refuse(change, ", as no module would take it: ", change->no_module,
            "; --offline is for the next start");
    if (change->asked->offline && change->module == TG_TAKEN)
        return refuse(
            change, ", as a module runs that would take it at once", "", ": leave --offline out");
    get_room(change);
    if (change->displaced.image && !tg_store_keep(store, &change->displaced, change->diags))
        return false;
    return !change->former.image || tg_store_keep(store, &change->former, change->diags);
}

/* The very same, also its signature: that of a policy is given a later end by another one. */
static bool is_done(const struct tg_change *change)
{
    const struct tg_sealed *fresh = &change->fresh, *former = &change->former;

    if (!former->image || change->is_displaced || !tg_image_same(former->image, fresh->image) ||
        fresh->signature_len != former->signature_len ||
        (fresh->signature &&
            memcmp(fresh->signature, former->signature, fresh->signature_len) != 0))
        return false;
    return change->asked->offline || tg_change_in_force(change, fresh->image);
}

static enum tg_outcome make_active(struct tg_change *change)
{
    const bool back = change->asked->path == NULL;
    enum tg_placed placed;

    if (!tg_store_settle(&change->store, change->diags))
        return TG_OUTCOME_BROKEN;
    if (is_done(change))
        return TG_OUTCOME_UNCHANGED;
    if (!make_ready(change))
        return TG_OUTCOME_BROKEN;
    placed = put(change, &change->fresh, back || change->asked->older);
    if (placed == TG_PLACED_NOT) {
        (void)refuse(change, ": ", change->why, "");
        change->why[0] = '\0';
        return TG_OUTCOME_BROKEN;
    }
    if (placed == TG_PLACED_BADLY)
        return put_back(change);
    if (ask_canary(change))
        return TG_OUTCOME_ACTIVE;
    /* Who goes back does so for a reason: what fails is told, and that is all. */
    return back ? TG_OUTCOME_UNPROVEN : put_back(change);
}

int tg_activate(const struct tg_activation *asked)
{
    struct tg_change change = {
        .asked = asked, .store = {.lock = -1}, .diags = tg_diags_create(), .waited = -1};
    enum tg_outcome outcome;
    int code;

    tg_change_hold_signals();
    outcome = tg_change_read(&change);
    if (outcome == TG_OUTCOME_ACTIVE)
        outcome = make_active(&change);
    if (outcome == TG_OUTCOME_ACTIVE || outcome == TG_OUTCOME_UNPROVEN)
        tg_store_prune(&change.store, asked->keep, &change.former);
    if (asked->tried)
        *asked->tried = outcome == TG_OUTCOME_RESTORED || outcome == TG_OUTCOME_UNPROVEN;
    code = tg_change_say(&change, outcome);
    free(change.answers);
    tg_sealed_free(&change.fresh);
    tg_sealed_free(&change.former);
    tg_sealed_free(&change.displaced);
    tg_store_close(&change.store);
    tg_settings_destroy(&change.settings);
    tg_diags_destroy(&change.diags);
    return code;
}
