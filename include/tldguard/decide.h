/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The decision: what a policy says of one question. A pure function: no
 * clock, no I/O (but that of an image opened by tg_image_open_quick(), which a look-up
 * reads from), no allocation, no lock, any thread. Whoever explains a block and whoever
 * makes it call this same function.
 */
#ifndef TLDGUARD_DECIDE_H
#define TLDGUARD_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/image.h"

/* RR types and classes the decision depends on (IANA DNS parameters). */
#define TG_TYPE_A      1
#define TG_TYPE_CNAME  5
#define TG_TYPE_SOA    6
#define TG_TYPE_MX     15
#define TG_TYPE_AAAA   28
#define TG_TYPE_DS     43
#define TG_TYPE_DNSKEY 48
#define TG_TYPE_ANY    255
#define TG_CLASS_IN    1
#define TG_CLASS_ANY   255

/* How to answer. X(name, value, word). */
#define TG_REPLY_MAP(X)                                                       \
    X(TG_REPLY_PASS, 0, "resolve")      /* not ours: let the resolver work */ \
    X(TG_REPLY_NXDOMAIN, 1, "NXDOMAIN") /* with SOA (RFC 2308) */             \
    X(TG_REPLY_NODATA, 2, "NODATA")     /* with SOA (RFC 2308) */             \
    X(TG_REPLY_REFUSED, 3, "REFUSED")                                         \
    X(TG_REPLY_NULL_MX, 4, "null MX") /* MX 0 . (RFC 7505) */                 \
    X(TG_REPLY_SINKHOLE_A, 5, "sinkhole A")                                   \
    X(TG_REPLY_SINKHOLE_AAAA, 6, "sinkhole AAAA")                             \
    X(TG_REPLY_SINKHOLE_MX, 7, "sinkhole MX")                                 \
    X(TG_REPLY_NULL_SRV, 8, "null SRV") /* SRV 0 0 0 . (RFC 2782) */
#define TG_ENUM_ENTRY(name, value, word) name = (value),
enum tg_reply { TG_REPLY_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY

/** The word for people; "?" for a value not in the list. Static, any thread. */
const char *tg_reply_text(enum tg_reply reply);

struct tg_question {
    struct tg_name qname; /* checked wire format, any case */
    uint16_t qtype;
    uint16_t qclass;
    const struct tg_address *client; /* NULL: nobody's; no group applies */
    uint32_t today; /* days since 1970-01-01, for allows with an end; 0: none has ended */
};

/* Why the verdict is what it is: which rule speaks of the name. */
enum tg_reason {
    TG_REASON_NONE,   /* no rule */
    TG_REASON_CLASS,  /* not a question of class IN */
    TG_REASON_ALLOW,  /* an allow matches: rule is that allow */
    TG_REASON_BLOCK,  /* a block matches: rule is that block */
    TG_REASON_TLD,    /* the TLD's rule */
    TG_REASON_SUFFIX, /* the TLD's rule is match: direct, and the name is a public suffix or under
                         one */
    TG_REASON_PROTECT /* the name itself is protected: no rule may touch it */
};

/* What is known of the twin. */
enum tg_known {
    TG_KNOWN_NOT_ASKED, /* twin: none, or another kind of rule */
    TG_KNOWN_LISTED,    /* at or below a protected name */
    TG_KNOWN_NOT,       /* it is not; with twin: dns, nor does a look-up find it */
    TG_KNOWN_ASK,   /* twin: dns, not listed: only a look-up can tell; verdict is for "not known" */
    TG_KNOWN_FOUND, /* not listed, but a look-up has found it: tg_decide_known() */
    TG_KNOWN_FAILED /* the look-up failed or took too long: verdict is for "not known" */
};

/** Whether the mode of a TLD rule applies to such a twin; else its otherwise does. */
bool tg_known_takes_mode(enum tg_known known);

struct tg_verdict {
    enum tg_reason reason;
    const struct tg_rule *rule;   /* borrowed from the image; NULL with NONE, CLASS */
    const struct tg_group *group; /* of the client, when its override made the mode; else NULL */
    enum tg_known known;
    enum tg_mode mode;     /* OFF with NONE, CLASS, ALLOW, SUFFIX, PROTECT */
    enum tg_action action; /* of the rule; meaningful with mode BLOCK */
    enum tg_severity severity;
    enum tg_reply reply;
    bool report;        /* an event is due for each client that asked */
    bool partial;       /* a name left alone lies below: less is denied than the rule says */
    struct tg_name via; /* borrowed: the name in an answer that was judged, tg_decide_lead();
                           len 0: the qname was */
    size_t owner_at;    /* offset in the name that was judged where the name that the rule matched
                           starts; with SUFFIX, where the longest public suffix starts */
    size_t twin_len;    /* 0: no twin, else its length */
    uint8_t twin[TG_DNAME_MAX]; /* what was probably meant */
};

/**
 * Decides.
 *
 * Which rule: an allow that matches and has not ended wins; then a protected
 * name is left alone; then a block; then the TLD's rule (unless it is match:
 * direct, and the name is, or is under, a public suffix below that TLD). Within one kind
 * the longest name wins; exact entries match only the name itself.
 *
 * Which mode: of a TLD rule, mode when twin is none or the twin is at or
 * below a protected name, else otherwise. Then the client's group: its override for this
 * TLD, else its override for all, replaces the mode (of a block too: the TLD is then the
 * name's last label). An allow is not overridden.
 *
 * The twin: of a TLD rule, the qname under the first target under which it is
 * protected, else under the first target. Of a block with a target: the
 * target, with the labels that stand before the block's own name put in front (when it fits). None
 * when over 255.
 *
 * Which reply: off and allow pass, unreported; monitor passes, reported; mail-only
 * answers MX with a null MX, and ANY too (RFC 8482 lets a server answer ANY
 * with one RRset; passing it on would disclose the MX), reported, and passes
 * every other type unreported; block answers every type by its action,
 * reported. sinkhole gives A, AAAA and MX as the policy says, ANY as A (else
 * AAAA), a null MX where no exchange is set, and NODATA for all else. NXDOMAIN becomes
 * NODATA for a name with an allowed or protected name below it, or, of a TLD rule with
 * match: direct, with a public suffix below it: NXDOMAIN would deny that
 * too (RFC 8020). DS and DNSKEY of such a name pass, unreported: a validator that asks us
 * needs the chain down to the name below (RFC 4035 section 5).
 *
 * @param image    an open image.
 * @param question the question; its name is not changed.
 * @param verdict  output, always written whole, but twin only up to twin_len.
 */
void tg_decide(
    const struct tg_image *image, const struct tg_question *question, struct tg_verdict *verdict);

/**
 * The same, when a look-up has told whether the twin exists: for a verdict that was
 * TG_KNOWN_ASK. mode applies when it was found, else otherwise; then as above.
 * @param asked TG_KNOWN_FOUND, TG_KNOWN_NOT, TG_KNOWN_FAILED; TG_KNOWN_ASK: none was made yet,
 *              as tg_decide().
 */
void tg_decide_known(const struct tg_image *image, const struct tg_question *question,
    enum tg_known asked, struct tg_verdict *verdict);

/* What leads from an answer to another name. */
enum tg_lead {
    TG_LEAD_CNAME, /* the next name of a chain of aliases, by CNAME or DNAME */
    TG_LEAD_MX,    /* the exchange of an MX */
    TG_LEAD_SRV,   /* the target of an SRV */
    TG_LEAD_NS,    /* the server of an NS */
    TG_LEAD_SVCB   /* the target of an HTTPS or SVCB */
};

/**
 * Decides of a name that the answer to a question leads to.
 *
 * The target is judged as tg_decide_known() would for the same client and day: after an alias
 * as a question for the type that was asked, after MX as one for MX (mail goes there, so
 * mail-only stops it), after all else as one for A. Then reply becomes what is right for the
 * name that was asked, which exists and which no rule speaks of:
 *
 *   alias         the rule's own reply: it is given for the alias's end; the chain is kept, and
 *                 rcode and SOA are about its last name (RFC 6604)
 *   MX            a sinkhole MX stays, all else is a null MX: without a MX mail would go to the
 *                 address (RFC 5321 5.1), and NXDOMAIN would deny the wrong name
 *   SRV           a null SRV
 *   NS and SVCB   NODATA
 *   all           REFUSED and PASS stay; monitor passes, reported
 *
 * A CNAME in the answer to a question for CNAME leads nowhere: it is what was asked for
 * (RFC 1034 3.6.2), and passes without a reason. So does all but an MX in the answer to ANY, by
 * which some mail servers look for one.
 *
 * Of use only when tg_image_inspects(), and the verdict on the question itself passes with
 * another reason than TG_REASON_ALLOW: who allows a name lets it resolve to whatever it does. A
 * verdict on an alias's target with reason TG_REASON_ALLOW ends the chain likewise: what follows
 * is not judged. A protected name does neither.
 *
 * @param asked   the question; its name is not looked at.
 * @param target  checked wire format, any case; verdict->via, owner_at and twin are about it.
 * @param known   of the target's twin: TG_KNOWN_ASK, or what a look-up told, as above.
 * @param verdict output, as above; partial only after an alias.
 */
void tg_decide_lead(const struct tg_image *image, const struct tg_question *asked,
    enum tg_lead lead, struct tg_name target, enum tg_known known, struct tg_verdict *verdict);

/** The name that was judged: via, or that of the question. Borrowed. */
struct tg_name tg_verdict_name(
    const struct tg_question *question, const struct tg_verdict *verdict);

/**
 * The name that must be registered for a twin to exist: one label more than the target.
 * "army.mil" for the twin "mail.army.mil" of "mail.army.ml", "army.gov.uk" under the target
 * "gov.uk". A look-up of the twin that tells NXDOMAIN says nothing of it.
 * @param verdict of a TLD rule.
 * @param out     output: within verdict->twin; unchanged when there is none.
 * @return false: no TLD rule, no twin, or the twin is the target itself.
 */
bool tg_verdict_twin_domain(const struct tg_verdict *verdict, struct tg_name *out);

#endif
