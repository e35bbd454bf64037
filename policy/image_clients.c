/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Which group a client is of. Prefixes nest or are apart, so a walk over them in order
 * gives ranges that do not overlap; then the longest prefix is one binary search away.
 */
#include <stdlib.h>
#include <string.h>

#include "image_p.h"

struct number {
    uint64_t high;
    uint64_t low;
};

static uint64_t big_endian(const uint8_t octets[8])
{
    uint64_t value = 0;

    for (size_t i = 0; i < 8; i++)
        value = value << 8 | octets[i];
    return value;
}

static struct number number_of(const uint8_t octets[16])
{
    return (struct number){big_endian(octets), big_endian(octets + 8)};
}

static bool is_less(struct number a, struct number b)
{
    return a.high < b.high || (a.high == b.high && a.low < b.low);
}

/* Adds one; 0 behind the last address. */
static struct number next_of(struct number n)
{
    n.low++;
    n.high += n.low == 0;
    return n;
}

/* The last address of a prefix. */
static struct number last_of(const struct tg_disk_subnet *subnet)
{
    struct number n = number_of(subnet->prefix);

    if (subnet->length < 64) {
        n.high |= UINT64_MAX >> subnet->length;
        n.low = UINT64_MAX;
    } else if (subnet->length < 128) {
        n.low |= UINT64_MAX >> (subnet->length - 64);
    }
    return n;
}

/* By prefix, what encloses before what is enclosed. */
static int by_prefix(const void *left, const void *right)
{
    const struct tg_disk_subnet *a = *(const struct tg_disk_subnet *const *)left;
    const struct tg_disk_subnet *b = *(const struct tg_disk_subnet *const *)right;
    int order = memcmp(a->prefix, b->prefix, sizeof(a->prefix));

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* From this address on the group is another. */
static void begin(struct tg_image *image, struct number from, const struct tg_group *group)
{
    struct tg_range *last = image->range_count > 0 ? &image->ranges[image->range_count - 1] : NULL;

    if (last != NULL && last->high == from.high && last->low == from.low) {
        last->group = group;
        return;
    }
    image->ranges[image->range_count++] = (struct tg_range){from.high, from.low, group};
}

/* The prefixes that enclose the one at hand, the innermost last. */
struct enclosing {
    const struct tg_disk_subnet *subnets[129];
    size_t count;
};

static const struct tg_group *innermost(
    const struct tg_image *image, const struct enclosing *enclosing)
{
    if (enclosing->count == 0)
        return NULL;
    return &image->groups[tg_get32(enclosing->subnets[enclosing->count - 1]->group)];
}

/* Ends the prefixes whose last address lies before from; all of them when from is NULL. */
static void leave(struct tg_image *image, struct enclosing *enclosing, const struct number *from)
{
    while (enclosing->count > 0) {
        struct number last = last_of(enclosing->subnets[enclosing->count - 1]);
        struct number after = next_of(last);

        if (from != NULL && !is_less(last, *from))
            return;
        enclosing->count--;
        if (after.high != 0 || after.low != 0)
            begin(image, after, innermost(image, enclosing));
    }
}

/* Each length is in the stack once at the most, as no two are the same: 129 are enough. */
static enum tg_status walk(struct tg_image *image, const struct tg_disk_subnet *const *sorted)
{
    struct enclosing enclosing = {.count = 0};

    begin(image, (struct number){0, 0}, NULL);
    for (size_t i = 0; i < image->subnet_count; i++) {
        struct number from = number_of(sorted[i]->prefix);

        if (i > 0 && by_prefix(&sorted[i - 1], &sorted[i]) == 0)
            return TG_ECORRUPT;
        leave(image, &enclosing, &from);
        enclosing.subnets[enclosing.count++] = sorted[i];
        begin(image, from, innermost(image, &enclosing));
    }
    leave(image, &enclosing, NULL);
    return TG_OK;
}

enum tg_status tg_image_make_ranges(struct tg_image *image)
{
    const struct tg_disk_subnet **sorted;
    enum tg_status status = TG_ENOMEM;

    if (image->subnet_count == 0)
        return TG_OK;
    sorted = calloc(image->subnet_count, sizeof(*sorted));
    image->ranges = calloc(2 * image->subnet_count + 1, sizeof(*image->ranges));
    if (sorted == NULL || image->ranges == NULL)
        goto done;
    for (size_t i = 0; i < image->subnet_count; i++)
        sorted[i] = &image->subnets[i];
    qsort(sorted, image->subnet_count, sizeof(*sorted), by_prefix);
    status = walk(image, sorted);
done:
    free(sorted);
    return status;
}

const struct tg_group *tg_image_client(
    const struct tg_image *image, const struct tg_address *client)
{
    struct number address = number_of(client->octets);
    const struct tg_range *first = image->ranges;
    size_t count = image->range_count;

    if (count == 0)
        return NULL;
    /* The last range that does not start behind the address; the first starts at 0. */
    while (count > 1) {
        size_t half = count / 2;
        struct number from = {first[half].high, first[half].low};

        if (!is_less(address, from))
            first += half;
        count -= half;
    }
    return first->group;
}

void tg_image_each_subnet(const struct tg_image *image,
    bool (*each)(void *arg, const struct tg_subnet *subnet), void *arg)
{
    for (size_t i = 0; i < image->subnet_count; i++) {
        const struct tg_disk_subnet *disk = &image->subnets[i];
        struct tg_subnet subnet = {.length = disk->length, .group = tg_get32(disk->group)};

        memcpy(subnet.prefix.octets, disk->prefix, sizeof(disk->prefix));
        if (!each(arg, &subnet))
            return;
    }
}
