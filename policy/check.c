/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What no single entry can know. All owners and targets are sorted once by
 * their labels from the right, so that equal names stand together and what is
 * below a name stands behind it; one walk then sees every pair that matters.
 * A sort and not a hash table: names come from whoever writes the list.
 */
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* In the order in which equal names are looked at. */
enum role { ROLE_TLD, ROLE_TARGET, ROLE_ALLOW };

struct item {
    const uint8_t *key; /* the labels from the right, each with its length octet; no root */
    uint32_t rule;
    uint8_t len;
    uint8_t role;
};

/* One walk. */
struct walk {
    struct tg_parse *p;
    struct item *items;
    size_t count;
    const struct item *tld;                 /* the listed TLD we are at or below, or NULL */
    const struct item *over[TG_LABELS_MAX]; /* the subtree allows we are below */
    size_t over_count;
    bool *dropped; /* per rule */
};

static int compare(const void *va, const void *vb)
{
    const struct item *a = va;
    const struct item *b = vb;
    int diff = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);
    if (diff != 0)
        return diff;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    if (a->role != b->role)
        return a->role < b->role ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static bool same_name(const struct item *a, const struct item *b)
{
    return a->len == b->len && memcmp(a->key, b->key, a->len) == 0;
}

/* True when a is b or above it: keys are whole labels, so a shorter one that fits is a suffix. */
static bool at_or_above(const struct item *a, const struct item *b)
{
    return a->len <= b->len && memcmp(a->key, b->key, a->len) == 0;
}

static void add_item(struct walk *w, struct tg_name name, size_t rule, enum role role)
{
    uint8_t offsets[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(name.wire, offsets);
    uint8_t *key = tg_arena_alloc(w->p->doc->arena, name.len);
    if (!key) {
        w->p->doc->oom = true;
        return;
    }
    size_t used = 0;
    while (labels-- > 0) {
        size_t len = (size_t)name.wire[offsets[labels]] + 1;
        memcpy(key + used, name.wire + offsets[labels], len);
        used += len;
    }
    w->items[w->count++] = (struct item){key, (uint32_t)rule, (uint8_t)used, (uint8_t)role};
}

static bool collect(struct walk *w)
{
    struct tg_parse *p = w->p;
    size_t size = 0;
    for (size_t i = 0; i < p->policy->rule_count; i++)
        size += 1 + p->rules[i].target_count;
    w->items = tg_arena_array(p->doc->arena, size, sizeof(*w->items));
    w->dropped = tg_arena_array(p->doc->arena, p->policy->rule_count, sizeof(*w->dropped));
    if (!w->items || !w->dropped)
        p->doc->oom = true;
    for (size_t i = 0; i < p->policy->rule_count && !p->doc->oom; i++) {
        const struct tg_rule *rule = &p->rules[i];
        add_item(w, rule->owner, i, rule->kind == TG_KIND_TLD ? ROLE_TLD : ROLE_ALLOW);
        for (size_t t = 0; t < rule->target_count && !p->doc->oom; t++)
            add_item(w, rule->targets[t], i, ROLE_TARGET);
    }
    if (!p->doc->oom && w->count > 0)
        qsort(w->items, w->count, sizeof(*w->items), compare);
    return !p->doc->oom;
}

static unsigned line_of(const struct walk *w, const struct item *item)
{
    unsigned line;
    unsigned col;
    tg_yaml_place(w->p->doc, w->p->places[item->rule].owner, &line, &col);
    return line;
}

static size_t place_of(const struct walk *w, const struct item *item)
{
    return w->p->places[item->rule].owner;
}

static const struct tg_rule *rule_of(const struct walk *w, const struct item *item)
{
    return &w->p->rules[item->rule];
}

static const char *owner_text(
    const struct walk *w, const struct item *item, char text[TG_DNAME_TEXT_MAX])
{
    tg_dname_to_text(rule_of(w, item)->owner.wire, rule_of(w, item)->owner.len, text);
    return text;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Two TLD rules of one name, or a TLD that some rule protects. */
static void check_tlds(struct walk *w, const struct item *first, const struct item *end)
{
    char text[TG_DNAME_TEXT_MAX];
    char other[TG_DNAME_TEXT_MAX];
    const struct item *item = first + 1;
    const struct item *protector = NULL;
    owner_text(w, first, text);
    for (; item < end && item->role == ROLE_TLD; item++)
        tg_yaml_error(w->p->doc, place_of(w, item),
            "TLD '%s' is listed twice; the first is on line %u", text, line_of(w, first));
    for (; item < end && item->role == ROLE_TARGET; item++) {
        if (!tg_dname_equal(rule_of(w, item)->owner, rule_of(w, first)->owner))
            protector = item;
        else
            tg_yaml_error(w->p->doc, place_of(w, item),
                "'%s' is its own target; name the TLDs it is taken for", text);
    }
    if (protector)
        tg_yaml_error(w->p->doc, place_of(w, first),
            "'%s' is a target of '%s' (line %u); a TLD that is protected cannot be a risk itself",
            text, owner_text(w, protector, other), line_of(w, protector));
}

static void check_repeated(struct walk *w, const struct item *first, const struct item *again)
{
    char text[TG_DNAME_TEXT_MAX];
    const struct tg_rule *a = rule_of(w, first);
    const struct tg_rule *b = rule_of(w, again);
    const char *differs = a->exact != b->exact               ? "match"
                          : !same_text(a->reason, b->reason) ? "reason"
                          : !same_text(a->ticket, b->ticket) ? "ticket"
                                                             : NULL;
    owner_text(w, again, text);
    if (differs)
        tg_yaml_error(w->p->doc, place_of(w, again),
            "'%s' is allowed twice, with another '%s'; the first is on line %u", text, differs,
            line_of(w, first));
    else
        tg_yaml_warn(w->p->doc, place_of(w, again),
            "'%s' is allowed twice; the first is on line %u", text, line_of(w, first));
    w->dropped[again->rule] = true;
}

/* Whether an allow does anything; false when it contradicts its TLD's rule. */
static bool check_use(struct walk *w, const struct item *allow)
{
    char text[TG_DNAME_TEXT_MAX];
    char other[TG_DNAME_TEXT_MAX];
    const struct tg_rule *rule = rule_of(w, allow);
    size_t last = tg_dname_last_label(rule->owner.wire);
    size_t at = place_of(w, allow);
    owner_text(w, allow, text);
    if (w->tld && same_name(w->tld, allow) && !rule->exact) {
        tg_yaml_error(w->p->doc, at,
            "allowing all of '%s' contradicts its rule on line %u; set that rule's mode to off "
            "instead",
            text, line_of(w, w->tld));
        return false;
    }
    if (w->tld && rule_of(w, w->tld)->mode == TG_MODE_OFF) {
        tg_yaml_warn(w->p->doc, at, "allowing '%s' has no effect: the rule on line %u is off", text,
            line_of(w, w->tld));
    } else if (!w->tld && !w->p->tlds_bad) {
        tg_dname_to_text(rule->owner.wire + last, rule->owner.len - last, other);
        tg_yaml_warn(
            w->p->doc, at, "allowing '%s' has no effect: no rule is about '%s'", text, other);
    } else if (w->over_count > 0) {
        const struct item *over = w->over[w->over_count - 1];
        tg_yaml_warn(w->p->doc, at, "'%s' is allowed already by '%s' on line %u", text,
            owner_text(w, over, other), line_of(w, over));
    }
    return true;
}

/* All items of one name. */
static void check_group(struct walk *w, const struct item *first, const struct item *end)
{
    while (w->over_count > 0 && !at_or_above(w->over[w->over_count - 1], first))
        w->over_count--;
    if (w->tld && !at_or_above(w->tld, first))
        w->tld = NULL;
    if (first->role == ROLE_TLD) {
        w->tld = first;
        check_tlds(w, first, end);
    }
    const struct item *allow = first;
    while (allow < end && allow->role != ROLE_ALLOW)
        allow++;
    if (allow == end)
        return;
    bool good = check_use(w, allow);
    for (const struct item *again = allow + 1; again < end; again++)
        check_repeated(w, allow, again);
    if (good && !rule_of(w, allow)->exact)
        w->over[w->over_count++] = allow;
}

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

/* Mail that is sent to the sinkhole must find it. */
static void check_mx(struct tg_parse *p)
{
    struct tg_name mx = p->policy->answer.mx;
    const struct tg_rule *block = NULL;
    size_t at = 0;
    if (!p->mx)
        return;
    for (size_t i = 0; i < p->policy->rule_count; i++) {
        const struct tg_rule *rule = &p->rules[i];
        if (!tg_dname_is_subdomain(mx, rule->owner))
            continue;
        if (rule->kind == TG_KIND_ALLOW && (!rule->exact || tg_dname_equal(mx, rule->owner)))
            return;
        if (rule->kind == TG_KIND_TLD && rule->mode == TG_MODE_BLOCK) {
            block = rule;
            at = i;
        }
    }
    if (!block)
        return;
    unsigned line;
    unsigned col;
    tg_yaml_place(p->doc, p->places[at].owner, &line, &col);
    tg_yaml_error(p->doc, p->mx->at,
        "the sinkhole's 'mx' is blocked itself by the rule on line %u; use or allow another name",
        line);
}

static void drop_repeated(const struct walk *w)
{
    struct tg_policy *policy = w->p->policy;
    size_t kept = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (w->dropped[i])
            continue;
        if (kept != i)
            w->p->rules[kept] = w->p->rules[i];
        kept++;
    }
    policy->rule_count = kept;
}

static void walk(struct walk *w)
{
    w->tld = NULL;
    w->over_count = 0;
    for (size_t i = 0; i < w->count;) {
        size_t end = i + 1;
        while (end < w->count && same_name(&w->items[i], &w->items[end]))
            end++;
        check_group(w, &w->items[i], w->items + end);
        i = end;
    }
}

void tg_policy_check(struct tg_parse *p)
{
    struct walk w = {.p = p};
    if (!p->rules || !collect(&w))
        return;
    /* Errors first: a collection of messages is finite, and warnings may be many. */
    p->doc->mute_warnings = true;
    walk(&w);
    p->doc->mute_warnings = false;
    check_sinkhole(p);
    check_mx(p);
    p->doc->mute_errors = true;
    walk(&w);
    p->doc->mute_errors = false;
    bool any_tld = p->policy->rule_count > 0 && p->rules[0].kind == TG_KIND_TLD;
    if (!any_tld && p->doc->errors == 0)
        tg_yaml_warn(p->doc, p->tlds ? p->tlds->at : p->doc->root->at,
            "no TLD is listed in 'tlds': this policy stops nothing");
    drop_repeated(&w);
}
