/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The decision: what a policy says of one question. A pure function: no
 * clock, no I/O, no allocation, no lock, any thread. Whoever explains a block
 * and whoever makes it call this same function.
 */
#ifndef TLDGUARD_DECIDE_H
#define TLDGUARD_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/image.h"

/* RR types and classes the decision depends on (IANA DNS parameters). */
#define TG_TYPE_A    1
#define TG_TYPE_SOA  6
#define TG_TYPE_MX   15
#define TG_TYPE_AAAA 28
#define TG_TYPE_ANY  255
#define TG_CLASS_IN  1
#define TG_CLASS_ANY 255

/* How to answer. X(name, value, word). */
#define TG_REPLY_MAP(X)                                                       \
    X(TG_REPLY_PASS, 0, "resolve")      /* not ours: let the resolver work */ \
    X(TG_REPLY_NXDOMAIN, 1, "NXDOMAIN") /* with SOA (RFC 2308) */             \
    X(TG_REPLY_NODATA, 2, "NODATA")     /* with SOA (RFC 2308) */             \
    X(TG_REPLY_REFUSED, 3, "REFUSED")                                         \
    X(TG_REPLY_NULL_MX, 4, "null MX") /* MX 0 . (RFC 7505) */                 \
    X(TG_REPLY_SINKHOLE_A, 5, "sinkhole A")                                   \
    X(TG_REPLY_SINKHOLE_AAAA, 6, "sinkhole AAAA")                             \
    X(TG_REPLY_SINKHOLE_MX, 7, "sinkhole MX")
#define TG_ENUM_ENTRY(name, value, word) name = (value),
enum tg_reply { TG_REPLY_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY

/** The word for people; "?" for a value not in the list. Static, any thread. */
const char *tg_reply_text(enum tg_reply reply);

struct tg_question {
    struct tg_name qname; /* checked wire format, any case */
    uint16_t qtype;
    uint16_t qclass;
};

/* Why the verdict is what it is. */
enum tg_reason {
    TG_REASON_NONE,  /* no rule speaks of this name */
    TG_REASON_CLASS, /* a question that class IN does not answer (ANY asks IN too) */
    TG_REASON_ALLOW, /* an allow matches: rule is that allow */
    TG_REASON_TLD    /* the TLD's rule */
};

struct tg_verdict {
    enum tg_reason reason;
    const struct tg_rule *rule; /* borrowed from the image; NULL with NONE and CLASS */
    enum tg_mode mode;          /* OFF with NONE, CLASS and ALLOW */
    enum tg_action action;      /* of the rule; meaningful with mode BLOCK */
    enum tg_severity severity;
    enum tg_reply reply;
    bool report;                /* an event is due for each client that asked */
    bool partial;               /* NXDOMAIN became NODATA: an allowed name lies below */
    size_t owner_at;            /* offset in qname where the rule's owner starts; 0 with no rule */
    size_t twin_len;            /* 0: no twin (it would be too long), else its length */
    uint8_t twin[TG_DNAME_MAX]; /* what was probably meant: qname under the first target, in
                                   lower case; only with TG_REASON_TLD */
};

/**
 * Decides.
 *
 * An allow that matches wins (the longest name, exact ones only for the name
 * itself), but says nothing under a TLD without a rule; then the TLD's rule.
 * Modes: off and allow pass, unreported; monitor passes, reported; mail-only answers MX with a null
 * MX, and ANY too (RFC 8482 lets a server answer ANY with one RRset; passing it on would disclose
 * the MX), reported, and passes every other type unreported; block answers every type by its
 * action, reported. sinkhole gives A, AAAA and MX as the policy says, ANY as A (else AAAA), a null
 * MX where no exchange is set, and NODATA for all else. NXDOMAIN becomes NODATA for a name with an
 * allowed name below it: NXDOMAIN would deny that too (RFC 8020).
 *
 * @param image    an open image.
 * @param question the question; its name is not changed.
 * @param verdict  output, always written whole, but twin only up to twin_len.
 */
void tg_decide(
    const struct tg_image *image, const struct tg_question *question, struct tg_verdict *verdict);

#endif
