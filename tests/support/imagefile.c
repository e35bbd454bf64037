/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "imagefile.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

int imagefile_setup(void **state)
{
    struct imagefile *fix = calloc(1, sizeof(*fix));
    struct tg_group *group;
    struct tg_rule *rule;

    if (fix == NULL)
        return -1;
    tmpdir_create(&fix->dir);
    tmpdir_file(&fix->dir, "policy.cdb", fix->path);
    fix->gen = gen_create();
    rule = gen_tld(fix->gen, "ml", "mil");
    gen_target(fix->gen, rule, "nl");
    rule->note = "mail for .mil";
    gen_tld(fix->gen, "international", "int")->mode = TG_MODE_MAIL_ONLY;
    rule = gen_allow(fix->gen, "www.orange.ml", true);
    rule->reason = "partner";
    rule->ticket = "NET-4711";
    gen_allow(fix->gen, "deep.www.orange.ml", false)->until = GEN_TODAY;
    gen_target(fix->gen, gen_rule(fix->gen, TG_KIND_BLOCK, "rnil.example", false), "mil.example");
    gen_rule(fix->gen, TG_KIND_PROTECT, NULL, false)->file = "partners.txt";
    gen_entry(fix->gen, 5, "army.mil", false);
    gen_tld(fix->gen, "om", "com")->match = TG_MATCH_DIRECT;
    gen_suffix(fix->gen, "com.om", false, false);
    group = gen_group(fix->gen, "soc");
    gen_override(fix->gen, group, "ml", TG_MODE_BLOCK);
    gen_override(fix->gen, group, NULL, TG_MODE_MONITOR);
    gen_subnet(fix->gen, gen_address("10.9.0.0"), 120, 0);
    gen_subnet(fix->gen, gen_address("2001:db8::"), 32, 0);
    gen_canary(fix->gen, "army.ml", TG_TYPE_MX, TG_EXPECT_BLOCK);
    gen_canary(fix->gen, "army.mil", TG_TYPE_MX, TG_EXPECT_RESOLVE);
    fix->gen->policy.answer.contact = "soc@example.net";
    if (tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL) != TG_OK)
        return -1;
    fix->data = file_read(fix->path, &fix->len);
    *state = fix;
    return 0;
}

int imagefile_teardown(void **state)
{
    struct imagefile *fix = *state;

    tmpdir_remove(&fix->dir);
    gen_free(&fix->gen);
    free(fix->data);
    free(fix);
    return 0;
}

static bool read_entry(void *sum, const struct tg_entry *entry)
{
    char text[TG_DNAME_TEXT_MAX];

    *(size_t *)sum += tg_dname_to_text(entry->name.wire, entry->name.len, text) + entry->rule;
    return true;
}

static bool read_subnet(void *sum, const struct tg_subnet *subnet)
{
    *(size_t *)sum += subnet->prefix.octets[15] + subnet->length + subnet->group;
    return true;
}

static size_t read_groups(const struct tg_image *image)
{
    size_t sum = 0;

    for (size_t i = 0; i < tg_image_group_count(image); i++) {
        const struct tg_group *group = tg_image_group(image, i);
        char text[TG_DNAME_TEXT_MAX];

        sum += strlen(group->name);
        for (size_t j = 0; j < group->override_count; j++)
            sum += group->overrides[j].mode + tg_dname_to_text(group->overrides[j].tld.wire,
                                                  group->overrides[j].tld.len, text);
    }
    tg_image_each_name(image, read_entry, &sum);
    tg_image_each_subnet(image, read_subnet, &sum);
    return sum;
}

static size_t read_canaries(const struct tg_image *image)
{
    size_t sum = 0;

    for (size_t i = 0; i < tg_image_canary_count(image); i++) {
        const struct tg_canary *canary = tg_image_canary(image, i);
        char text[TG_DNAME_TEXT_MAX];

        sum += canary->qtype + strlen(tg_expect_text(canary->expect)) +
               tg_dname_to_text(canary->qname.wire, canary->qname.len, text);
    }
    return sum;
}

static const char *const names[] = {".", "ml", "orange.ml", "www.orange.ml", "a.www.orange.ml",
    "x.international", "international", "a.b.c", "\\000.ml", "army.ml", "a.rnil.example",
    "army.mil", "x.com.om", "army.om"};
static const char *const clients[] = {"10.9.0.7", "2001:db8::1", "::", "255.255.255.255"};

void imagefile_exercise(const struct tg_image *image)
{
    size_t sum = read_groups(image) + read_canaries(image);

    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        char text[TG_DNAME_TEXT_MAX];

        if (rule->owner.len > 0)
            sum += tg_dname_to_text(rule->owner.wire, rule->owner.len, text);
        for (size_t j = 0; j < rule->target_count; j++)
            sum += tg_dname_to_text(rule->targets[j].wire, rule->targets[j].len, text);
        sum += rule->note == NULL ? 0 : strlen(rule->note);
        sum += rule->reason == NULL ? 0 : strlen(rule->reason);
        sum += rule->ticket == NULL ? 0 : strlen(rule->ticket);
        sum += rule->file == NULL ? 0 : strlen(rule->file);
    }
    sum += strlen(tg_image_meta(image)->tool) + tg_image_memory(image);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tg_question question = {.qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
        struct tg_address client = gen_address(clients[i % COUNT(clients)]);
        struct tg_verdict verdict;
        uint8_t wire[TG_DNAME_MAX];
        size_t len;

        tg_dname_from_text(names[i], strlen(names[i]), wire, &len, NULL);
        question.qname = (struct tg_name){wire, len};
        question.client = &client;
        tg_decide(image, &question, &verdict);
        sum += verdict.twin_len;
    }
    assert_true(sum > 0); /* so that all the reading is done */
}

enum tg_status imagefile_open_quick(
    const void *data, size_t len, struct tg_image **out, struct tg_diags *diags)
{
    int fd = memfd_create("image", MFD_CLOEXEC);
    enum tg_status status;
    char path[64];

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    status = tg_image_open_quick(path, out, diags);
    close(fd);
    return status;
}

static void same_rule(const struct tg_image *a, const struct tg_rule *of_a,
    const struct tg_image *b, const struct tg_rule *of_b)
{
    assert_int_equal(of_a == NULL, of_b == NULL);
    if (of_a != NULL)
        assert_int_equal(of_a - tg_image_rule(a, 0), of_b - tg_image_rule(b, 0));
}

void imagefile_same_verdict(
    const struct tg_image *a, const struct tg_image *b, const struct tg_question *question)
{
    struct tg_verdict of_a, of_b;

    tg_decide(a, question, &of_a);
    tg_decide(b, question, &of_b);
    assert_int_equal(of_a.reason, of_b.reason);
    same_rule(a, of_a.rule, b, of_b.rule);
    assert_int_equal(of_a.group == NULL, of_b.group == NULL);
    if (of_a.group != NULL)
        assert_string_equal(of_a.group->name, of_b.group->name);
    assert_int_equal(of_a.known, of_b.known);
    assert_int_equal(of_a.mode, of_b.mode);
    assert_int_equal(of_a.action, of_b.action);
    assert_int_equal(of_a.severity, of_b.severity);
    assert_int_equal(of_a.reply, of_b.reply);
    assert_int_equal(of_a.report, of_b.report);
    assert_int_equal(of_a.partial, of_b.partial);
    assert_int_equal(of_a.owner_at, of_b.owner_at);
    assert_int_equal(of_a.twin_len, of_b.twin_len);
    assert_memory_equal(of_a.twin, of_b.twin, of_a.twin_len);
}

struct pair {
    const struct tg_image *a;
    const struct tg_image *b;
};

static bool same_of_name(void *arg, const struct tg_entry *entry)
{
    struct pair *pair = arg;
    struct tg_question question = {.qname = entry->name, .qtype = TG_TYPE_MX, .qclass = 1};
    uint8_t below[TG_DNAME_MAX] = {3, 'w', 'w', 'w'};

    imagefile_same_verdict(pair->a, pair->b, &question);
    if (entry->name.len > sizeof(below) - 4)
        return true;
    memcpy(below + 4, entry->name.wire, entry->name.len);
    question.qname = (struct tg_name){below, entry->name.len + 4};
    imagefile_same_verdict(pair->a, pair->b, &question);
    return true;
}

void imagefile_same_verdicts(const struct tg_image *a, const struct tg_image *b)
{
    struct pair pair = {a, b};

    tg_image_each_name(a, same_of_name, &pair);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tg_address client = gen_address(clients[i % COUNT(clients)]);
        struct tg_question question = {.qtype = TG_TYPE_A, .qclass = 1, .client = &client};
        uint8_t wire[TG_DNAME_MAX];

        tg_dname_from_text(names[i], strlen(names[i]), wire, &question.qname.len, NULL);
        question.qname.wire = wire;
        imagefile_same_verdict(a, b, &question);
    }
}
