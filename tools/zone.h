/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A zone that carries a policy: what export and fetch share. It has response policy records,
 * that stock resolvers use, and below _tldguard the image itself, octet for octet, as TXT:
 *
 *     _tldguard             v=tldguard1 and what else is said of the image
 *     ID._tldguard          a piece of it, or a list of pieces, in base64; see tldguard/pieces.h
 *     _signature._tldguard  the file of its signature
 *     _zonemd._tldguard     the data of a ZONEMD (RFC 8976) of the zone without this record
 *
 * Its place is not at the apex, where a ZONEMD belongs: Unbound and the Recursor of PowerDNS take
 * one there for a trigger on the root, and from Unbound 1.20 on that ends all validation. Who does
 * not use the zone so may have a ZONEMD as well.
 */
#ifndef TG_TOOLS_ZONE_H
#define TG_TOOLS_ZONE_H

#include "policy/arena.h"
#include "tldguard/pieces.h"
#include "tools/exchange.h"

/* Owner names, relative to the zone's. */
#define TG_ZONE_ROOT      "\011_tldguard"
#define TG_ZONE_SIGNATURE "\012_signature\011_tldguard"
#define TG_ZONE_ZONEMD    "\007_zonemd\011_tldguard"
#define TG_ZONE_VERSION   "tldguard1"

#define TG_ZONE_ID_TEXT 33 /* an id as a label, in base32hex (RFC 4648), and a NUL */

/* Primaries send what does not fit into 16 KB of a message in none. */
#define TG_ZONE_SIGNATURE_MAX ((size_t)12 * 1024)

#define TG_ZONE_DIGEST 48 /* octets of a SHA-384 */

struct tg_zone_record {
    const uint8_t *octets; /* the owner as a key, relative to the zone, then the data */
    uint32_t ttl;
    uint16_t type;
    uint16_t size; /* of the data */
    uint8_t key_len;
};

struct tg_zone {
    struct tg_arena *arena;
    struct tg_name origin; /* its memory is the caller's */
    struct tg_zone_record *records;
    size_t count, room;
};

/* @return TG_OK, TG_ENOMEM; either way tg_zone_fini() is due. */
enum tg_status tg_zone_init(struct tg_zone *zone, struct tg_name origin);
void tg_zone_fini(struct tg_zone *zone);

/**
 * Adds a record.
 * @param owner relative to the zone, lower-case: the root is its apex.
 * @param data  in canonical form (RFC 4034 6.2).
 */
enum tg_status tg_zone_add(struct tg_zone *zone, struct tg_name owner, uint16_t type, uint32_t ttl,
    const void *data, size_t size);

/* Puts the records into canonical order, and takes those out that are there twice. */
void tg_zone_sort(struct tg_zone *zone);

/* The owner of a record, and its data; borrowed. */
struct tg_key tg_zone_owner(const struct tg_zone_record *record);
const uint8_t *tg_zone_data(const struct tg_zone_record *record);

/**
 * The records of one owner and type in a sorted zone.
 * @param count output; 0: there are none.
 */
const struct tg_zone_record *tg_zone_find(
    const struct tg_zone *zone, struct tg_name owner, uint16_t type, size_t *count);

#define TG_ZONE_DIGEST_TEXT (16 + 2 * TG_ZONE_DIGEST + 1) /* with a NUL */

/**
 * The data of a ZONEMD of a sorted zone, scheme SIMPLE, by SHA-384, as text.
 * @param apex for a ZONEMD itself; else for TG_ZONE_ZONEMD, which is left out.
 * @return false: out of memory.
 */
bool tg_zone_digest(
    const struct tg_zone *zone, uint32_t serial, bool apex, char text[TG_ZONE_DIGEST_TEXT]);

/* Whether a sorted zone is what its digests say; NULL, or what is wrong. */
const char *tg_zone_verify(const struct tg_zone *zone, uint32_t serial);

/* The label of a piece, in lower case; returns text. */
const char *tg_zone_id(const uint8_t id[TG_PIECE_ID], char text[TG_ZONE_ID_TEXT]);

#define TG_ZONE_PIECE_NAME (33 + 10 + 1)

/* The owner of a piece; its memory is wire. */
struct tg_name tg_zone_piece_name(const uint8_t id[TG_PIECE_ID], uint8_t wire[TG_ZONE_PIECE_NAME]);

/* Cuts text into the strings of a TXT record; out has room for len + len / 255 + 1. Returns its
 * length. */
size_t tg_zone_txt(const void *text, size_t len, uint8_t *out);

/* The strings of a TXT record as one text; returns its length, which is less than size. A record
 * whose strings reach past its end has as many as are whole. */
size_t tg_zone_text(const struct tg_zone_record *record, char *out);

#endif
