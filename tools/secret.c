/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "policy/yaml.h"

/* Where things are in the octets of a secret key: algorithms of signature, of encryption and of the
 * checksum, salt and cost of the encryption; then what is encrypted: number, key, checksum. */
enum {
    AT_SALT = 6,
    AT_OPS = AT_SALT + crypto_pwhash_scryptsalsa208sha256_SALTBYTES,
    AT_MEM = AT_OPS + 8,
    AT_HIDDEN = AT_MEM + 8,
    AT_KEY = AT_HIDDEN + TG_TRUST_ID,
    AT_CHECK = AT_KEY + crypto_sign_SECRETKEYBYTES,
    SECRET_LEN = AT_CHECK + crypto_generichash_BYTES,
    HIDDEN_LEN = SECRET_LEN - AT_HIDDEN
};
_Static_assert(SECRET_LEN == sizeof(((struct tg_secret_file *)0)->octets), "minisign's layout");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(((struct tg_secret *)0)->key), "Ed25519");

/* minisign's own cost is a gigabyte and some seconds. A file that asks for more is no key but a way
 * to hold a machine up. */
#define OPS_MAX (4 * (uint64_t)crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE)
#define MEM_MAX ((uint64_t)crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE)

/* A sanitizer must look in: so it finds leaks. */
void tg_secret_hide(void)
{
#ifndef TG_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool tg_secret_init(void)
{
    tg_secret_hide();
    if (sodium_init() >= 0)
        return true;
    fputs("tldguard: libsodium cannot start: there is no randomness to be had\n", stderr);
    return false;
}

void tg_secret_wipe(void *what, size_t len)
{
    sodium_memzero(what, len);
}

void tg_secret_make(struct tg_secret *secret)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES];

    randombytes_buf(secret->id, sizeof(secret->id));
    (void)crypto_sign_keypair(public, secret->key);
}

static void put64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value = 0;

    for (int i = 8; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

/* Of the signature's algorithm, the number and the key. */
static void checksum(const uint8_t *octets, uint8_t sum[crypto_generichash_BYTES])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES);
    (void)crypto_generichash_update(&state, octets, 2);
    (void)crypto_generichash_update(&state, octets + AT_HIDDEN, AT_CHECK - AT_HIDDEN);
    (void)crypto_generichash_final(&state, sum, crypto_generichash_BYTES);
}

/* Encrypts, or decrypts. */
static bool cover(uint8_t *octets, const char *password)
{
    uint8_t stream[HIDDEN_LEN];
    const bool done =
        crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password, strlen(password),
            octets + AT_SALT, get64(octets + AT_OPS), (size_t)get64(octets + AT_MEM)) == 0;

    for (size_t i = 0; done && i < HIDDEN_LEN; i++)
        octets[AT_HIDDEN + i] ^= stream[i];
    sodium_memzero(stream, sizeof(stream));
    return done;
}

bool tg_secret_write(
    const struct tg_secret *secret, const char *password, char text[TG_SECRET_FILE_MAX])
{
    uint8_t octets[SECRET_LEN] = {0};
    char encoded[sodium_base64_ENCODED_LEN(SECRET_LEN, sodium_base64_VARIANT_ORIGINAL)];
    bool done = true;

    memcpy(octets, "EdScB2", 6);
    memcpy(octets + AT_HIDDEN, secret->id, sizeof(secret->id));
    memcpy(octets + AT_KEY, secret->key, sizeof(secret->key));
    checksum(octets, octets + AT_CHECK);
    if (password) {
        randombytes_buf(octets + AT_SALT, AT_OPS - AT_SALT);
        put64(octets + AT_OPS, crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE);
        put64(octets + AT_MEM, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE);
        done = cover(octets, password);
    } else {
        memset(octets + 2, 0, 2);
    }
    (void)sodium_bin2base64(
        encoded, sizeof(encoded), octets, sizeof(octets), sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(text, TG_SECRET_FILE_MAX, "untrusted comment: minisign %s secret key\n%s\n",
        password ? "encrypted" : "unencrypted", encoded);
    sodium_memzero(octets, sizeof(octets));
    sodium_memzero(encoded, sizeof(encoded));
    return done;
}

void tg_secret_public(const struct tg_secret *secret, char text[TG_PUBLIC_FILE_MAX], char key[64])
{
    uint8_t octets[TG_TRUST_KEY_LEN] = {'E', 'd'};
    char id[17];

    memcpy(octets + 2, secret->id, TG_TRUST_ID);
    memcpy(octets + 2 + TG_TRUST_ID, secret->key + 32, TG_TRUST_PUBLIC);
    (void)sodium_bin2base64(key, 64, octets, sizeof(octets), sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(text, TG_PUBLIC_FILE_MAX, "untrusted comment: minisign public key %s\n%s\n",
        tg_trust_id(secret->id, id), key);
}

/* The second line, without its end. */
static const char *second_line(const char *text, size_t len, size_t *line_len)
{
    const char *line = memchr(text, '\n', len), *end;

    if (strncmp(text, "untrusted comment: ", strlen("untrusted comment: ")) != 0 || !line)
        return NULL;
    line++;
    len -= (size_t)(line - text);
    end = memchr(line, '\n', len);
    if (end && end + 1 != line + len)
        return NULL;
    *line_len = end ? (size_t)(end - line) : len;
    if (*line_len > 0 && line[*line_len - 1] == '\r')
        --*line_len;
    return line;
}

const char *tg_secret_parse(const char *text, size_t len, struct tg_secret_file *out)
{
    size_t line_len = 0, octets = 0;
    const char *line = second_line(text, len, &line_len);

    if (!line ||
        sodium_base642bin(out->octets, SECRET_LEN, line, line_len, NULL, &octets, NULL,
            sodium_base64_VARIANT_ORIGINAL) != 0 ||
        octets != SECRET_LEN)
        return "is no secret key of minisign: a line of comment and 212 characters of base64 are";
    if (memcmp(out->octets, "Ed", 2) != 0 || memcmp(out->octets + 4, "B2", 2) != 0)
        return "is a key of an algorithm that is not known here; Ed25519 is";
    out->encrypted = memcmp(out->octets + 2, "Sc", 2) == 0;
    if (!out->encrypted && memcmp(out->octets + 2, "\0\0", 2) != 0)
        return "is encrypted by a way that is not known here; scrypt is";
    if (out->encrypted &&
        (get64(out->octets + AT_OPS) > OPS_MAX || get64(out->octets + AT_MEM) > MEM_MAX))
        return "asks for more work to decrypt it than any key of minisign";
    return NULL;
}

/* A key whose halves do not belong together gives itself away in its signatures. */
static bool is_whole(const struct tg_secret *secret)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES], again[crypto_sign_SECRETKEYBYTES];
    bool same;

    (void)crypto_sign_seed_keypair(public, again, secret->key);
    same = sodium_memcmp(again, secret->key, sizeof(again)) == 0;
    sodium_memzero(again, sizeof(again));
    return same;
}

const char *tg_secret_unlock(
    const struct tg_secret_file *file, const char *password, struct tg_secret *out)
{
    uint8_t octets[SECRET_LEN], sum[crypto_generichash_BYTES];
    const char *wrong = NULL;

    memcpy(octets, file->octets, sizeof(octets));
    if (file->encrypted && !cover(octets, password))
        wrong = "cannot be decrypted: out of memory, a gigabyte of it is needed";
    checksum(octets, sum);
    /* minisign writes none for a key that is not encrypted. */
    if (!wrong && sodium_memcmp(sum, octets + AT_CHECK, sizeof(sum)) != 0 &&
        (file->encrypted || !sodium_is_zero(octets + AT_CHECK, sizeof(sum))))
        wrong = file->encrypted ? "cannot be decrypted: wrong password" : "is damaged";
    memcpy(out->id, octets + AT_HIDDEN, sizeof(out->id));
    memcpy(out->key, octets + AT_KEY, sizeof(out->key));
    if (!wrong && !is_whole(out))
        wrong = "is damaged";
    if (wrong)
        sodium_memzero(out, sizeof(*out));
    sodium_memzero(octets, sizeof(octets));
    return wrong;
}

void tg_secret_sign(const struct tg_secret *secret, const uint8_t *data, size_t len,
    const char *comment, char text[TG_SIGNATURE_MAX])
{
    uint8_t hash[crypto_generichash_BYTES_MAX], octets[TG_TRUST_SIG_LEN] = {'E', 'D'};
    uint8_t whole[TG_TRUST_SIG + TG_TRUST_CLAIM_MAX], global[TG_TRUST_SIG];
    char first[sodium_base64_ENCODED_LEN(TG_TRUST_SIG_LEN, sodium_base64_VARIANT_ORIGINAL)];
    char second[sodium_base64_ENCODED_LEN(TG_TRUST_SIG, sodium_base64_VARIANT_ORIGINAL)];
    const size_t comment_len = strnlen(comment, TG_TRUST_CLAIM_MAX);
    char id[17];

    (void)crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
    memcpy(octets + 2, secret->id, TG_TRUST_ID);
    (void)crypto_sign_detached(octets + 2 + TG_TRUST_ID, NULL, hash, sizeof(hash), secret->key);
    memcpy(whole, octets + 2 + TG_TRUST_ID, TG_TRUST_SIG);
    memcpy(whole + TG_TRUST_SIG, comment, comment_len);
    (void)crypto_sign_detached(global, NULL, whole, TG_TRUST_SIG + comment_len, secret->key);
    (void)sodium_bin2base64(
        first, sizeof(first), octets, sizeof(octets), sodium_base64_VARIANT_ORIGINAL);
    (void)sodium_bin2base64(
        second, sizeof(second), global, sizeof(global), sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(text, TG_SIGNATURE_MAX,
        "untrusted comment: signature by key %s, made by tldguard\n%s\ntrusted comment: %s\n%s\n",
        tg_trust_id(secret->id, id), first, comment, second);
}

char *tg_secret_slurp(const char *path, size_t *len)
{
    char *text = NULL;
    const int error = tg_yaml_file(path, TG_TRUST_FILE_MAX, true, &text, len);

    if (error != 0)
        fprintf(stderr, "%s: error: %s\n", path,
            error == EINVAL  ? "cannot read: not a regular file"
            : error == EFBIG ? "is too large for a key"
                             : strerror(error));
    return text;
}
