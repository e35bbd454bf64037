/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A response policy zone (draft-vixie-dnsop-dns-rpz-00). Servers differ in how
 * far a wildcard reaches past names that exist: BIND, Unbound and Knot stop
 * there (RFC 4592), PowerDNS does not. So each name that stands in the zone, also
 * one that only stands above others, gets a record for itself and for what is below.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "tools/export.h"

enum { MAIL, MONITOR, REFUSED, LENGTH, RESERVED };
const char *const tg_export_rpz_reasons[TG_EXPORT_RPZ_REASONS] = {
    [MAIL] = "mail-only: RPZ cannot answer one type and pass the others",
    [MONITOR] = "monitor: RPZ cannot log without answering",
    [REFUSED] = "action refused: RPZ has none like it; the name resolves",
    [LENGTH] = "too long with the zone's origin behind it",
    [RESERVED] = "its place in the zone is where the policy itself stands",
};

/* What of a say gets into the zone: ALLOW stands for a record that passes. */
static enum tg_export_say written(const struct tg_export *ex, enum tg_export_say say)
{
    switch (say) {
    case TG_EXPORT_MAIL:
        return ex->mail_as_block ? TG_EXPORT_MAIL : TG_EXPORT_NOTHING;
    case TG_EXPORT_REFUSED:
    case TG_EXPORT_MONITOR:
        return TG_EXPORT_NOTHING;
    default:
        return say;
    }
}

/* Where a record goes: at a name or, with a wildcard, below it. */
struct place {
    const char *text;
    struct tg_name name;
};

/* text is the type and the data as a zone file has them, data the same as octets. */
static void put_record(struct tg_export *ex, const struct place *place, uint16_t type,
    const char *text, const void *data, size_t size)
{
    fprintf(ex->out, "%s %s\n", place->text, text);
    tg_export_add(ex, place->name, type, data, size);
}

static void put_mx(struct tg_export *ex, const struct place *place, struct tg_name exchange)
{
    char text[TG_DNAME_TEXT_MAX + 8] = "MX 0 ";
    uint8_t data[2 + TG_DNAME_MAX] = {0};

    (void)tg_export_absolute(exchange, text + strlen(text));
    memcpy(data + 2, exchange.wire, exchange.len);
    put_record(ex, place, TG_TYPE_MX, text, data, 2 + exchange.len);
}

static const struct tg_name root = {(const uint8_t *)"", 1};

static void put_addresses(struct tg_export *ex, const struct place *place)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char text[INET6_ADDRSTRLEN + 8];

    for (size_t i = 0; i < answer->a_count; i++) {
        memcpy(text, "A ", 3);
        (void)inet_ntop(AF_INET, &answer->a[i], text + 2, INET6_ADDRSTRLEN);
        put_record(ex, place, TG_TYPE_A, text, &answer->a[i], 4);
    }
    for (size_t i = 0; i < answer->aaaa_count; i++) {
        memcpy(text, "AAAA ", 6);
        (void)inet_ntop(AF_INET6, &answer->aaaa[i], text + 5, INET6_ADDRSTRLEN);
        put_record(ex, place, TG_TYPE_AAAA, text, &answer->aaaa[i], 16);
    }
    put_mx(ex, place, answer->mx.len ? answer->mx : root);
}

/* The records of one owner, written relative to the origin. */
static void put(struct tg_export *ex, const struct place *place, enum tg_export_say say)
{
    static const uint8_t passthru[] = "\014rpz-passthru", wildcard[] = "\001*";

    switch (say) {
    case TG_EXPORT_ALLOW:
        put_record(ex, place, TG_TYPE_CNAME, "CNAME rpz-passthru.", passthru, sizeof(passthru));
        break;
    case TG_EXPORT_NXDOMAIN:
        put_record(ex, place, TG_TYPE_CNAME, "CNAME .", root.wire, root.len);
        break;
    case TG_EXPORT_NODATA:
        put_record(ex, place, TG_TYPE_CNAME, "CNAME *.", wildcard, sizeof(wildcard));
        break;
    case TG_EXPORT_SINKHOLE:
        put_addresses(ex, place);
        break;
    case TG_EXPORT_MAIL:
        put_mx(ex, place, root);
        break;
    default:
        break;
    }
}

/* What is said of a name, and of those below it. */
static void put_both(
    struct tg_export *ex, struct tg_name name, enum tg_export_say self, enum tg_export_say below)
{
    char text[TG_DNAME_TEXT_MAX + 2] = "*.";
    uint8_t wire[2 + TG_DNAME_MAX] = {1, '*'};
    struct place place = {text + 2, name};

    (void)tg_exchange_name(name, text + 2);
    put(ex, &place, self);
    memcpy(wire + 2, name.wire, name.len);
    place = (struct place){text, {wire, name.len + 2}};
    put(ex, &place, below);
}

static void note_skips(struct tg_export *ex, const struct tg_export_node *node)
{
    const enum tg_export_say say = node->self;

    /* Names above the listed ones are covered by what is said of their parent. */
    if (!node->listed)
        return;
    if (say == TG_EXPORT_MAIL && !ex->mail_as_block)
        tg_export_skip(ex, MAIL, node->name, ';');
    else if (say == TG_EXPORT_MONITOR)
        tg_export_skip(ex, MONITOR, node->name, ';');
    else if (say == TG_EXPORT_REFUSED)
        tg_export_skip(ex, REFUSED, node->name, ';');
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    const enum tg_export_say above = written(ex, node->above);
    enum tg_export_say self = written(ex, node->self), below = written(ex, node->below);
    const bool caught = above != TG_EXPORT_NOTHING && above != TG_EXPORT_ALLOW;

    note_skips(ex, node);
    /* What nothing is said of, in the middle of a wildcard, has to be said to pass. */
    if (caught && self == TG_EXPORT_NOTHING)
        self = TG_EXPORT_ALLOW;
    if (caught && below == TG_EXPORT_NOTHING)
        below = TG_EXPORT_ALLOW;
    if (self == TG_EXPORT_NOTHING && below == TG_EXPORT_NOTHING)
        return;
    if (node->name.len + 2 + ex->origin.len - 1 > TG_DNAME_MAX) {
        tg_export_skip(ex, LENGTH, node->name, ';');
        return;
    }
    if (ex->zone && tg_export_reserved(node->name)) {
        tg_export_skip(ex, RESERVED, node->name, ';');
        return;
    }
    put_both(ex, node->name, self, below);
    ex->written++;
}

void tg_export_apex(struct tg_export *ex, const char *timers, const char *ns)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char text[TG_DNAME_TEXT_MAX + 1];

    tg_export_head(ex, ';');
    fprintf(ex->out, "$TTL %" PRIu32 "\n", answer->ttl);
    fprintf(ex->out, "$ORIGIN %s\n", tg_export_absolute(ex->origin, text));
    fprintf(ex->out, "@ SOA %s", tg_export_absolute(answer->mname, text));
    fprintf(ex->out, " %s %" PRIu32 " %s %" PRIu32 "\n", tg_export_absolute(answer->rname, text),
        tg_image_meta(ex->image)->serial, timers, answer->ttl);
    fprintf(ex->out, "@ NS %s\n", ns);
}

static void begin(struct tg_export *ex)
{
    tg_export_apex(ex, "3600 1200 604800", "localhost.");
}

static void end(struct tg_export *ex)
{
    tg_export_tail(ex, ';');
}

const struct tg_export_writer tg_export_rpz = {
    .reasons = tg_export_rpz_reasons,
    .reason_count = TG_EXPORT_RPZ_REASONS,
    .begin = begin,
    .node = write_node,
    .end = end,
};
