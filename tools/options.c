/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Options are declared once, in a command's table: getopt and --help both read it. */
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "tools/tool.h"

#define HELP 'h'

void tg_options_help(const struct tg_command *command, FILE *out)
{
    char left[64];

    fprintf(out, "Usage: tldguard %s [OPTION]... %s\n%s\n\n", command->name, command->arguments,
        command->summary);
    for (const struct tg_option *o = command->options; o->name; o++) {
        (void)snprintf(left, sizeof(left), "-%c, --%s%s%s", o->letter, o->name,
            o->argument ? " " : "", o->argument ? o->argument : "");
        fprintf(out, "  %-24s %s\n", left, o->help);
    }
    fprintf(out, "  %-24s %s\n\nExample: %s\n", "-h, --help", "this text", command->example);
}

int tg_text_usage(const struct tg_command *command, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "tldguard %s: ", command->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "; see 'tldguard %s --help'\n", command->name);
    return EXIT_USAGE;
}

/* The tables getopt_long() wants, from ours. */
static void for_getopt(
    const struct tg_command *command, struct option longs[TG_OPTIONS_MAX + 2], char *letters)
{
    size_t n = 0;

    for (; n < TG_OPTIONS_MAX && command->options[n].name; n++) {
        const struct tg_option *o = &command->options[n];
        longs[n] = (struct option){
            o->name, o->argument ? required_argument : no_argument, NULL, o->letter};
        *letters++ = o->letter;
        if (o->argument)
            *letters++ = ':';
    }
    longs[n++] = (struct option){"help", no_argument, NULL, HELP};
    longs[n] = (struct option){0};
    *letters++ = HELP;
    *letters = '\0';
}

/* -1, or the exit code after a usage error. */
static int store(const struct tg_command *command, int letter, struct tg_parsed *out)
{
    for (size_t i = 0; i < TG_OPTIONS_MAX && command->options[i].name; i++)
        if (command->options[i].letter == letter)
            out->value[i] = optarg ? optarg : "";
    if (letter != command->many || !optarg)
        return -1;
    if (out->many_count == TG_MANY_MAX)
        return tg_text_usage(command, "-%c is given more than %d times", letter, TG_MANY_MAX);
    out->many[out->many_count++] = optarg;
    return -1;
}

int tg_options_parse(const struct tg_command *command, int argc, char **argv, int least, int most,
    struct tg_parsed *out)
{
    struct option longs[TG_OPTIONS_MAX + 2];
    char letters[2 * TG_OPTIONS_MAX + 2], name[64];
    int letter;

    memset(out, 0, sizeof(*out));
    for_getopt(command, longs, letters);
    /* getopt_long() prefixes its own messages with argv[0]. */
    (void)snprintf(name, sizeof(name), "tldguard %s", command->name);
    argv[0] = name;
    optind = 1;
    while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (letter == HELP) {
            tg_options_help(command, stdout);
            return EXIT_FINE;
        }
        if (letter == '?') {
            fprintf(stderr, "See 'tldguard %s --help'\n", command->name);
            return EXIT_USAGE;
        }
        if (store(command, letter, out) >= 0)
            return EXIT_USAGE;
    }
    out->argc = argc - optind;
    out->argv = argv + optind;
    if (out->argc < least)
        return tg_text_usage(command, "an argument is missing: %s", command->arguments);
    if (out->argc > most)
        return tg_text_usage(command, "one argument too many: '%s'", out->argv[most]);
    return -1;
}
