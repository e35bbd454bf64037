/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fileio.h"
#include "image_p.h"
#include "tldguard/image.h"

/* The longest value: a rule with everything it can have. */
#define VALUE_MAX \
    (sizeof(struct tg_disk_rule) + (1 + TG_TARGETS_MAX) * TG_DNAME_MAX + 3 * (TG_TEXT_MAX + 1))

static_assert(sizeof(struct tg_disk_answer) + 3 * TG_DNAME_MAX + TG_TEXT_MAX + 1 <= VALUE_MAX,
    "an answer fits as well");

/* What is known of one name, on its way to an 'N' record. */
struct known {
    struct tg_name name;
    uint32_t rule; /* of the allow; TG_DISK_NO_RULE: the name is only above one */
};

struct writer {
    const struct tg_policy *policy;
    struct cdb_make cdb;
    struct tg_newfile file;
    struct known *known;
    size_t known_count;
    struct tg_name *tlds; /* listed ones, sorted */
    size_t tld_count;
    uint64_t size; /* of the file so far */
    int error;     /* errno of the first failure; E2BIG: larger than an image may be */
};

/* A value that is being put together. */
struct value {
    uint8_t octets[VALUE_MAX];
    size_t len;
    bool too_big;
};

static void append(struct value *value, const void *data, size_t len)
{
    if (value->too_big || len > sizeof(value->octets) - value->len) {
        value->too_big = true;
        return;
    }
    if (len > 0)
        memcpy(value->octets + value->len, data, len);
    value->len += len;
}

static uint16_t text_len(struct value *value, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    value->too_big |= len > TG_TEXT_MAX;
    return (uint16_t)len;
}

static void append_text(struct value *value, const char *text)
{
    if (text != NULL)
        append(value, text, strlen(text) + 1);
}

static void add(struct writer *writer, const void *key, size_t key_len, const struct value *value)
{
    /* The lengths and two slots of eight octets come with each record. */
    writer->size += 24 + key_len + value->len;
    if (writer->error != 0)
        return;
    if (value->too_big || writer->size > TG_IMAGE_SIZE_MAX)
        writer->error = E2BIG;
    else if (cdb_make_add(
                 &writer->cdb, key, (unsigned)key_len, value->octets, (unsigned)value->len) != 0)
        writer->error = errno;
}

static void add_meta(struct writer *writer, time_t created)
{
    static const char tool[] = TG_VERSION;
    const uint8_t key = TG_DISK_META;
    struct tg_disk_meta disk = {0};
    struct value value = {.len = 0};

    tg_put32(disk.format, TG_IMAGE_FORMAT);
    tg_put32(disk.serial, writer->policy->serial);
    tg_put64(disk.created, (uint64_t)created);
    memcpy(disk.digest, writer->policy->digest, sizeof(disk.digest));
    tg_put32(disk.rule_count, (uint32_t)writer->policy->rule_count);
    tg_put16(disk.tool_len, sizeof(tool) - 1);
    append(&value, &disk, sizeof(disk));
    append(&value, tool, sizeof(tool));
    add(writer, &key, 1, &value);
}

static void add_answer(struct writer *writer)
{
    const struct tg_answer *answer = &writer->policy->answer;
    const uint8_t key = TG_DISK_ANSWER;
    struct tg_disk_answer disk = {0};
    struct value value = {.len = 0};

    tg_put32(disk.ttl, answer->ttl);
    /* Only what counts: the rest may hold anything, and bytes must be the same. */
    memcpy(disk.a, answer->a, answer->a_count * sizeof(disk.a[0]));
    memcpy(disk.aaaa, answer->aaaa, answer->aaaa_count * sizeof(disk.aaaa[0]));
    disk.a_count = (uint8_t)answer->a_count;
    disk.aaaa_count = (uint8_t)answer->aaaa_count;
    disk.mname_len = (uint8_t)answer->mname.len;
    disk.rname_len = (uint8_t)answer->rname.len;
    disk.mx_len = (uint8_t)answer->mx.len;
    disk.has_contact = answer->contact != NULL;
    tg_put16(disk.contact_len, text_len(&value, answer->contact));
    append(&value, &disk, sizeof(disk));
    append(&value, answer->mname.wire, answer->mname.len);
    append(&value, answer->rname.wire, answer->rname.len);
    append(&value, answer->mx.wire, answer->mx.len);
    append_text(&value, answer->contact);
    add(writer, &key, 1, &value);
}

static void add_rule(struct writer *writer, uint32_t number)
{
    const struct tg_rule *rule = &writer->policy->rules[number];
    bool tld = rule->kind == TG_KIND_TLD;
    uint8_t key[5] = {TG_DISK_RULE};
    struct tg_disk_rule disk = {0};
    struct value value = {.len = 0};

    tg_put32(key + 1, number);
    disk.kind = (uint8_t)rule->kind;
    disk.exact = !tld && rule->exact;
    if (tld) {
        disk.mode = (uint8_t)rule->mode;
        disk.action = (uint8_t)rule->action;
        disk.severity = (uint8_t)rule->severity;
        disk.target_count = (uint8_t)rule->target_count;
    }
    disk.owner_len = (uint8_t)rule->owner.len;
    disk.texts = (uint8_t)((rule->note != NULL ? TG_DISK_HAS_NOTE : 0) |
                           (rule->reason != NULL ? TG_DISK_HAS_REASON : 0) |
                           (rule->ticket != NULL ? TG_DISK_HAS_TICKET : 0));
    tg_put16(disk.note_len, text_len(&value, rule->note));
    tg_put16(disk.reason_len, text_len(&value, rule->reason));
    tg_put16(disk.ticket_len, text_len(&value, rule->ticket));
    append(&value, &disk, sizeof(disk));
    append(&value, rule->owner.wire, rule->owner.len);
    for (size_t i = 0; i < disk.target_count; i++)
        append(&value, rule->targets[i].wire, rule->targets[i].len);
    append_text(&value, rule->note);
    append_text(&value, rule->reason);
    append_text(&value, rule->ticket);
    add(writer, key, sizeof(key), &value);
}

static void add_ref(
    struct writer *writer, const uint8_t *key, size_t key_len, uint8_t flags, uint32_t rule)
{
    struct tg_disk_ref disk = {.flags = flags};
    struct value value = {.len = 0};

    tg_put32(disk.rule, rule);
    append(&value, &disk, sizeof(disk));
    add(writer, key, key_len, &value);
}

static void add_tld(struct writer *writer, uint32_t number)
{
    const struct tg_name *owner = &writer->policy->rules[number].owner;
    uint8_t key[1 + TG_DNAME_MAX] = {TG_DISK_TLD};

    /* The label alone: without the octet before it and the root behind it. */
    memcpy(key + 1, owner->wire + 1, owner->len - 2);
    add_ref(writer, key, owner->len - 1, 0, number);
}

static int compare_names(const struct tg_name *a, const struct tg_name *b)
{
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->wire, b->wire, shorter);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_name(const void *left, const void *right)
{
    return compare_names(left, right);
}

/* Equal names: the allow first, TG_DISK_NO_RULE being the highest number. */
static int by_known(const void *left, const void *right)
{
    const struct known *a = left;
    const struct known *b = right;
    int order = compare_names(&a->name, &b->name);

    return order != 0 ? order : (a->rule > b->rule) - (a->rule < b->rule);
}

/* The owner of an allow, and, under a listed TLD, all that is above it. */
static void note_allow(struct writer *writer, uint32_t number)
{
    const struct tg_name *owner = &writer->policy->rules[number].owner;
    uint8_t offsets[TG_LABELS_MAX];
    size_t labels = tg_dname_labels(owner->wire, offsets);
    struct tg_name tld = {owner->wire + offsets[labels - 1], owner->len - offsets[labels - 1]};

    writer->known[writer->known_count++] = (struct known){*owner, number};
    if (bsearch(&tld, writer->tlds, writer->tld_count, sizeof(tld), by_name) == NULL)
        return;
    for (size_t i = 1; i < labels; i++) {
        struct tg_name above = {owner->wire + offsets[i], owner->len - offsets[i]};

        writer->known[writer->known_count++] = (struct known){above, TG_DISK_NO_RULE};
    }
}

/* Collects the TLDs and the names, sorted. */
static void collect(struct writer *writer)
{
    const struct tg_policy *policy = writer->policy;
    size_t names = 1;
    size_t tlds = 1;

    for (size_t i = 0; i < policy->rule_count; i++) {
        uint8_t offsets[TG_LABELS_MAX];

        if (policy->rules[i].kind == TG_KIND_TLD)
            tlds++;
        else
            names += tg_dname_labels(policy->rules[i].owner.wire, offsets);
    }
    writer->known = calloc(names, sizeof(*writer->known));
    writer->tlds = calloc(tlds, sizeof(*writer->tlds));
    if (writer->known == NULL || writer->tlds == NULL) {
        writer->error = ENOMEM;
        return;
    }
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].kind == TG_KIND_TLD)
            writer->tlds[writer->tld_count++] = policy->rules[i].owner;
    qsort(writer->tlds, writer->tld_count, sizeof(*writer->tlds), by_name);
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].kind == TG_KIND_ALLOW)
            note_allow(writer, (uint32_t)i);
    qsort(writer->known, writer->known_count, sizeof(*writer->known), by_known);
}

/* One record for each name. */
static void add_names(struct writer *writer)
{
    const struct known *known = writer->known;

    for (size_t i = 0, next; i < writer->known_count && writer->error == 0; i = next) {
        uint8_t key[1 + TG_DNAME_MAX] = {TG_DISK_NAME};
        uint8_t flags = 0;

        for (next = i;
             next < writer->known_count && compare_names(&known[next].name, &known[i].name) == 0;
             next++)
            flags |= known[next].rule == TG_DISK_NO_RULE ? TG_DISK_ABOVE_ALLOW : TG_DISK_ALLOW;
        memcpy(key + 1, known[i].name.wire, known[i].name.len);
        add_ref(writer, key, 1 + known[i].name.len, flags, known[i].rule);
    }
}

static void add_all(struct writer *writer, time_t created)
{
    size_t count = writer->policy->rule_count;

    add_meta(writer, created);
    add_answer(writer);
    for (size_t i = 0; i < count && writer->error == 0; i++)
        add_rule(writer, (uint32_t)i);
    for (size_t i = 0; i < count && writer->error == 0; i++)
        if (writer->policy->rules[i].kind == TG_KIND_TLD)
            add_tld(writer, (uint32_t)i);
    add_names(writer);
}

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

static void add_trailer(struct writer *writer)
{
    struct tg_disk_trailer trailer = {.magic = {0}};

    memcpy(trailer.magic, TG_IMAGE_MAGIC, sizeof(trailer.magic));
    tg_put32(trailer.format, TG_IMAGE_FORMAT);
    writer->error = make_digest(writer->file.fd, &trailer);
    if (writer->error == 0 && lseek(writer->file.fd, 0, SEEK_END) < 0)
        writer->error = errno;
    if (writer->error == 0)
        writer->error = tg_newfile_write(&writer->file, &trailer, sizeof(trailer));
}

static void write_file(struct writer *writer, time_t created)
{
    if (cdb_make_start(&writer->cdb, writer->file.fd) != 0) {
        writer->error = errno;
        return;
    }
    add_all(writer, created);
    /* Also after a failure: nothing else frees what libcdb holds. */
    errno = 0;
    if (cdb_make_finish(&writer->cdb) != 0 && writer->error == 0)
        writer->error = errno != 0 ? errno : EIO;
    if (writer->error == 0)
        add_trailer(writer);
    if (writer->error == 0)
        writer->error = tg_newfile_commit(&writer->file);
}

static enum tg_status report(int error, const char *path, struct tg_diags *diags)
{
    if (error == 0)
        return TG_OK;
    if (error == E2BIG) {
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL,
            "cannot write: the image would be too large: more than %u bytes, %d rules, or %d bytes "
            "in one text",
            TG_IMAGE_SIZE_MAX, TG_RULES_MAX, TG_TEXT_MAX);
        return TG_ETOOBIG;
    }
    tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "cannot write: %s",
        error == EEXIST ? "not a regular file" : strerror(error));
    return error == ENOMEM ? TG_ENOMEM : TG_EIO;
}

enum tg_status tg_image_write(
    const struct tg_policy *policy, time_t created, const char *path, struct tg_diags *diags)
{
    struct writer *writer = NULL;
    int error = E2BIG;

    if (policy->rule_count > TG_RULES_MAX)
        goto done;
    error = ENOMEM;
    writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        goto done;
    writer->policy = policy;
    writer->file = (struct tg_newfile)TG_NEWFILE_NONE;
    writer->size = TG_CDB_TOC_LEN + sizeof(struct tg_disk_trailer);
    collect(writer);
    if (writer->error == 0)
        writer->error = tg_newfile_create(&writer->file, path);
    if (writer->error == 0)
        write_file(writer, created);
    error = writer->error;
    tg_newfile_fini(&writer->file);
    free(writer->known);
    free(writer->tlds);
    free(writer);
done:
    return report(error, path, diags);
}
