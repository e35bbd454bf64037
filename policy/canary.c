/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/canary.h"

#include <stdio.h>

#include "tldguard/rrtype.h"

#define WHY_MAX (TG_DNAME_TEXT_MAX + TG_TEXT_MAX + 200)

static struct tg_question question_of(const struct tg_canary *canary, uint32_t today)
{
    static const struct tg_address host = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}};

    return (struct tg_question){.qname = canary->qname,
        .qtype = canary->qtype,
        .qclass = TG_CLASS_IN,
        .client = &host,
        .today = today};
}

enum tg_fit tg_canary_judge(const struct tg_image *image, const struct tg_canary *canary,
    uint32_t today, struct tg_verdict *verdict)
{
    const struct tg_question question = question_of(canary, today);
    struct tg_verdict found;
    bool blocks;

    tg_decide(image, &question, verdict);
    blocks = verdict->reply != TG_REPLY_PASS;
    if (verdict->known == TG_KNOWN_ASK) {
        /* Where both ways end alike it does not matter what the look-up tells. */
        tg_decide_known(image, &question, TG_KNOWN_FOUND, &found);
        if ((found.reply != TG_REPLY_PASS) != blocks)
            return TG_FIT_OPEN;
    }
    return blocks == (canary->expect == TG_EXPECT_BLOCK) ? TG_FIT_MEETS : TG_FIT_DENIES;
}

/* Which rule it is, and what it says: "rule 'ml', mode mail-only". */
static void why_text(
    const struct tg_canary *canary, const struct tg_verdict *verdict, char text[WHY_MAX])
{
    const size_t at = verdict->owner_at;
    char owner[TG_DNAME_TEXT_MAX];

    tg_dname_to_text(canary->qname.wire + at, canary->qname.len - at, owner);
    switch (verdict->reason) {
    case TG_REASON_NONE:
    case TG_REASON_CLASS:
        snprintf(text, WHY_MAX, "no rule speaks of it");
        return;
    case TG_REASON_ALLOW:
        snprintf(text, WHY_MAX, "allow '%s'", owner);
        return;
    case TG_REASON_PROTECT:
        snprintf(text, WHY_MAX, "protect '%s'", owner);
        return;
    case TG_REASON_SUFFIX:
        snprintf(text, WHY_MAX, "'%s' is a public suffix, and its TLD has match direct", owner);
        return;
    case TG_REASON_BLOCK:
    case TG_REASON_TLD:
        break;
    }
    snprintf(text, WHY_MAX, "%s '%s', mode %s%s%s%s", tg_kind_text(verdict->rule->kind), owner,
        tg_mode_text(verdict->mode), verdict->group ? " by the group of 127.0.0.1, '" : "",
        verdict->group ? verdict->group->name : "", verdict->group ? "'" : "");
}

static void say_denied(const struct tg_canary *canary, const struct tg_standing *at,
    const struct tg_verdict *verdict, struct tg_diags *diags)
{
    const bool blocks = verdict->reply != TG_REPLY_PASS;
    char name[TG_DNAME_TEXT_MAX];
    char type[16];
    char why[WHY_MAX];

    tg_dname_to_text(canary->qname.wire, canary->qname.len, name);
    why_text(canary, verdict, why);
    tg_diags_add(diags, TG_DIAG_ERROR, at->file, at->line, at->col, at->source,
        "'%s' %s is expected to %s, but this policy %s%s (%s); correct one of them", name,
        tg_rrtype_text(canary->qtype, type), tg_expect_text(canary->expect),
        blocks ? "answers with " : "lets it resolve", blocks ? tg_reply_text(verdict->reply) : "",
        why);
}

bool tg_canary_check(const struct tg_policy *policy, const struct tg_image *image, uint32_t today,
    struct tg_diags *diags)
{
    bool good = true;

    for (size_t i = 0; i < policy->canary_count; i++) {
        const struct tg_canary *canary = &policy->canaries[i];
        struct tg_verdict verdict;

        if (tg_canary_judge(image, canary, today, &verdict) != TG_FIT_DENIES)
            continue;
        say_denied(canary, &policy->canaries_at[i], &verdict, diags);
        good = false;
    }
    return good;
}
