/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard keygen: a pair of keys to sign policies with. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/fileio.h"
#include "tools/secret.h"
#include "tools/tool.h"

enum { NO_PASSWORD, PASSWORD_FILE, FORCE };
static const struct tg_option options[] = {
    [NO_PASSWORD] = {"no-password", 'W', NULL, "whoever has the file can sign: no password"},
    [PASSWORD_FILE] = {"password-file", 'f', "FILE", "the password is its first line"},
    [FORCE] = {"force", 'F', NULL, "replace keys that are there"},
    {0},
};

static bool complain(const char *path, int error)
{
    fprintf(stderr, "%s: error: cannot write: %s\n", path, strerror(error));
    return false;
}

/* Takes a name that nobody has, so that no key is ever lost by mistake. */
static bool reserve(const char *path, bool *ours)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    *ours = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fprintf(stderr, "%s: error: is there already; give --force to replace it\n", path);
    else if (fd < 0)
        (void)complain(path, errno);
    else
        (void)close(fd);
    return *ours;
}

static bool write_file(const char *path, const char *text, mode_t mode)
{
    const int error = tg_newfile_put(path, mode, text, strlen(text));

    return error == 0 || complain(path, error);
}

struct names {
    const char *secret;
    char public[TG_PATH_MAX];
};

static bool write_both(
    const struct names *names, const char *secret, const char *public, bool force)
{
    bool have_secret = false, have_public = false;
    bool done =
        force || (reserve(names->secret, &have_secret) && reserve(names->public, &have_public));

    done =
        done && write_file(names->secret, secret, 0600) && write_file(names->public, public, 0644);
    if (!done && have_secret)
        (void)unlink(names->secret);
    if (!done && have_public)
        (void)unlink(names->public);
    return done;
}

static int make(const struct names *names, const char *password, bool force)
{
    char text[TG_SECRET_FILE_MAX], public[TG_PUBLIC_FILE_MAX], key[64];
    struct tg_secret secret;
    bool done;

    tg_secret_make(&secret);
    done = tg_secret_write(&secret, password, text);
    if (!done)
        fputs("tldguard: out of memory: a password needs a gigabyte of it\n", stderr);
    tg_secret_public(&secret, public, key);
    done = done && write_both(names, text, public, force);
    tg_secret_wipe(&secret, sizeof(secret));
    tg_secret_wipe(text, sizeof(text));
    if (done)
        printf("%s: the secret key, for whoever signs\n%s: the public one, for each resolver:\n"
               "trusted-keys: %s\n",
            names->secret, names->public, key);
    return done ? EXIT_FINE : EXIT_BROKEN;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    char password[TG_PASSWORD_MAX];
    struct names names;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);
    bool plain;

    if (code >= 0)
        return code;
    plain = p.value[NO_PASSWORD] != NULL;
    if (plain && p.value[PASSWORD_FILE])
        return tg_text_usage(self, "--no-password and --password-file exclude each other");
    names.secret = p.argv[0];
    if (snprintf(names.public, sizeof(names.public), "%s.pub", names.secret) >=
        (int)sizeof(names.public))
        return tg_text_usage(self, "the name is too long");
    if (!tg_secret_init())
        return EXIT_BROKEN;
    if (!plain && !tg_password(p.value[PASSWORD_FILE], names.secret, true, password))
        return EXIT_BROKEN;
    code = make(&names, plain ? NULL : password, p.value[FORCE] != NULL);
    tg_secret_wipe(password, sizeof(password));
    return code;
}

const struct tg_command tg_cmd_keygen = {
    .name = "keygen",
    .arguments = "KEY",
    .summary = "Make a pair of keys: KEY, which signs, and KEY.pub, which resolvers trust.",
    .example = "tldguard keygen ~/policy.key",
    .options = options,
    .run = run,
};
