/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Checks what refers to rules: TLDs and names. Makes the table of TLDs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_p.h"

/* What the names add up to. */
struct tally {
    uint64_t names;
    uint64_t suffixes;
    uint64_t tlds;
    uint64_t looks;
};

/* Makes a name of the label of a TLD's record. */
static struct tg_name name_of(const struct tg_record *record, uint8_t label[2 + TG_LABEL_MAX])
{
    label[0] = (uint8_t)(record->key_len - 1);
    memcpy(label + 1, record->key + 1, label[0]);
    label[1 + label[0]] = 0;
    return (struct tg_name){label, 2u + label[0]};
}

/* A TLD record's rule is a TLD's, of this very label, or there is none. */
static bool check_tld(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_tld *disk = (const void *)record->value;
    uint8_t label[2 + TG_LABEL_MAX];
    struct tg_name name;
    uint32_t number;

    if (record->value_len != sizeof(*disk) || record->key_len < 2 ||
        record->key_len > 1 + TG_LABEL_MAX)
        return false;
    name = name_of(record, label);
    number = tg_get24(disk->rule);
    if (number == TG_NO_RULE) {
        if (!tg_dname_is_lower(label + 1, label[0]))
            return false;
    } else if (number >= image->rule_count || image->rules[number].kind != TG_KIND_TLD ||
               !tg_dname_equal(image->rules[number].owner, name)) {
        return false;
    }
    if (tg_image_find_tld(image, label) != NULL)
        return false;
    tally->looks += tg_tlds_add(image, label, (uint32_t)(record->key + 1 - image->data), number);
    /* Labels could be chosen so that they all want the same slot, by who knows the salt. */
    return tally->looks <= ++tally->tlds * TG_LOOKS_MAX;
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
        rule = tg_image_rule(image, tg_get24(disk->rules[next++]));
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
           value_len == sizeof(struct tg_disk_name) + 3 * tg_disk_rules(flags);
}

bool tg_image_is_possible(
    const struct tg_image *image, struct tg_name name, const uint8_t *value, size_t value_len)
{
    const struct tg_disk_name *disk = (const void *)value;

    return value_len >= sizeof(*disk) && are_flags_possible(tg_get16(disk->flags), value_len) &&
           check_rules(image, disk, name);
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

    if (record->key[0] != TG_DISK_NAME || tg_dname_check(name.wire, name.len, &len) != TG_OK ||
        len != name.len || len == 1 || !tg_dname_is_lower(name.wire, len) ||
        !tg_image_is_possible(image, name, record->value, record->value_len))
        return false;
    flags = tg_get16(disk->flags);
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

/* What a TLD's record says of its depth is what the names have told. */
static bool check_depth(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_tld *disk = (const void *)record->value;
    uint8_t label[2 + TG_LABEL_MAX];

    (void)tally;
    return tg_image_find_tld(image, name_of(record, label).wire)->depth == disk->depth;
}

/* There are no names to tell it. */
static bool take_depth(struct tg_image *image, const struct tg_record *record, struct tally *tally)
{
    const struct tg_disk_tld *disk = (const void *)record->value;
    uint8_t label[2 + TG_LABEL_MAX];

    (void)tally;
    tg_image_find_tld(image, name_of(record, label).wire)->depth = disk->depth;
    return disk->depth <= TG_LABELS_MAX;
}

typedef bool check_fn(struct tg_image *image, const struct tg_record *record, struct tally *tally);

static enum tg_status misfit(const struct tg_opening *opening, const struct tg_record *record)
{
    return tg_opening_fail(opening, TG_ECORRUPT,
        "record at byte %" PRIu64 " (kind 0x%02x) does not fit what it refers to", record->at,
        record->key[0]);
}

static enum tg_status each_tld(
    const struct tg_opening *opening, check_fn *check, struct tally *tally)
{
    struct tg_record record = {0};

    while (tg_front_next(opening->image, &record))
        if (record.key[0] == TG_DISK_TLD && !check(opening->image, &record, tally))
            return misfit(opening, &record);
    return TG_OK;
}

static enum tg_status each_name(
    const struct tg_opening *opening, check_fn *check, struct tally *tally)
{
    struct tg_record record = {0};

    while (tg_name_next(opening->image, &record))
        if (!check(opening->image, &record, tally))
            return misfit(opening, &record);
    return TG_OK;
}

static enum tg_status make_tlds(const struct tg_opening *opening, struct tally *tally)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    size_t count = 0;

    while (tg_front_next(image, &record))
        count += record.key[0] == TG_DISK_TLD;
    if (tg_tlds_init(image, count) != TG_OK)
        return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
    return each_tld(opening, check_tld, tally);
}

/* A rule of a list needs no more: what is in it is told by the number of names alone. */
static bool is_found(const struct tg_image *image, const struct tg_rule *rule)
{
    struct tg_image_name known;

    return rule->owner.len == 0 ||
           (tg_image_name(image, rule->owner, &known) &&
               (known.allow == rule || known.block == rule || known.protect == rule));
}

/* Each rule can take effect. Where names are not at hand, those of TLDs are enough. */
static enum tg_status check_found(const struct tg_opening *opening, bool names)
{
    const struct tg_image *image = opening->image;

    for (size_t i = 0; i < image->rule_count; i++) {
        const struct tg_rule *rule = &image->rules[i];

        if (rule->kind == TG_KIND_TLD ? tg_image_tld(image, rule->owner.wire) != rule
                                      : names && !is_found(image, rule))
            return tg_opening_fail(
                opening, TG_ECORRUPT, "rule %zu cannot be found by its name", i + 1);
    }
    return TG_OK;
}

/* A TLD without a rule is there for the names below it. */
static enum tg_status check_used(const struct tg_opening *opening)
{
    const struct tg_tlds *tlds = &opening->image->tlds;

    for (size_t i = 0; i < tlds->size; i++)
        if (tlds->slots[i].key != 0 && tlds->slots[i].rule == TG_NO_RULE &&
            tlds->slots[i].depth == 0)
            return tg_opening_fail(opening, TG_ECORRUPT, "a TLD has neither rule nor names");
    return TG_OK;
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
    return TG_OK;
}

enum tg_status tg_image_check_refs(const struct tg_opening *opening)
{
    struct tally tally = {0};
    enum tg_status status = make_tlds(opening, &tally);

    if (status == TG_OK)
        status = each_name(opening, check_name, &tally);
    if (status == TG_OK)
        status = each_tld(opening, check_depth, &tally);
    if (status == TG_OK)
        status = each_name(opening, check_above, &tally);
    if (status == TG_OK)
        status = check_sums(opening, &tally);
    if (status == TG_OK)
        status = check_used(opening);
    if (status == TG_OK)
        status = check_found(opening, true);
    return status;
}

enum tg_status tg_image_check_tlds(const struct tg_opening *opening)
{
    struct tally tally = {0};
    enum tg_status status = make_tlds(opening, &tally);

    if (status == TG_OK)
        status = each_tld(opening, take_depth, &tally);
    if (status == TG_OK)
        status = check_used(opening);
    if (status == TG_OK)
        status = check_found(opening, false);
    return status;
}
