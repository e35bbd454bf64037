/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines for Unbound's log, of threads that it does not know of. */
#include <string.h>

#include "module/guard.h"

/* In front of each line that waits. */
#define AS_ERROR 'E'
#define AS_INFO  'I'

/* Each ends in a newline there, which no line has within. */
void tg_guard_keep(struct tg_guard *guard, bool error, const char *text)
{
    const size_t len = strlen(text);
    size_t used;

    (void)pthread_mutex_lock(&guard->untold_mutex);
    used = strlen(guard->untold);
    if (len + 2 < sizeof(guard->untold) - used) {
        guard->untold[used] = error ? AS_ERROR : AS_INFO;
        memcpy(guard->untold + used + 1, text, len);
        memcpy(guard->untold + used + 1 + len, "\n", 2);
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
        tg_guard_keep(guard, true, text);
    }
}

void tg_guard_tell_rest(struct tg_guard *guard)
{
    char *line, *end;

    if (!guard->walker.has_mutex)
        return;
    (void)pthread_mutex_lock(&guard->untold_mutex);
    for (line = guard->untold; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (*line == AS_ERROR)
            log_err("tldguard: %s", line + 1);
        else
            log_info("tldguard: %s", line + 1);
    }
    guard->untold[0] = '\0';
    (void)pthread_mutex_unlock(&guard->untold_mutex);
}
