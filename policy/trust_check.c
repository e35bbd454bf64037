/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Is it signed? Octets in, yes or no out. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "tldguard/trust.h"
#include "trust_p.h"

/* A file of a signature, taken apart. */
struct signature {
    bool hashed; /* of the BLAKE2b-512 of the data, not of the data */
    uint8_t id[TG_TRUST_ID];
    uint8_t data[TG_TRUST_SIG];   /* of the data */
    uint8_t global[TG_TRUST_SIG]; /* of the one above and the comment */
    const char *comment;          /* in the text */
    size_t comment_len;
};

static const char no_file[] = "is no signature of minisign: four lines are";

/* A tab stands in minisign's own comment. */
static bool is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static const char *read_data(const char *line, size_t len, struct signature *out)
{
    uint8_t octets[TG_TRUST_SIG_LEN];

    if (!tg_trust_decode(line, len, octets, sizeof(octets)))
        return "has a second line that is no signature: 100 characters of base64 are";
    if (memcmp(octets, "ED", 2) != 0 && memcmp(octets, "Ed", 2) != 0)
        return "is of an algorithm that is not known here; Ed25519 is";
    out->hashed = octets[1] == 'D';
    memcpy(out->id, octets + 2, sizeof(out->id));
    memcpy(out->data, octets + 2 + TG_TRUST_ID, sizeof(out->data));
    return NULL;
}

static const char *read_signature(const char *text, size_t len, struct signature *out)
{
    const size_t prefix = strlen(TG_TRUST_COMMENT);
    struct tg_trust_text rest = {text, len};
    const char *line, *wrong;
    size_t n;

    if (len > TG_TRUST_FILE_MAX)
        return "is longer than a signature can be";
    if (!tg_trust_line(&rest, &line, &n) || !tg_trust_begins(line, n, TG_TRUST_UNTRUSTED) ||
        !tg_trust_line(&rest, &line, &n))
        return no_file;
    wrong = read_data(line, n, out);
    if (wrong)
        return wrong;
    if (!tg_trust_line(&rest, &line, &n) || !tg_trust_begins(line, n, TG_TRUST_COMMENT))
        return no_file;
    out->comment = line + prefix;
    out->comment_len = n - prefix;
    if (out->comment_len > TG_TRUST_COMMENT_MAX)
        return "has a trusted comment that is too long";
    if (!is_printable(out->comment, out->comment_len))
        return "has control characters in its trusted comment";
    if (!tg_trust_line(&rest, &line, &n) ||
        !tg_trust_decode(line, n, out->global, sizeof(out->global)))
        return "has a fourth line that is no signature: 88 characters of base64 are";
    return rest.len > 0 ? "goes on behind its fourth line" : NULL;
}

/* Whatever libcrypto fails at, memory included, is a no. */
static bool is_signed(
    const struct tg_trust_key *key, const uint8_t *signature, const uint8_t *data, size_t len)
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->key, sizeof(key->key));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool good = pkey != NULL && ctx != NULL &&
                      EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                      EVP_DigestVerify(ctx, signature, TG_TRUST_SIG, data, len) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

static bool is_comment_signed(const struct tg_trust_key *key, const struct signature *signature)
{
    uint8_t whole[TG_TRUST_SIG + TG_TRUST_COMMENT_MAX];

    memcpy(whole, signature->data, TG_TRUST_SIG);
    memcpy(whole + TG_TRUST_SIG, signature->comment, signature->comment_len);
    return is_signed(key, signature->global, whole, TG_TRUST_SIG + signature->comment_len);
}

static const char *read_claim(
    const struct signature *signature, const uint8_t *data, size_t size, struct tg_trusted *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    const char *wrong;

    if (!tg_trust_begins(signature->comment, signature->comment_len, TG_TRUST_OURS))
        return NULL;
    wrong = tg_trust_claim_parse(signature->comment, signature->comment_len, &out->claim);
    if (wrong)
        return wrong;
    if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) != 1)
        return "libcrypto cannot make a SHA-256";
    if (memcmp(digest, out->claim.sha256, sizeof(out->claim.sha256)) != 0)
        return "says another SHA-256 than the image has";
    out->claimed = true;
    return NULL;
}

/* Two keys may have one number: it is random, and not signed. */
static const char *find_key(const struct tg_trust_keys *keys, const struct signature *signature,
    const uint8_t *data, size_t size, const struct tg_trust_key **key)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    bool known = false;

    for (size_t i = 0; i < keys->count; i++)
        known = known || memcmp(keys->key[i].id, signature->id, TG_TRUST_ID) == 0;
    if (!known)
        return "";
    if (signature->hashed) {
        unsigned len = 0;

        if (EVP_Digest(data, size, hash, &len, EVP_blake2b512(), NULL) != 1)
            return "cannot be checked: libcrypto makes no BLAKE2b";
        data = hash;
        size = len;
    }
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->key[i].id, signature->id, TG_TRUST_ID) == 0 &&
            is_signed(&keys->key[i], signature->data, data, size)) {
            *key = &keys->key[i];
            return NULL;
        }
    return "does not fit the image: one of them was altered, or belongs to another";
}

enum tg_status tg_trust_check(const struct tg_trust_keys *keys, const char *text, size_t len,
    const uint8_t *data, size_t size, struct tg_trusted *out, char why[TG_TRUST_WHY_MAX])
{
    struct tg_trusted good = {.checked = true};
    const struct tg_trust_key *key = NULL;
    struct signature signature;
    const char *wrong = read_signature(text, len, &signature);
    char id[17];

    if (!wrong)
        wrong = find_key(keys, &signature, data, size, &key);
    if (wrong && !*wrong) {
        (void)snprintf(why, TG_TRUST_WHY_MAX, "is by key %s, which is not a trusted one",
            tg_trust_id(signature.id, id));
        return TG_ETRUST;
    }
    if (!wrong && !is_comment_signed(key, &signature))
        wrong = "has a trusted comment that was altered";
    if (!wrong)
        wrong = read_claim(&signature, data, size, &good);
    if (wrong) {
        (void)snprintf(why, TG_TRUST_WHY_MAX, "%s", wrong);
        return TG_ETRUST;
    }
    memcpy(good.id, key->id, sizeof(good.id));
    *out = good;
    return TG_OK;
}
