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

enum { MAIL, MONITOR, REFUSED, LENGTH };
static const char *const reasons[] = {
    [MAIL] = "mail-only: RPZ cannot answer one type and pass the others",
    [MONITOR] = "monitor: RPZ cannot log without answering",
    [REFUSED] = "action refused: RPZ has none like it; the name resolves",
    [LENGTH] = "too long with the zone's origin behind it",
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

static void put_addresses(struct tg_export *ex, const char *owner)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char text[INET6_ADDRSTRLEN], mx[TG_DNAME_TEXT_MAX + 1];

    for (size_t i = 0; i < answer->a_count; i++)
        fprintf(ex->out, "%s A %s\n", owner, inet_ntop(AF_INET, &answer->a[i], text, sizeof(text)));
    for (size_t i = 0; i < answer->aaaa_count; i++)
        fprintf(ex->out, "%s AAAA %s\n", owner,
            inet_ntop(AF_INET6, &answer->aaaa[i], text, sizeof(text)));
    if (answer->mx.len)
        fprintf(ex->out, "%s MX 0 %s\n", owner, tg_export_absolute(answer->mx, mx));
    else
        fprintf(ex->out, "%s MX 0 .\n", owner);
}

/* The records of one owner, written relative to the origin. */
static void put(struct tg_export *ex, const char *owner, enum tg_export_say say)
{
    switch (say) {
    case TG_EXPORT_ALLOW:
        fprintf(ex->out, "%s CNAME rpz-passthru.\n", owner);
        break;
    case TG_EXPORT_NXDOMAIN:
        fprintf(ex->out, "%s CNAME .\n", owner);
        break;
    case TG_EXPORT_NODATA:
        fprintf(ex->out, "%s CNAME *.\n", owner);
        break;
    case TG_EXPORT_SINKHOLE:
        put_addresses(ex, owner);
        break;
    case TG_EXPORT_MAIL:
        fprintf(ex->out, "%s MX 0 .\n", owner);
        break;
    default:
        break;
    }
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
    char name[TG_DNAME_TEXT_MAX], wild[TG_DNAME_TEXT_MAX + 2];

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
    (void)tg_exchange_name(node->name, name);
    put(ex, name, self);
    (void)snprintf(wild, sizeof(wild), "*.%s", name);
    put(ex, wild, below);
    ex->written++;
}

static void begin(struct tg_export *ex)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char text[TG_DNAME_TEXT_MAX + 1];

    tg_export_head(ex, ';');
    fprintf(ex->out, "$TTL %" PRIu32 "\n", answer->ttl);
    fprintf(ex->out, "$ORIGIN %s\n", tg_export_absolute(ex->origin, text));
    fprintf(ex->out, "@ SOA %s", tg_export_absolute(answer->mname, text));
    fprintf(ex->out, " %s %" PRIu32 " 3600 1200 604800 %" PRIu32 "\n",
        tg_export_absolute(answer->rname, text), tg_image_meta(ex->image)->serial, answer->ttl);
    fprintf(ex->out, "@ NS localhost.\n");
}

static void end(struct tg_export *ex)
{
    tg_export_tail(ex, ';');
}

const struct tg_export_writer tg_export_rpz = {
    .reasons = reasons,
    .reason_count = sizeof(reasons) / sizeof(reasons[0]),
    .begin = begin,
    .node = write_node,
    .end = end,
};
