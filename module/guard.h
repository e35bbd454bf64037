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

struct tg_guard {
    bool passive;       /* on-error: pass, and something was wrong: every question passes */
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

/** Callback of Unbound for each answer that goes out: logs what a rule only watches. */
int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *guard);

/**
 * Callback of Unbound for each answer that comes in: keeps what is blocked out of the cache,
 * where a CNAME, a name server's name or a minimised question (RFC 9156) would put it.
 */
int tg_operate_received(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *guard);

/* answer.c */

/**
 * Builds the answer a verdict asks for in the query's region, and hands it to Unbound as
 * the final one, not to be cached.
 * @return the rcode the client will see: SERVFAIL when the region is out of memory.
 */
int tg_answer_make(
    struct module_qstate *qstate, const struct tg_image *image, const struct tg_verdict *verdict);

/* record.c */

/**
 * Queues one event for each client that waits for this question.
 * @param event filled by tg_event_fill(), with the rcode set.
 */
void tg_record_waiting(
    struct tg_guard *guard, struct module_qstate *qstate, const struct tg_event *event);

/** Queues one event for the client of one reply. */
void tg_record_one(struct tg_guard *guard, const struct tg_event *event, struct comm_reply *client);

#endif
