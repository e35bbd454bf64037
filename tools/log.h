/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The parts of tldguard log. From the bottom up: octets of a file (log_source.c), its lines
 * (log_lines.c), an event of a line (log_scan.c), those that are asked for (log_filter.c), of all
 * files (log_read.c) in order (log_order.c); and what is made of them.
 */
#ifndef TG_TOOLS_LOG_H
#define TG_TOOLS_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "tools/tool.h"

#define TG_LOG_LINE_MAX 65536 /* bytes of a line; longer ones cannot be read */

/* Octets that lie elsewhere; at NULL: there are none. */
struct tg_slice {
    const char *at;
    size_t len;
};

/* What is read of a line: X(name, kind). log_scan.c says where each stands. */
#define TG_FIELD_MAP(X) \
    X(TIME, TEXT)       \
    X(MESSAGE, TEXT)    \
    X(ACTION, TEXT)     \
    X(ID, TEXT)         \
    X(SEQUENCE, COUNT)  \
    X(RCODE, TEXT)      \
    X(NAME, TEXT)       \
    X(TYPE, TEXT)       \
    X(CLIENT, TEXT)     \
    X(MAC, TEXT)        \
    X(ECS, TEXT)        \
    X(RULE, TEXT)       \
    X(HOST, TEXT)       \
    X(ERROR, TEXT)      \
    X(MODE, TEXT)       \
    X(REPLY, TEXT)      \
    X(SEVERITY, TEXT)   \
    X(VIA, TEXT)        \
    X(TWIN, TEXT)       \
    X(GROUP, TEXT)      \
    X(TRANSPORT, TEXT)  \
    X(SERIAL, COUNT)    \
    X(LOST, COUNT)      \
    X(BOOT, TEXT)       \
    X(SERIES, TEXT)     \
    X(CRASH, TRUTH)     \
    X(CHAIN, TEXT)      \
    X(PORT, COUNT)      \
    X(CLASS, TEXT)      \
    X(CATEGORY, TEXT)   \
    X(KNOWN, TEXT)      \
    X(VERSION, TEXT)
#define TG_ENUM_ENTRY(name, kind) TG_FIELD_##name,
enum tg_field { TG_FIELD_MAP(TG_ENUM_ENTRY) TG_FIELDS };
#undef TG_ENUM_ENTRY

/* What was done: a question was not resolved, or was and is logged; or the module speaks of
 * itself. */
enum tg_log_verdict { TG_LOG_BLOCKED, TG_LOG_WATCHED, TG_LOG_SERVICE };

/* An event as it stands in a line. All is borrowed from the line and the scanner. */
struct tg_logged {
    struct tg_slice line;
    int64_t time; /* microseconds since 1970, UTC */
    enum tg_log_verdict verdict;
    struct tg_slice field[TG_FIELDS]; /* counts too, as their digits; true or false as that */
};

/* Why a line is none of ours. */
enum tg_broken {
    TG_BROKEN_NOT,
    TG_BROKEN_SYNTAX, /* no JSON object, or one of other members than ours */
    TG_BROKEN_TORN,   /* its end is missing */
    TG_BROKEN_GLUED,  /* another event starts within it */
    TG_BROKEN_LONG    /* over TG_LOG_LINE_MAX */
};

/* Takes lines to pieces. */
struct tg_scanner {
    char decoded[TG_LOG_LINE_MAX]; /* texts that are written with escapes */
    size_t decoded_len;
    const char *why; /* of the last line, when it was broken; static */
    size_t column;   /* of it where that shows, 1.. */
};

/**
 * Reads an event: any valid JSON (RFC 8259), members in any order, what is not needed is passed
 * over. Of the members that are needed none may stand twice, or be of another kind than ours.
 * Nesting of over 64, and a NUL in a text, are not taken.
 * @param line at most TG_LOG_LINE_MAX octets, a newline, and seven more that can be read.
 * @param out  output, with TG_BROKEN_NOT.
 */
enum tg_broken tg_scan(struct tg_scanner *scanner, struct tg_slice line, struct tg_logged *out);

/* The digits of a count; 0 when there are none. */
uint64_t tg_slice_count(struct tg_slice digits);

/* Whether a slice is this text. */
bool tg_slice_is(struct tg_slice slice, const char *text);

/**
 * A time as ISO 8601 writes it, "2026-11-22T02:31:01.115743Z", in microseconds: with a fraction
 * or none, Z or an offset. False: it is none.
 */
bool tg_parse_stamp(struct tg_slice text, int64_t *time);

/* "2026-11-22T02:31:01.115Z"; buf of 40 bytes; returns buf. */
const char *tg_text_stamp(int64_t time, char buf[40]);

/* The octets of a file: plain, of gzip or of zstd, which its first octets tell. */
struct tg_source;

/* "-": standard input. NULL after an error in diags. */
struct tg_source *tg_source_open(const char *path, struct tg_diags *diags);
void tg_source_close(struct tg_source **source);

/* As read(2): 0 at the end, -1 after an error in diags. */
ptrdiff_t tg_source_read(struct tg_source *source, char *buf, size_t cap, struct tg_diags *diags);

/* How much of the file is read, in its own octets; total 0: not known. */
void tg_source_position(const struct tg_source *source, uint64_t *done, uint64_t *total);
int tg_source_fd(const struct tg_source *source);

#define TG_LINES_BUFFER (4 * TG_LOG_LINE_MAX)

/* The lines of a source. */
struct tg_lines {
    struct tg_source *source;
    uint64_t number; /* of the line given out last */
    size_t at, end;  /* of the buffer, what is not given out yet */
    bool over;       /* the source has no more */
    bool grows;      /* it may have more later: what has no newline is no line yet */
    bool skipping;   /* within a line that is too long */
    char buffer[TG_LINES_BUFFER + 8];
};

/**
 * The next line.
 * @param line output: borrowed until the next call, at NULL for one that is too long.
 * @return 1; 0 at the end; -1 after an error in diags.
 */
int tg_lines_next(struct tg_lines *lines, struct tg_slice *line, struct tg_diags *diags);

/* Which events are asked for; what is NULL or not has_... does not matter. */
struct tg_log_filter {
    const char *client, *name, *type, *since, *until, *severity, *rule, *twin, *mode, *verdict,
        *group, *serial; /* as given */
    struct tg_address prefix;
    unsigned prefix_len;
    char type_text[16]; /* the mnemonic */
    int64_t from, to;   /* microseconds; from is in, to is not */
    unsigned least;     /* severity */
    uint64_t number;    /* serial */
    bool any;           /* something is asked for at all */
};

/* The options that choose events: the first ones of each command that reads a log. */
enum tg_log_option {
    TG_LOG_CLIENT,
    TG_LOG_NAME,
    TG_LOG_TYPE,
    TG_LOG_SINCE,
    TG_LOG_UNTIL,
    TG_LOG_SEVERITY,
    TG_LOG_RULE,
    TG_LOG_TWIN,
    TG_LOG_MODE,
    TG_LOG_VERDICT,
    TG_LOG_GROUP,
    TG_LOG_SERIAL,
    TG_LOG_OPTIONS
};
#define TG_LOG_OPTION_ROWS                                                                         \
    [TG_LOG_CLIENT] = {"client", 'c', "PREFIX", "of this address or network, as 10.1.0.0/16"},     \
    [TG_LOG_NAME] = {"name", 'q', "GLOB", "about names like this, as '*.ml'"},                     \
    [TG_LOG_TYPE] = {"type", 't', "TYPE", "of this type, as MX"},                                  \
    [TG_LOG_SINCE] = {"since", 's', "TIME", "not before: 2h, 3d, 2026-11-22, 2026-11-22T10:00Z"},  \
    [TG_LOG_UNTIL] = {"until", 'u', "TIME", "before"},                                             \
    [TG_LOG_SEVERITY] = {"severity", 'S', "WORD", "of this severity or above"},                    \
    [TG_LOG_RULE] = {"rule", 'r', "GLOB", "by rules like this"},                                   \
    [TG_LOG_TWIN] = {"twin", 'w', "GLOB", "whose twin is like this"},                              \
    [TG_LOG_MODE] = {"mode", 'm', "WORD", "monitor, mail-only or block"},                          \
    [TG_LOG_VERDICT] = {"verdict", 'v', "WORD", "blocked, watched, or service: the module's own"}, \
    [TG_LOG_GROUP] = {"group", 'g', "GLOB", "of clients in groups like this"},                     \
    [TG_LOG_SERIAL] = {"serial", 'p', "N", "under the policy of this serial"}

/* Takes them from what was given, checks and prepares; -1, or the exit code after a usage error. */
int tg_log_filter_set(
    const struct tg_command *command, const struct tg_parsed *given, struct tg_log_filter *filter);
bool tg_log_filter_pass(const struct tg_log_filter *filter, const struct tg_logged *event);

/* The place of a severity among them, from the least; TG_LOG_SEVERITIES when it is none. */
#define TG_LOG_SEVERITIES 4
unsigned tg_log_severity(struct tg_slice word);
const char *tg_log_severity_text(unsigned severity);

/* "2h" as seconds: digits and one of smhdw. False: it is none. */
bool tg_parse_span(const char *text, uint64_t *seconds);
/* The reverse, rounded: 5m, 36h; buf of 32 bytes; returns buf. */
const char *tg_text_span(uint64_t seconds, char buf[32]);

/* All that is read. */
struct tg_log {
    char **paths; /* put in order of the time of the first event in each, those of one log by its
                     numbers; those that cannot be read twice come last */
    int count;
    const struct tg_log_filter *filter;
    struct tg_diags *diags;
    /* What is done with an event that passes; false: enough. */
    bool (*event)(void *arg, const struct tg_logged *event);
    /* What is done with a line that is broken; NULL: nothing. */
    void (*broken)(void *arg, enum tg_broken kind, const char *why);
    void *arg;
    bool talks; /* event or broken write to the terminal: how far it is goes without saying */
    /* What has come of it, and where it is. */
    const char *path;
    uint64_t line;
    uint64_t events, passed, bad;
    struct tg_scanner *scanner;
};

/* Reads the files; an exit code. */
int tg_log_read(struct tg_log *log);

/* Reads what comes to one file, whatever it is renamed to, for ever; an exit code after an error.
 * from_start: what is there already as well. */
int tg_log_follow(struct tg_log *log, bool from_start);

/* One line; false: enough. Used by both. */
bool tg_log_take(struct tg_log *log, struct tg_slice line);

/* A text that a stranger may have written, for a terminal: what is not printable is escaped. */
void tg_put_text(FILE *out, struct tg_slice text);
/* The columns that it takes there, each character one. */
size_t tg_text_width(struct tg_slice text);

/* The same for a value of CEF, in its header or behind it: what has a meaning there is escaped. */
void tg_put_cef(struct tg_slice text, bool header);
/* A string of JSON, in quotes; at NULL: there is none, as null. ASCII. */
void tg_put_json(struct tg_slice text);

enum tg_form { TG_FORM_TEXT, TG_FORM_JSON, TG_FORM_CSV, TG_FORM_OCSF, TG_FORM_CEF };

/* An event as a line for a SIEM, see tldguard-siem(7): of OCSF's JSON, and of CEF. */
void tg_log_put_ocsf(const struct tg_logged *event);
void tg_log_put_cef(const struct tg_logged *event);

/* Rows for programs: a JSON array of objects, or CSV (RFC 4180) with a heading. */
struct tg_rows {
    enum tg_form form;
    const char *const *columns;
    size_t count; /* of columns */
    size_t column;
    uint64_t rows;
};

void tg_rows_start(
    struct tg_rows *rows, enum tg_form form, const char *const *columns, size_t count);
/* A cell; at NULL is JSON null, and in CSV empty. */
void tg_rows_text(struct tg_rows *rows, struct tg_slice text);
void tg_rows_string(struct tg_rows *rows, const char *text);
void tg_rows_count(struct tg_rows *rows, uint64_t value);
void tg_rows_time(struct tg_rows *rows, int64_t time);
/* A number as JSON writes it. */
void tg_rows_literal(struct tg_rows *rows, const char *number);
void tg_rows_end(struct tg_rows *rows);

/* Values under keys, all of one size, zero at first. A key is a part of a line. Cells stay where
 * they are. */
struct tg_table;

struct tg_cell {
    uint32_t hash;
    uint32_t len; /* of the key, which stands behind the value */
    uint64_t value[];
};

/* most: keys it takes. */
struct tg_table *tg_table_create(size_t value_size, size_t most);
void tg_table_destroy(struct tg_table **table);
/* The cell of a key, made if it is not there and there is room; NULL: there is none. */
struct tg_cell *tg_table_put(struct tg_table *table, struct tg_slice key);
struct tg_slice tg_table_key(const struct tg_table *table, const struct tg_cell *cell);
size_t tg_table_size(const struct tg_table *table);
/* Its cells, to be freed with free(), sorted; count output. NULL when there are none. */
struct tg_cell **tg_table_sorted(
    const struct tg_table *table, int (*order)(const void *, const void *), size_t *count);

/* How often something comes, and when. */
struct tg_tally {
    uint64_t count;
    int64_t first, last;
};

/* The tallies of one field of events. */
struct tg_top {
    struct tg_table *table; /* of struct tg_tally */
    enum tg_field field;
    uint64_t counted, beyond; /* beyond: about others than the first ones, for want of room */
};

/* most: how many are told apart. */
void tg_top_start(struct tg_top *top, enum tg_field field, size_t most);
void tg_top_end(struct tg_top *top);
/* Counts an event that has the field; a tg_log.event, arg is the top. */
bool tg_top_take(void *top, const struct tg_logged *event);
/* Its cells as tg_table_sorted() gives them, those that come most first. */
struct tg_cell **tg_top_sorted(const struct tg_top *top, size_t *count);

/* How many questions there were, when. */
struct tg_bucket {
    uint64_t blocked, watched;
};

struct tg_timeline {
    struct tg_table *buckets; /* of struct tg_bucket, by their number */
    int64_t step;             /* microseconds */
    uint64_t beyond;          /* events for which there was no room */
};

void tg_timeline_start(struct tg_timeline *timeline, uint64_t step_seconds);
void tg_timeline_end(struct tg_timeline *timeline);
/* Counts a question; a tg_log.event, arg is the timeline. */
bool tg_timeline_take(void *timeline, const struct tg_logged *event);
/* Its cells as tg_table_sorted() gives them, the first ones first. */
struct tg_cell **tg_timeline_sorted(const struct tg_timeline *timeline, size_t *count);
/* The number of a cell: in steps from 1970. */
int64_t tg_timeline_number(const struct tg_cell *cell);

/* How a command that reads is asked for; see log.c. */
struct tg_log_ask {
    const struct tg_command *command;
    struct tg_log log;
    enum tg_form form;
    const char *argument; /* of the word: what to count, what to select */
    uint64_t rows;        /* of a list */
    uint64_t step;        /* seconds of a bucket */
    uint64_t gap;         /* seconds that end an incident */
    const char *db;
};

/* The log that the module is told to write; to be freed. NULL after an error in diags. */
char *tg_log_configured(struct tg_diags *diags);

/* Each an exit code. */
int tg_log_print(struct tg_log_ask *ask, bool follow, bool from_start);
int tg_log_top(struct tg_log_ask *ask);
int tg_log_verify(struct tg_log_ask *ask);
int tg_log_timeline(struct tg_log_ask *ask);
int tg_log_incidents(struct tg_log_ask *ask);
int tg_log_fix_list(struct tg_log_ask *ask);
int tg_log_sql(struct tg_log_ask *ask);

#endif
