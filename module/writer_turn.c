/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* One after the other: writers of one log, of starts that a disk has held, and of other processes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "module/writer_loop.h"

#define PAUSE_NS 100000000

/* Several that wait take it in no order; as long as one does, who has it lets it by. */
static void line_name(const struct tg_writer *writer, char name[PATH_MAX])
{
    (void)snprintf(name, PATH_MAX, "%s\nwaits", writer->file.path);
}

void tg_writer_await_turn(struct tg_writer *writer)
{
    const struct timespec pause = {0, PAUSE_NS};
    const size_t size = tg_queue_memory(writer->queue);
    char name[PATH_MAX];
    bool found;

    line_name(writer, name);
    while (writer->waits &&
           tg_keep_open(writer->file.path, size, &writer->turn_found, &writer->turn) == EBUSY) {
        if (writer->line == NULL)
            (void)tg_keep_open(name, 1, &found, &writer->line);
        (void)nanosleep(&pause, NULL);
    }
    tg_keep_close(&writer->line, true);
}

void tg_writer_give_turn(struct tg_writer *writer)
{
    tg_keep_close(&writer->turn, !writer->turn_found);
}

void tg_writer_let_by(struct tg_writer *writer)
{
    const struct timespec pause = {0, PAUSE_NS};
    char name[PATH_MAX];

    if (writer->turn == NULL)
        return;
    line_name(writer, name);
    if (!tg_keep_is_taken(name))
        return;
    tg_writer_save(writer, true);
    writer->resumed = false;
    tg_writer_give_turn(writer);
    while (tg_keep_is_taken(name)) /* it looks every now and then */
        (void)nanosleep(&pause, NULL);
    tg_writer_await_turn(writer);
}
