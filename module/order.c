/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Where we stand among Unbound's modules: those before us may answer without asking us. */
#include <stdio.h>
#include <string.h>

#include "module/guard.h"

#define MODULES_MAX    64
#define ORDER_LINE_MAX 512

/* What the modules of Unbound do, as far as it matters where they stand. */
static const struct {
    const char *name;
    bool first;   /* it only works in front of us */
    bool answers; /* from a cache of its own, or from the world: it must be behind us */
} known[] = {
    {"dns64", true, false},
    {"subnetcache", false, true},
    {"cachedb", false, true},
    {"iterator", false, true},
};

/* The words of a module-config. */
struct words {
    const char *at[MODULES_MAX];
    size_t len[MODULES_MAX];
    size_t count;
};

static void split(const char *text, struct words *words)
{
    words->count = 0;
    for (;;) {
        text += strspn(text, " \t");
        if (*text == '\0' || words->count == MODULES_MAX)
            return;
        words->at[words->count] = text;
        words->len[words->count] = strcspn(text, " \t");
        text += words->len[words->count++];
    }
}

static bool is_word(const struct words *words, size_t i, const char *name)
{
    return words->len[i] == strlen(name) && memcmp(words->at[i], name, words->len[i]) == 0;
}

/* Whether the module at i must change places with us, who are at id. */
static bool is_wrong(const struct words *words, size_t i, size_t id)
{
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
        if (is_word(words, i, known[k].name))
            return i < id ? known[k].answers : known[k].first;
    return false;
}

static void add(char line[ORDER_LINE_MAX], const struct words *words, size_t i)
{
    const size_t len = strlen(line);

    if (len + words->len[i] + 2 <= ORDER_LINE_MAX)
        (void)snprintf(line + len, ORDER_LINE_MAX - len, "%s%.*s", len > 0 ? " " : "",
            (int)words->len[i], words->at[i]);
}

/* The same modules in the same order, but for those that stand on our wrong side. */
static void put_right(const struct words *words, size_t id, char line[ORDER_LINE_MAX])
{
    line[0] = '\0';
    for (size_t i = id + 1; i < words->count; i++)
        if (is_wrong(words, i, id))
            add(line, words, i);
    for (size_t i = 0; i < id; i++)
        if (!is_wrong(words, i, id))
            add(line, words, i);
    add(line, words, id);
    for (size_t i = 0; i < id; i++)
        if (is_wrong(words, i, id))
            add(line, words, i);
    for (size_t i = id + 1; i < words->count; i++)
        if (!is_wrong(words, i, id))
            add(line, words, i);
}

bool tg_order_check(const struct module_env *env, int id)
{
    struct words words;
    char line[ORDER_LINE_MAX];
    size_t wrong = 0;

    split(env->cfg->module_conf, &words);
    while (wrong < words.count && !is_wrong(&words, wrong, (size_t)id))
        wrong++;
    if (wrong == words.count || (size_t)id >= words.count)
        return true;
    put_right(&words, (size_t)id, line);
    log_err("tldguard: refusing to start: %s %.*s; write  module-config: \"%s\"",
        wrong < (size_t)id ? "questions would be answered before they are seen, by the module"
                           : "it would keep from working, as it must be in front, the module",
        (int)words.len[wrong], words.at[wrong], line);
    return false;
}
