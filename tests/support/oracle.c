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

/* The TLD's rule, for a name in lower case. */
static void by_tld(const struct tg_policy *policy, const uint8_t *name, size_t len, uint16_t qtype,
    struct tg_verdict *verdict)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct tg_rule *rule = &policy->rules[i];
        size_t at;

        if (rule->kind != TG_KIND_TLD || !ends_in(name, len, rule->owner, &at))
            continue;
        verdict->reason = TG_REASON_TLD;
        verdict->rule = rule;
        verdict->mode = rule->mode;
        verdict->action = rule->action;
        verdict->severity = rule->severity;
        verdict->owner_at = at;
        reply(policy, qtype, verdict);
        if (at + rule->targets[0].len <= TG_DNAME_MAX) {
            verdict->twin_len = at + rule->targets[0].len;
            memcpy(verdict->twin, name, at);
            memcpy(verdict->twin + at, rule->targets[0].wire, rule->targets[0].len);
        }
    }
}

/* The longest allow that matches, and whether one lies below. */
static void by_allow(
    const struct tg_policy *policy, const uint8_t *name, size_t len, struct tg_verdict *verdict)
{
    const struct tg_rule *best = NULL;
    size_t best_at = 0;
    bool below = false;

    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct tg_rule *rule = &policy->rules[i];
        size_t at;

        if (rule->kind != TG_KIND_ALLOW)
            continue;
        if (ends_in(name, len, rule->owner, &at) && (at == 0 || !rule->exact) &&
            (best == NULL || rule->owner.len > best->owner.len)) {
            best = rule;
            best_at = at;
        }
        below |=
            ends_in(rule->owner.wire, rule->owner.len, (struct tg_name){name, len}, &at) && at > 0;
    }
    if (best != NULL) {
        memset(verdict, 0, sizeof(*verdict));
        verdict->reason = TG_REASON_ALLOW;
        verdict->rule = best;
        verdict->owner_at = best_at;
    } else if (below && verdict->reply == TG_REPLY_NXDOMAIN) {
        verdict->reply = TG_REPLY_NODATA;
        verdict->partial = true;
    }
}

void oracle_decide(
    const struct tg_policy *policy, const struct tg_question *question, struct tg_verdict *verdict)
{
    size_t len = question->qname.len;
    uint8_t name[TG_DNAME_MAX];

    memset(verdict, 0, sizeof(*verdict));
    if (question->qclass != TG_CLASS_IN && question->qclass != TG_CLASS_ANY) {
        verdict->reason = TG_REASON_CLASS;
        return;
    }
    for (size_t i = 0; i < len; i++)
        name[i] = (uint8_t)(question->qname.wire[i] >= 'A' && question->qname.wire[i] <= 'Z'
                                ? question->qname.wire[i] + ('a' - 'A')
                                : question->qname.wire[i]);
    by_tld(policy, name, len, question->qtype, verdict);
    if (verdict->rule != NULL)
        by_allow(policy, name, len, verdict);
}
