/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What labels look like, with ICU's data of UTS #39 and a supplement. */
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "unicode.h"

#define WORK 1024 /* code units: the longest label, decomposed and made a skeleton */

enum tg_status tg_unicode_status(UErrorCode error)
{
    if (U_SUCCESS(error))
        return TG_OK;
    if (error == U_MEMORY_ALLOCATION_ERROR)
        return TG_ENOMEM;
    return error == U_BUFFER_OVERFLOW_ERROR ? TG_ETOOBIG : TG_EIO;
}

enum tg_status tg_unicode_open(struct tg_unicode **out)
{
    struct tg_unicode *u = calloc(1, sizeof(*u));
    UErrorCode error = U_ZERO_ERROR;

    if (u == NULL)
        return TG_ENOMEM;
    /* As registries do, deviation characters such as sharp s stay themselves. */
    u->idna = uidna_openUTS46(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_USE_STD3_RULES,
        &error);
    u->spoof = uspoof_open(&error);
    u->nfd = unorm2_getNFDInstance(&error);
    u->casefold = unorm2_getNFKCCasefoldInstance(&error);
    if (U_FAILURE(error))
        tg_unicode_close(&u);
    else
        *out = u;
    return tg_unicode_status(error);
}

void tg_unicode_close(struct tg_unicode **unicode)
{
    if (unicode == NULL || *unicode == NULL)
        return;
    uidna_close((*unicode)->idna);
    uspoof_close((*unicode)->spoof);
    free(*unicode);
    *unicode = NULL;
}

enum tg_status tg_unicode_to_ascii(
    const struct tg_unicode *unicode, const char *text, char label[TG_LABEL_MAX + 1])
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    char buf[TG_LABEL_MAX + 1];
    int32_t len;

    len =
        uidna_labelToASCII_UTF8(unicode->idna, text, -1, buf, (int32_t)sizeof(buf), &info, &error);
    /* A label of 64 octets that fills the buffer is a warning only, and an error in info. */
    if (U_FAILURE(error) || info.errors != 0 || len < 1 || len > TG_LABEL_MAX)
        return TG_ENAME;
    memcpy(label, buf, (size_t)len);
    label[len] = '\0';
    return TG_OK;
}

enum tg_status tg_unicode_to_text(
    const struct tg_unicode *unicode, const char *label, char text[TG_ULABEL_MAX])
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    char buf[TG_ULABEL_MAX];
    int32_t len;

    len = uidna_labelToUnicodeUTF8(
        unicode->idna, label, -1, buf, (int32_t)sizeof(buf), &info, &error);
    if (U_FAILURE(error) || info.errors != 0 || len < 1 || len >= TG_ULABEL_MAX)
        return TG_ENAME;
    memcpy(text, buf, (size_t)len);
    text[len] = '\0';
    return TG_OK;
}

/*
 * Letters that UTS #39 leaves apart, since print shows the difference; small,
 * in a link, at the place of a letter one expects, people do not see it.
 */
static const struct {
    UChar32 from;
    char to[3];
} supplement[] = {
    {0x00df, "ss"},
    {0x00e6, "ae"},
    {0x00f8, "o"},
    {0x0111, "d"},
    {0x0138, "k"},
    {0x0142, "l"},
    {0x0153, "oe"},
    {0x03b5, "e"},
    {0x03b7, "n"},
    {0x03ba, "k"},
    {0x03bc, "u"},
    {0x03c4, "t"},
    {0x03c7, "x"},
    {0x03c9, "w"},
    {0x0432, "b"},
    {0x0438, "u"},
    {0x043a, "k"},
    {0x043c, "m"},
    {0x043d, "h"},
    {0x043f, "n"},
    {0x0442, "t"},
    {0x0454, "e"},
    {0x04cf, "l"},
};

/* Writes what stands for c before ICU sees it; returns how many. Marks (accents) are dropped. */
static int32_t replace(UChar32 c, UChar32 out[2])
{
    int32_t len = 0;

    if (u_charType(c) == U_NON_SPACING_MARK)
        return 0;
    for (size_t i = 0; i < sizeof(supplement) / sizeof(supplement[0]); i++) {
        if (supplement[i].from == c) {
            for (const char *s = supplement[i].to; *s != '\0'; s++)
                out[len++] = *s;
            return len;
        }
    }
    out[0] = c;
    return 1;
}

/* Decomposes, drops accents, applies the supplement. */
static enum tg_status prepare(const struct tg_unicode *unicode, const UChar *text, int32_t len,
    UChar out[2 * WORK], int32_t *out_len)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar apart[WORK];
    UChar32 in[WORK], plain[2 * WORK];
    int32_t apart_len, in_len, plain_len = 0;

    apart_len = unorm2_normalize(unicode->nfd, text, len, apart, WORK, &error);
    (void)u_strToUTF32(in, WORK, &in_len, apart, apart_len, &error);
    if (U_FAILURE(error))
        return tg_unicode_status(error);
    for (int32_t i = 0; i < in_len; i++)
        plain_len += replace(in[i], plain + plain_len);
    (void)u_strFromUTF32(out, 2 * WORK, out_len, plain, plain_len, &error);
    return tg_unicode_status(error);
}

/* What skeletons of one letter and of two look like. */
static uint32_t pair(uint32_t a, uint32_t b)
{
    if (a == 'r' && b == 'n')
        return 'm';
    if (a == 'v' && b == 'v')
        return 'w';
    return a == 'c' && b == 'l' ? 'd' : 0;
}

/* ICU writes m as rn, and 0 as O; one letter for each keeps lengths to compare. */
static enum tg_status fold(const UChar32 *text, int32_t len, struct tg_skeleton *out)
{
    struct tg_skeleton s = {.len = 0};

    for (int32_t i = 0; i < len; i++) {
        const uint32_t c = (uint32_t)u_tolower(text[i]);
        const uint32_t one = s.len > 0 ? pair(s.text[s.len - 1], c) : 0;

        if (one != 0) {
            s.text[s.len - 1] = one;
            continue;
        }
        if (s.len == TG_SKELETON_MAX)
            return TG_ETOOBIG;
        s.text[s.len++] = c;
    }
    *out = s;
    return TG_OK;
}

enum tg_status tg_skeleton_of_text(
    const struct tg_unicode *unicode, const UChar *text, int32_t len, struct tg_skeleton *out)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar plain[2 * WORK], skeleton[2 * WORK];
    UChar32 points[2 * WORK];
    int32_t plain_len, skeleton_len, count;
    enum tg_status status = prepare(unicode, text, len, plain, &plain_len);

    if (status != TG_OK)
        return status;
    skeleton_len =
        uspoof_getSkeleton(unicode->spoof, 0, plain, plain_len, skeleton, 2 * WORK, &error);
    (void)u_strToUTF32(points, 2 * WORK, &count, skeleton, skeleton_len, &error);
    if (U_FAILURE(error))
        return tg_unicode_status(error);
    return fold(points, count, out);
}

enum tg_status tg_skeleton_of(
    const struct tg_unicode *unicode, const char *label, struct tg_skeleton *out)
{
    UErrorCode error = U_ZERO_ERROR;
    char text[TG_ULABEL_MAX];
    UChar wide[TG_ULABEL_MAX];
    int32_t len;
    enum tg_status status = tg_unicode_to_text(unicode, label, text);

    if (status != TG_OK)
        return status;
    (void)u_strFromUTF8(wide, TG_ULABEL_MAX, &len, text, -1, &error);
    if (U_FAILURE(error))
        return tg_unicode_status(error);
    return tg_skeleton_of_text(unicode, wide, len, out);
}
