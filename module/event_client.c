/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/event_client.h"

#include <string.h>

static void write_hex(char *to, const char digits[16], uint8_t octet)
{
    to[0] = digits[octet >> 4];
    to[1] = digits[octet & 0xf];
}

void tg_line_mac(struct tg_json *json, const struct tg_client_ids *ids)
{
    char text[3 * TG_MAC_MAX];

    if (ids->mac_len < TG_MAC_MIN || ids->mac_len > TG_MAC_MAX)
        return;
    for (size_t i = 0; i < ids->mac_len; i++) {
        write_hex(text + 3 * i, "0123456789ABCDEF", ids->mac[i]);
        text[3 * i + 2] = '-';
    }
    tg_json_text(json, "mac");
    tg_json_put(json, text, 3u * ids->mac_len - 1);
    tg_json_text_end(json);
}

/* The text of a record, "" when it is none: another thread's code has written it. */
static void cpe_id_text(const struct tg_client_ids *ids, char text[TG_CPE_ID_MAX + 1])
{
    text[0] = '\0';
    if (ids->cpe_id_len > TG_CPE_ID_MAX)
        return;
    for (size_t i = 0; i < ids->cpe_id_len; i++)
        if (ids->cpe_id[i] < ' ' || ids->cpe_id[i] > '~')
            return;
    memcpy(text, ids->cpe_id, ids->cpe_id_len);
    text[ids->cpe_id_len] = '\0';
}

static void put_ecs(struct tg_json *json, const struct tg_view *view)
{
    tg_json_text(json, "ecs");
    tg_json_piece(json, view->ecs);
    tg_json_add(json, "/");
    tg_json_add_number(json, view->event->ids.ecs.length);
    tg_json_text_end(json);
}

static void put_umbrella(struct tg_json *json, const struct tg_view *view, unsigned has)
{
    const struct tg_umbrella *umbrella = &view->event->ids.umbrella;

    tg_json_open(json, "umbrella", '{');
    if ((has & TG_UMBRELLA_ORGANIZATION) != 0)
        tg_json_number(json, "organization", umbrella->organization);
    if ((has & TG_UMBRELLA_DEVICE) != 0) {
        char text[2 * sizeof(umbrella->device)];

        for (size_t i = 0; i < sizeof(umbrella->device); i++)
            write_hex(text + 2 * i, "0123456789abcdef", umbrella->device[i]);
        tg_json_text(json, "device");
        tg_json_put(json, text, sizeof(text));
        tg_json_text_end(json);
    }
    if (view->remote.len > 0) {
        tg_json_text(json, "ip");
        tg_json_piece(json, view->remote);
        tg_json_text_end(json);
    }
    tg_json_close(json, '}');
}

static void put_malformed(struct tg_json *json, unsigned malformed)
{
    tg_json_open(json, "malformed", '[');
#define PUT_WORD(name, bit, word) \
    if ((malformed & (bit)) != 0) \
        tg_json_string(json, NULL, word);
    TG_ID_MAP(PUT_WORD)
#undef PUT_WORD
    tg_json_close(json, ']');
}

void tg_line_client(struct tg_json *json, const struct tg_view *view)
{
    const struct tg_client_ids *ids = &view->event->ids;
    const unsigned has = ids->umbrella.has & (TG_UMBRELLA_ORGANIZATION | TG_UMBRELLA_DEVICE);
    const unsigned malformed = ids->malformed & TG_ID_ALL;
    const bool umbrella = has != 0 || view->remote.len > 0;
    char cpe_id[TG_CPE_ID_MAX + 1];

    cpe_id_text(ids, cpe_id);
    if (view->ecs.len == 0 && cpe_id[0] == '\0' && !umbrella && malformed == 0)
        return; /* an empty object would say nothing */
    tg_json_open(json, "client", '{');
    if (view->ecs.len > 0)
        put_ecs(json, view);
    if (cpe_id[0] != '\0')
        tg_json_string(json, "cpe_id", cpe_id);
    if (umbrella)
        put_umbrella(json, view, has);
    if (malformed != 0)
        put_malformed(json, malformed);
    tg_json_close(json, '}');
}

static bool is_same(struct tg_piece a, struct tg_piece b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static void put_address(struct tg_json *json, struct tg_piece address)
{
    tg_json_text(json, NULL);
    tg_json_piece(json, address);
    tg_json_text_end(json);
}

void tg_line_addresses(struct tg_json *json, const struct tg_view *view)
{
    const struct tg_id_address *ecs = &view->event->ids.ecs;
    const bool whole = view->ecs.len > 0 && ecs->length == (ecs->family == 4 ? 32 : 128);

    if (whole && !is_same(view->ecs, view->client))
        put_address(json, view->ecs);
    if (view->remote.len > 0 && !is_same(view->remote, view->client) &&
        !(whole && is_same(view->remote, view->ecs)))
        put_address(json, view->remote);
}
