/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Which one slip, if one, lies between two labels. */
#include "tldguard/nearmiss.h"

#include <string.h>

#define LOOSE_MIN 3 /* characters; of less, one edit leaves too little to recognise */

enum edit_kind { NO_EDIT, SAME, DELETED, ADDED, REPLACED, SWAPPED };

/* The one edit that makes b of a. */
struct edit {
    enum edit_kind kind;
    size_t at; /* 0..: in a; of ADDED in b */
};

const char *tg_near_text(enum tg_near_class near_class)
{
    switch (near_class) {
#define WORD(name, bit, word, weight) \
    case name:                        \
        return word;
        TG_NEAR_MAP(WORD)
#undef WORD
    case TG_NEAR_CLASSES:
        break;
    }
    return "?";
}

static unsigned weight_of(enum tg_near_class near_class)
{
    static const unsigned weights[] = {
#define WEIGHT(name, bit, word, weight) [name] = (weight),
        TG_NEAR_MAP(WEIGHT)
#undef WEIGHT
    };
    return weights[near_class];
}

static size_t common_prefix(const uint32_t *a, const uint32_t *b, size_t len)
{
    size_t n = 0;

    while (n < len && a[n] == b[n])
        n++;
    return n;
}

/* Optimal string alignment, as far as distance 1. */
static struct edit find_edit(const struct tg_skeleton *a, const struct tg_skeleton *b)
{
    const size_t shorter = a->len < b->len ? a->len : b->len;
    const size_t at = common_prefix(a->text, b->text, shorter);
    const uint32_t *x = a->text + at, *y = b->text + at;
    const size_t left = shorter - at; /* of the shorter one */
    struct edit edit = {NO_EDIT, at};

    if (a->len == b->len) {
        if (left == 0)
            edit.kind = SAME;
        else if (common_prefix(x + 1, y + 1, left - 1) == left - 1)
            edit.kind = REPLACED;
        else if (x[0] == y[1] && x[1] == y[0] && common_prefix(x + 2, y + 2, left - 2) == left - 2)
            edit.kind = SWAPPED;
    } else if (a->len == b->len + 1 && common_prefix(x + 1, y, left) == left) {
        edit.kind = DELETED;
    } else if (b->len == a->len + 1 && common_prefix(x, y + 1, left) == left) {
        edit.kind = ADDED;
    }
    return edit;
}

/* Letters that are taken for each other on a screen. */
static bool look_alike(char a, char b)
{
    static const char *const pairs[] = {"il", "ij", "jl", "uv", "vw", "mn", "gq"};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if ((pairs[i][0] == a && pairs[i][1] == b) || (pairs[i][0] == b && pairs[i][1] == a))
            return true;
    return false;
}

static bool one_bit(char a, char b)
{
    const unsigned difference = (unsigned)(unsigned char)(a ^ b);

    return difference != 0 && (difference & (difference - 1)) == 0;
}

static void add(struct tg_near *out, enum tg_near_class near_class)
{
    out->kinds |= TG_NEAR_BITS(near_class);
}

static unsigned adjacent(const struct tg_keyboards *keyboards, char a, char b)
{
    return keyboards == NULL ? 0
                             : tg_keyboards_adjacent(keyboards, (unsigned char)a, (unsigned char)b);
}

/* The letter typed at an offset of the twin does not stand in the target. */
static void judge_added(
    const struct tg_keyboards *keyboards, const char *twin, size_t at, struct tg_near *out)
{
    const char before = at > 0 ? twin[at - 1] : '\0';
    const char after = twin[at + 1];

    out->typed = twin[at];
    /* The edit stands behind the letters that are the same: never only before its like. */
    if (out->typed == before) {
        add(out, TG_NEAR_DOUBLED);
        return;
    }
    add(out, TG_NEAR_INSERTION);
    out->keyboards =
        adjacent(keyboards, out->typed, before) | adjacent(keyboards, out->typed, after);
    if (out->keyboards != 0)
        add(out, TG_NEAR_ADJACENT);
}

static void judge_replaced(const struct tg_keyboards *keyboards, struct tg_near *out)
{
    out->keyboards = adjacent(keyboards, out->meant, out->typed);
    add(out, out->keyboards != 0 ? TG_NEAR_ADJACENT : TG_NEAR_SUBSTITUTION);
    if (one_bit(out->meant, out->typed))
        add(out, TG_NEAR_BIT);
    if (look_alike(out->meant, out->typed))
        add(out, TG_NEAR_VISUAL);
}

/* The class that is likeliest; one that is added beside a key is an insertion first. */
static void sum_up(struct tg_near *out)
{
    if (out->kinds & TG_NEAR_BITS(TG_NEAR_INSERTION)) {
        out->kind = TG_NEAR_INSERTION;
        /* A finger that hits two keys: likelier than a letter out of nowhere. */
        out->weight = weight_of(TG_NEAR_INSERTION) + (out->keyboards != 0 ? 30 : 0);
        return;
    }
    for (unsigned i = 0; i < TG_NEAR_CLASSES; i++) {
        if (out->kinds & TG_NEAR_BITS(i)) {
            out->kind = (enum tg_near_class)i;
            out->weight = weight_of(out->kind);
            return;
        }
    }
}

static void widen(const char *text, struct tg_skeleton *out)
{
    out->len = 0;
    while (*text != '\0' && out->len < TG_LABEL_MAX)
        out->text[out->len++] = (unsigned char)*text++;
}

static bool by_letters(
    const struct tg_keyboards *keyboards, const char *target, const char *twin, struct tg_near *out)
{
    struct tg_skeleton a, b;
    struct edit edit;

    widen(target, &a);
    widen(twin, &b);
    edit = find_edit(&a, &b);
    if (edit.kind == NO_EDIT || edit.kind == SAME)
        return false;
    out->at = (unsigned)edit.at + 1;
    if (edit.kind == ADDED) {
        judge_added(keyboards, twin, edit.at, out);
        return true;
    }
    out->meant = target[edit.at];
    if (edit.kind == DELETED) {
        add(out, TG_NEAR_OMISSION);
    } else if (edit.kind == SWAPPED) {
        out->typed = target[edit.at + 1];
        add(out, TG_NEAR_TRANSPOSITION);
    } else {
        out->typed = twin[edit.at];
        judge_replaced(keyboards, out);
    }
    return true;
}

static bool by_look(const struct tg_near_label *target, const struct tg_near_label *twin,
    bool loose, struct tg_near *out)
{
    struct edit edit;

    if (target->skeleton == NULL || twin->skeleton == NULL)
        return false;
    edit = find_edit(target->skeleton, twin->skeleton);
    if (edit.kind != SAME && (edit.kind == NO_EDIT || !loose || target->skeleton->len < LOOSE_MIN))
        return false;
    out->steps = edit.kind != SAME;
    add(out, TG_NEAR_VISUAL);
    return true;
}

static bool is_idn(const char *label)
{
    return strncmp(label, "xn--", 4) == 0;
}

bool tg_near_classify(const struct tg_keyboards *keyboards, const struct tg_near_label *target,
    const struct tg_near_label *twin, struct tg_near *out)
{
    const bool idn = is_idn(target->text) || is_idn(twin->text);
    struct tg_near found = {0};
    bool near_miss = false;

    if (strcmp(target->text, twin->text) == 0)
        return false;
    if (!idn)
        near_miss = by_letters(keyboards, target->text, twin->text, &found);
    if (by_look(target, twin, idn, &found))
        near_miss = true;
    if (!near_miss)
        return false;
    sum_up(&found);
    if (found.steps > 0)
        found.weight /= 2;
    *out = found;
    return true;
}
