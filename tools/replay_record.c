/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The forms in which resolvers record questions. Each line tells its own form. */
#include <string.h>

#include "tools/replay.h"

/* Splits at blanks, in place. @return how many words there are, most at the most. */
static size_t split(char *text, char **words, size_t most)
{
    size_t count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(text, " \t\r", &rest); word && count < most;
         word = strtok_r(NULL, " \t\r", &rest))
        words[count++] = word;
    return count;
}

static bool read_type(struct tg_record_reader *reader, const char *text, uint16_t *qtype)
{
    if (strcmp(text, reader->type) != 0 || !*text) {
        if (strlen(text) >= sizeof(reader->type) || !tg_parse_type(text, &reader->qtype))
            return false;
        strcpy(reader->type, text);
    }
    *qtype = reader->qtype;
    return true;
}

static bool read_question(struct tg_record_reader *reader, const char *client, const char *name,
    const char *type, struct tg_record *out)
{
    out->told = out->blocked = false;
    out->qclass = TG_CLASS_IN;
    out->qname.wire = out->wire;
    out->has_client = client != NULL;
    if (client && !tg_parse_client(client, &out->client))
        return false;
    return read_type(reader, type, &out->qtype) &&
           tg_dname_from_text(name, strlen(name), out->wire, &out->qname.len, NULL) == TG_OK;
}

static bool is_in(const char *class)
{
    return strcasecmp(class, "IN") == 0;
}

/* "10.1.2.3 army.ml MX", with or without a class. */
static enum tg_record_kind read_plain(
    struct tg_record_reader *reader, char *line, struct tg_record *out)
{
    char *words[5];
    size_t count;

    line[strcspn(line, "#")] = '\0';
    count = split(line, words, 5);
    if (count == 0)
        return TG_RECORD_OTHER;
    if (count < 3 || count > 4 || !read_question(reader, words[0], words[1], words[2], out))
        return TG_RECORD_UNREADABLE;
    if (count == 4 && !is_in(words[3]))
        out->qclass = 0; /* of another class nothing is decided */
    return TG_RECORD_QUESTION;
}

/*
 * What Unbound's log_vmsg() puts before a message: "[pid:thread] level: ". With
 * log-tag-queryreply the level is "query" or "reply". NULL: it is another program's line.
 */
static char *unbound_message(char *line)
{
    for (char *at = strchr(line, ']'); at; at = strchr(at + 1, ']')) {
        size_t word;
        if (at[1] != ' ')
            continue;
        word = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz");
        if (word && at[2 + word] == ':' && at[3 + word] == ' ')
            return at + 4 + word;
    }
    return NULL;
}

/* "10.1.2.3 army.ml. MX IN", and in replies: rcode, seconds, cached, size. */
static enum tg_record_kind read_unbound(
    struct tg_record_reader *reader, char *message, struct tg_record *out)
{
    char *words[9];
    const size_t count = split(message, words, 9);

    if ((count != 4 && count != 8) || !read_question(reader, words[0], words[1], words[2], out))
        return TG_RECORD_OTHER;
    if (!is_in(words[3]))
        out->qclass = 0;
    if (count == 4)
        reader->queries = true;
    else if (reader->queries)
        return TG_RECORD_REPLY;
    return TG_RECORD_QUESTION;
}

/* Our own log; see tldguard/event.h. */
static enum tg_record_kind read_event(
    struct tg_record_reader *reader, const char *line, size_t len, struct tg_record *out)
{
    enum tg_record_kind kind = TG_RECORD_UNREADABLE;
    const char *client = NULL, *name = NULL, *type = NULL, *class = NULL, *reply = NULL,
               *via = NULL;
    json_t *event = json_loadb(line, len, 0, NULL);

    if (!event)
        return kind;
    if (json_unpack(event, "{s?:{s?:s}, s:{s:{s:s, s:s, s?:s}}, s?:{s?:s, s?:s}}", "source", "ip",
            &client, "dns", "question", "name", &name, "type", &type, "class", &class, "tldguard",
            "reply", &reply, "via", &via) != 0) {
        /* An account of lost events, or of a policy that was loaded. */
        kind = json_object_get(event, "event") && !json_object_get(event, "dns")
                   ? TG_RECORD_OTHER
                   : TG_RECORD_UNREADABLE;
    } else if (read_question(reader, client, name, type, out)) {
        /* Stopped for a name that the answer led to: the question itself was let through, and
         * no answer is replayed. */
        out->told = reply != NULL && !via;
        out->blocked = out->told && strcmp(reply, tg_reply_text(TG_REPLY_PASS)) != 0;
        if (class && !is_in(class))
            out->qclass = 0;
        kind = TG_RECORD_QUESTION;
    }
    json_decref(event);
    return kind;
}

enum tg_record_kind tg_record_read(
    struct tg_record_reader *reader, char *line, size_t len, struct tg_record *out)
{
    const size_t blank = strspn(line, " \t");
    char *message;

    if (len > TG_REPLAY_LINE_MAX || strlen(line) != len)
        return TG_RECORD_UNREADABLE;
    if (line[blank] == '{')
        return read_event(reader, line, len, out);
    if (line[blank] == '#')
        return TG_RECORD_OTHER;
    message = unbound_message(line);
    return message ? read_unbound(reader, message, out) : read_plain(reader, line, out);
}
