/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "mix.h"

#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

void tg_salt_make(struct tg_salt *salt)
{
    struct timespec now = {0, 0};

    if (getrandom(salt, sizeof(*salt), GRND_NONBLOCK) != (ssize_t)sizeof(*salt)) {
        /* When, and where in memory: nobody waits for more. */
        (void)clock_gettime(CLOCK_REALTIME, &now);
        salt->start = tg_mix((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec,
            0x9e3779b97f4a7c15u ^ (uintptr_t)salt);
        salt->factor = tg_mix(salt->start ^ (uintptr_t)&now, 0x9fb21c651e98df25u);
    }
    salt->factor |= 1;
}

uint64_t tg_mix_octets(const struct tg_salt *salt, const void *octets, size_t len)
{
    uint64_t hash = salt->start ^ len;

    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t part = 0;

        memcpy(
            &part, (const uint8_t *)octets + at, len - at < sizeof(part) ? len - at : sizeof(part));
        hash = tg_mix(hash ^ part, salt->factor);
    }
    return hash;
}
