/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Makes structs of the records that refer to no other by name: all but TLDs and names. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_cursor.h"
#include "image_p.h"
#include "tldguard/rrtype.h"

#define ONE(name, value, word) +1
enum { KINDS = 0 TG_KIND_MAP(ONE), MODES = 0 TG_MODE_MAP(ONE), TWINS = 0 TG_TWIN_MAP(ONE) };
enum { ACTIONS = 0 TG_ACTION_MAP(ONE), SEVERITIES = 0 TG_SEVERITY_MAP(ONE) };
enum { MATCHES = 0 TG_MATCH_MAP(ONE), EXPECTS = 0 TG_EXPECT_MAP(ONE) };
#undef ONE

static bool decode_meta(struct tg_image *image, struct tg_cursor *cursor)
{
    const struct tg_disk_meta *disk = tg_take(cursor, sizeof(*disk));
    struct tg_image_meta *meta = &image->meta;

    if (disk == NULL)
        return false;
    meta->format = tg_get32(disk->format);
    meta->serial = tg_get32(disk->serial);
    meta->created = (int64_t)tg_get64(disk->created);
    memcpy(meta->digest, disk->digest, sizeof(meta->digest));
    meta->tool = tg_take_text(cursor, true, disk->tool_len);
    image->name_count = tg_get32(disk->name_count);
    image->suffix_count = tg_get32(disk->suffix_count);
    image->inspects = tg_get16(disk->flags) == TG_DISK_INSPECT;
    return meta->format == TG_IMAGE_FORMAT && meta->serial != 0 &&
           tg_get16(disk->flags) <= TG_DISK_INSPECT &&
           tg_get32(disk->rule_count) == image->rule_count &&
           tg_get32(disk->group_count) == image->group_count &&
           tg_get32(disk->subnet_count) == image->subnet_count &&
           tg_get32(disk->canary_count) == image->canary_count;
}

static bool decode_answer(struct tg_image *image, struct tg_cursor *cursor)
{
    const struct tg_disk_answer *disk = tg_take(cursor, sizeof(*disk));
    struct tg_answer *answer = &image->answer;

    if (disk == NULL || disk->a_count > TG_SINK_MAX || disk->aaaa_count > TG_SINK_MAX ||
        disk->has_contact > 1 || disk->mname_len == 0 || disk->rname_len == 0)
        return false;
    answer->ttl = tg_get32(disk->ttl);
    static_assert(sizeof(answer->a) == sizeof(disk->a), "in_addr is the octets of an address");
    static_assert(sizeof(answer->aaaa) == sizeof(disk->aaaa), "so is in6_addr");
    memcpy(answer->a, disk->a, sizeof(answer->a));
    memcpy(answer->aaaa, disk->aaaa, sizeof(answer->aaaa));
    answer->a_count = disk->a_count;
    answer->aaaa_count = disk->aaaa_count;
    answer->mname = tg_take_sized_name(cursor, disk->mname_len, true);
    answer->rname = tg_take_sized_name(cursor, disk->rname_len, true);
    answer->mx = tg_take_sized_name(cursor, disk->mx_len, false);
    answer->contact = tg_take_text(cursor, disk->has_contact, disk->contact_len);
    return answer->ttl <= TG_TTL_MAX;
}

/* No two ask the same. There are few. */
static bool is_asked(const struct tg_image *image, size_t number)
{
    const struct tg_canary *canary = &image->canaries[number];

    for (size_t i = 0; i < number; i++)
        if (image->canaries[i].qtype == canary->qtype &&
            tg_dname_equal(image->canaries[i].qname, canary->qname))
            return true;
    return false;
}

static bool decode_canary(struct tg_image *image, size_t number, struct tg_cursor *cursor)
{
    const struct tg_disk_canary *disk = tg_take(cursor, sizeof(*disk));
    struct tg_canary *canary = &image->canaries[number];

    if (disk == NULL || disk->expect >= EXPECTS || disk->qname_len == 0)
        return false;
    canary->qtype = tg_get16(disk->qtype);
    canary->expect = disk->expect;
    canary->qname = tg_take_sized_name(cursor, disk->qname_len, false);
    return !cursor->bad && tg_rrtype_is_data(canary->qtype) && !is_asked(image, number);
}

/* What a kind has no use for is zero. */
static bool is_rule_possible(const struct tg_disk_rule *disk)
{
    bool tld = disk->kind == TG_KIND_TLD;
    bool acts = tld || disk->kind == TG_KIND_BLOCK;
    uint8_t most = (uint8_t)(tld ? TG_TARGETS_MAX : acts);

    return disk->kind < KINDS && disk->mode < (acts ? MODES : 1) &&
           disk->otherwise < (tld ? MODES : 1) && disk->twin < (tld ? TWINS : 1) &&
           disk->match < (tld ? MATCHES : 1) && disk->action < (acts ? ACTIONS : 1) &&
           disk->severity < (acts ? SEVERITIES : 1) && disk->target_count <= most &&
           disk->target_count >= tld && (disk->owner_len > 0 || !tld) &&
           (disk->kind == TG_KIND_ALLOW || tg_get32(disk->until) == 0) &&
           disk->texts <=
               (TG_DISK_HAS_NOTE | TG_DISK_HAS_REASON | TG_DISK_HAS_TICKET | TG_DISK_HAS_FILE) &&
           tg_get16(disk->zero) == 0;
}

/* Where its targets go is for the caller to say, who has counted them. */
static bool decode_rule(struct tg_rule *rule, struct tg_name *targets, struct tg_cursor *cursor)
{
    const struct tg_disk_rule *disk = tg_take(cursor, sizeof(*disk));

    if (disk == NULL || !is_rule_possible(disk))
        return false;
    rule->kind = disk->kind;
    rule->mode = disk->mode;
    rule->otherwise = disk->otherwise;
    rule->twin = disk->twin;
    rule->match = disk->match;
    rule->action = disk->action;
    rule->severity = disk->severity;
    rule->until = tg_get32(disk->until);
    rule->owner = tg_take_sized_name(cursor, disk->owner_len, false);
    for (size_t i = 0; i < disk->target_count; i++)
        targets[i] = tg_take_name(cursor, false);
    rule->target_count = disk->target_count;
    rule->targets = disk->target_count > 0 ? targets : NULL;
    rule->note = tg_take_text(cursor, disk->texts & TG_DISK_HAS_NOTE, disk->note_len);
    rule->reason = tg_take_text(cursor, disk->texts & TG_DISK_HAS_REASON, disk->reason_len);
    rule->ticket = tg_take_text(cursor, disk->texts & TG_DISK_HAS_TICKET, disk->ticket_len);
    rule->file = tg_take_text(cursor, disk->texts & TG_DISK_HAS_FILE, disk->file_len);
    /* A TLD is one label. */
    return !cursor->bad &&
           (rule->kind != TG_KIND_TLD || rule->owner.wire[0] + 2u == rule->owner.len);
}

/* The name of an override: a TLD, or the root, which stands for all and comes last. */
static bool decode_override(struct tg_override *override, bool last, struct tg_cursor *cursor)
{
    const uint8_t *mode = tg_take(cursor, 1);
    struct tg_name name = tg_take_name(cursor, true);

    if (mode == NULL || cursor->bad || *mode >= MODES ||
        name.len != name.wire[0] + 2u - (name.len == 1) || (name.len == 1 && !last))
        return false;
    override->mode = *mode;
    override->tld = name.len == 1 ? (struct tg_name){0} : name;
    return true;
}

static bool decode_group(
    struct tg_group *group, struct tg_override *overrides, struct tg_cursor *cursor)
{
    const struct tg_disk_group *disk = tg_take(cursor, sizeof(*disk));

    if (disk == NULL || tg_get16(disk->zero) != 0)
        return false;
    group->override_count = tg_get32(disk->override_count);
    group->overrides = overrides;
    group->name = tg_take_text(cursor, true, disk->name_len);
    for (size_t i = 0; i < group->override_count; i++)
        if (!decode_override(&overrides[i], i + 1 == group->override_count, cursor))
            return false;
    return group->override_count > 0;
}

/* Bits behind the length are zero. */
static bool is_prefix(const struct tg_disk_subnet *disk)
{
    for (size_t bit = disk->length; bit < 128; bit++)
        if (disk->prefix[bit / 8] & 0x80u >> bit % 8)
            return false;
    return true;
}

static bool check_subnets(struct tg_image *image, const struct tg_record *record)
{
    image->subnets = (const void *)record->value;
    for (size_t i = 0; i < image->subnet_count; i++) {
        const struct tg_disk_subnet *disk = &image->subnets[i];

        if (disk->length > 128 || tg_get32(disk->group) >= image->group_count ||
            disk->zero[0] != 0 || tg_get16(disk->zero + 1) != 0 || !is_prefix(disk))
            return false;
    }
    return record->value_len % sizeof(struct tg_disk_subnet) == 0 && image->subnet_count > 0;
}

/* How much of the arrays is used by what was decoded so far. */
struct used {
    size_t canaries;
    size_t rules;
    size_t targets;
    size_t groups;
    size_t overrides;
};

static bool decode_numbered(
    struct tg_image *image, const struct tg_record *record, struct used *used)
{
    struct tg_cursor cursor = {record->value, record->value_len, false};
    uint32_t number = record->key_len == 5 ? tg_get32(record->key + 1) : UINT32_MAX;

    /* Each number in its turn, so none is missing. */
    if (record->key[0] == TG_DISK_CANARY) {
        if (number != used->canaries++ || !decode_canary(image, number, &cursor))
            return false;
    } else if (record->key[0] == TG_DISK_RULE) {
        if (number != used->rules++ ||
            !decode_rule(&image->rules[number], image->targets + used->targets, &cursor))
            return false;
        used->targets += image->rules[number].target_count;
    } else {
        if (number != used->groups++ ||
            !decode_group(&image->groups[number], image->overrides + used->overrides, &cursor))
            return false;
        used->overrides += image->groups[number].override_count;
    }
    return tg_cursor_done(&cursor);
}

static bool decode_record(struct tg_image *image, const struct tg_record *record, struct used *used)
{
    struct tg_cursor cursor = {record->value, record->value_len, false};

    switch (record->key[0]) {
    case TG_DISK_META:
        return record->key_len == 1 && decode_meta(image, &cursor) && tg_cursor_done(&cursor);
    case TG_DISK_ANSWER:
        return record->key_len == 1 && decode_answer(image, &cursor) && tg_cursor_done(&cursor);
    case TG_DISK_CANARY:
    case TG_DISK_RULE:
    case TG_DISK_GROUP:
        return decode_numbered(image, record, used);
    case TG_DISK_CLIENTS:
        return record->key_len == 1 && check_subnets(image, record);
    case TG_DISK_TLD:
        return true; /* see tg_image_check_refs() */
    default:
        return false;
    }
}

/* Whether a record may follow one of kind last, 0 the first one: see image_p.h. */
static bool is_in_order(const struct tg_record *record, uint8_t last)
{
    static const uint8_t order[] = {0, TG_DISK_META, TG_DISK_ANSWER, TG_DISK_CANARY, TG_DISK_RULE,
        TG_DISK_GROUP, TG_DISK_CLIENTS, TG_DISK_TLD};
    uint8_t kind = record->key[0];
    const uint8_t *behind = memchr(order, last, sizeof(order));

    if (kind == last)
        return kind == TG_DISK_CANARY || kind == TG_DISK_RULE || kind == TG_DISK_GROUP ||
               kind == TG_DISK_TLD;
    return memchr(behind, kind, (size_t)(order + sizeof(order) - behind)) != NULL;
}

/* Counts what there is to decode: as much as the records say, but no more than they can hold. */
static bool count_record(struct tg_image *image, const struct tg_record *record)
{
    const struct tg_disk_rule *rule = (const void *)record->value;
    const struct tg_disk_group *group = (const void *)record->value;

    switch (record->key[0]) {
    case TG_DISK_CANARY:
        image->canary_count++;
        return true;
    case TG_DISK_RULE:
        image->rule_count++;
        if (record->value_len < sizeof(*rule) || rule->target_count > TG_TARGETS_MAX)
            return false;
        image->target_count += rule->target_count;
        return true;
    case TG_DISK_GROUP:
        image->group_count++;
        if (record->value_len < sizeof(*group) ||
            tg_get32(group->override_count) > record->value_len / 2)
            return false;
        image->override_count += tg_get32(group->override_count);
        return true;
    case TG_DISK_CLIENTS:
        image->subnet_count = record->value_len / sizeof(struct tg_disk_subnet);
        return true;
    default:
        return true;
    }
}

static enum tg_status impossible(const struct tg_opening *opening, const struct tg_record *record)
{
    return tg_opening_fail(opening, TG_ECORRUPT,
        "record at byte %" PRIu64 " (kind 0x%02x) has an impossible content", record->at,
        record->key[0]);
}

static enum tg_status count_all(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    uint8_t last = 0;

    while (tg_front_next(image, &record)) {
        if (!is_in_order(&record, last) || !count_record(image, &record))
            return impossible(opening, &record);
        last = record.key[0];
    }
    if (image->rule_count > TG_RULES_MAX || image->group_count > TG_GROUPS_MAX ||
        image->subnet_count > TG_SUBNETS_MAX || image->canary_count > TG_CANARIES_MAX)
        return tg_opening_fail(opening, TG_ETOOBIG,
            "image has %zu rules, %zu groups, %zu subnets and %zu canary questions, more than the "
            "%d, %d, %d and %d allowed",
            image->rule_count, image->group_count, image->subnet_count, image->canary_count,
            TG_RULES_MAX, TG_GROUPS_MAX, TG_SUBNETS_MAX, TG_CANARIES_MAX);
    return TG_OK;
}

static void *room(size_t count, size_t size)
{
    return calloc(count == 0 ? 1 : count, size);
}

static bool is_monitoring(const struct tg_image *image)
{
    bool monitors = false;

    for (size_t i = 0; i < image->rule_count; i++)
        monitors |=
            image->rules[i].mode == TG_MODE_MONITOR || image->rules[i].otherwise == TG_MODE_MONITOR;
    for (size_t i = 0; i < image->override_count; i++)
        monitors |= image->overrides[i].mode == TG_MODE_MONITOR;
    return monitors;
}

static enum tg_status decode_all(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    struct tg_record record = {0};
    struct used used = {0};

    while (tg_front_next(image, &record))
        if (!decode_record(image, &record, &used))
            return impossible(opening, &record);
    if (image->meta.tool == NULL || image->answer.mname.len == 0)
        return tg_opening_fail(
            opening, TG_ECORRUPT, "what the image is, or how it answers, is missing");
    image->monitors = is_monitoring(image);
    return TG_OK;
}

enum tg_status tg_image_decode(const struct tg_opening *opening)
{
    struct tg_image *image = opening->image;
    enum tg_status status = count_all(opening);

    if (status != TG_OK)
        return status;
    image->canaries = room(image->canary_count, sizeof(*image->canaries));
    image->rules = room(image->rule_count, sizeof(*image->rules));
    image->targets = room(image->target_count, sizeof(*image->targets));
    image->groups = room(image->group_count, sizeof(*image->groups));
    image->overrides = room(image->override_count, sizeof(*image->overrides));
    if (image->canaries == NULL || image->rules == NULL || image->targets == NULL ||
        image->groups == NULL || image->overrides == NULL)
        return tg_opening_fail(opening, TG_ENOMEM, "out of memory");
    status = decode_all(opening);
    if (status != TG_OK)
        return status;
    status = tg_image_make_ranges(image);
    if (status == TG_ECORRUPT)
        return tg_opening_fail(opening, status, "two subnets are the same");
    if (status != TG_OK)
        return tg_opening_fail(opening, status, "out of memory");
    return TG_OK;
}
