/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Images for a few questions: what is in front of the names is read and checked, each name only
 * when it is asked for. By pread() and not from the file's pages: a file that is cut meanwhile
 * is then an error, not the end of the process.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_p.h"

#define SLOTS_AT_ONCE 64

/* No more records than this can have one hash in an image that tg_image_open() accepts: the nth
 * of them takes n looks or more; there are TG_LOOKS_MAX for each record, on the average, and a
 * record and its slot take 22 octets or more. */
#define SAME_HASH_MAX 100000

/* The lengths, a key, flags and three rules. */
#define RECORD_MAX (8 + 1 + TG_DNAME_MAX + sizeof(struct tg_disk_name) + 9)

struct tg_quick {
    int fd;
    uint8_t toc[TG_CDB_TOC_LEN];
    uint32_t data_end;
    uint8_t record[RECORD_MAX]; /* the last one that was read, or its start */
    enum tg_status status;      /* of all look-ups so far */
    int error;                  /* of tg_read_at(), unless it is TG_ECORRUPT: */
    uint32_t broken_at;         /* then where the trouble is */
};

void tg_quick_destroy(struct tg_quick **quick)
{
    if (*quick != NULL && (*quick)->fd >= 0)
        close((*quick)->fd);
    free(*quick);
    *quick = NULL;
}

/* The first trouble is the one that is told. */
static bool fail(struct tg_quick *quick, enum tg_status status, int error, uint32_t at)
{
    if (quick->status == TG_OK) {
        quick->status = status;
        quick->error = error;
        quick->broken_at = at;
    }
    return false;
}

static bool read_at(struct tg_quick *quick, void *to, size_t len, uint64_t at)
{
    int error = tg_read_at(quick->fd, to, len, at);

    return error == 0 || fail(quick, error == TG_READ_CUT ? TG_EDIGEST : TG_EIO, error, 0);
}

/* Reads what a slot points to. False: it is not of this name, or broken. */
static bool read_name(const struct tg_image *image, struct tg_name name, uint32_t at)
{
    struct tg_quick *quick = image->quick;
    uint64_t room = at < quick->data_end ? quick->data_end - at : 0;
    size_t len = room < RECORD_MAX ? (size_t)room : RECORD_MAX;
    uint64_t key_len;
    uint64_t value_len;

    if (at >= TG_CDB_TOC_LEN && at < image->names_at)
        return false;
    if (len < 8)
        return fail(quick, TG_ECORRUPT, 0, at);
    if (!read_at(quick, quick->record, len, at))
        return false;
    key_len = tg_get32(quick->record);
    value_len = tg_get32(quick->record + 4);
    if (key_len == 0 || quick->record[8] != TG_DISK_NAME)
        return fail(quick, TG_ECORRUPT, 0, at);
    if (key_len != name.len + 1 || memcmp(quick->record + 9, name.wire, name.len) != 0)
        return false;
    if (8 + key_len + value_len > len ||
        !tg_image_is_possible(image, name, quick->record + 8 + key_len, (size_t)value_len))
        return fail(quick, TG_ECORRUPT, 0, at);
    return true;
}

/* What a few slots tell. */
enum found { NEXT, FOUND, NONE };

static enum found look(const struct tg_image *image, const struct tg_lookup *lookup,
    const uint8_t *slots, size_t count, size_t *same)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t at = tg_get32(slots + i * 8 + 4);

        if (at == 0)
            return NONE;
        if (tg_get32(slots + i * 8) != lookup->hash)
            continue;
        if (read_name(image, lookup->name, at))
            return FOUND;
        if (++*same > SAME_HASH_MAX)
            fail(image->quick, TG_ECORRUPT, 0, at);
        if (image->quick->status != TG_OK)
            return NONE;
    }
    return NEXT;
}

const struct tg_disk_name *tg_quick_find(
    const struct tg_image *image, const struct tg_lookup *lookup)
{
    struct tg_quick *quick = image->quick;
    const uint32_t hash = (uint32_t)lookup->hash;
    const uint8_t *toc = quick->toc + hash % TG_CDB_TABLES * 8;
    uint32_t slots = tg_get32(toc + 4);
    uint32_t i = slots == 0 ? 0 : (hash >> 8) % slots;
    enum found found = NEXT;
    size_t same = 0;

    for (uint64_t looks = 0; looks < slots && found == NEXT;) {
        uint8_t buf[SLOTS_AT_ONCE * 8];
        uint32_t count = slots - i < SLOTS_AT_ONCE ? slots - i : SLOTS_AT_ONCE;

        if (!read_at(quick, buf, (size_t)count * 8, tg_get32(toc) + (uint64_t)i * 8))
            return NULL;
        found = look(image, lookup, buf, count, &same);
        looks += count;
        i = i + count == slots ? 0 : i + count;
    }
    return found == FOUND ? (const void *)(quick->record + 9 + lookup->name.len) : NULL;
}

/* Where everything lies. The tables stay in the file. */
static enum tg_status read_frame(const struct tg_opening *opening, struct tg_frame *frame)
{
    struct tg_quick *quick = opening->image->quick;
    struct tg_disk_trailer trailer;
    size_t head = frame->len < TG_CDB_TOC_LEN ? (size_t)frame->len : TG_CDB_TOC_LEN;
    enum tg_status status;
    int error = tg_read_at(quick->fd, quick->toc, head, 0);

    if (error != 0)
        return tg_opening_unread(opening, error);
    status = tg_frame_head(opening, quick->toc, frame);
    if (status != TG_OK)
        return status;
    error = tg_read_at(quick->fd, &trailer, sizeof(trailer), frame->tables_end);
    if (error != 0)
        return tg_opening_unread(opening, error);
    quick->data_end = (uint32_t)frame->data_end;
    return tg_frame_trailer(opening, &trailer, frame);
}

/* Makes an image that ends where the names begin, with empty tables. */
static enum tg_status read_front(const struct tg_opening *opening, uint32_t names_at)
{
    struct tg_image *image = opening->image;
    enum tg_status status = tg_opening_room(opening, names_at);
    int error;

    if (status != TG_OK)
        return status;
    image->names_at = names_at;
    tg_put32(image->data, names_at);
    error = tg_read_at(
        image->quick->fd, image->data + TG_CDB_TOC_LEN, names_at - TG_CDB_TOC_LEN, TG_CDB_TOC_LEN);
    return error == 0 ? tg_opening_seal(opening) : tg_opening_unread(opening, error);
}

static enum tg_status open_quick(const struct tg_opening *opening)
{
    struct tg_frame frame = {.len = 0};
    enum tg_status status = tg_opening_file(opening, &opening->image->quick->fd, &frame.len);
    uint64_t count;

    if (status == TG_OK)
        status = read_frame(opening, &frame);
    if (status == TG_OK)
        status = read_front(opening, frame.names_at);
    memcpy(opening->image->digest, frame.digest, sizeof(frame.digest));
    if (status == TG_OK)
        status = tg_image_check_records(opening, &count);
    if (status == TG_OK)
        status = tg_image_decode(opening);
    if (status == TG_OK)
        status = tg_image_check_tlds(opening);
    return status;
}

enum tg_status tg_image_open_quick(const char *path, struct tg_image **out, struct tg_diags *diags)
{
    struct tg_opening opening = {path, diags, calloc(1, sizeof(struct tg_image))};
    enum tg_status status = TG_ENOMEM;

    if (opening.image != NULL)
        opening.image->quick = calloc(1, sizeof(*opening.image->quick));
    if (opening.image == NULL || opening.image->quick == NULL) {
        tg_opening_fail(&opening, status, "out of memory");
    } else {
        opening.image->quick->fd = -1;
        status = open_quick(&opening);
    }
    if (status == TG_OK)
        *out = opening.image;
    else
        tg_image_close(&opening.image);
    return status;
}

enum tg_status tg_image_status(
    const struct tg_image *image, const char *name, struct tg_diags *diags)
{
    const struct tg_opening opening = {name, diags, NULL};
    const struct tg_quick *quick = image->quick;

    if (quick == NULL || quick->status == TG_OK)
        return TG_OK;
    if (quick->status == TG_ECORRUPT)
        return tg_opening_fail(&opening, TG_ECORRUPT,
            "record at byte %" PRIu32 " has an impossible content", quick->broken_at);
    return tg_opening_unread(&opening, quick->error);
}
