/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What becomes of a zone that was fetched: an image, in its place or in force. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/yaml.h"
#include "tools/fetch.h"

#define FAILED_MAX ((size_t)64) /* octets of the file of a serial */

static void say(enum tg_diag_level level, const char *file, const char *text)
{
    struct tg_diags *diags = tg_diags_create();

    tg_diags_add(diags, level, file, 0, 0, NULL, "%s", text);
    if (!diags || tg_diags_lost(diags) > 0)
        fprintf(stderr, "%s: error: %s\n", file, text);
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
}

static void server_name(const struct tg_server *server, char out[INET6_ADDRSTRLEN + 8])
{
    (void)snprintf(out, INET6_ADDRSTRLEN + 8, "%s@%u", server->address, server->port);
}

const char *tg_errand_target(const struct tg_errand *errand)
{
    return errand->output ? errand->output : errand->settings->policy;
}

const struct tg_trust_keys *tg_errand_keys(const struct tg_errand *errand)
{
    static const struct tg_trust_keys nobody;

    return errand->settings ? &errand->settings->trusted : &nobody;
}

int tg_errand_no(const struct tg_errand *errand, bool last, const char *why)
{
    char name[INET6_ADDRSTRLEN + 8];

    if (errand->fetch.here) {
        say(TG_DIAG_ERROR, tg_errand_target(errand), why);
        return EXIT_BROKEN;
    }
    server_name(errand->fetch.server, name);
    say(last ? TG_DIAG_ERROR : TG_DIAG_WARNING, name, why);
    return TG_ASK_NEXT;
}

static void remove_folder(int status, void *arg)
{
    (void)status;
    tg_fetch_folder_remove(arg);
}

/* So that nothing is left behind. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGHUP);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &held, before);
}

/* The policy that was fetched is put at the place that was given for it. */
static int place(const struct tg_errand *errand, const struct tg_sealed *sealed)
{
    char path[TG_PATH_MAX + 2], server[INET6_ADDRSTRLEN + 8], why[TG_WHY_MAX];
    struct tg_settings settings = {.policy = path};
    struct tg_store store;
    enum tg_placed placed;

    (void)snprintf(
        path, sizeof(path), "%s%s", strchr(errand->output, '/') ? "" : "./", errand->output);
    tg_store_open(&store, &settings);
    placed = tg_store_place(&store, sealed, why);
    tg_store_close(&store);
    if (placed != TG_PLACED) {
        say(TG_DIAG_ERROR, errand->output, why);
        return EXIT_BROKEN;
    }
    server_name(errand->fetch.server, server);
    printf("%s: policy serial %" PRIu32 ", fetched from %s\n", errand->output,
        tg_image_meta(sealed->image)->serial, server);
    return EXIT_FINE;
}

/*
 * A policy that was put in force and has failed, by its canary questions say, would fail
 * again: who fetches each minute would have it in force for a moment each minute. So its serial is
 * kept, until there is another one.
 */
static void keep_failed(const struct tg_errand *errand, uint32_t serial)
{
    char text[16];
    const int len = snprintf(text, sizeof(text), "%" PRIu32 "\n", serial);
    const int error = tg_newfile_put(errand->failed_at, 0, text, (size_t)len);

    if (error != 0)
        say(TG_DIAG_ERROR, errand->failed_at, strerror(error));
}

static int activate(struct tg_errand *errand, uint32_t serial)
{
    bool tried = false;
    int code;

    errand->activation.path = errand->folder->image;
    errand->activation.tried = &tried;
    code = tg_activate(&errand->activation);
    if (code == EXIT_FINDINGS && tried)
        keep_failed(errand, serial);
    else if (code == EXIT_FINE)
        (void)unlink(errand->failed_at);
    return code;
}

/* Made and checked. Signed by whom it must be: what is not, another server may have. */
static int use(struct tg_errand *errand, uint32_t serial, bool last, bool *refused)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_sealed sealed = {.image = NULL};
    enum tg_status status =
        tg_sealed_read(errand->folder->image, NULL, tg_errand_keys(errand), &sealed, diags);
    const struct tg_diag *diag = diags ? tg_diags_get(diags, 0) : NULL;
    int code = TG_ASK_NEXT;

    *refused = status == TG_ETRUST;
    if (status != TG_OK)
        code = tg_errand_no(errand, last, diag ? diag->text : tg_status_text(status));
    else if (tg_image_meta(sealed.image)->serial != serial) {
        code = tg_errand_no(errand, last, "the zone announces another serial than its policy has");
        status = TG_ECORRUPT;
    } else if (errand->output)
        code = place(errand, &sealed);
    tg_sealed_free(&sealed);
    tg_diags_destroy(&diags);
    if (status != TG_OK || errand->output)
        return code;
    return activate(errand, serial);
}

int tg_errand_use(
    struct tg_errand *errand, struct tg_zone *zone, uint32_t serial, bool last, bool *refused)
{
    sigset_t before;
    int code = EXIT_BROKEN;

    if (!tg_fetch_folder_make(errand->folder, tg_errand_target(errand))) {
        say(TG_DIAG_ERROR, tg_errand_target(errand), strerror(errno));
    } else {
        /* It takes long, and may be ended. */
        const bool made = tg_fetch_image(&errand->fetch, zone, serial, errand->folder->image);

        hold_signals(&before);
        tg_zone_fini(zone);
        code = made ? use(errand, serial, last, refused)
                    : tg_errand_no(errand, last, errand->fetch.why);
        tg_fetch_folder_remove(errand->folder);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
    }
    return code;
}

static void look_at_failed(struct tg_errand *errand)
{
    const char *policy = errand->output ? NULL : errand->settings->policy;
    char *text = NULL;
    size_t len;

    if (!policy)
        return;
    if (asprintf(&errand->failed_at, "%s.failed", policy) < 0)
        tg_out_of_memory();
    if (tg_yaml_file(errand->failed_at, FAILED_MAX, true, &text, &len) != 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    errand->failed = tg_parse_count(text, &errand->failed_serial);
    free(text);
}

void tg_errand_prepare(struct tg_errand *errand)
{
    errand->folder = malloc(sizeof(*errand->folder));
    if (!errand->folder)
        tg_out_of_memory();
    *errand->folder = TG_FETCH_FOLDER_NONE;
    if (on_exit(remove_folder, errand->folder) != 0)
        tg_out_of_memory();
    tg_fetch_folder_sweep(tg_errand_target(errand));
    look_at_failed(errand);
}
