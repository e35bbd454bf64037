/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Private: text for people, as a policy has it and an image carries it. Terminals obey control
 * characters, and what is not UTF-8 no JSON can hold.
 */
#ifndef TLDGUARD_TEXT_H
#define TLDGUARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Length of the UTF-8 character at text (RFC 3629: no surrogates, no long forms), 1 .. 4.
 * @param left octets from there on, at least 1. Returns 0 when it is none. */
size_t tg_utf8_len(const char *text, size_t left);

/** The code of the character at text, which tg_utf8_len() has measured. */
uint32_t tg_utf8_code(const char *text, size_t len);

/** Whether a character would not be seen as it is, or makes a terminal do something: controls,
 * marks that turn the direction of writing, and what has no width. */
bool tg_is_hidden(uint32_t code);

/** Whether a control character is there: C0, DEL, or C1 as UTF-8 has it. left: as above. */
bool tg_is_control(const char *text, size_t left);

/** Whether all of it is UTF-8 without control characters; also when there is nothing. */
bool tg_is_line(const char *text, size_t len);

#endif
