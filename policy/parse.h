/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Between the files that turn policy text into a struct tg_policy. Private. */
#ifndef TG_PARSE_H
#define TG_PARSE_H

#include "tldguard/policy.h"
#include "yaml.h"

/* Where a rule stands in the text, for messages of the check. */
struct tg_place {
    uint32_t owner;
    uint32_t action; /* where nothing was said of it: where the rule starts */
};

/* One parse. What outlives it comes from the policy's arena, the rest from the document's. */
struct tg_parse {
    struct tg_yaml *doc;
    struct tg_arena *arena;
    struct tg_policy *policy;
    struct tg_rule *rules;   /* those of the policy, still to be written */
    struct tg_place *places; /* of each rule */
    /* Parts that wait until all keys are seen; NULL: not in the text. */
    const struct tg_yaml_node *tlds;
    const struct tg_yaml_node *allow;
    const struct tg_yaml_node *mx;
    /* Parts with errors: what the check would say because of their lack is noise. */
    bool tlds_bad;
    bool answer_bad;
};

/** Reads the value of the key answer. */
void tg_parse_answer(struct tg_parse *p, const struct tg_yaml_node *node);

/** Reads p->tlds and p->allow into rules and places. */
void tg_parse_rules(struct tg_parse *p);

/**
 * Reads a name people may have written in many wrong ways, each with its own advice.
 * @param key  its key, for the message.
 * @param name output: lower-case, in the policy's arena; unchanged on failure.
 * @return false after an error, or out of memory. The root is an error.
 */
bool tg_parse_name(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/** As tg_parse_name(), for a TLD: one label of letters, digits and hyphens. */
bool tg_parse_tld(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/** As tg_parse_name(), for a SOA RNAME: also as a mail address (RFC 1035 8, RFC 2142 7). */
bool tg_parse_rname(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/** What one entry cannot know: whether the rules go together. Drops repeated allows. */
void tg_policy_check(struct tg_parse *p);

#endif
