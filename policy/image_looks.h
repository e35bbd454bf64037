/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * How long look-ups are in the tables of an image that has just been written.
 */
#ifndef TLDGUARD_IMAGE_LOOKS_H
#define TLDGUARD_IMAGE_LOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "tldguard/dname.h"

struct tg_image_writer;

struct tg_looks {
    uint64_t records;
    uint64_t sum; /* of the slots that are looked at, to find each once */
    uint32_t most;
    uint32_t at;  /* the record that most are looked at for, in the file */
    uint32_t run; /* of slots in use, in a row */
    uint32_t longest;
    uint32_t crowded_at; /* a record in the longest run */
};

/** Adds up how long look-ups are in the tables that were written. Returns 0 or errno. */
int tg_writer_looks(const struct tg_image_writer *writer, struct tg_looks *looks);

/** The name whose record is there; returns its length, 0: it is no name, or cannot be read. */
size_t tg_writer_name_at(
    const struct tg_image_writer *writer, uint32_t at, uint8_t wire[TG_DNAME_MAX]);

#endif
