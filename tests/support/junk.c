/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/junk.h"

#include <string.h>

#define HEADER       12
#define NAME_MAX_LEN 255 /* octets, RFC 1035 3.1 */
#define COUNT_OF(a)  (sizeof(a) / sizeof((a)[0]))

/* SplitMix64. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(uint64_t *state, unsigned limit)
{
    return (unsigned)(draw(state) % limit);
}

static void put8(struct junk *p, unsigned value)
{
    if (p->len < sizeof(p->octets))
        p->octets[p->len++] = (uint8_t)value;
}

static void put16(struct junk *p, unsigned value)
{
    put8(p, value >> 8 & 0xff);
    put8(p, value & 0xff);
}

static void put_noise(struct junk *p, uint64_t *state, unsigned len)
{
    while (len-- > 0)
        put8(p, below(state, 256));
}

static void set16(struct junk *p, size_t at, unsigned value)
{
    p->octets[at] = (uint8_t)(value >> 8);
    p->octets[at + 1] = (uint8_t)value;
}

/* A name that the policy of the live tests has something to say of, or not, in any case. */
static void put_name(struct junk *p, uint64_t *state)
{
    static const char *const names[] = {"army.ml", "www.army.ml", "navy.ml", "no.navy.ml",
        "army.cm", "mail.army.om", "army.ne", "army.et", "www.army.il", "army.co", "army.got",
        "orange.ml", "www.orange.ml", "mail.orange.ml", "army.mil", "www.army.mil", "example.com",
        "no.example.com", "www.example.net", "ml", "mil", ""};
    const char *at = names[below(state, COUNT_OF(names))];

    while (*at != '\0') {
        const size_t len = strcspn(at, ".");

        put8(p, (unsigned)len);
        for (size_t i = 0; i < len; i++)
            put8(p, (unsigned)at[i] ^ (below(state, 4) == 0 ? 0x20 : 0));
        at += len + (at[len] == '.' ? 1 : 0);
    }
    put8(p, 0);
}

/* Labels of any octets and lengths, to a name of 253 .. 257 octets: the most is 255. */
static void put_long_name(struct junk *p, uint64_t *state)
{
    unsigned left = NAME_MAX_LEN - 2 + below(state, 5) - 4;

    while (left > 0) {
        unsigned len = 1 + below(state, below(state, 3) == 0 ? 2 : 63);

        len = len + 1 >= left ? left - 1 : len;
        if (len > 63 || len + 2 == left)
            len--;
        put8(p, len);
        put_noise(p, state, len);
        left -= len + 1;
    }
    put8(p, 2);
    put8(p, 'm');
    put8(p, 'l');
    put8(p, 0);
}

/* A pointer (RFC 1035 4.1.4) to itself, back, forward, or into the header. */
static void put_loop(struct junk *p, uint64_t *state)
{
    const unsigned targets[] = {(unsigned)p->len, HEADER, (unsigned)p->len + 2, 0, 0x3fff};

    for (unsigned labels = below(state, 3); labels > 0; labels--) {
        put8(p, 1);
        put8(p, 'a');
    }
    put16(p, 0xc000 | targets[below(state, COUNT_OF(targets))]);
}

/* A length that is none: 0x40-0xbf are reserved, 0xc0-0xff begin a pointer. */
static void put_bad_label(struct junk *p, uint64_t *state)
{
    const unsigned type = 0x40 + below(state, 0xc0);

    put8(p, 4);
    for (unsigned i = 0; i < 4; i++)
        put8(p, 'a');
    put8(p, type);
    put_name(p, state);
}

static void put_octets(struct junk *p, uint64_t *state)
{
    for (unsigned labels = 1 + below(state, 3); labels > 0; labels--) {
        const unsigned len = 1 + below(state, 20);

        put8(p, len);
        put_noise(p, state, len);
    }
    put_name(p, state);
}

/* An OPT record (RFC 6891 6.1.2) up to its options. Returns where their length is. */
static size_t put_opt(struct junk *p, unsigned size, unsigned version, unsigned flags)
{
    put8(p, 0);
    put16(p, 41);
    put16(p, size);
    put8(p, 0);
    put8(p, version);
    put16(p, flags);
    put16(p, 0);
    set16(p, 10, (unsigned)(p->octets[10] << 8 | p->octets[11]) + 1);
    return p->len - 2;
}

static void put_edns_junk(struct junk *p, uint64_t *state)
{
    for (unsigned records = 1 + below(state, 4) / 3; records > 0; records--) {
        const size_t at = put_opt(p, below(state, 65536),
            below(state, 4) == 0 ? below(state, 256) : 0, below(state, 65536));
        const size_t begin = p->len;

        for (unsigned options = below(state, 4); options > 0; options--) {
            const unsigned len = below(state, 40);

            put16(p, below(state, 2) == 0 ? below(state, 20) : below(state, 65536));
            put16(p, below(state, 5) == 0 ? below(state, 65536) : len);
            put_noise(p, state, len);
        }
        set16(p, at, below(state, 5) == 0 ? below(state, 65536) : (unsigned)(p->len - begin));
    }
}

/* A client subnet (RFC 7871 6), right or with a field of any value. */
static void put_subnet(struct junk *p, uint64_t *state)
{
    const unsigned len = below(state, 2) == 0 ? 3 : below(state, 20);
    const size_t at = put_opt(p, 1232, 0, 0);
    const size_t begin = p->len;

    put16(p, 8);
    put16(p, 4 + len);
    put16(p, below(state, 2) == 0 ? 1 + below(state, 2) : below(state, 65536));
    put8(p, below(state, 2) == 0 ? 24 : below(state, 256));
    put8(p, below(state, 2) == 0 ? 0 : below(state, 256));
    put_noise(p, state, len);
    set16(p, at, (unsigned)(p->len - begin));
}

static void put_type(struct junk *p, uint64_t *state)
{
    static const unsigned types[] = {1, 1, 2, 5, 6, 12, 15, 15, 15, 16, 28, 28, 33, 43, 65, 65400};

    put16(p, types[below(state, COUNT_OF(types))]);
}

/* What is wrong with a packet. The first are about how it is made, the others done to it. */
enum kind {
    VALID,
    LOOP,
    LONG_NAME,
    BAD_LABEL,
    OCTETS,
    SEVERAL,
    ODD_CLASS,
    ODD_FLAGS,
    EDNS_JUNK,
    SUBNET,
    FLIPPED,
    CUT,
    TAIL,
    COUNTS,
    NOISE,
    KINDS
};

static void put_question(struct junk *p, uint64_t *state, enum kind kind)
{
    switch (kind) {
    case LOOP:
        put_loop(p, state);
        break;
    case LONG_NAME:
        put_long_name(p, state);
        break;
    case BAD_LABEL:
        put_bad_label(p, state);
        break;
    case OCTETS:
        put_octets(p, state);
        break;
    default:
        put_name(p, state);
        break;
    }
    put_type(p, state);
    put16(
        p, kind == ODD_CLASS ? below(state, 2) == 0 ? below(state, 256) : below(state, 65536) : 1);
}

static void spoil(struct junk *p, uint64_t *state, enum kind kind)
{
    switch (kind) {
    case FLIPPED:
        for (unsigned flips = 1 + below(state, 8); flips > 0; flips--)
            p->octets[2 + below(state, (unsigned)p->len - 2)] ^= (uint8_t)(1u << below(state, 8));
        break;
    case CUT:
        p->len = below(state, (unsigned)p->len);
        break;
    case TAIL:
        put_noise(p, state, 1 + below(state, below(state, 4) == 0 ? JUNK_MAX : 100));
        break;
    case COUNTS:
        for (size_t at = 4; at < HEADER; at += 2)
            if (below(state, 2) == 0)
                set16(p, at, below(state, 2) == 0 ? below(state, 4) : below(state, 65536));
        break;
    case NOISE:
        p->len = 2;
        put_noise(p, state, below(state, 200));
        break;
    default:
        break;
    }
}

void junk_make(struct junk *p, uint64_t seed, unsigned number)
{
    uint64_t state = seed * JUNK_COUNT_MAX + number;
    const enum kind kind = (enum kind)below(&state, KINDS);

    p->len = 0;
    put16(p, below(&state, 65536));
    put16(p, kind == ODD_FLAGS ? below(&state, 65536) : 0x0100); /* RD */
    put16(p, 1);
    put16(p, 0);
    put16(p, 0);
    put16(p, 0);
    put_question(p, &state, kind);
    if (kind == SEVERAL) {
        const unsigned more = 1 + below(&state, 3);

        set16(p, 4, 1 + more);
        for (unsigned i = 0; i < more; i++)
            put_question(p, &state, VALID);
    }
    if (kind == EDNS_JUNK)
        put_edns_junk(p, &state);
    else if (kind == SUBNET)
        put_subnet(p, &state);
    else if (below(&state, 3) == 0)
        (void)put_opt(p, 1232, 0, below(&state, 2) == 0 ? 0x8000 : 0);
    spoil(p, &state, kind);
}
