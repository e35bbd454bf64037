/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_p.h"

#define ONE(name, value, word) +1
enum { KINDS = 0 TG_KIND_MAP(ONE), MODES = 0 TG_MODE_MAP(ONE) };
enum { ACTIONS = 0 TG_ACTION_MAP(ONE), SEVERITIES = 0 TG_SEVERITY_MAP(ONE) };
#undef ONE

/* Reads a value from its front. Once a read fails, all that follow do. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static const void *take(struct cursor *cursor, size_t len)
{
    const uint8_t *at = cursor->at;

    if (cursor->bad || cursor->left < len) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += len;
    cursor->left -= len;
    return at;
}

/* A name as names are stored: valid, lower-case, not the root. */
static bool is_stored_name(const uint8_t *wire, size_t avail, size_t *len)
{
    return tg_dname_check(wire, avail, len) == TG_OK && *len > 1 && tg_dname_is_lower(wire, *len);
}

/* The next name. The root is good enough when root says so. */
static struct tg_name take_name(struct cursor *cursor, bool root)
{
    struct tg_name name = {cursor->at, 0};

    if (cursor->bad || tg_dname_check(name.wire, cursor->left, &name.len) != TG_OK ||
        !tg_dname_is_lower(name.wire, name.len) || (name.len == 1 && !root)) {
        cursor->bad = true;
        return (struct tg_name){0};
    }
    take(cursor, name.len);
    return name;
}

/* The next text, len octets and a NUL; NULL when the value says there is none. */
static const char *take_text(struct cursor *cursor, bool present, const uint8_t len[2])
{
    size_t want = tg_get16(len);
    const char *text;

    if (!present) {
        cursor->bad |= want != 0;
        return NULL;
    }
    text = take(cursor, want + 1);
    if (text == NULL || want > TG_TEXT_MAX || memchr(text, '\0', want + 1) != text + want)
        cursor->bad = true;
    return text;
}

static bool decode_meta(struct tg_image *image, struct cursor *cursor, uint64_t rule_count)
{
    const struct tg_disk_meta *disk = take(cursor, sizeof(*disk));
    struct tg_image_meta *meta = &image->meta;

    if (disk == NULL)
        return false;
    meta->format = tg_get32(disk->format);
    meta->serial = tg_get32(disk->serial);
    meta->created = (int64_t)tg_get64(disk->created);
    memcpy(meta->digest, disk->digest, sizeof(meta->digest));
    meta->tool = take_text(cursor, true, disk->tool_len);
    return meta->format == TG_IMAGE_FORMAT && meta->serial != 0 && tg_get16(disk->zero) == 0 &&
           tg_get32(disk->rule_count) == rule_count;
}

/* A name whose length is stored as well. */
static struct tg_name take_sized_name(struct cursor *cursor, size_t len, bool root)
{
    struct tg_name name = take_name(cursor, root);

    cursor->bad |= name.len != len;
    return name;
}

static bool decode_answer(struct tg_image *image, struct cursor *cursor)
{
    const struct tg_disk_answer *disk = take(cursor, sizeof(*disk));
    struct tg_answer *answer = &image->answer;

    if (disk == NULL || disk->a_count > TG_SINK_MAX || disk->aaaa_count > TG_SINK_MAX ||
        disk->has_contact > 1)
        return false;
    answer->ttl = tg_get32(disk->ttl);
    static_assert(sizeof(answer->a) == sizeof(disk->a), "in_addr is the octets of an address");
    static_assert(sizeof(answer->aaaa) == sizeof(disk->aaaa), "so is in6_addr");
    memcpy(answer->a, disk->a, sizeof(answer->a));
    memcpy(answer->aaaa, disk->aaaa, sizeof(answer->aaaa));
    answer->a_count = disk->a_count;
    answer->aaaa_count = disk->aaaa_count;
    answer->mname = take_sized_name(cursor, disk->mname_len, true);
    answer->rname = take_sized_name(cursor, disk->rname_len, true);
    if (disk->mx_len > 0)
        answer->mx = take_sized_name(cursor, disk->mx_len, false);
    answer->contact = take_text(cursor, disk->has_contact, disk->contact_len);
    return answer->ttl <= TG_TTL_MAX;
}

static bool is_rule_possible(const struct tg_disk_rule *disk)
{
    bool tld = disk->kind == TG_KIND_TLD;

    return disk->kind < KINDS && disk->mode < MODES && disk->action < ACTIONS &&
           disk->severity < SEVERITIES && disk->exact <= !tld &&
           disk->target_count <= (tld ? TG_TARGETS_MAX : 0) && disk->target_count >= tld &&
           disk->texts <= (TG_DISK_HAS_NOTE | TG_DISK_HAS_REASON | TG_DISK_HAS_TICKET) &&
           tg_get16(disk->zero) == 0;
}

static bool decode_rule(struct tg_rule *rule, struct cursor *cursor)
{
    const struct tg_disk_rule *disk = take(cursor, sizeof(*disk));

    if (disk == NULL || !is_rule_possible(disk))
        return false;
    rule->kind = disk->kind;
    rule->exact = disk->exact;
    rule->mode = disk->mode;
    rule->action = disk->action;
    rule->severity = disk->severity;
    rule->owner = take_sized_name(cursor, disk->owner_len, false);
    rule->target_count = disk->target_count;
    for (size_t i = 0; i < rule->target_count; i++)
        rule->targets[i] = take_name(cursor, false);
    rule->note = take_text(cursor, disk->texts & TG_DISK_HAS_NOTE, disk->note_len);
    rule->reason = take_text(cursor, disk->texts & TG_DISK_HAS_REASON, disk->reason_len);
    rule->ticket = take_text(cursor, disk->texts & TG_DISK_HAS_TICKET, disk->ticket_len);
    /* A TLD is one label. */
    return !cursor->bad &&
           (rule->kind != TG_KIND_TLD || rule->owner.wire[0] + 2u == rule->owner.len);
}

/* Decodes one record, of the kinds that refer to no other. */
static bool decode_record(
    struct tg_image *image, const struct tg_record *record, uint64_t rule_count)
{
    struct cursor cursor = {record->value, record->value_len, false};
    bool good = false;

    switch (record->key[0]) {
    case TG_DISK_META:
        good = record->key_len == 1 && decode_meta(image, &cursor, rule_count);
        break;
    case TG_DISK_ANSWER:
        good = record->key_len == 1 && decode_answer(image, &cursor);
        break;
    case TG_DISK_RULE:
        /* Keys differ and there are rule_count of them, so none is missing. */
        good = record->key_len == 5 && tg_get32(record->key + 1) < rule_count &&
               decode_rule(&image->rules[tg_get32(record->key + 1)], &cursor);
        break;
    case TG_DISK_TLD:
    case TG_DISK_NAME:
        return record->value_len == sizeof(struct tg_disk_ref);
    default:
        break;
    }
    return good && !cursor.bad && cursor.left == 0;
}

enum tg_status tg_image_decode(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    uint64_t count = 0;

    while (tg_record_next(image, &record))
        count += record.key[0] == TG_DISK_RULE;
    if (count > TG_RULES_MAX)
        return tg_opening_fail(opening, TG_ETOOBIG,
            "image has %" PRIu64 " rules, more than the %d allowed", count, TG_RULES_MAX);
    image->rules = calloc(count == 0 ? 1 : (size_t)count, sizeof(*image->rules));
    if (image->rules == NULL)
        return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
    image->rule_count = (size_t)count;
    record = (struct tg_record){0};
    while (tg_record_next(image, &record))
        if (!decode_record(image, &record, count))
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " (kind 0x%02x) has an impossible content", record.at,
                record.key[0]);
    if (image->meta.tool == NULL || image->answer.mname.len == 0)
        return tg_opening_fail(
            opening, TG_ECORRUPT, "what the image is, or how it answers, is missing");
    for (size_t i = 0; i < image->rule_count; i++)
        if (image->rules[i].kind == TG_KIND_TLD && image->rules[i].mode == TG_MODE_MONITOR)
            image->monitors = true;
    return TG_OK;
}

/* A TLD record's rule is a TLD's, of this very label. */
static bool check_tld(struct tg_image *image, const struct tg_record *record, uint64_t *looks)
{
    const struct tg_disk_ref *ref = (const void *)record->value;
    const struct tg_rule *rule = tg_image_rule(image, tg_get32(ref->rule));

    if (tg_get32(record->value) != 0 || rule == NULL || rule->kind != TG_KIND_TLD ||
        record->key_len != rule->owner.wire[0] + 1u ||
        memcmp(record->key + 1, rule->owner.wire + 1, record->key_len - 1) != 0)
        return false;
    *looks += tg_tlds_add(&image->tlds, rule->owner.wire, tg_get32(ref->rule));
    return true;
}

/* A name record's rule is an allow of this very name, or there is none. */
static bool check_name(struct tg_image *image, const struct tg_record *record)
{
    const struct tg_disk_ref *ref = (const void *)record->value;
    const struct tg_rule *rule = tg_image_rule(image, tg_get32(ref->rule));
    struct tg_name name = {record->key + 1, record->key_len - 1};
    uint8_t offsets[TG_LABELS_MAX];
    struct tg_tld *tld;
    uint32_t depth;
    size_t len;

    if (!is_stored_name(name.wire, name.len, &len) || len != name.len || ref->flags == 0 ||
        (tg_get32(record->value) & ~(TG_DISK_ALLOW | TG_DISK_ABOVE_ALLOW)) != 0)
        return false;
    if (ref->flags & TG_DISK_ALLOW) {
        if (rule == NULL || rule->kind != TG_KIND_ALLOW || !tg_dname_equal(rule->owner, name))
            return false;
    } else if (tg_get32(ref->rule) != TG_DISK_NO_RULE) {
        return false;
    }
    depth = (uint32_t)tg_dname_labels(name.wire, offsets);
    tld = tg_image_find_tld(image, name.wire + offsets[depth - 1]);
    if (tld != NULL && tld->depth < depth)
        tld->depth = depth;
    return true;
}

/* What a rule needs to take effect is there. */
static bool check_rule(const struct tg_image *image, const struct tg_rule *rule)
{
    uint8_t offsets[TG_LABELS_MAX];
    struct tg_image_name known;
    size_t labels;

    if (rule->kind == TG_KIND_TLD)
        return tg_image_tld(image, rule->owner.wire) != NULL;
    if (!tg_image_name(image, rule->owner, &known) || known.allow == NULL)
        return false;
    labels = tg_dname_labels(rule->owner.wire, offsets);
    if (tg_image_tld(image, rule->owner.wire + offsets[labels - 1]) == NULL)
        return true;
    for (size_t i = 1; i < labels; i++) {
        struct tg_name above = {rule->owner.wire + offsets[i], rule->owner.len - offsets[i]};

        if (!tg_image_name(image, above, &known) || !known.above_allow)
            return false;
    }
    return true;
}

/* Goes through the records of one kind of reference. */
static enum tg_status check_kind(const struct tg_opening *opening, enum tg_disk_kind kind)
{
    struct tg_record record = {0};
    uint64_t count = 0;
    uint64_t looks = 0;

    while (tg_record_next(opening->image, &record)) {
        if (record.key[0] != kind)
            continue;
        if (kind == TG_DISK_TLD ? !check_tld(opening->image, &record, &looks)
                                : !check_name(opening->image, &record))
            return tg_opening_fail(opening, TG_ECORRUPT,
                "record at byte %" PRIu64 " (kind 0x%02x) does not fit the rule it refers to",
                record.at, record.key[0]);
        /* Labels can be chosen so that they all want the same slot. */
        if (looks > ++count * 64)
            return tg_opening_fail(opening, TG_ECORRUPT, "look-ups would be too slow");
    }
    return TG_OK;
}

enum tg_status tg_image_check_refs(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    enum tg_status status;
    size_t tlds = 0;

    while (tg_record_next(image, &record))
        tlds += record.key[0] == TG_DISK_TLD;
    if (tg_tlds_init(&image->tlds, tlds) != TG_OK)
        return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
    status = check_kind(opening, TG_DISK_TLD);
    if (status == TG_OK)
        status = check_kind(opening, TG_DISK_NAME);
    if (status != TG_OK)
        return status;
    for (size_t i = 0; i < image->rule_count; i++)
        if (!check_rule(image, &image->rules[i]))
            return tg_opening_fail(
                opening, TG_ECORRUPT, "rule %zu cannot be found by its name", i + 1);
    return TG_OK;
}
