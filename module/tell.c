/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines for Unbound's log, of threads that it does not know of. */
#include <string.h>

#include "module/guard.h"

/* Each ends in a newline there, which no line has within. */
static void keep(struct tg_guard *guard, const char *text)
{
    const size_t len = strlen(text);
    size_t used;

    (void)pthread_mutex_lock(&guard->untold_mutex);
    used = strlen(guard->untold);
    if (len + 1 < sizeof(guard->untold) - used) {
        memcpy(guard->untold + used, text, len);
        memcpy(guard->untold + used + len, "\n", 2);
    }
    (void)pthread_mutex_unlock(&guard->untold_mutex);
}

void tg_guard_tell(void *arg, const char *text)
{
    struct tg_guard *guard = arg;

    if (!guard || !guard->walker.has_mutex) {
        log_err("tldguard: %s", text);
    } else if (tg_walker_begin(&guard->walker)) {
        log_err("tldguard: %s", text);
        tg_walker_end(&guard->walker);
    } else {
        keep(guard, text);
    }
}

void tg_guard_tell_rest(struct tg_guard *guard)
{
    char *line, *end;

    if (!guard->walker.has_mutex)
        return;
    (void)pthread_mutex_lock(&guard->untold_mutex);
    for (line = guard->untold; (end = strchr(line, '\n')) != NULL; line = end + 1)
        log_err("tldguard: %.*s", (int)(end - line), line);
    guard->untold[0] = '\0';
    (void)pthread_mutex_unlock(&guard->untold_mutex);
}
