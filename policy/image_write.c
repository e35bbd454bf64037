/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_encode.h"
#include "tldguard/image.h"

/* SHA-256 of the file and of the trailer's own first part. */
static int make_digest(int fd, struct tg_disk_trailer *trailer)
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    uint8_t buf[65536];
    ssize_t got = -1;
    off_t at = 0;
    int error = ENOMEM;

    if (sha == NULL || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1)
        goto done;
    while ((got = pread(fd, buf, sizeof(buf), at)) > 0) {
        if (EVP_DigestUpdate(sha, buf, (size_t)got) != 1)
            goto done;
        at += got;
    }
    if (got < 0)
        error = errno;
    else if (EVP_DigestUpdate(sha, trailer, offsetof(struct tg_disk_trailer, digest)) == 1 &&
             EVP_DigestFinal_ex(sha, trailer->digest, NULL) == 1)
        error = 0;
done:
    EVP_MD_CTX_free(sha);
    return error;
}

static void add_trailer(struct tg_image_writer *writer)
{
    struct tg_disk_trailer trailer = {.magic = {0}};

    memcpy(trailer.magic, TG_IMAGE_MAGIC, sizeof(trailer.magic));
    tg_put32(trailer.format, TG_IMAGE_FORMAT);
    tg_put32(trailer.names_at, writer->names_at);
    writer->error = make_digest(writer->file.fd, &trailer);
    if (writer->error == 0 && writer->digest != NULL &&
        memcmp(trailer.digest, writer->digest, sizeof(trailer.digest)) != 0)
        writer->error = EBADMSG;
    if (writer->error == 0 && lseek(writer->file.fd, 0, SEEK_END) < 0)
        writer->error = errno;
    if (writer->error == 0)
        writer->error = tg_newfile_write(&writer->file, &trailer, sizeof(trailer));
}

bool tg_writer_start(struct tg_image_writer *writer, const char *path)
{
    writer->size = TG_CDB_TOC_LEN + sizeof(struct tg_disk_trailer);
    writer->next_at = TG_CDB_TOC_LEN;
    writer->file = (struct tg_newfile)TG_NEWFILE_NONE;
    writer->error = tg_newfile_create(&writer->file, path);
    if (writer->error == 0 && cdb_make_start(&writer->cdb, writer->file.fd) != 0)
        writer->error = errno;
    return writer->error == 0;
}

/* As a resolver does it, which would take no such image. */
static void check_looks(struct tg_image_writer *writer)
{
    struct tg_looks looks;

    bool crowded;

    writer->error = tg_writer_looks(writer, &looks);
    crowded = looks.longest > TG_RUN_MAX;
    if (writer->error != 0 || (!crowded && looks.sum <= TG_LOOKS_MAX * looks.records))
        return;
    writer->error = EDOM;
    (void)tg_writer_name_at(writer, crowded ? looks.crowded_at : looks.at, writer->slowest);
}

void tg_writer_finish(struct tg_image_writer *writer)
{
    /* Also after a failure: nothing else frees what libcdb holds. */
    errno = 0;
    if (cdb_make_finish(&writer->cdb) != 0 && writer->error == 0)
        writer->error = errno != 0 ? errno : EIO;
    /* That is how libcdb says that it had no memory for its tables. */
    if (writer->error == ENOENT)
        writer->error = ENOMEM;
    if (writer->error == 0)
        check_looks(writer);
    if (writer->error == 0)
        add_trailer(writer);
    if (writer->error == 0)
        writer->error = tg_newfile_commit(&writer->file);
}

static enum tg_status report_slow(
    const struct tg_image_writer *writer, const char *path, struct tg_diags *diags)
{
    char text[TG_DNAME_TEXT_MAX];
    size_t len;

    if (tg_dname_check(writer->slowest, sizeof(writer->slowest), &len) != TG_OK)
        len = 0;
    (void)tg_dname_to_text(writer->slowest, len, text);
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
        "cannot write: the names in a list have been chosen so that they are slow to find, and no "
        "resolver would take the image; leave out the list that has '%s'",
        text);
    return TG_EPOLICY;
}

enum tg_status tg_writer_report(
    const struct tg_image_writer *writer, const char *path, struct tg_diags *diags)
{
    const int error = writer == NULL ? ENOMEM : writer->error;

    if (error == 0)
        return TG_OK;
    if (error == EDOM)
        return report_slow(writer, path, diags);
    if (error == E2BIG) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
            "cannot write: the image would be too large: more than %u bytes, %d rules, %d names, "
            "%d groups, %d subnets, %d canary questions, or %d bytes in one text",
            TG_IMAGE_SIZE_MAX, TG_RULES_MAX, TG_NAMES_MAX, TG_GROUPS_MAX, TG_SUBNETS_MAX,
            TG_CANARIES_MAX, TG_TEXT_MAX);
        return TG_ETOOBIG;
    }
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot write: %s",
        error == EEXIST ? "not a regular file" : strerror(error));
    return error == ENOMEM ? TG_ENOMEM : TG_EIO;
}

static bool is_too_much(const struct tg_policy *policy)
{
    return policy->rule_count > TG_RULES_MAX || policy->name_count > TG_NAMES_MAX ||
           policy->group_count > TG_GROUPS_MAX || policy->subnet_count > TG_SUBNETS_MAX ||
           policy->canary_count > TG_CANARIES_MAX;
}

static void write_all(struct tg_image_writer *writer, time_t created, const char *path)
{
    if (is_too_much(writer->policy)) {
        writer->error = E2BIG;
    } else if (tg_collect(writer->policy, &writer->names, &writer->tlds) != TG_OK) {
        writer->error = ENOMEM;
    } else if (tg_writer_start(writer, path)) {
        tg_encode_all(writer, created);
        tg_writer_finish(writer);
    }
}

enum tg_status tg_image_write(
    const struct tg_policy *policy, time_t created, const char *path, struct tg_diags *diags)
{
    struct tg_image_writer *writer = calloc(1, sizeof(*writer));
    enum tg_status status;

    if (writer == NULL)
        return tg_writer_report(NULL, path, diags);
    writer->policy = policy;
    writer->file = (struct tg_newfile)TG_NEWFILE_NONE;
    write_all(writer, created, path);
    status = tg_writer_report(writer, path, diags);
    tg_newfile_fini(&writer->file);
    tg_knowns_fini(&writer->names);
    tg_knowns_fini(&writer->tlds);
    free(writer->value.octets);
    free(writer);
    return status;
}
