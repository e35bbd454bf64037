/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The only place that includes Unbound's headers. They come from the source
 * tree of the daemon that will load us (--with-unbound-src): their layout
 * depends on its configure options and on its patches.
 */
#ifndef TG_MODULE_UB_H
#define TG_MODULE_UB_H

#include <stdbool.h>

/* clang-format off: config.h decides what the others declare */
#include "config.h"

#include "cachedb/cachedb.h"
#include "dynlibmod/dynlibmod.h"
#include "iterator/iter_utils.h"
#include "services/cache/dns.h"
#include "services/cache/rrset.h"
#include "services/mesh.h"
#include "sldns/rrdef.h"
#include "sldns/sbuffer.h"
#include "util/config_file.h"
#include "util/data/dname.h"
#include "util/data/msgparse.h"
#include "util/data/msgreply.h"
#include "util/data/packed_rrset.h"
#include "util/log.h"
#include "util/module.h"
#include "util/net_help.h"
#include "util/netevent.h"
#include "util/regional.h"
#include "util/storage/slabhash.h"
#include "validator/validator.h"
/* clang-format on */

/*
 * construct_reply_info_base() without what differs between releases:
 * reason_bogus came with 1.18.0, norecttl with 1.22.0. configure tried which
 * one compiles.
 */
static inline struct reply_info *tg_ub_reply(
    struct regional *region, uint16_t flags, time_t ttl, size_t an, size_t ns)
{
#if TG_UB_CRI == 13
    return construct_reply_info_base(region, flags, 1, ttl, PREFETCH_TTL_CALC(ttl), ttl, 0, an, ns,
        0, an + ns, sec_status_insecure, LDNS_EDE_NONE);
#elif TG_UB_CRI == 12
    return construct_reply_info_base(region, flags, 1, ttl, PREFETCH_TTL_CALC(ttl), ttl, an, ns, 0,
        an + ns, sec_status_insecure, LDNS_EDE_NONE);
#else
    return construct_reply_info_base(region, flags, 1, ttl, PREFETCH_TTL_CALC(ttl), ttl, an, ns, 0,
        an + ns, sec_status_insecure);
#endif
}

/*
 * A question of our own beside the one at hand, which does not wait for it: RD, not to be primed,
 * and of a kind that no client's question joins. The argument cinfo came with 1.25.0.
 * *sub is NULL when it was under way already; false: out of memory, or it would wait for itself.
 */
static inline bool tg_ub_add_sub(
    struct module_qstate *qstate, struct query_info *qinfo, struct module_qstate **sub)
{
    struct mesh_state *state;

#if TG_UB_ADD_SUB == 8
    return (*qstate->env->add_sub)(qstate, qinfo, NULL, BIT_RD, 0, 1, sub, &state) != 0;
#else
    return (*qstate->env->add_sub)(qstate, qinfo, BIT_RD, 0, 1, sub, &state) != 0;
#endif
}

/* The same, and the question at hand waits for it; CD, for an answer that cannot be validated
 * is one as well. */
static inline bool tg_ub_attach_sub(struct module_qstate *qstate, struct query_info *qinfo)
{
    struct module_qstate *sub;

#if TG_UB_ADD_SUB == 8
    return (*qstate->env->attach_sub)(qstate, qinfo, NULL, BIT_RD | BIT_CD, 0, 1, &sub) != 0;
#else
    return (*qstate->env->attach_sub)(qstate, qinfo, BIT_RD | BIT_CD, 0, 1, &sub) != 0;
#endif
}

/*
 * Wakes a question that waits, with the event PASS. Unbound calls only functions of its own from
 * a timer; the one taken here came with the answer to CVE-2023-50387, for the validator, and does
 * just that. NULL: this Unbound has none, or memory is out.
 */
static inline struct comm_timer *tg_ub_wake(struct module_qstate *qstate, int ms)
{
#if TG_UB_WAKE
    struct timeval after = {ms / 1000, ms % 1000 * 1000};
    struct comm_timer *timer =
        comm_timer_create(qstate->env->worker_base, &validate_suspend_timer_cb, qstate);

    if (timer)
        comm_timer_set(timer, &after);
    return timer;
#else
    (void)qstate;
    (void)ms;
    return NULL;
#endif
}

#endif
