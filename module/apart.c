/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Clients of different groups, who must not wait for one answer together. */
#include "module/path.h"

/* A worker's env is its own. What another module wants, which says 1, is left alone. */
void tg_apart_clients(const struct tg_image *image, struct module_env *env)
{
    const bool wanted = tg_image_group_count(image) > 0;

    if (wanted && env->unique_mesh == 0)
        env->unique_mesh = TG_UNIQUE_OURS;
    else if (!wanted && env->unique_mesh == TG_UNIQUE_OURS)
        env->unique_mesh = 0;
}

/* dns64 asks so for what it makes an answer of. */
static bool is_made_into(const struct query_info *below, const struct query_info *above)
{
    const bool same = query_dname_compare(below->qname, above->qname) == 0;

    if (below->qtype == LDNS_RR_TYPE_PTR)
        return above->qtype == LDNS_RR_TYPE_PTR && !same;
    return below->qtype == LDNS_RR_TYPE_A && above->qtype == LDNS_RR_TYPE_AAAA && same;
}

/* Who waits for a question that is new and has nobody else; NULL: it is none of these. */
static struct mesh_state_ref *only_above(const struct mesh_state *state)
{
    if (state->reply_list || state->cb_list || state->super_set.count != 1 ||
        state->sub_set.count > 0 || state->unique)
        return NULL;
    return (struct mesh_state_ref *)rbtree_first((rbtree_type *)&state->super_set);
}

/* Being unique has a part in where it stands in each tree that it is in. */
void tg_apart_question(const struct tg_image *image, struct mesh_state *state)
{
    struct mesh_state_ref *above = only_above(state);
    struct mesh_state_ref below = {.node = {.key = &below}, .s = state};
    struct mesh_area *mesh = state->s.env->mesh;
    rbnode_type *node;

    if (!above || tg_image_group_count(image) == 0 ||
        !is_made_into(&state->s.qinfo, &above->s->s.qinfo))
        return;
    node = rbtree_delete(&above->s->sub_set, &below);
    (void)rbtree_delete(&mesh->all, state);
    mesh_state_make_unique(state);
    (void)rbtree_insert(&mesh->all, &state->node);
    if (node)
        (void)rbtree_insert(&above->s->sub_set, node);
}

/* What the first verdict that blocks replies, of those on an answer's names. */
struct first {
    const struct tg_image *image;
    enum tg_known known;
    enum tg_reply reply;
};

static bool look_at_target(void *arg, const struct tg_aim *aim)
{
    struct first *first = arg;
    struct tg_verdict verdict;

    tg_judge(first->image, aim, first->known, &verdict);
    first->reply = verdict.reply;
    return verdict.reply == TG_REPLY_PASS && !tg_chain_ends(aim, &verdict);
}

/* What a client is to be told, if this is what is known of each twin. */
static enum tg_reply reply_to(const struct tg_image *image, const struct module_qstate *qstate,
    const struct comm_reply *client, enum tg_known known)
{
    const struct reply_info *reply = qstate->return_msg ? qstate->return_msg->rep : NULL;
    struct first first = {.image = image, .known = known};
    struct tg_verdict verdict;
    struct tg_asked asked;

    tg_asked_make(image, &qstate->qinfo, client, *qstate->env->now, &asked);
    tg_decide_known(image, &asked.question, known, &verdict);
    first.reply = verdict.reply;
    if (reply && tg_inspects(image, &verdict))
        (void)tg_targets_all(&asked.question, reply, look_at_target, &first);
    return first.reply;
}

/* What one client is told, whatever is known of the twins; and that others are. */
struct told {
    const struct comm_reply *one;
    enum tg_reply found, missing;
};

static bool are_told_alike(const struct tg_image *image, const struct module_qstate *qstate,
    const struct mesh_reply *list, const struct told *told)
{
    for (const struct mesh_reply *r = list; r; r = r->next)
        if (&r->query_reply != told->one &&
            (reply_to(image, qstate, &r->query_reply, TG_KNOWN_FOUND) != told->found ||
                reply_to(image, qstate, &r->query_reply, TG_KNOWN_NOT) != told->missing))
            return false;
    return true;
}

/* Nearly always there is one client, or none. */
static bool may_be_more(const struct mesh_state *state, const struct mesh_state_ref *above)
{
    const struct mesh_reply *list = state->reply_list ? state->reply_list : above->s->reply_list;

    return (list && list->next) || state->super_set.count > (state->reply_list ? 0 : 1);
}

bool tg_apart_alike(const struct tg_image *image, const struct module_qstate *qstate)
{
    const struct mesh_state *state = qstate->mesh_info;
    const struct comm_reply *one = tg_client_of(state);
    rbtree_type *supers = (rbtree_type *)&state->super_set;
    const struct mesh_state_ref *above = (const struct mesh_state_ref *)rbtree_first(supers);
    struct told told = {.one = one};

    if (!one || tg_image_group_count(image) == 0 || !may_be_more(state, above))
        return true;
    told.found = reply_to(image, qstate, one, TG_KNOWN_FOUND);
    told.missing = reply_to(image, qstate, one, TG_KNOWN_NOT);
    if (!are_told_alike(image, qstate, state->reply_list, &told))
        return false;
    RBTREE_FOR (above, const struct mesh_state_ref *, supers)
        if (!are_told_alike(image, qstate, above->s->reply_list, &told))
            return false;
    return true;
}

void tg_apart_fail(struct module_qstate *qstate)
{
    qstate->return_msg = NULL;
    qstate->return_rcode = LDNS_RCODE_SERVFAIL;
}
