/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A question enters. */
#include "module/path.h"

#define ALIASES_MAX 16    /* more than Unbound follows */
#define DAY         86400 /* seconds */

uint32_t tg_day_of(time_t when)
{
    return when > 0 ? (uint32_t)(when / DAY) : 0;
}

void tg_asked_make(const struct tg_image *image, const struct query_info *qinfo,
    const struct comm_reply *client, time_t when, struct tg_asked *asked)
{
    asked->question = (struct tg_question){
        .qname = {qinfo->qname, qinfo->qname_len},
        .qtype = qinfo->qtype,
        .qclass = qinfo->qclass,
        .today = tg_day_of(when),
    };
    if (client && tg_image_group_count(image) > 0 && tg_client_address(client, &asked->client))
        asked->question.client = &asked->client;
}

/* The question that waits for this one; NULL: none, or a client asks for this one itself. */
static const struct mesh_state *above(const struct mesh_state *state)
{
    if (state->reply_list || state->super_set.count == 0)
        return NULL;
    return ((const struct mesh_state_ref *)rbtree_first((rbtree_type *)&state->super_set))->s;
}

/* Of a sub-question it is who waits for the question above. With groups each client has a state
 * of its own. */
const struct comm_reply *tg_client_of(const struct mesh_state *state)
{
    const struct mesh_state *asking = above(state);

    if (!asking)
        asking = state;
    return asking->reply_list ? &asking->reply_list->query_reply : NULL;
}

/* Looked at once per start: a layout does not change while the daemon runs. */
bool tg_canary_sings(struct tg_guard *guard, struct module_qstate *qstate, int id)
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
bool tg_is_resolvers_own(const struct mesh_state *state)
{
    return !state->reply_list &&
           (state->cb_list || (state->super_set.count > 0 && state->s.is_valrec));
}

/* subnetcache asks once more without the client's subnet, for all its clients, and keeps that. */
bool tg_is_judged_above(const struct mesh_state *state)
{
    const struct mesh_state *asking = above(state);

    return asking && asking->s.qinfo.qtype == state->s.qinfo.qtype &&
           asking->s.qinfo.qclass == state->s.qinfo.qclass &&
           query_dname_compare(asking->s.qinfo.qname, state->s.qinfo.qname) == 0;
}

/* In place of a pointer, which is even: the generation, and a lowest bit that is set. */
static uintptr_t plain(unsigned generation)
{
    return (uintptr_t)generation << 1 | 1;
}

struct tg_query *tg_query_if(const struct module_qstate *qstate, int id)
{
    return (uintptr_t)qstate->minfo[id] & 1 ? NULL : qstate->minfo[id];
}

const struct tg_query *tg_query_above(const struct module_qstate *qstate, int id)
{
    const struct mesh_state *asking = above(qstate->mesh_info);

    return asking ? tg_query_if(&asking->s, id) : NULL;
}

struct tg_query *tg_query_of(struct module_qstate *qstate, int id)
{
    if (!tg_query_if(qstate, id))
        qstate->minfo[id] = regional_alloc_zero(qstate->region, sizeof(struct tg_query));
    return qstate->minfo[id];
}

void tg_query_set_plain(struct module_qstate *qstate, int id, unsigned generation)
{
    if (!tg_query_if(qstate, id))
        qstate->minfo[id] = (void *)plain(generation);
}

bool tg_query_is_plain(const struct module_qstate *qstate, int id, unsigned generation)
{
    return (uintptr_t)qstate->minfo[id] == plain(generation);
}

bool tg_must_come_by(
    const struct tg_guard *guard, const struct tg_image *image, const struct tg_verdict *verdict)
{
    const bool ruled = verdict->reason == TG_REASON_TLD || verdict->reason == TG_REASON_BLOCK;

    if (verdict->reply != TG_REPLY_PASS)
        return true;
    if (ruled && tg_image_group_count(image) > 0)
        return true;
    /* What is watched is seen in the cache as well, unless the policy that watches came when
     * Unbound could no longer be asked to tell. */
    return (verdict->report && !guard->told) || tg_twin_matters(verdict);
}

bool tg_inspects(const struct tg_image *image, const struct tg_verdict *verdict)
{
    return tg_image_inspects(image) && verdict->reply == TG_REPLY_PASS &&
           verdict->reason != TG_REASON_ALLOW && verdict->reason != TG_REASON_CLASS;
}

/*
 * An answer that the iterator puts together from aliases in its cache is stored before we see it.
 * So it is looked at before: whether such an alias leads from, or to, what must come by us.
 */
static bool is_hidden_by_alias(const struct tg_guard *guard, const struct tg_image *image,
    struct module_env *env, const struct tg_aim *aim, const struct tg_verdict *verdict)
{
    bool must = tg_must_come_by(guard, image, verdict);
    const bool inspects = tg_inspects(image, verdict);
    uint8_t wire[TG_DNAME_MAX];
    struct tg_aim next = {.question = aim->question, .lead = TG_LEAD_CNAME};
    struct tg_name name = aim->question->qname;

    for (size_t i = 0; (must || inspects) && i < ALIASES_MAX; i++) {
        struct tg_verdict onward;
        size_t len;

        if (!tg_alias_cached(guard, env, name, aim->question->qclass, wire, &len))
            return false;
        name = next.target = (struct tg_name){wire, len};
        tg_judge(image, &next, TG_KNOWN_ASK, &onward);
        must = must || tg_must_come_by(guard, image, &onward);
        if (must || tg_chain_ends(&next, &onward))
            return must;
    }
    return false;
}

static void count(struct tg_guard *guard, unsigned slot, const struct comm_reply *client,
    const struct tg_question *question, const struct tg_verdict *verdict)
{
    if (client)
        tg_stats_decided(guard->stats, slot, question, verdict);
    else
        tg_stats_add(guard->stats, TG_COUNT_PREFETCH, 1);
}

static void block(struct tg_guard *guard, const struct tg_image *image,
    struct module_qstate *qstate, int id, const struct tg_question *question,
    const struct tg_verdict *verdict)
{
    struct tg_event event;

    tg_event_fill(question, verdict, tg_image_meta(image)->serial, &event);
    event.rcode = (uint8_t)tg_answer_make(qstate, id, image, question, verdict);
    tg_record_waiting(guard, qstate, id, &event);
}

/* Sets ext_state, unless the question passes. */
static void enter(struct tg_guard *guard, struct tg_stay stay, struct module_qstate *qstate, int id)
{
    const struct tg_image *image = stay.image;
    struct tg_asked asked;
    const struct tg_aim aim = {.question = &asked.question};
    const bool judged = tg_is_judged_above(qstate->mesh_info);
    const struct comm_reply *client = tg_client_of(qstate->mesh_info);
    struct tg_verdict verdict;

    tg_apart_clients(image, qstate->env);
    tg_apart_question(image, qstate->mesh_info);
    tg_asked_make(image, &qstate->qinfo, client, *qstate->env->now, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (!judged && !tg_twin_settle(guard, image, qstate, id, &aim, &verdict)) {
        qstate->ext_state[id] = module_wait_subquery;
        return;
    }
    if (!judged)
        count(guard, stay.slot, client, &asked.question, &verdict);
    if (verdict.reason == TG_REASON_NONE)
        tg_query_set_plain(qstate, id, stay.generation);
    if (judged || verdict.reply == TG_REPLY_PASS) {
        if (is_hidden_by_alias(guard, image, qstate->env, &aim, &verdict))
            qstate->no_cache_store = 1;
        return;
    }
    qstate->ext_state[id] = module_finished;
    if (tg_apart_alike(image, qstate))
        block(guard, image, qstate, id, &asked.question, &verdict);
    else
        tg_apart_fail(qstate);
}

void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    struct tg_stay stay;
    uint64_t began;

    qstate->ext_state[id] = module_wait_module;
    if (guard->passive || !tg_canary_sings(guard, qstate, id)) {
        tg_stats_add(guard->stats, TG_COUNT_UNPROTECTED, 1);
        return;
    }
    if (tg_walker_is_sentinel(&guard->walker, qstate, id)) {
        qstate->ext_state[id] = module_wait_reply;
        return;
    }
    tg_cachedb_place(guard, qstate->env);
    if (tg_is_resolvers_own(qstate->mesh_info))
        return;
    tg_walker_place(&guard->walker, qstate, id);
    stay = tg_active_enter(guard->active);
    began = tg_stats_begin(guard->stats, stay.slot);
    if (stay.image)
        enter(guard, stay, qstate, id);
    else
        tg_stats_add(guard->stats, TG_COUNT_UNPROTECTED, 1);
    tg_active_leave(stay);
    tg_stats_end(guard->stats, stay.slot, began);
}
