/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * One instance of the module in one resolver. Everything it holds hangs off
 * struct tg_guard, which Unbound keeps for us in dynlibmod_env.dyn_env: there is no
 * mutable static, so two instances, and a reload, cannot meet.
 */
#ifndef TG_MODULE_GUARD_H
#define TG_MODULE_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "module/active.h"
#include "module/aliases.h"
#include "module/publish.h"
#include "module/queue.h"
#include "module/stats.h"
#include "module/ub.h"
#include "module/walk.h"
#include "module/watch.h"
#include "module/writer.h"
#include "tldguard/decide.h"
#include "tldguard/event.h"
#include "tldguard/settings.h"

/* As what a line stands in Unbound's log. In front of each line that waits. */
enum tg_tone { TG_TONE_ERROR = 'E', TG_TONE_WARNING = 'W', TG_TONE_INFO = 'I' };

enum tg_canary_state { TG_CANARY_UNTRIED, TG_CANARY_SINGS, TG_CANARY_DEAD };

/* In module_env.unique_mesh: set by us. For Unbound any number but 0 is true; subnetcache, which
 * starts behind us, says 1. */
#define TG_UNIQUE_OURS 2

struct tg_guard {
    bool passive;       /* on-error: pass, and there is no log: every question passes */
    bool told;          /* Unbound tells us of each answer that goes out */
    _Atomic int canary; /* enum tg_canary_state: does this Unbound look as the headers said? */
    atomic_uint twins;  /* look-ups of twins that are under way */
    struct tg_settings *settings;
    struct tg_active *active; /* the policy in force; none with on-error: pass and a bad one */
    struct tg_queue *queue;
    struct tg_writer *writer;
    struct tg_walker walker;
    struct tg_aliases *aliases; /* that may lie in the cache */
    struct tg_cachedb *cachedb; /* cachedb.c; NULL: there is no such module */
    struct tg_trusted trusted;  /* who has signed the policy in force: of the watch, once it runs */
    struct tg_watch *watch;
    struct tg_stats *stats;
    struct tg_publisher *publisher; /* of the figures; NULL: it could not be started */
    struct tg_figures_who who;
    char why[TG_FIGURES_TEXT_MAX]; /* with on-error: pass, why nothing is protected at the start */
    pthread_mutex_t untold_mutex;  /* guards the next one; made with the walker */
    char untold[2048];             /* lines for Unbound's log that have to wait */
    char hostname[256];
    char boot[17];
    struct tg_observer observer; /* borrows the two above */
};

/** Whether Unbound's layout was looked at, and is the one of its headers. Any thread. */
static inline bool tg_canary_sang(const struct tg_guard *guard)
{
    return atomic_load_explicit(&guard->canary, memory_order_relaxed) == TG_CANARY_SINGS;
}

/* guard.c: start and stop, main thread only */

/**
 * Reads settings, policy and opens the log. Every failure is told in Unbound's log.
 * @param out output: the guard, to be freed with tg_guard_destroy(); passive
 *            when something failed and the settings say on-error: pass.
 * @return false when the resolver must not start; *out is then unchanged.
 */
bool tg_guard_create(struct tg_guard **out);

/** Begins to look for a new policy in the place of the one in force: the last step of a start. */
void tg_guard_watch(struct tg_guard *guard);

/**
 * Writes out what is queued, joins the threads, frees. NULL-safe, half-built-safe. A log that
 * does not answer is waited for three seconds, figures and policy for one: then its thread is left
 * behind, with what it needs, in a library that stays loaded.
 */
void tg_guard_destroy(struct tg_guard **guard);

/** Says in Unbound's log, as errors, what is wrong with a policy or the settings. */
void tg_guard_say(struct tg_diags *diags);

/* tell.c: what threads of ours say */

/**
 * Says one line, as an error, in Unbound's log: at once, or while Unbound reloads, and exchanges
 * what its log writes in each line, a moment later. What finds no room until then is left out.
 * @param guard a struct tg_guard; NULL: there is none any more, and it is said at once. Any thread.
 */
void tg_guard_tell(void *guard, const char *text);

/** The same, as a line of another kind. */
void tg_guard_tell_as(struct tg_guard *guard, enum tg_tone tone, const char *text);

/** Says what had to wait. Unbound's main thread, or ours between tg_walker_begin() and its end. */
void tg_guard_tell_rest(struct tg_guard *guard);

/** Bytes of memory the guard holds. */
size_t tg_guard_memory(const struct tg_guard *guard);

/* vitals.c: what tldguard status is told */

/** Starts to tell it: at the end of a start. What goes wrong is said in Unbound's log. */
void tg_vitals_begin(struct tg_guard *guard);

/**
 * Tells it for the last time, when everything else has stopped but nothing of it is freed.
 * @return false when the disk of the file does not answer: tg_publisher_leave() is still to be
 *         called.
 */
bool tg_vitals_end(struct tg_guard *guard);

/* abi.c: is this the Unbound we were built for? */

/**
 * Compares version and configure line of the running program with those of
 * the headers, before anything of its is touched. Says both in Unbound's log when they differ.
 * @return true when they are the same.
 */
bool tg_abi_same_build(void);

/**
 * The last word, at the first question: pointers that must agree, agree. Catches a patched
 * Unbound of the same version and options.
 * @return false: nothing but ext_state may be touched.
 */
bool tg_abi_canary(struct module_qstate *qstate, int id);

/* order.c: does every question come by us, and once? */

/**
 * Looks whether our library is loaded once more, as the same file or as a copy of it: both would
 * have the same settings, as these come from the environment, and write each event twice. Says
 * so in Unbound's log, with both names.
 * @return false when the resolver must not start so.
 */
bool tg_order_alone(const struct module_env *env, int id);

/**
 * Looks where Unbound has put us among its modules. Says in Unbound's log what to write when a
 * module before us would answer questions that we have not seen, or keep answers that it must not.
 * @return false when the resolver must not start so.
 */
bool tg_order_check(const struct module_env *env, int id);

/** The number of another module of Unbound; -1: it is not among them. */
int tg_order_place(const struct module_env *env, const char *name);

#endif
