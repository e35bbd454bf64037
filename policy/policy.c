/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/policy.h"

#include "arena.h"

void tg_policy_destroy(struct tg_policy **policy)
{
    if (!policy || !*policy)
        return;
    /* the policy lives in the arena that it names */
    struct tg_arena *arena = (*policy)->arena;
    *policy = NULL;
    tg_arena_destroy(&arena);
}
