/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Addresses and prefixes in text. */
#include <arpa/inet.h>
#include <string.h>

#include "yaml.h"

#define V4_BITS 96 /* in front of an IPv4 address (RFC 4291 2.5.5.2) */

static void prefix_error(
    struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key, const char *fault)
{
    char shown[TG_YAML_SHOW_MAX];
    tg_yaml_error(doc, node->at, "'%s' in '%s' %s", tg_yaml_show(node, shown), key, fault);
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
static void host_bits_error(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    bool v4, const uint8_t octets[16], const char *address, int length)
{
    char right[INET6_ADDRSTRLEN];
    char shown[TG_YAML_SHOW_MAX];
    inet_ntop(v4 ? AF_INET : AF_INET6, octets + (v4 ? 12 : 0), right, sizeof(right));
    tg_yaml_error(doc, node->at,
        "'%s' in '%s' has bits behind its length; write '%s/%d', or '%s' for that address alone",
        tg_yaml_show(node, shown), key, right, length, address);
}

/* The address in text, as IPv6; false after an error. */
static bool read_address(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    const char *text, uint8_t octets[16], bool *v4)
{
    struct in6_addr v6;
    *v4 = inet_pton(AF_INET, text, octets + 12) == 1;
    if (*v4) {
        octets[10] = octets[11] = 0xff;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6) != 1) {
        prefix_error(
            doc, node, key, "is no IP address or prefix, such as 192.0.2.0/24 or 2001:db8::/32");
        return false;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        prefix_error(doc, node, key, "is an IPv4 address in IPv6 form; write it as IPv4");
        return false;
    }
    memcpy(octets, &v6, sizeof(v6));
    return true;
}

bool tg_yaml_prefix(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    uint8_t octets[16], uint8_t *length)
{
    char text[INET6_ADDRSTRLEN + 8] = "";
    uint8_t found[16] = {0};
    bool v4;
    if (!tg_yaml_scalar(doc, node, key))
        return false;
    if (node->len < sizeof(text) && !memchr(node->text, '\0', node->len))
        memcpy(text, node->text, node->len); /* else no address: the error says so */
    char *slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    if (!read_address(doc, node, key, text, found, &v4))
        return false;
    int max = v4 ? 32 : 128;
    int bits = slash ? read_length(slash + 1, max) : max;
    if (bits < 0) {
        prefix_error(doc, node, key,
            v4 ? "needs a length from 0 to 32 behind the '/'"
               : "needs a length from 0 to 128 behind the '/'");
        return false;
    }
    unsigned all = (unsigned)bits + (v4 ? V4_BITS : 0);
    if (clear_behind(found, all)) {
        host_bits_error(doc, node, key, v4, found, text, bits);
        return false;
    }
    memcpy(octets, found, sizeof(found));
    *length = (uint8_t)all;
    return true;
}
