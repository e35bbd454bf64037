/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * An event as a line: tldguard/event.h. The octets of the input are the record, whatever they are,
 * and the names of who writes it.
 */
#include <jansson.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tldguard/event.h"

#define TEXT_MAX 300

static void try_line(const char *line, size_t len)
{
    json_t *root;

    FUZZ_HOLDS(len > 0 && len < TG_EVENT_LINE_MAX && line[len] == '\0' && line[len - 1] == '\n');
    for (size_t i = 0; i + 1 < len; i++)
        FUZZ_HOLDS(line[i] >= 0x20 && line[i] < 0x7f);
    root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_HOLDS(json_is_object(root));
    json_decref(root);
}

static void take_text(struct fuzz_input *in, char text[TEXT_MAX])
{
    size_t len;
    const uint8_t *octets = fuzz_take(in, TEXT_MAX - 1, &len);

    memcpy(text, octets, len);
    text[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char hex[] = "69a7bc1f";
    struct fuzz_input in = {data, size};
    struct tg_observer observer;
    struct tg_stamp stamp = {.observer = &observer};
    struct tg_event event;
    char hostname[TEXT_MAX], line[TG_EVENT_LINE_MAX];
    const unsigned ties = fuzz_u8(&in);

    take_text(&in, hostname);
    observer = (struct tg_observer){hostname, hex};
    /* Numbers of jansson have a sign; no log gets that long. */
    stamp.sequence = fuzz_u64(&in) >> 1;
    stamp.lost = fuzz_u64(&in) >> 1;
    stamp.crash = ties & 1;
    stamp.series = ties & 2 ? hex : NULL;
    stamp.chain = ties & 4 ? "0123456789abcdef0123456789abcdef" : NULL;
    memset(&event, 0, sizeof(event));
    memcpy(&event, in.at, in.left < sizeof(event) ? in.left : sizeof(event));
    /* These three are texts of ours, which end. */
    event.group[sizeof(event.group) - 1] = '\0';
    event.error[sizeof(event.error) - 1] = '\0';
    try_line(line, tg_event_format(&event, &stamp, line));
    try_line(line, tg_event_format_lost(event.time, &stamp, line));
    return 0;
}
