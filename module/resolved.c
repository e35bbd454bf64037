/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers that come in from the world, on their way to the cache and to the clients. */
#include "module/guard.h"

bool tg_may_differ(const struct tg_image *image, const struct tg_verdict *verdict)
{
    return tg_image_group_count(image) > 0 &&
           (verdict->reason == TG_REASON_TLD || verdict->reason == TG_REASON_BLOCK);
}

/* Events of what comes from the cache are made in the callback for answers that go out, when
 * there is one; a policy that came later than it could be asked for must do without. */
static bool must_come_by(
    const struct tg_guard *guard, const struct tg_image *image, const struct tg_verdict *verdict)
{
    return verdict->reply != TG_REPLY_PASS || tg_may_differ(image, verdict) ||
           (verdict->report && !guard->told);
}

bool tg_keeps_out(const struct tg_guard *guard, const struct tg_image *image,
    const struct query_info *qinfo, time_t now)
{
    struct tg_verdict verdict;
    struct tg_asked asked;

    tg_asked_make(image, qinfo, NULL, now, &asked);
    tg_decide(image, &asked.question, &verdict);
    return must_come_by(guard, image, &verdict);
}

/* What was stored before this policy came into force, or put together from parts that were. */
static void uncache(struct module_qstate *qstate)
{
    msg_cache_remove(qstate->env, qstate->qinfo.qname, qstate->qinfo.qname_len, qstate->qinfo.qtype,
        qstate->qinfo.qclass, qstate->query_flags);
}

static int rcode_of(const struct module_qstate *qstate)
{
    return qstate->return_msg && qstate->return_msg->rep
               ? (int)FLAGS_GET_RCODE(qstate->return_msg->rep->flags)
               : qstate->return_rcode;
}

static void review(
    struct tg_guard *guard, const struct tg_image *image, struct module_qstate *qstate, int id)
{
    const struct mesh_state *state = qstate->mesh_info;
    struct tg_verdict verdict;
    struct tg_event event;
    struct tg_asked asked;
    int rcode;

    tg_asked_make(image, &qstate->qinfo, tg_client_of(state), *qstate->env->now, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (must_come_by(guard, image, &verdict))
        uncache(qstate);
    if (!verdict.report || !state->reply_list)
        return;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(image)->serial, &event);
    rcode = verdict.reply == TG_REPLY_PASS ? rcode_of(qstate)
                                           : tg_answer_make(qstate, image, &verdict, true);
    event.rcode = (uint8_t)rcode;
    tg_record_new(guard, qstate, id, &event);
}

void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    struct tg_stay stay;

    if (guard->passive || !tg_canary_sings(guard, qstate, id))
        return;
    stay = tg_active_enter(guard->active);
    if (stay.image)
        review(guard, stay.image, qstate, id);
    tg_active_leave(stay);
}

int tg_operate_received(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
    struct tg_guard *guard = arg;
    struct tg_stay stay;

    (void)id;
    /* There is none when the server asked did not answer in time. */
    if (!response || !response->rep)
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) != TG_CANARY_SINGS)
        return 1;
    stay = tg_active_enter(guard->active);
    /*
     * Messages in the cache are given to clients without asking us. One with a TTL of 0 is
     * used for what it was wanted for, but not stored; its RRsets are, and they are seen by
     * the iterator alone.
     */
    if (stay.image && tg_keeps_out(guard, stay.image, &response->qinfo, *qstate->env->now))
        response->rep->ttl = 0;
    tg_active_leave(stay);
    return 1;
}
