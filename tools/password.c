/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Passwords: from the terminal, unseen, or from a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/secret.h"

/* One line, without buffers that would keep it. 1: there it is, 0: there is none, -1: errno. */
static int read_line(int fd, char password[TG_PASSWORD_MAX])
{
    size_t len = 0;
    char c = '\0';

    for (;;) {
        const ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0 || c == '\n')
            break;
        if (len == TG_PASSWORD_MAX - 1 || c == '\0') {
            errno = EINVAL;
            return -1;
        }
        password[len++] = c;
    }
    if (len > 0 && password[len - 1] == '\r')
        len--;
    password[len] = '\0';
    return len > 0 || c == '\n';
}

static bool complain(const char *where, int got)
{
    if (got == 0)
        fprintf(stderr, "%s: error: no password in it\n", where);
    else
        fprintf(stderr, "%s: error: cannot read the password: %s\n", where,
            errno == EINVAL ? "a line of at most 1023 characters is one" : strerror(errno));
    return false;
}

static bool from_file(const char *path, char password[TG_PASSWORD_MAX])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int got;

    if (fd < 0)
        return complain(path, -1);
    got = read_line(fd, password);
    if (got <= 0)
        (void)complain(path, got);
    (void)close(fd);
    return got > 0;
}

/* Signals of the keyboard wait until the terminal is as it was. */
static int ask_once(int tty, const char *question, const char *what, char password[TG_PASSWORD_MAX])
{
    struct termios before, quiet;
    int got;

    if (tcgetattr(tty, &before) != 0)
        return -1;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
        return -1;
    (void)dprintf(tty, "%s %s: ", question, what);
    got = read_line(tty, password);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    (void)dprintf(tty, "\n");
    return got;
}

static bool ask(int tty, const char *what, bool twice, char password[TG_PASSWORD_MAX])
{
    char again[TG_PASSWORD_MAX];
    int got = ask_once(tty, twice ? "New password for" : "Password for", what, password);
    bool same = true;

    if (got > 0 && twice && password[0] != '\0') {
        got = ask_once(tty, "The same again for", what, again);
        same = got > 0 && strcmp(password, again) == 0;
        tg_secret_wipe(again, sizeof(again));
    }
    if (got <= 0)
        return complain("terminal", got);
    if (!same)
        fputs("tldguard: the two passwords are not the same\n", stderr);
    return same;
}

bool tg_password(const char *file, const char *what, bool twice, char password[TG_PASSWORD_MAX])
{
    bool got;
    int tty;

    if (file) {
        got = from_file(file, password);
    } else {
        tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (tty < 0) {
            fprintf(stderr,
                "tldguard: no terminal to ask for the password of %s; "
                "give --password-file FILE\n",
                what);
            return false;
        }
        got = ask(tty, what, twice, password);
        (void)close(tty);
    }
    if (got && twice && password[0] == '\0') {
        fputs("tldguard: an empty password is none; give --no-password to go without\n", stderr);
        got = false;
    }
    if (!got)
        tg_secret_wipe(password, TG_PASSWORD_MAX);
    return got;
}
