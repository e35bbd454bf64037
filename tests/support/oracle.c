/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "oracle.h"

#include <string.h>

/* Is the end of name, from some label on, the owner? *at: where it starts. */
static bool ends_in(const uint8_t *name, size_t len, struct tg_name owner, size_t *at)
{
    for (size_t i = 0;; i += 1u + name[i]) {
        if (len - i == owner.len && memcmp(name + i, owner.wire, owner.len) == 0) {
            *at = i;
            return true;
        }
        if (name[i] == 0)
            return false;
    }
}

static enum tg_reply sinkhole(const struct tg_answer *answer, uint16_t qtype)
{
    bool any = qtype == TG_TYPE_ANY;

    if ((qtype == TG_TYPE_A || any) && answer->a_count > 0)
        return TG_REPLY_SINKHOLE_A;
    if ((qtype == TG_TYPE_AAAA || any) && answer->aaaa_count > 0)
        return TG_REPLY_SINKHOLE_AAAA;
    if (qtype == TG_TYPE_MX)
        return answer->mx.len > 0 ? TG_REPLY_SINKHOLE_MX : TG_REPLY_NULL_MX;
    return TG_REPLY_NODATA;
}

static void reply(const struct tg_policy *policy, uint16_t qtype, struct tg_verdict *verdict)
{
    static const enum tg_reply blocked[] = {
        TG_REPLY_NXDOMAIN, TG_REPLY_NODATA, TG_REPLY_REFUSED, TG_REPLY_PASS};
    bool mail = qtype == TG_TYPE_MX || qtype == TG_TYPE_ANY;

    verdict->report = verdict->mode == TG_MODE_MONITOR || verdict->mode == TG_MODE_BLOCK ||
                      (verdict->mode == TG_MODE_MAIL_ONLY && mail);
    if (verdict->mode == TG_MODE_MAIL_ONLY && mail)
        verdict->reply = TG_REPLY_NULL_MX;
    if (verdict->mode != TG_MODE_BLOCK)
        return;
    verdict->reply = verdict->action == TG_ACTION_SINKHOLE ? sinkhole(&policy->answer, qtype)
                                                           : blocked[verdict->action];
}

/* One question on its way: the name in lower case. */
struct query {
    const struct tg_policy *policy;
    const struct tg_question *question;
    uint8_t name[TG_DNAME_MAX];
    size_t len;
};

/* The best entry of a kind for a name: the longest that matches. */
static const struct tg_entry *find(const struct tg_policy *policy, enum tg_kind kind,
    uint32_t today, const uint8_t *name, size_t len, size_t *at)
{
    const struct tg_entry *best = NULL;

    for (size_t i = 0; i < policy->name_count; i++) {
        const struct tg_entry *entry = &policy->names[i];
        const struct tg_rule *rule = &policy->rules[entry->rule];
        size_t from;

        if (rule->kind != kind || (rule->until != 0 && today != 0 && today > rule->until))
            continue;
        if (!ends_in(name, len, entry->name, &from) || (entry->exact && from > 0))
            continue;
        if (best == NULL || entry->name.len > best->name.len) {
            best = entry;
            *at = from;
        }
    }
    return best;
}

/* Is a name, or does it lie above, another? */
static bool is_above(const struct query *query, struct tg_name below)
{
    size_t at;

    return ends_in(below.wire, below.len, (struct tg_name){query->name, query->len}, &at) && at > 0;
}

static bool leaves_alone_below(const struct query *query, bool direct)
{
    const struct tg_policy *policy = query->policy;

    for (size_t i = 0; i < policy->name_count; i++) {
        enum tg_kind kind = policy->rules[policy->names[i].rule].kind;

        if ((kind == TG_KIND_ALLOW || kind == TG_KIND_PROTECT) &&
            is_above(query, policy->names[i].name))
            return true;
    }
    for (size_t i = 0; direct && i < policy->suffix_count; i++) {
        const struct tg_suffix *suffix = &policy->suffixes[i];
        size_t at;

        if (!suffix->exception && is_above(query, suffix->name))
            return true;
        if (suffix->wildcard && ends_in(query->name, query->len, suffix->name, &at) && at == 0)
            return true;
    }
    return false;
}

/* Is this very name a public suffix? */
static bool is_suffix(const struct tg_policy *policy, const uint8_t *name, size_t len)
{
    bool suffix = false;

    if (len == 1 || name[1 + name[0]] == 0)
        return false; /* the TLD */
    for (size_t i = 0; i < policy->suffix_count; i++) {
        const struct tg_suffix *one = &policy->suffixes[i];
        size_t at;

        if (!ends_in(name, len, one->name, &at))
            continue;
        if (one->exception && at == 0)
            return false;
        suffix |= one->wildcard ? at > 0 && at == 1u + name[0] : at == 0 && !one->exception;
    }
    return suffix;
}

/* An exception says only that the wildcard does not hold. */
static bool is_plain_suffix(const struct tg_policy *policy, const uint8_t *name, size_t len)
{
    for (size_t i = 0; i < policy->suffix_count; i++)
        if (!policy->suffixes[i].wildcard && !policy->suffixes[i].exception &&
            tg_dname_equal(policy->suffixes[i].name, (struct tg_name){name, len}))
            return name[1 + name[0]] != 0;
    return false;
}

static bool below_suffix(const struct query *query, size_t *at)
{
    for (*at = 0; query->name[*at] != 0; *at += 1u + query->name[*at])
        if (is_suffix(query->policy, query->name + *at, query->len - *at) ||
            is_plain_suffix(query->policy, query->name + *at, query->len - *at))
            return true;
    return false;
}

static size_t join(const struct query *query, size_t at, struct tg_name target, uint8_t *out)
{
    if (at + target.len > TG_DNAME_MAX)
        return 0;
    memcpy(out, query->name, at);
    memcpy(out + at, target.wire, target.len);
    return at + target.len;
}

/* The twin under the first target; or the first that is protected. */
static bool twin(const struct query *query, const struct tg_rule *rule, struct tg_verdict *verdict)
{
    for (size_t i = 0; i < rule->target_count; i++) {
        size_t at;

        verdict->twin_len = join(query, verdict->owner_at, rule->targets[i], verdict->twin);
        if (verdict->twin_len > 0 &&
            find(query->policy, TG_KIND_PROTECT, 0, verdict->twin, verdict->twin_len, &at) != NULL)
            return true;
    }
    if (rule->target_count > 0)
        verdict->twin_len = join(query, verdict->owner_at, rule->targets[0], verdict->twin);
    return false;
}

static bool holds(const struct tg_subnet *subnet, const struct tg_address *address)
{
    for (size_t bit = 0; bit < subnet->length; bit++)
        if (((subnet->prefix.octets[bit / 8] ^ address->octets[bit / 8]) & 0x80u >> bit % 8) != 0)
            return false;
    return true;
}

const struct tg_group *oracle_group(const struct tg_policy *policy, const struct tg_address *client)
{
    const struct tg_subnet *best = NULL;

    for (size_t i = 0; client != NULL && i < policy->subnet_count; i++)
        if (holds(&policy->subnets[i], client) &&
            (best == NULL || policy->subnets[i].length > best->length))
            best = &policy->subnets[i];
    return best == NULL ? NULL : &policy->groups[best->group];
}

static void override(const struct query *query, struct tg_verdict *verdict)
{
    const struct tg_group *group = oracle_group(query->policy, query->question->client);
    size_t at;

    for (size_t i = 0; group != NULL && i < group->override_count; i++)
        if (group->overrides[i].tld.len == 0 ||
            ends_in(query->name, query->len, group->overrides[i].tld, &at)) {
            verdict->group = group;
            verdict->mode = group->overrides[i].mode;
            return;
        }
}

static void answer(const struct query *query, bool direct, struct tg_verdict *verdict)
{
    verdict->action = verdict->rule->action;
    verdict->severity = verdict->rule->severity;
    override(query, verdict);
    reply(query->policy, query->question->qtype, verdict);
    if (verdict->reply == TG_REPLY_PASS || !leaves_alone_below(query, direct))
        return;
    if (query->question->qtype == 43 || query->question->qtype == 48) { /* DS, DNSKEY */
        verdict->reply = TG_REPLY_PASS;
        verdict->report = false;
        verdict->partial = true;
    } else if (verdict->reply == TG_REPLY_NXDOMAIN) {
        verdict->reply = TG_REPLY_NODATA;
        verdict->partial = true;
    }
}

/* An entry of this kind speaks of the name: says so. */
static bool by_entry(
    const struct query *query, enum tg_kind kind, enum tg_reason reason, struct tg_verdict *verdict)
{
    size_t at = 0;
    const struct tg_entry *entry =
        find(query->policy, kind, query->question->today, query->name, query->len, &at);

    if (entry == NULL)
        return false;
    verdict->reason = reason;
    verdict->rule = &query->policy->rules[entry->rule];
    verdict->owner_at = at;
    return true;
}

static void by_tld(const struct query *query, enum tg_known asked, struct tg_verdict *verdict)
{
    const struct tg_rule *rule = NULL;
    size_t at = 0;

    for (size_t i = 0; i < query->policy->rule_count; i++)
        if (query->policy->rules[i].kind == TG_KIND_TLD &&
            ends_in(query->name, query->len, query->policy->rules[i].owner, &at)) {
            rule = &query->policy->rules[i];
            break;
        }
    if (rule == NULL)
        return;
    verdict->rule = rule;
    verdict->owner_at = at;
    if (rule->match == TG_MATCH_DIRECT && below_suffix(query, &at)) {
        verdict->reason = TG_REASON_SUFFIX;
        verdict->owner_at = at;
        return;
    }
    verdict->reason = TG_REASON_TLD;
    if (twin(query, rule, verdict))
        verdict->known = rule->twin == TG_TWIN_NONE ? TG_KNOWN_NOT_ASKED : TG_KNOWN_LISTED;
    else if (rule->twin == TG_TWIN_LIST)
        verdict->known = TG_KNOWN_NOT;
    else if (rule->twin == TG_TWIN_DNS)
        verdict->known = asked;
    verdict->mode = rule->mode;
    if (verdict->known != TG_KNOWN_NOT_ASKED && verdict->known != TG_KNOWN_LISTED &&
        verdict->known != TG_KNOWN_FOUND)
        verdict->mode = rule->otherwise;
    answer(query, rule->match == TG_MATCH_DIRECT, verdict);
}

void oracle_decide(const struct tg_policy *policy, const struct tg_question *question,
    enum tg_known asked, struct tg_verdict *verdict)
{
    struct query query = {.policy = policy, .question = question, .len = question->qname.len};

    memset(verdict, 0, sizeof(*verdict));
    if (question->qclass != TG_CLASS_IN && question->qclass != TG_CLASS_ANY) {
        verdict->reason = TG_REASON_CLASS;
        return;
    }
    for (size_t i = 0; i < query.len; i++)
        query.name[i] = (uint8_t)(question->qname.wire[i] >= 'A' && question->qname.wire[i] <= 'Z'
                                      ? question->qname.wire[i] + ('a' - 'A')
                                      : question->qname.wire[i]);
    if (by_entry(&query, TG_KIND_ALLOW, TG_REASON_ALLOW, verdict) ||
        by_entry(&query, TG_KIND_PROTECT, TG_REASON_PROTECT, verdict))
        return;
    if (!by_entry(&query, TG_KIND_BLOCK, TG_REASON_BLOCK, verdict)) {
        by_tld(&query, asked, verdict);
        return;
    }
    verdict->mode = verdict->rule->mode;
    (void)twin(&query, verdict->rule, verdict);
    answer(&query, false, verdict);
}

/* The header's table, row by row. */
void oracle_decide_lead(const struct tg_policy *policy, const struct tg_question *asked,
    enum tg_lead lead, struct tg_name target, enum tg_known known, struct tg_verdict *verdict)
{
    struct tg_question question = *asked;
    bool alias = lead == TG_LEAD_CNAME;

    question.qname = target;
    if (!alias)
        question.qtype = lead == TG_LEAD_MX ? 15 : 1;
    oracle_decide(policy, &question, known, verdict);
    if ((alias && asked->qtype == 5) || (asked->qtype == 255 && lead != TG_LEAD_MX))
        memset(verdict, 0, sizeof(*verdict));
    verdict->via = target;
    verdict->partial = verdict->partial && alias;
    if (alias || verdict->reply == TG_REPLY_PASS || verdict->reply == TG_REPLY_REFUSED)
        return;
    if (lead == TG_LEAD_SRV)
        verdict->reply = TG_REPLY_NULL_SRV;
    else if (lead != TG_LEAD_MX)
        verdict->reply = TG_REPLY_NODATA;
    else if (verdict->mode == TG_MODE_BLOCK && verdict->action == TG_ACTION_SINKHOLE &&
             policy->answer.mx.len > 0)
        verdict->reply = TG_REPLY_SINKHOLE_MX;
    else
        verdict->reply = TG_REPLY_NULL_MX;
}
