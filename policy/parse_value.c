/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Days and prefixes. */
#include <arpa/inet.h>
#include <string.h>

#include "parse.h"

#define YEAR_MIN 1971 /* day 0 means no end */
#define V4_BITS  96   /* in front of an IPv4 address (RFC 4291 2.5.5.2) */

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

static void prefix_error(struct tg_parse *p, const struct tg_yaml_node *node, const char *fault)
{
    char shown[TG_YAML_SHOW_MAX];
    tg_yaml_error(p->doc, node->at, "'%s' in 'subnets' %s", tg_yaml_show(node, shown), fault);
}

/* The number behind the slash, 0 .. max; -1 for anything else. */
static int read_length(const char *text, int max)
{
    int length = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
        return -1;
    for (; *text; text++)
        length = length * 10 + (*text - '0');
    return length <= max ? length : -1;
}

/* Clears the bits behind the length; true when one was set. */
static bool clear_behind(uint8_t octets[16], unsigned length)
{
    bool any = false;
    for (unsigned bit = length; bit < 128; bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        any = any || (octets[bit / 8] & mask) != 0;
        octets[bit / 8] &= (uint8_t)~mask;
    }
    return any;
}

/* Says which prefix was meant, of the two it may be. */
static void host_bits_error(struct tg_parse *p, const struct tg_yaml_node *node, bool v4,
    const uint8_t octets[16], const char *address, int length)
{
    char right[INET6_ADDRSTRLEN];
    char shown[TG_YAML_SHOW_MAX];
    inet_ntop(v4 ? AF_INET : AF_INET6, octets + (v4 ? 12 : 0), right, sizeof(right));
    tg_yaml_error(p->doc, node->at,
        "'%s' in 'subnets' has bits behind its length; write '%s/%d', or '%s' for that address "
        "alone",
        tg_yaml_show(node, shown), right, length, address);
}

/* The address in text, as IPv6; false after an error. */
static bool read_address(struct tg_parse *p, const struct tg_yaml_node *node, const char *text,
    struct tg_address *address, bool *v4)
{
    struct in6_addr v6;
    *v4 = inet_pton(AF_INET, text, address->octets + 12) == 1;
    if (*v4) {
        address->octets[10] = address->octets[11] = 0xff;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6) != 1) {
        prefix_error(p, node, "is no IP address or prefix, such as 192.0.2.0/24 or 2001:db8::/32");
        return false;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        prefix_error(p, node, "is an IPv4 address in IPv6 form; write it as IPv4");
        return false;
    }
    memcpy(address->octets, &v6, sizeof(address->octets));
    return true;
}

bool tg_parse_prefix(struct tg_parse *p, const struct tg_yaml_node *node, struct tg_subnet *subnet)
{
    char text[INET6_ADDRSTRLEN + 8] = "";
    struct tg_address found = {{0}};
    bool v4;
    if (!tg_yaml_scalar(p->doc, node, "subnets"))
        return false;
    if (node->len < sizeof(text) && !memchr(node->text, '\0', node->len))
        memcpy(text, node->text, node->len); /* else no address: the error says so */
    char *slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    if (!read_address(p, node, text, &found, &v4))
        return false;
    int max = v4 ? 32 : 128;
    int length = slash ? read_length(slash + 1, max) : max;
    if (length < 0) {
        prefix_error(p, node,
            v4 ? "needs a length from 0 to 32 behind the '/'"
               : "needs a length from 0 to 128 behind the '/'");
        return false;
    }
    unsigned bits = (unsigned)length + (v4 ? V4_BITS : 0);
    if (clear_behind(found.octets, bits)) {
        host_bits_error(p, node, v4, found.octets, text, length);
        return false;
    }
    subnet->prefix = found;
    subnet->length = (uint8_t)bits;
    return true;
}
