/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Labels that look like a given one, made from Unicode's data. */
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

#include "unicode.h"

#define FIRST      0x80
#define COMMON_END 0x530   /* Latin, Greek, Cyrillic */
#define END        0x20000 /* beyond are ideographs only */
#define CANDIDATES 1000

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A code point whose skeleton is one ASCII letter. */
struct candidate {
    UChar32 c;
    UScriptCode script;
    char letter;
    bool common;
};

struct maker {
    const struct tg_unicode *unicode;
    const char *label;
    struct candidate *candidates;
    size_t count;
    struct tg_spoof *out;
    size_t made;
};

/* What a registry may sell (RFC 5892 in outline): a letter that mapping leaves alone, of a
 * script that is in use. */
static bool is_eligible(const struct tg_unicode *u, UChar32 c, UScriptCode script)
{
    const int8_t type = u_charType(c);
    UErrorCode error = U_ZERO_ERROR;
    UChar text[U16_MAX_LENGTH];
    int32_t len = 0;

    if (type != U_LOWERCASE_LETTER && type != U_OTHER_LETTER)
        return false;
    if (script == USCRIPT_HAN || script == USCRIPT_HANGUL)
        return false;
    if (uscript_getUsage(script) < USCRIPT_USAGE_LIMITED_USE)
        return false;
    U16_APPEND_UNSAFE(text, len, c);
    return unorm2_isNormalized(u->casefold, text, len, &error) && U_SUCCESS(error) &&
           unorm2_isNormalized(u->nfd, text, len, &error) && U_SUCCESS(error);
}

/* Whether one letter of it among ASCII letters goes unseen: every font has it, and people
 * write words with it (UAX #31), or it is U+0261, whose form is just that of g. */
static bool is_common(UChar32 c)
{
    UErrorCode error = U_ZERO_ERROR;
    const USet *recommended = uspoof_getRecommendedSet(&error);

    return c == 0x261 || (c < COMMON_END && U_SUCCESS(error) && uset_contains(recommended, c));
}

static void add_candidate(struct maker *m, UChar32 c)
{
    UErrorCode error = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &error);
    struct tg_skeleton skeleton;
    UChar text[U16_MAX_LENGTH];
    int32_t len = 0;

    if (m->count == CANDIDATES || U_FAILURE(error) || !is_eligible(m->unicode, c, script))
        return;
    U16_APPEND_UNSAFE(text, len, c);
    if (tg_skeleton_of_text(m->unicode, text, len, &skeleton) == TG_OK && skeleton.len == 1 &&
        skeleton.text[0] >= 'a' && skeleton.text[0] <= 'z')
        m->candidates[m->count++] =
            (struct candidate){c, script, (char)skeleton.text[0], is_common(c)};
}

/* Turns the code points into an A-label; adds it when IDNA allows it. */
static void add_spoof(
    struct maker *m, const UChar32 *text, size_t len, UScriptCode script, bool mixed)
{
    struct tg_spoof *spoof = &m->out[m->made];
    UErrorCode error = U_ZERO_ERROR;
    char utf8[TG_LABEL_MAX * U8_MAX_LENGTH + 1];
    UChar wide[TG_LABEL_MAX * U16_MAX_LENGTH + 1];

    if (m->made == TG_SPOOFS_MAX)
        return;
    (void)u_strFromUTF32(wide, (int32_t)SIZE(wide), NULL, text, (int32_t)len, &error);
    (void)u_strToUTF8(utf8, (int32_t)SIZE(utf8), NULL, wide, -1, &error);
    if (U_FAILURE(error) || tg_unicode_to_ascii(m->unicode, utf8, spoof->label) != TG_OK)
        return;
    spoof->mixed = mixed;
    spoof->script = uscript_getName(script);
    m->made++;
}

/* The first letter of a script that looks like one; 0: none does. */
static UChar32 find(const struct maker *m, UScriptCode script, char letter)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->candidates[i].script == script && m->candidates[i].letter == letter)
            return m->candidates[i].c;
    return 0;
}

static void make_whole(struct maker *m, UScriptCode script)
{
    UChar32 text[TG_LABEL_MAX];
    size_t len = strlen(m->label);

    for (size_t i = 0; i < len; i++) {
        text[i] = find(m, script, m->label[i]);
        if (text[i] == 0)
            return;
    }
    add_spoof(m, text, len, script, false);
}

/* Each script once, in the order of its first candidate. */
static void make_all_whole(struct maker *m)
{
    for (size_t i = 0; i < m->count; i++) {
        size_t j = 0;

        while (m->candidates[j].script != m->candidates[i].script)
            j++;
        if (j == i && m->candidates[i].script != USCRIPT_LATIN)
            make_whole(m, m->candidates[i].script);
    }
}

static void make_mixed(struct maker *m)
{
    UChar32 text[TG_LABEL_MAX];
    size_t len = strlen(m->label);

    for (size_t i = 0; i < len; i++)
        text[i] = (UChar32)m->label[i];
    for (size_t i = 0; i < len; i++) {
        for (size_t j = 0; j < m->count; j++) {
            const struct candidate *c = &m->candidates[j];

            if (!c->common || c->letter != m->label[i])
                continue;
            text[i] = c->c;
            add_spoof(m, text, len, c->script, true);
        }
        text[i] = (UChar32)m->label[i];
    }
}

static bool is_letters(const char *label)
{
    const size_t len = strlen(label);

    return len > 0 && len <= TG_LABEL_MAX && strspn(label, "abcdefghijklmnopqrstuvwxyz") == len;
}

enum tg_status tg_unicode_spoofs(const struct tg_unicode *unicode, const char *label,
    struct tg_spoof out[TG_SPOOFS_MAX], size_t *count)
{
    struct maker m = {.unicode = unicode, .label = label};
    enum tg_status status = TG_ENOMEM;

    if (!is_letters(label)) {
        *count = 0;
        return TG_OK;
    }
    m.candidates = calloc(CANDIDATES, sizeof(*m.candidates));
    m.out = calloc(TG_SPOOFS_MAX, sizeof(*m.out));
    if (m.candidates == NULL || m.out == NULL)
        goto done;
    for (UChar32 c = FIRST; c < END; c++)
        add_candidate(&m, c);
    make_all_whole(&m);
    make_mixed(&m);
    memcpy(out, m.out, m.made * sizeof(*out));
    *count = m.made;
    status = TG_OK;
done:
    free(m.candidates);
    free(m.out);
    return status;
}
