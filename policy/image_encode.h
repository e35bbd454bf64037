/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private to the writer: turns a policy into records. */
#ifndef TLDGUARD_IMAGE_ENCODE_H
#define TLDGUARD_IMAGE_ENCODE_H

#include <cdb.h>
#include <stdbool.h>
#include <time.h>

#include "fileio.h"
#include "image_collect.h"
#include "image_p.h"

/* A value that is being put together; its memory is used for one after the other. */
struct tg_value {
    uint8_t *octets;
    size_t len;
    size_t capacity;
};

struct tg_image_writer {
    const struct tg_policy *policy;
    struct cdb_make cdb;
    struct tg_newfile file;
    struct tg_knowns names;
    struct tg_knowns tlds;
    struct tg_value value;
    uint64_t size;     /* of the file so far */
    uint32_t next_at;  /* where the next record goes */
    uint32_t names_at; /* where the first name went */
    int error;         /* errno of the first failure; E2BIG: larger than an image may be */
};

/** Adds all records of a policy to the writer's CDB; on failure sets error. */
void tg_encode_all(struct tg_image_writer *writer, time_t created);

#endif
