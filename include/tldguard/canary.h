/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What a policy itself makes of its canary questions, before anybody asks a resolver: a mistake
 * in one of them is found where the policy is written, not where it is put in force.
 */
#ifndef TLDGUARD_CANARY_H
#define TLDGUARD_CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "tldguard/decide.h"
#include "tldguard/diag.h"
#include "tldguard/image.h"
#include "tldguard/policy.h"

enum tg_fit {
    TG_FIT_MEETS,  /* the policy does what the canary expects */
    TG_FIT_DENIES, /* it does the contrary: no resolver will ever bring what is expected */
    TG_FIT_OPEN    /* only a look-up of the twin can tell */
};

/**
 * Judges one canary as it will be asked: for a client at 127.0.0.1. A name that is left alone
 * meets "resolve", though only a resolver can tell whether it has records.
 * @param image   of the policy that the canary is of.
 * @param today   days since 1970-01-01, for allows with an end; 0: none has ended.
 * @param verdict output: what was decided; with TG_FIT_OPEN, when the twin is not found.
 * @return the fit. Pure, any thread.
 */
enum tg_fit tg_canary_judge(const struct tg_image *image, const struct tg_canary *canary,
    uint32_t today, struct tg_verdict *verdict);

/**
 * Judges all canaries of a policy that was read from text.
 * @param image of that policy.
 * @param diags gets an error for each that the policy denies, where it stands in the text, with
 *              the rule and what it does; or NULL.
 * @return true when none is denied.
 */
bool tg_canary_check(const struct tg_policy *policy, const struct tg_image *image, uint32_t today,
    struct tg_diags *diags);

#endif
