/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What EDNS options tell of a client (clientid.h). */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tldguard/clientid.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Octets of a string literal, without its NUL. */
#define OCTETS(text) (const uint8_t *)(text), sizeof(text) - 1

/* A copy in a block of just that size, so that a sanitizer sees a read behind it. */
static void take(
    struct tg_client_ids *ids, uint16_t code, const uint8_t *octets, size_t len, unsigned accept)
{
    uint8_t *copy = NULL;

    if (len > 0) {
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, octets, len);
    }
    tg_client_ids_take(ids, code, copy, len, accept);
    free(copy);
}

static void address_text(const struct tg_id_address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];

    assert_non_null(
        inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->octets, host, sizeof(host)));
    (void)snprintf(text, size, "%s/%u", host, address->length);
}

static void hex_text(const uint8_t *octets, size_t len, char *text)
{
    text[0] = '\0';
    for (size_t i = 0; i < len; i++)
        (void)sprintf(text + 2 * i, "%02x", octets[i]);
}

/* All of it as one text: what is not there is left out. */
static const char *told(const struct tg_client_ids *ids, char *text, size_t size)
{
    char part[64] = "";
    size_t used = 0;

    text[0] = '\0';
#define TELL(...) used += (size_t)snprintf(text + used, size - used, __VA_ARGS__)
    if (ids->ecs.family != 0) {
        address_text(&ids->ecs, part, sizeof(part));
        TELL("ecs %s ", part);
    }
    if (ids->mac_len > 0) {
        hex_text(ids->mac, ids->mac_len, part);
        TELL("mac %s ", part);
    }
    if (ids->cpe_id_len > 0)
        TELL("cpe %.*s ", ids->cpe_id_len, ids->cpe_id);
    if ((ids->umbrella.has & TG_UMBRELLA_ORGANIZATION) != 0)
        TELL("organization %u ", (unsigned)ids->umbrella.organization);
    if ((ids->umbrella.has & TG_UMBRELLA_DEVICE) != 0) {
        hex_text(ids->umbrella.device, sizeof(ids->umbrella.device), part);
        TELL("device %s ", part);
    }
    if (ids->umbrella.remote.family != 0) {
        address_text(&ids->umbrella.remote, part, sizeof(part));
        TELL("remote %s ", part);
    }
    if (ids->malformed != 0)
        TELL("malformed %u ", ids->malformed);
#undef TELL
    assert_true(used < size);
    return text;
}

static void test_one_option(void **state)
{
    static const struct {
        uint16_t code;
        const uint8_t *octets;
        size_t len;
        const char *told;
    } cases[] = {
        /* RFC 7871 6: FAMILY, SOURCE PREFIX-LENGTH, SCOPE PREFIX-LENGTH, ADDRESS. */
        {8, OCTETS("\0\1\x18\0\xc0\0\2"), "ecs 192.0.2.0/24 "},
        {8, OCTETS("\0\1\x20\0\xc0\0\2\7"), "ecs 192.0.2.7/32 "},
        {8, OCTETS("\0\1\1\0\x80"), "ecs 128.0.0.0/1 "},
        {8, OCTETS("\0\1\x19\0\xc0\0\2\x80"), "ecs 192.0.2.128/25 "},
        {8, OCTETS("\0\2\x20\0\x20\1\xd\xb8"), "ecs 2001:db8::/32 "},
        {8, OCTETS("\0\2\x38\0\x20\1\xd\xb8\0\1\xff"), "ecs 2001:db8:1:ff00::/56 "},
        {8, OCTETS("\0\2\x80\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), "ecs 2001:db8::1/128 "},
        /* RFC 7871 7.1.2: length 0 asks that nothing be told. */
        {8, OCTETS("\0\1\0\0"), ""},
        {8, OCTETS("\0\2\0\0"), ""},
        {8, OCTETS("\0\0\0\0"), ""},
        {8, OCTETS("\0\1\0\0\xc0"), "malformed 1 "},
        /* RFC 7871 6: in a question the scope is 0. */
        {8, OCTETS("\0\1\x18\x18\xc0\0\2"), "malformed 1 "},
        /* RFC 7871 6: as many octets as the length needs, the last padded with zero bits. */
        {8, NULL, 0, "malformed 1 "},
        {8, OCTETS("\0\1\x18"), "malformed 1 "},
        {8, OCTETS("\0\1\x18\0"), "malformed 1 "},
        {8, OCTETS("\0\1\x18\0\xc0\0"), "malformed 1 "},
        {8, OCTETS("\0\1\x18\0\xc0\0\2\0"), "malformed 1 "},
        {8, OCTETS("\0\1\x19\0\xc0\0\2\x40"), "malformed 1 "},
        {8, OCTETS("\0\1\x1f\0\xc0\0\2\1"), "malformed 1 "},
        {8, OCTETS("\0\2\x80\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0"), "malformed 1 "},
        /* No address of the family is so long. */
        {8, OCTETS("\0\1\x21\0\xc0\0\2\0\0"), "malformed 1 "},
        {8, OCTETS("\0\1\x80\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), "malformed 1 "},
        {8, OCTETS("\0\2\x81\0\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0"), "malformed 1 "},
        /* Families other than 1 and 2 (RFC 7871 6). */
        {8, OCTETS("\0\0\x18\0\xc0\0\2"), "malformed 1 "},
        {8, OCTETS("\0\3\x18\0\xc0\0\2"), "malformed 1 "},
        {8, OCTETS("\1\1\x18\0\xc0\0\2"), "malformed 1 "},

        /* dnsmasq --add-mac: the octets as they are. */
        {65001, OCTETS("\0\0\x5e\0\x53\x23"), "mac 00005e005323 "},
        {65001, OCTETS("\0\0\x5e\x10\0\0\0\x2a"), "mac 00005e100000002a "},
        {65001, OCTETS("0123456789abcdef"), "mac 30313233343536373839616263646566 "},
        {65001, NULL, 0, "malformed 2 "},
        {65001, OCTETS("\0\0\x5e\0\x53"), "malformed 2 "},
        {65001, OCTETS("0123456789abcdefg"), "malformed 2 "},
        /* dnsmasq --add-mac=base64: eight digits (RFC 4648 4). */
        {65073, OCTETS("AABeAFMj"), "mac 00005e005323 "},
        {65073, OCTETS("////++++"), "mac fffffffbefbe "},
        {65073, OCTETS("AABeAFM="), "malformed 2 "},
        {65073, OCTETS("AABeAFM-"), "malformed 2 "},
        {65073, OCTETS("AABe\0FMj"), "malformed 2 "},
        /* dnsmasq --add-mac=text. */
        {65073, OCTETS("00:00:5e:00:53:23"), "mac 00005e005323 "},
        {65073, OCTETS("0F:F0:aB:Cd:eF:99"), "mac 0ff0abcdef99 "},
        {65073, OCTETS("00-00-5e-00-53-23"), "malformed 2 "},
        {65073, OCTETS("00:00:5e:00:53:2g"), "malformed 2 "},
        {65073, OCTETS("g0:00:5e:00:53:23"), "malformed 2 "},
        {65073, OCTETS("00:00:5e:00:53\00023"), "malformed 2 "},
        {65073, OCTETS("00:00:5e:00:53:2\0"), "malformed 2 "},
        {65073, OCTETS("00:00:5e:00:53:23:"), "malformed 2 "},
        {65073, NULL, 0, "malformed 2 "},

        /* dnsmasq --add-cpe-id: what the administrator wrote, if people can read it. */
        {65074, OCTETS("branch-7"), "cpe branch-7 "},
        {65074, OCTETS(" ~\"\\"), "cpe  ~\"\\ "},
        {65074, OCTETS("0123456789012345678901234567890123456789012345678901234567890123"),
            "cpe 0123456789012345678901234567890123456789012345678901234567890123 "},
        {65074, OCTETS("0123456789012345678901234567890123456789012345678901234567890123x"),
            "malformed 4 "},
        {65074, NULL, 0, "malformed 4 "},
        {65074, OCTETS("a\0b"), "malformed 4 "},
        {65074, OCTETS("a\x1f"), "malformed 4 "},
        {65074, OCTETS("a\x7f"), "malformed 4 "},
        {65074, OCTETS("caf\xc3\xa9"), "malformed 4 "},

        /* Umbrella: "ODNS", version 1, flags, and fields of a type and a value each. */
        {20292, OCTETS("ODNS\1\0\0\x08\0\x12\xd6\x87"), "organization 1234567 "},
        {20292, OCTETS("ODNS\1\0\0\x08\xff\xff\xff\xff"), "organization 4294967295 "},
        {20292, OCTETS("ODNS\1\0\0\x40\1\2\3\4\5\6\7\xff"), "device 01020304050607ff "},
        {20292, OCTETS("ODNS\1\0\0\x10\x0a\1\2\3"), "remote 10.1.2.3/32 "},
        {20292, OCTETS("ODNS\1\0\0\x20\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
            "remote 2001:db8::1/128 "},
        /* As dnsmasq --umbrella=orgid:..,deviceid:..,assetid:.. writes them. */
        {20292,
            OCTETS("ODNS\1\0\0\x08\0\0\0\5\0\x10\x0a\1\2\3"
                   "\0\x40\1\2\3\4\5\6\7\x08\0\4\0\0\0\x09"),
            "organization 5 device 0102030405060708 remote 10.1.2.3/32 "},
        /* Any order, any flags; of a field that comes twice the first counts. */
        {20292, OCTETS("ODNS\1\xff\0\4\0\0\0\1\0\x10\x0a\1\2\3\0\x08\0\0\0\0"),
            "organization 0 remote 10.1.2.3/32 "},
        {20292, OCTETS("ODNS\1\0\0\x08\0\0\0\1\0\x08\0\0\0\2"), "organization 1 "},
        {20292, OCTETS("ODNS\1\0\0\x10\x0a\1\2\3\0\x10\x0a\1\2\4"), "remote 10.1.2.3/32 "},
        {20292, OCTETS("ODNS\1\0\0\x40\1\1\1\1\1\1\1\1\0\x40\2\2\2\2\2\2\2\2"),
            "device 0101010101010101 "},
        /* Nothing in it is nothing told. */
        {20292, OCTETS("ODNS\1\0"), ""},
        {20292, OCTETS("ODNS\1\0\0\4\0\0\0\1"), ""},
        /* Where a field of another type ends is not known. */
        {20292, OCTETS("ODNS\1\0\0\x08\0\0\0\1\0\x80\0\x10\x0a\1\2\3"), "organization 1 "},
        {20292, OCTETS("ODNS\1\0\0\0"), ""},
        /* Another magic or version, or cut off: then nothing of it counts. */
        {20292, NULL, 0, "malformed 8 "},
        {20292, OCTETS("ODNS\1"), "malformed 8 "},
        {20292, OCTETS("odns\1\0\0\x08\0\0\0\1"), "malformed 8 "},
        {20292, OCTETS("ODNS\2\0\0\x08\0\0\0\1"), "malformed 8 "},
        {20292, OCTETS("ODNS\1\0\0"), "malformed 8 "},
        {20292, OCTETS("ODNS\1\0\0\x08"), "malformed 8 "},
        {20292, OCTETS("ODNS\1\0\0\x08\0\0\0"), "malformed 8 "},
        {20292, OCTETS("ODNS\1\0\0\x08\0\0\0\1\0\x40\1\2\3\4\5\6\7"), "malformed 8 "},
        {20292, OCTETS("ODNS\1\0\0\x08\0\0\0\1\0\x20\x0a\1\2\3"), "malformed 8 "},

        /* Other options tell nothing: NSID, cookie, padding, and neighbours of ours. */
        {3, NULL, 0, ""},
        {10, OCTETS("12345678"), ""},
        {12, OCTETS("\0\0\0\0"), ""},
        {0, OCTETS("\0\1\x18\0\xc0\0\2"), ""},
        {65000, OCTETS("\0\0\x5e\0\x53\x23"), ""},
        {65535, OCTETS("x"), ""},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_client_ids ids = {0};

        take(&ids, cases[i].code, cases[i].octets, cases[i].len, TG_ID_ALL);
        if (strcmp(told(&ids, text, sizeof(text)), cases[i].told) != 0)
            print_message("case %zu, option %u\n", i, cases[i].code);
        assert_string_equal(text, cases[i].told);
    }
}

/* One good option of each kind, and what it tells. */
static const struct {
    unsigned id;
    uint16_t code;
    const uint8_t *octets;
    size_t len;
    const char *told;
} good[] = {
    {TG_ID_ECS, 8, OCTETS("\0\1\x18\0\xc0\0\2"), "ecs 192.0.2.0/24 "},
    {TG_ID_MAC, 65001, OCTETS("\0\0\x5e\0\x53\x23"), "mac 00005e005323 "},
    {TG_ID_MAC, 65073, OCTETS("AABeAFMj"), "mac 00005e005323 "},
    {TG_ID_CPE, 65074, OCTETS("branch-7"), "cpe branch-7 "},
    {TG_ID_UMBRELLA, 20292, OCTETS("ODNS\1\0\0\x08\0\0\0\1"), "organization 1 "},
};

/* What is not accepted changes nothing, and is not malformed either. */
static void test_accept(void **state)
{
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct tg_client_ids ids = {0};

        take(&ids, good[i].code, good[i].octets, good[i].len, TG_ID_ALL & ~good[i].id);
        take(&ids, good[i].code, OCTETS("\0"), TG_ID_ALL & ~good[i].id);
        assert_string_equal(told(&ids, text, sizeof(text)), "");
        take(&ids, good[i].code, good[i].octets, good[i].len, good[i].id);
        assert_string_equal(told(&ids, text, sizeof(text)), good[i].told);
    }
}

/* Of several of a kind the first counts, whatever it tells. */
static void test_several(void **state)
{
    struct tg_client_ids ids = {0};
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        take(&ids, good[i].code, good[i].octets, good[i].len, TG_ID_ALL);
    take(&ids, 8, OCTETS("\0\2\x20\0\x20\1\xd\xb8"), TG_ID_ALL);
    take(&ids, 65001, OCTETS("\1\1\1\1\1\1"), TG_ID_ALL);
    take(&ids, 65073, OCTETS("01:01:01:01:01:01"), TG_ID_ALL);
    take(&ids, 65074, OCTETS("branch-8"), TG_ID_ALL);
    take(&ids, 20292, OCTETS("ODNS\1\0\0\x08\0\0\0\2\0\x10\x0a\1\2\3"), TG_ID_ALL);
    assert_string_equal(told(&ids, text, sizeof(text)),
        "ecs 192.0.2.0/24 mac 00005e005323 cpe branch-7 organization 1 ");

    for (size_t i = 0; i < 2; i++) {
        static const char *const first[] = {
            "ODNS\1\0\0\x40\1\2\3\4\5\6\7\x08", "ODNS\1\0\0\x10\x0a\1\2\3"};

        memset(&ids, 0, sizeof(ids));
        take(&ids, 20292, (const uint8_t *)first[i], i == 0 ? 16 : 12, TG_ID_ALL);
        take(&ids, 20292, OCTETS("ODNS\1\0\0\x08\0\0\0\2"), TG_ID_ALL);
        assert_string_equal(told(&ids, text, sizeof(text)),
            i == 0 ? "device 0102030405060708 " : "remote 10.1.2.3/32 ");
    }

    /* What was malformed, or told nothing, is not the first. */
    memset(&ids, 0, sizeof(ids));
    take(&ids, 8, OCTETS("\0\1\0\0"), TG_ID_ALL);
    take(&ids, 20292, OCTETS("ODNS\1\0"), TG_ID_ALL);
    for (size_t i = 0; i < COUNT(good); i++)
        take(&ids, good[i].code, OCTETS("\0"), TG_ID_ALL);
    assert_string_equal(told(&ids, text, sizeof(text)), "malformed 15 ");
    for (size_t i = 0; i < COUNT(good); i++)
        take(&ids, good[i].code, good[i].octets, good[i].len, TG_ID_ALL);
    assert_string_equal(told(&ids, text, sizeof(text)),
        "ecs 192.0.2.0/24 mac 00005e005323 cpe branch-7 organization 1 malformed 15 ");
}

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* What the header promises of the fields, whatever came. */
static void check_bounds(const struct tg_client_ids *ids)
{
    const struct tg_id_address *addresses[] = {&ids->ecs, &ids->umbrella.remote};

    assert_true(ids->malformed <= TG_ID_ALL);
    assert_true(ids->mac_len == 0 || (ids->mac_len >= TG_MAC_MIN && ids->mac_len <= TG_MAC_MAX));
    assert_true(ids->cpe_id_len <= TG_CPE_ID_MAX);
    for (size_t i = 0; i < ids->cpe_id_len; i++)
        assert_true(ids->cpe_id[i] >= ' ' && ids->cpe_id[i] <= '~');
    for (size_t i = 0; i < COUNT(addresses); i++) {
        const struct tg_id_address *address = addresses[i];
        const unsigned most = address->family == 4 ? 32 : 128;

        assert_true(address->family == 0 || address->family == 4 || address->family == 6);
        if (address->family == 0)
            continue;
        assert_true(address->length >= 1 && address->length <= most);
        for (unsigned bit = address->length; bit < 128; bit++)
            assert_int_equal(address->octets[bit / 8] & 0x80u >> bit % 8, 0);
    }
}

/* Octets at random, and good options with some octets changed or cut off. */
static void test_random(void **state)
{
    static const uint16_t codes[] = {8, 65001, 65073, 65074, 20292, 10};
    uint32_t seed = 20261122;
    uint8_t octets[96];

    (void)state;
    for (size_t round = 0; round < 200000; round++) {
        struct tg_client_ids ids = {0};

        for (size_t n = 0; n < 3; n++) {
            const size_t which = next(&seed) % COUNT(good);
            uint16_t code = codes[next(&seed) % COUNT(codes)];
            size_t len = next(&seed) % (sizeof(octets) + 1);

            for (size_t i = 0; i < sizeof(octets); i++)
                octets[i] = (uint8_t)next(&seed);
            if (next(&seed) % 2 == 0) {
                code = good[which].code;
                memcpy(octets, good[which].octets, good[which].len);
                len = next(&seed) % (good[which].len + 8);
                octets[next(&seed) % good[which].len] = (uint8_t)next(&seed);
            }
            take(&ids, code, octets, len, next(&seed) % 16);
            check_bounds(&ids);
        }
    }
}

static void test_forwarders(void **state)
{
    /* Addresses that stand in settings as IPv6, IPv4 mapped (RFC 4291 2.5.5.2). */
    static const struct {
        const char *prefix;
        uint8_t length;
        const char *address;
        bool held;
    } cases[] = {
        {"::ffff:10.0.0.53", 128, "::ffff:10.0.0.53", true},
        {"::ffff:10.0.0.53", 128, "::ffff:10.0.0.52", false},
        /* each side of a border within an octet, and on one */
        {"::ffff:10.0.0.32", 123, "::ffff:10.0.0.32", true},
        {"::ffff:10.0.0.32", 123, "::ffff:10.0.0.63", true},
        {"::ffff:10.0.0.32", 123, "::ffff:10.0.0.31", false},
        {"::ffff:10.0.0.32", 123, "::ffff:10.0.0.64", false},
        {"::ffff:10.1.0.0", 112, "::ffff:10.1.255.255", true},
        {"::ffff:10.1.0.0", 112, "::ffff:10.2.0.0", false},
        {"2001:db8::53", 128, "2001:db8::53", true},
        {"2001:db8::53", 128, "2001:db8::54", false},
        {"2001:db8::", 33, "2001:db8:7fff::1", true},
        {"2001:db8::", 33, "2001:db8:8000::1", false},
        {"8000::", 1, "ffff::", true},
        {"8000::", 1, "7fff::", false},
        /* everybody, by each family's address */
        {"::", 0, "2001:db8::1", true},
        {"::", 0, "::ffff:10.0.0.1", true},
        {"::ffff:0.0.0.0", 96, "::ffff:192.0.2.1", true},
        {"::ffff:0.0.0.0", 96, "2001:db8::1", false},
    };
    static struct tg_forwarders forwarders;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_address address;

        memset(&forwarders, 0, sizeof(forwarders));
        assert_int_equal(inet_pton(AF_INET6, cases[i].address, address.octets), 1);
        assert_false(tg_forwarders_hold(&forwarders, &address));
        assert_int_equal(inet_pton(AF_INET6, cases[i].prefix, forwarders.from[0].prefix.octets), 1);
        forwarders.from[0].length = cases[i].length;
        forwarders.count = 1;
        assert_int_equal(tg_forwarders_hold(&forwarders, &address), cases[i].held);
        /* also as the last of as many as there may be */
        forwarders.from[TG_FORWARDERS_MAX - 1] = forwarders.from[0];
        for (size_t n = 0; n + 1 < TG_FORWARDERS_MAX; n++) {
            memset(forwarders.from[n].prefix.octets, 0xfe, 16);
            forwarders.from[n].length = 128;
        }
        forwarders.count = TG_FORWARDERS_MAX;
        assert_int_equal(tg_forwarders_hold(&forwarders, &address), cases[i].held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_option),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_forwarders),
    };
    return cmocka_run_group_tests_name("clientid", tests, NULL, NULL);
}
