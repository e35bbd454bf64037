/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Entries of protect, allow and block: a name, or a list of them, and what is said of it. */
#include <string.h>

#include "parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void read_name(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)ctx;
    ((struct tg_draft *)into)->name = value;
}

static void read_file(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)ctx;
    ((struct tg_draft *)into)->file = value;
}

static void read_target(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)ctx;
    ((struct tg_draft *)into)->target = value;
}

static void read_match(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"subtree", "exact"};
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    size_t word;
    if (tg_yaml_word(p->doc, value, "match", words, COUNT(words), &word))
        draft->exact = word == 1;
}

static void read_reason(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    draft->rule->reason = tg_yaml_line(p->doc, value, "reason", TG_TEXT_MAX, p->arena);
}

static void read_ticket(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    struct tg_draft *draft = into;
    draft->rule->ticket = tg_yaml_line(p->doc, value, "ticket", TG_TEXT_MAX, p->arena);
}

static void read_until(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_draft *draft = into;
    tg_parse_date(ctx, value, "until", &draft->rule->until);
    draft->place->until = value->at;
}

/* One name, which is the rule's owner too. */
static void take_name(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_draft *draft)
{
    struct tg_name name;
    bool block = draft->rule->kind == TG_KIND_BLOCK;
    struct tg_spot spot = {0, node->at};
    if (!tg_parse_name(p, node, key, &name) || !tg_parse_not_arpa(p, p->doc, node->at, name, block))
        return;
    draft->rule->owner = name;
    draft->place->owner = node->at;
    draft->good = tg_parse_add_name(p, name, (uint32_t)p->policy->rule_count, draft->exact, spot);
}

static void take_file(struct tg_parse *p, const char *key, struct tg_draft *draft)
{
    draft->rule->file = tg_yaml_line(p->doc, draft->file, "file", TG_TEXT_MAX, p->arena);
    draft->place->owner = draft->file->at;
    if (draft->rule->file)
        draft->good =
            tg_parse_list(p, draft->file, key, (uint32_t)p->policy->rule_count, draft->exact);
}

/* What was meant by a blocked name. */
static void take_target(struct tg_parse *p, struct tg_draft *draft)
{
    const struct tg_yaml_node *node = draft->target;
    struct tg_name name;
    if (draft->file) {
        tg_yaml_error(
            p->doc, node->at, "'target' is of one name; the names of a list have none: remove it");
        return;
    }
    if (!tg_parse_name(p, node, "target", &name))
        return;
    if (tg_dname_equal(name, draft->rule->owner)) {
        tg_yaml_error(p->doc, node->at, "'target' is the blocked name itself; give what was meant");
        return;
    }
    struct tg_name *target = tg_arena_alloc(p->arena, sizeof(*target));
    uint32_t *place = tg_arena_alloc(p->doc->arena, sizeof(*place));
    if (!target || !place) {
        p->doc->oom = true;
        return;
    }
    *target = name;
    *place = node->at;
    draft->rule->targets = target;
    draft->rule->target_count = 1;
    draft->place->targets = place;
}

/* An entry that is a name, or a mapping with keys. */
static void read_entry(struct tg_parse *p, const struct tg_yaml_node *node, const char *key,
    const struct tg_yaml_key *keys, size_t count, struct tg_draft *draft)
{
    char what[40] = "an entry of '";
    if (node->kind == TG_YAML_SCALAR) {
        take_name(p, node, key, draft);
        return;
    }
    strcat(strcat(what, key), "'");
    size_t errors = p->doc->errors;
    tg_yaml_map(p->doc, node, what, keys, count, p, draft);
    if (draft->name && draft->file)
        tg_yaml_error(p->doc, draft->file->at,
            "'name' and 'file' in one entry of '%s'; make them two entries", key);
    else if (draft->name)
        take_name(p, draft->name, "name", draft);
    else if (draft->file)
        take_file(p, key, draft);
    else if (p->doc->errors == errors && !node->refused) /* else a key is misspelt, most likely */
        tg_yaml_error(
            p->doc, node->at, "%s needs the key 'name', or 'file' for a list of names", what);
    if (draft->target && (draft->name || draft->file))
        take_target(p, draft);
}

void tg_parse_protect_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft)
{
    static const struct tg_yaml_key keys[] = {
        {"name", NULL, read_name},
        {"file", NULL, read_file},
        {"match", NULL, read_match},
        {"note", NULL, tg_read_note},
    };
    draft->rule->kind = TG_KIND_PROTECT;
    read_entry(p, node, "protect", keys, COUNT(keys), draft);
}

void tg_parse_allow_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft)
{
    static const struct tg_yaml_key keys[] = {
        {"name", NULL, read_name},
        {"file", NULL, read_file},
        {"match", NULL, read_match},
        {"reason", NULL, read_reason},
        {"ticket", NULL, read_ticket},
        {"until", NULL, read_until},
    };
    draft->rule->kind = TG_KIND_ALLOW;
    read_entry(p, node, "allow", keys, COUNT(keys), draft);
}

void tg_parse_block_entry(
    struct tg_parse *p, const struct tg_yaml_node *node, struct tg_draft *draft)
{
    static const struct tg_yaml_key keys[] = {
        {"name", NULL, read_name},
        {"file", NULL, read_file},
        {"match", NULL, read_match},
        {"target", NULL, read_target},
        {"mode", NULL, tg_read_mode},
        {"action", NULL, tg_read_action},
        {"severity", NULL, tg_read_severity},
        {"note", NULL, tg_read_note},
    };
    draft->rule->kind = TG_KIND_BLOCK;
    draft->rule->mode = TG_MODE_BLOCK;
    draft->rule->action = TG_ACTION_NXDOMAIN;
    draft->rule->severity = TG_SEVERITY_MEDIUM;
    read_entry(p, node, "block", keys, COUNT(keys), draft);
}
