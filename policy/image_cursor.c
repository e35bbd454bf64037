/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "image_cursor.h"

#include "image_p.h"
#include "text.h"

const void *tg_take(struct tg_cursor *cursor, size_t len)
{
    const uint8_t *at = cursor->at;

    if (cursor->bad || cursor->left < len) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += len;
    cursor->left -= len;
    return at;
}

struct tg_name tg_take_name(struct tg_cursor *cursor, bool root)
{
    struct tg_name name = {cursor->at, 0};

    if (cursor->bad || tg_dname_check(name.wire, cursor->left, &name.len) != TG_OK ||
        !tg_dname_is_lower(name.wire, name.len) || (name.len == 1 && !root)) {
        cursor->bad = true;
        return (struct tg_name){0};
    }
    tg_take(cursor, name.len);
    return name;
}

struct tg_name tg_take_sized_name(struct tg_cursor *cursor, size_t len, bool root)
{
    struct tg_name name = {0};

    if (len == 0)
        return name;
    name = tg_take_name(cursor, root);
    cursor->bad |= name.len != len;
    return name;
}

const char *tg_take_text(struct tg_cursor *cursor, bool there, const uint8_t len[2])
{
    size_t want = tg_get16(len);
    const char *text;

    if (!there) {
        cursor->bad |= want != 0;
        return NULL;
    }
    text = tg_take(cursor, want + 1);
    if (text == NULL || want > TG_TEXT_MAX || text[want] != '\0' || !tg_is_line(text, want))
        cursor->bad = true;
    return text;
}

bool tg_cursor_done(const struct tg_cursor *cursor)
{
    return !cursor->bad && cursor->left == 0;
}
