/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers that come in from the world, on their way to the cache and to the clients. */
#include <string.h>

#include "module/path.h"

/* Whether anything that an answer leads to must come by us. */
struct must {
    const struct tg_guard *guard;
    const struct tg_image *image;
    size_t names; /* that were judged */
    bool out;
};

static bool look_for_must(void *arg, const struct tg_aim *aim)
{
    struct must *must = arg;
    struct tg_verdict verdict;

    if (must->names++ == TG_TARGETS_JUDGED) {
        must->out = true;
        return false;
    }
    tg_judge(must->image, aim, TG_KNOWN_ASK, &verdict);
    must->out = tg_must_come_by(must->guard, must->image, &verdict);
    return !must->out && !tg_chain_ends(aim, &verdict);
}

/* The RRset that a message in the cache refers to, if it is still that one. */
static bool look_at_ref(
    const struct tg_question *question, const struct rrset_ref *ref, struct must *must)
{
    bool on = true;

    lock_rw_rdlock(&ref->key->entry.lock);
    if (ref->key->id == ref->id && ref->key->id != 0 && ref->key->entry.data)
        on = tg_targets_each(question, ref->key, look_for_must, must);
    lock_rw_unlock(&ref->key->entry.lock);
    return on;
}

/* Of a question whose verdict is that for nobody. */
static bool keeps_out(const struct tg_guard *guard, const struct tg_image *image,
    const struct tg_question *question, const struct tg_verdict *verdict,
    const struct reply_info *reply, bool shared)
{
    struct must must = {.guard = guard, .image = image};

    if (tg_must_come_by(guard, image, verdict))
        return true;
    if (!reply || !tg_inspects(image, verdict))
        return false;
    if (!shared)
        (void)tg_targets_all(question, reply, look_for_must, &must);
    else
        for (size_t i = 0; i < reply->an_numrrsets && look_at_ref(question, &reply->ref[i], &must);
             i++)
            ;
    return must.out;
}

/* Most answers: no rule speaks of the question, and it leads nowhere. Nothing is to be done then,
 * for whatever client. */
static bool is_plain(const struct tg_verdict *verdict, const struct reply_info *reply)
{
    return verdict->reason == TG_REASON_NONE && !(reply && tg_targets_any(reply));
}

bool tg_keeps_out(const struct tg_guard *guard, const struct tg_image *image,
    const struct query_info *qinfo, const struct reply_info *reply, bool shared, time_t now)
{
    struct tg_asked asked;
    struct tg_verdict verdict;

    tg_asked_make(image, qinfo, NULL, now, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (!shared && is_plain(&verdict, reply))
        return false;
    return keeps_out(guard, image, &asked.question, &verdict, reply, shared);
}

static bool has_alias(const struct reply_info *reply)
{
    for (size_t i = 0; i < reply->an_numrrsets; i++)
        if (tg_is_alias(reply->rrsets[i]))
            return true;
    return false;
}

/* The two questions differ behind an alias, and when one is minimised. */
static bool is_same(const struct query_info *a, const struct query_info *b)
{
    return a->qtype == b->qtype && a->qname_len == b->qname_len &&
           memcmp(a->qname, b->qname, a->qname_len) == 0;
}

/*
 * A message with a TTL of 0 is used for what it was wanted for, but not stored; its RRsets are,
 * and they are seen by the iterator alone. But behind an alias the iterator goes on, and stores
 * what it puts together from there with another TTL: then nothing of this question is stored.
 */
static void keep_out(struct tg_guard *guard, struct tg_stay stay, struct module_qstate *qstate,
    int id, struct dns_msg *response)
{
    const struct tg_image *image = stay.image;
    const time_t now = *qstate->env->now;

    if (tg_query_is_plain(qstate, id, stay.generation) && !tg_targets_any(response->rep) &&
        is_same(&qstate->qinfo, &response->qinfo))
        return;
    if (!tg_keeps_out(guard, image, &qstate->qinfo, response->rep, false, now) &&
        (is_same(&qstate->qinfo, &response->qinfo) ||
            !tg_keeps_out(guard, image, &response->qinfo, response->rep, false, now)))
        return;
    if (has_alias(response->rep))
        qstate->no_cache_store = 1;
    else
        response->rep->ttl = 0;
}

int tg_operate_received(struct module_qstate *qstate, struct dns_msg *response, int id, void *arg)
{
    struct tg_guard *guard = arg;
    struct tg_stay stay;

    /* There is none when the server asked did not answer in time. */
    if (!response || !response->rep)
        return 1;
    if (!tg_canary_sang(guard))
        return 1;
    tg_aliases_of(guard, response->rep, *qstate->env->now);
    stay = tg_active_enter(guard->active);
    if (stay.image)
        keep_out(guard, stay, qstate, id, response);
    tg_active_leave(stay);
    return 1;
}

/*
 * Takes out what was stored before this policy came into force. And dns64, in front of us, stores
 * what we pass on, whatever no_cache_store says: but not with a TTL of 0.
 */
static void uncache(struct module_qstate *qstate)
{
    const struct query_info *qinfo = &qstate->qinfo;

    msg_cache_remove(qstate->env, qinfo->qname, qinfo->qname_len, qinfo->qtype, qinfo->qclass,
        qstate->query_flags);
    if (qstate->return_msg && qstate->return_msg->rep)
        qstate->return_msg->rep->ttl = 0;
}

/* Unbound withholds what is bogus from who did not ask for it (RFC 4035 5.5). */
static bool is_withheld(const struct module_qstate *qstate, const struct reply_info *reply)
{
    return qstate->env->need_to_validate && reply->security == sec_status_bogus &&
           (!(qstate->query_flags & BIT_CD) || qstate->env->cfg->ignore_cd);
}

/* What the clients will see of an answer that passes. */
static int rcode_of(const struct module_qstate *qstate)
{
    const struct reply_info *reply = qstate->return_msg ? qstate->return_msg->rep : NULL;

    if (!reply)
        return qstate->return_rcode;
    return is_withheld(qstate, reply) ? LDNS_RCODE_SERVFAIL : (int)FLAGS_GET_RCODE(reply->flags);
}

/* The verdict on an answer: that of the first name it leads to that is blocked, else of the
 * first one that is watched, else on the question. */
struct review {
    struct tg_guard *guard;
    const struct tg_image *image;
    struct module_qstate *qstate;
    int id;
    struct tg_verdict *verdict;
    bool waits;
    bool too_many;
    bool out;     /* whoever asks, the answer must come by us */
    size_t names; /* that were judged */
};

static bool review_target(void *arg, const struct tg_aim *aim)
{
    struct review *review = arg;
    struct tg_verdict verdict;

    if (review->names == TG_TARGETS_JUDGED) {
        review->too_many = review->out = true;
        return false;
    }
    review->names++;
    tg_judge(review->image, aim, TG_KNOWN_ASK, &verdict);
    /* A verdict for one client says nothing of others. */
    if (!aim->question->client && tg_must_come_by(review->guard, review->image, &verdict))
        review->out = true;
    /* The twins of other names are looked up meanwhile. */
    if (!tg_twin_settle(review->guard, review->image, review->qstate, review->id, aim, &verdict)) {
        review->waits = true;
        return verdict.reply == TG_REPLY_PASS && !tg_chain_ends(aim, &verdict);
    }
    if (verdict.reply != TG_REPLY_PASS || (verdict.report && !review->verdict->report))
        *review->verdict = verdict;
    return verdict.reply == TG_REPLY_PASS && !tg_chain_ends(aim, &verdict);
}

/* Returns false when it waits for a look-up: what it leads to is counted in the last round. */
static bool review_answer(struct review *review, const struct tg_question *question)
{
    const struct dns_msg *msg = review->qstate->return_msg;
    const struct reply_info *reply = msg ? msg->rep : NULL;

    if (reply && tg_inspects(review->image, review->verdict))
        (void)tg_targets_all(question, reply, review_target, review);
    if (!review->waits)
        tg_stats_add(review->guard->stats, TG_COUNT_TARGETS_INSPECTED, review->names);
    return !review->waits;
}

/* With log-servfail Unbound says why; to clients it tells nothing of ours with a failure. */
static void withhold(struct tg_guard *guard, struct module_qstate *qstate)
{
    tg_stats_add(guard->stats, TG_COUNT_TARGETS_WITHHELD, 1);
    errinf(qstate, "tldguard: the answer leads to more names than are judged");
    tg_apart_fail(qstate);
}

static void conclude(struct tg_guard *guard, const struct tg_image *image,
    struct module_qstate *qstate, int id, const struct tg_question *question,
    const struct tg_verdict *verdict)
{
    struct tg_event event;

    if (!verdict->report)
        return;
    if (tg_client_of(qstate->mesh_info))
        tg_stats_concluded(guard->stats, verdict);
    tg_event_fill(question, verdict, tg_image_meta(image)->serial, &event);
    event.rcode = (uint8_t)(verdict->reply == TG_REPLY_PASS
                                ? rcode_of(qstate)
                                : tg_answer_make(qstate, id, image, question, verdict));
    tg_record_waiting(guard, qstate, id, &event);
}

/* Returns false when it waits for a look-up. */
static bool judge(
    struct tg_guard *guard, const struct tg_image *image, struct module_qstate *qstate, int id)
{
    const time_t now = *qstate->env->now;
    const struct reply_info *reply = qstate->return_msg ? qstate->return_msg->rep : NULL;
    struct tg_asked asked;
    const struct tg_aim aim = {.question = &asked.question};
    struct tg_verdict verdict;
    struct review review = {guard, image, qstate, id, &verdict, false, false, false, 0};

    tg_asked_make(image, &qstate->qinfo, tg_client_of(qstate->mesh_info), now, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (is_plain(&verdict, reply))
        return true;
    review.out = asked.question.client
                     ? tg_keeps_out(guard, image, &qstate->qinfo, reply, false, now)
                     : tg_must_come_by(guard, image, &verdict);
    if (!tg_twin_settle(guard, image, qstate, id, &aim, &verdict) ||
        !review_answer(&review, &asked.question)) {
        tg_query_of(qstate, id)->resolved = true; /* it is there: it knows of the look-up */
        return false;
    }
    if (review.out)
        uncache(qstate);
    if (review.too_many)
        withhold(guard, qstate);
    if (tg_apart_alike(image, qstate))
        conclude(guard, image, qstate, id, &asked.question, &verdict);
    else
        tg_apart_fail(qstate);
    return true;
}

/* What nobody asked for, or is judged elsewhere, stays as it is. */
static bool leave(struct tg_guard *guard, struct tg_stay stay, struct module_qstate *qstate, int id)
{
    const struct tg_image *image = stay.image;
    const struct reply_info *reply = qstate->return_msg ? qstate->return_msg->rep : NULL;

    if (tg_query_is_plain(qstate, id, stay.generation) && !(reply && tg_targets_any(reply)))
        return true;
    if (!tg_is_resolvers_own(qstate->mesh_info) && !tg_is_judged_above(qstate->mesh_info))
        return judge(guard, image, qstate, id);
    if (tg_keeps_out(guard, image, &qstate->qinfo, reply, false, *qstate->env->now))
        uncache(qstate);
    return true;
}

void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    struct tg_stay stay;
    bool done = true;

    if (!guard->passive && tg_canary_sings(guard, qstate, id)) {
        stay = tg_active_enter(guard->active);
        if (stay.image)
            done = leave(guard, stay, qstate, id);
        tg_active_leave(stay);
    }
    qstate->ext_state[id] = done ? module_finished : module_wait_subquery;
}
