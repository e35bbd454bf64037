/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Checks what refers to rules: TLDs and names. Makes the table of TLDs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_p.h"

/* How many slots may be looked at, on the average, to find a TLD. */
#define LOOKS_MAX 64

/* What the names add up to. */
struct tally {
    uint64_t names;
    uint64_t suffixes;
    uint64_t tlds;
    uint64_t looks;
};

/* A TLD record's rule is a TLD's, of this very label, or there is none. */
static bool check_tld(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_tld *disk = (const void *)record->value;
    uint8_t label[2 + TG_LABEL_MAX];
    uint32_t number;

    if (record->value_len != sizeof(*disk) || record->key_len < 2 ||
        record->key_len > 1 + TG_LABEL_MAX)
        return false;
    label[0] = (uint8_t)(record->key_len - 1);
    memcpy(label + 1, record->key + 1, label[0]);
    label[1 + label[0]] = 0;
    number = tg_get32(disk->rule);
    if (number == TG_DISK_NO_RULE) {
        if (!tg_dname_is_lower(label + 1, label[0]))
            return false;
        number = TG_TLD_NO_RULE;
    } else if (number >= image->rule_count || image->rules[number].kind != TG_KIND_TLD ||
               !tg_dname_equal(
                   image->rules[number].owner, (struct tg_name){label, 2u + label[0]})) {
        return false;
    }
    tally->looks +=
        tg_tlds_add(&image->tlds, label, (uint32_t)(record->key + 1 - image->data), number);
    /* Labels can be chosen so that they all want the same slot. */
    return tally->looks <= ++tally->tlds * LOOKS_MAX;
}

/* The numbers are of rules of their kind, and, but for lists, of this very name. */
static bool check_rules(
    const struct tg_image *image, const struct tg_disk_name *disk, struct tg_name name)
{
    static const enum tg_kind kinds[] = {TG_KIND_ALLOW, TG_KIND_BLOCK, TG_KIND_PROTECT};
    uint32_t flags = tg_get16(disk->flags);
    size_t next = 0;

    for (uint32_t i = 0; i < 3; i++) {
        const struct tg_rule *rule;

        if ((flags & 1u << i) == 0)
            continue;
        rule = tg_image_rule(image, tg_get32(disk->rules[next++]));
        if (rule == NULL || rule->kind != kinds[i] ||
            (rule->owner.len > 0 && !tg_dname_equal(rule->owner, name)))
            return false;
    }
    return true;
}

static bool are_flags_possible(uint32_t flags, size_t value_len)
{
    uint32_t exact = flags >> TG_DISK_EXACT_SHIFT & TG_DISK_KINDS;

    return flags != 0 && (flags & ~TG_DISK_FLAGS) == 0 && (exact & ~flags) == 0 &&
           value_len == sizeof(struct tg_disk_name) + 4 * tg_disk_rules(flags);
}

static bool check_name(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_name *disk = (const void *)record->value;
    struct tg_name name = {record->key + 1, record->key_len - 1};
    uint8_t offsets[TG_LABELS_MAX];
    struct tg_tld *tld;
    uint32_t depth;
    uint32_t flags;
    size_t len;

    if (record->value_len < sizeof(*disk))
        return false;
    flags = tg_get16(disk->flags);
    if (tg_dname_check(name.wire, name.len, &len) != TG_OK || len != name.len || len == 1 ||
        !tg_dname_is_lower(name.wire, len) || !are_flags_possible(flags, record->value_len) ||
        !check_rules(image, disk, name))
        return false;
    tally->names += tg_disk_rules(flags);
    tally->suffixes += tg_disk_rules((flags & TG_DISK_SUFFIXES) / TG_DISK_SUFFIX);
    depth = (uint32_t)tg_dname_labels(name.wire, offsets);
    tld = tg_image_find_tld(image, name.wire + offsets[depth - 1]);
    if (tld == NULL)
        return false;
    if (tld->depth < depth)
        tld->depth = depth & UINT8_MAX;
    return true;
}

/* What must be told above a name, so that NXDOMAIN there does not deny it (RFC 8020). */
static uint32_t due_above(uint32_t flags)
{
    uint32_t due = flags & (TG_DISK_ABOVE_ALLOW | TG_DISK_ABOVE_SUFFIX);

    if (flags & (TG_DISK_ALLOW | TG_DISK_PROTECT))
        due |= TG_DISK_ABOVE_ALLOW;
    if (flags & (TG_DISK_SUFFIX | TG_DISK_SUFFIX_WILDCARD))
        due |= TG_DISK_ABOVE_SUFFIX;
    return due;
}

/* The name above knows what is below; and so it is up to the TLD. */
static bool check_above(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_name *disk = (const void *)record->value;
    uint32_t flags = tg_get16(disk->flags);
    uint32_t due = due_above(flags);
    size_t skip = 2u + record->key[1];
    struct tg_image_name known;
    struct tg_name above = {record->key + skip, record->key_len - skip};

    (void)tally;
    /* Below a wildcard are suffixes without a record of their own. */
    if ((flags & TG_DISK_SUFFIX_WILDCARD) != 0 && (flags & TG_DISK_ABOVE_SUFFIX) == 0)
        return false;
    if (due == 0 || above.len == 1)
        return true;
    return tg_image_name(image, above, &known) &&
           (known.above_allow || (due & TG_DISK_ABOVE_ALLOW) == 0) &&
           (known.above_suffix || (due & TG_DISK_ABOVE_SUFFIX) == 0);
}

/* Goes through the records of one kind of reference. */
static enum tg_status check_kind(const struct tg_opening *opening, enum tg_disk_kind kind,
    bool (*check)(struct tg_image *image, const struct tg_record *record, struct tally *tally),
    struct tally *tally)
{
    struct tg_record record = {0};

    while (tg_record_next(opening->image, &record))
        if (record.key[0] == kind && !check(opening->image, &record, tally))
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " (kind 0x%02x) does not fit what it refers to",
                record.at, record.key[0]);
    return TG_OK;
}

/* What a rule needs to take effect is there. */
static bool check_rule(const struct tg_image *image, const struct tg_rule *rule)
{
    struct tg_image_name known;

    if (rule->kind == TG_KIND_TLD)
        return tg_image_tld(image, rule->owner.wire) == rule;
    if (rule->owner.len == 0)
        return true; /* what is in a list is told by the number of names alone */
    return tg_image_name(image, rule->owner, &known) &&
           (known.allow == rule || known.block == rule || known.protect == rule);
}

/* A TLD without a rule is there for the names below it. */
static bool are_tlds_used(const struct tg_tlds *tlds)
{
    for (size_t i = 0; i < tlds->size; i++)
        if (tlds->slots[i].key != 0 && tlds->slots[i].rule == TG_TLD_NO_RULE &&
            tlds->slots[i].depth == 0)
            return false;
    return true;
}

static enum tg_status check_sums(const struct tg_opening *opening, const struct tally *tally)
{
    const struct tg_image *image = opening->image;

    if (tally->names > TG_NAMES_MAX)
        return tg_opening_fail(opening, TG_ETOOBIG,
            "image has %" PRIu64 " names, more than the %d allowed", tally->names, TG_NAMES_MAX);
    if (tally->names != image->name_count || tally->suffixes != image->suffix_count)
        return tg_opening_fail(opening, TG_ECORRUPT,
            "image has %" PRIu64 " names and %" PRIu64 " public suffixes, but tells of %zu and %zu",
            tally->names, tally->suffixes, image->name_count, image->suffix_count);
    if (!are_tlds_used(&image->tlds))
        return tg_opening_fail(opening, TG_ECORRUPT, "a TLD has neither rule nor names");
    for (size_t i = 0; i < image->rule_count; i++)
        if (!check_rule(image, &image->rules[i]))
            return tg_opening_fail(
                opening, TG_ECORRUPT, "rule %zu cannot be found by its name", i + 1);
    return TG_OK;
}

enum tg_status tg_image_check_refs(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    struct tally tally = {0};
    enum tg_status status;
    size_t tlds = 0;

    while (tg_record_next(image, &record))
        tlds += record.key[0] == TG_DISK_TLD;
    if (tg_tlds_init(&image->tlds, tlds) != TG_OK)
        return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
    status = check_kind(opening, TG_DISK_TLD, check_tld, &tally);
    if (status == TG_OK)
        status = check_kind(opening, TG_DISK_NAME, check_name, &tally);
    if (status == TG_OK)
        status = check_kind(opening, TG_DISK_NAME, check_above, &tally);
    if (status == TG_OK)
        status = check_sums(opening, &tally);
    return status;
}
