/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The chain that leads to a verdict: each step that the decision takes, in words. */
#ifndef TG_TOOLS_EXPLAIN_H
#define TG_TOOLS_EXPLAIN_H

#include "tldguard/decide.h"
#include "tools/tool.h"

/**
 * The steps, in the order in which they are taken, up to the one that decides.
 * @param question with a lower-case name.
 * @param verdict  what tg_decide() made of it: the steps tell how, they decide nothing.
 * @return an array of {"step": word, "says": text}, to be freed by the caller; NULL: out of
 *         memory.
 */
json_t *tg_explain_chain(const struct tg_image *image, const struct tg_question *question,
    const struct tg_verdict *verdict);

#endif
