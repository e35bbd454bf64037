/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A file of the block log, plain or packed, as tldguard log reads it: tools/log.h. What it takes
 * for an event, another reader of JSON takes for an object.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/log.h"

#define LINES_MAX 10000 /* a packed input can hold very many */

static bool lies_in(struct tg_slice part, const char *at, size_t len)
{
    return part.at == NULL || (part.at >= at && part.at + part.len <= at + len);
}

static void try_line(struct tg_scanner *scanner, struct tg_slice line)
{
    struct tg_logged event;
    const enum tg_broken broken = tg_scan(scanner, line, &event);
    json_error_t error = {.line = 0};
    json_t *root;

    if (broken != TG_BROKEN_NOT) {
        FUZZ_HOLDS(scanner->why != NULL && scanner->column >= 1);
        return;
    }
    for (size_t i = 0; i < TG_FIELDS; i++)
        FUZZ_HOLDS(lies_in(event.field[i], line.at, line.len) ||
                   lies_in(event.field[i], scanner->decoded, sizeof(scanner->decoded)));
    /* JSON has numbers of any length, and jansson has not. */
    root = json_loadb(line.at, line.len, JSON_ALLOW_NUL, &error);
    FUZZ_HOLDS(json_is_object(root) || json_error_code(&error) == json_error_numeric_overflow);
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tg_scanner scanner;
    struct fuzz_file file = fuzz_open(data, size);
    struct tg_diags *diags = tg_diags_create();
    struct tg_lines *lines = calloc(1, sizeof(*lines));
    struct tg_slice line;
    int more = 1;

    FUZZ_HOLDS(lines != NULL);
    lines->source = tg_source_open(file.path, diags);
    for (size_t i = 0; lines->source != NULL && i < LINES_MAX && more == 1; i++) {
        more = tg_lines_next(lines, &line, diags);
        FUZZ_HOLDS(more >= 0 || tg_diags_count(diags, TG_DIAG_ERROR) > 0);
        if (more == 1 && line.at != NULL)
            try_line(&scanner, line);
    }
    fuzz_say(diags);
    tg_source_close(&lines->source);
    free(lines);
    tg_diags_destroy(&diags);
    fuzz_close(&file);
    return 0;
}
