/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard(1): one command, a thin file per subcommand over the library. */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "tools/tool.h"

static const struct tg_command *const commands[] = {
    &tg_cmd_check,
    &tg_cmd_compile,
    &tg_cmd_show,
    &tg_cmd_explain,
    &tg_cmd_diff,
    &tg_cmd_replay,
    &tg_cmd_log,
    &tg_cmd_report,
    &tg_cmd_status,
    &tg_cmd_suggest,
    &tg_cmd_import,
    &tg_cmd_export,
    &tg_cmd_fetch,
    &tg_cmd_keygen,
    &tg_cmd_sign,
    &tg_cmd_verify,
    &tg_cmd_activate,
    &tg_cmd_rollback,
    &tg_cmd_history,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *out)
{
    fprintf(out,
        "Usage: tldguard COMMAND [OPTION]... [ARGUMENT]...\n"
        "Policies against look-alike domain names, for the resolver module tldguard.so.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n  --help     this text; 'tldguard COMMAND --help' tells more\n"
                 "  --version  the version\n\n"
                 "Example: tldguard compile policy.yaml -o policy.cdb\n"
                 "Exit codes: 0 fine, 1 findings, 2 wrong usage, 3 broken input or system.\n");
}

static int run(int argc, char **argv)
{
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tldguard " TG_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    fprintf(stderr, "tldguard: unknown command '%s'; see 'tldguard --help'\n", argv[1]);
    return EXIT_USAGE;
}

/* Half a JSON object would say half the truth, and each of its parts is an allocation. */
static void *json_room(size_t size)
{
    void *room = malloc(size);

    if (!room)
        tg_out_of_memory();
    return room;
}

int main(int argc, char **argv)
{
    int code;

    /* Set-uid, or with capabilities of its file: the environment is somebody else's, also for the
     * libraries, some of which would look at it. */
    if (getauxval(AT_SECURE) != 0)
        (void)clearenv();
    json_set_alloc_funcs(json_room, free);

    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    code = run(argc, argv);
    /* A full disk behind a redirection must not look like success. */
    return tg_text_flush(code);
}
