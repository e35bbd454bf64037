/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "gen.h"

#include <stdlib.h>
#include <string.h>

static const char *const tlds[] = {"ml", "cm", "om", "ne", "il", "et", "xml", "html", "l", "m",
    "co", "international", "internationam", "xn--mgbaam7a8h", "a2345678", "a234567", "\\000",
    "a\\.l", "\\255\\255", "mov"};
static const char *const targets[] = {"mil", "com", "net", "gov", "edu", "int", "abcdefghijklmnop"};
static const char *const labels[] = {"a", "ml", "army", "mail", "www", "example", "xml", "com", "x",
    "\\001a", "\\200", "b.c", "a\\.ml", "\\002ml"};

#define PICK(seed, list) ((list)[gen_below((seed), sizeof(list) / sizeof((list)[0]))])

uint32_t gen_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

uint32_t gen_below(uint64_t *seed, uint32_t below)
{
    return (uint32_t)((uint64_t)gen_random(seed) * below >> 32);
}

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static struct tg_name keep(struct gen_policy *gen, const uint8_t *wire, size_t len)
{
    uint8_t *copy = must(malloc(len));

    if (gen->name_count == sizeof(gen->names) / sizeof(gen->names[0]))
        abort();
    memcpy(copy, wire, len);
    gen->names[gen->name_count++] = copy;
    return (struct tg_name){copy, len};
}

struct tg_name gen_name(struct gen_policy *gen, const char *text)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len;

    if (tg_dname_from_text(text, strlen(text), wire, &len, NULL) != TG_OK)
        abort();
    return keep(gen, wire, len);
}

struct gen_policy *gen_create(void)
{
    struct gen_policy *gen = must(calloc(1, sizeof(*gen)));

    gen->policy.serial = 2026112201;
    gen->policy.answer.ttl = 60;
    gen->policy.answer.mname = gen_name(gen, "tldguard.invalid");
    gen->policy.answer.rname = gen_name(gen, "nobody.invalid");
    return gen;
}

static struct tg_rule *new_rule(struct gen_policy *gen)
{
    if (gen->policy.rule_count == gen->capacity) {
        gen->capacity = gen->capacity == 0 ? 64 : gen->capacity * 2;
        gen->rules = must(realloc(gen->rules, gen->capacity * sizeof(*gen->rules)));
        gen->policy.rules = gen->rules;
    }
    memset(&gen->rules[gen->policy.rule_count], 0, sizeof(*gen->rules));
    return &gen->rules[gen->policy.rule_count++];
}

struct tg_rule *gen_tld(struct gen_policy *gen, const char *tld, const char *target)
{
    struct tg_rule *rule = new_rule(gen);

    rule->kind = TG_KIND_TLD;
    rule->owner = gen_name(gen, tld);
    rule->mode = TG_MODE_BLOCK;
    rule->targets[rule->target_count++] = gen_name(gen, target);
    return rule;
}

struct tg_rule *gen_allow(struct gen_policy *gen, const char *name, bool exact)
{
    struct tg_rule *rule = new_rule(gen);

    rule->kind = TG_KIND_ALLOW;
    rule->owner = gen_name(gen, name);
    rule->exact = exact;
    return rule;
}

/* Some labels in front of an end, which counts its root. */
static size_t name_by_chance(
    uint64_t *seed, const uint8_t *end, size_t end_len, uint8_t wire[TG_DNAME_MAX])
{
    uint32_t want = gen_below(seed, 20) == 0 ? 127 : gen_below(seed, 5);
    uint8_t label[TG_DNAME_MAX];
    size_t len = end_len;
    size_t label_len;

    memmove(wire, end, end_len);
    for (uint32_t i = 0; i < want; i++) {
        const char *text = PICK(seed, labels);

        tg_dname_from_text(text, strlen(text), label, &label_len, NULL);
        if (len + --label_len > TG_DNAME_MAX)
            break;
        memmove(wire + label_len, wire, len);
        memcpy(wire, label, label_len);
        len += label_len;
    }
    return len;
}

static bool is_new(const struct gen_policy *gen, struct tg_name owner, enum tg_kind kind)
{
    for (size_t i = 0; i < gen->policy.rule_count; i++)
        if (gen->rules[i].kind == kind && tg_dname_equal(gen->rules[i].owner, owner))
            return false;
    return true;
}

static void answer_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    struct tg_answer *answer = &gen->policy.answer;

    answer->a_count = gen_below(seed, TG_SINK_MAX + 1);
    answer->aaaa_count = gen_below(seed, 3);
    for (size_t i = 0; i < answer->a_count; i++)
        answer->a[i].s_addr = gen_random(seed);
    for (size_t i = 0; i < answer->aaaa_count; i++)
        answer->aaaa[i].s6_addr[15] = (uint8_t)gen_random(seed);
    if (gen_below(seed, 2) == 0)
        answer->mx = gen_name(gen, "catch.example.net");
    if (gen_below(seed, 2) == 0)
        answer->contact = "soc@example.net";
}

static void tld_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    struct tg_name owner = gen_name(gen, PICK(seed, tlds));
    struct tg_rule *rule;

    if (!is_new(gen, owner, TG_KIND_TLD))
        return;
    rule = new_rule(gen);
    rule->kind = TG_KIND_TLD;
    rule->owner = owner;
    rule->mode = (enum tg_mode)gen_below(seed, 4);
    rule->action = (enum tg_action)gen_below(seed, 4);
    rule->severity = (enum tg_severity)gen_below(seed, 4);
    if (gen_below(seed, 2) == 0) { /* the only ones that can be partial */
        rule->mode = TG_MODE_BLOCK;
        rule->action = TG_ACTION_NXDOMAIN;
    }
    do
        rule->targets[rule->target_count++] = gen_name(gen, PICK(seed, targets));
    while (rule->target_count < TG_TARGETS_MAX && gen_below(seed, 2) == 0);
    rule->note = gen_below(seed, 2) == 0 ? "a note" : NULL;
}

static void allow_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    uint8_t wire[TG_DNAME_MAX];
    struct tg_name tld = gen_name(gen, PICK(seed, tlds));
    struct tg_name owner = keep(gen, wire, name_by_chance(seed, tld.wire, tld.len, wire));
    struct tg_rule *rule;

    if (!is_new(gen, owner, TG_KIND_ALLOW))
        return;
    rule = new_rule(gen);
    rule->kind = TG_KIND_ALLOW;
    rule->owner = owner;
    rule->exact = gen_below(seed, 3) == 0;
    rule->reason = gen_below(seed, 2) == 0 ? "partner" : NULL;
    rule->ticket = gen_below(seed, 2) == 0 ? "" : NULL;
}

struct gen_policy *gen_policy(uint64_t *seed, uint32_t max_allow)
{
    struct gen_policy *gen = gen_create();
    uint32_t tld_count = gen_below(seed, 12);
    uint32_t allow_count = gen_below(seed, max_allow + 1);

    answer_by_chance(seed, gen);
    for (uint32_t i = 0; i < tld_count; i++)
        tld_by_chance(seed, gen);
    for (uint32_t i = 0; i < allow_count; i++)
        allow_by_chance(seed, gen);
    return gen;
}

/* Where a name ends: in a rule's owner, or in a TLD that may be listed. */
static size_t end_by_chance(
    uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX])
{
    size_t count = gen->policy.rule_count;
    size_t len;

    if (gen_below(seed, 100) == 0) {
        wire[0] = 0;
        return 1;
    }
    if (count > 0 && gen_below(seed, 2) == 0) {
        struct tg_name owner = gen->rules[gen_below(seed, (uint32_t)count)].owner;
        size_t at = 0;

        /* Sometimes a name above an owner. */
        while (gen_below(seed, 3) == 0 && owner.wire[at] != 0)
            at += 1u + owner.wire[at];
        memcpy(wire, owner.wire + at, owner.len - at);
        return owner.len - at;
    }
    {
        const char *text = PICK(seed, tlds);

        tg_dname_from_text(text, strlen(text), wire, &len, NULL);
    }
    return len;
}

void gen_question(uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX],
    struct tg_question *question)
{
    static const uint16_t types[] = {
        TG_TYPE_A, TG_TYPE_SOA, TG_TYPE_MX, TG_TYPE_AAAA, TG_TYPE_ANY, 16, 0, 65535};
    static const uint16_t classes[] = {1, 1, 1, 1, 1, 1, 1, TG_CLASS_ANY, 3, 0};
    uint8_t end[TG_DNAME_MAX];
    size_t len = end_by_chance(seed, gen, end);

    if (gen_below(seed, 3) == 0)
        memcpy(wire, end, len);
    else
        len = name_by_chance(seed, end, len, wire);
    for (size_t i = 0; i < len; i++)
        if (wire[i] >= 'a' && wire[i] <= 'z' && gen_below(seed, 4) == 0)
            wire[i] = (uint8_t)(wire[i] - 'a' + 'A');
    question->qname = (struct tg_name){wire, len};
    question->qtype = PICK(seed, types);
    question->qclass = PICK(seed, classes);
}

void gen_free(struct gen_policy **gen)
{
    if (*gen == NULL)
        return;
    for (size_t i = 0; i < (*gen)->name_count; i++)
        free((*gen)->names[i]);
    free((*gen)->rules);
    free(*gen);
    *gen = NULL;
}
