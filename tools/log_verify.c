/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log verify: whether all events are there, each once, and in order. */
#include "tools/log_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOTS_MAX 1000000
#define HOLES_MAX 10000 /* of a boot */

/* Each looks at each event. What more can be checked, as a chain of hashes, is one more. */
static tg_verify_check *const checks[] = {tg_verify_id, tg_verify_sequence, tg_verify_time};

/* The identity of an event is made of the three that tell it apart. */
void tg_verify_id(struct tg_verify *verify, struct tg_boot *boot, const struct tg_logged *event)
{
    static const enum tg_field parts[] = {TG_FIELD_HOST, TG_FIELD_BOOT, TG_FIELD_SEQUENCE};
    const struct tg_slice id = event->field[TG_FIELD_ID];
    size_t at = 0;

    (void)boot;
    for (size_t i = 0; i < 3; i++) {
        const struct tg_slice part = event->field[parts[i]];
        if (!id.at || !part.at || at + part.len + (i < 2) > id.len ||
            memcmp(id.at + at, part.at, part.len) != 0 || (i < 2 && id.at[at + part.len] != '-')) {
            tg_verify_found(verify, "id", "event.id is not its host, boot and number");
            return;
        }
        at += part.len + (i < 2);
    }
    if (at != id.len)
        tg_verify_found(verify, "id", "event.id is not its host, boot and number");
}

/* Remembers that some are missing. Without room a later one of them counts as a duplicate. */
static void add_hole(struct tg_verify *verify, struct tg_boot *boot, uint64_t from, uint64_t to)
{
    struct tg_hole *more;

    if (boot->hole_count == HOLES_MAX) {
        tg_verify_found(verify, "gap", "more than %d gaps: not all are remembered", HOLES_MAX);
        return;
    }
    more = realloc(boot->holes, (boot->hole_count + 1) * sizeof(*more));
    if (!more)
        tg_out_of_memory();
    boot->holes = more;
    boot->holes[boot->hole_count++] = (struct tg_hole){from, to};
}

/* Takes a number out of the hole that it is in. False: it is in none. */
static bool fill_hole(struct tg_verify *verify, struct tg_boot *boot, uint64_t number)
{
    size_t i = 0;
    struct tg_hole hole;

    while (i < boot->hole_count && (number < boot->holes[i].from || number > boot->holes[i].to))
        i++;
    if (i == boot->hole_count)
        return false;
    hole = boot->holes[i];
    boot->holes[i] = boot->holes[--boot->hole_count];
    if (hole.from < number)
        add_hole(verify, boot, hole.from, number - 1);
    if (number < hole.to)
        add_hole(verify, boot, number + 1, hole.to);
    return true;
}

/* One with a number above all others. */
static void go_on(struct tg_verify *verify, struct tg_boot *boot, uint64_t number, uint64_t lost)
{
    const uint64_t gap = number - boot->high - 1;

    boot->lost += lost < gap ? lost : gap;
    if (gap > lost) {
        boot->missing += gap - lost;
        tg_verify_found(verify, "gap",
            "%" PRIu64 " events are missing before number %" PRIu64 ", %" PRIu64
            " of them told as lost",
            gap, number, lost);
        add_hole(verify, boot, boot->high + 1, number - 1 - lost);
    } else if (gap < lost) {
        tg_verify_found(verify, "gap",
            "%" PRIu64 " events told as lost before number %" PRIu64 ", but %" PRIu64
            " are missing",
            lost, number, gap);
    }
    boot->high = number;
}

void tg_verify_sequence(
    struct tg_verify *verify, struct tg_boot *boot, const struct tg_logged *event)
{
    const uint64_t number = tg_slice_count(event->field[TG_FIELD_SEQUENCE]);
    const uint64_t lost = tg_slice_count(event->field[TG_FIELD_LOST]);

    if (number == 0 || lost >= number) {
        tg_verify_found(verify, "gap",
            "number %" PRIu64 " with %" PRIu64 " lost before it cannot be", number, lost);
    } else if (boot->high == 0) {
        boot->begin = number - lost;
        boot->high = number;
        boot->lost = lost;
        /* What came before stood in files that are not here, or comes yet. */
        if (boot->begin > 1)
            add_hole(verify, boot, 1, boot->begin - 1);
    } else if (number > boot->high) {
        go_on(verify, boot, number, lost);
    } else if (fill_hole(verify, boot, number)) {
        boot->disordered++;
        tg_verify_found(
            verify, "order", "number %" PRIu64 " comes after %" PRIu64, number, boot->high);
    } else {
        boot->duplicates++;
        tg_verify_found(verify, "duplicate", "number %" PRIu64 " was there before", number);
    }
}

/* Clocks are set, and several threads hand events in: that is told, it is nothing wrong. */
void tg_verify_time(struct tg_verify *verify, struct tg_boot *boot, const struct tg_logged *event)
{
    (void)verify;
    if (boot->events == 1) {
        boot->first = boot->last = event->time;
    } else if (event->time < boot->last) {
        boot->backwards++;
        if (boot->last - event->time > boot->back)
            boot->back = boot->last - event->time;
    }
    boot->last = event->time;
}

/* What is known of the boot of an event; NULL: it names none. */
static struct tg_boot *boot_of(struct tg_verify *verify, const struct tg_logged *event)
{
    const struct tg_slice host = event->field[TG_FIELD_HOST], boot = event->field[TG_FIELD_BOOT];
    char key[512];
    struct tg_cell *cell;

    if (!boot.at || !host.at || !event->field[TG_FIELD_SEQUENCE].at ||
        boot.len + host.len >= sizeof(key)) {
        tg_verify_found(
            verify, "id", "it lacks observer.hostname, tldguard.boot or event.sequence");
        return NULL;
    }
    memcpy(key, boot.at, boot.len);
    key[boot.len] = ' ';
    memcpy(key + boot.len + 1, host.at, host.len);
    cell = tg_table_put(verify->boots, (struct tg_slice){key, boot.len + 1 + host.len});
    if (!cell)
        tg_verify_found(verify, "id", "more than %d boots: this one is not checked", BOOTS_MAX);
    return cell ? (struct tg_boot *)cell->value : NULL;
}

bool tg_verify_look(void *arg, const struct tg_logged *event)
{
    struct tg_verify *verify = arg;
    struct tg_boot *boot = boot_of(verify, event);

    if (!boot)
        return true;
    boot->events++;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](verify, boot, event);
    return true;
}

static void broken(void *arg, enum tg_broken kind, const char *why)
{
    static const char *const kinds[] = {[TG_BROKEN_SYNTAX] = "broken",
        [TG_BROKEN_TORN] = "torn",
        [TG_BROKEN_GLUED] = "glued",
        [TG_BROKEN_LONG] = "long"};

    tg_verify_found(arg, kinds[kind], "%s", why);
}

static int any_order(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

void tg_verify_start(struct tg_verify *verify)
{
    verify->boots = tg_table_create(sizeof(struct tg_boot), BOOTS_MAX);
}

void tg_verify_end(struct tg_verify *verify)
{
    size_t count;
    struct tg_cell **cells = tg_table_sorted(verify->boots, any_order, &count);

    for (size_t i = 0; i < count; i++)
        free(((struct tg_boot *)cells[i]->value)->holes);
    free(cells);
    tg_table_destroy(&verify->boots);
}

int tg_log_verify(struct tg_log_ask *ask)
{
    struct tg_verify verify = {.log = &ask->log, .form = ask->form};
    int code;

    if (ask->log.filter->any)
        return tg_text_usage(
            ask->command, "verify looks at every event: there is nothing to filter");
    ask->log.event = tg_verify_look;
    ask->log.broken = broken;
    ask->log.arg = &verify;
    ask->log.talks = isatty(STDOUT_FILENO);
    tg_verify_start(&verify);
    tg_verify_head(&verify);
    code = tg_log_read(&ask->log);
    tg_verify_report(&verify);
    tg_verify_end(&verify);
    return code == EXIT_FINE && verify.findings > 0 ? EXIT_FINDINGS : code;
}
