/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/view.h"

#include <arpa/inet.h>
#include <string.h>

static const struct tg_deed *deed_of(const struct tg_event *event)
{
    static const struct tg_deed observed = {
        TG_WORD_OF("dns-observe"), TG_WORD_OF("observed"), false};
    static const struct tg_deed sinkholed = {
        TG_WORD_OF("dns-sinkhole"), TG_WORD_OF("sinkholed"), true};
    static const struct tg_deed mail_blocked = {
        TG_WORD_OF("dns-mail-block"), TG_WORD_OF("blocked mail lookup"), true};
    static const struct tg_deed blocked = {TG_WORD_OF("dns-block"), TG_WORD_OF("blocked"), true};

    switch ((enum tg_reply)event->reply) {
    case TG_REPLY_PASS:
        return &observed;
    case TG_REPLY_SINKHOLE_A:
    case TG_REPLY_SINKHOLE_AAAA:
    case TG_REPLY_SINKHOLE_MX:
        return &sinkholed;
    case TG_REPLY_NXDOMAIN:
    case TG_REPLY_NODATA:
    case TG_REPLY_REFUSED:
    case TG_REPLY_NULL_MX:
    case TG_REPLY_NULL_SRV:
        break;
    }
    return event->mode == TG_MODE_MAIL_ONLY ? &mail_blocked : &blocked;
}

/* Octets that stand for themselves in names, and in JSON: tg_dname_to_text() has a backslash before
 * some others that are printable. */
#define IS_PLAIN(c)                                                                       \
    ((c) > 0x20 && (c) < 0x7f && (c) != '.' && (c) != '\\' && (c) != '"' && (c) != ';' && \
        (c) != '(' && (c) != ')' && (c) != '@' && (c) != '$')
#define PLAIN_4(c)  IS_PLAIN(c), IS_PLAIN((c) + 1), IS_PLAIN((c) + 2), IS_PLAIN((c) + 3)
#define PLAIN_16(c) PLAIN_4(c), PLAIN_4((c) + 4), PLAIN_4((c) + 8), PLAIN_4((c) + 12)
static const bool plain[256] = {PLAIN_16(0x00), PLAIN_16(0x10), PLAIN_16(0x20), PLAIN_16(0x30),
    PLAIN_16(0x40), PLAIN_16(0x50), PLAIN_16(0x60), PLAIN_16(0x70)};

/* An octet that is not plain, as tg_dname_to_text() has it, and each backslash and quotation mark
 * of that with another backslash, as JSON has it. */
static char *spell_octet(uint8_t octet, char *to)
{
    *to++ = '\\';
    *to++ = '\\';
    if (octet > 0x20 && octet < 0x7f) {
        if (octet == '\\' || octet == '"')
            *to++ = '\\';
        *to++ = (char)octet;
        return to;
    }
    *to++ = (char)('0' + octet / 100);
    *to++ = (char)('0' + octet / 10 % 10);
    *to++ = (char)('0' + octet % 10);
    return to;
}

static char *spell_label(const uint8_t *octets, size_t len, char *to)
{
    for (size_t i = 0; i < len; i++) {
        *to = (char)octets[i];
        if (plain[octets[i]])
            to++;
        else
            to = spell_octet(octets[i], to);
    }
    return to;
}

/* A piece of nothing can be read from, too. */
static const char nothing[TG_PIECE] = "";
static const struct tg_piece none = {nothing, 0};

/* A name of a record in words, with the parts of it that are names themselves. */
struct spelled {
    struct tg_piece whole;
    struct tg_piece part; /* from the offset that was asked for; none: no label starts there */
    struct tg_piece tld;  /* none: it is the root */
};

/* Spells a name, and checks it: records are written by another thread's code, and a length that
 * lies must not lead out of the array. All are none when it is no name of this length. */
static struct spelled spell(
    const uint8_t wire[TG_DNAME_MAX], size_t len, size_t part_at, char room[TG_VIEW_NAME])
{
    static const char root[TG_PIECE] = ".";
    struct spelled out = {none, none, none};
    const char *part = NULL, *last = NULL;
    char *to = room;
    size_t at = 0;

    for (; at < len && wire[at] != 0; at += 1u + wire[at]) {
        /* Behind it the root, at least. This also refuses compression pointers. */
        if (wire[at] > TG_LABEL_MAX || at + 1u + wire[at] >= len)
            return out;
        if (at > 0)
            *to++ = '.';
        if (at == part_at)
            part = to;
        last = to;
        to = spell_label(wire + at + 1, wire[at], to);
    }
    if (at + 1 != len)
        return out;
    out.whole =
        last != NULL ? (struct tg_piece){room, (size_t)(to - room)} : (struct tg_piece){root, 1};
    if (part_at == at)
        out.part = (struct tg_piece){root, 1};
    else if (part != NULL)
        out.part = (struct tg_piece){part, (size_t)(to - part)};
    if (last != NULL)
        out.tld = (struct tg_piece){last, (size_t)(to - last)};
    return out;
}

static void view_names(struct tg_view *view)
{
    const struct tg_event *event = view->event;
    const size_t at = event->owner_at;
    const struct spelled qname = spell(event->qname, event->qname_len, at, view->qname_room);
    const struct spelled twin = spell(event->twin, event->twin_len, at, view->twin_room);
    const struct spelled via = spell(event->via, event->via_len, at, view->via_room);
    const struct spelled *judged = via.whole.len > 0 ? &via : &qname;

    view->qname = qname.whole;
    view->twin = twin.whole;
    view->via = via.whole;
    view->tld = qname.tld;
    view->owner = judged->part;
    view->target = twin.part;
    if (judged->part.len > 0)
        return;
    /* Without an owner there is nothing that the twin's end would stand for. */
    view->owner = judged->tld.len > 0 ? judged->tld : judged->whole;
    view->target = none;
}

/* inet_ntop() goes through printf() for this, and it is the common case. */
static char *write_ipv4(const uint8_t address[4], char *to)
{
    for (size_t i = 0; i < 4; i++) {
        const uint8_t octet = address[i];

        if (octet >= 100)
            *to++ = (char)('0' + octet / 100);
        if (octet >= 10)
            *to++ = (char)('0' + octet / 10 % 10);
        *to++ = (char)('0' + octet % 10);
        *to++ = '.';
    }
    return to - 1;
}

static unsigned group_of(const uint8_t address[16], size_t at)
{
    return (unsigned)address[2 * at] << 8 | address[2 * at + 1];
}

/* The first of the longest runs of groups that are zero, two at least; none: of length 0 at the
 * end. */
static size_t zeros_of(const uint8_t address[16], size_t *len)
{
    size_t start = 8, run = 0;

    *len = 0;
    for (size_t at = 0; at < 8; at++) {
        run = group_of(address, at) == 0 ? run + 1 : 0;
        if (run > 1 && run > *len) {
            *len = run;
            start = at + 1 - run;
        }
    }
    return start;
}

/* In the form of RFC 5952. */
static char *write_ipv6(const uint8_t address[16], char *to)
{
    static const char hex[] = "0123456789abcdef";
    size_t len;
    const size_t start = zeros_of(address, &len);

    for (size_t at = 0; at < 8; at++) {
        const unsigned group = group_of(address, at);
        unsigned shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;

        if (at == start) { /* its own colon; the one behind it comes next, or it is the end */
            *to++ = ':';
            at += len - 1;
            if (at == 7)
                *to++ = ':';
            continue;
        }
        if (at > 0)
            *to++ = ':';
        for (;; shift -= 4) {
            *to++ = hex[group >> shift & 0xf];
            if (shift == 0)
                break;
        }
    }
    return to;
}

/* inet_ntop() ends some addresses in IPv4: those of ::/96 that are not ::/112, which nobody uses
 * (RFC 4291 2.5.5.1), and ::ffff:0:0/96. */
static bool ends_in_ipv4(const uint8_t address[16])
{
    size_t len;

    return zeros_of(address, &len) == 0 &&
           (len == 6 || (len == 5 && group_of(address, 5) == 0xffff));
}

/* The text of inet_ntop(); none for another family. */
static struct tg_piece address_piece(uint8_t family, const uint8_t address[16], char *room)
{
    if (family == 4)
        return (struct tg_piece){room, (size_t)(write_ipv4(address, room) - room)};
    if (family != 6)
        return none;
    if (!ends_in_ipv4(address))
        return (struct tg_piece){room, (size_t)(write_ipv6(address, room) - room)};
    (void)inet_ntop(AF_INET6, address, room, INET6_ADDRSTRLEN);
    return (struct tg_piece){room, strlen(room)};
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
    view->client = address_piece(view->mapped_v4 ? 4 : family, address, view->client_room);
}

void tg_view_make(const struct tg_event *event, struct tg_view *view)
{
    const struct tg_id_address *remote = &event->ids.umbrella.remote;

    view->event = event;
    view->deed = deed_of(event);
    (void)tg_rrtype_text(event->qtype, view->qtype_room);
    view->qtype = (struct tg_piece){view->qtype_room, strlen(view->qtype_room)};
    view->serial = tg_number_piece(event->serial, view->serial_room);
    view_names(view);
    view_client(view);
    view->ecs = address_piece(event->ids.ecs.family, event->ids.ecs.octets, view->ecs_room);
    view->remote = address_piece(remote->family, remote->octets, view->remote_room);
}
