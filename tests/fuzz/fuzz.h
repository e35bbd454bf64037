/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What the fuzz targets have in common. A target is one file: a function that takes any octets,
 * as libFuzzer and AFL++ call it, and that ends the process when a promise of a header is broken.
 * Linked with replay.c it tries files instead, with persistent.c what AFL++ gives it.
 */
#ifndef TLDGUARD_FUZZ_H
#define TLDGUARD_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"

/** The target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the process unless it holds. */
#define FUZZ_HOLDS(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/** A file in memory with this content, for what reads a path; to be closed with fuzz_close(). */
struct fuzz_file {
    int fd;
    char path[64];
};
struct fuzz_file fuzz_open(const uint8_t *data, size_t size);
void fuzz_close(struct fuzz_file *file);

/** The path of a short public suffix list: the whole one takes longer to read than all else. */
const char *fuzz_suffixes(void);

/** Octets that are taken from the front, one field after the other; at the end all are 0. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};
uint8_t fuzz_u8(struct fuzz_input *in);
uint16_t fuzz_u16(struct fuzz_input *in);
uint64_t fuzz_u64(struct fuzz_input *in);
/** At most cap octets, as many as a length of two octets in front says; *len of them. */
const uint8_t *fuzz_take(struct fuzz_input *in, size_t cap, size_t *len);

/** Reads each message, as a tool prints it. */
void fuzz_say(const struct tg_diags *diags);

#endif
