/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A zone that tldguard fetch can make the image from again: see tools/zone.h. */
#include <inttypes.h>
#include <ldns/ldns.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export.h"

/* Secondaries are told when there is a new policy; asking every ten minutes is for when that was
 * lost. One that is cut off goes on for four weeks. */
#define TIMERS "600 120 2419200"
static const uint32_t timers[] = {600, 120, 2419200};

#define PIECE_TEXT ((size_t)4 * (TG_PIECE_MAX + 2) / 3) /* of a piece in base64 */
#define PIECE_DATA (PIECE_TEXT + PIECE_TEXT / 255 + 1)

static const struct tg_name apex = {(const uint8_t *)"", 1};
static const struct tg_name root = {(const uint8_t *)TG_ZONE_ROOT, sizeof(TG_ZONE_ROOT)};

bool tg_export_reserved(struct tg_name name)
{
    return tg_dname_is_subdomain(name, root);
}

void tg_export_add(
    struct tg_export *ex, struct tg_name owner, uint16_t type, const void *data, size_t size)
{
    const uint32_t ttl = tg_image_answer(ex->image)->ttl;

    if (ex->zone && tg_zone_add(ex->zone, owner, type, ttl, data, size) != TG_OK)
        ex->out_of_memory = true;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}

/* Octets of a name in lower case; returns where they end. */
static uint8_t *put_name(uint8_t *at, struct tg_name name)
{
    tg_dname_lower(name.wire, name.len, at);
    return at + name.len;
}

static void add_soa(struct tg_export *ex)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    uint8_t data[2 * TG_DNAME_MAX + 20], *at = put_name(data, answer->mname);

    at = put_name(at, answer->rname);
    at = put32(at, tg_image_meta(ex->image)->serial);
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        at = put32(at, timers[i]);
    at = put32(at, answer->ttl);
    tg_export_add(ex, apex, TG_TYPE_SOA, data, (size_t)(at - data));
}

static void begin(struct tg_export *ex)
{
    char ns[TG_DNAME_TEXT_MAX + 1];

    tg_export_apex(ex, TIMERS, tg_export_absolute(ex->ns, ns));
    add_soa(ex);
    tg_export_add(ex, apex, LDNS_RR_TYPE_NS, ex->ns.wire, ex->ns.len);
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    tg_export_rpz.node(ex, node);
}

static bool add_piece(void *arg, const uint8_t id[TG_PIECE_ID], const uint8_t *octets, size_t len)
{
    struct tg_export *ex = arg;
    char text[PIECE_TEXT + 1];
    uint8_t data[PIECE_DATA], wire[TG_ZONE_PIECE_NAME];

    (void)sodium_bin2base64(text, sizeof(text), octets, len, sodium_base64_VARIANT_ORIGINAL);
    tg_export_add(ex, tg_zone_piece_name(id, wire), LDNS_RR_TYPE_TXT, data,
        tg_zone_txt(text, strlen(text), data));
    return !ex->out_of_memory;
}

/* One string of the root's text. */
static uint8_t *put_string(uint8_t *at, const char *key, const char *value)
{
    char text[128];

    (void)snprintf(text, sizeof(text), "%s=%s", key, value);
    return at + tg_zone_txt(text, strlen(text), at);
}

static uint8_t *put_number(uint8_t *at, const char *key, uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    return put_string(at, key, text);
}

static void add_root(struct tg_export *ex, const struct tg_pieces *pieces)
{
    const struct tg_image_meta *meta = tg_image_meta(ex->image);
    uint8_t data[1024], *at = put_string(data, "v", TG_ZONE_VERSION);
    char text[TG_ZONE_ID_TEXT], digest[65], when[32];
    size_t len;
    const uint8_t *octets = tg_image_octets(ex->image, &len);

    at = put_number(at, "format", meta->format);
    at = put_number(at, "serial", meta->serial);
    at = put_string(at, "created", tg_text_time(meta->created, when));
    at = put_number(at, "size", pieces->size);
    at = put_number(at, "pieces", pieces->count);
    at = put_number(at, "levels", pieces->levels);
    at = put_string(at, "index", tg_zone_id(pieces->id, text));
    at = put_string(at, "image", tg_text_digest(octets + len - 32, digest));
    tg_export_add(ex, root, LDNS_RR_TYPE_TXT, data, (size_t)(at - data));
}

static void add_signature(struct tg_export *ex)
{
    const struct tg_name name = {(const uint8_t *)TG_ZONE_SIGNATURE, sizeof(TG_ZONE_SIGNATURE)};
    uint8_t data[TG_ZONE_SIGNATURE_MAX + TG_ZONE_SIGNATURE_MAX / 255 + 8], *at = data;
    const char *line = ex->signature, *text_end = line + ex->signature_len;

    /* A line begins with a string of its own, for whoever reads the zone. All strings together are
     * the file; of more than a few short lines it is none of ours, and they go on. */
    for (int lines = 0; line < text_end; lines++) {
        const char *end = memchr(line, '\n', (size_t)(text_end - line));
        const char *next = end && lines < 4 ? end + 1 : text_end;

        at += tg_zone_txt(line, (size_t)(next - line), at);
        line = next;
    }
    tg_export_add(ex, name, LDNS_RR_TYPE_TXT, data, (size_t)(at - data));
}

static void write_string(FILE *out, const uint8_t *text, size_t len)
{
    fputs(" \"", out);
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            fprintf(out, "\\%03u", text[i]);
        else if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else
            putc(text[i], out);
    putc('"', out);
}

/* Not as they were added: a piece that comes twice stands there once. */
static void write_texts(struct tg_export *ex)
{
    uint8_t wire[TG_DNAME_MAX];
    char text[TG_DNAME_TEXT_MAX];

    for (size_t i = 0; i < ex->zone->count; i++) {
        const struct tg_zone_record *record = &ex->zone->records[i];
        const uint8_t *data = tg_zone_data(record);

        if (record->type != LDNS_RR_TYPE_TXT)
            continue;
        fprintf(
            ex->out, "%s TXT", tg_exchange_name(tg_key_name(tg_zone_owner(record), wire), text));
        for (size_t at = 0; at < record->size; at += (size_t)data[at] + 1)
            write_string(ex->out, data + at + 1, data[at]);
        putc('\n', ex->out);
    }
}

static bool add_policy(struct tg_export *ex)
{
    struct tg_pieces pieces;
    size_t len;
    const uint8_t *records = tg_image_records(ex->image, &len);

    if (tg_pieces_cut(records, len, add_piece, ex, &pieces) != TG_OK)
        return false;
    add_root(ex, &pieces);
    if (ex->signature)
        add_signature(ex);
    tg_zone_sort(ex->zone);
    return !ex->out_of_memory;
}

/* The digests come last, since they are of all the rest. */
static bool write_digests(struct tg_export *ex)
{
    const struct tg_name name = {(const uint8_t *)TG_ZONE_ZONEMD, sizeof(TG_ZONE_ZONEMD)};
    const uint32_t serial = tg_image_meta(ex->image)->serial;
    char text[TG_ZONE_DIGEST_TEXT];
    uint8_t data[sizeof(text) + 1];

    if (!tg_zone_digest(ex->zone, serial, false, text))
        return false;
    fprintf(ex->out, "_zonemd._tldguard TXT \"%s\"\n", text);
    if (!ex->zonemd)
        return true;
    tg_export_add(ex, name, LDNS_RR_TYPE_TXT, data, tg_zone_txt(text, strlen(text), data));
    tg_zone_sort(ex->zone);
    if (ex->out_of_memory || !tg_zone_digest(ex->zone, serial, true, text))
        return false;
    fprintf(ex->out, "@ ZONEMD %s\n", text);
    return true;
}

static void end(struct tg_export *ex)
{
    if (!add_policy(ex)) {
        ex->out_of_memory = true;
        return;
    }
    fprintf(ex->out, "; The policy itself, for tldguard fetch.\n");
    write_texts(ex);
    if (!write_digests(ex))
        ex->out_of_memory = true;
    tg_export_tail(ex, ';');
}

const struct tg_export_writer tg_export_zone = {
    .reasons = tg_export_rpz_reasons,
    .reason_count = TG_EXPORT_RPZ_REASONS,
    .begin = begin,
    .node = write_node,
    .end = end,
};
