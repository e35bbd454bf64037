/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard show: what an image holds, one fact a line, in the order of the policy. */
#include <arpa/inet.h>
#include <inttypes.h>

#include "tools/tool.h"

enum { JSON };
static const struct tg_option options[] = {
    [JSON] = {"json", 'j', NULL, "as JSON"},
    {0},
};

static void show_meta(const struct tg_image_meta *meta)
{
    char buf[65];

    printf("format   %" PRIu32 "\n", meta->format);
    printf("serial   %" PRIu32 "\n", meta->serial);
    printf("created  %s\n", tg_text_time(meta->created, buf));
    printf("tool     tldguard %s\n", meta->tool);
    printf("source   sha256:%s\n", tg_text_digest(meta->digest, buf));
}

static void show_answer(const struct tg_answer *answer)
{
    char name[TG_DNAME_TEXT_MAX], address[INET6_ADDRSTRLEN];

    printf("answer   ttl %" PRIu32 "\n", answer->ttl);
    printf("answer   soa mname %s\n", tg_text_name(answer->mname, name));
    printf("answer   soa rname %s\n", tg_text_name(answer->rname, name));
    if (answer->contact)
        printf("answer   contact %s\n", answer->contact);
    for (size_t i = 0; i < answer->a_count; i++)
        printf("sinkhole a %s\n", inet_ntop(AF_INET, &answer->a[i], address, sizeof(address)));
    for (size_t i = 0; i < answer->aaaa_count; i++)
        printf(
            "sinkhole aaaa %s\n", inet_ntop(AF_INET6, &answer->aaaa[i], address, sizeof(address)));
    if (answer->mx.len)
        printf("sinkhole mx %s\n", tg_text_name(answer->mx, name));
}

static void show_tld(const struct tg_rule *rule)
{
    char name[TG_DNAME_TEXT_MAX];

    printf("tld      %s ->", tg_text_name(rule->owner, name));
    for (size_t i = 0; i < rule->target_count; i++)
        printf(" %s", tg_text_name(rule->targets[i], name));
    printf("  mode %s  action %s  severity %s", tg_mode_text(rule->mode),
        tg_action_text(rule->action), tg_severity_text(rule->severity));
    if (rule->note)
        printf("  note %s", rule->note);
    putchar('\n');
}

static void show_allow(const struct tg_rule *rule)
{
    char name[TG_DNAME_TEXT_MAX];

    printf("allow    %s%s", tg_text_name(rule->owner, name), rule->exact ? "  exact" : "");
    if (rule->reason)
        printf("  reason %s", rule->reason);
    if (rule->ticket)
        printf("  ticket %s", rule->ticket);
    putchar('\n');
}

static int show_text(const struct tg_image *image)
{
    show_meta(tg_image_meta(image));
    show_answer(tg_image_answer(image));
    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        if (rule->kind == TG_KIND_TLD)
            show_tld(rule);
        else
            show_allow(rule);
    }
    return EXIT_FINE;
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

static json_t *json_answer(const struct tg_answer *a)
{
    return json_pack("{s:I, s:{s:o, s:o}, s:o, s:{s:o, s:o, s:o}}", "ttl", (json_int_t)a->ttl,
        "soa", "mname", tg_json_name(a->mname), "rname", tg_json_name(a->rname), "contact",
        tg_json_text(a->contact), "sinkhole", "a",
        json_addresses(AF_INET, a->a, sizeof(a->a[0]), a->a_count), "aaaa",
        json_addresses(AF_INET6, a->aaaa, sizeof(a->aaaa[0]), a->aaaa_count), "mx",
        a->mx.len ? tg_json_name(a->mx) : json_null());
}

static json_t *json_tld(const struct tg_rule *rule)
{
    json_t *targets = json_array();

    for (size_t i = 0; i < rule->target_count; i++)
        json_array_append_new(targets, tg_json_name(rule->targets[i]));
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o}", "tld", tg_json_name(rule->owner), "targets",
        targets, "mode", tg_mode_text(rule->mode), "action", tg_action_text(rule->action),
        "severity", tg_severity_text(rule->severity), "note", tg_json_text(rule->note));
}

static json_t *json_allow(const struct tg_rule *rule)
{
    return json_pack("{s:o, s:s, s:o, s:o}", "name", tg_json_name(rule->owner), "match",
        rule->exact ? "exact" : "subtree", "reason", tg_json_text(rule->reason), "ticket",
        tg_json_text(rule->ticket));
}

static int show_json(const struct tg_image *image)
{
    const struct tg_image_meta *meta = tg_image_meta(image);
    json_t *tlds = json_array(), *allow = json_array();
    char created[32], digest[65];

    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        if (rule->kind == TG_KIND_TLD)
            json_array_append_new(tlds, json_tld(rule));
        else
            json_array_append_new(allow, json_allow(rule));
    }
    return tg_text_json(
        json_pack("{s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:o}", "format", (json_int_t)meta->format,
            "serial", (json_int_t)meta->serial, "created", tg_text_time(meta->created, created),
            "tool", meta->tool, "source_sha256", tg_text_digest(meta->digest, digest), "answer",
            json_answer(tg_image_answer(image)), "tlds", tlds, "allow", allow));
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_image *image = NULL;
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code >= 0)
        return code;
    diags = tg_diags_create();
    if (tg_image_open(p.argv[0], &image, diags) != TG_OK)
        code = EXIT_BROKEN;
    else
        code = p.value[JSON] ? show_json(image) : show_text(image);
    tg_text_diags(diags, false);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_show = {
    .name = "show",
    .arguments = "IMAGE",
    .summary = "Show what an image holds, readable and diffable.",
    .example = "tldguard show /var/lib/tldguard/policy.cdb",
    .options = options,
    .run = run,
};
