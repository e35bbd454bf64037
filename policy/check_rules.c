/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What is wrong with single rules, given the answer, the day and the lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define DAYS_AHEAD       7   /* how long before its end an allow is warned of */
#define POPULAR_MIN      100 /* popular names that make a TLD one that people mean */
#define POPULAR_SIZE_MAX ((size_t)1024 * 1024)

static void check_sinkhole(struct tg_parse *p)
{
    const struct tg_answer *answer = &p->policy->answer;
    if (p->answer_bad || answer->a_count + answer->aaaa_count > 0)
        return;
    for (size_t i = 0; i < p->policy->rule_count; i++)
        if (p->rules[i].action == TG_ACTION_SINKHOLE)
            tg_yaml_error(p->doc, p->places[i].action,
                "action 'sinkhole' needs an address: give 'a' or 'aaaa' in 'sinkhole' of 'answer'");
}

static bool covers(const struct tg_entry *entry, struct tg_name name)
{
    return entry->exact ? tg_dname_equal(name, entry->name)
                        : tg_dname_is_subdomain(name, entry->name);
}

/* Mail that is sent to the sinkhole must find it. */
static void check_mx(struct tg_parse *p)
{
    struct tg_name mx = p->policy->answer.mx;
    const struct tg_rule *block = NULL;
    unsigned line;
    unsigned col;
    if (!p->mx)
        return;
    for (size_t i = 0; i < p->tld_count; i++) {
        const struct tg_rule *rule = &p->rules[i];
        if (tg_dname_is_subdomain(mx, rule->owner) &&
            (rule->mode == TG_MODE_BLOCK || rule->otherwise == TG_MODE_BLOCK) &&
            !(rule->match == TG_MATCH_DIRECT && tg_parse_under_suffix(p->policy, mx)))
            block = rule;
    }
    for (size_t i = 0; i < p->policy->name_count; i++) {
        const struct tg_rule *rule = &p->rules[p->names[i].rule];
        if (!covers(&p->names[i], mx))
            continue;
        if (rule->kind != TG_KIND_BLOCK)
            return;
        if (rule->mode == TG_MODE_BLOCK)
            block = rule;
    }
    if (!block)
        return;
    tg_yaml_place(p->doc, p->places[block - p->rules].owner, &line, &col);
    tg_yaml_error(p->doc, p->mx->at,
        "the sinkhole's 'mx' is blocked itself by the rule on line %u; use or allow another name",
        line);
}

/* Which names are direct, only the public suffix list tells. */
static void check_direct(struct tg_parse *p)
{
    if (!p->suffix_fault)
        return;
    for (size_t i = 0; i < p->tld_count; i++)
        if (p->rules[i].match == TG_MATCH_DIRECT)
            tg_yaml_error(p->doc, p->places[i].match,
                "'match: direct' needs the public suffix list '%s': %s", p->suffix_path,
                p->suffix_fault);
}

void tg_check_rule_errors(struct tg_parse *p)
{
    check_sinkhole(p);
    check_mx(p);
    check_direct(p);
}

static const char *text_of(struct tg_name name, char text[TG_DNAME_TEXT_MAX])
{
    tg_dname_to_text(name.wire, name.len, text);
    return text;
}

/* What a person waits for in vain: a name under a TLD that the root does not have. */
static void check_delegated(struct tg_parse *p)
{
    char text[TG_DNAME_TEXT_MAX];
    for (size_t i = 0; i < p->tld_count; i++) {
        const struct tg_rule *rule = &p->rules[i];
        if (tg_parse_undelegated(p, rule->owner))
            tg_yaml_warn(p->doc, p->places[i].owner,
                "TLD '%s' is not delegated: the public suffix list lacks it",
                text_of(rule->owner, text));
        for (size_t t = 0; t < rule->target_count; t++)
            if (tg_parse_undelegated(p, rule->targets[t]))
                tg_yaml_warn(p->doc, p->places[i].targets[t],
                    "target '%s' is not delegated: the public suffix list lacks it",
                    text_of(rule->targets[t], text));
    }
}

static bool has_exception(const struct tg_policy *policy, struct tg_name tld)
{
    for (size_t i = 0; i < policy->suffix_count; i++)
        if (policy->suffixes[i].exception && tg_dname_is_subdomain(policy->suffixes[i].name, tld))
            return true;
    return false;
}

/* A TLD all of whose names are public suffixes has no direct ones. */
static void check_empty_direct(struct tg_parse *p)
{
    char text[TG_DNAME_TEXT_MAX];
    for (size_t i = 0; i < p->policy->suffix_count; i++) {
        const struct tg_suffix *suffix = &p->policy->suffixes[i];
        const struct tg_rule *rule = suffix->wildcard ? tg_parse_find_tld(p, suffix->name) : NULL;
        if (rule && !has_exception(p->policy, suffix->name))
            tg_yaml_warn(p->doc, p->places[rule - p->rules].match,
                "'match: direct' leaves nothing of '%s': all names below it are public suffixes",
                text_of(suffix->name, text));
    }
}

static void check_until(struct tg_parse *p)
{
    uint32_t today = p->options->today;
    for (size_t i = 0; i < p->policy->rule_count && today > 0; i++) {
        const struct tg_rule *rule = &p->rules[i];
        uint32_t left = rule->until > today ? rule->until - today : 0;
        if (rule->until == 0 || left > DAYS_AHEAD)
            continue;
        size_t at = p->places[i].until;
        if (rule->until < today)
            tg_yaml_warn(p->doc, at, "this allow has expired, and no longer applies");
        else if (left == 0)
            tg_yaml_warn(p->doc, at, "this allow expires today: it is the last day it applies");
        else
            tg_yaml_warn(p->doc, at, "this allow expires in %u day%s", left, left == 1 ? "" : "s");
    }
}

/* One line of the popular names: TLD, tab, count. */
static void popular_line(struct tg_parse *p, const char *line, size_t len)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t wire_len;
    char text[TG_DNAME_TEXT_MAX];
    const char *tab = memchr(line, '\t', len);
    if (!tab || line[0] == '#' ||
        tg_dname_from_text(line, (size_t)(tab - line), wire, &wire_len, NULL) != TG_OK)
        return;
    const struct tg_name tld = {wire, wire_len};
    const struct tg_rule *rule = tg_parse_find_tld(p, tld);
    unsigned long count = strtoul(tab + 1, NULL, 10); /* a line feed or the NUL ends it */
    if (!rule || count < POPULAR_MIN || rule->mode != TG_MODE_BLOCK || rule->twin != TG_TWIN_NONE ||
        rule->match != TG_MATCH_ALL)
        return;
    tg_yaml_warn(p->doc, p->places[rule - p->rules].owner,
        "%lu of the most popular names are under '%s', and it is blocked without a 'twin'", count,
        text_of(tld, text));
}

static void check_popular(struct tg_parse *p)
{
    char *text = NULL;
    size_t len = 0;
    if (!p->options->popular)
        return;
    int error = tg_yaml_file(p->options->popular, POPULAR_SIZE_MAX, true, &text, &len);
    if (error == ENOMEM)
        p->doc->oom = true;
    else if (error != 0) /* no reason to keep a policy back */
        tg_diags_add(p->doc->diags, TG_DIAG_NOTE, p->options->popular, 0, 0, NULL,
            "cannot be read, so popular TLDs are not warned of: %s", strerror(error));
    for (const char *line = text; line && line < text + len;) {
        const char *end = memchr(line, '\n', (size_t)(text + len - line));
        size_t size = (size_t)((end ? end : text + len) - line);
        popular_line(p, line, size);
        line += size + 1;
    }
    free(text);
}

void tg_check_rule_warnings(struct tg_parse *p)
{
    check_delegated(p);
    check_empty_direct(p);
    check_until(p);
    check_popular(p);
    if (p->tld_count == 0 && p->policy->name_count == 0 && tg_parse_errors(p) == 0)
        tg_yaml_warn(p->doc, p->tlds ? p->tlds->at : p->doc->root->at,
            "no TLD is listed in 'tlds': this policy stops nothing");
}
