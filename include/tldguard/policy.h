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
#include <stdbool.h>
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
#define TG_KIND_MAP(X)                                                 \
    X(TG_KIND_TLD, 0, "tld")                                           \
    X(TG_KIND_ALLOW, 1, "allow")                                       \
    X(TG_KIND_BLOCK, 2, "block")     /* one name, or a list of them */ \
    X(TG_KIND_PROTECT, 3, "protect") /* names that are ours or a partner's */
/* How it becomes known that a twin is a name somebody meant. */
#define TG_TWIN_MAP(X)                                                    \
    X(TG_TWIN_NONE, 0, "none") /* it is not asked: mode always applies */ \
    X(TG_TWIN_LIST, 1, "list") /* it is at or below a protected name */   \
    X(TG_TWIN_DNS, 2, "dns")   /* as list, else the resolver looks it up */
#define TG_MATCH_MAP(X)                                                         \
    X(TG_MATCH_ALL, 0, "all")       /* every name under the TLD, and the TLD */ \
    X(TG_MATCH_DIRECT, 1, "direct") /* only what is not under its public suffixes */
/* What a canary question must bring, or the policy is not kept. */
#define TG_EXPECT_MAP(X)                                                    \
    X(TG_EXPECT_BLOCK, 0, "block")     /* our own answer, by this policy */ \
    X(TG_EXPECT_RESOLVE, 1, "resolve") /* records of the type, not from us */
#define TG_ENUM_ENTRY(name, value, word) name = (value),
enum tg_mode { TG_MODE_MAP(TG_ENUM_ENTRY) };
enum tg_action { TG_ACTION_MAP(TG_ENUM_ENTRY) };
enum tg_severity { TG_SEVERITY_MAP(TG_ENUM_ENTRY) };
enum tg_kind { TG_KIND_MAP(TG_ENUM_ENTRY) };
enum tg_twin { TG_TWIN_MAP(TG_ENUM_ENTRY) };
enum tg_match { TG_MATCH_MAP(TG_ENUM_ENTRY) };
enum tg_expect { TG_EXPECT_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY

/** The word of a value in policy text and events; "?" for a value not in the
 * list. Static text, any thread. */
const char *tg_mode_text(enum tg_mode mode);
const char *tg_action_text(enum tg_action action);
const char *tg_severity_text(enum tg_severity severity);
const char *tg_kind_text(enum tg_kind kind);
const char *tg_twin_text(enum tg_twin twin);
const char *tg_match_text(enum tg_match match);
const char *tg_expect_text(enum tg_expect expect);

#define TG_TARGETS_MAX  16       /* targets of one rule */
#define TG_SINK_MAX     8        /* sinkhole addresses of one family */
#define TG_TEXT_MAX     1000     /* bytes of a note, reason, ticket, contact or group's name */
#define TG_RULES_MAX    200000   /* rules of one policy; a list of names is one rule */
#define TG_NAMES_MAX    12000000 /* names of one policy */
#define TG_GROUPS_MAX   1000     /* groups of clients */
#define TG_SUBNETS_MAX  200000   /* prefixes of all groups */
#define TG_TTL_MAX      86400    /* seconds: a wrong block must end within a day */
#define TG_CANARIES_MAX 100      /* canary questions: all are asked at each activation */

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

/*
 * One rule. Which names it speaks of is in tg_policy.names; a TLD rule has
 * exactly one, its TLD. What a kind has no use for is zero.
 */
struct tg_rule {
    enum tg_kind kind;
    struct tg_name owner;          /* TLD: the TLD. Others: the name, len 0 when it is a list */
    enum tg_mode mode;             /* TLD, BLOCK: when the twin is known */
    enum tg_mode otherwise;        /* TLD: when it is not; without "otherwise:" the same as mode */
    enum tg_twin twin;             /* TLD */
    enum tg_match match;           /* TLD */
    enum tg_action action;         /* TLD, BLOCK */
    enum tg_severity severity;     /* TLD, BLOCK */
    const struct tg_name *targets; /* TLD: TLDs it is taken for, likeliest first.
                                      BLOCK: at most one, the name that was meant, or none */
    size_t target_count;           /* TLD: 1 .. TG_TARGETS_MAX; BLOCK: 0 or 1; others 0 */
    uint32_t until;   /* ALLOW: the last day it applies, in days since 1970-01-01; 0: for ever */
    const char *note; /* NULL: none; so with the next three */
    const char *reason;
    const char *ticket;
    const char *file; /* the list its names came from, as written in the policy */
};

/* One name of a rule of kind ALLOW, BLOCK or PROTECT. */
struct tg_entry {
    struct tg_name name;
    uint32_t rule; /* index into rules */
    bool exact;    /* the name alone, not what is below it */
};

/* An override of what rules say, for the clients of a group. */
struct tg_override {
    struct tg_name tld; /* the TLD whose rule it replaces; len 0: of every rule */
    enum tg_mode mode;  /* whatever is known of the twin */
};

struct tg_group {
    const char *name;
    const struct tg_override *overrides; /* a TLD's own before the one for all; 1.. */
    size_t override_count;
};

/* A client's address, or a prefix: IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
struct tg_address {
    uint8_t octets[16];
};

struct tg_subnet {
    struct tg_address prefix; /* bits behind the length are zero */
    uint8_t length;           /* bits, 0 .. 128; IPv4 /24 is 120 */
    uint32_t group;           /* index into groups */
};

/* A public suffix below a TLD with match: direct (https://publicsuffix.org/list/). */
struct tg_suffix {
    struct tg_name name; /* without the "*." or "!" */
    bool wildcard;       /* "*.name": each name directly below name is a suffix; name itself may
                            be the TLD, and is one only by an entry of its own */
    bool exception;      /* "!name": name is not a suffix, though a wildcard says so */
};

/* A question that is asked as soon as the policy is in force, and what must come of it. */
struct tg_canary {
    struct tg_name qname; /* not the root */
    uint16_t qtype;       /* one that records have: tg_rrtype_is_data() */
    enum tg_expect expect;
};

/* Where something stands in the policy text, for messages about it. */
struct tg_standing {
    const char *file;   /* what messages call the text */
    unsigned line;      /* 1.. */
    unsigned col;       /* 1.., in bytes */
    const char *source; /* the line; NULL: too long to be shown */
};

/* A parsed, checked policy. Read-only; all it points to is freed with it. */
struct tg_policy {
    uint32_t serial; /* 1 .. 4294967295, e.g. 2026112201 */
    struct tg_answer answer;
    bool inspect_targets;        /* judge the names that answers lead to as well; default true */
    const struct tg_rule *rules; /* in the order of the text: tlds, protect, allow, block */
    size_t rule_count;
    const struct tg_entry *names; /* in the order of the text; unique within a kind */
    size_t name_count;
    const struct tg_group *groups;
    size_t group_count;
    const struct tg_subnet *subnets; /* no two with the same prefix and length */
    size_t subnet_count;
    const struct tg_suffix *suffixes; /* of all TLDs with match: direct, each once */
    size_t suffix_count;
    const struct tg_canary *canaries; /* in the order of the text; no two ask the same */
    size_t canary_count;
    const struct tg_standing *canaries_at; /* of each; NULL: the policy was not made from text */
    uint8_t digest[32]; /* SHA-256 of the policy text and of its list files, in order */
    void *arena;        /* private: owns everything above */
};

/* What the parser may consult besides the text. All may be zero. */
struct tg_policy_options {
    uint32_t today;       /* days since 1970-01-01, for allow until; 0: no warnings about days */
    const char *suffixes; /* the public suffix list; NULL: where libpsl says it is */
    const char *popular;  /* popular names of each TLD (popular-tlds.tsv); NULL: no such warning */
};

/**
 * Reads and checks a policy file and the list files it names.
 *
 * Reports everything it finds at once: each error and warning with file, line
 * and column, of a list file with its own line; of many bad lines in one list
 * the first 20 and a count. Errors: not YAML; a key that is not known (with
 * the nearest one that is) or given twice; a wrong type or value; a bad name,
 * prefix or date; a TLD listed twice; an entry for the root, for arpa, for a target
 * itself; a block or TLD rule that speaks of a protected name; a name that is both
 * allowed and blocked; two rules of one kind that say different things about one name;
 * a sinkhole action without a sinkhole address; a list file that cannot be
 * read; match: direct without a public suffix list; two groups with one prefix; a canary
 * question for a type that records do not have, or asked twice.
 * Warnings: an allow that can never apply, or has expired, or will within 7
 * days; a protect that can make no difference; an entry that another one covers; a TLD that
 * is not delegated; a TLD full of popular names set to block without a twin.
 *
 * List files: one name a line; "#" starts a comment; an address in front of
 * the names, as in /etc/hosts, is passed over; "*.name" and ".name" mean name and all
 * below, as does "||name^" (ad blockers' lists; "!" starts a comment there). A relative path is
 * relative to the policy's folder. Bounds: 512 MiB for all lists of a policy, 64 KiB for a line.
 * A list of block cannot hold a whole TLD. Names that a list repeats are dropped, and counted in a
 * note.
 *
 * @param path    the file; "-" reads standard input (named "<stdin>").
 * @param options NULL: as if all were zero.
 * @param out     output: the policy, to be freed with tg_policy_destroy().
 * @param diags   where messages go, or NULL.
 * @return TG_OK, with warnings at the most; TG_EPOLICY or TG_ESYNTAX with at
 *         least one error in diags; TG_EIO (with an error that names the path
 *         and the reason); TG_ETOOBIG (over 64 MiB); TG_ENOMEM. On failure
 *         *out is unchanged. Any thread.
 */
enum tg_status tg_policy_read(const char *path, const struct tg_policy_options *options,
    struct tg_policy **out, struct tg_diags *diags);

/**
 * The same for text in memory; list files are relative to the current folder.
 * @param name what to call it in messages.
 * @param text the text; need not be NUL-terminated, may hold anything.
 * @param len  its length in bytes.
 */
enum tg_status tg_policy_parse(const char *name, const char *text, size_t len,
    const struct tg_policy_options *options, struct tg_policy **out, struct tg_diags *diags);

/**
 * Whether a name is arpa, the infrastructure of the DNS: no entry may name it.
 * @param name  lower-case.
 * @param below or a name below it, which no entry may block.
 * @return pure, cannot fail. Any thread.
 */
bool tg_policy_is_arpa(struct tg_name name, bool below);

/** Frees a policy and sets the pointer to NULL; NULL-safe. */
void tg_policy_destroy(struct tg_policy **policy);

#endif
