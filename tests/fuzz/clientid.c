/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* EDNS options that tell of a client: tldguard/clientid.h. Codes and contents, one by one. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/clientid.h"

static bool is_address(const struct tg_id_address *address)
{
    const unsigned bits = address->family == 4 ? 32 : 128;

    if (address->family == 0)
        return true;
    if ((address->family != 4 && address->family != 6) || address->length > bits)
        return false;
    for (unsigned bit = address->length; bit < 128; bit++)
        if (address->octets[bit / 8] & 0x80u >> bit % 8)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct tg_client_ids ids = {0};
    const unsigned accept = fuzz_u8(&in);

    while (in.left > 0) {
        const uint16_t code = fuzz_u16(&in);
        size_t len;
        const uint8_t *octets = fuzz_take(&in, UINT16_MAX, &len);

        tg_client_ids_take(&ids, code, len > 0 ? octets : NULL, len, accept);
    }
    FUZZ_HOLDS(is_address(&ids.ecs) && is_address(&ids.umbrella.remote));
    FUZZ_HOLDS(ids.mac_len == 0 || (ids.mac_len >= TG_MAC_MIN && ids.mac_len <= TG_MAC_MAX));
    FUZZ_HOLDS(ids.cpe_id_len <= TG_CPE_ID_MAX);
    for (size_t i = 0; i < ids.cpe_id_len; i++)
        FUZZ_HOLDS(ids.cpe_id[i] >= 0x20 && ids.cpe_id[i] < 0x7f);
    return 0;
}
