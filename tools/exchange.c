/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

size_t tg_key_write(struct tg_name name, uint8_t out[TG_DNAME_MAX])
{
    uint8_t offsets[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(name.wire, offsets);
    size_t len = 0;

    while (labels-- > 0) {
        const uint8_t *label = name.wire + offsets[labels];
        memcpy(out + len, label, (size_t)label[0] + 1);
        len += (size_t)label[0] + 1;
    }
    return len;
}

struct tg_name tg_key_name(struct tg_key key, uint8_t wire[TG_DNAME_MAX])
{
    size_t at = key.len;

    wire[at] = 0;
    for (size_t i = 0; i < key.len; i += (size_t)key.octets[i] + 1) {
        at -= (size_t)key.octets[i] + 1;
        memcpy(wire + at, key.octets + i, (size_t)key.octets[i] + 1);
    }
    return (struct tg_name){wire, key.len + 1};
}

int tg_key_compare(struct tg_key a, struct tg_key b)
{
    size_t at = 0;

    while (at < a.len && at < b.len) {
        const uint8_t x = a.octets[at], y = b.octets[at];
        const int order = memcmp(a.octets + at + 1, b.octets + at + 1, x < y ? x : y);

        if (order != 0 || x != y)
            return order != 0 ? order : x - y;
        at += (size_t)x + 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool tg_key_covers(struct tg_key above, struct tg_key below)
{
    return above.len <= below.len &&
           (above.len == 0 || memcmp(above.octets, below.octets, above.len) == 0);
}

size_t tg_key_common(struct tg_key a, struct tg_key b)
{
    size_t at = 0;

    while (at < a.len && at < b.len) {
        size_t step = (size_t)a.octets[at] + 1;
        if (at + step > b.len || memcmp(a.octets + at, b.octets + at, step) != 0)
            break;
        at += step;
    }
    return at;
}

/* What no reader takes for a comment, a wildcard, a quote or a mark-up. */
static bool plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

const char *tg_exchange_name(struct tg_name name, char buf[TG_DNAME_TEXT_MAX])
{
    struct in_addr address;
    char *out = buf;

    for (size_t at = 0; name.wire[at] != 0; at += (size_t)name.wire[at] + 1) {
        if (at > 0)
            *out++ = '.';
        for (size_t i = at + 1; i <= at + name.wire[at]; i++) {
            if (plain(name.wire[i])) {
                *out++ = (char)name.wire[i];
            } else {
                (void)snprintf(out, 5, "\\%03u", name.wire[i]);
                out += 4;
            }
        }
    }
    *out = '\0';
    if (out == buf)
        strcpy(buf, ".");
    /* "1.2.3.4" is a name, but nobody reads it as one. */
    if (inet_pton(AF_INET, buf, &address) == 1)
        (void)snprintf(out - 1, 5, "\\%03u", (uint8_t)out[-1]);
    return buf;
}

static bool output_failed(const char *path, int error)
{
    fprintf(stderr, "tldguard: %s: %s\n", path ? path : "standard output", strerror(error));
    return false;
}

bool tg_output_open(struct tg_output *out, const char *path)
{
    int fd, error;

    *out = (struct tg_output){NULL, stdout, TG_NEWFILE_NONE};
    if (!path || strcmp(path, "-") == 0)
        return true;
    out->path = path;
    out->stream = NULL;
    error = tg_newfile_create(&out->file, path);
    if (error)
        return output_failed(path, error);
    /* The stream gets a descriptor of its own: the file's is synced after it has closed. */
    fd = dup(out->file.fd);
    out->stream = fd < 0 ? NULL : fdopen(fd, "w");
    if (out->stream)
        return true;
    error = errno;
    if (fd >= 0)
        close(fd);
    tg_newfile_fini(&out->file);
    return output_failed(path, error);
}

bool tg_output_close(struct tg_output *out, bool keep)
{
    int error = 0;

    if (!out->stream)
        return false;
    /* ferror() keeps no errno, but of one that means a disk it is still the one; what fails later
     * says why by itself. */
    if (ferror(out->stream))
        error = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : EIO;
    if (fflush(out->stream) != 0)
        error = errno;
    if (out->path && fclose(out->stream) != 0 && error == 0)
        error = errno;
    out->stream = NULL;
    if (keep && error == 0 && out->path)
        error = tg_newfile_commit(&out->file);
    tg_newfile_fini(&out->file);
    if (keep && error)
        return output_failed(out->path, error);
    return keep;
}

void tg_skipped_report(struct tg_diags *diags, const char *file, const struct tg_skipped *skipped,
    const char *const *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (skipped[i].count > 0)
            tg_diags_add(diags, TG_DIAG_NOTE, file, skipped[i].line, 1, NULL, "skipped %zu: %s%s",
                skipped[i].count, reasons[i],
                skipped[i].line && skipped[i].count > 1 ? " (here is the first)" : "");
}
