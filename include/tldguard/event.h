/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * An event: what one client asked, what it was told, and why; or what the module itself has
 * done. The resolver fills a fixed-size record, on the query path for a question; the writer
 * thread turns it into one line of JSON in the Elastic Common Schema.
 */
#ifndef TLDGUARD_EVENT_H
#define TLDGUARD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tldguard/clientid.h"
#include "tldguard/decide.h"
#include "tldguard/dname.h"
#include "tldguard/rrtype.h"

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

#define TG_EVENT_GROUP_MAX 64  /* bytes of a group's name in a record, with the NUL */
#define TG_EVENT_ERROR_MAX 512 /* of an error in one, with the NUL */

/* What an event tells of. */
enum tg_what {
    TG_WHAT_QUESTION,
    TG_WHAT_LOADED,  /* a policy is in force from now on */
    TG_WHAT_REJECTED /* one that was to be is not, the former one stays */
};

/* How a policy was loaded. */
struct tg_event_loaded {
    uint32_t removed;      /* answers from the resolver's cache, as the policy says otherwise */
    uint32_t former;       /* serial of the policy before it; 0: there was none */
    uint32_t rules;        /* how many it has */
    uint32_t milliseconds; /* that it took */
    uint8_t digest[32];    /* SHA-256 of its text */
};

/*
 * One record. Plain data without pointers, so that it can be copied between threads. An event
 * other than TG_WHAT_QUESTION has only time, serial, what and its part of the union.
 */
struct tg_event {
    struct timespec time; /* when the resolver had the question, UTC */
    uint32_t serial;      /* of the policy that decided, or is in force; 0: there is none */
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
    uint8_t what;        /* enum tg_what; any other value counts as a question */
    uint8_t owner_at;    /* where in via, or without it in qname, the name that the rule
                            matched starts */
    uint8_t qname_len;
    uint8_t twin_len;               /* 0: none */
    uint8_t via_len;                /* 0: the rule speaks of qname */
    char group[TG_EVENT_GROUP_MAX]; /* whose override made the mode, cut; "": none */
    struct tg_client_ids ids;       /* what a forwarder, whose the address then is, told of
                                       the client */
    union {
        struct {
            uint8_t qname[TG_DNAME_MAX]; /* lower-case wire format, as the next two */
            uint8_t twin[TG_DNAME_MAX];  /* of via, or without it of qname */
            uint8_t via[TG_DNAME_MAX];   /* the name in the answer that the rule speaks of */
        };
        struct tg_event_loaded loaded;
        char error[TG_EVENT_ERROR_MAX]; /* why a policy was rejected: one line of UTF-8 */
    };
};

/**
 * Fills what a verdict and a question say; time, client, ids, transport, flags and rcode
 * are the caller's to add (they are zeroed here).
 * @param question the question that was asked; its name may be in any case.
 * @param verdict  from tg_decide() or tg_decide_lead(), with a rule.
 * @param serial   of the image that decided.
 * @param event    output; of qname, twin and via only the used octets are written.
 */
void tg_event_fill(const struct tg_question *question, const struct tg_verdict *verdict,
    uint32_t serial, struct tg_event *event);

/**
 * Fills an event that says that a policy is in force; time is the caller's to add.
 * @param image   the policy; its rules are counted here, its serial and digest copied.
 * @param former  serial of the one before it, 0: there was none.
 * @param removed answers that had to leave the resolver's cache; over UINT32_MAX is that.
 * @param event   output.
 */
void tg_event_fill_loaded(const struct tg_image *image, uint32_t former, size_t removed,
    uint32_t milliseconds, struct tg_event *event);

/**
 * Fills an event that says that a policy was not accepted; time is the caller's to add.
 * @param serial of the policy that stays in force, 0: there is none.
 * @param error  why, as UTF-8; cut to TG_EVENT_ERROR_MAX, control characters become spaces.
 * @param event  output.
 */
void tg_event_fill_rejected(uint32_t serial, const char *error, struct tg_event *event);

/**
 * Copies a record, without the octets of names that are not used: most names are short.
 * @param to output; the octets that are not copied keep their value.
 */
void tg_event_copy(struct tg_event *to, const struct tg_event *from);

/* Who writes the events. Strings are borrowed; any octets, escaped on output. */
struct tg_observer {
    const char *hostname; /* of the resolver */
    const char *boot;     /* tells one start of the module from another, [0-9a-f]+ */
};

struct tg_letterhead;

/* What stands behind tldguard.chain. */
#define TG_LINE_END "\"}}\n"

/* Which line of a log it is, and who writes it. */
struct tg_stamp {
    const struct tg_observer *observer;
    uint64_t sequence;  /* 1.. */
    uint64_t lost;      /* events before this one that are in no line; 0: not said */
    bool crash;         /* before it the machine stopped: nobody knows how many */
    const char *series; /* which log it is: [0-9a-f]+, the same for all its lines; NULL: not said */
    const char *chain;  /* digest of the line before, [0-9a-f]+; NULL: not said */
    bool chain_later;   /* it is not known yet, and chain is NULL: 32 zeros keep its place, at the
                           end of the line but for TG_LINE_END */
    const struct tg_letterhead *head; /* what observer and series make, made once for many lines
                                         (module/event_line.h); NULL: it is made for this one */
};

/* A line is never longer, newline and NUL included; see tg_event_format(). */
#define TG_EVENT_LINE_MAX 8192

/**
 * Writes one event as one line of JSON with its newline. Pure ASCII, whatever
 * octets the names hold: valid JSON (RFC 8259) and valid ECS 8.17.
 *
 * dns.question.name is in presentation form, lower-case; non-printing octets
 * as \DDD, then escaped for JSON. event.id is hostname-boot-sequence. event.category is
 * "network" for a question and "configuration" for what the module itself has done.
 * @param event the record, with names in wire format.
 * @param stamp which line it is.
 * @param line  output, TG_EVENT_LINE_MAX bytes, NUL-terminated.
 * @return the length of the line with its newline, without the NUL; always
 *         below TG_EVENT_LINE_MAX. Pure, any thread, no allocation.
 */
size_t tg_event_format(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX]);

/**
 * The line that says that events were lost when no event follows to carry the
 * count (the writer stops): event.action "events-lost", tldguard.lost.
 * Parameters and return as above; when is the time of writing.
 */
size_t tg_event_format_lost(
    struct timespec when, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX]);

#endif
