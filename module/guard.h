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
#include "module/queue.h"
#include "module/ub.h"
#include "module/walk.h"
#include "module/watch.h"
#include "module/writer.h"
#include "tldguard/decide.h"
#include "tldguard/event.h"
#include "tldguard/settings.h"

enum tg_canary { TG_CANARY_UNTRIED, TG_CANARY_SINGS, TG_CANARY_DEAD };

/* In module_env.unique_mesh: set by us. For Unbound any number but 0 is true; subnetcache, which
 * starts behind us, says 1. */
#define TG_UNIQUE_OURS 2

/* Of one question, in its region: which clients have their event. */
struct tg_seen {
    const struct mesh_reply *newest; /* it, and those behind it in Unbound's list */
};

struct tg_guard {
    bool passive;       /* on-error: pass, and there is no log: every question passes */
    bool told;          /* Unbound tells us of each answer that goes out */
    _Atomic int canary; /* enum tg_canary: does this Unbound look as the headers said? */
    struct tg_settings *settings;
    struct tg_active *active; /* the policy in force; none with on-error: pass and a bad one */
    struct tg_queue *queue;
    struct tg_writer *writer;
    struct tg_walker walker;
    struct tg_file_id seen; /* the file that its first policy was read from */
    struct tg_watch *watch;
    char hostname[256];
    char boot[25];
    struct tg_observer observer; /* borrows the two above */
};

/* guard.c: start and stop, main thread only */

/**
 * Reads settings, policy and opens the log. Every failure is told in Unbound's log.
 * @param out output: the guard, to be freed with tg_guard_destroy(); passive
 *            when something failed and the settings say on-error: pass.
 * @return false when the resolver must not start; *out is then unchanged.
 */
bool tg_guard_create(struct tg_guard **out);

/**
 * Starts to look for a new policy in the place of the one in force: the last step of a start.
 * @return false when there is no thread to be had, which is said in Unbound's log.
 */
bool tg_guard_watch(struct tg_guard *guard);

/** Writes out what is queued, joins the threads, frees. NULL-safe, half-built-safe. */
void tg_guard_destroy(struct tg_guard **guard);

/** Says in Unbound's log, as errors, what is wrong with a policy or the settings. */
void tg_guard_say(struct tg_diags *diags);

/** Bytes of memory the guard holds. */
size_t tg_guard_memory(const struct tg_guard *guard);

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
 * module before us would answer questions that we have not seen.
 * @return false when the resolver must not start so.
 */
bool tg_order_check(const struct module_env *env, int id);

/* operate.c: the query path, any worker thread */

/** A question, and where there are groups the client that asks. */
struct tg_asked {
    struct tg_question question;
    struct tg_address client;
};

/** Puts a question as tg_decide() wants it; asked is not to be copied afterwards. */
void tg_asked_make(const struct tg_image *image, const struct query_info *qinfo,
    const struct comm_reply *client, time_t when, struct tg_asked *asked);

/** Who waits for an answer, the first of them; NULL: nobody, as for a prefetch. */
const struct comm_reply *tg_client_of(const struct mesh_state *state);

/** Whether our reading of Unbound's layout was found right; else nothing of it may be touched. */
bool tg_canary_sings(struct tg_guard *guard, struct module_qstate *qstate, int id);

/** With groups, what one client is told must not be found in the cache by another. */
bool tg_may_differ(const struct tg_image *image, const struct tg_verdict *verdict);

/** One event for each client that waits and has none yet. */
void tg_record_new(
    struct tg_guard *guard, struct module_qstate *qstate, int id, const struct tg_event *event);

/** A question enters: answers it, or lets it pass. Sets ext_state[id]. */
void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id);

/* resolved.c: any worker thread */

/**
 * A question was resolved. Logs, for each client that waits, what a rule only watches: here
 * and not when the answers go out, for Unbound drops those that took too long unseen. Takes the
 * answer back when the policy that is in force by now does not allow it.
 */
void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id);

/**
 * Callback of Unbound for each answer that comes in: keeps what is blocked out of the cache,
 * and with groups of clients what may be blocked for some of them,
 * where a CNAME, a name server's name or a minimised question (RFC 9156) would put it.
 * @param response NULL when none came in time.
 */
int tg_operate_received(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *guard);

/**
 * True when what the resolver knows of this name and type must not lie in its cache of messages,
 * from which it is given to clients without asking us: it is not for everybody, or an event is
 * due that nobody would make.
 */
bool tg_keeps_out(const struct tg_guard *guard, const struct tg_image *image,
    const struct query_info *qinfo, time_t now);

/* answered.c: any worker thread */

/**
 * Callback of Unbound for each answer that goes out: logs what a rule only watches, where
 * tg_operate_resolved() has not: answers from the cache, stale ones, failures.
 */
int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *guard);

/* answer.c */

/**
 * Builds the answer a verdict asks for in the query's region, and hands it to Unbound as
 * the final one, not to be cached.
 * @param first false when this question was answered before, and only its records are needed.
 * @return the rcode the client will see: SERVFAIL when the region is out of memory.
 */
int tg_answer_make(struct module_qstate *qstate, const struct tg_image *image,
    const struct tg_verdict *verdict, bool first);

/* record.c */

/**
 * The address of a client, as tg_decide() wants it.
 * @return false when it is of a family that has none; address is then unchanged.
 */
bool tg_client_address(const struct comm_reply *client, struct tg_address *address);

/**
 * Queues one event for each client that waits for this question.
 * @param event filled by tg_event_fill(), with the rcode set.
 * @param until the reply at which to stop, as it and those behind it have their event; or NULL.
 */
void tg_record_waiting(struct tg_guard *guard, struct module_qstate *qstate,
    const struct tg_event *event, const struct mesh_reply *until);

/** Queues one event for the client of one reply. */
void tg_record_one(struct tg_guard *guard, const struct tg_event *event, struct comm_reply *client);

#endif
