/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers that go out: Unbound tells of them when some rule watches. */
#include "module/guard.h"

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

static uint8_t flags_of(const struct module_qstate *qstate, const struct edns_data *edns)
{
    const uint16_t asked = qstate ? qstate->query_flags : 0;

    return (uint8_t)((asked & BIT_RD ? TG_FLAG_RD : 0) | (asked & BIT_CD ? TG_FLAG_CD : 0) |
                     (edns && (edns->bits & EDNS_DO) ? TG_FLAG_DO : 0));
}

/* An answer: to what, to whom, when. */
struct answered {
    const struct query_info *qinfo;
    struct comm_reply *client;
    struct timeval when;
    uint8_t rcode;
    uint8_t flags;
};

static void watch(
    struct tg_guard *guard, const struct tg_image *image, const struct answered *answered)
{
    struct tg_verdict verdict;
    struct tg_event event;
    struct tg_asked asked;

    tg_asked_make(image, answered->qinfo, answered->client, answered->when.tv_sec, &asked);
    tg_decide(image, &asked.question, &verdict);
    /* What was answered here has its event already. */
    if (!verdict.report || verdict.reply != TG_REPLY_PASS)
        return;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(image)->serial, &event);
    event.time.tv_sec = answered->when.tv_sec;
    event.time.tv_nsec = answered->when.tv_usec * 1000;
    event.rcode = answered->rcode;
    event.flags = answered->flags;
    tg_record_one(guard, &event, answered->client);
}

int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *arg)
{
    struct tg_guard *guard = arg;
    struct answered answered = {.qinfo = qinfo, .client = repinfo};
    struct tg_stay stay;

    (void)opt_list_out;
    (void)region;
    if (!qinfo || !qinfo->qname || !repinfo || has_event(qstate, id, repinfo))
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) == TG_CANARY_DEAD)
        return 1;
    if (start_time)
        answered.when = *start_time;
    answered.rcode = (uint8_t)(rep ? (int)FLAGS_GET_RCODE(rep->flags) : rcode);
    answered.flags = flags_of(qstate, edns);
    stay = tg_active_enter(guard->active);
    if (stay.image)
        watch(guard, stay.image, &answered);
    tg_active_leave(stay);
    return 1;
}
