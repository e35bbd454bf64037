/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The keys tlds and allow: lists of rules. */
#include <string.h>

#include "parse.h"

/* A rule while its keys are read. */
struct entry {
    struct tg_rule *rule;
    struct tg_place *place;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Index in the list of words is value: the lists of policy.h count from 0 without gaps. */
#define TG_WORD(name, value, word) [value] = (word),
static const char *const mode_words[] = {TG_MODE_MAP(TG_WORD)};
static const char *const action_words[] = {TG_ACTION_MAP(TG_WORD)};
static const char *const severity_words[] = {TG_SEVERITY_MAP(TG_WORD)};
#undef TG_WORD

/* True when the name is not arpa, of which nothing may depend on us. */
static bool not_arpa(struct tg_parse *p, const struct tg_yaml_node *value, struct tg_name name)
{
    static const uint8_t arpa[] = "\4arpa";
    if (!tg_dname_equal(name, (struct tg_name){arpa, sizeof(arpa)}))
        return true;
    tg_yaml_error(p->doc, value->at,
        "'arpa' holds the infrastructure of the DNS and is never touched; remove the entry");
    return false;
}

static void read_owner(
    struct tg_parse *p, const struct tg_yaml_node *value, struct entry *entry, struct tg_name name)
{
    if (!not_arpa(p, value, name))
        return;
    entry->rule->owner = name;
    entry->place->owner = value->at;
}

static void read_tld(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_name name;
    if (tg_parse_tld(ctx, value, "tld", &name))
        read_owner(ctx, value, into, name);
}

static void add_target(struct tg_parse *p, const struct tg_yaml_node *value, struct tg_rule *rule)
{
    struct tg_name name;
    char shown[TG_YAML_SHOW_MAX];
    if (!tg_parse_tld(p, value, "targets", &name))
        return;
    for (size_t i = 0; i < rule->target_count; i++) {
        if (tg_dname_equal(rule->targets[i], name)) {
            tg_yaml_error(p->doc, value->at, "target '%s' is given twice; remove one",
                tg_yaml_show(value, shown));
            return;
        }
    }
    if (rule->target_count == TG_TARGETS_MAX) {
        tg_yaml_error(p->doc, value->at, "more than %d targets of one TLD", TG_TARGETS_MAX);
        return;
    }
    rule->targets[rule->target_count++] = name;
}

static void read_targets(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    if (value->kind != TG_YAML_LIST) {
        add_target(p, value, entry->rule);
        return;
    }
    if (value->count == 0)
        tg_yaml_error(p->doc, value->at, "'targets' is empty; name at least one, e.g. [mil]");
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_target(p, item, entry->rule);
}

static void read_mode(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "mode", mode_words, COUNT(mode_words), &word))
        entry->rule->mode = (enum tg_mode)word;
}

static void read_action(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "action", action_words, COUNT(action_words), &word))
        entry->rule->action = (enum tg_action)word;
    entry->place->action = value->at;
}

static void read_severity(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "severity", severity_words, COUNT(severity_words), &word))
        entry->rule->severity = (enum tg_severity)word;
}

static void read_note(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    entry->rule->note = tg_yaml_line(p->doc, value, "note", TG_TEXT_MAX, p->arena);
}

static void read_allowed(
    struct tg_parse *p, const struct tg_yaml_node *value, const char *key, struct entry *entry)
{
    struct tg_name name;
    if (tg_parse_name(p, value, key, &name))
        read_owner(p, value, entry, name);
}

static void read_name(void *ctx, const struct tg_yaml_node *value, void *into)
{
    read_allowed(ctx, value, "name", into);
}

static void read_match(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"subtree", "exact"};
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "match", words, COUNT(words), &word))
        entry->rule->exact = word == 1;
}

static void read_reason(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    entry->rule->reason = tg_yaml_line(p->doc, value, "reason", TG_TEXT_MAX, p->arena);
}

static void read_ticket(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct entry *entry = into;
    entry->rule->ticket = tg_yaml_line(p->doc, value, "ticket", TG_TEXT_MAX, p->arena);
}

static void read_tlds_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct entry *entry)
{
    static const struct tg_yaml_key keys[] = {
        {"tld", "the TLD to look at, e.g. 'tld: ml'", read_tld},
        {"targets", "the TLDs it is taken for, e.g. 'targets: [mil]'", read_targets},
        {"mode", NULL, read_mode},
        {"action", NULL, read_action},
        {"severity", NULL, read_severity},
        {"note", NULL, read_note},
    };
    entry->rule->kind = TG_KIND_TLD;
    entry->rule->mode = TG_MODE_BLOCK;
    entry->rule->action = TG_ACTION_NXDOMAIN;
    entry->rule->severity = TG_SEVERITY_MEDIUM;
    tg_yaml_map(p->doc, node, "an entry of 'tlds'", keys, COUNT(keys), p, entry);
}

static void read_allow_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct entry *entry)
{
    static const struct tg_yaml_key keys[] = {
        {"name", "the name to allow, e.g. 'name: orange.ml'", read_name},
        {"match", NULL, read_match},
        {"reason", NULL, read_reason},
        {"ticket", NULL, read_ticket},
    };
    entry->rule->kind = TG_KIND_ALLOW;
    if (node->kind == TG_YAML_SCALAR)
        read_allowed(p, node, "allow", entry);
    else
        tg_yaml_map(p->doc, node, "an entry of 'allow'", keys, COUNT(keys), p, entry);
}

/* How many entries; a key with nothing behind it is an empty list, as when all are comments. */
static size_t list_size(struct tg_parse *p, const struct tg_yaml_node *node, const char *key)
{
    if (!node || node->refused || (node->kind == TG_YAML_SCALAR && node->len == 0))
        return 0;
    if (node->kind == TG_YAML_LIST)
        return node->count;
    tg_yaml_error(p->doc, node->at, "'%s' must be a list, not %s; start each entry with '- '", key,
        tg_yaml_kind_text(node));
    return 0;
}

static void read_entries(struct tg_parse *p, const struct tg_yaml_node *list, size_t size,
    void (*read)(struct tg_parse *, const struct tg_yaml_node *, struct entry *))
{
    const struct tg_yaml_node *node = size > 0 ? list->child : NULL;
    for (; node && !p->doc->oom; node = node->next) {
        size_t i = p->policy->rule_count;
        struct entry entry = {&p->rules[i], &p->places[i]};
        *entry.place = (struct tg_place){node->at, node->at};
        read(p, node, &entry);
        if (entry.rule->owner.len > 0)
            p->policy->rule_count++;
        else /* the next entry starts clean; the check cannot know of this one */
            memset(entry.rule, 0, sizeof(*entry.rule));
    }
}

void tg_parse_rules(struct tg_parse *p)
{
    size_t errors = p->doc->errors;
    size_t tlds = list_size(p, p->tlds, "tlds");
    p->tlds_bad = p->doc->errors > errors;
    size_t allows = list_size(p, p->allow, "allow");
    if (tlds + allows > TG_RULES_MAX) {
        tg_yaml_error(p->doc, tlds > allows ? p->tlds->at : p->allow->at,
            "%zu rules; %d are the most", tlds + allows, TG_RULES_MAX);
        p->tlds_bad = true;
        return;
    }
    p->rules = tg_arena_array(p->arena, tlds + allows, sizeof(*p->rules));
    p->places = tg_arena_array(p->doc->arena, tlds + allows, sizeof(*p->places));
    if (!p->rules || !p->places) {
        p->doc->oom = true;
        return;
    }
    p->policy->rules = p->rules;
    errors = p->doc->errors;
    read_entries(p, p->tlds, tlds, read_tlds_entry);
    p->tlds_bad = p->tlds_bad || p->doc->errors > errors;
    read_entries(p, p->allow, allows, read_allow_entry);
}
