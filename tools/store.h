/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The folder of a host's policy: the one that is active, its signature, and those that were before.
 *
 *     policy.cdb                            the active one; the settings may call it otherwise
 *     policy.cdb.minisig, .minisig.next     its signature; see include/tldguard/trust.h
 *     policy.cdb.allow-older                lets the module go back
 *     policy.cdb.lock                       held while somebody changes it; who, in one line
 *     history/2026112201-0123abcd.cdb       a former one: serial, first digits of its digest
 *     history/2026112201-0123abcd.cdb.minisig
 *
 * At each moment, whatever is killed and wherever the power fails, the old policy is active or the
 * new one is, with a signature that fits. All of it is for one thread.
 */
#ifndef TG_TOOLS_STORE_H
#define TG_TOOLS_STORE_H

#include "tldguard/settings.h"
#include "tldguard/trust.h"
#include "tools/tool.h"

#define TG_WHY_MAX 1024 /* octets of a reason, with a NUL: every 'why' below has so many */

#define TG_KEEP_DEFAULT 10
#define TG_KEEP_MAX     10000

/* Of what is written, whatever the umask is: the user of the resolver reads it. */
#define TG_STORE_MODE 0644

/* A policy in memory, as it was checked: what is written is this, and no file that may have changed
 * since. */
struct tg_sealed {
    struct tg_image *image; /* NULL: there is none */
    struct tg_trusted trusted;
    char *signature; /* the text of its file; NULL: it has none */
    size_t signature_len;
};

/* What is known of one in the history. */
struct tg_former {
    char *path;
    uint32_t serial;
    char digits[9];   /* the first of its digest */
    int64_t put_away; /* nanoseconds since 1970 */
};

struct tg_store {
    const struct tg_settings *settings; /* borrowed */
    char *folder;                       /* of the policy, with its slash */
    char *history;                      /* the same, of the former ones */
    char *history_folder;               /* the same, without: a link is not followed then */
    int lock;                           /* -1: not held */
};

/**
 * Names the folders; opens and makes nothing.
 * @param store output, to be freed with tg_store_close(), also on failure.
 */
void tg_store_open(struct tg_store *store, const struct tg_settings *settings);

/* A path behind the name of the policy; to be freed. */
char *tg_store_behind(const struct tg_store *store, const char *suffix);

/* The folder of the policy; false: errno tells. */
bool tg_store_sync(const struct tg_store *store);

/* Adds an error; returns false. */
bool tg_store_fail(struct tg_diags *diags, const char *path, const char *what, int error);

/* Of root's files: they belong to whom the folder belongs. */
void tg_store_give(const struct tg_store *store, int fd);

/* Lets the lock go, and frees. */
void tg_store_close(struct tg_store *store);

/**
 * Takes the lock.
 * @return false after an error in diags: who holds it, or why it cannot be had.
 */
bool tg_store_lock(struct tg_store *store, struct tg_diags *diags);

/* Whether a file is one that policy/fileio.c was writing in the place of one whose name begins so:
 * ".NAME.<sixteen digits>.tmp". */
bool tg_store_is_temp(const char *name, const char *of);

/* Ends a change that was interrupted, before another one begins: the rest of its steps, and what it
 * has left lying about. False after an error in diags. */
bool tg_store_settle(const struct tg_store *store, struct tg_diags *diags);

/**
 * Reads a policy and its signature, and checks them as the module does.
 * Ends the tool when there is no memory for it.
 * @param signature as of tg_trust_open(); with one that must be there.
 * @param out       output, to be freed with tg_sealed_free(); unchanged on failure.
 * @return as tg_trust_open().
 */
enum tg_status tg_sealed_read(const char *path, const char *signature,
    const struct tg_trust_keys *keys, struct tg_sealed *out, struct tg_diags *diags);
void tg_sealed_free(struct tg_sealed *sealed);

enum tg_placed {
    TG_PLACED,       /* on the disk, with all that belongs to it */
    TG_PLACED_BADLY, /* it is in its place, but a later step failed: why says it */
    TG_PLACED_NOT    /* the active one is what it was: why says it */
};

/* Puts a policy in the place of the active one. */
enum tg_placed tg_store_place(
    const struct tg_store *store, const struct tg_sealed *sealed, char *why);

/* Lets the module take this serial, whatever it has in force; false after a reason in why. And no
 * longer; false after an error in diags. */
bool tg_store_allow(const struct tg_store *store, uint32_t serial, char *why);
bool tg_store_forbid(const struct tg_store *store, struct tg_diags *diags);

/* Puts a policy into the history; fine when it is there already. False after an error in diags. */
bool tg_store_keep(
    const struct tg_store *store, const struct tg_sealed *sealed, struct tg_diags *diags);

/* Removes all but the newest ones of the history, by when they were put there: never the one that
 * was active a moment before. */
void tg_store_prune(const struct tg_store *store, uint64_t keep, const struct tg_sealed *former);

/* Whether its name is that of this image; not of NULL. */
bool tg_former_is(const struct tg_former *former, const struct tg_image *image);

/* Reads one of the history, as tg_sealed_read() does; one that is another than its name says is
 * refused. */
enum tg_status tg_former_read(const struct tg_store *store, const struct tg_former *former,
    struct tg_sealed *out, struct tg_diags *diags);

/**
 * Lists the history, highest serial first, then what was put there last. What has another name
 * than the ones above is somebody else's.
 * @param out output: to be freed with tg_formers_free(); without a folder there are none.
 * @return false after an error in diags.
 */
bool tg_store_list(
    const struct tg_store *store, struct tg_former **out, size_t *count, struct tg_diags *diags);
void tg_formers_free(struct tg_former *formers, size_t count);

#endif
