/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Between the files that turn policy text into a struct tg_policy. Private. */
#ifndef TG_PARSE_H
#define TG_PARSE_H

#include "tldguard/policy.h"
#include "yaml.h"

#define TG_LISTS_SIZE_MAX    ((size_t)512 * 1024 * 1024) /* bytes of all list files of a policy */
#define TG_LIST_LINE_MAX     ((size_t)64 * 1024)         /* bytes of a line of one */
#define TG_LIST_SHOWN        20 /* messages of one kind about one list; the rest are counted */
#define TG_SUFFIXES_SIZE_MAX ((size_t)16 * 1024 * 1024) /* bytes of the public suffix list */

/* Where a rule stands in the policy text, for messages of the check. What was
 * not said stands where the rule starts. */
struct tg_place {
    uint32_t owner;
    uint32_t action;
    uint32_t match;
    uint32_t until;
    const uint32_t *targets; /* of each target */
};

/* Where a name stands. */
struct tg_spot {
    uint32_t source; /* index into sources */
    uint32_t at;
};

/* A text that names come from: number 0 is the policy, the others are list files. */
struct tg_source {
    struct tg_yaml *doc; /* owned, except that of the policy */
    char *text;          /* owned; NULL for the policy */
    uint32_t at;         /* where the policy names the list */
};

/* One parse. What outlives it comes from the policy's arena, the rest from the document's. */
struct tg_parse {
    struct tg_yaml *doc;
    struct tg_arena *arena;
    struct tg_policy *policy;
    const struct tg_policy_options *options; /* not NULL */
    const char *folder;                      /* which list files are relative to; "": the current */
    struct tg_rule *rules;                   /* those of the policy, still to be written */
    size_t rule_room;
    struct tg_place *places; /* of each rule */
    struct tg_entry *names;  /* grow; policy->name_count of them; freed at the end */
    struct tg_spot *spots;   /* of each name */
    size_t name_room;
    bool names_full;           /* TG_NAMES_MAX was exceeded, and said */
    struct tg_source *sources; /* grow; freed at the end */
    size_t source_count;
    size_t source_room;
    size_t lists_size;                  /* bytes of the list files so far */
    const struct tg_rule **tlds_sorted; /* the TLD rules by name */
    size_t tld_count;
    /* Of the public suffix list; see tg_parse_suffixes(). */
    const char *suffix_path;
    const char *suffix_fault; /* why there is none; NULL: there is */
    bool *delegated;          /* of each owner and target, by index into tld_names */
    struct tg_name *tld_names;
    size_t tld_name_count;
    /* Parts that wait until all keys are seen; NULL: not in the text. */
    const struct tg_yaml_node *tlds;
    const struct tg_yaml_node *protect;
    const struct tg_yaml_node *allow;
    const struct tg_yaml_node *block;
    const struct tg_yaml_node *clients;
    const struct tg_yaml_node *canary;
    const struct tg_yaml_node *mx;
    /* Parts with errors: what the check would say because of their lack is noise. */
    bool tlds_bad;
    bool answer_bad;
};

/** Reads the value of the key answer. */
void tg_parse_answer(struct tg_parse *p, const struct tg_yaml_node *node);

/** Reads the lists of rules, and the list files they name, into rules, places, names, spots. */
void tg_parse_rules(struct tg_parse *p);

/** Reads p->clients into groups and subnets; the TLD rules must be read. */
void tg_parse_clients(struct tg_parse *p);

/** Reads p->canary into canaries. */
void tg_parse_canary(struct tg_parse *p);

/* A rule while its keys are read. */
struct tg_draft {
    struct tg_rule *rule;
    struct tg_place *place;
    /* Values that wait for others; NULL: not in the text. */
    const struct tg_yaml_node *name;
    const struct tg_yaml_node *file;
    const struct tg_yaml_node *target;
    const struct tg_yaml_node *otherwise;
    bool exact;
    bool good; /* there is a rule to keep */
};

/** Reads an entry of tlds, protect, allow, block; draft->good tells whether it is a rule. */
void tg_parse_tlds_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft);
void tg_parse_protect_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft);
void tg_parse_allow_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft);
void tg_parse_block_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft);

/* Readers of keys that several kinds of rule have: ctx is the parse, into the draft. */
void tg_read_mode(void *ctx, const struct tg_yaml_node *value, void *into);
void tg_read_action(void *ctx, const struct tg_yaml_node *value, void *into);
void tg_read_severity(void *ctx, const struct tg_yaml_node *value, void *into);
void tg_read_note(void *ctx, const struct tg_yaml_node *value, void *into);

/** A mode in words. @return false after an error; then mode is unchanged. */
bool tg_parse_mode(
    struct tg_parse *p, const struct tg_yaml_node *value, const char *key, enum tg_mode *mode);

/** False, with an error, for arpa, on which nothing of ours may act; below: and names below it. */
bool tg_parse_not_arpa(
    struct tg_parse *p, struct tg_yaml *doc, size_t at, struct tg_name name, bool below);

/**
 * Reads a name people may have written in many wrong ways, each with its own advice.
 * @param key  its key, for the message.
 * @param name output: lower-case, in the policy's arena; unchanged on failure.
 * @return false after an error, or out of memory. The root is an error.
 */
bool tg_parse_name(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/** The same for a name in another text than the policy's: messages go to doc. */
bool tg_parse_name_in(struct tg_parse *p, struct tg_yaml *doc, const struct tg_yaml_node *node,
    const char *key, struct tg_name *name);

/** As tg_parse_name(), for a TLD: one label of letters, digits and hyphens. */
bool tg_parse_tld(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/** As tg_parse_name(), for a SOA RNAME: also as a mail address (RFC 1035 8, RFC 2142 7). */
bool tg_parse_rname(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name);

/**
 * Reads a day, YYYY-MM-DD.
 * @param day output: days since 1970-01-01, 1 and more; unchanged on failure.
 * @return false after an error.
 */
bool tg_parse_date(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, uint32_t *day);

/**
 * Reads a prefix, "ADDRESS/LENGTH", or a plain address, which is one of its own.
 * @param subnet output: prefix and length; unchanged on failure.
 * @return false after an error.
 */
bool tg_parse_prefix(struct tg_parse *p, const struct tg_yaml_node *node, struct tg_subnet *subnet);

/** Adds a name of a rule; false after an error (too many), or out of memory. */
bool tg_parse_add_name(
    struct tg_parse *p, struct tg_name name, uint32_t rule, bool exact, struct tg_spot spot);

/**
 * Reads a list file into names of a rule.
 * @param node  its path, as the policy has it.
 * @param key   the key it stands under: protect, allow, block.
 * @param exact of names that do not say otherwise.
 * @return false when there is no list: after an error at node, or out of memory.
 */
bool tg_parse_list(struct tg_parse *p, const struct tg_yaml_node *node, const char *key,
    uint32_t rule, bool exact);

/** The rule of a TLD, NULL: none. Of use when the TLD rules are read. */
const struct tg_rule *tg_parse_find_tld(const struct tg_parse *p, struct tg_name tld);

/**
 * Reads the public suffix list: which TLDs are delegated, and the suffixes below
 * those with match: direct, into the policy.
 * @return TG_OK, also when there is none (suffix_fault then says why), TG_ENOMEM.
 */
void tg_parse_suffixes(struct tg_parse *p);

/** True when the list is there and lacks this owner or target of a TLD rule. */
bool tg_parse_undelegated(const struct tg_parse *p, struct tg_name tld);

/** True when a lower-case name is a public suffix that the policy holds, or below one. */
bool tg_parse_under_suffix(const struct tg_policy *policy, struct tg_name name);

/** Errors in the policy and all its lists so far. */
size_t tg_parse_errors(const struct tg_parse *p);

/** Sets mute_errors and mute_warnings of the policy and all its lists. */
void tg_parse_mute(struct tg_parse *p, bool errors, bool warnings);

/** What one entry cannot know: whether the rules go together. Drops repeated names. */
void tg_policy_check(struct tg_parse *p);

/** Part of tg_policy_check(): what is wrong with single rules, given all the others. */
void tg_check_rule_errors(struct tg_parse *p);
void tg_check_rule_warnings(struct tg_parse *p);

#endif
