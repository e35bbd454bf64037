/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Records of events. */
#include "tldguard/event.h"

#include <string.h>

const char *tg_transport_text(enum tg_transport transport)
{
    switch (transport) {
#define TRANSPORT_CASE(name, value, word) \
    case name:                            \
        return word;
        TG_TRANSPORT_MAP(TRANSPORT_CASE)
#undef TRANSPORT_CASE
    }
    return "?";
}

/* As much of a text as fits, with no character of UTF-8 cut in two. */
static void copy_text(char *to, size_t cap, const char *text)
{
    size_t len = strnlen(text, cap);

    if (len == cap)
        for (len--; len > 0 && ((uint8_t)text[len] & 0xc0u) == 0x80; len--)
            ;
    memcpy(to, text, len);
    to[len] = '\0';
}

void tg_event_fill(const struct tg_question *question, const struct tg_verdict *verdict,
    uint32_t serial, struct tg_event *event)
{
    /* The names are most of the record, and mostly unused: they are not cleared. */
    memset(event, 0, offsetof(struct tg_event, qname));
    event->serial = serial;
    event->qtype = question->qtype;
    event->qclass = question->qclass;
    event->reply = (uint8_t)verdict->reply;
    event->mode = (uint8_t)verdict->mode;
    event->action = (uint8_t)verdict->action;
    event->severity = (uint8_t)verdict->severity;
    event->kind = (uint8_t)verdict->rule->kind;
    event->known = (uint8_t)verdict->known;
    event->owner_at = (uint8_t)verdict->owner_at;
    event->qname_len = (uint8_t)question->qname.len;
    event->twin_len = (uint8_t)verdict->twin_len;
    event->via_len = (uint8_t)verdict->via.len;
    if (verdict->group != NULL)
        copy_text(event->group, sizeof(event->group), verdict->group->name);
    tg_dname_lower(question->qname.wire, question->qname.len, event->qname);
    memcpy(event->twin, verdict->twin, verdict->twin_len);
    tg_dname_lower(verdict->via.wire, verdict->via.len, event->via);
}

/* A record that holds no question. */
static void fill_service(enum tg_what what, uint32_t serial, struct tg_event *event)
{
    memset(event, 0, sizeof(*event));
    event->what = (uint8_t)what;
    event->serial = serial;
}

void tg_event_fill_loaded(const struct tg_image *image, uint32_t former, size_t removed,
    uint32_t milliseconds, struct tg_event *event)
{
    const struct tg_image_meta *meta = tg_image_meta(image);

    fill_service(TG_WHAT_LOADED, meta->serial, event);
    event->loaded.former = former;
    event->loaded.rules = (uint32_t)tg_image_rule_count(image);
    event->loaded.removed = removed < UINT32_MAX ? (uint32_t)removed : UINT32_MAX;
    event->loaded.milliseconds = milliseconds;
    memcpy(event->loaded.digest, meta->digest, sizeof(event->loaded.digest));
}

void tg_event_fill_rejected(uint32_t serial, const char *error, struct tg_event *event)
{
    fill_service(TG_WHAT_REJECTED, serial, event);
    copy_text(event->error, sizeof(event->error), error);
    for (char *c = event->error; *c != '\0'; c++)
        if ((uint8_t)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

void tg_event_copy(struct tg_event *to, const struct tg_event *from)
{
    if (from->what != TG_WHAT_QUESTION) {
        *to = *from;
        return;
    }
    memcpy(to, from, offsetof(struct tg_event, qname));
    memcpy(to->qname, from->qname, from->qname_len);
    memcpy(to->twin, from->twin, from->twin_len);
    memcpy(to->via, from->via, from->via_len);
}
