/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image_p.h"

static void close_whole(struct tg_image *image)
{
    free(image->tlds.slots);
    free(image->ranges);
    free(image->overrides);
    free(image->groups);
    free(image->targets);
    free(image->rules);
    free(image->canaries);
    tg_quick_destroy(&image->quick);
    if (image->names.buckets != NULL)
        munmap(image->names.buckets, image->names.len);
    if (image->data != NULL)
        munmap(image->data, image->len);
    free(image);
}

void tg_image_close(struct tg_image **image)
{
    if (image == NULL || *image == NULL)
        return;
    if ((*image)->settled)
        tg_image_close_rest(*image);
    else
        close_whole(*image);
    *image = NULL;
}

bool tg_image_same(const struct tg_image *a, const struct tg_image *b)
{
    return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

const uint8_t *tg_image_octets(const struct tg_image *image, size_t *len)
{
    *len = image->names.buckets == NULL ? image->len : 0;
    return image->data;
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

size_t tg_image_group_count(const struct tg_image *image)
{
    return image->group_count;
}

const struct tg_group *tg_image_group(const struct tg_image *image, size_t i)
{
    return i < image->group_count ? &image->groups[i] : NULL;
}

const uint8_t *tg_image_digest(const struct tg_image *image)
{
    return image->digest;
}

size_t tg_image_canary_count(const struct tg_image *image)
{
    return image->canary_count;
}

const struct tg_canary *tg_image_canary(const struct tg_image *image, size_t i)
{
    return i < image->canary_count ? &image->canaries[i] : NULL;
}

size_t tg_image_name_count(const struct tg_image *image)
{
    return image->name_count;
}

size_t tg_image_subnet_count(const struct tg_image *image)
{
    return image->subnet_count;
}

size_t tg_image_suffix_count(const struct tg_image *image)
{
    return image->suffix_count;
}

bool tg_image_monitors(const struct tg_image *image)
{
    return image->monitors;
}

bool tg_image_inspects(const struct tg_image *image)
{
    return image->inspects;
}

size_t tg_image_memory(const struct tg_image *image)
{
    return sizeof(*image) + image->len + image->names.len +
           image->canary_count * sizeof(*image->canaries) +
           image->rule_count * sizeof(*image->rules) +
           image->target_count * sizeof(*image->targets) +
           image->group_count * sizeof(*image->groups) +
           image->override_count * sizeof(*image->overrides) +
           image->range_count * sizeof(*image->ranges) +
           image->tlds.size * sizeof(*image->tlds.slots);
}
