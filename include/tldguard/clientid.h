/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Who asked, as a forwarder tells it in EDNS options (RFC 6891): behind a forwarder every
 * question comes from one address. What it says stands beside that address, never in its place.
 * Knows nothing of Unbound.
 */
#ifndef TLDGUARD_CLIENTID_H
#define TLDGUARD_CLIENTID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/settings.h"

/* Option codes that are read. All but the first are of makers, not of IANA's registry. */
#define TG_OPTION_ECS       8     /* client subnet (RFC 7871) */
#define TG_OPTION_MAC       65001 /* dnsmasq --add-mac: the octets */
#define TG_OPTION_DEVICE_ID 65073 /* dnsmasq --add-mac=base64, =text: the address in text */
#define TG_OPTION_CPE_ID    65074 /* dnsmasq --add-cpe-id: text */
#define TG_OPTION_UMBRELLA  20292 /* dnsmasq --umbrella, Cisco Umbrella: "ODNS" and fields */

#define TG_MAC_MIN    6  /* EUI-48 */
#define TG_MAC_MAX    16 /* dnsmasq sends no more */
#define TG_CPE_ID_MAX 64

/* An address or the start of one. */
struct tg_id_address {
    uint8_t family;     /* 4 or 6; 0: there is none */
    uint8_t length;     /* bits that are told, 1 .. 32 or 1 .. 128; the others are zero */
    uint8_t octets[16]; /* network byte order; IPv4 in the first 4 */
};

/* What Cisco Umbrella knows a client by. */
#define TG_UMBRELLA_ORGANIZATION 1u
#define TG_UMBRELLA_DEVICE       2u
struct tg_umbrella {
    uint8_t has; /* set of TG_UMBRELLA_... */
    uint32_t organization;
    uint8_t device[8];
    struct tg_id_address remote; /* whole */
};

/* What was told of one client. All zero: nothing. Plain data without pointers. */
struct tg_client_ids {
    uint8_t malformed; /* set of TG_ID_...: such an option came, and was not read */
    struct tg_id_address ecs;
    uint8_t mac_len; /* 0, or TG_MAC_MIN .. TG_MAC_MAX */
    uint8_t mac[TG_MAC_MAX];
    uint8_t cpe_id_len;         /* 0 .. TG_CPE_ID_MAX */
    char cpe_id[TG_CPE_ID_MAX]; /* printable ASCII, no NUL */
    struct tg_umbrella umbrella;
};

/**
 * Reads one option of a question. An option of another code, or of a kind that is not accepted,
 * changes nothing. Of several of a kind the first that tells something counts.
 *
 * Malformed, and only noted as that, are: a client subnet with too few or too many octets, with
 * bits behind its SOURCE PREFIX-LENGTH, with a SCOPE PREFIX-LENGTH or of another family (RFC
 * 7871 6 and 7.1; one of length 0 tells nothing, and is good); a MAC address of less than
 * TG_MAC_MIN or more than TG_MAC_MAX octets, or in text that dnsmasq does not write; a CPE id
 * that is empty, longer than TG_CPE_ID_MAX or not printable ASCII; of Umbrella another magic or
 * version, or a field that is cut off. A field of a type that is not known ends what can be read
 * of it, as only its maker knows how long it is.
 *
 * @param ids    what is known so far; zero it before the first option.
 * @param code   the option's.
 * @param octets of the option, any; NULL when len is 0.
 * @param len    0 .. 65535.
 * @param accept set of TG_ID_...
 * Pure, any thread, no allocation.
 */
void tg_client_ids_take(
    struct tg_client_ids *ids, uint16_t code, const uint8_t *octets, size_t len, unsigned accept);

/** True when the address is in one of the prefixes. Pure, any thread. */
bool tg_forwarders_hold(const struct tg_forwarders *forwarders, const struct tg_address *address);

#endif
