/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Messages about an item of the check: what it is, where it stands, and what was said enough. */
#include <stdarg.h>
#include <stdio.h>

#include "check.h"

#define MESSAGE_MAX 3000 /* two names of TG_DNAME_TEXT_MAX and words around them */

static bool is_name(const struct tg_item *item)
{
    return item->role >= TG_ROLE_PROTECT;
}

const struct tg_rule *tg_item_rule(const struct tg_walk *w, const struct tg_item *item)
{
    return &w->p->rules[is_name(item) ? w->p->names[item->ref].rule : item->ref];
}

struct tg_spot tg_item_spot(const struct tg_walk *w, const struct tg_item *item)
{
    if (is_name(item))
        return w->p->spots[item->ref];
    const struct tg_place *place = &w->p->places[item->ref];
    return (struct tg_spot){
        0, item->role == TG_ROLE_TARGET ? place->targets[item->target] : place->owner};
}

static struct tg_yaml *doc_of(const struct tg_walk *w, struct tg_spot spot)
{
    return spot.source > 0 ? w->p->sources[spot.source].doc : w->p->doc;
}

bool tg_item_exact(const struct tg_walk *w, const struct tg_item *item)
{
    return w->p->names[item->ref].exact;
}

struct tg_name tg_item_name(const struct tg_walk *w, const struct tg_item *item)
{
    if (is_name(item))
        return w->p->names[item->ref].name;
    return item->role == TG_ROLE_TARGET ? tg_item_rule(w, item)->targets[item->target]
                                        : tg_item_rule(w, item)->owner;
}

const char *tg_item_text(
    const struct tg_walk *w, const struct tg_item *item, char text[TG_DNAME_TEXT_MAX])
{
    struct tg_name name = tg_item_name(w, item);
    tg_dname_to_text(name.wire, name.len, text);
    return text;
}

const char *tg_item_where(const struct tg_walk *w, const struct tg_item *item,
    const struct tg_item *from, char text[TG_WHERE_MAX])
{
    unsigned line;
    unsigned col;
    struct tg_spot spot = tg_item_spot(w, item);
    const struct tg_yaml *doc = doc_of(w, spot);
    tg_yaml_place(doc, spot.at, &line, &col);
    if (spot.source == tg_item_spot(w, from).source)
        snprintf(text, TG_WHERE_MAX, "on line %u", line);
    else
        snprintf(text, TG_WHERE_MAX, "at %.*s:%u", TG_WHERE_MAX - 20, doc->name, line);
    return text;
}

bool tg_check_wanted(struct tg_walk *w, const struct tg_item *item, bool error)
{
    struct tg_spot spot = tg_item_spot(w, item);
    const struct tg_yaml *doc = doc_of(w, spot);
    if (error ? doc->mute_errors : doc->mute_warnings)
        return false;
    if (spot.source == 0)
        return true;
    struct tg_tally *tally = &w->tallies[spot.source];
    return (error ? tally->errors++ : tally->warnings++) < TG_LIST_SHOWN;
}

void tg_check_say(struct tg_walk *w, const struct tg_item *item, bool error, const char *fmt, ...)
{
    char text[MESSAGE_MAX];
    struct tg_spot spot = tg_item_spot(w, item);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (error)
        tg_yaml_error(doc_of(w, spot), spot.at, "%s", text);
    else
        tg_yaml_warn(doc_of(w, spot), spot.at, "%s", text);
}

void tg_check_say_two(struct tg_walk *w, const struct tg_item *item, const struct tg_item *other,
    bool error, const char *fmt)
{
    char a[TG_DNAME_TEXT_MAX];
    char b[TG_DNAME_TEXT_MAX];
    char place[TG_WHERE_MAX];
    if (!tg_check_wanted(w, item, error))
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    tg_check_say(w, item, error, fmt, tg_item_text(w, item, a), tg_item_text(w, other, b),
        tg_item_where(w, other, item, place));
#pragma GCC diagnostic pop
}
