/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "image_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tg_writer_append(struct tg_image_writer *writer, const void *data, size_t len)
{
    struct tg_value *value = &writer->value;

    if (len > value->capacity - value->len && writer->error == 0) {
        size_t capacity = 2 * value->capacity + len + 256;
        uint8_t *octets = realloc(value->octets, capacity);

        if (octets == NULL) {
            writer->error = ENOMEM;
            return;
        }
        value->octets = octets;
        value->capacity = capacity;
    }
    if (writer->error != 0)
        return;
    if (len > 0)
        memcpy(value->octets + value->len, data, len);
    value->len += len;
}

static void append_name(struct tg_image_writer *writer, struct tg_name name)
{
    tg_writer_append(writer, name.wire, name.len);
}

static void put_text_len(struct tg_image_writer *writer, uint8_t field[2], const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len > TG_TEXT_MAX && writer->error == 0)
        writer->error = E2BIG;
    tg_put16(field, (uint16_t)len);
}

static void append_text(struct tg_image_writer *writer, const char *text)
{
    if (text != NULL)
        tg_writer_append(writer, text, strlen(text) + 1);
}

/* Adds a record with the value that was put together, and starts the next one. */
static void add(struct tg_image_writer *writer, const void *key, size_t key_len)
{
    struct tg_value *value = &writer->value;

    /* The lengths and two slots of eight octets come with each record. */
    writer->size += 24 + key_len + value->len;
    if (writer->size > TG_IMAGE_SIZE_MAX && writer->error == 0)
        writer->error = E2BIG;
    if (writer->error == 0 && cdb_make_add(&writer->cdb, key, (unsigned)key_len, value->octets,
                                  (unsigned)value->len) != 0)
        writer->error = errno;
    writer->next_at += (uint32_t)(8 + key_len + value->len);
    value->len = 0;
}

static uint32_t count_flags(const struct tg_knowns *knowns, uint32_t mask)
{
    uint32_t count = 0;

    for (size_t i = 0; i < knowns->count; i++)
        for (uint32_t rest = knowns->names[i].flags & mask; rest != 0; rest &= rest - 1)
            count++;
    return count;
}

static void add_meta(struct tg_image_writer *writer, time_t created)
{
    static const char tool[] = TG_VERSION;
    const struct tg_policy *policy = writer->policy;
    const uint8_t key = TG_DISK_META;
    struct tg_disk_meta disk = {0};

    tg_put32(disk.format, TG_IMAGE_FORMAT);
    tg_put32(disk.serial, policy->serial);
    tg_put64(disk.created, (uint64_t)created);
    memcpy(disk.digest, policy->digest, sizeof(disk.digest));
    tg_put32(disk.rule_count, (uint32_t)policy->rule_count);
    tg_put32(disk.group_count, (uint32_t)policy->group_count);
    tg_put32(disk.subnet_count, (uint32_t)policy->subnet_count);
    tg_put32(disk.name_count, count_flags(&writer->names, TG_DISK_KINDS));
    tg_put32(disk.suffix_count, count_flags(&writer->names, TG_DISK_SUFFIXES));
    tg_put16(disk.tool_len, sizeof(tool) - 1);
    tg_put16(disk.flags, policy->inspect_targets ? TG_DISK_INSPECT : 0);
    tg_put32(disk.canary_count, (uint32_t)policy->canary_count);
    tg_writer_append(writer, &disk, sizeof(disk));
    tg_writer_append(writer, tool, sizeof(tool));
    add(writer, &key, 1);
}

static void add_answer(struct tg_image_writer *writer)
{
    const struct tg_answer *answer = &writer->policy->answer;
    const uint8_t key = TG_DISK_ANSWER;
    struct tg_disk_answer disk = {0};

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
    put_text_len(writer, disk.contact_len, answer->contact);
    tg_writer_append(writer, &disk, sizeof(disk));
    append_name(writer, answer->mname);
    append_name(writer, answer->rname);
    append_name(writer, answer->mx);
    append_text(writer, answer->contact);
    add(writer, &key, 1);
}

static void add_canary(struct tg_image_writer *writer, uint32_t number)
{
    const struct tg_canary *canary = &writer->policy->canaries[number];
    uint8_t key[5] = {TG_DISK_CANARY};
    struct tg_disk_canary disk = {
        .expect = (uint8_t)canary->expect, .qname_len = (uint8_t)canary->qname.len};

    tg_put32(key + 1, number);
    tg_put16(disk.qtype, canary->qtype);
    tg_writer_append(writer, &disk, sizeof(disk));
    append_name(writer, canary->qname);
    add(writer, key, sizeof(key));
}

/* What a kind has no use for stays zero, whatever the rule holds. */
static void encode_rule(const struct tg_rule *rule, struct tg_disk_rule *disk)
{
    bool tld = rule->kind == TG_KIND_TLD;
    bool acts = tld || rule->kind == TG_KIND_BLOCK;

    disk->kind = (uint8_t)rule->kind;
    disk->owner_len = (uint8_t)rule->owner.len;
    if (tld) {
        disk->otherwise = (uint8_t)rule->otherwise;
        disk->twin = (uint8_t)rule->twin;
        disk->match = (uint8_t)rule->match;
    }
    if (acts) {
        disk->mode = (uint8_t)rule->mode;
        disk->action = (uint8_t)rule->action;
        disk->severity = (uint8_t)rule->severity;
        disk->target_count = (uint8_t)rule->target_count;
    }
    if (rule->kind == TG_KIND_ALLOW)
        tg_put32(disk->until, rule->until);
}

static void add_rule(struct tg_image_writer *writer, uint32_t number)
{
    const struct tg_rule *rule = &writer->policy->rules[number];
    uint8_t key[5] = {TG_DISK_RULE};
    struct tg_disk_rule disk = {0};

    tg_put32(key + 1, number);
    encode_rule(rule, &disk);
    disk.texts = (uint8_t)((rule->note != NULL ? TG_DISK_HAS_NOTE : 0) |
                           (rule->reason != NULL ? TG_DISK_HAS_REASON : 0) |
                           (rule->ticket != NULL ? TG_DISK_HAS_TICKET : 0) |
                           (rule->file != NULL ? TG_DISK_HAS_FILE : 0));
    put_text_len(writer, disk.note_len, rule->note);
    put_text_len(writer, disk.reason_len, rule->reason);
    put_text_len(writer, disk.ticket_len, rule->ticket);
    put_text_len(writer, disk.file_len, rule->file);
    tg_writer_append(writer, &disk, sizeof(disk));
    append_name(writer, rule->owner);
    for (size_t i = 0; i < disk.target_count; i++)
        append_name(writer, rule->targets[i]);
    append_text(writer, rule->note);
    append_text(writer, rule->reason);
    append_text(writer, rule->ticket);
    append_text(writer, rule->file);
    add(writer, key, sizeof(key));
}

static void add_group(struct tg_image_writer *writer, uint32_t number)
{
    const struct tg_group *group = &writer->policy->groups[number];
    uint8_t key[5] = {TG_DISK_GROUP};
    struct tg_disk_group disk = {0};

    tg_put32(key + 1, number);
    tg_put32(disk.override_count, (uint32_t)group->override_count);
    put_text_len(writer, disk.name_len, group->name);
    tg_writer_append(writer, &disk, sizeof(disk));
    append_text(writer, group->name);
    for (size_t i = 0; i < group->override_count; i++) {
        const struct tg_override *override = &group->overrides[i];
        uint8_t mode = (uint8_t) override->mode;

        tg_writer_append(writer, &mode, 1);
        if (override->tld.len == 0)
            tg_writer_append(writer, "", 1); /* the root, for all */
        else
            append_name(writer, override->tld);
    }
    add(writer, key, sizeof(key));
}

static void add_subnets(struct tg_image_writer *writer)
{
    const uint8_t key = TG_DISK_CLIENTS;

    if (writer->policy->subnet_count == 0)
        return;
    for (size_t i = 0; i < writer->policy->subnet_count; i++) {
        const struct tg_subnet *subnet = &writer->policy->subnets[i];
        struct tg_disk_subnet disk = {.length = subnet->length};

        memcpy(disk.prefix, subnet->prefix.octets, sizeof(disk.prefix));
        tg_put32(disk.group, subnet->group);
        tg_writer_append(writer, &disk, sizeof(disk));
    }
    add(writer, &key, 1);
}

static void add_tld(struct tg_image_writer *writer, const struct tg_known *tld)
{
    uint8_t key[1 + TG_DNAME_MAX] = {TG_DISK_TLD};
    struct tg_disk_tld disk;

    /* The label alone: without the octet before it and the root behind it. */
    memcpy(key + 1, tld->wire + 1, tld->len - 2u);
    tg_put24(disk.rule, tld->flags == 0 ? TG_NO_RULE : tld->rules[0]);
    disk.depth = tld->depth;
    tg_writer_append(writer, &disk, sizeof(disk));
    add(writer, key, tld->len - 1u);
}

static void add_name(struct tg_image_writer *writer, const struct tg_known *known)
{
    uint8_t key[1 + TG_DNAME_MAX];
    uint8_t octets[3];

    key[0] = TG_DISK_NAME;
    memcpy(key + 1, known->wire, known->len);
    tg_put16(octets, known->flags);
    tg_writer_append(writer, octets, sizeof(struct tg_disk_name));
    for (uint32_t kind = 0; kind < 3; kind++) {
        if ((known->flags & 1u << kind) == 0)
            continue;
        tg_put24(octets, known->rules[kind]);
        tg_writer_append(writer, octets, 3);
    }
    add(writer, key, 1u + known->len);
}

void tg_encode_all(struct tg_image_writer *writer, time_t created)
{
    const struct tg_policy *policy = writer->policy;

    add_meta(writer, created);
    add_answer(writer);
    for (size_t i = 0; i < policy->canary_count && writer->error == 0; i++)
        add_canary(writer, (uint32_t)i);
    for (size_t i = 0; i < policy->rule_count && writer->error == 0; i++)
        add_rule(writer, (uint32_t)i);
    for (size_t i = 0; i < policy->group_count && writer->error == 0; i++)
        add_group(writer, (uint32_t)i);
    add_subnets(writer);
    for (size_t i = 0; i < writer->tlds.count && writer->error == 0; i++)
        add_tld(writer, &writer->tlds.names[i]);
    writer->names_at = writer->next_at;
    for (size_t i = 0; i < writer->names.count && writer->error == 0; i++)
        add_name(writer, &writer->names.names[i]);
}
