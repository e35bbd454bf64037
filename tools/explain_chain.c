/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* How a verdict came about. What is looked up here is only told; tg_decide() decided. */
#include <stdarg.h>
#include <string.h>

#include "tools/explain.h"

/* Three names, and a text of the policy. */
#define SAYS_MAX (3 * TG_DNAME_TEXT_MAX + 2 * TG_TEXT_MAX)

struct chain {
    const struct tg_image *image;
    const struct tg_question *question;
    const struct tg_verdict *verdict;
    json_t *steps;
};

/* What a name, or one above it, is in the policy. */
enum entry_kind { ENTRY_ALLOW, ENTRY_BLOCK, ENTRY_PROTECT };

static void say(struct chain *c, const char *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct chain *c, const char *step, const char *fmt, ...)
{
    char text[SAYS_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    json_array_append_new(
        c->steps, json_pack("{s:s, s:o}", "step", step, "says", tg_tool_text(text)));
}

static struct tg_name below(struct tg_name name, size_t at)
{
    return (struct tg_name){name.wire + at, name.len - at};
}

/* The rule of a kind for this very name; itself: it is the one that was asked for. */
static const struct tg_rule *entry_of(
    const struct chain *c, enum entry_kind kind, struct tg_name name, bool itself)
{
    struct tg_image_name known;

    if (!tg_image_name(c->image, name, &known))
        return NULL;
    switch (kind) {
    case ENTRY_ALLOW:
        return itself || !known.allow_exact ? known.allow : NULL;
    case ENTRY_BLOCK:
        return itself || !known.block_exact ? known.block : NULL;
    case ENTRY_PROTECT:
        return itself || !known.protect_exact ? known.protect : NULL;
    }
    return NULL;
}

/* The longest name, at or above the given one, of a kind. len 0: none. */
static struct tg_name find(const struct chain *c, enum entry_kind kind, struct tg_name name)
{
    uint8_t labels[TG_LABELS_MAX];
    const size_t count = tg_dname_labels(name.wire, labels);

    for (size_t i = 0; i < count; i++)
        if (entry_of(c, kind, below(name, labels[i]), i == 0))
            return below(name, labels[i]);
    return (struct tg_name){0};
}

/* The longest prefix that holds a client. */
struct search {
    const struct tg_address *client;
    struct tg_subnet best;
    bool found;
};

static bool find_subnet(void *arg, const struct tg_subnet *subnet)
{
    struct search *search = arg;
    const size_t whole = subnet->length / 8, rest = subnet->length % 8;

    if (memcmp(subnet->prefix.octets, search->client->octets, whole) != 0)
        return true;
    if (rest && (subnet->prefix.octets[whole] ^ search->client->octets[whole]) >> (8 - rest))
        return true;
    if (!search->found || subnet->length > search->best.length)
        search->best = *subnet;
    search->found = true;
    return true;
}

static void say_client(struct chain *c)
{
    struct search search = {.client = c->question->client};
    char client[INET6_ADDRSTRLEN], subnet[64];

    if (!search.client) {
        say(c, "client", "none given: no group applies");
        return;
    }
    tg_image_each_subnet(c->image, find_subnet, &search);
    if (search.found)
        say(c, "client", "%s is in group %s (%s)", tg_text_address(search.client, client),
            tg_image_group(c->image, search.best.group)->name,
            tg_text_subnet(&search.best, subnet));
    else
        say(c, "client", "%s is in no group", tg_text_address(search.client, client));
}

static bool ended(const struct tg_rule *rule, uint32_t today)
{
    return today && rule->until && today > rule->until;
}

static void say_allowed(struct chain *c, struct tg_name name, const struct tg_rule *rule)
{
    char text[TG_DNAME_TEXT_MAX], day[32];
    const bool end = ended(rule, c->question->today);

    say(c, "allow", "%s%s%s%s%s%s%s%s%s%s", tg_text_name(name, text),
        end ? " would be allowed, but that ended on " : " is allowed",
        end ? tg_text_day(rule->until, day) : "", !end && rule->until ? " until " : "",
        !end && rule->until ? tg_text_day(rule->until, day) : "", rule->reason ? ": " : "",
        rule->reason ? rule->reason : "", rule->ticket ? " (" : "",
        rule->ticket ? rule->ticket : "", rule->ticket ? ")" : "");
}

/* Allows that have ended are told, and passed over. */
static void say_allow(struct chain *c)
{
    const struct tg_name qname = c->question->qname;
    uint8_t labels[TG_LABELS_MAX];
    const size_t count = tg_dname_labels(qname.wire, labels);

    for (size_t i = 0; i < count; i++) {
        const struct tg_rule *rule = entry_of(c, ENTRY_ALLOW, below(qname, labels[i]), i == 0);
        if (!rule)
            continue;
        say_allowed(c, below(qname, labels[i]), rule);
        if (!ended(rule, c->question->today))
            return;
    }
    if (c->verdict->reason != TG_REASON_ALLOW)
        say(c, "allow", "no allow applies");
}

static void say_protect(struct chain *c)
{
    const struct tg_name found = find(c, ENTRY_PROTECT, c->question->qname);
    char text[TG_DNAME_TEXT_MAX];

    if (found.len)
        say(c, "protect", "at or below the protected %s: no rule touches it",
            tg_text_name(found, text));
    else
        say(c, "protect", "not a protected name itself");
}

static void say_block(struct chain *c)
{
    const struct tg_rule *rule = c->verdict->rule;
    const struct tg_name found = below(c->question->qname, c->verdict->owner_at);
    char name[TG_DNAME_TEXT_MAX], subject[TG_RULE_TEXT_MAX];

    if (c->verdict->reason != TG_REASON_BLOCK) {
        say(c, "block", "no block applies");
        return;
    }
    say(c, "block", "%s is blocked by %s%s: mode %s, action %s, severity %s",
        tg_text_name(found, name), rule->owner.len ? "its own entry" : "the ",
        rule->owner.len ? "" : tg_rule_subject(rule, subject), tg_mode_text(rule->mode),
        tg_action_text(rule->action), tg_severity_text(rule->severity));
    if (rule->note)
        say(c, "note", "%s", rule->note);
}

static void say_tld(struct chain *c)
{
    const struct tg_rule *rule = c->verdict->rule;
    char owner[TG_DNAME_TEXT_MAX], target[TG_DNAME_TEXT_MAX], targets[TG_TEXT_MAX] = "";
    size_t used = 0;

    if (!rule) {
        say(c, "tld", "no rule for its TLD");
        return;
    }
    for (size_t i = 0; i < rule->target_count && used < sizeof(targets); i++)
        used += (size_t)snprintf(targets + used, sizeof(targets) - used, "%s%s", i ? ", " : "",
            tg_text_name(rule->targets[i], target));
    say(c, "tld", "%s is taken for %s: mode %s%s%s, action %s, severity %s",
        tg_text_name(rule->owner, owner), targets, tg_mode_text(rule->mode),
        rule->otherwise != rule->mode ? " when the twin is known, otherwise " : "",
        rule->otherwise != rule->mode ? tg_mode_text(rule->otherwise) : "",
        tg_action_text(rule->action), tg_severity_text(rule->severity));
    if (rule->note)
        say(c, "note", "%s", rule->note);
}

static void say_match(struct chain *c)
{
    char owner[TG_DNAME_TEXT_MAX], text[TG_DNAME_TEXT_MAX];
    const struct tg_name suffix = below(c->question->qname, c->verdict->owner_at);

    if (c->verdict->rule->match == TG_MATCH_ALL)
        return;
    tg_text_name(c->verdict->rule->owner, owner);
    if (c->verdict->reason == TG_REASON_SUFFIX)
        say(c, "match",
            "the rule means names directly under %s, and this one is at or under the "
            "public suffix %s",
            owner, tg_text_name(suffix, text));
    else
        say(c, "match",
            "the rule means names directly under %s, and this one is: it is under no "
            "public suffix below it",
            owner);
}

static void say_twin(struct chain *c)
{
    const struct tg_verdict *v = c->verdict;
    const struct tg_name twin = {v->twin, v->twin_len};
    char text[TG_DNAME_TEXT_MAX], by[TG_DNAME_TEXT_MAX];

    if (twin.len == 0) {
        say(c, "twin", "none");
        return;
    }
    tg_text_name(twin, text);
    switch (v->known) {
    case TG_KNOWN_NOT_ASKED:
        say(c, "twin", "%s: whether it is known is not asked", text);
        return;
    case TG_KNOWN_LISTED:
        say(c, "twin", "%s: known, at or below the protected %s", text,
            tg_text_name(find(c, ENTRY_PROTECT, twin), by));
        return;
    case TG_KNOWN_FOUND:
        say(c, "twin", "%s: known, a look-up has found it", text);
        return;
    case TG_KNOWN_FAILED:
        say(c, "twin", "%s: no protected name, and looking it up has failed", text);
        return;
    case TG_KNOWN_NOT:
        say(c, "twin", "%s: not known, for no protected name is at or above it", text);
        return;
    case TG_KNOWN_ASK:
        say(c, "twin",
            "%s: no protected name; the resolver looks it up in DNS, and what follows "
            "is for one that does not exist",
            text);
        return;
    }
}

/* What the rule says, without the client's group. */
static enum tg_mode rule_mode(const struct tg_verdict *v)
{
    const bool mode = v->rule->kind != TG_KIND_TLD || tg_known_takes_mode(v->known);

    return mode ? v->rule->mode : v->rule->otherwise;
}

static const char *mode_because(const struct tg_verdict *v)
{
    if (v->rule->kind != TG_KIND_TLD || v->rule->mode == v->rule->otherwise)
        return "so says the rule";
    if (v->known == TG_KNOWN_LISTED || v->known == TG_KNOWN_FOUND)
        return "so says the rule, as the twin is known";
    if (v->known == TG_KNOWN_NOT_ASKED)
        return "so says the rule, whatever the twin";
    return "so says the rule (otherwise), as the twin is not known";
}

static void say_mode(struct chain *c)
{
    const struct tg_verdict *v = c->verdict;
    const struct tg_name qname = c->question->qname;
    const struct tg_name tld = below(qname, tg_dname_last_label(qname.wire));
    char name[TG_DNAME_TEXT_MAX];

    if (!v->group) {
        say(c, "mode", "%s: %s", tg_mode_text(v->mode), mode_because(v));
        return;
    }
    for (size_t i = 0; i < v->group->override_count; i++) {
        const struct tg_override *o = &v->group->overrides[i];
        if (o->tld.len && !tg_dname_equal(o->tld, tld))
            continue;
        say(c, "mode", "%s: so says group %s %s%s; the rule says %s", tg_mode_text(v->mode),
            v->group->name, o->tld.len ? "for " : "for every rule",
            o->tld.len ? tg_text_name(o->tld, name) : "", tg_mode_text(rule_mode(v)));
        return;
    }
}

json_t *tg_explain_chain(const struct tg_image *image, const struct tg_question *question,
    const struct tg_verdict *verdict)
{
    struct chain c = {image, question, verdict, json_array()};

    say_client(&c);
    say_allow(&c);
    if (verdict->reason == TG_REASON_ALLOW)
        return c.steps;
    say_protect(&c);
    if (verdict->reason == TG_REASON_PROTECT)
        return c.steps;
    say_block(&c);
    if (verdict->reason != TG_REASON_BLOCK) {
        say_tld(&c);
        if (!verdict->rule)
            return c.steps;
        say_match(&c);
        if (verdict->reason == TG_REASON_SUFFIX)
            return c.steps;
    }
    say_twin(&c);
    say_mode(&c);
    return c.steps;
}
