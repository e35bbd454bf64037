/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/explain.h"

#include <stdio.h>

#define NAME_MAX_SHOWN 120

/* What was meant: the twin, or where that is too long to say, what the rule names. */
static void meant_text(const struct tg_verdict *verdict, char text[TG_DNAME_TEXT_MAX])
{
    const struct tg_rule *rule = verdict->rule;

    text[0] = '\0';
    if (verdict->twin_len > 0 &&
        tg_dname_to_text(verdict->twin, verdict->twin_len, text) <= NAME_MAX_SHOWN)
        return;
    if (rule->target_count > 0 &&
        tg_dname_to_text(rule->targets[0].wire, rule->targets[0].len, text) > NAME_MAX_SHOWN)
        text[NAME_MAX_SHOWN] = '\0';
}

/* The name that the rule matched: a rule for a list has no name of its own. */
static void owner_text(const struct tg_question *question, const struct tg_verdict *verdict,
    char text[TG_DNAME_TEXT_MAX])
{
    struct tg_name qname = question->qname;
    uint8_t owner[TG_DNAME_MAX];
    size_t len = qname.len - verdict->owner_at;

    tg_dname_lower(qname.wire + verdict->owner_at, len, owner);
    if (tg_dname_to_text(owner, len, text) > NAME_MAX_SHOWN)
        text[NAME_MAX_SHOWN] = '\0';
}

size_t tg_explain_ede(const struct tg_question *question, const struct tg_verdict *verdict,
    const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX])
{
    char meant[TG_DNAME_TEXT_MAX], owner[TG_DNAME_TEXT_MAX];
    int len;

    meant_text(verdict, meant);
    owner_text(question, verdict, owner);
    len = snprintf(text, TG_EDE_TEXT_MAX, "%s%s (rule %s)%s%s",
        meant[0] != '\0' ? "look-alike of " : "blocked by policy", meant, owner,
        answer->contact ? "; contact " : "", answer->contact ? answer->contact : "");
    if (len < 0)
        len = 0;
    return len < TG_EDE_TEXT_MAX ? (size_t)len : TG_EDE_TEXT_MAX - 1;
}
