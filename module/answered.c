/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers that go out: Unbound tells of them when some rule watches, or when somebody may join what
 * was blocked. */
#include "module/path.h"

/* True when the client of this reply has its event. */
static bool has_event(const struct module_qstate *qstate, int id, const struct comm_reply *repinfo)
{
    const struct tg_query *query = qstate ? tg_query_if(qstate, id) : NULL;

    /* New ones are put in front: what stands behind the newest that has one has one. */
    for (const struct mesh_reply *r = query ? query->newest : NULL; r; r = r->next)
        if (&r->query_reply == repinfo)
            return true;
    return false;
}

/* A failure may come with a message, which is bogus and withheld; of an answer from the cache
 * the rcode is the one in the question. */
static uint8_t rcode_of(const struct reply_info *reply, int rcode)
{
    const bool withheld =
        rcode == LDNS_RCODE_SERVFAIL && reply && reply->security == sec_status_bogus;

    return (uint8_t)(reply && !withheld ? (int)FLAGS_GET_RCODE(reply->flags) : rcode);
}

/* An answer: to what, to whom, when. */
struct answered {
    const struct query_info *qinfo;
    const struct reply_info *reply; /* NULL: none */
    const struct comm_reply *client;
    const struct edns_data *edns; /* the client's; NULL: not known */
    struct timeval when;
    uint8_t rcode;
    uint8_t flags;
    bool cached; /* without a question of its own inside Unbound */
};

/* The verdict on the first name that an answer leads to which is watched. */
struct watch {
    const struct tg_image *image;
    struct tg_verdict *verdict;
    size_t names; /* that were looked at */
    bool cut_short;
};

static bool watch_target(void *arg, const struct tg_aim *aim)
{
    struct watch *watch = arg;
    struct tg_verdict verdict;

    if (watch->names++ == TG_TARGETS_WATCHED) {
        watch->cut_short = true;
        return false;
    }
    tg_judge(watch->image, aim, TG_KNOWN_ASK, &verdict);
    if (verdict.report)
        *watch->verdict = verdict;
    return !verdict.report && !tg_chain_ends(aim, &verdict);
}

/* Returns false when it has led to more than is looked at. */
static bool watch_answer(const struct tg_image *image, const struct tg_question *question,
    const struct reply_info *reply, struct tg_verdict *verdict)
{
    struct watch watch = {.image = image, .verdict = verdict};

    if (reply && !verdict->report && tg_inspects(image, verdict))
        (void)tg_targets_all(question, reply, watch_target, &watch);
    return !watch.cut_short;
}

static void write_down(
    struct tg_guard *guard, struct tg_event *event, const struct answered *answered)
{
    event->time.tv_sec = answered->when.tv_sec;
    event->time.tv_nsec = answered->when.tv_usec * 1000;
    event->rcode = answered->rcode;
    event->flags = answered->flags;
    tg_record_one(guard, event, answered->client, answered->edns);
}

/* Who has joined a question after it was blocked, by what was in force then. Returns false for all
 * others. */
static bool record_given(struct tg_guard *guard, const struct module_qstate *qstate, int id,
    const struct answered *answered)
{
    const struct tg_query *query = qstate ? tg_query_if(qstate, id) : NULL;
    struct tg_event event;

    if (!query || !query->given)
        return false;
    tg_event_copy(&event, query->given);
    write_down(guard, &event, answered);
    return true;
}

static void record(
    struct tg_guard *guard, const struct tg_image *image, const struct answered *answered)
{
    struct tg_verdict verdict;
    struct tg_event event;
    struct tg_asked asked;

    tg_asked_make(image, answered->qinfo, answered->client, answered->when.tv_sec, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (!watch_answer(image, &asked.question, answered->reply, &verdict) && answered->cached)
        tg_stats_add(guard->stats, TG_COUNT_TARGETS_CUT_SHORT, 1);
    /* What was answered here has its event already; what comes from the cache before a new policy
     * has removed it from there was not blocked. But a failure of Unbound's own, before the
     * question came by us, has let nobody through. */
    if (answered->cached && answered->rcode != LDNS_RCODE_SERVFAIL)
        verdict.reply = TG_REPLY_PASS;
    if (!verdict.report || verdict.reply != TG_REPLY_PASS)
        return;
    if (answered->cached)
        tg_stats_watched(guard->stats, &verdict);
    tg_event_fill(&asked.question, &verdict, tg_image_meta(image)->serial, &event);
    write_down(guard, &event, answered);
}

int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *arg)
{
    struct tg_guard *guard = arg;
    struct answered answered = {.qinfo = qinfo, .reply = rep, .client = repinfo, .edns = edns};
    struct tg_stay stay;

    (void)opt_list_out;
    (void)region;
    if (!qinfo || !qinfo->qname || !repinfo || has_event(qstate, id, repinfo))
        return 1;
    if (atomic_load_explicit(&guard->canary, memory_order_relaxed) == TG_CANARY_DEAD)
        return 1;
    if (start_time)
        answered.when = *start_time;
    answered.rcode = rcode_of(rep, rcode);
    answered.flags = tg_flags_of(qstate ? qstate->query_flags : 0, edns);
    answered.cached = !qstate;
    if (record_given(guard, qstate, id, &answered))
        return 1;
    stay = tg_active_enter(guard->active);
    if (stay.image)
        record(guard, stay.image, &answered);
    tg_active_leave(stay);
    return 1;
}
