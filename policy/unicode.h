/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What skeleton.c and spoof.c share. Private to libtgnear. */
#ifndef TG_UNICODE_H
#define TG_UNICODE_H

#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>

#include "tldguard/nearmiss.h"

/* ICU's objects; all are safe for threads once opened. */
struct tg_unicode {
    UIDNA *idna;
    USpoofChecker *spoof;
    const UNormalizer2 *nfd;      /* ICU's own */
    const UNormalizer2 *casefold; /* NFKC_Casefold; ICU's own */
};

/**
 * The skeleton of text.
 * @param text 1 .. TG_ULABEL_MAX code units of UTF-16.
 * @return TG_OK, TG_ETOOBIG, TG_ENOMEM, TG_EIO; on failure *out is unchanged.
 */
enum tg_status tg_skeleton_of_text(
    const struct tg_unicode *unicode, const UChar *text, int32_t len, struct tg_skeleton *out);

/** Our status for ICU's failure. */
enum tg_status tg_unicode_status(UErrorCode error);

#endif
