/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The decision once more, slow and obvious: reads the rules of a policy one
 * by one, with no image and no table. tg_decide() must agree with it.
 */
#ifndef TLDGUARD_TEST_ORACLE_H
#define TLDGUARD_TEST_ORACLE_H

#include "tldguard/decide.h"

/** As tg_decide(); verdict->rule points into the policy. */
void oracle_decide(
    const struct tg_policy *policy, const struct tg_question *question, struct tg_verdict *verdict);

#endif
