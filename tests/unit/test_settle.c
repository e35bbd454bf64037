/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/image_label.h"
#include "tests/support/imagefile.h"
#include "tests/support/oom.h"

/* An image of a policy, and the same one settled; the one it was made of is closed. */
struct pair {
    struct tg_image *opened;
    struct tg_image *settled;
};

static void open_pair(const char *path, struct pair *pair)
{
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open(path, &pair->opened, NULL), TG_OK);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_OK);
    pair->settled = tg_image_settle(image);
    assert_non_null(pair->settled);
    tg_image_close(&image);
}

static void close_pair(struct pair *pair)
{
    tg_image_close(&pair->opened);
    tg_image_close(&pair->settled);
}

static void same_rule(const struct tg_rule *a, const struct tg_image *image_a,
    const struct tg_rule *b, const struct tg_image *image_b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_int_equal(a - tg_image_rule(image_a, 0), b - tg_image_rule(image_b, 0));
}

static void same_knowledge(const struct pair *pair, struct tg_name name)
{
    struct tg_image_name a;
    struct tg_image_name b;

    assert_int_equal(tg_image_name(pair->opened, name, &a), tg_image_name(pair->settled, name, &b));
    same_rule(a.allow, pair->opened, b.allow, pair->settled);
    same_rule(a.block, pair->opened, b.block, pair->settled);
    same_rule(a.protect, pair->opened, b.protect, pair->settled);
    a.allow = a.block = a.protect = NULL;
    b.allow = b.block = b.protect = NULL;
    assert_memory_equal(&a, &b, sizeof(a));
}

/* A name, all that are above it, and each with one octet changed. */
static bool same_of_entry(void *arg, const struct tg_entry *entry)
{
    uint8_t wire[TG_DNAME_MAX];

    for (size_t at = 0; at < entry->name.len; at += 1u + entry->name.wire[at]) {
        struct tg_name name = {wire, entry->name.len - at};

        memcpy(wire, entry->name.wire + at, name.len);
        same_knowledge(arg, name);
        if (name.len == 1)
            break;
        wire[1] ^= 1;
        same_knowledge(arg, name);
    }
    return true;
}

/* All that an image by chance knows of names, and no more. */
static void names_are_the_same(void **state)
{
    struct imagefile *file = *state;
    uint64_t seed = 5;

    for (size_t i = 0; i < 200; i++) {
        struct gen_policy *gen = gen_policy(&seed, i % 10 == 0 ? 400 : 20, NULL);
        struct pair pair = {NULL, NULL};

        assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
        open_pair(file->path, &pair);
        tg_image_each_name(pair.opened, same_of_entry, &pair);
        for (size_t j = 0; j < gen->policy.suffix_count; j++)
            (void)same_of_entry(&pair, &(struct tg_entry){.name = gen->suffixes[j].name});
        imagefile_same_verdicts(pair.opened, pair.settled);
        close_pair(&pair);
        gen_free(&gen);
    }
}

/* Buckets that are full, names as long as they can be, and more of them than one bucket holds. */
static void all_lengths(void **state)
{
    struct imagefile *file = *state;
    struct gen_policy *gen = gen_create();
    struct pair pair = {NULL, NULL};
    char text[TG_DNAME_TEXT_MAX];

    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (int len = 1; len <= 63; len++)
        for (int i = 0; i < 40; i++) {
            (void)snprintf(text, sizeof(text), "%0*d.example", len, i % (len == 1 ? 10 : 40));
            if (i < 10 || len > 1)
                (void)gen_entry(gen, 0, text, false);
        }
    for (int i = 0; i < 100; i++) {
        /* 63, 63, 63 and 55 octets and the TLD: 255. */
        (void)snprintf(text, sizeof(text), "%063d.%063d.%063d.%055d.mllll", i, i, i, i);
        (void)gen_entry(gen, 0, text, true);
    }
    assert_int_equal(gen->policy.names[gen->policy.name_count - 1].name.len, TG_DNAME_MAX);
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
    open_pair(file->path, &pair);
    assert_int_equal(tg_image_name_count(pair.settled), gen->policy.name_count);
    tg_image_each_name(pair.opened, same_of_entry, &pair);
    close_pair(&pair);
    gen_free(&gen);
}

/* What belongs to an image of a resolver, and what does not. */
static void what_is_left(void **state)
{
    struct imagefile *file = *state;
    struct pair pair = {NULL, NULL};
    size_t count = 0;
    size_t len = 1;

    open_pair(file->path, &pair);
    assert_true(tg_image_same(pair.opened, pair.settled));
    assert_memory_equal(tg_image_digest(pair.opened), tg_image_digest(pair.settled), 32);
    assert_string_equal(tg_image_meta(pair.settled)->tool, TG_VERSION);
    assert_int_equal(tg_image_rule_count(pair.settled), tg_image_rule_count(pair.opened));
    assert_int_equal(tg_image_canary_count(pair.settled), tg_image_canary_count(pair.opened));
    (void)tg_image_octets(pair.settled, &len);
    assert_int_equal(len, 0);
    tg_image_each_name(pair.settled, NULL, &count);
    tg_image_each_suffix(pair.settled, NULL, &count);
    assert_true(tg_image_memory(pair.settled) > sizeof(struct tg_image));
    /* There is nothing more to be done. */
    assert_null(tg_image_settle(pair.settled));
    close_pair(&pair);
}

/* One that reads its names from the file has none to be settled. */
static void quick_stays(void **state)
{
    struct imagefile *file = *state;
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open_quick(file->path, &image, NULL), TG_OK);
    assert_null(tg_image_settle(image));
    imagefile_exercise(image);
    tg_image_close(&image);
}

static void without_memory(void **state)
{
    struct imagefile *file = *state;
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    oom_fail_at(1);
    assert_null(tg_image_settle(image));
    assert_true(oom_fired());
    oom_fail_at(0);
    imagefile_exercise(image);
    tg_image_close(&image);
}

/* What getrandom() gives: this, or when its factor is 0 what it really gives. */
static struct tg_salt known_salt;
static bool no_entropy;

ssize_t __real_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags)
{
    if (no_entropy)
        return -1;
    if (known_salt.factor == 0 || len != sizeof(known_salt))
        return __real_getrandom(to, len, flags);
    memcpy(to, &known_salt, len);
    return (ssize_t)len;
}

/* The bucket of a hundred that a name begins in, by the salt that is known. */
static size_t bucket_of(struct tg_name name)
{
    const struct tg_names names = {.buckets = (uint8_t *)1, .count = 100};
    uint8_t offsets[TG_LABELS_MAX];
    uint64_t hash = known_salt.start;

    for (size_t i = tg_dname_labels(name.wire, offsets); i > 0; i--)
        hash = tg_name_hash(
            hash, tg_label_key(name.wire + offsets[i - 1], known_salt.factor), known_salt.factor);
    return (size_t)(tg_bucket_of(&names, hash) - names.buckets) / TG_BUCKET_LEN;
}

/* Who knows the salt and chooses names that all want one bucket gets an image that is not settled,
 * and as good. Who does not know it has chosen names like any. */
static void chosen_names(void **state)
{
    struct imagefile *file = *state;
    struct gen_policy *gen = gen_create();
    struct tg_image *image = NULL;
    struct pair pair = {NULL, NULL};

    known_salt = (struct tg_salt){42, 0x9e3779b97f4a7c15u};
    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned i = 0; gen->policy.name_count < 1500; i++) {
        char text[32];
        uint8_t wire[TG_DNAME_MAX];
        struct tg_name name = {wire, 0};

        (void)snprintf(text, sizeof(text), "%u.ml", i);
        assert_int_equal(tg_dname_from_text(text, strlen(text), wire, &name.len, NULL), TG_OK);
        if (bucket_of(name) == 50)
            (void)gen_entry(gen, 0, text, false);
    }
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    assert_null(tg_image_settle(image));
    imagefile_exercise(image);
    tg_image_close(&image);
    memset(&known_salt, 0, sizeof(known_salt));
    open_pair(file->path, &pair);
    tg_image_each_name(pair.opened, same_of_entry, &pair);
    close_pair(&pair);
    gen_free(&gen);
}

/* Both ways to multiply are the same. */
static void products(void **state)
{
    static const uint64_t edges[] = {0, 1, UINT32_MAX, 1ull << 32, UINT64_MAX, UINT64_MAX - 1};
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < 36; i++)
        assert_int_equal(
            tg_mix(edges[i / 6], edges[i % 6]), tg_mix_narrow(edges[i / 6], edges[i % 6]));
    for (int i = 0; i < 1000; i++) {
        const uint64_t a = (uint64_t)gen_random(&seed) << 32 | gen_random(&seed);
        const uint64_t b = (uint64_t)gen_random(&seed) << 32 | gen_random(&seed);

        assert_int_equal(tg_mix(a, b), tg_mix_narrow(a, b));
    }
}

/* Another salt each time, with or without entropy, and always odd. */
static void salts(void **state)
{
    struct tg_salt a, b;

    (void)state;
    for (int i = 0; i < 2; i++) {
        no_entropy = i == 1;
        tg_salt_make(&a);
        tg_salt_make(&b);
        assert_int_equal(a.factor & b.factor & 1, 1);
        assert_true(a.factor != b.factor && a.start != b.start);
    }
    no_entropy = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(names_are_the_same),
        IMAGEFILE_TEST(all_lengths),
        IMAGEFILE_TEST(what_is_left),
        IMAGEFILE_TEST(quick_stays),
        IMAGEFILE_TEST(without_memory),
        IMAGEFILE_TEST(chosen_names),
        cmocka_unit_test(products),
        cmocka_unit_test(salts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
