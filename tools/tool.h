/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the subcommands of tldguard(1) share. */
#ifndef TG_TOOLS_TOOL_H
#define TG_TOOLS_TOOL_H

#include <jansson.h>
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
    int (*run)(const struct tg_command *self, int argc, char **argv);
};

extern const struct tg_command tg_cmd_check, tg_cmd_compile, tg_cmd_show, tg_cmd_explain;

/*
 * The options found, by their place in the command's table: NULL when not
 * given, else the argument ("" for an option without one).
 */
#define TG_OPTIONS_MAX 8
struct tg_parsed {
    const char *value[TG_OPTIONS_MAX];
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
 * Prints messages in the compilers' form, sorted, to stderr.
 * @param context also show the line with a caret; always done on a terminal.
 */
void tg_text_diags(struct tg_diags *diags, bool context);

/* Ends a line of usage trouble on stderr: "tldguard NAME: text". Returns EXIT_USAGE. */
int tg_text_usage(const struct tg_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A name as text, in a buffer that the caller has; returns the buffer. */
const char *tg_text_name(struct tg_name name, char buf[TG_DNAME_TEXT_MAX]);

/* ISO 8601, UTC, seconds; buf of 32 bytes; returns buf. */
const char *tg_text_time(int64_t seconds, char buf[32]);

/* 64 hexadecimal digits and a NUL; returns buf. */
const char *tg_text_digest(const uint8_t digest[32], char buf[65]);

/* Prints a JSON value with a newline and frees it. NULL (out of memory) is EXIT_BROKEN. */
int tg_text_json(json_t *value);

/* Text that may hold any octets as a JSON string; JSON null for NULL. */
json_t *tg_json_text(const char *text);

/* A name as a JSON string. */
json_t *tg_json_name(struct tg_name name);

#endif
