/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of tldguard diff: what is written differently, for whom, and what comes of it. */
#ifndef TG_TOOLS_DIFF_H
#define TG_TOOLS_DIFF_H

#include "tldguard/decide.h"
#include "tools/tool.h"

/* Two policies. */
struct tg_diff_sides {
    struct tg_image *old;
    struct tg_image *new;
    uint32_t today;
};

/**
 * What is written differently: rules, groups, subnets, canary questions, answer.
 * @return {"added": [{"what", "is"}], "removed": [same], "changed": [{"what",
 *         "fields": {key: [old, new]}}]} in stable order; NULL: out of memory.
 */
json_t *tg_diff_things(const struct tg_diff_sides *sides);

/* Clients that are treated alike, by the old policy and by the new one. */
struct tg_diff_clients {
    const struct tg_address *client; /* one of them; NULL: of those in no group */
    struct tg_address address;
    const struct tg_group *old; /* NULL: in no group; so with new */
    const struct tg_group *new;
    char label[256];
};

/**
 * Finds all kinds of clients; the first is those in no group.
 * @return to be freed with free(); NULL: out of memory.
 */
struct tg_diff_clients *tg_diff_clients_find(const struct tg_diff_sides *sides, size_t *count);

/* What came of a question. */
struct tg_diff_outcome {
    enum tg_reply reply;
    bool report;
};

/* A verdict that is another one. */
struct tg_diff_change {
    const char *clients; /* borrowed from the clients; NULL: all */
    uint16_t qtype;
    bool exists; /* this is so when a look-up finds the twin */
    struct tg_diff_outcome old;
    struct tg_diff_outcome new;
};

enum tg_diff_kind {
    TG_DIFF_BLOCKED, /* resolved before */
    TG_DIFF_FREED,   /* resolved now */
    TG_DIFF_ANSWER,  /* another answer */
    TG_DIFF_LOGGING, /* only whether it is logged */
    TG_DIFF_KINDS
};

struct tg_diff_name {
    struct tg_name name;
    bool tld;       /* speaks of all names under it that have no entry of their own */
    unsigned kinds; /* bits 1 << enum tg_diff_kind */
};

/* Which names change verdict. */
struct tg_diff_names {
    struct tg_diff_name *names; /* sorted: TLDs first, then in canonical order (RFC 4034 6.1) */
    size_t count;
    size_t tlds[TG_DIFF_KINDS]; /* of these, by kind; a name may be in several */
    size_t others[TG_DIFF_KINDS];
    size_t added; /* entries of lists and rules */
    size_t removed;
    void *arena; /* owns names made here */
};

/**
 * Asks both policies for each TLD and name of either, and for what looks like a protected name.
 * @param out output; to be freed with tg_diff_names_fini() in any case.
 * @return false when out of memory.
 */
bool tg_diff_names_find(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t client_count, struct tg_diff_names *out);
void tg_diff_names_fini(struct tg_diff_names *names);

/**
 * What changes for one name.
 * @param each called for each change, MX before A.
 */
void tg_diff_changes(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t client_count, const struct tg_diff_name *name,
    void (*each)(void *arg, const struct tg_diff_change *change), void *arg);

/* Of which kind a change is. */
enum tg_diff_kind tg_diff_kind_of(const struct tg_diff_change *change);

/* All that was found. */
struct tg_diff_report {
    struct tg_diff_sides sides;
    json_t *things;
    struct tg_diff_clients *clients;
    size_t client_count;
    struct tg_diff_names names;
    size_t limit; /* of each list, that many are shown */
};

struct tg_diff_kind_words {
    const char *words;
    const char *key; /* in JSON */
};
extern const struct tg_diff_kind_words tg_diff_kind_words[TG_DIFF_KINDS];

/* True when there is anything to tell. */
bool tg_diff_differs(const struct tg_diff_report *r);

/* A name as people know it: a TLD is asked for by a name under it. @return buf. */
const char *tg_diff_shown_name(const struct tg_diff_name *name, char buf[TG_DNAME_TEXT_MAX]);

/* Write it all; paths: of old and new. @return an exit code. */
int tg_diff_print(const struct tg_diff_report *r, char **paths);
int tg_diff_json(const struct tg_diff_report *r, char **paths);

#endif
