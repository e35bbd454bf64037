/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The parts of tldguard report. All is counted in one pass (report_gather.c, report_record.c),
 * put in order (report_lists.c), and made one JSON value (report_data.c): --json prints that, and
 * the page (report_page.c, report_table.c, report_words.c) shows what stands in it and no more.
 * Nothing is allocated once the file of the page is open.
 */
#ifndef TG_TOOLS_REPORT_H
#define TG_TOOLS_REPORT_H

#include "tools/log_habit.h"

#define TG_REPORT_KEYS     1000000 /* clients, names, twins told apart; the manual says so */
#define TG_REPORT_DAYS     1100    /* shown, the last ones: three years */
#define TG_REPORT_TOP_MOST 1000    /* rows of a list */

/* Whether the record, all that is read, is whole: totals of all logs of all hosts. */
struct tg_report_log {
    const char *name; /* "6b0253e0cf547756 resolver" and no NUL: see len */
    size_t len;
    uint64_t events, starts, missing, lost, duplicates, changed, crashes;
    int64_t first, last;
};
struct tg_report_record {
    uint64_t events, broken;
    uint64_t missing, lost, duplicates, disordered;
    uint64_t changed, crashes;  /* lines; stops of a machine, which may have cost events */
    uint64_t findings;          /* all that verify would find, broken lines not counted */
    struct tg_report_log *logs; /* those with gaps first, then by time */
    size_t log_count;
    struct tg_verify *verify; /* private */
};

void tg_report_record_start(struct tg_report_record *record, struct tg_log *log);
/* Looks at an event, asked for or not. */
void tg_report_record_take(struct tg_report_record *record, const struct tg_logged *event);
/* Fills the totals, when all is read. */
void tg_report_record_sum(struct tg_report_record *record);
void tg_report_record_end(struct tg_report_record *record);
bool tg_report_record_is_whole(const struct tg_report_record *record);

/* A row of a list of what comes most. */
struct tg_report_row {
    struct tg_slice key;
    struct tg_tally tally;
    struct tg_slice other; /* what goes with it most often; see tg_report_lists() */
    uint64_t other_count;
};
struct tg_report_list {
    struct tg_report_row *rows;
    size_t count;
    size_t all; /* how many there are */
};

/* The incidents of one severity; [0]: of none. */
struct tg_report_severity {
    uint64_t incidents, questions;
};

struct tg_report {
    struct tg_log *log;
    const struct tg_log_filter *filter; /* what is asked for; the log itself has none */
    const char *title;
    size_t top; /* rows of a list */
    /* Of what is asked for. */
    uint64_t questions, blocked;
    uint64_t refused; /* policies */
    int64_t first, last;
    struct tg_top clients, names, twins, serials;
    struct tg_timeline days;
    struct tg_habits habits;
    struct tg_report_record record;
    /* In order. */
    struct tg_report_list client_list, name_list, twin_list, serial_list;
    struct tg_report_severity severities[TG_LOG_SEVERITIES + 1];
};

/* Reads all; an exit code. A thing with which tg_report_end() is due. */
int tg_report_gather(struct tg_report *report, uint64_t gap_seconds);
void tg_report_end(struct tg_report *report);

/*
 * Puts the lists and the incidents in order: the gravest first. With a client goes the name that
 * it asked for most often, with a name its twin, with a twin the name for which it was meant.
 */
void tg_report_lists(struct tg_report *report);

/* All of it as JSON. */
json_t *tg_report_data(const struct tg_report *report);
/* A stranger's text as JSON: what is no UTF-8 is U+FFFD; null for none. */
json_t *tg_report_text(struct tg_slice text);

/* What is put into the page besides. */
struct tg_report_parts {
    const char *css, *script; /* of ours */
    char *chart;              /* Chart.js, to be freed; NULL: it is not there */
    char hashes[3][64];       /* of the three, as a Content-Security-Policy names them */
    char *data;               /* the JSON, as it stands in a page; to be freed */
};
/* Reads and checks Chart.js from path; why it is not used goes to diags. False: out of memory. */
bool tg_report_parts_make(
    struct tg_report_parts *parts, const char *path, const json_t *data, struct tg_diags *diags);
void tg_report_parts_free(struct tg_report_parts *parts);

/* The looks and the script of the page, made of tools/report/ when the tool is built. */
extern const char tg_report_css[], tg_report_js[];

/* Writes the page; whether that went well is the stream's to tell. */
void tg_report_page(FILE *out, const json_t *data, const struct tg_report_parts *parts);

/* Text in HTML, between tags or in a quoted attribute, that does nothing and hides nothing. */
void tg_html_text(FILE *out, struct tg_slice text);
void tg_html_string(FILE *out, const char *text);
/* "'sha256-...'" of a style or script, as a Content-Security-Policy has it. False: out of memory.
 */
bool tg_html_hash(const char *text, char out[64]);

/* What a cell of a column holds. */
enum tg_report_kind { TG_CELL_NAME, TG_CELL_COUNT, TG_CELL_BAR, TG_CELL_TIME, TG_CELL_SEVERITY };
struct tg_report_column {
    const char *key, *heading;
    enum tg_report_kind kind;
};
/* A table of an array of objects; the first column heads the rows. Ends with a key of NULL.
 * always: its bars are seen even where there is a chart. */
void tg_report_table(FILE *out, const char *id, const char *caption,
    const struct tg_report_column *columns, const json_t *rows, bool always);

/* "1,204"; buf of 32 bytes; returns buf. */
const char *tg_report_number(uint64_t number, char buf[32]);
/* "1,204 clients", "1 client"; buf of 96 bytes. */
const char *tg_report_many(uint64_t number, const char *one, const char *many, char buf[96]);
/* "22 November 2026, 08:00" of an ISO time, "" of none; buf of 48 bytes. */
const char *tg_report_moment(const json_t *time, char buf[48]);
/* "2026-11-22 08:00"; the same. */
const char *tg_report_minute(const json_t *time, char buf[48]);

/* The members of an object, 0, "" or NULL where there is none. */
uint64_t tg_data_count(const json_t *object, const char *key);
const char *tg_data_text(const json_t *object, const char *key);

/* The sentences of the page, of its data. */
void tg_report_say_lead(FILE *out, const json_t *data);
void tg_report_say_policy(FILE *out, const json_t *data);
void tg_report_say_record(FILE *out, const json_t *data);

#endif
