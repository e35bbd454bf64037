/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * List files: names, one a line, in the forms that lists are found in: plain,
 * with a wildcard or a leading dot, as /etc/hosts has them, as ad blockers do.
 * What is not clearly a name is an error: a list is not read by guessing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* One read. */
struct list {
    struct tg_parse *p;
    struct tg_yaml *doc;
    const char *key; /* it stands under, for messages */
    uint32_t source;
    uint32_t rule;
    bool exact;
    size_t bad;     /* lines that were not taken */
    size_t next_at; /* where the first one is that is not shown */
};

/* A stretch of the text. */
struct word {
    const char *text;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool word_is(struct word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.text, text, word.len) == 0;
}

static bool starts_with(struct word word, const char *text)
{
    size_t len = strlen(text);
    return word.len >= len && memcmp(word.text, text, len) == 0;
}

/* Takes the next word off the front of a line; its length is 0 when there is none. */
static struct word next_word(struct word *line)
{
    while (line->len > 0 && is_blank(line->text[0])) {
        line->text++;
        line->len--;
    }
    struct word word = {line->text, 0};
    while (word.len < line->len && !is_blank(line->text[word.len]))
        word.len++;
    line->text += word.len;
    line->len -= word.len;
    return word;
}

static size_t place_of(const struct list *l, const char *text)
{
    return (size_t)(text - l->doc->text);
}

/* An address, with or without the interface that "fe80::1%lo0" has behind it. */
static bool is_address(struct word word)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    const char *zone = memchr(word.text, '%', word.len);
    size_t len = zone ? (size_t)(zone - word.text) : word.len;
    if (len >= sizeof(text) || memchr(word.text, '\0', len))
        return false;
    memcpy(text, word.text, len);
    text[len] = '\0';
    return inet_pton(AF_INET, text, &addr) == 1 || inet_pton(AF_INET6, text, &addr) == 1;
}

/* What every /etc/hosts names of its own machine. */
static bool is_own(struct word word)
{
    static const char *const own[] = {
        "localhost", "localhost.localdomain", "local", "broadcasthost"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (word_is(word, own[i]))
            return true;
    return starts_with(word, "ip6-") || is_address(word);
}

/* A name as most are; false: look closer. */
static bool plain_name(const struct list *l, struct word word, struct tg_name *name)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                c == '_' || (c >= 'A' && c <= 'Z')))
            return false;
    }
    if (is_address(word) || tg_dname_from_text(word.text, word.len, wire, &len, NULL) != TG_OK ||
        len <= 1)
        return false;
    uint8_t *copy = tg_arena_bytes(l->p->arena, len);
    if (!copy) {
        l->p->doc->oom = true;
        return false;
    }
    memcpy(copy, wire, len);
    *name = (struct tg_name){copy, len};
    return true;
}

/* One name in any of its forms; false after an error. */
static bool take_name(struct list *l, struct word word)
{
    struct tg_name name;
    size_t at = place_of(l, word.text);
    bool exact = l->exact;
    size_t skip = 0;
    if (starts_with(word, "||") || starts_with(word, "*."))
        skip = 2;
    else if (starts_with(word, ".") && word.len > 1)
        skip = 1;
    bool adblock = starts_with(word, "||");
    if (starts_with(word, "@@") || (adblock && word.text[word.len - 1] != '^')) {
        tg_yaml_error(l->doc, at, "only '||NAME^' is understood of a filter rule; write the name");
        return false;
    }
    if (skip > 0) {
        exact = false;
        word = (struct word){word.text + skip, word.len - skip - adblock};
        if (word.len == 0 || strchr(".*|^", word.text[0])) {
            tg_yaml_error(l->doc, at, "no name behind this");
            return false;
        }
    }
    struct tg_yaml_node node = {
        .kind = TG_YAML_SCALAR, .at = (uint32_t)at, .len = (uint32_t)word.len, .text = word.text};
    if (!plain_name(l, word, &name) &&
        (l->p->doc->oom || !tg_parse_name_in(l->p, l->doc, &node, l->key, &name)))
        return false;
    bool block = l->p->rules[l->rule].kind == TG_KIND_BLOCK;
    if (!tg_parse_not_arpa(l->p, l->doc, at, name, block))
        return false;
    if (block && name.len == name.wire[0] + 2u) {
        tg_yaml_error(l->doc, at,
            "a list cannot block a whole TLD ('%.*s'); if it shall be, write it in the policy",
            (int)(word.len < TG_LABEL_MAX ? word.len : TG_LABEL_MAX), word.text);
        return false;
    }
    return tg_parse_add_name(l->p, name, l->rule, exact, (struct tg_spot){l->source, (uint32_t)at});
}

/* An address and names behind it. */
static bool take_hosts(struct list *l, struct word address, struct word rest)
{
    struct word word = next_word(&rest);
    bool good = true;
    if (word.len == 0) {
        tg_yaml_error(l->doc, place_of(l, address.text), "an IP address without a name");
        return false;
    }
    for (; word.len > 0; word = next_word(&rest))
        if (!is_own(word))
            good = take_name(l, word) && good;
    return good;
}

/* One line, without its newline; false after an error. */
static bool take_line(struct list *l, struct word line)
{
    size_t at = place_of(l, line.text);
    if (line.len > TG_LIST_LINE_MAX) {
        tg_yaml_error(l->doc, at, "a line of over %zu bytes", TG_LIST_LINE_MAX);
        return false;
    }
    const char *comment = memchr(line.text, '#', line.len);
    if (comment)
        line.len = (size_t)(comment - line.text);
    struct word word = next_word(&line);
    /* '!' and a first line in brackets are the comments of ad blockers' lists */
    if (word.len == 0 || word.text[0] == '!' || (at <= 3 && word.text[0] == '['))
        return true;
    if (is_address(word))
        return take_hosts(l, word, line);
    struct word more = next_word(&line);
    if (more.len > 0) {
        tg_yaml_error(l->doc, place_of(l, more.text), "more than a name; write one name a line");
        return false;
    }
    return take_name(l, word);
}

static void take_lines(struct list *l)
{
    const char *text = l->doc->text;
    const char *end = text + l->doc->len;
    if (l->doc->len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end && !l->p->doc->oom && !l->p->names_full) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        struct word line = {text, (size_t)((stop ? stop : end) - text)};
        if (!take_line(l, line) && ++l->bad > TG_LIST_SHOWN && l->bad == TG_LIST_SHOWN + 1)
            l->next_at = place_of(l, text);
        /* a name too many is said all the same: it ends the reading */
        l->doc->mute_errors = l->bad >= TG_LIST_SHOWN && !l->p->names_full;
        text = stop ? stop + 1 : end;
    }
    l->doc->mute_errors = false;
    if (l->bad > TG_LIST_SHOWN)
        tg_yaml_error(l->doc, l->next_at, "%zu more lines are wrong, from this one on; not shown",
            l->bad - TG_LIST_SHOWN);
}

static const char *fault_text(int error)
{
    return error == EFBIG    ? "larger than 512 MiB, with the lists before it"
           : error == EINVAL ? "not a regular file"
                             : strerror(error);
}

/* The path to open: relative ones start at the policy's folder. */
static char *path_of(struct tg_parse *p, const char *file)
{
    size_t folder = file[0] == '/' ? 0 : strlen(p->folder);
    size_t len = strlen(file);
    char *path = tg_arena_alloc(p->doc->arena, folder + len + 1);
    if (!path) {
        p->doc->oom = true;
        return NULL;
    }
    memcpy(path, p->folder, folder);
    memcpy(path + folder, file, len + 1);
    return path;
}

/* Adds a source and gives it its text; NULL after an error. */
static struct tg_source *open_source(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *path)
{
    if (p->source_count >= p->source_room) {
        size_t room = p->source_room > 0 ? p->source_room * 2 : 8;
        struct tg_source *grown = realloc(p->sources, room * sizeof(*grown));
        if (!grown) {
            p->doc->oom = true;
            return NULL;
        }
        p->sources = grown;
        p->source_room = room;
    }
    if (p->source_count == 0)
        p->sources[p->source_count++] = (struct tg_source){p->doc, NULL, 0};
    struct tg_source source = {NULL, NULL, node->at};
    size_t len = 0;
    int error = tg_yaml_file(path, TG_LISTS_SIZE_MAX - p->lists_size, true, &source.text, &len);
    if (error == ENOMEM) {
        p->doc->oom = true;
        return NULL;
    }
    if (error != 0) {
        tg_yaml_error(p->doc, node->at, "'%s' cannot be read: %s", path, fault_text(error));
        return NULL;
    }
    if (tg_yaml_plain(path, source.text, len, p->doc->diags, &source.doc) != TG_OK) {
        free(source.text);
        p->doc->oom = true;
        return NULL;
    }
    p->lists_size += len;
    p->sources[p->source_count] = source;
    return &p->sources[p->source_count++];
}

bool tg_parse_list(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, uint32_t rule, bool exact)
{
    const char *path = path_of(p, p->rules[rule].file);
    const struct tg_source *source = path ? open_source(p, node, path) : NULL;
    if (!source)
        return false;
    size_t before = p->policy->name_count;
    struct list list = {.p = p,
        .doc = source->doc,
        .key = key,
        .source = (uint32_t)(p->source_count - 1),
        .rule = rule,
        .exact = exact};
    take_lines(&list);
    if (p->policy->name_count == before && list.bad == 0 && !p->doc->oom)
        tg_yaml_warn(p->doc, node->at, "'%s' holds no names", path);
    return true;
}
