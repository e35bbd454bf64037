/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/clientid.h"

#include <string.h>

static unsigned u16_at(const uint8_t *octets)
{
    return (unsigned)octets[0] << 8 | octets[1];
}

/* FAMILY, SOURCE PREFIX-LENGTH, SCOPE PREFIX-LENGTH, ADDRESS (RFC 7871 6). */
static bool take_ecs(struct tg_client_ids *ids, const uint8_t *octets, size_t len)
{
    struct tg_id_address found = {0};
    size_t count;

    if (len < 4 || octets[3] != 0)
        return false;
    if (octets[2] == 0)
        return len == 4; /* the client does not want to be told of */
    if (u16_at(octets) != 1 && u16_at(octets) != 2)
        return false;
    found.family = u16_at(octets) == 1 ? 4 : 6;
    found.length = octets[2];
    count = (found.length + 7u) / 8;
    if (found.length > (found.family == 4 ? 32 : 128) || len != 4 + count)
        return false;
    memcpy(found.octets, octets + 4, count);
    if (found.length % 8 != 0 && (found.octets[count - 1] & 0xffu >> found.length % 8) != 0)
        return false;
    if (ids->ecs.family == 0)
        ids->ecs = found;
    return true;
}

static bool take_mac(struct tg_client_ids *ids, const uint8_t *octets, size_t len)
{
    if (len < TG_MAC_MIN || len > TG_MAC_MAX)
        return false;
    if (ids->mac_len == 0) {
        memcpy(ids->mac, octets, len);
        ids->mac_len = (uint8_t)len;
    }
    return true;
}

/* The value of a digit; count when it is none. */
static size_t digit(const char *digits, size_t count, uint8_t octet)
{
    const char *found = memchr(digits, octet, count);

    return found ? (size_t)(found - digits) : count;
}

/* Six octets are eight digits, without padding (RFC 4648 4). */
static bool take_base64(struct tg_client_ids *ids, const uint8_t *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t bits = 0;
    uint8_t mac[6];

    for (size_t i = 0; i < 8; i++) {
        const size_t value = digit(digits, 64, text[i]);

        if (value == 64)
            return false;
        bits = bits << 6 | value;
    }
    for (size_t i = 0; i < sizeof(mac); i++)
        mac[i] = (uint8_t)(bits >> (40 - 8 * i));
    return take_mac(ids, mac, sizeof(mac));
}

/* "00:00:5e:00:53:23" */
static bool take_colons(struct tg_client_ids *ids, const uint8_t *text)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    uint8_t mac[6];

    for (size_t i = 0; i < sizeof(mac); i++, text += 3) {
        const size_t high = digit(digits, 32, text[0]);
        const size_t low = digit(digits, 32, text[1]);

        if (high == 32 || low == 32 || (i < 5 && text[2] != ':'))
            return false;
        mac[i] = (uint8_t)((high & 0xf) << 4 | (low & 0xf));
    }
    return take_mac(ids, mac, sizeof(mac));
}

static bool take_device_id(struct tg_client_ids *ids, const uint8_t *octets, size_t len)
{
    switch (len) {
    case 8:
        return take_base64(ids, octets);
    case 17:
        return take_colons(ids, octets);
    default:
        return false;
    }
}

static bool take_cpe_id(struct tg_client_ids *ids, const uint8_t *octets, size_t len)
{
    if (len == 0 || len > TG_CPE_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (octets[i] < 0x20 || octets[i] > 0x7e)
            return false;
    if (ids->cpe_id_len == 0) {
        memcpy(ids->cpe_id, octets, len);
        ids->cpe_id_len = (uint8_t)len;
    }
    return true;
}

/* Type and value; that the length is not told is why each type has its own. */
enum umbrella {
    UMBRELLA_ASSET = 0x0004, /* not for general use, says Cisco: skipped */
    UMBRELLA_ORGANIZATION = 0x0008,
    UMBRELLA_IPV4 = 0x0010,
    UMBRELLA_IPV6 = 0x0020,
    UMBRELLA_DEVICE = 0x0040
};

/* 0: no such type is known. */
static size_t umbrella_size(unsigned type)
{
    switch (type) {
    case UMBRELLA_ASSET:
    case UMBRELLA_ORGANIZATION:
    case UMBRELLA_IPV4:
        return 4;
    case UMBRELLA_IPV6:
        return 16;
    case UMBRELLA_DEVICE:
        return 8;
    default:
        return 0;
    }
}

/* Of a field that comes twice the first counts. */
static void take_remote(struct tg_umbrella *umbrella, uint8_t family, const uint8_t *value)
{
    if (umbrella->remote.family != 0)
        return;
    umbrella->remote.family = family;
    umbrella->remote.length = family == 4 ? 32 : 128;
    memcpy(umbrella->remote.octets, value, family == 4 ? 4 : 16);
}

static void take_field(struct tg_umbrella *umbrella, unsigned type, const uint8_t *value)
{
    switch (type) {
    case UMBRELLA_ORGANIZATION:
        if ((umbrella->has & TG_UMBRELLA_ORGANIZATION) == 0)
            umbrella->organization = (uint32_t)u16_at(value) << 16 | u16_at(value + 2);
        umbrella->has |= TG_UMBRELLA_ORGANIZATION;
        break;
    case UMBRELLA_IPV4:
        take_remote(umbrella, 4, value);
        break;
    case UMBRELLA_IPV6:
        take_remote(umbrella, 6, value);
        break;
    case UMBRELLA_DEVICE:
        if ((umbrella->has & TG_UMBRELLA_DEVICE) == 0)
            memcpy(umbrella->device, value, sizeof(umbrella->device));
        umbrella->has |= TG_UMBRELLA_DEVICE;
        break;
    default:
        break;
    }
}

static bool tells(const struct tg_umbrella *umbrella)
{
    return umbrella->has != 0 || umbrella->remote.family != 0;
}

/* "ODNS", version 1, flags, fields. */
static bool take_umbrella(struct tg_client_ids *ids, const uint8_t *octets, size_t len)
{
    struct tg_umbrella found = {0};

    if (len < 6 || memcmp(octets, "ODNS\1", 5) != 0)
        return false;
    for (size_t at = 6; at < len;) {
        const unsigned type = len - at >= 2 ? u16_at(octets + at) : 0;
        const size_t size = umbrella_size(type);

        if (len - at < 2 + size)
            return false;
        if (size == 0)
            break;
        take_field(&found, type, octets + at + 2);
        at += 2 + size;
    }
    if (!tells(&ids->umbrella))
        ids->umbrella = found;
    return true;
}

void tg_client_ids_take(
    struct tg_client_ids *ids, uint16_t code, const uint8_t *octets, size_t len, unsigned accept)
{
    static const struct {
        uint16_t code;
        enum tg_id id;
        bool (*take)(struct tg_client_ids *, const uint8_t *, size_t);
    } options[] = {
        {TG_OPTION_ECS, TG_ID_ECS, take_ecs},
        {TG_OPTION_MAC, TG_ID_MAC, take_mac},
        {TG_OPTION_DEVICE_ID, TG_ID_MAC, take_device_id},
        {TG_OPTION_CPE_ID, TG_ID_CPE, take_cpe_id},
        {TG_OPTION_UMBRELLA, TG_ID_UMBRELLA, take_umbrella},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].code == code && (accept & options[i].id) != 0 &&
            !options[i].take(ids, octets, len))
            ids->malformed |= (uint8_t)options[i].id;
}

static bool starts_alike(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    const unsigned left = bits % 8;

    return memcmp(a, b, bits / 8) == 0 &&
           (left == 0 || ((a[bits / 8] ^ b[bits / 8]) & ~(0xffu >> left) & 0xffu) == 0);
}

bool tg_forwarders_hold(const struct tg_forwarders *forwarders, const struct tg_address *address)
{
    for (size_t i = 0; i < forwarders->count; i++)
        if (starts_alike(
                forwarders->from[i].prefix.octets, address->octets, forwarders->from[i].length))
            return true;
    return false;
}
