/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The parts of tldguard replay: reading logs, and keeping count in bounded memory. */
#ifndef TG_TOOLS_REPLAY_H
#define TG_TOOLS_REPLAY_H

#include "tldguard/decide.h"
#include "tools/tool.h"

#define TG_REPLAY_LINE_MAX 65536 /* bytes of a line; longer ones are unreadable */

/* A log that is read line by line. */
struct tg_log;

/* @return NULL after an error in diags. "-": standard input. */
struct tg_log *tg_log_open(const char *path, struct tg_diags *diags);
void tg_log_close(struct tg_log **log);

/**
 * The next line.
 * @param len output: its length without the newline; over TG_REPLAY_LINE_MAX: too long, and
 *            what is returned is not its text.
 * @return borrowed until the next call; NUL-terminated, may hold NULs; NULL at the end, and
 *         on a failure, which is in diags then.
 */
char *tg_log_line(struct tg_log *log, size_t *len, struct tg_diags *diags);

/* How far the log is read, in bytes; total 0: not known. */
void tg_log_position(const struct tg_log *log, uint64_t *done, uint64_t *total);

/* What a line holds. */
enum tg_record_kind {
    TG_RECORD_QUESTION,
    TG_RECORD_REPLY, /* a question of which a log of queries has told already */
    TG_RECORD_OTHER, /* a line that is no question: empty, a comment, another message */
    TG_RECORD_UNREADABLE
};

/* One recorded question. */
struct tg_record {
    struct tg_address client;
    bool has_client;
    struct tg_name qname; /* wire below, lower-case */
    uint16_t qtype;
    uint16_t qclass;
    bool told;    /* the log says what was done: it is our own */
    bool blocked; /* with told: it was not resolved */
    uint8_t wire[TG_DNAME_MAX];
};

/* What a reader of lines remembers between two of them. */
struct tg_record_reader {
    bool queries;  /* a line of log-queries was seen: replies then tell nothing new */
    char type[32]; /* the last type read, and what it is: the same few come again and again */
    uint16_t qtype;
};

/**
 * Reads a line in any of the forms: our block log, Unbound's log-queries and log-replies, or
 * "client name type".
 * @param line changed; len octets and a NUL.
 * @param out  output, with QUESTION and REPLY.
 */
enum tg_record_kind tg_record_read(
    struct tg_record_reader *reader, char *line, size_t len, struct tg_record *out);

/* What happens to a recorded question under the new policy. */
enum tg_fate { TG_FATE_BLOCKED, TG_FATE_FREED, TG_FATES };

/* Counts under keys of up to 255 octets, such as names. */
struct tg_tally;

#define TG_TALLY_MAX 250000 /* keys; what is beyond is counted as one */

struct tg_tally_row {
    const uint8_t *key;
    size_t len;
    uint64_t counts[TG_FATES];
};

struct tg_tally *tg_tally_create(void);
void tg_tally_destroy(struct tg_tally **tally);

/* Counts one. False: out of memory, and it is counted as beyond. */
bool tg_tally_add(struct tg_tally *tally, const void *key, size_t len, enum tg_fate fate);

/* How many keys have a count of this fate. */
size_t tg_tally_keys(const struct tg_tally *tally, enum tg_fate fate);

/* Questions that found no room. */
uint64_t tg_tally_beyond(const struct tg_tally *tally, enum tg_fate fate);

/**
 * The keys with most of a fate, most first; equal counts by key.
 * @param rows  output, `most` of them.
 * @return how many there are. Borrowed from the tally.
 */
size_t tg_tally_top(
    const struct tg_tally *tally, enum tg_fate fate, struct tg_tally_row *rows, size_t most);

/* All that a replay counts. */
struct tg_replay {
    const char *log;      /* its path */
    struct tg_image *old; /* NULL: what the log tells, or else nothing, was blocked */
    struct tg_image *new;
    uint32_t today;
    bool twins_exist; /* of twins that would be looked up */
    bool gate;        /* more questions than a number must not be newly blocked */
    uint64_t lines, questions, others, replies, unreadable;
    uint64_t still_blocked; /* the same, or with another answer */
    uint64_t logged;        /* resolved, and logged, by the new policy */
    uint64_t undecided;     /* resolved, but would not be if its twin existed, or the reverse */
    uint64_t fates[TG_FATES];
    struct tg_tally *names;   /* by wire name */
    struct tg_tally *clients; /* by address */
    struct tg_tally *rules;   /* by pointer to the rule: of the new policy, or, freed, of the old */
};

/* A rule as the key of a tally: its address, most significant octet first, so that keys are in the
 * order of the policy, in which an image has its rules. */
#define TG_RULE_KEY sizeof(uintptr_t)
void tg_replay_rule_key(const struct tg_rule *rule, uint8_t key[TG_RULE_KEY]);

/* Writes what was found; top: rows of each list. @return an exit code. */
int tg_replay_print(const struct tg_replay *replay, size_t top);
int tg_replay_json(const struct tg_replay *replay, size_t top);

#endif
