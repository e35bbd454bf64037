/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Who asks for which name, how often, and what it looks like: a person, a script, a search list. */
#ifndef TG_TOOLS_LOG_HABIT_H
#define TG_TOOLS_LOG_HABIT_H

#include "tools/log.h"

/* The rules by which a cause is told; the manual states them. */
#define TG_RUN_GAP      5  /* seconds without a question that end a run */
#define TG_STEADY_LEAST 3  /* intervals of one length that make a script, */
#define TG_STEADY_OF    5  /* and of so many all but one, */
#define TG_STEADY_PART  10 /* when they differ by at most this part, or 2 s */
#define TG_LIST_NAMES   5  /* names below one that make a search list */
#define TG_PERSON_RUNS  10 /* fewer without an interval are a person's */

#define TG_HABITS_MAX    1000000
#define TG_INCIDENTS_MAX 1000000
#define TG_TYPES_MAX     64

enum tg_cause { TG_CAUSE_PERSON, TG_CAUSE_SCRIPT, TG_CAUSE_SEARCH_LIST, TG_CAUSE_UNCLEAR };
const char *tg_cause_text(enum tg_cause cause);

/* Times and counts of questions. */
struct tg_spell {
    int64_t first, last;
    uint64_t count;
};

/* All names that a client asked for below one name of two labels. */
struct tg_below {
    struct tg_spell spell;
    uint64_t names;                      /* each once, whatever leads there */
    const struct tg_cell *client, *twin; /* twin of the first */
};

/* One client that asks for one name, that leads to one name or to none. */
struct tg_habit {
    struct tg_spell spell;
    int64_t run;    /* when the run that is read began */
    int64_t latest; /* of it */
    uint64_t runs;
    /* Two lengths of intervals between runs, and how many were like each; the first is that of
     * more. */
    int64_t interval[2];
    uint64_t alike[2];
    const struct tg_cell *below; /* of a struct tg_below; NULL: the name has two labels at most */
    const struct tg_cell *client, *twin;
    size_t incident; /* its last one, from 1; 0: there is none */
};

struct tg_incident {
    const struct tg_cell *habit;
    struct tg_spell spell;
    uint64_t types;    /* bits, by their place in the list */
    unsigned severity; /* the worst of its questions, from 1; 0: none tells one */
};

/* An incident taken apart, for who shows it. */
struct tg_incident_parts {
    const struct tg_habit *habit;
    struct tg_slice client, name, via, twin;
    enum tg_cause cause;
    char types[TG_TYPES_MAX * 16], every[32];
};

struct tg_habits {
    struct tg_table *habits, *below, *clients, *twins; /* the value of a client is how often */
    struct tg_table *wrong; /* names below others, by client: they have no value */
    struct tg_incident *incidents;
    size_t incident_count, incident_room;
    int64_t gap; /* microseconds that end an incident */
    char types[TG_TYPES_MAX][16];
    size_t type_count;
    uint64_t beyond; /* questions for which there was no room */
};

void tg_habits_start(struct tg_habits *habits, uint64_t gap_seconds);
void tg_habits_end(struct tg_habits *habits);
/* Takes a question into account; a tg_log.event, arg is the habits. */
bool tg_habits_take(void *habits, const struct tg_logged *event);

/* Reads all that is asked for into habits, to be ended; an exit code. */
int tg_habits_read(struct tg_log_ask *ask, struct tg_habits *habits);

enum tg_cause tg_habit_cause(const struct tg_habit *habit);

void tg_incident_take_apart(const struct tg_habits *habits, const struct tg_incident *incident,
    struct tg_incident_parts *out);

/* The parts of a habit's key; via at NULL: there is none. */
void tg_habit_names(const struct tg_habits *habits, const struct tg_cell *habit,
    struct tg_slice *name, struct tg_slice *via);

/* The last two labels of a name as text; all of one that has no more. */
struct tg_slice tg_last_two(struct tg_slice name);

#endif
