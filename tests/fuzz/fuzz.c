/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void fuzz_broken(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

struct fuzz_file fuzz_open(const uint8_t *data, size_t size)
{
    struct fuzz_file file = {.fd = memfd_create("input", MFD_CLOEXEC)};

    FUZZ_HOLDS(file.fd >= 0);
    FUZZ_HOLDS(write(file.fd, data, size) == (ssize_t)size);
    FUZZ_HOLDS(lseek(file.fd, 0, SEEK_SET) == 0);
    (void)snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

void fuzz_close(struct fuzz_file *file)
{
    (void)close(file->fd);
}

const char *fuzz_suffixes(void)
{
    static const char list[] = "com\nml\nom\ncom.om\nil\nco.il\n*.ck\n!www.ck\nexample\n";
    static struct fuzz_file file;

    if (file.path[0] == '\0')
        file = fuzz_open((const uint8_t *)list, sizeof(list) - 1);
    return file.path;
}

uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

uint16_t fuzz_u16(struct fuzz_input *in)
{
    const unsigned high = fuzz_u8(in);

    return (uint16_t)(high << 8 | fuzz_u8(in));
}

uint64_t fuzz_u64(struct fuzz_input *in)
{
    uint64_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 16 | fuzz_u16(in);
    return value;
}

const uint8_t *fuzz_take(struct fuzz_input *in, size_t cap, size_t *len)
{
    const uint8_t *at;

    *len = fuzz_u16(in);
    if (*len > cap)
        *len = cap;
    if (*len > in->left)
        *len = in->left;
    at = in->at;
    in->at += *len;
    in->left -= *len;
    return at;
}

void fuzz_say(const struct tg_diags *diags)
{
    char text[512];

    for (size_t i = 0; i < tg_diags_kept(diags); i++) {
        const size_t len = tg_diag_format(tg_diags_get(diags, i), text, sizeof(text));

        FUZZ_HOLDS(len > 0 && strlen(text) < sizeof(text));
        FUZZ_HOLDS(strchr(text, '\n') == NULL);
    }
}
