/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines about the module itself: policies that came, or did not, and events that were lost. */
#include <string.h>

#include "module/event_line.h"

/* What is the same in each line. */
#define LOADED_MEMBERS                                                           \
    "\"kind\":\"event\",\"category\":[\"configuration\"],\"type\":[\"change\"]," \
    "\"action\":\"policy-loaded\",\"outcome\":\"success\""
#define REJECTED_MEMBERS                                                         \
    "\"kind\":\"event\",\"category\":[\"configuration\"],\"type\":[\"change\"]," \
    "\"action\":\"policy-rejected\",\"outcome\":\"failure\""
#define LOST_MEMBERS                                                     \
    "\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"info\"]," \
    "\"action\":\"events-lost\",\"outcome\":\"failure\""

#define NANOSECONDS 1000000u /* of a millisecond: ECS counts in them */

static void put_digest(struct tg_json *json, const uint8_t digest[32])
{
    static const char hex[] = "0123456789abcdef";
    char text[65] = "";

    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 0xf];
    }
    tg_json_string(json, "source_sha256", text);
}

/* "policy 2026112202 loaded in place of 2026112201: 7 rules" */
static void put_loaded_message(struct tg_json *json, const struct tg_event *event)
{
    tg_json_text(json, "message");
    tg_json_add(json, "policy ");
    tg_json_add_number(json, event->serial);
    tg_json_add(json, " loaded");
    if (event->loaded.former != 0) {
        tg_json_add(json, " in place of ");
        tg_json_add_number(json, event->loaded.former);
    }
    tg_json_add(json, ": ");
    tg_json_add_number(json, event->loaded.rules);
    tg_json_add(json, event->loaded.rules == 1 ? " rule" : " rules");
    tg_json_text_end(json);
}

size_t tg_line_loaded(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    struct tg_json json;

    tg_json_start(&json, line, TG_EVENT_LINE_MAX);
    tg_json_open(&json, NULL, '{');
    tg_json_time(&json, "@timestamp", event->time);
    put_loaded_message(&json, event);
    tg_json_fixed(&json, TG_ECS_MEMBERS);
    tg_json_open(&json, "event", '{');
    tg_json_fixed(&json, LOADED_MEMBERS);
    tg_json_number(&json, "duration", (uint64_t)event->loaded.milliseconds * NANOSECONDS);
    tg_line_origin(&json, stamp);
    tg_json_close(&json, '}');
    tg_json_open(&json, "rule", '{');
    tg_line_ruleset(&json, event->serial);
    tg_json_close(&json, '}');
    tg_line_observer(&json, stamp);
    tg_json_open(&json, "tldguard", '{');
    tg_json_number(&json, "serial", event->serial);
    if (event->loaded.former != 0)
        tg_json_number(&json, "former_serial", event->loaded.former);
    tg_json_number(&json, "rules", event->loaded.rules);
    put_digest(&json, event->loaded.digest);
    tg_json_number(&json, "answers_removed", event->loaded.removed);
    tg_line_end(&json, stamp);
    tg_json_close(&json, '}');
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}

/* What stays in force is named, where there is something. */
static void put_rejected_message(struct tg_json *json, const struct tg_event *event)
{
    tg_json_text(json, "message");
    tg_json_add(json, "policy rejected, ");
    if (event->serial != 0)
        tg_json_add_number(json, event->serial);
    else
        tg_json_add(json, "none");
    tg_json_add(json, event->serial != 0 ? " stays in force" : " is in force");
    tg_json_text_end(json);
}

size_t tg_line_rejected(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    char error[TG_EVENT_ERROR_MAX] = "";
    struct tg_json json;

    /* Another thread's code has written it: its end is not taken on trust. */
    memcpy(error, event->error, sizeof(error) - 1);
    tg_json_start(&json, line, TG_EVENT_LINE_MAX);
    tg_json_open(&json, NULL, '{');
    tg_json_time(&json, "@timestamp", event->time);
    put_rejected_message(&json, event);
    tg_json_fixed(&json, TG_ECS_MEMBERS);
    tg_json_open(&json, "event", '{');
    tg_json_fixed(&json, REJECTED_MEMBERS);
    tg_line_origin(&json, stamp);
    tg_json_close(&json, '}');
    tg_json_open(&json, "error", '{');
    tg_json_utf8(&json, "message", error);
    tg_json_close(&json, '}');
    if (event->serial != 0) {
        tg_json_open(&json, "rule", '{');
        tg_line_ruleset(&json, event->serial);
        tg_json_close(&json, '}');
    }
    tg_line_observer(&json, stamp);
    tg_json_open(&json, "tldguard", '{');
    if (event->serial != 0)
        tg_json_number(&json, "serial", event->serial);
    tg_line_end(&json, stamp);
    tg_json_close(&json, '}');
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}

size_t tg_event_format_lost(
    struct timespec when, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    struct tg_json json;

    tg_json_start(&json, line, TG_EVENT_LINE_MAX);
    tg_json_open(&json, NULL, '{');
    tg_json_time(&json, "@timestamp", when);
    tg_json_text(&json, "message");
    tg_json_add_number(&json, stamp->lost);
    tg_json_add(&json, stamp->lost == 1 ? " event was" : " events were");
    tg_json_add(&json, " lost before this line: the log could not keep up");
    tg_json_text_end(&json);
    tg_json_fixed(&json, TG_ECS_MEMBERS);
    tg_json_open(&json, "event", '{');
    tg_json_fixed(&json, LOST_MEMBERS);
    tg_line_origin(&json, stamp);
    tg_json_close(&json, '}');
    tg_line_observer(&json, stamp);
    tg_json_open(&json, "tldguard", '{');
    tg_line_end(&json, stamp);
    tg_json_close(&json, '}');
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}
