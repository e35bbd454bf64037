/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What a batch needs once it is in the file: to be sent on, and to be on the disk. */
#include <stdio.h>
#include <string.h>

#include "module/writer_loop.h"

#define RELAY_MS  200
#define PILE_PART 4

static void tell_of_relay(struct tg_writer *writer, const struct tg_relay *to, int error)
{
    char text[TG_WRITER_REASON_MAX];

    if (to->failing)
        (void)snprintf(text, sizeof(text),
            "%.100s does not take lines: %s; they are in the file alone", to->path,
            strerror(error));
    else
        (void)snprintf(text, sizeof(text), "%.100s takes lines again", to->path);
    tg_writer_tell(writer, text);
}

/* What the log has, for those who get it another way. The file comes first: when events pile up,
 * nobody else is waited for. */
void tg_writer_relay(struct tg_writer *writer)
{
    const bool pile = tg_writer_pending(writer) > tg_queue_capacity(writer->queue) / PILE_PART;

    for (size_t i = 0; i < TG_RELAYS; i++) {
        struct tg_relay *to = &writer->relays[i];
        const uint64_t before = to->unsent;
        const bool failing = to->failing;
        const int error = tg_relay_send(to, writer->batch, writer->batch_len, pile ? 0 : RELAY_MS);

        atomic_fetch_add(&writer->unsent, to->unsent - before);
        if (to->failing != failing)
            tell_of_relay(writer, to, error);
    }
}

/* What cannot be forced to the disk is written all the same, and once more would not help: that is
 * said, and nothing waits for it. */
void tg_writer_force(struct tg_writer *writer)
{
    const int error = writer->sync ? tg_logfile_sync(&writer->file) : 0;
    char text[TG_WRITER_REASON_MAX];

    if (error != 0) {
        atomic_fetch_add(&writer->errors, 1);
        atomic_store(&writer->last_errno, error);
    }
    if (atomic_exchange(&writer->unforced, error != 0) == (error != 0))
        return;
    if (error != 0)
        (void)snprintf(text, sizeof(text),
            "cannot be forced to the disk: %s; lines are written, but may be gone when the machine "
            "stops",
            strerror(error));
    else
        (void)snprintf(text, sizeof(text), "is forced to the disk again");
    tg_writer_tell(writer, text);
}
