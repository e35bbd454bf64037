/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The table of TLDs, derived when an image is opened: most questions end with one look at it. */
#include <stdlib.h>
#include <string.h>

#include "image_label.h"
#include "image_p.h"

/* Up to that many the table has room for eight times as many, and nearly every look is the only one
 * that is needed, whatever the salt. There are fewer in the root zone. */
#define FEW_TLDS 4096

static size_t first_slot(const struct tg_image *image, uint64_t key)
{
    /* Multiplicative hashing: the high bits of the product depend on every bit. By the chance of
     * the factor any two labels want one slot in two cases of size, not more. */
    return (size_t)((key * image->salt.factor) >> image->tlds.shift);
}

enum tg_status tg_tlds_init(struct tg_image *image, size_t count)
{
    struct tg_tlds *tlds = &image->tlds;
    const size_t least = count * (count <= FEW_TLDS ? 8 : 2);
    size_t size = 16;
    unsigned shift = 60;

    tg_salt_make(&image->salt);
    for (; size < least; size *= 2)
        shift--;
    tlds->slots = calloc(size, sizeof(*tlds->slots));
    if (tlds->slots == NULL)
        return TG_ENOMEM;
    tlds->size = size;
    tlds->shift = shift;
    return TG_OK;
}

size_t tg_tlds_add(struct tg_image *image, const uint8_t *label, uint32_t at, uint32_t rule)
{
    struct tg_tlds *tlds = &image->tlds;
    uint64_t key = tg_label_key(label, image->salt.factor);
    size_t i = first_slot(image, key);
    size_t looks = 1;

    for (; tlds->slots[i].key != 0; looks++)
        i = (i + 1) & (tlds->size - 1);
    tlds->slots[i].key = key;
    tlds->slots[i].label = at;
    tlds->slots[i].rule = rule & TG_NO_RULE;
    return looks;
}

/* Long labels with the same key are told apart by what they are. */
static bool is_label(const struct tg_image *image, const struct tg_tld *tld, const uint8_t *label)
{
    uint8_t lower[TG_LABEL_MAX];

    tg_dname_lower(label + 1, label[0], lower);
    return memcmp(image->data + tld->label, lower, label[0]) == 0;
}

struct tg_tld *tg_image_find_tld(const struct tg_image *image, const uint8_t *label)
{
    const struct tg_tlds *tlds = &image->tlds;
    uint64_t key;

    if (label[0] == 0)
        return NULL;
    key = tg_label_key(label, image->salt.factor);
    for (size_t i = first_slot(image, key); tlds->slots[i].key != 0; i = (i + 1) & (tlds->size - 1))
        if (tlds->slots[i].key == key && (label[0] <= 7 || is_label(image, &tlds->slots[i], label)))
            return &tlds->slots[i];
    return NULL;
}

const struct tg_rule *tg_image_tld(const struct tg_image *image, const uint8_t *label)
{
    const struct tg_tld *tld = tg_image_find_tld(image, label);

    return tld == NULL ? NULL : tg_tld_rule(image, tld);
}
