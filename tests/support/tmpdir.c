/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tmpdir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int good)
{
    if (!good) {
        perror("tmpdir");
        abort();
    }
}

void tmpdir_create(struct tmpdir *dir)
{
    const char *base = getenv("TMPDIR");

    if (base == NULL || strlen(base) > 30)
        base = "/tmp";
    snprintf(dir->path, sizeof(dir->path), "%s/tldguard-XXXXXX", base);
    must(mkdtemp(dir->path) != NULL);
}

char *tmpdir_file(const struct tmpdir *dir, const char *name, char buf[128])
{
    must(snprintf(buf, 128, "%s/%s", dir->path, name) < 128);
    return buf;
}

/* Goes through the files; removes them when told to. */
static size_t walk(const struct tmpdir *dir, int destroy)
{
    DIR *folder = opendir(dir->path);
    struct dirent *entry;
    size_t count = 0;

    must(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (destroy)
            must(unlinkat(dirfd(folder), entry->d_name, 0) == 0);
    }
    closedir(folder);
    return count;
}

size_t tmpdir_count(const struct tmpdir *dir)
{
    return walk(dir, 0);
}

void tmpdir_remove(struct tmpdir *dir)
{
    walk(dir, 1);
    must(rmdir(dir->path) == 0);
}

uint8_t *file_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;

    must(file != NULL);
    must(fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    must(size >= 0);
    rewind(file);
    data = malloc((size_t)size + 1);
    must(data != NULL);
    must(fread(data, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    *len = (size_t)size;
    return data;
}

void file_write(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");

    must(file != NULL);
    must(fwrite(data, 1, len, file) == len);
    must(fclose(file) == 0);
}
