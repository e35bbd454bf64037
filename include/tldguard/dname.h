/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Domain names in wire format (RFC 1035 section 3.1): length-prefixed labels,
 * ended by the root label, never compressed. A name is checked once, at the
 * edge (tg_dname_from_text, tg_dname_check); every other function here trusts
 * that its input is such a name. Pure functions: any thread, no allocation.
 */
#ifndef TLDGUARD_DNAME_H
#define TLDGUARD_DNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/status.h"

#define TG_DNAME_MAX  255 /* octets of a name, root label included (RFC 1035 2.3.4) */
#define TG_LABEL_MAX  63  /* octets of a label */
#define TG_LABELS_MAX 127 /* labels of a name, without the root */
/* Room for any name as text with its NUL: each octet may take four. */
#define TG_DNAME_TEXT_MAX 1025

/* A borrowed name. len counts the root label; wire is NULL when len is 0,
 * which means "no name". The root itself is {"\0", 1}. */
struct tg_name {
    const uint8_t *wire;
    size_t len;
};

/**
 * Reads a name in presentation format (RFC 1035 5.1: "\." and "\DDD" escapes,
 * a final dot allowed and not required; "." is the root) and lower-cases it.
 * Octets outside printable ASCII must be written as \DDD.
 * @param text   the text; need not be NUL-terminated.
 * @param len    its length in bytes.
 * @param wire   output: the name in lower-case wire format.
 * @param wire_len output: its length, 1 .. TG_DNAME_MAX.
 * @param err_at output on failure, may be NULL: offset into text, 0 .. len, of
 *               the first octet that is wrong: for a bad escape its backslash,
 *               for an empty label the dot that ends it, for empty text 0.
 * @return TG_OK; TG_ENAME (empty text, empty label, label over 63, name over
 *         255, bad escape, unescaped octet outside 0x21..0x7e). On failure wire
 *         and wire_len are unchanged.
 */
enum tg_status tg_dname_from_text(
    const char *text, size_t len, uint8_t wire[TG_DNAME_MAX], size_t *wire_len, size_t *err_at);

/**
 * Writes a name in presentation format, reversible by tg_dname_from_text():
 * '.', '\\' and '"' get a backslash, as do ';', '(' , ')', '@' and '$' (which
 * mean something in zone files); anything outside 0x21..0x7e becomes \DDD. No final
 * dot, except the root, which is ".".
 * @param wire a checked name.
 * @param len  its length.
 * @param text output, at least TG_DNAME_TEXT_MAX bytes; NUL-terminated.
 * @return the length of the text, without the NUL.
 */
size_t tg_dname_to_text(const uint8_t *wire, size_t len, char *text);

/**
 * Checks that octets start with a name in uncompressed wire format.
 * @param wire  the octets.
 * @param avail how many there are.
 * @param len   output: the name's length, 1 .. TG_DNAME_MAX.
 * @return TG_OK or TG_ENAME; on failure len is unchanged.
 */
enum tg_status tg_dname_check(const uint8_t *wire, size_t avail, size_t *len);

/** True when a checked name holds no upper-case ASCII letter. */
bool tg_dname_is_lower(const uint8_t *wire, size_t len);

/**
 * Copies a checked name, lower-casing ASCII letters (RFC 4343).
 * @param out at least len bytes; may be the same as wire.
 */
void tg_dname_lower(const uint8_t *wire, size_t len, uint8_t *out);

/**
 * Where the last label before the root starts: the TLD.
 * @return offset of its length octet; for the root name 0.
 */
size_t tg_dname_last_label(const uint8_t *wire);

/**
 * Offsets of each label's length octet, from the left, without the root.
 * @param offsets output, TG_LABELS_MAX entries.
 * @return how many labels, 0 (root) .. TG_LABELS_MAX.
 */
size_t tg_dname_labels(const uint8_t *wire, uint8_t offsets[TG_LABELS_MAX]);

/** True when two checked lower-case names are the same. */
bool tg_dname_equal(struct tg_name a, struct tg_name b);

/** True when name is owner or below it (whole labels). Both checked, lower-case. */
bool tg_dname_is_subdomain(struct tg_name name, struct tg_name owner);

#endif
