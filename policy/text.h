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

/** The UTF-8 character at `at` (RFC 3629: no surrogates, no long forms).
 * @param code output; not to be used when there is none. Returns its octets, 1 .. 4; 0: none. */
size_t tg_utf8_read(const char *at, const char *end, uint32_t *code);

/** Whether a character is a control: C0, DEL or C1. */
bool tg_is_control(uint32_t code);

/** Whether a character would not be seen as it is, or makes a terminal do something: controls,
 * marks that turn the direction of writing, and what has no width. */
bool tg_is_hidden(uint32_t code);

/** Whether all of it is UTF-8 without control characters; also when there is nothing. */
bool tg_is_line(const char *text, size_t len);

#endif
