/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Images that are damaged, or crafted: refused, or harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cdb.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/gen.h"
#include "tests/support/imagefile.h"
#include "tests/support/tmpdir.h"
#include "tldguard/image.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Makes the trailer right again. */
static void seal(uint8_t *data, size_t len)
{
    EVP_Digest(data, len - 32, data + len - 32, NULL, EVP_sha256(), NULL);
}

/* Asks an image for a few questions, whatever is wrong with it: nothing may break. What the whole
 * of it is good for, both ways of opening tell alike; full is NULL when it was refused. */
static void try_quick(const void *data, size_t len, const struct tg_image *full)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;
    enum tg_status status = imagefile_open_quick(data, len, &image, diags);

    assert_int_equal(tg_diags_kept(diags), status != TG_OK);
    if (status == TG_OK) {
        imagefile_exercise(image);
        status = tg_image_status(image, "it", diags);
        assert_int_equal(tg_diags_kept(diags), status != TG_OK);
    }
    if (full != NULL) {
        assert_int_equal(status, TG_OK);
        imagefile_same_verdicts(full, image);
        assert_int_equal(tg_image_status(image, "it", NULL), TG_OK);
    }
    tg_image_close(&image);
    tg_diags_destroy(&diags);
}

/* Opens what must not open: one error that names the file, *out unchanged. */
static enum tg_status refuse(const void *data, size_t len, char text[256])
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *const mark = (struct tg_image *)(uintptr_t)0x5a;
    struct tg_image *image = mark;
    enum tg_status status = tg_image_open_memory("it.cdb", data, len, &image, diags);

    assert_int_not_equal(status, TG_OK);
    assert_ptr_equal(image, mark);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 1);
    assert_string_equal(tg_diags_get(diags, 0)->file, "it.cdb");
    snprintf(text, 256, "%s", tg_diags_get(diags, 0)->text);
    tg_diags_destroy(&diags);
    if (len > 0)
        try_quick(data, len, NULL);
    return status;
}

/* Things that are no image, and what is said of them. */
static void strange_content(void **state)
{
    struct imagefile *fix = *state;
    uint8_t junk[4096];
    uint8_t *copy = malloc(fix->len + 1);
    char text[256];
    char want[32];

    assert_non_null(copy);
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = (uint8_t)(i * 7);
    assert_int_equal(refuse(NULL, 0, text), TG_EDIGEST);
    assert_string_equal(text, "image is empty, copy it again");
    assert_int_equal(refuse("serial: 1\ntlds: []\n", 19, text), TG_EFORMAT);
    assert_non_null(strstr(text, "text file"));
    assert_int_equal(refuse(junk, sizeof(junk), text), TG_EFORMAT);
    /* One byte too many. */
    memcpy(copy, fix->data, fix->len);
    copy[fix->len] = 0;
    assert_int_equal(refuse(copy, fix->len + 1, text), TG_EDIGEST);
    assert_non_null(strstr(text, "1 bytes too many"));
    /* A CDB of somebody else. */
    memset(copy + fix->len - IMAGEFILE_TRAILER, 1, 8);
    assert_int_equal(refuse(copy, fix->len, text), TG_EFORMAT);
    /* A format to come, and one that was, digest right. */
    memcpy(copy, fix->data, fix->len);
    copy[fix->len - IMAGEFILE_TRAILER + 8] = TG_IMAGE_FORMAT + 1;
    seal(copy, fix->len);
    assert_int_equal(refuse(copy, fix->len, text), TG_EVERSION);
    snprintf(want, sizeof(want), "format %d", TG_IMAGE_FORMAT + 1);
    assert_non_null(strstr(text, want));
    assert_non_null(strstr(text, "a newer one made the image"));
    copy[fix->len - IMAGEFILE_TRAILER + 8] = TG_IMAGE_FORMAT - 1;
    seal(copy, fix->len);
    assert_int_equal(refuse(copy, fix->len, text), TG_EVERSION);
    assert_non_null(strstr(text, "compile the policy again"));
    free(copy);
}

/* Whether a record begins there. */
static bool is_record(const uint8_t *data, size_t at)
{
    size_t start = 2048;

    while (start < at)
        start += 8 + (data[start] | (size_t)data[start + 1] << 8) +
                 (data[start + 4] | (size_t)data[start + 5] << 8);
    return start == at;
}

/* Where names are said to begin: where they do, and nowhere else. */
static void names_elsewhere(void **state)
{
    struct imagefile *fix = *state;
    size_t end = fix->data[0] | (size_t)fix->data[1] << 8;
    uint8_t *copy = malloc(fix->len);
    char text[256];

    assert_non_null(copy);
    memcpy(copy, fix->data, fix->len);
    for (size_t at = 0; at <= fix->len + 8; at++) {
        uint8_t *field = copy + fix->len - IMAGEFILE_TRAILER + 12;

        field[0] = (uint8_t)at;
        field[1] = (uint8_t)(at >> 8);
        if (memcmp(copy, fix->data, fix->len) == 0)
            continue;
        seal(copy, fix->len);
        assert_int_equal(refuse(copy, fix->len, text), TG_ECORRUPT);
        if (at < 2048 || at > end)
            assert_non_null(strstr(text, "not among the records"));
        else if (!is_record(fix->data, at))
            assert_non_null(strstr(text, "inside a record"));
        memcpy(copy, fix->data, fix->len);
    }
    free(copy);
}

/* Cut anywhere: said so, with the numbers. */
static void cut_short(void **state)
{
    struct imagefile *fix = *state;
    char want[64];
    char text[256];

    for (size_t len = 1; len < fix->len; len++) {
        assert_int_equal(refuse(fix->data, len, text), TG_EDIGEST);
        assert_non_null(strstr(text, "cut short"));
        if (len >= 2048) {
            snprintf(want, sizeof(want), "%zu of %zu bytes", len, fix->len);
            assert_non_null(strstr(text, want));
        }
    }
}

/* Any octet altered: refused. With the digest made right again: refused, or
 * harmless. */
static void altered(void **state)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x20};
    struct imagefile *fix = *state;
    uint8_t *copy = malloc(fix->len);
    size_t opened = 0;
    char text[256];

    assert_non_null(copy);
    for (size_t at = 0; at < fix->len; at++) {
        for (size_t i = 0; i < COUNT(flips); i++) {
            struct tg_image *image = NULL;

            memcpy(copy, fix->data, fix->len);
            copy[at] ^= flips[i];
            refuse(copy, fix->len, text);
            seal(copy, fix->len);
            if (tg_image_open_memory("it", copy, fix->len, &image, NULL) == TG_OK) {
                imagefile_exercise(image);
                opened++;
            }
            try_quick(copy, fix->len, image);
            tg_image_close(&image);
        }
    }
    assert_true(opened > 100);
    free(copy);
}

/* Many octets altered by chance, where records and tables are, digest right. */
static void crafted(void **state)
{
    struct imagefile *fix = *state;
    uint8_t *copy = malloc(fix->len);
    uint64_t seed = 11;

    assert_non_null(copy);
    for (size_t i = 0; i < 20000; i++) {
        uint32_t edits = 1 + gen_below(&seed, 6);
        struct tg_image *image = NULL;

        memcpy(copy, fix->data, fix->len);
        for (uint32_t j = 0; j < edits; j++) {
            uint32_t at = 2048 + gen_below(&seed, (uint32_t)fix->len - 2048 - IMAGEFILE_TRAILER);
            uint32_t from = 2048 + gen_below(&seed, (uint32_t)fix->len - 2048 - IMAGEFILE_TRAILER);

            if (gen_below(&seed, 2) == 0)
                copy[at] = (uint8_t)gen_below(&seed, 8);
            else
                memmove(copy + at, copy + from,
                    gen_below(&seed, 12) %
                        (fix->len - IMAGEFILE_TRAILER - (at > from ? at : from)));
        }
        seal(copy, fix->len);
        if (tg_image_open_memory("it", copy, fix->len, &image, NULL) == TG_OK)
            imagefile_exercise(image);
        try_quick(copy, fix->len, image);
        tg_image_close(&image);
    }
    free(copy);
}

/* An edit of one record on its way into a new image; len 0 drops it. */
struct edit {
    const char *what;
    const char *key; /* of the record it is for */
    size_t key_len;
    size_t at; /* octet of the value to change; NONE: none */
    uint8_t octet;
    bool drop;
    const char *add; /* key of a record to add, with a copy of the value */
    size_t add_len;
    size_t span; /* more octets after the first to change */
    size_t grow; /* octets more behind the value */
};

#define NONE ((size_t)-1)

/* Copies the records of the fixture with an edit; returns a sealed image. */
static uint8_t *rebuild(const struct imagefile *fix, const struct edit *edit, size_t *len)
{
    char path[128];
    struct cdb_make make;
    int in = open(fix->path, O_RDONLY | O_CLOEXEC);
    int out = open(tmpdir_file(&fix->dir, "edit", path), O_RDWR | O_CREAT | O_TRUNC, 0600);
    uint8_t *data;
    struct cdb cdb;
    unsigned at;
    uint32_t names = 0; /* where they begin */
    uint32_t end = 2048;

    assert_int_equal(cdb_init(&cdb, in), 0);
    assert_int_equal(cdb_make_start(&make, out), 0);
    cdb_seqinit(&at, &cdb);
    while (cdb_seqnext(&at, &cdb) > 0) {
        uint8_t value[2048] = {0};
        const void *key = cdb_getkey(&cdb);
        unsigned size = cdb_datalen(&cdb);
        bool it = cdb_keylen(&cdb) == edit->key_len && memcmp(key, edit->key, edit->key_len) == 0;

        memcpy(value, cdb_getdata(&cdb), size);
        if (it && edit->at != NONE)
            memset(value + edit->at, edit->octet, 1 + edit->span);
        if (it)
            size += (unsigned)edit->grow;
        if (names == 0 && *(const char *)key == 'N')
            names = end;
        if (!it || !edit->drop) {
            cdb_make_add(&make, key, cdb_keylen(&cdb), value, size);
            end += 8 + cdb_keylen(&cdb) + size;
        }
        if (it && edit->add != NULL) {
            cdb_make_add(&make, edit->add, (unsigned)edit->add_len, value, size);
            end += 8 + (uint32_t)edit->add_len + size;
        }
    }
    assert_int_equal(cdb_make_finish(&make), 0);
    cdb_free(&cdb);
    close(in);
    lseek(out, 0, SEEK_END);
    assert_int_equal(
        write(out, fix->data + fix->len - IMAGEFILE_TRAILER, IMAGEFILE_TRAILER), IMAGEFILE_TRAILER);
    close(out);
    data = file_read(path, len);
    data[*len - IMAGEFILE_TRAILER + 12] = (uint8_t)names;
    data[*len - IMAGEFILE_TRAILER + 13] = (uint8_t)(names >> 8);
    seal(data, *len);
    return data;
}

#define KEY(text) text, sizeof(text) - 1

/* Digest right, content impossible. */
static const struct edit edits[] = {
    /* Exactly one meta and one answer. */
    {"no meta", KEY("M"), NONE, 0, true, NULL, 0, 0, 0},
    {"no answer", KEY("A"), NONE, 0, true, NULL, 0, 0, 0},
    {"two metas", KEY("M"), NONE, 0, false, KEY("M"), 0, 0},
    {"meta with a longer key", KEY("M"), NONE, 0, false, KEY("Mx"), 0, 0},
    {"kind that is not known", KEY("M"), NONE, 0, false, KEY("X"), 0, 0},
    {"meta of another format", KEY("M"), 0, 1, false, NULL, 0, 0, 0},
    {"more rules than there are", KEY("M"), 48, 8, false, NULL, 0, 0, 0},
    {"more groups", KEY("M"), 52, 2, false, NULL, 0, 0, 0},
    {"more subnets", KEY("M"), 56, 3, false, NULL, 0, 0, 0},
    {"more names", KEY("M"), 60, 5, false, NULL, 0, 0, 0},
    {"fewer suffixes", KEY("M"), 64, 0, false, NULL, 0, 0, 0},
    {"tool without its end", KEY("M"), 68, 4, false, NULL, 0, 0, 0},
    {"flag of meta that is not known", KEY("M"), 70, 2, false, NULL, 0, 0, 0},
    {"another one", KEY("M"), 71, 1, false, NULL, 0, 0, 0},
    {"more canary questions", KEY("M"), 72, 3, false, NULL, 0, 0, 0},
    {"fewer canary questions", KEY("M"), 72, 1, false, NULL, 0, 0, 0},
    {"serial 0", KEY("M"), 4, 0, false, NULL, 0, 3, 0},
    {"more behind meta", KEY("M"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind answer", KEY("A"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a rule", KEY("R\1\0\0\0"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a group", KEY("G\0\0\0\0"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind the subnets", KEY("C"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a TLD", KEY("Tml"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a name", KEY("N\2ml\0"), NONE, 0, false, NULL, 0, 0, 1},
    {"record without a key", KEY("M"), NONE, 0, false, KEY(""), 0, 0},
    {"TTL over a day", KEY("A"), 3, 1, false, NULL, 0, 0, 0},
    {"nine addresses", KEY("A"), 164, 9, false, NULL, 0, 0, 0},
    {"nine IPv6 addresses", KEY("A"), 165, 9, false, NULL, 0, 0, 0},
    {"name shorter than told", KEY("A"), 166, 17, false, NULL, 0, 0, 0},
    {"no MNAME", KEY("A"), 166, 0, false, NULL, 0, 0, 0},
    {"no RNAME", KEY("A"), 167, 0, false, NULL, 0, 0, 0},
    {"exchange that is not there", KEY("A"), 168, 5, false, NULL, 0, 0, 0},
    {"contact neither there nor not", KEY("A"), 169, 2, false, NULL, 0, 0, 0},
    {"contact with a NUL inside", KEY("A"), 172 + 18 + 16 + 3, 0, false, NULL, 0, 0, 0},
    {"MNAME in upper case", KEY("A"), 172 + 1, 'T', false, NULL, 0, 0, 0},
    /* Canary questions: complete, each possible, no two the same. */
    {"canary missing", KEY("Q\0\0\0\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"last canary missing", KEY("Q\1\0\0\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"canary 9 of 2", KEY("Q\1\0\0\0"), NONE, 0, false, KEY("Q\x9\0\0\0"), 0, 0},
    {"canary twice", KEY("Q\1\0\0\0"), NONE, 0, false, KEY("Q\1\0\0\0"), 0, 0},
    {"canary key cut", KEY("Q\1\0\0\0"), NONE, 0, true, KEY("Q\1\0\0"), 0, 0},
    {"canary behind a rule", KEY("R\0\0\0\0"), NONE, 0, false, KEY("Q\2\0\0\0"), 0, 0},
    {"type 0", KEY("Q\0\0\0\0"), 0, 0, false, NULL, 0, 0, 0},
    {"type of no record, OPT", KEY("Q\0\0\0\0"), 0, 41, false, NULL, 0, 0, 0},
    {"type of no record, ANY", KEY("Q\0\0\0\0"), 0, 255, false, NULL, 0, 0, 0},
    {"type that is reserved", KEY("Q\0\0\0\0"), 0, 255, false, NULL, 0, 1, 0},
    {"expectation", KEY("Q\0\0\0\0"), 2, 2, false, NULL, 0, 0, 0},
    {"canary without a name", KEY("Q\0\0\0\0"), 3, 0, false, NULL, 0, 0, 0},
    {"canary's name shorter than told", KEY("Q\0\0\0\0"), 3, 10, false, NULL, 0, 0, 0},
    {"canary's name is the root", KEY("Q\0\0\0\0"), 4, 0, false, NULL, 0, 0, 0},
    {"canary's name in upper case", KEY("Q\0\0\0\0"), 5, 'A', false, NULL, 0, 0, 0},
    {"canary's label too long", KEY("Q\0\0\0\0"), 4, 64, false, NULL, 0, 0, 0},
    {"more behind a canary", KEY("Q\0\0\0\0"), NONE, 0, false, NULL, 0, 0, 1},
    /* Rules: complete, in range, as written. */
    {"rule missing", KEY("R\1\0\0\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"rule 9 of 7", KEY("R\1\0\0\0"), NONE, 0, false, KEY("R\x9\0\0\0"), 0, 0},
    {"rule twice", KEY("R\1\0\0\0"), NONE, 0, false, KEY("R\1\0\0\0"), 0, 0},
    {"rule key cut", KEY("R\1\0\0\0"), NONE, 0, true, KEY("R\1\0\0"), 0, 0},
    {"kind of rule", KEY("R\0\0\0\0"), 0, 4, false, NULL, 0, 0, 0},
    {"TLD that is an allow", KEY("R\0\0\0\0"), 0, 1, false, NULL, 0, 0, 0},
    {"mode", KEY("R\0\0\0\0"), 1, 4, false, NULL, 0, 0, 0},
    {"otherwise", KEY("R\0\0\0\0"), 2, 4, false, NULL, 0, 0, 0},
    {"twin", KEY("R\0\0\0\0"), 3, 3, false, NULL, 0, 0, 0},
    {"match", KEY("R\0\0\0\0"), 4, 2, false, NULL, 0, 0, 0},
    {"action", KEY("R\0\0\0\0"), 5, 4, false, NULL, 0, 0, 0},
    {"severity", KEY("R\0\0\0\0"), 6, 4, false, NULL, 0, 0, 0},
    {"no target", KEY("R\0\0\0\0"), 7, 0, false, NULL, 0, 0, 0},
    {"seventeen targets", KEY("R\0\0\0\0"), 7, 17, false, NULL, 0, 0, 0},
    {"targets of an allow", KEY("R\2\0\0\0"), 7, 1, false, NULL, 0, 0, 0},
    {"two targets of a block", KEY("R\4\0\0\0"), 7, 2, false, NULL, 0, 0, 0},
    {"mode of an allow", KEY("R\2\0\0\0"), 1, 3, false, NULL, 0, 0, 0},
    {"otherwise of a block", KEY("R\4\0\0\0"), 2, 3, false, NULL, 0, 0, 0},
    {"twin of a block", KEY("R\4\0\0\0"), 3, 1, false, NULL, 0, 0, 0},
    {"match of a block", KEY("R\4\0\0\0"), 4, 1, false, NULL, 0, 0, 0},
    {"severity of a protect", KEY("R\5\0\0\0"), 6, 1, false, NULL, 0, 0, 0},
    {"action of a protect", KEY("R\5\0\0\0"), 5, 1, false, NULL, 0, 0, 0},
    {"end of a TLD", KEY("R\0\0\0\0"), 12, 1, false, NULL, 0, 0, 0},
    {"end of a block", KEY("R\4\0\0\0"), 12, 1, false, NULL, 0, 0, 0},
    {"owner's length", KEY("R\0\0\0\0"), 8, 5, false, NULL, 0, 0, 0},
    {"TLD without owner", KEY("R\0\0\0\0"), 8, 0, false, NULL, 0, 0, 0},
    {"texts not known", KEY("R\0\0\0\0"), 9, 17, false, NULL, 0, 0, 0},
    {"text told but not there", KEY("R\0\0\0\0"), 9, 3, false, NULL, 0, 0, 0},
    {"length of no text", KEY("R\0\0\0\0"), 18, 1, false, NULL, 0, 0, 0},
    {"reserved field of a rule", KEY("R\0\0\0\0"), 10, 1, false, NULL, 0, 0, 0},
    {"owner in upper case", KEY("R\0\0\0\0"), 25, 'M', false, NULL, 0, 0, 0},
    {"owner is the root", KEY("R\0\0\0\0"), 24, 0, false, NULL, 0, 0, 0},
    {"owner is not the one it is found by", KEY("R\0\0\0\0"), 25, 'n', false, NULL, 0, 0, 0},
    {"target in upper case", KEY("R\0\0\0\0"), 29, 'M', false, NULL, 0, 0, 0},
    {"note with a NUL inside", KEY("R\0\0\0\0"), 24 + 4 + 5 + 4 + 2, 0, false, NULL, 0, 0, 0},
    /* Texts are for terminals and for JSON: as the policy's are. */
    {"note with an escape", KEY("R\0\0\0\0"), 24 + 4 + 5 + 4 + 2, 0x1b, false, NULL, 0, 0, 0},
    {"note of two lines", KEY("R\0\0\0\0"), 24 + 4 + 5 + 4 + 2, '\n', false, NULL, 0, 0, 0},
    {"note with DEL", KEY("R\0\0\0\0"), 24 + 4 + 5 + 4 + 2, 0x7f, false, NULL, 0, 0, 0},
    {"note that is not UTF-8", KEY("R\0\0\0\0"), 24 + 4 + 5 + 4 + 2, 0xff, false, NULL, 0, 0, 0},
    {"group name with an escape", KEY("G\0\0\0\0"), 9, 0x1b, false, NULL, 0, 0, 0},
    {"contact with an escape", KEY("A"), 172 + 18 + 16 + 3, 0x1b, false, NULL, 0, 0, 0},
    {"tool with an escape", KEY("M"), 76, 0x1b, false, NULL, 0, 0, 0},
    /* Groups and subnets. */
    {"group missing", KEY("G\0\0\0\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"group 1 of 1", KEY("G\0\0\0\0"), NONE, 0, false, KEY("G\1\0\0\0"), 0, 0},
    {"group key cut", KEY("G\0\0\0\0"), NONE, 0, true, KEY("G\0"), 0, 0},
    {"no override", KEY("G\0\0\0\0"), 0, 0, false, NULL, 0, 0, 0},
    {"more overrides", KEY("G\0\0\0\0"), 0, 3, false, NULL, 0, 0, 0},
    {"overrides without end", KEY("G\0\0\0\0"), 3, 255, false, NULL, 0, 0, 0},
    {"group's name", KEY("G\0\0\0\0"), 4, 2, false, NULL, 0, 0, 0},
    {"reserved field of a group", KEY("G\0\0\0\0"), 6, 1, false, NULL, 0, 0, 0},
    {"override's mode", KEY("G\0\0\0\0"), 12, 4, false, NULL, 0, 0, 0},
    {"override's TLD in upper case", KEY("G\0\0\0\0"), 14, 'M', false, NULL, 0, 0, 0},
    {"override for all before another", KEY("G\0\0\0\0"), 13, 0, false, NULL, 0, 0, 0},
    {"group name with a NUL inside", KEY("G\0\0\0\0"), 9, 0, false, NULL, 0, 0, 0},
    {"subnets missing", KEY("C"), NONE, 0, true, NULL, 0, 0, 0},
    {"subnets twice", KEY("C"), NONE, 0, false, KEY("Cx"), 0, 0},
    {"group that is none", KEY("C"), 16, 1, false, NULL, 0, 0, 0},
    {"prefix too long", KEY("C"), 20, 129, false, NULL, 0, 0, 0},
    {"bits behind the prefix", KEY("C"), 15, 1, false, NULL, 0, 0, 0},
    {"reserved field of a subnet", KEY("C"), 21, 1, false, NULL, 0, 0, 0},
    {"reserved field of a subnet, last", KEY("C"), 47, 1, false, NULL, 0, 0, 0},
    /* References: of the right kind, in range, to a rule of the same owner. */
    {"TLD missing", KEY("Tml"), NONE, 0, true, NULL, 0, 0, 0},
    {"TLD without a rule missing", KEY("Tmil"), NONE, 0, true, NULL, 0, 0, 0},
    {"TLD twice", KEY("Tml"), NONE, 0, false, KEY("Tml"), 0, 0},
    {"TLD nobody has", KEY("Tml"), NONE, 0, false, KEY("Tmm"), 0, 0},
    {"TLD of no label", KEY("Tml"), NONE, 0, false, KEY("T"), 0, 0},
    {"TLD without names", KEY("Tmil"), NONE, 0, false, KEY("Tmim"), 0, 0},
    {"TLD in upper case", KEY("Tmil"), NONE, 0, false, KEY("TMIL"), 0, 0},
    {"TLD too long", KEY("Tmil"), NONE, 0, false,
        KEY("T0123456789012345678901234567890123456789012345678901234567890123"), 0, 0},
    {"TLD's rule is an allow", KEY("Tml"), 0, 2, false, NULL, 0, 0, 0},
    {"TLD's rule is another's", KEY("Tml"), 0, 1, false, NULL, 0, 0, 0},
    {"TLD's rule is out of range", KEY("Tml"), 0, 9, false, NULL, 0, 0, 0},
    {"TLD's rule is hidden", KEY("Tml"), 0, 255, false, NULL, 0, 2, 0},
    {"names below a TLD hidden", KEY("Tml"), 3, 3, false, NULL, 0, 0, 0},
    {"longer names below a TLD than there are", KEY("Tml"), 3, 5, false, NULL, 0, 0, 0},
    {"no names below a TLD", KEY("Tml"), 3, 0, false, NULL, 0, 0, 0},
    {"names below a TLD that has none", KEY("Tinternational"), 3, 1, false, NULL, 0, 0, 0},
    {"longer names than names can be", KEY("Tml"), 3, 255, false, NULL, 0, 0, 0},
    /* Order: all but the names in front, each kind once or by number. */
    {"TLD behind a name", KEY("N\2ml\0"), NONE, 0, false, KEY("Tzz"), 0, 2},
    {"no name among the names", KEY("N\2ml\0"), NONE, 0, false, KEY("X\2ml\0"), 0, 0},
    {"answer behind a rule", KEY("R\0\0\0\0"), NONE, 0, false, KEY("A"), 0, 0},
    {"rule behind a TLD", KEY("Tml"), NONE, 0, false, KEY("R\7\0\0\0"), 0, 0},
    {"group behind the subnets", KEY("C"), NONE, 0, false, KEY("G\1\0\0\0"), 0, 0},
    {"kind that is zero", KEY("M"), NONE, 0, false, KEY("\0"), 0, 0},
    {"name missing", KEY("N\3www\6orange\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name above missing", KEY("N\6orange\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name above, TLD, missing", KEY("N\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name of a list missing", KEY("N\4army\3mil\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"suffix missing", KEY("N\3com\2om\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name above a suffix missing", KEY("N\2om\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name without flags", KEY("N\6orange\2ml\0"), 0, 0, false, NULL, 0, 0, 0},
    {"name not above", KEY("N\6orange\2ml\0"), 0, 128, false, NULL, 0, 0, 0},
    {"name not allowed", KEY("N\3www\6orange\2ml\0"), 0, 0x48, false, NULL, 0, 0, 0},
    {"allowed name that is not above", KEY("N\3www\6orange\2ml\0"), 0, 9, false, NULL, 0, 0, 0},
    {"name's flags", KEY("N\3www\6orange\2ml\0"), 1, 8, false, NULL, 0, 0, 0},
    {"wildcard that is above no suffix", KEY("N\2om\0"), 1, 1, false, NULL, 0, 0, 0},
    {"exact without its kind", KEY("N\3www\6orange\2ml\0"), 0, 0x51, false, NULL, 0, 0, 0},
    {"more kinds than rules", KEY("N\3www\6orange\2ml\0"), 0, 0x4b, false, NULL, 0, 0, 0},
    {"protected but not above", KEY("N\3mil\0"), 0, 128, false, NULL, 0, 0, 0},
    {"name's rule is a TLD", KEY("N\3www\6orange\2ml\0"), 2, 0, false, NULL, 0, 0, 0},
    {"name's rule is out of range", KEY("N\3www\6orange\2ml\0"), 2, 9, false, NULL, 0, 0, 0},
    {"name's rule is of another kind", KEY("N\3www\6orange\2ml\0"), 0, 0x52, false, NULL, 0, 0, 0},
    {"name's rule is another's", KEY("N\3www\6orange\2ml\0"), NONE, 0, false,
        KEY("N\3wwx\6orange\2ml\0"), 0, 0},
    {"rule behind a name without one", KEY("N\6orange\2ml\0"), NONE, 0, false, NULL, 0, 0, 3},
    {"name that is none", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6orange\2ml"), 0, 0},
    {"name with more behind it", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6orange\2ml\0x"), 0,
        0},
    {"name in upper case", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6Orange\2ml\0"), 0, 0},
    {"name is the root", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\0"), 0, 0},
    {"name under a TLD that is not there", KEY("N\6orange\2ml\0"), NONE, 0, false,
        KEY("N\6orange\2mm\0"), 0, 0},
    {"name of a list too many", KEY("N\4army\3mil\0"), NONE, 0, false, KEY("N\4navy\3mil\0"), 0, 0},
};

/* Of what is in front of the names, only they tell that these are wrong. */
static bool is_told_by_names(const char *what)
{
    static const char *const list[] = {"more names", "fewer suffixes", "TLD without a rule missing",
        "TLD without names", "names below a TLD hidden", "longer names below a TLD than there are",
        "no names below a TLD", "names below a TLD that has none"};

    for (size_t i = 0; i < COUNT(list); i++)
        if (strcmp(list[i], what) == 0)
            return true;
    return false;
}

static void impossible_content(void **state)
{
    static const struct edit nothing = {"nothing", KEY(""), NONE, 0, false, NULL, 0, 0, 0};
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    size_t len;
    uint8_t *data = rebuild(fix, &nothing, &len);
    char text[256];

    /* Without an edit it is the same image. */
    assert_int_equal(len, fix->len);
    assert_memory_equal(data, fix->data, len);
    assert_int_equal(tg_image_open_memory("it", data, len, &image, NULL), TG_OK);
    tg_image_close(&image);
    free(data);
    for (size_t i = 0; i < COUNT(edits); i++) {
        enum tg_status status;

        data = rebuild(fix, &edits[i], &len);
        assert_true(len != fix->len || memcmp(data, fix->data, len) != 0);
        status = tg_image_open_memory("it", data, len, &image, NULL);
        if (status != TG_ECORRUPT)
            print_message("edit: %s\n", edits[i].what);
        assert_int_equal(status, TG_ECORRUPT);
        assert_int_equal(refuse(data, len, text), TG_ECORRUPT);
        /* All in front of the names is checked as well when there is no time for them. */
        if (edits[i].key[0] != 'N') {
            enum tg_status want = is_told_by_names(edits[i].what) ? TG_OK : TG_ECORRUPT;

            status = imagefile_open_quick(data, len, &image, NULL);
            if (status != want)
                print_message("quickly: %s\n", edits[i].what);
            assert_int_equal(status, want);
            tg_image_close(&image);
        }
        free(data);
    }
}

/* More canary questions than a policy may have: each would be asked at every activation. */
static void too_many_canaries(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    const struct edit none = {"nothing", KEY(""), NONE, 0, false, NULL, 0, 0, 0};
    const struct edit more = {
        "one more", KEY("Q\x63\0\0\0"), NONE, 0, false, KEY("Q\x64\0\0\0"), 0, 0};
    char text[256];
    uint8_t *data;
    size_t len;

    while (fix->gen->policy.canary_count < TG_CANARIES_MAX) {
        snprintf(text, sizeof(text), "n%zu.example", fix->gen->policy.canary_count);
        gen_canary(fix->gen, text, TG_TYPE_A, TG_EXPECT_RESOLVE);
    }
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    data = rebuild(fix, &none, &len);
    assert_int_equal(tg_image_open_memory("it", data, len, &image, NULL), TG_OK);
    assert_int_equal(tg_image_canary_count(image), TG_CANARIES_MAX);
    tg_image_close(&image);
    free(data);
    data = rebuild(fix, &more, &len);
    assert_int_equal(refuse(data, len, text), TG_ETOOBIG);
    assert_non_null(strstr(text, "101 canary questions"));
    free(data);
    /* Nor are they written. */
    gen_canary(fix->gen, "one.more", TG_TYPE_A, TG_EXPECT_RESOLVE);
    assert_int_equal(
        tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_ETOOBIG);
}

/* The same question twice, each with its own number. */
static void canary_asked_twice(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    char text[256];
    uint8_t *data;
    size_t len;

    fix->gen->canaries[1].qname = fix->gen->canaries[0].qname;
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    data = file_read(fix->path, &len);
    assert_int_equal(refuse(data, len, text), TG_ECORRUPT);
    assert_non_null(strstr(text, "kind 0x51"));
    free(data);
    /* Another type is another question. */
    fix->gen->canaries[1].qtype = TG_TYPE_A;
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    tg_image_close(&image);
}

/* A slot more, in whatever table has room, which points into a record: what it
 * points to would be found without ever having been checked. */
static void slots_to_nowhere(void **state)
{
    struct imagefile *fix = *state;
    size_t tables = fix->data[0] | (size_t)fix->data[1] << 8;
    uint8_t *copy = malloc(fix->len);
    char text[256];

    assert_non_null(copy);
    for (size_t at = tables; at < fix->len - IMAGEFILE_TRAILER; at += 8) {
        memcpy(copy, fix->data, fix->len);
        if (memcmp(copy + at, "\0\0\0\0\0\0\0\0", 8) != 0)
            continue;
        copy[at + 5] = 8; /* 2048 and then some */
        copy[at + 4] = 5;
        seal(copy, fix->len);
        assert_int_equal(refuse(copy, fix->len, text), TG_ECORRUPT);
        assert_non_null(strstr(text, "references to records"));
    }
    free(copy);
}

/* Each slot that is in use, emptied: in tables with more records than are checked at once. */
static void slots_lost(void **state)
{
    struct imagefile *fix = *state;
    size_t tables;
    uint8_t *data;
    size_t len;
    char text[256];

    for (size_t i = 0; i < 150; i++) {
        snprintf(text, sizeof(text), "n%zu.example", i);
        gen_rule(fix->gen, TG_KIND_BLOCK, text, false);
    }
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    data = file_read(fix->path, &len);
    tables = data[0] | (size_t)data[1] << 8;
    for (size_t at = tables; at < len - IMAGEFILE_TRAILER; at += 8) {
        uint8_t slot[8];

        memcpy(slot, data + at, 8);
        if (memcmp(slot + 4, "\0\0\0\0", 4) == 0)
            continue;
        memset(data + at, 0, 8);
        seal(data, len);
        assert_int_equal(refuse(data, len, text), TG_ECORRUPT);
        assert_non_null(strstr(text, "cannot be found by its key"));
        memcpy(data + at, slot, 8);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(strange_content),
        IMAGEFILE_TEST(names_elsewhere),
        IMAGEFILE_TEST(cut_short),
        IMAGEFILE_TEST(altered),
        IMAGEFILE_TEST(crafted),
        IMAGEFILE_TEST(impossible_content),
        IMAGEFILE_TEST(too_many_canaries),
        IMAGEFILE_TEST(canary_asked_twice),
        IMAGEFILE_TEST(slots_to_nowhere),
        IMAGEFILE_TEST(slots_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
