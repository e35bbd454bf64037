/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A ring that was left behind damaged: whatever is in it, the log stays one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "module/queue_p.h"
#include "module/writer.h"
#include "tests/support/await.h"
#include "tests/support/gen.h"
#include "tests/support/tmpdir.h"

#define CAPACITY 8u
#define ROUNDS   500u

struct world {
    struct tmpdir folder;
    char path[128];
    struct tg_queue *queue;
    size_t adopted;
    void *before;    /* output, unless NULL: the ring before its writer stopped */
    json_int_t last; /* number of the last line */
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    tmpdir_create(&world->folder);
    (void)tmpdir_file(&world->folder, "block.jsonl", world->path);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    struct tg_keep *keep = NULL;
    bool found;

    tg_queue_destroy(&world->queue);
    if (tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep) == 0)
        tg_keep_close(&keep, true);
    tmpdir_remove(&world->folder);
    free(world);
    return 0;
}

static void make_queue(struct world *world)
{
    struct tg_keep *keep = NULL;
    bool found;

    assert_int_equal(tg_keep_open(world->path, tg_queue_size(CAPACITY), &found, &keep), 0);
    assert_int_equal(
        tg_queue_create_in(CAPACITY, 0xa2, found, &keep, &world->adopted, &world->queue), TG_OK);
}

static void push_some(struct world *world, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct tg_event *event = tg_queue_claim(world->queue);

        if (event == NULL)
            continue;
        *event = (struct tg_event){.serial = i, .qtype = 15, .qclass = 1};
        tg_queue_commit(world->queue, event);
    }
}

/* What is in the ring is written, and all lines are in order: their numbers grow, and are not
 * more than a log can have. Returns how many. */
static unsigned write_and_read(struct world *world)
{
    const struct tg_observer observer = {"res1.example.net", "a2"};
    struct tg_writer *writer = NULL;
    char line[TG_EVENT_LINE_MAX];
    json_int_t last = 0;
    unsigned lines = 0;
    FILE *file;

    assert_int_equal(tg_writer_create(
                         &(struct tg_writer_setup){
                             .path = world->path, .queue = world->queue, .observer = &observer},
                         &writer, NULL),
        TG_OK);
    if (world->before != NULL) {
        AWAIT(tg_queue_released(world->queue) == tg_queue_taken(world->queue));
        memcpy(world->before, world->queue->ring, tg_queue_size(CAPACITY));
    }
    tg_writer_destroy(&writer);
    file = fopen(world->path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        const json_t *event = json_object_get(root, "event");
        const json_int_t number = json_integer_value(json_object_get(event, "sequence"));

        assert_non_null(root);
        assert_true(number > last);
        last = number;
        lines++;
        json_decref(root);
    }
    assert_int_equal(fclose(file), 0);
    world->last = last;
    return lines;
}

/* What contradicts itself is given up; a record that says that more was lost than was, is not
 * believed. */
static void test_contradictions(void **state)
{
    static const struct {
        size_t offset; /* in the ring; of a number */
        uint64_t value;
        size_t adopted;
    } cases[] = {
        {offsetof(struct tg_ring, boot), 0, 0},
        {offsetof(struct tg_ring, boot), TG_BOOT_VOID, 0},
        {offsetof(struct tg_ring, mask), CAPACITY, 0},
        {offsetof(struct tg_ring, tail), 0, 0},
        {offsetof(struct tg_ring, tail), 100, 0},
        {offsetof(struct tg_ring, tail), UINT64_MAX, 0},
        {offsetof(struct tg_ring, lost), 0, 0},
        {offsetof(struct tg_ring, lost), UINT64_MAX, 0},
        {offsetof(struct tg_ring, places) + offsetof(struct tg_place, head), 100, 0},
        {offsetof(struct tg_ring, places) + offsetof(struct tg_place, mark.lost), 100, 0},
        {offsetof(struct tg_ring, places) + offsetof(struct tg_place, mark.gap), UINT64_MAX, 0},
        {offsetof(struct tg_ring, places) + offsetof(struct tg_place, mark.sequence), UINT64_MAX,
            0},
        {offsetof(struct tg_ring, slots) + offsetof(struct tg_slot, lost), UINT64_MAX, CAPACITY},
        {offsetof(struct tg_ring, slots) + offsetof(struct tg_slot, turn), 77, CAPACITY},
        {offsetof(struct tg_ring, released), 77, CAPACITY},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)unlink(world->path);
        make_queue(world);
        push_some(world, CAPACITY + 3);
        /* as if three had been told before */
        tg_queue_release(world->queue, 0, &(struct tg_mark){.lost = 3, .sequence = 5});
        tg_queue_release(world->queue, 0, &(struct tg_mark){.lost = 3, .sequence = 5});
        memcpy((char *)world->queue->ring + cases[i].offset, &cases[i].value, sizeof(uint64_t));
        tg_keep_close(&world->queue->keep, false); /* as by its end */
        free(world->queue);
        make_queue(world);
        assert_int_equal(world->adopted, cases[i].adopted);
        (void)write_and_read(world);
        assert_true(tg_queue_taken(world->queue) == tg_queue_released(world->queue));
        tg_queue_destroy(&world->queue);
    }
}

/* Any octets at all. */
static void test_any(void **state)
{
    struct world *world = *state;
    uint64_t seed = 20261122;
    unsigned taken = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        const size_t size = tg_queue_size(CAPACITY);
        const size_t from = round % 2 == 0 ? 0 : sizeof(struct tg_ring);

        (void)unlink(world->path);
        make_queue(world);
        push_some(world, CAPACITY);
        for (unsigned i = 0; i < 1u << (round % 13); i++)
            ((char *)world->queue->ring)[from + gen_below(&seed, (uint32_t)(size - from))] =
                (char)gen_below(&seed, 256);
        tg_keep_close(&world->queue->keep, false);
        free(world->queue);
        make_queue(world);
        taken += world->adopted > 0 ? 1 : 0;
        (void)write_and_read(world);
        tg_queue_destroy(&world->queue);
    }
    assert_true(taken > ROUNDS / 2);
}

/* Killed just when the line was written that tells losses at a stop: they are not told twice. */
static void test_losses_told(void **state)
{
    const size_t size = tg_queue_size(CAPACITY);
    struct world *world = *state;
    struct tg_keep *keep = NULL;
    void *before = malloc(size);
    char state_path[128];
    bool found;

    assert_non_null(before);
    make_queue(world);
    push_some(world, CAPACITY + 3);
    world->before = before;
    assert_int_equal(write_and_read(world), CAPACITY + 1);
    world->before = NULL;
    tg_queue_destroy(&world->queue);
    assert_int_equal(unlink(tmpdir_file(&world->folder, ".block.jsonl.state", state_path)), 0);
    assert_int_equal(tg_keep_open(world->path, size, &found, &keep), 0);
    memcpy(tg_keep_memory(keep), before, size);
    tg_keep_close(&keep, false);
    free(before);
    make_queue(world);
    assert_int_equal(tg_queue_lost(world->queue), 3);
    push_some(world, 1);
    assert_int_equal(write_and_read(world), CAPACITY + 2);
    assert_int_equal(world->last, CAPACITY + 3 + 1 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_contradictions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_losses_told, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("a damaged ring", tests, NULL, NULL);
}
