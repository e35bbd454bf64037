/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Between the files that write events as lines of JSON in the Elastic Common Schema (ECS)
 * 8.17: what every line has. Private; any thread, no allocation.
 */
#ifndef TG_MODULE_EVENT_LINE_H
#define TG_MODULE_EVENT_LINE_H

#include "module/json.h"
#include "tldguard/event.h"

/* The member ecs, as tg_json_fixed() wants it. */
#define TG_ECS_MEMBERS "\"ecs\":{\"version\":\"8.17.0\"}"

/*
 * What is the same in all lines that one start of the module writes to one log. Made once: it would
 * take a tenth of the time of a line.
 */
struct tg_letterhead {
    size_t origin_len, observer_len, ties_len;
    char origin[512];   /* of the object event: up to the number in event.id */
    char observer[512]; /* the member */
    char ties[192];     /* of the object tldguard: which start, and which log */
};

/** Makes it. @param series as in tg_stamp, may be NULL. */
void tg_letterhead_make(
    const struct tg_observer *observer, const char *series, struct tg_letterhead *head);

/** Of the object event: where it comes from, and what tells it from every other one. */
void tg_line_origin(struct tg_json *json, const struct tg_stamp *stamp);

/* Of the object tldguard, as above: with chain_later. */
#define TG_CHAIN_MEMBER "\"chain\":\"00000000000000000000000000000000\""

/* Of the object rule, as above. */
#define TG_RULE_MEMBERS "\"ruleset\":\"tldguard\""

/** Of the object rule: which policy it is. */
void tg_line_ruleset(struct tg_json *json, uint32_t serial);

/** The member observer. */
void tg_line_observer(struct tg_json *json, const struct tg_stamp *stamp);

/** Of the object tldguard: what could not be written, and what the line is tied to. The last of its
 * members. */
void tg_line_loss(struct tg_json *json, const struct tg_stamp *stamp);

/** Of the object tldguard: which start of the module writes which log, and tg_line_loss(). */
void tg_line_end(struct tg_json *json, const struct tg_stamp *stamp);

/** As tg_event_format(), for a question. */
size_t tg_line_question(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX]);

/** As tg_event_format(), for TG_WHAT_LOADED and TG_WHAT_REJECTED. */
size_t tg_line_loaded(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX]);
size_t tg_line_rejected(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX]);

#endif
