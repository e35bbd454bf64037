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
 * "look-alike of army.mil (rule ml); contact soc@example.net", or for a block
 * without a target "blocked by policy (rule bad.example)". The rule is named by the part of
 * the name that it matched. For a name that the answer leads to (verdict->via) that name comes
 * first: "leads to mx.army.ml, look-alike of mx.army.mil (rule ml)". A twin of over 120
 * characters is named by the target alone; a text that is too long is cut.
 * @param question that was decided.
 * @param verdict  with a rule of kind TG_KIND_TLD or TG_KIND_BLOCK.
 * @param answer   of the same image.
 * @param text    output, NUL-terminated.
 * @return the length of the text. Pure, any thread.
 */
size_t tg_explain_ede(const struct tg_question *question, const struct tg_verdict *verdict,
    const struct tg_answer *answer, char text[TG_EDE_TEXT_MAX]);

#endif
