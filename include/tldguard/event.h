/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A block event: what one client asked, what it was told, and why. The
 * resolver fills a fixed-size record on the query path; the writer thread
 * turns it into one line of JSON in the Elastic Common Schema.
 */
#ifndef TLDGUARD_EVENT_H
#define TLDGUARD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tldguard/decide.h"
#include "tldguard/dname.h"

/* X(name, value, word): the word is ECS network.transport or .protocol's companion. */
#define TG_TRANSPORT_MAP(X)       \
    X(TG_TRANSPORT_UDP, 0, "udp") \
    X(TG_TRANSPORT_TCP, 1, "tcp") \
    X(TG_TRANSPORT_DOT, 2, "dot") \
    X(TG_TRANSPORT_DOH, 3, "doh") \
    X(TG_TRANSPORT_DOQ, 4, "doq")
#define TG_ENUM_ENTRY(name, value, word) name = (value),
enum tg_transport { TG_TRANSPORT_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY

/** The word of a transport; "?" for a value not in the list. Static, any thread. */
const char *tg_transport_text(enum tg_transport transport);

/* Flags of the client's question, as bits of tg_event.flags. */
#define TG_FLAG_RD 1u
#define TG_FLAG_CD 2u
#define TG_FLAG_DO 4u

#define TG_EVENT_GROUP_MAX 64 /* bytes of a group's name in a record, with the NUL */

/* One record. Plain data without pointers, so that it can be copied between threads. */
struct tg_event {
    struct timespec time; /* when the resolver had the question, UTC */
    uint32_t serial;      /* of the policy that decided */
    uint16_t qtype;
    uint16_t qclass;
    uint16_t port;       /* the client's, host byte order */
    uint8_t family;      /* 4 or 6; 0: not known */
    uint8_t address[16]; /* the client's, network byte order; IPv4 in the first 4 */
    uint8_t transport;   /* enum tg_transport */
    uint8_t flags;       /* TG_FLAG_... */
    uint8_t rcode;       /* what the client was told, 0 .. 15 */
    uint8_t reply;       /* enum tg_reply */
    uint8_t mode;        /* enum tg_mode */
    uint8_t action;      /* enum tg_action */
    uint8_t severity;    /* enum tg_severity */
    uint8_t kind;        /* enum tg_kind of the rule */
    uint8_t known;       /* enum tg_known: what was known of the twin */
    uint8_t owner_at;    /* where in qname the name that the rule matched starts */
    uint8_t qname_len;
    uint8_t twin_len;               /* 0: none */
    char group[TG_EVENT_GROUP_MAX]; /* whose override made the mode, cut; "": none */
    uint8_t qname[TG_DNAME_MAX];    /* lower-case wire format */
    uint8_t twin[TG_DNAME_MAX];
};

/**
 * Fills what a verdict and a question say; time, client, transport, flags and rcode are
 * the caller's to add (they are zeroed here).
 * @param question the question; its name may be in any case.
 * @param verdict  from tg_decide(), with a rule.
 * @param serial   of the image that decided.
 * @param event    output; of qname and twin only the used octets are written.
 */
void tg_event_fill(const struct tg_question *question, const struct tg_verdict *verdict,
    uint32_t serial, struct tg_event *event);

/* Who writes the events. Strings are borrowed; any octets, escaped on output. */
struct tg_observer {
    const char *hostname; /* of the resolver */
    const char *boot;     /* tells one start of the module from another, [0-9a-f]+ */
};

/* A line is never longer, newline and NUL included; see tg_event_format(). */
#define TG_EVENT_LINE_MAX 8192

/**
 * Writes one event as one line of JSON with its newline. Pure ASCII, whatever
 * octets the names hold: valid JSON (RFC 8259) and valid ECS 8.17.
 *
 * dns.question.name is in presentation form, lower-case; non-printing octets
 * as \DDD, then escaped for JSON. event.id is hostname-boot-sequence.
 * @param event    the record, with names in wire format.
 * @param sequence 1.., put in event.sequence.
 * @param lost     how many events were lost before this one; 0 leaves the field out.
 * @param observer who writes.
 * @param line     output, TG_EVENT_LINE_MAX bytes, NUL-terminated.
 * @return the length of the line with its newline, without the NUL; always
 *         below TG_EVENT_LINE_MAX. Pure, any thread, no allocation.
 */
size_t tg_event_format(const struct tg_event *event, uint64_t sequence, uint64_t lost,
    const struct tg_observer *observer, char line[TG_EVENT_LINE_MAX]);

/**
 * The line that says that events were lost when no event follows to carry the
 * count (the writer stops): event.action "events-lost", tldguard.lost.
 * Parameters and return as above; when is the time of writing.
 */
size_t tg_event_format_lost(struct timespec when, uint64_t sequence, uint64_t lost,
    const struct tg_observer *observer, char line[TG_EVENT_LINE_MAX]);

/**
 * The mnemonic of an RR type, "TYPE65400" where there is none (RFC 3597).
 * @param text output, at least 16 bytes.
 * @return text.
 */
const char *tg_rrtype_text(uint16_t type, char text[16]);

#endif
