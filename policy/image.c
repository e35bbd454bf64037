/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image_p.h"
#include "tldguard/image.h"

#define EVERY_OCTET(c) (0x0101010101010101u * (uint64_t)(c))

void tg_image_close(struct tg_image **image)
{
    if (image == NULL || *image == NULL)
        return;
    free((*image)->tlds.slots);
    free((*image)->rules);
    if ((*image)->data != NULL)
        munmap((*image)->data, (*image)->len);
    free(*image);
    *image = NULL;
}

const struct tg_image_meta *tg_image_meta(const struct tg_image *image)
{
    return &image->meta;
}

const struct tg_answer *tg_image_answer(const struct tg_image *image)
{
    return &image->answer;
}

size_t tg_image_rule_count(const struct tg_image *image)
{
    return image->rule_count;
}

const struct tg_rule *tg_image_rule(const struct tg_image *image, size_t i)
{
    return i < image->rule_count ? &image->rules[i] : NULL;
}

bool tg_image_monitors(const struct tg_image *image)
{
    return image->monitors;
}

size_t tg_image_memory(const struct tg_image *image)
{
    return sizeof(*image) + image->len + image->rule_count * sizeof(*image->rules) +
           image->tlds.size * sizeof(*image->tlds.slots);
}

/* Lower-cases eight octets at once: bit 7 of over_z and from_a tells for each
 * octet below 0x80 whether it is > 'Z' and >= 'A'; no sum carries over. */
static uint64_t lower8(uint64_t octets)
{
    uint64_t low7 = octets & EVERY_OCTET(0x7f);
    uint64_t over_z = low7 + EVERY_OCTET(0x7f - 'Z');
    uint64_t from_a = low7 + EVERY_OCTET(0x80 - 'A');
    uint64_t upper = ~octets & (over_z ^ from_a) & EVERY_OCTET(0x80);

    return octets | upper >> 2;
}

/* A number for a label with its length octet, the same in any case. Up to
 * seven octets it is the label itself, so that equal keys are equal labels. The lowest
 * octet is the length, so it is never 0. Reads no octet behind the label, for
 * a name may end where its memory does: short reads overlap instead. */
static uint64_t label_key(const uint8_t *label)
{
    size_t len = label[0] + 1u;
    uint64_t hash = 0;

    if (len < 4) {
        size_t rest = len - 2;

        return lower8(tg_get16(label) | (uint64_t)tg_get16(label + rest) << 8 * rest);
    }
    if (len <= 8) {
        size_t rest = len - 4;

        return lower8(tg_get32(label) | (uint64_t)tg_get32(label + rest) << 8 * rest);
    }
    for (size_t at = 0; at < len; at += 8) {
        size_t from = at + 8 <= len ? at : len - 8;

        hash = (hash ^ lower8(tg_get64(label + from))) * 0x9fb21c651e98df25u;
        hash ^= hash >> 32;
    }
    return hash << 8 | label[0];
}

static size_t first_slot(const struct tg_tlds *tlds, uint64_t key)
{
    /* Fibonacci hashing: the high bits of the product depend on every bit. */
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> tlds->shift);
}

enum tg_status tg_tlds_init(struct tg_tlds *tlds, size_t count)
{
    size_t size = 16;
    unsigned shift = 60;

    for (; size < count * 2; size *= 2)
        shift--;
    tlds->slots = calloc(size, sizeof(*tlds->slots));
    if (tlds->slots == NULL)
        return TG_ENOMEM;
    tlds->size = size;
    tlds->shift = shift;
    return TG_OK;
}

size_t tg_tlds_add(struct tg_tlds *tlds, const uint8_t *label, uint32_t rule)
{
    uint64_t key = label_key(label);
    size_t i = first_slot(tlds, key);
    size_t looks = 1;

    for (; tlds->slots[i].key != 0; looks++)
        i = (i + 1) & (tlds->size - 1);
    tlds->slots[i].key = key;
    tlds->slots[i].rule = rule;
    return looks;
}

/* Long labels with the same key are told apart by the rule's owner. */
static bool is_owner(const struct tg_rule *rule, const uint8_t *label)
{
    uint8_t lower[TG_LABEL_MAX + 1];

    tg_dname_lower(label, label[0] + 1u, lower);
    return memcmp(rule->owner.wire, lower, label[0] + 1u) == 0;
}

struct tg_tld *tg_image_find_tld(const struct tg_image *image, const uint8_t *label)
{
    const struct tg_tlds *tlds = &image->tlds;
    uint64_t key;

    if (label[0] == 0)
        return NULL;
    key = label_key(label);
    for (size_t i = first_slot(tlds, key); tlds->slots[i].key != 0; i = (i + 1) & (tlds->size - 1))
        if (tlds->slots[i].key == key &&
            (label[0] <= 7 || is_owner(&image->rules[tlds->slots[i].rule], label)))
            return &tlds->slots[i];
    return NULL;
}

const struct tg_rule *tg_image_tld(const struct tg_image *image, const uint8_t *label)
{
    const struct tg_tld *tld = tg_image_find_tld(image, label);

    return tld == NULL ? NULL : &image->rules[tld->rule];
}

bool tg_image_find_name(
    const struct tg_image *image, uint8_t *key, size_t len, struct tg_image_name *out)
{
    struct cdb cdb = image->cdb;
    const struct tg_disk_ref *ref;

    *out = (struct tg_image_name){0};
    key[0] = TG_DISK_NAME;
    if (cdb_find(&cdb, key, (unsigned)len + 1) <= 0)
        return false;
    /* Its length, flags and rule were checked when the image was opened. */
    ref = (const void *)(image->data + cdb_datapos(&cdb));
    if (ref->flags & TG_DISK_ALLOW)
        out->allow = &image->rules[tg_get32(ref->rule)];
    out->above_allow = (ref->flags & TG_DISK_ABOVE_ALLOW) != 0;
    return true;
}

bool tg_image_name(const struct tg_image *image, struct tg_name name, struct tg_image_name *out)
{
    uint8_t key[1 + TG_DNAME_MAX];

    memcpy(key + 1, name.wire, name.len);
    return tg_image_find_name(image, key, name.len, out);
}
