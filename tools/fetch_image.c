/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The image that a zone carries, and its signature: see tools/zone.h. That the zone is whole says
 * nothing of what is in it. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fetch.h"

#define STRING_MAX 256 /* of a TXT record, with a NUL */

static const struct tg_name root_name = {(const uint8_t *)TG_ZONE_ROOT, sizeof(TG_ZONE_ROOT)};
static const struct tg_name signature_name = {
    (const uint8_t *)TG_ZONE_SIGNATURE, sizeof(TG_ZONE_SIGNATURE)};

/* What the root says. */
struct root {
    struct tg_pieces pieces;
    uint8_t image[32];
};

/* The value of "key=value", which must be one of the strings and no other one. */
static bool field(const struct tg_zone_record *root, const char *key, char out[STRING_MAX])
{
    const uint8_t *data = tg_zone_data(root);
    const size_t key_len = strlen(key);
    size_t found = 0;

    for (size_t at = 0; at < root->size; at += (size_t)data[at] + 1) {
        const char *text = (const char *)data + at + 1;
        const size_t len = data[at];

        if (len >= root->size - at)
            return false;
        if (len <= key_len || memcmp(text, key, key_len) != 0 || text[key_len] != '=')
            continue;
        memcpy(out, text + key_len + 1, len - key_len - 1);
        out[len - key_len - 1] = '\0';
        found++;
    }
    return found == 1;
}

static bool number(const struct tg_zone_record *root, const char *key, uint64_t most, uint64_t *out)
{
    char text[STRING_MAX];

    return field(root, key, text) && tg_parse_count(text, out) && *out <= most;
}

/* An id and a digest; in the one form that they are written in. */
static bool read_ids(const struct tg_zone_record *root, struct root *out)
{
    char text[STRING_MAX], again[65], id[TG_ZONE_ID_TEXT];
    uint8_t octets[STRING_MAX];

    if (!field(root, "index", text) || strlen(text) != TG_ZONE_ID_TEXT - 1 ||
        ldns_b32_pton_extended_hex(text, strlen(text), octets, sizeof(octets)) != TG_PIECE_ID)
        return false;
    memcpy(out->pieces.id, octets, TG_PIECE_ID);
    if (strcmp(tg_zone_id(out->pieces.id, id), text) != 0 || !field(root, "image", text))
        return false;
    return sodium_hex2bin(out->image, sizeof(out->image), text, strlen(text), NULL, NULL, NULL) ==
               0 &&
           strcmp(tg_text_digest(out->image, again), text) == 0;
}

static bool read_root(
    struct tg_fetch *fetch, const struct tg_zone *zone, uint32_t serial, struct root *out)
{
    size_t count;
    const struct tg_zone_record *root = tg_zone_find(zone, root_name, LDNS_RR_TYPE_TXT, &count);
    uint64_t format, said, pieces, levels;
    char text[STRING_MAX];

    if (count == 0)
        return tg_fetch_fail(
            fetch->why, "the zone %s has no policy of tldguard in it", fetch->zone_text);
    if (count > 1 || !field(root, "v", text))
        return tg_fetch_fail(fetch->why, "what the zone says of its policy cannot be read");
    if (strcmp(text, TG_ZONE_VERSION) != 0)
        return tg_fetch_fail(
            fetch->why, "the zone is made for another version of tldguard than this one");
    if (number(root, "format", UINT32_MAX, &format) && format != TG_IMAGE_FORMAT)
        return tg_fetch_fail(fetch->why,
            "the zone carries an image of format %" PRIu64
            ", this version of tldguard reads format %d",
            format, TG_IMAGE_FORMAT);
    if (!number(root, "serial", UINT32_MAX, &said) ||
        !number(root, "size", TG_IMAGE_SIZE_MAX, &out->pieces.size) ||
        !number(root, "pieces", UINT32_MAX, &pieces) ||
        !number(root, "levels", TG_PIECE_LEVELS_MAX, &levels) || !read_ids(root, out))
        return tg_fetch_fail(fetch->why, "what the zone says of its policy cannot be read");
    if (said != serial)
        return tg_fetch_fail(fetch->why,
            "the zone has serial %" PRIu32 ", but carries policy serial %" PRIu64, serial, said);
    out->pieces.count = (uint32_t)pieces;
    out->pieces.levels = (uint32_t)levels;
    return true;
}

/* Where the records of the image come from. */
struct supply {
    struct tg_fetch *fetch;
    const struct tg_zone *zone;
    struct tg_pieces_walk *walk;
    char text[UINT16_MAX + 1];
};

static bool find_piece(
    void *arg, const uint8_t id[TG_PIECE_ID], uint8_t octets[TG_PIECE_MAX], size_t *len)
{
    struct supply *supply = arg;
    uint8_t wire[TG_ZONE_PIECE_NAME];
    size_t count, text_len;
    const struct tg_zone_record *record =
        tg_zone_find(supply->zone, tg_zone_piece_name(id, wire), LDNS_RR_TYPE_TXT, &count);

    if (count == 0)
        return false;
    text_len = tg_zone_text(record, supply->text);
    *len = 0;
    /* What is no base64, or too much of it, is not what has this id. */
    if (count > 1 || sodium_base642bin(octets, TG_PIECE_MAX, supply->text, text_len, NULL, len,
                         NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        *len = 0;
    return true;
}

static enum tg_status next_piece(void *arg, const uint8_t **data, size_t *len)
{
    struct supply *supply = arg;
    const enum tg_status status = tg_pieces_next(supply->walk, data, len);
    char *why = supply->fetch->why, id[TG_ZONE_ID_TEXT];

    (void)tg_zone_id(tg_pieces_wanted(supply->walk), id);
    if (status == TG_EIO)
        (void)tg_fetch_fail(why, "a piece of the policy is missing: %s._tldguard", id);
    else if (status == TG_EDIGEST)
        (void)tg_fetch_fail(why, "a piece of the policy was altered: %s._tldguard", id);
    else if (status == TG_ENOMEM)
        (void)tg_fetch_fail(why, "out of memory");
    else if (status != TG_OK)
        (void)tg_fetch_fail(why, "the pieces are not the policy that the zone announces");
    return status;
}

/* The text of the first error. */
static const char *first_error(const struct tg_diags *diags, enum tg_status status)
{
    const struct tg_diag *diag = tg_diags_get(diags, 0);

    return diag ? diag->text : tg_status_text(status);
}

static bool rebuild(
    struct tg_fetch *fetch, const struct tg_zone *zone, const struct root *root, const char *path)
{
    struct supply *supply = malloc(sizeof(*supply));
    struct tg_diags *diags = tg_diags_create();
    struct tg_image_source source = {next_piece, supply, root->pieces.size};
    enum tg_status status = TG_ENOMEM;

    fetch->why[0] = '\0';
    if (supply) {
        supply->fetch = fetch;
        supply->zone = zone;
        supply->walk = tg_pieces_begin(&root->pieces, find_piece, supply);
        if (supply->walk)
            status = tg_image_rebuild(&source, root->image, path, diags);
        tg_pieces_end(&supply->walk);
    }
    if (status != TG_OK && !fetch->why[0]) {
        fetch->here = status != TG_ECORRUPT && status != TG_EDIGEST;
        (void)tg_fetch_fail(
            fetch->why, "%s%s", fetch->here ? "" : "the policy ", first_error(diags, status));
    }
    free(supply);
    tg_diags_destroy(&diags);
    return status == TG_OK;
}

static bool write_signature(
    struct tg_fetch *fetch, const struct tg_zone_record *record, const char *path)
{
    struct tg_newfile file = TG_NEWFILE_NONE;
    char name[TG_PATH_MAX + 16];
    char *text = malloc(record->size + (size_t)1);
    int error = text ? 0 : ENOMEM;

    (void)snprintf(name, sizeof(name), "%s" TG_TRUST_SUFFIX, path);
    if (error == 0)
        error = tg_newfile_create(&file, name);
    if (error == 0)
        error = tg_newfile_write(&file, text, tg_zone_text(record, text));
    if (error == 0)
        error = tg_newfile_commit(&file);
    tg_newfile_fini(&file);
    free(text);
    fetch->here = error != 0;
    return error == 0 ||
           tg_fetch_fail(fetch->why, "cannot write the signature: %s", strerror(error));
}

bool tg_fetch_image(
    struct tg_fetch *fetch, const struct tg_zone *zone, uint32_t serial, const char *path)
{
    const struct tg_zone_record *signature;
    struct root root = {.pieces = {0}};
    size_t count;

    if (!read_root(fetch, zone, serial, &root) || !rebuild(fetch, zone, &root, path))
        return false;
    signature = tg_zone_find(zone, signature_name, LDNS_RR_TYPE_TXT, &count);
    if (count > 1)
        return tg_fetch_fail(fetch->why, "the zone has more than one signature");
    return count == 0 || write_signature(fetch, signature, path);
}
