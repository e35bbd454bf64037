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
#define RULE_MEMBERS "\"ruleset\":\"tldguard\""
#define OBSERVER_MEMBERS                                \
    "\"vendor\":\"tldguard\",\"product\":\"tldguard\"," \
    "\"type\":\"dns-resolver\",\"version\":\"" TG_VERSION "\""

/* Bytes a line may take for the observer's strings: any real name fits. */
#define HOSTNAME_LIMIT 255
#define BOOT_LIMIT     64

void tg_line_origin(struct tg_json *json, const struct tg_stamp *stamp)
{
    tg_json_fixed(json, MODULE_MEMBERS);
    tg_json_text(json, "id");
    tg_json_add_cut(json, stamp->observer->hostname, HOSTNAME_LIMIT);
    tg_json_add(json, "-");
    tg_json_add_cut(json, stamp->observer->boot, BOOT_LIMIT);
    tg_json_add(json, "-");
    tg_json_add_number(json, stamp->sequence);
    tg_json_text_end(json);
    tg_json_number(json, "sequence", stamp->sequence);
}

void tg_line_ruleset(struct tg_json *json, uint32_t serial)
{
    tg_json_fixed(json, RULE_MEMBERS);
    tg_json_text(json, "version");
    tg_json_add_number(json, serial);
    tg_json_text_end(json);
}

void tg_line_observer(struct tg_json *json, const struct tg_stamp *stamp)
{
    tg_json_open(json, "observer", '{');
    tg_json_fixed(json, OBSERVER_MEMBERS);
    tg_json_string_cut(json, "hostname", stamp->observer->hostname, HOSTNAME_LIMIT);
    tg_json_close(json, '}');
}

void tg_line_loss(struct tg_json *json, const struct tg_stamp *stamp)
{
    tg_json_string_cut(json, "boot", stamp->observer->boot, BOOT_LIMIT);
    if (stamp->series != NULL)
        tg_json_string_cut(json, "log", stamp->series, BOOT_LIMIT);
    if (stamp->lost > 0)
        tg_json_number(json, "lost", stamp->lost);
    if (stamp->crash)
        tg_json_fixed(json, "\"crash\":true");
    if (stamp->chain != NULL)
        tg_json_string_cut(json, "chain", stamp->chain, BOOT_LIMIT);
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
