/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/log_habit.h"

#include <stdlib.h>
#include <string.h>

#define MICRO     1000000
#define TOLERANCE (2 * MICRO)

const char *tg_cause_text(enum tg_cause cause)
{
    switch (cause) {
    case TG_CAUSE_PERSON:
        return "person";
    case TG_CAUSE_SCRIPT:
        return "script";
    case TG_CAUSE_SEARCH_LIST:
        return "search list";
    case TG_CAUSE_UNCLEAR:
        break;
    }
    return "unclear";
}

void tg_habits_start(struct tg_habits *habits, uint64_t gap_seconds)
{
    *habits = (struct tg_habits){.gap = (int64_t)gap_seconds * MICRO};
    habits->habits = tg_table_create(sizeof(struct tg_habit), TG_HABITS_MAX);
    habits->below = tg_table_create(sizeof(struct tg_below), TG_HABITS_MAX);
    habits->clients = tg_table_create(sizeof(uint64_t), TG_HABITS_MAX);
    habits->twins = tg_table_create(0, TG_HABITS_MAX);
    habits->wrong = tg_table_create(0, TG_HABITS_MAX);
}

void tg_habits_end(struct tg_habits *habits)
{
    tg_table_destroy(&habits->habits);
    tg_table_destroy(&habits->below);
    tg_table_destroy(&habits->clients);
    tg_table_destroy(&habits->twins);
    tg_table_destroy(&habits->wrong);
    free(habits->incidents);
}

enum tg_cause tg_habit_cause(const struct tg_habit *habit)
{
    const uint64_t between = habit->runs - 1;

    if (habit->below && ((const struct tg_below *)habit->below->value)->names >= TG_LIST_NAMES)
        return TG_CAUSE_SEARCH_LIST;
    if (habit->alike[0] >= TG_STEADY_LEAST &&
        habit->alike[0] * TG_STEADY_OF >= between * (TG_STEADY_OF - 1))
        return TG_CAUSE_SCRIPT;
    return habit->runs < TG_PERSON_RUNS ? TG_CAUSE_PERSON : TG_CAUSE_UNCLEAR;
}

struct tg_slice tg_last_two(struct tg_slice name)
{
    size_t at = name.len, dots = 0;

    while (at > 0) {
        size_t slashes = 0;
        at--;
        if (name.at[at] != '.')
            continue;
        while (slashes < at && name.at[at - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0 && ++dots == 2)
            return (struct tg_slice){name.at + at + 1, name.len - at - 1};
    }
    return name;
}

/* Parts with a NUL between them: no text has one. Parts that are too long are cut. */
struct key {
    size_t len;
    char text[4096];
};

static void add_part(struct key *key, struct tg_slice part)
{
    if (part.len > sizeof(key->text) - 1 - key->len)
        part.len = sizeof(key->text) - 1 - key->len;
    if (part.len > 0)
        memcpy(key->text + key->len, part.at, part.len);
    key->len += part.len;
    if (key->len < sizeof(key->text) - 1)
        key->text[key->len++] = '\0';
}

static struct tg_cell *put(struct tg_table *table, struct tg_slice a, struct tg_slice b)
{
    struct key key = {0, ""};

    add_part(&key, a);
    add_part(&key, b);
    return tg_table_put(table, (struct tg_slice){key.text, key.len});
}

static bool is_like(int64_t interval, int64_t other)
{
    const int64_t part = other / TG_STEADY_PART, most = part > TOLERANCE ? part : TOLERANCE;

    return interval - other <= most && other - interval <= most;
}

/* Counts an interval. One that is like neither takes the place of the rarer one: the one that is
 * sought is most of them. */
static void interval(struct tg_habit *habit, int64_t length)
{
    const int at = habit->alike[0] > 0 && is_like(length, habit->interval[0]) ? 0 : 1;

    if (at == 1 && !(habit->alike[1] > 0 && is_like(length, habit->interval[1]))) {
        habit->interval[1] = length;
        habit->alike[1] = 0;
    }
    habit->alike[at]++;
    if (habit->alike[1] > habit->alike[0]) {
        const int64_t former = habit->interval[0];
        const uint64_t count = habit->alike[0];
        habit->interval[0] = habit->interval[1];
        habit->alike[0] = habit->alike[1];
        habit->interval[1] = former;
        habit->alike[1] = count;
    }
}

/* Whether a question is as near to the latest one that was read; a clock may be set back. */
static bool is_near(const struct tg_habit *habit, int64_t time, int64_t most)
{
    return time - habit->latest <= most && habit->latest - time <= most;
}

/* The same questions again, as MX, A and AAAA, are one run. */
static void run(struct tg_habit *habit, int64_t time)
{
    if (is_near(habit, time, (int64_t)TG_RUN_GAP * MICRO)) {
        habit->latest = time > habit->latest ? time : habit->latest;
        return;
    }
    if (time > habit->run)
        interval(habit, time - habit->run);
    habit->runs++;
    habit->run = habit->latest = time;
}

static void spell_add(struct tg_spell *spell, int64_t time)
{
    if (spell->count++ == 0)
        spell->first = spell->last = time;
    if (time < spell->first)
        spell->first = time;
    if (time > spell->last)
        spell->last = time;
}

static uint64_t type_bit(struct tg_habits *habits, struct tg_slice type)
{
    size_t i = 0;

    while (i < habits->type_count && !tg_slice_is(type, habits->types[i]))
        i++;
    if (i == habits->type_count && type.len < sizeof(habits->types[0]) && i + 1 < TG_TYPES_MAX) {
        if (type.len > 0)
            memcpy(habits->types[i], type.at, type.len);
        habits->type_count++;
    }
    /* The last bit is that of all others. */
    return UINT64_C(1) << (i < habits->type_count ? i : TG_TYPES_MAX - 1);
}

static void worst(struct tg_incident *incident, struct tg_slice severity)
{
    const unsigned level = tg_log_severity(severity);

    if (level < TG_LOG_SEVERITIES && level + 1 > incident->severity)
        incident->severity = level + 1;
}

/* The incident that a question belongs to; NULL: there is no room for one. */
static struct tg_incident *incident_of(struct tg_habits *habits, struct tg_cell *cell, int64_t time)
{
    struct tg_habit *habit = (struct tg_habit *)cell->value;

    if (habit->incident > 0 && is_near(habit, time, habits->gap))
        return &habits->incidents[habit->incident - 1];
    if (habits->incident_count == TG_INCIDENTS_MAX)
        return NULL;
    if (habits->incident_count == habits->incident_room) {
        const size_t room = habits->incident_room ? 2 * habits->incident_room : 1024;
        struct tg_incident *more = realloc(habits->incidents, room * sizeof(*more));
        if (!more)
            tg_out_of_memory();
        habits->incidents = more;
        habits->incident_room = room;
    }
    habits->incidents[habits->incident_count++] = (struct tg_incident){.habit = cell};
    habit->incident = habits->incident_count;
    return &habits->incidents[habit->incident - 1];
}

/* A name among those below its last two labels; NULL: it has no more, or there is no room. */
static struct tg_cell *below_of(struct tg_habits *habits, const struct tg_habit *habit,
    struct tg_slice client, struct tg_slice wrong)
{
    const struct tg_slice last = tg_last_two(wrong);
    const size_t known = tg_table_size(habits->wrong);
    struct tg_cell *cell = last.len < wrong.len ? put(habits->below, client, last) : NULL;
    struct tg_below *below;

    if (!cell)
        return NULL;
    below = (struct tg_below *)cell->value;
    if (!below->client) {
        below->twin = habit->twin;
        below->client = habit->client;
    }
    (void)put(habits->wrong, client, wrong);
    if (tg_table_size(habits->wrong) > known)
        below->names++;
    return cell;
}

/* What is known of a client and a name that were not seen together before. */
static bool begin(struct tg_habits *habits, struct tg_habit *habit, const struct tg_logged *event,
    struct tg_slice client, struct tg_slice wrong)
{
    const struct tg_slice twin = event->field[TG_FIELD_TWIN];

    habit->client = tg_table_put(habits->clients, client);
    if (twin.at)
        habit->twin = tg_table_put(habits->twins, twin);
    habit->below = below_of(habits, habit, client, wrong);
    habit->run = habit->latest = event->time;
    habit->runs = 1;
    return habit->client != NULL;
}

static struct tg_cell *habit_of(
    struct tg_habits *habits, const struct tg_logged *event, struct tg_slice client)
{
    const struct tg_slice via = event->field[TG_FIELD_VIA], name = event->field[TG_FIELD_NAME];
    struct key key = {0, ""};
    struct tg_cell *cell;

    add_part(&key, client);
    add_part(&key, name);
    if (via.at)
        add_part(&key, via);
    cell = tg_table_put(habits->habits, (struct tg_slice){key.text, key.len});
    if (cell && ((struct tg_habit *)cell->value)->runs == 0 &&
        !begin(habits, (struct tg_habit *)cell->value, event, client, via.at ? via : name))
        return NULL;
    return cell;
}

bool tg_habits_take(void *arg, const struct tg_logged *event)
{
    const struct tg_slice unknown = {"-", 1};
    struct tg_habits *habits = arg;
    struct tg_incident *incident;
    struct tg_habit *habit;
    struct tg_cell *cell;

    if (event->verdict == TG_LOG_SERVICE)
        return true;
    cell = habit_of(
        habits, event, event->field[TG_FIELD_CLIENT].at ? event->field[TG_FIELD_CLIENT] : unknown);
    incident = cell ? incident_of(habits, cell, event->time) : NULL;
    if (!incident) {
        habits->beyond++;
        return true;
    }
    habit = (struct tg_habit *)cell->value;
    if (habit->spell.count > 0)
        run(habit, event->time);
    spell_add(&habit->spell, event->time);
    spell_add(&incident->spell, event->time);
    worst(incident, event->field[TG_FIELD_SEVERITY]);
    incident->types |= type_bit(habits, event->field[TG_FIELD_TYPE]);
    if (habit->below)
        spell_add(&((struct tg_below *)(uintptr_t)habit->below->value)->spell, event->time);
    ++*(uint64_t *)(uintptr_t)habit->client->value;
    return true;
}

void tg_habit_names(const struct tg_habits *habits, const struct tg_cell *habit,
    struct tg_slice *name, struct tg_slice *via)
{
    const struct tg_slice key = tg_table_key(habits->habits, habit);
    const char *const end = key.at + key.len, *at = key.at;
    struct tg_slice parts[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};

    for (size_t i = 0; i < 3 && at < end; i++) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        parts[i] = (struct tg_slice){at, (size_t)((nul ? nul : end) - at)};
        at = nul ? nul + 1 : end;
    }
    *name = parts[1];
    *via = parts[2];
}
