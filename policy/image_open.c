/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fileio.h"
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

enum tg_status tg_opening_unread(const struct tg_opening *opening, int error)
{
    if (error == TG_READ_CUT)
        return tg_opening_fail(
            opening, TG_EDIGEST, "image was cut while it was read, copy it again");
    return tg_opening_fail(opening, TG_EIO, "cannot read: %s", strerror(error));
}

int tg_read_at(int fd, void *to, size_t len, uint64_t at)
{
    uint8_t *out = to;

    while (len > 0) {
        ssize_t got = pread(fd, out, len, (off_t)at);

        if (got < 0 && errno != EINTR)
            return errno;
        if (got == 0)
            return TG_READ_CUT;
        if (got > 0) {
            out += got;
            at += (uint64_t)got;
            len -= (size_t)got;
        }
    }
    return 0;
}

static enum tg_status check_len(const struct tg_opening *opening, uint64_t len)
{
    if (len == 0)
        return tg_opening_fail(opening, TG_EDIGEST, "image is empty, copy it again");
    if (len > TG_IMAGE_SIZE_MAX)
        return tg_opening_fail(opening, TG_ETOOBIG,
            "image has %" PRIu64 " bytes, more than the %u allowed", len, TG_IMAGE_SIZE_MAX);
    return TG_OK;
}

/* Not the file's pages, for a file that is cut while it is mapped would kill the resolver with
 * SIGBUS. */
enum tg_status tg_opening_room(const struct tg_opening *opening, size_t len)
{
    struct tg_image *image = opening->image;
    void *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (data == MAP_FAILED)
        return out_of_memory(opening);
    /* Large pages, where there are any, halve the time of a look-up in a large image. */
    (void)madvise(data, len, MADV_HUGEPAGE);
    image->data = data;
    image->len = len;
    return TG_OK;
}

enum tg_status tg_opening_seal(const struct tg_opening *opening)
{
    if (mprotect(opening->image->data, opening->image->len, PROT_READ) != 0)
        return out_of_memory(opening);
    return TG_OK;
}

enum tg_status tg_opening_file(const struct tg_opening *opening, int *fd, uint64_t *len)
{
    struct stat st;

    *fd = tg_input_open(opening->name);
    if (*fd < 0)
        return tg_opening_fail(opening, TG_EIO, "cannot open: %s", tg_input_error(errno));
    if (fstat(*fd, &st) != 0)
        return tg_opening_unread(opening, errno);
    if (S_ISDIR(st.st_mode))
        return tg_opening_unread(opening, EISDIR);
    if (!S_ISREG(st.st_mode))
        return tg_opening_fail(opening, TG_EIO, "cannot read: not a regular file");
    *len = (uint64_t)st.st_size;
    return check_len(opening, *len);
}

static enum tg_status read_file(const struct tg_opening *opening)
{
    enum tg_status status;
    uint64_t len;
    int error;
    int fd;

    status = tg_opening_file(opening, &fd, &len);
    if (status == TG_OK)
        status = tg_opening_room(opening, (size_t)len);
    if (status == TG_OK) {
        error = tg_read_at(fd, opening->image->data, (size_t)len, 0);
        if (error != 0)
            status = tg_opening_unread(opening, error);
    }
    if (fd >= 0)
        close(fd);
    return status;
}

static enum tg_status copy_memory(const struct tg_opening *opening, const void *data, size_t len)
{
    enum tg_status status = check_len(opening, len);

    if (status == TG_OK)
        status = tg_opening_room(opening, len);
    if (status == TG_OK)
        memcpy(opening->image->data, data, len);
    return status;
}

static enum tg_status check_frame(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_frame frame = {.len = image->len};
    enum tg_status status = tg_frame_head(opening, image->data, &frame);

    if (status == TG_OK)
        status = tg_frame_trailer(opening, (const void *)(image->data + frame.tables_end), &frame);
    if (status == TG_OK)
        image->names_at = frame.names_at;
    memcpy(image->digest, frame.digest, sizeof(image->digest));
    return status;
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

/* Checks what is in the image's memory and makes it ready for use. What the gate is shown cannot
 * change any more. */
static enum tg_status check_all(const struct tg_opening *opening, const struct tg_image_gate *gate)
{
    enum tg_status status = tg_opening_seal(opening);
    uint64_t count;

    if (status == TG_OK && gate != NULL)
        status = gate->pass(gate->arg, opening->image->data, opening->image->len);
    if (status == TG_OK)
        status = check_frame(opening);
    if (status == TG_OK)
        status = check_digest(opening);
    if (status == TG_OK)
        status = tg_image_check_records(opening, &count);
    if (status == TG_OK)
        status = tg_image_check_tables(opening, count);
    if (status == TG_OK)
        status = tg_image_decode(opening);
    if (status == TG_OK)
        status = tg_image_check_refs(opening);
    return status;
}

/* From the file when data is NULL, else from data. */
static enum tg_status open_from(const char *name, const void *data, size_t len,
    const struct tg_image_gate *gate, struct tg_image **out, struct tg_diags *diags)
{
    struct tg_opening opening = {name, diags, calloc(1, sizeof(struct tg_image))};
    enum tg_status status;

    if (opening.image == NULL)
        return out_of_memory(&opening);
    status = data == NULL ? read_file(&opening) : copy_memory(&opening, data, len);
    if (status == TG_OK)
        status = check_all(&opening, gate);
    if (status == TG_OK)
        *out = opening.image;
    else
        tg_image_close(&opening.image);
    return status;
}

enum tg_status tg_image_open(const char *path, struct tg_image **out, struct tg_diags *diags)
{
    return open_from(path, NULL, 0, NULL, out, diags);
}

enum tg_status tg_image_open_gated(const char *path, const struct tg_image_gate *gate,
    struct tg_image **out, struct tg_diags *diags)
{
    return open_from(path, NULL, 0, gate, out, diags);
}

enum tg_status tg_image_open_memory(
    const char *name, const void *data, size_t len, struct tg_image **out, struct tg_diags *diags)
{
    return open_from(name, data == NULL ? "" : data, len, NULL, out, diags);
}
