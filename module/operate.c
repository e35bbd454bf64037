/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The query path. No allocation outside the query's region, no lock, no system call. */
#include "module/guard.h"

static struct tg_question question_of(const struct query_info *qinfo)
{
    return (struct tg_question){
        .qname = {qinfo->qname, qinfo->qname_len},
        .qtype = qinfo->qtype,
        .qclass = qinfo->qclass,
    };
}

/* Looked at once per start: a layout does not change while the daemon runs. */
static bool canary_sings(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    int canary = atomic_load_explicit(&guard->canary, memory_order_relaxed);

    if (canary == TG_CANARY_UNTRIED) {
        canary = tg_abi_canary(qstate, id) ? TG_CANARY_SINGS : TG_CANARY_DEAD;
        if (atomic_exchange(&guard->canary, canary) == TG_CANARY_UNTRIED &&
            canary == TG_CANARY_DEAD)
            log_err("tldguard: NOT PROTECTING: the layout of this Unbound is not the one of its "
                    "headers; rebuild tldguard against the source of the installed package");
    }
    return canary == TG_CANARY_SINGS;
}

/*
 * Unbound's own look-ups (name server addresses, keys, zone transfers) are no
 * client's. A state without any of these is a prefetch for a client to come.
 */
static bool is_resolvers_own(const struct mesh_state *state)
{
    return !state->reply_list && (state->cb_list || state->super_set.count > 0);
}

void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    const struct tg_question question = question_of(&qstate->qinfo);
    struct tg_verdict verdict;
    struct tg_event event;

    qstate->ext_state[id] = module_wait_module;
    if (guard->passive || !canary_sings(guard, qstate, id))
        return;
    if (is_resolvers_own(qstate->mesh_info))
        return;
    tg_decide(guard->image, &question, &verdict);
    if (verdict.reply == TG_REPLY_PASS)
        return;
    tg_event_fill(&question, &verdict, tg_image_meta(guard->image)->serial, &event);
    event.rcode = (uint8_t)tg_answer_make(qstate, guard->image, &verdict);
    tg_record_waiting(guard, qstate, &event);
    qstate->ext_state[id] = module_finished;
}

int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *arg)
{
    struct tg_guard *guard = arg;
    struct tg_question question;
    struct tg_verdict verdict;
    struct tg_event event;

    (void)opt_list_out;
    (void)region;
    (void)id;
    if (!qinfo || !qinfo->qname || !repinfo)
        return 1;
    question = question_of(qinfo);
    tg_decide(guard->image, &question, &verdict);
    /* What was answered here has its event already. */
    if (!verdict.report || verdict.reply != TG_REPLY_PASS)
        return 1;
    tg_event_fill(&question, &verdict, tg_image_meta(guard->image)->serial, &event);
    event.rcode = (uint8_t)(rep ? FLAGS_GET_RCODE(rep->flags) : rcode);
    if (start_time) {
        event.time.tv_sec = start_time->tv_sec;
        event.time.tv_nsec = start_time->tv_usec * 1000;
    }
    if (qstate && (qstate->query_flags & BIT_RD))
        event.flags |= TG_FLAG_RD;
    if (qstate && (qstate->query_flags & BIT_CD))
        event.flags |= TG_FLAG_CD;
    if (edns && (edns->bits & EDNS_DO))
        event.flags |= TG_FLAG_DO;
    tg_record_one(guard, &event, repinfo);
    return 1;
}

int tg_operate_received(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
    struct tg_guard *guard = arg;
    struct tg_question question;
    struct tg_verdict verdict;

    (void)qstate;
    (void)id;
    /* There is none when the server asked did not answer in time. */
    if (!response || !response->rep)
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) != TG_CANARY_SINGS)
        return 1;
    question = question_of(&response->qinfo);
    tg_decide(guard->image, &question, &verdict);
    /*
     * Messages in the cache are given to clients without asking us. One with a TTL of 0 is
     * used for what it was wanted for, but not stored; its RRsets are, and they are seen by
     * the iterator alone.
     */
    if (verdict.reply != TG_REPLY_PASS)
        response->rep->ttl = 0;
    return 1;
}
