/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The query path. No allocation outside the query's region, no lock, no system call. */
#include "module/guard.h"

#define DAY 86400 /* seconds */

static uint32_t day_of(time_t when)
{
    return when > 0 ? (uint32_t)(when / DAY) : 0;
}

/* A question, and where there are groups the client that asks. */
struct asked {
    struct tg_question question;
    struct tg_address client;
};

static void ask(const struct tg_guard *guard, const struct query_info *qinfo,
    const struct comm_reply *client, time_t when, struct asked *asked)
{
    asked->question = (struct tg_question){
        .qname = {qinfo->qname, qinfo->qname_len},
        .qtype = qinfo->qtype,
        .qclass = qinfo->qclass,
        .today = day_of(when),
    };
    if (guard->groups && client && tg_client_address(client, &asked->client))
        asked->question.client = &asked->client;
}

/*
 * Who waits for the answer. With groups each has a state of its own; of a sub-question it is
 * who waits for the question above; a prefetch has nobody.
 */
static const struct comm_reply *client_of(const struct mesh_state *state)
{
    if (!state->reply_list && state->super_set.count > 0) {
        const struct mesh_state_ref *above =
            (const struct mesh_state_ref *)rbtree_first((rbtree_type *)&state->super_set);
        state = above->s;
    }
    return state->reply_list ? &state->reply_list->query_reply : NULL;
}

/* With groups, what one client is told must not be found in the cache by another. */
static bool may_differ(const struct tg_guard *guard, const struct tg_verdict *verdict)
{
    return guard->groups &&
           (verdict->reason == TG_REASON_TLD || verdict->reason == TG_REASON_BLOCK);
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
 * Unbound's own look-ups (name server addresses, keys, zone transfers) are no client's.
 * Those that a module makes for a client are: dns64 asks for the A records of a name that has
 * no AAAA, and would hand out what is blocked. A state without any of these is a prefetch
 * for a client to come.
 */
static bool is_resolvers_own(const struct mesh_state *state)
{
    return !state->reply_list &&
           (state->cb_list || (state->super_set.count > 0 && state->s.is_valrec));
}

/* One event for each client that waits and has none yet. */
static void record_waiting(
    struct tg_guard *guard, struct module_qstate *qstate, int id, const struct tg_event *event)
{
    struct tg_seen *seen = qstate->minfo[id];

    tg_record_waiting(guard, qstate, event, seen ? seen->newest : NULL);
    if (!seen)
        qstate->minfo[id] = seen = regional_alloc_zero(qstate->region, sizeof(*seen));
    if (seen)
        seen->newest = qstate->mesh_info->reply_list;
}

void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    struct tg_verdict verdict;
    struct tg_event event;
    struct asked asked;

    qstate->ext_state[id] = module_wait_module;
    if (guard->passive || !canary_sings(guard, qstate, id))
        return;
    if (is_resolvers_own(qstate->mesh_info))
        return;
    ask(guard, &qstate->qinfo, client_of(qstate->mesh_info), *qstate->env->now, &asked);
    tg_decide(guard->image, &asked.question, &verdict);
    if (may_differ(guard, &verdict))
        qstate->no_cache_store = 1;
    if (verdict.reply == TG_REPLY_PASS)
        return;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(guard->image)->serial, &event);
    event.rcode =
        (uint8_t)tg_answer_make(qstate, guard->image, &verdict, qstate->minfo[id] == NULL);
    record_waiting(guard, qstate, id, &event);
    qstate->ext_state[id] = module_finished;
}

void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    const struct comm_reply *client = client_of(qstate->mesh_info);
    struct tg_verdict verdict;
    struct tg_event event;
    struct asked asked;

    /* A dead canary must not be touched, and nobody's question leaves no trace. */
    if (!guard->watches || !canary_sings(guard, qstate, id) || !qstate->mesh_info->reply_list)
        return;
    ask(guard, &qstate->qinfo, client, *qstate->env->now, &asked);
    tg_decide(guard->image, &asked.question, &verdict);
    if (!verdict.report || verdict.reply != TG_REPLY_PASS)
        return;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(guard->image)->serial, &event);
    event.rcode = (uint8_t)(qstate->return_msg && qstate->return_msg->rep
                                ? (int)FLAGS_GET_RCODE(qstate->return_msg->rep->flags)
                                : qstate->return_rcode);
    record_waiting(guard, qstate, id, &event);
}

/* True when the client of this reply has its event. */
static bool has_event(const struct module_qstate *qstate, int id, const struct comm_reply *repinfo)
{
    const struct tg_seen *seen = qstate ? qstate->minfo[id] : NULL;

    /* New ones are put in front: what stands behind the newest that was seen was seen. */
    for (const struct mesh_reply *r = seen ? seen->newest : NULL; r; r = r->next)
        if (&r->query_reply == repinfo)
            return true;
    return false;
}

int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *arg)
{
    struct tg_guard *guard = arg;
    struct tg_verdict verdict;
    struct tg_event event;
    struct asked asked;

    (void)opt_list_out;
    (void)region;
    if (!qinfo || !qinfo->qname || !repinfo || has_event(qstate, id, repinfo))
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) == TG_CANARY_DEAD)
        return 1;
    ask(guard, qinfo, repinfo, start_time ? start_time->tv_sec : 0, &asked);
    tg_decide(guard->image, &asked.question, &verdict);
    /* What was answered here has its event already. */
    if (!verdict.report || verdict.reply != TG_REPLY_PASS)
        return 1;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(guard->image)->serial, &event);
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

bool tg_operate_touches(const struct tg_guard *guard, const struct query_info *qinfo, time_t now)
{
    struct tg_verdict verdict;
    struct asked asked;

    ask(guard, qinfo, NULL, now, &asked);
    tg_decide(guard->image, &asked.question, &verdict);
    return verdict.reply != TG_REPLY_PASS || may_differ(guard, &verdict);
}

int tg_operate_received(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
    struct tg_guard *guard = arg;

    (void)id;
    /* There is none when the server asked did not answer in time. */
    if (!response || !response->rep)
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) != TG_CANARY_SINGS)
        return 1;
    /*
     * Messages in the cache are given to clients without asking us. One with a TTL of 0 is
     * used for what it was wanted for, but not stored; its RRsets are, and they are seen by
     * the iterator alone.
     */
    if (tg_operate_touches(guard, &response->qinfo, *qstate->env->now))
        response->rep->ttl = 0;
    return 1;
}
