/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard sign: signatures of images, as minisign makes them. */
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fileio.h"
#include "tools/log.h"
#include "tools/secret.h"
#include "tools/tool.h"

enum { SECRET, EXPIRES, SIGNATURE, PASSWORD_FILE, QUIET };
static const struct tg_option options[] = {
    [SECRET] = {"secret-key", 's', "KEY", "the key to sign with"},
    [EXPIRES] = {"expires", 'e', "WHEN", "2027-01-31, its last day, or 90d from now; else never"},
    [SIGNATURE] = {"signature", 'x', "FILE", "where it goes; else IMAGE.minisig"},
    [PASSWORD_FILE] = {"password-file", 'f', "FILE", "the key's password is its first line"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when all is well"},
    {0},
};

struct errand {
    struct tg_secret secret;
    int64_t expires; /* 0: never */
    const char *signature;
    bool quiet;
};

/* -1 to go on. A day counts until it is over, as in a policy's 'until'. */
static int read_expires(const struct tg_command *self, const char *text, int64_t *expires)
{
    uint64_t span;
    uint32_t day;

    *expires = 0;
    if (!text)
        return -1;
    if (tg_parse_day(text, &day))
        *expires = ((int64_t)day + 1) * 86400;
    else if (tg_parse_span(text, &span) && span > 0)
        *expires = (int64_t)tg_now() + (int64_t)span;
    else
        return tg_text_usage(self,
            "'%s' is neither a day as YYYY-MM-DD nor a span as 90d or 12h (s, m, h, d, w)", text);
    if (*expires <= (int64_t)tg_now())
        return tg_text_usage(self, "'%s' is over already", text);
    return -1;
}

/* False after saying why. */
static bool read_secret(const char *path, const char *password_file, struct tg_secret *secret)
{
    char password[TG_PASSWORD_MAX] = "";
    struct tg_secret_file file;
    const char *wrong = NULL;
    size_t len = 0;
    char *text = tg_secret_slurp(path, &len);
    bool got = text != NULL;

    if (got)
        wrong = tg_secret_parse(text, len, &file);
    if (got && !wrong && file.encrypted)
        got = tg_password(password_file, path, false, password);
    if (got && !wrong)
        wrong = tg_secret_unlock(&file, password, secret);
    if (wrong)
        fprintf(stderr, "%s: error: %s\n", path, wrong);
    tg_secret_wipe(password, sizeof(password));
    tg_secret_wipe(&file, sizeof(file));
    if (text)
        tg_secret_wipe(text, len);
    free(text);
    return got && !wrong;
}

static bool write_signature(const char *path, const char *text)
{
    const int error = tg_newfile_put(path, 0, text, strlen(text));

    if (error != 0)
        fprintf(stderr, "%s: error: cannot write: %s\n", path, strerror(error));
    return error == 0;
}

static bool sign_image(
    const struct errand *errand, const struct tg_image *image, const char *path, const char *to)
{
    const struct tg_image_meta *meta = tg_image_meta(image);
    struct tg_trust_claim claim = {
        .serial = meta->serial, .created = meta->created, .expires = errand->expires};
    char comment[TG_TRUST_CLAIM_MAX], text[TG_SIGNATURE_MAX], id[17], when[32];
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;
    const uint8_t *octets = tg_image_octets(image, &len);

    if (EVP_Digest(octets, len, digest, NULL, EVP_sha256(), NULL) != 1)
        tg_out_of_memory();
    memcpy(claim.sha256, digest, sizeof(claim.sha256));
    if (tg_trust_claim_format(&claim, comment) == 0) {
        fprintf(stderr,
            "%s: error: cannot be signed: it was made, or expires, in no year from 1970 "
            "to 9999\n",
            path);
        return false;
    }
    tg_secret_sign(&errand->secret, octets, len, comment, text);
    if (!write_signature(to, text))
        return false;
    if (!errand->quiet)
        printf("%s: serial %" PRIu32 ", %s%s, by key %s\n", to, claim.serial,
            claim.expires ? "expires " : "never expires",
            claim.expires ? tg_text_time(claim.expires, when) : "",
            tg_trust_id(errand->secret.id, id));
    return true;
}

/* Only what a resolver would take: it reads the whole image first. */
static bool sign(const struct errand *errand, const char *path)
{
    char beside[TG_TRUST_PATH_MAX];
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;
    const char *to = errand->signature ? errand->signature : beside;
    const enum tg_status status = tg_image_open(path, &image, diags);
    bool done = false;

    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        fprintf(stderr, "%s: error: %s\n", path, tg_status_text(status));
    tg_text_diags(diags, false);
    if (snprintf(beside, sizeof(beside), "%s" TG_TRUST_SUFFIX, path) >= (int)sizeof(beside))
        fprintf(stderr, "%s: error: %s\n", path, strerror(ENAMETOOLONG));
    else if (status == TG_OK)
        done = sign_image(errand, image, path, to);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return done;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct errand errand = {.expires = 0};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, INT32_MAX, &p);

    if (code < 0)
        code = read_expires(self, p.value[EXPIRES], &errand.expires);
    if (code >= 0)
        return code;
    if (!p.value[SECRET])
        return tg_text_usage(self, "by which key? Give -s KEY");
    if (p.value[SIGNATURE] && p.argc > 1)
        return tg_text_usage(self, "-x names one signature, but there are %d images", p.argc);
    errand.signature = p.value[SIGNATURE];
    errand.quiet = p.value[QUIET] != NULL;
    if (!tg_secret_init() || !read_secret(p.value[SECRET], p.value[PASSWORD_FILE], &errand.secret))
        return EXIT_BROKEN;
    code = EXIT_FINE;
    for (int i = 0; i < p.argc; i++)
        if (!sign(&errand, p.argv[i]))
            code = EXIT_BROKEN;
    tg_secret_wipe(&errand, sizeof(errand));
    return code;
}

const struct tg_command tg_cmd_sign = {
    .name = "sign",
    .arguments = "-s KEY IMAGE...",
    .summary = "Sign images, so that resolvers take them that trust the key.",
    .example = "tldguard sign -s ~/policy.key --expires 90d policy.cdb",
    .options = options,
    .run = run,
};
