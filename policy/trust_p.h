/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private: how the files of minisign are written. */
#ifndef TLDGUARD_TRUST_P_H
#define TLDGUARD_TRUST_P_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TG_TRUST_UNTRUSTED "untrusted comment: "
#define TG_TRUST_COMMENT   "trusted comment: "
#define TG_TRUST_OURS      "tldguard "

/* What is left of a text. */
struct tg_trust_text {
    const char *at;
    size_t len;
};

/**
 * Takes the next line off, without its end.
 * @return false: nothing is left.
 */
bool tg_trust_line(struct tg_trust_text *text, const char **line, size_t *len);

/** Whether a line begins with some text. */
bool tg_trust_begins(const char *line, size_t len, const char *with);

/**
 * Reads base64 that is the text of exactly want octets, and the only one.
 * @param out want octets; may be written to on failure.
 */
bool tg_trust_decode(const char *text, size_t len, uint8_t *out, size_t want);

#endif
