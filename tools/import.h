/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * tldguard import, in three steps: a source is read into records (what it says
 * of one name, line by line), records become entries (what a policy can say),
 * entries become text.
 */
#ifndef TG_TOOLS_IMPORT_H
#define TG_TOOLS_IMPORT_H

#include "policy/arena.h"
#include "tools/exchange.h"

/* What is said of a name. */
enum tg_import_say {
    TG_SAY_NOTHING, /* that a policy could say */
    TG_SAY_ALLOW,
    TG_SAY_NXDOMAIN,
    TG_SAY_NODATA,
    TG_SAY_SINKHOLE,
    TG_SAY_COUNT
};

struct tg_import_record {
    struct tg_key key;
    bool below; /* "*.name": what is below the name, and not the name itself */
    enum tg_import_say say;
    unsigned line;
    uint16_t type;        /* of local data, which is SINKHOLE until it is looked at */
    uint16_t size;        /* of its rdata */
    const uint8_t *rdata; /* NULL: none */
};

struct tg_import_entry {
    struct tg_key key;
    enum tg_import_say say;
    bool exact;
};

/* Why something was left out. X(name, text) */
#define TG_IMPORT_REASONS(X)                                                                 \
    X(SYNTAX, "not a resource record that can be read")                                      \
    X(INCLUDE, "$INCLUDE is not followed")                                                   \
    X(OUTSIDE, "a name outside of the zone")                                                 \
    X(CLASS, "a record of another class than IN")                                            \
    X(EVERYTHING, "a trigger for every name")                                                \
    X(CLIENT_IP, "a client-IP trigger; groups of clients are written by hand")               \
    X(IP, "an IP trigger: answers are not looked at")                                        \
    X(NSIP, "an NSIP trigger: name servers are not looked at")                               \
    X(NSDNAME, "an NSDNAME trigger: name servers are not looked at")                         \
    X(DROP, "action DROP: a policy always answers")                                          \
    X(TCP_ONLY, "action TCP-only")                                                           \
    X(UNKNOWN, "an action that is not known (rpz-...)")                                      \
    X(CNAME, "local data: a CNAME to another name")                                          \
    X(DATA, "local data that is not the one sinkhole a policy has")                          \
    X(CONFLICT, "a name with a second action")                                               \
    X(BELOW_ONLY, "'*.NAME' without NAME: no entry is of what is below alone (see --widen)") \
    X(BELOW_OTHER, "'*.NAME' that says something else than NAME")                            \
    X(UNDER_ALLOW, "a block below an allowed name: an allow always wins")                    \
    X(REFUSED, "a name that no entry may block: arpa, or below it")
#define TG_IMPORT_REASON(name, text) TG_IMPORT_##name,
enum tg_import_reason { TG_IMPORT_REASONS(TG_IMPORT_REASON) TG_IMPORT_REASON_COUNT };
#undef TG_IMPORT_REASON

struct tg_import {
    const char *file; /* the source */
    bool widen;       /* "*.name" alone: the name, too */
    uint32_t serial;  /* 0: the source has none */
    struct tg_arena *arena;
    struct tg_import_record *records;
    size_t record_count, record_room;
    struct tg_import_entry *entries;
    size_t entry_count;
    size_t covered;       /* records that say what is said above them already */
    const char *sinkhole; /* addresses and exchange as policy text; NULL: none */
    unsigned sinkhole_line;
    struct tg_skipped skipped[TG_IMPORT_REASON_COUNT];
};

/* The sentence for people. Static. */
const char *tg_import_reason_text(enum tg_import_reason reason);

/* Counts one left out. */
void tg_import_skip(struct tg_import *im, enum tg_import_reason reason, unsigned line);

/**
 * Adds a record; what its pointers lead to is copied.
 * @return TG_OK, TG_ENOMEM, TG_ETOOBIG
 */
enum tg_status tg_import_add(struct tg_import *im, const struct tg_import_record *record);

/* Readers of the sources. On failure a message is in diags. */
enum tg_status tg_import_rpz(struct tg_import *im, const char *origin, struct tg_diags *diags);
enum tg_status tg_import_list(struct tg_import *im, struct tg_diags *diags);

/* Makes entries of the records, which it sorts. TG_OK or TG_ENOMEM. */
enum tg_status tg_import_merge(struct tg_import *im);

/* Chooses the sinkhole; leaves the records that are it SINKHOLE, makes other local data NOTHING. */
enum tg_status tg_import_sinkhole(struct tg_import *im);

/* True when the policy language takes this text after "serial: 1\n". */
bool tg_import_accepted(const char *text);

/* Writes the policy, and beside it the lists of names that are long. path NULL: standard output. */
bool tg_import_write(const struct tg_import *im, const char *path);

#endif
