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

#include "module/queue.h"
#include "module/ub.h"
#include "module/writer.h"
#include "tldguard/decide.h"
#include "tldguard/event.h"
#include "tldguard/settings.h"

enum tg_canary { TG_CANARY_UNTRIED, TG_CANARY_SINGS, TG_CANARY_DEAD };

/* Of one question, in its region: which clients have their event. */
struct tg_seen {
    const struct mesh_reply *newest; /* it, and those behind it in Unbound's list */
};

struct tg_guard {
    bool passive;       /* on-error: pass, and something was wrong: every question passes */
    bool groups;        /* the same question may have two answers */
    bool watches;       /* some rule is in mode monitor */
    int unique_mesh;    /* of the env, as it was before us */
    _Atomic int canary; /* enum tg_canary: does this Unbound look as the headers said? */
    struct tg_settings *settings;
    struct tg_image *image; /* read-only, for the life of the guard */
    struct tg_queue *queue;
    struct tg_writer *writer;
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

/** Writes out what is queued, joins the writer, frees. NULL-safe, half-built-safe. */
void tg_guard_destroy(struct tg_guard **guard);

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

/* operate.c: the query path, any worker thread */

/** A question enters: answers it, or lets it pass. Sets ext_state[id]. */
void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id);

/**
 * A question was resolved: logs, for each client that waits, what a rule only watches. Here
 * and not when the answers go out, for Unbound drops those that took too long unseen.
 */
void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id);

/** True when not everybody is given what the resolver knows of this name and type. */
bool tg_operate_touches(const struct tg_guard *guard, const struct query_info *qinfo, time_t now);

/**
 * Callback of Unbound for each answer that goes out: logs what a rule only watches, where
 * tg_operate_resolved() has not: answers from the cache, stale ones, failures.
 */
int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *guard);

/**
 * Callback of Unbound for each answer that comes in: keeps what is blocked out of the cache,
 * and with groups of clients what may be blocked for some of them,
 * where a CNAME, a name server's name or a minimised question (RFC 9156) would put it.
 * @param response NULL when none came in time.
 */
int tg_operate_received(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *guard);

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

/* purge.c: at start, main thread, no workers */

/**
 * Removes from the cache of messages what not everybody may be given.
 * @param messages Unbound's; NULL: there is none yet.
 * @param removed  output: how many.
 * @return false when out of memory: some may still be there.
 */
bool tg_purge(const struct tg_guard *guard, struct slabhash *messages, size_t *removed);

#endif
