/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The octets of a log, as rotation leaves it: plain, or packed by gzip or zstd. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tools/log.h"

#define INPUT 65536
#define GZIP  (16 + MAX_WBITS) /* zlib's word for a gzip header, and the largest window */

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct tg_source {
    const char *path;
    int fd;
    enum packing packing;
    bool within; /* a packed stream, whose end is still to come */
    bool over;   /* the file has no more */
    uint64_t done, total;
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t at, end; /* of input, what is not unpacked yet */
    unsigned char input[INPUT];
};

static void error(const struct tg_source *source, struct tg_diags *diags, const char *text)
{
    tg_diags_add(diags, TG_DIAG_ERROR, source->path, 0, 0, NULL, "%s", text);
}

struct tg_source *tg_source_open(const char *path, struct tg_diags *diags)
{
    const bool standard = strcmp(path, "-") == 0;
    struct tg_source *source = calloc(1, sizeof(*source));
    struct stat st;

    if (!source)
        tg_out_of_memory();
    source->path = standard ? "<stdin>" : path;
    source->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0 || fstat(source->fd, &st) != 0) {
        error(source, diags, strerror(errno));
        tg_source_close(&source);
        return NULL;
    }
    if (S_ISREG(st.st_mode))
        source->total = (uint64_t)st.st_size;
    return source;
}

void tg_source_close(struct tg_source **source)
{
    if (!*source)
        return;
    if ((*source)->packing == PACKING_GZIP)
        (void)inflateEnd(&(*source)->gzip);
    (void)ZSTD_freeDStream((*source)->zstd);
    if ((*source)->fd > STDIN_FILENO)
        (void)close((*source)->fd);
    free(*source);
    *source = NULL;
}

void tg_source_position(const struct tg_source *source, uint64_t *done, uint64_t *total)
{
    *done = source->done;
    *total = source->total;
}

int tg_source_fd(const struct tg_source *source)
{
    return source->fd;
}

static ptrdiff_t read_some(struct tg_source *source, void *buf, size_t cap, struct tg_diags *diags)
{
    ssize_t got;

    do
        got = read(source->fd, buf, cap);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        error(source, diags, strerror(errno));
    else
        source->done += (uint64_t)got;
    return got;
}

/* Reads until there are as many, or no more. */
static bool fill(struct tg_source *source, size_t least, struct tg_diags *diags)
{
    ptrdiff_t got;

    if (source->at > 0)
        memmove(source->input, source->input + source->at, source->end - source->at);
    source->end -= source->at;
    source->at = 0;
    while (!source->over && source->end < least) {
        got = read_some(source, source->input + source->end, INPUT - source->end, diags);
        if (got < 0)
            return false;
        source->over = got == 0;
        source->end += (size_t)got;
    }
    return true;
}

/* Looks at the first octets. */
static bool recognise(struct tg_source *source, struct tg_diags *diags)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};

    if (!fill(source, sizeof(zstd), diags))
        return false;
    if (source->end >= sizeof(gzip) && memcmp(source->input, gzip, sizeof(gzip)) == 0) {
        if (inflateInit2(&source->gzip, GZIP) != Z_OK)
            tg_out_of_memory();
        source->packing = PACKING_GZIP;
    } else if (source->end >= sizeof(zstd) && memcmp(source->input, zstd, sizeof(zstd)) == 0) {
        source->zstd = ZSTD_createDStream();
        if (!source->zstd)
            tg_out_of_memory();
        source->packing = PACKING_ZSTD;
    } else {
        source->packing = PACKING_NONE;
        source->over = false; /* it may grow */
    }
    return true;
}

/* Passes over zeros behind what gzip packed, where a tape or a device filled its last block: no
 * member begins with one. False: there is nothing else in what was read. */
static bool skip_padding(struct tg_source *source)
{
    while (source->at < source->end && source->input[source->at] == 0)
        source->at++;
    return source->at < source->end;
}

/* One step: what is unpacked, 0 also when the input must be read on; -1 after an error. */
static ptrdiff_t ungzip(struct tg_source *source, char *buf, size_t cap, struct tg_diags *diags)
{
    z_stream *z = &source->gzip;
    int result;

    if (!source->within && !skip_padding(source))
        return 0;
    z->next_in = source->input + source->at;
    z->avail_in = (uInt)(source->end - source->at);
    z->next_out = (Bytef *)buf;
    z->avail_out = (uInt)cap;
    /* One that was put behind another, as `cat` does, starts anew. */
    if (!source->within)
        (void)inflateReset(z);
    result = inflate(z, Z_NO_FLUSH);
    source->at = source->end - z->avail_in;
    source->within = result != Z_STREAM_END;
    if (result == Z_MEM_ERROR)
        tg_out_of_memory();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        error(source, diags, "what gzip packed is damaged");
        return -1;
    }
    return (ptrdiff_t)(cap - z->avail_out);
}

static ptrdiff_t unzstd(struct tg_source *source, char *buf, size_t cap, struct tg_diags *diags)
{
    ZSTD_inBuffer in = {source->input, source->end, source->at};
    ZSTD_outBuffer out = {buf, cap, 0};
    const size_t result = ZSTD_decompressStream(source->zstd, &out, &in);

    source->at = in.pos;
    if (ZSTD_isError(result)) {
        /* It takes memory at each frame's start. */
        if (strstr(ZSTD_getErrorName(result), "llocation"))
            tg_out_of_memory();
        error(source, diags, "what zstd packed is damaged, or wants over 128 MiB to be unpacked");
        return -1;
    }
    source->within = result != 0;
    return (ptrdiff_t)out.pos;
}

static ptrdiff_t plain(struct tg_source *source, char *buf, size_t cap, struct tg_diags *diags)
{
    const size_t left = source->end - source->at;

    if (left == 0)
        return read_some(source, buf, cap, diags);
    if (left < cap)
        cap = left;
    memcpy(buf, source->input + source->at, cap);
    source->at += cap;
    return (ptrdiff_t)cap;
}

ptrdiff_t tg_source_read(struct tg_source *source, char *buf, size_t cap, struct tg_diags *diags)
{
    ptrdiff_t got;

    if (source->packing == PACKING_UNKNOWN && !recognise(source, diags))
        return -1;
    if (source->packing == PACKING_NONE)
        return plain(source, buf, cap, diags);
    for (;;) {
        if (source->at == source->end && !fill(source, 1, diags))
            return -1;
        if (source->at == source->end && !source->within)
            return 0;
        got = source->packing == PACKING_GZIP ? ungzip(source, buf, cap, diags)
                                              : unzstd(source, buf, cap, diags);
        if (got != 0)
            return got;
        if (source->over && source->at == source->end) {
            if (!source->within)
                return 0;
            error(source, diags, "its end is missing");
            return -1;
        }
    }
}
