/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The six entry points of a dynlib module, and nothing else. Unbound looks
 * them up by name with dlsym(); nobody here may call them by name, as the
 * daemon exports names of its own.
 */
#include "module/path.h"

#define DAY       86400 /* seconds: Unbound's own longest TTL */
#define TG_EXPORT __attribute__((visibility("default")))

TG_EXPORT int init(struct module_env *env, int id);
TG_EXPORT void deinit(struct module_env *env, int id);
TG_EXPORT void operate(
    struct module_qstate *qstate, enum module_ev event, int id, struct outbound_entry *entry);
TG_EXPORT void inform_super(struct module_qstate *qstate, int id, struct module_qstate *super);
TG_EXPORT void clear(struct module_qstate *qstate, int id);
TG_EXPORT size_t get_mem(struct module_env *env, int id);

static struct dynlibmod_env *dynlib_env(struct module_env *env, int id)
{
    return env->modinfo[id];
}

static const enum inplace_cb_list_type answered[] = {
    inplace_cb_reply, inplace_cb_reply_cache, inplace_cb_reply_servfail};
#define ANSWERED (sizeof(answered) / sizeof(answered[0]))

/* What Unbound's callback lists hold must be gone before our code is: they outlive a reload. */
static void unregister(struct module_env *env, int id)
{
    dynlib_env(env, id)->inplace_cb_delete_wrapped(env, inplace_cb_query_response, id);
    for (size_t i = 0; i < ANSWERED; i++)
        dynlib_env(env, id)->inplace_cb_delete_wrapped(env, answered[i], id);
}

static bool hook(struct module_env *env, int id, struct tg_guard *guard,
    enum inplace_cb_list_type type, void *callback)
{
    return dynlib_env(env, id)->inplace_cb_register_wrapped(callback, type, guard, env, id) != 0;
}

/* A callback costs every answer; only policies that watch need it. But behind another module
 * somebody may join what was blocked before it is answered. */
static bool is_needed(const struct tg_guard *guard, int id, enum inplace_cb_list_type type)
{
    return guard->told || (id > 0 && type != inplace_cb_reply_cache);
}

static bool register_all(
    struct module_env *env, int id, struct tg_guard *guard, const struct tg_image *image)
{
    bool ok = hook(env, id, guard, inplace_cb_query_response, (void *)&tg_operate_received);

    guard->told = image && tg_image_monitors(image);
    for (size_t i = 0; ok && i < ANSWERED; i++)
        ok = !is_needed(guard, id, answered[i]) ||
             hook(env, id, guard, answered[i], (void *)&tg_operate_answered);
    if (!ok) {
        log_err("tldguard: cannot register with Unbound: out of memory");
        unregister(env, id);
    }
    return ok;
}

/* reload_keep_cache: what the cache holds may be blocked by now, and would not come by us. */
static bool purge(struct module_env *env, struct tg_guard *guard, const struct tg_image *image)
{
    size_t removed = 0;

    if (image && tg_walk_at_start(guard, image, env->msg_cache, &removed) != TG_WALK_DONE) {
        log_err("tldguard: cannot look through the cache: out of memory");
        return false;
    }
    tg_stats_add(guard->stats, TG_COUNT_CACHE_REMOVED, removed);
    if (removed > 0)
        log_info(
            "tldguard: %zu answers that the policy does not allow removed from the cache", removed);
    return true;
}

/* A cache that was kept holds aliases that were never noted, for as long as it may. */
static void admit(const struct module_env *env, const struct tg_guard *guard)
{
    const int longest = env->cfg->max_ttl > DAY ? env->cfg->max_ttl : DAY;

    if (env->rrset_cache && count_slabhash_entries(&env->rrset_cache->table) > 0)
        tg_aliases_unknown(guard->aliases, (uint32_t)(time(NULL) + longest));
}

/* No thread of ours runs yet, nor one of Unbound's. */
static bool begin(struct module_env *env, int id, struct tg_guard *guard)
{
    struct tg_stay stay;
    bool ok;

    if (guard->passive)
        return true;
    admit(env, guard);
    stay = tg_active_enter(guard->active);
    ok = register_all(env, id, guard, stay.image) && purge(env, guard, stay.image) &&
         tg_cachedb_create(guard, env);
    /* Workers copy the env behind us. Later on each keeps its own as the policy wants it. */
    if (ok && stay.image && tg_image_group_count(stay.image) > 0 && env->unique_mesh == 0)
        env->unique_mesh = TG_UNIQUE_OURS;
    tg_active_leave(stay);
    if (ok)
        tg_guard_watch(guard);
    return ok;
}

static void end(struct module_env *env, int id, struct tg_guard *guard)
{
    unregister(env, id);
    if (env->unique_mesh == TG_UNIQUE_OURS)
        env->unique_mesh = 0;
    if (guard)
        tg_cachedb_destroy(guard);
    tg_guard_destroy(&guard);
}

int init(struct module_env *env, int id)
{
    struct tg_guard *guard = NULL;

    if (!tg_abi_same_build())
        return 0;
    if (dynlib_env(env, id)->func_init != &init) {
        log_err("tldguard: refusing to start: the layout of this Unbound is not the one of its "
                "headers; rebuild tldguard against the source of the installed package");
        return 0;
    }
    if (!tg_order_alone(env, id) || !tg_order_check(env, id) || !tg_guard_create(&guard))
        return 0;
    if (!begin(env, id, guard)) {
        end(env, id, guard);
        return 0;
    }
    dynlib_env(env, id)->dyn_env = guard;
    return 1;
}

void deinit(struct module_env *env, int id)
{
    end(env, id, dynlib_env(env, id)->dyn_env);
    dynlib_env(env, id)->dyn_env = NULL;
}

/* Nothing of a question may be touched before its layout was found right. */
static bool is_known(const struct tg_guard *guard)
{
    return guard && tg_canary_sang(guard);
}

/* What a question has of ours; NULL: nothing, or it is the sentinel. */
static struct tg_query *query_of(const struct tg_guard *guard, struct module_qstate *qstate, int id)
{
    return is_known(guard) && !tg_walker_is_sentinel(&guard->walker, qstate, id)
               ? tg_query_if(qstate, id)
               : NULL;
}

void operate(
    struct module_qstate *qstate, enum module_ev event, int id, struct outbound_entry *entry)
{
    struct tg_guard *guard = dynlib_env(qstate->env, id)->dyn_env;
    struct tg_query *query = query_of(guard, qstate, id);

    (void)entry;
    if (query && !tg_twin_go_on(guard, qstate, query)) {
        qstate->ext_state[id] = module_wait_subquery;
        return;
    }
    switch (event) {
    case module_event_new:
    case module_event_pass: /* behind dns64 a question arrives as PASS; so it does after a wait */
        if (query && query->resolved)
            tg_operate_resolved(guard, qstate, id);
        else
            tg_operate_question(guard, qstate, id);
        break;
    case module_event_moddone:
        tg_operate_resolved(guard, qstate, id);
        break;
    default:
        qstate->ext_state[id] = module_error;
        break;
    }
}

void inform_super(struct module_qstate *qstate, int id, struct module_qstate *super)
{
    struct tg_guard *guard = dynlib_env(super->env, id)->dyn_env;
    struct tg_query *query = query_of(guard, super, id);

    if (query)
        tg_twin_told(guard, qstate, query);
}

void clear(struct module_qstate *qstate, int id)
{
    struct tg_guard *guard = dynlib_env(qstate->env, id)->dyn_env;
    struct tg_query *query = query_of(guard, qstate, id);

    if (query)
        tg_twin_done(guard, query);
    else if (is_known(guard) && tg_walker_is_sentinel(&guard->walker, qstate, id))
        tg_walker_dismiss(&guard->walker);
    if (is_known(guard))
        qstate->minfo[id] = NULL;
}

size_t get_mem(struct module_env *env, int id)
{
    return tg_guard_memory(dynlib_env(env, id)->dyn_env);
}
