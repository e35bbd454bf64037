/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What lists and rules whose names were chosen for it can make a question cost, beside a usual one:
 * hash flooding. The bounds are stated in SECURITY.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cdb.h>
#include <cmocka.h>

#include "policy/image_label.h"
#include "policy/image_looks.h"
#include "tests/support/costs.h"

/* What getrandom() gives: this, or when it is zero what it really gives. */
static struct tg_salt known_salt;

ssize_t __real_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags)
{
    if (known_salt.factor == 0 || len != sizeof(known_salt))
        return __real_getrandom(to, len, flags);
    memcpy(to, &known_salt, len);
    return (ssize_t)len;
}

/* Whether a name wants the first of so many buckets, and the first of the tags in it, by the salt
 * that is known. */
static bool wants_first(struct tg_name name, size_t count)
{
    const struct tg_names names = {.buckets = (uint8_t *)1, .count = count};
    uint8_t offsets[TG_LABELS_MAX];
    uint64_t hash = known_salt.start;

    for (size_t i = tg_dname_labels(name.wire, offsets); i > 0; i--)
        hash = tg_name_hash(
            hash, tg_label_key(name.wire + offsets[i - 1], known_salt.factor), known_salt.factor);
    return tg_bucket_of(&names, hash) == names.buckets && tg_bucket_tag(hash) == 0;
}

#define CHOSEN   100
#define ORDINARY 1000

/* Whether the compiler is kept from seeing how slow look-ups would be. */
static bool looking_away;

int __real_tg_writer_looks(const struct tg_image_writer *writer, struct tg_looks *looks);
int __wrap_tg_writer_looks(const struct tg_image_writer *writer, struct tg_looks *looks);
int __wrap_tg_writer_looks(const struct tg_image_writer *writer, struct tg_looks *looks)
{
    if (!looking_away)
        return __real_tg_writer_looks(writer, looks);
    *looks = (struct tg_looks){0};
    return 0;
}

/* That no compiler writes it, with the name that is told; and that no resolver takes it. */
static void refused(struct imagefile *file, const struct gen_policy *gen, const char *name)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;

    assert_int_equal(
        tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, diags), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, name));
    assert_int_equal(tmpdir_count(&file->dir), 1);
    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    diags = tg_diags_create();
    looking_away = true;
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
    looking_away = false;
    assert_int_equal(tg_image_open(file->path, &image, diags), TG_ECORRUPT);
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, "too slow"));
    tg_diags_destroy(&diags);
}

static void taken(struct imagefile *file, const struct gen_policy *gen)
{
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    tg_image_close(&image);
}

/* Names that all want one bucket and look alike there, as who knows the salt can choose them,
 * before others that do not; their first questions. Returns how many buckets there are. */
static void chosen_names(
    struct gen_policy *gen, size_t buckets, struct tg_name chosen[CHOSEN], struct tg_name *ordinary)
{
    size_t found = 0;
    char text[32];
    struct wire wire;

    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned i = 0; found < CHOSEN; i++) {
        (void)snprintf(text, sizeof(text), "c%07u.example", i);
        if (wants_first(name_of(text, &wire), buckets))
            chosen[found++] = gen_entry(gen, 0, text, false)->name;
    }
    for (unsigned i = 0; i < ORDINARY; i++) {
        (void)snprintf(text, sizeof(text), "o%07u.example", i);
        ordinary[i] = gen_entry(gen, 0, text, false)->name;
    }
}

/* What they cost beside ordinary ones. */
static void ask_chosen(const struct opened *opened, const char *what,
    const struct tg_name chosen[CHOSEN], const struct tg_name *ordinary, uint64_t least,
    uint64_t times)
{
    const uint64_t usual =
        cost((struct asked){opened->image, NULL, ordinary, 10, NULL, false, false});
    const uint64_t worst =
        cost((struct asked){opened->image, NULL, chosen + CHOSEN - 4, 4, NULL, false, false});

    within(what, worst, usual, times);
    assert_true(worst >= least * usual);
}

/* Hash flooding of the names in a resolver's image: whoever writes a list that is blocked chooses
 * names, and then somebody asks for them. By a salt that is known they would cost many times as
 * much as others; without it they are like others. */
static void flooded_names(void **state)
{
    struct gen_policy *gen = gen_create();
    struct tg_name *ordinary = calloc(ORDINARY, sizeof(*ordinary));
    struct tg_name chosen[CHOSEN];
    struct opened opened;
    size_t buckets;

    assert_non_null(ordinary);
    known_salt = (struct tg_salt){0x0123456789abcdefu, 0x9e3779b97f4a7c15u};
    /* Sixteen in a bucket, three quarters full: as image_settle.c counts. */
    buckets = (CHOSEN + ORDINARY + 1) * 4 / 3 / 16 + 1;
    chosen_names(gen, buckets, chosen, ordinary);
    opened = open_for_resolver(*state, gen);
    assert_true(opened.settled);
    assert_int_equal(opened.image->names.count, buckets);
    ask_chosen(&opened, "100 names chosen for one bucket, salt known", chosen, ordinary, 2, 100);
    tg_image_close(&opened.image);
    memset(&known_salt, 0, sizeof(known_salt));
    for (int i = 0; i < 3; i++) {
        opened = open_for_resolver(*state, gen);
        assert_true(opened.settled);
        ask_chosen(&opened, "the same, in a resolver", chosen, ordinary, 0, 2);
        tg_image_close(&opened.image);
    }
    free(ordinary);
    gen_free(&gen);
}

/* The same for the table of TLDs, which each question has one look at: of TLDs without a rule, too,
 * under which a list has names. */
static void flooded_tlds(void **state)
{
    struct gen_policy *gen = gen_create();
    struct tg_name chosen[CHOSEN];
    struct wire wires[CHOSEN], usual_wire;
    const struct tg_name usual = name_of("www.org", &usual_wire);
    struct opened opened;
    size_t found = 0;
    char text[32];

    known_salt = (struct tg_salt){0x0123456789abcdefu, 0x9e3779b97f4a7c15u};
    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned i = 0; i < 6000; i++) {
        (void)snprintf(text, sizeof(text), "x.o%u", i);
        (void)gen_entry(gen, 0, text, false);
    }
    for (unsigned i = 0; found < CHOSEN; i++) {
        struct tg_name name;

        (void)snprintf(text, sizeof(text), "x.t%u", i);
        name = name_of(text, &wires[found]);
        /* Its first slot of 16,384, with as many others. */
        if ((tg_label_key(name.wire + 2, known_salt.factor) * known_salt.factor) >> 50 != 0)
            continue;
        chosen[found++] = name;
        (void)gen_entry(gen, 0, text, false);
    }
    opened = open_for_resolver(*state, gen);
    assert_int_equal(opened.image->tlds.shift, 50);
    within("100 TLDs chosen for one slot, salt known",
        cost((struct asked){opened.image, NULL, chosen + CHOSEN - 4, 4, NULL, false, false}),
        cost((struct asked){opened.image, NULL, &usual, 1, NULL, false, false}), 200);
    tg_image_close(&opened.image);
    memset(&known_salt, 0, sizeof(known_salt));
    opened = open_for_resolver(*state, gen);
    within("the same, in a resolver",
        cost((struct asked){opened.image, NULL, chosen + CHOSEN - 4, 4, NULL, false, false}),
        cost((struct asked){opened.image, NULL, chosen, 1, NULL, false, false}), 2);
    tg_image_close(&opened.image);
    gen_free(&gen);
}

#define BLOCKS 8 /* of two letters; a label has 63 at the most */

static uint32_t cdb_step(uint32_t hash, uint8_t octet)
{
    return hash * 33 ^ octet;
}

/* Two pairs of letters or digits that bring a hash to the same value, which is returned. */
static uint32_t find_block(uint32_t hash, char pairs[2][2])
{
    static const char octets[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const size_t count = sizeof(octets) - 1;
    uint32_t after[36 * 36];

    for (size_t i = 0; i < count * count; i++) {
        after[i] = cdb_step(cdb_step(hash, (uint8_t)octets[i / count]), (uint8_t)octets[i % count]);
        for (size_t j = 0; j < i; j++)
            if (after[i] == after[j]) {
                pairs[0][0] = octets[i / count], pairs[0][1] = octets[i % count];
                pairs[1][0] = octets[j / count], pairs[1][1] = octets[j % count];
                return after[i];
            }
    }
    fail();
    return 0;
}

/* An image's file is a constant database, whose hash has no salt: names that all have one hash are
 * easy to make, and a resolver takes no image in which look-ups are slow. So the compiler does not
 * make one: it would be refused when somebody needs it. A few do no harm, nor do many of many. */
static void flooded_image(void **state)
{
    struct imagefile *file = *state;
    struct gen_policy *gen = gen_create();
    char pairs[BLOCKS][2][2], text[64] = {0};
    uint32_t hash = cdb_step(cdb_step(5381, TG_DISK_NAME), 2 * BLOCKS);

    for (size_t i = 0; i < BLOCKS; i++)
        hash = find_block(hash, pairs[i]);
    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned n = 0; n < 1u << BLOCKS; n++) {
        for (size_t i = 0; i < BLOCKS; i++)
            memcpy(text + 2 * i, pairs[i][n >> i & 1], 2);
        (void)snprintf(text + 2 * BLOCKS, sizeof(text) - 2 * BLOCKS, ".example");
        (void)gen_entry(gen, 0, text, false);
        if (n == 99)
            taken(file, gen);
    }
    refused(file, gen, text);
    for (unsigned n = 0; n < 2000; n++) {
        (void)snprintf(text, sizeof(text), "o%u.example", n);
        (void)gen_entry(gen, 0, text, false);
    }
    taken(file, gen);
    gen_free(&gen);
}

#define CROWD (TG_RUN_MAX * 3 / 2)

/* Names of one table, of which each is found at once: they stand one beside the other, in one half
 * of its slots. Who looks for a name that is not there goes along all of them. */
static void crowded_image(void **state)
{
    struct imagefile *file = *state;
    struct gen_policy *gen = gen_create();
    bool used[CROWD] = {false};
    unsigned found = 0;
    char text[32];

    (void)gen_rule(gen, TG_KIND_BLOCK, NULL, false);
    for (unsigned i = 0; found < CROWD; i++) {
        uint8_t key[1 + TG_DNAME_MAX] = {TG_DISK_NAME};
        struct wire wire;
        struct tg_name name;
        uint32_t hash, slot;

        (void)snprintf(text, sizeof(text), "c%07u.example", i);
        name = name_of(text, &wire);
        memcpy(key + 1, name.wire, name.len);
        hash = cdb_hash(key, (unsigned)name.len + 1);
        slot = (hash >> 8) % (2 * CROWD);
        if (hash % TG_CDB_TABLES != 7 || slot >= CROWD || used[slot])
            continue;
        used[slot] = true;
        (void)gen_entry(gen, 0, text, false);
        if (++found == TG_RUN_MAX / 2)
            taken(file, gen);
    }
    refused(file, gen, "'c");
    gen_free(&gen);
}

/* FNV-1a and nine bits of it: as module/stats.c finds the figures of a TLD's rule. */
static unsigned place_of(const char *tld)
{
    struct wire wire;
    const struct tg_name name = name_of(tld, &wire);
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i + 1 < name.len; i++)
        hash = (hash ^ name.wire[i]) * 16777619u;
    return (hash ^ hash >> 16) & 511;
}

/* The figures of rules stand in a table that has no salt: it has places for 256 TLDs with a rule,
 * which the policy alone chooses, no list. If all of them want one place: */
static void flooded_figures(void **state)
{
    struct gen_policy *gen = gen_create();
    struct tg_stats *stats = tg_stats_create();
    struct opened opened;
    struct tg_name first, last;
    struct wire wires[2];
    char text[32];
    size_t found = 0;

    assert_non_null(stats);
    for (unsigned i = 0; found < TG_FIGURES_RULES - 2; i++) {
        (void)snprintf(text, sizeof(text), "t%u", i);
        if (place_of(text) != 7)
            continue;
        (void)gen_tld(gen, text, "mil");
        (void)snprintf(text, sizeof(text), "navy.t%u", i);
        last = name_of(text, &wires[1]);
        if (found++ == 0)
            first = name_of(text, &wires[0]);
    }
    opened = open_for_resolver(*state, gen);
    tg_stats_policy(stats, opened.image);
    within("256 TLDs chosen for one place of the figures",
        cost((struct asked){opened.image, NULL, &last, 1, stats, false, false}),
        cost((struct asked){opened.image, NULL, &first, 1, stats, false, false}), 20);
    tg_image_close(&opened.image);
    tg_stats_destroy(&stats);
    gen_free(&gen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(flooded_names),
        IMAGEFILE_TEST(flooded_tlds),
        IMAGEFILE_TEST(flooded_image),
        IMAGEFILE_TEST(crowded_image),
        IMAGEFILE_TEST(flooded_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
