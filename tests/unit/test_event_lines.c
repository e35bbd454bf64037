/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tg_event_format() beside a slow and obvious way to write the same line, over events by chance:
 * also of those that no resolver makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/event_line.h"
#include "tests/support/gen.h"
#include "tests/support/oracle_line.h"
#include "tldguard/event.h"

#define EVENTS 20000
#define SECOND 1000000000

static void fill(uint64_t *seed, void *octets, size_t len)
{
    uint8_t *at = octets;

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)gen_random(seed);
}

/* Letters, letters and some other octet, or any: what one in a name can be. */
static uint8_t octet_of(uint64_t *seed, uint32_t style)
{
    static const char special[] = ".\\\";()@$ \t-_~";
    const uint32_t chance = gen_below(seed, 8);

    if (style == 0 || (style == 1 && chance != 0))
        return (uint8_t)('a' + gen_below(seed, 26));
    return chance < 4 ? (uint8_t)special[gen_below(seed, sizeof(special) - 1)]
                      : (uint8_t)gen_random(seed);
}

/* A name; one of many is none. @return its length. */
static uint8_t name_of(uint64_t *seed, uint8_t wire[TG_DNAME_MAX])
{
    const uint32_t style = gen_below(seed, 3), longest = gen_below(seed, 4) == 0 ? 63 : 9;
    const uint32_t labels = gen_below(seed, longest == 63 ? 8 : 4);
    size_t at = 0;

    for (uint32_t i = 0; i < labels; i++) {
        const size_t len = 1 + gen_below(seed, longest);

        if (at + len + 2 > TG_DNAME_MAX)
            break;
        wire[at++] = (uint8_t)len;
        for (size_t end = at + len; at < end; at++)
            wire[at] = octet_of(seed, style);
    }
    wire[at] = 0;
    /* Cut, or with an octet too much. */
    return (uint8_t)(gen_below(seed, 30) == 0 ? at + 2 * gen_below(seed, 2) : at + 1);
}

/* The start of a label of some name of the event, most of the time. */
static uint8_t owner_of(uint64_t *seed, const struct tg_event *event)
{
    const uint8_t *wire = gen_below(seed, 4) == 0 ? event->via : event->qname;
    uint8_t at = 0;

    if (gen_below(seed, 8) == 0)
        return (uint8_t)gen_random(seed);
    for (uint32_t i = gen_below(seed, 5); i > 0 && wire[at] != 0 && at + 1u + wire[at] < 255; i--)
        at = (uint8_t)(at + 1u + wire[at]);
    return at;
}

static void fill_ids(uint64_t *seed, struct tg_event *event)
{
    struct tg_client_ids *ids = &event->ids;

    fill(seed, ids, sizeof(*ids));
    if (gen_below(seed, 4) == 0)
        return;
    ids->malformed = (uint8_t)(gen_below(seed, 2) * gen_random(seed));
    ids->ecs.family = (uint8_t)(2 * gen_below(seed, 4));
    ids->ecs.length = (uint8_t)(32 << 2 * gen_below(seed, 2));
    ids->mac_len = (uint8_t)gen_below(seed, TG_MAC_MAX + 2);
    ids->cpe_id_len = (uint8_t)gen_below(seed, TG_CPE_ID_MAX + 2);
    for (size_t i = 0; i < TG_CPE_ID_MAX; i++)
        ids->cpe_id[i] = (char)(' ' + gen_below(seed, 95 + (gen_below(seed, 80) == 0)));
    ids->umbrella.has = (uint8_t)gen_below(seed, 4);
    ids->umbrella.remote.family = (uint8_t)(2 * gen_below(seed, 4));
    if (gen_below(seed, 2) == 0)
        memcpy(ids->ecs.octets, event->address, sizeof(ids->ecs.octets));
    if (gen_below(seed, 2) == 0)
        memcpy(ids->umbrella.remote.octets, ids->ecs.octets, sizeof(ids->ecs.octets));
}

static void fill_client(uint64_t *seed, struct tg_event *event)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    event->family =
        (uint8_t)(gen_below(seed, 8) == 0 ? gen_random(seed) : 4 + 2 * gen_below(seed, 2));
    fill(seed, event->address, sizeof(event->address));
    for (size_t i = 0; i < 2; i++) { /* runs of zeros, as texts of IPv6 leave out */
        const uint32_t from = gen_below(seed, 2) * gen_below(seed, 16);

        memset(event->address + from, 0, gen_below(seed, 17 - from));
    }
    if (gen_below(seed, 4) == 0)
        memcpy(event->address, mapped, sizeof(mapped));
    if (gen_below(seed, 3) == 0)
        fill_ids(seed, event);
    if (gen_below(seed, 3) != 0)
        return;
    fill(seed, event->group, sizeof(event->group));
    event->group[gen_below(seed, 80) % sizeof(event->group)] = '\0';
}

/* Numbers that are in their lists, or just behind. */
static void fill_numbers(uint64_t *seed, struct tg_event *event)
{
    event->time.tv_sec = (time_t)gen_random(seed);
    event->time.tv_nsec = (long)gen_below(seed, SECOND);
    event->serial = gen_random(seed) >> gen_below(seed, 32);
    event->qtype = (uint16_t)(gen_random(seed) >> (16 + gen_below(seed, 16)));
    event->qclass = (uint16_t)(gen_below(seed, 2) == 0 ? TG_CLASS_IN : gen_below(seed, 258));
    event->port = (uint16_t)gen_random(seed);
    event->transport = (uint8_t)gen_below(seed, 6);
    event->flags = (uint8_t)gen_random(seed);
    event->rcode = (uint8_t)gen_below(seed, 17);
    event->reply = (uint8_t)gen_below(seed, 10);
    event->mode = (uint8_t)gen_below(seed, 5);
    event->action = (uint8_t)gen_below(seed, 5);
    event->severity = (uint8_t)gen_below(seed, 5);
    event->kind = (uint8_t)gen_below(seed, 5);
    event->known = (uint8_t)gen_below(seed, 8);
}

static void make(uint64_t *seed, struct tg_event *event)
{
    memset(event, 0, sizeof(*event));
    fill_numbers(seed, event);
    fill_client(seed, event);
    event->qname_len = name_of(seed, event->qname);
    if (gen_below(seed, 4) != 0)
        event->twin_len = name_of(seed, event->twin);
    if (gen_below(seed, 4) == 0)
        event->via_len = name_of(seed, event->via);
    event->owner_at = owner_of(seed, event);
    if (gen_below(seed, 50) != 0)
        return;
    fill(seed, event, sizeof(*event)); /* all of it */
    event->time = (struct timespec){0, 0};
    event->what = TG_WHAT_QUESTION;
}

static void check(uint64_t seed, const struct tg_event *event, const struct tg_stamp *stamp)
{
    char line[TG_EVENT_LINE_MAX];
    const size_t len = tg_event_format(event, stamp, line);
    char *expected = oracle_line(event, stamp);

    assert_non_null(expected);
    if (len != strlen(expected) || strcmp(line, expected) != 0)
        fail_msg("seed %llu:\n%s%s", (unsigned long long)seed, line, expected);
    free(expected);
}

/* Each once with a letterhead made before, and once without. */
static void test_lines(void **state)
{
    static const struct tg_observer observers[] = {
        {"res1.example.net", "69a7bc1f"}, {"\"\\\n\xff", "\x7f\x80"}};
    struct tg_letterhead heads[2];
    struct tg_event event;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        tg_letterhead_make(&observers[i], "69a7bc1f", &heads[i]);
    for (uint64_t i = 1; i <= EVENTS; i++) {
        uint64_t seed = i;
        const size_t by = i % 5 == 0 ? 1 : 0;
        struct tg_stamp stamp = {.observer = &observers[by],
            .sequence = (uint64_t)gen_random(&seed) << gen_below(&seed, 33),
            .lost = gen_below(&seed, 3) == 0 ? gen_random(&seed) : 0,
            .crash = gen_below(&seed, 8) == 0,
            .series = "69a7bc1f",
            .chain = "0123456789abcdef0123456789abcdef"};

        make(&seed, &event);
        check(i, &event, &stamp);
        stamp.head = &heads[by];
        check(i, &event, &stamp);
        stamp.head = NULL;
        stamp.series = NULL;
        stamp.chain = NULL;
        check(i, &event, &stamp);
    }
}

/* A name of so many octets, all the same. @return its length. */
static uint8_t name_of_one(uint8_t octet, size_t octets, uint8_t wire[TG_DNAME_MAX])
{
    uint8_t *at = wire;

    while (octets > 1) {
        const size_t len = octets - 1 < TG_LABEL_MAX ? octets - 1 : TG_LABEL_MAX;

        *at++ = (uint8_t)len;
        memset(at, octet, len);
        at += len;
        octets -= len + 1;
    }
    *at++ = 0;
    return (uint8_t)(at - wire);
}

/* How many of 64 lines, each longer by one than the one before, are just as long as most, and have
 * a form or another. */
static unsigned check_64(
    uint64_t seed, struct tg_event *event, const struct tg_stamp *stamp, bool shorter, size_t most)
{
    char line[TG_EVENT_LINE_MAX];
    unsigned found = 0;

    for (size_t group = 0; group < TG_EVENT_GROUP_MAX; group++) {
        memset(event->group, 0, sizeof(event->group));
        memset(event->group, 'g', group);
        check(seed, event, stamp);
        found += tg_event_format(event, stamp, line) == most &&
                 (strstr(line, "the name is long") != NULL) == shorter;
    }
    return found;
}

/* Lines of every length around those from which on there is a shorter form: 4096 and 8192. */
static void test_borders(void **state)
{
    static const struct tg_observer observer = {"res1.example.net", "69a7bc1f"};
    const struct tg_stamp stamp = {.observer = &observer, .sequence = 1};
    struct tg_event event = {.family = 4, .qclass = TG_CLASS_IN, .mode = TG_MODE_BLOCK};
    unsigned full = 0, no_copies = 0;

    (void)state;
    for (size_t octets = 40; octets < TG_DNAME_MAX; octets += octets == 80 ? 145 : 1) {
        event.qname_len = name_of_one(1, octets, event.qname);
        event.twin_len = name_of_one(1, octets, event.twin);
        event.via_len = 0;
        full += check_64(octets, &event, &stamp, false, 4095);
        event.via_len = name_of_one(1, octets, event.via);
        no_copies += check_64(octets, &event, &stamp, true, 8191);
    }
    assert_true(full > 0);
    assert_true(no_copies > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_borders),
    };

    return cmocka_run_group_tests_name("event_lines", tests, NULL, NULL);
}
