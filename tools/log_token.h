/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The tokens of JSON (RFC 8259), for log_scan.c. The octet at end is readable, and none that
 * JSON is made of: the newline behind a line.
 */
#ifndef TG_TOOLS_LOG_TOKEN_H
#define TG_TOOLS_LOG_TOKEN_H

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
/* Blanks, this octet, blanks. */
bool tg_token_skip(struct tg_token_cursor *token, char octet);
/* A string: UTF-8 (RFC 3629), no control characters, no NUL, surrogates in pairs. */
bool tg_token_string(struct tg_token_cursor *token, struct tg_token_string *out);
bool tg_token_number(struct tg_token_cursor *token, struct tg_slice *out);
bool tg_token_word(struct tg_token_cursor *token, const char *word);

static inline void tg_token_blank(struct tg_token_cursor *token)
{
    while (*token->at == ' ' || *token->at == '\t' || *token->at == '\r')
        token->at++;
}

/* Writes what a good string stands for; never more than it is long. @return how much. */
size_t tg_token_decode(struct tg_slice raw, char *to);

/* The octets of the UTF-8 character at `at`, 1 .. 4; 0: there is none. code: output. */
size_t tg_utf8_read(const char *at, const char *end, uint32_t *code);

#endif
