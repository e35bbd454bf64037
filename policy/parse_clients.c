/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The key clients: groups, their prefixes and what they override. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SEARCH_MAX 5000 /* TLDs among which the one that is meant is looked for */

/* A prefix and where it stands. */
struct place {
    struct tg_subnet subnet;
    uint32_t at;
};

/* The groups while they are read. */
struct clients {
    struct tg_parse *p;
    struct tg_group *groups;
    uint32_t *names_at; /* of each group: where its name stands */
    size_t count;
    uint32_t *last_groups; /* of each TLD rule: the last group that overrides it, from 1 */
    struct place *places;  /* grow by doubling in the document's arena */
    size_t place_count;
    size_t place_room;
    bool full; /* TG_SUBNETS_MAX was exceeded, and said */
};

static unsigned line_of(const struct clients *c, size_t at)
{
    unsigned line;
    unsigned col;
    tg_yaml_place(c->p->doc, at, &line, &col);
    return line;
}

static void read_group(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct clients *c = ctx;
    struct tg_group *group = into;
    group->name = tg_yaml_line(c->p->doc, value, "group", TG_TEXT_MAX, c->p->arena);
    c->names_at[c->count] = value->at;
    for (size_t i = 0; i < c->count && group->name; i++) {
        if (c->groups[i].name && strcmp(c->groups[i].name, group->name) == 0) {
            tg_yaml_error(c->p->doc, value->at,
                "group '%s' is given twice; the first is on line %u", group->name,
                line_of(c, c->names_at[i]));
            return;
        }
    }
}

static bool grow_places(struct clients *c)
{
    if (c->place_count < c->place_room)
        return true;
    size_t room = c->place_room > 0 ? c->place_room * 2 : 64;
    struct place *places = tg_arena_array(c->p->doc->arena, room, sizeof(*places));
    if (!places) {
        c->p->doc->oom = true;
        return false;
    }
    if (c->place_count > 0)
        memcpy(places, c->places, c->place_count * sizeof(*places));
    c->places = places;
    c->place_room = room;
    return true;
}

static void add_subnet(struct clients *c, const struct tg_yaml_node *value)
{
    struct tg_subnet subnet;
    if (c->full || !tg_parse_prefix(c->p, value, &subnet))
        return;
    if (c->place_count == TG_SUBNETS_MAX) {
        tg_yaml_error(c->p->doc, value->at, "more than %d prefixes", TG_SUBNETS_MAX);
        c->full = true;
        return;
    }
    if (!grow_places(c))
        return;
    subnet.group = (uint32_t)c->count;
    c->places[c->place_count++] = (struct place){subnet, value->at};
}

static void read_subnets(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct clients *c = ctx;
    (void)into;
    if (value->kind != TG_YAML_LIST) {
        add_subnet(c, value);
        return;
    }
    if (value->count == 0)
        tg_yaml_error(
            c->p->doc, value->at, "'subnets' is empty; give a prefix, e.g. [192.0.2.0/24]");
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_subnet(c, item);
}

static const char *tld_text(const void *list, size_t i)
{
    const struct tg_rule *const *rules = list;
    return (const char *)rules[i]->owner.wire + 1; /* one label and the root, which is a NUL */
}

/* An override is of a rule: what is not listed has none. */
static void unlisted_error(struct clients *c, const struct tg_yaml_node *key)
{
    struct tg_parse *p = c->p;
    char shown[TG_YAML_SHOW_MAX];
    const char *meant = NULL;
    tg_yaml_show(key, shown);
    /* a long search; of no use when the message is only counted */
    if (p->tld_count <= SEARCH_MAX && tg_diags_kept(p->doc->diags) < TG_DIAGS_MAX)
        meant = tg_yaml_nearest(key, tld_text, p->tlds_sorted, p->tld_count);
    if (meant)
        tg_yaml_error(
            p->doc, key->at, "'%s' is not listed in 'tlds'; did you mean '%s'?", shown, meant);
    else
        tg_yaml_error(p->doc, key->at,
            "'%s' is not listed in 'tlds'; list it there, with mode off if it is for this group "
            "alone",
            shown);
}

static void add_override(
    struct clients *c, const struct tg_yaml_node *key, struct tg_override *overrides, size_t *count)
{
    struct tg_parse *p = c->p;
    struct tg_name tld;
    char shown[TG_YAML_SHOW_MAX];
    enum tg_mode mode = TG_MODE_OFF;
    bool good = tg_parse_mode(p, key->next, "mode", &mode);
    if (!tg_parse_tld(p, key, "mode", &tld))
        return;
    const struct tg_rule *rule = tg_parse_find_tld(p, tld);
    if (!rule) {
        if (!p->tlds_bad)
            unlisted_error(c, key);
        return;
    }
    uint32_t *last_group = &c->last_groups[rule - p->rules];
    if (*last_group == c->count + 1) {
        tg_yaml_error(p->doc, key->at, "'%s' is given twice; remove one", tg_yaml_show(key, shown));
        return;
    }
    *last_group = (uint32_t)c->count + 1;
    if (good)
        overrides[(*count)++] = (struct tg_override){tld, mode};
}

static void read_modes(struct clients *c, const struct tg_yaml_node *value, struct tg_group *group)
{
    struct tg_parse *p = c->p;
    size_t count = value->kind == TG_YAML_MAP ? value->count : 1;
    size_t room = count < p->tld_count + 1 ? count : p->tld_count + 1; /* each TLD once */
    struct tg_override *overrides = tg_arena_array(p->arena, room, sizeof(*overrides));
    if (!overrides) {
        p->doc->oom = true;
        return;
    }
    group->overrides = overrides;
    if (value->kind == TG_YAML_MAP) {
        if (value->count == 0)
            tg_yaml_error(p->doc, value->at, "'mode' is empty; give a mode, e.g. 'mode: monitor'");
        for (const struct tg_yaml_node *key = value->child; key; key = key->next->next)
            add_override(c, key, overrides, &group->override_count);
    } else if (tg_parse_mode(p, value, "mode", &overrides[0].mode)) {
        group->override_count = 1;
    }
}

static void read_mode(void *ctx, const struct tg_yaml_node *value, void *into)
{
    if (!value->refused)
        read_modes(ctx, value, into);
}

static void read_entry(struct clients *c, const struct tg_yaml_node *node)
{
    static const struct tg_yaml_key keys[] = {
        {"group", "a name for it, e.g. 'group: mail-relays'", read_group},
        {"subnets", "its prefixes, e.g. 'subnets: [192.0.2.0/24]'", read_subnets},
        {"mode", "the mode for its clients, e.g. 'mode: monitor'", read_mode},
    };
    c->names_at[c->count] = node->at;
    tg_yaml_map(
        c->p->doc, node, "an entry of 'clients'", keys, COUNT(keys), c, &c->groups[c->count]);
    c->count++;
}

static int by_prefix(const void *va, const void *vb)
{
    const struct place *a = va;
    const struct place *b = vb;
    int order = memcmp(&a->subnet.prefix, &b->subnet.prefix, sizeof(a->subnet.prefix));
    if (order == 0)
        order = a->subnet.length - b->subnet.length;
    return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

static int by_at(const void *va, const void *vb)
{
    const struct place *a = va;
    const struct place *b = vb;
    return (a->at > b->at) - (a->at < b->at);
}

static void repeated(struct clients *c, const struct place *first, const struct place *again)
{
    const struct tg_subnet *subnet = &first->subnet;
    bool v4 = subnet->length >= 96 && subnet->prefix.octets[10] == 0xff &&
              subnet->prefix.octets[11] == 0xff;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v4 ? AF_INET : AF_INET6, subnet->prefix.octets + (v4 ? 12 : 0), text, sizeof(text));
    unsigned length = v4 ? subnet->length - 96u : subnet->length;
    if (first->subnet.group == again->subnet.group)
        tg_yaml_warn(c->p->doc, again->at, "'%s/%u' is given twice; the first is on line %u", text,
            length, line_of(c, first->at));
    else
        tg_yaml_error(c->p->doc, again->at,
            "'%s/%u' is in two groups; the other is '%s' on line %u", text, length,
            c->groups[first->subnet.group].name ? c->groups[first->subnet.group].name : "?",
            line_of(c, first->at));
}

/* Says which prefixes are given twice; the rest, in the order of the text, is the policy's. */
static void keep_subnets(struct clients *c)
{
    size_t kept = 0;
    struct tg_subnet *subnets;
    if (c->place_count > 0)
        qsort(c->places, c->place_count, sizeof(*c->places), by_prefix);
    for (size_t i = 0; i < c->place_count; i++) {
        const struct tg_subnet *last = kept > 0 ? &c->places[kept - 1].subnet : NULL;
        const struct tg_subnet *this = &c->places[i].subnet;
        if (last && last->length == this->length &&
            memcmp(&last->prefix, &this->prefix, sizeof(last->prefix)) == 0)
            repeated(c, &c->places[kept - 1], &c->places[i]);
        else
            c->places[kept++] = c->places[i];
    }
    if (kept > 0)
        qsort(c->places, kept, sizeof(*c->places), by_at);
    subnets = tg_arena_array(c->p->arena, kept, sizeof(*subnets));
    if (!subnets) {
        c->p->doc->oom = true;
        return;
    }
    for (size_t i = 0; i < kept; i++)
        subnets[i] = c->places[i].subnet;
    c->p->policy->subnets = subnets;
    c->p->policy->subnet_count = kept;
}

void tg_parse_clients(struct tg_parse *p)
{
    const struct tg_yaml_node *list = p->clients;
    struct clients c = {.p = p};
    if (!list || list->refused || (list->kind == TG_YAML_SCALAR && list->len == 0))
        return;
    if (list->kind != TG_YAML_LIST) {
        tg_yaml_error(p->doc, list->at,
            "'clients' must be a list, not %s; start each entry with "
            "'- '",
            tg_yaml_kind_text(list));
        return;
    }
    if (list->count > TG_GROUPS_MAX) {
        tg_yaml_error(p->doc, list->at, "%u groups; %d are the most", list->count, TG_GROUPS_MAX);
        return;
    }
    c.groups = tg_arena_array(p->arena, list->count, sizeof(*c.groups));
    c.names_at = tg_arena_array(p->doc->arena, list->count, sizeof(*c.names_at));
    c.last_groups = tg_arena_array(p->doc->arena, p->tld_count, sizeof(*c.last_groups));
    if (!c.groups || !c.names_at || !c.last_groups) {
        p->doc->oom = true;
        return;
    }
    for (const struct tg_yaml_node *node = list->child; node && !p->doc->oom; node = node->next)
        read_entry(&c, node);
    p->policy->groups = c.groups;
    p->policy->group_count = c.count;
    if (!p->doc->oom)
        keep_subnets(&c);
}
