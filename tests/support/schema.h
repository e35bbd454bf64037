/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * JSON Schema (draft 2020-12), as much of it as dist/event.schema.json uses: the unit tests check
 * lines against the file that is shipped. Whether that file is a schema at all, and means the same
 * to another implementation, is the matter of tests/tools/schema.sh.
 */
#ifndef TLDGUARD_TEST_SCHEMA_H
#define TLDGUARD_TEST_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SCHEMA_WHY_MAX 256

/**
 * Whether a value is as a schema says.
 * @param root  the whole schema, for what $ref names: "#/$defs/...".
 * @param why   output, SCHEMA_WHY_MAX bytes, when it is not: where and what. A keyword that is
 *              not known here makes no value valid.
 */
bool schema_holds(const json_t *root, const json_t *value, char why[SCHEMA_WHY_MAX]);

#endif
