/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The line of a question: who asked, what, and why it was answered so. */
#include <string.h>

#include "module/event_client.h"
#include "module/event_line.h"
#include "module/series.h"
#include "module/view.h"

/* What is the same in each line. */
#define DENIED_MEMBERS                                           \
    ",\"event\":{\"kind\":\"alert\",\"category\":[\"network\"]," \
    "\"type\":[\"denied\",\"protocol\"],\"action\":\""
#define ALLOWED_MEMBERS                                          \
    ",\"event\":{\"kind\":\"event\",\"category\":[\"network\"]," \
    "\"type\":[\"allowed\",\"protocol\"],\"action\":\""
#define DNS_MEMBERS ",\"dns\":{\"type\":\"answer\",\"op_code\":\"QUERY\"" /* one record of both */

/*
 * Names are written several times, and one of 255 binary octets takes 1.3 kB
 * each time. A line that gets too long for those who forward it (syslog
 * receivers cut at 8 kB, some earlier) is written again with less repetition.
 */
enum detail { DETAIL_FULL, DETAIL_NO_COPIES, DETAIL_LEAST };
#define COMFORTABLE_LINE 4096

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * The members that few lines have are written by functions of other files, with a cursor of their
 * own: the line's is then nobody else's, and the compiler can keep it in registers.
 */
#define APART(json, call)               \
    do {                                \
        struct tg_json apart = *(json); \
        call;                           \
        *(json) = apart;                \
    } while (0)

static void put_mac(struct tg_json *json, const struct tg_view *view)
{
    APART(json, tg_line_mac(&apart, &view->event->ids));
}

static void put_addresses(struct tg_json *json, const struct tg_view *view)
{
    APART(json, tg_line_addresses(&apart, view));
}

static void put_client(struct tg_json *json, const struct tg_view *view)
{
    APART(json, tg_line_client(&apart, view));
}

static void put_group(struct tg_json *json, const struct tg_event *event)
{
    char group[TG_EVENT_GROUP_MAX] = "";

    /* Another thread's code has written it: its end is not taken on trust. */
    memcpy(group, event->group, sizeof(group) - 1);
    APART(json, tg_json_utf8(&apart, "group", group));
}

/* What follows the names of the start and the log. */
static void put_loss(struct tg_json *json, const struct tg_stamp *stamp)
{
    if (stamp->lost > 0 || stamp->crash || stamp->chain != NULL)
        APART(json, tg_line_loss(&apart, stamp));
    else if (stamp->chain_later)
        TG_JSON_PUT(json, "," TG_CHAIN_MEMBER);
}

/* Whether anything was told of the client. */
static bool has_ids(const struct tg_client_ids *ids)
{
    return ids->malformed != 0 || ids->ecs.family != 0 || ids->cpe_id_len != 0 ||
           ids->umbrella.has != 0 || ids->umbrella.remote.family != 0;
}

static void put_number(struct tg_json *json, uint64_t value)
{
    char room[TG_NUMBER_ROOM];

    tg_json_piece(json, tg_number_piece(value, room));
}

static void put_rule_id(struct tg_json *json, const struct tg_view *view)
{
    TG_JSON_PUT(json, " (rule ");
    tg_json_piece(json, view->owner);
    TG_JSON_PUT(json, ")");
}

/* A member that is a word out of a list; its last place stands for all values not in it. */
#define WORD_ENTRY(name, value, word) [value] = TG_WORD_OF(word),
static const struct tg_word modes[] = {TG_MODE_MAP(WORD_ENTRY) TG_WORD_OF("?")};
static const struct tg_word actions[] = {TG_ACTION_MAP(WORD_ENTRY) TG_WORD_OF("?")};
static const struct tg_word replies[] = {TG_REPLY_MAP(WORD_ENTRY) TG_WORD_OF("?")};
static const struct tg_word severities[] = {TG_SEVERITY_MAP(WORD_ENTRY) TG_WORD_OF("?")};
static const struct tg_word transports[] = {TG_TRANSPORT_MAP(WORD_ENTRY) TG_WORD_OF("?")};
#undef WORD_ENTRY
#define WORD(list, value) (&(list)[(value) < COUNT_OF(list) ? (value) : COUNT_OF(list) - 1])

static void put_rcode(struct tg_json *json, uint8_t rcode)
{
    /* IANA DNS RCODEs; 12 to 15 are unassigned. */
    static const struct tg_word words[] = {TG_WORD_OF("NOERROR"), TG_WORD_OF("FORMERR"),
        TG_WORD_OF("SERVFAIL"), TG_WORD_OF("NXDOMAIN"), TG_WORD_OF("NOTIMP"), TG_WORD_OF("REFUSED"),
        TG_WORD_OF("YXDOMAIN"), TG_WORD_OF("YXRRSET"), TG_WORD_OF("NXRRSET"), TG_WORD_OF("NOTAUTH"),
        TG_WORD_OF("NOTZONE"), TG_WORD_OF("DSOTYPENI")};

    if (rcode < COUNT_OF(words)) {
        tg_json_word(json, &words[rcode]);
        return;
    }
    TG_JSON_PUT(json, "RCODE");
    put_number(json, rcode);
}

static void put_class(struct tg_json *json, uint16_t qclass)
{
    switch (qclass) {
    case TG_CLASS_IN:
        TG_JSON_PUT(json, "IN");
        break;
    case 3:
        TG_JSON_PUT(json, "CH");
        break;
    case 4:
        TG_JSON_PUT(json, "HS");
        break;
    case 254:
        TG_JSON_PUT(json, "NONE");
        break;
    case TG_CLASS_ANY:
        TG_JSON_PUT(json, "ANY");
        break;
    default: /* RFC 3597 */
        TG_JSON_PUT(json, "CLASS");
        put_number(json, qclass);
        break;
    }
}

/* "blocked MX army.ml for 10.1.2.3: looks like army.mil", or where the answer is to blame
 * "blocked MX example.com for 10.1.2.3: leads to mx.army.ml, looks like mx.army.mil" */
static void put_message(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    TG_JSON_PUT(json, ",\"message\":\"");
    tg_json_word(json, &view->deed->verb);
    TG_JSON_PUT(json, " ");
    tg_json_piece(json, view->qtype);
    if (detail == DETAIL_FULL) {
        TG_JSON_PUT(json, " ");
        tg_json_piece(json, view->qname);
    }
    TG_JSON_PUT(json, " for ");
    if (view->client.len > 0)
        tg_json_piece(json, view->client);
    else
        TG_JSON_PUT(json, "an unknown client");
    if (detail != DETAIL_FULL)
        TG_JSON_PUT(json, ": the name is long, see dns.question.name");
    if (detail == DETAIL_FULL && view->via.len > 0) {
        TG_JSON_PUT(json, ": leads to ");
        tg_json_piece(json, view->via);
    }
    if (detail == DETAIL_FULL && view->twin.len > 0) {
        if (view->via.len > 0)
            TG_JSON_PUT(json, ", looks like ");
        else
            TG_JSON_PUT(json, ": looks like ");
        tg_json_piece(json, view->twin);
    }
    TG_JSON_PUT(json, "\"");
}

/* The words the client was given too (extended DNS error, RFC 8914). */
static void put_reason(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    TG_JSON_PUT(json, ",\"reason\":\"");
    if (detail == DETAIL_FULL && view->via.len > 0) {
        TG_JSON_PUT(json, "leads to ");
        tg_json_piece(json, view->via);
        TG_JSON_PUT(json, ", ");
    }
    if (detail == DETAIL_FULL && view->twin.len > 0) {
        TG_JSON_PUT(json, "look-alike of ");
        tg_json_piece(json, view->twin);
        put_rule_id(json, view);
    } else if (view->event->kind == TG_KIND_TLD) {
        TG_JSON_PUT(json, "look-alike TLD");
    } else {
        TG_JSON_PUT(json, "blocked by policy");
        if (detail == DETAIL_FULL)
            put_rule_id(json, view);
    }
    TG_JSON_PUT(json, "\"");
}

static void put_event_section(struct tg_json *json, const struct tg_view *view, enum detail detail,
    const struct tg_stamp *stamp)
{
    /* The scale of Elastic's detection rules; a value not in the list counts as critical. */
    static const uint8_t scale[] = {21, 47, 73, 99};
    const uint8_t severity = view->event->severity;
    char room[TG_NUMBER_ROOM];
    const struct tg_piece sequence = tg_number_piece(stamp->sequence, room);

    if (view->deed->denied)
        TG_JSON_PUT(json, DENIED_MEMBERS);
    else
        TG_JSON_PUT(json, ALLOWED_MEMBERS);
    tg_json_word(json, &view->deed->action);
    TG_JSON_PUT(json, "\",\"outcome\":\"success\",\"severity\":");
    put_number(json, scale[severity < COUNT_OF(scale) ? severity : COUNT_OF(scale) - 1]);
    put_reason(json, view, detail);
    TG_JSON_PUT(json, ",");
    tg_json_put(json, stamp->head->origin, stamp->head->origin_len);
    tg_json_piece(json, sequence);
    TG_JSON_PUT(json, "\",\"sequence\":");
    tg_json_piece(json, sequence);
    TG_JSON_PUT(json, "}");
}

static void put_dns(struct tg_json *json, const struct tg_view *view)
{
    /* By TG_FLAG_...: RD 1, CD 2, DO 4. */
    static const struct tg_word flags[] = {TG_WORD_OF(""), TG_WORD_OF("\"RD\""),
        TG_WORD_OF("\"CD\""), TG_WORD_OF("\"RD\",\"CD\""), TG_WORD_OF("\"DO\""),
        TG_WORD_OF("\"RD\",\"DO\""), TG_WORD_OF("\"CD\",\"DO\""),
        TG_WORD_OF("\"RD\",\"CD\",\"DO\"")};
    const struct tg_event *event = view->event;
    const unsigned has = event->flags & (TG_FLAG_RD | TG_FLAG_CD | TG_FLAG_DO);

    TG_JSON_PUT(json, DNS_MEMBERS);
    if (has != 0) {
        TG_JSON_PUT(json, ",\"header_flags\":[");
        tg_json_word(json, &flags[has]);
        TG_JSON_PUT(json, "]");
    }
    TG_JSON_PUT(json, ",\"response_code\":\"");
    put_rcode(json, event->rcode);
    TG_JSON_PUT(json, "\",\"question\":{\"name\":\"");
    tg_json_piece(json, view->qname);
    TG_JSON_PUT(json, "\",\"type\":\"");
    tg_json_piece(json, view->qtype);
    TG_JSON_PUT(json, "\",\"class\":\"");
    put_class(json, event->qclass);
    if (view->tld.len > 0) {
        TG_JSON_PUT(json, "\",\"top_level_domain\":\"");
        tg_json_piece(json, view->tld);
    }
    TG_JSON_PUT(json, "\"}}");
}

static void put_source(struct tg_json *json, const struct tg_view *view)
{
    TG_JSON_PUT(json, ",\"source\":{\"ip\":\"");
    tg_json_piece(json, view->client);
    TG_JSON_PUT(json, "\",\"port\":");
    put_number(json, view->event->port);
    if (view->event->ids.mac_len > 0)
        put_mac(json, view);
    TG_JSON_PUT(json, "}");
}

static void put_network(struct tg_json *json, const struct tg_view *view)
{
    const uint8_t transport = view->event->transport;

    if (view->client.len > 0)
        put_source(json, view);
    TG_JSON_PUT(json, ",\"network\":{");
    if (transport == TG_TRANSPORT_UDP || transport == TG_TRANSPORT_DOQ)
        TG_JSON_PUT(json, "\"transport\":\"udp\",");
    else if (transport < TG_TRANSPORT_DOQ)
        TG_JSON_PUT(json, "\"transport\":\"tcp\",");
    TG_JSON_PUT(json, "\"protocol\":\"dns\"");
    if (view->client.len > 0 && view->mapped_v4)
        TG_JSON_PUT(json, ",\"type\":\"ipv4\"");
    else if (view->client.len > 0)
        TG_JSON_PUT(json, ",\"type\":\"ipv6\"");
    TG_JSON_PUT(json, "}");
}

static void put_rule(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    TG_JSON_PUT(json, ",\"rule\":{\"id\":\"");
    tg_json_piece(json, view->owner);
    if (detail != DETAIL_LEAST) {
        TG_JSON_PUT(json, "\",\"name\":\"");
        tg_json_piece(json, view->owner);
        if (view->target.len > 0) {
            TG_JSON_PUT(json, " looks like ");
            tg_json_piece(json, view->target);
        }
    }
    if (view->event->kind == TG_KIND_TLD)
        TG_JSON_PUT(json, "\",\"category\":\"look-alike-tld\"");
    else
        TG_JSON_PUT(json, "\",\"category\":\"listed-name\"");
    TG_JSON_PUT(json, "," TG_RULE_MEMBERS ",\"version\":\"");
    tg_json_piece(json, view->serial);
    TG_JSON_PUT(json, "\"}");
}

static void put_hosts(struct tg_json *json, const struct tg_view *view)
{
    TG_JSON_PUT(json, "\"hosts\":[\"");
    tg_json_piece(json, view->qname);
    if (view->via.len > 0) {
        TG_JSON_PUT(json, "\",\"");
        tg_json_piece(json, view->via);
    }
    if (view->twin.len > 0) {
        TG_JSON_PUT(json, "\",\"");
        tg_json_piece(json, view->twin);
    }
    TG_JSON_PUT(json, "\"]");
}

static void put_related(struct tg_json *json, const struct tg_view *view, enum detail detail)
{
    const bool hosts = detail == DETAIL_FULL && view->qname.len > 0;

    if (!hosts && view->client.len == 0)
        return; /* an empty object would say nothing */
    TG_JSON_PUT(json, ",\"related\":{");
    if (view->client.len > 0) {
        TG_JSON_PUT(json, "\"ip\":[\"");
        tg_json_piece(json, view->client);
        TG_JSON_PUT(json, "\"");
        if (view->ecs.len + view->remote.len > 0)
            put_addresses(json, view);
        TG_JSON_PUT(json, "]");
        if (hosts)
            TG_JSON_PUT(json, ",");
    }
    if (hosts)
        put_hosts(json, view);
    TG_JSON_PUT(json, "}");
}

/* Nothing when it was not asked, or is no such value. */
static void put_known(struct tg_json *json, uint8_t known)
{
    static const struct tg_word words[] = {[TG_KNOWN_LISTED] = TG_WORD_OF("listed"),
        [TG_KNOWN_NOT] = TG_WORD_OF("not"),
        [TG_KNOWN_ASK] = TG_WORD_OF("ask"),
        [TG_KNOWN_FOUND] = TG_WORD_OF("found"),
        [TG_KNOWN_FAILED] = TG_WORD_OF("failed")};

    if (known >= COUNT_OF(words) || words[known].len == 0)
        return;
    TG_JSON_PUT(json, ",\"twin_known\":\"");
    tg_json_word(json, &words[known]);
    TG_JSON_PUT(json, "\"");
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
    TG_JSON_PUT(json, ",\"incident\":\"");
    tg_json_put(json, tg_series_text(hash, text), sizeof(text) - 1);
}

static void put_verdict(struct tg_json *json, const struct tg_view *view)
{
    const struct tg_event *event = view->event;

    TG_JSON_PUT(json, ",\"tldguard\":{\"mode\":\"");
    tg_json_word(json, WORD(modes, event->mode));
    if (event->mode == TG_MODE_BLOCK) { /* other modes have no action */
        TG_JSON_PUT(json, "\",\"action\":\"");
        tg_json_word(json, WORD(actions, event->action));
    }
    TG_JSON_PUT(json, "\",\"reply\":\"");
    tg_json_word(json, WORD(replies, event->reply));
    TG_JSON_PUT(json, "\",\"severity\":\"");
    tg_json_word(json, WORD(severities, event->severity));
    if (view->via.len > 0) {
        TG_JSON_PUT(json, "\",\"via\":\"");
        tg_json_piece(json, view->via);
    }
    if (view->twin.len > 0) {
        TG_JSON_PUT(json, "\",\"twin\":\"");
        tg_json_piece(json, view->twin);
    }
    TG_JSON_PUT(json, "\"");
    put_known(json, event->known);
}

static void put_tldguard(
    struct tg_json *json, const struct tg_view *view, const struct tg_stamp *stamp)
{
    put_verdict(json, view);
    if (view->event->group[0] != '\0')
        put_group(json, view->event);
    if (has_ids(&view->event->ids))
        put_client(json, view);
    TG_JSON_PUT(json, ",\"transport\":\"");
    tg_json_word(json, WORD(transports, view->event->transport));
    TG_JSON_PUT(json, "\"");
    put_incident(json, view->event);
    TG_JSON_PUT(json, "\",\"serial\":");
    tg_json_piece(json, view->serial);
    TG_JSON_PUT(json, ",");
    tg_json_put(json, stamp->head->ties, stamp->head->ties_len);
    put_loss(json, stamp);
    TG_JSON_PUT(json, "}");
}

static size_t format(const struct tg_view *view, enum detail detail, const struct tg_stamp *stamp,
    char *line, size_t cap)
{
    char room[TG_PIECE];
    struct tg_json json;

    tg_json_start(&json, line, cap);
    TG_JSON_PUT(&json, "{\"@timestamp\":\"");
    tg_json_piece(&json, tg_time_piece(view->event->time, room));
    TG_JSON_PUT(&json, "\"");
    put_message(&json, view, detail);
    TG_JSON_PUT(&json, "," TG_ECS_MEMBERS);
    put_event_section(&json, view, detail, stamp);
    put_dns(&json, view);
    put_network(&json, view);
    put_rule(&json, view, detail);
    TG_JSON_PUT(&json, ",");
    tg_json_put(&json, stamp->head->observer, stamp->head->observer_len);
    put_related(&json, view, detail);
    put_tldguard(&json, view, stamp);
    TG_JSON_PUT(&json, "}");
    return tg_json_end(&json);
}

static size_t format_fitting(
    const struct tg_view *view, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    size_t len = format(view, DETAIL_FULL, stamp, line, COMFORTABLE_LINE);

    if (len == 0)
        len = format(view, DETAIL_NO_COPIES, stamp, line, TG_EVENT_LINE_MAX);
    if (len == 0)
        len = format(view, DETAIL_LEAST, stamp, line, TG_EVENT_LINE_MAX);
    return len;
}

size_t tg_line_question(
    const struct tg_event *event, const struct tg_stamp *stamp, char line[TG_EVENT_LINE_MAX])
{
    struct tg_view view;
    struct tg_letterhead head;
    struct tg_stamp headed = *stamp;

    tg_view_make(event, &view);
    if (headed.head == NULL) {
        tg_letterhead_make(stamp->observer, stamp->series, &head);
        headed.head = &head;
    }
    return format_fitting(&view, &headed, line);
}
