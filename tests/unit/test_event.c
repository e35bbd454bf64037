/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/support/ecs.h"
#include "tldguard/event.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};

static uint8_t name_of(const char *text, uint8_t wire[TG_DNAME_MAX])
{
    size_t len;

    assert_int_equal(tg_dname_from_text(text, strlen(text), wire, &len, NULL), TG_OK);
    return (uint8_t)len;
}

/* "MX army.ml" of 10.1.2.3, blocked by NXDOMAIN: the other tests change one thing of it. */
static struct tg_event sample(void)
{
    struct tg_event event = {
        .time = {1772600767, 123456789},
        .serial = 2026030401,
        .qtype = TG_TYPE_MX,
        .qclass = TG_CLASS_IN,
        .port = 53124,
        .family = 4,
        .address = {10, 1, 2, 3},
        .transport = TG_TRANSPORT_UDP,
        .flags = TG_FLAG_RD,
        .rcode = 3,
        .reply = TG_REPLY_NXDOMAIN,
        .mode = TG_MODE_BLOCK,
        .action = TG_ACTION_NXDOMAIN,
        .severity = TG_SEVERITY_HIGH,
        .kind = TG_KIND_TLD,
        .owner_at = 5,
    };

    event.qname_len = name_of("army.ml", event.qname);
    event.twin_len = name_of("army.mil", event.twin);
    return event;
}

/* The line of an event. */
static size_t line_of(const struct tg_event *event, uint64_t sequence, uint64_t lost,
    const struct tg_observer *by, char line[TG_EVENT_LINE_MAX])
{
    const struct tg_stamp stamp = {ECS_TIES, .observer = by, .sequence = sequence, .lost = lost};

    return tg_event_format(event, &stamp, line);
}

static json_t *parse_event(const struct tg_event *event)
{
    char line[TG_EVENT_LINE_MAX];

    return ecs_parse(line, line_of(event, 1, 0, &observer, line));
}

/* Of a record with a value that has no word. */
static json_t *parse_any(const struct tg_event *event)
{
    char line[TG_EVENT_LINE_MAX];

    return ecs_parse_any(line, line_of(event, 1, 0, &observer, line));
}

/* The whole line, for its order; written out, so that a change of a field is seen here. */
static void test_line(void **state)
{
    static const char expected[] =
        "{\"@timestamp\":\"2026-03-04T05:06:07.123456Z\","
        "\"message\":\"blocked MX army.ml for 10.1.2.3: looks like army.mil\","
        "\"ecs\":{\"version\":\"8.17.0\"},"
        "\"event\":{\"kind\":\"alert\",\"category\":[\"network\"],"
        "\"type\":[\"denied\",\"protocol\"],\"action\":\"dns-block\",\"outcome\":\"success\","
        "\"severity\":73,\"reason\":\"look-alike of army.mil (rule ml)\","
        "\"module\":\"tldguard\",\"dataset\":\"tldguard.block\",\"provider\":\"tldguard\","
        "\"id\":\"res1.example.net-69a7bc1f-1042\",\"sequence\":1042},"
        "\"dns\":{\"type\":\"answer\",\"op_code\":\"QUERY\",\"header_flags\":[\"RD\"],"
        "\"response_code\":\"NXDOMAIN\",\"question\":{\"name\":\"army.ml\",\"type\":\"MX\","
        "\"class\":\"IN\",\"top_level_domain\":\"ml\"}},"
        "\"source\":{\"ip\":\"10.1.2.3\",\"port\":53124},"
        "\"network\":{\"transport\":\"udp\",\"protocol\":\"dns\",\"type\":\"ipv4\"},"
        "\"rule\":{\"id\":\"ml\",\"name\":\"ml looks like mil\","
        "\"category\":\"look-alike-tld\",\"ruleset\":\"tldguard\",\"version\":\"2026030401\"},"
        "\"observer\":{\"vendor\":\"tldguard\",\"product\":\"tldguard\","
        "\"type\":\"dns-resolver\",\"version\":\"" TG_VERSION "\","
        "\"hostname\":\"res1.example.net\"},"
        "\"related\":{\"ip\":[\"10.1.2.3\"],\"hosts\":[\"army.ml\",\"army.mil\"]},"
        "\"tldguard\":{\"mode\":\"block\",\"action\":\"nxdomain\",\"reply\":\"NXDOMAIN\","
        "\"severity\":\"high\",\"twin\":\"army.mil\",\"transport\":\"udp\","
        "\"incident\":\"8ad40ca428120d2f\",\"serial\":2026030401,\"boot\":\"69a7bc1f\",\"log\":"
        "\"69a7bc1f\",\"lost\":7,"
        "\"chain\":\"0123456789abcdef0123456789abcdef\"}}\n";
    const struct tg_event event = sample();
    char line[TG_EVENT_LINE_MAX];
    const size_t len = line_of(&event, 1042, 7, &observer, line);

    (void)state;
    assert_string_equal(line, expected);
    json_decref(ecs_parse(line, len));
    /* lost 0 leaves the field out */
    json_decref(ecs_parse(line, line_of(&event, 1042, 0, &observer, line)));
    assert_null(strstr(line, "lost"));
}

/* What was done is told by the reply; "mail" only where the rule is about mail alone. */
static void test_deeds(void **state)
{
    static const struct {
        uint8_t mode, reply, rcode;
        const char *action, *kind, *type, *code, *our_action, *message;
    } cases[] = {
        {TG_MODE_BLOCK, TG_REPLY_NXDOMAIN, 3, "dns-block", "alert", "denied", "NXDOMAIN",
            "nxdomain", "blocked MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_NODATA, 0, "dns-block", "alert", "denied", "NOERROR", "nxdomain",
            "blocked MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_REFUSED, 5, "dns-block", "alert", "denied", "REFUSED", "nxdomain",
            "blocked MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_NULL_MX, 0, "dns-block", "alert", "denied", "NOERROR", "nxdomain",
            "blocked MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_SINKHOLE_A, 0, "dns-sinkhole", "alert", "denied", "NOERROR",
            "nxdomain", "sinkholed MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_SINKHOLE_AAAA, 0, "dns-sinkhole", "alert", "denied", "NOERROR",
            "nxdomain", "sinkholed MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_SINKHOLE_MX, 0, "dns-sinkhole", "alert", "denied", "NOERROR",
            "nxdomain", "sinkholed MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_MAIL_ONLY, TG_REPLY_NULL_MX, 0, "dns-mail-block", "alert", "denied", "NOERROR",
            NULL, "blocked mail lookup MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_MONITOR, TG_REPLY_PASS, 2, "dns-observe", "event", "allowed", "SERVFAIL", NULL,
            "observed MX army.ml for 10.1.2.3: looks like army.mil"},
        {TG_MODE_BLOCK, TG_REPLY_PASS, 0, "dns-observe", "event", "allowed", "NOERROR", "nxdomain",
            "observed MX army.ml for 10.1.2.3: looks like army.mil"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        json_t *root;

        event.mode = cases[i].mode;
        event.reply = cases[i].reply;
        event.rcode = cases[i].rcode;
        root = parse_event(&event);
        ecs_assert_text(root, "event.action", cases[i].action);
        ecs_assert_text(root, "event.kind", cases[i].kind);
        ecs_assert_text(root, "event.type", cases[i].type);
        ecs_assert_text(root, "dns.response_code", cases[i].code);
        ecs_assert_text(root, "message", cases[i].message);
        ecs_assert_text(root, "tldguard.action", cases[i].our_action);
        ecs_assert_text(root, "tldguard.mode", tg_mode_text((enum tg_mode)cases[i].mode));
        ecs_assert_text(root, "tldguard.reply", tg_reply_text((enum tg_reply)cases[i].reply));
        json_decref(root);
    }
}

/* RFC 5952 for IPv6; an IPv4 client is one client however the socket shows it. */
static void test_addresses(void **state)
{
    static const struct {
        uint8_t family;
        const char *address; /* as inet_pton() reads it */
        const char *text;
        const char *type;
    } cases[] = {
        {4, "10.1.2.3", "10.1.2.3", "ipv4"},
        {4, "255.255.255.255", "255.255.255.255", "ipv4"},
        {6, "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "ipv6"},
        {6, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "ipv6"},
        {6, "fe80:0:0:0:0:0:0:1", "fe80::1", "ipv6"},
        {6, "::", "::", "ipv6"},
        {6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "ipv6"},
        {6, "::ffff:10.1.2.3", "10.1.2.3", "ipv4"},
        {0, "10.1.2.3", NULL, NULL},
        {9, "10.1.2.3", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        json_t *root;

        event.family = cases[i].family;
        assert_int_equal(
            inet_pton(event.family == 6 ? AF_INET6 : AF_INET, cases[i].address, event.address), 1);
        root = parse_event(&event);
        ecs_assert_text(root, "source.ip", cases[i].text);
        ecs_assert_text(root, "related.ip", cases[i].text);
        ecs_assert_text(root, "network.type", cases[i].type);
        if (cases[i].text == NULL)
            ecs_assert_text(
                root, "message", "blocked MX army.ml for an unknown client: looks like army.mil");
        json_decref(root);
    }
}

/* inet_ntop() is the oracle of what we write by hand: every octet in every place. */
static void test_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (unsigned octet = 0; octet < 256; octet++) {
            struct tg_event event = sample();
            char expected[INET_ADDRSTRLEN];
            json_t *root;

            event.address[i] = (uint8_t)octet;
            assert_non_null(inet_ntop(AF_INET, event.address, expected, sizeof(expected)));
            root = parse_event(&event);
            ecs_assert_text(root, "source.ip", expected);
            json_decref(root);
        }
    }
}

/* Encrypted transports are named under tldguard; ECS knows what carries them. */
static void test_transports(void **state)
{
    static const struct {
        uint8_t transport;
        const char *word, *ecs;
    } cases[] = {
        {TG_TRANSPORT_UDP, "udp", "udp"},
        {TG_TRANSPORT_TCP, "tcp", "tcp"},
        {TG_TRANSPORT_DOT, "dot", "tcp"},
        {TG_TRANSPORT_DOH, "doh", "tcp"},
        {TG_TRANSPORT_DOQ, "doq", "udp"},
        {5, "?", NULL},
        {255, "?", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        json_t *root;

        event.transport = cases[i].transport;
        root = parse_any(&event);
        assert_string_equal(
            tg_transport_text((enum tg_transport)cases[i].transport), cases[i].word);
        ecs_assert_text(root, "tldguard.transport", cases[i].word);
        ecs_assert_text(root, "network.transport", cases[i].ecs);
        json_decref(root);
    }
}

/* Numbers in words: rcodes, classes, severities, and what is in no list. */
static void test_numbers(void **state)
{
    static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
        "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI", "RCODE12",
        "RCODE13", "RCODE14", "RCODE15"};
    static const struct {
        uint16_t number;
        const char *word;
    } classes[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}, {0, "CLASS0"},
        {17, "CLASS17"}, {65535, "CLASS65535"}};
    static const struct {
        uint8_t severity;
        const char *word;
        int scale;
    } severities[] = {{TG_SEVERITY_LOW, "low", 21}, {TG_SEVERITY_MEDIUM, "medium", 47},
        {TG_SEVERITY_HIGH, "high", 73}, {TG_SEVERITY_CRITICAL, "critical", 99}, {4, "?", 99},
        {255, "?", 99}};
    struct tg_event event = sample();
    json_t *root;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rcodes); i++) {
        event.rcode = (uint8_t)i;
        root = parse_event(&event);
        ecs_assert_text(root, "dns.response_code", rcodes[i]);
        json_decref(root);
    }
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        event.qclass = classes[i].number;
        root = parse_event(&event);
        ecs_assert_text(root, "dns.question.class", classes[i].word);
        json_decref(root);
    }
    for (size_t i = 0; i < COUNT_OF(severities); i++) {
        event.severity = severities[i].severity;
        root = parse_any(&event);
        ecs_assert_text(root, "tldguard.severity", severities[i].word);
        assert_int_equal(json_integer_value(ecs_at(root, "event.severity")), severities[i].scale);
        json_decref(root);
    }
}

/* Each combination of flags: those that are set, in this order; none leaves the field out. */
static void test_flags(void **state)
{
    static const char *const texts[] = {NULL, "[\"RD\"]", "[\"CD\"]", "[\"RD\",\"CD\"]", "[\"DO\"]",
        "[\"RD\",\"DO\"]", "[\"CD\",\"DO\"]", "[\"RD\",\"CD\",\"DO\"]"};

    (void)state;
    for (size_t flags = 0; flags < COUNT_OF(texts); flags++) {
        struct tg_event event = sample();
        char line[TG_EVENT_LINE_MAX];

        event.flags = (uint8_t)flags;
        json_decref(ecs_parse(line, line_of(&event, 1, 0, &observer, line)));
        if (texts[flags] != NULL)
            assert_non_null(strstr(line, texts[flags]));
        else
            assert_null(strstr(line, "header_flags"));
    }
}

/* Names as rules and twins make them. Presentation form, so one name has one text. */
static void test_names(void **state)
{
    static const struct {
        const char *qname, *twin; /* twin NULL: none */
        uint8_t owner_at;
        const char *name, *tld, *rule_id, *rule_name, *reason;
    } cases[] = {
        {"smtp.army.ml", "smtp.army.mil", 10, "smtp.army.ml", "ml", "ml", "ml looks like mil",
            "look-alike of smtp.army.mil (rule ml)"},
        {"ml", "mil", 0, "ml", "ml", "ml", "ml looks like mil", "look-alike of mil (rule ml)"},
        {"army.ml", NULL, 5, "army.ml", "ml", "ml", "ml", "look-alike TLD"},
        {"a.b.om", "a.b.com", 2, "a.b.om", "om", "b.om", "b.om looks like b.com",
            "look-alike of a.b.com (rule b.om)"},
        /* RFC 1035 5.1 escapes, of all that could be taken for something else */
        {"a\\.b\\\\\\\"\\000\\255\\010\\032c.ml", NULL, 11, "a\\.b\\\\\\\"\\000\\255\\010\\032c.ml",
            "ml", "ml", "ml", "look-alike TLD"},
        /* an offset that starts no label, or lies outside: the TLD is named instead */
        {"army.ml", "army.mil", 3, "army.ml", "ml", "ml", "ml", "look-alike of army.mil (rule ml)"},
        {"army.ml", "army.mil", 255, "army.ml", "ml", "ml", "ml",
            "look-alike of army.mil (rule ml)"},
        {".", NULL, 0, ".", NULL, ".", ".", "look-alike TLD"},
        {".", NULL, 9, ".", NULL, ".", ".", "look-alike TLD"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        json_t *root;

        event.qname_len = name_of(cases[i].qname, event.qname);
        event.twin_len = cases[i].twin != NULL ? name_of(cases[i].twin, event.twin) : 0;
        event.owner_at = cases[i].owner_at;
        root = parse_event(&event);
        ecs_assert_text(root, "dns.question.name", cases[i].name);
        ecs_assert_text(root, "dns.question.top_level_domain", cases[i].tld);
        ecs_assert_text(root, "rule.id", cases[i].rule_id);
        ecs_assert_text(root, "rule.name", cases[i].rule_name);
        ecs_assert_text(root, "event.reason", cases[i].reason);
        ecs_assert_text(root, "related.hosts", cases[i].name);
        ecs_assert_text(root, "tldguard.twin", cases[i].twin);
        json_decref(root);
    }
}

/* The hostname comes from the machine: any octet, any length, still one line of JSON. */
static void test_hostile_observer(void **state)
{
    static const char *const hostnames[] = {
        "\"},\"x\":{\"", "a\nb\r\t\x01\x7f", "\xff\xfe\x80", "\\", "h\xc3\xa9te"};
    char endless[10000];
    const struct tg_event event = sample();
    char line[TG_EVENT_LINE_MAX];
    json_t *root;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostnames); i++) {
        const struct tg_observer hostile = {hostnames[i], hostnames[i]};

        root = ecs_parse_any(line, line_of(&event, 1, 0, &hostile, line));
        if (i == 0 || i == 3)
            ecs_assert_text(root, "observer.hostname", hostnames[i]);
        json_decref(root);
        json_decref(ecs_parse_any(
            line, tg_event_format_lost(event.time,
                      &(struct tg_stamp){ECS_TIES, .observer = &hostile, .sequence = 1, .lost = 1},
                      line)));
    }
    memset(endless, '\x01', sizeof(endless));
    endless[sizeof(endless) - 1] = '\0';
    json_decref(
        ecs_parse_any(line, line_of(&event, 1, 0, &(struct tg_observer){endless, endless}, line)));
    json_decref(ecs_parse_any(
        line, tg_event_format_lost(event.time,
                  &(struct tg_stamp){ECS_TIES, .observer = &(struct tg_observer){endless, endless},
                      .sequence = 1, .lost = 1},
                  line)));
    /* the longest real name is not cut */
    memset(endless, 'h', 255);
    endless[255] = '\0';
    root = ecs_parse(line, line_of(&event, 1, 0, &(struct tg_observer){endless, "0"}, line));
    ecs_assert_text(root, "observer.hostname", endless);
    json_decref(root);
}

/* What a forwarder told: beside its address, and nothing of what it did not tell. */
static void test_client_ids(void **state)
{
    static const struct {
        const char *what;
        struct tg_client_ids ids;
        const char *source, *related, *client; /* client NULL: none */
    } cases[] = {
        {"nothing", {0}, "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]", NULL},
        /* RFC 7042 2.1, as ECS asks for it */
        {"a MAC address", {.mac_len = 6, .mac = {0x00, 0x00, 0x5e, 0x00, 0x53, 0xaf}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124,\"mac\":\"00-00-5E-00-53-AF\"}", "[\"10.1.2.3\"]",
            NULL},
        {"an EUI-64", {.mac_len = 8, .mac = {1, 2, 3, 4, 5, 6, 7, 0xff}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124,\"mac\":\"01-02-03-04-05-06-07-FF\"}",
            "[\"10.1.2.3\"]", NULL},
        {"a network", {.ecs = {4, 24, {192, 0, 2}}}, "{\"ip\":\"10.1.2.3\",\"port\":53124}",
            "[\"10.1.2.3\"]", "{\"ecs\":\"192.0.2.0/24\"}"},
        {"a network, IPv6", {.ecs = {6, 56, {0x20, 1, 0xd, 0xb8, 0, 1, 0xff}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"ecs\":\"2001:db8:1:ff00::/56\"}"},
        /* a whole address is one that others may be looked for with */
        {"an address", {.ecs = {4, 32, {192, 0, 2, 7}}}, "{\"ip\":\"10.1.2.3\",\"port\":53124}",
            "[\"10.1.2.3\",\"192.0.2.7\"]", "{\"ecs\":\"192.0.2.7/32\"}"},
        {"an address, IPv6", {.ecs = {6, 128, {0x20, 1, 0xd, 0xb8, [15] = 1}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\",\"2001:db8::1\"]",
            "{\"ecs\":\"2001:db8::1/128\"}"},
        {"32 bits of IPv6", {.ecs = {6, 32, {0x20, 1, 0xd, 0xb8}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"ecs\":\"2001:db8::/32\"}"},
        /* a length is of the family it came with */
        {"mapped", {.ecs = {6, 104, {[10] = 0xff, [11] = 0xff, [12] = 10}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"ecs\":\"::ffff:10.0.0.0/104\"}"},
        {"its own address", {.ecs = {4, 32, {10, 1, 2, 3}}}, "{\"ip\":\"10.1.2.3\",\"port\":53124}",
            "[\"10.1.2.3\"]", "{\"ecs\":\"10.1.2.3/32\"}"},
        {"a CPE id", {.cpe_id_len = 4, .cpe_id = {'a', '"', '\\', ' ', 'x'}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"cpe_id\":\"a\\\"\\\\ \"}"},
        {"an organization",
            {.umbrella = {.has = TG_UMBRELLA_ORGANIZATION, .organization = UINT32_MAX}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"umbrella\":{\"organization\":4294967295}}"},
        {"a device",
            {.umbrella = {.has = TG_UMBRELLA_DEVICE,
                 .device = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]",
            "{\"umbrella\":{\"device\":\"0123456789abcdef\"}}"},
        {"Umbrella's address", {.umbrella = {.remote = {4, 32, {192, 0, 2, 7}}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\",\"192.0.2.7\"]",
            "{\"umbrella\":{\"ip\":\"192.0.2.7\"}}"},
        {"the same address twice",
            {.ecs = {4, 32, {192, 0, 2, 7}}, .umbrella = {.remote = {4, 32, {192, 0, 2, 7}}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\",\"192.0.2.7\"]",
            "{\"ecs\":\"192.0.2.7/32\",\"umbrella\":{\"ip\":\"192.0.2.7\"}}"},
        {"malformed options", {.malformed = TG_ID_ALL}, "{\"ip\":\"10.1.2.3\",\"port\":53124}",
            "[\"10.1.2.3\"]", "{\"malformed\":[\"ecs\",\"mac\",\"cpe-id\",\"umbrella\"]}"},
        {"all",
            {.malformed = TG_ID_MAC,
                .ecs = {4, 24, {192, 0, 2}},
                .mac_len = 6,
                .cpe_id_len = 1,
                .cpe_id = {'b'},
                .umbrella = {.has = TG_UMBRELLA_ORGANIZATION | TG_UMBRELLA_DEVICE,
                    .organization = 5,
                    .remote = {6, 128, {0x20, 1, 0xd, 0xb8, [15] = 1}}}},
            "{\"ip\":\"10.1.2.3\",\"port\":53124,\"mac\":\"00-00-00-00-00-00\"}",
            "[\"10.1.2.3\",\"2001:db8::1\"]",
            "{\"ecs\":\"192.0.2.0/24\",\"cpe_id\":\"b\",\"umbrella\":{\"organization\":5,"
            "\"device\":\"0000000000000000\",\"ip\":\"2001:db8::1\"},\"malformed\":[\"mac\"]}"},
        /* a record that lies about its lengths */
        {"empty", {.mac_len = TG_MAC_MIN - 1, .cpe_id_len = 1, .malformed = 0xf0},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]", NULL},
        {"too long", {.mac_len = TG_MAC_MAX + 1, .cpe_id_len = TG_CPE_ID_MAX + 1, .malformed = 1},
            "{\"ip\":\"10.1.2.3\",\"port\":53124}", "[\"10.1.2.3\"]", "{\"malformed\":[\"ecs\"]}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        const char *const paths[] = {"source", "related.ip", "tldguard.client"};
        const char *const expected[] = {cases[i].source, cases[i].related, cases[i].client};
        json_t *root;

        event.ids = cases[i].ids;
        root = parse_event(&event);
        for (size_t n = 0; n < COUNT_OF(paths); n++) {
            const json_t *value = ecs_at(root, paths[n]);
            char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

            if (expected[n] == NULL ? text != NULL : strcmp(text ? text : "", expected[n]) != 0)
                fail_msg("%s: %s is %s", cases[i].what, paths[n], text ? text : "not there");
            free(text);
        }
        json_decref(root);
    }
}

/* The longest names there are, of the octet that takes the most room. */
static uint8_t longest_name(uint8_t wire[TG_DNAME_MAX], uint8_t octet)
{
    static const uint8_t labels[] = {63, 63, 63, 61};
    uint8_t *to = wire;

    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        *to++ = labels[i];
        memset(to, octet, labels[i]);
        to += labels[i];
    }
    *to++ = 0;
    return (uint8_t)(to - wire);
}

/* All that a forwarder can tell, at its longest. */
static void tell_all(struct tg_client_ids *ids)
{
    memset(ids, 0xff, sizeof(*ids));
    ids->malformed = TG_ID_ALL;
    ids->ecs.family = ids->umbrella.remote.family = 6;
    ids->ecs.length = ids->umbrella.remote.length = 128;
    ids->umbrella.remote.octets[0] = 0xee;
    ids->ecs.octets[0] = 0xdd;
    ids->mac_len = TG_MAC_MAX;
    ids->cpe_id_len = TG_CPE_ID_MAX;
    memset(ids->cpe_id, '"', sizeof(ids->cpe_id));
}

/* No line is too long, and what an analyst needs is whole in each: who, what, meant what. */
static void test_worst_case(void **state)
{
    static const uint8_t owners[] = {0, 64, 128, 192};
    char hostname[300];
    struct tg_observer worst = {hostname, hostname};
    char line[TG_EVENT_LINE_MAX + 1];
    size_t longest = 0;

    (void)state;
    memset(hostname, '\x02', sizeof(hostname));
    hostname[sizeof(hostname) - 1] = '\0';
    for (unsigned octet = 0; octet < 256; octet++) {
        for (size_t i = 0; i < 2 * COUNT_OF(owners); i++) {
            struct tg_event event = sample();
            size_t len;
            json_t *root;
            char text[TG_DNAME_TEXT_MAX];

            event.qname_len = longest_name(event.qname, (uint8_t)octet);
            event.twin_len = longest_name(event.twin, (uint8_t)octet);
            event.owner_at = owners[i / 2];
            if (i % 2 == 1)
                event.via_len = longest_name(event.via, (uint8_t)octet);
            event.family = 6;
            memset(event.address, 0xff, sizeof(event.address));
            event.qtype = 50000;
            event.qclass = 50000;
            event.serial = UINT32_MAX;
            event.transport = TG_TRANSPORT_DOQ;
            event.reply = TG_REPLY_SINKHOLE_AAAA;
            event.action = TG_ACTION_SINKHOLE;
            event.severity = TG_SEVERITY_CRITICAL;
            event.flags = TG_FLAG_RD | TG_FLAG_CD | TG_FLAG_DO;
            event.time = (struct timespec){-1, -1};
            event.known = TG_KNOWN_LISTED;
            memset(event.group, 0xff, sizeof(event.group)); /* six bytes each */
            tell_all(&event.ids);
            line[TG_EVENT_LINE_MAX] = 0x5a;
            len = line_of(&event, INT64_MAX, INT64_MAX, &worst, line);
            assert_int_equal(line[TG_EVENT_LINE_MAX], 0x5a);
            root = ecs_parse_any(line, len);
            (void)tg_dname_to_text(event.qname, event.qname_len, text);
            ecs_assert_text(root, "dns.question.name", text);
            ecs_assert_text(root, "tldguard.twin", text);
            ecs_assert_text(root, "tldguard.via", i % 2 == 1 ? text : NULL);
            ecs_assert_text(root, "source.ip", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
            json_decref(root);
            longest = len > longest ? len : longest;
        }
    }
    print_message("longest line: %zu bytes\n", longest);
    assert_true(longest < TG_EVENT_LINE_MAX);
}

/* A long name costs the copies of it first: the line stays short enough to be forwarded. */
static void test_less_detail(void **state)
{
    struct tg_event event = sample();
    json_t *root;

    (void)state;
    event.qname_len = longest_name(event.qname, 'a');
    event.twin_len = longest_name(event.twin, 'b');
    event.owner_at = 192;
    root = parse_event(&event); /* 250 letters: all copies fit into 4 kB */
    assert_int_equal(json_array_size(ecs_at(root, "related.hosts")), 2);
    json_decref(root);
    /* binary, and over 4 kB with all copies, though there would be room for them */
    event.qname[0] = event.twin[0] = 63;
    memset(event.qname + 1, 0, 63);
    memset(event.twin + 1, 1, 63);
    memcpy(event.qname + 64, "\77", 1);
    memset(event.qname + 65, 0, 64);
    event.qname_len = 129;
    memset(event.twin + 65, 1, 63);
    event.twin[128] = 0;
    event.twin_len = 129;
    event.owner_at = 64;
    root = parse_event(&event);
    assert_null(ecs_at(root, "related.hosts"));
    ecs_assert_text(root, "related.ip", "10.1.2.3");
    ecs_assert_text(
        root, "message", "blocked MX for 10.1.2.3: the name is long, see dns.question.name");
    ecs_assert_text(root, "event.reason", "look-alike TLD");
    assert_non_null(ecs_at(root, "rule.name"));
    json_decref(root);
}

/* A record that was never filled, and one full of ones: no name, and no harm. */
static void test_no_record(void **state)
{
    struct tg_event event;
    json_t *root;
    char line[TG_EVENT_LINE_MAX];

    (void)state;
    for (int octet = 0; octet < 256; octet += 255) {
        memset(&event, octet, sizeof(event));
        assert_true(line_of(&event, 1, 0, &observer, line) > 0);
        root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(root);
        ecs_assert_text(root, "dns.question.name", "");
        assert_null(ecs_at(root, "related"));
        json_decref(root);
    }
}

/* A length that is not the name's: no name, rather than octets that are none of it. */
static void test_wrong_length(void **state)
{
    (void)state;
    for (int wrong = -1; wrong <= 1; wrong += 2) {
        struct tg_event event = sample();
        char line[TG_EVENT_LINE_MAX];
        json_t *root;

        event.twin_len = 0;
        event.qname_len = (uint8_t)(event.qname_len + wrong);
        assert_true(line_of(&event, 1, 0, &observer, line) > 0);
        root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(root);
        ecs_assert_text(root, "dns.question.name", "");
        json_decref(root);
    }
}

/* A name in the answer that the rule speaks of: it is told, and the rule, the owner and the twin
 * are about it; the question and its TLD stay what was asked. */
static void test_via(void **state)
{
    static const struct {
        const char *via, *twin; /* twin NULL: none */
        uint8_t kind, mode, owner_at;
        const char *message, *reason, *rule_id, *rule_name;
    } cases[] = {
        {"mx.army.ml", "mx.army.mil", TG_KIND_TLD, TG_MODE_BLOCK, 8,
            "blocked MX example.com for 10.1.2.3: leads to mx.army.ml, looks like mx.army.mil",
            "leads to mx.army.ml, look-alike of mx.army.mil (rule ml)", "ml", "ml looks like mil"},
        {"mx.army.ml", "mx.army.mil", TG_KIND_TLD, TG_MODE_MAIL_ONLY, 8,
            "blocked mail lookup MX example.com for 10.1.2.3: leads to mx.army.ml, looks like "
            "mx.army.mil",
            "leads to mx.army.ml, look-alike of mx.army.mil (rule ml)", "ml", "ml looks like mil"},
        {"mx.army.ml", NULL, TG_KIND_TLD, TG_MODE_BLOCK, 8,
            "blocked MX example.com for 10.1.2.3: leads to mx.army.ml",
            "leads to mx.army.ml, look-alike TLD", "ml", "ml"},
        {"a.bad.example", NULL, TG_KIND_BLOCK, TG_MODE_BLOCK, 2,
            "blocked MX example.com for 10.1.2.3: leads to a.bad.example",
            "leads to a.bad.example, blocked by policy (rule bad.example)", "bad.example",
            "bad.example"},
        /* an offset that starts no label of it: its TLD is named */
        {"mx.army.ml", "mx.army.mil", TG_KIND_TLD, TG_MODE_BLOCK, 9,
            "blocked MX example.com for 10.1.2.3: leads to mx.army.ml, looks like mx.army.mil",
            "leads to mx.army.ml, look-alike of mx.army.mil (rule ml)", "ml", "ml"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tg_event event = sample();
        json_t *root;

        event.qname_len = name_of("example.com", event.qname);
        event.via_len = name_of(cases[i].via, event.via);
        event.twin_len = cases[i].twin != NULL ? name_of(cases[i].twin, event.twin) : 0;
        event.kind = cases[i].kind;
        event.mode = cases[i].mode;
        event.reply = TG_REPLY_NULL_MX;
        event.owner_at = cases[i].owner_at;
        root = parse_event(&event);
        ecs_assert_text(root, "message", cases[i].message);
        ecs_assert_text(root, "event.reason", cases[i].reason);
        ecs_assert_text(root, "rule.id", cases[i].rule_id);
        ecs_assert_text(root, "rule.name", cases[i].rule_name);
        ecs_assert_text(root, "dns.question.name", "example.com");
        ecs_assert_text(root, "dns.question.top_level_domain", "com");
        ecs_assert_text(root, "tldguard.via", cases[i].via);
        ecs_assert_text(root, "tldguard.twin", cases[i].twin);
        assert_int_equal(json_array_size(ecs_at(root, "related.hosts")), cases[i].twin ? 3 : 2);
        assert_string_equal(
            json_string_value(json_array_get(ecs_at(root, "related.hosts"), 1)), cases[i].via);
        json_decref(root);
    }
}

/* A length that is not that of via: as if there were none. */
static void test_wrong_via(void **state)
{
    (void)state;
    for (uint8_t len = 1; len < 30; len++) {
        struct tg_event event = sample();
        json_t *root;
        const uint8_t right = name_of("mx.army.ml", event.via);

        memset(event.via + right, 'x', sizeof(event.via) - right);
        event.via_len = len;
        root = parse_event(&event);
        ecs_assert_text(root, "tldguard.via", len == right ? "mx.army.ml" : NULL);
        ecs_assert_text(root, "rule.id", "ml");
        json_decref(root);
    }
}

/* Everything a verdict says is taken over, the caller's part is zero, the name lower-case, and
 * nothing behind the names is touched. */
static void test_fill(void **state)
{
    static const uint8_t qname[] = "\4ArMy\2mL";
    static const uint8_t twin[] = "\4army\3mil";
    static const uint8_t via[] = "\2mX\4ARMY\2ml";
    const struct tg_rule rule = {.kind = TG_KIND_TLD};
    const struct tg_question question = {.qname = {qname, sizeof(qname)}, .qtype = 15, .qclass = 1};
    const struct tg_group group = {.name = "mail-relays"};
    struct tg_verdict verdict = {.reason = TG_REASON_TLD,
        .rule = &rule,
        .mode = TG_MODE_MAIL_ONLY,
        .action = TG_ACTION_SINKHOLE,
        .severity = TG_SEVERITY_CRITICAL,
        .reply = TG_REPLY_NULL_MX,
        .group = &group,
        .known = TG_KNOWN_ASK,
        .owner_at = 5,
        .twin_len = sizeof(twin)};
    struct tg_event event;

    (void)state;
    memcpy(verdict.twin, twin, sizeof(twin));
    memset(&event, 0x5a, sizeof(event));
    tg_event_fill(&question, &verdict, 77, &event);
    assert_int_equal(event.serial, 77);
    assert_int_equal(event.qtype, 15);
    assert_int_equal(event.qclass, 1);
    assert_int_equal(event.reply, TG_REPLY_NULL_MX);
    assert_int_equal(event.mode, TG_MODE_MAIL_ONLY);
    assert_int_equal(event.action, TG_ACTION_SINKHOLE);
    assert_int_equal(event.severity, TG_SEVERITY_CRITICAL);
    assert_int_equal(event.kind, TG_KIND_TLD);
    assert_int_equal(event.known, TG_KNOWN_ASK);
    assert_string_equal(event.group, "mail-relays");
    assert_int_equal(event.owner_at, 5);
    assert_int_equal(event.qname_len, sizeof(qname));
    assert_memory_equal(event.qname, "\4army\2ml", sizeof(qname));
    assert_int_equal(event.qname[sizeof(qname)], 0x5a);
    assert_int_equal(event.twin_len, sizeof(twin));
    assert_memory_equal(event.twin, twin, sizeof(twin));
    assert_int_equal(event.twin[sizeof(twin)], 0x5a);
    assert_true(event.time.tv_sec == 0 && event.time.tv_nsec == 0);
    assert_int_equal(event.port | event.family | event.transport | event.flags | event.rcode, 0);
    for (size_t i = 0; i < sizeof(event.address); i++)
        assert_int_equal(event.address[i], 0);
    assert_int_equal(event.what, TG_WHAT_QUESTION);
    assert_int_equal(event.via_len, 0);
    assert_int_equal(event.via[0], 0x5a);
    verdict.via = (struct tg_name){via, sizeof(via)};
    tg_event_fill(&question, &verdict, 77, &event);
    assert_memory_equal(event.qname, "\4army\2ml", sizeof(qname));
    assert_int_equal(event.via_len, sizeof(via));
    assert_memory_equal(event.via, "\2mx\4army\2ml", sizeof(via));
    assert_int_equal(event.via[sizeof(via)], 0x5a);
    verdict.twin_len = 0;
    verdict.group = NULL;
    tg_event_fill(&question, &verdict, 77, &event);
    assert_int_equal(event.twin_len, 0);
    assert_string_equal(event.group, "");
}

/* A copy is the record, but for the octets behind its names. */
static void test_copy(void **state)
{
    struct tg_event event = sample();
    struct tg_event copy;

    (void)state;
    event.via_len = name_of("mx.army.ml", event.via);
    memcpy(event.group, "soc", 4);
    memset(&copy, 0x5a, sizeof(copy));
    tg_event_copy(&copy, &event);
    assert_memory_equal(&copy, &event, offsetof(struct tg_event, qname));
    assert_memory_equal(copy.qname, event.qname, event.qname_len);
    assert_memory_equal(copy.twin, event.twin, event.twin_len);
    assert_memory_equal(copy.via, event.via, event.via_len);
    assert_int_equal(copy.qname[event.qname_len], 0x5a);
    assert_int_equal(copy.twin[event.twin_len], 0x5a);
    assert_int_equal(copy.via[event.via_len], 0x5a);
}

/* A group's name is cut to what a record has room for, and no character in two. */
static void test_group_is_cut(void **state)
{
    static const uint8_t qname[] = "\4army\2ml";
    const struct tg_rule rule = {.kind = TG_KIND_TLD};
    const struct tg_question question = {.qname = {qname, sizeof(qname)}};

    (void)state;
    for (size_t len = TG_EVENT_GROUP_MAX - 4; len < TG_EVENT_GROUP_MAX + 4; len++) {
        char name[TG_EVENT_GROUP_MAX + 8];
        const struct tg_group group = {.name = name};
        const struct tg_verdict verdict = {.rule = &rule, .group = &group};
        struct tg_event event;

        memset(name, 'g', len);
        memcpy(name + len, "\xe2\x82\xac", 4); /* a euro sign takes three octets */
        tg_event_fill(&question, &verdict, 1, &event);
        if (len + 3 < TG_EVENT_GROUP_MAX)
            assert_string_equal(event.group, name);
        else
            assert_int_equal(strspn(event.group, "g"), strlen(event.group));
        assert_int_equal(strlen(event.group), len + 3 < TG_EVENT_GROUP_MAX ? len + 3
                                              : len < TG_EVENT_GROUP_MAX   ? len
                                                                         : TG_EVENT_GROUP_MAX - 1);
    }
}

/* What was known of the twin, and whose override made the mode; a rule for names says
 * that it is one. */
static void test_known_group_kind(void **state)
{
    static const char *const words[] = {NULL, "listed", "not", "ask", "found", "failed", NULL};

    (void)state;
    for (uint8_t known = 0; known < COUNT_OF(words); known++) {
        struct tg_event event = sample();
        json_t *root;

        event.known = known;
        memcpy(event.group,
            "k\xc3\xbc"
            "che",
            7);
        root = parse_event(&event);
        ecs_assert_text(root, "tldguard.twin_known", words[known]);
        ecs_assert_text(root, "tldguard.group",
            "k\xc3\xbc"
            "che");
        ecs_assert_text(root, "rule.category", "look-alike-tld");
        json_decref(root);
        event.group[0] = '\0';
        event.kind = TG_KIND_BLOCK;
        event.owner_at = 0;
        event.twin_len = 0;
        root = parse_event(&event);
        assert_null(ecs_at(root, "tldguard.group"));
        ecs_assert_text(root, "rule.category", "listed-name");
        ecs_assert_text(root, "event.reason", "blocked by policy (rule army.ml)");
        json_decref(root);
    }
}

/* xorshift64*: the same records in each run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static uint8_t random_name(uint64_t *seed, uint8_t wire[TG_DNAME_MAX])
{
    /* Long ones are rarer, here as elsewhere. */
    const size_t limit = next_random(seed) % (next_random(seed) % 4 == 0 ? TG_DNAME_MAX : 40);
    size_t len = 0;

    while (len < limit) {
        size_t label = 1 + next_random(seed) % TG_LABEL_MAX;

        if (label > limit - len - 1)
            label = limit - len - 1;
        if (label == 0)
            break;
        wire[len++] = (uint8_t)label;
        while (label-- > 0)
            wire[len++] = (uint8_t)(next_random(seed) >> 56);
    }
    wire[len++] = 0;
    tg_dname_lower(wire, len, wire);
    return (uint8_t)len;
}

/* Whatever a record holds: one valid line, from which the queried name can be read back. */
static void test_random_records(void **state)
{
    uint64_t seed = 20260304;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        struct tg_event event;
        char line[TG_EVENT_LINE_MAX];
        char hostname[8];
        uint8_t *octets = (uint8_t *)&event;
        const char *text;
        uint8_t wire[TG_DNAME_MAX];
        size_t len;
        json_t *root;

        for (size_t j = 0; j < sizeof(event); j++)
            octets[j] = (uint8_t)(next_random(&seed) >> 56);
        event.what = (uint8_t)(next_random(&seed) % 4 * 85);  /* a question, 85, 170, 255 */
        event.family = (uint8_t)(next_random(&seed) % 3 * 3); /* 0, 3, 6 */
        event.qname_len = random_name(&seed, event.qname);
        event.twin_len = next_random(&seed) % 4 == 0 ? 0 : random_name(&seed, event.twin);
        event.via_len = next_random(&seed) % 2 == 0 ? 0 : random_name(&seed, event.via);
        for (size_t j = 0; j < sizeof(hostname) - 1; j++)
            hostname[j] = (char)(1 + next_random(&seed) % 255);
        hostname[sizeof(hostname) - 1] = '\0';
        root =
            ecs_parse_any(line, line_of(&event, 1 + next_random(&seed) / 2, next_random(&seed) / 2,
                                    &(struct tg_observer){hostname, "0"}, line));
        text = json_string_value(ecs_at(root, "dns.question.name"));
        assert_int_equal(tg_dname_from_text(text, strlen(text), wire, &len, NULL), TG_OK);
        assert_int_equal(len, event.qname_len);
        assert_memory_equal(wire, event.qname, len);
        json_decref(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_deeds),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_transports),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hostile_observer),
        cmocka_unit_test(test_client_ids),
        cmocka_unit_test(test_worst_case),
        cmocka_unit_test(test_less_detail),
        cmocka_unit_test(test_no_record),
        cmocka_unit_test(test_wrong_length),
        cmocka_unit_test(test_via),
        cmocka_unit_test(test_wrong_via),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_group_is_cut),
        cmocka_unit_test(test_known_group_kind),
        cmocka_unit_test(test_random_records),
    };

    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
