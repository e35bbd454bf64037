/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What mode to suggest for a near miss. */
#include "tldguard/nearmiss.h"

/* Slips of which people make many. */
#define LIKELY                                                              \
    (TG_NEAR_BITS(TG_NEAR_OMISSION) | TG_NEAR_BITS(TG_NEAR_TRANSPOSITION) | \
        TG_NEAR_BITS(TG_NEAR_ADJACENT) | TG_NEAR_BITS(TG_NEAR_DOUBLED))

/* mode, otherwise, severity, why. */
struct judgement {
    enum tg_mode mode, otherwise;
    enum tg_severity severity;
    const char *why;
};

static const struct judgement not_there = {TG_MODE_BLOCK, TG_MODE_BLOCK, TG_SEVERITY_HIGH,
    "nobody types it: it comes from a prepared link"};
static const struct judgement own_script = {TG_MODE_MONITOR, TG_MODE_MONITOR, TG_SEVERITY_LOW,
    "a registry of its own script: look before you block"};
static const struct judgement unknown = {TG_MODE_MONITOR, TG_MODE_MONITOR, TG_SEVERITY_LOW,
    "how many popular names it holds is not known: look before you block"};
static const struct judgement full = {TG_MODE_OFF, TG_MODE_OFF, TG_SEVERITY_LOW,
    "full of names that are meant: list the names to protect instead"};
static const struct judgement used = {
    TG_MODE_MONITOR, TG_MODE_MONITOR, TG_SEVERITY_LOW, "in rightful use: look before you block"};
static const struct judgement likely = {TG_MODE_BLOCK, TG_MODE_MAIL_ONLY, TG_SEVERITY_HIGH,
    "a likely slip, and few people mean this TLD"};
static const struct judgement telling = {TG_MODE_BLOCK, TG_MODE_MONITOR, TG_SEVERITY_MEDIUM,
    "an unlikely slip, but that the twin exists tells"};
static const struct judgement unlikely = {
    TG_MODE_MONITOR, TG_MODE_MONITOR, TG_SEVERITY_LOW, "an unlikely slip"};

static const struct judgement *judge(
    const struct tg_near *near_miss, const struct tg_near_facts *facts)
{
    if (!facts->delegated)
        return &not_there;
    if (facts->idn)
        return &own_script;
    if (facts->popular < 0)
        return &unknown;
    if (facts->popular > TG_NEAR_MANY)
        return &full;
    if (facts->popular > TG_NEAR_FEW)
        return &used;
    /* A letter added beside a key is of class adjacent-key too, and yet rare. */
    if (near_miss->kind != TG_NEAR_INSERTION && (near_miss->kinds & LIKELY) != 0)
        return &likely;
    return facts->sparse ? &telling : &unlikely;
}

void tg_near_advise(
    const struct tg_near *near_miss, const struct tg_near_facts *facts, struct tg_near_advice *out)
{
    const struct judgement *j = judge(near_miss, facts);

    *out = (struct tg_near_advice){
        .mode = j->mode,
        .otherwise = j->otherwise,
        .match = facts->own_suffixes ? TG_MATCH_DIRECT : TG_MATCH_ALL,
        .severity = j->severity,
        .why = j->why,
    };
    if (j->mode != j->otherwise)
        out->twin = facts->sparse ? TG_TWIN_DNS : TG_TWIN_LIST;
}
