/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "gen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tlds[] = {"ml", "cm", "om", "ne", "il", "et", "xml", "html", "l", "m",
    "co", "international", "internationam", "xn--mgbaam7a8h", "a2345678", "a234567", "\\000",
    "a\\.l", "\\255\\255", "mov"};
static const char *const targets[] = {"mil", "com", "net", "gov", "edu", "int", "abcdefghijklmnop"};
/* Where names end that no rule for a TLD speaks of: some are targets, one is not listed. */
static const char *const others[] = {"mil", "com", "net", "nl", "example", "xn--p1ai"};
static const char *const labels[] = {"a", "ml", "army", "mail", "www", "example", "xml", "com", "x",
    "\\001a", "\\200", "b.c", "a\\.ml", "\\002ml", "xn--l1adi", "\\000"};

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

/* Makes room for one more in an array that doubles. */
static void *room(void *array, size_t count, size_t size)
{
    if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
        return array;
    return must(realloc(array, (count < 16 ? 16 : count * 2) * size));
}

static struct tg_name keep(struct gen_policy *gen, const uint8_t *wire, size_t len)
{
    uint8_t *copy = must(malloc(len));

    memcpy(copy, wire, len);
    gen->memory = room(gen->memory, gen->memory_count, sizeof(*gen->memory));
    gen->memory[gen->memory_count++] = copy;
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
    gen->policy.inspect_targets = true;
    gen->policy.answer.ttl = 60;
    gen->policy.answer.mname = gen_name(gen, "tldguard.invalid");
    gen->policy.answer.rname = gen_name(gen, "nobody.invalid");
    return gen;
}

static struct tg_rule *new_rule(struct gen_policy *gen, enum tg_kind kind)
{
    gen->rules = room(gen->rules, gen->policy.rule_count, sizeof(*gen->rules));
    gen->policy.rules = gen->rules;
    gen->rules[gen->policy.rule_count] = (struct tg_rule){.kind = kind};
    return &gen->rules[gen->policy.rule_count++];
}

void gen_target(struct gen_policy *gen, struct tg_rule *rule, const char *target)
{
    struct tg_name *list = must(calloc(TG_TARGETS_MAX, sizeof(*list)));

    if (rule->target_count > 0)
        memcpy(list, rule->targets, rule->target_count * sizeof(*list));
    list[rule->target_count++] = gen_name(gen, target);
    rule->targets = list;
    gen->memory = room(gen->memory, gen->memory_count, sizeof(*gen->memory));
    gen->memory[gen->memory_count++] = (uint8_t *)list;
}

struct tg_rule *gen_tld(struct gen_policy *gen, const char *tld, const char *target)
{
    struct tg_rule *rule = new_rule(gen, TG_KIND_TLD);

    rule->owner = gen_name(gen, tld);
    rule->mode = TG_MODE_BLOCK;
    rule->otherwise = TG_MODE_BLOCK;
    gen_target(gen, rule, target);
    return rule;
}

struct tg_entry *gen_entry(struct gen_policy *gen, size_t rule, const char *name, bool exact)
{
    gen->entries = room(gen->entries, gen->policy.name_count, sizeof(*gen->entries));
    gen->policy.names = gen->entries;
    gen->entries[gen->policy.name_count] =
        (struct tg_entry){gen_name(gen, name), (uint32_t)rule, exact};
    return &gen->entries[gen->policy.name_count++];
}

struct tg_rule *gen_rule(struct gen_policy *gen, enum tg_kind kind, const char *name, bool exact)
{
    size_t number = gen->policy.rule_count;
    struct tg_rule *rule = new_rule(gen, kind);

    if (name != NULL)
        rule->owner = gen_entry(gen, number, name, exact)->name;
    if (kind == TG_KIND_BLOCK)
        rule->mode = TG_MODE_BLOCK;
    return rule;
}

struct tg_rule *gen_allow(struct gen_policy *gen, const char *name, bool exact)
{
    return gen_rule(gen, TG_KIND_ALLOW, name, exact);
}

void gen_suffix(struct gen_policy *gen, const char *name, bool wildcard, bool exception)
{
    gen->suffixes = room(gen->suffixes, gen->policy.suffix_count, sizeof(*gen->suffixes));
    gen->policy.suffixes = gen->suffixes;
    gen->suffixes[gen->policy.suffix_count++] =
        (struct tg_suffix){gen_name(gen, name), wildcard, exception};
}

struct tg_group *gen_group(struct gen_policy *gen, const char *name)
{
    gen->groups = room(gen->groups, gen->policy.group_count, sizeof(*gen->groups));
    gen->policy.groups = gen->groups;
    gen->groups[gen->policy.group_count] = (struct tg_group){.name = name};
    return &gen->groups[gen->policy.group_count++];
}

void gen_override(
    struct gen_policy *gen, struct tg_group *group, const char *tld, enum tg_mode mode)
{
    struct tg_override *overrides = must(calloc(group->override_count + 1, sizeof(*overrides)));
    struct tg_name name = {0};

    if (tld != NULL)
        name = gen_name(gen, tld);
    if (group->override_count > 0)
        memcpy(overrides, group->overrides, group->override_count * sizeof(*overrides));
    overrides[group->override_count++] = (struct tg_override){name, mode};
    group->overrides = overrides;
    gen->memory = room(gen->memory, gen->memory_count, sizeof(*gen->memory));
    gen->memory[gen->memory_count++] = (uint8_t *)overrides;
}

static void add_canary(struct gen_policy *gen, struct tg_canary canary)
{
    for (size_t i = 0; i < gen->policy.canary_count; i++)
        if (gen->canaries[i].qtype == canary.qtype &&
            tg_dname_equal(gen->canaries[i].qname, canary.qname))
            return;
    gen->canaries = room(gen->canaries, gen->policy.canary_count, sizeof(*gen->canaries));
    gen->policy.canaries = gen->canaries;
    gen->canaries[gen->policy.canary_count++] = canary;
}

void gen_canary(struct gen_policy *gen, const char *name, uint16_t qtype, enum tg_expect expect)
{
    add_canary(gen, (struct tg_canary){gen_name(gen, name), qtype, expect});
}

struct tg_address gen_address(const char *text)
{
    struct tg_address address = {{0}};

    if (inet_pton(AF_INET6, text, address.octets) == 1)
        return address;
    memset(address.octets + 10, 0xff, 2);
    if (inet_pton(AF_INET, text, address.octets + 12) != 1)
        abort();
    return address;
}

void gen_subnet(struct gen_policy *gen, struct tg_address address, uint8_t length, uint32_t group)
{
    for (size_t bit = length; bit < 128; bit++)
        address.octets[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    for (size_t i = 0; i < gen->policy.subnet_count; i++)
        if (gen->subnets[i].length == length &&
            memcmp(&gen->subnets[i].prefix, &address, sizeof(address)) == 0)
            return;
    gen->subnets = room(gen->subnets, gen->policy.subnet_count, sizeof(*gen->subnets));
    gen->policy.subnets = gen->subnets;
    gen->subnets[gen->policy.subnet_count++] = (struct tg_subnet){address, length, group};
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

/* No two of one kind may have the same name. */
static bool is_new(const struct gen_policy *gen, const uint8_t *wire, size_t len, enum tg_kind kind)
{
    struct tg_name name = {wire, len};

    if (kind == TG_KIND_TLD) {
        for (size_t i = 0; i < gen->policy.rule_count; i++)
            if (gen->rules[i].kind == kind && tg_dname_equal(gen->rules[i].owner, name))
                return false;
        return true;
    }
    for (size_t i = 0; i < gen->policy.name_count; i++)
        if (gen->rules[gen->entries[i].rule].kind == kind &&
            tg_dname_equal(gen->entries[i].name, name))
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

/* A TLD that may be listed: from the real ones too, when they are known. */
static const char *tld_text(uint64_t *seed, const struct gen_policy *gen)
{
    if (gen->delegated != NULL && gen_below(seed, 4) == 0)
        return gen->delegated->names[gen_below(seed, (uint32_t)gen->delegated->count)];
    return PICK(seed, tlds);
}

static void tld_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    const char *tld = tld_text(seed, gen);
    struct tg_name owner = gen_name(gen, tld);
    struct tg_rule *rule;

    if (!is_new(gen, owner.wire, owner.len, TG_KIND_TLD))
        return;
    rule = gen_tld(gen, tld, PICK(seed, targets));
    rule->mode = (enum tg_mode)gen_below(seed, 4);
    rule->otherwise = (enum tg_mode)gen_below(seed, 4);
    rule->twin = (enum tg_twin)gen_below(seed, 3);
    rule->match = (enum tg_match)gen_below(seed, 2);
    rule->action = (enum tg_action)gen_below(seed, 4);
    rule->severity = (enum tg_severity)gen_below(seed, 4);
    if (gen_below(seed, 2) == 0) { /* the only ones that can be partial */
        rule->mode = rule->otherwise = TG_MODE_BLOCK;
        rule->action = TG_ACTION_NXDOMAIN;
    }
    while (rule->target_count < TG_TARGETS_MAX && gen_below(seed, 2) == 0)
        gen_target(gen, rule, PICK(seed, targets));
    rule->note = gen_below(seed, 2) == 0 ? "a note" : NULL;
}

/* A name that ends in a TLD, listed or not, or in another entry. */
static size_t owner_by_chance(
    uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX])
{
    const char *text = gen_below(seed, 3) == 0 ? PICK(seed, others) : tld_text(seed, gen);
    size_t len;

    if (gen->policy.name_count > 0 && gen_below(seed, 4) == 0) {
        struct tg_name name = gen->entries[gen_below(seed, (uint32_t)gen->policy.name_count)].name;

        memcpy(wire, name.wire, name.len);
        len = name.len;
        if (gen_below(seed, 2) == 0)
            return len;
    } else {
        tg_dname_from_text(text, strlen(text), wire, &len, NULL);
    }
    return name_by_chance(seed, wire, len, wire);
}

static void add_entry(uint64_t *seed, struct gen_policy *gen, enum tg_kind kind, size_t rule)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len = owner_by_chance(seed, gen, wire);

    if (!is_new(gen, wire, len, kind))
        return;
    gen->entries = room(gen->entries, gen->policy.name_count, sizeof(*gen->entries));
    gen->policy.names = gen->entries;
    gen->entries[gen->policy.name_count++] =
        (struct tg_entry){keep(gen, wire, len), (uint32_t)rule, gen_below(seed, 3) == 0};
}

/* A rule for one name, or for a list of some. */
static void names_by_chance(uint64_t *seed, struct gen_policy *gen, enum tg_kind kind)
{
    size_t number = gen->policy.rule_count;
    size_t before = gen->policy.name_count;
    struct tg_rule *rule = new_rule(gen, kind);
    uint32_t list = gen_below(seed, 4) == 0 ? gen_below(seed, 12) : 0;

    for (uint32_t i = 0; i <= list; i++)
        add_entry(seed, gen, kind, number);
    if (list == 0 && gen->policy.name_count == before) {
        gen->policy.rule_count--; /* there was one already */
        return;
    }
    if (list == 0)
        rule->owner = gen->entries[before].name;
    else
        rule->file = "list.txt";
    rule->reason = gen_below(seed, 2) == 0 ? "partner" : NULL;
    rule->ticket = gen_below(seed, 2) == 0 ? "" : NULL;
    if (kind == TG_KIND_ALLOW && gen_below(seed, 2) == 0)
        rule->until = GEN_TODAY - 2 + gen_below(seed, 5);
    if (kind != TG_KIND_BLOCK)
        return;
    rule->mode = gen_below(seed, 2) == 0 ? TG_MODE_BLOCK : (enum tg_mode)gen_below(seed, 4);
    rule->action = (enum tg_action)gen_below(seed, 4);
    rule->severity = (enum tg_severity)gen_below(seed, 4);
    if (gen_below(seed, 2) == 0)
        gen_target(gen, rule, gen_below(seed, 2) == 0 ? "army.mil" : "mil.example");
}

static void group_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    uint32_t number = (uint32_t)gen->policy.group_count;
    struct tg_group *group = gen_group(gen, "group");
    uint32_t overrides = gen_below(seed, 4);
    uint32_t subnets = gen_below(seed, 5);

    for (uint32_t i = 0; i < overrides; i++)
        gen_override(gen, group, gen_below(seed, 4) == 0 ? PICK(seed, others) : PICK(seed, tlds),
            (enum tg_mode)gen_below(seed, 4));
    if (overrides == 0 || gen_below(seed, 2) == 0)
        gen_override(gen, group, NULL, (enum tg_mode)gen_below(seed, 4));
    for (uint32_t i = 0; i < subnets; i++)
        gen_subnet(gen, gen_client(seed),
            (uint8_t)(gen_below(seed, 3) == 0 ? gen_below(seed, 129) : 120 + gen_below(seed, 9)),
            number);
}

static void suffixes_by_chance(uint64_t *seed, struct gen_policy *gen)
{
    size_t rules = gen->policy.rule_count;

    for (size_t i = 0; i < rules; i++) {
        uint32_t count = gen_below(seed, 4);

        if (gen->rules[i].kind != TG_KIND_TLD || gen->rules[i].match != TG_MATCH_DIRECT)
            continue;
        for (uint32_t j = 0; j < count; j++) {
            struct tg_name tld = gen->rules[i].owner;
            uint8_t wire[TG_DNAME_MAX];
            size_t len = name_by_chance(seed, tld.wire, tld.len, wire);
            uint32_t sort = gen_below(seed, 3);

            if (sort != 1 && len == tld.len)
                continue; /* the TLD itself is not below itself */
            gen->suffixes = room(gen->suffixes, gen->policy.suffix_count, sizeof(*gen->suffixes));
            gen->policy.suffixes = gen->suffixes;
            gen->suffixes[gen->policy.suffix_count++] =
                (struct tg_suffix){keep(gen, wire, len), sort == 1, sort == 2};
        }
    }
}

static void canaries_by_chance(uint64_t seed, struct gen_policy *gen)
{
    static const uint16_t types[] = {1, 15, 28, 65, 256, 65400, 65534};
    uint32_t count = gen_below(&seed, 5);

    for (uint32_t i = 0; i < count; i++) {
        uint8_t wire[TG_DNAME_MAX];
        size_t len = owner_by_chance(&seed, gen, wire);

        add_canary(gen, (struct tg_canary){keep(gen, wire, len), PICK(&seed, types),
                            (enum tg_expect)gen_below(&seed, 2)});
    }
}

struct gen_policy *gen_policy(
    uint64_t *seed, uint32_t max_names, const struct gen_delegated *delegated)
{
    static const enum tg_kind kinds[] = {TG_KIND_PROTECT, TG_KIND_ALLOW, TG_KIND_BLOCK};
    struct gen_policy *gen = gen_create();
    uint32_t count = gen_below(seed, 12);

    gen->delegated = delegated;
    gen->policy.inspect_targets = gen_below(seed, 2) == 0;
    answer_by_chance(seed, gen);
    for (uint32_t i = 0; i < count; i++)
        tld_by_chance(seed, gen);
    for (size_t kind = 0; kind < 3; kind++) {
        count = gen_below(seed, max_names / 2 + 1);
        for (uint32_t i = 0; i < count; i++)
            names_by_chance(seed, gen, kinds[kind]);
    }
    count = gen_below(seed, 4);
    for (uint32_t i = 0; i < count; i++)
        group_by_chance(seed, gen);
    suffixes_by_chance(seed, gen);
    canaries_by_chance(*seed, gen); /* which leaves the seed: what follows is as it was */
    return gen;
}

struct tg_address gen_client(uint64_t *seed)
{
    struct tg_address address = gen_address("10.1.2.0");
    uint32_t bits = 8 + gen_below(seed, 9);

    /* Near each other, so that prefixes nest and meet. */
    if (gen_below(seed, 3) == 0)
        address = gen_address("2001:db8::");
    if (gen_below(seed, 50) == 0)
        memset(&address, gen_below(seed, 2) == 0 ? 0xff : 0, sizeof(address));
    for (uint32_t i = 0; i < bits; i++)
        if (gen_below(seed, 2) == 0)
            address.octets[15 - i / 8] ^= (uint8_t)(1u << i % 8);
    return address;
}

struct gen_delegated *gen_delegated(const char *path)
{
    FILE *file = fopen(path, "re");
    struct gen_delegated *list;
    char line[1024];

    if (file == NULL)
        return NULL;
    list = must(calloc(1, sizeof(*list)));
    while (fgets(line, sizeof(line), file) != NULL) {
        uint8_t wire[TG_DNAME_MAX];
        size_t len;

        line[strcspn(line, " \t\r\n")] = '\0';
        /* One label, in ASCII: the list has both forms of an IDN, but not in the same line. */
        if (line[0] == '\0' || strchr(line, '.') != NULL || strchr("/!*", line[0]) != NULL ||
            tg_dname_from_text(line, strlen(line), wire, &len, NULL) != TG_OK)
            continue;
        list->names = room(list->names, list->count, sizeof(*list->names));
        list->names[list->count++] = must(strdup(line));
    }
    fclose(file);
    return list;
}

void gen_delegated_free(struct gen_delegated **list)
{
    if (*list == NULL)
        return;
    for (size_t i = 0; i < (*list)->count; i++)
        free((*list)->names[i]);
    free((*list)->names);
    free(*list);
    *list = NULL;
}

/* A name that the policy speaks of, or no name. */
static struct tg_name known_by_chance(uint64_t *seed, const struct gen_policy *gen)
{
    const struct tg_policy *policy = &gen->policy;

    switch (gen_below(seed, 4)) {
    case 0:
        if (policy->suffix_count > 0)
            return policy->suffixes[gen_below(seed, (uint32_t)policy->suffix_count)].name;
        break;
    case 1:
        if (policy->rule_count > 0)
            return policy->rules[gen_below(seed, (uint32_t)policy->rule_count)].owner;
        break;
    default:
        if (policy->name_count > 0)
            return policy->names[gen_below(seed, (uint32_t)policy->name_count)].name;
        break;
    }
    return (struct tg_name){0};
}

/* A protected name under a TLD that is taken for its own: its look-alike. */
static size_t lookalike(const struct gen_policy *gen, uint32_t chance, uint8_t wire[TG_DNAME_MAX])
{
    const struct tg_policy *policy = &gen->policy;

    for (size_t i = 0; i < policy->rule_count * policy->name_count && i < 200; i++) {
        size_t n = (i + chance) % (policy->rule_count * policy->name_count);
        const struct tg_rule *rule = &policy->rules[n / policy->name_count];
        struct tg_name name = policy->names[n % policy->name_count].name;
        size_t last = tg_dname_last_label(name.wire);
        struct tg_name tld = {name.wire + last, name.len - last};

        if (rule->kind != TG_KIND_TLD || last + rule->owner.len > TG_DNAME_MAX)
            continue;
        for (size_t j = 0; j < rule->target_count; j++) {
            if (!tg_dname_equal(rule->targets[j], tld))
                continue;
            memcpy(wire, name.wire, last);
            memcpy(wire + last, rule->owner.wire, rule->owner.len);
            return last + rule->owner.len;
        }
    }
    return 0;
}

/* Where a name ends: in a name of the policy, or in a TLD that may be listed. */
static size_t end_by_chance(
    uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX])
{
    struct tg_name known = known_by_chance(seed, gen);
    uint32_t way = gen_below(seed, 100);
    const char *text;
    size_t len = 0;

    if (way == 0) {
        wire[0] = 0;
        return 1;
    }
    if (way < 30)
        len = lookalike(gen, gen_random(seed), wire);
    if (len > 0)
        return len;
    if (way < 75 && known.len > 0) {
        size_t at = 0;

        /* Sometimes a name above it. */
        while (gen_below(seed, 3) == 0 && known.wire[at] != 0)
            at += 1u + known.wire[at];
        memcpy(wire, known.wire + at, known.len - at);
        return known.len - at;
    }
    text = way < 80 ? PICK(seed, others) : tld_text(seed, gen);
    tg_dname_from_text(text, strlen(text), wire, &len, NULL);
    return len;
}

void gen_question(uint64_t *seed, const struct gen_policy *gen, uint8_t wire[TG_DNAME_MAX],
    struct tg_address *client, struct tg_question *question)
{
    static const uint16_t types[] = {TG_TYPE_A, TG_TYPE_A, TG_TYPE_MX, TG_TYPE_MX, TG_TYPE_AAAA,
        TG_TYPE_AAAA, TG_TYPE_ANY, TG_TYPE_CNAME, TG_TYPE_SOA, TG_TYPE_DS, TG_TYPE_DNSKEY, 16, 0,
        65535};
    static const uint16_t classes[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, TG_CLASS_ANY, 3, 0};
    size_t len = end_by_chance(seed, gen, wire);

    if (gen_below(seed, 3) != 0)
        len = name_by_chance(seed, wire, len, wire);
    for (size_t i = 0; i < len; i++)
        if (wire[i] >= 'a' && wire[i] <= 'z' && gen_below(seed, 4) == 0)
            wire[i] = (uint8_t)(wire[i] - 'a' + 'A');
    *client = gen_client(seed);
    question->qname = (struct tg_name){wire, len};
    question->qtype = PICK(seed, types);
    question->qclass = PICK(seed, classes);
    question->client = gen_below(seed, 4) == 0 ? NULL : client;
    question->today = gen_below(seed, 8) == 0 ? 0 : GEN_TODAY;
}

void gen_free(struct gen_policy **gen)
{
    if (*gen == NULL)
        return;
    for (size_t i = 0; i < (*gen)->memory_count; i++)
        free((*gen)->memory[i]);
    free((*gen)->memory);
    free((*gen)->rules);
    free((*gen)->entries);
    free((*gen)->groups);
    free((*gen)->subnets);
    free((*gen)->suffixes);
    free((*gen)->canaries);
    free(*gen);
    *gen = NULL;
}
