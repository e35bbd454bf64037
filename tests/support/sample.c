/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Writes the log of two weeks of an organisation that does not exist, by the module's own function:
 * people at work, mail servers, a printer, a script. The same each time. For what shows a log to
 * people: see scripts/screenshot.
 */
#include <stdio.h>
#include <string.h>

#include "module/chain.h"
#include "tldguard/event.h"

#define START 1794787200 /* 2026-11-16, a Monday */
#define DAYS  14
#define SLOTS 144 /* of a day: ten minutes each */
#define SLOT  600

/* Who asks for what: how often in a thousand slots, by day and out of hours. */
struct habit {
    uint8_t client[4];
    const char *name, *twin;
    enum tg_mode mode;
    enum tg_severity severity;
    unsigned at_work, else_when;
    bool mail; /* MX, and what follows from it */
};
static const struct habit habits[] = {
    {{10, 1, 2, 25}, "army.ml", "army.mil", TG_MODE_BLOCK, TG_SEVERITY_CRITICAL, 117, 14, true},
    {{10, 1, 2, 26}, "army.ml", "army.mil", TG_MODE_BLOCK, TG_SEVERITY_CRITICAL, 54, 7, true},
    {{10, 1, 2, 25}, "navy.ml", "navy.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 68, 4, true},
    {{10, 1, 2, 26}, "us.af.ml", "us.af.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 40, 2, true},
    {{10, 1, 2, 25}, "mail.army.ml", "mail.army.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 27, 2, true},
    {{10, 1, 2, 25}, "example.cm", "example.com", TG_MODE_MAIL_ONLY, TG_SEVERITY_MEDIUM, 36, 3,
        true},
    {{10, 1, 2, 26}, "dla.ml", "dla.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 14, 0, true},
    {{10, 4, 7, 118}, "www.navy.ml", "www.navy.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 18, 0, false},
    {{10, 4, 7, 31}, "army.ml", "army.mil", TG_MODE_BLOCK, TG_SEVERITY_CRITICAL, 14, 0, false},
    {{10, 4, 8, 9}, "shop.example.cm", "shop.example.com", TG_MODE_MAIL_ONLY, TG_SEVERITY_MEDIUM,
        16, 1, true},
    {{10, 4, 8, 77}, "example.om", "example.com", TG_MODE_MAIL_ONLY, TG_SEVERITY_MEDIUM, 11, 0,
        true},
    {{10, 4, 9, 140}, "benefits.example.ne", "benefits.example.net", TG_MODE_BLOCK,
        TG_SEVERITY_MEDIUM, 9, 0, false},
    {{10, 6, 0, 12}, "files.us.af.ml", "files.us.af.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 166, 166,
        false},
    {{10, 6, 0, 40}, "example.co", "example.com", TG_MODE_MONITOR, TG_SEVERITY_LOW, 27, 4, false},
    {{10, 4, 7, 202}, "news.example.co", "news.example.com", TG_MODE_MONITOR, TG_SEVERITY_LOW, 44,
        4, false},
    {{10, 4, 7, 55}, "supply.osd.ml", "supply.osd.mil", TG_MODE_BLOCK, TG_SEVERITY_HIGH, 6, 0,
        false},
    {{10, 4, 9, 61}, "rnil.example", "mil.example", TG_MODE_BLOCK, TG_SEVERITY_CRITICAL, 4, 0,
        true},
};

struct log {
    struct tg_observer observer;
    struct tg_chain *chain;
    char digest[TG_DIGEST_TEXT]; /* of the last line */
    uint64_t sequence;
    uint32_t random;
};

/* Numerical Recipes' generator: enough to look like chance. */
static uint32_t chance(struct log *log, uint32_t below)
{
    log->random = log->random * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint32_t)(((uint64_t)log->random * below) >> 32);
}

static void put(struct log *log, const struct tg_event *event)
{
    const struct tg_stamp stamp = {.observer = &log->observer,
        .sequence = ++log->sequence,
        .series = log->observer.boot,
        .chain = log->digest};
    uint8_t digest[TG_DIGEST_SIZE];
    char line[TG_EVENT_LINE_MAX];
    const size_t len = tg_event_format(event, &stamp, line);

    (void)fwrite(line, 1, len, stdout);
    tg_chain_digest(log->chain, line, len, digest);
    (void)tg_digest_text(digest, log->digest);
}

/* Dotted text of plain labels in wire format. */
static uint8_t wire_of(const char *text, uint8_t wire[TG_DNAME_MAX])
{
    uint8_t *at = wire;

    while (*text) {
        const size_t len = strcspn(text, ".");
        *at++ = (uint8_t)len;
        memcpy(at, text, len);
        at += len;
        text += len + (text[len] == '.');
    }
    *at++ = 0;
    return (uint8_t)(at - wire);
}

static void answer(struct tg_event *event, const struct habit *habit, uint16_t qtype)
{
    event->mode = (uint8_t)habit->mode;
    event->reply = TG_REPLY_NXDOMAIN;
    event->action = TG_ACTION_NXDOMAIN;
    event->rcode = 3;
    if (habit->mode == TG_MODE_BLOCK)
        return;
    event->rcode = 0;
    event->reply =
        habit->mode == TG_MODE_MAIL_ONLY && qtype == 15 ? TG_REPLY_NULL_MX : TG_REPLY_PASS;
}

static void ask(struct log *log, const struct habit *habit, time_t when, uint16_t qtype)
{
    struct tg_event event = {.time = {when, (long)chance(log, 1000000) * 1000}};

    event.serial = when < START + 8 * 86400 + 36000 ? 2026111601 : 2026112401;
    event.qtype = qtype;
    event.qclass = 1;
    event.port = (uint16_t)(1024 + chance(log, 60000));
    event.family = 4;
    memcpy(event.address, habit->client, 4);
    event.flags = TG_FLAG_RD;
    event.severity = (uint8_t)habit->severity;
    event.kind = TG_KIND_TLD;
    event.qname_len = wire_of(habit->name, event.qname);
    event.twin_len = wire_of(habit->twin, event.twin);
    /* The TLD begins behind the last dot, its length in that place. */
    event.owner_at = (uint8_t)(strrchr(habit->name, '.') - habit->name + 1);
    answer(&event, habit, qtype);
    put(log, &event);
}

/* A few questions that belong together: a mail server asks for MX first. */
static void visit(struct log *log, const struct habit *habit, time_t when)
{
    static const uint16_t types[] = {15, 1, 28};
    const uint32_t count = 1 + chance(log, 5);

    for (uint32_t i = 0; i < count; i++)
        ask(log, habit, when + (time_t)(i * 5), types[habit->mail ? i % 3 : 1 + i % 2]);
}

int main(void)
{
    struct log log = {.observer = {"resolver-1", "6b0253e0cf547756"},
        .digest = "00000000000000000000000000000000",
        .random = 20261116};

    if (tg_chain_create(&log.chain) != TG_OK)
        return 1;
    for (time_t slot = 0; slot < DAYS * SLOTS; slot++) {
        const time_t day = slot / SLOTS, hour = slot % SLOTS / 6, when = START + slot * SLOT;
        const bool work = day % 7 < 5 && hour >= 7 && hour < 17;
        for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
            const struct habit *habit = &habits[i];
            const bool steady = habit->at_work == habit->else_when;
            if (steady ? slot % 24 != 0
                       : chance(&log, 1000) >= (work ? habit->at_work : habit->else_when))
                continue;
            visit(&log, habit, when + (time_t)(i * 30));
        }
    }
    tg_chain_destroy(&log.chain);
    return fflush(stdout) == 0 ? 0 : 1;
}
