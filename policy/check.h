/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Between the files that check a policy as a whole. Private. */
#ifndef TG_CHECK_H
#define TG_CHECK_H

#include "parse.h"

/* What a name is, in the order in which equal names are looked at. */
enum tg_role {
    TG_ROLE_TLD,
    TG_ROLE_TARGET,
    TG_ROLE_PROTECT,
    TG_ROLE_ALLOW,
    TG_ROLE_BLOCK,
    TG_ROLES
};

struct tg_item {
    uint64_t head;      /* of the key */
    const uint8_t *key; /* the labels from the right, each with its length octet; no root */
    uint32_t ref;       /* index of a rule (TLD, TARGET) or of a name */
    uint8_t len;
    uint8_t role;
    uint8_t target; /* TARGET: which of the rule's */
};

struct tg_range {
    const struct tg_item *first; /* NULL: none */
    const struct tg_item *end;
};

/* All items of one name. */
struct tg_group_items {
    struct tg_range of[TG_ROLES];
};

/* The subtree entries we are below, the nearest one last. */
struct tg_stack {
    const struct tg_item *items[TG_LABELS_MAX];
    size_t count;
};

/* What was said of one source, and what a note will sum up. */
struct tg_tally {
    size_t errors;
    size_t warnings;
    size_t repeated; /* names that the list holds twice */
    size_t covered;  /* names below another of the list */
};

struct tg_walk {
    struct tg_parse *p;
    struct tg_item *items;
    size_t count;
    const struct tg_item *tld;  /* the listed TLD we are at or below, or NULL */
    const struct tg_item *twin; /* a target we are at or below, of a rule that asks for twins */
    struct tg_stack over[TG_ROLES];
    bool *dropped;            /* per name: said already */
    struct tg_tally *tallies; /* per source */
};

/** True when a is b or above it: keys are whole labels, so a shorter one that fits is a suffix. */
bool tg_item_at_or_above(const struct tg_item *a, const struct tg_item *b);

#define TG_WHERE_MAX 200 /* room for where an item stands */

/** The rule that an item is of. */
const struct tg_rule *tg_item_rule(const struct tg_walk *w, const struct tg_item *item);

/** Where it stands. */
struct tg_spot tg_item_spot(const struct tg_walk *w, const struct tg_item *item);

/** Of an item that is a name: that name alone, not what is below it. */
bool tg_item_exact(const struct tg_walk *w, const struct tg_item *item);

/** Its name; and that as text, @return text. */
struct tg_name tg_item_name(const struct tg_walk *w, const struct tg_item *item);
const char *tg_item_text(
    const struct tg_walk *w, const struct tg_item *item, char text[TG_DNAME_TEXT_MAX]);

/** Where it stands, for a message about another: "on line 7", or "at names.txt:7". @return text. */
const char *tg_item_where(const struct tg_walk *w, const struct tg_item *item,
    const struct tg_item *from, char text[TG_WHERE_MAX]);

/** True when a message of this level about the item shall be said; else it is counted, if any. */
bool tg_check_wanted(struct tg_walk *w, const struct tg_item *item, bool error);

/** Says it, at the item's place; it must be wanted. */
void tg_check_say(struct tg_walk *w, const struct tg_item *item, bool error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Says, when it is wanted, what names the item, another item, and where that is.
 * @param fmt three "%s", in this order.
 */
void tg_check_say_two(struct tg_walk *w, const struct tg_item *item, const struct tg_item *other,
    bool error, const char *fmt) __attribute__((format(printf, 5, 0)));

/** Checks all entries of one name, given those above it. */
void tg_check_name(struct tg_walk *w, const struct tg_group_items *group);

/** Sums up what was not said of list files. */
void tg_check_tallies(struct tg_walk *w);

#endif
