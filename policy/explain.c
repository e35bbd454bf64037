/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/explain.h"

#include <string.h>

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

/* The text so far, cut where it is full. On the path of a question, and so without stdio, which
 * takes ten times as long. */
struct words {
    char *text;
    size_t len;
};

static void add(struct words *words, const char *word)
{
    const size_t room = TG_EDE_TEXT_MAX - 1 - words->len;
    size_t len = strlen(word);

    if (len > room)
        len = room;
    memcpy(words->text + words->len, word, len);
    words->len += len;
}

size_t tg_explain_ede(const struct tg_question *question, const struct tg_verdict *verdict,
    const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX])
{
    char via[TG_DNAME_TEXT_MAX], meant[TG_DNAME_TEXT_MAX], owner[TG_DNAME_TEXT_MAX];
    struct words words = {text, 0};

    if (verdict->via.len > 0) {
        part_text(question, verdict, 0, via);
        add(&words, "leads to ");
        add(&words, via);
        add(&words, ", ");
    }
    meant_text(verdict, meant);
    /* A rule for a list has no name of its own: it is called by the name that it matched. */
    part_text(question, verdict, verdict->owner_at, owner);
    add(&words, meant[0] != '\0' ? "look-alike of " : "blocked by policy");
    add(&words, meant);
    add(&words, " (rule ");
    add(&words, owner);
    add(&words, ")");
    if (answer->contact) {
        add(&words, "; contact ");
        add(&words, answer->contact);
    }
    text[words.len] = '\0';
    return words.len;
}
