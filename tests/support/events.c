/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Writes a log as the module does, by its own function: for figures, and for tests of what
 * reads logs.
 * Usage: events COUNT CLIENTS [LOG [FIRST [CHAIN]]]: event number i (from FIRST, else 1) is of
 * second i / 100, of client i % CLIENTS, about one of a thousand names. CHAIN is the digest of the
 * line before the first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/chain.h"
#include "tldguard/event.h"

#define START 1795305600 /* 2026-11-22 */
#define NAMES 1000

/* "host7.army.ml", wire format. */
static uint8_t name_of(unsigned number, const char *tld, uint8_t wire[TG_DNAME_MAX])
{
    char label[16];
    const int len = snprintf(label, sizeof(label), "host%u", number);
    uint8_t *at = wire;

    *at++ = (uint8_t)len;
    memcpy(at, label, (size_t)len);
    at += len;
    memcpy(at, "\4army", 5);
    at += 5;
    *at++ = (uint8_t)strlen(tld);
    memcpy(at, tld, strlen(tld) + 1);
    return (uint8_t)(at - wire + (int)strlen(tld) + 1);
}

static void fill(struct tg_event *event, uint64_t number, uint32_t clients)
{
    const uint32_t client = (uint32_t)(number % clients), host = (uint32_t)(number * 7919 % NAMES);

    memset(event, 0, sizeof(*event));
    event->time =
        (struct timespec){START + (time_t)(number / 100), (long)(number % 100) * 10000000};
    event->serial = 2026112201;
    event->qtype = number % 3 == 0 ? 15 : number % 3 == 1 ? 1 : 28;
    event->qclass = 1;
    event->port = (uint16_t)(1024 + number % 60000);
    event->family = 4;
    event->address[0] = 10;
    event->address[1] = (uint8_t)(client >> 16);
    event->address[2] = (uint8_t)(client >> 8);
    event->address[3] = (uint8_t)client;
    event->flags = TG_FLAG_RD;
    event->rcode = 3;
    event->reply = TG_REPLY_NXDOMAIN;
    event->mode = TG_MODE_BLOCK;
    event->action = TG_ACTION_NXDOMAIN;
    event->severity = TG_SEVERITY_HIGH;
    event->kind = TG_KIND_TLD;
    event->qname_len = name_of(host, "ml", event->qname);
    event->twin_len = name_of(host, "mil", event->twin);
    event->owner_at = (uint8_t)(event->qname_len - 4);
}

int main(int argc, char **argv)
{
    const char *log = argc > 3 ? argv[3] : "6b0253e0cf547756";
    const struct tg_observer observer = {"resolver", log};
    const uint64_t first = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    char line[TG_EVENT_LINE_MAX], text[TG_DIGEST_TEXT] = "00000000000000000000000000000000";
    uint8_t digest[TG_DIGEST_SIZE];
    struct tg_chain *chain;
    struct tg_event event;
    uint64_t count;
    uint32_t clients;
    size_t len;

    if (argc < 3 || argc > 6) {
        fputs("usage: events COUNT CLIENTS [LOG [FIRST [CHAIN]]]\n", stderr);
        return 2;
    }
    count = strtoull(argv[1], NULL, 10);
    clients = (uint32_t)strtoul(argv[2], NULL, 10);
    if (clients == 0 || tg_chain_create(&chain) != TG_OK)
        return 2;
    if (argc > 5)
        (void)snprintf(text, sizeof(text), "%s", argv[5]);
    for (uint64_t i = first; i - first < count; i++) {
        fill(&event, i, clients);
        len = tg_event_format(&event,
            &(struct tg_stamp){.observer = &observer, .sequence = i, .series = log, .chain = text},
            line);
        if (fwrite(line, 1, len, stdout) == 0)
            return 1;
        tg_chain_digest(chain, line, len, digest);
        (void)tg_digest_text(digest, text);
    }
    tg_chain_destroy(&chain);
    return fflush(stdout) == 0 ? 0 : 1;
}
