/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Local zones for Unbound without tldguard (unbound.conf(5), local-zone). A
 * local zone holds for a name and all below it, up to the next one.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "tools/export.h"

enum { MAIL_TLD, MAIL_BELOW, MONITOR, EXACT_BLOCK, EXACT_ALLOW };
static const char *const reasons[] = {
    [MAIL_TLD] = "mail-only for a whole TLD: Unbound has no local zone for one type of all names",
    [MAIL_BELOW] = "mail-only for what is below the name",
    [MONITOR] = "monitor: a local zone cannot log without answering",
    [EXACT_BLOCK] = "one name without what is below it; it gets NODATA",
    [EXACT_ALLOW] = "one name without what is below it; all of it is passed",
};

/* A type that nobody asks for (RFC 6895, private use): the name exists, with no data that matter.
 */
#define NOTHING_TYPE "TYPE65280 \\# 0"

static void zone(struct tg_export *ex, const char *name, const char *type)
{
    fprintf(ex->out, "    local-zone: \"%s\" %s\n", name, type);
}

/* data is what goes behind the name, without quotes. */
static void data(struct tg_export *ex, const char *name, const char *type, const char *rdata)
{
    fprintf(ex->out, "    local-data: '%s %" PRIu32 " IN %s %s'\n", name,
        tg_image_answer(ex->image)->ttl, type, rdata);
}

static void nothing(struct tg_export *ex, const char *name)
{
    fprintf(ex->out, "    local-data: '%s %" PRIu32 " IN " NOTHING_TYPE "'\n", name,
        tg_image_answer(ex->image)->ttl);
}

static void sinkhole(struct tg_export *ex, const char *name)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char text[INET6_ADDRSTRLEN], mx[TG_DNAME_TEXT_MAX + 8] = "0 .";

    for (size_t i = 0; i < answer->a_count; i++)
        data(ex, name, "A", inet_ntop(AF_INET, &answer->a[i], text, sizeof(text)));
    for (size_t i = 0; i < answer->aaaa_count; i++)
        data(ex, name, "AAAA", inet_ntop(AF_INET6, &answer->aaaa[i], text, sizeof(text)));
    if (answer->mx.len) {
        strcpy(mx, "10 ");
        (void)tg_export_absolute(answer->mx, mx + 3);
    }
    data(ex, name, "MX", mx);
}

/* The name and what is below it get the same. */
static void whole(struct tg_export *ex, const char *name, enum tg_export_say say)
{
    switch (say) {
    case TG_EXPORT_NXDOMAIN:
        zone(ex, name, "always_nxdomain");
        break;
    case TG_EXPORT_NODATA:
        zone(ex, name, "always_nodata");
        break;
    case TG_EXPORT_REFUSED:
        zone(ex, name, "always_refuse");
        break;
    case TG_EXPORT_SINKHOLE:
        zone(ex, name, "redirect");
        sinkhole(ex, name);
        break;
    default:
        zone(ex, name, "always_transparent");
        break;
    }
}

static void mail(struct tg_export *ex, const char *name, const struct tg_export_node *node)
{
    const bool tld = tg_dname_last_label(node->name.wire) == 0;

    if (node->below == TG_EXPORT_MAIL)
        tg_export_skip(ex, tld ? MAIL_TLD : MAIL_BELOW, node->name, '#');
    if (tld)
        return;
    zone(ex, name, "typetransparent");
    data(ex, name, "MX", "0 .");
}

/* The name is answered, what is below it is not: "transparent" passes names without data. */
static void alone(struct tg_export *ex, const char *name, const struct tg_export_node *node)
{
    zone(ex, name, "transparent");
    if (node->self == TG_EXPORT_SINKHOLE)
        sinkhole(ex, name);
    else
        nothing(ex, name);
    if (node->self == TG_EXPORT_NXDOMAIN || node->self == TG_EXPORT_REFUSED)
        tg_export_skip(ex, EXACT_BLOCK, node->name, '#');
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    const bool caught = tg_export_blocks(node->above);
    char name[TG_DNAME_TEXT_MAX + 1];

    if (!node->listed && node->self == node->below) /* a local zone reaches past it */
        return;
    if (node->self == TG_EXPORT_MONITOR)
        tg_export_skip(ex, MONITOR, node->name, '#');
    if (!caught && node->self <= TG_EXPORT_MONITOR && !tg_export_blocks(node->below) &&
        node->below != TG_EXPORT_MAIL && node->self != TG_EXPORT_ALLOW)
        return;
    (void)tg_export_absolute(node->name, name);
    ex->written++;
    if (node->self == TG_EXPORT_MAIL) {
        mail(ex, name, node);
    } else if (node->self == TG_EXPORT_NODATA && node->below == TG_EXPORT_NXDOMAIN) {
        /* A name left alone lies below; NXDOMAIN would deny that, too (RFC 8020). */
        zone(ex, name, "static");
        nothing(ex, name);
    } else if (tg_export_blocks(node->self) && !tg_export_blocks(node->below)) {
        alone(ex, name, node);
    } else {
        if (!tg_export_blocks(node->self) && tg_export_blocks(node->below))
            tg_export_skip(ex, EXACT_ALLOW, node->name, '#');
        whole(ex, name, node->self);
    }
}

static void begin(struct tg_export *ex)
{
    tg_export_head(ex, '#');
    fprintf(ex->out, "# To be included by unbound.conf(5).\nserver:\n");
}

static void end(struct tg_export *ex)
{
    tg_export_tail(ex, '#');
}

const struct tg_export_writer tg_export_unbound = {
    .reasons = reasons,
    .reason_count = sizeof(reasons) / sizeof(reasons[0]),
    .begin = begin,
    .node = write_node,
    .end = end,
};
