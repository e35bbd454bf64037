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

#define TG_IMAGE_FORMAT   1
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
 * @return TG_OK, TG_EIO, TG_ETOOBIG, TG_ENOMEM. On failure what was at the
 *         path is unchanged (but for a failed sync of the folder, which comes
 *         last) and nothing is left beside it. Any thread.
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

/** Frees an image and sets the pointer to NULL; NULL-safe. No thread may use it any more. */
void tg_image_close(struct tg_image **image);

/** What the image says of itself; borrowed. */
const struct tg_image_meta *tg_image_meta(const struct tg_image *image);

/** How it answers; borrowed. */
const struct tg_answer *tg_image_answer(const struct tg_image *image);

/** How many rules it has. */
size_t tg_image_rule_count(const struct tg_image *image);

/** Rule i, 0 .. count - 1, in the order of the policy text; borrowed; NULL out of range. */
const struct tg_rule *tg_image_rule(const struct tg_image *image, size_t i);

/** True when some rule is in mode monitor: then resolved answers must be logged too. */
bool tg_image_monitors(const struct tg_image *image);

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

/* What is known of one name. */
struct tg_image_name {
    const struct tg_rule *allow; /* an allow whose owner is this very name, or NULL */
    bool above_allow;            /* an allowed name lies below this one */
};

/**
 * What the image knows of exactly this name.
 * @param name lower-case.
 * @param out  output, always written.
 * @return true when anything is known.
 */
bool tg_image_name(const struct tg_image *image, struct tg_name name, struct tg_image_name *out);

#endif
