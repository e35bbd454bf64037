/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Which names may be aliases in Unbound's cache of RRsets. A look into that costs a question more
 * than all else that we do with it, and few names are one: so each alias that comes in is noted
 * here, until it ends there. Who is told "no" need not look; "yes" may be wrong.
 */
#ifndef TG_MODULE_ALIASES_H
#define TG_MODULE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/dname.h"

struct tg_aliases;

/** Makes them, none noted; to be freed with tg_aliases_destroy(). NULL: out of memory. */
struct tg_aliases *tg_aliases_create(void);

/** Frees them, and sets the pointer to NULL; NULL-safe. When no thread uses them any more. */
void tg_aliases_destroy(struct tg_aliases **aliases);

/* On the query path: any thread, no lock. Times are seconds since 1970. */

/** A CNAME of this owner, in any case, lies in the cache up to this second. */
void tg_aliases_cname(struct tg_aliases *aliases, struct tg_name owner, uint32_t until);

/** A DNAME does, of any owner: there are few, and each is for all names below it. */
void tg_aliases_dname(struct tg_aliases *aliases, uint32_t until);

/** What the cache holds was not seen: until then any name may be an alias. */
void tg_aliases_unknown(struct tg_aliases *aliases, uint32_t until);

/** Whether there may be a CNAME of this owner, in any case. */
bool tg_aliases_may_cname(const struct tg_aliases *aliases, struct tg_name owner, uint32_t now);

/** Whether there may be any DNAME. */
bool tg_aliases_may_dname(const struct tg_aliases *aliases, uint32_t now);

/** Bytes of memory they hold. */
size_t tg_aliases_memory(void);

#endif
