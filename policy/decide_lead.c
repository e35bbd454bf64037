/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Names that an answer leads to, and what follows for the name that was asked. */
#include <stddef.h>
#include <string.h>

#include "tldguard/decide.h"

/* What the target is asked for by those who follow. */
static uint16_t type_after(enum tg_lead lead, uint16_t asked)
{
    switch (lead) {
    case TG_LEAD_CNAME:
        return asked;
    case TG_LEAD_MX:
        return TG_TYPE_MX;
    case TG_LEAD_SRV:
    case TG_LEAD_NS:
    case TG_LEAD_SVCB:
        break;
    }
    return TG_TYPE_A;
}

/* The rule's reply is about the target; this one is about the name that was asked. */
static enum tg_reply reply_after(enum tg_lead lead, enum tg_reply reply)
{
    if (reply == TG_REPLY_PASS || reply == TG_REPLY_REFUSED)
        return reply;
    switch (lead) {
    case TG_LEAD_CNAME:
        return reply;
    case TG_LEAD_MX:
        return reply == TG_REPLY_SINKHOLE_MX ? reply : TG_REPLY_NULL_MX;
    case TG_LEAD_SRV:
        return TG_REPLY_NULL_SRV;
    case TG_LEAD_NS:
    case TG_LEAD_SVCB:
        break;
    }
    return TG_REPLY_NODATA;
}

/* A CNAME that was asked for leads nowhere (RFC 1034 3.6.2). In an answer to ANY, of what there
 * is, mail alone is followed: to withhold all of it for a name server would say that there is
 * nothing. */
static bool leads_on(enum tg_lead lead, uint16_t asked)
{
    if (asked == TG_TYPE_ANY)
        return lead == TG_LEAD_MX;
    return !(lead == TG_LEAD_CNAME && asked == TG_TYPE_CNAME);
}

void tg_decide_lead(const struct tg_image *image, const struct tg_question *asked,
    enum tg_lead lead, struct tg_name target, enum tg_known known, struct tg_verdict *verdict)
{
    struct tg_question question = *asked;

    question.qname = target;
    question.qtype = type_after(lead, asked->qtype);
    if (leads_on(lead, asked->qtype))
        tg_decide_known(image, &question, known, verdict);
    else
        memset(verdict, 0, offsetof(struct tg_verdict, twin));
    verdict->via = target;
    verdict->reply = reply_after(lead, verdict->reply);
    if (lead != TG_LEAD_CNAME)
        verdict->partial = false;
}

struct tg_name tg_verdict_name(const struct tg_question *question, const struct tg_verdict *verdict)
{
    return verdict->via.len > 0 ? verdict->via : question->qname;
}

bool tg_verdict_twin_domain(const struct tg_verdict *verdict, struct tg_name *out)
{
    size_t at = 0;

    if (verdict->reason != TG_REASON_TLD || verdict->twin_len == 0 || verdict->owner_at == 0)
        return false;
    /* The target starts in the twin where the owner starts in the name. */
    for (size_t next = at; next < verdict->owner_at; next += 1u + verdict->twin[next])
        at = next;
    *out = (struct tg_name){verdict->twin + at, verdict->twin_len - at};
    return true;
}
