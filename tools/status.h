/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: what the module tells of itself, and whether all is well. */
#ifndef TG_TOOLS_STATUS_H
#define TG_TOOLS_STATUS_H

#include "module/figures.h"
#include "tools/tool.h"

/* One look at the file. */
struct tg_status_look {
    json_t *json;
    struct tg_figures figures;
};

/**
 * Reads and checks the file: whatever is in it, all figures are there and in bounds afterwards.
 * @return to be freed with tg_status_close(); NULL after an error in diags.
 */
struct tg_status_look *tg_status_open(const char *path, struct tg_diags *diags);

/* NULL-safe; sets the pointer to NULL. */
void tg_status_close(struct tg_status_look **look);

/* What may be wrong. X(name, word). */
#define TG_PROBLEM_MAP(X)                                                             \
    X(TG_PROBLEM_OFF, "not-protecting") /* the module runs, and lets all pass */      \
    X(TG_PROBLEM_STOPPED, "stopped")    /* it ended in order */                       \
    X(TG_PROBLEM_DEAD, "not-running")   /* its process is gone, or its machine was */ \
    X(TG_PROBLEM_STALE, "stale")        /* it has not told for a while */             \
    X(TG_PROBLEM_EXPIRED, "policy-expired")                                           \
    X(TG_PROBLEM_OLD, "policy-old")                                                   \
    X(TG_PROBLEM_REJECTED, "policy-rejected")                                         \
    X(TG_PROBLEM_LOSING, "events-lost")                                               \
    X(TG_PROBLEM_LOG, "log-failing")
#define TG_ENUM_ENTRY(name, word) name,
enum tg_problem { TG_PROBLEM_MAP(TG_ENUM_ENTRY) TG_PROBLEMS };
#undef TG_ENUM_ENTRY

const char *tg_problem_text(enum tg_problem problem);

/* What counts as wrong. */
struct tg_status_limits {
    uint64_t max_age;         /* seconds since it last told of itself */
    uint64_t max_policy_days; /* since the policy was compiled; 0: any */
    uint64_t lost_within;     /* seconds */
};

#define TG_PROBLEM_TEXT_MAX 1024

/* One line each, with an empty one for what is well. */
struct tg_status_problems {
    unsigned count;
    char text[TG_PROBLEMS][TG_PROBLEM_TEXT_MAX];
};

/* @param now in milliseconds since 1970. Looks whether the process runs. */
void tg_status_judge(const struct tg_figures *figures, const struct tg_status_limits *limits,
    int64_t now, struct tg_status_problems *problems);

/* Whether the module runs and tells of itself. */
bool tg_status_is_up(const struct tg_status_problems *problems);

/* Says the problems on stderr. */
void tg_status_say(const struct tg_status_problems *problems);

/* One figure. */
struct tg_status_row {
    const char *key;  /* in the style of unbound-control stats: "num.verdict.block" */
    const char *text; /* NULL: it is a number */
    uint64_t number;
    bool counts; /* a number that grows */
};
typedef void (*tg_status_row_fn)(void *arg, const struct tg_status_row *row);

/* Now, in milliseconds since 1970; SOURCE_DATE_EPOCH as tg_now(). */
int64_t tg_status_now(void);

/* Calls back for each figure, always in the same order. */
void tg_status_rows(
    const struct tg_figures *figures, int64_t now, tg_status_row_fn each, void *arg);

/* Seconds with a fraction, as "3.250"; buf of 32 bytes; returns buf. */
const char *tg_status_seconds(int64_t milliseconds, char buf[32]);

/* To a stream: the rows as text; as JSON, the file's own with "problems"; for Prometheus. A look of
 * NULL: there is none. */
void tg_status_print(FILE *out, const struct tg_figures *figures, int64_t now);
bool tg_status_json(
    FILE *out, const struct tg_status_look *look, const struct tg_status_problems *problems);
void tg_status_prometheus(
    FILE *out, const struct tg_figures *figures, const struct tg_status_problems *problems);

/* Prints again and again, until a signal ends it; the exit code of the last look. */
int tg_status_watch(const char *path, const struct tg_status_limits *limits, uint64_t interval);

#endif
