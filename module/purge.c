/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Answers that Unbound cached before this policy. It gives them to clients without asking a
 * module, and with serve-expired for ever, so they must go, not just expire. A reload keeps
 * them when it is told to (unbound-control reload_keep_cache).
 *
 * Runs in init(), when there are no workers: nobody waits for the locks taken here.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/guard.h"

/* One message to remove. Its name is a copy: the entry may be freed under us. */
struct doomed {
    struct doomed *next;
    hashvalue_type hash;
    struct query_info qinfo;
    uint8_t name[TG_DNAME_MAX];
};

struct walk {
    const struct tg_guard *guard;
    time_t now;
    struct doomed *doomed;
    bool oom;
};

static void look(struct lruhash_entry *entry, void *arg)
{
    struct walk *walk = arg;
    const struct msgreply_entry *key = entry->key;
    struct doomed *found;

    if (key->key.qname_len > TG_DNAME_MAX || !tg_operate_touches(walk->guard, &key->key, walk->now))
        return;
    found = malloc(sizeof(*found));
    if (!found) {
        walk->oom = true;
        return;
    }
    memcpy(found->name, key->key.qname, key->key.qname_len);
    found->hash = entry->hash;
    found->qinfo = key->key;
    found->qinfo.qname = found->name;
    found->next = walk->doomed;
    walk->doomed = found;
}

bool tg_purge(const struct tg_guard *guard, struct slabhash *messages, size_t *removed)
{
    struct walk walk = {.guard = guard, .now = time(NULL)};

    *removed = 0;
    if (!messages)
        return true;
    slabhash_traverse(messages, 0, look, &walk);
    while (walk.doomed) {
        struct doomed *next = walk.doomed->next;
        slabhash_remove(messages, walk.doomed->hash, &walk.doomed->qinfo);
        free(walk.doomed);
        walk.doomed = next;
        ++*removed;
    }
    return !walk.oom;
}
