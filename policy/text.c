/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "text.h"

size_t tg_utf8_read(const char *at, const char *end, uint32_t *code)
{
    const unsigned char *s = (const unsigned char *)at;
    const size_t room = (size_t)(end - at);
    size_t len;

    if (room == 0 || s[0] < 0x80) {
        *code = room ? s[0] : 0;
        return room ? 1 : 0;
    }
    len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || room < len)
        return 0;
    *code = s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    if ((len == 3 && *code < 0x800) || (len == 4 && *code < 0x10000) || *code > 0x10ffff ||
        (*code >= 0xd800 && *code < 0xe000))
        return 0;
    return len;
}

bool tg_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

bool tg_is_hidden(uint32_t code)
{
    return tg_is_control(code) || code == 0xad || code == 0x61c ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xfff0 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

bool tg_is_line(const char *text, size_t len)
{
    const char *const end = text + len;
    uint32_t code;

    while (text < end) {
        const size_t octets = tg_utf8_read(text, end, &code);

        if (octets == 0 || tg_is_control(code))
            return false;
        text += octets;
    }
    return true;
}
