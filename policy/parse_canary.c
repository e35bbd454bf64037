/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The key canary: what is asked as soon as the policy is in force, and what must come of it. */
#include <string.h>

#include "parse.h"
#include "tldguard/rrtype.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TG_WORD(name, value, word) [value] = (word),
static const char *const expect_words[] = {TG_EXPECT_MAP(TG_WORD)};
#undef TG_WORD

/* The questions while they are read. */
struct canaries {
    struct tg_parse *p;
    struct tg_canary *all;
    struct tg_standing *at;
    size_t count;
};

static void read_name(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    char shown[TG_YAML_SHOW_MAX];
    /* elsewhere a name covers what is below it; here it is asked for as it stands */
    if (value->kind == TG_YAML_SCALAR && value->len > 1 && memcmp(value->text, "*.", 2) == 0)
        tg_yaml_error(p->doc, value->at, "'%s' in 'name' has a wildcard; write a name to ask for",
            tg_yaml_show(value, shown));
    else
        tg_parse_name(p, value, "name", &((struct tg_canary *)into)->qname);
}

static void read_type(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    char shown[TG_YAML_SHOW_MAX];
    uint16_t type = 0;
    if (!tg_yaml_scalar(p->doc, value, "type"))
        return;
    if (!tg_rrtype_parse(value->text, value->len, &type))
        tg_yaml_error(p->doc, value->at,
            "'%s' in 'type' is no type of records; write e.g. MX, A, AAAA or TYPE65400",
            tg_yaml_show(value, shown));
    else if (!tg_rrtype_is_data(type))
        tg_yaml_error(p->doc, value->at,
            "'%s' in 'type' is a type that no record has; ask for one, e.g. MX or A",
            tg_yaml_show(value, shown));
    else
        ((struct tg_canary *)into)->qtype = type;
}

static void read_expect(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    size_t word;
    if (tg_yaml_word(p->doc, value, "expect", expect_words, COUNT(expect_words), &word))
        ((struct tg_canary *)into)->expect = (enum tg_expect)word;
}

/* Where it stands, for those who find later that the policy itself denies what it expects. */
static void take_place(struct canaries *c, size_t at)
{
    struct tg_yaml *doc = c->p->doc;
    struct tg_standing *standing = &c->at[c->count];
    char source[TG_YAML_SOURCE_MAX];
    size_t start = tg_yaml_place(doc, at, &standing->line, &standing->col);
    const char *line = tg_yaml_source(doc, start, source);
    standing->file = tg_arena_copy(c->p->arena, doc->name, strlen(doc->name));
    standing->source = line ? tg_arena_copy(c->p->arena, line, strlen(line)) : NULL;
    if (!standing->file || (line && !standing->source))
        doc->oom = true;
}

/* True, with an error, when an earlier one asks the same. There are few: all are looked at. */
static bool is_repeated(const struct canaries *c, size_t at)
{
    const struct tg_canary *canary = &c->all[c->count];
    char name[TG_DNAME_TEXT_MAX];
    char type[16];
    for (size_t i = 0; i < c->count; i++) {
        if (c->all[i].qtype != canary->qtype || !tg_dname_equal(c->all[i].qname, canary->qname))
            continue;
        tg_dname_to_text(canary->qname.wire, canary->qname.len, name);
        tg_yaml_error(c->p->doc, at, "'%s' is asked for %s twice; the first is on line %u", name,
            tg_rrtype_text(canary->qtype, type), c->at[i].line);
        return true;
    }
    return false;
}

static void read_entry(struct canaries *c, const struct tg_yaml_node *node)
{
    static const struct tg_yaml_key keys[] = {
        {"name", "the name to ask for, e.g. 'name: army.ml'", read_name},
        {"type", "the type to ask for, e.g. 'type: MX'", read_type},
        {"expect", "what must come of it: 'expect: block' or 'expect: resolve'", read_expect},
    };
    struct tg_yaml *doc = c->p->doc;
    struct tg_canary *canary = &c->all[c->count];
    size_t errors = doc->errors;
    tg_yaml_map(doc, node, "an entry of 'canary'", keys, COUNT(keys), c->p, canary);
    /* an alias is an error that was said before */
    if (doc->oom || doc->errors > errors || canary->qname.len == 0 || canary->qtype == 0 ||
        is_repeated(c, node->at)) {
        memset(canary, 0, sizeof(*canary)); /* the next entry starts clean */
        return;
    }
    take_place(c, node->at);
    c->count++;
}

static bool is_list(struct tg_parse *p, const struct tg_yaml_node *list)
{
    /* a key with nothing behind it is an empty list, as when all are comments */
    if (!list || list->refused || (list->kind == TG_YAML_SCALAR && list->len == 0))
        return false;
    if (list->kind != TG_YAML_LIST)
        tg_yaml_error(p->doc, list->at,
            "'canary' must be a list, not %s; start each entry with '- '", tg_yaml_kind_text(list));
    else if (list->count == 0)
        tg_yaml_error(p->doc, list->at, "'canary' is empty; give a question, or remove it");
    else if (list->count > TG_CANARIES_MAX)
        tg_yaml_error(
            p->doc, list->at, "%u canary questions; %d are the most", list->count, TG_CANARIES_MAX);
    else
        return true;
    return false;
}

void tg_parse_canary(struct tg_parse *p)
{
    const struct tg_yaml_node *list = p->canary;
    struct canaries c = {.p = p};
    if (!is_list(p, list))
        return;
    c.all = tg_arena_array(p->arena, list->count, sizeof(*c.all));
    c.at = tg_arena_array(p->arena, list->count, sizeof(*c.at));
    if (!c.all || !c.at) {
        p->doc->oom = true;
        return;
    }
    for (const struct tg_yaml_node *node = list->child; node && !p->doc->oom; node = node->next)
        read_entry(&c, node);
    p->policy->canaries = c.all;
    p->policy->canaries_at = c.at;
    p->policy->canary_count = c.count;
}
