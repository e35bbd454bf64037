/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The figures of a running module, and the file they stand in: one JSON object, which the module
 * writes anew four times a second and tldguard status reads. Who reads it checks "format".
 * Numbers count from the start of the module, and never fall; times are milliseconds since 1970.
 */
#ifndef TG_MODULE_FIGURES_H
#define TG_MODULE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/decide.h"
#include "tldguard/policy.h"

#define TG_FIGURES_FORMAT 2
#define TG_FIGURES_MAX    (256u * 1024u) /* bytes of the file, with a NUL */

/* What the policy says of a question when it comes in. X(name, word). */
#define TG_SEEN_MAP(X)                                                               \
    X(TG_SEEN_NONE, "none")       /* no rule speaks of the name */                   \
    X(TG_SEEN_CLASS, "class")     /* not a question of class IN */                   \
    X(TG_SEEN_ALLOW, "allow")     /* an allow does */                                \
    X(TG_SEEN_SUFFIX, "suffix")   /* match: direct, and it is under a public one */  \
    X(TG_SEEN_PROTECT, "protect") /* it is protected itself */                       \
    X(TG_SEEN_OFF, "off")         /* a rule does, in this mode; so with the others*/ \
    X(TG_SEEN_MONITOR, "monitor")                                                    \
    X(TG_SEEN_MAIL_ONLY, "mail-only")                                                \
    X(TG_SEEN_BLOCK, "block")

/* How a question is answered, in the order of enum tg_reply. X(name, word). */
#define TG_REPLIED_MAP(X)                    \
    X(TG_REPLIED_PASS, "pass")               \
    X(TG_REPLIED_NXDOMAIN, "nxdomain")       \
    X(TG_REPLIED_NODATA, "nodata")           \
    X(TG_REPLIED_REFUSED, "refused")         \
    X(TG_REPLIED_NULL_MX, "null-mx")         \
    X(TG_REPLIED_SINK_A, "sinkhole-a")       \
    X(TG_REPLIED_SINK_AAAA, "sinkhole-aaaa") \
    X(TG_REPLIED_SINK_MX, "sinkhole-mx")     \
    X(TG_REPLIED_NULL_SRV, "null-srv")

/* The types that are told apart. X(name, number, word); the first one is all the others. */
#define TG_ASKED_TYPE_MAP(X)         \
    X(TG_ASKED_OTHER, 0, "other")    \
    X(TG_ASKED_A, 1, "A")            \
    X(TG_ASKED_AAAA, 28, "AAAA")     \
    X(TG_ASKED_MX, 15, "MX")         \
    X(TG_ASKED_TXT, 16, "TXT")       \
    X(TG_ASKED_NS, 2, "NS")          \
    X(TG_ASKED_SOA, 6, "SOA")        \
    X(TG_ASKED_SRV, 33, "SRV")       \
    X(TG_ASKED_HTTPS, 65, "HTTPS")   \
    X(TG_ASKED_SVCB, 64, "SVCB")     \
    X(TG_ASKED_PTR, 12, "PTR")       \
    X(TG_ASKED_DS, 43, "DS")         \
    X(TG_ASKED_DNSKEY, 48, "DNSKEY") \
    X(TG_ASKED_CNAME, 5, "CNAME")    \
    X(TG_ASKED_ANY, 255, "ANY")

/* What else is counted. X(name, member of the file, member in there). */
#define TG_COUNTER_MAP(X)                                                                          \
    /* questions that passed as there was no policy */                                             \
    X(TG_COUNT_UNPROTECTED, "questions", "unprotected")                                            \
    /* those that Unbound asks for no client, to keep its cache fresh */                           \
    X(TG_COUNT_PREFETCH, "questions", "prefetch")                                                  \
    /* answers withheld, as a policy came into force while they were looked up */                  \
    X(TG_COUNT_LATE, "questions", "late")                                                          \
    /* answers from Unbound's cache that a rule watches */                                         \
    X(TG_COUNT_WATCHED_CACHED, "questions", "watched_cached")                                      \
    /* names that answers led to: judged, blocked, watched */                                      \
    X(TG_COUNT_TARGETS_INSPECTED, "targets", "inspected")                                          \
    X(TG_COUNT_TARGETS_BLOCKED, "targets", "blocked")                                              \
    X(TG_COUNT_TARGETS_WATCHED, "targets", "watched")                                              \
    /* answers that led to too many: withheld, or from Unbound's cache and not looked through */   \
    X(TG_COUNT_TARGETS_WITHHELD, "targets", "withheld")                                            \
    X(TG_COUNT_TARGETS_CUT_SHORT, "targets", "cut_short")                                          \
    /* look-ups of twins: begun, and what came of those that ended */                              \
    X(TG_COUNT_TWINS_ASKED, "twins", "asked")                                                      \
    X(TG_COUNT_TWINS_FOUND, "twins", "found")                                                      \
    X(TG_COUNT_TWINS_NOT_FOUND, "twins", "not_found")                                              \
    X(TG_COUNT_TWINS_FAILED, "twins", "failed")                                                    \
    /* not begun: Unbound's cache told; or too many were under way, or it would wait for itself */ \
    X(TG_COUNT_TWINS_CACHED, "twins", "cached")                                                    \
    X(TG_COUNT_TWINS_REFUSED, "twins", "refused")                                                  \
    /* answers that a policy does not allow, removed from Unbound's cache */                       \
    X(TG_COUNT_CACHE_REMOVED, "cache", "removed")                                                  \
    /* memory was out for that */                                                                  \
    X(TG_COUNT_CACHE_ERRORS, "cache", "errors")

#define TG_ENUM_2(name, word)         name,
#define TG_ENUM_3(name, number, word) name,
enum tg_seen { TG_SEEN_MAP(TG_ENUM_2) TG_SEENS };
enum tg_replied { TG_REPLIED_MAP(TG_ENUM_2) TG_REPLIEDS };
enum tg_asked_type { TG_ASKED_TYPE_MAP(TG_ENUM_3) TG_ASKED_TYPES };
enum tg_counter { TG_COUNTER_MAP(TG_ENUM_3) TG_COUNTERS };
#undef TG_ENUM_2
#undef TG_ENUM_3
#define TG_ACTIONS (TG_ACTION_SINKHOLE + 1)

/** The words above; value must be in the list. Static, any thread. */
const char *tg_seen_text(enum tg_seen seen);
const char *tg_replied_text(enum tg_replied replied);
const char *tg_asked_type_text(enum tg_asked_type type);
/* "questions.unprotected" is group "questions", word "unprotected". */
const char *tg_counter_group(enum tg_counter counter);
const char *tg_counter_text(enum tg_counter counter);

/* How long a decision takes: upper bounds, in nanoseconds; one more bucket is for the rest. */
#define TG_BOUNDS     16
#define TG_BUCKETS    (TG_BOUNDS + 1)
#define TG_SAMPLED_OF 32 /* one decision of so many is measured */
extern const uint32_t tg_figures_bounds[TG_BOUNDS];

/* Rules that are told apart: TLDs. One more each for all other blocks, and for TLDs without room.
 */
#define TG_FIGURES_RULES 258
#define TG_RULE_ID_MAX   256 /* bytes of a TLD's text, with a NUL */

struct tg_figures_rule {
    char id[TG_RULE_ID_MAX];     /* the TLD; "block", "other" */
    char kind[8];                /* "tld", "block", "other" */
    char target[TG_RULE_ID_MAX]; /* what it is taken for, likeliest; "": none, or too long */
    uint64_t blocked;
    uint64_t watched;
};

/* X(name, word) */
#define TG_GUARDING_MAP(X)                         \
    X(TG_GUARDING_ON, "protecting")                \
    X(TG_GUARDING_OFF, "not-protecting") /* why */ \
    X(TG_GUARDING_ENDED, "stopped")      /* in order: the resolver has stopped, or reloads */
#define TG_ENUM_2(name, word) name,
enum tg_guarding { TG_GUARDING_MAP(TG_ENUM_2) TG_GUARDINGS };
#undef TG_ENUM_2
const char *tg_guarding_text(enum tg_guarding guarding);

#define TG_FIGURES_TEXT_MAX 512

/* Who writes: one start of the module in one process. */
struct tg_figures_who {
    uint64_t pid;
    char pid_space[32]; /* of which it is a number; "": not known, so with the next */
    char machine[40];   /* one start of the machine */
    char host[256];
    char instance[32]; /* tldguard.boot of the events */
    char version[32];
    char unbound[64];
    int64_t started;
};

struct tg_figures_policy {
    bool there;
    uint32_t serial;
    uint8_t digest[32]; /* of its text */
    uint8_t image[32];  /* tg_image_digest() */
    int64_t created;    /* 0: not known */
    uint64_t rules;
    uint64_t names;
    int64_t loaded;
    int64_t expires; /* 0: never */
    /* Of all since the start. */
    uint64_t loads;
    uint64_t rejections;
    char error[TG_FIGURES_TEXT_MAX]; /* of the last one rejected; "": none */
    int64_t rejected;                /* when; 0: never */
};

struct tg_figures_events {
    uint64_t queued;
    uint64_t waiting; /* in memory, to be written */
    uint64_t written;
    uint64_t lost;
    int64_t bytes;     /* written; -1: not known */
    uint64_t unsent;   /* lines that syslog or the journal did not take */
    uint64_t errors;   /* tries to write that failed */
    char error[128];   /* the last of them; "": none */
    bool failing;      /* the last try failed */
    int64_t lost_last; /* when it was last seen that some were lost; 0: never */
};

struct tg_figures {
    struct tg_figures_who who;
    int64_t published;
    uint64_t publish_errors; /* times that this file could not be written */
    enum tg_guarding guarding;
    char why[TG_FIGURES_TEXT_MAX]; /* with TG_GUARDING_OFF */
    struct tg_figures_policy policy;
    struct tg_figures_events events;
    uint64_t seen[TG_SEENS]; /* the sum is that of the questions */
    uint64_t replied[TG_REPLIEDS];
    uint64_t action[TG_ACTIONS];
    uint64_t type[TG_ASKED_TYPES];
    uint64_t counter[TG_COUNTERS];
    uint64_t bucket[TG_BUCKETS]; /* each its own, not with those before */
    uint64_t nanoseconds;        /* of all decisions that were measured */
    size_t rule_count;
    struct tg_figures_rule rules[TG_FIGURES_RULES]; /* those with a hit, most first */
};

/** How many questions were seen: the sum of figures->seen. */
uint64_t tg_figures_questions(const struct tg_figures *figures);

/** How many of them, or the answers to them, were blocked: those that were answered by us. */
uint64_t tg_figures_blocked(const struct tg_figures *figures);

/**
 * Writes figures as the file has them: one line.
 * @param buf of cap bytes.
 * @return its length with the newline; 0 when it does not fit.
 */
size_t tg_figures_format(const struct tg_figures *figures, char *buf, size_t cap);

#endif
