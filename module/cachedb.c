/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Between Unbound's module cachedb and its database. What cachedb finds there it puts into
 * Unbound's cache, where other clients see it before we do, and what has expired it gives to
 * clients at once. So what must come by us is, for cachedb, not in the database, and never gets
 * there.
 *
 * The database hangs off what cachedb keeps for itself, to which each worker has a pointer of its
 * own, in its copy of the module_env. Ours takes its place there; deinit sees the original.
 */
#include <pthread.h>
#include <stdlib.h>

#include "module/path.h"

#ifdef USE_CACHEDB

/* Times behind each message: when it was stored, when it expires. */
#define TIMES_LEN (2 * sizeof(uint64_t))

struct tg_cachedb {
    struct cachedb_env env; /* what cachedb sees; first, for cachedb hands it back to us */
    struct cachedb_backend backend;
    struct cachedb_env *real; /* NULL: no worker has come yet; written under the mutex */
    const struct tg_guard *guard;
    int id; /* of cachedb */
    pthread_mutex_t mutex;
};

/* The message of a buffer without the times; NULL when it is none, which cachedb finds out too. */
static struct dns_msg *read_message(struct module_env *env, struct sldns_buffer *buffer, bool *oom)
{
    struct msg_parse *parse;
    struct edns_data edns = {0};

    regional_free_all(env->scratch);
    parse = regional_alloc_zero(env->scratch, sizeof(*parse));
    *oom = !parse;
    if (!parse || parse_packet(buffer, parse, env->scratch) != LDNS_RCODE_NOERROR ||
        parse_extract_edns_from_response_msg(parse, &edns, env->scratch) != LDNS_RCODE_NOERROR)
        return NULL;
    return dns_alloc_msg(buffer, parse, env->scratch);
}

/* Whether what is in the buffer must not be given past us. Leaves the buffer as cachedb wants it.
 */
static bool keeps_out(
    const struct tg_guard *guard, struct module_env *env, struct sldns_buffer *buffer)
{
    const size_t limit = sldns_buffer_limit(buffer);
    const struct tg_stay stay = tg_active_enter(guard->active);
    const struct dns_msg *msg;
    bool out = false;

    if (stay.image && limit > LDNS_HEADER_SIZE + TIMES_LEN) {
        sldns_buffer_rewind(buffer);
        sldns_buffer_set_limit(buffer, limit - TIMES_LEN);
        msg = read_message(env, buffer, &out);
        if (msg)
            out = tg_keeps_out(guard, stay.image, &msg->qinfo, msg->rep, false, *env->now);
        sldns_buffer_rewind(buffer);
        sldns_buffer_set_limit(buffer, limit);
    }
    tg_active_leave(stay);
    return out;
}

static int look_up(
    struct module_env *env, struct cachedb_env *cachedb, char *key, struct sldns_buffer *buffer)
{
    const struct tg_cachedb *between = (const struct tg_cachedb *)cachedb;

    return (*between->real->backend->lookup)(env, between->real, key, buffer) &&
           !keeps_out(between->guard, env, buffer);
}

static void store(struct module_env *env, struct cachedb_env *cachedb, char *key, uint8_t *data,
    size_t len, time_t ttl)
{
    const struct tg_cachedb *between = (const struct tg_cachedb *)cachedb;
    struct sldns_buffer buffer;

    sldns_buffer_init_frm_data(&buffer, data, len);
    if (!keeps_out(between->guard, env, &buffer))
        (*between->real->backend->store)(env, between->real, key, data, len, ttl);
}

bool tg_cachedb_create(struct tg_guard *guard, const struct module_env *env)
{
    const int id = tg_order_place(env, "cachedb");

    if (id < 0)
        return true;
    guard->cachedb = calloc(1, sizeof(*guard->cachedb));
    if (!guard->cachedb || pthread_mutex_init(&guard->cachedb->mutex, NULL) != 0) {
        log_err("tldguard: cannot start: %s", tg_status_text(TG_ENOMEM));
        free(guard->cachedb);
        guard->cachedb = NULL;
        return false;
    }
    guard->cachedb->guard = guard;
    guard->cachedb->id = id;
    return true;
}

void tg_cachedb_destroy(struct tg_guard *guard)
{
    if (!guard->cachedb)
        return;
    (void)pthread_mutex_destroy(&guard->cachedb->mutex);
    free(guard->cachedb);
    guard->cachedb = NULL;
}

static void take(struct tg_cachedb *between, struct cachedb_env *real)
{
    (void)pthread_mutex_lock(&between->mutex);
    if (!between->real) {
        between->env = *real;
        between->backend = *real->backend;
        between->backend.lookup = look_up;
        between->backend.store = store;
        between->env.backend = &between->backend;
        between->real = real;
    }
    (void)pthread_mutex_unlock(&between->mutex);
}

void tg_cachedb_place(const struct tg_guard *guard, struct module_env *env)
{
    struct tg_cachedb *between = guard->cachedb;
    struct cachedb_env *now = between ? env->modinfo[between->id] : NULL;

    if (!now || now == &between->env || !now->enabled)
        return;
    take(between, now);
    env->modinfo[between->id] = &between->env;
}

#else

bool tg_cachedb_create(struct tg_guard *guard, const struct module_env *env)
{
    (void)guard;
    (void)env;
    return true;
}

void tg_cachedb_destroy(struct tg_guard *guard)
{
    (void)guard;
}

void tg_cachedb_place(const struct tg_guard *guard, struct module_env *env)
{
    (void)guard;
    (void)env;
}

#endif
