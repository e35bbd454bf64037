/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/explain.h"

#include <stdio.h>

#define NAME_MAX_SHOWN 120

size_t tg_explain_ede(
    const struct tg_verdict *verdict, const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX])
{
    const struct tg_rule *rule = verdict->rule;
    char meant[TG_DNAME_TEXT_MAX], owner[TG_DNAME_TEXT_MAX];
    int len;

    if (verdict->twin_len == 0 ||
        tg_dname_to_text(verdict->twin, verdict->twin_len, meant) > NAME_MAX_SHOWN)
        tg_dname_to_text(rule->targets[0].wire, rule->targets[0].len, meant);
    if (tg_dname_to_text(rule->owner.wire, rule->owner.len, owner) > NAME_MAX_SHOWN)
        owner[NAME_MAX_SHOWN] = '\0';
    len = snprintf(text, TG_EDE_TEXT_MAX, "look-alike of %s (rule %s)%s%s", meant, owner,
        answer->contact ? "; contact " : "", answer->contact ? answer->contact : "");
    if (len < 0)
        len = 0;
    return len < TG_EDE_TEXT_MAX ? (size_t)len : TG_EDE_TEXT_MAX - 1;
}
