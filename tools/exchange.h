/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What import and export share: names in the order of the tree, files, and what is left out. */
#ifndef TG_TOOLS_EXCHANGE_H
#define TG_TOOLS_EXCHANGE_H

#include <stdio.h>

#include "policy/fileio.h"
#include "tools/tool.h"

/*
 * A name with its labels in reverse, without the root ("\2ml\4army"): in the
 * order of its labels, a name stands right in front of all that is below it.
 */
struct tg_key {
    const uint8_t *octets;
    size_t len; /* 0: the root */
};

/* Writes the key of a checked, lower-case name; returns its length, which is the name's less one.
 */
size_t tg_key_write(struct tg_name name, uint8_t out[TG_DNAME_MAX]);

/* The name of a key, written into wire. */
struct tg_name tg_key_name(struct tg_key key, uint8_t wire[TG_DNAME_MAX]);

/* Below 0 when a comes first: by label from the TLD on, as RFC 4034 6.1 orders names. */
int tg_key_compare(struct tg_key a, struct tg_key b);

/* True when below is above, or below it. */
bool tg_key_covers(struct tg_key above, struct tg_key below);

/* Octets of the part of key that a and b have in common, in whole labels. */
size_t tg_key_common(struct tg_key a, struct tg_key b);

/*
 * A name in presentation format that zone files, list files and policies read
 * alike: as tg_dname_to_text(), and with every "*" that is no wildcard, "#",
 * quote and the like as \DDD, as is the last octet of what looks like an address. Returns buf.
 */
const char *tg_exchange_name(struct tg_name name, char buf[TG_DNAME_TEXT_MAX]);

/* Where text goes: standard output, or a file that is replaced as a whole. */
struct tg_output {
    const char *path; /* NULL: standard output */
    FILE *stream;
    struct tg_newfile file; /* private */
};

/**
 * @param path NULL or "-": standard output.
 * @return true; false after a message on stderr, then out is closed.
 */
bool tg_output_open(struct tg_output *out, const char *path);

/**
 * Closes; with keep, the file is from now on the one at its path, unless
 * something could not be written.
 * @return keep, and all is written; else false, after a message on stderr when keep was asked.
 */
bool tg_output_close(struct tg_output *out, bool keep);

/* Something left out, with a reason in words that the caller has. */
struct tg_skipped {
    size_t count;
    unsigned line; /* of the first one, 1..; 0: there are no lines */
};

/* One note a reason, in the compilers' form, to be printed with tg_text_diags(). */
void tg_skipped_report(struct tg_diags *diags, const char *file, const struct tg_skipped *skipped,
    const char *const *reasons, size_t count);

#endif
