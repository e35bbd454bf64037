/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Images in pieces: the same octets come out, whatever is wrong with the pieces is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/imagefile.h"
#include "tests/support/oom.h"
#include "tldguard/pieces.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define PIECES      4096

/* The pieces of something, by their ids. */
struct shelf {
    size_t count;
    size_t stop; /* after so many; 0: never */
    struct {
        uint8_t id[TG_PIECE_ID];
        size_t len;
        uint8_t octets[TG_PIECE_MAX];
    } piece[PIECES];
};

static bool put(void *arg, const uint8_t id[TG_PIECE_ID], const uint8_t *octets, size_t len)
{
    struct shelf *shelf = arg;

    assert_true(len > 0 && len <= TG_PIECE_MAX);
    assert_true(shelf->count < PIECES);
    memcpy(shelf->piece[shelf->count].id, id, TG_PIECE_ID);
    memcpy(shelf->piece[shelf->count].octets, octets, len);
    shelf->piece[shelf->count].len = len;
    return ++shelf->count != shelf->stop;
}

/* The last one that has the id, so that one put behind counts. */
static bool find(void *arg, const uint8_t id[TG_PIECE_ID], uint8_t out[TG_PIECE_MAX], size_t *len)
{
    const struct shelf *shelf = arg;

    for (size_t i = shelf->count; i-- > 0;)
        if (memcmp(shelf->piece[i].id, id, TG_PIECE_ID) == 0) {
            memcpy(out, shelf->piece[i].octets, shelf->piece[i].len);
            *len = shelf->piece[i].len;
            return true;
        }
    return false;
}

static struct shelf *cut(const uint8_t *data, size_t len, struct tg_pieces *what)
{
    struct shelf *shelf = calloc(1, sizeof(*shelf));

    assert_non_null(shelf);
    assert_int_equal(tg_pieces_cut(data, len, put, shelf, what), TG_OK);
    return shelf;
}

/* Octets as a policy has them: many alike, none the same. */
static uint8_t *many(size_t len)
{
    uint8_t *data = malloc(len);
    uint32_t x = 1;

    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        x = (uint32_t)((uint64_t)x * 16807 % 2147483647);
        data[i] = i % 32 < 8 ? (uint8_t)(i % 32) : (uint8_t)('a' + x % 26);
    }
    return data;
}

/* All of it together again, or why not. */
static enum tg_status join(
    struct shelf *shelf, const struct tg_pieces *what, uint8_t *out, size_t room, size_t *len)
{
    struct tg_pieces_walk *walk = tg_pieces_begin(what, find, shelf);
    enum tg_status status = TG_ENOMEM;
    const uint8_t *data;
    size_t step = 1;

    *len = 0;
    while (walk && step > 0 && (status = tg_pieces_next(walk, &data, &step)) == TG_OK) {
        assert_true(step <= room - *len && step <= what->size - *len);
        memcpy(out + *len, data, step);
        *len += step;
    }
    if (walk && status != TG_OK)
        assert_int_not_equal(tg_pieces_next(walk, &data, &step), TG_OK);
    tg_pieces_end(&walk);
    return status;
}

/* Lengths at which there is one piece, one list, a list of lists. */
static void test_round_trip(void **state)
{
    static const size_t lens[] = {1, 255, 256, 257, 2048, 8192, 8193, 100000, 2000000};
    uint8_t *data = many(2000000), *out = malloc(2000000);

    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        struct tg_pieces what;
        struct shelf *shelf = cut(data, lens[i], &what);
        size_t len;

        assert_int_equal(what.size, lens[i]);
        assert_int_equal(what.levels > 0, what.count > 1);
        assert_int_equal(what.levels, lens[i] <= 256 ? 0 : lens[i] == 2000000 ? 2 : what.levels);
        assert_int_equal(join(shelf, &what, out, lens[i], &len), TG_OK);
        assert_int_equal(len, lens[i]);
        assert_memory_equal(out, data, len);
        free(shelf);
    }
    free(data);
    free(out);
}

/* Two thousand octets and a bit; no more than four times that, unless nothing varies. */
static void test_size(void **state)
{
    uint8_t *data = many(2000000);
    struct tg_pieces what;
    struct shelf *shelf = cut(data, 2000000, &what);

    (void)state;
    assert_in_range(what.count, 2000000 / 3500, 2000000 / 1500);
    free(shelf);
    memset(data, 'x', 2000000);
    shelf = cut(data, 2000000, &what);
    assert_in_range(what.count, 2000000 / TG_PIECE_MAX, 2000000 / 256 + 1);
    free(shelf);
    free(data);
}

/* How many of the pieces of one are not among those of the other. */
static size_t new_ones(const struct shelf *shelf, struct shelf *former)
{
    uint8_t octets[TG_PIECE_MAX];
    size_t count = 0, len;

    for (size_t i = 0; i < shelf->count; i++)
        count += !find(former, shelf->piece[i].id, octets, &len);
    return count;
}

/* Some octets in the middle: a piece or two, and a list of each level. */
static void test_small_change(void **state)
{
    const size_t len = 2000000, places[] = {0, 1, 4096, 999999, len};
    uint8_t *data = many(len), *changed = malloc(len + 40);
    struct tg_pieces what;
    struct shelf *former = cut(data, len, &what);

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct shelf *shelf;

        memcpy(changed, data, places[i]);
        memset(changed + places[i], 'n', 40);
        memcpy(changed + places[i] + 40, data + places[i], len - places[i]);
        shelf = cut(changed, len + 40, &what);
        assert_in_range(new_ones(shelf, former), 1 + what.levels, 3 + 3 * what.levels);
        free(shelf);
    }
    free(former);
    free(data);
    free(changed);
}

/* What is announced, and each piece in turn, made wrong in each way. */
static void test_hostile(void **state)
{
    const size_t len = 300000;
    uint8_t *data = many(len), *out = malloc(2 * len);
    struct tg_pieces what, wrong;
    struct shelf *shelf = cut(data, len, &what);
    size_t got;

    (void)state;
    assert_true(what.levels > 0);
    for (size_t i = 0; i < shelf->count; i++) {
        const size_t was = shelf->piece[i].len;

        shelf->piece[i].octets[was / 2] ^= 1;
        assert_int_equal(join(shelf, &what, out, len, &got), TG_EDIGEST);
        shelf->piece[i].octets[was / 2] ^= 1;
        shelf->piece[i].len = was - 1;
        assert_int_equal(join(shelf, &what, out, len, &got), TG_EDIGEST);
        shelf->piece[i].len = was;
        shelf->piece[i].id[0] ^= 1;
        assert_int_equal(join(shelf, &what, out, len, &got), TG_EIO);
        shelf->piece[i].id[0] ^= 1;
    }
    wrong = what;
    wrong.size--;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong.size += 2;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong = what;
    wrong.count--;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong.count += 2;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong = what;
    wrong.levels++;
    assert_int_not_equal(join(shelf, &wrong, out, len, &got), TG_OK);
    wrong.levels = TG_PIECE_LEVELS_MAX + 1;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong.levels = UINT32_MAX;
    assert_int_equal(join(shelf, &wrong, out, len, &got), TG_ECORRUPT);
    wrong = what;
    wrong.levels = 0;
    assert_int_not_equal(join(shelf, &wrong, out, 2 * len, &got), TG_OK);
    free(shelf);
    free(data);
    free(out);
}

/* Puts a piece on the shelf; its id. */
static const uint8_t *add(struct shelf *shelf, const void *octets, size_t len)
{
    uint8_t id[TG_PIECE_ID];

    assert_true(tg_piece_id(octets, len, id));
    memcpy(shelf->piece[shelf->count].id, id, TG_PIECE_ID);
    memcpy(shelf->piece[shelf->count].octets, octets, len);
    shelf->piece[shelf->count].len = len;
    return shelf->piece[shelf->count++].id;
}

/* A list that names one piece 400 times, named 400 times by a list, and so on: of all that, no more
 * is given than was announced. */
static void bomb(size_t piece_len, size_t joined)
{
    static const uint8_t piece[300] = {7};
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    struct tg_pieces what = {.size = 100000, .count = 100, .levels = 5};
    uint8_t list[400 * TG_PIECE_ID], *out = malloc(200000);
    const uint8_t *id = add(shelf, piece, piece_len);
    size_t len;

    for (uint32_t level = 0; level < what.levels; level++) {
        for (size_t i = 0; i < 400; i++)
            memcpy(list + i * TG_PIECE_ID, id, TG_PIECE_ID);
        id = add(shelf, list, sizeof(list));
    }
    memcpy(what.id, id, TG_PIECE_ID);
    assert_int_equal(join(shelf, &what, out, 200000, &len), TG_ECORRUPT);
    assert_int_equal(len, joined);
    free(shelf);
    free(out);
}

/* They are counted; and those that are short, as only the last one may be, not even that. */
static void test_bomb(void **state)
{
    (void)state;
    bomb(300, 30000);
    bomb(10, 0);
}

/* More than there is room for. */
static bool find_long(
    void *arg, const uint8_t id[TG_PIECE_ID], uint8_t out[TG_PIECE_MAX], size_t *len)
{
    const bool found = find(arg, id, out, len);

    *len = TG_PIECE_MAX + 1;
    return found;
}

/* Lists that are empty, or end in the middle of an id; a piece of nothing. */
static void test_odd_lists(void **state)
{
    static const size_t lens[] = {0, 1, 19, 21};
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    uint8_t octets[64] = {0}, out[64];
    struct tg_pieces what = {.size = 10, .count = 1, .levels = 1};
    struct tg_pieces_walk *walk;
    const uint8_t *data;
    size_t len;

    (void)state;
    memcpy(octets, add(shelf, "0123456789", 10), TG_PIECE_ID);
    for (size_t i = 0; i < COUNT(lens); i++) {
        memcpy(what.id, add(shelf, octets, lens[i]), TG_PIECE_ID);
        assert_int_equal(join(shelf, &what, out, sizeof(out), &len), TG_ECORRUPT);
    }
    what.levels = 0;
    memcpy(what.id, add(shelf, "", 0), TG_PIECE_ID);
    assert_int_equal(join(shelf, &what, out, sizeof(out), &len), TG_ECORRUPT);
    memcpy(what.id, shelf->piece[0].id, TG_PIECE_ID);
    walk = tg_pieces_begin(&what, find_long, shelf);
    assert_int_equal(tg_pieces_next(walk, &data, &len), TG_ECORRUPT);
    tg_pieces_end(&walk);
    free(shelf);
}

static void test_no_memory(void **state)
{
    const size_t size = 1000000;
    uint8_t *data = many(size), *out = malloc(size);
    struct tg_pieces what;
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    enum tg_status status = TG_ENOMEM;
    size_t len;

    (void)state;
    for (size_t n = 1; status != TG_OK; n++) {
        shelf->count = 0;
        oom_fail_at(n);
        status = tg_pieces_cut(data, size, put, shelf, &what);
        assert_int_equal(status, oom_fired() ? TG_ENOMEM : TG_OK);
        oom_fail_at(0);
    }
    oom_fail_at(1);
    assert_int_equal(join(shelf, &what, out, size, &len), TG_ENOMEM);
    oom_fail_at(0);
    /* Whoever has the pieces may have no room for one. */
    shelf->count = 0;
    shelf->stop = 3;
    assert_int_equal(tg_pieces_cut(data, size, put, shelf, &what), TG_ENOMEM);
    assert_int_equal(shelf->count, 3);
    free(shelf);
    free(data);
    free(out);
}

/* Records in steps of some octets. */
struct steps {
    const uint8_t *data;
    size_t len, step;
    enum tg_status fails; /* when it is half over */
};

static enum tg_status next_step(void *arg, const uint8_t **data, size_t *len)
{
    struct steps *steps = arg;

    *len = steps->len < steps->step ? steps->len : steps->step;
    *data = steps->data;
    steps->data += *len;
    steps->len -= *len;
    return *len == 0 || steps->len > 1000 ? TG_OK : steps->fails;
}

static enum tg_status rebuild(const struct imagefile *file, const uint8_t *data, size_t len,
    size_t step, uint64_t size, const char *path)
{
    struct steps steps = {data, len, step, TG_OK};
    const struct tg_image_source source = {next_step, &steps, size};
    struct tg_diags *diags = tg_diags_create();
    enum tg_status status = tg_image_rebuild(&source, file->data + file->len - 32, path, diags);

    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), status != TG_OK);
    tg_diags_destroy(&diags);
    return status;
}

/* The records of the image at file->path. */
static uint8_t *records_of(const struct imagefile *file, size_t *len)
{
    struct tg_image *image = NULL;
    const uint8_t *records;
    uint8_t *copy;

    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    records = tg_image_records(image, len);
    copy = malloc(*len);
    memcpy(copy, records, *len);
    tg_image_close(&image);
    return copy;
}

static void is_same_file(const struct imagefile *file, const char *path)
{
    size_t len;
    uint8_t *data = file_read(path, &len);

    assert_int_equal(len, file->len);
    assert_memory_equal(data, file->data, len);
    free(data);
}

/* However it is cut. */
static void test_rebuild(void **state)
{
    static const size_t steps[] = {1, 7, 8, 9, 4096, SIZE_MAX};
    const struct imagefile *file = *state;
    char path[128];
    size_t len;
    uint8_t *records = records_of(file, &len);

    tmpdir_file(&file->dir, "again", path);
    for (size_t i = 0; i < COUNT(steps); i++) {
        (void)unlink(path);
        assert_int_equal(rebuild(file, records, len, steps[i], len, path), TG_OK);
        is_same_file(file, path);
    }
    assert_int_equal(tmpdir_count(&file->dir), 2);
    free(records);
}

/* Of the records: cut short, with a rest, one octet changed at each of many places. Whatever it is,
 * the file at the path stays. */
static void test_rebuild_hostile(void **state)
{
    const struct imagefile *file = *state;
    char path[128];
    size_t len;
    uint8_t *records = records_of(file, &len);
    uint8_t *bad = malloc(len + 16);

    tmpdir_file(&file->dir, "again", path);
    assert_int_equal(rebuild(file, records, len, 4096, len, path), TG_OK);
    for (size_t at = 0; at < len; at += at < 64 ? 1 : 97) {
        memcpy(bad, records, len);
        bad[at] ^= 0x81;
        assert_int_not_equal(rebuild(file, bad, len, 4096, len, path), TG_OK);
        assert_int_not_equal(rebuild(file, records, at, 4096, at, path), TG_OK);
        assert_int_equal(rebuild(file, records, at, 4096, len, path), TG_ECORRUPT);
    }
    memcpy(bad, records, len);
    memset(bad + len, 0, 16);
    assert_int_equal(rebuild(file, bad, len + 16, 4096, len + 16, path), TG_ECORRUPT);
    assert_int_equal(rebuild(file, bad, len + 16, 4096, len, path), TG_ECORRUPT);
    assert_int_equal(rebuild(file, records, 0, 1, 0, path), TG_EDIGEST);
    memset(bad, 0xff, 16);
    assert_int_equal(rebuild(file, bad, 16, 1, UINT64_MAX, path), TG_ECORRUPT);
    assert_int_equal(rebuild(file, bad, 16, 16, 16, path), TG_ECORRUPT);
    is_same_file(file, path);
    assert_int_equal(tmpdir_count(&file->dir), 2);
    free(records);
    free(bad);
}

/* What the source fails with, and where it cannot be written. */
static void test_rebuild_fails(void **state)
{
    const struct imagefile *file = *state;
    char path[128];
    size_t len;
    uint8_t *records = records_of(file, &len);
    struct steps steps = {records, len, 100, TG_ETRUST};
    const struct tg_image_source source = {next_step, &steps, len};

    tmpdir_file(&file->dir, "again", path);
    assert_int_equal(tg_image_rebuild(&source, file->data + file->len - 32, path, NULL), TG_ETRUST);
    assert_int_equal(rebuild(file, records, len, 100, len, "/nonexistent/again"), TG_EIO);
    assert_int_equal(rebuild(file, records, len, 100, len, file->dir.path), TG_EIO);
    assert_int_equal(tmpdir_count(&file->dir), 1);
    free(records);
}

/* What cannot end well is not read to its end: more than announced, a record longer than the rest.
 */
static void test_rebuild_stops(void **state)
{
    const struct imagefile *file = *state;
    uint8_t head[4000] = {1, 0, 0, 0, 0, 0, 0, 0x10};
    struct steps steps = {head, sizeof(head), 10, TG_OK};
    struct tg_image_source source = {next_step, &steps, sizeof(head)};
    char path[128];

    tmpdir_file(&file->dir, "again", path);
    assert_int_equal(tg_image_rebuild(&source, file->data, path, NULL), TG_ECORRUPT);
    assert_int_equal(steps.len, sizeof(head) - 10);
    head[7] = 0;
    steps = (struct steps){head, sizeof(head), 9, TG_OK};
    source.size = 5;
    assert_int_equal(tg_image_rebuild(&source, file->data, path, NULL), TG_ECORRUPT);
    assert_int_equal(steps.len, sizeof(head) - 9);
}

static void test_rebuild_no_memory(void **state)
{
    const struct imagefile *file = *state;
    enum tg_status status = TG_ENOMEM;
    char path[128];
    size_t len, n;
    uint8_t *records = records_of(file, &len);

    tmpdir_file(&file->dir, "again", path);
    for (n = 1; status != TG_OK; n++) {
        struct steps steps = {records, len, 1000, TG_OK};
        const struct tg_image_source source = {next_step, &steps, len};

        oom_fail_at(n);
        status = tg_image_rebuild(&source, file->data + file->len - 32, path, NULL);
        assert_int_equal(status, oom_fired() ? TG_ENOMEM : TG_OK);
        oom_fail_at(0);
        assert_int_equal(tmpdir_count(&file->dir), status == TG_OK ? 2 : 1);
    }
    assert_true(n > 4);
    is_same_file(file, path);
    free(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_small_change),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_odd_lists),
        cmocka_unit_test(test_no_memory),
        IMAGEFILE_TEST(test_rebuild),
        IMAGEFILE_TEST(test_rebuild_hostile),
        IMAGEFILE_TEST(test_rebuild_fails),
        IMAGEFILE_TEST(test_rebuild_stops),
        IMAGEFILE_TEST(test_rebuild_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
