/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Times as people read them and ask for them. */
#include <inttypes.h>
#include <string.h>

#include "tools/log.h"

#define MICRO 1000000

const char *tg_text_stamp(int64_t time, char buf[40])
{
    const int64_t seconds = time / MICRO - (time % MICRO < 0);
    char whole[32];
    size_t len;

    (void)tg_text_time(seconds, whole);
    len = strlen(whole);
    if (len > 0 && whole[len - 1] == 'Z')
        whole[len - 1] = '\0';
    (void)snprintf(buf, 40, "%.31s.%03dZ", whole, (int)((time - seconds * MICRO) / 1000));
    return buf;
}

bool tg_parse_span(const char *text, uint64_t *seconds)
{
    static const char units[] = "smhdw";
    static const uint64_t lengths[] = {1, 60, 3600, 86400, 604800};
    const size_t len = strlen(text);
    char number[16];
    const char *unit;
    uint64_t count;

    if (len < 2 || len > 8)
        return false;
    unit = strchr(units, text[len - 1]);
    memcpy(number, text, len - 1);
    number[len - 1] = '\0';
    if (!unit || !tg_parse_count(number, &count))
        return false;
    *seconds = count * lengths[unit - units];
    return true;
}

const char *tg_text_span(uint64_t seconds, char buf[32])
{
    if (seconds < 120)
        (void)snprintf(buf, 32, "%" PRIu64 "s", seconds);
    else if (seconds < 7200)
        (void)snprintf(buf, 32, "%" PRIu64 "m", (seconds + 30) / 60);
    else if (seconds < UINT64_C(2) * 86400)
        (void)snprintf(buf, 32, "%" PRIu64 "h", (seconds + 1800) / 3600);
    else
        (void)snprintf(buf, 32, "%" PRIu64 "d", (seconds + 43200) / 86400);
    return buf;
}
