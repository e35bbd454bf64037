/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines for Unbound's log, of threads that it does not know of. */
#include <string.h>

#include "module/guard.h"

static void say(enum tg_tone tone, const char *text)
{
    if (tone == TG_TONE_ERROR)
        log_err("tldguard: %s", text);
    else if (tone == TG_TONE_WARNING)
        log_warn("tldguard: %s", text);
    else
        log_info("tldguard: %s", text);
}

/* Each ends in a newline there, which no line has within. */
static void keep(struct tg_guard *guard, enum tg_tone tone, const char *text)
{
    const size_t len = strlen(text);
    size_t used;

    (void)pthread_mutex_lock(&guard->untold_mutex);
    used = strlen(guard->untold);
    if (len + 2 < sizeof(guard->untold) - used) {
        guard->untold[used] = (char)tone;
        memcpy(guard->untold + used + 1, text, len);
        memcpy(guard->untold + used + 1 + len, "\n", 2);
    }
    (void)pthread_mutex_unlock(&guard->untold_mutex);
}

void tg_guard_tell_rest(struct tg_guard *guard)
{
    char *line, *end;

    if (!guard->walker.has_mutex)
        return;
    (void)pthread_mutex_lock(&guard->untold_mutex);
    for (line = guard->untold; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        say((enum tg_tone) * line, line + 1);
    }
    guard->untold[0] = '\0';
    (void)pthread_mutex_unlock(&guard->untold_mutex);
}

void tg_guard_tell_as(struct tg_guard *guard, enum tg_tone tone, const char *text)
{
    if (!guard || !guard->walker.has_mutex) {
        say(tone, text);
    } else if (tg_walker_begin(&guard->walker)) {
        tg_guard_tell_rest(guard);
        say(tone, text);
        tg_walker_end(&guard->walker);
    } else {
        keep(guard, tone, text);
    }
}

void tg_guard_tell(void *guard, const char *text)
{
    tg_guard_tell_as(guard, TG_TONE_ERROR, text);
}
