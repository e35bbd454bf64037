/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A landing page for nginx: which names browsers are sent to the sinkhole for, and what was meant.
 * Who comes by was sent here by the resolver, whatever made it do so: a group, a look-up of the
 * twin or a mode. So what is written of a name is its rule and its twin, if that rule has the
 * action sinkhole, and nothing of modes.
 */
#include <string.h>

#include "tools/export_nginx.h"

enum { OCTETS };
static const char *const reasons[] = {
    [OCTETS] = "octets that no browser asks for: the page does not tell what was meant",
};

/* What the page says of a name. */
struct meant {
    const struct tg_rule *rule; /* NULL: nothing */
    struct tg_name target; /* what stands in the twin where the rule's name stands in the name */
    uint8_t wire[TG_DNAME_MAX]; /* its octets */
    bool ours; /* the twin is a protected name: who wrote the policy vouches for it */
};

static void decide(const struct tg_export *ex, struct tg_name name, struct tg_verdict *verdict)
{
    const struct tg_question question = {
        .qname = name, .qtype = TG_TYPE_A, .qclass = TG_CLASS_IN, .today = ex->today};

    tg_decide(ex->image, &question, verdict);
}

static void find(const struct tg_export *ex, struct tg_name name, struct meant *meant)
{
    struct tg_verdict verdict, of_twin;

    meant->rule = NULL;
    decide(ex, name, &verdict);
    if (verdict.reason != TG_REASON_BLOCK && verdict.reason != TG_REASON_TLD)
        return;
    if (verdict.action != TG_ACTION_SINKHOLE || verdict.twin_len == 0)
        return;
    decide(ex, (struct tg_name){verdict.twin, verdict.twin_len}, &of_twin);
    meant->rule = verdict.rule;
    meant->ours = of_twin.reason == TG_REASON_PROTECT;
    meant->target = (struct tg_name){meant->wire, verdict.twin_len - verdict.owner_at};
    memcpy(meant->wire, verdict.twin + verdict.owner_at, meant->target.len);
}

/* Of a name below it that is not listed. There is none below the longest. */
static void find_below(const struct tg_export *ex, struct tg_name name, struct meant *meant)
{
    uint8_t wire[2 + TG_DNAME_MAX];
    const struct tg_name below = tg_export_below(name, wire);

    find(ex, below.len == 0 ? name : below, meant);
}

static bool same(const struct meant *a, const struct meant *b)
{
    if (!a->rule || !b->rule)
        return a->rule == b->rule;
    return a->rule == b->rule && a->ours == b->ours && tg_dname_equal(a->target, b->target);
}

/* In a map of nginx these are no names. */
static bool is_word(const char *text)
{
    static const char *const words[] = {"default", "hostnames", "include", "volatile"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* One line of the map; before is what nginx has for a name alone, its subtree, or what is below. */
static void put(
    struct tg_export *ex, const char *before, struct tg_name name, const struct meant *meant)
{
    char text[TG_DNAME_TEXT_MAX], owner[TG_DNAME_TEXT_MAX], target[TG_DNAME_TEXT_MAX];

    (void)tg_text_name(name, text);
    if (*before == '\0' && is_word(text))
        before = "\\";
    if (!meant->rule)
        fprintf(ex->out, "    %s%s \"\";\n", before, text);
    else
        fprintf(ex->out, "    %s%s \"%s %s %s\";\n", before, text, meant->ours ? "ours" : "guess",
            tg_text_name(meant->rule->owner, owner), tg_text_name(meant->target, target));
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    const struct tg_name name = node->name;
    const size_t parent = (size_t)name.wire[0] + 1;
    struct meant self, below, above = {0};

    if (name.wire[parent] != 0)
        find_below(ex, (struct tg_name){name.wire + parent, name.len - parent}, &above);
    find(ex, name, &self);
    find_below(ex, name, &below);
    if (same(&self, &above) && same(&below, &above))
        return;
    /* Names of other octets are possible, and browsers ask for none of them. */
    if (!tg_export_is_plain(name) || (self.rule && !tg_export_is_plain(self.target)) ||
        (below.rule && !tg_export_is_plain(below.target))) {
        tg_export_skip(ex, OCTETS, name, '#');
        return;
    }
    ex->written++;
    if (same(&self, &below)) {
        put(ex, ".", name, &self);
        return;
    }
    if (!same(&self, &above))
        put(ex, "", name, &self);
    if (!same(&below, &above))
        put(ex, "*.", name, &below);
}

static void begin(struct tg_export *ex)
{
    tg_export_head(ex, '#');
    fputs("# The page that browsers get at the sinkhole address, for nginx: to be included within\n"
          "# http { }, as Debian's nginx includes what is in /etc/nginx/sites-enabled. The "
          "addresses\n"
          "# below must be this host's, and nothing may listen on port 443 of them.\n"
          "\n"
          "# Long names, and many. nginx takes these two once in all of its configuration.\n"
          "map_hash_bucket_size 512;\n"
          "map_hash_max_size 262144;\n"
          "\n"
          "# What was asked for, to be shown; then the same if it is a name, else nothing.\n"
          "map $host $tldguard_asked {\n"
          "    default \"(no name)\";\n"
          "    \"~^(?<tldguard_text>.{1,253})$\" $tldguard_text;\n"
          "}\n"
          "map $host $tldguard_name {\n"
          "    default \"\";\n"
          "    \"~^(?=.{1,253}$)[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*$\" $host;\n"
          "}\n"
          "\n"
          "# Whether the twin is a protected name (ours) or not (guess), which name of a rule "
          "stands at\n"
          "# the end of what was asked for, and what was meant in its place.\n"
          "map $tldguard_name $tldguard_says {\n"
          "    hostnames;\n"
          "    default \"\";\n",
        ex->out);
}

static void end(struct tg_export *ex)
{
    fputs("}\n"
          "\n"
          "# The same in parts: \"www.army.ml guess ml mil\" is www.army., ml and mil.\n"
          "map \"$tldguard_name $tldguard_says\" $tldguard_kind {\n"
          "    default none;\n"
          "    \"~^(?<tldguard_front>(?:[^ ]+\\.)?)(?<tldguard_rule>[^ ]+) "
          "(?<tldguard_sure>ours|guess) "
          "\\k<tldguard_rule> (?<tldguard_target>[^ ]+)$\" $tldguard_sure;\n"
          "}\n"
          "\n",
        ex->out);
    tg_landing_maps(ex->out);
    tg_landing_server(ex);
    tg_export_tail(ex, '#');
}

/* Without an address there is nothing to listen on; with one, the rules that lead to it may be the
 * next step. */
static bool fit(const struct tg_export *ex, const char *source, struct tg_diags *diags)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);

    if (answer->a_count == 0 && answer->aaaa_count == 0) {
        tg_diags_add(diags, TG_DIAG_ERROR, source, 0, 0, NULL,
            "no address that browsers could be sent to: give 'answer' a 'sinkhole' with 'a' or "
            "'aaaa'");
        return false;
    }
    for (size_t i = 0; i < tg_image_rule_count(ex->image); i++)
        if (tg_image_rule(ex->image, i)->action == TG_ACTION_SINKHOLE)
            return true;
    if (!ex->quiet)
        tg_diags_add(diags, TG_DIAG_NOTE, source, 0, 0, NULL,
            "no browser is sent to the page: no rule has 'action: sinkhole'");
    return true;
}

const struct tg_export_writer tg_export_nginx = {
    .reasons = reasons,
    .reason_count = sizeof(reasons) / sizeof(reasons[0]),
    .fit = fit,
    .begin = begin,
    .node = write_node,
    .end = end,
    .twins_alone = true,
};
