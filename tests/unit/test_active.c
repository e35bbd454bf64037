/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "module/active.h"
#include "tests/support/imagefile.h"
#include "tests/support/oom.h"

#define READERS  8
#define REPLACES 200

static struct tg_image *open_image(const struct imagefile *file)
{
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open_memory("test", file->data, file->len, &image, NULL), TG_OK);
    return image;
}

static void test_destroy_null(void **state)
{
    struct tg_active *none = NULL;

    (void)state;
    tg_active_destroy(NULL);
    tg_active_destroy(&none);
}

/* Without a policy a stay has no image; the first one that is put there is seen. */
static void test_none_then_one(void **state)
{
    struct tg_active *active = NULL;
    struct tg_image *image = open_image(*state);
    struct tg_stay stay;
    size_t empty;

    assert_int_equal(tg_active_create(NULL, &active), TG_OK);
    empty = tg_active_memory(active);
    assert_true(empty > 0);
    stay = tg_active_enter(active);
    assert_null(stay.image);
    tg_active_leave(stay);
    tg_active_replace(active, image);
    stay = tg_active_enter(active);
    assert_ptr_equal(stay.image, image);
    tg_active_leave(stay);
    assert_int_equal(tg_active_memory(active), empty + tg_image_memory(image));
    tg_active_destroy(&active);
    assert_null(active);
}

/* Two stays are of one generation exactly when no policy came between them. */
static void test_generations(void **state)
{
    struct tg_active *active = NULL;
    unsigned before;

    assert_int_equal(tg_active_create(open_image(*state), &active), TG_OK);
    for (int i = 0; i < 3; i++) {
        struct tg_stay stay = tg_active_enter(active);
        struct tg_stay other = tg_active_enter(active);

        before = stay.generation;
        assert_int_equal(other.generation, before);
        tg_active_leave(other);
        tg_active_leave(stay);
        tg_active_replace(active, open_image(*state));
        stay = tg_active_enter(active);
        assert_int_not_equal(stay.generation, before);
        tg_active_leave(stay);
    }
    tg_active_destroy(&active);
}

static void test_out_of_memory(void **state)
{
    struct tg_active *const untouched = (struct tg_active *)(uintptr_t)1;
    struct tg_active *active = untouched;
    struct tg_image *image = open_image(*state);

    oom_fail_at(1);
    assert_int_equal(tg_active_create(image, &active), TG_ENOMEM);
    assert_true(oom_fired());
    oom_fail_at(0);
    assert_ptr_equal(active, untouched);
    tg_image_close(&image); /* it is still ours */
}

struct replacing {
    struct tg_active *active;
    struct tg_image *image;
    atomic_bool done;
};

static void *replace(void *arg)
{
    struct replacing *replacing = arg;

    tg_active_replace(replacing->active, replacing->image);
    atomic_store(&replacing->done, true);
    return NULL;
}

/* Who was inside before keeps the old policy, and holds back its end, whatever side newcomers
 * take; they see the new one meanwhile. */
static void test_waits_for_readers(void **state)
{
    for (int before = 0; before < 3; before++) {
        struct replacing replacing = {.image = open_image(*state)};
        struct tg_image *first = open_image(*state);
        struct tg_stay old, other, young;
        pthread_t thread;

        atomic_init(&replacing.done, false);
        assert_int_equal(tg_active_create(first, &replacing.active), TG_OK);
        for (int i = 0; i < before; i++) {
            first = open_image(*state);
            tg_active_replace(replacing.active, first);
        }
        old = tg_active_enter(replacing.active);
        other = tg_active_enter(replacing.active);
        assert_int_equal(pthread_create(&thread, NULL, replace, &replacing), 0);
        do {
            sched_yield();
            young = tg_active_enter(replacing.active);
            tg_active_leave(young);
        } while (young.image != replacing.image);
        tg_active_leave(other);
        for (int i = 0; i < 1000; i++) {
            sched_yield();
            assert_false(atomic_load(&replacing.done));
        }
        assert_ptr_equal(old.image, first);
        imagefile_exercise(old.image); /* would not survive its end */
        tg_active_leave(old);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(atomic_load(&replacing.done));
        tg_active_destroy(&replacing.active);
    }
}

struct reading {
    struct tg_active *active;
    atomic_bool *stop;
    size_t stays;
};

/* With no pause between two stays: the counter is hardly ever 0. */
static void *read_on(void *arg)
{
    struct reading *reading = arg;

    /* On a busy machine a thread may begin when all is over. */
    do {
        struct tg_stay stay = tg_active_enter(reading->active);

        if (tg_image_meta(stay.image)->format == TG_IMAGE_FORMAT)
            reading->stays++;
        tg_active_leave(stay);
    } while (!atomic_load_explicit(reading->stop, memory_order_relaxed));
    return NULL;
}

/* Readers that never pause neither see a policy that was freed nor keep one from being replaced. */
static void test_many_readers(void **state)
{
    struct tg_active *active = NULL;
    struct reading readings[READERS];
    pthread_t threads[READERS];
    atomic_bool stop;

    atomic_init(&stop, false);
    assert_int_equal(tg_active_create(open_image(*state), &active), TG_OK);
    for (size_t i = 0; i < READERS; i++) {
        readings[i] = (struct reading){active, &stop, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readings[i]), 0);
    }
    for (int i = 0; i < REPLACES; i++)
        tg_active_replace(active, open_image(*state));
    atomic_store(&stop, true);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readings[i].stays > 0);
    }
    tg_active_destroy(&active);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_null),
        IMAGEFILE_TEST(test_none_then_one),
        IMAGEFILE_TEST(test_generations),
        IMAGEFILE_TEST(test_out_of_memory),
        IMAGEFILE_TEST(test_waits_for_readers),
        IMAGEFILE_TEST(test_many_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
