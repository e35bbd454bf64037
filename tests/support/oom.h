/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Makes one allocation fail. Link with
 *   -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
 * Only calls from the objects linked so are seen, not those inside shared
 * libraries. One thread.
 */
#ifndef TLDGUARD_TEST_OOM_H
#define TLDGUARD_TEST_OOM_H

#include <stdbool.h>
#include <stddef.h>

/** The nth allocation from now, 1.., fails, once; 0: none. */
void oom_fail_at(size_t n);

/** Whether it has failed since oom_fail_at(). */
bool oom_fired(void);

#endif
