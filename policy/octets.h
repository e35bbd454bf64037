/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private to names: eight octets at once. */
#ifndef TLDGUARD_OCTETS_H
#define TLDGUARD_OCTETS_H

#include <stdint.h>

#define TG_EVERY_OCTET(c) (0x0101010101010101u * (uint64_t)(c))

/* 0x80 in each octet that is 'A' to 'Z'. Bit 7 of over_z and from_a tells for each octet below
 * 0x80 whether it is > 'Z' and >= 'A'; no sum carries over. */
static inline uint64_t tg_upper8(uint64_t octets)
{
    uint64_t low7 = octets & TG_EVERY_OCTET(0x7f);
    uint64_t over_z = low7 + TG_EVERY_OCTET(0x7f - 'Z');
    uint64_t from_a = low7 + TG_EVERY_OCTET(0x80 - 'A');

    return ~octets & (over_z ^ from_a) & TG_EVERY_OCTET(0x80);
}

/* Lower-cases them. */
static inline uint64_t tg_lower8(uint64_t octets)
{
    return octets | tg_upper8(octets) >> 2;
}

#endif
