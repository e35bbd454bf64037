/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines of the event log, read and checked against the Elastic Common Schema 8.17. */
#ifndef TLDGUARD_TEST_ECS_H
#define TLDGUARD_TEST_ECS_H

#include <jansson.h>
#include <stddef.h>

/**
 * Asserts that a line is ASCII, one JSON object with no member twice, and ECS throughout.
 * @return the object, to be freed with json_decref().
 */
json_t *ecs_parse(const char *line, size_t len);

/** "a.b.c" of an object; NULL when it is not there. */
const json_t *ecs_at(const json_t *root, const char *path);

/** Asserts the text at a path, of an array the first; expected NULL: that there is none. */
void ecs_assert_text(const json_t *root, const char *path, const char *expected);

#endif
