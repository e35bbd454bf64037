/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * An image in pieces, and made again of them, octet for octet: for a way on which it cannot travel
 * as one file, such as a DNS zone.
 *
 * What is cut are the records of its constant database, as they stand in the file; hash tables and
 * trailer follow from them. Where it is cut depends on the octets around the place alone, so a
 * small change of a policy makes a few new pieces and leaves the rest as they are. A piece is
 * called by the first octets of its SHA-256. The ids in their order are cut into pieces
 * again, lists, and so on, until there is one piece: whoever has its id finds them all.
 */
#ifndef TLDGUARD_PIECES_H
#define TLDGUARD_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"
#include "tldguard/image.h"
#include "tldguard/status.h"

#define TG_PIECE_MAX        8192 /* octets of one */
#define TG_PIECE_ID         20   /* octets of an id */
#define TG_PIECE_LEVELS_MAX 8    /* of lists; as many as no image has */

/* What a whole is found again by. */
struct tg_pieces {
    uint64_t size;   /* octets, 1.. */
    uint32_t count;  /* of its pieces, without lists; one that comes twice counts twice */
    uint32_t levels; /* of lists; 0: the id is that of the only piece */
    uint8_t id[TG_PIECE_ID];
};

/** The id of a piece; false: out of memory. */
bool tg_piece_id(const uint8_t *octets, size_t len, uint8_t id[TG_PIECE_ID]);

/**
 * The records of an image that tg_image_open() has opened, as they stand in its file; borrowed.
 * @param len output, 1...
 */
const uint8_t *tg_image_records(const struct tg_image *image, size_t *len);

/**
 * Cuts octets into pieces, and their ids into lists. The same octets give the same pieces.
 * @param len  1...
 * @param each gets each piece; one that comes twice, twice. False stops it.
 * @param out  output.
 * @return TG_OK; TG_ENOMEM, also when each has stopped it. On failure *out is unchanged.
 */
enum tg_status tg_pieces_cut(const uint8_t *data, size_t len,
    bool (*each)(void *arg, const uint8_t id[TG_PIECE_ID], const uint8_t *octets, size_t len),
    void *arg, struct tg_pieces *out);

/* Goes through pieces that come from anybody. */
struct tg_pieces_walk;

/* Finds a piece by its id; false: there is none. What it says need not be true. */
typedef bool tg_piece_find(
    void *arg, const uint8_t id[TG_PIECE_ID], uint8_t octets[TG_PIECE_MAX], size_t *len);

/** @return to be freed with tg_pieces_end(); NULL when out of memory. */
struct tg_pieces_walk *tg_pieces_begin(
    const struct tg_pieces *what, tg_piece_find *find, void *arg);

/**
 * The next piece of the whole. It gives no more octets, and asks for no more pieces, than
 * what has been announced.
 * @param data output: borrowed until the next call.
 * @param len  output: 0 behind the last one, when all is there.
 * @return TG_OK; TG_EIO (a piece is missing), TG_EDIGEST (one is not what its id says), TG_ECORRUPT
 *         (they are not what has been announced), TG_ENOMEM; then there is no next one.
 */
enum tg_status tg_pieces_next(struct tg_pieces_walk *walk, const uint8_t **data, size_t *len);

/** Which piece it was that could not be had; borrowed. */
const uint8_t *tg_pieces_wanted(const struct tg_pieces_walk *walk);

/** Frees it and sets the pointer to NULL; NULL-safe. */
void tg_pieces_end(struct tg_pieces_walk **walk);

/* Where the records of an image come from, cut anywhere. */
struct tg_image_source {
    /* As tg_pieces_next(); what it fails with, it tells itself. */
    enum tg_status (*next)(void *arg, const uint8_t **data, size_t *len);
    void *arg;
    uint64_t size; /* of all; what comes may not be true to it */
};

/**
 * Writes an image again, as tg_image_write() has written it: same way of replacing, same octets.
 * Whether it is an image that can be used, tg_image_open() tells.
 * @param digest the one in its trailer: only then it is written.
 * @param path   as for tg_image_write().
 * @param diags  on failure gets one error.
 * @return TG_OK; TG_ECORRUPT (no records), TG_EDIGEST (not the image that was asked for),
 *         TG_ETOOBIG, TG_EIO, TG_ENOMEM, and what the source fails with. On failure what was at the
 *         path is unchanged and nothing is left beside it.
 */
enum tg_status tg_image_rebuild(const struct tg_image_source *source, const uint8_t digest[32],
    const char *path, struct tg_diags *diags);

#endif
