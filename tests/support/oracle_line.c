/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/oracle_line.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMFORTABLE 4096

enum detail { FULL, NO_COPIES, LEAST };

/* Everything in words, before it is escaped; "": there is none. */
struct words {
    char qname[TG_DNAME_TEXT_MAX], via[TG_DNAME_TEXT_MAX], twin[TG_DNAME_TEXT_MAX];
    char owner[TG_DNAME_TEXT_MAX], target[TG_DNAME_TEXT_MAX], tld[TG_DNAME_TEXT_MAX];
    char client[INET6_ADDRSTRLEN], ecs[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
    char qtype[16];
    bool ipv4;
    const char *verb, *action;
    bool denied;
};

static bool is_name(const uint8_t *wire, size_t len)
{
    size_t found;

    return tg_dname_check(wire, len, &found) == TG_OK && found == len;
}

/* The text of a name from a label on; "" when none starts there. */
static void text_from(const uint8_t *wire, size_t len, size_t at, char *text)
{
    size_t start = 0;

    text[0] = '\0';
    if (!is_name(wire, len))
        return;
    while (start < at && start < len)
        start += 1u + wire[start];
    if (start == at && start < len)
        (void)tg_dname_to_text(wire + at, len - at, text);
}

static void name_words(const struct tg_event *event, struct words *words)
{
    const bool has_via = is_name(event->via, event->via_len);
    const uint8_t *judged = has_via ? event->via : event->qname;
    const size_t judged_len = has_via ? event->via_len : event->qname_len;

    text_from(event->qname, event->qname_len, 0, words->qname);
    text_from(event->via, event->via_len, 0, words->via);
    text_from(event->twin, event->twin_len, 0, words->twin);
    words->tld[0] = '\0';
    if (words->qname[0] != '\0' && event->qname_len > 1)
        text_from(event->qname, event->qname_len, tg_dname_last_label(event->qname), words->tld);
    text_from(judged, judged_len, event->owner_at, words->owner);
    words->target[0] = '\0';
    if (words->owner[0] != '\0')
        text_from(event->twin, event->twin_len, event->owner_at, words->target);
    else if (is_name(judged, judged_len))
        text_from(judged, judged_len, tg_dname_last_label(judged), words->owner);
}

static void address(uint8_t family, const uint8_t *octets, char text[INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (family == 4 || family == 6)
        (void)inet_ntop(family == 4 ? AF_INET : AF_INET6, octets, text, INET6_ADDRSTRLEN);
}

static void client_words(const struct tg_event *event, struct words *words)
{
    struct in6_addr client;

    address(event->family, event->address, words->client);
    address(event->ids.ecs.family, event->ids.ecs.octets, words->ecs);
    address(event->ids.umbrella.remote.family, event->ids.umbrella.remote.octets, words->remote);
    words->ipv4 = event->family == 4;
    memcpy(&client, event->address, sizeof(client));
    if (event->family == 6 && IN6_IS_ADDR_V4MAPPED(&client)) {
        words->ipv4 = true;
        address(4, event->address + 12, words->client);
    }
}

static void deed_words(const struct tg_event *event, struct words *words)
{
    words->denied = event->reply != TG_REPLY_PASS;
    if (event->reply == TG_REPLY_PASS) {
        words->verb = "observed";
        words->action = "dns-observe";
    } else if (event->reply == TG_REPLY_SINKHOLE_A || event->reply == TG_REPLY_SINKHOLE_AAAA ||
               event->reply == TG_REPLY_SINKHOLE_MX) {
        words->verb = "sinkholed";
        words->action = "dns-sinkhole";
    } else if (event->mode == TG_MODE_MAIL_ONLY) {
        words->verb = "blocked mail lookup";
        words->action = "dns-mail-block";
    } else {
        words->verb = "blocked";
        words->action = "dns-block";
    }
}

/* A text in JSON, octet by octet, of so many bytes at most; without quotation marks. */
static void escaped(FILE *out, const char *text, size_t limit)
{
    for (; *text != '\0'; text++) {
        const uint8_t c = (uint8_t)*text;
        const size_t takes = c == '"' || c == '\\' ? 2 : c < 0x20 || c > 0x7e ? 6 : 1;

        if (takes > limit)
            return;
        limit -= takes;
        if (takes == 2)
            fprintf(out, "\\%c", c);
        else if (takes == 6)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
}

static void say(FILE *out, const char *text)
{
    escaped(out, text, SIZE_MAX);
}

/* "key":"text", with what stands before it. */
static void member(FILE *out, const char *before, const char *key, const char *text)
{
    fprintf(out, "%s\"%s\":\"", before, key);
    say(out, text);
    fputc('"', out);
}

static void message(FILE *out, const struct words *w, enum detail detail)
{
    fprintf(out, ",\"message\":\"%s %s", w->verb, w->qtype);
    if (detail == FULL) {
        fputc(' ', out);
        say(out, w->qname);
    }
    fprintf(out, " for %s", w->client[0] != '\0' ? w->client : "an unknown client");
    if (detail != FULL)
        fputs(": the name is long, see dns.question.name", out);
    if (detail == FULL && w->via[0] != '\0') {
        fputs(": leads to ", out);
        say(out, w->via);
    }
    if (detail == FULL && w->twin[0] != '\0') {
        fprintf(out, "%s looks like ", w->via[0] != '\0' ? "," : ":");
        say(out, w->twin);
    }
    fputc('"', out);
}

static void rule_in_brackets(FILE *out, const struct words *w)
{
    fputs(" (rule ", out);
    say(out, w->owner);
    fputs(")", out);
}

static void reason(
    FILE *out, const struct words *w, enum detail detail, const struct tg_event *event)
{
    fputs(",\"reason\":\"", out);
    if (detail == FULL && w->via[0] != '\0') {
        fputs("leads to ", out);
        say(out, w->via);
        fputs(", ", out);
    }
    if (detail == FULL && w->twin[0] != '\0') {
        fputs("look-alike of ", out);
        say(out, w->twin);
        rule_in_brackets(out, w);
    } else if (event->kind == TG_KIND_TLD) {
        fputs("look-alike TLD", out);
    } else {
        fputs("blocked by policy", out);
        if (detail == FULL)
            rule_in_brackets(out, w);
    }
    fputc('"', out);
}

static void event_section(FILE *out, const struct words *w, enum detail detail,
    const struct tg_event *event, const struct tg_stamp *stamp)
{
    static const int scale[] = {21, 47, 73, 99};

    fprintf(out,
        ",\"event\":{\"kind\":\"%s\",\"category\":[\"network\"],\"type\":[\"%s\",\"protocol\"],"
        "\"action\":\"%s\",\"outcome\":\"success\",\"severity\":%d",
        w->denied ? "alert" : "event", w->denied ? "denied" : "allowed", w->action,
        scale[event->severity < 4 ? event->severity : 3]);
    reason(out, w, detail, event);
    fputs(",\"module\":\"tldguard\",\"dataset\":\"tldguard.block\",\"provider\":\"tldguard\","
          "\"id\":\"",
        out);
    escaped(out, stamp->observer->hostname, 255);
    fputc('-', out);
    escaped(out, stamp->observer->boot, 64);
    fprintf(out, "-%" PRIu64 "\",\"sequence\":%" PRIu64 "}", stamp->sequence, stamp->sequence);
}

/* A word, or a prefix and a number. */
static void numbered(
    FILE *out, const char *key, const char *word, const char *prefix, unsigned number)
{
    if (word != NULL)
        fprintf(out, ",\"%s\":\"%s\"", key, word);
    else
        fprintf(out, ",\"%s\":\"%s%u\"", key, prefix, number);
}

static void dns(FILE *out, const struct words *w, const struct tg_event *event)
{
    static const char *const rcodes[256] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
        "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"};
    const unsigned c = event->qclass;
    const char *comma = "";

    fputs(",\"dns\":{\"type\":\"answer\",\"op_code\":\"QUERY\"", out);
    if ((event->flags & (TG_FLAG_RD | TG_FLAG_CD | TG_FLAG_DO)) != 0) {
        fputs(",\"header_flags\":[", out);
        for (unsigned i = 0; i < 3; i++) {
            static const unsigned bits[] = {TG_FLAG_RD, TG_FLAG_CD, TG_FLAG_DO};
            static const char *const words[] = {"RD", "CD", "DO"};

            if ((event->flags & bits[i]) == 0)
                continue;
            fprintf(out, "%s\"%s\"", comma, words[i]);
            comma = ",";
        }
        fputs("]", out);
    }
    numbered(out, "response_code", rcodes[event->rcode], "RCODE", event->rcode);
    member(out, ",\"question\":{", "name", w->qname);
    member(out, ",", "type", w->qtype);
    numbered(out, "class",
        c == 1     ? "IN"
        : c == 3   ? "CH"
        : c == 4   ? "HS"
        : c == 254 ? "NONE"
        : c == 255 ? "ANY"
                   : NULL,
        "CLASS", c);
    if (w->tld[0] != '\0')
        member(out, ",", "top_level_domain", w->tld);
    fputs("}}", out);
}

static void network(FILE *out, const struct words *w, const struct tg_event *event)
{
    const struct tg_client_ids *ids = &event->ids;

    if (w->client[0] != '\0') {
        fprintf(out, ",\"source\":{\"ip\":\"%s\",\"port\":%u", w->client, event->port);
        if (ids->mac_len >= TG_MAC_MIN && ids->mac_len <= TG_MAC_MAX) {
            fputs(",\"mac\":\"", out);
            for (unsigned i = 0; i < ids->mac_len; i++)
                fprintf(out, "%s%02X", i > 0 ? "-" : "", ids->mac[i]);
            fputc('"', out);
        }
        fputc('}', out);
    }
    fputs(",\"network\":{", out);
    if (event->transport <= TG_TRANSPORT_DOQ)
        fprintf(out, "\"transport\":\"%s\",",
            event->transport == TG_TRANSPORT_UDP || event->transport == TG_TRANSPORT_DOQ ? "udp"
                                                                                         : "tcp");
    fputs("\"protocol\":\"dns\"", out);
    if (w->client[0] != '\0')
        fprintf(out, ",\"type\":\"%s\"", w->ipv4 ? "ipv4" : "ipv6");
    fputc('}', out);
}

static void rule(FILE *out, const struct words *w, enum detail detail, const struct tg_event *event)
{
    member(out, ",\"rule\":{", "id", w->owner);
    if (detail != LEAST) {
        fputs(",\"name\":\"", out);
        say(out, w->owner);
        if (w->target[0] != '\0') {
            fputs(" looks like ", out);
            say(out, w->target);
        }
        fputc('"', out);
    }
    fprintf(out, ",\"category\":\"%s\",\"ruleset\":\"tldguard\",\"version\":\"%" PRIu32 "\"}",
        event->kind == TG_KIND_TLD ? "look-alike-tld" : "listed-name", event->serial);
}

/* The client's address, and those that were told whole, each once. */
static void related_ip(FILE *out, const struct words *w, const struct tg_event *event)
{
    const struct tg_id_address *ecs = &event->ids.ecs;
    const bool whole = w->ecs[0] != '\0' && ecs->length == (ecs->family == 4 ? 32 : 128);

    fprintf(out, "\"ip\":[\"%s\"", w->client);
    if (whole && strcmp(w->ecs, w->client) != 0)
        fprintf(out, ",\"%s\"", w->ecs);
    if (w->remote[0] != '\0' && strcmp(w->remote, w->client) != 0 &&
        !(whole && strcmp(w->remote, w->ecs) == 0))
        fprintf(out, ",\"%s\"", w->remote);
    fputc(']', out);
}

static void related(
    FILE *out, const struct words *w, enum detail detail, const struct tg_event *event)
{
    const char *const names[] = {w->qname, w->via, w->twin};
    const bool hosts = detail == FULL && w->qname[0] != '\0';
    const char *comma = "";

    if (!hosts && w->client[0] == '\0')
        return;
    fputs(",\"related\":{", out);
    if (w->client[0] != '\0')
        related_ip(out, w, event);
    if (hosts) {
        fprintf(out, "%s\"hosts\":[", w->client[0] != '\0' ? "," : "");
        for (size_t i = 0; i < 3; i++) {
            if (names[i][0] == '\0')
                continue;
            fprintf(out, "%s\"", comma);
            say(out, names[i]);
            fputc('"', out);
            comma = ",";
        }
        fputc(']', out);
    }
    fputc('}', out);
}

/* The characters of UTF-8 as \uXXXX, what is none octet by octet; see test_json.c. */
static void group(FILE *out, const struct tg_event *event)
{
    char text[TG_EVENT_GROUP_MAX];

    memcpy(text, event->group, sizeof(text));
    text[sizeof(text) - 1] = '\0';
    if (text[0] == '\0')
        return;
    fputs(",\"group\":\"", out);
    for (const uint8_t *at = (const uint8_t *)text; *at != 0;) {
        const uint32_t first = at[0];
        const unsigned len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        uint32_t c = len == 1 ? first : first & (0xffu >> (len + 1));
        bool good = first < 0x80 || (first >= 0xc2 && first < 0xf5);

        for (unsigned i = 1; good && i < len; i++) {
            good = (at[i] & 0xc0) == 0x80;
            c = c << 6 | (at[i] & 0x3fu);
        }
        if (len == 3)
            good = good && c >= 0x800 && (c < 0xd800 || c > 0xdfff);
        if (len == 4)
            good = good && c >= 0x10000 && c <= 0x10ffff;
        if (!good || len == 1)
            escaped(out, (const char[]){(char)first, '\0'}, SIZE_MAX);
        else if (len < 4)
            fprintf(out, "\\u%04" PRIx32, c);
        else
            fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((c - 0x10000) >> 10),
                0xdc00 + ((c - 0x10000) & 0x3ff));
        at += good ? len : 1;
    }
    fputc('"', out);
}

static void umbrella(FILE *out, const struct words *w, const struct tg_umbrella *of)
{
    const char *comma = "";

    fputs("\"umbrella\":{", out);
    if ((of->has & TG_UMBRELLA_ORGANIZATION) != 0) {
        fprintf(out, "\"organization\":%" PRIu32, of->organization);
        comma = ",";
    }
    if ((of->has & TG_UMBRELLA_DEVICE) != 0) {
        fprintf(out, "%s\"device\":\"", comma);
        for (size_t i = 0; i < sizeof(of->device); i++)
            fprintf(out, "%02x", of->device[i]);
        fputc('"', out);
        comma = ",";
    }
    if (w->remote[0] != '\0')
        fprintf(out, "%s\"ip\":\"%s\"", comma, w->remote);
    fputc('}', out);
}

/* What was told of the client; nothing when that is nothing. */
static void client(FILE *out, const struct words *w, const struct tg_client_ids *ids)
{
    const bool has_umbrella =
        (ids->umbrella.has & (TG_UMBRELLA_ORGANIZATION | TG_UMBRELLA_DEVICE)) != 0 ||
        w->remote[0] != '\0';
    bool has_id = ids->cpe_id_len > 0 && ids->cpe_id_len <= TG_CPE_ID_MAX;
    const char *comma = ",\"client\":{";

    for (size_t i = 0; has_id && i < ids->cpe_id_len; i++)
        has_id = ids->cpe_id[i] >= ' ' && ids->cpe_id[i] <= '~';
    if (w->ecs[0] != '\0') {
        fprintf(out, "%s\"ecs\":\"%s/%u\"", comma, w->ecs, ids->ecs.length);
        comma = ",";
    }
    if (has_id) {
        char text[TG_CPE_ID_MAX + 1];

        (void)snprintf(text, sizeof(text), "%.*s", ids->cpe_id_len, ids->cpe_id);
        member(out, comma, "cpe_id", text);
        comma = ",";
    }
    if (has_umbrella) {
        fputs(comma, out);
        umbrella(out, w, &ids->umbrella);
        comma = ",";
    }
    if ((ids->malformed & TG_ID_ALL) != 0) {
        const char *between = "";

        fprintf(out, "%s\"malformed\":[", comma);
#define SAY_WORD(name, bit, word)                \
    if ((ids->malformed & (bit)) != 0) {         \
        fprintf(out, "%s\"%s\"", between, word); \
        between = ",";                           \
    }
        TG_ID_MAP(SAY_WORD)
#undef SAY_WORD
        fputc(']', out);
        comma = ",";
    }
    if (strcmp(comma, ",") == 0)
        fputc('}', out);
}

static uint64_t mix(uint64_t hash, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) /* FNV-1a */
        hash = (hash ^ octets[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t incident(const struct tg_event *event)
{
    uint64_t hash = mix(UINT64_C(14695981039346656037), &event->family, 1);

    hash = mix(hash, event->address, event->family == 4 ? 4 : 16);
    hash = mix(hash, event->qname, event->qname_len);
    return mix(hash, event->via, event->via_len);
}

static void ties(FILE *out, const struct tg_stamp *stamp)
{
    fputs(",\"boot\":\"", out);
    escaped(out, stamp->observer->boot, 64);
    fputc('"', out);
    if (stamp->series != NULL)
        member(out, ",", "log", stamp->series);
    if (stamp->lost > 0)
        fprintf(out, ",\"lost\":%" PRIu64, stamp->lost);
    if (stamp->crash)
        fputs(",\"crash\":true", out);
    if (stamp->chain != NULL)
        member(out, ",", "chain", stamp->chain);
}

static void tldguard(
    FILE *out, const struct words *w, const struct tg_event *event, const struct tg_stamp *stamp)
{
    static const char *const known[] = {[TG_KNOWN_LISTED] = "listed",
        [TG_KNOWN_NOT] = "not",
        [TG_KNOWN_ASK] = "ask",
        [TG_KNOWN_FOUND] = "found",
        [TG_KNOWN_FAILED] = "failed"};

    member(out, ",\"tldguard\":{", "mode", tg_mode_text((enum tg_mode)event->mode));
    if (event->mode == TG_MODE_BLOCK)
        member(out, ",", "action", tg_action_text((enum tg_action)event->action));
    member(out, ",", "reply", tg_reply_text((enum tg_reply)event->reply));
    member(out, ",", "severity", tg_severity_text((enum tg_severity)event->severity));
    if (w->via[0] != '\0')
        member(out, ",", "via", w->via);
    if (w->twin[0] != '\0')
        member(out, ",", "twin", w->twin);
    if (event->known < sizeof(known) / sizeof(known[0]) && known[event->known] != NULL)
        member(out, ",", "twin_known", known[event->known]);
    group(out, event);
    client(out, w, &event->ids);
    member(out, ",", "transport", tg_transport_text((enum tg_transport)event->transport));
    fprintf(out, ",\"incident\":\"%016" PRIx64 "\",\"serial\":%" PRIu32, incident(event),
        event->serial);
    ties(out, stamp);
    fputc('}', out);
}

static char *render(const struct words *w, enum detail detail, const struct tg_event *event,
    const struct tg_stamp *stamp)
{
    char *line = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&line, &len);
    struct tm tm;

    if (out == NULL)
        return NULL;
    (void)gmtime_r(&event->time.tv_sec, &tm);
    fprintf(out, "{\"@timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\"", tm.tm_year + 1900,
        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, event->time.tv_nsec / 1000);
    message(out, w, detail);
    fputs(",\"ecs\":{\"version\":\"8.17.0\"}", out);
    event_section(out, w, detail, event, stamp);
    dns(out, w, event);
    network(out, w, event);
    rule(out, w, detail, event);
    fputs(",\"observer\":{\"vendor\":\"tldguard\",\"product\":\"tldguard\",\"type\":"
          "\"dns-resolver\",\"version\":\"" TG_VERSION "\",\"hostname\":\"",
        out);
    escaped(out, stamp->observer->hostname, 255);
    fputs("\"}", out);
    related(out, w, detail, event);
    tldguard(out, w, event, stamp);
    fputs("}\n", out);
    return fclose(out) == 0 ? line : NULL;
}

char *oracle_line(const struct tg_event *event, const struct tg_stamp *stamp)
{
    struct words words;
    char *line;

    name_words(event, &words);
    client_words(event, &words);
    deed_words(event, &words);
    (void)tg_rrtype_text(event->qtype, words.qtype);
    line = render(&words, FULL, event, stamp);
    if (line != NULL && strlen(line) >= COMFORTABLE) {
        free(line);
        line = render(&words, NO_COPIES, event, stamp);
    }
    if (line != NULL && strlen(line) >= TG_EVENT_LINE_MAX) {
        free(line);
        line = render(&words, LEAST, event, stamp);
    }
    return line;
}
