/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Events in ArcSight's Common Event Format, CEF:0. */
#include <inttypes.h>
#include <string.h>

#include "tools/log.h"

#define IN_HEADER    true
#define IN_EXTENSION false

/* " key=value", where there is one. */
static void put(const char *key, struct tg_slice value)
{
    if (!value.at)
        return;
    (void)printf(" %s=", key);
    tg_put_cef(value, IN_EXTENSION);
}

/* A field that has no meaning of its own, and a label that gives it one. */
static void labelled(const char *key, const char *label, struct tg_slice value)
{
    if (!value.at)
        return;
    put(key, value);
    (void)printf(" %sLabel=%s", key, label);
}

/* In CEF:0 src is IPv4. */
static void put_client(const struct tg_slice *field)
{
    const struct tg_slice client = field[TG_FIELD_CLIENT], mac = field[TG_FIELD_MAC];

    if (client.at && memchr(client.at, ':', client.len)) {
        put("c6a2", client);
        fputs(" c6a2Label=Source IPv6 Address", stdout);
    } else {
        put("src", client);
    }
    put("spt", field[TG_FIELD_PORT]);
    if (mac.len != strlen("00-00-5E-00-53-23"))
        return;
    fputs(" smac=", stdout);
    for (size_t i = 0; i < mac.len; i++)
        tg_put_cef(i % 3 == 2 ? (struct tg_slice){":", 1} : (struct tg_slice){mac.at + i, 1},
            IN_EXTENSION);
}

static void put_question(const struct tg_slice *field)
{
    const struct tg_slice transport = field[TG_FIELD_TRANSPORT];
    const bool udp = tg_slice_is(transport, "udp") || tg_slice_is(transport, "doq");

    put_client(field);
    if (transport.at)
        (void)printf(" proto=%s", udp ? "UDP" : "TCP");
    fputs(" app=dns", stdout);
    put("dhost", field[TG_FIELD_NAME]);
    put("cat", field[TG_FIELD_CATEGORY]);
    labelled("cs1", "qtype", field[TG_FIELD_TYPE]);
    labelled("cs2", "rcode", field[TG_FIELD_RCODE]);
    labelled("cs4", "suggest", field[TG_FIELD_TWIN]);
    labelled("cs5", "rule", field[TG_FIELD_RULE]);
    labelled("flexString1", "via", field[TG_FIELD_VIA]);
    labelled("flexString2", "group", field[TG_FIELD_GROUP]);
}

static unsigned severity_of(struct tg_slice severity)
{
    static const char *const words[] = {"low", "medium", "high", "critical"};
    static const unsigned values[] = {3, 5, 8, 10};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (tg_slice_is(severity, words[i]))
            return values[i];
    return 5;
}

/* What the header says of an action: who filters by it must find the same words for ever. */
static const struct kind {
    const char *action, *name;
    unsigned severity; /* 0: as the event has it */
} kinds[] = {
    {"dns-block", "Look-alike name blocked", 0},
    {"dns-mail-block", "Mail to a look-alike name blocked", 0},
    {"dns-sinkhole", "Look-alike name answered with a sinkhole", 0},
    {"dns-observe", "Look-alike name observed", 0},
    {"policy-loaded", "Policy loaded", 1},
    {"policy-rejected", "Policy rejected", 6},
    {"events-lost", "Events lost", 8},
};

static void put_header(const struct tg_slice *field)
{
    static const struct kind other = {NULL, "Event", 1};
    const struct kind *kind = &other;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (tg_slice_is(field[TG_FIELD_ACTION], kinds[i].action))
            kind = &kinds[i];
    fputs("CEF:0|tldguard|tldguard|", stdout);
    tg_put_cef(field[TG_FIELD_VERSION], IN_HEADER);
    putchar('|');
    tg_put_cef(field[TG_FIELD_ACTION], IN_HEADER);
    (void)printf("|%s|%u|", kind->name,
        kind->severity ? kind->severity : severity_of(field[TG_FIELD_SEVERITY]));
}

void tg_log_put_cef(const struct tg_logged *event)
{
    static const char *const deeds[] = {
        [TG_LOG_BLOCKED] = "blocked", [TG_LOG_WATCHED] = "allowed", [TG_LOG_SERVICE] = NULL};
    const struct tg_slice *field = event->field;
    const char *deed = deeds[event->verdict];

    put_header(field);
    (void)printf("rt=%" PRId64, event->time / 1000);
    put("dvchost", field[TG_FIELD_HOST]);
    if (deed)
        (void)printf(" act=%s", deed);
    if (event->verdict == TG_LOG_SERVICE)
        put("msg", field[TG_FIELD_MESSAGE]);
    else
        put_question(field);
    put("reason", field[TG_FIELD_ERROR]);
    labelled("cs3", "policy", field[TG_FIELD_SERIAL]);
    labelled("cs6", "eventId", field[TG_FIELD_ID]);
    labelled("cn1", "sequence", field[TG_FIELD_SEQUENCE]);
    labelled("cn2", "lost", field[TG_FIELD_LOST]);
    putchar('\n');
}
