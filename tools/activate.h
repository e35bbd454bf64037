/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * How a host gets another policy: checked, put in its place, taken by the module that runs, and
 * asked whether it does what it should; else the former one is put back.
 */
#ifndef TG_TOOLS_ACTIVATE_H
#define TG_TOOLS_ACTIVATE_H

#include "module/figures.h"
#include "tools/store.h"

/* What is asked for. */
struct tg_activation {
    const char *conf;      /* the settings; NULL: where they are looked for otherwise */
    const char *path;      /* the image; NULL: go back to one of the history */
    const char *signature; /* NULL: beside the image */
    const char *resolver;  /* NULL: as the settings say */
    uint64_t serial;       /* of the one to go back to; 0: the next lower one */
    uint64_t keep;         /* former policies */
    uint64_t wait;         /* seconds for the module */
    bool older;            /* although its serial is not higher, or it has expired */
    bool offline;          /* no module runs that could take it */
    bool json;
    bool *tried; /* output, when not NULL: it was put in its place, and has failed there */
};

#define TG_WAIT_DEFAULT 10
#define TG_WAIT_MAX     3600

/* For --keep and --wait, each NULL when it was not given, and for --resolver: -1, or the exit code
 * after a usage error. */
int tg_activation_limits(
    const struct tg_command *self, const char *keep, const char *wait, struct tg_activation *asked);
int tg_activation_resolver(const struct tg_command *self, const char *text);

/* What came of it. X(name, word). */
#define TG_OUTCOME_MAP(X)                                                                         \
    X(TG_OUTCOME_ACTIVE, "active")       /* it is in force, or in its place for the next start */ \
    X(TG_OUTCOME_UNCHANGED, "unchanged") /* it was before */                                      \
    X(TG_OUTCOME_REFUSED, "refused")     /* not trusted, not newer: nothing was changed */        \
    X(TG_OUTCOME_RESTORED, "restored")   /* it failed, and the former one is there again */       \
    X(TG_OUTCOME_UNPROVEN, "unproven")   /* it failed, and stays, or nobody knows */              \
    X(TG_OUTCOME_BROKEN, "broken")       /* it could not be done: nothing was changed */
#define TG_ENUM_ENTRY(name, word) name,
enum tg_outcome { TG_OUTCOME_MAP(TG_ENUM_ENTRY) TG_OUTCOMES };
#undef TG_ENUM_ENTRY

/* How a canary question was answered. */
struct tg_canary_answer {
    bool good;
    char got[48];
};

/* The module, as far as a change goes. */
enum tg_taken {
    TG_TAKEN,     /* it has the policy in force */
    TG_NOT_TAKEN, /* it has looked at it and refused, or the time was over: why says it */
    TG_NO_MODULE  /* none runs, or is asked for: why says it */
};

/* One run of it. */
struct tg_change {
    const struct tg_activation *asked;
    struct tg_settings *settings;
    struct tg_store store;
    struct tg_sealed fresh;  /* the one that is to be active */
    struct tg_sealed former; /* the one that is; without an image when there is none that counts */
    struct tg_sealed displaced; /* another one that counts, in the place of the former one */
    bool is_displaced;          /* there is something in its place, whatever that is */
    struct tg_server resolver;
    enum tg_taken module;             /* TG_TAKEN: one runs */
    struct tg_figures_policy now;     /* what it had at the beginning; nothing when none runs */
    struct tg_diags *diags;           /* why it cannot be done */
    struct tg_canary_answer *answers; /* one for each canary question of the fresh one; or NULL */
    int64_t waited; /* milliseconds until the module had it in force; -1: it has not */
    char no_module[TG_WHY_MAX];
    char why[TG_WHY_MAX];      /* why it was not left in its place; "" */
    char not_back[TG_WHY_MAX]; /* why the former one could not be put back; "" */
};

/**
 * Does it, and says what came of it. Signals that would end it in the middle wait until it is done.
 * @return the exit code.
 */
int tg_activate(const struct tg_activation *asked);

/* Until its end the process is not ended by signals. */
void tg_change_hold_signals(void);

/**
 * Reads all there is, and the policy that is to be, and checks whether it may follow.
 * @return TG_OUTCOME_ACTIVE to go on; nothing is changed yet.
 */
enum tg_outcome tg_change_read(struct tg_change *change);

/* Whether the module has had this image in force at the beginning. */
bool tg_change_in_force(const struct tg_change *change, const struct tg_image *image);

/**
 * Whether a module runs that will look at a new policy.
 * @param patient waits when there is none, for two seconds: the resolver may be reloading.
 * @param now     output, of what it has in force; unchanged when none runs.
 */
enum tg_taken tg_module_runs(
    const struct tg_settings *settings, bool patient, struct tg_figures_policy *now, char *why);

/* The time by the clock that the module tells times by: milliseconds since 1970. */
int64_t tg_module_now(void);

/**
 * Waits until the module has this image in force, as it was put in its place.
 * @param since when that was, by tg_module_now(): what it says of times before is not about this.
 * @param ms    output: how long it took.
 */
enum tg_taken tg_module_wait(const struct tg_settings *settings, const struct tg_image *image,
    int64_t since, uint64_t seconds, int64_t *ms, char *why);

/**
 * Asks the resolver each canary question of the image; what is not as expected again and again, for
 * three seconds.
 * @param seconds instead, when they are less.
 * @param answers output, one for each; all zero before.
 * @return whether all are as expected; if not, the first one that is not is told in why.
 */
bool tg_canary_ask(const struct tg_server *resolver, const struct tg_image *image, uint64_t seconds,
    struct tg_canary_answer *answers, char *why);

/* Says on stdout, or what went wrong on stderr, or all as JSON; returns the exit code. */
int tg_change_say(const struct tg_change *change, enum tg_outcome outcome);

#endif
