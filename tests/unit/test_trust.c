/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tests/support/imagefile.h"
#include "tests/support/oom.h"
#include "tldguard/trust.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Somebody who signs: the key of a seed of 32 such octets, with a number of 8 others. */
struct signer {
    uint8_t seed;
    uint8_t id;
};
static const struct signer ann = {1, 0xa1}, bob = {2, 0xb2};
/* Has her number, but not her key. */
static const struct signer mallory = {3, 0xa1};

/* What is signed where no image is needed. */
static const uint8_t data[] = "as if it were an image";
#define CLAIM_SHA "cbf9d50de3ab9f0d6e5f92e1ee3ef20b"
static char claim_text[TG_TRUST_CLAIM_MAX];

static EVP_PKEY *private_key(const struct signer *who)
{
    uint8_t seed[32];
    memset(seed, who->seed, sizeof(seed));
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
    assert_non_null(key);
    return key;
}

static struct tg_trust_key public_key(const struct signer *who)
{
    struct tg_trust_key key;
    size_t len = sizeof(key.key);
    EVP_PKEY *pkey = private_key(who);
    memset(key.id, who->id, sizeof(key.id));
    assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, key.key, &len), 1);
    EVP_PKEY_free(pkey);
    return key;
}

static struct tg_trust_keys trusting(const struct signer *who)
{
    return (struct tg_trust_keys){1, {public_key(who)}};
}

static void sign_raw(const struct signer *who, const void *text, size_t len, uint8_t out[64])
{
    size_t out_len = 64;
    EVP_PKEY *key = private_key(who);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &out_len, text, len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

static void base64(const uint8_t *octets, size_t len, char *text)
{
    EVP_EncodeBlock((unsigned char *)text, octets, (int)len);
}

/* A signature as minisign writes it; alg "ED" or "Ed". Static text. */
static char *sign(
    const struct signer *who, const char *alg, const void *what, size_t len, const char *comment)
{
    static char text[TG_TRUST_FILE_MAX + 1024];
    static uint8_t whole[64 + TG_TRUST_FILE_MAX];
    uint8_t octets[TG_TRUST_SIG_LEN], hash[EVP_MAX_MD_SIZE], global[64];
    char first[128], second[128];
    memcpy(octets, alg, 2);
    memset(octets + 2, who->id, TG_TRUST_ID);
    if (alg[1] == 'D') {
        assert_int_equal(EVP_Digest(what, len, hash, NULL, EVP_blake2b512(), NULL), 1);
        what = hash;
        len = 64;
    }
    sign_raw(who, what, len, octets + 10);
    memcpy(whole, octets + 10, 64);
    memcpy(whole + 64, comment, strlen(comment));
    sign_raw(who, whole, 64 + strlen(comment), global);
    base64(octets, sizeof(octets), first);
    base64(global, sizeof(global), second);
    snprintf(text, sizeof(text), "untrusted comment: x\n%s\ntrusted comment: %s\n%s\n", first,
        comment, second);
    return text;
}

static enum tg_status check_len(
    const struct tg_trust_keys *keys, const char *text, size_t len, char why[TG_TRUST_WHY_MAX])
{
    struct tg_trusted out, untouched;
    memset(&untouched, 0x5a, sizeof(untouched));
    out = untouched;
    why[0] = '\0';
    /* a copy without room behind it, for the sanitizers */
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, text, len);
    const enum tg_status status = tg_trust_check(keys, copy, len, data, sizeof(data), &out, why);
    free(copy);
    if (status == TG_OK)
        assert_true(out.checked);
    else
        assert_memory_equal(&out, &untouched, sizeof(out));
    return status;
}

static enum tg_status check(
    const struct tg_trust_keys *keys, const char *text, char why[TG_TRUST_WHY_MAX])
{
    return check_len(keys, text, strlen(text), why);
}

static int make_claim(void **state)
{
    struct tg_trust_claim claim = {.serial = 7, .created = 1795305600, .expires = 1795392000};
    uint8_t digest[EVP_MAX_MD_SIZE];
    (void)state;
    if (EVP_Digest(data, sizeof(data), digest, NULL, EVP_sha256(), NULL) != 1)
        return -1;
    memcpy(claim.sha256, digest, 32);
    return tg_trust_claim_format(&claim, claim_text) > 0 ? 0 : -1;
}

/* Each kind that must be believed. */
static void test_good(void **state)
{
    static const struct {
        const char *alg;
        const char *comment; /* NULL: ours */
    } cases[] = {
        {"ED", NULL},
        {"Ed", NULL}, /* of minisign -l */
        {"ED", "timestamp:1795305600\tfile:policy.cdb\thashed"},
        {"Ed", "timestamp:1795305600\tfile:policy.cdb"},
        {"ED", ""},
        {"ED", "tldguar serial=1"}, /* somebody else's words */
        {"ED", "tldguard"},
    };
    const struct tg_trust_keys keys = {2, {public_key(&bob), public_key(&ann)}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *comment = cases[i].comment ? cases[i].comment : claim_text;
        const char *text = sign(&ann, cases[i].alg, data, sizeof(data), comment);
        struct tg_trusted out;
        char why[TG_TRUST_WHY_MAX] = "", id[17];
        assert_int_equal(
            tg_trust_check(&keys, text, strlen(text), data, sizeof(data), &out, why), TG_OK);
        assert_string_equal(why, "");
        assert_true(out.checked);
        assert_string_equal(tg_trust_id(out.id, id), "A1A1A1A1A1A1A1A1");
        assert_int_equal(out.claimed, cases[i].comment == NULL);
        assert_int_equal(out.claim.serial, cases[i].comment ? 0 : 7);
        assert_int_equal(out.claim.expires, cases[i].comment ? 0 : 1795392000);
        /* without the last newline, and from Windows */
        assert_int_equal(check_len(&keys, text, strlen(text) - 1, why), TG_OK);
        char windows[TG_TRUST_FILE_MAX];
        size_t n = 0;
        for (const char *c = text; *c; c++) {
            if (*c == '\n')
                windows[n++] = '\r';
            windows[n++] = *c;
        }
        assert_int_equal(check_len(&keys, windows, n, why), TG_OK);
    }
    /* two keys of one number: the right one is found */
    const struct tg_trust_keys twins = {2, {public_key(&mallory), public_key(&ann)}};
    char why[TG_TRUST_WHY_MAX];
    assert_int_equal(check(&twins, sign(&ann, "ED", data, sizeof(data), ""), why), TG_OK);
}

/* Who signs, what and with which comment, and why that is not believed. */
static void test_not_signed(void **state)
{
    static const struct {
        const struct signer *who;
        const char *alg, *what, *comment, *why;
    } cases[] = {
        {&bob, "ED", NULL, NULL, "is by key B2B2B2B2B2B2B2B2, which is not a trusted one"},
        {&mallory, "ED", NULL, NULL, "does not fit the image"},
        {&mallory, "Ed", NULL, NULL, "does not fit the image"},
        {&ann, "ED", "another image", NULL, "does not fit the image"},
        {&ann, "Ed", "another image", NULL, "does not fit the image"},
        {&ann, "Ee", NULL, NULL, "of an algorithm that is not known"},
        {&ann, "eD", NULL, NULL, "of an algorithm that is not known"},
        {&ann, "RS", NULL, NULL, "of an algorithm that is not known"},
        {&ann, "ED", NULL, "tldguard ", "not formed as ours"},
        {&ann, "ED", NULL, "tldguard serial=7", "not formed as ours"},
        {&ann, "ED", NULL, "\a", "control characters"},
        {&ann, "ED", NULL, "a\x7f", "control characters"},
        {&ann, "ED", NULL,
            "tldguard serial=7 created=2026-11-22T00:00:00Z expires=never "
            "sha256=" CLAIM_SHA CLAIM_SHA,
            "says another SHA-256"},
    };
    const struct tg_trust_keys keys = trusting(&ann);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *what = cases[i].what ? cases[i].what : (const char *)data;
        const size_t len = cases[i].what ? strlen(what) : sizeof(data);
        char why[TG_TRUST_WHY_MAX];
        const char *text = sign(cases[i].who, cases[i].alg, what, len,
            cases[i].comment ? cases[i].comment : claim_text);
        assert_int_equal(check(&keys, text, why), TG_ETRUST);
        if (!strstr(why, cases[i].why))
            print_message("%zu: '%s' is not in '%s'\n", i, cases[i].why, why);
        assert_non_null(strstr(why, cases[i].why));
    }
    /* nobody is trusted */
    char why[TG_TRUST_WHY_MAX];
    assert_int_equal(
        check(&(struct tg_trust_keys){0}, sign(&ann, "ED", data, sizeof(data), ""), why),
        TG_ETRUST);
}

/* Parts of two good signatures put together. */
static void test_swapped(void **state)
{
    const struct tg_trust_keys keys = trusting(&ann);
    char why[TG_TRUST_WHY_MAX], one[2048], other[2048], mixed[4096];
    (void)state;
    strcpy(one, sign(&ann, "ED", data, sizeof(data), claim_text));
    /* the comment and its signature of another image's */
    strcpy(other, sign(&ann, "ED", "another", 7, "anything"));
    snprintf(mixed, sizeof(mixed), "%.*s%s", (int)(strstr(one, "trusted comment: tld") - one), one,
        strstr(other, "trusted comment: any"));
    assert_int_equal(check(&keys, mixed, why), TG_ETRUST);
    assert_non_null(strstr(why, "trusted comment that was altered"));
    /* a later end, unsigned */
    char *end = strstr(one, "expires=2026");
    assert_non_null(end);
    end[strlen("expires=202")] = '9';
    assert_int_equal(check(&keys, one, why), TG_ETRUST);
    assert_non_null(strstr(why, "trusted comment that was altered"));
    /* a signature of the data for one of its hash, and the reverse */
    for (int i = 0; i < 2; i++) {
        uint8_t octets[TG_TRUST_SIG_LEN];
        char first[128];
        strcpy(one, sign(&ann, i ? "ED" : "Ed", data, sizeof(data), ""));
        char *line = strchr(one, '\n') + 1;
        assert_int_equal(EVP_DecodeBlock(octets, (unsigned char *)line, 100), 75);
        octets[1] = i ? 'd' : 'D';
        base64(octets, sizeof(octets), first);
        memcpy(line, first, 100);
        assert_int_equal(check(&keys, one, why), TG_ETRUST);
        assert_non_null(strstr(why, "does not fit the image"));
    }
}

/* Each bit of each octet, but for what minisign does not sign either: the words behind
 * "untrusted comment: ". Each end, but for the last newline. */
static void test_each_octet(void **state)
{
    const struct tg_trust_keys keys = trusting(&ann);
    const size_t free_from = strlen("untrusted comment: "), free_to = free_from + 1;
    char why[TG_TRUST_WHY_MAX], text[2048];
    (void)state;
    strcpy(text, sign(&ann, "ED", data, sizeof(data), claim_text));
    const size_t len = strlen(text);
    assert_int_equal(check(&keys, text, why), TG_OK);
    for (size_t i = 0; i < len - 1; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ 1 << bit);
            /* a comment that has become longer or of two lines is another thing */
            if (i < free_from || i >= free_to || text[i] == '\n')
                assert_int_equal(check(&keys, text, why), TG_ETRUST);
            text[i] = (char)(text[i] ^ 1 << bit);
        }
        assert_int_equal(check_len(&keys, text, i, why), TG_ETRUST);
        assert_true(why[0] != '\0');
    }
}

/* A file that is formed otherwise: a part of a good one is replaced. */
static void test_form(void **state)
{
    static const struct {
        const char *from, *to, *why;
    } cases[] = {
        {"untrusted", "Untrusted", "is no signature of minisign"},
        {"untrusted comment: ", "untrusted comment:", "is no signature of minisign"},
        {"trusted comment: tldguard", "comment: tldguard", "is no signature of minisign"},
        {"trusted comment: tldguard", "trusted comment: xtldguard", "altered"},
        {"\ntrusted", "\n\ntrusted", "is no signature of minisign"},
        {"\ntrusted", " \ntrusted", "second line"},
        {"\ntrusted", "=\ntrusted", "second line"},
        {"untrusted comment: x\n", "untrusted comment: x\n ", "second line"},
        {"untrusted comment: x\n", "untrusted comment: x\n\n", "second line"},
        {"untrusted comment: x\n", "", "is no signature of minisign"},
    };
    const struct tg_trust_keys keys = trusting(&ann);
    char why[TG_TRUST_WHY_MAX], good[2048], bad[TG_TRUST_FILE_MAX + 4096];
    (void)state;
    strcpy(good, sign(&ann, "ED", data, sizeof(data), claim_text));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *at = strstr(good, cases[i].from);
        assert_non_null(at);
        snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - good), good, cases[i].to,
            at + strlen(cases[i].from));
        assert_int_equal(check(&keys, bad, why), TG_ETRUST);
        if (!strstr(why, cases[i].why))
            print_message("%zu: '%s' is not in '%s'\n", i, cases[i].why, why);
        assert_non_null(strstr(why, cases[i].why));
    }
    /* something behind it */
    static const char *const more[] = {"\n", "x", "untrusted comment: y\n", "\r\n"};
    for (size_t i = 0; i < COUNT(more); i++) {
        snprintf(bad, sizeof(bad), "%s%s", good, more[i]);
        assert_int_equal(check(&keys, bad, why), TG_ETRUST);
        assert_non_null(strstr(why, "goes on behind"));
    }
    /* a NUL, and nothing at all */
    snprintf(bad, sizeof(bad), "%s", good);
    *strstr(bad, "expires=") = '\0';
    assert_int_equal(check_len(&keys, bad, strlen(good), why), TG_ETRUST);
    assert_int_equal(check_len(&keys, "", 0, why), TG_ETRUST);
}

/* The longest comment, and one octet more; a file that is too long. */
static void test_long(void **state)
{
    static char comment[TG_TRUST_FILE_MAX];
    static char text[2 * TG_TRUST_FILE_MAX];
    const struct tg_trust_keys keys = trusting(&ann);
    char why[TG_TRUST_WHY_MAX];
    (void)state;
    memset(comment, 'x', TG_TRUST_COMMENT_MAX);
    assert_int_equal(check(&keys, sign(&ann, "ED", data, sizeof(data), comment), why), TG_OK);
    comment[TG_TRUST_COMMENT_MAX] = 'x';
    assert_int_equal(check(&keys, sign(&ann, "ED", data, sizeof(data), comment), why), TG_ETRUST);
    assert_non_null(strstr(why, "too long"));
    memset(text, 'x', sizeof(text));
    memcpy(text, "untrusted comment: ", 19);
    assert_int_equal(check_len(&keys, text, TG_TRUST_FILE_MAX + 1, why), TG_ETRUST);
    assert_non_null(strstr(why, "longer than a signature can be"));
}

#define SHA64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
/* Comments: there is one way to say a thing. */
static void test_claims(void **state)
{
#define AT "created=2026-11-22T00:00:00Z"
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"tldguard serial=7 " AT " expires=never sha256=" SHA64, true},
        {"tldguard serial=4294967295 " AT " expires=9999-12-31T23:59:59Z sha256=" SHA64, true},
        {"tldguard serial=0 created=1970-01-01T00:00:00Z expires=never sha256=" SHA64, true},
        {"tldguard serial=4294967296 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial=07 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial=-7 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial=+7 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial= 7 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial= " AT " expires=never sha256=" SHA64, false},
        {"tldguard  serial=7 " AT " expires=never sha256=" SHA64, false},
        {"tldguard serial=7\t" AT " expires=never sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=never sha256=" SHA64 " ", false},
        {"tldguard serial=7 " AT " expires=never sha256=" SHA64 "0", false},
        {"tldguard serial=7 " AT " expires=never sha256=0123", false},
        {"tldguard serial=7 " AT " expires=never sha256=A" SHA64, false},
        {"tldguard serial=7 " AT " expires=never", false},
        {"tldguard serial=7 " AT " expires=Never sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires= sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=1970-01-01T00:00:00Z sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=2027-02-29T00:00:00Z sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=2027-01-01T24:00:00Z sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=2027-1-01T00:00:00Z sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=2027-01-01 sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=2027-01-01T00:00:00+ sha256=" SHA64, false},
        {"tldguard serial=7 " AT " expires=10000-01-01T00:00:00Z sha256=" SHA64, false},
        {"tldguard serial=7 created=never expires=never sha256=" SHA64, false},
        {"tldguard serial=7 created=1969-12-31T23:59:59Z expires=never sha256=" SHA64, false},
        {"tldguard created=2026-11-22T00:00:00Z serial=7 expires=never sha256=" SHA64, false},
        {"tldguard", false},
        {"", false},
    };
#undef AT
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_trust_claim claim;
        const char *wrong = tg_trust_claim_parse(cases[i].text, strlen(cases[i].text), &claim);
        if ((wrong == NULL) != cases[i].good)
            print_message("%zu: %s\n", i, cases[i].text);
        assert_int_equal(wrong == NULL, cases[i].good);
    }
    /* too long for the room there is */
    char many[1024];
    struct tg_trust_claim claim;
    memset(many, 'x', sizeof(many));
    for (size_t len = 0; len < sizeof(many); len++)
        assert_non_null(tg_trust_claim_parse(many, len, &claim));
}

/* Public keys, and their files. */
static void test_keys(void **state)
{
#define KEY "RWRq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KFd"
    static const struct {
        const char *text, *why; /* NULL: good */
    } keys[] = {
        {KEY, NULL},
        {"", "is no public key"},
        {KEY "A", "is no public key"},
        {KEY "=", "is no public key"},
        {" " KEY, "is no public key"},
        {"RWRq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KF", "is no public key"},
        {"RWRq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KF-", "is no public key"},
        {"RWRq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KF\xc3", "is no public key"},
        {"RUQq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KFd", "an algorithm"},
    };
    static const struct {
        const char *text, *why;
    } files[] = {
        {"untrusted comment: minisign public key\n" KEY "\n", NULL},
        {"untrusted comment: \n" KEY, NULL},
        {"untrusted comment: \r\n" KEY "\r\n", NULL},
        {KEY "\n", "must stand in front"},
        {"", "must stand in front"},
        {"untrusted comment: x\n", "second line"},
        {"untrusted comment: x\n\n", "is no public key"},
        {"untrusted comment: x\n" KEY "\n\n", "more than a public key"},
        {"untrusted comment: x\n" KEY "\n" KEY "\n", "more than a public key"},
        {"untrusted comment: minisign encrypted secret key\nRWRTY0Iyx\n", "is no public key"},
    };
    struct tg_trust_key key;
    const char *why;
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        why = tg_trust_key_parse(keys[i].text, strlen(keys[i].text), &key);
        assert_int_equal(why == NULL, keys[i].why == NULL);
        if (why)
            assert_non_null(strstr(why, keys[i].why));
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        why = tg_trust_key_file(files[i].text, strlen(files[i].text), &key);
        assert_int_equal(why == NULL, files[i].why == NULL);
        if (why)
            assert_non_null(strstr(why, files[i].why));
    }
#undef KEY
}

/* The comment for an image. */
static const char *claim_of(
    const uint8_t *image, size_t len, uint32_t serial, int64_t created, int64_t expires)
{
    static char text[TG_TRUST_CLAIM_MAX];
    struct tg_trust_claim claim = {.serial = serial, .created = created, .expires = expires};
    uint8_t digest[EVP_MAX_MD_SIZE];
    assert_int_equal(EVP_Digest(image, len, digest, NULL, EVP_sha256(), NULL), 1);
    memcpy(claim.sha256, digest, 32);
    assert_true(tg_trust_claim_format(&claim, text) > 0);
    return text;
}

static void put(const char *path, const char *suffix, const char *text)
{
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", path, suffix);
    if (text)
        file_write(whole, text, strlen(text));
    else
        (void)remove(whole);
}

/* What open says of the files as they are; "": it opens them. */
static const char *open_says(const struct imagefile *fix, enum tg_status wanted)
{
    static char line[1024];
    const struct tg_trust_keys keys = trusting(&ann);
    struct tg_image *const untouched = (struct tg_image *)(uintptr_t)0x5a5a;
    struct tg_image *image = untouched;
    struct tg_trusted trusted;
    struct tg_diags *diags = tg_diags_create();
    assert_int_equal(tg_trust_open(fix->path, &keys, NULL, &trusted, &image, diags), wanted);
    line[0] = '\0';
    if (wanted == TG_OK) {
        assert_int_equal(tg_diags_kept(diags), 0);
        tg_image_close(&image);
    } else {
        assert_ptr_equal(image, untouched);
        assert_int_equal(tg_diags_kept(diags), 1);
        tg_diag_format(tg_diags_get(diags, 0), line, sizeof(line));
    }
    tg_diags_destroy(&diags);
    return line;
}

static void test_open(void **state)
{
    struct imagefile *fix = *state;
    const uint32_t serial = fix->gen->policy.serial;
    char good[2048], bad[2048];
    strcpy(good, sign(&ann, "ED", fix->data, fix->len,
                     claim_of(fix->data, fix->len, serial, IMAGEFILE_CREATED, 0)));
    strcpy(bad, sign(&bob, "ED", fix->data, fix->len, ""));
    assert_non_null(strstr(open_says(fix, TG_ETRUST), "is missing: the image is not signed"));
    put(fix->path, ".minisig", good);
    open_says(fix, TG_OK);
    /* in the middle of a change */
    put(fix->path, ".minisig.next", bad);
    open_says(fix, TG_OK);
    put(fix->path, ".minisig", bad);
    assert_non_null(strstr(open_says(fix, TG_ETRUST), ".minisig: error: signature is by key B2"));
    put(fix->path, ".minisig.next", good);
    open_says(fix, TG_OK);
    put(fix->path, ".minisig", NULL);
    open_says(fix, TG_OK);
    put(fix->path, ".minisig.next", bad);
    assert_non_null(strstr(open_says(fix, TG_ETRUST), ".minisig.next: error: signature is by"));
    put(fix->path, ".minisig.next", NULL);
    /* signed, but not true */
    put(fix->path, ".minisig",
        sign(&ann, "ED", fix->data, fix->len,
            claim_of(fix->data, fix->len, serial + 1, IMAGEFILE_CREATED, 0)));
    assert_non_null(strstr(open_says(fix, TG_ETRUST), "signature says serial"));
    put(fix->path, ".minisig",
        sign(&ann, "ED", fix->data, fix->len,
            claim_of(fix->data, fix->len, serial, IMAGEFILE_CREATED + 1, 0)));
    assert_non_null(strstr(open_says(fix, TG_ETRUST), "another time"));
    /* an image that is not signed is not even looked at; one that is, is looked at */
    file_write(fix->path, "text", 4);
    assert_non_null(strstr(open_says(fix, TG_ETRUST), "does not fit"));
    put(fix->path, ".minisig", sign(&ann, "ED", "text", 4, ""));
    assert_non_null(strstr(open_says(fix, TG_EFORMAT), "text file"));
    put(fix->path, ".minisig", NULL);
    char folder[256];
    snprintf(folder, sizeof(folder), "%s.minisig", fix->path);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_non_null(strstr(open_says(fix, TG_ETRUST), "Is a directory"));
    assert_int_equal(remove(folder), 0);
}

static void test_open_oom(void **state)
{
    struct imagefile *fix = *state;
    const struct tg_trust_keys keys = trusting(&ann);
    bool fired = true;
    put(fix->path, ".minisig", sign(&ann, "ED", fix->data, fix->len, ""));
    for (size_t n = 1; fired; n++) {
        struct tg_image *image = NULL;
        struct tg_trusted trusted;
        oom_fail_at(n);
        const enum tg_status status = tg_trust_open(fix->path, &keys, NULL, &trusted, &image, NULL);
        fired = oom_fired();
        oom_fail_at(0);
        assert_int_equal(status, fired ? TG_ENOMEM : TG_OK);
        assert_int_equal(image != NULL, status == TG_OK);
        tg_image_close(&image);
        assert_true(n < 1000);
    }
    put(fix->path, ".minisig", NULL);
}

/* Which policy may follow which. The one in force has serial 10. */
static void test_follows(void **state)
{
    static const struct {
        uint32_t serial;
        const char *allowed; /* what is in the file; NULL: there is none */
        int64_t expires;
        bool fresh;      /* there is none in force */
        const char *why; /* NULL: it may */
    } cases[] = {
        {11, NULL, 0, false, NULL},
        {4294967295, NULL, 0, false, NULL},
        {10, NULL, 0, false, "serial 10 is not higher than serial 10"},
        {9, NULL, 0, false, "serial 9 is not higher than serial 10"},
        {9, NULL, 0, true, NULL},
        {9, "9", 0, false, NULL},
        {9, "9\n", 0, false, NULL},
        {9, "8\n", 0, false, "not higher"},
        {9, "09\n", 0, false, "not higher"},
        {9, " 9\n", 0, false, "not higher"},
        {9, "9\n9\n", 0, false, "not higher"},
        {9, "9\n\n", 0, false, "not higher"},
        {9, "", 0, false, "not higher"},
        {9, "9                   \n", 0, false, "not higher"},
        {11, NULL, 1001, false, NULL},
        {11, NULL, 1000, false, "serial 11 expired at 1970-01-01T00:16:40Z"},
        {11, NULL, 999, true, "expired"},
        {9, "9", 999, false, NULL},
        {9, "8", 999, false, "expired"},
        {11, "11", 999, true, NULL},
    };
    struct imagefile *fix = *state;
    struct tg_trusted proof = {.checked = true};
    struct tg_image *former, *image, *again;
    char allowed[128], other[128];
    tmpdir_file(&fix->dir, "allow-older", allowed);
    tmpdir_file(&fix->dir, "other.cdb", other);
    fix->gen->policy.serial = 10;
    assert_int_equal(tg_image_write(&fix->gen->policy, 500, other, NULL), TG_OK);
    assert_int_equal(tg_image_open(other, &former, NULL), TG_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_diags *diags = tg_diags_create();
        fix->gen->policy.serial = cases[i].serial;
        assert_int_equal(tg_image_write(&fix->gen->policy, 501, other, NULL), TG_OK);
        assert_int_equal(tg_image_open(other, &image, NULL), TG_OK);
        put(allowed, "", cases[i].allowed);
        proof.claim.expires = cases[i].expires;
        const struct tg_trust_change change = {cases[i].fresh ? NULL : former, image, &proof, 1000,
            tg_trust_allowed(allowed, cases[i].serial)};
        if (tg_trust_follows(&change, "p.cdb", diags) != (cases[i].why == NULL))
            fail_msg("case %zu", i);
        assert_int_equal(tg_diags_kept(diags), cases[i].why != NULL);
        if (cases[i].why)
            assert_non_null(strstr(tg_diags_get(diags, 0)->text, cases[i].why));
        tg_image_close(&image);
        tg_diags_destroy(&diags);
    }
    put(allowed, "", NULL);
    /* the same octets, whatever their signature says */
    proof.claim.expires = 1;
    fix->gen->policy.serial = 10;
    assert_int_equal(tg_image_write(&fix->gen->policy, 500, other, NULL), TG_OK);
    assert_int_equal(tg_image_open(other, &again, NULL), TG_OK);
    struct tg_trust_change change = {former, again, &proof, 1000, false};
    assert_true(tg_trust_follows(&change, "p.cdb", NULL));
    tg_image_close(&again);
    /* where nobody needs to sign, everything may */
    proof = (struct tg_trusted){.checked = false};
    assert_int_equal(tg_image_open(fix->path, &again, NULL), TG_OK);
    change.image = again;
    assert_true(tg_trust_follows(&change, "p.cdb", NULL));
    tg_image_close(&again);
    tg_image_close(&former);
}

static void test_text(void **state)
{
    struct tg_trusted trusted = {.checked = false};
    char buf[96];
    (void)state;
    assert_string_equal(tg_trust_text(&trusted, buf), "");
    trusted.checked = true;
    memset(trusted.id, 0xa1, 8);
    trusted.id[7] = 0x01;
    assert_string_equal(
        tg_trust_text(&trusted, buf), "; signed by key 01A1A1A1A1A1A1A1, never expires");
    trusted.claim.expires = 1795305600;
    assert_string_equal(tg_trust_text(&trusted, buf),
        "; signed by key 01A1A1A1A1A1A1A1, expires 2026-11-22T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_not_signed),
        cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_each_octet),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_keys),
        IMAGEFILE_TEST(test_open),
        IMAGEFILE_TEST(test_open_oom),
        IMAGEFILE_TEST(test_follows),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests_name("trust", tests, make_claim, NULL);
}
