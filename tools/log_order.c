/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* In which order files are read. Those of one log follow each other by its numbers, as a clock
 * that is set back says nothing of which was written first; by time are those of several. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/log_order.h"

#define LOOK_LINES 100       /* of a file, for its first event and for whose it has */
#define LOGS_MAX   1000000   /* told apart */
#define KEY_MAX    512       /* of a log and its host */
#define UNREADABLE INT64_MAX /* the time of a file that tells none, or cannot be read twice */

struct file {
    char *path;
    int64_t time; /* of the first event; so with the next two */
    uint64_t number;
    int log;   /* the first file that had an event of it, from 1; 0: it has none */
    int chain; /* a file of the same, or itself: the first one ends the way */
    int place; /* among all */
};

struct order {
    struct file *files;
    struct tg_scanner *scanner;
    struct tg_table *logs; /* of the numbers of the files that had them first, from 1 */
};

static void *room(size_t count, size_t size)
{
    void *new = calloc(count + 1, size);

    if (!new)
        tg_out_of_memory();
    return new;
}

/* The file that stands for all of a chain. */
static int root_of(struct file *files, int i)
{
    while (files[i].chain != i)
        i = files[i].chain = files[files[i].chain].chain;
    return i;
}

/* The number of an event's log, which the file shares with all that have it. 0: it names none. */
static int log_of(struct order *order, int file, const struct tg_logged *event)
{
    const struct tg_slice host = event->field[TG_FIELD_HOST], log = event->field[TG_FIELD_SERIES];
    char key[KEY_MAX];
    struct tg_cell *cell;

    if (!log.at || !host.at || log.len + host.len >= sizeof(key))
        return 0;
    memcpy(key, log.at, log.len);
    key[log.len] = ' ';
    memcpy(key + log.len + 1, host.at, host.len);
    cell = tg_table_put(order->logs, (struct tg_slice){key, log.len + 1 + host.len});
    if (!cell)
        return 0;
    if (cell->value[0] == 0)
        cell->value[0] = (uint64_t)file + 1;
    order->files[root_of(order->files, file)].chain =
        root_of(order->files, (int)cell->value[0] - 1);
    return (int)cell->value[0];
}

/* Reads the start of a file. */
static void look(struct order *order, int i)
{
    struct file *file = &order->files[i];
    struct tg_source *source;
    struct tg_lines *lines;
    struct tg_logged event;
    struct tg_slice line;
    struct stat st;

    if (strcmp(file->path, "-") == 0 || stat(file->path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    source = tg_source_open(file->path, NULL);
    if (!source)
        return;
    lines = room(1, sizeof(*lines));
    lines->source = source;
    while (lines->number < LOOK_LINES && tg_lines_next(lines, &line, NULL) > 0) {
        int log;
        if (!line.at || tg_scan(order->scanner, line, &event) != TG_BROKEN_NOT)
            continue;
        log = log_of(order, i, &event);
        if (file->time != UNREADABLE)
            continue;
        file->time = event.time;
        file->number = tg_slice_count(event.field[TG_FIELD_SEQUENCE]);
        file->log = log;
    }
    free(lines);
    tg_source_close(&source);
}

static int by_time(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->place - y->place;
}

static int by_log(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    return x->log != y->log ? x->log - y->log : x->place - y->place;
}

static int by_number(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    if (x->log != y->log)
        return x->log - y->log;
    if (x->log != 0 && x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->place - y->place;
}

static int by_chain(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    return x->chain != y->chain ? x->chain - y->chain : x->place - y->place;
}

static void number(struct file *files, int count)
{
    for (int i = 0; i < count; i++)
        files[i].place = i;
}

/* By time; and those that begin with the same log change places among themselves. */
static void sort(struct file *files, int count)
{
    struct file *places = room((size_t)count, sizeof(*places));

    qsort(files, (size_t)count, sizeof(*files), by_time);
    number(files, count);
    memcpy(places, files, (size_t)count * sizeof(*files));
    qsort(places, (size_t)count, sizeof(*files), by_log);
    qsort(files, (size_t)count, sizeof(*files), by_number);
    /* Both are in runs of one log now, and as long: the n-th of a run gets the n-th place. */
    for (int i = 0; i < count; i++)
        files[i].place = places[i].place;
    free(places);
}

static int by_start(const void *a, const void *b)
{
    const struct tg_chain_files *x = a, *y = b;

    if (x->files[0].time != y->files[0].time)
        return x->files[0].time < y->files[0].time ? -1 : 1;
    return x->place - y->place;
}

/* Files in the order of chains to chains in the order of time. */
static void make(struct tg_order *out, const struct file *files, int count)
{
    out->files = room((size_t)count, sizeof(*out->files));
    out->chains = room((size_t)count, sizeof(*out->chains));
    for (int i = 0; i < count; i++) {
        out->files[i] = (struct tg_order_file){files[i].path, files[i].time};
        if (i == 0 || files[i].chain != files[i - 1].chain)
            out->chains[out->count++] = (struct tg_chain_files){&out->files[i], 0, files[i].place};
        out->chains[out->count - 1].count++;
    }
    if (out->count > 0)
        qsort(out->chains, out->count, sizeof(*out->chains), by_start);
}

void tg_order_make(struct tg_order *out, char **paths, int count, struct tg_scanner *scanner)
{
    struct order order = {room((size_t)count, sizeof(*order.files)), scanner, NULL};

    *out = (struct tg_order){0};
    order.logs = tg_table_create(sizeof(uint64_t), LOGS_MAX);
    for (int i = 0; i < count; i++)
        order.files[i] =
            (struct file){.path = paths[i], .time = UNREADABLE, .chain = i, .place = i};
    for (int i = 0; i < count && count > 1; i++)
        look(&order, i);
    for (int i = 0; i < count; i++)
        order.files[i].chain = root_of(order.files, i);
    sort(order.files, count);
    for (int i = 0; i < count; i++)
        paths[order.files[i].place] = order.files[i].path;
    qsort(order.files, (size_t)count, sizeof(*order.files), by_chain);
    make(out, order.files, count);
    tg_table_destroy(&order.logs);
    free(order.files);
}

void tg_order_free(struct tg_order *order)
{
    free(order->files);
    free(order->chains);
    *order = (struct tg_order){0};
}
