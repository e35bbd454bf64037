/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The tokens of JSON (RFC 8259), for log_scan.c. The octet at end is a newline, and the seven
 * behind it can be read: eight are looked at at once.
 */
#ifndef TG_TOOLS_LOG_TOKEN_H
#define TG_TOOLS_LOG_TOKEN_H

#include <endian.h>
#include <string.h>

#include "tools/log.h"

struct tg_token_cursor {
    const char *at;
    const char *end;
    const char *why; /* after a failure; static */
};

struct tg_token_string {
    struct tg_slice raw; /* between the quotes */
    bool escaped;        /* and to be decoded */
};

/* Each is false after a failure, and at is where it was seen. */

/* Fails. */
bool tg_token_fail(struct tg_token_cursor *token, const char *why);
bool tg_token_number(struct tg_token_cursor *token, struct tg_slice *out);
bool tg_token_word(struct tg_token_cursor *token, const char *word);

/* What follows is inline: it is most of the work. */

static inline void tg_token_blank(struct tg_token_cursor *token)
{
    while (*token->at == ' ' || *token->at == '\t' || *token->at == '\r')
        token->at++;
}

#define TG_EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Of eight octets those that are a quote, a backslash, a control character or not ASCII: their
 * high bits. Above the first of them there may be others that are not. */
static inline uint64_t tg_token_special(uint64_t eight)
{
    const uint64_t quote = eight ^ TG_EACH('"'), backslash = eight ^ TG_EACH('\\');

    /* A subtraction borrows from the high bit of an octet that is below what is taken away. */
    return ((eight - TG_EACH(0x20)) | (quote - TG_EACH(1)) | (backslash - TG_EACH(1)) | eight) &
           TG_EACH(0x80);
}

/* The first octet of a string that wants a look: that at the end does. */
static inline const char *tg_token_plain_end(const char *at)
{
    uint64_t eight, hits;

    for (;; at += sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        hits = tg_token_special(le64toh(eight));
        if (hits != 0)
            return at + (unsigned)__builtin_ctzll(hits) / 8;
    }
}

/* Blanks, this octet, blanks. */
static inline bool tg_token_skip(struct tg_token_cursor *token, char octet)
{
    tg_token_blank(token);
    if (token->at >= token->end || *token->at != octet)
        return tg_token_fail(token, "no JSON");
    token->at++;
    tg_token_blank(token);
    return true;
}

/* A string that is more than plain, from where it is. */
bool tg_token_string_rest(struct tg_token_cursor *token, struct tg_token_string *out);

/* A string: UTF-8 (RFC 3629), no control characters, no NUL, surrogates in pairs. */
static inline bool tg_token_string(struct tg_token_cursor *token, struct tg_token_string *out)
{
    if (token->at >= token->end || *token->at != '"')
        return tg_token_fail(token, "no JSON");
    out->raw.at = token->at + 1;
    out->escaped = false;
    token->at = tg_token_plain_end(out->raw.at);
    if (*token->at != '"')
        return tg_token_string_rest(token, out);
    out->raw.len = (size_t)(token->at++ - out->raw.at);
    return true;
}

/* Writes what a good string stands for; never more than it is long. @return how much. */
size_t tg_token_decode(struct tg_slice raw, char *to);

#endif
