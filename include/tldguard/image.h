/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The compiled policy: a constant database (CDB, readable with `cdb -l`)
 * followed by a trailer with the SHA-256 of all that stands before it.
 * Written on the administrator's machine; opened by the resolver, which
 * trusts nothing in it.
 */
#ifndef TLDGUARD_IMAGE_H
#define TLDGUARD_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tldguard/diag.h"
#include "tldguard/policy.h"
#include "tldguard/status.h"

#define TG_IMAGE_FORMAT   4
#define TG_IMAGE_SIZE_MAX (1024u * 1024u * 1024u) /* bytes; larger files are refused unread */

struct tg_image;

struct tg_image_meta {
    uint32_t format;    /* TG_IMAGE_FORMAT */
    uint32_t serial;    /* of the policy */
    int64_t created;    /* seconds since 1970, UTC */
    uint8_t digest[32]; /* SHA-256 of the policy text */
    const char *tool;   /* version of the tldguard that wrote it */
};

/**
 * Writes an image: beside the path, fsync, rename, fsync of the folder, so a
 * reader sees the old file or the whole new one, and a crash leaves one of
 * them. The same policy and time give the same bytes.
 * @param policy  a checked policy.
 * @param created the time to record, seconds since 1970.
 * @param path    where; a file there is replaced, mode 0644 less the umask.
 *                A symbolic link is replaced itself; a folder, a device or
 *                the like is refused.
 * @param diags   on failure gets one error that names the path and the reason.
 * @return TG_OK, TG_EIO, TG_ETOOBIG, TG_ENOMEM, TG_EPOLICY (names chosen so that they are
 *         slow to find). On failure what was at the path is unchanged (but for a failed sync
 *         of the folder, which comes last) and nothing is left beside it. Any thread.
 */
enum tg_status tg_image_write(
    const struct tg_policy *policy, time_t created, const char *path, struct tg_diags *diags);

/**
 * Opens an image: copies the file into memory of its own that cannot change
 * any more (so a file cut or replaced later hurts nobody), then checks size,
 * trailer, digest, format, every record and every reference.
 * @param path  the file.
 * @param out   output: a handle, to be freed with tg_image_close().
 * @param diags on failure gets one error that says exactly what is wrong.
 * @return TG_OK; TG_EIO (cannot be read, with errno's text), TG_EFORMAT (not
 *         an image of ours), TG_EVERSION (another format), TG_EDIGEST (cut or
 *         altered), TG_ECORRUPT (digest right, content impossible),
 *         TG_ETOOBIG, TG_ENOMEM. On failure *out is unchanged.
 *         An open handle is read-only: any number of threads may use it.
 */
enum tg_status tg_image_open(const char *path, struct tg_image **out, struct tg_diags *diags);

/** The same from memory, which is copied: for tests and fuzzing. */
enum tg_status tg_image_open_memory(
    const char *name, const void *data, size_t len, struct tg_image **out, struct tg_diags *diags);

/**
 * Opens an image for a few questions, in a time that does not depend on how many names it has:
 * for a tool, never for a resolver. Reads and checks all but the names, which are read from the
 * file and checked when they are asked for. The digest is not checked: what a damaged file
 * says is told, as long as it is possible. Of an image that tg_image_open() accepts both
 * say the same.
 *
 * The file stays open until tg_image_close(): one that is renamed over does not matter, one
 * that is cut or written to fails the look-up that meets it. A look-up that fails is one that
 * finds nothing; so whoever has asked asks tg_image_status() before believing any of it.
 * tg_image_each_name() and tg_image_each_suffix() find none. Look-ups read the file,
 * tg_decide() included. For one thread at a time.
 * @return as tg_image_open(). On failure *out is unchanged.
 */
enum tg_status tg_image_open_quick(const char *path, struct tg_image **out, struct tg_diags *diags);

/**
 * Whether all look-ups so far in an image of tg_image_open_quick() could be made.
 * @param name  what the error calls the image.
 * @param diags on failure gets one error about the first look-up that could not.
 * @return TG_OK, always so for other images; TG_EIO, TG_EDIGEST (cut), TG_ECORRUPT.
 */
enum tg_status tg_image_status(
    const struct tg_image *image, const char *name, struct tg_diags *diags);

/**
 * Makes another handle of an image that tg_image_open() has opened, for a resolver: where the names
 * are, a look-up waits for memory once and not twice, and what look-ups do not need is left out.
 * All of them say the same, and rules and all the rest are the very same ones. But
 * tg_image_each_name() and tg_image_each_suffix() find none in it, and it has no octets.
 * @param image may still be used, by any thread, and is to be closed, before the other one.
 * @return to be closed with tg_image_close(); NULL: there is no memory for that, or nothing to be
 *         done; then the image is as it was.
 */
struct tg_image *tg_image_settle(struct tg_image *image);

/** Whether two images that tg_image_open() has opened are the same, by their digests. */
bool tg_image_same(const struct tg_image *a, const struct tg_image *b);

/** All octets of an image that tg_image_open() has opened, as they were checked; borrowed. Of
 * tg_image_settle() there are none. */
const uint8_t *tg_image_octets(const struct tg_image *image, size_t *len);

/** Frees an image and sets the pointer to NULL; NULL-safe. No thread may use it any more. */
void tg_image_close(struct tg_image **image);

/** Its own digest, which tells it from any other: 32 octets, SHA-256 of all octets of the file
 * before those of the digest, which are its last ones; borrowed. Of tg_image_open_quick() not
 * checked. */
const uint8_t *tg_image_digest(const struct tg_image *image);

/** What the image says of itself; borrowed. */
const struct tg_image_meta *tg_image_meta(const struct tg_image *image);

/** How it answers; borrowed. */
const struct tg_answer *tg_image_answer(const struct tg_image *image);

/** How many rules it has. */
size_t tg_image_rule_count(const struct tg_image *image);

/** Rule i, 0 .. count - 1, in the order of the policy text; borrowed; NULL out of range. */
const struct tg_rule *tg_image_rule(const struct tg_image *image, size_t i);

/** How many groups of clients it has: with any, the same question may have two answers. */
size_t tg_image_group_count(const struct tg_image *image);

/** Group i, 0 .. count - 1; borrowed; NULL out of range. */
const struct tg_group *tg_image_group(const struct tg_image *image, size_t i);

/** How many canary questions it has. */
size_t tg_image_canary_count(const struct tg_image *image);

/** Canary i, 0 .. count - 1, in the order of the policy text; borrowed; NULL out of range. */
const struct tg_canary *tg_image_canary(const struct tg_image *image, size_t i);

/** How many names, prefixes and public suffixes it has. */
size_t tg_image_name_count(const struct tg_image *image);
size_t tg_image_subnet_count(const struct tg_image *image);
size_t tg_image_suffix_count(const struct tg_image *image);

/**
 * Calls back for each name of kind ALLOW, BLOCK or PROTECT, in the order of the policy text;
 * a name of several kinds comes with all of them where the first one stands.
 * @param each returns false to stop. The entry is valid for the call; its name is borrowed from the
 * image.
 */
void tg_image_each_name(
    const struct tg_image *image, bool (*each)(void *arg, const struct tg_entry *entry), void *arg);

/** The same for prefixes, in the order of the policy text. */
void tg_image_each_subnet(const struct tg_image *image,
    bool (*each)(void *arg, const struct tg_subnet *subnet), void *arg);

/**
 * The same for the names of public suffixes, in no order; a name with a wildcard and without
 * comes once.
 */
void tg_image_each_suffix(
    const struct tg_image *image, bool (*each)(void *arg, struct tg_name name), void *arg);

/** True when some rule or override is in mode monitor: then resolved answers must be logged too. */
bool tg_image_monitors(const struct tg_image *image);

/** True when names that answers lead to are judged as well: see tg_decide_lead(). */
bool tg_image_inspects(const struct tg_image *image);

/** Bytes of memory it holds. */
size_t tg_image_memory(const struct tg_image *image);

/*
 * Look-ups for decide(). Names are checked, lower-case wire format. Constant
 * time in the number of rules; no allocation, no lock, no system call.
 */

/**
 * The rule of a TLD.
 * @param label the TLD's label with its length octet, any case ("\2ml").
 * @return borrowed, or NULL when the TLD is not listed.
 */
const struct tg_rule *tg_image_tld(const struct tg_image *image, const uint8_t *label);

/* What is known of one name: of this very name, not of what is below or above it. */
struct tg_image_name {
    const struct tg_rule *allow; /* NULL: none; so with the next two */
    const struct tg_rule *block;
    const struct tg_rule *protect;
    bool allow_exact; /* the name alone, not what is below it; so with the next two */
    bool block_exact;
    bool protect_exact;
    bool above_allow;  /* an allowed or protected name lies below this one, ended or not */
    bool above_suffix; /* a public suffix of match: direct lies below this one */
    bool suffix;       /* a public suffix; so with the next two: see struct tg_suffix */
    bool suffix_wildcard;
    bool suffix_exception;
};

/**
 * What the image knows of exactly this name.
 * @param name lower-case.
 * @param out  output, always written.
 * @return true when anything is known.
 */
bool tg_image_name(const struct tg_image *image, struct tg_name name, struct tg_image_name *out);

/**
 * The group of a client: the one with the longest prefix that holds the address.
 * @return borrowed; NULL: no group.
 */
const struct tg_group *tg_image_client(
    const struct tg_image *image, const struct tg_address *client);

#endif
