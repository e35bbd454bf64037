/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of a policy, the same in every subcommand: a line for people, an object for programs.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tldguard/rrtype.h"
#include "tools/tool.h"

static bool count_name(void *arg, const struct tg_entry *entry)
{
    struct tg_rule_names *names = (struct tg_rule_names *)arg + entry->rule;

    if (names->count++ == 0)
        names->exact = entry->exact;
    return true;
}

struct tg_rule_names *tg_rule_names(const struct tg_image *image)
{
    const size_t count = tg_image_rule_count(image);
    struct tg_rule_names *names = calloc(count ? count : 1, sizeof(*names));

    if (names)
        tg_image_each_name(image, count_name, names);
    return names;
}

const char *tg_rule_subject(const struct tg_rule *rule, char *buf)
{
    if (rule->owner.len)
        return tg_text_name(rule->owner, buf);
    (void)snprintf(buf, TG_RULE_TEXT_MAX, "list %s", rule->file ? rule->file : "?");
    return buf;
}

static void print_text(const char *key, const char *text)
{
    if (text)
        printf("  %s %s", key, text);
}

static void print_tld(const struct tg_rule *rule)
{
    printf("  mode %s  otherwise %s  twin %s  match %s", tg_mode_text(rule->mode),
        tg_mode_text(rule->otherwise), tg_twin_text(rule->twin), tg_match_text(rule->match));
}

void tg_rule_print(const struct tg_rule *rule, const struct tg_rule_names *names)
{
    char buf[TG_RULE_TEXT_MAX], day[32];

    printf("%-8s %s", tg_kind_text(rule->kind), tg_rule_subject(rule, buf));
    if (rule->target_count)
        printf(" ->");
    for (size_t i = 0; i < rule->target_count; i++)
        printf(" %s", tg_text_name(rule->targets[i], buf));
    if (names && !rule->owner.len)
        printf("  names %zu", names->count);
    else if (names && rule->kind != TG_KIND_TLD && names->exact)
        printf("  exact");
    if (rule->kind == TG_KIND_TLD)
        print_tld(rule);
    if (rule->kind == TG_KIND_BLOCK)
        printf("  mode %s", tg_mode_text(rule->mode));
    if (rule->kind == TG_KIND_TLD || rule->kind == TG_KIND_BLOCK)
        printf("  action %s  severity %s", tg_action_text(rule->action),
            tg_severity_text(rule->severity));
    print_text("reason", rule->reason);
    print_text("ticket", rule->ticket);
    if (rule->until)
        printf("  until %s", tg_text_day(rule->until, day));
    print_text("note", rule->note);
}

static json_t *json_targets(const struct tg_rule *rule)
{
    json_t *targets = json_array();

    for (size_t i = 0; i < rule->target_count; i++)
        json_array_append_new(targets, tg_tool_name(rule->targets[i]));
    return targets;
}

static json_t *json_tld(const struct tg_rule *rule)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "tld",
        tg_tool_name(rule->owner), "targets", json_targets(rule), "mode", tg_mode_text(rule->mode),
        "otherwise", tg_mode_text(rule->otherwise), "twin", tg_twin_text(rule->twin), "match",
        tg_match_text(rule->match), "action", tg_action_text(rule->action), "severity",
        tg_severity_text(rule->severity), "note", tg_tool_text(rule->note));
}

/* What the other kinds share: of whom they speak. */
static json_t *json_names(const struct tg_rule *rule, const struct tg_rule_names *names)
{
    json_t *object;

    if (rule->owner.len == 0)
        return json_pack("{s:o, s:o}", "list", tg_tool_text(rule->file), "names",
            names ? json_integer((json_int_t)names->count) : json_null());
    object = json_pack("{s:o}", "name", tg_tool_name(rule->owner));
    if (names)
        json_object_set_new(object, "match", json_string(names->exact ? "exact" : "subtree"));
    return object;
}

static void add_allow(json_t *object, const struct tg_rule *rule)
{
    char day[32];

    json_object_set_new(object, "reason", tg_tool_text(rule->reason));
    json_object_set_new(object, "ticket", tg_tool_text(rule->ticket));
    json_object_set_new(
        object, "until", rule->until ? json_string(tg_text_day(rule->until, day)) : json_null());
}

static void add_block(json_t *object, const struct tg_rule *rule)
{
    json_object_set_new(
        object, "target", rule->target_count ? tg_tool_name(rule->targets[0]) : json_null());
    json_object_set_new(object, "mode", json_string(tg_mode_text(rule->mode)));
    json_object_set_new(object, "action", json_string(tg_action_text(rule->action)));
    json_object_set_new(object, "severity", json_string(tg_severity_text(rule->severity)));
}

json_t *tg_json_rule(const struct tg_rule *rule, const struct tg_rule_names *names)
{
    json_t *object = rule->kind == TG_KIND_TLD ? json_tld(rule) : json_names(rule, names);

    if (rule->kind == TG_KIND_ALLOW)
        add_allow(object, rule);
    else if (rule->kind == TG_KIND_BLOCK)
        add_block(object, rule);
    if (rule->kind != TG_KIND_TLD)
        json_object_set_new(object, "note", tg_tool_text(rule->note));
    return object;
}

json_t *tg_json_group(const struct tg_group *group)
{
    char name[TG_DNAME_TEXT_MAX];
    json_t *modes = json_object();

    for (size_t i = 0; i < group->override_count; i++) {
        const struct tg_override *o = &group->overrides[i];
        json_object_set_new(modes, o->tld.len ? tg_text_name(o->tld, name) : "*",
            json_string(tg_mode_text(o->mode)));
    }
    return json_pack("{s:o, s:o}", "group", tg_tool_text(group->name), "mode", modes);
}

json_t *tg_json_canary(const struct tg_canary *canary)
{
    char type[16];

    return json_pack("{s:o, s:s, s:s}", "name", tg_tool_name(canary->qname), "type",
        tg_rrtype_text(canary->qtype, type), "expect", tg_expect_text(canary->expect));
}

static json_t *json_addresses(int family, const void *first, size_t size, size_t count)
{
    char text[INET6_ADDRSTRLEN];
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
            json_string(inet_ntop(family, (const char *)first + i * size, text, sizeof(text))));
    return list;
}

json_t *tg_json_answer(const struct tg_answer *a)
{
    return json_pack("{s:I, s:{s:o, s:o}, s:o, s:{s:o, s:o, s:o}}", "ttl", (json_int_t)a->ttl,
        "soa", "mname", tg_tool_name(a->mname), "rname", tg_tool_name(a->rname), "contact",
        tg_tool_text(a->contact), "sinkhole", "a",
        json_addresses(AF_INET, a->a, sizeof(a->a[0]), a->a_count), "aaaa",
        json_addresses(AF_INET6, a->aaaa, sizeof(a->aaaa[0]), a->aaaa_count), "mx",
        a->mx.len ? tg_tool_name(a->mx) : json_null());
}
