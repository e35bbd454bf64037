/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the subcommands of tldguard(1) share. */
#ifndef TG_TOOLS_TOOL_H
#define TG_TOOLS_TOOL_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "tldguard/diag.h"
#include "tldguard/dname.h"
#include "tldguard/image.h"

/* Exit codes, the same for every subcommand. */
enum {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1, /* "no", or there is something to look at */
    EXIT_USAGE = 2,
    EXIT_BROKEN = 3 /* broken input or system */
};

/* One option. A long name, its letter, and what --help says of it. */
struct tg_option {
    const char *name;
    char letter;
    const char *argument; /* NULL: takes none */
    const char *help;
};

struct tg_command {
    const char *name;
    const char *arguments;           /* as in the usage line */
    const char *summary;             /* one line */
    const char *example;             /* one command line */
    const struct tg_option *options; /* ended by an empty name; --help is everybody's */
    char many; /* the letter of an option that may be given several times; 0: none */
    int (*run)(const struct tg_command *self, int argc, char **argv);
};

extern const struct tg_command tg_cmd_check, tg_cmd_compile, tg_cmd_show, tg_cmd_explain,
    tg_cmd_diff, tg_cmd_replay;
extern const struct tg_command tg_cmd_import, tg_cmd_export, tg_cmd_fetch;
extern const struct tg_command tg_cmd_suggest;
extern const struct tg_command tg_cmd_keygen, tg_cmd_sign, tg_cmd_verify;
extern const struct tg_command tg_cmd_activate, tg_cmd_rollback, tg_cmd_history;
extern const struct tg_command tg_cmd_log, tg_cmd_report, tg_cmd_status;

/*
 * The options found, by their place in the command's table: NULL when not
 * given, else the argument ("" for an option without one).
 */
#define TG_OPTIONS_MAX 24
#define TG_MANY_MAX    16
struct tg_parsed {
    const char *value[TG_OPTIONS_MAX];
    const char *many[TG_MANY_MAX]; /* each argument of the command's option 'many' */
    size_t many_count;
    int argc; /* what is left: the operands */
    char **argv;
};

/**
 * Parses a command's options; prints help or a usage error itself.
 * @param least, most how many operands there may be.
 * @return -1 to go on, else the exit code to end with.
 */
int tg_options_parse(const struct tg_command *command, int argc, char **argv, int least, int most,
    struct tg_parsed *out);

/* Prints a command's --help. */
void tg_options_help(const struct tg_command *command, FILE *out);

/**
 * Writes what standard output still holds, in front of messages; what comes between a failure and
 * its telling changes errno.
 * @return code; EXIT_BROKEN when not all could be written: that is told then, and forgotten.
 */
int tg_text_flush(int code);

/**
 * Prints messages in the compilers' form, sorted, to stderr.
 * @param context also show the line with a caret; always done on a terminal.
 */
void tg_text_diags(struct tg_diags *diags, bool context);

/**
 * Forms of what people write. False: it is none; the output is unchanged then.
 * Type: a mnemonic or TYPE123 (RFC 3597). Client: an IPv4 or IPv6 address.
 * Date: YYYY-MM-DD, as days since 1970-01-01. Count: decimal digits.
 */
bool tg_parse_type(const char *text, uint16_t *qtype);
bool tg_parse_client(const char *text, struct tg_address *client);
bool tg_parse_day(const char *text, uint32_t *day);
bool tg_parse_count(const char *text, uint64_t *count);

/**
 * The day that an option names, today when it was not given.
 * @return -1, or the exit code after a usage error.
 */
int tg_option_day(const struct tg_command *command, const char *value, uint32_t *day);

/* The time, or SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/). */
time_t tg_now(void);

/* The day of tg_now(), in days since 1970-01-01, UTC. */
uint32_t tg_today(void);

#define TG_PATH_MAX 4096

/* The folder of the tool's data files: the one given, else TLDGUARD_DATA, else the installed one.
 */
const char *tg_data_folder(const char *given);

/* The table of popular names in that folder, with none given; NULL: there is none. */
const char *tg_popular_file(char path[TG_PATH_MAX]);

struct tg_settings;

/* Where the module's settings are: in the file given, else in that of TLDGUARD_CONF, else in the
 * installed one. And they: to be freed; NULL after an error in diags. */
const char *tg_conf_path(const char *given);
struct tg_settings *tg_settings_find(const char *given, struct tg_diags *diags);

/**
 * One of the paths in the module's settings: in the file given, else in that of TLDGUARD_CONF, else
 * in the installed one; where there is none of these, the path that the module takes then.
 * @return to be freed; NULL after an error in diags.
 */
char *tg_setting(const char *given, const char *(*pick)(const struct tg_settings *settings),
    const char *otherwise, struct tg_diags *diags);

/**
 * Opens an image, or reads a policy ("-": from standard input) and compiles it into one that
 * leaves no file behind. Of a policy only errors are kept: warnings are for check.
 * @return as tg_image_open() and tg_policy_read(). On failure *out is unchanged.
 */
enum tg_status tg_load(
    const char *path, uint32_t today, struct tg_image **out, struct tg_diags *diags);

/* The same, but opens an image by tg_image_open_quick(): see what that asks for. */
enum tg_status tg_load_quick(
    const char *path, uint32_t today, struct tg_image **out, struct tg_diags *diags);

/**
 * Reads a policy as tg_policy_read() does, and then asks it its own canary questions: one that it
 * denies is an error too.
 * @return as tg_policy_read(). On failure *out is unchanged.
 */
enum tg_status tg_read_policy(const char *path, const struct tg_policy_options *options,
    struct tg_policy **out, struct tg_diags *diags);

/*
 * Says on a terminal, after two seconds and then each second, what is being done and
 * how much of it. The caller adds to done as it goes on; total 0: not known.
 */
struct tg_progress;
struct tg_progress *tg_progress_start(const char *what);
/* NULL is allowed in each of these; stop clears the line and sets the pointer to NULL. */
void tg_progress_set(struct tg_progress *progress, uint64_t done, uint64_t total);
void tg_progress_stop(struct tg_progress **progress);

/* Ends the tool, with a line on stderr: for memory that is wanted in the middle of a report, when
 * no file is open that would be left behind. */
_Noreturn void tg_out_of_memory(void);

/* Ends a line of usage trouble on stderr: "tldguard NAME: text". Returns EXIT_USAGE. */
int tg_text_usage(const struct tg_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A name as text, in a buffer that the caller has; returns the buffer. */
const char *tg_text_name(struct tg_name name, char buf[TG_DNAME_TEXT_MAX]);

/* ISO 8601, UTC, seconds; buf of 32 bytes; returns buf. */
const char *tg_text_time(int64_t seconds, char buf[32]);

/* YYYY-MM-DD; buf of 32 bytes; returns buf. */
const char *tg_text_day(uint32_t day, char buf[32]);

/* An address, IPv4 in its own form; returns buf. */
const char *tg_text_address(const struct tg_address *address, char buf[INET6_ADDRSTRLEN]);

/* ADDRESS/LENGTH; buf of 64 bytes; returns buf. */
const char *tg_text_subnet(const struct tg_subnet *subnet, char buf[64]);

/* 64 hexadecimal digits and a NUL; returns buf. */
const char *tg_text_digest(const uint8_t digest[32], char buf[65]);

/* Prints a JSON value with a newline and frees it. NULL (out of memory) is EXIT_BROKEN. */
int tg_text_json(json_t *value);

/* Text that may hold any octets as a JSON string; JSON null for NULL. */
json_t *tg_tool_text(const char *text);

/* A name as a JSON string. */
json_t *tg_tool_name(struct tg_name name);

/* What the rules say themselves of their names: made from the names, see tg_rule_names(). */
struct tg_rule_names {
    size_t count;
    bool exact; /* its first name is exact */
};

/* One for each rule, to be freed with free(); NULL: out of memory. */
struct tg_rule_names *tg_rule_names(const struct tg_image *image);

/**
 * What a rule speaks of: "ml", "orange.ml", "list partners.txt".
 * @param buf TG_RULE_TEXT_MAX bytes.
 * @return buf.
 */
#define TG_RULE_TEXT_MAX (TG_DNAME_TEXT_MAX + 64)
const char *tg_rule_subject(const struct tg_rule *rule, char *buf);

/* A rule as one line for people, without a newline. names: its own, or NULL: not told. */
void tg_rule_print(const struct tg_rule *rule, const struct tg_rule_names *names);

/* A rule, a group, a canary question, how a policy answers, as JSON objects. names as above. */
json_t *tg_json_rule(const struct tg_rule *rule, const struct tg_rule_names *names);
json_t *tg_json_group(const struct tg_group *group);
json_t *tg_json_canary(const struct tg_canary *canary);
json_t *tg_json_answer(const struct tg_answer *answer);

#endif
