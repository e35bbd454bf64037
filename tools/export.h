/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * tldguard export: what a policy says of each name it knows, as tg_decide()
 * says it, told in the order of the tree to one of the writers.
 */
#ifndef TG_TOOLS_EXPORT_H
#define TG_TOOLS_EXPORT_H

#include "policy/arena.h"
#include "tldguard/decide.h"
#include "tools/exchange.h"
#include "tools/zone.h"

/* What is done with a name, as far as it does not depend on the type. */
enum tg_export_say {
    TG_EXPORT_NOTHING, /* no rule, or one that does nothing */
    TG_EXPORT_ALLOW,
    TG_EXPORT_MONITOR,
    TG_EXPORT_MAIL,
    TG_EXPORT_NXDOMAIN,
    TG_EXPORT_NODATA,
    TG_EXPORT_REFUSED,
    TG_EXPORT_SINKHOLE
};

struct tg_export_node {
    struct tg_name name;
    bool listed; /* a name of the policy, not one that only stands above such names */
    enum tg_export_say self;
    enum tg_export_say below; /* of names below it that are not listed */
    enum tg_export_say above; /* below its parent */
};

struct tg_export;

/* A format. */
struct tg_export_writer {
    const char *const *reasons; /* why something is left out */
    size_t reason_count;
    /* Whether the policy has what the format is for; else an error in diags. NULL: any has. */
    bool (*fit)(const struct tg_export *ex, const char *source, struct tg_diags *diags);
    void (*begin)(struct tg_export *ex);
    void (*node)(struct tg_export *ex, const struct tg_export_node *node);
    void (*end)(struct tg_export *ex);
    /* It tells of rules and twins alone, which groups and look-ups of twins do not change. */
    bool twins_alone;
};

#define TG_EXPORT_REASONS_MAX 16

struct tg_export {
    const struct tg_image *image;
    const struct tg_export_writer *writer;
    FILE *out;
    struct tg_name origin; /* of the zone */
    bool mail_as_block;
    uint32_t today;
    size_t unknown_twins; /* listed names whose twin only a look-up can tell */
    size_t written;       /* names */
    struct tg_skipped skipped[TG_EXPORT_REASONS_MAX];
    struct tg_zone *zone;  /* of --zone: gets each record, too. Else NULL, and so with the rest */
    struct tg_name ns;     /* its name server */
    const char *signature; /* the file of the image's signature; NULL: there is none */
    size_t signature_len;
    bool zonemd; /* it gets a ZONEMD, too */
    bool quiet;  /* what was left out is not told on stderr */
    bool out_of_memory;
    struct tg_mail *mail; /* of the forms for mail servers; else NULL */
};

extern const struct tg_export_writer tg_export_rpz, tg_export_unbound, tg_export_zone,
    tg_export_nginx;

/* What a response policy zone leaves out, and so does the same part of --zone. */
#define TG_EXPORT_RPZ_REASONS 5
extern const char *const tg_export_rpz_reasons[TG_EXPORT_RPZ_REASONS];

/* Adds a record to the zone that is made, if there is one; owner relative to it. */
void tg_export_add(
    struct tg_export *ex, struct tg_name owner, uint16_t type, const void *data, size_t size);

/* Whether a name is where --zone puts the policy itself. */
bool tg_export_reserved(struct tg_name name);

/**
 * Reads the signature of an image, to go with it.
 * @param given its file; NULL: beside the image, if there is one that is of this image.
 * @param text  output, to be freed; NULL: there is none.
 * @return false after an error in diags.
 */
bool tg_export_signature(const struct tg_image *image, const char *path, const char *given,
    char **text, size_t *len, struct tg_diags *diags);

/* Names that the policy knows besides those of the image's rules. */
struct tg_export_names {
    struct tg_arena *arena;
    struct tg_key *keys;
    size_t count, room;
};

/* Of letters, digits, "-" and "_" alone: what a mail domain (RFC 5321 4.1.2, and the "_" that mail
 * servers let pass) and the name of a site are made of, and what means nothing to any
 * configuration. */
bool tg_export_is_plain(struct tg_name name);

/* "*.name", which is every name below it that is not listed; its octets are written to wire. With a
 * length of 0 there is none: the name is too long. */
struct tg_name tg_export_below(struct tg_name name, uint8_t wire[2 + TG_DNAME_MAX]);

/* Adds what an image knows: TLDs, names, twins of protected names, public suffixes. all_twins: also
 * those that make no difference to the mode. */
enum tg_status tg_export_collect(
    struct tg_export_names *names, const struct tg_image *image, bool all_twins);

/* Tells the writer of each name once, a parent before its children. Sorts. */
void tg_export_walk(struct tg_export *ex, struct tg_export_names *names);

/* True when names below are answered by a wildcard that says this. */
bool tg_export_blocks(enum tg_export_say say);

/* Leaves out one name, for a reason of the writer; the first ones become comments. */
void tg_export_skip(struct tg_export *ex, size_t reason, struct tg_name name, char comment);

/* A name with its final dot; returns buf. */
const char *tg_export_absolute(struct tg_name name, char buf[TG_DNAME_TEXT_MAX + 1]);

/* A comment of the text that a writer starts with: source, serial, what is not in it. */
void tg_export_head(struct tg_export *ex, char comment);

/* The head and the first records of a zone: $TTL, $ORIGIN, SOA with refresh, retry and expire as in
 * timers, and NS. */
void tg_export_apex(struct tg_export *ex, const char *timers, const char *ns);

/* Its end: what was left out. */
void tg_export_tail(struct tg_export *ex, char comment);

#endif
