/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of tldguard log verify: what is checked, and what is said of it. */
#ifndef TG_TOOLS_LOG_VERIFY_H
#define TG_TOOLS_LOG_VERIFY_H

#include "tools/log.h"

/* Numbers that did not come yet. */
struct tg_hole {
    uint64_t from, to;
};

/* One start of the module on one host. */
struct tg_boot {
    uint64_t events, begin, high;
    uint64_t missing, lost, duplicates, disordered, backwards;
    int64_t first, last, back; /* times; back: the longest step backwards */
    struct tg_hole *holes;
    size_t hole_count;
};

struct tg_verify {
    struct tg_log *log;
    struct tg_rows rows;
    enum tg_form form;
    struct tg_table *boots; /* of struct tg_boot */
    uint64_t findings;
    bool silent; /* they are only counted */
};

/* Checks an event; a tg_log.event, arg is the verify. */
bool tg_verify_look(void *verify, const struct tg_logged *event);

/* One thing that is wrong, at the line that is read. */
void tg_verify_found(struct tg_verify *verify, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What is checked of each event, with what is known of its boot. */
typedef void tg_verify_check(
    struct tg_verify *verify, struct tg_boot *boot, const struct tg_logged *event);
tg_verify_check tg_verify_id, tg_verify_sequence, tg_verify_time;

void tg_verify_start(struct tg_verify *verify);
/* What is said before all, and after it. */
void tg_verify_head(struct tg_verify *verify);
void tg_verify_report(struct tg_verify *verify);
/* All boots, those that began first at the front; to be freed. */
struct tg_cell **tg_verify_boots(const struct tg_verify *verify, size_t *count);
void tg_verify_end(struct tg_verify *verify);

#endif
