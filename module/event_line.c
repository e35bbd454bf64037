/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/event_line.h"

#ifndef TG_VERSION
#error "TG_VERSION, the version of tldguard as a string, is given by the build"
#endif

/* What is the same in each line. */
#define MODULE_MEMBERS                                        \
    "\"module\":\"tldguard\",\"dataset\":\"tldguard.block\"," \
    "\"provider\":\"tldguard\""
#define OBSERVER_MEMBERS                                \
    "\"vendor\":\"tldguard\",\"product\":\"tldguard\"," \
    "\"type\":\"dns-resolver\",\"version\":\"" TG_VERSION "\""

/* Bytes a line may take for the observer's strings: any real name fits. */
#define HOSTNAME_LIMIT 255
#define BOOT_LIMIT     64

/* Up to the number in the id. */
static void put_origin(struct tg_json *json, const struct tg_observer *observer)
{
    tg_json_fixed(json, MODULE_MEMBERS);
    tg_json_text(json, "id");
    tg_json_add_cut(json, observer->hostname, HOSTNAME_LIMIT);
    tg_json_add(json, "-");
    tg_json_add_cut(json, observer->boot, BOOT_LIMIT);
    tg_json_add(json, "-");
}

void tg_line_origin(struct tg_json *json, const struct tg_stamp *stamp)
{
    put_origin(json, stamp->observer);
    tg_json_add_number(json, stamp->sequence);
    tg_json_text_end(json);
    tg_json_number(json, "sequence", stamp->sequence);
}

void tg_line_ruleset(struct tg_json *json, uint32_t serial)
{
    tg_json_fixed(json, TG_RULE_MEMBERS);
    tg_json_text(json, "version");
    tg_json_add_number(json, serial);
    tg_json_text_end(json);
}

static void put_observer(struct tg_json *json, const struct tg_observer *observer)
{
    tg_json_open(json, "observer", '{');
    tg_json_fixed(json, OBSERVER_MEMBERS);
    tg_json_string_cut(json, "hostname", observer->hostname, HOSTNAME_LIMIT);
    tg_json_close(json, '}');
}

void tg_line_observer(struct tg_json *json, const struct tg_stamp *stamp)
{
    put_observer(json, stamp->observer);
}

static void put_ties(struct tg_json *json, const struct tg_observer *observer, const char *series)
{
    tg_json_string_cut(json, "boot", observer->boot, BOOT_LIMIT);
    if (series != NULL)
        tg_json_string_cut(json, "log", series, BOOT_LIMIT);
}

void tg_line_loss(struct tg_json *json, const struct tg_stamp *stamp)
{
    if (stamp->lost > 0)
        tg_json_number(json, "lost", stamp->lost);
    if (stamp->crash)
        tg_json_fixed(json, "\"crash\":true");
    if (stamp->chain != NULL)
        tg_json_string_cut(json, "chain", stamp->chain, BOOT_LIMIT);
    else if (stamp->chain_later)
        tg_json_fixed(json, TG_CHAIN_MEMBER);
}

void tg_line_end(struct tg_json *json, const struct tg_stamp *stamp)
{
    put_ties(json, stamp->observer, stamp->series);
    tg_line_loss(json, stamp);
}

void tg_letterhead_make(
    const struct tg_observer *observer, const char *series, struct tg_letterhead *head)
{
    struct tg_json json;

    _Static_assert(sizeof(MODULE_MEMBERS) + HOSTNAME_LIMIT + BOOT_LIMIT + 16 < sizeof(head->origin),
        "there is room for any");
    _Static_assert(sizeof(OBSERVER_MEMBERS) + HOSTNAME_LIMIT + 32 < sizeof(head->observer),
        "there is room for any");
    _Static_assert(2 * BOOT_LIMIT + 32 < sizeof(head->ties), "there is room for any");
    tg_json_start(&json, head->origin, sizeof(head->origin));
    put_origin(&json, observer);
    head->origin_len = json.len;
    tg_json_start(&json, head->observer, sizeof(head->observer));
    put_observer(&json, observer);
    head->observer_len = json.len;
    tg_json_start(&json, head->ties, sizeof(head->ties));
    put_ties(&json, observer, series);
    head->ties_len = json.len;
}

size_t tg_event_format(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    switch (event->what) {
    case TG_WHAT_LOADED:
        return tg_line_loaded(event, stamp, line);
    case TG_WHAT_REJECTED:
        return tg_line_rejected(event, stamp, line);
    default:
        return tg_line_question(event, stamp, line);
    }
}
