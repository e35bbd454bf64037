/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The line of a question: who asked, what, and why it was answered so. */
#include <string.h>

#include "module/event_client.h"
#include "module/event_line.h"
#include "module/series.h"
#include "module/view.h"

/* What is the same in each line. */
#define DENIED_MEMBERS                               \
    "\"kind\":\"alert\",\"category\":[\"network\"]," \
    "\"type\":[\"denied\",\"protocol\"]"
#define ALLOWED_MEMBERS                              \
    "\"kind\":\"event\",\"category\":[\"network\"]," \
    "\"type\":[\"allowed\",\"protocol\"]"
#define DNS_MEMBERS "\"type\":\"answer\",\"op_code\":\"QUERY\"" /* one record of both */

/*
 * Names are written several times, and one of 255 binary octets takes 1.3 kB
 * each time. A line that gets too long for those who forward it (syslog
 * receivers cut at 8 kB, some earlier) is written again with less repetition.
 */
enum detail { DETAIL_FULL, DETAIL_NO_COPIES, DETAIL_LEAST };
#define COMFORTABLE_LINE 4096

static const char *rcode_mnemonic(uint8_t rcode)
{
    /* IANA DNS RCODEs; 12 to 15 are unassigned. */
    static const char *const table[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
        "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"};

    return rcode < sizeof(table) / sizeof(table[0]) ? table[rcode] : NULL;
}

static const char *class_mnemonic(uint16_t qclass)
{
    switch (qclass) {
    case TG_CLASS_IN:
        return "IN";
    case 3:
        return "CH";
    case 4:
        return "HS";
    case 254:
        return "NONE";
    case TG_CLASS_ANY:
        return "ANY";
    default:
        return NULL;
    }
}

/* A mnemonic, or where there is none "CLASS17" (RFC 3597). */
static void put_numbered(struct tg_json *json, const char *key, const char *mnemonic,
    const char *prefix, uint16_t number)
{
    tg_json_text(json, key);
    if (mnemonic != NULL) {
        tg_json_add(json, mnemonic);
    } else {
        tg_json_add(json, prefix);
        tg_json_add_number(json, number);
    }
    tg_json_text_end(json);
}

/* What a name is, if there is one; the next phrase is joined by a comma. */
static void put_phrase(
    struct tg_json *json, const char **glue, const char *phrase, const char *name)
{
    if (name[0] == '\0')
        return;
    tg_json_add(json, *glue);
    tg_json_add(json, phrase);
    tg_json_add(json, name);
    *glue = ", ";
}

/* "blocked MX army.ml for 10.1.2.3: looks like army.mil", or where the answer is to blame
 * "blocked MX example.com for 10.1.2.3: leads to mx.army.ml, looks like mx.army.mil" */
static void put_message(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    tg_json_text(json, "message");
    tg_json_add(json, view->deed.verb);
    tg_json_add(json, " ");
    tg_json_add(json, view->qtype);
    if (detail == DETAIL_FULL) {
        tg_json_add(json, " ");
        tg_json_add(json, view->qname);
    }
    tg_json_add(json, " for ");
    tg_json_add(json, view->client[0] != '\0' ? view->client : "an unknown client");
    if (detail != DETAIL_FULL) {
        tg_json_add(json, ": the name is long, see dns.question.name");
    } else {
        const char *glue = ": ";

        put_phrase(json, &glue, "leads to ", view->via);
        put_phrase(json, &glue, "looks like ", view->twin);
    }
    tg_json_text_end(json);
}

/* The words the client was given too (extended DNS error, RFC 8914). */
static void put_reason(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    tg_json_text(json, "reason");
    if (detail == DETAIL_FULL && view->via[0] != '\0') {
        tg_json_add(json, "leads to ");
        tg_json_add(json, view->via);
        tg_json_add(json, ", ");
    }
    if (detail == DETAIL_FULL && view->twin[0] != '\0') {
        tg_json_add(json, "look-alike of ");
        tg_json_add(json, view->twin);
        tg_json_add(json, " (rule ");
        tg_json_add(json, view->owner);
        tg_json_add(json, ")");
    } else if (view->event->kind == TG_KIND_TLD) {
        tg_json_add(json, "look-alike TLD");
    } else if (detail == DETAIL_FULL) {
        tg_json_add(json, "blocked by policy (rule ");
        tg_json_add(json, view->owner);
        tg_json_add(json, ")");
    } else {
        tg_json_add(json, "blocked by policy");
    }
    tg_json_text_end(json);
}

static void put_event_section(struct tg_json *json, const struct tg_view *view, enum detail detail,
    const struct tg_stamp *stamp)
{
    /* The scale of Elastic's detection rules; a value not in the list counts as critical. */
    static const uint8_t scale[] = {21, 47, 73, 99};
    const uint8_t severity = view->event->severity;

    tg_json_open(json, "event", '{');
    tg_json_fixed(json, view->deed.denied ? DENIED_MEMBERS : ALLOWED_MEMBERS);
    tg_json_string(json, "action", view->deed.action);
    tg_json_string(json, "outcome", "success");
    tg_json_number(
        json, "severity", scale[severity < sizeof(scale) ? severity : sizeof(scale) - 1]);
    put_reason(json, view, detail);
    tg_line_origin(json, stamp);
    tg_json_close(json, '}');
}

static void put_dns(struct tg_json *json, const struct tg_view *view)
{
    const struct tg_event *event = view->event;

    tg_json_open(json, "dns", '{');
    tg_json_fixed(json, DNS_MEMBERS);
    if ((event->flags & (TG_FLAG_RD | TG_FLAG_CD | TG_FLAG_DO)) != 0) {
        tg_json_open(json, "header_flags", '[');
        if ((event->flags & TG_FLAG_RD) != 0)
            tg_json_string(json, NULL, "RD");
        if ((event->flags & TG_FLAG_CD) != 0)
            tg_json_string(json, NULL, "CD");
        if ((event->flags & TG_FLAG_DO) != 0)
            tg_json_string(json, NULL, "DO");
        tg_json_close(json, ']');
    }
    put_numbered(json, "response_code", rcode_mnemonic(event->rcode), "RCODE", event->rcode);
    tg_json_open(json, "question", '{');
    tg_json_string(json, "name", view->qname);
    tg_json_string(json, "type", view->qtype);
    put_numbered(json, "class", class_mnemonic(event->qclass), "CLASS", event->qclass);
    if (view->tld[0] != '\0')
        tg_json_string(json, "top_level_domain", view->tld);
    tg_json_close(json, '}');
    tg_json_close(json, '}');
}

static void put_network(struct tg_json *json, const struct tg_view *view)
{
    const uint8_t transport = view->event->transport;
    const bool udp = transport == TG_TRANSPORT_UDP || transport == TG_TRANSPORT_DOQ;

    if (view->client[0] != '\0') {
        tg_json_open(json, "source", '{');
        tg_json_string(json, "ip", view->client);
        tg_json_number(json, "port", view->event->port);
        tg_line_mac(json, &view->event->ids);
        tg_json_close(json, '}');
    }
    tg_json_open(json, "network", '{');
    if (transport <= TG_TRANSPORT_DOQ)
        tg_json_string(json, "transport", udp ? "udp" : "tcp");
    tg_json_string(json, "protocol", "dns");
    if (view->client[0] != '\0')
        tg_json_string(json, "type", view->mapped_v4 ? "ipv4" : "ipv6");
    tg_json_close(json, '}');
}

static void put_rule(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    tg_json_open(json, "rule", '{');
    tg_json_string(json, "id", view->owner);
    if (detail != DETAIL_LEAST) {
        tg_json_text(json, "name");
        tg_json_add(json, view->owner);
        if (view->target[0] != '\0') {
            tg_json_add(json, " looks like ");
            tg_json_add(json, view->target);
        }
        tg_json_text_end(json);
    }
    tg_json_string(
        json, "category", view->event->kind == TG_KIND_TLD ? "look-alike-tld" : "listed-name");
    tg_line_ruleset(json, view->event->serial);
    tg_json_close(json, '}');
}

static void put_related(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    const bool hosts = detail == DETAIL_FULL && view->qname[0] != '\0';

    if (!hosts && view->client[0] == '\0')
        return; /* an empty object would say nothing */
    tg_json_open(json, "related", '{');
    if (view->client[0] != '\0') {
        tg_json_open(json, "ip", '[');
        tg_line_addresses(json, view);
        tg_json_close(json, ']');
    }
    if (hosts) {
        tg_json_open(json, "hosts", '[');
        tg_json_string(json, NULL, view->qname);
        if (view->via[0] != '\0')
            tg_json_string(json, NULL, view->via);
        if (view->twin[0] != '\0')
            tg_json_string(json, NULL, view->twin);
        tg_json_close(json, ']');
    }
    tg_json_close(json, '}');
}

/* NULL: it was not asked, or is no such value. */
static const char *known_word(uint8_t known)
{
    switch ((enum tg_known)known) {
    case TG_KNOWN_LISTED:
        return "listed";
    case TG_KNOWN_NOT:
        return "not";
    case TG_KNOWN_ASK:
        return "ask";
    case TG_KNOWN_FOUND:
        return "found";
    case TG_KNOWN_FAILED:
        return "failed";
    case TG_KNOWN_NOT_ASKED:
        break;
    }
    return NULL;
}

static uint64_t mix(uint64_t hash, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) /* FNV-1a */
        hash = (hash ^ octets[i]) * 0x100000001b3u;
    return hash;
}

/* The same for all events of one client about one name: whoever collects them can tell what
 * belongs together, as a mail server that asks for MX, then A, then AAAA. */
static void put_incident(struct tg_json *json, const struct tg_event *event)
{
    uint64_t hash = mix(0xcbf29ce484222325u, &event->family, 1);
    char text[17];

    hash = mix(hash, event->address, event->family == 4 ? 4 : sizeof(event->address));
    hash = mix(hash, event->qname, event->qname_len);
    hash = mix(hash, event->via, event->via_len);
    tg_json_string(json, "incident", tg_series_text(hash, text));
}

static void put_tldguard(
    struct tg_json *json, const struct tg_view *view, const struct tg_stamp *stamp)
{
    const struct tg_event *event = view->event;
    char group[TG_EVENT_GROUP_MAX] = "";

    tg_json_open(json, "tldguard", '{');
    tg_json_string(json, "mode", tg_mode_text((enum tg_mode)event->mode));
    if (event->mode == TG_MODE_BLOCK) /* other modes have no action */
        tg_json_string(json, "action", tg_action_text((enum tg_action)event->action));
    tg_json_string(json, "reply", tg_reply_text((enum tg_reply)event->reply));
    tg_json_string(json, "severity", tg_severity_text((enum tg_severity)event->severity));
    if (view->via[0] != '\0')
        tg_json_string(json, "via", view->via);
    if (view->twin[0] != '\0')
        tg_json_string(json, "twin", view->twin);
    if (known_word(event->known) != NULL)
        tg_json_string(json, "twin_known", known_word(event->known));
    /* Another thread's code has written it: its end is not taken on trust. */
    memcpy(group, event->group, sizeof(group) - 1);
    if (group[0] != '\0')
        tg_json_utf8(json, "group", group);
    tg_line_client(json, view);
    tg_json_string(json, "transport", tg_transport_text((enum tg_transport)event->transport));
    put_incident(json, event);
    tg_json_number(json, "serial", event->serial);
    tg_line_loss(json, stamp);
    tg_json_close(json, '}');
}

static size_t format(const struct tg_view *view, enum detail detail, const struct tg_stamp *stamp,
    char *line, size_t cap)
{
    struct tg_json json;

    tg_json_start(&json, line, cap);
    tg_json_open(&json, NULL, '{');
    tg_json_time(&json, "@timestamp", view->event->time);
    put_message(&json, view, detail);
    tg_json_fixed(&json, TG_ECS_MEMBERS);
    put_event_section(&json, view, detail, stamp);
    put_dns(&json, view);
    put_network(&json, view);
    put_rule(&json, view, detail);
    tg_line_observer(&json, stamp);
    put_related(&json, view, detail);
    put_tldguard(&json, view, stamp);
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}

size_t tg_line_question(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    struct tg_view view;
    size_t len;

    tg_view_make(event, &view);
    len = format(&view, DETAIL_FULL, stamp, line, COMFORTABLE_LINE);
    if (len == 0)
        len = format(&view, DETAIL_NO_COPIES, stamp, line, TG_EVENT_LINE_MAX);
    if (len == 0)
        len = format(&view, DETAIL_LEAST, stamp, line, TG_EVENT_LINE_MAX);
    return len;
}
