/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which events somebody asks for. */
#include <arpa/inet.h>
#include <string.h>

#include "tldguard/event.h"
#include "tools/log.h"

#define MICRO 1000000

#define WORD(name, value, word) word,
static const char *const severities[] = {TG_SEVERITY_MAP(WORD)};
static const char *const modes[] = {TG_MODE_MAP(WORD)};
#undef WORD
static const char *const verdicts[] = {
    [TG_LOG_BLOCKED] = "blocked", [TG_LOG_WATCHED] = "watched", [TG_LOG_SERVICE] = "service"};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The place of a word in a table; its size when it is not there. */
static size_t place(const char *const *table, size_t count, struct tg_slice word)
{
    size_t i = 0;

    while (i < count && !tg_slice_is(word, table[i]))
        i++;
    return i;
}

static struct tg_slice slice(const char *text)
{
    return (struct tg_slice){text, strlen(text)};
}

_Static_assert(COUNT(severities) == TG_LOG_SEVERITIES, "each has its place");

unsigned tg_log_severity(struct tg_slice word)
{
    return (unsigned)place(severities, COUNT(severities), word);
}

const char *tg_log_severity_text(unsigned severity)
{
    return severity < COUNT(severities) ? severities[severity] : "not told";
}

/* "10.1.2.3", "10.1.0.0/16", "2001:db8::/32" */
static bool read_prefix(struct tg_log_filter *filter)
{
    const char *slash = strchr(filter->client, '/');
    const bool v6 = strchr(filter->client, ':') != NULL;
    const size_t len = slash ? (size_t)(slash - filter->client) : strlen(filter->client);
    char address[INET6_ADDRSTRLEN];
    uint64_t length = v6 ? 128 : 32;

    if (len >= sizeof(address))
        return false;
    memcpy(address, filter->client, len);
    address[len] = '\0';
    if (!tg_parse_client(address, &filter->prefix) ||
        (slash && (!tg_parse_count(slash + 1, &length) || length > (v6 ? 128 : 32))))
        return false;
    filter->prefix_len = (unsigned)length + (v6 ? 0 : 96);
    return true;
}

/* "2h", "2026-11-22", "2026-11-22T10:00Z", "2026-11-22T10:00:30Z" */
static bool read_when(const char *text, int64_t *time)
{
    static const char rest[] = "YYYY-MM-DDT00:00:00Z";
    char whole[sizeof(rest)];
    size_t len = strlen(text);
    uint64_t seconds;

    if (tg_parse_span(text, &seconds)) {
        *time = ((int64_t)tg_now() - (int64_t)seconds) * MICRO;
        return true;
    }
    if (tg_parse_stamp(slice(text), time))
        return true;
    if (len == 17 && text[16] == 'Z')
        len--; /* of a minute */
    if (len != 10 && len != 16)
        return false;
    memcpy(whole, rest, sizeof(rest));
    memcpy(whole, text, len);
    return tg_parse_stamp(slice(whole), time);
}

static int set_times(const struct tg_command *command, struct tg_log_filter *filter)
{
    const char *const given[] = {filter->since, filter->until};
    int64_t *const times[] = {&filter->from, &filter->to};

    for (int i = 0; i < 2; i++)
        if (given[i] && !read_when(given[i], times[i]))
            return tg_text_usage(command,
                "'%s' is neither a span as 2h nor a time as 2026-11-22 or 2026-11-22T10:00Z",
                given[i]);
    return -1;
}

static int set_words(const struct tg_command *command, struct tg_log_filter *filter)
{
    if (filter->severity) {
        filter->least = tg_log_severity(slice(filter->severity));
        if (filter->least == COUNT(severities))
            return tg_text_usage(
                command, "'%s' is not low, medium, high or critical", filter->severity);
    }
    if (filter->mode && place(modes, COUNT(modes), slice(filter->mode)) == COUNT(modes))
        return tg_text_usage(command, "'%s' is not monitor, mail-only or block", filter->mode);
    if (filter->verdict &&
        place(verdicts, COUNT(verdicts), slice(filter->verdict)) == COUNT(verdicts))
        return tg_text_usage(command, "'%s' is not blocked, watched or service", filter->verdict);
    return -1;
}

static void take(const struct tg_parsed *given, struct tg_log_filter *filter)
{
    *filter = (struct tg_log_filter){
        .client = given->value[TG_LOG_CLIENT],
        .name = given->value[TG_LOG_NAME],
        .type = given->value[TG_LOG_TYPE],
        .since = given->value[TG_LOG_SINCE],
        .until = given->value[TG_LOG_UNTIL],
        .severity = given->value[TG_LOG_SEVERITY],
        .rule = given->value[TG_LOG_RULE],
        .twin = given->value[TG_LOG_TWIN],
        .mode = given->value[TG_LOG_MODE],
        .verdict = given->value[TG_LOG_VERDICT],
        .group = given->value[TG_LOG_GROUP],
        .serial = given->value[TG_LOG_SERIAL],
    };
}

int tg_log_filter_set(
    const struct tg_command *command, const struct tg_parsed *given, struct tg_log_filter *filter)
{
    uint16_t type;
    int code;

    take(given, filter);
    filter->any = filter->client || filter->name || filter->type || filter->since ||
                  filter->until || filter->severity || filter->rule || filter->twin ||
                  filter->mode || filter->verdict || filter->group || filter->serial;
    if (filter->client && !read_prefix(filter))
        return tg_text_usage(
            command, "'%s' is neither an address nor one with a length", filter->client);
    if (filter->type) {
        if (!tg_parse_type(filter->type, &type))
            return tg_text_usage(command, "'%s' is no type", filter->type);
        (void)tg_rrtype_text(type, filter->type_text);
    }
    if (filter->serial && !tg_parse_count(filter->serial, &filter->number))
        return tg_text_usage(command, "'%s' is not a number", filter->serial);
    code = set_times(command, filter);
    return code < 0 ? set_words(command, filter) : code;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Whether a text, in any case, is what a pattern says: * any octets, ? one. NULL: it is. */
static bool like(const char *pattern, struct tg_slice text)
{
    const char *star = NULL;
    size_t at = 0, again = 0;

    if (!pattern)
        return true;
    if (!text.at)
        return false;
    while (at < text.len) {
        if (*pattern == '*') {
            star = ++pattern;
            again = at;
        } else if (*pattern && (*pattern == '?' || lower(*pattern) == lower(text.at[at]))) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star; /* the star takes one more */
            at = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool within(const struct tg_log_filter *filter, struct tg_slice client)
{
    const unsigned whole = filter->prefix_len / 8, bits = filter->prefix_len % 8;
    struct tg_address address;
    char text[INET6_ADDRSTRLEN];

    if (!client.at || client.len >= sizeof(text))
        return false;
    memcpy(text, client.at, client.len);
    text[client.len] = '\0';
    if (!tg_parse_client(text, &address) ||
        memcmp(address.octets, filter->prefix.octets, whole) != 0)
        return false;
    return bits == 0 || (address.octets[whole] ^ filter->prefix.octets[whole]) >> (8 - bits) == 0;
}

bool tg_log_filter_pass(const struct tg_log_filter *filter, const struct tg_logged *event)
{
    const struct tg_slice *field = event->field;

    if (!filter->any)
        return true;
    if ((filter->since && event->time < filter->from) ||
        (filter->until && event->time >= filter->to))
        return false;
    if (filter->verdict && strcmp(filter->verdict, verdicts[event->verdict]) != 0)
        return false;
    if (filter->type && !tg_slice_is(field[TG_FIELD_TYPE], filter->type_text))
        return false;
    if (filter->mode && !tg_slice_is(field[TG_FIELD_MODE], filter->mode))
        return false;
    if (filter->serial &&
        (!field[TG_FIELD_SERIAL].at || tg_slice_count(field[TG_FIELD_SERIAL]) != filter->number))
        return false;
    if (filter->severity) {
        const unsigned level = tg_log_severity(field[TG_FIELD_SEVERITY]);
        if (level < filter->least || level == COUNT(severities))
            return false;
    }
    return like(filter->name, field[TG_FIELD_NAME]) && like(filter->rule, field[TG_FIELD_RULE]) &&
           like(filter->twin, field[TG_FIELD_TWIN]) && like(filter->group, field[TG_FIELD_GROUP]) &&
           (!filter->client || within(filter, field[TG_FIELD_CLIENT]));
}
