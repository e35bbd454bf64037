/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "module/queue.h"

#define PRODUCERS   8
#define EVENTS_EACH 100000u

static struct tg_queue *make(size_t capacity)
{
    struct tg_queue *queue = NULL;

    assert_int_equal(tg_queue_create(capacity, &queue), TG_OK);
    assert_non_null(queue);
    return queue;
}

static bool push(struct tg_queue *queue, uint32_t serial)
{
    struct tg_event *event = tg_queue_claim(queue);

    if (event == NULL)
        return false;
    event->serial = serial;
    event->qname_len = 1;
    event->qname[0] = (uint8_t)serial;
    event->twin[TG_DNAME_MAX - 1] = (uint8_t)(serial >> 8);
    tg_queue_commit(queue, event);
    return true;
}

/* A power of two within the bounds; anything else leaves the output alone. */
static void test_capacity(void **state)
{
    static const struct {
        size_t capacity;
        enum tg_status status;
    } cases[] = {
        {0, TG_EINVAL},
        {1, TG_EINVAL},
        {2, TG_OK},
        {3, TG_EINVAL},
        {4096, TG_OK},
        {4097, TG_EINVAL},
        {TG_QUEUE_MAX, TG_OK},
        {TG_QUEUE_MAX + 1, TG_EINVAL},
        {(size_t)TG_QUEUE_MAX * 2, TG_EINVAL},
        {SIZE_MAX, TG_EINVAL},
        {SIZE_MAX / 2 + 1, TG_EINVAL},
    };
    struct tg_queue *const untouched = (struct tg_queue *)(uintptr_t)1;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tg_queue *queue = untouched;

        assert_int_equal(tg_queue_create(cases[i].capacity, &queue), cases[i].status);
        if (cases[i].status != TG_OK) {
            assert_ptr_equal(queue, untouched);
            continue;
        }
        assert_int_equal(tg_queue_capacity(queue), cases[i].capacity);
        assert_true(tg_queue_memory(queue) > cases[i].capacity * sizeof(struct tg_event));
        tg_queue_destroy(&queue);
        assert_null(queue);
    }
}

static void test_destroy_null(void **state)
{
    struct tg_queue *none = NULL;

    (void)state;
    tg_queue_destroy(NULL);
    tg_queue_destroy(&none);
    assert_null(none);
}

/* First in, first out, whole records; over many laps. */
static void test_order(void **state)
{
    struct tg_queue *queue = make(4);
    struct tg_event event;
    uint32_t pushed = 0;
    uint32_t popped = 0;

    (void)state;
    for (unsigned lap = 0; lap < 1000; lap++) {
        for (unsigned i = 0; i <= lap % 4; i++)
            assert_true(push(queue, pushed++));
        while (popped < pushed) {
            assert_true(tg_queue_pop(queue, &event, NULL));
            assert_int_equal(event.serial, popped);
            assert_int_equal(event.qname[0], popped & 0xff);
            assert_int_equal(event.twin[TG_DNAME_MAX - 1], popped >> 8 & 0xff);
            popped++;
        }
    }
    assert_int_equal(tg_queue_lost(queue), 0);
    tg_queue_destroy(&queue);
}

/* It holds exactly its capacity; what comes more is refused, counted, and leaves the rest. */
static void test_full(void **state)
{
    struct tg_queue *queue = make(8);
    struct tg_event event;
    uint64_t lost;

    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        assert_true(push(queue, i));
    for (uint32_t i = 1; i <= 5; i++) {
        assert_false(push(queue, 99));
        assert_int_equal(tg_queue_lost(queue), i);
    }
    /* one out, one in: this one knows of the five lost before it, those before do not */
    assert_true(tg_queue_pop(queue, &event, &lost));
    assert_int_equal(event.serial, 0);
    assert_int_equal(lost, 0);
    assert_true(push(queue, 8));
    assert_false(push(queue, 99));
    for (uint32_t i = 1; i <= 8; i++) {
        assert_true(tg_queue_pop(queue, &event, &lost));
        assert_int_equal(event.serial, i);
        assert_int_equal(lost, i == 8 ? 5 : 0);
    }
    assert_int_equal(tg_queue_lost(queue), 6);
    assert_int_equal(tg_queue_taken(queue), 9); /* popped or not */
    tg_queue_destroy(&queue);
}

/* Nothing to take: the outputs stay as they were. */
static void test_empty(void **state)
{
    struct tg_queue *queue = make(2);
    struct tg_event event = {.serial = 77};
    uint64_t lost = 78;

    (void)state;
    assert_false(tg_queue_pop(queue, &event, &lost));
    assert_true(push(queue, 1));
    assert_true(tg_queue_pop(queue, &event, NULL));
    event.serial = 77;
    assert_false(tg_queue_pop(queue, &event, &lost));
    assert_int_equal(event.serial, 77);
    assert_int_equal(lost, 78);
    tg_queue_destroy(&queue);
}

/* A record that is still being filled holds up those behind it, and only delays them. */
static void test_uncommitted(void **state)
{
    struct tg_queue *queue = make(2);
    struct tg_event *first = tg_queue_claim(queue);
    struct tg_event event;

    (void)state;
    assert_non_null(first);
    assert_true(push(queue, 2));
    assert_false(tg_queue_pop(queue, &event, NULL));
    assert_null(tg_queue_claim(queue));
    first->serial = 1;
    tg_queue_commit(queue, first);
    assert_true(tg_queue_pop(queue, &event, NULL));
    assert_int_equal(event.serial, 1);
    assert_true(tg_queue_pop(queue, &event, NULL));
    assert_int_equal(event.serial, 2);
    tg_queue_destroy(&queue);
}

struct load {
    struct tg_queue *queue;
    pthread_t threads[PRODUCERS];
    atomic_uint started; /* gives each thread its number */
    atomic_uint done;
    _Atomic uint64_t accepted;
    bool insist; /* a full ring is tried again */
};

static void *produce(void *arg)
{
    struct load *load = arg;
    const uint32_t number = atomic_fetch_add(&load->started, 1);
    uint64_t accepted = 0;

    for (uint32_t i = 0; i < EVENTS_EACH; i++) {
        bool taken = push(load->queue, number << 24 | i);

        while (!taken && load->insist) {
            (void)sched_yield();
            taken = push(load->queue, number << 24 | i);
        }
        accepted += taken ? 1 : 0;
    }
    atomic_fetch_add(&load->accepted, accepted);
    atomic_fetch_add(&load->done, 1);
    return NULL;
}

/* Takes all there is until the producers are done; checks that each one's come in order. */
static uint64_t consume(struct load *load)
{
    int64_t last[PRODUCERS];
    uint64_t popped = 0;
    struct tg_event event;
    uint64_t lost;

    for (size_t i = 0; i < PRODUCERS; i++)
        last[i] = -1;
    for (;;) {
        const bool ended = atomic_load(&load->done) == PRODUCERS; /* read before the last look */

        while (tg_queue_pop(load->queue, &event, &lost)) {
            const uint32_t number = event.serial >> 24;

            assert_true(number < PRODUCERS);
            assert_true((int64_t)(event.serial & 0xffffff) > last[number]);
            assert_true(lost <= tg_queue_lost(load->queue));
            assert_int_equal(event.qname[0], event.serial & 0xff);
            last[number] = event.serial & 0xffffff;
            popped++;
        }
        if (ended)
            return popped;
        (void)sched_yield();
    }
}

static void run_load(size_t capacity, bool insist, uint64_t *popped, uint64_t *lost)
{
    struct load load = {.queue = make(capacity), .insist = insist};

    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&load.threads[i], NULL, produce, &load), 0);
    *popped = consume(&load);
    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(load.threads[i], NULL), 0);
    *lost = tg_queue_lost(load.queue);
    assert_int_equal(*popped, atomic_load(&load.accepted));
    tg_queue_destroy(&load.queue);
}

/* Room enough: nothing lost, nothing doubled (each producer's numbers rise, and all came). */
static void test_threads_insist(void **state)
{
    uint64_t popped;
    uint64_t lost;

    (void)state;
    run_load(1024, true, &popped, &lost);
    assert_int_equal(popped, (uint64_t)PRODUCERS * EVENTS_EACH);
}

/* Far too little room: pushed = popped + lost, exactly. */
static void test_threads_lossy(void **state)
{
    static const size_t capacities[] = {2, 16, 1024};

    (void)state;
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        uint64_t popped;
        uint64_t lost;

        run_load(capacities[i], false, &popped, &lost);
        assert_int_equal(popped + lost, (uint64_t)PRODUCERS * EVENTS_EACH);
    }
}

/* As large as what is pushed: no claim fails, however the threads run. */
static void test_threads_room(void **state)
{
    struct load load = {.queue = make(TG_QUEUE_MAX)};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&load.threads[i], NULL, produce, &load), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(load.threads[i], NULL), 0);
    assert_int_equal(tg_queue_lost(load.queue), 0);
    atomic_store(&load.done, PRODUCERS);
    assert_int_equal(consume(&load), 2 * EVENTS_EACH);
    tg_queue_destroy(&load.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_destroy_null),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_uncommitted),
        cmocka_unit_test(test_threads_insist),
        cmocka_unit_test(test_threads_lossy),
        cmocka_unit_test(test_threads_room),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
