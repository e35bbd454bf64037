/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A verdict in words: the same ones for a client, a log and a person at a terminal. */
#ifndef TLDGUARD_EXPLAIN_H
#define TLDGUARD_EXPLAIN_H

#include <stddef.h>

#include "tldguard/decide.h"

/* Bytes with the NUL. An OPT must leave room for the answer in 512 octets. */
#define TG_EDE_TEXT_MAX 250

/**
 * The text of the Extended DNS Error (RFC 8914) that goes with a block:
 * "look-alike of army.mil (rule ml); contact soc@example.net". A twin of over
 * 120 characters is named by its TLD alone; a text that is too long is cut.
 * @param verdict with a rule of kind TG_KIND_TLD.
 * @param answer  of the same image.
 * @param text    output, NUL-terminated.
 * @return the length of the text. Pure, any thread.
 */
size_t tg_explain_ede(
    const struct tg_verdict *verdict, const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX]);

#endif
