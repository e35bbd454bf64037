/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Whom a resolver believes: an image counts when a key that its settings name has signed it.
 * Signatures are files in the form of minisign (Ed25519), which can be made and checked with
 * that program as well. Everything that is read here may come from an enemy. Needs libcrypto alone.
 *
 * The signature covers the image, which has its serial and its time within; the trusted comment
 * of the signature, which is signed too, says both again, and when it expires:
 *
 *     tldguard serial=2026112201 created=2026-11-22T00:00:00Z expires=never sha256=<64 digits>
 *
 * A comment that begins with other words than "tldguard " (minisign's own does) says nothing of it:
 * the image is believed, and never expires.
 */
#ifndef TLDGUARD_TRUST_H
#define TLDGUARD_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"
#include "tldguard/image.h"
#include "tldguard/status.h"

#define TG_TRUST_KEYS_MAX    16
#define TG_TRUST_FILE_MAX    ((size_t)16 * 1024) /* octets of a file of a signature or a key */
#define TG_TRUST_COMMENT_MAX ((size_t)8192) /* octets of a trusted comment; as minisign has it */
#define TG_TRUST_CLAIM_MAX   256            /* octets of a comment of ours, with a NUL */
#define TG_TRUST_WHY_MAX     256            /* octets of a reason, with a NUL */
#define TG_TRUST_PATH_MAX    4224

#define TG_TRUST_ID     8
#define TG_TRUST_PUBLIC 32
#define TG_TRUST_SIG    64

/* What is decoded from base64: two octets of algorithm in front, then the key's number. */
#define TG_TRUST_KEY_LEN (2 + TG_TRUST_ID + TG_TRUST_PUBLIC)
#define TG_TRUST_SIG_LEN (2 + TG_TRUST_ID + TG_TRUST_SIG)

/* Behind the name of an image: its signature, and the one that is to come. An image and its
 * signature cannot be replaced at once, so the new signature is put at the second name first, then
 * the image is replaced, then the signature: at each moment one of the two fits. */
#define TG_TRUST_SUFFIX ".minisig"
#define TG_TRUST_NEXT   ".minisig.next"

/* The file by which a host lets one policy in that is older, or has expired: see
 * tg_trust_follows(). */
#define TG_TRUST_ALLOW ".allow-older"

struct tg_trust_key {
    uint8_t id[TG_TRUST_ID];
    uint8_t key[TG_TRUST_PUBLIC];
};

struct tg_trust_keys {
    size_t count; /* 0: images need no signature */
    struct tg_trust_key key[TG_TRUST_KEYS_MAX];
};

/* What a comment of ours says. */
struct tg_trust_claim {
    uint32_t serial;
    int64_t created; /* seconds since 1970, so with the next */
    int64_t expires; /* 0: never */
    uint8_t sha256[32];
};

/* A signature that was found good. */
struct tg_trusted {
    bool checked;            /* false: none was asked for, and the rest is empty */
    uint8_t id[TG_TRUST_ID]; /* of the key */
    bool claimed;            /* the comment is one of ours; else claim is zero */
    struct tg_trust_claim claim;
};

/* Text: each returns NULL, or what is wrong, as static text; the output is then unchanged. */

/** A public key as base64, without anything around it. */
const char *tg_trust_key_parse(const char *text, size_t len, struct tg_trust_key *out);

/** The file of a public key: a line of comment, and the key. */
const char *tg_trust_key_file(const char *text, size_t len, struct tg_trust_key *out);

/** A trusted comment that begins with "tldguard ": just as tg_trust_claim_format() writes it. */
const char *tg_trust_claim_parse(const char *text, size_t len, struct tg_trust_claim *out);

/**
 * Writes a comment.
 * @return its length; 0 when a time in it is not of the years 1970 to 9999.
 */
size_t tg_trust_claim_format(const struct tg_trust_claim *claim, char buf[TG_TRUST_CLAIM_MAX]);

/** A time as comments have it, 2026-11-22T00:00:00Z; false: not of 1970 to 9999; then buf is "". */
bool tg_trust_time(int64_t seconds, char buf[21]);

/** The number of a key as minisign shows it: 16 digits. Returns buf. */
const char *tg_trust_id(const uint8_t id[TG_TRUST_ID], char buf[17]);

/** Whose signature it is and how long it counts, to be added to a line; "" when none was asked for.
 * Returns buf. */
const char *tg_trust_text(const struct tg_trusted *trusted, char buf[96]);

/**
 * Whether octets are signed by one of the keys.
 * @param text of the signature's file, len octets.
 * @param data what is signed, size octets: compared with the claim's digest as well.
 * @param out  output, all of it.
 * @param why  output on failure: what is wrong, one line.
 * @return TG_OK, TG_ETRUST; on failure *out is unchanged. Any thread.
 */
enum tg_status tg_trust_check(const struct tg_trust_keys *keys, const char *text, size_t len,
    const uint8_t *data, size_t size, struct tg_trusted *out, char why[TG_TRUST_WHY_MAX]);

/**
 * Opens an image that is signed: reads it as tg_image_open() does, checks the signature of the
 * very octets in memory before it looks into them, and compares serial and time with the claim.
 * An expired signature is one: see tg_trust_follows().
 * @param keys      with none, this is tg_image_open().
 * @param signature where its file is; NULL: at the path with TG_TRUST_SUFFIX, or TG_TRUST_NEXT.
 * @param trusted   output.
 * @param diags     on failure gets one error.
 * @return as tg_image_open(), or TG_ETRUST. On failure the outputs are unchanged.
 */
enum tg_status tg_trust_open(const char *path, const struct tg_trust_keys *keys,
    const char *signature, struct tg_trusted *trusted, struct tg_image **out,
    struct tg_diags *diags);

/* The moment a policy is replaced by another. */
struct tg_trust_change {
    const struct tg_image *former;  /* NULL: there is none */
    const struct tg_image *image;   /* the new one */
    const struct tg_trusted *proof; /* of the new one */
    int64_t now;                    /* seconds since 1970 */
    bool allowed;                   /* its serial, though it is an older one or has expired */
};

/**
 * Whether the host allows a serial, whatever was before: there is a file with this one in it.
 * @param path of the file; NULL: none is.
 */
bool tg_trust_allowed(const char *path, uint32_t serial);

/**
 * Whether a policy that is signed may follow the one in force: not when it has expired, nor with a
 * serial that is not higher, unless the host allows this very serial. The same octets again, as
 * with a new signature, may; and where none is asked for, everything. Touches no file.
 * @param name  what the error calls it.
 * @param diags gets one error when it may not.
 */
bool tg_trust_follows(
    const struct tg_trust_change *change, const char *name, struct tg_diags *diags);

#endif
