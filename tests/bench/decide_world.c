/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/bench/decide_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#define LABEL_LEN  25 /* of a name in a list, before its TLD */
#define GROUPS     1000
#define SPARE      32 /* rules, names of the fixed part */
#define NAME_ROOM  (LABEL_LEN + 6)
#define GROUP_NAME "group"

void world_fail(const char *what)
{
    fprintf(stderr, "decide: %s\n", what);
    exit(3);
}

void *world_room(size_t count, size_t size)
{
    void *room = calloc(count > 0 ? count : 1, size);

    if (room == NULL)
        world_fail("out of memory");
    return room;
}

/* SplitMix64 (G. Steele, D. Lea, C. Flood). */
uint64_t world_random(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static struct tg_name name_of(struct world *world, const char *text)
{
    struct tg_name name = {world->octets + world->octets_used, 0};

    if (tg_dname_from_text(
            text, strlen(text), world->octets + world->octets_used, &name.len, NULL) != TG_OK)
        world_fail("a name that is none");
    world->octets_used += name.len;
    return name;
}

static struct tg_name *target(struct world *world, const char *text)
{
    struct tg_name *name = world_room(1, sizeof(*name));

    *name = name_of(world, text);
    return name;
}

static struct tg_rule *add_rule(struct world *world, enum tg_kind kind)
{
    struct tg_rule *rule = &world->rules[world->policy.rule_count++];

    rule->kind = kind;
    if (kind == TG_KIND_TLD || kind == TG_KIND_BLOCK)
        rule->mode = TG_MODE_BLOCK;
    return rule;
}

static struct tg_rule *add_tld(struct world *world, const char *tld, const char *meant)
{
    struct tg_rule *rule = add_rule(world, TG_KIND_TLD);

    rule->owner = name_of(world, tld);
    rule->targets = target(world, meant);
    rule->target_count = 1;
    rule->twin = TG_TWIN_LIST;
    rule->otherwise = TG_MODE_MAIL_ONLY;
    return rule;
}

static void add_entry(struct world *world, struct tg_name name, bool exact)
{
    world->entries[world->policy.name_count++] = (struct tg_entry){
        .name = name, .rule = (uint32_t)world->policy.rule_count - 1, .exact = exact};
}

static struct tg_rule *add_name(
    struct world *world, enum tg_kind kind, const char *name, bool exact)
{
    struct tg_rule *rule = add_rule(world, kind);

    rule->owner = name_of(world, name);
    add_entry(world, rule->owner, exact);
    return rule;
}

/* Letters by chance, the same ones for the same number. */
static struct tg_name listed_name(struct world *world, size_t number, const char *tld)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t seed = world->seed + number * 0x5851f42d4c957f2du;
    char text[NAME_ROOM];
    uint64_t chance = 0;

    for (size_t i = 0; i < LABEL_LEN; i++) {
        if (i % 12 == 0)
            chance = world_random(&seed);
        text[i] = letters[chance % 36];
        chance /= 36;
    }
    (void)snprintf(text + LABEL_LEN, sizeof(text) - LABEL_LEN, ".%s", tld);
    return name_of(world, text);
}

/* An image's hashes depend on a number of its own that nobody knows, and by that the instructions
 * of a single name do, some percent. Here the seed chooses it, so that two runs count the same. */
static uint64_t salt_seed;

ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags)
{
    (void)flags;
    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        const uint64_t number = world_random(&salt_seed);

        memcpy((uint8_t *)to + at, &number, len - at < sizeof(number) ? len - at : sizeof(number));
    }
    return (ssize_t)len;
}

static enum tg_kind kind_of(size_t number)
{
    return number % 10 == 0 ? TG_KIND_ALLOW : number % 10 == 1 ? TG_KIND_PROTECT : TG_KIND_BLOCK;
}

static void add_lists(struct world *world, size_t names)
{
    static const enum tg_kind kinds[] = {TG_KIND_PROTECT, TG_KIND_ALLOW, TG_KIND_BLOCK};
    uint32_t rules[TG_KIND_BLOCK + TG_KIND_PROTECT] = {0};

    for (size_t i = 0; i < 3; i++) {
        rules[kinds[i]] = (uint32_t)world->policy.rule_count;
        (void)add_rule(world, kinds[i]);
    }
    world->listed_at = world->policy.name_count;
    for (size_t i = 0; i < names; i++) {
        const enum tg_kind kind = kind_of(i);

        add_entry(world,
            listed_name(world, i,
                kind == TG_KIND_PROTECT ? "mil"
                : i % 4 < 2             ? "ml"
                                        : "om"),
            i % 2 == 0);
        world->entries[world->policy.name_count - 1].rule = rules[kind];
    }
}

static void add_fixed(struct world *world, const struct world_size *size)
{
    struct asked deep;
    struct tg_name *two = world_room(2, sizeof(*two));
    struct tg_rule *rule = add_tld(world, "ml", "mil");

    two[0] = rule->targets[0];
    two[1] = name_of(world, "nl");
    free((void *)(uintptr_t)rule->targets);
    rule->targets = two;
    rule->target_count = 2;
    (void)add_tld(world, "om", "com");
    (void)add_tld(world, "gop", "gov");
    (void)add_tld(world, "m", "mil");
    (void)add_name(world, TG_KIND_PROTECT, "army.mil", false);
    (void)add_name(world, TG_KIND_ALLOW, "orange.ml", false);
    (void)add_name(world, TG_KIND_ALLOW, "www.bank.ml", true);
    rule = add_name(world, TG_KIND_BLOCK, "xn--rmy-5cd.example", false);
    rule->targets = target(world, "army.example");
    rule->target_count = 1;
    if (size->labels == 0)
        return;
    asked_create(&deep, 1);
    asked_labels(&deep, 0, size->labels);
    rule = add_rule(world, TG_KIND_BLOCK);
    memcpy(world->octets + world->octets_used, deep.wires[0], deep.questions[0].qname.len);
    rule->owner = (struct tg_name){world->octets + world->octets_used, deep.questions[0].qname.len};
    world->octets_used += rule->owner.len;
    add_entry(world, rule->owner, true);
    asked_destroy(&deep);
}

/* Networks 11.0.0.0/24 and following, one behind the other. */
static void add_clients(struct world *world, size_t subnets)
{
    struct tg_override *overrides = world_room(1, sizeof(*overrides));
    size_t groups = subnets < GROUPS ? subnets : GROUPS;

    overrides[0].mode = TG_MODE_MONITOR;
    for (size_t i = 0; i < groups; i++)
        world->groups[i] = (struct tg_group){GROUP_NAME, overrides, 1};
    for (size_t i = 0; i < subnets; i++) {
        const size_t net = (11u << 16) + i;
        struct tg_subnet *subnet = &world->subnets[i];

        *subnet = (struct tg_subnet){.length = 120, .group = (uint32_t)(i % groups)};
        subnet->prefix.octets[10] = subnet->prefix.octets[11] = 0xff;
        subnet->prefix.octets[12] = (uint8_t)(net >> 16);
        subnet->prefix.octets[13] = (uint8_t)(net >> 8);
        subnet->prefix.octets[14] = (uint8_t)net;
    }
    world->policy.group_count = groups;
    world->policy.subnet_count = subnets;
    if (subnets == 0)
        free(overrides);
}

static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least_of(double a, double b)
{
    return a < b ? a : b;
}

/* The best of three: the first one is also the first to touch the memory. */
static void open_image(struct world *world, struct tg_diags *diags)
{
    world->open_ns = world->settle_ns = 1e12;
    for (int i = 0; i < 3; i++) {
        double start = now_ns();

        tg_image_close(&world->image);
        tg_image_close(&world->opened);
        if (tg_image_open(world->path, &world->opened, diags) != TG_OK)
            return;
        world->open_ns = least_of(world->open_ns, now_ns() - start);
        start = now_ns();
        world->image = tg_image_settle(world->opened);
        if (world->image == NULL)
            world_fail("cannot settle the image");
        world->settle_ns = least_of(world->settle_ns, now_ns() - start);
        tg_image_close(&world->opened);
    }
    (void)tg_image_open(world->path, &world->opened, diags);
}

static void make_image(struct world *world)
{
    struct tg_diags *diags = tg_diags_create();
    char line[512] = "cannot make an image";

    if (tg_image_write(&world->policy, BENCH_CREATED, world->path, diags) == TG_OK)
        open_image(world, diags);
    if (world->image == NULL || world->opened == NULL) {
        if (tg_diags_kept(diags) > 0)
            (void)tg_diag_format(tg_diags_get(diags, 0), line, sizeof(line));
        world_fail(line);
    }
    tg_diags_destroy(&diags);
}

void world_create(
    struct world *world, const struct world_size *size, uint64_t seed, const char *dir)
{
    char text[64];

    salt_seed = seed;
    *world = (struct world){.seed = seed, .policy = {.serial = 1}, .own_rules = size->rules};
    world->rules = world_room(size->rules + SPARE, sizeof(*world->rules));
    world->entries = world_room(size->names + size->rules + SPARE, sizeof(*world->entries));
    world->groups = world_room(GROUPS, sizeof(*world->groups));
    world->subnets = world_room(size->subnets, sizeof(*world->subnets));
    world->octets = world_room((size->names + size->rules + SPARE) * NAME_ROOM + TG_DNAME_MAX, 1);
    (void)snprintf(world->path, sizeof(world->path), "%s/policy.cdb", dir);
    world->policy.answer.ttl = 60;
    world->policy.answer.mname = name_of(world, "tldguard.invalid");
    world->policy.answer.rname = name_of(world, "nobody.invalid");
    add_fixed(world, size);
    for (size_t i = 0; i < size->rules; i++) {
        (void)snprintf(text, sizeof(text), "rule%zu.example", i);
        (void)add_name(world, TG_KIND_BLOCK, text, false);
    }
    add_lists(world, size->names);
    add_clients(world, size->subnets);
    world->policy.rules = world->rules;
    world->policy.names = world->entries;
    world->policy.groups = world->groups;
    world->policy.subnets = world->subnets;
    make_image(world);
}

void world_destroy(struct world *world)
{
    for (size_t i = 0; i < world->policy.rule_count; i++)
        free((void *)(uintptr_t)world->rules[i].targets);
    if (world->policy.group_count > 0)
        free((void *)(uintptr_t)world->groups[0].overrides);
    tg_image_close(&world->image);
    tg_image_close(&world->opened);
    (void)remove(world->path);
    free(world->rules);
    free(world->entries);
    free(world->groups);
    free(world->subnets);
    free(world->octets);
    *world = (struct world){.seed = 0};
}
