/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines of the event log, read and checked against the Elastic Common Schema 8.17. */
#ifndef TLDGUARD_TEST_ECS_H
#define TLDGUARD_TEST_ECS_H

#include <jansson.h>
#include <stddef.h>

/* Of a struct tg_stamp: what ties a line to its log. */
#define ECS_TIES .series = "69a7bc1f", .chain = "0123456789abcdef0123456789abcdef"

/**
 * Asserts that a line is ASCII, one JSON object with no member twice, ECS throughout, and as
 * dist/event.schema.json says.
 * @return the object, to be freed with json_decref().
 */
json_t *ecs_parse(const char *line, size_t len);

/** The same without the schema: for a record, or an observer, that nothing sensible is in. */
json_t *ecs_parse_any(const char *line, size_t len);

/** The schema; to be freed with json_decref(). */
json_t *ecs_schema(void);

/** The fields that a line may have, in order: "a.b.c"; NULL behind the last. Static. */
const char *ecs_field(size_t index);

/** "a.b.c" of an object; NULL when it is not there. */
const json_t *ecs_at(const json_t *root, const char *path);

/** Asserts the text at a path, of an array the first; expected NULL: that there is none. */
void ecs_assert_text(const json_t *root, const char *path, const char *expected);

#endif
