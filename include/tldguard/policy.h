/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The policy as people write it (tldguard-policy(5)), and the rules it is
 * made of. The same struct tg_rule describes a rule in the parsed text and in
 * the compiled image, so what is explained and what is enforced are one.
 */
#ifndef TLDGUARD_POLICY_H
#define TLDGUARD_POLICY_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"
#include "tldguard/dname.h"
#include "tldguard/status.h"

/* Values are stored in images: never renumber, only add. X(name, value, word). */
#define TG_MODE_MAP(X)                                                       \
    X(TG_MODE_OFF, 0, "off")             /* as if the rule were not there */ \
    X(TG_MODE_MONITOR, 1, "monitor")     /* resolve, log */                  \
    X(TG_MODE_MAIL_ONLY, 2, "mail-only") /* null MX, resolve the rest */     \
    X(TG_MODE_BLOCK, 3, "block")         /* answer every type */
#define TG_ACTION_MAP(X)                 \
    X(TG_ACTION_NXDOMAIN, 0, "nxdomain") \
    X(TG_ACTION_NODATA, 1, "nodata")     \
    X(TG_ACTION_REFUSED, 2, "refused")   \
    X(TG_ACTION_SINKHOLE, 3, "sinkhole")
#define TG_SEVERITY_MAP(X)             \
    X(TG_SEVERITY_LOW, 0, "low")       \
    X(TG_SEVERITY_MEDIUM, 1, "medium") \
    X(TG_SEVERITY_HIGH, 2, "high")     \
    X(TG_SEVERITY_CRITICAL, 3, "critical")
#define TG_KIND_MAP(X)       \
    X(TG_KIND_TLD, 0, "tld") \
    X(TG_KIND_ALLOW, 1, "allow")
#define TG_ENUM_ENTRY(name, value, word) name = (value),
enum tg_mode { TG_MODE_MAP(TG_ENUM_ENTRY) };
enum tg_action { TG_ACTION_MAP(TG_ENUM_ENTRY) };
enum tg_severity { TG_SEVERITY_MAP(TG_ENUM_ENTRY) };
enum tg_kind { TG_KIND_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY

/** The word of a value in policy text and events; "?" for a value not in the
 * list. Static text, any thread. */
const char *tg_mode_text(enum tg_mode mode);
const char *tg_action_text(enum tg_action action);
const char *tg_severity_text(enum tg_severity severity);
const char *tg_kind_text(enum tg_kind kind);

#define TG_TARGETS_MAX 16      /* targets of one rule */
#define TG_SINK_MAX    8       /* sinkhole addresses of one family */
#define TG_TEXT_MAX    1000    /* bytes of a note, reason, ticket or contact */
#define TG_RULES_MAX   2000000 /* rules of one policy */
#define TG_TTL_MAX     86400   /* seconds: a wrong block must end within a day */

/* How blocked questions are answered. All names lower-case wire format. */
struct tg_answer {
    uint32_t ttl;         /* seconds, 0 .. TG_TTL_MAX; default 60 */
    struct tg_name mname; /* SOA MNAME of negative answers; default tldguard.invalid. */
    struct tg_name rname; /* SOA RNAME; default nobody.invalid. */
    const char *contact;  /* whom a blocked user may ask; NULL: nobody named */
    struct in_addr a[TG_SINK_MAX];
    size_t a_count;
    struct in6_addr aaaa[TG_SINK_MAX];
    size_t aaaa_count;
    struct tg_name mx; /* exchange of the sinkhole; len 0: none, null MX is given */
};

/* One rule. For TG_KIND_ALLOW only owner, exact, reason and ticket mean something. */
struct tg_rule {
    enum tg_kind kind;
    struct tg_name owner; /* what it matches: the TLD, or the allowed name */
    bool exact;           /* allow: the name alone, not what is below it */
    enum tg_mode mode;
    enum tg_action action;
    enum tg_severity severity;
    struct tg_name targets[TG_TARGETS_MAX]; /* TLDs it is taken for, likeliest first */
    size_t target_count;                    /* 1 .. TG_TARGETS_MAX for TG_KIND_TLD */
    const char *note;                       /* NULL: none; so with the next two */
    const char *reason;
    const char *ticket;
};

/* A parsed, checked policy. Read-only; all it points to is freed with it. */
struct tg_policy {
    uint32_t serial; /* 1 .. 4294967295, e.g. 2026112201 */
    struct tg_answer answer;
    const struct tg_rule *rules; /* in the order of the text: tlds, then allow */
    size_t rule_count;
    uint8_t digest[32]; /* SHA-256 of the policy text */
    void *arena;        /* private: owns everything above */
};

/**
 * Reads and checks a policy file.
 *
 * Reports everything it finds at once: each error and warning with file, line
 * and column. Errors: not YAML; a key that is not known (with the nearest one
 * that is) or given twice; a wrong type or value; a bad name; a TLD listed
 * twice; an entry for the root, for arpa, or for a target itself; a sinkhole
 * action without a sinkhole address; two allows of one name that differ.
 * Warnings: an allow that can never apply; an allow that another one covers.
 *
 * @param path  the file; "-" reads standard input (named "<stdin>").
 * @param out   output: the policy, to be freed with tg_policy_destroy().
 * @param diags where messages go, or NULL.
 * @return TG_OK, with warnings at the most; TG_EPOLICY or TG_ESYNTAX with at
 *         least one error in diags; TG_EIO (with an error that names the path
 *         and the reason); TG_ETOOBIG (over 64 MiB); TG_ENOMEM. On failure
 *         *out is unchanged. Any thread.
 */
enum tg_status tg_policy_read(const char *path, struct tg_policy **out, struct tg_diags *diags);

/**
 * The same for text in memory.
 * @param name what to call it in messages.
 * @param text the text; need not be NUL-terminated, may hold anything.
 * @param len  its length in bytes.
 */
enum tg_status tg_policy_parse(
    const char *name, const char *text, size_t len, struct tg_policy **out, struct tg_diags *diags);

/** Frees a policy and sets the pointer to NULL; NULL-safe. */
void tg_policy_destroy(struct tg_policy **policy);

#endif
