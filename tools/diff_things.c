/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What two policies say differently. Each thing they say is a key and a JSON object, so that
 * one merge finds what came, went and changed, and says it field by field. */
#include <stdlib.h>
#include <string.h>

#include "tldguard/rrtype.h"
#include "tools/diff.h"

struct thing {
    char *key;
    json_t *value;
    size_t at; /* in the policy: things of one key keep their order */
};

struct things {
    struct thing *all;
    size_t count;
    size_t room;
    const struct tg_image *image, *other;
    bool failed; /* out of memory */
};

/* Takes the value. */
static void add(struct things *t, const char *key, json_t *value)
{
    if (t->count == t->room) {
        const size_t room = t->room ? 2 * t->room : 256;
        struct thing *all = realloc(t->all, room * sizeof(*all));
        if (!all) {
            t->failed = true;
            json_decref(value);
            return;
        }
        t->all = all;
        t->room = room;
    }
    t->all[t->count] = (struct thing){strdup(key), value, t->count};
    if (!value || !t->all[t->count].key)
        t->failed = true;
    t->count++;
}

static bool add_subnet(void *arg, const struct tg_subnet *subnet)
{
    struct things *t = arg;
    char text[64], key[80];

    (void)snprintf(key, sizeof(key), "subnet %s", tg_text_subnet(subnet, text));
    add(t, key,
        json_pack("{s:o}", "group", tg_tool_text(tg_image_group(t->image, subnet->group)->name)));
    return !t->failed;
}

static void add_rules(struct things *t, const struct tg_rule_names *names)
{
    char subject[TG_RULE_TEXT_MAX], key[TG_RULE_TEXT_MAX + 32];

    for (size_t i = 0; i < tg_image_rule_count(t->image); i++) {
        const struct tg_rule *rule = tg_image_rule(t->image, i);
        (void)snprintf(
            key, sizeof(key), "%s %s", tg_kind_text(rule->kind), tg_rule_subject(rule, subject));
        add(t, key, tg_json_rule(rule, &names[i]));
    }
}

static void add_groups(struct things *t)
{
    char key[TG_TEXT_MAX + 32];

    for (size_t i = 0; i < tg_image_group_count(t->image); i++) {
        const struct tg_group *group = tg_image_group(t->image, i);
        (void)snprintf(key, sizeof(key), "group %s", group->name);
        add(t, key, tg_json_group(group));
    }
}

static void add_canaries(struct things *t)
{
    char name[TG_DNAME_TEXT_MAX], type[16], key[TG_DNAME_TEXT_MAX + 32];

    for (size_t i = 0; i < tg_image_canary_count(t->image); i++) {
        const struct tg_canary *canary = tg_image_canary(t->image, i);
        (void)snprintf(key, sizeof(key), "canary %s %s", tg_text_name(canary->qname, name),
            tg_rrtype_text(canary->qtype, type));
        add(t, key, json_pack("{s:s}", "expect", tg_expect_text(canary->expect)));
    }
}

/* Whether a TLD's rule goes by public suffixes. */
static bool goes_by_suffixes(const struct tg_image *image, struct tg_name tld)
{
    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        if (rule->kind == TG_KIND_TLD && tg_dname_equal(rule->owner, tld))
            return rule->match == TG_MATCH_DIRECT;
    }
    return false;
}

static void add_suffix(struct things *t, const char *sign, const char *name, bool is, bool other)
{
    char key[TG_DNAME_TEXT_MAX + 32];

    if (!is || other)
        return;
    (void)snprintf(key, sizeof(key), "suffix %s%s", sign, name);
    add(t, key, json_object());
}

/* Only what is in one of both: there are thousands. When a TLD begins or ceases to go by them, its
 * rule says so. */
static bool add_suffixes(void *arg, struct tg_name name)
{
    struct things *t = arg;
    const size_t last = tg_dname_last_label(name.wire);
    const struct tg_name tld = {name.wire + last, name.len - last};
    struct tg_image_name here, there;
    char text[TG_DNAME_TEXT_MAX];

    (void)tg_image_name(t->image, name, &here);
    (void)tg_image_name(t->other, name, &there);
    if ((here.suffix && !there.suffix) || (here.suffix_wildcard && !there.suffix_wildcard) ||
        (here.suffix_exception && !there.suffix_exception)) {
        if (!goes_by_suffixes(t->image, tld) || !goes_by_suffixes(t->other, tld))
            return true;
        (void)tg_text_name(name, text);
        add_suffix(t, "", text, here.suffix, there.suffix);
        add_suffix(t, "*.", text, here.suffix_wildcard, there.suffix_wildcard);
        add_suffix(t, "!", text, here.suffix_exception, there.suffix_exception);
    }
    return !t->failed;
}

static int by_key(const void *a, const void *b)
{
    const struct thing *x = a, *y = b;
    const int order = strcmp(x->key, y->key);

    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void collect(struct things *t, const struct tg_image *image, const struct tg_image *other)
{
    struct tg_rule_names *names = tg_rule_names(image);

    *t = (struct things){.image = image, .other = other, .failed = !names};
    add(t, "answer", tg_json_answer(tg_image_answer(image)));
    add(t, "inspect", json_pack("{s:s}", "targets", tg_image_inspects(image) ? "yes" : "no"));
    add(t, "public suffixes",
        json_pack("{s:I}", "count", (json_int_t)tg_image_suffix_count(image)));
    if (names)
        add_rules(t, names);
    add_groups(t);
    tg_image_each_subnet(image, add_subnet, t);
    add_canaries(t);
    tg_image_each_suffix(image, add_suffixes, t);
    free(names);
    if (!t->failed)
        qsort(t->all, t->count, sizeof(t->all[0]), by_key);
}

static void things_fini(struct things *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->all[i].key);
        json_decref(t->all[i].value);
    }
    free(t->all);
}

static void say_one(json_t *list, const struct thing *thing)
{
    json_array_append_new(list, json_pack("{s:s, s:O}", "what", thing->key, "is", thing->value));
}

static void say_changed(json_t *list, const struct thing *old, const struct thing *new)
{
    json_t *fields, *was;
    const char *key;

    if (json_equal(old->value, new->value))
        return;
    fields = json_object();
    json_object_foreach(old->value, key, was)
    {
        json_t *is = json_object_get(new->value, key);
        if (!json_equal(was, is))
            json_object_set_new(fields, key, json_pack("[O, o?]", was, json_incref(is)));
    }
    json_array_append_new(list, json_pack("{s:s, s:o}", "what", new->key, "fields", fields));
}

static json_t *merge(const struct things *old, const struct things *new)
{
    json_t *added = json_array(), *removed = json_array(), *changed = json_array();
    size_t o = 0, n = 0;

    while (o < old->count || n < new->count) {
        int order = o == old->count ? 1 : n == new->count ? -1 : 0;
        if (order == 0)
            order = strcmp(old->all[o].key, new->all[n].key);
        if (order < 0)
            say_one(removed, &old->all[o++]);
        else if (order > 0)
            say_one(added, &new->all[n++]);
        else
            say_changed(changed, &old->all[o++], &new->all[n++]);
    }
    return json_pack("{s:o, s:o, s:o}", "added", added, "removed", removed, "changed", changed);
}

json_t *tg_diff_things(const struct tg_diff_sides *sides)
{
    struct things old, new;
    json_t *result = NULL;

    collect(&old, sides->old, sides->new);
    collect(&new, sides->new, sides->old);
    if (!old.failed && !new.failed)
        result = merge(&old, &new);
    things_fini(&old);
    things_fini(&new);
    return result;
}
