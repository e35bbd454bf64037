/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Walking the tree: tables of keys, words, numbers, text. */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "yaml.h"

#define WORD_MAX 24 /* longer than any key or word; longer texts are near to none */

const char *tg_yaml_show(const struct tg_yaml_node *node, char buf[TG_YAML_SHOW_MAX])
{
    const size_t room = TG_YAML_SHOW_MAX - sizeof("...");
    size_t len = node->len;
    if (len > room) {
        /* not in the middle of a UTF-8 character */
        for (len = room; len > 0 && ((unsigned char)node->text[len] & 0xc0) == 0x80;)
            len--;
    }
    memcpy(buf, node->text, len);
    strcpy(buf + len, len < node->len ? "..." : "");
    for (size_t i = 0; i < len; i++)
        if (buf[i] == '\0')
            buf[i] = '?';
    return buf;
}

const char *tg_yaml_kind_text(const struct tg_yaml_node *node)
{
    switch (node->kind) {
    case TG_YAML_LIST:
        return "a list";
    case TG_YAML_MAP:
        return "a mapping";
    default:
        return node->len > 0 ? "one value" : "nothing";
    }
}

bool tg_yaml_is(const struct tg_yaml_node *node, const char *word)
{
    return node->kind == TG_YAML_SCALAR && strlen(word) == node->len &&
           memcmp(node->text, word, node->len) == 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn a into b: insert, delete, replace, swap of neighbours. Upper case counts as
 * lower, '_' as '-'. Both are at most WORD_MAX long. */
static size_t edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a_len][b_len];
}

const char *tg_yaml_nearest(const struct tg_yaml_node *node,
    const char *(*word)(const void *, size_t), const void *list, size_t count)
{
    char text[WORD_MAX];
    const char *best = NULL;
    size_t best_edits = SIZE_MAX;
    if (node->len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < node->len; i++) {
        char c = node->text[i];
        text[i] = c == '_' ? '-' : (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    for (size_t i = 0; i < count; i++) {
        const char *w = word(list, i);
        size_t len = strlen(w);
        size_t n = len > WORD_MAX ? SIZE_MAX : edits(text, node->len, w, len);
        if (n < best_edits && n <= (len + 2) / 3) {
            best = w;
            best_edits = n;
        }
    }
    return best;
}

/* Says that a text is none of a list: with the one that is meant, which it returns, or all. */
static const char *none_of(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *before,
    const char *after, const char *(*word)(const void *, size_t), const void *list, size_t count)
{
    char shown[TG_YAML_SHOW_MAX];
    char all[TG_YAML_KEYS_MAX * (WORD_MAX + 2)] = "";
    const char *meant = tg_yaml_nearest(node, word, list, count);
    tg_yaml_show(node, shown);
    if (meant) {
        tg_yaml_error(doc, node->at, "%s '%s'%s; did you mean '%s'?", before, shown, after, meant);
        return meant;
    }
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof(all); i++)
        used += (size_t)snprintf(
            all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "", word(list, i));
    tg_yaml_error(doc, node->at, "%s '%s'%s; use one of: %s", before, shown, after, all);
    return NULL;
}

static const char *key_at(const void *list, size_t i)
{
    return ((const struct tg_yaml_key *)list)[i].name;
}

static const char *word_at(const void *list, size_t i)
{
    return ((const char *const *)list)[i];
}

/* The keys of one mapping. */
struct walk {
    struct tg_yaml *doc;
    const char *what;
    const struct tg_yaml_key *keys;
    size_t count;
    const struct tg_yaml_node *seen[TG_YAML_KEYS_MAX];
    bool meant[TG_YAML_KEYS_MAX]; /* misspelt: that it is missing too is not news */
};

/* Index of a known key; count after an error. */
static size_t find_key(struct walk *w, const struct tg_yaml_node *node)
{
    char after[80];
    if (node->kind != TG_YAML_SCALAR) {
        tg_yaml_error(w->doc, node->at, "a key of %s must be a word, not %s", w->what,
            tg_yaml_kind_text(node));
        return w->count;
    }
    for (size_t i = 0; i < w->count; i++)
        if (tg_yaml_is(node, w->keys[i].name))
            return i;
    if (node->refused)
        return w->count;
    snprintf(after, sizeof(after), " in %s", w->what);
    const char *meant = none_of(w->doc, node, "unknown key", after, key_at, w->keys, w->count);
    for (size_t i = 0; i < w->count; i++)
        if (meant == w->keys[i].name)
            w->meant[i] = true;
    return w->count;
}

static void read_pair(struct walk *w, const struct tg_yaml_node *key, void *ctx, void *into)
{
    unsigned line;
    unsigned col;
    size_t i = find_key(w, key);
    if (i == w->count)
        return;
    if (w->seen[i]) {
        tg_yaml_place(w->doc, w->seen[i]->at, &line, &col);
        tg_yaml_error(w->doc, key->at, "key '%s' is given twice; the first is on line %u",
            w->keys[i].name, line);
        return;
    }
    w->seen[i] = key;
    w->keys[i].read(ctx, key->next, into);
}

void tg_yaml_map(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *what,
    const struct tg_yaml_key *keys, size_t count, void *ctx, void *into)
{
    struct walk w = {.doc = doc, .what = what, .keys = keys, .count = count};
    if (node->refused)
        return;
    if (node->kind != TG_YAML_MAP) {
        tg_yaml_error(doc, node->at, "%s must be a mapping ('key: value'), not %s", what,
            tg_yaml_kind_text(node));
        return;
    }
    for (const struct tg_yaml_node *key = node->child; key; key = key->next->next)
        read_pair(&w, key, ctx, into);
    for (size_t i = 0; i < count; i++)
        if (keys[i].required && !w.seen[i] && !w.meant[i])
            tg_yaml_error(
                doc, node->at, "%s lacks the key '%s': %s", what, keys[i].name, keys[i].required);
}

bool tg_yaml_scalar(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key)
{
    if (node->refused)
        return false;
    if (node->kind != TG_YAML_SCALAR) {
        tg_yaml_error(
            doc, node->at, "'%s' must be one value, not %s", key, tg_yaml_kind_text(node));
        return false;
    }
    if (node->len == 0) {
        tg_yaml_error(doc, node->at, "'%s' has no value; give one or remove it", key);
        return false;
    }
    return true;
}

bool tg_yaml_word(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    const char *const *words, size_t count, size_t *word)
{
    char before[40];
    if (!tg_yaml_scalar(doc, node, key))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (tg_yaml_is(node, words[i])) {
            *word = i;
            return true;
        }
    }
    snprintf(before, sizeof(before), "unknown %s", key);
    none_of(doc, node, before, "", word_at, words, count);
    return false;
}

bool tg_yaml_number(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    uint32_t min, uint32_t max, uint32_t *value)
{
    char shown[TG_YAML_SHOW_MAX];
    uint64_t number = 0;
    if (!tg_yaml_scalar(doc, node, key))
        return false;
    /* ten digits hold any uint32_t; a leading zero is octal to some readers */
    bool good = node->len <= 10 && (node->len == 1 || node->text[0] != '0');
    for (size_t i = 0; i < node->len && good; i++) {
        good = node->text[i] >= '0' && node->text[i] <= '9';
        number = number * 10 + (uint64_t)(node->text[i] - '0');
    }
    if (!good || number < min || number > max) {
        tg_yaml_error(doc, node->at, "'%s' must be a plain number from %u to %u, not '%s'", key,
            min, max, tg_yaml_show(node, shown));
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *tg_yaml_line(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    size_t max, struct tg_arena *arena)
{
    if (!tg_yaml_scalar(doc, node, key))
        return NULL;
    const char *text = node->text;
    size_t len = node->len;
    for (; len > 0 && is_space(text[len - 1]); len--)
        ;
    for (; len > 0 && is_space(*text); text++, len--)
        ;
    if (len == 0) {
        tg_yaml_error(doc, node->at, "'%s' has no text; write some or remove it", key);
        return NULL;
    }
    if (len > max) {
        tg_yaml_error(doc, node->at, "'%s' is longer than %zu bytes", key, max);
        return NULL;
    }
    for (size_t i = 0, octets; i < len; i += octets) {
        uint32_t code;
        octets = tg_utf8_read(text + i, text + len, &code);
        /* Escapes in quoted text can make any. */
        if (octets == 0 || (tg_is_control(code) && !is_space(text[i]))) {
            tg_yaml_error(doc, node->at, "'%s' holds a control character; remove it", key);
            return NULL;
        }
    }
    char *copy = tg_arena_copy(arena, text, len);
    if (!copy)
        doc->oom = true;
    for (size_t i = 0; copy && i < len; i++)
        if (is_space(copy[i]))
            copy[i] = ' ';
    return copy;
}
