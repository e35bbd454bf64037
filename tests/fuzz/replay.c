/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Tries each file of a folder, in TAP. A folder without one is a failure: then nothing was tried.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Returns false when it cannot be read. In memory of just its size, so that a sanitizer sees what
 * reads behind it. */
static int try_file(const char *path)
{
    static uint8_t buffer[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    size_t size;

    if (file == NULL)
        return 0;
    size = fread(buffer, 1, sizeof(buffer), file);
    (void)fclose(file);
    data = malloc(size > 0 ? size : 1);
    if (data == NULL)
        return 0;
    memcpy(data, buffer, size);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    struct dirent **found = NULL;
    int count = argc == 2 ? scandir(argv[1], &found, is_input, alphasort) : -1;
    int failed = count <= 0;

    if (count <= 0)
        printf("Bail out! no inputs: %s\n", argc == 2 ? argv[1] : "give one folder");
    for (int i = 0; i < count; i++) {
        char path[4096];
        int read;

        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], found[i]->d_name);
        /* What breaks ends the process: then the last line says with what. */
        printf("# %s\n", path);
        (void)fflush(stdout);
        read = try_file(path);
        failed |= !read;
        printf("%s %d - %s\n", read ? "ok" : "not ok", i + 1, found[i]->d_name);
        free(found[i]);
    }
    free(found);
    if (count > 0)
        printf("1..%d\n", count);
    return failed;
}
