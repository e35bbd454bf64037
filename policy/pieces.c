/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/pieces.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "image_p.h"

/* A piece ends where the hash of the octets in front has these bits zero: every 2048 octets, on the
 * average, behind the least length. */
#define WINDOW     48
#define PIECE_MIN  256
#define CUT_BITS   11
#define MULTIPLIER 0x9e3779b97f4a7c15u /* odd, its bits well mixed: 2^64 by the golden ratio */

/* A list ends where an id has these bits zero, every 64 ids. With the least length, each
 * level of lists is a sixteenth of the one below at most. */
#define LIST_MIN  ((size_t)16 * TG_PIECE_ID)
#define LIST_MAX  ((size_t)TG_PIECE_MAX / TG_PIECE_ID * TG_PIECE_ID)
#define LIST_MASK 0x3fu

static_assert(PIECE_MIN > WINDOW, "the first window is full");

bool tg_piece_id(const uint8_t *octets, size_t len, uint8_t id[TG_PIECE_ID])
{
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(octets, len, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    memcpy(id, digest, TG_PIECE_ID);
    return true;
}

const uint8_t *tg_image_records(const struct tg_image *image, size_t *len)
{
    *len = (size_t)tg_image_data_end(image) - TG_CDB_TOC_LEN;
    return image->data + TG_CDB_TOC_LEN;
}

/* The hash is a polynomial of the octets in the window (Rabin and Karp), so that it moves on by one
 * octet in a step. */
static size_t piece_len(const uint8_t *data, size_t len)
{
    const size_t most = len < TG_PIECE_MAX ? len : TG_PIECE_MAX;
    uint64_t leaves = 1, hash = 0;
    size_t at;

    if (len <= PIECE_MIN)
        return len;
    for (at = 0; at < WINDOW; at++)
        leaves *= MULTIPLIER;
    for (at = PIECE_MIN - WINDOW; at < PIECE_MIN; at++)
        hash = hash * MULTIPLIER + data[at] + 1;
    for (; at < most && hash >> (64 - CUT_BITS) != 0; at++)
        hash = hash * MULTIPLIER + data[at] + 1 - leaves * (data[at - WINDOW] + UINT64_C(1));
    return at;
}

static size_t list_len(const uint8_t *ids, size_t len)
{
    const size_t most = len < LIST_MAX ? len : LIST_MAX;
    size_t at = LIST_MIN;

    if (len <= LIST_MIN)
        return len;
    while (at < most && (ids[at - 1] & LIST_MASK) != 0)
        at += TG_PIECE_ID;
    return at;
}

/* What is being cut: one level, and the ids of it, which are the next one. */
struct cut {
    bool (*each)(void *arg, const uint8_t id[TG_PIECE_ID], const uint8_t *octets, size_t len);
    void *arg;
    uint8_t *ids;
    size_t count, room;
};

static bool add_piece(struct cut *cut, const uint8_t *octets, size_t len)
{
    uint8_t *id;

    if (cut->count == cut->room) {
        const size_t room = cut->room ? 2 * cut->room : 64;
        uint8_t *ids = realloc(cut->ids, room * TG_PIECE_ID);

        if (!ids)
            return false;
        cut->ids = ids;
        cut->room = room;
    }
    id = cut->ids + cut->count * TG_PIECE_ID;
    cut->count++;
    return tg_piece_id(octets, len, id) && cut->each(cut->arg, id, octets, len);
}

static bool cut_level(
    struct cut *cut, const uint8_t *data, size_t len, size_t (*next)(const uint8_t *, size_t))
{
    for (size_t at = 0; at < len;) {
        const size_t step = next(data + at, len - at);

        if (!add_piece(cut, data + at, step))
            return false;
        at += step;
    }
    return true;
}

enum tg_status tg_pieces_cut(const uint8_t *data, size_t len,
    bool (*each)(void *arg, const uint8_t id[TG_PIECE_ID], const uint8_t *octets, size_t len),
    void *arg, struct tg_pieces *out)
{
    struct tg_pieces whole = {.size = len};
    struct cut cut = {each, arg, NULL, 0, 0};
    uint8_t *below = NULL;
    bool done = cut_level(&cut, data, len, piece_len);

    whole.count = (uint32_t)cut.count;
    while (done && cut.count > 1) {
        const size_t below_len = cut.count * TG_PIECE_ID;

        free(below);
        below = cut.ids;
        cut = (struct cut){each, arg, NULL, 0, 0};
        done = cut_level(&cut, below, below_len, list_len);
        whole.levels++;
    }
    if (done) {
        memcpy(whole.id, cut.ids, TG_PIECE_ID);
        *out = whole;
    }
    free(below);
    free(cut.ids);
    return done ? TG_OK : TG_ENOMEM;
}

/* A piece that the walk is in. */
struct place {
    uint8_t octets[TG_PIECE_MAX];
    size_t len;
    size_t at; /* the next id, of a list */
};

struct tg_pieces_walk {
    struct tg_pieces what;
    tg_piece_find *find;
    void *arg;
    bool begun, failed;
    uint64_t size;  /* octets so far */
    uint32_t count; /* pieces so far */
    uint8_t wanted[TG_PIECE_ID];
    struct place place[TG_PIECE_LEVELS_MAX + 1]; /* by level; the first is of data */
};

struct tg_pieces_walk *tg_pieces_begin(const struct tg_pieces *what, tg_piece_find *find, void *arg)
{
    struct tg_pieces_walk *walk = calloc(1, sizeof(*walk));

    if (!walk)
        return NULL;
    walk->what = *what;
    walk->find = find;
    walk->arg = arg;
    return walk;
}

/* A list is not empty, so each one leads to a piece of data, and these are counted: there is no way
 * to make the walk long. */
static enum tg_status check_place(struct tg_pieces_walk *walk, uint32_t level)
{
    const struct place *place = &walk->place[level];

    if (place->len == 0 || (level > 0 && place->len % TG_PIECE_ID != 0))
        return TG_ECORRUPT;
    if (level > 0)
        return TG_OK;
    if (place->len > walk->what.size - walk->size || walk->count == walk->what.count)
        return TG_ECORRUPT;
    /* Only the last one is short: so many of one octet would take for ever. */
    if (place->len < PIECE_MIN && walk->size + place->len != walk->what.size)
        return TG_ECORRUPT;
    walk->size += place->len;
    walk->count++;
    return TG_OK;
}

static enum tg_status enter(struct tg_pieces_walk *walk, const uint8_t *id, uint32_t level)
{
    struct place *place = &walk->place[level];
    uint8_t is[TG_PIECE_ID];

    memcpy(walk->wanted, id, TG_PIECE_ID);
    place->at = 0;
    place->len = 0;
    if (!walk->find(walk->arg, walk->wanted, place->octets, &place->len))
        return TG_EIO;
    if (place->len > TG_PIECE_MAX)
        return TG_ECORRUPT;
    if (!tg_piece_id(place->octets, place->len, is))
        return TG_ENOMEM;
    if (memcmp(is, walk->wanted, TG_PIECE_ID) != 0)
        return TG_EDIGEST;
    return check_place(walk, level);
}

/* Into the next piece: the one behind in the lowest list that has one, and down from there. *level
 * is 0 when there is one, else above the last. */
static enum tg_status step(struct tg_pieces_walk *walk, uint32_t *level)
{
    enum tg_status status = TG_OK;

    *level = 1;
    if (!walk->begun) {
        walk->begun = true;
        *level = walk->what.levels;
        status = enter(walk, walk->what.id, *level);
    } else {
        while (*level <= walk->what.levels && walk->place[*level].at == walk->place[*level].len)
            ++*level;
        if (*level > walk->what.levels)
            return TG_OK;
    }
    while (status == TG_OK && *level > 0) {
        struct place *list = &walk->place[*level];

        list->at += TG_PIECE_ID;
        --*level;
        status = enter(walk, list->octets + list->at - TG_PIECE_ID, *level);
    }
    return status;
}

enum tg_status tg_pieces_next(struct tg_pieces_walk *walk, const uint8_t **data, size_t *len)
{
    enum tg_status status = TG_ECORRUPT;
    uint32_t level = 0;

    if (walk->what.levels <= TG_PIECE_LEVELS_MAX && !walk->failed)
        status = step(walk, &level);
    if (status == TG_OK && level > 0 &&
        (walk->size != walk->what.size || walk->count != walk->what.count))
        status = TG_ECORRUPT;
    walk->failed = status != TG_OK;
    if (status != TG_OK)
        return status;
    *data = walk->place[0].octets;
    *len = level > 0 ? 0 : walk->place[0].len;
    return TG_OK;
}

const uint8_t *tg_pieces_wanted(const struct tg_pieces_walk *walk)
{
    return walk->wanted;
}

void tg_pieces_end(struct tg_pieces_walk **walk)
{
    free(*walk);
    *walk = NULL;
}
