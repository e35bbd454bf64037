/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The questions of tests/bench/decide.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/decide_world.h"

const char *world_kind_text(enum world_kind kind)
{
    static const char *const texts[WORLD_KINDS] = {
        [WORLD_UNLISTED] = "TLD not listed",
        [WORLD_LISTED] = "listed",
        [WORLD_LISTED_NAMES] = "listed, names known below",
        [WORLD_NEAR_MISS] = "near miss of a protected name",
        [WORLD_ALLOW] = "allow",
        [WORLD_EXACT] = "block, exact",
        [WORLD_SUFFIX] = "block, suffix",
        [WORLD_PROTECT] = "protected",
        [WORLD_LOOK_ALIKE] = "look-alike, spoofed",
        [WORLD_GROUPS] = "near miss, under client groups",
        [WORLD_LABELS] = "127 labels",
        [WORLD_RULES] = "block, a rule of its own",
        [WORLD_ANY] = "any name of the lists",
        [WORLD_NONE] = "listed, like names of the lists",
    };

    return texts[kind];
}

void asked_create(struct asked *asked, size_t count)
{
    asked->questions = world_room(count, sizeof(*asked->questions));
    asked->clients = world_room(count, sizeof(*asked->clients));
    asked->wires = world_room(count, sizeof(*asked->wires));
    asked->count = count;
    for (size_t i = 0; i < count; i++)
        asked->questions[i] = (struct tg_question){.qname = {asked->wires[i], 0},
            .qtype = TG_TYPE_MX,
            .qclass = TG_CLASS_IN,
            .today = BENCH_TODAY};
}

void asked_destroy(struct asked *asked)
{
    free(asked->questions);
    free(asked->clients);
    free(asked->wires);
    *asked = (struct asked){.count = 0};
}

static void ask_text(struct asked *asked, size_t i, const char *text)
{
    if (tg_dname_from_text(
            text, strlen(text), asked->wires[i], &asked->questions[i].qname.len, NULL) != TG_OK)
        world_fail("a name that is none");
}

void asked_labels(struct asked *asked, size_t i, size_t labels)
{
    char text[2 * TG_LABELS_MAX + 4];
    size_t len = 0;

    for (size_t n = 1; n < labels; n++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%c.", 'a' + (int)(n % 26));
    (void)snprintf(text + len, sizeof(text) - len, "m");
    ask_text(asked, i, text);
}

static void ask_below(struct asked *asked, size_t i, const char *label, struct tg_name name)
{
    const size_t len = strlen(label);

    asked->wires[i][0] = (uint8_t)len;
    memcpy(asked->wires[i] + 1, label, len);
    memcpy(asked->wires[i] + 1 + len, name.wire, name.len);
    asked->questions[i].qname.len = 1 + len + name.len;
}

void asked_listed(struct asked *asked, size_t i, const struct world *world, size_t number)
{
    const struct tg_name name = world->entries[world->listed_at + number].name;

    memcpy(asked->wires[i], name.wire, name.len);
    asked->questions[i].qname.len = name.len;
}

/* The number of a name of the lists, by chance: its place in ten tells of what kind it is. */
static size_t pick(const struct world *world, uint64_t *seed, size_t place)
{
    const size_t names = world->policy.name_count - world->listed_at;

    return world_random(seed) % (names / 10) * 10 + place;
}

static void ask_listed(
    struct asked *asked, size_t i, const struct world *world, enum world_kind kind, uint64_t *seed)
{
    switch (kind) {
    case WORLD_ALLOW:
        asked_listed(asked, i, world, pick(world, seed, 0));
        break;
    case WORLD_PROTECT:
        asked_listed(asked, i, world, pick(world, seed, 1));
        break;
    case WORLD_EXACT:
        asked_listed(asked, i, world, pick(world, seed, 2));
        break;
    case WORLD_SUFFIX:
        ask_below(asked, i, "mail", world->entries[world->listed_at + pick(world, seed, 3)].name);
        break;
    default:
        asked_listed(asked, i, world, pick(world, seed, world_random(seed) % 10));
        break;
    }
    /* A letter more, at the end of the first label: no such name is known. */
    if (kind == WORLD_NONE) {
        ask_text(asked, i, "abcdefghijklmnopqrstuvwxy.ml");
        for (size_t at = 1; at < 26; at++)
            asked->wires[i][at] = (uint8_t)('a' + world_random(seed) % 26);
    }
}

static void ask_group(struct asked *asked, size_t i, const struct world *world, uint64_t *seed)
{
    ask_text(asked, i, "smtp.army.ml");
    if (world->policy.subnet_count == 0)
        return;
    asked->clients[i] = world->subnets[world_random(seed) % world->policy.subnet_count].prefix;
    asked->clients[i].octets[15] = (uint8_t)world_random(seed);
    asked->questions[i].client = &asked->clients[i];
}

static void ask(
    struct asked *asked, size_t i, const struct world *world, enum world_kind kind, uint64_t *seed)
{
    static const char *const fixed[WORLD_KINDS] = {
        [WORLD_UNLISTED] = "www.example.com",
        [WORLD_LISTED] = "smtp.army.gop",
        [WORLD_LISTED_NAMES] = "smtp.navy.ml",
        [WORLD_NEAR_MISS] = "smtp.army.ml",
        [WORLD_LOOK_ALIKE] = "smtp.xn--rmy-5cd.example",
    };
    char text[64];

    asked->questions[i].client = NULL;
    if (fixed[kind] != NULL) {
        ask_text(asked, i, fixed[kind]);
    } else if (kind == WORLD_LABELS) {
        asked_labels(asked, i, TG_LABELS_MAX);
    } else if (kind == WORLD_GROUPS) {
        ask_group(asked, i, world, seed);
    } else if (kind == WORLD_RULES) {
        (void)snprintf(
            text, sizeof(text), "rule%zu.example", (size_t)(world_random(seed) % world->own_rules));
        ask_text(asked, i, text);
    } else {
        ask_listed(asked, i, world, kind, seed);
    }
}

void asked_fill(
    struct asked *asked, const struct world *world, enum world_kind kind, uint64_t *seed)
{
    for (size_t i = 0; i < asked->count; i++)
        ask(asked, i, world, kind, seed);
}
