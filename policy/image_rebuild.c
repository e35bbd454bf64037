/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* An image from its records, as they stood in another file of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_encode.h"
#include "tldguard/pieces.h"

#define HEAD 8 /* of a record in the file: the lengths of its key and its value */

struct rebuild {
    struct tg_image_writer writer;
    uint64_t left; /* octets that are to come */
    bool names;    /* the first name was there */
};

static const char past_end[] = "cannot be made again: a record reaches past the end";

static enum tg_status corrupt(const char *path, const char *why, struct tg_diags *diags)
{
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", why);
    return TG_ECORRUPT;
}

/* The same sum as when it was compiled, so what is too large there is so here. */
static void add_record(
    struct rebuild *rebuild, const uint8_t *key, uint32_t key_len, uint32_t value_len)
{
    struct tg_image_writer *writer = &rebuild->writer;

    writer->size += 24 + (uint64_t)key_len + value_len;
    if (writer->size > TG_IMAGE_SIZE_MAX)
        writer->error = E2BIG;
    else if (cdb_make_add(&writer->cdb, key, key_len, key + key_len, value_len) != 0)
        writer->error = errno;
    if (!rebuild->names && key[0] == TG_DISK_NAME) {
        rebuild->names = true;
        writer->names_at = writer->next_at;
    }
    writer->next_at += HEAD + key_len + value_len;
}

/* Adds the records that are whole, and keeps the rest. NULL, or what is wrong. */
static const char *add_records(struct rebuild *rebuild)
{
    struct tg_value *value = &rebuild->writer.value;
    size_t at = 0;

    while (value->len - at >= HEAD && rebuild->writer.error == 0) {
        const uint8_t *head = value->octets + at;
        const uint32_t key_len = tg_get32(head), value_len = tg_get32(head + 4);
        const uint64_t whole = HEAD + (uint64_t)key_len + value_len;

        if (key_len == 0)
            return "cannot be made again: a record has no key";
        if (whole > value->len - at + rebuild->left)
            return past_end;
        if (whole > value->len - at)
            break;
        add_record(rebuild, head + HEAD, key_len, value_len);
        at += (size_t)whole;
    }
    value->len -= at;
    if (at > 0 && value->len > 0)
        memmove(value->octets, value->octets + at, value->len);
    return NULL;
}

static enum tg_status add_all(struct rebuild *rebuild, const struct tg_image_source *source,
    const char *path, struct tg_diags *diags)
{
    enum tg_status status = TG_OK;
    const char *wrong = NULL;
    const uint8_t *data;
    size_t len = 1;

    while (rebuild->writer.error == 0) {
        status = source->next(source->arg, &data, &len);
        if (status != TG_OK || len == 0)
            break;
        if (len > rebuild->left)
            return corrupt(path, "cannot be made again: there is more of it than announced", diags);
        rebuild->left -= len;
        tg_writer_append(&rebuild->writer, data, len);
        if (rebuild->writer.error == 0)
            wrong = add_records(rebuild);
        if (wrong != NULL)
            return corrupt(path, wrong, diags);
    }
    if (status == TG_OK && rebuild->writer.error == 0 &&
        (rebuild->left > 0 || rebuild->writer.value.len > 0))
        return corrupt(path, past_end, diags);
    return status;
}

static enum tg_status report(
    const struct rebuild *rebuild, const char *path, struct tg_diags *diags)
{
    if (rebuild->writer.error != EBADMSG)
        return tg_writer_report(&rebuild->writer, path, diags);
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
        "cannot be made again: it comes out as another image, with another SHA-256");
    return TG_EDIGEST;
}

enum tg_status tg_image_rebuild(const struct tg_image_source *source, const uint8_t digest[32],
    const char *path, struct tg_diags *diags)
{
    struct rebuild *rebuild = calloc(1, sizeof(*rebuild));
    enum tg_status status = TG_OK;

    if (rebuild == NULL)
        return tg_writer_report(NULL, path, diags);
    rebuild->left = source->size;
    if (tg_writer_start(&rebuild->writer, path)) {
        rebuild->writer.digest = digest;
        status = add_all(rebuild, source, path, diags);
        if (status != TG_OK)
            rebuild->writer.error = ECANCELED;
        if (!rebuild->names)
            rebuild->writer.names_at = rebuild->writer.next_at;
        tg_writer_finish(&rebuild->writer);
    }
    if (status == TG_OK)
        status = report(rebuild, path, diags);
    tg_newfile_fini(&rebuild->writer.file);
    free(rebuild->writer.value.octets);
    free(rebuild);
    return status;
}
