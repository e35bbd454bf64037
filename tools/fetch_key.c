/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The file of a TSIG key, as one of three servers has it:
 *
 *     key "name" { algorithm hmac-sha256; secret "base64"; };          BIND, tsig-keygen
 *     key:  name: "name"  algorithm: hmac-sha256  secret: "base64"     NSD, a line each
 *     key:  - id: name  algorithm: hmac-sha256  secret: base64         Knot, keymgr -t, so too
 *
 * As words they are alike: a keyword, and what it is. Messages never show a word, which may be the
 * secret.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/yaml.h"
#include "tools/fetch.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

/* A word of the file, and where it is. */
struct word {
    const char *text;
    size_t len;
    unsigned line, col; /* 1.. */
};

struct reader {
    const char *path;
    struct tg_diags *diags;
    const char *at, *end, *line_start;
    unsigned line;
    bool braces; /* BIND's form: a colon is no separator */
    struct word name, algorithm, secret;
    unsigned keys;
};

static bool fail_at(const struct reader *r, const struct word *word, const char *text)
{
    tg_diags_add(r->diags, TG_DIAG_ERROR, r->path, word ? word->line : 0, word ? word->col : 0,
        NULL, "%s", text);
    return false;
}

/* Over space and comments: "#" and "//" to the end of the line, and C's. */
static void skip(struct reader *r)
{
    while (r->at < r->end) {
        const size_t left = (size_t)(r->end - r->at);

        if (*r->at == '\n') {
            r->line++;
            r->line_start = ++r->at;
        } else if (*r->at == '#' || (left > 1 && memcmp(r->at, "//", 2) == 0)) {
            const char *end = memchr(r->at, '\n', left);
            r->at = end ? end : r->end;
        } else if (left > 1 && memcmp(r->at, "/*", 2) == 0) {
            for (r->at += 2; r->end - r->at > 1 && memcmp(r->at, "*/", 2) != 0; r->at++)
                if (*r->at == '\n') {
                    r->line++;
                    r->line_start = r->at + 1;
                }
            r->at = r->end - r->at > 1 ? r->at + 2 : r->end;
        } else if (strchr(r->braces ? " \t\r{};" : " \t\r:", *r->at) && *r->at != '\0') {
            r->at++;
        } else if (!r->braces && *r->at == '-' && (left == 1 || r->at[1] == ' ')) {
            r->at++; /* an item of YAML */
        } else {
            return;
        }
    }
}

/* False at the end. A quoted word ends at its quote, at the latest at the end of the line. */
static bool next_word(struct reader *r, struct word *word)
{
    const char *stop = r->braces ? " \t\r\n{};\"" : " \t\r\n:\"";

    skip(r);
    if (r->at == r->end)
        return false;
    *word = (struct word){r->at, 0, r->line, (unsigned)(r->at - r->line_start) + 1};
    if (*r->at == '"') {
        word->text++;
        stop = "\"\n";
    }
    for (r->at = word->text; r->at < r->end && *r->at != '\0' && !strchr(stop, *r->at);)
        r->at++;
    word->len = (size_t)(r->at - word->text);
    if (r->at < r->end && (*r->at == '"' || *r->at == '\0'))
        r->at++;
    return true;
}

static bool is(const struct word *word, const char *text)
{
    return word->len == strlen(text) && strncasecmp(word->text, text, word->len) == 0;
}

static bool read_words(struct reader *r)
{
    struct word word, *value;

    while (next_word(r, &word)) {
        value = NULL;
        if (is(&word, "key")) {
            if (++r->keys > 1)
                return fail_at(r, &word, "there is more than one key in it: leave the one to use");
            if (r->braces)
                value = &r->name;
            else
                continue;
        } else if (!r->braces && (is(&word, "name") || is(&word, "id"))) {
            value = &r->name;
        } else if (is(&word, "algorithm")) {
            value = &r->algorithm;
        } else if (is(&word, "secret")) {
            value = &r->secret;
        }
        if (!value)
            return fail_at(r, &word, "is no keyword of a key: name, algorithm and secret are");
        if (value->len > 0)
            return fail_at(r, &word, "is said twice");
        if (!next_word(r, value) || value->len == 0)
            return fail_at(r, &word, "nothing follows this keyword");
    }
    if (r->name.len == 0 || r->algorithm.len == 0 || r->secret.len == 0)
        return fail_at(r, NULL,
            "is no key: a name, an algorithm and a secret are, as tsig-keygen(8) prints them");
    return true;
}

static bool read_name(const struct reader *r, struct tg_tsig *out)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len;

    if (tg_dname_from_text(r->name.text, r->name.len, wire, &len, NULL) != TG_OK || len == 1)
        return fail_at(r, &r->name, "the name of a key is written as that of a host");
    (void)tg_dname_to_text(wire, len, out->name);
    strcat(out->name, ".");
    return true;
}

/* What ldns 1.8 can do and still counts as safe; its hmac-sha384 has a slip in the name. */
static bool read_algorithm(const struct reader *r, struct tg_tsig *out)
{
    static const char *const known[] = {"hmac-sha256", "hmac-sha512"};
    struct word word = r->algorithm;

    if (word.len > 1 && word.text[word.len - 1] == '.')
        word.len--;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (is(&word, known[i])) {
            (void)snprintf(out->algorithm, sizeof(out->algorithm), "%s.", known[i]);
            return true;
        }
    return fail_at(r, &r->algorithm,
        "is an algorithm that is not known here; hmac-sha256 is, and hmac-sha512");
}

static bool read_secret(const struct reader *r, struct tg_tsig *out)
{
    uint8_t octets[TG_TSIG_SECRET_MAX];
    size_t len = 0;
    const bool good = r->secret.len < sizeof(out->secret) &&
                      sodium_base642bin(octets, sizeof(octets), r->secret.text, r->secret.len, NULL,
                          &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
                      len > 0;

    sodium_memzero(octets, sizeof(octets));
    if (!good)
        return fail_at(r, &r->secret, "the secret is not written in base64, or is too long");
    memcpy(out->secret, r->secret.text, r->secret.len);
    out->secret[r->secret.len] = '\0';
    return true;
}

/* As sshd does with the keys of a host. */
static bool is_private(const struct reader *r)
{
    struct stat st;

    if (stat(r->path, &st) != 0) {
        tg_diags_add(
            r->diags, TG_DIAG_ERROR, r->path, 0, 0, NULL, "cannot read: %s", strerror(errno));
        return false;
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        tg_diags_add(r->diags, TG_DIAG_ERROR, r->path, 0, 0, NULL,
            "others can read or write this key (mode %04o), and so it is not used: chmod 600 it",
            (unsigned)st.st_mode & 07777u);
        return false;
    }
    return true;
}

bool tg_tsig_read(const char *path, struct tg_tsig *out, struct tg_diags *diags)
{
    struct reader r = {.path = path, .diags = diags, .line = 1};
    char *text = NULL;
    size_t len = 0;
    bool done;
    int error;

    memset(out, 0, sizeof(*out));
    if (!is_private(&r))
        return false;
    error = tg_yaml_file(path, KEY_FILE_MAX, true, &text, &len);
    if (error != 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot read: %s",
            error == EINVAL  ? "not a regular file"
            : error == EFBIG ? "too large for a key"
                             : strerror(error));
        return false;
    }
    r.at = r.line_start = text;
    r.end = text + len;
    r.braces = memchr(text, '{', len) != NULL;
    done = read_words(&r) && read_name(&r, out) && read_algorithm(&r, out) && read_secret(&r, out);
    sodium_memzero(text, len);
    free(text);
    return done;
}
