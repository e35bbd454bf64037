/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Times as events tell them. */
#include "tools/log.h"

#define MICRO 1000000

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar. The year starts in March,
 * so that the leap day is its last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400, in_era = y - era * 400;
    const int64_t in_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool two(const char *at, unsigned most, unsigned *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
    return *out <= most;
}

/* "2026-11-22", of ten octets. */
static bool read_date(const char *at, int64_t *days)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned high, low, month, day, year;

    if (at[4] != '-' || at[7] != '-' || !two(at, 99, &high) || !two(at + 2, 99, &low) ||
        !two(at + 5, 12, &month) || !two(at + 8, 31, &day) || month == 0 || day == 0)
        return false;
    year = high * 100 + low;
    if (day > lengths[month - 1] &&
        !(month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
        return false;
    *days = days_of(year, month, day);
    return true;
}

/* What follows the seconds: a fraction, and Z or an offset; in microseconds. */
static bool read_rest(const char *at, const char *end, int64_t *micro)
{
    int64_t unit = MICRO / 10, sum = 0;
    unsigned hours, minutes;

    if (at < end && *at == '.') {
        const char *digits = ++at;
        for (; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10)
            sum += (*at - '0') * unit;
        if (at == digits)
            return false;
    }
    if (end - at == 6 && (*at == '+' || *at == '-') && at[3] == ':' && two(at + 1, 23, &hours) &&
        two(at + 4, 59, &minutes)) {
        const int64_t offset = ((int64_t)hours * 60 + minutes) * 60 * MICRO;
        sum += *at == '+' ? -offset : offset;
    } else if (end - at != 1 || *at != 'Z') {
        return false;
    }
    *micro = sum;
    return true;
}

bool tg_parse_stamp(struct tg_slice text, int64_t *time)
{
    unsigned hour, minute, second;
    int64_t days, micro;

    /* A second may be a leap second. */
    if (text.len < 20 || text.at[10] != 'T' || text.at[13] != ':' || text.at[16] != ':' ||
        !read_date(text.at, &days) || !two(text.at + 11, 23, &hour) ||
        !two(text.at + 14, 59, &minute) || !two(text.at + 17, 60, &second) ||
        !read_rest(text.at + 19, text.at + text.len, &micro))
        return false;
    *time = ((days * 24 + hour) * 60 + minute) * 60 * MICRO + (int64_t)second * MICRO + micro;
    return true;
}
