/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard verify: would a resolver take this image? By the function that it calls itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tldguard/settings.h"
#include "tools/secret.h"
#include "tools/tool.h"

enum { PUBLIC, PUBLIC_TEXT, CONF, SIGNATURE, QUIET };
static const struct tg_option options[] = {
    [PUBLIC] = {"public-key", 'p', "FILE", "the key to believe, in its file"},
    [PUBLIC_TEXT] = {"public", 'P', "KEY", "the key itself, in base64"},
    [CONF] = {"conf", 'c', "FILE", "believe the trusted-keys of these settings"},
    [SIGNATURE] = {"signature", 'x', "FILE", "the signature; else IMAGE.minisig"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when all is well"},
    {0},
};

static int from_settings(const char *conf, struct tg_trust_keys *keys)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_settings *settings = tg_settings_find(conf, diags);

    if (settings)
        *keys = settings->trusted;
    if (settings && keys->count == 0)
        tg_diags_add(diags, TG_DIAG_ERROR, tg_conf_path(conf), 0, 0, NULL,
            "there are no trusted-keys in it");
    tg_text_diags(diags, false);
    tg_diags_destroy(&diags);
    tg_settings_destroy(&settings);
    return keys->count > 0 ? -1 : EXIT_BROKEN;
}

static int from_file(const char *path, struct tg_trust_keys *keys)
{
    size_t len = 0;
    char *text = tg_secret_slurp(path, &len);
    const char *wrong = text ? tg_trust_key_file(text, len, &keys->key[0]) : NULL;

    if (wrong)
        fprintf(stderr, "%s: error: %s\n", path, wrong);
    keys->count = 1;
    free(text);
    return text && !wrong ? -1 : EXIT_BROKEN;
}

/* -1 to go on. */
static int read_keys(
    const struct tg_command *self, const struct tg_parsed *p, struct tg_trust_keys *keys)
{
    const char *text = p->value[PUBLIC_TEXT], *wrong;
    const int given = (p->value[PUBLIC] != NULL) + (text != NULL) + (p->value[CONF] != NULL);

    if (given > 1)
        return tg_text_usage(self, "-p, -P and -c exclude each other");
    if (p->value[PUBLIC])
        return from_file(p->value[PUBLIC], keys);
    if (!text)
        return from_settings(p->value[CONF], keys);
    wrong = tg_trust_key_parse(text, strlen(text), &keys->key[0]);
    keys->count = 1;
    return wrong ? tg_text_usage(self, "'%s' %s", text, wrong) : -1;
}

static void print_good(
    const char *path, const struct tg_image *image, const struct tg_trusted *trusted)
{
    const struct tg_image_meta *meta = tg_image_meta(image);
    char made[32], end[32], id[17];

    printf("%s: serial %" PRIu32 ", made %s, %s%s, signed by key %s\n", path, meta->serial,
        tg_text_time(meta->created, made), trusted->claim.expires ? "expires " : "never expires",
        trusted->claim.expires ? tg_text_time(trusted->claim.expires, end) : "",
        tg_trust_id(trusted->id, id));
}

/* The exit code. What cannot be read, or was signed but is no image, is not just untrusted. */
static int verify(
    const char *path, const struct tg_trust_keys *keys, const char *signature, bool quiet)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_trusted trusted = {0};
    struct tg_image *image = NULL;
    const enum tg_status status = tg_trust_open(path, keys, signature, &trusted, &image, diags);
    const struct tg_trust_change change = {
        .image = image, .proof = &trusted, .now = (int64_t)tg_now()};
    int code = status == TG_OK ? EXIT_FINE : status == TG_ETRUST ? EXIT_FINDINGS : EXIT_BROKEN;

    if (status == TG_OK && !tg_trust_follows(&change, path, diags))
        code = EXIT_FINDINGS;
    if (code != EXIT_FINE && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        fprintf(stderr, "%s: error: %s\n", path, tg_status_text(status));
    tg_text_diags(diags, false);
    if (code == EXIT_FINE && !quiet)
        print_good(path, image, &trusted);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return code;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_trust_keys keys = {0};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, INT32_MAX, &p);

    if (code < 0)
        code = read_keys(self, &p, &keys);
    if (code >= 0)
        return code;
    if (p.value[SIGNATURE] && p.argc > 1)
        return tg_text_usage(self, "-x names one signature, but there are %d images", p.argc);
    code = EXIT_FINE;
    for (int i = 0; i < p.argc; i++) {
        const int one = verify(p.argv[i], &keys, p.value[SIGNATURE], p.value[QUIET] != NULL);

        if (one > code)
            code = one;
    }
    return code;
}

const struct tg_command tg_cmd_verify = {
    .name = "verify",
    .arguments = "IMAGE...",
    .summary = "Tell whether images are signed by a key that is trusted, and have not expired.",
    .example = "tldguard verify -p policy.key.pub policy.cdb",
    .options = options,
    .run = run,
};
