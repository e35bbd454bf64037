/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Which labels are one slip from each other, and what to do about it: for
 * those who write policies, never for the resolver. One slip is one edit of
 * the optimal string alignment distance (a letter left out, added, replaced,
 * or swapped with its neighbour), or a look-alike to the eye (the skeleton of
 * UTS #39 and a supplement).
 */
#ifndef TLDGUARD_NEARMISS_H
#define TLDGUARD_NEARMISS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"
#include "tldguard/policy.h"
#include "tldguard/status.h"

/*
 * X(name, bit, word, weight). The weight, in thousandths, says how often a slip is of
 * this class: from the shares of a dictionary of real misspellings, from studies
 * of typing and of registered typos; a judgement, used for the order only.
 */
#define TG_NEAR_MAP(X)                                \
    X(TG_NEAR_OMISSION, 0, "omission", 300)           \
    X(TG_NEAR_TRANSPOSITION, 1, "transposition", 170) \
    X(TG_NEAR_ADJACENT, 2, "adjacent-key", 170)       \
    X(TG_NEAR_VISUAL, 3, "visual", 100)               \
    X(TG_NEAR_DOUBLED, 4, "doubled", 90)              \
    X(TG_NEAR_SUBSTITUTION, 5, "substitution", 70)    \
    X(TG_NEAR_INSERTION, 6, "insertion", 50)          \
    X(TG_NEAR_BIT, 7, "bit-flip", 10) /* of the octet */
#define TG_NEAR_ENUM(name, bit, word, weight) name = (bit),
enum tg_near_class { TG_NEAR_MAP(TG_NEAR_ENUM) TG_NEAR_CLASSES };
#undef TG_NEAR_ENUM
#define TG_NEAR_BITS(near_class) (1u << (near_class))

/** The word of a class; "?" for a value not in the list. Static text, any thread. */
const char *tg_near_text(enum tg_near_class near_class);

#define TG_KEYBOARDS_MAX     8
#define TG_KEYBOARD_NAME_MAX 31 /* bytes */

/* Which keys are neighbours on which keyboards. Read-only once read: any thread. */
struct tg_keyboards;

/**
 * Reads keyboard data: lines of LAYOUT <tab> KEY <tab> NEIGHBOURS, "#" starts a
 * comment. Keys are a-z, 0-9 and "-"; a pair listed at one key holds for both.
 * @param path  the file.
 * @param out   output, to be freed with tg_keyboards_destroy().
 * @param diags where messages go, each with its line, or NULL.
 * @return TG_OK; TG_EIO (cannot be read); TG_ESYNTAX (a bad line, over
 *         TG_KEYBOARDS_MAX layouts, or none); TG_ENOMEM. On failure *out is unchanged
 *         and diags has an error.
 */
enum tg_status tg_keyboards_read(
    const char *path, struct tg_keyboards **out, struct tg_diags *diags);

/** Frees and sets the pointer to NULL; NULL-safe. */
void tg_keyboards_destroy(struct tg_keyboards **keyboards);

/** How many layouts there are, 1 .. TG_KEYBOARDS_MAX. */
size_t tg_keyboards_count(const struct tg_keyboards *keyboards);

/** The name of layout i, borrowed; NULL when there is none. In the order of the file. */
const char *tg_keyboards_name(const struct tg_keyboards *keyboards, size_t i);

/**
 * On which layouts two keys are neighbours.
 * @param a, b any code points; nothing but a-z, 0-9 and "-" has neighbours, and
 *             no key is its own.
 * @return a bit for each layout, 1u << i; 0: on none.
 */
unsigned tg_keyboards_adjacent(const struct tg_keyboards *keyboards, uint32_t a, uint32_t b);

#define TG_SKELETON_MAX 191 /* code points */
#define TG_ULABEL_MAX   256 /* bytes of a label in UTF-8, NUL included */

/* What the eye makes of a label, as code points. */
struct tg_skeleton {
    uint32_t text[TG_SKELETON_MAX];
    size_t len;
};

/* Unicode's data about look-alikes. Read-only: any thread. */
struct tg_unicode;

/**
 * Opens them.
 * @return TG_OK; TG_ENOMEM; TG_EIO when ICU's data cannot be loaded. On failure
 *         *out is unchanged.
 */
enum tg_status tg_unicode_open(struct tg_unicode **out);

/** Frees and sets the pointer to NULL; NULL-safe. */
void tg_unicode_close(struct tg_unicode **unicode);

/**
 * The A-label (RFC 5890 2.3.2.1) of a label; of an LDH label the same in lower case.
 * @param text  UTF-8 or ASCII, one label, NUL-terminated.
 * @param label output.
 * @return TG_OK; TG_ENAME (not a label by UTS #46: empty, over 63 octets, a
 *         character that is not allowed, a broken A-label); then label is unchanged.
 */
enum tg_status tg_unicode_to_ascii(
    const struct tg_unicode *unicode, const char *text, char label[TG_LABEL_MAX + 1]);

/**
 * The U-label of an A-label; any other label as it is.
 * @param label ASCII, 1 .. 63 octets.
 * @param text  output, UTF-8.
 * @return TG_OK; TG_ENAME (an A-label that is none); then text is unchanged.
 */
enum tg_status tg_unicode_to_text(
    const struct tg_unicode *unicode, const char *label, char text[TG_ULABEL_MAX]);

/**
 * The skeleton of a label: two labels with the same skeleton look alike.
 * Accents are dropped, confusable characters become one (UTS #39 section 4), then what
 * that leaves apart: Cyrillic and Greek letters such as the m of "com" in Cyrillic,
 * 0 as o, rn as m, vv as w, cl as d. i, l and j stay apart.
 * @param label ASCII or A-label, 1 .. 63 octets, lower-case.
 * @return TG_OK; TG_ENAME (an A-label that is none); TG_ETOOBIG. On failure
 *         *out is unchanged.
 */
enum tg_status tg_skeleton_of(
    const struct tg_unicode *unicode, const char *label, struct tg_skeleton *out);

#define TG_SPOOFS_MAX 64

/* Labels that look like another, made, not looked up. */
struct tg_spoof {
    char label[TG_LABEL_MAX + 1];
    bool mixed;         /* one letter of another script among the others */
    const char *script; /* its name, e.g. "Cyrillic"; static text of ICU's */
};

/**
 * Makes look-alikes of an ASCII label from Unicode's data: for each script in use, but
 * Latin, that has look-alikes of all its letters, one label wholly in that script; and
 * one label for each single letter that Latin, Greek or Cyrillic, as people write
 * them, have a look-alike of. Each has the skeleton of the label, and is an A-label.
 * @param label ASCII, lower-case, 1 .. 63 letters a-z; for others none are made.
 * @param out   output: whole scripts first, then by place and code point.
 * @param count output: how many, 0 .. TG_SPOOFS_MAX; more are left off.
 * @return TG_OK; TG_ENOMEM; TG_EIO (ICU failed). On failure out and count are unchanged.
 */
enum tg_status tg_unicode_spoofs(const struct tg_unicode *unicode, const char *label,
    struct tg_spoof out[TG_SPOOFS_MAX], size_t *count);

/* A label to compare: the octets on the wire, lower-case, and what the eye sees. */
struct tg_near_label {
    const char *text;
    const struct tg_skeleton *skeleton;
};

/* One slip and its evidence. */
struct tg_near {
    enum tg_near_class kind; /* the likeliest of its classes */
    unsigned kinds;          /* all of them, as TG_NEAR_BITS() */
    unsigned weight;         /* thousandths: of the likeliest class */
    unsigned at;             /* 1..: which letter. Of the twin where one was added, else of
                                the target. 0: the label as a whole */
    char meant;              /* transposition, omission, replacement: the target's letter */
    char typed;              /* insertion, replacement: the twin's; transposition: the target's
                                next letter. '\0': none */
    unsigned keyboards;      /* layouts on which typed is beside meant, or beside a letter next
                                to the one added; as tg_keyboards_adjacent() */
    unsigned steps;          /* visual of IDN: 0 the skeletons are the same, 1 one edit apart */
};

/**
 * Whether a label is one slip from another. An IDN on either side is compared by the
 * skeleton alone: the same, or, when the target's has three characters or more, one edit
 * apart. Other labels by their letters; they are also visual when their
 * skeletons are the same or the letter typed looks like the one meant (i l j,
 * u v, v w, m n, g q).
 *
 * A letter that is added is an insertion, beside its like a doubled one, and is of class
 * adjacent-key too when its key is beside a key of its neighbours. A letter that is
 * replaced is adjacent-key or else a substitution; either may be a bit-flip too.
 * Pure function: any thread.
 * @param keyboards NULL: no adjacent keys.
 * @param target    what is meant; its skeleton may be NULL, then nothing is visual.
 * @param twin      what is typed.
 * @param out       output, set only when true.
 * @return false: more than one slip, or the same label.
 */
bool tg_near_classify(const struct tg_keyboards *keyboards, const struct tg_near_label *target,
    const struct tg_near_label *twin, struct tg_near *out);

/* What is known of the twin TLD and of its target. */
struct tg_near_facts {
    long popular;      /* how many of the 100,000 most asked for names it holds; -1: not known */
    bool own_suffixes; /* it has public suffixes below it, such as co.il, and other names */
    bool sparse;       /* few names exist under the target: that a twin exists says something */
    bool idn;          /* the twin is an IDN */
    bool delegated;    /* the twin exists */
};

/* TLDs with more popular names than this are full of names that are meant. */
#define TG_NEAR_FEW  10
#define TG_NEAR_MANY 100

/* A rule to suggest, as in struct tg_rule. */
struct tg_near_advice {
    enum tg_mode mode;
    enum tg_mode otherwise;
    enum tg_twin twin;
    enum tg_match match;
    enum tg_severity severity;
    const char *why; /* one line, static text */
};

/**
 * What mode to suggest for a twin TLD: block (otherwise mail-only) for a likely slip into a
 * TLD that holds few popular names, monitor where less is known or more
 * is held, off for a TLD full of popular names. Pure function: any thread.
 */
void tg_near_advise(
    const struct tg_near *near_miss, const struct tg_near_facts *facts, struct tg_near_advice *out);

#endif
