/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A zone can give each name data of its own; a policy has one sinkhole. Those
 * data that most names have, and that can be a sinkhole, become it.
 */
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <string.h>

#include "tools/import.h"

#define TEXT_SIZE  2048
#define CANDIDATES 64 /* different data that are counted; later ones are not */

/* Data that some names have. */
struct candidate {
    const char *text;
    size_t count;
    unsigned line;
};

/* Data of one name as policy text: "a: [192.0.2.53], mx: catch.example". */
struct data {
    char text[TEXT_SIZE];
    size_t len;
    unsigned line;
    unsigned type; /* of the list that is open */
    unsigned count, exchanges;
    bool fits; /* nothing but what a sinkhole has */
};

static void append(struct data *d, const char *prefix, const char *text)
{
    const size_t room = sizeof(d->text) - d->len;
    const int len = snprintf(d->text + d->len, room, "%s%s", prefix, text);

    if (len < 0 || (size_t)len >= room)
        d->fits = false;
    else
        d->len += (size_t)len;
}

static void close_list(struct data *d)
{
    if (d->type)
        append(d, "]", "");
    d->type = 0;
}

static void add_address(struct data *d, const struct tg_import_record *record)
{
    const bool v4 = record->type == LDNS_RR_TYPE_A;
    char text[INET6_ADDRSTRLEN];

    if (record->size != (v4 ? 4 : 16)) {
        d->fits = false;
        return;
    }
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, record->rdata, text, sizeof(text));
    if (d->type != record->type) {
        close_list(d);
        append(d, d->len ? ", " : "", v4 ? "a: [" : "aaaa: [");
        d->type = record->type;
        d->count = 0;
    }
    append(d, d->count++ ? ", '" : "'", text);
    append(d, "'", "");
}

/* "MX 0 ." is what a sinkhole without an exchange answers. */
static void add_exchange(struct data *d, const struct tg_import_record *record)
{
    char text[TG_DNAME_TEXT_MAX];

    close_list(d);
    if (record->size == 0 || d->exchanges++ > 0) {
        d->fits = false;
    } else if (record->size > 1) {
        append(d, d->len ? ", mx: '" : "mx: '",
            tg_exchange_name((struct tg_name){record->rdata, record->size}, text));
        append(d, "'", "");
    }
}

/* The data of the name at record i, as long as there are any; sorted by type. Returns the end. */
static size_t read_data(const struct tg_import *im, size_t i, struct data *d)
{
    const struct tg_import_record *first = &im->records[i];

    *d = (struct data){.line = first->line, .fits = true};
    for (; i < im->record_count; i++) {
        const struct tg_import_record *r = &im->records[i];
        if (r->say != TG_SAY_SINKHOLE || r->below != first->below ||
            tg_key_compare(r->key, first->key) != 0)
            break;
        if (r->line < d->line)
            d->line = r->line;
        if (r->type == LDNS_RR_TYPE_A || r->type == LDNS_RR_TYPE_AAAA)
            add_address(d, r);
        else if (r->type == LDNS_RR_TYPE_MX)
            add_exchange(d, r);
        else
            d->fits = false;
    }
    close_list(d);
    return i;
}

/* Counts a name's data. */
static enum tg_status count(
    struct tg_import *im, const struct data *d, struct candidate list[CANDIDATES])
{
    size_t i = 0;

    if (!d->fits)
        return TG_OK;
    while (i < CANDIDATES && list[i].text && strcmp(list[i].text, d->text) != 0)
        i++;
    if (i == CANDIDATES)
        return TG_OK;
    if (!list[i].text)
        list[i] = (struct candidate){tg_arena_copy(im->arena, d->text, d->len), 0, d->line};
    list[i].count++;
    if (d->line < list[i].line)
        list[i].line = d->line;
    return list[i].text ? TG_OK : TG_ENOMEM;
}

/* Which addresses may be a sinkhole is for the parser to say. */
static bool acceptable(const char *data)
{
    char text[TEXT_SIZE + 128];

    (void)snprintf(text, sizeof(text),
        "answer:\n  sinkhole: {%s}\nblock:\n  - {name: a.example, action: sinkhole}\n", data);
    return tg_import_accepted(text);
}

static void choose(struct tg_import *im, const struct candidate list[CANDIDATES])
{
    const struct candidate *best = NULL;

    for (size_t i = 0; i < CANDIDATES && list[i].text; i++)
        if (acceptable(list[i].text) &&
            (!best || list[i].count > best->count ||
                (list[i].count == best->count && list[i].line < best->line)))
            best = &list[i];
    im->sinkhole = best ? best->text : NULL;
    im->sinkhole_line = best ? best->line : 0;
}

/* What is no sinkhole is nothing. */
static void drop(struct tg_import *im, size_t i, size_t end, const struct data *d)
{
    if (d->fits && im->sinkhole && strcmp(d->text, im->sinkhole) == 0)
        return;
    tg_import_skip(im, TG_IMPORT_DATA, d->line);
    for (; i < end; i++)
        im->records[i].say = TG_SAY_NOTHING;
}

enum tg_status tg_import_sinkhole(struct tg_import *im)
{
    struct candidate list[CANDIDATES] = {0};
    enum tg_status status = TG_OK;
    struct data d;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0, end; i < im->record_count && status == TG_OK; i = end) {
            end = i + 1;
            if (im->records[i].say != TG_SAY_SINKHOLE)
                continue;
            end = read_data(im, i, &d);
            if (pass == 0)
                status = count(im, &d, list);
            else
                drop(im, i, end, &d);
        }
        choose(im, list);
    }
    return status;
}
