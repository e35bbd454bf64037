/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What a file is told by: the table of contents at its start, the trailer at its end. */
#include <inttypes.h>
#include <string.h>

#include "image_p.h"

/* Four printable octets in front would be a section of half a gigabyte; fewer
 * may be what is left of an image. */
static bool is_text(const uint8_t *head, uint64_t len)
{
    if (len < 4)
        return false;
    for (size_t i = 0; i < len && i < 512; i++)
        if (head[i] < 0x20 && memchr("\t\n\r", head[i], 3) == NULL)
            return false;
    return true;
}

/* Reads where the tables lie from as much of the table of contents as there is.
 * They follow each other, with no gap, from the end of the records to the
 * end of the CDB; false when they do not. */
static bool read_toc(const uint8_t *head, struct tg_frame *frame)
{
    size_t toc = frame->len < TG_CDB_TOC_LEN ? (size_t)frame->len / 8 : TG_CDB_TABLES;
    uint64_t end = toc > 0 ? tg_get32(head) : TG_CDB_TOC_LEN;

    frame->data_end = end;
    if (end < TG_CDB_TOC_LEN)
        return false;
    for (size_t i = 0; i < toc; i++) {
        if (tg_get32(head + i * 8) != end)
            return false;
        end += (uint64_t)tg_get32(head + i * 8 + 4) * 8;
    }
    frame->tables_end = end;
    return true;
}

enum tg_status tg_frame_head(
    const struct tg_opening *opening, const uint8_t *head, struct tg_frame *frame)
{
    uint64_t whole;

    if (is_text(head, frame->len))
        return tg_opening_fail(opening, TG_EFORMAT,
            "this is a text file, not a compiled image: make one from a policy with 'tldguard "
            "compile'");
    if (!read_toc(head, frame))
        return tg_opening_fail(opening, TG_EFORMAT, "not a tldguard image");
    whole = frame->tables_end + sizeof(struct tg_disk_trailer);
    if (frame->len < TG_CDB_TOC_LEN)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image is cut short: %" PRIu64 " bytes, not even its table of contents, copy it again",
            frame->len);
    if (frame->len < whole)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image is cut short: %" PRIu64 " of %" PRIu64 " bytes, copy it again", frame->len,
            whole);
    return TG_OK;
}

static enum tg_status wrong_version(const struct tg_opening *opening, uint32_t format)
{
    return tg_opening_fail(opening, TG_EVERSION,
        "image has format %" PRIu32 ", this version of tldguard reads format %d: %s", format,
        TG_IMAGE_FORMAT,
        format < TG_IMAGE_FORMAT ? "compile the policy again" : "a newer one made the image");
}

enum tg_status tg_frame_trailer(
    const struct tg_opening *opening, const struct tg_disk_trailer *trailer, struct tg_frame *frame)
{
    uint64_t whole = frame->tables_end + sizeof(*trailer);

    if (memcmp(trailer->magic, TG_IMAGE_MAGIC, TG_IMAGE_MAGIC_LEN) != 0)
        return tg_opening_fail(
            opening, TG_EFORMAT, "a constant database, but not a tldguard image");
    if (tg_get32(trailer->format) != TG_IMAGE_FORMAT)
        return wrong_version(opening, tg_get32(trailer->format));
    if (frame->len > whole)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image has %" PRIu64 " bytes too many at its end, copy it again", frame->len - whole);
    frame->names_at = tg_get32(trailer->names_at);
    if (frame->names_at < TG_CDB_TOC_LEN || frame->names_at > frame->data_end)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "names are said to begin at byte %" PRIu32 ", which is not among the records",
            frame->names_at);
    memcpy(frame->digest, trailer->digest, sizeof(frame->digest));
    return TG_OK;
}
