/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard fetch: the policy that a zone carries, checked and put in force. */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fetch.h"
#include "tools/secret.h"

enum { ZONE, SERVER, TSIG, SETTINGS, OUTPUT, FORCE, OLDER, TIMEOUT, KEEP, WAIT, OFFLINE, QUIET };
static const struct tg_option options[] = {
    [ZONE] = {"zone", 'z', "NAME", "the zone that carries the policy"},
    [SERVER] = {"server", 's', "SERVER", "ADDRESS or ADDRESS@PORT; the first one that can, serves"},
    [TSIG] = {"tsig", 'k', "FILE", "the key that is shared with the servers"},
    [SETTINGS] = {"conf", 'c', "FILE", "the module's settings, which name the policy's place"},
    [OUTPUT] = {"output", 'o', "IMAGE", "only write it there, do not put it in force"},
    [FORCE] = {"force", 'f', NULL, "also when its serial is the one that is there already"},
    [OLDER] = {"allow-older", 'a', NULL, "also when its serial is lower, or it has expired"},
    [TIMEOUT] = {"timeout", 't', "SECONDS", "how long a server may be silent (10)"},
    [KEEP] = {"keep", 'K', "COUNT", "former policies that are kept (10)"},
    [WAIT] = {"wait", 'w', "SECONDS", "how long the module may take (10)"},
    [OFFLINE] = {"offline", 'O', NULL, "for the next start: no module runs that could take it"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when there is nothing new"},
    {0},
};

#define TIMEOUT_DEFAULT 10
static bool is_same(const struct tg_errand *errand, uint32_t serial)
{
    return errand->in_force && serial == errand->serial && !errand->force;
}

/* By its serial alone: why the one of this server is not wanted; false: it is. */
static bool is_unwanted(const struct tg_errand *errand, uint32_t serial, char why[TG_FETCH_WHY])
{
    if (errand->activation.older)
        return false;
    if (errand->known && serial < errand->serial)
        return !tg_fetch_fail(why,
            "the zone has serial %" PRIu32 ", which is lower than %" PRIu32
            " of the policy that is here; see --allow-older",
            serial, errand->serial);
    if (errand->failed && serial == errand->failed_serial && !errand->force)
        return !tg_fetch_fail(why,
            "the zone has serial %" PRIu32
            ", which was put in force here and has failed; --force tries it again",
            serial);
    return false;
}

static int ask(struct tg_errand *errand, const struct tg_server *server, bool last, bool *refused)
{
    struct tg_fetch *fetch = &errand->fetch;
    struct tg_zone zone = {.arena = NULL};
    uint32_t serial = 0;
    bool got = false;
    int code;

    fetch->server = server;
    if (!tg_fetch_serial(fetch, &serial))
        return tg_errand_no(errand, last, fetch->why);
    if (is_same(errand, serial)) {
        if (!errand->quiet)
            printf("zone %s has serial %" PRIu32 ", as the policy that is here\n", fetch->zone_text,
                serial);
        return EXIT_FINE;
    }
    *refused = is_unwanted(errand, serial, fetch->why);
    if (*refused)
        return tg_errand_no(errand, last, fetch->why);
    fetch->progress = tg_progress_start(fetch->zone_text);
    if (tg_zone_init(&zone, fetch->zone) != TG_OK)
        (void)tg_fetch_fail(fetch->why, "out of memory");
    else
        got = tg_fetch_zone(fetch, &zone, &serial);
    tg_progress_stop(&fetch->progress);
    /* Another server may have answered than the one that was asked for the serial. */
    *refused = got && is_unwanted(errand, serial, fetch->why);
    code = got && !*refused ? tg_errand_use(errand, &zone, serial, last, refused)
                            : tg_errand_no(errand, last, fetch->why);
    tg_zone_fini(&zone);
    return code;
}

static int ask_all(struct tg_errand *errand)
{
    bool ever_refused = false;

    for (size_t i = 0; i < errand->server_count; i++) {
        bool refused = false;
        const int code = ask(errand, &errand->servers[i], i + 1 == errand->server_count, &refused);

        if (code != TG_ASK_NEXT)
            return code;
        ever_refused = ever_refused || refused;
    }
    return ever_refused ? EXIT_FINDINGS : EXIT_BROKEN;
}

/* Whether a module runs that has another one in force, or none. */
static bool is_elsewhere(const struct tg_errand *errand, const struct tg_image *image)
{
    struct tg_figures_policy now = {.there = false};
    char why[TG_WHY_MAX];

    return !errand->output && !errand->activation.offline &&
           tg_module_runs(errand->settings, false, &now, why) == TG_TAKEN &&
           !(now.there && memcmp(now.image, tg_image_digest(image), sizeof(now.image)) == 0);
}

/* One that does not count, as it is broken or nobody has signed it, is to be replaced by any, as
 * tldguard activate does; one that counts and is not in force, by itself. */
static void look_at_present(struct tg_errand *errand)
{
    struct tg_sealed sealed = {.image = NULL};

    errand->known = tg_sealed_read(tg_errand_target(errand), NULL, tg_errand_keys(errand), &sealed,
                        NULL) == TG_OK;
    if (errand->known) {
        errand->serial = tg_image_meta(sealed.image)->serial;
        errand->in_force = !is_elsewhere(errand, sealed.image);
    }
    tg_sealed_free(&sealed);
}

/* As the module does: without settings that somebody has named, or installed, there are no keys. */
static bool read_settings(struct tg_errand *errand, const char *conf, struct tg_diags *diags)
{
    const char *path = tg_conf_path(conf);

    if (errand->output && strcmp(path, TG_DEFAULT_CONF) == 0 && access(path, F_OK) != 0)
        return true;
    errand->settings = tg_settings_find(conf, diags);
    return errand->settings != NULL;
}

static int prepare(struct tg_errand *errand, const struct tg_parsed *p)
{
    struct tg_diags *diags = tg_diags_create();
    bool good;

    tg_secret_hide();
    good = diags != NULL && tg_tsig_read(p->value[TSIG], &errand->fetch.key, diags) &&
           read_settings(errand, p->value[SETTINGS], diags);

    if (!diags)
        tg_out_of_memory();
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
    if (!good)
        return EXIT_BROKEN;
    look_at_present(errand);
    tg_errand_prepare(errand);
    return ask_all(errand);
}

/* -1 to go on. */
static int read_servers(
    const struct tg_command *self, const struct tg_parsed *p, struct tg_errand *errand)
{
    for (size_t i = 0; i < p->many_count; i++)
        if (!tg_server_parse(p->many[i], &errand->servers[i]))
            return tg_text_usage(self, "'%s' is neither an address nor ADDRESS@PORT", p->many[i]);
    errand->server_count = p->many_count;
    return -1;
}

static int read_numbers(
    const struct tg_command *self, const struct tg_parsed *p, struct tg_errand *errand)
{
    uint64_t timeout = TIMEOUT_DEFAULT;
    const int code =
        tg_activation_limits(self, p->value[KEEP], p->value[WAIT], &errand->activation);

    if (code < 0 && p->value[TIMEOUT] &&
        (!tg_parse_count(p->value[TIMEOUT], &timeout) || timeout < 1 ||
            timeout > TG_FETCH_SECONDS_MAX))
        return tg_text_usage(self, "--timeout is a number of 1 to %d, not '%s'",
            TG_FETCH_SECONDS_MAX, p->value[TIMEOUT]);
    errand->fetch.seconds = (unsigned)timeout;
    return code;
}

static int check_given(const struct tg_command *self, const struct tg_parsed *p)
{
    if (!p->value[ZONE] || !p->value[TSIG] || p->many_count == 0)
        return tg_text_usage(self, "which zone, of whom, by which key? Give --zone, --server and "
                                   "--tsig");
    if (p->value[OUTPUT] && (p->value[KEEP] || p->value[WAIT] || p->value[OFFLINE]))
        return tg_text_usage(
            self, "--keep, --wait and --offline are for a policy that is put in force");
    if (p->value[OUTPUT] && (!*p->value[OUTPUT] || strlen(p->value[OUTPUT]) >= TG_PATH_MAX))
        return tg_text_usage(self, "'%s' is no name of a file", p->value[OUTPUT]);
    return -1;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_errand errand = {.activation = {.keep = TG_KEEP_DEFAULT, .wait = TG_WAIT_DEFAULT}};
    uint8_t zone[TG_DNAME_MAX];
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 0, &p);

    if (code < 0)
        code = check_given(self, &p);
    if (code < 0)
        code = read_servers(self, &p, &errand);
    if (code < 0)
        code = read_numbers(self, &p, &errand);
    if (code >= 0)
        return code;
    errand.fetch.zone.wire = zone;
    if (tg_dname_from_text(
            p.value[ZONE], strlen(p.value[ZONE]), zone, &errand.fetch.zone.len, NULL) != TG_OK)
        return tg_text_usage(self, "'%s' is not a name", p.value[ZONE]);
    (void)tg_text_name(errand.fetch.zone, errand.fetch.zone_text);
    errand.activation.conf = p.value[SETTINGS];
    errand.activation.older = p.value[OLDER] != NULL;
    errand.activation.offline = p.value[OFFLINE] != NULL;
    errand.output = p.value[OUTPUT];
    errand.force = p.value[FORCE] != NULL;
    errand.quiet = p.value[QUIET] != NULL;
    code = prepare(&errand, &p);
    tg_settings_destroy(&errand.settings);
    free(errand.failed_at);
    sodium_memzero(&errand.fetch.key, sizeof(errand.fetch.key));
    return code;
}

const struct tg_command tg_cmd_fetch = {
    .name = "fetch",
    .arguments = "--zone NAME --server SERVER... --tsig FILE",
    .summary = "Fetch the policy that a zone carries, check it, and put it in force.",
    .example = "tldguard fetch -z policy.example.net -s 192.0.2.1 -s 192.0.2.2 -k tsig.key",
    .options = options,
    .many = 's',
    .run = run,
};
