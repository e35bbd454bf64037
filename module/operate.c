/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The query path. No allocation outside the query's region, no lock, no system call. */
#include "module/guard.h"

#define DAY 86400 /* seconds */

static uint32_t day_of(time_t when)
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
        .today = day_of(when),
    };
    if (client && tg_image_group_count(image) > 0 && tg_client_address(client, &asked->client))
        asked->question.client = &asked->client;
}

/* Of a sub-question it is who waits for the question above. With groups each client has a state
 * of its own. */
const struct comm_reply *tg_client_of(const struct mesh_state *state)
{
    if (!state->reply_list && state->super_set.count > 0) {
        const struct mesh_state_ref *above =
            (const struct mesh_state_ref *)rbtree_first((rbtree_type *)&state->super_set);
        state = above->s;
    }
    return state->reply_list ? &state->reply_list->query_reply : NULL;
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
static bool is_resolvers_own(const struct mesh_state *state)
{
    return !state->reply_list &&
           (state->cb_list || (state->super_set.count > 0 && state->s.is_valrec));
}

void tg_record_new(
    struct tg_guard *guard, struct module_qstate *qstate, int id, const struct tg_event *event)
{
    struct tg_seen *seen = qstate->minfo[id];

    tg_record_waiting(guard, qstate, event, seen ? seen->newest : NULL);
    if (!seen)
        qstate->minfo[id] = seen = regional_alloc_zero(qstate->region, sizeof(*seen));
    if (seen)
        seen->newest = qstate->mesh_info->reply_list;
}

/*
 * Clients of different groups must not wait for one answer together: each gets a state of its
 * own. A worker's env is its own. What another module wants, which says 1, is left alone.
 */
static void keep_apart(const struct tg_image *image, struct module_env *env)
{
    const bool wanted = tg_image_group_count(image) > 0;

    if (wanted && env->unique_mesh == 0)
        env->unique_mesh = TG_UNIQUE_OURS;
    else if (!wanted && env->unique_mesh == TG_UNIQUE_OURS)
        env->unique_mesh = 0;
}

/* Sets ext_state to finished when the answer is made here. */
static void judge(
    struct tg_guard *guard, const struct tg_image *image, struct module_qstate *qstate, int id)
{
    struct tg_verdict verdict;
    struct tg_event event;
    struct tg_asked asked;

    keep_apart(image, qstate->env);
    tg_asked_make(
        image, &qstate->qinfo, tg_client_of(qstate->mesh_info), *qstate->env->now, &asked);
    tg_decide(image, &asked.question, &verdict);
    if (tg_may_differ(image, &verdict))
        qstate->no_cache_store = 1;
    if (verdict.reply == TG_REPLY_PASS)
        return;
    tg_event_fill(&asked.question, &verdict, tg_image_meta(image)->serial, &event);
    event.rcode = (uint8_t)tg_answer_make(qstate, image, &verdict, qstate->minfo[id] == NULL);
    tg_record_new(guard, qstate, id, &event);
    qstate->ext_state[id] = module_finished;
}

void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    struct tg_stay stay;

    qstate->ext_state[id] = module_wait_module;
    if (guard->passive || !tg_canary_sings(guard, qstate, id))
        return;
    if (tg_walker_is_sentinel(&guard->walker, qstate, id)) {
        qstate->ext_state[id] = module_wait_reply;
        return;
    }
    if (is_resolvers_own(qstate->mesh_info))
        return;
    tg_walker_place(&guard->walker, qstate, id);
    stay = tg_active_enter(guard->active);
    if (stay.image)
        judge(guard, stay.image, qstate, id);
    tg_active_leave(stay);
}
