/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/log_token.h"

#include <string.h>

#include "policy/text.h"

bool tg_token_fail(struct tg_token_cursor *token, const char *why)
{
    token->why = why;
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX; -1: they are not all there. */
static long hex4(const char *at, const char *end)
{
    long code = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static bool is_high(long code)
{
    return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(long code)
{
    return code >= 0xdc00 && code < 0xe000;
}

/* What takes so many octets may just be cut off by the end. */
static bool fail_near_end(struct tg_token_cursor *token, ptrdiff_t octets, const char *why)
{
    if (token->end - token->at < octets)
        token->at = token->end;
    return tg_token_fail(token, why);
}

/* The escape at `at`, a backslash. */
static bool escape(struct tg_token_cursor *token)
{
    long code;

    if (token->end - token->at < 2)
        return fail_near_end(token, 2, "no end of a text");
    if (token->at[1] != 'u') {
        if (!memchr("\"\\/bfnrt", token->at[1], 8))
            return tg_token_fail(token, "no such escape");
        token->at += 2;
        return true;
    }
    code = hex4(token->at + 2, token->end);
    if (code <= 0 || is_low(code))
        return fail_near_end(token, 6, "no such escape");
    token->at += 6;
    if (!is_high(code))
        return true;
    if (token->end - token->at < 6 || token->at[0] != '\\' || token->at[1] != 'u' ||
        !is_low(hex4(token->at + 2, token->end)))
        return fail_near_end(token, 6, "half a surrogate pair");
    token->at += 6;
    return true;
}

bool tg_token_string_rest(struct tg_token_cursor *token, struct tg_token_string *out)
{
    uint32_t code;
    size_t len;

    for (;; token->at = tg_token_plain_end(token->at)) {
        if (token->at >= token->end)
            return tg_token_fail(token, "no end of a text");
        if (*token->at == '"')
            break;
        if (*token->at == '\\') {
            out->escaped = true;
            if (!escape(token))
                return false;
        } else {
            if ((unsigned char)*token->at < 0x20)
                return tg_token_fail(token, "a control character in a text");
            len = tg_utf8_read(token->at, token->end, &code);
            if (len == 0)
                return fail_near_end(token, 4, "no UTF-8");
            token->at += len;
        }
    }
    out->raw.len = (size_t)(token->at++ - out->raw.at);
    return true;
}

static bool digits(struct tg_token_cursor *token)
{
    const char *start = token->at;

    while (*token->at >= '0' && *token->at <= '9')
        token->at++;
    return token->at > start || tg_token_fail(token, "no JSON");
}

bool tg_token_number(struct tg_token_cursor *token, struct tg_slice *out)
{
    const char *start = token->at;

    if (*token->at == '-')
        token->at++;
    if (*token->at == '0')
        token->at++;
    else if (!digits(token))
        return false;
    if (*token->at == '.') {
        token->at++;
        if (!digits(token))
            return false;
    }
    if (*token->at == 'e' || *token->at == 'E') {
        token->at++;
        if (*token->at == '+' || *token->at == '-')
            token->at++;
        if (!digits(token))
            return false;
    }
    *out = (struct tg_slice){start, (size_t)(token->at - start)};
    return true;
}

bool tg_token_word(struct tg_token_cursor *token, const char *word)
{
    for (; *word; word++, token->at++)
        if (token->at >= token->end || *token->at != *word)
            return tg_token_fail(token, "no JSON");
    return true;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xe0 | code >> 12);
        } else {
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

size_t tg_token_decode(struct tg_slice raw, char *to)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *at = raw.at, *const end = raw.at + raw.len;
    char *const start = to;

    while (at < end) {
        const char *letter;
        if (*at != '\\') {
            *to++ = *at++;
        } else if (at[1] == 'u') {
            long code = hex4(at + 2, end);
            at += 6;
            if (is_high(code)) {
                code = 0x10000 + ((code - 0xd800) << 10) + (hex4(at + 2, end) - 0xdc00);
                at += 6;
            }
            to = put_utf8(to, (uint32_t)code);
        } else {
            letter = strchr(letters, at[1]);
            *to++ = letter ? meant[letter - letters] : at[1];
            at += 2;
        }
    }
    return (size_t)(to - start);
}
