/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The digest of a line, and what a line and the file beside a log say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/chain.h"
#include "module/series.h"
#include "module/sha256.h"
#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"

/* The first half of the SHA-256 of FIPS 180-4's examples. */
static void test_digest(void **state)
{
    static const struct {
        const char *line, *text;
    } cases[] = {{"abc", "ba7816bf8f01cfea414140de5dae2223"},
        {"", "e3b0c44298fc1c149afbf4c8996fb924"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039"}};
    struct tg_chain *chain = NULL;
    uint8_t digest[TG_DIGEST_SIZE], again[TG_DIGEST_SIZE];
    char text[TG_DIGEST_TEXT];

    (void)state;
    assert_int_equal(tg_chain_create(&chain), TG_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tg_chain_digest(chain, cases[i].line, strlen(cases[i].line), digest);
        assert_string_equal(tg_digest_text(digest, text), cases[i].text);
        assert_true(tg_digest_parse(cases[i].text, again));
        assert_memory_equal(digest, again, sizeof(digest));
    }
    tg_chain_destroy(&chain);
    assert_null(chain);
    tg_chain_destroy(&chain);
    tg_chain_destroy(NULL);
    assert_false(tg_digest_parse("ba7816bf8f01cfea414140de5dae222g", again));
    assert_false(tg_digest_parse("BA7816bf8f01cfea414140de5dae2223", again));
    oom_fail_at(1);
    assert_int_equal(tg_chain_create(&chain), TG_ENOMEM);
    oom_fail_at(0);
    assert_null(chain);
}

/* Lines tied at once are as if one after the other, whatever their lengths. Where the processor has
 * no instructions for it, both ways are the same. */
static void test_tie(void **state)
{
    char lines[2][TG_TIE_MAX][400];
    struct tg_chain *chain = NULL;
    uint8_t all[TG_DIGEST_SIZE] = {7}, one[TG_DIGEST_SIZE] = {7};

    (void)state;
    assert_int_equal(tg_chain_create(&chain), TG_OK);
    assert_int_equal(tg_chain_is_fast(chain), tg_sha256_is_there()); /* it has agreed */
    for (size_t i = 0; i < 100000; i++) {
        struct tg_link links[TG_TIE_MAX];

        memset(lines, (int)(i % 251), sizeof(lines));
        for (size_t j = 0; j < TG_TIE_MAX; j++) {
            const size_t len = TG_DIGEST_TEXT - 1 + i * (j + 3) % (331 + 7 * j);

            links[j] =
                (struct tg_link){lines[0][j], len, i * (j + 13) % (len + 1 - (TG_DIGEST_TEXT - 1))};
        }
        tg_chain_tie(chain, links, TG_TIE_MAX, all);
        for (size_t j = 0; j < TG_TIE_MAX; j++) {
            links[j].line = lines[1][j];
            tg_chain_tie(chain, &links[j], 1, one);
        }
        assert_memory_equal(one, all, sizeof(one));
        assert_memory_equal(lines[0], lines[1], sizeof(lines[0]));
    }
    tg_chain_tie(chain, NULL, 0, one);
    assert_memory_equal(one, all, sizeof(one));
    tg_chain_destroy(&chain);
}

/* A whole line has a number and the name of its log; what stands in texts does not count. */
static void test_line(void **state)
{
    static const struct {
        const char *line;
        bool good;
        uint64_t id, sequence, boot;
    } cases[] = {
        {"{\"event\":{\"sequence\":12},\"tldguard\":{\"boot\":\"b1\",\"log\":\"a1\"}}\n", true,
            0xa1, 12, 0xb1},
        {"{\"sequence\":0,\"log\":\"ffffffffffffffff\"}\n", true, UINT64_MAX, 0, 0},
        {"{\"x\":\"\\\"sequence\\\":7,\",\"sequence\":8,\"log\":\"1\"}\n", true, 1, 8, 0},
        {"{\"sequence\":12,\"log\":\"a1\"}", false, 0, 0, 0},  /* not whole */
        {"\"sequence\":12,\"log\":\"a1\"}\n", false, 0, 0, 0}, /* nor this */
        {"{\"sequence\":12}\n", false, 0, 0, 0},
        {"{\"log\":\"a1\"}\n", false, 0, 0, 0},
        {"{\"sequence\":12,\"log\":\"0\"}\n", false, 0, 0, 0},
        {"{\"sequence\":12,\"log\":\"xyz\"}\n", false, 0, 0, 0},
        {"{\"sequence\":12,\"log\":\"11111111111111111\"}\n", false, 0, 0, 0},
        {"{\"sequence\":-1,\"log\":\"a1\"}\n", false, 0, 0, 0},
        {"{\"sequence\":99999999999999999999999,\"log\":\"a1\"}\n", false, 0, 0, 0},
        {"{\"log\":\"a1\",\"sequence\":\n", false, 0, 0, 0},
        {"{}\n", false, 0, 0, 0},
        {"", false, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tg_series series = {.id = 77};

        assert_int_equal(
            tg_series_of_line(cases[i].line, strlen(cases[i].line), &series), cases[i].good);
        assert_int_equal(series.id, cases[i].good ? cases[i].id : 77);
        assert_int_equal(series.sequence, cases[i].sequence);
        assert_int_equal(series.boot, cases[i].boot);
    }
}

/* What was written is read again; what is none of ours, or cannot be read, is told apart. */
static void test_file(void **state)
{
    static const char *const none[] = {"", "x", "{\"log\":\"a1\",\"sequence\":1}\n",
        "{\"log\":\"a1\",\"sequence\":1,\"chain\":\"ba78\",\"clean\":1}\n",
        "{\"log\":\"a1\",\"sequence\":1,\"chain\":\"ga7816bf8f01cfea414140de5dae2223\"}\n"};
    struct tg_series series = {.id = 0xa1, .sequence = TG_SEQUENCE_MAX, .clean = true};
    struct tg_series read = {.id = 1};
    struct tmpdir dir;
    char log[128], path[128];

    (void)state;
    tmpdir_create(&dir);
    (void)tmpdir_file(&dir, "block.jsonl", log);
    (void)tmpdir_file(&dir, ".block.jsonl.state", path);
    assert_int_equal(tg_series_read(log, &read), ENOENT);
    for (unsigned i = 0; i < 2; i++) {
        series.digest[3] = (uint8_t)(i + 1);
        series.clean = i == 0;
        assert_int_equal(tg_series_write(log, &series), 0);
        assert_int_equal(tg_series_read(log, &read), 0);
        assert_true(read.id == series.id && read.sequence == series.sequence);
        assert_true(read.clean == series.clean);
        assert_memory_equal(read.digest, series.digest, sizeof(read.digest));
    }
    read.id = 5;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        file_write(path, none[i], strlen(none[i]));
        assert_int_equal(tg_series_read(log, &read), EINVAL);
        assert_int_equal(read.id, 5);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(tg_series_read(log, &read), EISDIR);
    assert_int_equal(tg_series_write(log, &series), EISDIR);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink(log, path), 0);
    assert_int_equal(tg_series_read(log, &read), ELOOP);
    tmpdir_remove(&dir);
}

static void test_text(void **state)
{
    char text[17];

    (void)state;
    assert_string_equal(tg_series_text(0xa1, text), "00000000000000a1");
    assert_int_equal(tg_series_parse(text), 0xa1);
    assert_int_equal(tg_series_parse("ffffffffffffffff"), UINT64_MAX);
    assert_int_equal(tg_series_parse(""), 0);
    assert_int_equal(tg_series_parse("a 1"), 0);
    assert_int_equal(tg_series_parse("00000000000000001"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_tie),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests_name("what ties lines together", tests, NULL, NULL);
}
