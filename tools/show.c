/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard show: what a policy holds, one fact a line, in the order of its text. Names are
 * written as they come: there may be millions. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tldguard/rrtype.h"
#include "tools/show.h"

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

static void show_group(const struct tg_group *group)
{
    char name[TG_DNAME_TEXT_MAX];

    printf("group    %s ", group->name);
    for (size_t i = 0; i < group->override_count; i++) {
        const struct tg_override *o = &group->overrides[i];
        printf(" mode %s%s%s", o->tld.len ? tg_text_name(o->tld, name) : "", o->tld.len ? " " : "",
            tg_mode_text(o->mode));
    }
    putchar('\n');
}

static bool show_subnet(void *arg, const struct tg_subnet *subnet)
{
    char text[64];

    printf("subnet   %s  group %s\n", tg_text_subnet(subnet, text),
        tg_image_group(arg, subnet->group)->name);
    return true;
}

static void show_canary(const struct tg_canary *canary)
{
    char name[TG_DNAME_TEXT_MAX], type[16];

    printf("canary   %s %s  expect %s\n", tg_text_name(canary->qname, name),
        tg_rrtype_text(canary->qtype, type), tg_expect_text(canary->expect));
}

/* Only names of lists: a rule of one name has told it. */
static bool show_name(void *arg, const struct tg_entry *entry)
{
    const struct tg_rule *rule = tg_image_rule(arg, entry->rule);
    char name[TG_DNAME_TEXT_MAX];

    if (rule->owner.len == 0)
        printf("name     %s  %s %s%s\n", tg_text_name(entry->name, name), tg_kind_text(rule->kind),
            rule->file ? rule->file : "?", entry->exact ? "  exact" : "");
    return true;
}

static int show_text(struct tg_image *image, const struct tg_rule_names *names)
{
    show_meta(tg_image_meta(image));
    show_answer(tg_image_answer(image));
    printf("inspect  targets %s\n", tg_image_inspects(image) ? "yes" : "no");
    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        tg_rule_print(tg_image_rule(image, i), &names[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < tg_image_group_count(image); i++)
        show_group(tg_image_group(image, i));
    tg_image_each_subnet(image, show_subnet, image);
    for (size_t i = 0; i < tg_image_canary_count(image); i++)
        show_canary(tg_image_canary(image, i));
    printf("count    rules %zu  names %zu  groups %zu  subnets %zu  public suffixes %zu\n",
        tg_image_rule_count(image), tg_image_name_count(image), tg_image_group_count(image),
        tg_image_subnet_count(image), tg_image_suffix_count(image));
    tg_image_each_name(image, show_name, image);
    return EXIT_FINE;
}

static int show(struct tg_image *image, bool json)
{
    struct tg_rule_names *names = tg_rule_names(image);
    int code = EXIT_BROKEN;

    if (!names)
        fputs("tldguard: out of memory\n", stderr);
    else
        code = json ? tg_show_json(image, names) : show_text(image, names);
    free(names);
    return code;
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
    if (tg_load(p.argv[0], tg_today(), &image, diags) != TG_OK)
        code = EXIT_BROKEN;
    else
        code = show(image, p.value[JSON] != NULL);
    tg_text_diags(diags, false);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_show = {
    .name = "show",
    .arguments = "IMAGE",
    .summary = "Show what an image or a policy holds, readable and diffable.",
    .example = "tldguard show /var/lib/tldguard/policy.cdb",
    .options = options,
    .run = run,
};
