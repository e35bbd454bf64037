/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_p.h"
#include "tldguard/image.h"

enum tg_status tg_opening_fail(
    const struct tg_opening *opening, enum tg_status status, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    tg_diags_add(opening->diags, TG_DIAG_ERROR, opening->name, 0, 0, NULL, "%s", text);
    return status;
}

static enum tg_status out_of_memory(const struct tg_opening *opening)
{
    return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
}

/* Gives the image writable memory of its own. Not the file's pages, for a file that
 * is cut while it is mapped would kill the resolver with SIGBUS. */
static enum tg_status make_room(const struct tg_opening *opening, uint64_t len)
{
    struct tg_image *image = opening->image;
    void *data;

    if (len == 0)
        return tg_opening_fail(opening, TG_EDIGEST, "image is empty, copy it again");
    if (len > TG_IMAGE_SIZE_MAX)
        return tg_opening_fail(opening, TG_ETOOBIG,
            "image has %" PRIu64 " bytes, more than the %u allowed", len, TG_IMAGE_SIZE_MAX);
    data = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return out_of_memory(opening);
    /* Large pages, where there are any, halve the time of a look-up in a large image. */
    (void)madvise(data, (size_t)len, MADV_HUGEPAGE);
    image->data = data;
    image->len = (size_t)len;
    return TG_OK;
}

static enum tg_status read_all(const struct tg_opening *opening, int fd)
{
    struct tg_image *image = opening->image;
    size_t done = 0;

    while (done < image->len) {
        ssize_t got = read(fd, image->data + done, image->len - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tg_opening_fail(opening, TG_EIO, "cannot read: %s", strerror(errno));
        if (got == 0)
            return tg_opening_fail(opening, TG_EDIGEST,
                "image was cut while it was read: %zu of %zu bytes, copy it again", done,
                image->len);
        done += (size_t)got;
    }
    return TG_OK;
}

static enum tg_status read_file(const struct tg_opening *opening)
{
    enum tg_status status;
    struct stat st;
    /* Non-blocking, or a FIFO under this name would hang the caller. */
    int fd = open(opening->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return tg_opening_fail(opening, TG_EIO, "cannot open: %s", strerror(errno));
    if (fstat(fd, &st) != 0)
        status = tg_opening_fail(opening, TG_EIO, "cannot read: %s", strerror(errno));
    else if (S_ISDIR(st.st_mode))
        status = tg_opening_fail(opening, TG_EIO, "cannot read: %s", strerror(EISDIR));
    else if (!S_ISREG(st.st_mode))
        status = tg_opening_fail(opening, TG_EIO, "cannot read: not a regular file");
    else
        status = make_room(opening, (uint64_t)st.st_size);
    if (status == TG_OK)
        status = read_all(opening, fd);
    close(fd);
    return status;
}

/* Four printable octets in front would be a section of half a gigabyte; fewer
 * may be what is left of an image. */
static bool is_text(const struct tg_image *image)
{
    size_t len = image->len < 512 ? image->len : 512;

    if (len < 4)
        return false;
    for (size_t i = 0; i < len; i++)
        if (image->data[i] < 0x20 && memchr("\t\n\r", image->data[i], 3) == NULL)
            return false;
    return true;
}

static enum tg_status not_an_image(const struct tg_opening *opening)
{
    if (is_text(opening->image))
        return tg_opening_fail(opening, TG_EFORMAT,
            "this is a text file, not a compiled image: make one from a policy with 'tldguard "
            "compile'");
    return tg_opening_fail(opening, TG_EFORMAT, "not a tldguard image");
}

/* Reads where the tables lie from as much of the table of contents as there is.
 * They follow each other, with no gap, from the end of the records to the
 * end of the CDB; false when they do not. */
static bool read_toc(const struct tg_image *image, uint64_t *end)
{
    size_t toc = image->len < TG_CDB_TOC_LEN ? image->len / 8 : TG_CDB_TABLES;

    *end = toc > 0 ? tg_image_data_end(image) : TG_CDB_TOC_LEN;
    if (*end < TG_CDB_TOC_LEN)
        return false;
    for (size_t i = 0; i < toc; i++) {
        if (tg_get32(image->data + i * 8) != *end)
            return false;
        *end += (uint64_t)tg_get32(image->data + i * 8 + 4) * 8;
    }
    return true;
}

/* Checks the length, which the table of contents tells, and the trailer. */
static enum tg_status check_frame(const struct tg_opening *opening)
{
    const struct tg_image *image = opening->image;
    const struct tg_disk_trailer *trailer;
    uint64_t end;
    uint64_t whole;

    if (is_text(image) || !read_toc(image, &end))
        return not_an_image(opening);
    whole = end + sizeof(*trailer);
    if (image->len < TG_CDB_TOC_LEN)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image is cut short: %zu bytes, not even its table of contents, copy it again",
            image->len);
    if (image->len < whole)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image is cut short: %zu of %" PRIu64 " bytes, copy it again", image->len, whole);
    trailer = (const void *)(image->data + end);
    if (memcmp(trailer->magic, TG_IMAGE_MAGIC, TG_IMAGE_MAGIC_LEN) != 0)
        return tg_opening_fail(
            opening, TG_EFORMAT, "a constant database, but not a tldguard image");
    if (tg_get32(trailer->format) != TG_IMAGE_FORMAT)
        return tg_opening_fail(opening, TG_EVERSION,
            "image has format %" PRIu32 ", this version of tldguard reads format %d",
            tg_get32(trailer->format), TG_IMAGE_FORMAT);
    if (image->len > whole)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image has %" PRIu64 " bytes too many at its end, copy it again", image->len - whole);
    if (tg_get32(trailer->zero) != 0)
        return tg_opening_fail(opening, TG_ECORRUPT, "reserved field of the trailer is not zero");
    return TG_OK;
}

static enum tg_status check_digest(const struct tg_opening *opening)
{
    const struct tg_image *image = opening->image;
    size_t len = image->len - sizeof(((struct tg_disk_trailer *)0)->digest);
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(image->data, len, digest, NULL, EVP_sha256(), NULL) != 1)
        return out_of_memory(opening);
    if (memcmp(digest, image->data + len, image->len - len) != 0)
        return tg_opening_fail(opening, TG_EDIGEST,
            "image is damaged: SHA-256 of its content is not the one in its trailer, copy it "
            "again");
    return TG_OK;
}

/* Checks what is in the image's memory and makes it ready for use. */
static enum tg_status check_all(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    enum tg_status status;

    if (mprotect(image->data, image->len, PROT_READ) != 0)
        return out_of_memory(opening);
    status = check_frame(opening);
    if (status == TG_OK)
        status = check_digest(opening);
    if (status != TG_OK)
        return status;
    /* By hand, for cdb_init() wants a file, and would map that. The trailer
     * stays outside. */
    image->cdb.cdb_fd = -1;
    image->cdb.cdb_mem = image->data;
    image->cdb.cdb_fsize = (unsigned)(image->len - sizeof(struct tg_disk_trailer));
    image->cdb.cdb_dend = (unsigned)tg_image_data_end(image);
    status = tg_image_check_index(opening);
    if (status == TG_OK)
        status = tg_image_decode(opening);
    if (status == TG_OK)
        status = tg_image_check_refs(opening);
    return status;
}

/* From the file when data is NULL, else from data. */
static enum tg_status open_from(
    const char *name, const void *data, size_t len, struct tg_image **out, struct tg_diags *diags)
{
    struct tg_opening opening = {name, diags, calloc(1, sizeof(struct tg_image))};
    enum tg_status status;

    if (opening.image == NULL)
        return out_of_memory(&opening);
    if (data == NULL) {
        status = read_file(&opening);
    } else {
        status = make_room(&opening, len);
        if (status == TG_OK)
            memcpy(opening.image->data, data, len);
    }
    if (status == TG_OK)
        status = check_all(&opening);
    if (status == TG_OK)
        *out = opening.image;
    else
        tg_image_close(&opening.image);
    return status;
}

enum tg_status tg_image_open(const char *path, struct tg_image **out, struct tg_diags *diags)
{
    return open_from(path, NULL, 0, out, diags);
}

enum tg_status tg_image_open_memory(
    const char *name, const void *data, size_t len, struct tg_image **out, struct tg_diags *diags)
{
    return open_from(name, data == NULL ? "" : data, len, out, diags);
}
