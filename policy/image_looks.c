/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * How long look-ups are in tables that have just been written. Whoever writes a list can choose
 * names that all have one hash, or hashes that stand in a row, as no salt is in them: a resolver
 * does not take such an image, and so no newer policy, as long as they are in the list.
 */
#include <errno.h>
#include <unistd.h>

#include "image_encode.h"

#define SLOTS_AT_ONCE 1024

/* A table: where in the file it is, and how many slots it has. */
struct table {
    uint32_t at;
    uint32_t slots;
};

static bool read_all(int fd, void *to, size_t len, uint64_t at)
{
    const ssize_t got = pread(fd, to, len, (off_t)at);

    if (got >= 0 && (size_t)got != len)
        errno = EIO;
    return got == (ssize_t)len;
}

/* A row that goes on in the next table counts as one, here and where the image is opened. */
static void note_slot(const uint8_t slot[8], struct tg_looks *looks)
{
    const uint32_t at = tg_get32(slot + 4);

    looks->run = at == 0 ? 0 : looks->run + 1;
    if (looks->run <= looks->longest)
        return;
    looks->longest = looks->run;
    looks->crowded_at = at;
}

/* Adds up its records, and the slots that are looked at to find each of them. */
static bool add_table(
    const struct tg_image_writer *writer, struct table table, struct tg_looks *looks)
{
    uint8_t slots[SLOTS_AT_ONCE * 8];

    for (uint32_t i = 0; i < table.slots; i++) {
        const uint32_t left = table.slots - i;
        const uint8_t *slot = slots + i % SLOTS_AT_ONCE * 8;
        uint32_t first, farther;

        if (i % SLOTS_AT_ONCE == 0 && !read_all(writer->file.fd, slots,
                                          8 * (size_t)(left < SLOTS_AT_ONCE ? left : SLOTS_AT_ONCE),
                                          table.at + 8 * (uint64_t)i))
            return false;
        note_slot(slot, looks);
        if (tg_get32(slot + 4) == 0)
            continue;
        first = (tg_get32(slot) >> 8) % table.slots;
        farther = i >= first ? i - first : i + (table.slots - first);
        looks->records++;
        looks->sum += farther + 1u;
        if (farther >= looks->most) {
            looks->most = farther;
            looks->at = tg_get32(slot + 4);
        }
    }
    return true;
}

int tg_writer_looks(const struct tg_image_writer *writer, struct tg_looks *looks)
{
    uint8_t toc[TG_CDB_TOC_LEN];

    *looks = (struct tg_looks){0};
    if (!read_all(writer->file.fd, toc, sizeof(toc), 0))
        return errno;
    for (size_t i = 0; i < TG_CDB_TABLES; i++) {
        const struct table table = {tg_get32(toc + i * 8), tg_get32(toc + i * 8 + 4)};

        if (!add_table(writer, table, looks))
            return errno;
    }
    return 0;
}

size_t tg_writer_name_at(
    const struct tg_image_writer *writer, uint32_t at, uint8_t wire[TG_DNAME_MAX])
{
    uint8_t head[9];
    size_t len;

    if (!read_all(writer->file.fd, head, sizeof(head), at) || head[8] != TG_DISK_NAME)
        return 0;
    len = tg_get32(head) - 1u;
    return len <= TG_DNAME_MAX && read_all(writer->file.fd, wire, len, at + sizeof(head)) ? len : 0;
}
