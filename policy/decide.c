/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/decide.h"

#include <string.h>

#include "image_p.h"

const char *tg_reply_text(enum tg_reply reply)
{
    switch (reply) {
#define CASE(name, value, word) \
    case name:                  \
        return word;
        TG_REPLY_MAP(CASE)
#undef CASE
    }
    return "?";
}

/* What the names in an image say of a question. */
struct names {
    const struct tg_rule *allow; /* that matches it, or NULL */
    size_t allow_at;             /* where the owner of the allow starts in qname */
    bool above_allow;            /* an allowed name lies below qname */
};

/* Looks for qname and its parents, longest first, up to the TLD. */
static void find_names(const struct tg_image *image, struct tg_name qname, size_t depth,
    const uint8_t *offsets, size_t labels, struct names *found)
{
    uint8_t key[1 + TG_DNAME_MAX];
    struct tg_image_name known;

    *found = (struct names){0};
    tg_dname_lower(qname.wire, qname.len, key + 1);
    /* No name with more labels is known: a long qname must not cost more. */
    for (size_t i = labels > depth ? labels - depth : 0; i < labels; i++) {
        size_t at = offsets[i];

        /* The octet before a parent belongs to a label that is done with. */
        if (!tg_image_find_name(image, key + at, qname.len - at, &known))
            continue;
        if (at == 0)
            found->above_allow = known.above_allow;
        if (known.allow != NULL && (at == 0 || !known.allow->exact)) {
            found->allow = known.allow;
            found->allow_at = at;
            return;
        }
    }
}

static enum tg_reply sinkhole(const struct tg_answer *answer, uint16_t qtype)
{
    switch (qtype) {
    case TG_TYPE_A:
        return answer->a_count > 0 ? TG_REPLY_SINKHOLE_A : TG_REPLY_NODATA;
    case TG_TYPE_AAAA:
        return answer->aaaa_count > 0 ? TG_REPLY_SINKHOLE_AAAA : TG_REPLY_NODATA;
    case TG_TYPE_MX:
        return answer->mx.len > 0 ? TG_REPLY_SINKHOLE_MX : TG_REPLY_NULL_MX;
    case TG_TYPE_ANY:
        return answer->a_count > 0 ? TG_REPLY_SINKHOLE_A : sinkhole(answer, TG_TYPE_AAAA);
    default:
        return TG_REPLY_NODATA;
    }
}

static enum tg_reply block(const struct tg_answer *answer, enum tg_action action, uint16_t qtype)
{
    switch (action) {
    case TG_ACTION_NXDOMAIN:
        return TG_REPLY_NXDOMAIN;
    case TG_ACTION_NODATA:
        return TG_REPLY_NODATA;
    case TG_ACTION_REFUSED:
        return TG_REPLY_REFUSED;
    case TG_ACTION_SINKHOLE:
        return sinkhole(answer, qtype);
    }
    return TG_REPLY_NXDOMAIN;
}

/* Fills in how the rule's mode answers this type. */
static void answer_by_mode(const struct tg_image *image, uint16_t qtype, struct tg_verdict *verdict)
{
    switch (verdict->mode) {
    case TG_MODE_OFF:
        break;
    case TG_MODE_MONITOR:
        verdict->report = true;
        break;
    case TG_MODE_MAIL_ONLY:
        if (qtype == TG_TYPE_MX || qtype == TG_TYPE_ANY) {
            verdict->reply = TG_REPLY_NULL_MX;
            verdict->report = true;
        }
        break;
    case TG_MODE_BLOCK:
        verdict->reply = block(&image->answer, verdict->action, qtype);
        verdict->report = true;
        break;
    }
}

/* The same name under the first target, which is the likeliest. */
static void make_twin(struct tg_name qname, struct tg_verdict *verdict)
{
    struct tg_name target = verdict->rule->targets[0];

    if (verdict->owner_at + target.len > TG_DNAME_MAX)
        return;
    tg_dname_lower(qname.wire, verdict->owner_at, verdict->twin);
    memcpy(verdict->twin + verdict->owner_at, target.wire, target.len);
    verdict->twin_len = verdict->owner_at + target.len;
}

static void apply_tld(const struct tg_image *image, const struct tg_rule *rule,
    const struct tg_question *question, struct tg_verdict *verdict)
{
    verdict->reason = TG_REASON_TLD;
    verdict->rule = rule;
    verdict->mode = rule->mode;
    verdict->action = rule->action;
    verdict->severity = rule->severity;
    answer_by_mode(image, question->qtype, verdict);
    make_twin(question->qname, verdict);
}

/* Everything but the twin, whose octets nobody may read before twin_len. */
static void clear(struct tg_verdict *verdict)
{
    memset(verdict, 0, offsetof(struct tg_verdict, twin));
}

void tg_decide(
    const struct tg_image *image, const struct tg_question *question, struct tg_verdict *verdict)
{
    struct tg_name qname = question->qname;
    struct names names = {0};
    const struct tg_tld *tld;
    size_t last;

    clear(verdict);
    if (question->qclass != TG_CLASS_IN && question->qclass != TG_CLASS_ANY) {
        verdict->reason = TG_REASON_CLASS;
        return;
    }
    last = tg_dname_last_label(qname.wire);
    tld = tg_image_find_tld(image, qname.wire + last);
    if (tld == NULL)
        return;
    if (tld->depth > 0) {
        uint8_t offsets[TG_LABELS_MAX];
        size_t labels = tg_dname_labels(qname.wire, offsets);

        find_names(image, qname, tld->depth, offsets, labels, &names);
    }
    if (names.allow != NULL) {
        verdict->reason = TG_REASON_ALLOW;
        verdict->rule = names.allow;
        verdict->owner_at = names.allow_at;
        return;
    }
    verdict->owner_at = last;
    apply_tld(image, &image->rules[tld->rule], question, verdict);
    /* RFC 8020: NXDOMAIN would deny the allowed name below as well. */
    if (verdict->reply == TG_REPLY_NXDOMAIN && names.above_allow) {
        verdict->reply = TG_REPLY_NODATA;
        verdict->partial = true;
    }
}
