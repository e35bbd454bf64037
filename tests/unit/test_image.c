/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/gen.h"
#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"
#include "tldguard/decide.h"
#include "tldguard/image.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define CREATED     1795305600
#define TRAILER     48 /* magic, format, zero, SHA-256 */

struct fixture {
    struct tmpdir dir;
    char path[128]; /* an image of gen */
    struct gen_policy *gen;
    uint8_t *data;
    size_t len;
};

static int setup(void **state)
{
    struct fixture *fix = calloc(1, sizeof(*fix));
    struct tg_rule *rule;

    if (fix == NULL)
        return -1;
    tmpdir_create(&fix->dir);
    tmpdir_file(&fix->dir, "policy.cdb", fix->path);
    fix->gen = gen_create();
    rule = gen_tld(fix->gen, "ml", "mil");
    rule->targets[rule->target_count++] = gen_name(fix->gen, "nl");
    rule->note = "mail for .mil";
    gen_tld(fix->gen, "international", "int")->mode = TG_MODE_MAIL_ONLY;
    rule = gen_allow(fix->gen, "www.orange.ml", true);
    rule->reason = "partner";
    rule->ticket = "NET-4711";
    gen_allow(fix->gen, "deep.www.orange.ml", false);
    fix->gen->policy.answer.contact = "soc@example.net";
    if (tg_image_write(&fix->gen->policy, CREATED, fix->path, NULL) != TG_OK)
        return -1;
    fix->data = file_read(fix->path, &fix->len);
    *state = fix;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fix = *state;

    tmpdir_remove(&fix->dir);
    gen_free(&fix->gen);
    free(fix->data);
    free(fix);
    return 0;
}

/* Makes the trailer right again. */
static void seal(uint8_t *data, size_t len)
{
    EVP_Digest(data, len - 32, data + len - 32, NULL, EVP_sha256(), NULL);
}

/* Asks an image everything it can be asked. */
static void exercise(const struct tg_image *image)
{
    static const char *const names[] = {".", "ml", "orange.ml", "www.orange.ml", "a.www.orange.ml",
        "x.international", "international", "a.b.c", "\\000.ml"};
    size_t sum = 0;

    for (size_t i = 0; i < tg_image_rule_count(image); i++) {
        const struct tg_rule *rule = tg_image_rule(image, i);
        char text[TG_DNAME_TEXT_MAX];

        sum += tg_dname_to_text(rule->owner.wire, rule->owner.len, text);
        for (size_t j = 0; j < rule->target_count; j++)
            sum += tg_dname_to_text(rule->targets[j].wire, rule->targets[j].len, text);
        sum += rule->note == NULL ? 0 : strlen(rule->note);
        sum += rule->reason == NULL ? 0 : strlen(rule->reason);
        sum += rule->ticket == NULL ? 0 : strlen(rule->ticket);
    }
    sum += strlen(tg_image_meta(image)->tool) + tg_image_memory(image);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tg_question question = {.qtype = TG_TYPE_MX, .qclass = TG_CLASS_IN};
        struct tg_verdict verdict;
        uint8_t wire[TG_DNAME_MAX];
        size_t len;

        tg_dname_from_text(names[i], strlen(names[i]), wire, &len, NULL);
        question.qname = (struct tg_name){wire, len};
        tg_decide(image, &question, &verdict);
        sum += verdict.twin_len;
    }
    assert_true(sum > 0); /* so that all the reading is done */
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
    return status;
}

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void same_rule(const struct tg_rule *got, const struct tg_rule *want)
{
    assert_int_equal(got->kind, want->kind);
    assert_true(tg_dname_equal(got->owner, want->owner));
    assert_int_equal(got->exact, want->exact);
    assert_int_equal(got->mode, want->mode);
    assert_int_equal(got->action, want->action);
    assert_int_equal(got->severity, want->severity);
    assert_int_equal(got->target_count, want->target_count);
    for (size_t i = 0; i < want->target_count; i++)
        assert_true(tg_dname_equal(got->targets[i], want->targets[i]));
    same_text(got->note, want->note);
    same_text(got->reason, want->reason);
    same_text(got->ticket, want->ticket);
}

static void same_answer(const struct tg_answer *got, const struct tg_answer *want)
{
    assert_int_equal(got->ttl, want->ttl);
    assert_true(tg_dname_equal(got->mname, want->mname));
    assert_true(tg_dname_equal(got->rname, want->rname));
    assert_true(tg_dname_equal(got->mx, want->mx));
    same_text(got->contact, want->contact);
    assert_int_equal(got->a_count, want->a_count);
    assert_int_equal(got->aaaa_count, want->aaaa_count);
    assert_memory_equal(got->a, want->a, want->a_count * sizeof(want->a[0]));
    assert_memory_equal(got->aaaa, want->aaaa, want->aaaa_count * sizeof(want->aaaa[0]));
}

/* What was written is read, field by field. */
static void everything_comes_back(void **state)
{
    struct fixture *fix = *state;
    uint64_t seed = 7;

    for (size_t i = 0; i < 200; i++) {
        struct gen_policy *gen = gen_policy(&seed, 30);
        struct tg_image *image = NULL;
        bool monitors = false;

        gen->policy.serial = gen_random(&seed) | 1;
        gen->policy.digest[31] = (uint8_t)gen_random(&seed);
        assert_int_equal(tg_image_write(&gen->policy, CREATED + (time_t)i, fix->path, NULL), TG_OK);
        assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
        assert_int_equal(tg_image_meta(image)->format, TG_IMAGE_FORMAT);
        assert_int_equal(tg_image_meta(image)->serial, gen->policy.serial);
        assert_int_equal(tg_image_meta(image)->created, CREATED + (int64_t)i);
        assert_memory_equal(tg_image_meta(image)->digest, gen->policy.digest, 32);
        assert_string_equal(tg_image_meta(image)->tool, TG_VERSION);
        same_answer(tg_image_answer(image), &gen->policy.answer);
        assert_int_equal(tg_image_rule_count(image), gen->policy.rule_count);
        for (size_t j = 0; j < gen->policy.rule_count; j++) {
            same_rule(tg_image_rule(image, j), &gen->rules[j]);
            monitors |= gen->rules[j].mode == TG_MODE_MONITOR;
        }
        assert_null(tg_image_rule(image, gen->policy.rule_count));
        assert_null(tg_image_rule(image, (size_t)-1));
        assert_int_equal(tg_image_monitors(image), monitors);
        assert_true(tg_image_memory(image) > TRAILER + 2048);
        tg_image_close(&image);
        assert_null(image);
        gen_free(&gen);
    }
    tg_image_close(NULL);
}

/* The limits of the policy's contract fit: texts, targets, names. */
static void limits_fit(void **state)
{
    struct fixture *fix = *state;
    struct tg_rule *rule = &fix->gen->rules[0];
    char text[TG_TEXT_MAX + 2];
    struct tg_image *image = NULL;
    struct tg_diags *diags = tg_diags_create();

    memset(text, 't', sizeof(text));
    text[TG_TEXT_MAX] = '\0';
    rule->note = rule->reason = rule->ticket = text;
    fix->gen->policy.answer.contact = text;
    while (rule->target_count < TG_TARGETS_MAX)
        rule->targets[rule->target_count++] = rule->targets[0];
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    same_rule(tg_image_rule(image, 0), rule);
    same_answer(tg_image_answer(image), &fix->gen->policy.answer);
    tg_image_close(&image);
    /* One more is too large, and what was there stays. */
    text[TG_TEXT_MAX] = 't';
    text[TG_TEXT_MAX + 1] = '\0';
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED, fix->path, diags), TG_ETOOBIG);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_int_equal(tmpdir_count(&fix->dir), 1);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
}

/* The same policy and time give the same bytes; another time does not. */
static void bytes_are_reproducible(void **state)
{
    struct fixture *fix = *state;
    char path[128];
    uint8_t *data;
    size_t len;

    tmpdir_file(&fix->dir, "second.cdb", path);
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED, path, NULL), TG_OK);
    data = file_read(path, &len);
    assert_int_equal(len, fix->len);
    assert_memory_equal(data, fix->data, len);
    free(data);
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED + 1, path, NULL), TG_OK);
    data = file_read(path, &len);
    assert_int_equal(len, fix->len);
    assert_memory_not_equal(data, fix->data, len);
    free(data);
}

/* Any reader of CDB can list it, the trailer notwithstanding. */
static void any_cdb_reader_reads_it(void **state)
{
    struct fixture *fix = *state;
    int fd = open(fix->path, O_RDONLY | O_CLOEXEC);
    unsigned kinds[256] = {0};
    struct cdb cdb;
    unsigned at;

    assert_true(fd >= 0);
    assert_int_equal(cdb_init(&cdb, fd), 0);
    cdb_seqinit(&at, &cdb);
    while (cdb_seqnext(&at, &cdb) > 0)
        kinds[*(const uint8_t *)cdb_getkey(&cdb)]++;
    assert_int_equal(kinds['M'], 1);
    assert_int_equal(kinds['A'], 1);
    assert_int_equal(kinds['R'], 4);
    assert_int_equal(kinds['T'], 2);
    assert_int_equal(kinds['N'], 4);
    assert_int_equal(cdb_find(&cdb, "Tml", 3), 1);
    assert_int_equal(cdb_find(&cdb, "N\6orange\2ml\0", 12), 1);
    cdb_free(&cdb);
    close(fd);
}

/* Mode 0644 less the umask, nothing left beside, a symbolic link replaced. */
static void files_are_replaced(void **state)
{
    struct fixture *fix = *state;
    char path[128];
    struct stat st;
    mode_t old = umask(027);

    tmpdir_file(&fix->dir, "link.cdb", path);
    assert_int_equal(symlink("policy.cdb", path), 0);
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED + 5, path, NULL), TG_OK);
    umask(old);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_size, fix->len);
    assert_int_equal(tmpdir_count(&fix->dir), 2);
}

/* Writes where it cannot: one error that names the path, nothing left. */
static void write_fails(
    const struct fixture *fix, const char *path, const char *reason, size_t files)
{
    struct tg_diags *diags = tg_diags_create();

    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED, path, diags), TG_EIO);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_string_equal(tg_diags_get(diags, 0)->file, path);
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, reason));
    assert_int_equal(tmpdir_count(&fix->dir), files);
    tg_diags_destroy(&diags);
    assert_int_equal(tg_image_write(&fix->gen->policy, CREATED, path, NULL), TG_EIO);
}

static void places_that_cannot_be_written(void **state)
{
    struct fixture *fix = *state;
    char path[128];

    write_fails(fix, tmpdir_file(&fix->dir, "none/policy.cdb", path), "No such file", 1);
    write_fails(fix, tmpdir_file(&fix->dir, "policy.cdb/x", path), "Not a directory", 1);
    write_fails(fix, fix->dir.path, "Is a directory", 1);
    write_fails(fix, tmpdir_file(&fix->dir, "", path), "Is a directory", 1);
    write_fails(fix, "", "No such file", 1);
    /* Root must not lose a device for a slip of the pen. */
    write_fails(fix, "/dev/null", "not a regular file", 1);
    assert_int_equal(mkfifo(tmpdir_file(&fix->dir, "fifo", path), 0600), 0);
    write_fails(fix, path, "not a regular file", 2);
}

/* A disk that is full, at any byte: the old file stays, nothing beside it. */
static void full_disks(void **state)
{
    struct fixture *fix = *state;
    struct rlimit old;
    uint8_t *data;
    size_t len;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t limit = 0; limit < fix->len; limit += limit < 2000 ? 500 : 7) {
        struct rlimit full = {limit, old.rlim_max};
        enum tg_status status;

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        status = tg_image_write(&fix->gen->policy, CREATED + 9, fix->path, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(status, TG_EIO);
        assert_int_equal(tmpdir_count(&fix->dir), 1);
        data = file_read(fix->path, &len);
        assert_int_equal(len, fix->len);
        assert_memory_equal(data, fix->data, len);
        free(data);
    }
    signal(SIGXFSZ, SIG_DFL);
}

/* Memory that runs out, at any allocation. */
static void out_of_memory(void **state)
{
    struct fixture *fix = *state;
    struct tg_image *image = NULL;
    size_t n;

    for (n = 1;; n++) {
        enum tg_status status;

        oom_fail_at(n);
        status = tg_image_write(&fix->gen->policy, CREATED, fix->path, NULL);
        if (!oom_fired())
            break;
        assert_int_equal(status, TG_ENOMEM);
        assert_int_equal(tmpdir_count(&fix->dir), 1);
    }
    assert_true(n > 4);
    for (n = 1;; n++) {
        enum tg_status status;

        oom_fail_at(n);
        status = tg_image_open(fix->path, &image, NULL);
        if (!oom_fired())
            break;
        assert_int_equal(status, TG_ENOMEM);
        assert_null(image);
    }
    oom_fail_at(0);
    assert_true(n > 3);
    assert_non_null(image);
    tg_image_close(&image);
}

/* Files that cannot be read: the reason, and no hanging. */
static void unreadable_files(void **state)
{
    static const struct {
        const char *name;
        const char *reason;
    } files[] = {
        {"missing.cdb", "No such file"},
        {"fifo", "not a regular file"},
        {"", "Is a directory"},
    };
    struct fixture *fix = *state;
    struct tg_image *image = NULL;
    char path[128];

    assert_int_equal(mkfifo(tmpdir_file(&fix->dir, "fifo", path), 0600), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct tg_diags *diags = tg_diags_create();

        tmpdir_file(&fix->dir, files[i].name, path);
        assert_int_equal(tg_image_open(path, &image, diags), TG_EIO);
        assert_null(image);
        assert_int_equal(tg_diags_kept(diags), 1);
        assert_string_equal(tg_diags_get(diags, 0)->file, path);
        assert_non_null(strstr(tg_diags_get(diags, 0)->text, files[i].reason));
        tg_diags_destroy(&diags);
    }
}

/* A file over the limit is refused unread: this one is a hole. */
static void too_large_files(void **state)
{
    struct fixture *fix = *state;
    struct tg_image *image = NULL;
    char path[128];

    file_write(tmpdir_file(&fix->dir, "huge", path), "", 0);
    assert_int_equal(truncate(path, (off_t)TG_IMAGE_SIZE_MAX + 1), 0);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_ETOOBIG);
    assert_null(image);
}

/* Things that are no image, and what is said of them. */
static void strange_content(void **state)
{
    struct fixture *fix = *state;
    uint8_t junk[4096];
    uint8_t *copy = malloc(fix->len + 1);
    char text[256];

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
    memset(copy + fix->len - TRAILER, 1, 8);
    assert_int_equal(refuse(copy, fix->len, text), TG_EFORMAT);
    /* A format to come, digest right. */
    memcpy(copy, fix->data, fix->len);
    copy[fix->len - TRAILER + 8] = 2;
    seal(copy, fix->len);
    assert_int_equal(refuse(copy, fix->len, text), TG_EVERSION);
    assert_non_null(strstr(text, "format 2"));
    /* A reserved field in use. */
    memcpy(copy, fix->data, fix->len);
    copy[fix->len - TRAILER + 12] = 1;
    seal(copy, fix->len);
    assert_int_equal(refuse(copy, fix->len, text), TG_ECORRUPT);
    free(copy);
}

/* Cut anywhere: said so, with the numbers. */
static void cut_short(void **state)
{
    struct fixture *fix = *state;
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
    struct fixture *fix = *state;
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
            if (tg_image_open_memory("it", copy, fix->len, &image, NULL) != TG_OK)
                continue;
            exercise(image);
            opened++;
            tg_image_close(&image);
        }
    }
    assert_true(opened > 100);
    free(copy);
}

/* Many octets altered by chance, where records and tables are, digest right. */
static void crafted(void **state)
{
    struct fixture *fix = *state;
    uint8_t *copy = malloc(fix->len);
    uint64_t seed = 11;

    assert_non_null(copy);
    for (size_t i = 0; i < 20000; i++) {
        uint32_t edits = 1 + gen_below(&seed, 6);
        struct tg_image *image = NULL;

        memcpy(copy, fix->data, fix->len);
        for (uint32_t j = 0; j < edits; j++) {
            uint32_t at = 2048 + gen_below(&seed, (uint32_t)fix->len - 2048 - TRAILER);
            uint32_t from = 2048 + gen_below(&seed, (uint32_t)fix->len - 2048 - TRAILER);

            if (gen_below(&seed, 2) == 0)
                copy[at] = (uint8_t)gen_below(&seed, 8);
            else
                memmove(copy + at, copy + from,
                    gen_below(&seed, 12) % (fix->len - TRAILER - (at > from ? at : from)));
        }
        seal(copy, fix->len);
        if (tg_image_open_memory("it", copy, fix->len, &image, NULL) == TG_OK)
            exercise(image);
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
static uint8_t *rebuild(const struct fixture *fix, const struct edit *edit, size_t *len)
{
    char path[128];
    struct cdb_make make;
    int in = open(fix->path, O_RDONLY | O_CLOEXEC);
    int out = open(tmpdir_file(&fix->dir, "edit", path), O_RDWR | O_CREAT | O_TRUNC, 0600);
    uint8_t *data;
    struct cdb cdb;
    unsigned at;

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
        if (!it || !edit->drop)
            cdb_make_add(&make, key, cdb_keylen(&cdb), value, size);
        if (it && edit->add != NULL)
            cdb_make_add(&make, edit->add, (unsigned)edit->add_len, value, size);
    }
    assert_int_equal(cdb_make_finish(&make), 0);
    cdb_free(&cdb);
    close(in);
    lseek(out, 0, SEEK_END);
    assert_int_equal(write(out, fix->data + fix->len - TRAILER, TRAILER), TRAILER);
    close(out);
    data = file_read(path, len);
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
    {"meta of another format", KEY("M"), 0, 2, false, NULL, 0, 0, 0},
    {"more rules than there are", KEY("M"), 48, 5, false, NULL, 0, 0, 0},
    {"tool without its end", KEY("M"), 52, 4, false, NULL, 0, 0, 0},
    {"reserved field of meta", KEY("M"), 54, 1, false, NULL, 0, 0, 0},
    {"serial 0", KEY("M"), 4, 0, false, NULL, 0, 3, 0},
    {"more behind meta", KEY("M"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind answer", KEY("A"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a rule", KEY("R\1\0\0\0"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a TLD", KEY("Tml"), NONE, 0, false, NULL, 0, 0, 1},
    {"more behind a name", KEY("N\2ml\0"), NONE, 0, false, NULL, 0, 0, 1},
    {"record without a key", KEY("M"), NONE, 0, false, "", 0, 0, 0},
    {"TTL over a day", KEY("A"), 3, 1, false, NULL, 0, 0, 0},
    {"nine addresses", KEY("A"), 164, 9, false, NULL, 0, 0, 0},
    {"nine IPv6 addresses", KEY("A"), 165, 9, false, NULL, 0, 0, 0},
    {"name shorter than told", KEY("A"), 166, 17, false, NULL, 0, 0, 0},
    {"exchange that is not there", KEY("A"), 168, 5, false, NULL, 0, 0, 0},
    {"contact neither there nor not", KEY("A"), 169, 2, false, NULL, 0, 0, 0},
    {"contact with a NUL inside", KEY("A"), 172 + 18 + 16 + 3, 0, false, NULL, 0, 0, 0},
    {"MNAME in upper case", KEY("A"), 172 + 1, 'T', false, NULL, 0, 0, 0},
    /* Rules: complete, in range, as written. */
    {"rule missing", KEY("R\1\0\0\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"rule 7 of 4", KEY("R\1\0\0\0"), NONE, 0, false, KEY("R\7\0\0\0"), 0, 0},
    {"rule twice", KEY("R\1\0\0\0"), NONE, 0, false, KEY("R\1\0\0\0"), 0, 0},
    {"rule key cut", KEY("R\1\0\0\0"), NONE, 0, true, KEY("R\1\0\0"), 0, 0},
    {"kind of rule", KEY("R\0\0\0\0"), 0, 2, false, NULL, 0, 0, 0},
    {"exact TLD", KEY("R\0\0\0\0"), 1, 1, false, NULL, 0, 0, 0},
    {"exact neither", KEY("R\2\0\0\0"), 1, 2, false, NULL, 0, 0, 0},
    {"mode", KEY("R\0\0\0\0"), 2, 4, false, NULL, 0, 0, 0},
    {"action", KEY("R\0\0\0\0"), 3, 4, false, NULL, 0, 0, 0},
    {"severity", KEY("R\0\0\0\0"), 4, 4, false, NULL, 0, 0, 0},
    {"no target", KEY("R\0\0\0\0"), 5, 0, false, NULL, 0, 0, 0},
    {"seventeen targets", KEY("R\0\0\0\0"), 5, 17, false, NULL, 0, 0, 0},
    {"targets of an allow", KEY("R\2\0\0\0"), 5, 1, false, NULL, 0, 0, 0},
    {"owner's length", KEY("R\0\0\0\0"), 6, 5, false, NULL, 0, 0, 0},
    {"texts not known", KEY("R\0\0\0\0"), 7, 9, false, NULL, 0, 0, 0},
    {"text told but not there", KEY("R\0\0\0\0"), 7, 3, false, NULL, 0, 0, 0},
    {"length of no text", KEY("R\0\0\0\0"), 10, 1, false, NULL, 0, 0, 0},
    {"reserved field of a rule", KEY("R\0\0\0\0"), 14, 1, false, NULL, 0, 0, 0},
    {"owner in upper case", KEY("R\0\0\0\0"), 17, 'M', false, NULL, 0, 0, 0},
    {"owner is the root", KEY("R\0\0\0\0"), 16, 0, false, NULL, 0, 0, 0},
    {"owner is not the one it is found by", KEY("R\0\0\0\0"), 17, 'n', false, NULL, 0, 0, 0},
    {"target in upper case", KEY("R\0\0\0\0"), 21, 'M', false, NULL, 0, 0, 0},
    {"note with a NUL inside", KEY("R\0\0\0\0"), 16 + 4 + 5 + 4 + 2, 0, false, NULL, 0, 0, 0},
    /* References: of the right kind, in range, to a rule of the same owner. */
    {"TLD missing", KEY("Tml"), NONE, 0, true, NULL, 0, 0, 0},
    {"TLD twice", KEY("Tml"), NONE, 0, false, KEY("Tml"), 0, 0},
    {"TLD nobody has", KEY("Tml"), NONE, 0, false, KEY("Tmm"), 0, 0},
    {"TLD of no label", KEY("Tml"), NONE, 0, false, KEY("T"), 0, 0},
    {"TLD with flags", KEY("Tml"), 0, 1, false, NULL, 0, 0, 0},
    {"TLD's rule is an allow", KEY("Tml"), 4, 2, false, NULL, 0, 0, 0},
    {"TLD's rule is another's", KEY("Tml"), 4, 1, false, NULL, 0, 0, 0},
    {"TLD's rule is out of range", KEY("Tml"), 4, 9, false, NULL, 0, 0, 0},
    {"name missing", KEY("N\3www\6orange\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name above missing", KEY("N\6orange\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name above, TLD, missing", KEY("N\2ml\0"), NONE, 0, true, NULL, 0, 0, 0},
    {"name not above", KEY("N\6orange\2ml\0"), 0, 0, false, NULL, 0, 0, 0},
    {"name not allowed", KEY("N\3www\6orange\2ml\0"), 0, 2, false, NULL, 0, 0, 0},
    {"allowed name that is not above", KEY("N\3www\6orange\2ml\0"), 0, 1, false, NULL, 0, 0, 0},
    {"name's flags", KEY("N\3www\6orange\2ml\0"), 0, 5, false, NULL, 0, 0, 0},
    {"name's reserved field", KEY("N\3www\6orange\2ml\0"), 1, 1, false, NULL, 0, 0, 0},
    {"name's rule is a TLD", KEY("N\3www\6orange\2ml\0"), 4, 0, false, NULL, 0, 0, 0},
    {"name's rule is out of range", KEY("N\3www\6orange\2ml\0"), 4, 9, false, NULL, 0, 0, 0},
    {"name's rule is another's", KEY("N\3www\6orange\2ml\0"), NONE, 0, false,
        KEY("N\3wwx\6orange\2ml\0"), 0, 0},
    {"name above with a rule", KEY("N\6orange\2ml\0"), 7, 0, false, NULL, 0, 0, 0},
    {"name that is none", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6orange\2ml"), 0, 0},
    {"name with more behind it", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6orange\2ml\0x"), 0,
        0},
    {"name in upper case", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\6Orange\2ml\0"), 0, 0},
    {"name is the root", KEY("N\6orange\2ml\0"), NONE, 0, false, KEY("N\0"), 0, 0},
};

static void impossible_content(void **state)
{
    static const struct edit nothing = {"nothing", KEY(""), NONE, 0, false, NULL, 0, 0, 0};
    struct fixture *fix = *state;
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
        free(data);
    }
}

/* A slot more, in whatever table has room, which points into a record: what it
 * points to would be found without ever having been checked. */
static void slots_to_nowhere(void **state)
{
    struct fixture *fix = *state;
    size_t tables = fix->data[0] | (size_t)fix->data[1] << 8;
    uint8_t *copy = malloc(fix->len);
    char text[256];

    assert_non_null(copy);
    for (size_t at = tables; at < fix->len - TRAILER; at += 8) {
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

/* Look-ups: a TLD in any case, a name in lower case. */
static void look_ups(void **state)
{
    struct fixture *fix = *state;
    struct tg_image *image = NULL;
    struct tg_image_name known;
    struct tg_name allowed = fix->gen->rules[2].owner;

    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    assert_ptr_equal(tg_image_tld(image, (const uint8_t *)"\2ml"), tg_image_rule(image, 0));
    assert_ptr_equal(tg_image_tld(image, (const uint8_t *)"\2mL"), tg_image_rule(image, 0));
    assert_ptr_equal(
        tg_image_tld(image, (const uint8_t *)"\15InternationaL"), tg_image_rule(image, 1));
    assert_null(tg_image_tld(image, (const uint8_t *)"\15InternationaM"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\3xml"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\1m"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\0"));
    assert_true(tg_image_name(image, allowed, &known));
    assert_ptr_equal(known.allow, tg_image_rule(image, 2));
    assert_true(known.above_allow);
    assert_true(tg_image_name(image, fix->gen->rules[3].owner, &known));
    assert_ptr_equal(known.allow, tg_image_rule(image, 3));
    assert_false(known.above_allow);
    assert_true(tg_image_name(image, (struct tg_name){allowed.wire + 4, allowed.len - 4}, &known));
    assert_null(known.allow);
    assert_true(known.above_allow);
    memset(&known, 0x5a, sizeof(known));
    assert_false(tg_image_name(image, fix->gen->rules[1].owner, &known));
    assert_null(known.allow);
    assert_false(known.above_allow);
    tg_image_close(&image);
}

/* Labels of each length, in memory that ends with them. */
static void labels_of_any_length(void **state)
{
    struct fixture *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_image *image = NULL;

    for (size_t len = 1; len <= TG_LABEL_MAX; len++) {
        char label[TG_LABEL_MAX + 1] = {0};

        memset(label, 'q', len);
        gen_tld(gen, label, "mil");
        label[len - 1] = 'z';
        gen_tld(gen, label, "mil");
    }
    gen_tld(gen, "a{-1", "mil");
    assert_int_equal(tg_image_write(&gen->policy, CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    /* Only letters have two cases (RFC 4343). */
    assert_non_null(tg_image_tld(image, (const uint8_t *)"\4A{-1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a[-1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a{\r1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a{-\x11"));
    for (size_t len = 1; len <= TG_LABEL_MAX; len++) {
        uint8_t *label = malloc(len + 1);

        assert_non_null(label);
        memset(label, 'Q', len + 1);
        label[0] = (uint8_t)len;
        assert_ptr_equal(tg_image_tld(image, label), tg_image_rule(image, 2 * (len - 1)));
        label[len] = 'z';
        assert_ptr_equal(tg_image_tld(image, label), tg_image_rule(image, 2 * (len - 1) + 1));
        label[len] = 'y';
        assert_null(tg_image_tld(image, label));
        free(label);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* A file cut, or replaced, after it was opened, hurts nobody. */
static void open_images_outlive_their_file(void **state)
{
    struct fixture *fix = *state;
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    assert_int_equal(truncate(fix->path, 0), 0);
    exercise(image);
    same_rule(tg_image_rule(image, 0), &fix->gen->rules[0]);
    tg_image_close(&image);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_back),
        TEST(limits_fit),
        TEST(bytes_are_reproducible),
        TEST(any_cdb_reader_reads_it),
        TEST(files_are_replaced),
        TEST(places_that_cannot_be_written),
        TEST(full_disks),
        TEST(out_of_memory),
        TEST(unreadable_files),
        TEST(too_large_files),
        TEST(strange_content),
        TEST(cut_short),
        TEST(altered),
        TEST(crafted),
        TEST(impossible_content),
        TEST(slots_to_nowhere),
        TEST(look_ups),
        TEST(labels_of_any_length),
        TEST(open_images_outlive_their_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
