/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The lists of rules: their order, their names, and the keys that several kinds have. */
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Index in the list of words is value: the lists of policy.h count from 0 without gaps. */
#define TG_WORD(name, value, word) [value] = (word),
static const char *const mode_words[] = {TG_MODE_MAP(TG_WORD)};
static const char *const action_words[] = {TG_ACTION_MAP(TG_WORD)};
static const char *const severity_words[] = {TG_SEVERITY_MAP(TG_WORD)};
#undef TG_WORD

bool tg_parse_mode(
    struct tg_parse *p, const struct tg_yaml_node *value, const char *key, enum tg_mode *mode)
{
    size_t word;
    if (!tg_yaml_word(p->doc, value, key, mode_words, COUNT(mode_words), &word))
        return false;
    *mode = (enum tg_mode)word;
    return true;
}

void tg_read_mode(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_draft *draft = into;
    tg_parse_mode(ctx, value, "mode", &draft->rule->mode);
}

void tg_read_action(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "action", action_words, COUNT(action_words), &word))
        draft->rule->action = (enum tg_action)word;
    draft->place->action = value->at;
}

void tg_read_severity(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "severity", severity_words, COUNT(severity_words), &word))
        draft->rule->severity = (enum tg_severity)word;
}

void tg_read_note(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    draft->rule->note = tg_yaml_line(p->doc, value, "note", TG_TEXT_MAX, p->arena);
}

bool tg_policy_is_arpa(struct tg_name name, bool below)
{
    static const uint8_t wire[] = "\4arpa";
    const struct tg_name arpa = {wire, sizeof(wire)};
    return below ? tg_dname_is_subdomain(name, arpa) : tg_dname_equal(name, arpa);
}

bool tg_parse_not_arpa(
    struct tg_parse *p, struct tg_yaml *doc, size_t at, struct tg_name name, bool below)
{
    (void)p;
    if (!tg_policy_is_arpa(name, below))
        return true;
    tg_yaml_error(doc, at,
        "'arpa' holds the infrastructure of the DNS and is never touched; remove the entry");
    return false;
}

/* Room for one more name. */
static bool grow_names(struct tg_parse *p)
{
    if (p->policy->name_count < p->name_room)
        return true;
    size_t room = p->name_room > 0 ? p->name_room * 2 : 64;
    struct tg_entry *names = realloc(p->names, room * sizeof(*names));
    if (names)
        p->names = names;
    struct tg_spot *spots = names ? realloc(p->spots, room * sizeof(*spots)) : NULL;
    if (!spots)
        return false;
    p->spots = spots;
    p->name_room = room;
    return true;
}

bool tg_parse_add_name(
    struct tg_parse *p, struct tg_name name, uint32_t rule, bool exact, struct tg_spot spot)
{
    struct tg_yaml *doc = spot.source > 0 ? p->sources[spot.source].doc : p->doc;
    size_t i = p->policy->name_count;
    if (i >= TG_NAMES_MAX) {
        if (!p->names_full)
            tg_yaml_error(doc, spot.at, "more than %d names", TG_NAMES_MAX);
        p->names_full = true;
        return false;
    }
    if (!grow_names(p)) {
        p->doc->oom = true;
        return false;
    }
    p->names[i] = (struct tg_entry){name, rule, exact};
    p->spots[i] = spot;
    p->policy->name_count++;
    return true;
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

static void read_entries(struct tg_parse *p, const struct tg_yaml_node *list,
    void (*read)(struct tg_parse *, const struct tg_yaml_node *, struct tg_draft *))
{
    const struct tg_yaml_node *node = list && list->kind == TG_YAML_LIST ? list->child : NULL;
    for (; node && !p->doc->oom; node = node->next) {
        size_t i = p->policy->rule_count;
        struct tg_draft draft = {.rule = &p->rules[i], .place = &p->places[i]};
        *draft.place = (struct tg_place){node->at, node->at, node->at, node->at, NULL};
        read(p, node, &draft);
        if (draft.good)
            p->policy->rule_count++;
        else /* the next entry starts clean; the check cannot know of this one */
            memset(draft.rule, 0, sizeof(*draft.rule));
    }
}

static int by_owner(const void *va, const void *vb)
{
    const struct tg_rule *a = *(const struct tg_rule *const *)va;
    const struct tg_rule *b = *(const struct tg_rule *const *)vb;
    if (a->owner.len != b->owner.len)
        return a->owner.len < b->owner.len ? -1 : 1;
    return memcmp(a->owner.wire, b->owner.wire, a->owner.len);
}

static void sort_tlds(struct tg_parse *p)
{
    size_t count = p->policy->rule_count;
    p->tlds_sorted = tg_arena_array(p->doc->arena, count, sizeof(struct tg_rule *));
    if (!p->tlds_sorted) {
        p->doc->oom = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        p->tlds_sorted[i] = &p->rules[i];
    p->tld_count = count;
    if (count > 0)
        qsort(p->tlds_sorted, count, sizeof(struct tg_rule *), by_owner);
}

const struct tg_rule *tg_parse_find_tld(const struct tg_parse *p, struct tg_name tld)
{
    const struct tg_rule key = {.owner = tld};
    const struct tg_rule *wanted = &key;
    if (p->tld_count == 0)
        return NULL;
    const struct tg_rule **found =
        bsearch(&wanted, p->tlds_sorted, p->tld_count, sizeof(struct tg_rule *), by_owner);
    return found ? *found : NULL;
}

/* Room for all rules; false after an error. */
static bool make_room(struct tg_parse *p, size_t count)
{
    if (count > TG_RULES_MAX) {
        tg_yaml_error(p->doc, p->doc->root->at, "%zu rules; %d are the most", count, TG_RULES_MAX);
        p->tlds_bad = true;
        return false;
    }
    p->rules = tg_arena_array(p->arena, count, sizeof(*p->rules));
    p->places = tg_arena_array(p->doc->arena, count, sizeof(*p->places));
    if (!p->rules || !p->places) {
        p->doc->oom = true;
        return false;
    }
    p->policy->rules = p->rules;
    return true;
}

void tg_parse_rules(struct tg_parse *p)
{
    size_t errors = p->doc->errors;
    size_t count = list_size(p, p->tlds, "tlds");
    p->tlds_bad = p->doc->errors > errors;
    count += list_size(p, p->protect, "protect");
    count += list_size(p, p->allow, "allow");
    count += list_size(p, p->block, "block");
    if (!make_room(p, count))
        return;
    errors = p->doc->errors;
    read_entries(p, p->tlds, tg_parse_tlds_entry);
    p->tlds_bad = p->tlds_bad || p->doc->errors > errors;
    sort_tlds(p);
    read_entries(p, p->protect, tg_parse_protect_entry);
    read_entries(p, p->allow, tg_parse_allow_entry);
    read_entries(p, p->block, tg_parse_block_entry);
}
