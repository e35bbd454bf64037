/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of tldguard log verify: what is checked, and what is said of it. */
#ifndef TG_TOOLS_LOG_VERIFY_H
#define TG_TOOLS_LOG_VERIFY_H

#include "module/chain.h"
#include "tools/log.h"

/* Numbers that did not come yet. */
struct tg_hole {
    uint64_t from, to;
};

/* A line that another one carries the digest of. */
struct tg_linked {
    uint64_t number;
    const char *path;
    uint64_t line;
    uint8_t digest[TG_DIGEST_SIZE];
};

/* One log of one host, as its lines tell: files are moved, hosts have several. */
struct tg_record {
    uint64_t events, begin, high;
    uint64_t missing, lost, duplicates, disordered, backwards;
    uint64_t changed;          /* lines that are not as they were written */
    uint64_t crashes;          /* after which nobody knows how many events are missing */
    uint64_t starts;           /* of the module */
    uint32_t boot;             /* the hash of the last one's */
    int64_t first, last, back; /* times; back: the longest step backwards */
    struct tg_hole *holes;
    size_t hole_count;
    struct tg_linked highest, latest; /* of all numbers; of what was read */
};

struct tg_verify {
    struct tg_log *log;
    struct tg_rows rows;
    enum tg_form form;
    struct tg_table *records; /* of struct tg_record */
    struct tg_chain *chain;
    uint64_t findings;
    bool silent; /* they are only counted */
};

/* Checks an event; a tg_log.event, arg is the verify. */
bool tg_verify_look(void *verify, const struct tg_logged *event);

/* One thing that is wrong, at the line that is read. */
void tg_verify_found(struct tg_verify *verify, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, at another line. */
void tg_verify_found_at(struct tg_verify *verify, const char *path, uint64_t line, const char *kind,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* What is checked of each event, with what is known of its log. */
typedef void tg_verify_check(
    struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event);
tg_verify_check tg_verify_members, tg_verify_id, tg_verify_chain, tg_verify_sequence,
    tg_verify_time;

/* What is known of all logs. */
void tg_verify_start(struct tg_verify *verify);
/* What is said before all, and after it. */
void tg_verify_head(struct tg_verify *verify);
void tg_verify_report(struct tg_verify *verify);
/* All of them, those that began first at the front; to be freed. */
struct tg_cell **tg_verify_records(const struct tg_verify *verify, size_t *count);
void tg_verify_end(struct tg_verify *verify);

#endif
