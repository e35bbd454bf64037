/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Types of records by their names (IANA "Resource Record (RR) TYPEs"). Pure functions, any
 * thread. */
#ifndef TLDGUARD_RRTYPE_H
#define TLDGUARD_RRTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The mnemonic of an RR type, "TYPE65400" where there is none (RFC 3597).
 * @param text output, at least 16 bytes.
 * @return text.
 */
const char *tg_rrtype_text(uint16_t type, char text[16]);

/**
 * The type that a text means: a mnemonic or "TYPE15" (RFC 3597), in any case.
 * @param text need not be NUL-terminated, may hold anything.
 * @param len  its length in bytes.
 * @param type output; unchanged on failure.
 * @return false: it means none.
 */
bool tg_rrtype_parse(const char *text, size_t len, uint16_t *type);

/** Whether there are records of a type: not of those that only a question or a message has,
 * and not of 0 and 65535 (RFC 6895 3.1). */
bool tg_rrtype_is_data(uint16_t type);

#endif
