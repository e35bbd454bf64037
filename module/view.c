/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/view.h"

#include <arpa/inet.h>
#include <string.h>

static struct tg_deed deed_of(const struct tg_event *event)
{
    switch ((enum tg_reply)event->reply) {
    case TG_REPLY_PASS:
        return (struct tg_deed){"dns-observe", "observed", false};
    case TG_REPLY_SINKHOLE_A:
    case TG_REPLY_SINKHOLE_AAAA:
    case TG_REPLY_SINKHOLE_MX:
        return (struct tg_deed){"dns-sinkhole", "sinkholed", true};
    case TG_REPLY_NXDOMAIN:
    case TG_REPLY_NODATA:
    case TG_REPLY_REFUSED:
    case TG_REPLY_NULL_MX:
    case TG_REPLY_NULL_SRV:
        break;
    }
    if (event->mode == TG_MODE_MAIL_ONLY)
        return (struct tg_deed){"dns-mail-block", "blocked mail lookup", true};
    return (struct tg_deed){"dns-block", "blocked", true};
}

/* A name of a record, or "no name": records are written by another thread's code, and
 * a length that lies must not lead out of the array. */
static struct tg_name name_in(const uint8_t wire[TG_DNAME_MAX], size_t len)
{
    size_t found;

    if (tg_dname_check(wire, len, &found) != TG_OK || found != len)
        return (struct tg_name){NULL, 0};
    return (struct tg_name){wire, len};
}

/* The part of a name from offset at; no name when that is not the start of a label. */
static struct tg_name name_from(struct tg_name name, size_t at)
{
    size_t start = 0;

    while (start < at && start < name.len)
        start += (size_t)name.wire[start] + 1;
    if (start != at || start >= name.len)
        return (struct tg_name){NULL, 0};
    return (struct tg_name){name.wire + at, name.len - at};
}

static void name_text(struct tg_name name, char text[TG_DNAME_TEXT_MAX])
{
    text[0] = '\0';
    if (name.len > 0)
        (void)tg_dname_to_text(name.wire, name.len, text);
}

/* The TLD of a name; no name for the root, and for no name. */
static struct tg_name tld_of(struct tg_name name)
{
    if (name.len <= 1)
        return (struct tg_name){NULL, 0};
    return name_from(name, tg_dname_last_label(name.wire));
}

static void view_names(struct tg_view *view)
{
    const struct tg_event *event = view->event;
    const struct tg_name qname = name_in(event->qname, event->qname_len);
    const struct tg_name twin = name_in(event->twin, event->twin_len);
    const struct tg_name via = name_in(event->via, event->via_len);
    const struct tg_name judged = via.len > 0 ? via : qname;
    struct tg_name owner = name_from(judged, event->owner_at);
    struct tg_name target = {NULL, 0};

    /* The twin is the judged name with another end: the rule's target. */
    if (owner.len > 0 && twin.len > 0)
        target = name_from(twin, event->owner_at);
    if (owner.len == 0)
        owner = judged.len > 1 ? tld_of(judged) : judged;
    name_text(qname, view->qname);
    name_text(via, view->via);
    name_text(twin, view->twin);
    name_text(owner, view->owner);
    name_text(target, view->target);
    name_text(tld_of(qname), view->tld);
}

/* inet_ntop() goes through printf() for this, and it is the common case. */
static void ipv4_text(const uint8_t address[4], char text[INET_ADDRSTRLEN])
{
    for (size_t i = 0; i < 4; i++) {
        const uint8_t octet = address[i];

        if (octet >= 100)
            *text++ = (char)('0' + octet / 100);
        if (octet >= 10)
            *text++ = (char)('0' + octet / 10 % 10);
        *text++ = (char)('0' + octet % 10);
        *text++ = i < 3 ? '.' : '\0';
    }
}

/* IPv6 in the form of RFC 5952; no text for another family. */
static void address_text(uint8_t family, const uint8_t address[16], char text[INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (family == 4)
        ipv4_text(address, text);
    else if (family == 6)
        (void)inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

/* IPv4 is IPv4 also when it came mapped (RFC 4291 2.5.5.2). */
static void view_client(struct tg_view *view)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const uint8_t *address = view->event->address;
    const uint8_t family = view->event->family;

    view->mapped_v4 = family == 4;
    if (family == 6 && memcmp(address, mapped, sizeof(mapped)) == 0) {
        address += sizeof(mapped);
        view->mapped_v4 = true;
    }
    address_text(view->mapped_v4 ? 4 : family, address, view->client);
}

void tg_view_make(const struct tg_event *event, struct tg_view *view)
{
    view->event = event;
    view->deed = deed_of(event);
    (void)tg_rrtype_text(event->qtype, view->qtype);
    view_names(view);
    view_client(view);
    address_text(event->ids.ecs.family, event->ids.ecs.octets, view->ecs);
    address_text(
        event->ids.umbrella.remote.family, event->ids.umbrella.remote.octets, view->remote);
}
