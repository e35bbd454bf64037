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

/* A part of the name that was judged, from offset at. */
static void part_text(const struct tg_question *question, const struct tg_verdict *verdict,
    size_t at, char text[TG_DNAME_TEXT_MAX])
{
    struct tg_name name = tg_verdict_name(question, verdict);
    uint8_t part[TG_DNAME_MAX];
    size_t len = name.len - at;

    tg_dname_lower(name.wire + at, len, part);
    if (tg_dname_to_text(part, len, text) > NAME_MAX_SHOWN)
        text[NAME_MAX_SHOWN] = '\0';
}

size_t tg_explain_ede(const struct tg_question *question, const struct tg_verdict *verdict,
    const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX])
{
    char via[TG_DNAME_TEXT_MAX] = "", meant[TG_DNAME_TEXT_MAX], owner[TG_DNAME_TEXT_MAX];
    int len;

    if (verdict->via.len > 0)
        part_text(question, verdict, 0, via);
    meant_text(verdict, meant);
    /* A rule for a list has no name of its own: it is called by the name that it matched. */
    part_text(question, verdict, verdict->owner_at, owner);
    len = snprintf(text, TG_EDE_TEXT_MAX, "%s%s%s%s%s (rule %s)%s%s",
        via[0] != '\0' ? "leads to " : "", via, via[0] != '\0' ? ", " : "",
        meant[0] != '\0' ? "look-alike of " : "blocked by policy", meant, owner,
        answer->contact ? "; contact " : "", answer->contact ? answer->contact : "");
    if (len < 0)
        len = 0;
    return len < TG_EDE_TEXT_MAX ? (size_t)len : TG_EDE_TEXT_MAX - 1;
}
