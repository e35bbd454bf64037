/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The names that an answer leads to. */
#include "module/path.h"

/* Where in its rdata the name is that an RR leads to. */
struct place {
    enum tg_lead lead;
    size_t skip;
};

/* Called for each RRset of each answer. Returns false for a type that leads nowhere. */
static bool find_place(uint16_t type, struct place *place)
{
    switch (type) {
    case LDNS_RR_TYPE_CNAME:
        *place = (struct place){TG_LEAD_CNAME, 0};
        return true;
    case LDNS_RR_TYPE_MX: /* preference (RFC 1035 3.3.9) */
        *place = (struct place){TG_LEAD_MX, 2};
        return true;
    case LDNS_RR_TYPE_SRV: /* priority, weight, port (RFC 2782) */
        *place = (struct place){TG_LEAD_SRV, 6};
        return true;
    case LDNS_RR_TYPE_NS:
        *place = (struct place){TG_LEAD_NS, 0};
        return true;
    case LDNS_RR_TYPE_SVCB: /* priority (RFC 9460 2.2) */
    case LDNS_RR_TYPE_HTTPS:
        *place = (struct place){TG_LEAD_SVCB, 2};
        return true;
    default:
        return false;
    }
}

#define RDLENGTH 2 /* octets in front of each rdata */

/* The root stands for none: a null MX, a service that is not there, an alias of HTTPS
 * that is the owner itself. */
static bool get_target(
    const struct packed_rrset_data *data, size_t i, size_t skip, struct tg_name *name)
{
    const size_t at = RDLENGTH + skip;
    size_t len;

    if (data->rr_len[i] <= at ||
        tg_dname_check(data->rr_data[i] + at, data->rr_len[i] - at, &len) != TG_OK || len == 1)
        return false;
    *name = (struct tg_name){data->rr_data[i] + at, len};
    return true;
}

bool tg_targets_each(const struct tg_question *question, const struct ub_packed_rrset_key *rrset,
    tg_target_fn each, void *arg)
{
    const struct packed_rrset_data *data = rrset->entry.data;
    struct tg_aim aim = {.question = question};
    struct place place;

    if (!find_place(ntohs(rrset->rk.type), &place))
        return true;
    aim.lead = place.lead;
    for (size_t i = 0; i < data->count; i++)
        if (get_target(data, i, place.skip, &aim.target) && !each(arg, &aim))
            return false;
    return true;
}

bool tg_targets_any(const struct reply_info *reply)
{
    struct place place;

    for (size_t i = 0; i < reply->an_numrrsets; i++)
        if (find_place(ntohs(reply->rrsets[i]->rk.type), &place))
            return true;
    return false;
}

bool tg_targets_all(const struct tg_question *question, const struct reply_info *reply,
    tg_target_fn each, void *arg)
{
    for (size_t i = 0; i < reply->an_numrrsets; i++)
        if (!tg_targets_each(question, reply->rrsets[i], each, arg))
            return false;
    return true;
}

bool tg_chain_ends(const struct tg_aim *aim, const struct tg_verdict *verdict)
{
    return aim->lead == TG_LEAD_CNAME && verdict->reason == TG_REASON_ALLOW;
}

bool tg_is_alias(const struct ub_packed_rrset_key *rrset)
{
    const uint16_t type = ntohs(rrset->rk.type);

    return type == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_DNAME;
}

/* An alias that lies in Unbound's cache; its target goes to next. */
static bool cached_target(struct module_env *env, struct tg_name owner, uint16_t type,
    uint16_t qclass, uint8_t next[TG_DNAME_MAX], size_t *len)
{
    struct ub_packed_rrset_key *rrset = rrset_cache_lookup(env->rrset_cache,
        (uint8_t *)(uintptr_t)owner.wire, owner.len, type, qclass, 0, *env->now, 0);
    struct tg_name target = {NULL, 0};

    if (!rrset)
        return false;
    if (get_target(rrset->entry.data, 0, 0, &target)) {
        memcpy(next, target.wire, target.len);
        *len = target.len;
    }
    lock_rw_unlock(&rrset->entry.lock);
    return target.len > 0;
}

/* RFC 6672: the labels below the owner, in front of the target. */
static bool cached_dname(struct module_env *env, struct tg_name name, uint16_t qclass,
    uint8_t next[TG_DNAME_MAX], size_t *len)
{
    uint8_t target[TG_DNAME_MAX];
    uint8_t offsets[TG_LABELS_MAX];
    const size_t labels = tg_dname_labels(name.wire, offsets);
    size_t target_len;

    for (size_t i = 1; i < labels; i++) {
        const size_t at = offsets[i];
        const struct tg_name owner = {name.wire + at, name.len - at};

        if (!cached_target(env, owner, LDNS_RR_TYPE_DNAME, qclass, target, &target_len))
            continue;
        if (at + target_len > TG_DNAME_MAX)
            return false;
        memmove(next, name.wire, at);
        memcpy(next + at, target, target_len);
        *len = at + target_len;
        return true;
    }
    return false;
}

bool tg_alias_cached(const struct tg_guard *guard, struct module_env *env, struct tg_name name,
    uint16_t qclass, uint8_t next[TG_DNAME_MAX], size_t *len)
{
    const uint32_t now = (uint32_t)*env->now;

    return (tg_aliases_may_cname(guard->aliases, name, now) &&
               cached_target(env, name, LDNS_RR_TYPE_CNAME, qclass, next, len)) ||
           (tg_aliases_may_dname(guard->aliases, now) &&
               cached_dname(env, name, qclass, next, len));
}

/* Still relative, the TTL is counted from the second in which it is stored: one more is enough. */
static void note_alias(
    const struct tg_guard *guard, const struct ub_packed_rrset_key *rrset, time_t now)
{
    const struct packed_rrset_data *data = rrset->entry.data;
    const uint32_t until = (uint32_t)(now + data->ttl + 1);

    if (rrset->rk.type == htons(LDNS_RR_TYPE_DNAME))
        tg_aliases_dname(guard->aliases, until);
    else
        tg_aliases_cname(
            guard->aliases, (struct tg_name){rrset->rk.dname, rrset->rk.dname_len}, until);
}

void tg_aliases_of(const struct tg_guard *guard, const struct reply_info *reply, time_t now)
{
    for (size_t i = 0; i < reply->an_numrrsets; i++)
        if (tg_is_alias(reply->rrsets[i]))
            note_alias(guard, reply->rrsets[i], now);
}
