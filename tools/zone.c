/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/zone.h"

#include <inttypes.h>
#include <ldns/ldns.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ZONEMD_HEAD    6 /* serial, scheme, algorithm */
#define ZONEMD_SIMPLE  1
#define ZONEMD_SHA384  1
#define RECORD_HEAD    10 /* type, class, TTL, length of the data */
#define TXT_STRING_MAX ((size_t)255)

enum tg_status tg_zone_init(struct tg_zone *zone, struct tg_name origin)
{
    *zone = (struct tg_zone){.arena = tg_arena_create(), .origin = origin};
    return zone->arena ? TG_OK : TG_ENOMEM;
}

void tg_zone_fini(struct tg_zone *zone)
{
    tg_arena_destroy(&zone->arena);
    free(zone->records);
    zone->records = NULL;
}

static enum tg_status make_room(struct tg_zone *zone)
{
    const size_t room = zone->room ? zone->room + zone->room / 2 : 1024;
    struct tg_zone_record *records;

    if (zone->count < zone->room)
        return TG_OK;
    records = realloc(zone->records, room * sizeof(*records));
    if (!records)
        return TG_ENOMEM;
    zone->records = records;
    zone->room = room;
    return TG_OK;
}

enum tg_status tg_zone_add(struct tg_zone *zone, struct tg_name owner, uint16_t type, uint32_t ttl,
    const void *data, size_t size)
{
    uint8_t key[TG_DNAME_MAX];
    const size_t key_len = tg_key_write(owner, key);
    uint8_t *octets;

    if (size > UINT16_MAX || make_room(zone) != TG_OK)
        return TG_ENOMEM;
    octets = tg_arena_bytes(zone->arena, key_len + size);
    if (!octets)
        return TG_ENOMEM;
    memcpy(octets, key, key_len);
    if (size > 0)
        memcpy(octets + key_len, data, size);
    zone->records[zone->count++] =
        (struct tg_zone_record){octets, ttl, type, (uint16_t)size, (uint8_t)key_len};
    return TG_OK;
}

struct tg_key tg_zone_owner(const struct tg_zone_record *record)
{
    return (struct tg_key){record->octets, record->key_len};
}

const uint8_t *tg_zone_data(const struct tg_zone_record *record)
{
    return record->octets + record->key_len;
}

/* By owner, type and data: RFC 4034 6.1 and 6.3, RFC 8976 3.3.2. */
static int by_place(const void *x, const void *y)
{
    const struct tg_zone_record *a = x, *b = y;
    int order = tg_key_compare(tg_zone_owner(a), tg_zone_owner(b));

    if (order == 0)
        order = (int)a->type - (int)b->type;
    if (order == 0)
        order = memcmp(tg_zone_data(a), tg_zone_data(b), a->size < b->size ? a->size : b->size);
    return order ? order : (int)a->size - (int)b->size;
}

void tg_zone_sort(struct tg_zone *zone)
{
    size_t kept = 0;

    if (zone->count > 0)
        qsort(zone->records, zone->count, sizeof(*zone->records), by_place);
    for (size_t i = 0; i < zone->count; i++)
        if (i == 0 || by_place(&zone->records[kept - 1], &zone->records[i]) != 0)
            zone->records[kept++] = zone->records[i];
    zone->count = kept;
}

const struct tg_zone_record *tg_zone_find(
    const struct tg_zone *zone, struct tg_name owner, uint16_t type, size_t *count)
{
    uint8_t octets[TG_DNAME_MAX];
    const struct tg_key key = {octets, tg_key_write(owner, octets)};
    size_t low = 0, high = zone->count, end;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct tg_zone_record *record = &zone->records[middle];
        const int order = tg_key_compare(tg_zone_owner(record), key);

        if (order < 0 || (order == 0 && record->type < type))
            low = middle + 1;
        else
            high = middle;
    }
    end = low;
    while (end < zone->count && zone->records[end].type == type &&
           tg_key_compare(tg_zone_owner(&zone->records[end]), key) == 0)
        end++;
    *count = end - low;
    return zone->records + low;
}

static const struct tg_name apex_name = {(const uint8_t *)"", 1};
static const struct tg_name zonemd_name = {(const uint8_t *)TG_ZONE_ZONEMD, sizeof(TG_ZONE_ZONEMD)};

/* What is made when the digest is known: RFC 8976 3.3.1, and ours. */
static bool is_left_out(const struct tg_zone_record *record, bool apex, struct tg_key own)
{
    const uint8_t *data = tg_zone_data(record);

    if (record->key_len > 0)
        return !apex && record->type == LDNS_RR_TYPE_TXT &&
               tg_key_compare(tg_zone_owner(record), own) == 0;
    return record->type == LDNS_RR_TYPE_ZONEMD ||
           (record->type == LDNS_RR_TYPE_RRSIG && record->size >= 2 && data[0] == 0 &&
               data[1] == LDNS_RR_TYPE_ZONEMD);
}

static bool digest_record(
    const struct tg_zone *zone, const struct tg_zone_record *record, EVP_MD_CTX *sha)
{
    uint8_t head[2 * TG_DNAME_MAX + RECORD_HEAD];
    const size_t owner = record->key_len; /* without the root, in place of which the origin is */
    uint8_t *at = head + owner + zone->origin.len;

    (void)tg_key_name(tg_zone_owner(record), head);
    memcpy(head + owner, zone->origin.wire, zone->origin.len);
    ldns_write_uint16(at, record->type);
    ldns_write_uint16(at + 2, LDNS_RR_CLASS_IN);
    ldns_write_uint32(at + 4, record->ttl);
    ldns_write_uint16(at + 8, record->size);
    return EVP_DigestUpdate(sha, head, (size_t)(at - head) + RECORD_HEAD) == 1 &&
           EVP_DigestUpdate(sha, tg_zone_data(record), record->size) == 1;
}

static bool make_digest(const struct tg_zone *zone, bool apex, uint8_t digest[TG_ZONE_DIGEST])
{
    uint8_t own[TG_DNAME_MAX];
    const struct tg_key key = {own, tg_key_write(zonemd_name, own)};
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool done = sha && EVP_DigestInit_ex(sha, EVP_sha384(), NULL) == 1;

    for (size_t i = 0; i < zone->count && done; i++)
        done = is_left_out(&zone->records[i], apex, key) ||
               digest_record(zone, &zone->records[i], sha);
    done = done && EVP_DigestFinal_ex(sha, digest, NULL) == 1;
    EVP_MD_CTX_free(sha);
    return done;
}

bool tg_zone_digest(
    const struct tg_zone *zone, uint32_t serial, bool apex, char text[TG_ZONE_DIGEST_TEXT])
{
    uint8_t digest[TG_ZONE_DIGEST];
    char hex[2 * TG_ZONE_DIGEST + 1];

    if (!make_digest(zone, apex, digest))
        return false;
    (void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    (void)snprintf(text, TG_ZONE_DIGEST_TEXT, "%" PRIu32 " %d %d %s", serial, ZONEMD_SIMPLE,
        ZONEMD_SHA384, hex);
    return true;
}

static const char out_of_memory[] = "cannot be checked: out of memory";

static const char *verify_own(const struct tg_zone *zone, uint32_t serial)
{
    char want[TG_ZONE_DIGEST_TEXT], text[UINT16_MAX];
    size_t count, len;
    const struct tg_zone_record *record = tg_zone_find(zone, zonemd_name, LDNS_RR_TYPE_TXT, &count);

    if (count != 1)
        return "has no digest at _zonemd._tldguard, so nobody can tell whether it is whole";
    if (!tg_zone_digest(zone, serial, false, want))
        return out_of_memory;
    len = tg_zone_text(record, text);
    return len == strlen(want) && memcmp(text, want, len) == 0
               ? NULL
               : "is not what its digest says: it was altered, or something is missing";
}

/* One of another kind than ours says nothing here. */
static const char *verify_apex(const struct tg_zone *zone, uint32_t serial)
{
    uint8_t digest[TG_ZONE_DIGEST];
    size_t count;
    const struct tg_zone_record *record =
        tg_zone_find(zone, apex_name, LDNS_RR_TYPE_ZONEMD, &count);

    for (; count > 0; count--, record++) {
        const uint8_t *data = tg_zone_data(record);

        if (record->size != ZONEMD_HEAD + TG_ZONE_DIGEST || data[4] != ZONEMD_SIMPLE ||
            data[5] != ZONEMD_SHA384)
            continue;
        if (!make_digest(zone, true, digest))
            return out_of_memory;
        if (ldns_read_uint32(data) != serial ||
            memcmp(digest, data + ZONEMD_HEAD, sizeof(digest)) != 0)
            return "is not what its ZONEMD says: it was altered, or something is missing";
    }
    return NULL;
}

const char *tg_zone_verify(const struct tg_zone *zone, uint32_t serial)
{
    const char *wrong = verify_own(zone, serial);

    return wrong ? wrong : verify_apex(zone, serial);
}

const char *tg_zone_id(const uint8_t id[TG_PIECE_ID], char text[TG_ZONE_ID_TEXT])
{
    (void)ldns_b32_ntop_extended_hex(id, TG_PIECE_ID, text, TG_ZONE_ID_TEXT);
    return text;
}

struct tg_name tg_zone_piece_name(const uint8_t id[TG_PIECE_ID], uint8_t wire[TG_ZONE_PIECE_NAME])
{
    char text[TG_ZONE_ID_TEXT];

    wire[0] = TG_ZONE_ID_TEXT - 1;
    memcpy(wire + 1, tg_zone_id(id, text), TG_ZONE_ID_TEXT - 1);
    memcpy(wire + TG_ZONE_ID_TEXT, TG_ZONE_ROOT, sizeof(TG_ZONE_ROOT));
    return (struct tg_name){wire, TG_ZONE_PIECE_NAME};
}

size_t tg_zone_txt(const void *text, size_t len, uint8_t *out)
{
    const uint8_t *from = text;
    uint8_t *to = out;

    do {
        const size_t step = len < TXT_STRING_MAX ? len : TXT_STRING_MAX;

        *to++ = (uint8_t)step;
        if (step > 0)
            memcpy(to, from, step);
        to += step;
        from += step;
        len -= step;
    } while (len > 0);
    return (size_t)(to - out);
}

size_t tg_zone_text(const struct tg_zone_record *record, char *out)
{
    const uint8_t *data = tg_zone_data(record);
    size_t len = 0;

    for (size_t at = 0; at < record->size; at += (size_t)data[at] + 1) {
        if (data[at] >= record->size - at)
            break;
        memcpy(out + len, data + at + 1, data[at]);
        len += data[at];
    }
    return len;
}
