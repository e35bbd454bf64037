/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/bench/write_events.h"

#include <stdio.h>
#include <string.h>

#define START   1795305600 /* 2026-11-22 */
#define SERIAL  2026112201
#define CLIENTS 200

/* "plain" and the others: what stands before the TLD, with a number in it. */
static const struct kind {
    const char *name, *labels;
    bool ids;
} kinds[] = {
    {"plain", "host%u.army", false},
    {"ids", "host%u.army", true},
    {"long",
        "host%u.a-label-that-is-as-long-as-one-may-get-if-someone-wants-that."
        "and-another-one-as-the-names-of-content-delivery-networks-are."
        "0123456789abcdef0123456789abcdef0123456789abcdef.some-more.army",
        false},
    {"idn", "xn--host%u-1za.xn--bcher-kva", false},
    {"octets", "h\\195\\182st%u.b\\195\\188cher", false},
};

static uint8_t wire_of(const char *labels, unsigned number, const char *tld, uint8_t *wire)
{
    char name[TG_DNAME_TEXT_MAX], text[TG_DNAME_TEXT_MAX + 8];
    size_t len = 0;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(name, sizeof(name), labels, number);
#pragma GCC diagnostic pop
    (void)snprintf(text, sizeof(text), "%s.%s", name, tld);
    (void)tg_dname_from_text(text, strlen(text), wire, &len, NULL);
    return (uint8_t)len;
}

/* All that a forwarder can tell. */
static void tell_ids(struct tg_event *event, unsigned number)
{
    static const uint8_t network[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
    struct tg_client_ids *ids = &event->ids;

    event->family = 6;
    memcpy(event->address, network, sizeof(network));
    event->address[15] = (uint8_t)(number % CLIENTS);
    ids->ecs = (struct tg_id_address){4, 32, {10, 9, (uint8_t)(number >> 8), (uint8_t)number}};
    ids->mac_len = 6;
    memcpy(ids->mac, "\0\x50\x56\x1\x2", 5);
    ids->mac[5] = (uint8_t)number;
    ids->cpe_id_len = 9;
    memcpy(ids->cpe_id, "branch-17", 9);
    ids->umbrella.has = TG_UMBRELLA_ORGANIZATION | TG_UMBRELLA_DEVICE;
    ids->umbrella.organization = 4711;
    memcpy(ids->umbrella.device, "\1\2\3\4\5\6\7", 8);
    memcpy(event->group, "mail-relays", sizeof("mail-relays"));
}

static void make(const struct kind *kind, unsigned number, struct tg_event *event)
{
    const unsigned client = number % CLIENTS;

    *event = (struct tg_event){
        .time = {START + number / 100, (long)(number % 100) * 10000019},
        .serial = SERIAL,
        .qtype = number % 3 == 0   ? TG_TYPE_MX
                 : number % 3 == 1 ? TG_TYPE_A
                                   : TG_TYPE_AAAA,
        .qclass = TG_CLASS_IN,
        .port = (uint16_t)(1024 + number * 59 % 60000),
        .family = 4,
        .address = {10, 1, (uint8_t)(client % 7), (uint8_t)client},
        .flags = TG_FLAG_RD,
        .rcode = 3,
        .reply = TG_REPLY_NXDOMAIN,
        .mode = TG_MODE_BLOCK,
        .action = TG_ACTION_NXDOMAIN,
        .severity = TG_SEVERITY_HIGH,
        .kind = TG_KIND_TLD,
        .known = TG_KNOWN_LISTED,
    };
    event->qname_len = wire_of(kind->labels, number % 1000, "ml", event->qname);
    event->twin_len = wire_of(kind->labels, number % 1000, "mil", event->twin);
    event->owner_at = (uint8_t)(event->qname_len - sizeof("\2ml"));
    if (kind->ids)
        tell_ids(event, number);
}

int write_events(const char *kind, struct tg_event *events)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, kind) != 0)
            continue;
        for (unsigned n = 0; n < WRITE_EVENTS; n++)
            make(&kinds[i], n, &events[n]);
        return 0;
    }
    return -1;
}

size_t write_push(struct tg_queue *queue, const struct tg_event *events, size_t first, size_t count)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        struct tg_event *slot = tg_queue_claim(queue);

        if (slot == NULL)
            continue;
        tg_event_copy(slot, &events[(first + i) % WRITE_EVENTS]);
        tg_queue_commit(queue, slot);
        taken++;
    }
    return taken;
}
