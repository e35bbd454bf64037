/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The decision once more, slow and obvious: reads the rules of a policy one
 * by one, with no image and no table. tg_decide() must agree with it.
 */
#ifndef TLDGUARD_TEST_ORACLE_H
#define TLDGUARD_TEST_ORACLE_H

#include "tldguard/decide.h"

/**
 * As tg_decide(); verdict->rule and group point into the policy.
 * @param asked TG_KNOWN_ASK, or as tg_decide_known() TG_KNOWN_FOUND, TG_KNOWN_NOT,
 *              TG_KNOWN_FAILED.
 */
void oracle_decide(const struct tg_policy *policy, const struct tg_question *question,
    enum tg_known asked, struct tg_verdict *verdict);

/** As tg_decide_lead(). */
void oracle_decide_lead(const struct tg_policy *policy, const struct tg_question *asked,
    enum tg_lead lead, struct tg_name target, enum tg_known known, struct tg_verdict *verdict);

/** As tg_image_client(), into the policy; client NULL: no group. */
const struct tg_group *oracle_group(
    const struct tg_policy *policy, const struct tg_address *client);

#endif
