/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard fetch: the policy that a zone carries, checked and put in force. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/yaml.h"
#include "tools/activate.h"
#include "tools/fetch.h"

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
#define FAILED_MAX      ((size_t)64) /* octets of the file of a serial */

/* Where the image is made. Removed when the process ends, whoever ends it: see on_exit(3). */
struct folder {
    char path[TG_PATH_MAX]; /* "": there is none */
    char image[TG_PATH_MAX + 16];
};

struct errand {
    struct tg_fetch fetch;
    struct tg_server servers[TG_MANY_MAX];
    size_t server_count;
    struct tg_settings *settings; /* NULL: there are none, and nobody has named some */
    struct tg_activation activation;
    const char *output; /* NULL: it is put in force */
    bool force, quiet;
    bool known;      /* there is a policy already ... */
    uint32_t serial; /* ... of this serial */
    char *failed_at; /* the file of the serial that has failed here; NULL: it is not put in force */
    bool failed;     /* there is one ... */
    uint64_t failed_serial; /* ... of this serial */
    struct folder *folder;
};

/* What came of asking one server. */
enum { ASK_NEXT = -1 }; /* else an exit code */

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

static const char *target(const struct errand *errand)
{
    return errand->output ? errand->output : errand->settings->policy;
}

/* Why a server's policy is not taken; what is still to be tried, it is only a warning. */
static int no(const struct errand *errand, bool last, const char *why)
{
    char name[INET6_ADDRSTRLEN + 8];

    if (errand->fetch.here) {
        say(TG_DIAG_ERROR, target(errand), why);
        return EXIT_BROKEN;
    }
    server_name(errand->fetch.server, name);
    say(last ? TG_DIAG_ERROR : TG_DIAG_WARNING, name, why);
    return ASK_NEXT;
}

static void remove_folder(int status, void *arg)
{
    struct folder *folder = arg;
    char signature[sizeof(folder->image) + 16];

    (void)status;
    if (!folder->path[0])
        return;
    (void)snprintf(signature, sizeof(signature), "%s" TG_TRUST_SUFFIX, folder->image);
    (void)unlink(signature);
    (void)unlink(folder->image);
    (void)rmdir(folder->path);
    folder->path[0] = '\0';
}

/* Beside the policy, where there is room for one. */
static bool make_folder(const struct errand *errand, const char *beside)
{
    struct folder *folder = errand->folder;
    const char *slash = strrchr(beside, '/');
    const int len = slash ? (int)(slash - beside) + 1 : 0;

    if (snprintf(folder->path, sizeof(folder->path), "%.*s.fetch.XXXXXX", len, beside) >=
        (int)sizeof(folder->path))
        errno = ENAMETOOLONG;
    else if (mkdtemp(folder->path)) {
        (void)snprintf(folder->image, sizeof(folder->image), "%s/policy.cdb", folder->path);
        return true;
    }
    folder->path[0] = '\0';
    say(TG_DIAG_ERROR, beside, strerror(errno));
    return false;
}

/* So that nothing is left behind. What takes long, the transfer, is over by then. */
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
static int place(const struct errand *errand, const struct tg_sealed *sealed)
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
static void keep_failed(const struct errand *errand, uint32_t serial)
{
    struct tg_newfile file = TG_NEWFILE_NONE;
    char text[16];
    const int len = snprintf(text, sizeof(text), "%" PRIu32 "\n", serial);
    int error = tg_newfile_create(&file, errand->failed_at);

    if (error == 0)
        error = tg_newfile_write(&file, text, (size_t)len);
    if (error == 0)
        error = tg_newfile_commit(&file);
    tg_newfile_fini(&file);
    if (error != 0)
        say(TG_DIAG_ERROR, errand->failed_at, strerror(error));
}

static int activate(struct errand *errand, uint32_t serial)
{
    int code;

    errand->activation.path = errand->folder->image;
    code = tg_activate(&errand->activation);
    if (code == EXIT_FINDINGS)
        keep_failed(errand, serial);
    else if (code == EXIT_FINE)
        (void)unlink(errand->failed_at);
    return code;
}

/* Made and checked. Signed by whom it must be: what is not, another server may have. */
static int use(struct errand *errand, uint32_t serial, bool last, bool *refused)
{
    static const struct tg_trust_keys nobody;
    const struct tg_trust_keys *keys = errand->settings ? &errand->settings->trusted : &nobody;
    struct tg_diags *diags = tg_diags_create();
    struct tg_sealed sealed = {.image = NULL};
    const enum tg_status status = tg_sealed_read(errand->folder->image, NULL, keys, &sealed, diags);
    const struct tg_diag *diag = diags ? tg_diags_get(diags, 0) : NULL;
    int code = ASK_NEXT;

    *refused = status == TG_ETRUST;
    if (status != TG_OK)
        code = no(errand, last, diag ? diag->text : tg_status_text(status));
    else if (errand->output)
        code = place(errand, &sealed);
    tg_sealed_free(&sealed);
    tg_diags_destroy(&diags);
    if (status != TG_OK || errand->output)
        return code;
    return activate(errand, serial);
}

static int make_and_use(
    struct errand *errand, struct tg_zone *zone, uint32_t serial, bool last, bool *refused)
{
    sigset_t before;
    int code = EXIT_BROKEN;

    hold_signals(&before);
    if (make_folder(errand, target(errand))) {
        const bool made = tg_fetch_image(&errand->fetch, zone, serial, errand->folder->image);

        tg_zone_fini(zone);
        code = made ? use(errand, serial, last, refused) : no(errand, last, errand->fetch.why);
        remove_folder(0, errand->folder);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}

static bool is_same(const struct errand *errand, uint32_t serial)
{
    return errand->known && serial == errand->serial && !errand->force;
}

/* By its serial alone: why the one of this server is not wanted; false: it is. */
static bool is_unwanted(const struct errand *errand, uint32_t serial, char why[TG_FETCH_WHY])
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

static int ask(struct errand *errand, const struct tg_server *server, bool last, bool *refused)
{
    struct tg_fetch *fetch = &errand->fetch;
    struct tg_zone zone = {.arena = NULL};
    uint32_t serial = 0;
    bool got = false;
    int code;

    fetch->server = server;
    if (!tg_fetch_serial(fetch, &serial))
        return no(errand, last, fetch->why);
    if (is_same(errand, serial)) {
        if (!errand->quiet)
            printf("zone %s has serial %" PRIu32 ", as the policy that is here\n", fetch->zone_text,
                serial);
        return EXIT_FINE;
    }
    *refused = is_unwanted(errand, serial, fetch->why);
    if (*refused)
        return no(errand, last, fetch->why);
    fetch->progress = tg_progress_start(fetch->zone_text);
    if (tg_zone_init(&zone, fetch->zone) != TG_OK)
        (void)tg_fetch_fail(fetch->why, "out of memory");
    else
        got = tg_fetch_zone(fetch, &zone, &serial);
    tg_progress_stop(&fetch->progress);
    code = got ? make_and_use(errand, &zone, serial, last, refused) : no(errand, last, fetch->why);
    tg_zone_fini(&zone);
    return code;
}

static int ask_all(struct errand *errand)
{
    bool ever_refused = false;

    for (size_t i = 0; i < errand->server_count; i++) {
        bool refused = false;
        const int code = ask(errand, &errand->servers[i], i + 1 == errand->server_count, &refused);

        if (code != ASK_NEXT)
            return code;
        ever_refused = ever_refused || refused;
    }
    return ever_refused ? EXIT_FINDINGS : EXIT_BROKEN;
}

/* One that cannot be read is to be replaced by any. */
static void look_at_present(struct errand *errand)
{
    struct tg_image *image = NULL;
    const enum tg_status status = tg_image_open_quick(target(errand), &image, NULL);

    if (status == TG_ENOMEM)
        tg_out_of_memory();
    errand->known = status == TG_OK;
    if (errand->known)
        errand->serial = tg_image_meta(image)->serial;
    tg_image_close(&image);
}

static void look_at_failed(struct errand *errand)
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

/* As the module does: without settings that somebody has named, or installed, there are no keys. */
static bool read_settings(struct errand *errand, const char *conf, struct tg_diags *diags)
{
    const char *path = tg_conf_path(conf);

    if (errand->output && strcmp(path, TG_DEFAULT_CONF) == 0 && access(path, F_OK) != 0)
        return true;
    errand->settings = tg_settings_find(conf, diags);
    return errand->settings != NULL;
}

static int prepare(struct errand *errand, const struct tg_parsed *p)
{
    struct tg_diags *diags = tg_diags_create();
    const bool good = diags != NULL && tg_tsig_read(p->value[TSIG], &errand->fetch.key, diags) &&
                      read_settings(errand, p->value[SETTINGS], diags);

    if (!diags)
        tg_out_of_memory();
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
    errand->folder = calloc(1, sizeof(*errand->folder));
    if (!errand->folder || on_exit(remove_folder, errand->folder) != 0)
        tg_out_of_memory();
    if (!good)
        return EXIT_BROKEN;
    look_at_present(errand);
    look_at_failed(errand);
    return ask_all(errand);
}

/* -1 to go on. */
static int read_servers(
    const struct tg_command *self, const struct tg_parsed *p, struct errand *errand)
{
    for (size_t i = 0; i < p->many_count; i++)
        if (!tg_server_parse(p->many[i], &errand->servers[i]))
            return tg_text_usage(self, "'%s' is neither an address nor ADDRESS@PORT", p->many[i]);
    errand->server_count = p->many_count;
    return -1;
}

static int read_numbers(
    const struct tg_command *self, const struct tg_parsed *p, struct errand *errand)
{
    uint64_t timeout = TIMEOUT_DEFAULT;
    int code =
        tg_activation_option(self, p->value[KEEP], "keep", TG_KEEP_MAX, &errand->activation.keep);

    if (code < 0)
        code = tg_activation_option(
            self, p->value[WAIT], "wait", TG_WAIT_MAX, &errand->activation.wait);
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
    struct errand errand = {.activation = {.keep = TG_KEEP_DEFAULT, .wait = TG_WAIT_DEFAULT}};
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
