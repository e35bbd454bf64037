/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard show --json: one element a line, so that a policy of a million names is never in
 * memory as JSON, and two of them can be compared by diff(1). */
#include "tools/show.h"

/* One JSON object that is written as it is made. */
struct stream {
    struct tg_image *image;
    bool failed; /* out of memory */
    bool first;  /* of the array that is open */
};

/* Takes the value. */
static void put(struct stream *s, json_t *value)
{
    if (!value || json_dumpf(value, stdout, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) < 0)
        s->failed = true;
    json_decref(value);
}

static void put_member(struct stream *s, const char *key, json_t *value)
{
    printf("\"%s\":", key);
    put(s, value);
    puts(",");
}

static void put_element(struct stream *s, json_t *value)
{
    fputs(s->first ? "\n" : ",\n", stdout);
    s->first = false;
    put(s, value);
}

static void open_array(struct stream *s, const char *key)
{
    printf("\"%s\":[", key);
    s->first = true;
}

static void put_rules(
    struct stream *s, enum tg_kind kind, const char *key, const struct tg_rule_names *names)
{
    open_array(s, key);
    for (size_t i = 0; i < tg_image_rule_count(s->image); i++) {
        const struct tg_rule *rule = tg_image_rule(s->image, i);
        if (rule->kind == kind)
            put_element(s, tg_json_rule(rule, &names[i]));
    }
    puts("],");
}

static bool put_subnet(void *arg, const struct tg_subnet *subnet)
{
    struct stream *s = arg;
    char text[64];

    put_element(s, json_pack("{s:s, s:o}", "subnet", tg_text_subnet(subnet, text), "group",
                       tg_tool_text(tg_image_group(s->image, subnet->group)->name)));
    return !s->failed;
}

/* Only names of lists: a rule of one name has told it. */
static bool put_name(void *arg, const struct tg_entry *entry)
{
    struct stream *s = arg;
    const struct tg_rule *rule = tg_image_rule(s->image, entry->rule);

    if (rule->owner.len == 0)
        put_element(s, json_pack("{s:o, s:s, s:s, s:o}", "name", tg_tool_name(entry->name), "match",
                           entry->exact ? "exact" : "subtree", "kind", tg_kind_text(rule->kind),
                           "list", tg_tool_text(rule->file)));
    return !s->failed;
}

static void put_meta(struct stream *s)
{
    const struct tg_image_meta *meta = tg_image_meta(s->image);
    char buf[65];

    put_member(s, "format", json_integer(meta->format));
    put_member(s, "serial", json_integer(meta->serial));
    put_member(s, "created", json_string(tg_text_time(meta->created, buf)));
    put_member(s, "tool", tg_tool_text(meta->tool));
    put_member(s, "source_sha256", json_string(tg_text_digest(meta->digest, buf)));
    put_member(s, "answer", tg_json_answer(tg_image_answer(s->image)));
    put_member(s, "inspect_targets", json_boolean(tg_image_inspects(s->image)));
}

int tg_show_json(struct tg_image *image, const struct tg_rule_names *names)
{
    struct stream s = {.image = image};

    puts("{");
    put_meta(&s);
    put_rules(&s, TG_KIND_TLD, "tlds", names);
    put_rules(&s, TG_KIND_PROTECT, "protect", names);
    put_rules(&s, TG_KIND_ALLOW, "allow", names);
    put_rules(&s, TG_KIND_BLOCK, "block", names);
    open_array(&s, "groups");
    for (size_t i = 0; i < tg_image_group_count(image); i++)
        put_element(&s, tg_json_group(tg_image_group(image, i)));
    puts("],");
    open_array(&s, "subnets");
    tg_image_each_subnet(image, put_subnet, &s);
    puts("],");
    open_array(&s, "canary");
    for (size_t i = 0; i < tg_image_canary_count(image); i++)
        put_element(&s, tg_json_canary(tg_image_canary(image, i)));
    puts("],");
    open_array(&s, "names");
    tg_image_each_name(image, put_name, &s);
    puts("],");
    printf("\"public_suffixes\":%zu\n}\n", tg_image_suffix_count(image));
    if (s.failed)
        fputs("tldguard: out of memory\n", stderr);
    return s.failed ? EXIT_BROKEN : EXIT_FINE;
}
