/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "text.h"

size_t tg_utf8_len(const char *text, size_t left)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

uint32_t tg_utf8_code(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t code = len == 1 ? s[0] : s[0] & (0x7fu >> len);

    for (size_t i = 1; i < len; i++)
        code = code << 6 | (s[i] & 0x3fu);
    return code;
}

bool tg_is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xfff0 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

bool tg_is_control(const char *text, size_t left)
{
    const unsigned char c = (unsigned char)text[0];

    return c < 0x20 || c == 0x7f || (c == 0xc2 && left > 1 && (unsigned char)text[1] < 0xa0);
}

bool tg_is_line(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const size_t character = tg_utf8_len(text + at, len - at);

        if (character == 0 || tg_is_control(text + at, len - at))
            return false;
        at += character;
    }
    return true;
}
