/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Preloaded into a program: when that ends, looks through all that it could write to for what
 * should have been wiped, and appends a line to a file for each thing found, and one for having
 * looked.
 *
 *   WIPED_SECRETS  hexadecimal digits, of octets that are each XORed with 0x55, so that they are
 * not found here; several with commas between them WIPED_TO       the file
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MASK       0x55
#define SECRETS    8
#define SECRET_MAX 256
#define MAPS_MAX   (256 * 1024)

struct secret {
    uint8_t masked[SECRET_MAX];
    size_t len;
};

static size_t read_secrets(const char *text, struct secret secrets[SECRETS])
{
    size_t count = 0;
    unsigned octet;

    while (text && *text && count < SECRETS) {
        struct secret *secret = &secrets[count++];

        for (secret->len = 0; secret->len < SECRET_MAX && sscanf(text, "%2x", &octet) == 1;
             text += 2)
            secret->masked[secret->len++] = (uint8_t)octet;
        text += *text == ',';
    }
    return count;
}

static bool is_at(const struct secret *secret, const volatile uint8_t *at)
{
    for (size_t i = 0; i < secret->len; i++)
        if ((at[i] ^ MASK) != secret->masked[i])
            return false;
    return true;
}

static void look(int to, const struct secret *secret, size_t number, uintptr_t from, uintptr_t end,
    const char *where)
{
    const volatile uint8_t *at = (const volatile uint8_t *)from;

    for (uintptr_t left = end - from; left >= secret->len; left--, at++)
        if (is_at(secret, at))
            (void)dprintf(to, "secret %zu is in %s\n", number, *where ? where : "memory");
}

static char *read_maps(void)
{
    char *maps = calloc(1, MAPS_MAX);
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got;

    while (maps && fd >= 0 && (got = read(fd, maps + len, MAPS_MAX - 1 - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        (void)close(fd);
    return maps;
}

__attribute__((destructor)) static void look_around(void)
{
    const char *path = getenv("WIPED_TO");
    const int to = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    struct secret secrets[SECRETS];
    const size_t count = read_secrets(getenv("WIPED_SECRETS"), secrets);
    char *maps = read_maps();
    unsigned long from, end;
    char rights[8], where[256];
    size_t looked = 0;

    if (to < 0 || !maps)
        return;
    for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
        where[0] = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &end, rights, where) < 3 ||
            strncmp(rights, "rw", 2) != 0)
            continue;
        looked++;
        for (size_t i = 0; i < count; i++)
            look(to, &secrets[i], i + 1, from, end, where);
    }
    (void)dprintf(to, "looked for %zu in %zu\n", count, looked);
    free(maps);
}
