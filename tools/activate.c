/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard activate, and what rollback has in common with it. */
#include "tools/activate.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Reads the settings, takes the lock, and reads the active policy. One that does not count, as it
 * is broken or nobody has signed it, is none to go back to. */
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
    (void)tg_sealed_read(
        change->settings->policy, NULL, &change->settings->trusted, &change->former, NULL);
    return TG_OUTCOME_ACTIVE;
}

static bool is_active(const struct tg_change *change)
{
    return change->former.image && tg_image_same(change->former.image, change->fresh.image);
}

/* Serials only go up, also where nobody signs. */
static bool follows(struct tg_change *change)
{
    const struct tg_trust_change step = {.former = change->former.image,
        .image = change->fresh.image,
        .proof = &change->fresh.trusted,
        .now = (int64_t)tg_now()};
    const uint32_t serial = tg_image_meta(change->fresh.image)->serial;

    if (change->asked->older || is_active(change))
        return true;
    if (!tg_trust_follows(&step, change->asked->path, change->diags))
        return false;
    if (!change->former.image || serial > tg_image_meta(change->former.image)->serial)
        return true;
    tg_diags_add(change->diags, TG_DIAG_ERROR, change->asked->path, 0, 0, NULL,
        "policy serial %" PRIu32 " is not higher than serial %" PRIu32
        ", which is active; compile it with a higher one, or see --allow-older",
        serial, tg_image_meta(change->former.image)->serial);
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
    struct tg_wait wait = {.seconds = change->asked->wait};
    char why[TG_WHY_MAX];
    int64_t waited;

    if (!change->former.image)
        return TG_OUTCOME_UNPROVEN;
    memcpy(why, change->why, sizeof(why));
    (void)tg_module_runs(change->settings, &wait.rejections, change->why);
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
static bool make_ready(struct tg_change *change, struct tg_wait *wait)
{
    if (!change->asked->offline &&
        tg_module_runs(change->settings, &wait->rejections, change->why) != TG_TAKEN) {
        tg_diags_add(change->diags, TG_DIAG_ERROR, change->settings->policy, 0, 0, NULL,
            "nothing was changed, as no module would take it: %s; --offline is for the next start",
            change->why);
        change->why[0] = '\0';
        return false;
    }
    return !change->former.image || tg_store_keep(&change->store, &change->former, change->diags);
}

static enum tg_outcome make_active(struct tg_change *change)
{
    struct tg_wait wait = {.seconds = change->asked->wait};
    const bool back = change->asked->path == NULL;

    if (is_active(change))
        return TG_OUTCOME_UNCHANGED;
    if (!make_ready(change, &wait))
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
    struct tg_change change = {
        .asked = asked, .store = {.lock = -1}, .diags = tg_diags_create(), .waited = -1};
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

enum { CONF, SIGNATURE, RESOLVER, KEEP, WAIT, OFFLINE, OLDER, JSON };
static const struct tg_option options[] = {
    [CONF] = {"conf", 'c', "FILE", "the module's settings, which name the policy's place"},
    [SIGNATURE] = {"signature", 'x', "FILE", "the signature; else IMAGE.minisig"},
    [RESOLVER] = {"resolver", 'r', "ADDRESS[@PORT]", "whom canary questions go to"},
    [KEEP] = {"keep", 'k', "COUNT", "former policies that are kept (10)"},
    [WAIT] = {"wait", 'w', "SECONDS", "how long the module may take (10)"},
    [OFFLINE] = {"offline", 'o', NULL, "for the next start: no module runs that could take it"},
    [OLDER] = {"allow-older", 'a', NULL, "although its serial is not higher, or it has expired"},
    [JSON] = {"json", 'j', NULL, "what came of it as JSON"},
    {0},
};

int tg_activation_option(
    const struct tg_command *self, const char *text, const char *name, uint64_t most, uint64_t *out)
{
    if (text && (!tg_parse_count(text, out) || *out > most))
        return tg_text_usage(
            self, "--%s is a number of 0 to %" PRIu64 ", not '%s'", name, most, text);
    return -1;
}

int tg_activation_resolver(const struct tg_command *self, const char *text)
{
    struct tg_server server;

    if (text && !tg_server_parse(text, &server))
        return tg_text_usage(self, "'%s' is neither an address nor ADDRESS@PORT", text);
    return -1;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_activation asked = {.keep = TG_KEEP_DEFAULT, .wait = TG_WAIT_DEFAULT};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code < 0)
        code = tg_activation_option(self, p.value[KEEP], "keep", TG_KEEP_MAX, &asked.keep);
    if (code < 0)
        code = tg_activation_option(self, p.value[WAIT], "wait", TG_WAIT_MAX, &asked.wait);
    if (code < 0)
        code = tg_activation_resolver(self, p.value[RESOLVER]);
    if (code >= 0)
        return code;
    asked.conf = p.value[CONF];
    asked.path = p.argv[0];
    asked.signature = p.value[SIGNATURE];
    asked.resolver = p.value[RESOLVER];
    asked.offline = p.value[OFFLINE] != NULL;
    asked.older = p.value[OLDER] != NULL;
    asked.json = p.value[JSON] != NULL;
    return tg_activate(&asked);
}

const struct tg_command tg_cmd_activate = {
    .name = "activate",
    .arguments = "IMAGE",
    .summary = "Put a policy in force on this host; if it fails, the former one is back.",
    .example = "tldguard activate policy.cdb",
    .options = options,
    .run = run,
};
