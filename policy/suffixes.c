/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The public suffix list (https://publicsuffix.org/list/), read as the text
 * it is published as: libpsl answers for one name, and here all suffixes below
 * a TLD are wanted. libpsl knows where the system keeps the list.
 */
#include <errno.h>
#include <idn2.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "suffixes.h"

/* One read. */
struct reading {
    struct tg_parse *p;
    struct tg_suffix *found; /* grow by doubling in the document's arena */
    size_t count;
    size_t room;
    bool any; /* a line was a rule */
};

static int by_name(const void *va, const void *vb)
{
    const struct tg_name *a = va;
    const struct tg_name *b = vb;
    int order = memcmp(a->wire, b->wire, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* All owners and targets, each once, sorted: what has to be looked for. */
static bool collect_tlds(struct tg_parse *p)
{
    size_t room = 0;
    size_t kept = 0;
    for (size_t i = 0; i < p->tld_count; i++)
        room += 1 + p->rules[i].target_count;
    p->tld_names = tg_arena_array(p->doc->arena, room, sizeof(*p->tld_names));
    p->delegated = tg_arena_array(p->doc->arena, room, sizeof(*p->delegated));
    if (!p->tld_names || !p->delegated)
        return false;
    for (size_t i = 0, at = 0; i < p->tld_count; i++) {
        p->tld_names[at++] = p->rules[i].owner;
        for (size_t t = 0; t < p->rules[i].target_count; t++)
            p->tld_names[at++] = p->rules[i].targets[t];
    }
    if (room > 0)
        qsort(p->tld_names, room, sizeof(*p->tld_names), by_name);
    for (size_t i = 0; i < room; i++)
        if (kept == 0 || !tg_dname_equal(p->tld_names[kept - 1], p->tld_names[i]))
            p->tld_names[kept++] = p->tld_names[i];
    p->tld_name_count = kept;
    return true;
}

static struct tg_name *find_name(const struct tg_parse *p, struct tg_name tld)
{
    if (p->tld_name_count == 0)
        return NULL;
    return bsearch(&tld, p->tld_names, p->tld_name_count, sizeof(*p->tld_names), by_name);
}

/* A rule's name on the wire; false when it is none, or out of memory. */
static bool to_wire(
    struct reading *r, const char *text, size_t len, uint8_t wire[TG_DNAME_MAX], size_t *wire_len)
{
    char copy[TG_DNAME_TEXT_MAX];
    uint8_t *ascii = NULL;
    bool plain = true;
    for (size_t i = 0; i < len && plain; i++)
        plain = (unsigned char)text[i] < 0x80;
    if (plain)
        return tg_dname_from_text(text, len, wire, wire_len, NULL) == TG_OK;
    if (len >= sizeof(copy) || memchr(text, '\0', len))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    int rc = idn2_lookup_u8((const uint8_t *)copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    bool good = rc == IDN2_OK && ascii &&
                tg_dname_from_text((const char *)ascii, strlen((const char *)ascii), wire, wire_len,
                    NULL) == TG_OK;
    if (rc == IDN2_MALLOC)
        r->p->doc->oom = true;
    idn2_free(ascii);
    return good;
}

static void add_suffix(struct reading *r, struct tg_suffix suffix)
{
    if (r->count == r->room) {
        size_t room = r->room > 0 ? r->room * 2 : 64;
        struct tg_suffix *found = tg_arena_array(r->p->doc->arena, room, sizeof(*found));
        if (!found) {
            r->p->doc->oom = true;
            return;
        }
        if (r->count > 0)
            memcpy(found, r->found, r->count * sizeof(*found));
        r->found = found;
        r->room = room;
    }
    uint8_t *wire = tg_arena_bytes(r->p->arena, suffix.name.len);
    if (!wire) {
        r->p->doc->oom = true;
        return;
    }
    memcpy(wire, suffix.name.wire, suffix.name.len);
    suffix.name.wire = wire;
    r->found[r->count++] = suffix;
}

/* One line of the list: a rule is what stands before the first white space. */
static void take_line(struct reading *r, const char *line, size_t len)
{
    struct tg_suffix suffix = {.wildcard = false};
    uint8_t wire[TG_DNAME_MAX];
    size_t used = 0;
    while (used < len && (unsigned char)line[used] > ' ')
        used++;
    if (used == 0 || (used >= 2 && line[0] == '/' && line[1] == '/'))
        return;
    if (line[0] == '!')
        suffix.exception = true;
    else if (used > 2 && line[0] == '*' && line[1] == '.')
        suffix.wildcard = true;
    size_t skip = suffix.exception ? 1 : suffix.wildcard ? 2 : 0;
    size_t wire_len = 0;
    if (!to_wire(r, line + skip, used - skip, wire, &wire_len))
        return;
    r->any = true;
    size_t last = tg_dname_last_label(wire);
    struct tg_name tld = {wire + last, wire_len - last};
    const struct tg_name *wanted = find_name(r->p, tld);
    if (!wanted)
        return;
    r->p->delegated[wanted - r->p->tld_names] = true;
    const struct tg_rule *rule = tg_parse_find_tld(r->p, tld);
    suffix.name = (struct tg_name){wire, wire_len};
    if (rule && rule->match == TG_MATCH_DIRECT && (last > 0 || suffix.wildcard))
        add_suffix(r, suffix);
}

static int by_suffix(const void *va, const void *vb)
{
    const struct tg_suffix *a = va;
    const struct tg_suffix *b = vb;
    int order = by_name(&a->name, &b->name);
    if (order == 0)
        order = (int)a->wildcard - (int)b->wildcard;
    return order != 0 ? order : (int)a->exception - (int)b->exception;
}

/* The suffixes become the policy's: sorted, each once. */
static void keep_suffixes(struct reading *r)
{
    struct tg_suffix *suffixes = tg_arena_array(r->p->arena, r->count, sizeof(*suffixes));
    size_t kept = 0;
    if (!suffixes) {
        r->p->doc->oom = true;
        return;
    }
    if (r->count > 0)
        qsort(r->found, r->count, sizeof(*r->found), by_suffix);
    for (size_t i = 0; i < r->count; i++)
        if (kept == 0 || by_suffix(&suffixes[kept - 1], &r->found[i]) != 0)
            suffixes[kept++] = r->found[i];
    r->p->policy->suffixes = suffixes;
    r->p->policy->suffix_count = kept;
}

const char *tg_suffixes_path(char path[TG_SUFFIXES_PATH_MAX])
{
    static const char compiled[] = ".dafsa";
    const char *found = psl_dist_filename();
    size_t end = sizeof(compiled) - 1;
    (void)snprintf(path, TG_SUFFIXES_PATH_MAX, "%s", found ? found : "");
    size_t len = strlen(path);
    if (len >= end && strcmp(path + len - end, compiled) == 0)
        strcpy(path + len - end, ".dat");
    return path;
}

/* The list to read; NULL when out of memory. */
static const char *find_list(struct tg_parse *p)
{
    char path[TG_SUFFIXES_PATH_MAX];
    if (p->options->suffixes)
        return p->options->suffixes;
    (void)tg_suffixes_path(path);
    return tg_arena_copy(p->doc->arena, path, strlen(path));
}

void tg_parse_suffixes(struct tg_parse *p)
{
    struct reading r = {.p = p};
    char *text = NULL;
    size_t len = 0;
    p->suffix_path = find_list(p);
    if (!p->suffix_path || !collect_tlds(p)) {
        p->doc->oom = true;
        return;
    }
    int error = tg_yaml_file(p->suffix_path, TG_SUFFIXES_SIZE_MAX, true, &text, &len);
    if (error == ENOMEM)
        p->doc->oom = true;
    if (error != 0) {
        p->suffix_fault = error == EFBIG    ? "it is larger than 16 MiB"
                          : error == EINVAL ? "it is not a regular file"
                                            : strerror(error);
        return;
    }
    for (const char *line = text; line < text + len && !p->doc->oom;) {
        const char *end = memchr(line, '\n', (size_t)(text + len - line));
        size_t size = (size_t)((end ? end : text + len) - line);
        take_line(&r, line, size);
        line += size + 1;
    }
    if (!r.any)
        p->suffix_fault = "it holds no public suffix";
    free(text);
    if (!p->doc->oom)
        keep_suffixes(&r);
}

bool tg_parse_undelegated(const struct tg_parse *p, struct tg_name tld)
{
    const struct tg_name *found = find_name(p, tld);
    return !p->suffix_fault && found && !p->delegated[found - p->tld_names];
}

static bool has(const struct tg_policy *policy, struct tg_name name, bool wildcard, bool exception)
{
    const struct tg_suffix key = {name, wildcard, exception};
    return bsearch(&key, policy->suffixes, policy->suffix_count, sizeof(key), by_suffix) != NULL;
}

bool tg_parse_under_suffix(const struct tg_policy *policy, struct tg_name name)
{
    uint8_t offsets[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(name.wire, offsets);
    struct tg_name parent = {NULL, 0};
    if (policy->suffix_count == 0)
        return false;
    /* from the TLD down; the TLD itself is not meant */
    for (size_t i = labels; i-- > 0;) {
        const struct tg_name part = {name.wire + offsets[i], name.len - offsets[i]};
        if (parent.len > 0 &&
            (has(policy, part, false, false) ||
                (has(policy, parent, true, false) && !has(policy, part, false, true))))
            return true;
        parent = part;
    }
    return false;
}
