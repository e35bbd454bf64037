/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * An event of a line of JSON, in one pass and without a tree: a log has tens of millions of
 * lines, and of each a few members are asked for. All of the line is checked nevertheless; half
 * an event must not count as one.
 */
#include <string.h>

#include "tools/log.h"
#include "tools/log_token.h"

#define DEPTH_MAX 64

/* A member that is needed: a field, or an object that has some. */
struct node {
    const char *name;
    uint8_t len;
    uint8_t id; /* an enum tg_field, or above them */
    uint8_t count;
    const struct node *members;
};

#define FIELD(name, id)                                \
    {                                                  \
        name, sizeof(name) - 1, TG_FIELD_##id, 0, NULL \
    }
#define OBJECT(name, id, members)                                                               \
    {                                                                                           \
        name, sizeof(name) - 1, TG_FIELDS + (id), sizeof(members) / sizeof(members[0]), members \
    }

static const struct node event_members[] = {
    FIELD("action", ACTION), FIELD("id", ID), FIELD("sequence", SEQUENCE)};
static const struct node question_members[] = {FIELD("name", NAME), FIELD("type", TYPE)};
static const struct node dns_members[] = {
    FIELD("response_code", RCODE), OBJECT("question", 0, question_members)};
static const struct node source_members[] = {FIELD("ip", CLIENT), FIELD("mac", MAC)};
static const struct node rule_members[] = {FIELD("id", RULE)};
static const struct node observer_members[] = {FIELD("hostname", HOST)};
static const struct node error_members[] = {FIELD("message", ERROR)};
static const struct node client_members[] = {FIELD("ecs", ECS)};
static const struct node tldguard_members[] = {FIELD("mode", MODE), FIELD("reply", REPLY),
    FIELD("severity", SEVERITY), FIELD("via", VIA), FIELD("twin", TWIN), FIELD("group", GROUP),
    OBJECT("client", 1, client_members), FIELD("transport", TRANSPORT), FIELD("serial", SERIAL),
    FIELD("boot", BOOT), FIELD("log", SERIES), FIELD("lost", LOST), FIELD("crash", CRASH),
    FIELD("chain", CHAIN)};
static const struct node root_members[] = {FIELD("@timestamp", TIME), FIELD("message", MESSAGE),
    OBJECT("event", 2, event_members), OBJECT("dns", 3, dns_members),
    OBJECT("source", 4, source_members), OBJECT("rule", 5, rule_members),
    OBJECT("observer", 6, observer_members), OBJECT("error", 7, error_members),
    OBJECT("tldguard", 8, tldguard_members)};
static const struct node root = OBJECT("", 9, root_members);
_Static_assert(TG_FIELDS + 10 <= 64, "what was seen is kept as bits");

enum kind { KIND_TEXT, KIND_COUNT, KIND_TRUTH };
#define KIND_OF(name, kind) [TG_FIELD_##name] = KIND_##kind,
static const uint8_t kinds[TG_FIELDS] = {TG_FIELD_MAP(KIND_OF)};
#undef KIND_OF

static const char wrong_kind[] = "a member of another kind than in our events";

struct scan {
    struct tg_token_cursor token;
    struct tg_scanner *scanner;
    struct tg_logged *out;
    uint64_t seen; /* nodes, as bits */
};

static bool fail(struct scan *scan, const char *why)
{
    return tg_token_fail(&scan->token, why);
}

static const struct node *find(const struct node *in, struct tg_slice key)
{
    if (!in)
        return NULL;
    for (size_t i = 0; i < in->count; i++)
        if (in->members[i].len == key.len && in->members[i].name[0] == *key.at &&
            memcmp(in->members[i].name, key.at, key.len) == 0)
            return &in->members[i];
    return NULL;
}

/* What a string stands for: itself, or decoded behind what was decoded before. */
static struct tg_slice text_of(struct tg_scanner *scanner, const struct tg_token_string *string)
{
    char *to = scanner->decoded + scanner->decoded_len;

    if (!string->escaped)
        return string->raw;
    /* Never longer than it is written, so that there is room for all of a line. */
    return (struct tg_slice){to, tg_token_decode(string->raw, to)};
}

static bool count(struct scan *scan, struct tg_slice *out)
{
    if (!tg_token_number(&scan->token, out))
        return false;
    if (out->len > 19 || memchr(out->at, '-', out->len) || memchr(out->at, '.', out->len) ||
        memchr(out->at, 'e', out->len) || memchr(out->at, 'E', out->len))
        return fail(scan, "a count that is none");
    return true;
}

static bool truth(struct scan *scan, struct tg_slice *out)
{
    const char *word = *scan->token.at == 't' ? "true" : "false";

    if (*scan->token.at != *word)
        return fail(scan, wrong_kind);
    *out = (struct tg_slice){scan->token.at, strlen(word)};
    return tg_token_word(&scan->token, word);
}

/* A value that is a field. */
static bool field(struct scan *scan, const struct node *node)
{
    struct tg_slice *out = &scan->out->field[node->id];
    struct tg_token_string string;

    if (kinds[node->id] == KIND_COUNT)
        return count(scan, out);
    if (kinds[node->id] == KIND_TRUTH)
        return truth(scan, out);
    if (*scan->token.at != '"')
        return fail(scan, wrong_kind);
    if (!tg_token_string(&scan->token, &string))
        return false;
    *out = text_of(scan->scanner, &string);
    if (string.escaped)
        scan->scanner->decoded_len += out->len;
    return true;
}

static bool value(struct scan *scan, const struct node *node, unsigned depth);

static bool member(struct scan *scan, const struct node *in, unsigned depth)
{
    struct tg_token_string key;
    const struct node *node;

    if (!tg_token_string(&scan->token, &key))
        return false;
    node = in ? find(in, text_of(scan->scanner, &key)) : NULL;
    if (!tg_token_skip(&scan->token, ':'))
        return false;
    if (node) {
        if ((scan->seen >> node->id & 1) != 0)
            return fail(scan, "a member that stands twice");
        scan->seen |= UINT64_C(1) << node->id;
    }
    return value(scan, node, depth);
}

/* The members of an object up to '}', or the values of an array up to ']', of which none is wanted.
 */
static bool list(struct scan *scan, const struct node *in, unsigned depth, char end)
{
    scan->token.at++;
    tg_token_blank(&scan->token);
    if (*scan->token.at == end && scan->token.at < scan->token.end) {
        scan->token.at++;
        return true;
    }
    for (;;) {
        if (!(end == '}' ? member(scan, in, depth) : value(scan, NULL, depth)))
            return false;
        tg_token_blank(&scan->token);
        if (*scan->token.at != ',')
            break;
        scan->token.at++;
        tg_token_blank(&scan->token);
    }
    return tg_token_skip(&scan->token, end);
}

static bool value(struct scan *scan, const struct node *node, unsigned depth)
{
    struct tg_token_string string;
    struct tg_slice number;

    if (depth >= DEPTH_MAX)
        return fail(scan, "nested too deeply");
    if (scan->token.at >= scan->token.end)
        return fail(scan, "no value");
    if (node && !node->members)
        return field(scan, node);
    if (node && *scan->token.at != '{')
        return fail(scan, depth == 0 ? "no JSON object" : wrong_kind);
    switch (*scan->token.at) {
    case '{':
        return list(scan, node, depth + 1, '}');
    case '[':
        return list(scan, NULL, depth + 1, ']');
    case '"':
        return tg_token_string(&scan->token, &string);
    case 't':
        return tg_token_word(&scan->token, "true");
    case 'f':
        return tg_token_word(&scan->token, "false");
    case 'n':
        return tg_token_word(&scan->token, "null");
    default:
        return tg_token_number(&scan->token, &number);
    }
}

/* What every event has; and what kind it is. */
static bool judge(struct scan *scan)
{
    struct tg_logged *event = scan->out;
    const struct tg_slice action = event->field[TG_FIELD_ACTION];

    if (!action.at || !event->field[TG_FIELD_TIME].at)
        return fail(scan, "no event: it lacks event.action or @timestamp");
    if (!tg_parse_stamp(event->field[TG_FIELD_TIME], &event->time))
        return fail(scan, "its @timestamp is no time");
    if (action.len < 4 || memcmp(action.at, "dns-", 4) != 0) {
        event->verdict = TG_LOG_SERVICE;
        return true;
    }
    event->verdict = tg_slice_is(action, "dns-observe") ? TG_LOG_WATCHED : TG_LOG_BLOCKED;
    if (!event->field[TG_FIELD_NAME].at)
        return fail(scan, "a question without a name");
    return true;
}

static enum tg_broken kind_of(const struct scan *scan, struct tg_slice line)
{
    static const char start[] = "{\"@timestamp\"";

    if (line.len > 1 && memmem(line.at + 1, line.len - 1, start, sizeof(start) - 1))
        return TG_BROKEN_GLUED;
    return scan->token.at >= scan->token.end ? TG_BROKEN_TORN : TG_BROKEN_SYNTAX;
}

enum tg_broken tg_scan(struct tg_scanner *scanner, struct tg_slice line, struct tg_logged *out)
{
    struct scan scan = {{line.at, line.at + line.len, NULL}, scanner, out, 0};
    bool good;

    memset(out->field, 0, sizeof(out->field));
    out->line = line;
    scanner->decoded_len = 0;
    tg_token_blank(&scan.token);
    good = value(&scan, &root, 0);
    if (good) {
        tg_token_blank(&scan.token);
        if (scan.token.at < scan.token.end)
            good = fail(&scan, "something behind its end");
        else if (judge(&scan))
            return TG_BROKEN_NOT;
        else
            scan.token.at = line.at; /* it is whole */
    }
    scanner->why = scan.token.why;
    scanner->column = (size_t)(scan.token.at - line.at) + 1;
    return kind_of(&scan, line);
}

uint64_t tg_slice_count(struct tg_slice digits)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits.len; i++)
        value = value * 10 + (uint64_t)(digits.at[i] - '0');
    return value;
}

bool tg_slice_is(struct tg_slice slice, const char *text)
{
    return slice.at && strlen(text) == slice.len && memcmp(slice.at, text, slice.len) == 0;
}
