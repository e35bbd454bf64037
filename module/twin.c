/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Rules with "twin: dns": does the name exist that was probably meant? Unbound itself is asked,
 * as a question below the client's, and keeps the result in its cache like any other.
 */
#include "module/path.h"

/* Look-ups at one time, of all workers: who asks for random names must not double the load. */
#define TWINS_MAX 256
/* Look-ups for one question: its own twin, and those of names that the answer leads to. */
#define LOOKS_MAX 4
/* Unbound tries servers that are silent for longer than it, and a client, would wait with an
 * answer (discard-timeout: 1.9 s). The look-up goes on, for the next question. */
#define WAIT_MS 1000

void tg_judge(const struct tg_image *image, const struct tg_aim *aim, enum tg_known known,
    struct tg_verdict *verdict)
{
    if (aim->target.len > 0)
        tg_decide_lead(image, aim->question, aim->lead, aim->target, known, verdict);
    else
        tg_decide_known(image, aim->question, known, verdict);
}

bool tg_twin_matters(
    const struct tg_image *image, const struct tg_aim *aim, const struct tg_verdict *verdict)
{
    struct tg_verdict found;
    struct tg_verdict missing;

    if (verdict->reason != TG_REASON_TLD || verdict->rule->twin != TG_TWIN_DNS ||
        verdict->known == TG_KNOWN_LISTED)
        return false;
    tg_judge(image, aim, TG_KNOWN_FOUND, &found);
    tg_judge(image, aim, TG_KNOWN_NOT, &missing);
    return found.reply != missing.reply || found.report != missing.report ||
           found.mode != missing.mode;
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

/* What the question's own last look-up told need not be in the cache: its TTL may be 0. */
static enum tg_known known_of(struct tg_guard *guard, const struct module_qstate *qstate,
    const struct tg_query *query, struct tg_name name)
{
    enum tg_known known;

    if (query && tg_dname_equal(query->twin, name))
        return query->told;
    known = known_from_cache(qstate->env, name);
    if (known != TG_KNOWN_ASK)
        tg_stats_add(guard->stats, TG_COUNT_TWINS_CACHED, 1);
    return known;
}

/* Takes one of the look-ups that may be under way. */
static bool may_look(struct tg_guard *guard, const struct tg_query *query)
{
    if (query->looked >= LOOKS_MAX)
        return false;
    if (atomic_fetch_add(&guard->twins, 1) < TWINS_MAX)
        return true;
    atomic_fetch_sub(&guard->twins, 1);
    return false;
}

/* False: the question would wait for itself, too much is asked, or memory is out. */
static bool ask(struct tg_guard *guard, struct module_qstate *qstate, struct tg_query *query,
    struct tg_name name)
{
    struct query_info qinfo = question_for(name);
    uint8_t *kept = regional_alloc_init(qstate->region, name.wire, name.len);

    if (!kept || !may_look(guard, query))
        return false;
    if (!tg_ub_attach_sub(qstate, &qinfo)) {
        atomic_fetch_sub(&guard->twins, 1);
        return false;
    }
    tg_stats_add(guard->stats, TG_COUNT_TWINS_ASKED, 1);
    query->timer = tg_ub_wake(qstate, WAIT_MS);
    query->looked++;
    query->waits = true;
    query->heard = false;
    query->told = TG_KNOWN_FAILED; /* until it is told otherwise */
    query->twin = (struct tg_name){kept, name.len};
    return true;
}

bool tg_twin_settle(struct tg_guard *guard, const struct tg_image *image,
    struct module_qstate *qstate, int id, const struct tg_aim *aim, struct tg_verdict *verdict)
{
    struct tg_query *query;
    struct tg_name name;
    enum tg_known known;

    if (verdict->known != TG_KNOWN_ASK || !tg_twin_matters(image, aim, verdict) ||
        !tg_verdict_twin_domain(verdict, &name))
        return true;
    query = tg_query_of(qstate, id);
    known = known_of(guard, qstate, query, name);
    /* Nobody waits for a prefetch: it is not worth a question. */
    if (known == TG_KNOWN_ASK && query && tg_client_of(qstate->mesh_info)) {
        if (ask(guard, qstate, query, name))
            return false;
        tg_stats_add(guard->stats, TG_COUNT_TWINS_REFUSED, 1);
    }
    tg_judge(image, aim, known == TG_KNOWN_ASK ? TG_KNOWN_FAILED : known, verdict);
    return true;
}

void tg_twin_told(const struct module_qstate *sub, struct tg_query *query)
{
    const struct dns_msg *msg = sub->return_msg;

    if (!query->waits || sub->qinfo.qname_len != query->twin.len ||
        query_dname_compare(sub->qinfo.qname, (uint8_t *)(uintptr_t)query->twin.wire) != 0)
        return;
    query->heard = true;
    if (msg && msg->rep)
        query->told = known_by_reply(msg->rep);
    else if (sub->return_rcode != LDNS_RCODE_NOERROR)
        query->told = known_by_rcode(sub->return_rcode);
}

void tg_twin_go_on(struct tg_guard *guard, struct module_qstate *qstate, struct tg_query *query)
{
    if (query->waits && !query->heard)
        (*qstate->env->detach_subs)(qstate); /* or its end would wake us where we are not */
    tg_twin_done(guard, query);
}

/* One that was not heard of in time has failed. */
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

void tg_twin_done(struct tg_guard *guard, struct tg_query *query)
{
    if (query->timer)
        comm_timer_delete(query->timer);
    query->timer = NULL;
    if (query->waits) {
        atomic_fetch_sub(&guard->twins, 1);
        tg_stats_add(guard->stats, counter_of(query->told), 1);
    }
    query->waits = false;
}
