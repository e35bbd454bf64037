/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Eight octets of a name in lower case (RFC 4343: A-Z, and no other octet). */
#ifndef TG_POLICY_LOWER_P_H
#define TG_POLICY_LOWER_P_H

#include <stdint.h>

#define TG_EVERY_OCTET(c) (0x0101010101010101u * (uint64_t)(c))

/* Lower-cases eight octets at once: bit 7 of over_z and from_a tells for each
 * octet below 0x80 whether it is > 'Z' and >= 'A'; no sum carries over. */
static inline uint64_t tg_lower8(uint64_t octets)
{
    uint64_t low7 = octets & TG_EVERY_OCTET(0x7f);
    uint64_t over_z = low7 + TG_EVERY_OCTET(0x7f - 'Z');
    uint64_t from_a = low7 + TG_EVERY_OCTET(0x80 - 'A');
    uint64_t upper = ~octets & (over_z ^ from_a) & TG_EVERY_OCTET(0x80);

    return octets | upper >> 2;
}

#endif
