/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* An entry of tlds. */
#include <string.h>

#include "parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TG_WORD(name, value, word) [value] = (word),
static const char *const twin_words[] = {TG_TWIN_MAP(TG_WORD)};
static const char *const match_words[] = {TG_MATCH_MAP(TG_WORD)};
#undef TG_WORD

static void read_tld(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    struct tg_name name;
    if (!tg_parse_tld(p, value, "tld", &name) ||
        !tg_parse_not_arpa(p, p->doc, value->at, name, false))
        return;
    draft->rule->owner = name;
    draft->place->owner = value->at;
    draft->good = true;
}

/* Targets while they are read. */
struct targets {
    struct tg_name names[TG_TARGETS_MAX];
    uint32_t places[TG_TARGETS_MAX];
    size_t count;
};

static void add_target(struct tg_parse *p, const struct tg_yaml_node *value, struct targets *to)
{
    struct tg_name name;
    char shown[TG_YAML_SHOW_MAX];
    if (!tg_parse_tld(p, value, "targets", &name))
        return;
    for (size_t i = 0; i < to->count; i++) {
        if (tg_dname_equal(to->names[i], name)) {
            tg_yaml_error(p->doc, value->at, "target '%s' is given twice; remove one",
                tg_yaml_show(value, shown));
            return;
        }
    }
    if (to->count == TG_TARGETS_MAX) {
        tg_yaml_error(p->doc, value->at, "more than %d targets of one TLD", TG_TARGETS_MAX);
        return;
    }
    to->places[to->count] = value->at;
    to->names[to->count++] = name;
}

static void read_targets(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    struct targets to = {.count = 0};
    if (value->kind != TG_YAML_LIST) {
        add_target(p, value, &to);
    } else {
        if (value->count == 0)
            tg_yaml_error(p->doc, value->at, "'targets' is empty; name at least one, e.g. [mil]");
        for (const struct tg_yaml_node *item = value->child; item; item = item->next)
            add_target(p, item, &to);
    }
    if (to.count == 0)
        return;
    struct tg_name *names = tg_arena_array(p->arena, to.count, sizeof(*names));
    uint32_t *places = tg_arena_array(p->doc->arena, to.count, sizeof(*places));
    if (!names || !places) {
        p->doc->oom = true;
        return;
    }
    memcpy(names, to.names, to.count * sizeof(*names));
    memcpy(places, to.places, to.count * sizeof(*places));
    draft->rule->targets = names;
    draft->rule->target_count = to.count;
    draft->place->targets = places;
}

static void read_otherwise(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_draft *draft = into;
    if (tg_parse_mode(ctx, value, "otherwise", &draft->rule->otherwise))
        draft->otherwise = value;
}

static void read_twin(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "twin", twin_words, COUNT(twin_words), &word))
        draft->rule->twin = (enum tg_twin)word;
    else /* what is wrong is said: 'otherwise' does not lack a twin */
        draft->rule->twin = TG_TWIN_LIST;
}

static void read_match(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "match", match_words, COUNT(match_words), &word))
        draft->rule->match = (enum tg_match)word;
    draft->place->match = value->at;
}

void tg_parse_tlds_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft)
{
    static const struct tg_yaml_key keys[] = {
        {"tld", "the TLD to look at, e.g. 'tld: ml'", read_tld},
        {"targets", "the TLDs it is taken for, e.g. 'targets: [mil]'", read_targets},
        {"mode", NULL, tg_read_mode},
        {"otherwise", NULL, read_otherwise},
        {"twin", NULL, read_twin},
        {"match", NULL, read_match},
        {"action", NULL, tg_read_action},
        {"severity", NULL, tg_read_severity},
        {"note", NULL, tg_read_note},
    };
    struct tg_rule *rule = draft->rule;
    rule->kind = TG_KIND_TLD;
    rule->mode = TG_MODE_BLOCK;
    rule->action = TG_ACTION_NXDOMAIN;
    rule->severity = TG_SEVERITY_MEDIUM;
    tg_yaml_map(p->doc, node, "an entry of 'tlds'", keys, COUNT(keys), p, draft);
    if (!draft->otherwise)
        rule->otherwise = rule->mode;
    else if (rule->twin == TG_TWIN_NONE)
        tg_yaml_error(p->doc, draft->otherwise->at,
            "'otherwise' needs a 'twin': without one 'mode' always applies; add 'twin: list'");
}
