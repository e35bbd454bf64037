/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Where we stand among Unbound's modules: those before us may answer without asking us. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/guard.h"

#define MODULES_MAX    64
#define ORDER_LINE_MAX 512

/* What the modules of Unbound do, as far as it matters where they stand: why not in front of us,
 * and why not behind. */
#define BEFORE_US "questions would be answered before they are seen, by"
static const struct {
    const char *name;
    const char *before;
    const char *behind;
} known[] = {
    {"dns64", NULL, "it would keep from working, as it must be in front,"},
    {"subnetcache", BEFORE_US, NULL},
    {"cachedb", BEFORE_US, NULL},
    /* It stores what it finds bogus with a TTL of its own, when we have said that it must come by
     * us, and has all behind it done again first. */
    {"validator", "bogus answers would be kept, and given away unseen, by", NULL},
    {"iterator", BEFORE_US, NULL},
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

/* Why the module at i must change places with us, who are at id; NULL: it need not. */
static const char *why_wrong(const struct words *words, size_t i, size_t id)
{
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
        if (is_word(words, i, known[k].name))
            return i < id ? known[k].before : known[k].behind;
    return NULL;
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
        if (why_wrong(words, i, id))
            add(line, words, i);
    for (size_t i = 0; i < id; i++)
        if (!why_wrong(words, i, id))
            add(line, words, i);
    add(line, words, id);
    for (size_t i = 0; i < id; i++)
        if (why_wrong(words, i, id))
            add(line, words, i);
    for (size_t i = id + 1; i < words->count; i++)
        if (!why_wrong(words, i, id))
            add(line, words, i);
}

/* A file that cannot be read, Unbound could not have loaded: it will say so. */
static int open_library(const char *path, struct stat *st)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool same_octets(int a, int b)
{
    char of_a[4096], of_b[4096];
    ssize_t len;

    do {
        len = read(a, of_a, sizeof(of_a));
        if (len < 0 || read(b, of_b, sizeof(of_b)) != len || memcmp(of_a, of_b, (size_t)len) != 0)
            return false;
    } while (len > 0);
    return true;
}

/* One file, or a copy of it. */
static bool is_same_library(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const int fd_a = open_library(a, &of_a);
    const int fd_b = open_library(b, &of_b);
    bool same = false;

    if (fd_a >= 0 && fd_b >= 0)
        same = (of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino) ||
               (of_a.st_size == of_b.st_size && same_octets(fd_a, fd_b));
    if (fd_a >= 0)
        (void)close(fd_a);
    if (fd_b >= 0)
        (void)close(fd_b);
    return same;
}

bool tg_order_alone(const struct module_env *env, int id)
{
    const char *ours = ((const struct dynlibmod_env *)env->modinfo[id])->fname;

    for (const struct config_strlist *p = env->cfg->dynlib_file; p; p = p->next)
        if (p->str != ours && is_same_library(p->str, ours)) {
            log_err("tldguard: refusing to start: %s is loaded twice, also as %s; name it once in "
                    "dynlib-file and in module-config",
                ours, p->str);
            return false;
        }
    return true;
}

int tg_order_place(const struct module_env *env, const char *name)
{
    struct words words;

    split(env->cfg->module_conf, &words);
    for (size_t i = 0; i < words.count && i < MAX_MODULE; i++)
        if (is_word(&words, i, name))
            return (int)i;
    return -1;
}

bool tg_order_check(const struct module_env *env, int id)
{
    struct words words;
    char line[ORDER_LINE_MAX];
    size_t wrong = 0;

    split(env->cfg->module_conf, &words);
    while (wrong < words.count && !why_wrong(&words, wrong, (size_t)id))
        wrong++;
    if (wrong == words.count || (size_t)id >= words.count)
        return true;
    put_right(&words, (size_t)id, line);
    log_err("tldguard: refusing to start: %s the module %.*s; write  module-config: \"%s\"",
        why_wrong(&words, wrong, (size_t)id), (int)words.len[wrong], words.at[wrong], line);
    return false;
}
