/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard log verify: whether all events are there, each once, and in order. */
#include "tools/log_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDS_MAX 1000000
#define HOLES_MAX   10000 /* of a log */

/* Each looks at each event. The chain is looked at before the number counts as the highest. */
static tg_verify_check *const checks[] = {
    tg_verify_members, tg_verify_id, tg_verify_chain, tg_verify_sequence, tg_verify_time};

/* What each event has, and what one of a question has. Its kinds the scanner has looked at. */
void tg_verify_members(
    struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event)
{
    static const struct {
        enum tg_field field;
        bool service; /* of an event that is of no question as well */
        const char *name;
    } needed[] = {{TG_FIELD_MESSAGE, true, "message"}, {TG_FIELD_ID, true, "event.id"},
        {TG_FIELD_CHAIN, true, "tldguard.chain"}, {TG_FIELD_TYPE, false, "dns.question.type"},
        {TG_FIELD_RCODE, false, "dns.response_code"}, {TG_FIELD_RULE, false, "rule.id"},
        {TG_FIELD_MODE, false, "tldguard.mode"}, {TG_FIELD_REPLY, false, "tldguard.reply"},
        {TG_FIELD_SEVERITY, false, "tldguard.severity"},
        {TG_FIELD_SERIAL, false, "tldguard.serial"}};

    (void)record;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!event->field[needed[i].field].at &&
            (needed[i].service || event->verdict != TG_LOG_SERVICE))
            tg_verify_found(verify, "schema", "it lacks %s", needed[i].name);
}

/* The identity of an event is made of the three that tell it apart. */
void tg_verify_id(struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event)
{
    static const enum tg_field parts[] = {TG_FIELD_HOST, TG_FIELD_BOOT, TG_FIELD_SEQUENCE};
    const struct tg_slice id = event->field[TG_FIELD_ID];
    size_t at = 0;

    (void)record;
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
static void add_hole(struct tg_verify *verify, struct tg_record *record, uint64_t from, uint64_t to)
{
    struct tg_hole *more;

    if (record->hole_count == HOLES_MAX) {
        tg_verify_found(verify, "gap", "more than %d gaps: not all are remembered", HOLES_MAX);
        return;
    }
    more = realloc(record->holes, (record->hole_count + 1) * sizeof(*more));
    if (!more)
        tg_out_of_memory();
    record->holes = more;
    record->holes[record->hole_count++] = (struct tg_hole){from, to};
}

/* Takes a number out of the hole that it is in. False: it is in none. */
static bool fill_hole(struct tg_verify *verify, struct tg_record *record, uint64_t number)
{
    size_t i = 0;
    struct tg_hole hole;

    while (
        i < record->hole_count && (number < record->holes[i].from || number > record->holes[i].to))
        i++;
    if (i == record->hole_count)
        return false;
    hole = record->holes[i];
    record->holes[i] = record->holes[--record->hole_count];
    if (hole.from < number)
        add_hole(verify, record, hole.from, number - 1);
    if (number < hole.to)
        add_hole(verify, record, number + 1, hole.to);
    return true;
}

/* One with a number above all others. */
static void go_on(
    struct tg_verify *verify, struct tg_record *record, uint64_t number, uint64_t lost)
{
    const uint64_t gap = number - record->high - 1;

    record->lost += lost < gap ? lost : gap;
    if (gap > lost) {
        record->missing += gap - lost;
        tg_verify_found(verify, "gap",
            "%" PRIu64 " events are missing before number %" PRIu64 ", %" PRIu64
            " of them told as lost",
            gap, number, lost);
        add_hole(verify, record, record->high + 1, number - 1 - lost);
    } else if (gap < lost) {
        tg_verify_found(verify, "gap",
            "%" PRIu64 " events told as lost before number %" PRIu64 ", but %" PRIu64
            " are missing",
            lost, number, gap);
    }
    record->high = number;
}

void tg_verify_sequence(
    struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event)
{
    const uint64_t number = tg_slice_count(event->field[TG_FIELD_SEQUENCE]);
    const uint64_t lost = tg_slice_count(event->field[TG_FIELD_LOST]);

    if (number == 0 || lost >= number) {
        tg_verify_found(verify, "gap",
            "number %" PRIu64 " with %" PRIu64 " lost before it cannot be", number, lost);
    } else if (record->high == 0) {
        record->begin = number - lost;
        record->high = number;
        record->lost = lost;
        /* What came before stood in files that are not here, or comes yet. */
        if (record->begin > 1)
            add_hole(verify, record, 1, record->begin - 1);
    } else if (number > record->high) {
        go_on(verify, record, number, lost);
    } else if (fill_hole(verify, record, number)) {
        record->disordered++;
        tg_verify_found(
            verify, "order", "number %" PRIu64 " comes after %" PRIu64, number, record->high);
    } else {
        record->duplicates++;
        tg_verify_found(verify, "duplicate", "number %" PRIu64 " was there before", number);
    }
}

/* Clocks are set, and several threads hand events in: that is told, it is nothing wrong. */
void tg_verify_time(
    struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event)
{
    (void)verify;
    if (record->events == 1) {
        record->first = record->last = event->time;
    } else if (event->time < record->last) {
        record->backwards++;
        if (record->last - event->time > record->back)
            record->back = record->last - event->time;
    }
    record->last = event->time;
}

/* The line that was written before the one with this number; NULL: it was not read. */
static const struct tg_linked *link_before(
    const struct tg_record *record, uint64_t number, uint64_t lost)
{
    if (record->latest.number != 0 && number == record->latest.number + lost + 1)
        return &record->latest;
    if (record->highest.number != 0 && number == record->highest.number + lost + 1)
        return &record->highest;
    return NULL;
}

/* Whether the digest that the line carries is that of the line before it. */
static void check_link(struct tg_verify *verify, struct tg_record *record, struct tg_slice chain,
    uint64_t number, uint64_t lost)
{
    static const uint8_t none[TG_DIGEST_SIZE];
    const struct tg_linked *link = link_before(record, number, lost);
    uint8_t before[TG_DIGEST_SIZE];

    if (chain.len != TG_DIGEST_TEXT - 1 || !tg_digest_parse(chain.at, before)) {
        tg_verify_found(verify, "schema", "tldguard.chain is no digest");
    } else if (number == lost + 1 && memcmp(before, none, sizeof(none)) != 0) {
        tg_verify_found(
            verify, "chain", "what was written before number %" PRIu64 " is gone", number);
    } else if (link && memcmp(before, link->digest, sizeof(before)) != 0) {
        record->changed++;
        tg_verify_found_at(verify, link->path, link->line, "chain",
            "number %" PRIu64 " is not as it was written, or something behind it is gone: its "
            "digest is not the one in number %" PRIu64,
            link->number, number);
    }
}

void tg_verify_chain(
    struct tg_verify *verify, struct tg_record *record, const struct tg_logged *event)
{
    const struct tg_slice chain = event->field[TG_FIELD_CHAIN];
    const uint64_t number = tg_slice_count(event->field[TG_FIELD_SEQUENCE]);

    if (event->field[TG_FIELD_CRASH].at && *event->field[TG_FIELD_CRASH].at == 't') {
        record->crashes++;
        tg_verify_found(verify, "crash",
            "the machine stopped before number %" PRIu64
            ": nobody knows how many events are missing",
            number);
    }
    if (chain.at)
        check_link(verify, record, chain, number, tg_slice_count(event->field[TG_FIELD_LOST]));
    record->latest =
        (struct tg_linked){.number = number, .path = verify->log->path, .line = verify->log->line};
    tg_chain_digest(verify->chain, event->line.at, event->line.len + 1, record->latest.digest);
    if (number > record->high)
        record->highest = record->latest;
}

static uint32_t hash_of(struct tg_slice text)
{
    uint32_t hash = 0x811c9dc5u;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.at[i]) * 0x01000193u;
    return hash;
}

/* What is known of the log of an event; NULL: it names none. */
static struct tg_record *record_of(struct tg_verify *verify, const struct tg_logged *event)
{
    const struct tg_slice host = event->field[TG_FIELD_HOST], log = event->field[TG_FIELD_SERIES];
    char key[512];
    struct tg_cell *cell;

    if (!log.at || !host.at || !event->field[TG_FIELD_BOOT].at ||
        !event->field[TG_FIELD_SEQUENCE].at || log.len + host.len >= sizeof(key)) {
        tg_verify_found(verify, "id",
            "it lacks observer.hostname, tldguard.boot, tldguard.log or event.sequence");
        return NULL;
    }
    memcpy(key, log.at, log.len);
    key[log.len] = ' ';
    memcpy(key + log.len + 1, host.at, host.len);
    cell = tg_table_put(verify->records, (struct tg_slice){key, log.len + 1 + host.len});
    if (!cell)
        tg_verify_found(verify, "id", "more than %d logs: this one is not checked", RECORDS_MAX);
    return cell ? (struct tg_record *)cell->value : NULL;
}

bool tg_verify_look(void *arg, const struct tg_logged *event)
{
    struct tg_verify *verify = arg;
    struct tg_record *record = record_of(verify, event);
    const uint32_t boot = hash_of(event->field[TG_FIELD_BOOT]);

    if (!record)
        return true;
    record->starts += record->events == 0 || record->boot != boot ? 1 : 0;
    record->boot = boot;
    record->events++;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](verify, record, event);
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
    if (tg_chain_create(&verify->chain) != TG_OK)
        tg_out_of_memory();
    verify->records = tg_table_create(sizeof(struct tg_record), RECORDS_MAX);
}

void tg_verify_end(struct tg_verify *verify)
{
    size_t count;
    struct tg_cell **cells = tg_table_sorted(verify->records, any_order, &count);

    for (size_t i = 0; i < count; i++)
        free(((struct tg_record *)cells[i]->value)->holes);
    free(cells);
    tg_table_destroy(&verify->records);
    tg_chain_destroy(&verify->chain);
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
