/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What entries say of one name, and of the names above and below it. */
#include <string.h>

#include "check.h"

/* True when a TLD's rule does something to a name below it. */
static bool speaks_of(const struct tg_walk *w, const struct tg_rule *tld, struct tg_name name)
{
    if (tld->mode == TG_MODE_OFF && tld->otherwise == TG_MODE_OFF)
        return false;
    return tld->match == TG_MATCH_ALL || !tg_parse_under_suffix(w->p->policy, name);
}

/* Two TLD rules of one name, or a TLD that some rule protects. */
static void check_tlds(struct tg_walk *w, const struct tg_group_items *group)
{
    const struct tg_item *tld = group->of[TG_ROLE_TLD].first;
    const struct tg_item *protector = NULL;
    char text[TG_DNAME_TEXT_MAX];
    char other[TG_DNAME_TEXT_MAX];
    char place[TG_WHERE_MAX];
    tg_item_text(w, tld, text);
    for (const struct tg_item *again = tld + 1; again < group->of[TG_ROLE_TLD].end; again++)
        if (tg_check_wanted(w, again, true))
            tg_check_say(w, again, true, "TLD '%s' is listed twice; the first is %s", text,
                tg_item_where(w, tld, again, place));
    const struct tg_range targets = group->of[TG_ROLE_TARGET];
    for (const struct tg_item *item = targets.first; item < targets.end; item++) {
        if (tg_item_rule(w, item)->kind != TG_KIND_TLD)
            continue;
        if (!tg_dname_equal(tg_item_rule(w, item)->owner, tg_item_rule(w, tld)->owner))
            protector = item;
        else if (tg_check_wanted(w, item, true))
            tg_check_say(
                w, item, true, "'%s' is its own target; name the TLDs it is taken for", text);
    }
    if (!protector || !tg_check_wanted(w, tld, true))
        return;
    tg_dname_to_text(
        tg_item_rule(w, protector)->owner.wire, tg_item_rule(w, protector)->owner.len, other);
    tg_check_say(w, tld, true,
        "'%s' is a target of '%s' %s; a TLD that is protected cannot be a risk itself", text, other,
        tg_item_where(w, protector, tld, place));
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_target(const struct tg_rule *a, const struct tg_rule *b)
{
    return a->target_count == b->target_count &&
           (a->target_count == 0 || tg_dname_equal(a->targets[0], b->targets[0]));
}

/* The key in which two entries of one kind differ; NULL: they say the same. What only people
 * read counts where people wrote it, name by name. */
static const char *difference(
    const struct tg_walk *w, const struct tg_item *first, const struct tg_item *again, bool match)
{
    const struct tg_rule *a = tg_item_rule(w, first);
    const struct tg_rule *b = tg_item_rule(w, again);
    if (match && tg_item_exact(w, first) != tg_item_exact(w, again))
        return "match";
    if (a->until != b->until)
        return "until";
    if (a->mode != b->mode)
        return "mode";
    if (a->action != b->action)
        return "action";
    if (a->severity != b->severity)
        return "severity";
    if (!same_target(a, b))
        return "target";
    if (!match || a->file || b->file)
        return NULL;
    return !same_text(a->reason, b->reason)   ? "reason"
           : !same_text(a->ticket, b->ticket) ? "ticket"
                                              : NULL;
}

static const char *done_text(const struct tg_item *item)
{
    return item->role == TG_ROLE_PROTECT ? "protected"
           : item->role == TG_ROLE_ALLOW ? "allowed"
                                         : "blocked";
}

/* A name that is given again, of the same kind. */
static void check_again(struct tg_walk *w, const struct tg_item *first, const struct tg_item *again)
{
    char text[TG_DNAME_TEXT_MAX];
    char place[TG_WHERE_MAX];
    struct tg_spot spot = tg_item_spot(w, again);
    w->dropped[again->ref] = true;
    if (spot.source > 0 && spot.source == tg_item_spot(w, first).source) {
        /* "a" and "*.a" in one list are a and all below */
        w->p->names[first->ref].exact = tg_item_exact(w, first) && tg_item_exact(w, again);
        w->tallies[spot.source].repeated++;
        return;
    }
    const char *differs = difference(w, first, again, true);
    if (!tg_check_wanted(w, again, differs != NULL))
        return;
    tg_item_text(w, again, text);
    tg_item_where(w, first, again, place);
    if (differs)
        tg_check_say(w, again, true, "'%s' is %s twice, with another '%s'; the first is %s", text,
            done_text(again), differs, place);
    else
        tg_check_say(
            w, again, false, "'%s' is %s twice; the first is %s", text, done_text(again), place);
}

/* An entry below another that says the same. */
static void check_covered(struct tg_walk *w, const struct tg_item *item)
{
    const struct tg_stack *stack = &w->over[item->role];
    if (stack->count == 0)
        return;
    const struct tg_item *over = stack->items[stack->count - 1];
    const struct tg_rule *a = tg_item_rule(w, over);
    const struct tg_rule *b = tg_item_rule(w, item);
    struct tg_spot spot = tg_item_spot(w, item);
    /* an allow that ends sooner covers another no longer than that */
    if (item->role == TG_ROLE_ALLOW && a->until != 0 && (b->until == 0 || b->until > a->until))
        return;
    if (item->role == TG_ROLE_BLOCK && difference(w, over, item, false))
        return;
    if (spot.source > 0 && spot.source == tg_item_spot(w, over).source) {
        w->tallies[spot.source].covered++;
        return;
    }
    tg_check_say_two(w, item, over, false,
        item->role == TG_ROLE_PROTECT ? "'%s' is protected already by '%s' %s"
        : item->role == TG_ROLE_ALLOW ? "'%s' is allowed already by '%s' %s"
                                      : "'%s' is blocked already by '%s' %s");
}

/* What is ours must not be a risk. */
static void check_protect(struct tg_walk *w, const struct tg_item *item)
{
    char text[TG_DNAME_TEXT_MAX];
    const struct tg_stack *blocks = &w->over[TG_ROLE_BLOCK];
    if (blocks->count > 0)
        tg_check_say_two(w, blocks->items[blocks->count - 1], item, true,
            "blocking all of '%s' speaks of '%s', which is protected %s");
    if (w->tld && speaks_of(w, tg_item_rule(w, w->tld), tg_item_name(w, item)))
        tg_check_say_two(w, item, w->tld, true,
            "'%s' is protected, but the rule of '%s' %s speaks of it; protect the names that "
            "people mean, and allow this one");
    else if (!w->twin && !w->p->tlds_bad && tg_check_wanted(w, item, false)) {
        const struct tg_name name = tg_item_name(w, item);
        size_t last = tg_dname_last_label(name.wire);
        char tld[TG_DNAME_TEXT_MAX];
        tg_dname_to_text(name.wire + last, name.len - last, tld);
        tg_check_say(w, item, false,
            "protecting '%s' makes no difference: no entry of 'tlds' with a 'twin' has the "
            "target '%s'",
            tg_item_text(w, item, text), tld);
    } else {
        check_covered(w, item);
    }
}

/* True when a block lies below an allow: what stands behind it, while it is below. */
static bool has_block_below(const struct tg_walk *w, const struct tg_item *allow)
{
    const struct tg_item *end = w->items + w->count;
    for (const struct tg_item *item = allow + 1; item < end && tg_item_at_or_above(allow, item);
         item++)
        if (item->role == TG_ROLE_BLOCK)
            return true;
    return false;
}

static void no_effect(struct tg_walk *w, const struct tg_item *allow)
{
    char text[TG_DNAME_TEXT_MAX];
    char other[TG_DNAME_TEXT_MAX];
    char place[TG_WHERE_MAX];
    const struct tg_name name = tg_item_name(w, allow);
    const struct tg_rule *tld = w->tld ? tg_item_rule(w, w->tld) : NULL;
    if ((!tld && w->p->tlds_bad) || has_block_below(w, allow) || !tg_check_wanted(w, allow, false))
        return;
    size_t last = tg_dname_last_label(name.wire);
    tg_dname_to_text(name.wire + last, name.len - last, other);
    tg_item_text(w, allow, text);
    if (!tld)
        tg_check_say(
            w, allow, false, "allowing '%s' has no effect: no rule is about '%s'", text, other);
    else if (tld->mode == TG_MODE_OFF && tld->otherwise == TG_MODE_OFF)
        tg_check_say(w, allow, false, "allowing '%s' has no effect: the rule %s is off", text,
            tg_item_where(w, w->tld, allow, place));
    else
        tg_check_say(w, allow, false,
            "allowing '%s' has no effect: it is at or below a public suffix, and the rule %s is "
            "direct",
            text, tg_item_where(w, w->tld, allow, place));
}

/* Whether an allow does anything, and contradicts nothing. */
static void check_allow(struct tg_walk *w, const struct tg_group_items *group)
{
    const struct tg_item *allow = group->of[TG_ROLE_ALLOW].first;
    const struct tg_stack *protects = &w->over[TG_ROLE_PROTECT];
    if (group->of[TG_ROLE_TLD].first && !tg_item_exact(w, allow)) {
        tg_check_say_two(w, allow, w->tld, true,
            "allowing all of '%s' contradicts the rule of '%s' %s; set that rule's mode to off "
            "instead");
    } else if (group->of[TG_ROLE_PROTECT].first) {
        tg_check_say_two(w, allow, group->of[TG_ROLE_PROTECT].first, false,
            "allowing '%s' has no effect: '%s' is protected %s");
    } else if (protects->count > 0) {
        tg_check_say_two(w, allow, protects->items[protects->count - 1], false,
            "allowing '%s' has no effect: '%s' is protected %s");
    } else if (w->over[TG_ROLE_BLOCK].count == 0 && !group->of[TG_ROLE_BLOCK].first &&
               !(w->tld && speaks_of(w, tg_item_rule(w, w->tld), tg_item_name(w, allow)))) {
        no_effect(w, allow);
    } else {
        check_covered(w, allow);
    }
}

static void check_block(struct tg_walk *w, const struct tg_group_items *group)
{
    const struct tg_item *block = group->of[TG_ROLE_BLOCK].first;
    const struct tg_stack *protects = &w->over[TG_ROLE_PROTECT];
    const struct tg_stack *allows = &w->over[TG_ROLE_ALLOW];
    const struct tg_item *protect = group->of[TG_ROLE_PROTECT].first;
    const struct tg_item *allow = allows->count > 0 ? allows->items[allows->count - 1] : NULL;
    if (!protect && protects->count > 0)
        protect = protects->items[protects->count - 1];
    if (protect)
        tg_check_say_two(w, block, protect, true, "'%s' cannot be blocked: '%s' is protected %s");
    else if (group->of[TG_ROLE_TARGET].first)
        tg_check_say_two(w, block, group->of[TG_ROLE_TARGET].first, true,
            "'%s' cannot be blocked: '%s' is a target %s");
    else if (group->of[TG_ROLE_TLD].first && !tg_item_exact(w, block))
        tg_check_say_two(w, block, w->tld, true,
            "blocking all of '%s' contradicts the rule of '%s' %s; change that rule instead");
    else if (group->of[TG_ROLE_ALLOW].first)
        tg_check_say_two(w, block, group->of[TG_ROLE_ALLOW].first, true,
            "'%s' is blocked, but '%s' is allowed %s; remove one of them");
    else if (allow && tg_item_rule(w, allow)->until == 0)
        tg_check_say_two(w, block, allow, false, "blocking '%s' has no effect: '%s' is allowed %s");
    else
        check_covered(w, block);
}

/* The target of a block that lies below another block. */
static void check_targets(struct tg_walk *w, const struct tg_group_items *group)
{
    const struct tg_stack *blocks = &w->over[TG_ROLE_BLOCK];
    const struct tg_range targets = group->of[TG_ROLE_TARGET];
    for (const struct tg_item *item = targets.first; item < targets.end; item++) {
        const struct tg_rule *rule = tg_item_rule(w, item);
        if (rule->kind == TG_KIND_TLD && rule->twin != TG_TWIN_NONE)
            w->twin = item;
        if (blocks->count > 0)
            tg_check_say_two(w, item, blocks->items[blocks->count - 1], true,
                "the target '%s' is blocked itself, with all of '%s' %s");
    }
}

void tg_check_name(struct tg_walk *w, const struct tg_group_items *group)
{
    if (group->of[TG_ROLE_TLD].first) {
        w->tld = group->of[TG_ROLE_TLD].first;
        check_tlds(w, group);
    }
    check_targets(w, group);
    if (group->of[TG_ROLE_PROTECT].first)
        check_protect(w, group->of[TG_ROLE_PROTECT].first);
    if (group->of[TG_ROLE_ALLOW].first)
        check_allow(w, group);
    if (group->of[TG_ROLE_BLOCK].first)
        check_block(w, group);
    for (size_t role = TG_ROLE_PROTECT; role < TG_ROLES; role++) {
        const struct tg_range range = group->of[role];
        for (const struct tg_item *again = range.first ? range.first + 1 : NULL; again < range.end;
             again++)
            check_again(w, range.first, again);
    }
}

void tg_check_tallies(struct tg_walk *w)
{
    for (size_t i = 1; i < w->p->source_count; i++) {
        const struct tg_tally *tally = &w->tallies[i];
        struct tg_yaml *doc = w->p->sources[i].doc;
        size_t at = w->p->sources[i].at;
        if (tally->errors > TG_LIST_SHOWN)
            tg_yaml_error(w->p->doc, at, "%zu more errors in '%s' are not shown",
                tally->errors - TG_LIST_SHOWN, doc->name);
        if (tally->warnings > TG_LIST_SHOWN)
            tg_yaml_warn(w->p->doc, at, "%zu more warnings about '%s' are not shown",
                tally->warnings - TG_LIST_SHOWN, doc->name);
        if (tally->repeated + tally->covered > 0)
            tg_yaml_note(w->p->doc, at,
                "'%s' could be shorter: it repeats %zu of its names, and %zu lie below another",
                doc->name, tally->repeated, tally->covered);
    }
}
