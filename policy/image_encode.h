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
#include "image_looks.h"
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
    uint64_t size;                 /* of the file so far */
    uint32_t next_at;              /* where the next record goes */
    uint32_t names_at;             /* where the first name went */
    const uint8_t *digest;         /* the one that the trailer must have; NULL: any */
    uint8_t slowest[TG_DNAME_MAX]; /* when error is EDOM: a name that is slow to find */
    int error; /* errno of the first failure; E2BIG: larger than an image may be; EBADMSG:
                  another digest; EDOM: look-ups would be too slow */
};

/**
 * Begins the file beside path.
 * @param writer zero, but for what the caller gives.
 * @return false after a failure. tg_newfile_fini() of its file is due either way.
 */
bool tg_writer_start(struct tg_image_writer *writer, const char *path);

/** Adds tables and trailer to what was started, and makes it the file at path; also after a
 * failure, since libcdb has something to free. */
void tg_writer_finish(struct tg_image_writer *writer);

/** Tells of a writer's error, NULL: there was no memory for one; returns the status for it. */
enum tg_status tg_writer_report(
    const struct tg_image_writer *writer, const char *path, struct tg_diags *diags);

/** Adds octets to the writer's value; on failure, also an earlier one, only sets error. */
void tg_writer_append(struct tg_image_writer *writer, const void *data, size_t len);

/** Adds all records of a policy to the writer's CDB; on failure sets error. */
void tg_encode_all(struct tg_image_writer *writer, time_t created);

#endif
