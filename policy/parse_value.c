/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Days and prefixes. */
#include "parse.h"

#define YEAR_MIN 1971 /* day 0 means no end */

static bool is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01; 0 when there is no such day in the Gregorian calendar. */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < YEAR_MIN || month < 1 || month > 12 || day < 1)
        return 0;
    if (day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return 0;
    uint32_t last = year - 1;
    uint32_t days = 365 * (year - 1970) + (last / 4 - last / 100 + last / 400) - 477;
    for (uint32_t m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && is_leap(year));
    return days + day - 1;
}

bool tg_parse_date(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, uint32_t *day)
{
    static const char form[] = "dddd-dd-dd";
    char shown[TG_YAML_SHOW_MAX];
    uint32_t parts[3] = {0};
    if (!tg_yaml_scalar(p->doc, node, key))
        return false;
    tg_yaml_show(node, shown);
    bool good = node->len == sizeof(form) - 1;
    size_t part = 0;
    for (size_t i = 0; i < node->len && good; i++) {
        char c = node->text[i];
        good = form[i] == '-' ? c == '-' : c >= '0' && c <= '9';
        if (form[i] == '-')
            part++;
        else
            parts[part] = parts[part] * 10 + (uint32_t)(c - '0');
    }
    if (!good) {
        tg_yaml_error(p->doc, node->at, "'%s' must be a day as YYYY-MM-DD, not '%s'", key, shown);
        return false;
    }
    uint32_t found = days_of(parts[0], parts[1], parts[2]);
    if (found == 0) {
        tg_yaml_error(p->doc, node->at, "'%s' in '%s' is no day of the calendar from %d on", shown,
            key, YEAR_MIN);
        return false;
    }
    *day = found;
    return true;
}

bool tg_parse_prefix(struct tg_parse *p, const struct tg_yaml_node *node, struct tg_subnet *subnet)
{
    return tg_yaml_prefix(p->doc, node, "subnets", subnet->prefix.octets, &subnet->length);
}
