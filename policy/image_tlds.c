/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The table of TLDs, derived when an image is opened: most questions end with one look at it. */
#include <stdlib.h>
#include <string.h>

#include "image_label.h"
#include "image_p.h"

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

size_t tg_tlds_add(struct tg_tlds *tlds, const uint8_t *label, uint32_t at, uint32_t rule)
{
    uint64_t key = tg_label_key(label);
    size_t i = first_slot(tlds, key);
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
    key = tg_label_key(label);
    for (size_t i = first_slot(tlds, key); tlds->slots[i].key != 0; i = (i + 1) & (tlds->size - 1))
        if (tlds->slots[i].key == key && (label[0] <= 7 || is_label(image, &tlds->slots[i], label)))
            return &tlds->slots[i];
    return NULL;
}

const struct tg_rule *tg_image_tld(const struct tg_image *image, const uint8_t *label)
{
    const struct tg_tld *tld = tg_image_find_tld(image, label);

    return tld == NULL ? NULL : tg_tld_rule(image, tld);
}
