/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Rules with "twin: dns": does the name exist that was probably meant? Unbound itself is asked,
 * as a question below the client's, and keeps the result in its cache like any other.
 */
#include "module/path.h"

/* Look-ups at one time, of all workers: who asks for random names must not double the load. */
#define TWINS_MAX 256
/* Of a question, for all its look-ups. Unbound tries servers that are silent for longer than it,
 * and a client, would wait with an answer (discard-timeout: 1.9 s). The look-up goes on, for the
 * next question. */
#define WAIT_MS 1000

void tg_judge(const struct tg_image *image, const struct tg_aim *aim, enum tg_known known,
    struct tg_verdict *verdict)
{
    if (aim->target.len > 0)
        tg_decide_lead(image, aim->question, aim->lead, aim->target, known, verdict);
    else
        tg_decide_known(image, aim->question, known, verdict);
}

/* Only the mode hangs on it, unless the client's group has one of its own. */
bool tg_twin_matters(const struct tg_verdict *verdict)
{
    return verdict->reason == TG_REASON_TLD && verdict->rule->twin == TG_TWIN_DNS &&
           verdict->known != TG_KNOWN_LISTED && !verdict->group &&
           verdict->rule->mode != verdict->rule->otherwise;
}

/* The registered name tells for all names below it. It is asked for its address: a server
 * that has none still says that the name is there, and all servers answer that (RFC 4074). */
static struct query_info question_for(struct tg_name name)
{
    return (struct query_info){.qname = (uint8_t *)(uintptr_t)name.wire,
        .qname_len = name.len,
        .qtype = LDNS_RR_TYPE_A,
        .qclass = LDNS_RR_CLASS_IN};
}

static enum tg_known known_by_rcode(int rcode)
{
    switch (rcode) {
    case LDNS_RCODE_NOERROR:
        return TG_KNOWN_FOUND;
    case LDNS_RCODE_NXDOMAIN:
        return TG_KNOWN_NOT;
    default:
        return TG_KNOWN_FAILED;
    }
}

/* RFC 6604: NXDOMAIN behind an alias is about another name; the one that has it is there. */
static enum tg_known known_by_reply(const struct reply_info *reply)
{
    return reply->an_numrrsets > 0 ? TG_KNOWN_FOUND
                                   : known_by_rcode((int)FLAGS_GET_RCODE(reply->flags));
}

/* A failure lies there too, for some seconds: servers that do not answer are not asked by each
 * question. */
static enum tg_known known_from_cache(struct module_env *env, struct tg_name name)
{
    const struct query_info qinfo = question_for(name);
    enum tg_known known = TG_KNOWN_ASK;
    struct msgreply_entry *entry = msg_cache_lookup(
        env, qinfo.qname, qinfo.qname_len, qinfo.qtype, qinfo.qclass, 0, *env->now, 0);

    if (entry) {
        known = known_by_reply(entry->entry.data);
        lock_rw_unlock(&entry->entry.lock);
    }
    return known;
}

/* NULL: none of its look-ups, if it has any, was for that name. */
static const struct tg_look *look_of(const struct tg_query *query, struct tg_name name)
{
    for (unsigned i = 0; query && i < query->looked; i++)
        if (tg_dname_equal(query->looks[i].name, name))
            return &query->looks[i];
    return NULL;
}

/* What look-ups of the question, or of the one that it was made for, have told need not be in the
 * cache: its TTL may be 0. */
static enum tg_known known_of(
    struct tg_guard *guard, const struct module_qstate *qstate, int id, struct tg_name name)
{
    const struct tg_look *look = look_of(tg_query_if(qstate, id), name);
    enum tg_known known;

    if (!look)
        look = look_of(tg_query_above(qstate, id), name);
    if (look)
        return look->told;
    known = known_from_cache(qstate->env, name);
    if (known != TG_KNOWN_ASK)
        tg_stats_add(guard->stats, TG_COUNT_TWINS_CACHED, 1);
    return known;
}

/* For how long a question may still wait, in milliseconds. */
static int time_left(const struct module_qstate *qstate, int id, const struct tg_query *query)
{
    const struct tg_query *above = tg_query_above(qstate, id);
    const int waited = query->waited + (above ? above->waited : 0);

    return waited < WAIT_MS ? WAIT_MS - waited : 0;
}

/* Takes one of the look-ups that may be under way. */
static bool may_look(struct tg_guard *guard)
{
    if (atomic_fetch_add(&guard->twins, 1) < TWINS_MAX)
        return true;
    atomic_fetch_sub(&guard->twins, 1);
    return false;
}

static void begin_wait(struct module_qstate *qstate, struct tg_query *query, int ms)
{
    query->waits = true;
    query->since = *qstate->env->now_tv;
    query->timer = tg_ub_wake(qstate, ms);
}

/* False: there is no time left, the question would wait for itself, too much is asked, or memory is
 * out. */
static bool ask(struct tg_guard *guard, struct module_qstate *qstate, int id,
    struct tg_query *query, struct tg_name name)
{
    struct query_info qinfo = question_for(name);
    const int left = time_left(qstate, id, query);
    struct tg_look *look;
    uint8_t *kept;

    if (query->looked == TG_LOOKS_MAX || left == 0 || !may_look(guard))
        return false;
    kept = regional_alloc_init(qstate->region, name.wire, name.len);
    /* What fails here is one of the looks, too: an answer may lead to thousands of such names. */
    look = &query->looks[query->looked++];
    *look = (struct tg_look){{kept, kept ? name.len : 0}, TG_KNOWN_FAILED};
    if (!kept || !tg_ub_attach_sub(qstate, &qinfo)) {
        atomic_fetch_sub(&guard->twins, 1);
        return false;
    }
    tg_stats_add(guard->stats, TG_COUNT_TWINS_ASKED, 1);
    look->told = TG_KNOWN_ASK;
    query->under_way++;
    if (!query->waits)
        begin_wait(qstate, query, left);
    return true;
}

bool tg_twin_settle(struct tg_guard *guard, const struct tg_image *image,
    struct module_qstate *qstate, int id, const struct tg_aim *aim, struct tg_verdict *verdict)
{
    struct tg_query *query;
    struct tg_name name;
    enum tg_known known;

    if (verdict->known != TG_KNOWN_ASK || !tg_twin_matters(verdict) ||
        !tg_verdict_twin_domain(verdict, &name))
        return true;
    query = tg_query_of(qstate, id);
    known = known_of(guard, qstate, id, name);
    /* Nobody waits for a prefetch: it is not worth a question. */
    if (known == TG_KNOWN_ASK && query && tg_client_of(qstate->mesh_info)) {
        if (look_of(query, name) || ask(guard, qstate, id, query, name))
            return false;
        tg_stats_add(guard->stats, TG_COUNT_TWINS_REFUSED, 1);
    }
    if (known == TG_KNOWN_FOUND)
        tg_judge(image, aim, known, verdict);
    else /* as TG_KNOWN_ASK, it was for "not known" */
        verdict->known = known == TG_KNOWN_ASK ? TG_KNOWN_FAILED : known;
    return true;
}

static enum tg_counter counter_of(enum tg_known told)
{
    switch (told) {
    case TG_KNOWN_FOUND:
        return TG_COUNT_TWINS_FOUND;
    case TG_KNOWN_NOT:
        return TG_COUNT_TWINS_NOT_FOUND;
    default:
        return TG_COUNT_TWINS_FAILED;
    }
}

static void end_look(
    struct tg_guard *guard, struct tg_query *query, struct tg_look *look, enum tg_known told)
{
    look->told = told;
    query->under_way--;
    atomic_fetch_sub(&guard->twins, 1);
    tg_stats_add(guard->stats, counter_of(told), 1);
}

static enum tg_known known_by_sub(const struct module_qstate *sub)
{
    if (sub->return_msg && sub->return_msg->rep)
        return known_by_reply(sub->return_msg->rep);
    return sub->return_rcode == LDNS_RCODE_NOERROR ? TG_KNOWN_FAILED
                                                   : known_by_rcode(sub->return_rcode);
}

void tg_twin_told(struct tg_guard *guard, const struct module_qstate *sub, struct tg_query *query)
{
    for (unsigned i = 0; i < query->looked; i++) {
        struct tg_look *look = &query->looks[i];

        if (look->told == TG_KNOWN_ASK &&
            query_dname_compare(sub->qinfo.qname, (uint8_t *)(uintptr_t)look->name.wire) == 0) {
            query->heard = true;
            end_look(guard, query, look, known_by_sub(sub));
        }
    }
}

/* How long the question has waited now, even if the clock was set meanwhile. */
static int waited_ms(const struct timeval *since, const struct timeval *now)
{
    const long long ms =
        (now->tv_sec - since->tv_sec) * 1000LL + (now->tv_usec - since->tv_usec) / 1000;

    return ms < 0 ? 0 : ms > WAIT_MS ? WAIT_MS : (int)ms;
}

bool tg_twin_go_on(struct tg_guard *guard, struct module_qstate *qstate, struct tg_query *query)
{
    const bool heard = query->heard;

    query->heard = false;
    if (!query->waits)
        return true;
    /* Woken by another one than its timer. Unbound lets none wait that has nobody to wait for. */
    if (query->under_way > 0 && heard && qstate->mesh_info->sub_set.count > 0)
        return false;
    if (query->under_way > 0) {
        (*qstate->env->detach_subs)(qstate); /* or its end would wake us where we are not */
        query->waited = WAIT_MS;
    } else
        query->waited += waited_ms(&query->since, qstate->env->now_tv);
    tg_twin_done(guard, query);
    return true;
}

void tg_twin_done(struct tg_guard *guard, struct tg_query *query)
{
    if (query->timer)
        comm_timer_delete(query->timer);
    query->timer = NULL;
    query->waits = false;
    /* One that was not heard of in time has failed. */
    for (unsigned i = 0; i < query->looked; i++)
        if (query->looks[i].told == TG_KNOWN_ASK)
            end_look(guard, query, &query->looks[i], TG_KNOWN_FAILED);
}
